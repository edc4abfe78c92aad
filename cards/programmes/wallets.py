"""Cards on telephones: a printed code is put on one, a card goes to one more, or off one of several.

The telephone makes its secret itself. Here come only SHA-256(HKDF(secret, "auth")), by which it is known again, and
HKDF(secret, "clip"), the key of its rotating code, which is kept encrypted. One wallet holds as many cards as a family has; a
card is in at most MOST_WALLETS. A code that was taken answers the telephone that took it the same again, and no other.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cards.ledger.codes import hash_code, new_code
from cards.ledger.keys import seal, unseal
from cards.programmes.models import MOST_WALLETS, Card, CardQuerySet, Transfer, Wallet, WalletCard
from cards.programmes.states import CardState, Medium, YearState
from directory.municipalities.models import Municipality
from portal.kit.refusals import Refused, refuse_if

TRANSFER_LASTS = timedelta(minutes=5)
MOST_CARDS = 30  # in one wallet
KEY_BYTES = 32
CLIP_PURPOSE = "clip-key"


class WhyNotCarry(TextChoices):
    """Why a card does not come to a telephone, or go from it. Values and sentences that the till knows too are the same."""

    UNKNOWN = "unknown", _("This card is not known here. Check the code, or ask who gave the card out.")
    MALFORMED = "malformed", _("This is not a card's code. Look for a slip and type it again.")
    REVOKED = "revoked", _("This card has been replaced or stopped. Use the new one, or ask who gave the card out.")
    SUSPENDED = "suspended", _("This card is paused. Ask who gave the card out.")
    LAPSED = "lapsed", _("This card was not taken into use in time. Ask for a new one.")
    EXPIRED = "expired", _("The last day of this card has passed. Ask for a new one.")
    YEAR_CLOSED = "year_closed", _("This card's year is over. Ask for a card of the new year.")
    ON_PHONE = (
        "on_phone",
        _("This card is on a phone already. Choose “One more phone” there, or ask who gave the card out."),
    )
    MANY_PHONES = "many_phones", _("This card is on three phones, and no more have room. Take it off one of them first.")
    MANY_CARDS = "many_cards", _("This phone holds as many cards as it may. Take off one that is over.")
    PRACTICE = "practice", _("Not a real card: nothing is counted.")
    ONLY_PHONE = "only_phone", _("This card is on no other phone. Put it on one more first, or it would be lost.")


# ── Who carries what ────────────────────────────────────────────────────────────────────────────────────────
def wallet_of(proof: bytes) -> Wallet | None:
    """The wallet whose telephone proves itself with HKDF(secret, "auth")."""
    return Wallet.objects.filter(auth_hash=sha256(proof).digest()).first()


def clip_keys(card: Card) -> list[bytes]:
    """The keys with which telephones sign this card's rotating code."""
    return [clip_key_of(link.wallet) for link in card.links.select_related("wallet").order_by("slot")]


def clip_key_of(wallet: Wallet) -> bytes:
    """The key of a wallet's rotating codes."""
    return unseal(bytes(wallet.clip_key), CLIP_PURPOSE)


def cards_here(municipality: Municipality) -> CardQuerySet:
    """The cards of the programmes that a municipality takes part in: its site knows no others."""
    return Card.objects.filter(batch__card_type__year__programme__members__municipality=municipality)


def why_not_carried(card: Card, day: date) -> WhyNotCarry | None:
    """Whether a card can come to a telephone on a day."""
    year = card.batch.card_type.year
    if card.state == CardState.REVOKED:
        return WhyNotCarry.REVOKED
    if card.state == CardState.SUSPENDED:
        return WhyNotCarry.SUSPENDED
    if year.state != YearState.OPEN or day > year.closes:
        return WhyNotCarry.YEAR_CLOSED
    if day > card.valid_to:
        return WhyNotCarry.EXPIRED
    return WhyNotCarry.LAPSED if card.state == CardState.ISSUED and day > card.activate_by else None


# ── Deeds ───────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def activate(*, code: str, auth_hash: bytes, clip_key: bytes, at: datetime, among: CardQuerySet | None = None) -> Card:
    """Put a printed card on the telephone that shows its code: from now on the code is worth nothing.

    A card that was used on paper keeps what is left. `among`: the cards that the site asked knows.
    """
    card = _locked(among, code_hash=hash_code(code))
    if card.code_spent:
        refuse_if(None if _holds(card, auth_hash) else WhyNotCarry.ON_PHONE)
        return card
    day = timezone.localdate(at)
    refuse_if(why_not_carried(card, day))
    refuse_if(WhyNotCarry.UNKNOWN if card.medium == Medium.ASSOCIATION else None)
    _put(card, _wallet(auth_hash, clip_key))
    if card.state == CardState.ISSUED:
        card.state, card.activated_on = CardState.ACTIVE, day
    card.medium, card.code_spent = Medium.DIGITAL, True
    card.save(update_fields=["state", "activated_on", "medium", "code_spent"])
    return card


