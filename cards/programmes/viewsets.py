"""Staff screens of programmes, years, card types, quotas of agencies, and the coordinator's own batches."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import F, Q, QuerySet
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import CreateView, EditView

from cards.programmes import keeping, staff_batches, staff_views
from cards.programmes.models import AgencyQuota, Batch, CardType, Programme, ProgrammeYear
from cards.programmes.queries import without_people
from cards.programmes.states import YearState
from cards.programmes.tenancy import (
    COORDINATOR,
    CardPolicy,
    CardViewSet,
    SharedPolicy,
    own_rows_of,
    programmes_of,
    towns_with_card,
)
from directory.agencies.models import Agency
from directory.municipalities.forms import NamedForm
from directory.municipalities.models import Municipality
from directory.municipalities.panels import tabbed
from directory.municipalities.tenancy import TenantFilterSet
from portal.languages import CODES


def programmes(request: Any) -> QuerySet[Programme]:
    """For filters: the programmes one sees."""
    return programmes_of(request.user)


def years(request: Any) -> QuerySet[ProgrammeYear]:
    return ProgrammeYear.objects.filter(programme__in=programmes_of(request.user)).select_related("programme")


def card_types(request: Any) -> QuerySet[CardType]:
    return CardType.objects.filter(year__programme__in=programmes_of(request.user)).select_related("year__programme")


def own_agencies(request: Any) -> QuerySet[Agency]:
    return own_rows_of(Agency, request.user)


# ── programmes ──────────────────────────────────────────────────────────────────────────────────────────────


class ProgrammeForm(NamedForm):
    """A programme: its name on the card in each language, and who helps. Its municipality is the one that looks after it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (field := self.fields.get("privacy_level")) and self.instance.pk:
            # What was promised to those who hold cards is kept.
            field.disabled = Batch.objects.filter(card_type__year__programme=self.instance).exists()

    def _own_municipalities(self) -> list[Municipality]:
        if self.for_user is None:
            return []
        return list(Municipality.objects.filter(pk__in=towns_with_card(self.for_user, COORDINATOR)))

    def save(self, commit: bool = True) -> Programme:
        programme: Programme = super().save(commit)
        if commit:
            keeping.found(programme=programme)
        return programme


class ToItsPage:
    """After saving comes the row's page."""

    def get_success_url(self) -> str:
        return staff_views.address_of(self.object)  # type: ignore[attr-defined]


class ProgrammeCreateView(ToItsPage, CreateView):
    pass


class ProgrammeFormView(ToItsPage, EditView):
    pass


class ProgrammePolicy(SharedPolicy):
    deletes = True  # one that nothing hangs on; Django keeps the others


class ProgrammeFilterSet(TenantFilterSet):
    class Meta:
        model = Programme
        fields = ("privacy_level",)


class ProgrammeViewSet(CardViewSet):
    model = Programme
    icon = "group"
    menu_label = _("Programmes")
    policy_class = ProgrammePolicy
    page_class = staff_views.ProgrammePage
    add_view_class = ProgrammeCreateView
    filterset_class = ProgrammeFilterSet
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column("municipality", label=_("Looked after by"), sort_key="municipality__name"),
        Column(
            "members", label=_("Takes part"), accessor=lambda row: ", ".join(str(one.municipality) for one in row.members.all())
        ),
        Column("years", label=_("Years"), accessor=lambda row: ", ".join(str(one.year) for one in row.years.all())),
        Column("privacy_level", label=_("Privacy level"), accessor="get_privacy_level_display", sort_key="privacy_level"),
    ]
    list_related = ("municipality",)
    list_prefetch = ("members__municipality", "years")
    list_export: ClassVar[list[str]] = [
        "id",
        "name_*",
        "slug",
        "municipality",
        "intro_*",
        "privacy_level",
        "help_phone",
        "help_email",
    ]
    search_columns = (*(f"name_{code}" for code in CODES), "slug", "members__municipality__name")
    ordering = "name_nb"
    left_out = frozenset()
    edit_handler = tabbed(
        Programme,
        [
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("help_phone"), FieldPanel("help_email")]),
                    FieldPanel("privacy_level"),
                    FieldPanel("slug"),
                ]
            )
        ],
        form=ProgrammeForm,
        texts_first=True,
    )

    def rows(self, user: Any) -> QuerySet[Programme]:
        return programmes_of(user)

    def get_queryset(self, request: Any) -> QuerySet[Programme]:
        return super().get_queryset(request).distinct()

    def get_urlpatterns(self) -> list[URLPattern]:
        form = self.construct_view(
            ProgrammeFormView,
            **{**self.get_edit_view_kwargs(), "edit_url_name": self.get_url_name("form"), "usage_url_name": None},
        )
        return [*super().get_urlpatterns(), path(f"form/<{self.pk_path_converter}:pk>/", form, name="form")]


