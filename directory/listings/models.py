"""What all listings share: texts, labels, contact, position, freshness, drafts.

    Listing (abstract)
      ├─ providers.Provider     ├─ places.Place     ├─ activities.Activity     └─ support.SupportScheme

What a task or a resident's confirmation sets (position, confirmation, hiding) stands outside the draft: a draft
carries every column, and publishing an old one would undo what happened meanwhile. `OUTSIDE_DRAFT` names them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.models import DraftStateMixin, LockableMixin, RevisionMixin, WorkflowMixin

from directory.listings.kinds import ConfirmedAs, Kind, Precision, Source, Visibility
from directory.listings.previews import PreviewInLanguages
from directory.municipalities.models import District, Municipality
from portal.kit.changes import send_changed
from portal.kit.texts import Text, best
from portal.languages import CODES

BATCH = 500  # rows named in one statement: databases take only so many parameters


class Label(models.Model):
    """A word staff put on listings: a category, a target group, an adaptation. The same slug means the same everywhere."""

    LISTINGS_FIELD: ClassVar[str] = ""
    objects: ClassVar[models.Manager[Any]]

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("short name for addresses"), max_length=80)
    synonyms = models.TextField(
        _("other words people search by"), blank=True, help_text=_("Separated by commas. Shown to nobody; the search finds them.")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return best(self, "name", CODES).value

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and tell the search index of every listing that carries this word (it finds them by it)."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            for model, pks in self.carriers():
                tell(model, pks)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete, and tell the search index of the listings that lose this word."""
        with transaction.atomic():
            carriers = self.carriers()
            deleted = super().delete(*args, **kwargs)
            for model, pks in carriers:
                tell(model, pks)
        return deleted

    def name_in(self, order: Iterable[str]) -> Text:
        return best(self, "name", order)

    def carriers(self) -> list[tuple[type[Listing], list[int]]]:
        """The listings that carry this word, or for a category one below it: (model, primary keys)."""
        field = self.LISTINGS_FIELD
        carried = Q(**{field: self}) | (Q(**{f"{field}__parent": self}) if field == "categories" else Q())
        return [(model, list(model.objects.filter(carried).values_list("pk", flat=True))) for model in Listing.__subclasses__()]


class Category(Label):
    """What a listing is about; two levels. A parent includes its children."""

    LISTINGS_FIELD = "categories"

    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", limit_choices_to={"parent": None}
    )
    drawing = models.SlugField(
        _("drawing"), max_length=40, blank=True, help_text=_("The illustration shown where there is no picture.")
    )

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering: ClassVar[list[str]] = ["position", "name_nb"]
        constraints = [models.UniqueConstraint(fields=["municipality", "slug"], name="category_slug_once")]


class TargetGroup(Label):
    """Whom an activity is for, beside its ages."""

    LISTINGS_FIELD = "targets"

    class Meta:
        verbose_name = _("target group")
        verbose_name_plural = _("target groups")
        ordering: ClassVar[list[str]] = ["position", "name_nb"]
        constraints = [models.UniqueConstraint(fields=["municipality", "slug"], name="target_group_slug_once")]


