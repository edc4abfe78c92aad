"""Facts of the activity card for tests: programme, agreement, offer, card type, cards with their codes, tills, wallets.

    offer = make_offer()                                published, under an agreement that runs, no limit, 50 kroner a clip
    card, code = make_card(offer=offer, clips=3)        handed out, never used
    till, token = make_till(provider=offer.agreement.provider)
    secret = put_on_phone(card, code, at=at)            activated; shown(card, secret, at) is its picture of that moment
    use = make_use(card, offer, at=at, device=till)     a real redemption, under a key of its own

What is not given is made once and found again: one programme, its newest year, one agreement for each provider. All windows lie
around today. A state is reached by doing the deeds (cards/*/actions.py), not here.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from cards.ledger.codes import auth_hash_of, clip_key_of, hash_code, new_code, new_public_id, new_secret, rotating_text
from cards.offers.actions import Use, redeem
from cards.offers.models import Ceiling, Device, ExternalCode, Offer, ProviderAgreement, Redemption, Settlement, Stock
from cards.offers.ready_made import fingerprint, sealed
from cards.offers.states import AgreementState, OfferState, UseWay
from cards.offers.tills import hash_token
from cards.programmes.models import (
    AgencyQuota,
    Allowance,
    Batch,
    Card,
    CardType,
    CardTypeLine,
    Programme,
    ProgrammeMember,
    ProgrammeYear,
)
from cards.programmes.states import Medium, Unit, Way
from cards.programmes.wallets import activate
from directory.agencies.models import Agency
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from tests.factories.directory import ProviderFactory, default_municipality


def today() -> date:
    return timezone.localdate()


def _municipality() -> Municipality:
    return Municipality.objects.order_by("pk").first() or default_municipality()


def make_programme(*municipalities: Municipality, **fields: Any) -> Programme:
    """A programme of these municipalities (one of them, the first, looks after it) with a year that runs today."""
    towns = municipalities or (_municipality(),)
    number = Programme.objects.count()
    fields.setdefault("name_nb", f"Opplevelseskortet {number}" if number else "Opplevelseskortet")
    fields.setdefault("slug", f"programme-{number}")
    programme = Programme.objects.create(municipality=towns[0], **fields)
    for town in towns:
        ProgrammeMember.objects.create(programme=programme, municipality=town)
    make_year(programme)
    return programme


def make_year(programme: Programme, **fields: Any) -> ProgrammeYear:
    fields.setdefault("year", today().year + programme.years.count())
    fields.setdefault("opens", today() - timedelta(days=200))
    fields.setdefault("closes", today() + timedelta(days=300))
    return ProgrammeYear.objects.create(programme=programme, **fields)


def any_programme() -> Programme:
    return Programme.objects.order_by("pk").first() or make_programme()


def make_agency(municipality: Municipality | None = None, **fields: Any) -> Agency:
    fields.setdefault("name", f"NAV {Agency.objects.count()}")
    return Agency.objects.create(municipality=municipality or _municipality(), **fields)


def make_agreement(
    programme: Programme | None = None, provider: Provider | None = None, municipality: Municipality | None = None, **fields: Any
) -> ProviderAgreement:
    """An agreement that runs today."""
    programme = programme or any_programme()
    municipality = municipality or (provider.municipality if provider else programme.municipality)
    fields.setdefault("state", AgreementState.AGREED)
    fields.setdefault("valid_from", today() - timedelta(days=200))
    fields.setdefault("valid_to", today() + timedelta(days=300))
    fields.setdefault("word_salt", secrets.token_bytes(16))
    return ProviderAgreement.objects.create(
        programme=programme,
        municipality=municipality,
        provider=provider or ProviderFactory(municipality=municipality),
        **fields,
    )


def make_offer(agreement: ProviderAgreement | None = None, *, provider: Provider | None = None, **fields: Any) -> Offer:
    """A published offer without conditions or limit."""
    if agreement is None:
        known = ProviderAgreement.objects.filter(provider=provider).first() if provider else None
        agreement = known or make_agreement(provider=provider)
    if fields.get("quantity") is not None:
        fields.setdefault("released", fields["quantity"])
    fields.setdefault("title_nb", f"Inngang {Offer.objects.count()}")
    fields.setdefault("state", OfferState.PUBLISHED)
    fields.setdefault("valid_from", agreement.valid_from)
    fields.setdefault("valid_to", agreement.valid_to)
    fields.setdefault("unit_ore", 5000)
    return Offer.objects.create(agreement=agreement, **fields)


def make_stock(offer: Offer, quantity: int = 10, **fields: Any) -> Stock:
    fields.setdefault("funder", "Sparebankstiftelsen")
    return Stock.objects.create(offer=offer, quantity=quantity, **fields)


def load_codes(offer: Offer, *codes: str, stock: Stock | None = None) -> None:
    """Ready-made codes in an offer, of these tickets or of none."""
    for code in codes:
        ExternalCode.objects.create(offer=offer, stock=stock, code=sealed(code), fingerprint=fingerprint(code))


def make_card_type(
    year: ProgrammeYear | None = None, *, lines: list[tuple[Any, int]] | None = None, unit: str = Unit.CLIP, **fields: Any
) -> CardType:
    """A card type; `lines` are pairs of an offer or a category and how many."""
    year = year or any_programme().years.order_by("pk").last()
    assert year is not None
    fields.setdefault("name", f"Korttype {CardType.objects.count()}")
    fields.setdefault("activate_by", year.closes - timedelta(days=100))
    fields.setdefault("valid_to", year.closes)
    card_type = CardType.objects.create(year=year, **fields)
    for number, (what, quantity) in enumerate(lines or []):
        which = {"offer": what} if isinstance(what, Offer) else {"category": what}
        CardTypeLine.objects.create(card_type=card_type, quantity=quantity, unit=unit, sort_order=number, **which)
    return card_type


def make_quota(agency: Agency, card_type: CardType, quantity: int = 100) -> AgencyQuota:
    return AgencyQuota.objects.create(agency=agency, card_type=card_type, quantity=quantity)


def make_card(
    card_type: CardType | None = None,
    *,
    offer: Offer | None = None,
    clips: int = 3,
    agency: Agency | None = None,
    municipality: Municipality | None = None,
    holder_provider: Provider | None = None,
    **fields: Any,
) -> tuple[Card, str]:
    """A card handed out and never used, and its code. Without a card type: `clips` of one offer, made where none is given."""
    if card_type is None:
        offer = offer or Offer.objects.order_by("pk").first() or make_offer()
        line = CardTypeLine.objects.filter(offer=offer, quantity=clips, unit=Unit.CLIP).first()
        year = offer.agreement.programme.years.order_by("pk").last()
        card_type = line.card_type if line else make_card_type(year, lines=[(offer, clips)])
    municipality = municipality or (agency.municipality if agency else card_type.year.programme.municipality)
    batch = Batch.objects.create(
        municipality=municipality,
        card_type=card_type,
        agency=agency,
        way=Way.ASSOCIATION if holder_provider else Way.PRINT,
        count=1,
        key=uuid.uuid4(),
        made_on=today(),
    )
    code = new_code()
    if holder_provider:
        fields |= {"holder_provider": holder_provider, "medium": Medium.ASSOCIATION}
    fields.setdefault("activate_by", card_type.activate_by)
    fields.setdefault("valid_to", card_type.valid_to)
    card = Card.objects.create(batch=batch, public_id=new_public_id(), code_hash=hash_code(code), **fields)
    for line in card_type.lines.all():
        Allowance.objects.create(
            card=card, line=line, offer=line.offer, category=line.category, unit=line.unit, quantity=line.quantity
        )
    return card, code


def make_till(provider: Provider | None = None, **fields: Any) -> tuple[Device, str]:
    """An enrolled till, and what it proves itself with."""
    if provider is None:
        agreement = ProviderAgreement.objects.order_by("pk").first() or make_agreement()
        provider = agreement.provider
    token = f"fft_{secrets.token_urlsafe(32)}"
    fields.setdefault("name", f"Kasse {Device.objects.count()}")
    fields.setdefault("enrolled_on", today())
    return Device.objects.create(provider=provider, token_hash=hash_token(token), **fields), token


def put_on_phone(card: Card, code: str, *, at: datetime | None = None) -> str:
    """The card is on a telephone from now on; its wallet's secret."""
    secret = new_secret()
    activate(code=code, auth_hash=auth_hash_of(secret), clip_key=clip_key_of(secret), at=at or timezone.now())
    card.refresh_from_db()
    return secret