@transaction.atomic
def offer_transfer(*, wallet: Wallet, card: Card, at: datetime) -> str:
    """A code that puts the card into one more wallet, once, within TRANSFER_LASTS. The one before it is worth nothing now."""
    card = _locked(Card.objects.filter(links__wallet=wallet), pk=card.pk)
    refuse_if(why_not_carried(card, timezone.localdate(at)))
    refuse_if(WhyNotCarry.MANY_PHONES if card.links.count() >= MOST_WALLETS else None)
    forget_transfers(at)
    Transfer.objects.filter(card=card, taken_by=None).delete()
    code = new_code()
    Transfer.objects.create(card=card, token_hash=_transfer_hash(code), ends_at=at + TRANSFER_LASTS)
    return code


@transaction.atomic
def take_transfer(*, code: str, auth_hash: bytes, clip_key: bytes, at: datetime, among: CardQuerySet | None = None) -> Card:
    """Put the card of a transfer on the telephone that shows its code."""
    if (found := transfer_of(code, at)) is None:
        raise Refused(WhyNotCarry.UNKNOWN)
    card = _locked(among, pk=found.card_id)
    # Read again behind the lock: of two telephones one gets it.
    if (transfer := Transfer.objects.filter(pk=found.pk).select_related("taken_by").first()) is None:
        raise Refused(WhyNotCarry.UNKNOWN)
    if transfer.taken_by is not None:
        same = hmac.compare_digest(bytes(transfer.taken_by.auth_hash), auth_hash)
        refuse_if(None if same else WhyNotCarry.ON_PHONE)
        return card
    refuse_if(why_not_carried(card, timezone.localdate(at)))
    wallet = _wallet(auth_hash, clip_key)
    _put(card, wallet)
    transfer.taken_by = wallet
    transfer.save(update_fields=["taken_by"])
    return card


def transfer_of(code: str, at: datetime) -> Transfer | None:
    """The transfer that a code stands for, while it lasts."""
    found = Transfer.objects.filter(token_hash=_transfer_hash(code), ends_at__gt=at)
    return found.select_related("card__batch__card_type__year__programme", "taken_by").first()


@transaction.atomic
def take_off(*, wallet: Wallet, card: Card, at: datetime) -> None:
    """Take a card off one of its telephones: one that is over, or one that another telephone has too."""
    card = _locked(Card.objects.filter(links__wallet=wallet), pk=card.pk)
    alone = card.links.count() < 2 and why_not_carried(card, timezone.localdate(at)) in (None, WhyNotCarry.SUSPENDED)
    refuse_if(WhyNotCarry.ONLY_PHONE if alone else None)
    WalletCard.objects.filter(wallet=wallet, card=card).delete()
    if not wallet.links.exists():
        wallet.delete()


def forget_transfers(at: datetime) -> int:
    """Remove transfers whose minutes are over; how many."""
    return Transfer.objects.filter(ends_at__lte=at).delete()[0]


def _transfer_hash(code: str) -> bytes:
    return sha256(b"transfer|" + hash_code(code)).digest()


def _locked(among: CardQuerySet | None, **which: object) -> Card:
    """The card, locked, or refused as unknown."""
    rows = Card.objects.filter(pk__in=among.values("pk")) if among is not None else Card.objects.all()
    related = rows.select_related("batch__card_type__year__programme").select_for_update(of=("self",))
    if (card := related.filter(**which).first()) is None:
        raise Refused(WhyNotCarry.UNKNOWN)
    return card


def _holds(card: Card, auth_hash: bytes) -> bool:
    return card.links.filter(wallet__auth_hash=auth_hash).exists()


def _wallet(auth_hash: bytes, clip_key: bytes) -> Wallet:
    """The telephone's wallet, made at its first card. A known one comes with its own key or is not believed."""
    if len(auth_hash) != KEY_BYTES or len(clip_key) != KEY_BYTES:
        raise Refused(WhyNotCarry.MALFORMED)
    wallet, made = Wallet.objects.get_or_create(auth_hash=auth_hash, defaults={"clip_key": seal(clip_key, CLIP_PURPOSE)})
    if not made:
        refuse_if(None if hmac.compare_digest(clip_key_of(wallet), clip_key) else WhyNotCarry.MALFORMED)
        refuse_if(WhyNotCarry.MANY_CARDS if wallet.links.count() >= MOST_CARDS else None)
    return wallet


def _put(card: Card, wallet: Wallet) -> None:
    """Into the first free place of the card, which is locked."""
    links = list(card.links.all())
    if any(link.wallet_id == wallet.pk for link in links):
        return
    slot = _free({link.slot for link in links})
    if slot is None:
        raise Refused(WhyNotCarry.MANY_PHONES)
    WalletCard.objects.create(wallet=wallet, card=card, slot=slot)


def _free(taken: Iterable[int]) -> int | None:
    return next((slot for slot in range(1, MOST_WALLETS + 1) if slot not in taken), None)
