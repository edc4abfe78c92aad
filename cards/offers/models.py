"""What cards can be used for, where, and what was used.

    ProviderAgreement (a municipality with a provider) ─ Ceiling (kroner a month)
      ├─ Offer ─ Stock (bought or donated) ─ ExternalCode (a cinema's own codes)
      ├─ Device (a till)
      └─ Redemption ─ Settlement            UseSum: what is left of uses once they are cut from their cards

`Redemption` is the journal: appended, never edited or deleted (triggers on both databases, cards/ledger/guards.py). Only the
settlement is set once, a claim told later is decided once, and after TRACE_DAYS the way to the card and the time of day are cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cards.ledger.models import Counted, bounded
from cards.offers.states import (
    SETTLEMENT_WORDS,
    AgreementState,
    OfferState,
    Renewal,
    SettlementState,
    StockKind,
    UseState,
    UseWay,
    WhyNotMerge,
)
from cards.programmes.models import Allowance, CardType, Programme, ProgrammeYear
from cards.programmes.states import Unit
from directory.activities.models import Activity
from directory.agencies.models import Agency
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from portal.kit.statements import Addition
from portal.kit.texts import Text, best
from portal.languages import CODES


class ProviderAgreement(models.Model):
    """What a municipality and a provider have agreed for a programme: period, ceiling, renewal. Prices stand on the offers."""

    tenant_path = "municipality"
    stays_when_merged = True  # see directory/merging/actions.py

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="agreements")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="card_agreements")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="card_agreements")
    state = models.CharField(_("state"), max_length=10, choices=AgreementState.choices, default=AgreementState.PROPOSED)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"))
    ceiling_ore = models.BigIntegerField(_("ceiling a month, øre"), null=True, blank=True)
    renewal = models.CharField(_("renewal"), max_length=6, choices=Renewal.choices, default=Renewal.ASK)
    terms = models.TextField(_("what is agreed besides"), blank=True)
    agreed_on = models.DateField(_("agreed"), null=True, blank=True, editable=False)
    asked_on = models.DateField(_("asked about renewal"), null=True, blank=True, editable=False)
    wished_to = models.DateField(_("the provider wishes to go on until"), null=True, blank=True, editable=False)
    offline_allowed = models.BooleanField(_("tills may work without network"), default=False)
    word_salt = models.BinaryField(max_length=16, editable=False)  # with the key file: the words of the day
    words_to = models.EmailField(_("the week's words are sent to"), blank=True, editable=False)  # a counter's own address
    words_sent_on = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering: ClassVar[list[str]] = ["provider__name_nb", "-valid_from"]
        constraints = [
            models.CheckConstraint(name="agreement_dates_in_order", condition=Q(valid_from__lte=F("valid_to"))),
            models.CheckConstraint(name="agreement_ceiling", condition=Q(ceiling_ore=None) | Q(ceiling_ore__gte=0)),
            models.UniqueConstraint(
                fields=["programme", "municipality", "provider"], condition=~Q(state="ended"), name="agreement_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.programme}"

    @classmethod
    def why_not_merge(cls, gone: models.Model) -> WhyNotMerge | None:
        """Whether a provider can go into another: not while it has an agreement."""
        if not isinstance(gone, Provider):
            return None
        return WhyNotMerge.AGREEMENT if cls.objects.filter(provider=gone).exclude(state=AgreementState.ENDED).exists() else None

    def runs_on(self, day: date) -> bool:
        return self.state == AgreementState.AGREED and self.valid_from <= day <= self.valid_to


class Ceiling(Counted):
    """Øre of one month under an agreement with a ceiling; made at the month's first use."""

    agreement = models.ForeignKey(ProviderAgreement, on_delete=models.CASCADE, related_name="ceilings")
    month = models.DateField(_("month"))  # the first of it
    warned = models.BooleanField(_("told that it is nearly used up"), default=False)

    class Meta:
        verbose_name = _("ceiling of a month")
        verbose_name_plural = _("ceilings of months")
        constraints = [
            bounded("ceiling_within_quantity"),
            models.UniqueConstraint(fields=["agreement", "month"], name="ceiling_once_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} · {self.month:%Y-%m}"


class OfferQuerySet(models.QuerySet["Offer"]):
    def shown_on(self, day: date) -> OfferQuerySet:
        """What the public may see: published, within its window, under an agreement that runs, by a provider that is there."""
        return self.filter(
            state=OfferState.PUBLISHED,
            valid_from__lte=day,
            valid_to__gte=day,
            agreement__state=AgreementState.AGREED,
            agreement__valid_from__lte=day,
            agreement__valid_to__gte=day,
            agreement__provider__delisted_at=None,
        )


class Offer(models.Model):
    """Something a card can be used for at a provider.

    `quantity` is all there is (None: no limit), `released` the part that may be used by now; used ≤ released ≤ quantity.
    `unit_ore` is paid to the provider for each use that no stock covers. `conditions`: see conditions.py.
    """

    tenant_path = "agreement__municipality"

    agreement = models.ForeignKey(ProviderAgreement, on_delete=models.PROTECT, related_name="offers")
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, null=True, blank=True, related_name="card_offers", verbose_name=_("activity")
    )
    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="card_offers", verbose_name=_("place")
    )
    title = models.CharField(_("what one gets"), max_length=80)
    note = models.TextField(_("good to know"), blank=True)
    let_in = models.CharField(
        _("what the counter is told"), max_length=120, blank=True, help_text=_("One sentence: what to let in or hand over.")
    )
    state = models.CharField(_("state"), max_length=10, choices=OfferState.choices, default=OfferState.DRAFT)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"))
    conditions = models.JSONField(_("conditions"), default=dict, blank=True)
    companions = models.PositiveSmallIntegerField(_("companions"), default=0)
    companion_clips = models.PositiveSmallIntegerField(_("clips for each companion"), default=0)
    unit_ore = models.BigIntegerField(_("price per clip, øre"), default=0)
    quantity = models.BigIntegerField(_("how many in all"), null=True, blank=True)
    released = models.BigIntegerField(_("released by now"), null=True, blank=True)
    used = models.BigIntegerField(_("used"), default=0, editable=False)
    deals_codes = models.BooleanField(_("each use deals out a ready-made code"), default=False)
    has_attendance = models.BooleanField(_("a course with an attendance list"), default=False)
    refused_because = models.CharField(_("why it was sent back"), max_length=300, blank=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    approved_values = models.JSONField(default=dict, editable=False)  # as it was approved last: what differs since is shown
    key = models.UUIDField(unique=True, default=uuid4, editable=False)  # of the deed that made it: sent twice, made once
    warned = models.BooleanField(_("told that it is nearly used up"), default=False, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering: ClassVar[list[str]] = ["agreement__provider__name_nb", "title_nb", "pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["state", "valid_to"], name="offer_shown")]
        constraints = [
            models.CheckConstraint(name="offer_state_known", condition=Q(state__in=OfferState.values)),
            models.CheckConstraint(name="offer_dates_in_order", condition=Q(valid_from__lte=F("valid_to"))),
            models.CheckConstraint(name="offer_price", condition=Q(unit_ore__gte=0)),
            models.CheckConstraint(
                name="offer_within_quantity",
                condition=Q(used__gte=0)
                & (
                    Q(quantity__isnull=True, released__isnull=True)
                    | Q(released__isnull=False, used__lte=F("released"))
                    & (Q(quantity__isnull=True) | Q(released__lte=F("quantity")))
                ),
            ),
        ]

    def __str__(self) -> str:
        return best(self, "title", CODES).value

    def text(self, field: str, order: Iterable[str]) -> Text:
        return best(self, field, order)


class Stock(Counted):
    """Tickets bought beforehand or given: with funder, price and last day. Used up before the provider is paid per use."""

    tenant_path = "offer__agreement__municipality"

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="stocks")
    kind = models.CharField(_("kind"), max_length=8, choices=StockKind.choices, default=StockKind.BOUGHT)
    funder = models.CharField(_("paid or given by"), max_length=120)
    unit_ore = models.BigIntegerField(_("price per ticket, øre"), default=0)  # what it cost; nothing more is paid for its use
    expires = models.DateField(_("last day"), null=True, blank=True)
    key = models.UUIDField(_("key of the deed"), unique=True, default=uuid4, editable=False)  # sent twice, made once

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stocks")
        ordering: ClassVar[list[str]] = [F("expires").asc(nulls_last=True), "kind", "pk"]  # type: ignore[list-item]
        constraints = [
            bounded("stock_within_quantity"),
            models.CheckConstraint(name="stock_price", condition=Q(unit_ore__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.offer} · {self.funder}"


class Device(models.Model):
    """A till: a browser that a provider has enrolled. It has no login and tells nothing about who stands at it."""

    tenant_path = "provider__municipality"
    stays_when_merged = True

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="tills")
    name = models.CharField(_("name"), max_length=60)
    token_hash = models.BinaryField(max_length=32, unique=True)
    enrolled_on = models.DateField(_("enrolled"))
    seen_on = models.DateField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    told = models.PositiveBigIntegerField(default=0, editable=False)  # the last number it told of what it took without network

    class Meta:
        verbose_name = _("till")
        verbose_name_plural = _("tills")
        ordering: ClassVar[list[str]] = ["provider", "name", "pk"]

    def __str__(self) -> str:
        return f"{self.provider} · {self.name}"


class DeviceInvitation(models.Model):
    """A one-time code that enrols a till; its QR stands on the desk for fifteen minutes."""

    tenant_path = "provider__municipality"
    stays_when_merged = True

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="till_invitations")
    name = models.CharField(_("name"), max_length=60)
    token_hash = models.BinaryField(max_length=32, unique=True)
    ends_at = models.DateTimeField()
    device = models.OneToOneField(Device, on_delete=models.CASCADE, null=True, blank=True, related_name="invitation")

    class Meta:
        verbose_name = _("invitation of a till")
        verbose_name_plural = _("invitations of tills")

    def __str__(self) -> str:
        return f"{self.provider} · {self.name}"


class Settlement(models.Model):
    """What a municipality owes a provider for one period: only what was used."""

    tenant_path = "municipality"
    stays_when_merged = True

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="settlements")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="settlements")
    year = models.ForeignKey(ProgrammeYear, on_delete=models.PROTECT, related_name="settlements")
    period_from = models.DateField(_("from"))
    period_to = models.DateField(_("to"))
    state = models.CharField(_("state"), max_length=10, choices=SettlementState.choices, default=SettlementState.DRAFT)
    number = models.PositiveIntegerField(_("number"))
    uses = models.BigIntegerField(_("clips"), default=0)
    total_ore = models.BigIntegerField(_("sum, øre"), default=0)
    made_on = models.DateField(_("made"))
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    objection = models.CharField(_("what the provider says"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        ordering: ClassVar[list[str]] = ["-period_to", "provider"]
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "provider", "year", "period_from", "period_to"], name="settlement_once"
            ),
            models.UniqueConstraint(fields=["municipality", "number"], name="settlement_number_once"),
            models.CheckConstraint(name="settlement_dates_in_order", condition=Q(period_from__lte=F("period_to"))),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.period_from} – {self.period_to}"

    @property
    def state_in_words(self) -> str:
        return str(SETTLEMENT_WORDS[SettlementState(self.state)])