def shown(card: Card, secret: str, at: datetime) -> str:
    """The picture that a card's telephone shows at a moment."""
    return rotating_text(clip_key_of(secret), card.public_id, at)


def make_use(card: Card, offer: Offer, *, at: datetime | None = None, way: str = UseWay.PAPER, **asked: Any) -> Use:
    """A use, done by the real deed."""
    asked.setdefault("key", uuid.uuid4().hex)
    return redeem(card=card, offer=offer, way=way, at=at or timezone.now(), **asked)


def make_settlement(agreement: ProviderAgreement, **fields: Any) -> Settlement:
    """An empty settlement of the month before. One with uses on it is made by cards/offers/settling.py."""
    last = today().replace(day=1) - timedelta(days=1)
    fields.setdefault("number", Settlement.objects.filter(municipality=agreement.municipality).count() + 1)
    return Settlement.objects.create(
        municipality=agreement.municipality,
        provider=agreement.provider,
        year=agreement.programme.years.order_by("pk").last(),
        period_from=last.replace(day=1),
        period_to=last,
        made_on=today(),
        **fields,
    )


def journal_faults() -> list[str]:
    """Every counter beside its journal; what does not agree. The plain twin of cards/offers/unlinking.py:reconcile."""
    faults = []
    for model, column, unit in ((Allowance, "allowance", "clips"), (Stock, "stock", "clips"), (Ceiling, "ceiling", "total_ore")):
        sums: dict[int, int] = {}
        rows = Redemption.objects.filter(state__in=["ok", "accepted"]).exclude(**{column: None})
        for pk, amount in rows.values_list(f"{column}_id", unit):
            sums[pk] = sums.get(pk, 0) + amount
        for row in model.objects.all():
            told = sums.get(row.pk, 0) + getattr(row, "cut", 0)
            if row.used != told or not 0 <= row.used <= row.quantity:
                faults.append(f"{column} {row.pk}: used {row.used} of {row.quantity}, journal {told}")
    of_offers: dict[int, int] = {}
    for use in Redemption.objects.filter(state__in=["ok", "accepted"]):
        # Of an amount, each payment is one; a use taken back is minus what it was.
        tickets = use.clips if use.unit == Unit.CLIP else 1 if use.clips > 0 else -1
        of_offers[use.offer_id] = of_offers.get(use.offer_id, 0) + tickets
    for offer in Offer.objects.all():
        if offer.used != of_offers.get(offer.pk, 0):
            faults.append(f"offer {offer.pk}: used {offer.used}, journal {of_offers.get(offer.pk, 0)}")
    return faults
