"""Codes that were just made, kept sealed for who made them, so that they can be shown or printed once more.

The key is the secret that stands hidden in the form; the server keeps it nowhere. It gives the key of the deed too, so the form
that is sent twice finds what it made the first time, and opens it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import transaction
from django.utils import timezone

from cards.ledger.codes import read_secret
from cards.programmes.models import SHEET_LASTS, Batch, Card, CodeSheet
from cards.programmes.rules import WhyNotHand
from portal.kit.refusals import Refused, refuse_if

LASTS = timedelta(minutes=SHEET_LASTS)
NONCE = 12


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card with the code that is printed on it, which stands nowhere else."""

    card: Card
    code: str


@dataclass(frozen=True, slots=True)
class Slip:
    """What a card is printed from; `holds` where there is room for it."""

    public_id: str
    code: str
    holds: tuple[str, ...] = ()


def deed_of(secret: str) -> UUID:
    """The key of the deed that a form's secret stands for. It leads to no secret."""
    return UUID(bytes=sha256(f"deed|{secret}".encode()).digest()[:16], version=4)


def _cipher(secret: str) -> AESGCM:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"frittfram code sheet")
    return AESGCM(hkdf.derive(secret.encode("ascii")))


def keep(*, batch: Batch, cards: Iterable[IssuedCard], secret: str, by: Any, at: datetime) -> CodeSheet:
    """Seal the codes, in the transaction that made them. What was kept of the batch before is gone."""
    if read_secret(secret) != secret:
        raise Refused(WhyNotHand.KEY_USED)
    key = deed_of(secret)
    refuse_if(WhyNotHand.KEY_USED if CodeSheet.objects.filter(key=key).exclude(batch=batch).exists() else None)
    plain = json.dumps([[one.card.public_id, one.code] for one in cards], separators=(",", ":")).encode()
    nonce = secrets.token_bytes(NONCE)
    sealed = nonce + _cipher(secret).encrypt(nonce, plain, str(batch.pk).encode())
    CodeSheet.objects.filter(batch=batch).delete()
    return CodeSheet.objects.create(batch=batch, key=key, by=by, sealed=sealed, ends_at=at + LASTS)


def open_sheet(*, batch: Batch, secret: str, by: Any, at: datetime) -> list[Slip]:
    """The codes, for who made them, with their page's secret, while they are kept."""
    found = CodeSheet.objects.filter(batch=batch, by=by, ends_at__gt=at).first()
    read = read_secret(secret)
    if found is None or read is None or found.key != deed_of(read):
        raise Refused(WhyNotHand.SHEET_GONE)
    sealed = bytes(found.sealed)
    try:
        plain = _cipher(read).decrypt(sealed[:NONCE], sealed[NONCE:], str(batch.pk).encode())
    except InvalidTag as error:
        raise Refused(WhyNotHand.SHEET_GONE) from error
    return [Slip(public_id, code) for public_id, code in json.loads(plain)]


@transaction.atomic
def printed(*, batch: Batch, by: Any, at: datetime) -> None:
    """It is on paper: the codes are forgotten. Told late or twice it is so all the same; not of codes others made since."""
    CodeSheet.objects.filter(batch=batch, by=by).delete()
    refuse_if(WhyNotHand.SHEET_GONE if CodeSheet.objects.filter(batch=batch, ends_at__gt=at).exists() else None)
    Batch.objects.filter(pk=batch.pk, printed_on=None).update(printed_on=timezone.localdate(at))


def forget_sheets(at: datetime) -> int:
    """Remove the codes nobody may see any more; how many sheets."""
    return CodeSheet.objects.filter(ends_at__lte=at).delete()[0]