# ── years ───────────────────────────────────────────────────────────────────────────────────────────────────


class YearFilterSet(TenantFilterSet):
    programme = django_filters.ModelChoiceFilter(label=_("Programme"), queryset=programmes)
    state = django_filters.ChoiceFilter(label=_("State"), choices=YearState.choices)

    class Meta:
        model = ProgrammeYear
        fields = ("programme", "state")


class YearViewSet(CardViewSet):
    model = ProgrammeYear
    icon = "calendar"
    menu_label = _("Programme years")
    policy_class = SharedPolicy
    page_class = staff_views.YearPage
    new_class = staff_views.NewYear
    filterset_class = YearFilterSet
    list_display: ClassVar[list[Any]] = [
        "__str__",
        "opens",
        "closes",
        Column("state", label=_("State"), accessor="get_state_display", sort_key="state"),
        Column("types", label=_("Card types"), accessor=lambda row: row.card_types.count()),
    ]
    list_related = ("programme",)
    list_prefetch = ("card_types",)
    list_export: ClassVar[list[str]] = ["id", "programme", "year", "opens", "closes", "state"]
    search_columns = (*(f"programme__name_{code}" for code in CODES), "year")
    ordering = "-year"

    def rows(self, user: Any) -> QuerySet[ProgrammeYear]:
        return ProgrammeYear.objects.filter(programme__in=programmes_of(user))


# ── card types ──────────────────────────────────────────────────────────────────────────────────────────────


class CardTypeFilterSet(TenantFilterSet):
    programme = django_filters.ModelChoiceFilter(label=_("Programme"), field_name="year__programme", queryset=programmes)
    year = django_filters.NumberFilter(label=_("Year"), field_name="year__year")

    class Meta:
        model = CardType
        fields = ("programme", "year", "is_open")


class CardTypeViewSet(CardViewSet):
    model = CardType
    icon = "form"
    menu_label = _("Card types")
    policy_class = SharedPolicy
    page_class = staff_views.CardTypePage
    new_class = staff_views.NewCardType
    filterset_class = CardTypeFilterSet
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column("year", label=_("Year"), accessor=lambda row: str(row.year), sort_key="year__year"),
        Column("targets", label=_("For whom"), accessor=lambda row: staff_views.for_whom(row)),
        Column("lines", label=_("What stands on it"), accessor=lambda row: staff_views.lines_in_words(row)),
        "activate_by",
        "valid_to",
        "is_open",
    ]
    list_related = ("year__programme",)
    list_prefetch = ("targets", "lines__offer", "lines__category")
    list_export: ClassVar[list[str]] = [
        *("id", "name", "year", "for_whom", "age_from", "age_to", "what", "activate_by", "valid_to", "is_open"),
    ]
    export_made: ClassVar[dict[str, Any]] = {
        "year": lambda row: str(row.year),
        "for_whom": lambda row: ", ".join(map(str, row.targets.all())),
        "what": lambda row: staff_views.lines_in_words(row),
    }
    export_headings: ClassVar[dict[str, Any]] = {"for_whom": _("for whom"), "what": _("what stands on it")}
    search_columns = ("name", *(f"year__programme__name_{code}" for code in CODES))
    ordering = "-year__year"

    def rows(self, user: Any) -> QuerySet[CardType]:
        return CardType.objects.filter(year__programme__in=programmes_of(user))

    def get_urlpatterns(self) -> list[URLPattern]:
        conv = self.pk_path_converter
        return [
            *super().get_urlpatterns(),
            path(f"form/<{conv}:pk>/", self.construct_view(staff_views.CardTypeFormView), name="form"),
            path(f"lines/<{conv}:pk>/", self.construct_view(staff_views.LinesView), name="lines"),
        ]


# ── quotas ──────────────────────────────────────────────────────────────────────────────────────────────────