class Adaptation(Label):
    """Something that makes taking part possible: step-free entrance, hearing loop, a companion is welcome …"""

    LISTINGS_FIELD = "adaptations"

    icon = models.SlugField(_("icon"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("adaptation")
        verbose_name_plural = _("adaptations")
        ordering: ClassVar[list[str]] = ["position", "name_nb"]
        constraints = [models.UniqueConstraint(fields=["municipality", "slug"], name="adaptation_slug_once")]


class ListingQuerySet(models.QuerySet[Any]):
    """Listings. Bulk changes tell the search index, in their own transaction, of whatever shows what was changed, too."""

    def public(self) -> Self:
        """What residents may see: published, not hidden for age, not struck off by a register, not on a break."""
        return self.filter(live=True, hidden_at=None, delisted_at=None, paused_at=None)

    def update(self, **values: Any) -> int:
        if self.query.is_sliced:
            return super().update(**values)
        with transaction.atomic():
            pks = list(self.values_list("pk", flat=True))
            count = super().update(**values)
            tell_all(self.model, pks)
        return count

    update.alters_data = True  # type: ignore[attr-defined]


def tell(model: type[Listing], pks: Iterable[int]) -> None:
    """Tell the search index that these rows of `model` have changed."""
    if pks := list(pks):
        send_changed(model, model.KIND, pks)


def tell_dependants(model: type[Listing], pks: Iterable[int]) -> None:
    """Tell the search index of other listings that show facts of these rows of `model`."""
    pks = list(pks)
    for start in range(0, len(pks), BATCH):
        found: dict[type[Listing], dict[int, None]] = {}
        for other, pk in model.dependants_of(pks[start : start + BATCH]):
            found.setdefault(other, {})[pk] = None
        for other, others in found.items():
            tell(other, others)


def tell_all(model: type[Listing], pks: Iterable[int]) -> None:
    """Tell the search index of these rows of `model` and of all that shows facts of them."""
    pks = list(pks)
    tell(model, pks)
    tell_dependants(model, pks)


ListingManager: Any = models.Manager.from_queryset(ListingQuerySet)


class Listing(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, PreviewInLanguages, ClusterableModel):
    """Anything a resident can find. `KIND` says which kind."""

    KIND: ClassVar[Kind]
    OUTSIDE_DRAFT: ClassVar[tuple[str, ...]] = (
        "lat",
        "lon",
        "precision",
        "located_for",
        "confirmed_at",
        "confirmed_by_id",
        "confirmed_as",
        "hidden_at",
        "delisted_at",
        "delisted_reason",
        "paused_at",
        "paused_until",
        "source",
        "source_name",
        "source_key",
        "source_date",
    )

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+", verbose_name=_("municipality"))
    slug = models.SlugField(_("short name for addresses"), max_length=120, blank=True)
    name = models.CharField(_("name"), max_length=160)
    summary = models.CharField(_("in one sentence"), max_length=300, blank=True)
    easy = models.TextField(
        _("in easy words"), blank=True, help_text=_("Short sentences and common words. Shown first, marked as easy to read.")
    )
    description = models.TextField(_("description"), blank=True)
    image = models.ForeignKey(
        "wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("picture")
    )
    image_alt = models.CharField(_("what the picture shows"), max_length=200, blank=True)

    categories = ParentalManyToManyField(Category, blank=True, verbose_name=_("categories"))
    targets = ParentalManyToManyField(TargetGroup, blank=True, verbose_name=_("target groups"))
    adaptations = ParentalManyToManyField(Adaptation, blank=True, verbose_name=_("adaptations"))
    adaptation_note = models.TextField(_("more about adaptation"), blank=True)
    districts = ParentalManyToManyField(
        District, blank=True, verbose_name=_("districts"), help_text=_("Leave empty to follow the address.")
    )
    spoken = models.JSONField(_("languages spoken"), default=list, blank=True)
    age_from = models.PositiveSmallIntegerField(_("from age"), null=True, blank=True, validators=[MaxValueValidator(120)])
    age_to = models.PositiveSmallIntegerField(_("to age"), null=True, blank=True, validators=[MaxValueValidator(120)])

    website = models.URLField(_("website"), max_length=400, blank=True)
    social_links = models.JSONField(_("social media"), default=list, blank=True, help_text=_("One address a line."))
    contact_name = models.CharField(_("contact person"), max_length=120, blank=True)
    contact_name_visibility = models.CharField(
        _("who sees the contact person"), max_length=10, choices=Visibility.choices, default=Visibility.STAFF
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    phone_visibility = models.CharField(
        _("who sees the telephone number"), max_length=10, choices=Visibility.choices, default=Visibility.STAFF
    )
    email = models.EmailField(_("mail address"), blank=True)
    email_visibility = models.CharField(
        _("who sees the mail address"), max_length=10, choices=Visibility.choices, default=Visibility.STAFF
    )

    volunteers_wanted = models.BooleanField(_("volunteers wanted"), default=False)
    volunteers_note = models.TextField(_("what volunteers can do"), blank=True)

    street = models.CharField(_("street address"), max_length=160, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    city = models.CharField(_("town"), max_length=80, blank=True)
    pinned_lat = models.FloatField(
        _("latitude set by hand"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    pinned_lon = models.FloatField(
        _("longitude set by hand"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    getting_there = models.TextField(_("how to get there"), blank=True)

    # Outside the draft, see OUTSIDE_DRAFT
    lat = models.FloatField(null=True, blank=True, editable=False)
    lon = models.FloatField(null=True, blank=True, editable=False)
    precision = models.CharField(max_length=12, choices=Precision.choices, blank=True, editable=False)
    located_for = models.CharField(max_length=300, blank=True, editable=False)  # the address `lat`, `lon` were found for
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    confirmed_as = models.CharField(max_length=10, choices=ConfirmedAs.choices, blank=True, editable=False)
    hidden_at = models.DateTimeField(null=True, blank=True, editable=False)  # not confirmed for too long
    delisted_at = models.DateTimeField(
        null=True, blank=True, editable=False
    )  # closed according to a register, or removed by staff
    delisted_reason = models.CharField(max_length=200, blank=True, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)  # by its provider; found again after `paused_until`
    paused_until = models.DateField(null=True, blank=True, editable=False)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.STAFF, editable=False)
    source_name = models.CharField(max_length=120, blank=True, editable=False)  # shown: "from <source>, <date>"
    source_key = models.CharField(max_length=120, blank=True, editable=False)  # the source's own id of this row
    source_date = models.DateField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = ListingManager()

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["name_nb"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "slug"], name="%(class)s_slug_once"),
            models.UniqueConstraint(
                fields=["municipality", "source", "source_name", "source_key"],
                condition=~Q(source_key=""),
                name="%(class)s_source_key_once",
            ),
            models.CheckConstraint(
                condition=Q(age_from=None) | Q(age_to=None) | Q(age_from__lte=F("age_to")), name="%(class)s_ages_in_order"
            ),
        ]

    def __str__(self) -> str:
        return best(self, "name", CODES).value

    # ── saving ──────────────────────────────────────────────────────────────────────────────────────────────
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with labels and children, keep the position true to the address, and tell the search index."""
        from directory.geography.tasks import ask_about  # both stand on this module
        from directory.listings.positions import follow_address

        if not self.slug:
            self.slug = self.free_slug()
        fields = kwargs.get("update_fields")
        # A draft that only leaves its number in the row must not move the row to the draft's address.
        moved = (fields is None or not {"street", "postcode", "city"}.isdisjoint(fields)) and follow_address(self)
        if moved and fields is not None:
            kwargs["update_fields"] = {*fields, "lat", "lon", "precision", "located_for"}
        with transaction.atomic():
            super().save(*args, **kwargs)
            tell_all(type(self), [self.pk])
            if moved:
                ask_about(self)

    @classmethod
    def dependants_of(cls, pks: list[int]) -> Iterable[tuple[type[Listing], int]]:
        """Other listings that show facts of these: (model, primary key). In a constant number of queries."""
        return ()

    def free_slug(self) -> str:
        """A short name for the address that no other listing of this kind in the municipality has."""
        stem = slugify(fold(str(self)))[:100] or self.KIND.value
        manager = type(self)._default_manager
        taken = set(
            manager.filter(municipality=self.municipality_id, slug__startswith=stem)
            .exclude(pk=self.pk)
            .values_list("slug", flat=True)
        )
        if stem not in taken:
            return stem
        return next(candidate for n in range(2, len(taken) + 3) if (candidate := f"{stem}-{n}") not in taken)

    def serializable_data(self) -> dict[str, Any]:
        """What a revision keeps. Wagtail's own takes any fault in a row for a model without rows, and would lose them all."""
        return ClusterableModel.serializable_data(self)  # type: ignore[no-any-return]

    def with_content_json(self, content: dict[str, Any]) -> Self:
        """A draft from a revision, with today's facts for everything that stands outside the draft."""
        draft = super().with_content_json(content)
        # Read anew: the row in hand may be older than what a task has written since.
        for name, value in type(self)._base_manager.filter(pk=self.pk).values(*self.OUTSIDE_DRAFT).first().items():
            setattr(draft, name, value)
        if self.live and draft.first_published_at is None:
            draft.first_published_at = self.created_at  # an import made it public at once: its next change makes it no news
        return draft

    def get_workflow(self) -> Any:
        """The municipality's own workflow: approval never crosses to another municipality."""
        return self.municipality.workflow

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def is_public(self) -> bool:
        return self.live and self.hidden_at is None and self.delisted_at is None and self.paused_at is None

    @property
    def has_page(self) -> bool:
        """Whether its own page is shown: a break takes it off the lists, and its page says until when."""
        return self.live and self.hidden_at is None and self.delisted_at is None

    @property
    def public_provider(self) -> Any:
        """The provider behind this listing, where residents may see it; None for one that has gone or is not out yet."""
        provider = getattr(self, "provider", None)
        return provider if provider and provider.is_public else None

    @property
    def point(self) -> tuple[float, float] | None:
        """(latitude, longitude) in WGS84, or None."""
        if self.pinned_lat is not None and self.pinned_lon is not None:
            return self.pinned_lat, self.pinned_lon
        return (self.lat, self.lon) if self.lat is not None and self.lon is not None else None

    @property
    def point_precision(self) -> str:
        """How well `point` is known: a value of `Precision`, or empty."""
        return Precision.EXACT if self.pinned_lat is not None and self.pinned_lon is not None else self.precision

    @property
    def address_line(self) -> str:
        """The address on one line: "Eksempelveien 1, 3256 Larvik"."""
        return ", ".join(filter(None, [self.street.strip(), f"{self.postcode} {self.city}".strip()]))

    def text(self, field: str, lang: str) -> Text:
        """A text for a reader of `lang`, with the municipality's order of languages behind it."""
        return best(self, field, self.municipality.order_for(lang))

    def contact(self, field: str, level: str = Visibility.PUBLIC) -> str:
        """`contact_name`, `phone` or `email` as somebody may see it who has `level`."""
        levels = [Visibility.PUBLIC, Visibility.PROVIDERS, Visibility.STAFF]
        allowed = levels[: levels.index(Visibility(level)) + 1]
        return getattr(self, field) if getattr(self, f"{field}_visibility") in allowed else ""

    def get_absolute_url(self) -> str:
        """The public page's path in the active language."""
        return reverse(self.KIND.value, args=[self.slug])

    def confirm(self, *, by: Any, as_: ConfirmedAs, at: Any = None) -> None:
        """Record that somebody confirmed this listing as right; a hidden one comes back."""
        self.confirmed_at = at or timezone.now()
        self.confirmed_by = by
        self.confirmed_as = as_
        self.hidden_at = None
        self.save(update_fields=["confirmed_at", "confirmed_by", "confirmed_as", "hidden_at"])


class MovedListing(models.Model):
    """Where a listing's old address leads: to the one it was merged with, or, when staff removed it, nowhere (410)."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    slug = models.SlugField(max_length=120)
    to_id = models.PositiveBigIntegerField(null=True, blank=True)  # a listing of the same kind; None: gone for good
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("old address of a listing")
        verbose_name_plural = _("old addresses of listings")
        constraints = [models.UniqueConstraint(fields=["municipality", "kind", "slug"], name="moved_listing_once")]

    def __str__(self) -> str:
        return f"{self.kind}/{self.slug}"


def fold(text: str) -> str:
    """Norwegian letters in plain ones, as addresses are written."""
    for letter, plain in (("æ", "ae"), ("ø", "o"), ("å", "a"), ("Æ", "Ae"), ("Ø", "O"), ("Å", "A")):
        text = text.replace(letter, plain)
    return text
