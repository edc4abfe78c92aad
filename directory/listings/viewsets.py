"""Staff screens that all kinds of listing share, and those of the words put on listings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import django_filters
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.models import WorkflowState

from directory.listings.kinds import Source
from directory.listings.models import Adaptation, Category, TargetGroup
from directory.municipalities.forms import NamedForm
from directory.municipalities.models import District
from directory.municipalities.panels import tabbed
from directory.municipalities.tenancy import TenantFilterSet, TenantViewSet
from portal.languages import CODES

# ── what a list shows ───────────────────────────────────────────────────────────────────────────────────────


def status_of(listing: Any) -> str:
    """In two or three words: what a resident sees of it, and whether something waits."""
    if listing.delisted_at:
        shown = _now("taken off the lists")
    elif listing.hidden_at:
        shown = _now("hidden, not confirmed")
    elif listing.live:
        shown = _now("published")
    else:
        shown = _now("draft")
    if getattr(listing, "waits_for_approval", False):
        return _now("%(status)s; waits for approval") % {"status": shown}
    if listing.live and listing.has_unpublished_changes:
        return _now("%(status)s, with a newer draft") % {"status": shown}
    return shown


def confirmed_or_source(listing: Any) -> str:
    """When it was confirmed and by whom; else where it comes from."""
    if listing.confirmed_at:
        return (
            f"{date_format(timezone.localtime(listing.confirmed_at), 'SHORT_DATE_FORMAT')}, {listing.get_confirmed_as_display()}"
        )
    where = _now("from %(name)s") % {"name": listing.source_name} if listing.source_name else str(Source(listing.source).label)
    when = f", {date_format(listing.source_date, 'SHORT_DATE_FORMAT')}" if listing.source_date else ""
    return _now("not confirmed; %(source)s") % {"source": where + when}


def where_it_is(listing: Any) -> str:
    """Districts chosen by hand, else the town of the address."""
    return ", ".join(str(district) for district in listing.districts.all()) or " ".join(
        filter(None, [listing.postcode, listing.city])
    )


def names(related: Any) -> str:
    """The names of related rows in one cell."""
    return ", ".join(str(row) for row in related.all())


STATUS = Column("status", label=_("Status"), accessor=status_of, sort_key="live")
CONFIRMED = Column("confirmed", label=_("Confirmed, or source"), accessor=confirmed_or_source, sort_key="confirmed_at")
WHERE = Column("where", label=_("District or town"), accessor=where_it_is, sort_key="city")
VOLUNTEERS = Column(
    "volunteers_wanted",
    label=_("Volunteers"),
    accessor=lambda row: _now("wanted") if row.volunteers_wanted else "",
    sort_key="volunteers_wanted",
)


# ── filters ─────────────────────────────────────────────────────────────────────────────────────────────────


class ListingFilterSet(TenantFilterSet):
    """What staff look for among listings."""

    status = django_filters.ChoiceFilter(
        label=_("Status"),
        method="by_status",
        widget=forms.RadioSelect,
        choices=[
            ("live", _("published")),
            ("draft", _("never published, or taken back")),
            ("changed", _("published, with a newer draft")),
            ("waiting", _("waits for approval")),
            ("hidden", _("hidden, not confirmed")),
            ("delisted", _("taken off the lists")),
        ],
    )
    confirmed = django_filters.ChoiceFilter(
        label=_("Confirmed"),
        method="by_confirmed",
        widget=forms.RadioSelect,
        choices=[
            ("never", _("never")),
            ("12", _("over 12 months ago")),
            ("15", _("over 15 months ago")),
            ("year", _("in the last 12 months")),
        ],
    )
    located = django_filters.ChoiceFilter(
        label=_("On the map"),
        method="by_located",
        widget=forms.RadioSelect,
        choices=[("no", _("not found")), ("rough", _("only about where")), ("exact", _("at the address"))],
    )
    categories = django_filters.ModelMultipleChoiceFilter(
        label=_("Category"), queryset=Category.objects.all(), widget=forms.CheckboxSelectMultiple, method="by_category"
    )
    source = django_filters.MultipleChoiceFilter(label=_("Source"), choices=Source.choices, widget=forms.CheckboxSelectMultiple)
    district = django_filters.ModelChoiceFilter(label=_("District"), queryset=District.objects.all(), method="by_district")

    def by_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        chosen = {
            "live": Q(live=True, hidden_at=None, delisted_at=None),
            "draft": Q(live=False),
            "changed": Q(live=True, has_unpublished_changes=True),
            "waiting": Q(waits_for_approval=True),
            "hidden": Q(hidden_at__isnull=False),
            "delisted": Q(delisted_at__isnull=False),
        }[value]
        return (with_waiting(rows) if value == "waiting" else rows).filter(chosen)

    def by_confirmed(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "never":
            return rows.filter(confirmed_at=None)
        if value == "year":
            return rows.filter(confirmed_at__gte=timezone.now() - timedelta(days=365))
        return rows.filter(confirmed_at__lt=timezone.now() - timedelta(days=round(int(value) * 30.44)))

    def by_located(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        pinned = Q(pinned_lat__isnull=False, pinned_lon__isnull=False)
        exact = pinned | Q(lat__isnull=False, precision__in=["exact", "address"])
        nowhere = Q(lat=None) & ~pinned
        return rows.filter({"no": nowhere, "exact": exact, "rough": ~nowhere & ~exact}[value])

    def by_category(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """A parent includes its children, as for residents."""
        if not value:
            return rows
        return rows.filter(Q(categories__in=value) | Q(categories__parent__in=value)).distinct()

    def by_district(self, rows: QuerySet[Any], name: str, value: District) -> QuerySet[Any]:
        return rows.filter(Q(districts=value) | Q(districts=None, postcode__in=value.postcodes or [])).distinct()


LISTING_FILTERS = ["status", "confirmed", "located", "categories", "targets", "district", "volunteers_wanted", "source"]


def with_waiting(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows with `waits_for_approval`."""
    states = WorkflowState.objects.filter(
        base_content_type=ContentType.objects.get_for_model(rows.model),
        object_id=Cast(OuterRef("pk"), CharField()),
        status=WorkflowState.STATUS_IN_PROGRESS,
    )
    return rows.annotate(waits_for_approval=Exists(states))