class QuotaFilterSet(TenantFilterSet):
    agency = django_filters.ModelChoiceFilter(label=_("Agency"), queryset=own_agencies)
    card_type = django_filters.ModelChoiceFilter(label=_("Card type"), queryset=card_types)
    year = django_filters.NumberFilter(label=_("Year"), field_name="card_type__year__year")
    rest = django_filters.ChoiceFilter(
        label=_("Left"), method="by_rest", choices=[("none", _("nothing left")), ("tenth", _("a tenth or less left"))]
    )

    def by_rest(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(used=F("quantity")) if value == "none" else rows.filter(used__gte=F("quantity") * 9 / 10)

    class Meta:
        model = AgencyQuota
        fields = ("agency", "card_type", "year", "rest")


class QuotaViewSet(CardViewSet):
    model = AgencyQuota
    icon = "folder-inverse"
    menu_label = _("Quotas of agencies")
    policy_class = CardPolicy
    page_class = staff_views.QuotaPage
    new_class = staff_views.NewQuota
    filterset_class = QuotaFilterSet
    list_display: ClassVar[list[Any]] = [
        Column("agency", label=_("Agency"), accessor=lambda row: str(row.agency), sort_key="agency__name_nb"),
        Column(
            "card_type",
            label=_("Card type"),
            accessor=lambda row: f"{row.card_type.year} · {row.card_type}",
            sort_key="card_type__name",
        ),
        Column("quantity", label=_("Quota"), sort_key="quantity"),
        Column("used", label=_("Handed out"), sort_key="used"),
        Column("left", label=_("Left")),
    ]
    list_related = ("agency", "card_type__year__programme")
    list_export: ClassVar[list[str]] = ["id", "agency", "programme", "card_type", "quantity", "used", "left"]
    export_made: ClassVar[dict[str, Any]] = {
        "programme": lambda row: str(row.card_type.year),
        "card_type": lambda row: str(row.card_type),
    }
    export_headings: ClassVar[dict[str, Any]] = {"programme": _("year"), "left": _("left")}
    search_columns = (*(f"agency__name_{code}" for code in CODES), "card_type__name")
    ordering = "agency__name_nb"


# ── the coordinator's own batches ───────────────────────────────────────────────────────────────────────────


class BatchFilterSet(TenantFilterSet):
    card_type = django_filters.ModelChoiceFilter(label=_("Card type"), queryset=card_types)
    printed = django_filters.BooleanFilter(label=_("Printed"), field_name="printed_on", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Batch
        fields = ("card_type", "printed")


class BatchViewSet(CardViewSet):
    """Listed is only what the coordinators handed out themselves: an agency's hand-outs are its own, and seen here as its quota's
    use. Where an agency has nobody any more, its cards are helped here, found by the number on the stub.
    """

    model = Batch
    icon = "copy"
    menu_label = _("Batches of cards")
    policy_class = CardPolicy
    page_class = staff_batches.BatchPage
    new_class = staff_batches.NewBatch
    filterset_class = BatchFilterSet
    list_display: ClassVar[list[Any]] = [
        Column(
            "card_type",
            label=_("Card type"),
            accessor=lambda row: f"{row.card_type.year} · {row.card_type}",
            sort_key="card_type__name",
        ),
        Column("count", label=_("Cards"), sort_key="count"),
        Column("purpose", label=_("Note"), sort_key="purpose"),
        Column("made_on", label=_("Made"), sort_key="made_on"),
        Column("printed_on", label=_("Printed"), sort_key="printed_on"),
    ]
    list_related = ("card_type__year__programme", "municipality")
    list_export: ClassVar[list[str]] = [
        "id",
        "municipality",
        "card_type",
        "count",
        "way",
        "lang",
        "purpose",
        "made_on",
        "printed_on",
    ]
    search_columns = ("purpose", "card_type__name")
    ordering = "-made_on"

    def rows(self, user: Any) -> QuerySet[Batch]:
        return own_rows_of(Batch, user).filter(Q(agency=None) | Q(agency__in=without_people()))

    def get_queryset(self, request: Any) -> QuerySet[Batch]:
        return super().get_queryset(request).filter(agency=None)

    def rows_to_change(self, user: Any) -> QuerySet[Batch]:
        return self.rows(user)

    def get_urlpatterns(self) -> list[URLPattern]:
        sheet = path(f"sheet/<{self.pk_path_converter}:pk>/", self.construct_view(staff_batches.SheetView), name="sheet")
        find = path("find/", self.construct_view(staff_batches.FindCard), name="find")
        return [*super().get_urlpatterns(), find, sheet]
