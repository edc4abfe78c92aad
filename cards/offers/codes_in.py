"""Lists of ready-made codes as cinemas and bus companies send them: read, looked at row by row, loaded, withdrawn."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from cards.ledger.models import CountChange
from cards.offers.models import ExternalCode, Offer
from cards.offers.offering import LONGEST_CODE, why_not_decide
from cards.offers.ready_made import fingerprint
from portal.kit.refusals import refuse_if

HEADINGS = {"code", "codes", "kode", "koder", "billettkode", "rabattkode", "voucher", "kupong", "ticket"}
SEPARATORS = "\t;,"


class Verdict(TextChoices):
    """What becomes of a row."""

    NEW = "new", _("is loaded")
    KNOWN = "known", _("has been loaded before")
    TWICE = "twice", _("stands in the list above")
    LONG = "long", _("is too long for a code")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list: its number there, the code as it is read, and what becomes of it."""

    number: int
    code: str
    verdict: Verdict


def text_of(data: bytes) -> str:
    """A file as text, as Norwegian programs save it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def cells(text: str) -> Iterator[tuple[int, str]]:
    """(number of the row, code) of each row that holds one: from the column named so, else the first. A row is a line."""
    lines = text.replace("\x00", "").splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = next((sign for sign in SEPARATORS if sign in first), ";")
    column, headed = 0, False
    for number, line in enumerate(lines, start=1):
        row = next(csv.reader([line], delimiter=separator), [])
        if not headed and any(cell.strip() for cell in row):
            headed = True
            names = [cell.strip().casefold() for cell in row]
            column = next((place for place, name in enumerate(names) if name in HEADINGS), 0)
            if names[column] in HEADINGS:
                continue
        code = " ".join(row[column].split()) if column < len(row) else ""
        if code:
            yield number, code


def looked_at(offer: Offer, text: str) -> list[Row]:
    """Every row of a list with its verdict. Nothing is written."""
    known = {bytes(mark) for mark in ExternalCode.objects.filter(offer=offer).values_list("fingerprint", flat=True)}
    seen: set[str] = set()
    rows = []
    for number, code in cells(text):
        if len(code) > LONGEST_CODE:
            verdict = Verdict.LONG
        elif code in seen:
            verdict = Verdict.TWICE
        else:
            verdict = Verdict.KNOWN if fingerprint(code) in known else Verdict.NEW
        seen.add(code)
        rows.append(Row(number, code, verdict))
    return rows


@transaction.atomic
def withdraw(*, offer: Offer, stock_pk: int | None, reason: str, by: Any, at: datetime) -> int:
    """Deal out none of the codes any more that nobody has got; how many. A use that runs meanwhile keeps the one it took."""
    agreement = offer.agreement
    refuse_if(why_not_decide(by, agreement.municipality, agreement.provider))
    rows = ExternalCode.objects.filter(offer=offer, stock=stock_pk, dealt_to=None, withdrawn=False)
    pks = list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    count = 0
    for start in range(0, len(pks), 500):
        count += rows.filter(pk__in=pks[start : start + 500]).update(withdrawn=True)
    if count:
        CountChange.objects.create(
            what="offer", ref=offer.pk, kind="codes", before=count, after=0, rows=count, reason=reason[:300], by=by, at=at
        )
        log(offer, "offer.withdraw_codes", user=by, data={"codes": count})
    return count
