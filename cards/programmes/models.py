"""Programmes, their years, card types, cards and wallets. At privacy level 0 no column here is about a person.

    Programme ─ ProgrammeMember (each municipality of it)
      └─ ProgrammeYear ─ CardType ─ CardTypeLine
                            ├─ AgencyQuota (cards an agency may hand out)
                            └─ Batch ─ Card ─ Allowance
                                        └─ WalletCard ─ Wallet

Nothing says when a single card was made, activated or used once `TRACE_DAYS` have passed: dates of batches and cards are
cut to the month by then (cards/offers/unlinking.py).
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
from cards.programmes.states import CardState, Medium, Unit, Way, YearState
from directory.agencies.models import Agency
from directory.listings.models import Category, TargetGroup
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.kit.texts import Text, best
from portal.languages import CODES

TRACE_DAYS = 30  # for so long can be told which card was used where, and on which day it was handed out
MOST_WALLETS = 3  # a card may be on so many telephones at once
SHEET_LASTS = 15  # minutes in which codes that were just made can be printed again


class Programme(models.Model):
    """A card scheme of one municipality or of several together; the one named here looks after it."""

    class Privacy(models.IntegerChoices):
        ANONYMOUS = 0, _("no person anywhere")
        TAG = 1, _("a keyed mark against two cards for one child")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="programmes")
    name = models.CharField(
        _("name"), max_length=80, help_text=_("Stands on the card. Neutral: it must not tell why somebody has it.")
    )
    slug = models.SlugField(_("short name for addresses"), max_length=60, unique=True)
    intro = models.TextField(_("about the card"), blank=True, help_text=_("What holders read: where it is used, who helps."))
    privacy_level = models.PositiveSmallIntegerField(_("privacy level"), choices=Privacy.choices, default=Privacy.ANONYMOUS)
    help_phone = models.CharField(_("telephone for help"), max_length=40, blank=True)
    help_email = models.EmailField(_("mail address for help"), blank=True)

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering: ClassVar[list[str]] = ["name_nb", "pk"]
        constraints = [models.CheckConstraint(name="programme_privacy_known", condition=Q(privacy_level__in=[0, 1]))]

    def __str__(self) -> str:
        return best(self, "name", CODES).value

    def text(self, field: str, order: Iterable[str]) -> Text:
        return best(self, field, order)


class ProgrammeMember(models.Model):
    """A municipality in a programme, the one that looks after it too. Offers, card types and totals are shared; agencies,
    quotas, agreements and money are each municipality's own."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="members")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="programme_memberships")

    class Meta:
        verbose_name = _("municipality in a programme")
        verbose_name_plural = _("municipalities in programmes")
        constraints = [models.UniqueConstraint(fields=["programme", "municipality"], name="programme_member_once")]

    def __str__(self) -> str:
        return f"{self.programme} · {self.municipality}"


class ProgrammeYear(models.Model):
    """One year (or season) of a programme. Everything that is counted belongs to one."""

    tenant_path = "programme__municipality"

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="years")
    year = models.PositiveSmallIntegerField(_("year"))
    opens = models.DateField(_("first day"))
    closes = models.DateField(_("last day"))
    state = models.CharField(_("state"), max_length=10, choices=YearState.choices, default=YearState.OPEN, editable=False)

    class Meta:
        verbose_name = _("programme year")
        verbose_name_plural = _("programme years")
        ordering: ClassVar[list[str]] = ["-year"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "year"], name="programme_year_once"),
            models.CheckConstraint(name="programme_year_in_order", condition=Q(opens__lte=F("closes"))),
            models.CheckConstraint(name="programme_year_state_known", condition=Q(state__in=YearState.values)),
        ]

    def __str__(self) -> str:
        return f"{self.programme} {self.year}"

    def runs_on(self, day: date) -> bool:
        return self.state == YearState.OPEN and self.opens <= day <= self.closes