class RedemptionQuerySet(models.QuerySet["Redemption"]):
    def create(self, **facts: Any) -> Redemption:  # type: ignore[override]
        """A clip is written all the time: its SQL is made once."""
        return _added(**facts)


class Redemption(models.Model):
    """One use of a card, or (with `reversal_of`) one use taken back. See the map at the top for what may change in it."""

    tenant_path = "municipality"
    stays_when_merged = True

    key = models.CharField(_("key"), max_length=64, unique=True)  # as kept_key keeps it: nobody's own number
    body = models.BinaryField(max_length=32)  # keyed hash of what was asked under this key
    mark = models.CharField(
        _("number of the use"), max_length=22, unique=True
    )  # what the outside calls it, until it is cut off its card; says nothing of the row
    year = models.ForeignKey(ProgrammeYear, on_delete=models.PROTECT, related_name="redemptions")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="redemptions")  # whose card: it pays
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="redemptions")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="redemptions")
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, null=True, blank=True, related_name="redemptions")
    ceiling = models.ForeignKey(Ceiling, on_delete=models.PROTECT, null=True, blank=True, related_name="redemptions")
    allowance = models.ForeignKey(Allowance, on_delete=models.PROTECT, null=True, blank=True, related_name="redemptions")
    card_type = models.ForeignKey(CardType, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.SET_NULL, null=True, blank=True, related_name="redemptions")
    way = models.CharField(_("how"), max_length=12, choices=UseWay.choices)
    state = models.CharField(_("state"), max_length=12, choices=UseState.choices, default=UseState.OK)
    day = models.DateField(_("day"))
    at = models.DateTimeField(_("time"), null=True, blank=True)
    # What the allowance loses: minus for a reversal; øre where it counts øre, of which each payment is one of the offer's.
    clips = models.BigIntegerField(_("clips"))
    unit = models.CharField(_("counted in"), max_length=4, choices=Unit.choices, default=Unit.CLIP)  # as the allowance
    people = models.PositiveSmallIntegerField(_("people let in"), default=1)
    step = models.BigIntegerField(null=True, blank=True, editable=False)  # of the rotating picture: each is good for one use
    unit_ore = models.BigIntegerField(_("price, øre"))  # as it was
    total_ore = models.BigIntegerField(_("sum, øre"))  # minus for a reversal
    reversal_of = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal")
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, null=True, blank=True, related_name="redemptions")
    answer = models.JSONField(default=dict)  # what the till was told, without what names the card

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("use")
        verbose_name_plural = _("uses")
        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["provider", "day"], name="redemption_of_provider"),
            models.Index(fields=["offer", "day"], name="redemption_of_offer"),
            models.Index(fields=["year", "municipality"], name="redemption_of_year"),
        ]
        constraints = [
            models.CheckConstraint(name="redemption_state_known", condition=Q(state__in=UseState.values)),
            models.UniqueConstraint(fields=["allowance", "offer", "step"], name="redemption_step_once"),
            models.CheckConstraint(
                name="redemption_sign",
                condition=Q(reversal_of=None, clips__gt=0, total_ore__gte=0)
                | Q(reversal_of__isnull=False, clips__lt=0, total_ore__lte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.mark


_added = Addition(Redemption)


class ExternalCode(models.Model):
    """A ready-made code of a cinema or bus company, encrypted with the key file; dealt out once."""

    tenant_path = "offer__agreement__municipality"

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="external_codes")
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, null=True, blank=True, related_name="external_codes")
    code = models.BinaryField(max_length=300)  # emptied when the use is cut from its card
    fingerprint = models.BinaryField(max_length=32)  # keyed: the same code is not loaded twice
    dealt_to = models.ForeignKey(Redemption, on_delete=models.PROTECT, null=True, blank=True, related_name="external_codes")
    withdrawn = models.BooleanField(_("withdrawn"), default=False)

    class Meta:
        verbose_name = _("ready-made code")
        verbose_name_plural = _("ready-made codes")
        constraints = [models.UniqueConstraint(fields=["offer", "fingerprint"], name="external_code_once")]

    def __str__(self) -> str:
        return f"code {self.pk}"


class Refusal(models.Model):
    """A "no" at a till, to the hour. No code, no card."""

    tenant_path = "provider__municipality"
    stays_when_merged = True

    reason = models.CharField(_("reason"), max_length=40)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="+")
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    hour = models.DateTimeField(_("hour"))
    count = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        indexes: ClassVar[list[Any]] = [models.Index(fields=["provider", "hour"], name="refusal_of_provider")]

    def __str__(self) -> str:
        return f"{self.reason} · {self.hour:%Y-%m-%d %H}"


class UseSum(models.Model):
    """Cards and tickets of a month by card type and agency, for crossed figures: kept here when uses are cut from their cards,
    and cards are deleted. A month that is over and cut holds only what may be told (portal/kit/small_numbers.py)."""

    tenant_path = "municipality"

    year = models.ForeignKey(ProgrammeYear, on_delete=models.PROTECT, related_name="use_sums")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    month = models.DateField(_("month"))
    card_type = models.ForeignKey(CardType, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    tickets = models.BigIntegerField(_("tickets used"), default=0)  # a clip, or one payment out of an amount
    cards = models.BigIntegerField(_("cards handed out"), default=0)
    activated = models.BigIntegerField(_("cards first used"), default=0)

    class Meta:
        verbose_name = _("sum of uses")
        verbose_name_plural = _("sums of uses")
        constraints = [
            models.UniqueConstraint(fields=["year", "municipality", "month", "card_type", "agency"], name="use_sum_once"),
            models.UniqueConstraint(
                fields=["year", "municipality", "month", "card_type"],
                condition=Q(agency=None),
                name="use_sum_once_without_agency",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_type} · {self.month:%Y-%m}"