# ── screens ─────────────────────────────────────────────────────────────────────────────────────────────────


class ListingViewSet(TenantViewSet):
    """Staff screens of one kind of listing."""

    search_columns: ClassVar[tuple[str, ...]] = (*(f"name_{code}" for code in CODES), "street", "city", "email", "contact_name")
    list_related: ClassVar[tuple[str, ...]] = ("latest_revision", "municipality")
    list_prefetch: ClassVar[tuple[Any, ...]] = ("districts",)
    export_prefetch: ClassVar[tuple[str, ...]] = ("categories", "targets", "adaptations")
    ordering = "name_nb"
    list_export: ClassVar[list[str]] = [
        "id",
        "name_*",
        "slug",
        "summary_*",
        "easy_*",
        "description_*",
        "category_names",
        "target_names",
        "adaptation_names",
        "age_from",
        "age_to",
        "street",
        "postcode",
        "city",
        "point_precision",
        "website",
        "contact_name",
        "phone",
        "email",
        "volunteers_wanted",
        "live",
        "confirmed_at",
        "source",
        "source_name",
        "source_date",
    ]
    export_made: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "category_names": lambda listing: names(listing.categories),
        "target_names": lambda listing: names(listing.targets),
        "adaptation_names": lambda listing: names(listing.adaptations),
    }
    export_headings: ClassVar[dict[str, Any]] = {
        "category_names": _("categories"),
        "target_names": _("target groups"),
        "adaptation_names": _("adaptations"),
        "point_precision": _("on the map"),
        "confirmed_at": _("confirmed"),
        "provider": _("provider"),
        "live": _("published"),
        "source": _("source"),
        "source_name": _("name of the source"),
        "source_date": _("date of the source"),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # The title of a row is that of its newest draft; the draft itself is not needed, and it is long.
        rows = with_waiting(super().get_queryset(request)).defer("latest_revision__content")
        return rows.prefetch_related(*self.export_prefetch) if "export" in request.GET else rows


class LabelViewSet(TenantViewSet):
    """Words that staff put on listings."""

    list_display: ClassVar[list[Any]] = ["__str__", "slug", "position"]
    list_export: ClassVar[list[str]] = ["id", "name_*", "slug", "synonyms_*", "position"]
    search_columns: ClassVar[tuple[str, ...]] = (
        *(f"name_{code}" for code in CODES),
        *(f"synonyms_{code}" for code in CODES),
        "slug",
    )
    ordering = "position"


class CategoryForm(NamedForm):
    """Two levels: a category with children has no parent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (field := self.fields.get("parent")) and self.instance.pk:
            field.queryset = field.queryset.exclude(pk=self.instance.pk)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("parent") and self.instance.pk and self.instance.children.exists():
            self.add_error("parent", _("This category has categories below it, and there are two levels only."))
        return values


class CategoryFilterSet(TenantFilterSet):
    class Meta:
        model = Category
        fields = ("parent",)


class CategoryViewSet(LabelViewSet):
    model = Category
    icon = "folder-open-1"
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column("parent", label=_("Below"), sort_key="parent"),
        "slug",
        "drawing",
        "position",
    ]
    list_related = ("parent",)
    filterset_class = CategoryFilterSet
    edit_handler = tabbed(
        Category,
        [
            MultiFieldPanel(
                [FieldPanel("parent", widget=forms.Select), FieldPanel("position"), FieldPanel("drawing"), FieldPanel("slug")]
            )
        ],
        form=CategoryForm,
        texts_first=True,
    )


class TargetGroupViewSet(LabelViewSet):
    model = TargetGroup
    icon = "group"
    edit_handler = tabbed(
        TargetGroup, [MultiFieldPanel([FieldPanel("position"), FieldPanel("slug")])], form=NamedForm, texts_first=True
    )


class AdaptationViewSet(LabelViewSet):
    model = Adaptation
    icon = "glasses"
    edit_handler = tabbed(
        Adaptation,
        [MultiFieldPanel([FieldPanel("icon"), FieldPanel("position"), FieldPanel("slug")])],
        form=NamedForm,
        texts_first=True,
    )