class CardType(models.Model):
    """A kind of card in a year: for whom, what stands on it, until when."""

    tenant_path = "year__programme__municipality"

    year = models.ForeignKey(ProgrammeYear, on_delete=models.PROTECT, related_name="card_types")
    name = models.CharField(_("name"), max_length=80, help_text=_("For staff. Never shown to holders or at counters."))
    targets = models.ManyToManyField(TargetGroup, blank=True, related_name="+", verbose_name=_("for whom"))
    age_from = models.PositiveSmallIntegerField(_("from age"), null=True, blank=True)
    age_to = models.PositiveSmallIntegerField(_("to age"), null=True, blank=True)
    activate_by = models.DateField(_("first use at the latest"))
    valid_to = models.DateField(_("last day of use"))
    is_open = models.BooleanField(_("can be handed out"), default=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    key = models.UUIDField(_("key of the deed"), unique=True, default=uuid4, editable=False)  # sent twice, made once

    class Meta:
        verbose_name = _("card type")
        verbose_name_plural = _("card types")
        ordering: ClassVar[list[str]] = ["year", "pk"]
        constraints = [
            models.CheckConstraint(name="card_type_dates_in_order", condition=Q(activate_by__lte=F("valid_to"))),
            models.CheckConstraint(
                name="card_type_ages_in_order", condition=Q(age_from=None) | Q(age_to=None) | Q(age_from__lte=F("age_to"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    """What can be used: one offer, or anything of a category; counted in clips or in øre."""

    offer = models.ForeignKey(
        "cards.Offer", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("offer")
    )
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("or a category")
    )
    unit = models.CharField(_("counted in"), max_length=4, choices=Unit.choices, default=Unit.CLIP)

    class Meta:
        abstract = True


def one_of_two(name: str) -> models.CheckConstraint:
    """Exactly one of offer and category."""
    return models.CheckConstraint(
        name=name,
        condition=Q(offer__isnull=False, category__isnull=True) | Q(offer__isnull=True, category__isnull=False),
        violation_error_message=_("Choose an offer or a category, one of them."),
    )


class CardTypeLine(Line):
    """A line of a card type: "3 swims". `quantity` is what each new card gets; clips, or øre."""

    tenant_path = "card_type__year__programme__municipality"

    card_type = models.ForeignKey(CardType, on_delete=models.CASCADE, related_name="lines")
    quantity = models.BigIntegerField(_("how many"))
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("line of a card type")
        verbose_name_plural = _("lines of card types")
        ordering: ClassVar[list[str]] = ["sort_order", "pk"]
        constraints = [
            one_of_two("card_type_line_offer_or_category"),
            models.CheckConstraint(name="card_type_line_quantity", condition=Q(quantity__gte=0)),
            models.UniqueConstraint(
                fields=["card_type", "offer"], condition=Q(offer__isnull=False), name="card_type_line_offer_once"
            ),
            models.UniqueConstraint(
                fields=["card_type", "category"], condition=Q(category__isnull=False), name="card_type_line_category_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_type} · {self.offer or self.category} · {self.quantity}"


class LineChange(Line):
    """A line of a card type that is to be changed, or added, on all cards that are out: done by the queue, in one piece.

    `line` is None as long as it is one to be added. `rows` are the cards that it changed.
    """

    tenant_path = "card_type__year__programme__municipality"

    card_type = models.ForeignKey(CardType, on_delete=models.CASCADE, related_name="line_changes")
    line = models.ForeignKey(CardTypeLine, on_delete=models.CASCADE, null=True, blank=True, related_name="changes")
    quantity = models.BigIntegerField(_("how many from now on"))
    reason = models.CharField(_("why"), max_length=300, blank=True)
    key = models.UUIDField(_("key of the deed"), unique=True)  # sent twice, done once
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(_("asked for"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    rows = models.PositiveIntegerField(_("cards changed"), default=0)
    refused = models.CharField(_("why it was not done"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("change of a line for all cards")
        verbose_name_plural = _("changes of lines for all cards")
        ordering: ClassVar[list[str]] = ["-asked_at", "-pk"]
        constraints = [models.CheckConstraint(name="line_change_quantity", condition=Q(quantity__gte=0))]

    def __str__(self) -> str:
        return f"{self.card_type} · {self.offer or self.category}"


class AgencyQuota(Counted):
    """How many cards of a type an agency may hand out; `used` counts those handed out and neither lapsed nor revoked unused."""

    tenant_path = "agency__municipality"

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="card_quotas")
    card_type = models.ForeignKey(CardType, on_delete=models.PROTECT, related_name="quotas")

    class Meta:
        verbose_name = _("quota of an agency")
        verbose_name_plural = _("quotas of agencies")
        ordering: ClassVar[list[str]] = ["agency", "card_type"]
        constraints = [
            bounded("agency_quota_within_quantity"),
            models.UniqueConstraint(fields=["agency", "card_type"], name="agency_quota_once"),
        ]

    def __str__(self) -> str:
        return f"{self.agency} · {self.card_type}"


class Batch(models.Model):
    """Cards handed out together, one or many. `agency` is None for a coordinator's batch (a welcome pack)."""

    tenant_path = "municipality"
    logged_out_of_order = True  # an entry about a batch may be one about a single card

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="card_batches")  # who pays for its use
    card_type = models.ForeignKey(CardType, on_delete=models.PROTECT, related_name="batches")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="card_batches")
    way = models.CharField(_("how"), max_length=12, choices=Way.choices, default=Way.SCREEN)
    count = models.PositiveIntegerField(_("cards"))
    lang = models.CharField(_("language beside Norwegian"), max_length=3, blank=True)
    key = models.UUIDField(_("key of the deed"), unique=True)  # sent twice, done once
    made_on = models.DateField(_("made"))  # the first of the month once TRACE_DAYS have passed
    printed_on = models.DateField(_("printed"), null=True, blank=True)
    purpose = models.CharField(
        _("note about the batch"), max_length=120, blank=True
    )  # "tenth grade, film week": never about a person

    class Meta:
        verbose_name = _("batch of cards")
        verbose_name_plural = _("batches of cards")
        ordering: ClassVar[list[str]] = ["-made_on", "-pk"]
        constraints = [models.CheckConstraint(name="batch_not_empty", condition=Q(count__gt=0))]

    def __str__(self) -> str:
        return f"{self.card_type} · {self.count}"


class CardQuerySet(models.QuerySet["Card"]):
    def lapsed_on(self, day: date) -> CardQuerySet:
        """Handed out and not used in time."""
        return self.filter(state=CardState.ISSUED, activate_by__lt=day)

    def alive_on(self, day: date) -> CardQuerySet:
        """Usable, or activatable, on a day."""
        return self.filter(
            Q(state=CardState.ACTIVE, valid_to__gte=day) | Q(state=CardState.ISSUED, activate_by__gte=day, valid_to__gte=day)
        )


class Card(models.Model):
    """One card. `code_hash` finds it by its printed code (keyed, see ledger/codes.py); the code itself is kept nowhere."""

    tenant_path = "batch__municipality"

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="cards")
    public_id = models.CharField(_("number on the stub"), max_length=12, unique=True)
    code_hash = models.BinaryField(max_length=32, null=True, unique=True)
    code_spent = models.BooleanField(_("moved to a telephone"), default=False)
    medium = models.CharField(_("carried"), max_length=12, choices=Medium.choices, blank=True, default=Medium.UNKNOWN)
    state = models.CharField(_("state"), max_length=10, choices=CardState.choices, default=CardState.ISSUED)
    activate_by = models.DateField(_("first use at the latest"))
    valid_to = models.DateField(_("last day of use"))
    activated_on = models.DateField(_("first used"), null=True, blank=True)  # the first of the month once TRACE_DAYS have passed
    holder_provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, null=True, blank=True, related_name="held_cards", verbose_name=_("kept by")
    )
    replaced_by = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces")
    returned = models.BooleanField(_("its unused value has flowed back"), default=False)

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = _("card")
        verbose_name_plural = _("cards")
        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["state", "activate_by"], name="card_to_lapse")]
        constraints = [
            models.CheckConstraint(name="card_state_known", condition=Q(state__in=CardState.values)),
            models.CheckConstraint(name="card_medium_known", condition=Q(medium__in=Medium.values)),
            # A spent code stands for a card on a telephone; one that is on paper keeps its code.
            models.CheckConstraint(name="card_spent_code_is_digital", condition=Q(code_spent=False) | Q(medium=Medium.DIGITAL)),
            models.CheckConstraint(
                name="card_of_association_has_one",
                condition=Q(medium=Medium.ASSOCIATION, holder_provider__isnull=False)
                | (~Q(medium=Medium.ASSOCIATION) & Q(holder_provider__isnull=True)),
            ),
            models.CheckConstraint(
                name="card_in_use_is_carried", condition=~Q(state__in=["active", "suspended"]) | ~Q(medium=Medium.UNKNOWN)
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Allowance(Line, Counted):
    """What is left of one line on one card. `line` is None for something extra given straight to this card."""

    tenant_path = "card__batch__municipality"

    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="allowances")
    line = models.ForeignKey(CardTypeLine, on_delete=models.PROTECT, null=True, blank=True, related_name="allowances")
    cut = models.BigIntegerField(default=0, editable=False)  # of `used`: whose uses no longer say which card it was
    key = models.UUIDField(null=True, unique=True, editable=False)  # of the deed that gave something extra: sent twice, done once

    class Meta:
        verbose_name = _("allowance")
        verbose_name_plural = _("allowances")
        ordering: ClassVar[list[str]] = ["pk"]
        constraints = [
            bounded("allowance_within_quantity"),
            one_of_two("allowance_offer_or_category"),
            models.UniqueConstraint(fields=["card", "line"], condition=Q(line__isnull=False), name="allowance_once_a_line"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} · {self.used}/{self.quantity}"


class CodeSheet(models.Model):
    """Codes that were just made, for who made them: encrypted with a key that only their page holds, for SHEET_LASTS minutes.

    Gone when "printed" is pressed or the time is over; from then on there is no way to these codes, only to new ones.
    """

    tenant_path = "batch__municipality"

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, related_name="sheet")
    key = models.UUIDField(_("key of the deed"), unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    sealed = models.BinaryField()
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("codes to be printed")
        verbose_name_plural = _("codes to be printed")

    def __str__(self) -> str:
        return f"sheet of {self.batch_id}"


class OutgoingText(models.Model):
    """A text message on its way: number and link, encrypted with the key file; gone when it is sent or too old."""

    sealed = models.BinaryField()
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("text message on its way")
        verbose_name_plural = _("text messages on their way")

    def __str__(self) -> str:
        return f"text {self.pk}"


class Wallet(models.Model):
    """One telephone's wallet. The secret is on the telephone only; here is what proves it, and the key of its rotating code."""

    auth_hash = models.BinaryField(max_length=32, unique=True)  # SHA-256(HKDF(secret, "auth"))
    clip_key = models.BinaryField(max_length=128)  # HKDF(secret, "clip"), encrypted with the key file

    class Meta:
        verbose_name = _("wallet")
        verbose_name_plural = _("wallets")

    def __str__(self) -> str:
        return f"wallet {self.pk}"


class WalletCard(models.Model):
    """A card in a wallet; `slot` bounds how many wallets a card is in."""

    wallet = models.ForeignKey(Wallet, on_delete=models.CASCADE, related_name="links")
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="links")
    slot = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("card in a wallet")
        verbose_name_plural = _("cards in wallets")
        constraints = [
            models.UniqueConstraint(fields=["wallet", "card"], name="wallet_card_once"),
            models.UniqueConstraint(fields=["card", "slot"], name="wallet_card_slot_once"),
            models.CheckConstraint(name="wallet_card_slot_known", condition=Q(slot__gte=1, slot__lte=MOST_WALLETS)),
        ]

    def __str__(self) -> str:
        return f"{self.wallet_id} · {self.card_id}"


class Transfer(models.Model):
    """A one-time code that puts a card into one more wallet, for five minutes. Who took it may ask again, nobody else."""

    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="transfers")
    token_hash = models.BinaryField(max_length=32, unique=True)
    ends_at = models.DateTimeField()
    taken_by = models.ForeignKey(Wallet, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("transfer of a card")
        verbose_name_plural = _("transfers of cards")

    def __str__(self) -> str:
        return f"transfer of {self.card_id}"


class DuplicateTag(models.Model):
    """A keyed mark that a child has got a card in a year (privacy level 1). No card, no agency, no day."""

    year = models.ForeignKey(ProgrammeYear, on_delete=models.CASCADE, related_name="tags")
    tag = models.BinaryField(max_length=32)
    month = models.DateField()  # the first of it

    class Meta:
        verbose_name = _("mark against two cards")
        verbose_name_plural = _("marks against two cards")
        constraints = [models.UniqueConstraint(fields=["year", "tag"], name="duplicate_tag_once")]

    def __str__(self) -> str:
        return f"tag {self.pk}"


# ── what is left of cards ───────────────────────────────────────────────────────────────────────────────────


class CardSum(models.Model):
    """Cards of a year by the end of a month, added up from its beginning: nothing is crossed but how they were handed out and
    how they are carried. The last one stays when the cards are gone."""

    tenant_path = "municipality"

    year = models.ForeignKey(ProgrammeYear, on_delete=models.PROTECT, related_name="card_sums")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    month = models.DateField(_("month"))
    way = models.CharField(_("how"), max_length=12, choices=Way.choices)
    medium = models.CharField(_("carried"), max_length=12, choices=Medium.choices, blank=True)
    cards = models.BigIntegerField(_("handed out"), default=0)
    activated = models.BigIntegerField(_("first used"), default=0)
    holders = models.BigIntegerField(_("used"), default=0)

    class Meta:
        verbose_name = _("sum of cards")
        verbose_name_plural = _("sums of cards")
        constraints = [
            models.UniqueConstraint(fields=["year", "municipality", "month", "way", "medium"], name="card_sum_once"),
        ]

    def __str__(self) -> str:
        return f"{self.year} · {self.month:%Y-%m}"


class LineSum(Line):
    """What stood on the cards of a year that is closed, and what became of it."""

    tenant_path = "municipality"

    year = models.ForeignKey(ProgrammeYear, on_delete=models.PROTECT, related_name="line_sums")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    issued = models.BigIntegerField(_("on cards"), default=0)
    activated = models.BigIntegerField(_("on cards that were used"), default=0)
    used = models.BigIntegerField(_("used"), default=0)
    returned = models.BigIntegerField(_("flowed back"), default=0)

    class Meta:
        verbose_name = _("sum of lines")
        verbose_name_plural = _("sums of lines")
        constraints = [
            one_of_two("line_sum_offer_or_category"),
            models.UniqueConstraint(
                fields=["year", "municipality", "offer", "unit"], condition=Q(offer__isnull=False), name="line_sum_offer_once"
            ),
            models.UniqueConstraint(
                fields=["year", "municipality", "category", "unit"],
                condition=Q(category__isnull=False),
                name="line_sum_category_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} · {self.offer or self.category}"
