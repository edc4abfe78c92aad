"""Staff screens of agreements, offers, tickets, uses to decide, and the journal of bounds."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from cards.ledger.models import CountChange
from cards.offers import journal, staff_agreements, staff_codes, staff_decisions, staff_offers, staff_stock, staff_tills
from cards.offers.models import Device, ExternalCode, Offer, ProviderAgreement, Redemption, Stock
from cards.offers.queries import conditions_in_words
from cards.offers.staff_looks import Look, in_sentences, looks_of
from cards.offers.staff_words import ceiling_in_words, price_in_words
from cards.offers.states import AgreementState, OfferState, StockKind, UseState
from cards.programmes.staff_views import KINDS, amount
from cards.programmes.tenancy import (
    CardIndexView,
    CardPolicy,
    CardViewSet,
    SharedPolicy,
    own_rows_of,
    programmes_of,
    towns_with_card,
)
from cards.programmes.viewsets import YearViewSet, programmes
from directory.municipalities.tenancy import TenantFilterSet
from directory.providers.models import Provider
from portal.languages import CODES

ANY_LOOK = "any"
PROVIDER_NAMES = tuple(f"agreement__provider__name_{code}" for code in CODES)


def providers_with_agreement(request: HttpRequest) -> QuerySet[Provider]:
    """For filters: providers whose agreement one sees."""
    return Provider.objects.filter(card_agreements__in=own_rows_of(ProviderAgreement, request.user)).distinct()


def price(row: Offer | Stock) -> str:
    return price_in_words(row.unit_ore)


def released(row: Offer) -> Any:
    return "–" if row.released is None else row.released


# ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────


class AgreementFilterSet(TenantFilterSet):
    programme = django_filters.ModelChoiceFilter(label=_("Programme"), queryset=programmes)
    state = django_filters.ChoiceFilter(label=_("State"), choices=AgreementState.choices)
    wishes = django_filters.BooleanFilter(label=_("Wishes to go on"), field_name="wished_to", lookup_expr="isnull", exclude=True)
    ends_before = django_filters.DateFilter(label=_("Ends before"), field_name="valid_to", lookup_expr="lt")

    class Meta:
        model = ProviderAgreement
        fields = ("programme", "state", "wishes", "ends_before", "renewal", "offline_allowed")


class AgreementViewSet(CardViewSet):
    model = ProviderAgreement
    icon = "doc-full"
    menu_label = _("Agreements")
    policy_class = CardPolicy
    page_class = staff_agreements.AgreementPage
    new_class = staff_agreements.NewAgreement
    filterset_class = AgreementFilterSet
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column("state", label=_("State"), accessor="get_state_display", sort_key="state"),
        "valid_from",
        "valid_to",
        Column("ceiling", label=_("Ceiling a month"), accessor=ceiling_in_words, sort_key="ceiling_ore"),
        Column("renewal", label=_("When it is over"), accessor="get_renewal_display", sort_key="renewal"),
        Column("offers", label=_("Offers"), accessor="offer_count", sort_key="offer_count"),
    ]
    list_related = ("provider", "programme", "municipality")
    list_export: ClassVar[list[str]] = [
        *(
            "id",
            "municipality",
            "programme",
            "provider",
            "org_number",
            "state",
            "valid_from",
            "valid_to",
            "ceiling_ore",
            "renewal",
        ),
        *("offline_allowed", "agreed_on", "terms"),
    ]
    export_made: ClassVar[dict[str, Any]] = {"org_number": lambda row: row.provider.org_number or ""}
    export_headings: ClassVar[dict[str, Any]] = {"org_number": _("organisation number")}
    search_columns = (*(f"provider__name_{code}" for code in CODES), *(f"programme__name_{code}" for code in CODES), "terms")
    ordering = "provider__name_nb"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderAgreement]:
        return super().get_queryset(request).annotate(offer_count=Count("offers", distinct=True))


# ── offers ──────────────────────────────────────────────────────────────────────────────────────────────────


class OfferFilterSet(TenantFilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=OfferState.choices)
    programme = django_filters.ModelChoiceFilter(label=_("Programme"), field_name="agreement__programme", queryset=programmes)
    rest = django_filters.ChoiceFilter(
        label=_("Left"),
        method="by_rest",
        choices=[("none", _("nothing released is left")), ("tenth", _("a tenth or less of the released is left"))],
    )
    free = django_filters.ChoiceFilter(
        label=_("Price"), method="by_price", choices=[("gift", _("a gift")), ("paid", _("is paid"))]
    )
    on = django_filters.DateFilter(label=_("Can be used on"), method="by_day")

    def by_rest(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(used__gte=F("released")) if value == "none" else rows.filter(used__gte=F("released") * 9 / 10)

    def by_price(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(unit_ore=0) if value == "gift" else rows.filter(unit_ore__gt=0)

    def by_day(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(pk__in=Offer.objects.shown_on(value).values("pk"))

    class Meta:
        model = Offer
        fields = ("state", "programme", "rest", "free", "on", "deals_codes", "has_attendance")


class OfferPolicy(SharedPolicy):
    """Staff write offers under agreements of their own municipality."""


class OfferViewSet(CardViewSet):
    model = Offer
    icon = "tag"
    menu_label = _("Offers")
    policy_class = OfferPolicy
    page_class = staff_offers.OfferPage
    new_class = staff_offers.NewOffer
    filterset_class = OfferFilterSet
    money = frozenset({"price", "unit_ore"})
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column(
            "provider",
            label=_("Provider"),
            accessor=lambda row: str(row.agreement.provider),
            sort_key="agreement__provider__name_nb",
        ),
        Column("programme", label=_("Programme"), accessor="agreement.programme"),
        Column("state", label=_("State"), accessor="get_state_display", sort_key="state"),
        "valid_from",
        "valid_to",
        Column("price", label=_("Price"), accessor=price, sort_key="unit_ore"),
        Column(
            "released",
            label=_("Released"),
            accessor=lambda row: "–" if row.released is None else row.released,
            sort_key="released",
        ),
        Column("used", label=_("Used"), sort_key="used"),
    ]
    list_related = ("agreement__provider", "agreement__programme", "agreement__municipality", "activity", "place")
    list_export: ClassVar[list[str]] = [
        *(
            "id",
            "municipality",
            "programme",
            "provider",
            "title_*",
            "state",
            "activity",
            "place",
            "valid_from",
            "valid_to",
            "when",
        ),
        *("companions", "companion_clips", "unit_ore", "quantity", "released", "used"),
    ]
    export_made: ClassVar[dict[str, Any]] = {
        "municipality": lambda row: str(row.agreement.municipality),
        "programme": lambda row: str(row.agreement.programme),
        "provider": lambda row: str(row.agreement.provider),
        "when": lambda row: " · ".join(conditions_in_words(row)),
    }
    export_headings: ClassVar[dict[str, Any]] = {
        "municipality": _("municipality"),
        "programme": _("programme"),
        "provider": _("provider"),
        "when": _("conditions"),
    }
    search_columns = (*(f"title_{code}" for code in CODES), *PROVIDER_NAMES)
    ordering = "title_nb"

    def rows(self, user: Any) -> QuerySet[Offer]:
        """Own ones in every state; those of the other municipalities of a programme once they are approved."""
        shared = Q(
            agreement__programme__in=programmes_of(user), state__in=[OfferState.APPROVED, OfferState.PUBLISHED, OfferState.CLOSED]
        )
        own = Q(agreement__municipality__in=towns_with_card(user))
        return Offer.objects.filter(shared | own)

    def rows_to_change(self, user: Any) -> QuerySet[Offer]:
        return own_rows_of(Offer, user)

    def get_urlpatterns(self) -> list[URLPattern]:
        conv = self.pk_path_converter
        own = {"form": staff_offers.OfferFormView, "codes": staff_codes.CodesPage}
        return [
            *super().get_urlpatterns(),
            *(path(f"{name}/<{conv}:pk>/", self.construct_view(view), name=name) for name, view in own.items()),
        ]


# ── tickets bought or given ─────────────────────────────────────────────────────────────────────────────────


class StockFilterSet(TenantFilterSet):
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=StockKind.choices)
    programme = django_filters.ModelChoiceFilter(
        label=_("Programme"), field_name="offer__agreement__programme", queryset=programmes
    )
    codes = django_filters.ChoiceFilter(
        label=_("Ready-made codes"), method="by_codes", choices=[("yes", _("with codes")), ("no", _("without codes"))]
    )
    ends_before = django_filters.DateFilter(label=_("Last day before"), field_name="expires", lookup_expr="lt")

    def by_codes(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        has = Exists(ExternalCode.objects.filter(stock=OuterRef("pk")))
        return rows.filter(has) if value == "yes" else rows.filter(~has)

    class Meta:
        model = Stock
        fields = ("kind", "programme", "codes", "ends_before")


class StockViewSet(CardViewSet):
    model = Stock
    icon = "pick"
    menu_label = _("Tickets bought or given")
    policy_class = CardPolicy
    page_class = staff_stock.StockPage
    new_class = staff_stock.NewStock
    filterset_class = StockFilterSet
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column("provider", label=_("Provider"), accessor="offer.agreement.provider"),
        Column("kind", label=_("Kind"), accessor="get_kind_display", sort_key="kind"),
        Column(
            "price",
            label=_("Price per ticket"),
            accessor=lambda row: price_in_words(row.unit_ore),
            sort_key="unit_ore",
        ),
        Column("quantity", label=_("Tickets"), sort_key="quantity"),
        Column("used", label=_("Used"), sort_key="used"),
        Column("left", label=_("Left")),
        Column("expires", label=_("Last day"), sort_key="expires"),
    ]
    list_related = ("offer__agreement__provider", "offer__agreement__programme")
    list_export: ClassVar[list[str]] = [
        "id",
        "provider",
        "offer",
        "kind",
        "funder",
        "unit_ore",
        "quantity",
        "used",
        "left",
        "expires",
    ]
    export_made: ClassVar[dict[str, Any]] = {
        "provider": lambda row: str(row.offer.agreement.provider),
        "offer": lambda row: str(row.offer),
    }
    export_headings: ClassVar[dict[str, Any]] = {"provider": _("provider"), "left": _("left")}
    search_columns = ("funder", *(f"offer__title_{code}" for code in CODES), *(f"offer__{name}" for name in PROVIDER_NAMES))
    ordering = "offer__title_nb"


# ── tills ───────────────────────────────────────────────────────────────────────────────────────────────────


class TillPolicy(CardPolicy):
    """Enrolled by providers; the municipality can only stop them."""

    adds = False


def providers_with_tills(request: HttpRequest) -> QuerySet[Provider]:
    """For filters: providers whose tills one sees."""
    return Provider.objects.filter(tills__in=own_rows_of(Device, request.user)).distinct()


class TillFilterSet(TenantFilterSet):
    provider = django_filters.ModelChoiceFilter(label=_("Provider"), queryset=providers_with_tills)
    stopped = django_filters.BooleanFilter(label=_("Stopped"), field_name="revoked_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Device
        fields = ("provider", "stopped")


class TillViewSet(CardViewSet):
    model = Device
    icon = "mobile-alt"
    menu_label = _("Tills")
    policy_class = TillPolicy
    page_class = staff_tills.TillPage
    filterset_class = TillFilterSet
    list_display: ClassVar[list[Any]] = [
        "__str__",
        "enrolled_on",
        "seen_on",
        Column("stopped", label=_("Stopped"), accessor=staff_tills.stopped_on, sort_key="revoked_at"),
    ]
    list_related = ("provider",)
    list_export: ClassVar[list[str]] = ["id", "provider", "name", "enrolled_on", "seen_on", "revoked_at"]
    search_columns = ("name", *(f"provider__name_{code}" for code in CODES))
    ordering = "provider__name_nb"
    left_out = frozenset({"delete", "usage", "history", "history_results"})


# ── uses ────────────────────────────────────────────────────────────────────────────────────────────────────


class UsePolicy(CardPolicy):
    adds = False


def looks_for(request: HttpRequest) -> dict[int, tuple[Look, ...]]:
    """What is worth a look of the uses one sees. Asked once a request."""
    if not hasattr(request, "_looks"):
        request._looks = looks_of(request.user, timezone.localdate())  # type: ignore[attr-defined]
    return request._looks  # type: ignore[attr-defined,no-any-return]


class UseFilterSet(TenantFilterSet):
    look = django_filters.ChoiceFilter(
        label=_("Worth a look"), method="by_look", choices=[(ANY_LOOK, _("for any reason")), *Look.choices]
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=UseState.choices)
    programme = django_filters.ModelChoiceFilter(label=_("Programme"), field_name="year__programme", queryset=programmes)
    provider = django_filters.ModelChoiceFilter(label=_("Provider"), queryset=providers_with_agreement)
    day = django_filters.DateFilter(label=_("Day"))

    def by_look(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(pk__in=[pk for pk, looks in looks_for(self.request).items() if value == ANY_LOOK or value in looks])

    class Meta:
        model = Redemption
        fields = ("look", "state", "programme", "provider", "day")


class UseIndexView(CardIndexView):
    """Where the list is narrowed to what is worth a look, each row says why."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.is_looking = bool(request.GET.get("look"))
        if self.is_looking:
            self.list_export = [*self.list_export, "look"]

    @cached_property
    def columns(self) -> list[Any]:
        return [column for column in super().columns if column.name != "look" or self.is_looking]

    def why_look(self, use: Redemption) -> str:
        return in_sentences(looks_for(self.request).get(use.pk, ()))

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        if self.is_looking and not self.is_export:
            for use in context["object_list"]:
                use.look = self.why_look(use)
        return context

    def to_row_dict(self, item: Any) -> dict[str, Any]:
        if self.is_looking:
            item.look = self.why_look(item)
        return super().to_row_dict(item)


class UseViewSet(CardViewSet):
    """Uses that can be told from one another: those of the last weeks, to take back what was counted by mistake, and those that
    a till without network told later, to decide about. Which card it was stands nowhere here. What is worth a look is said when
    it is asked for (staff_looks.py); nothing is stopped by it.
    """

    model = Redemption
    icon = "tick-inverse"
    menu_label = _("Uses")
    policy_class = UsePolicy
    page_class = staff_decisions.UsePage
    index_view_class = UseIndexView
    filterset_class = UseFilterSet
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column("look", label=_("Worth a look"), width="24%"),
        Column("day", label=_("Day"), sort_key="day"),
        Column("time", label=_("Time"), accessor=staff_decisions.when, sort_key="at"),
        Column("provider", label=_("Provider"), accessor=lambda row: str(row.provider), sort_key="provider__name_nb"),
        Column("offer", label=_("Offer"), accessor=lambda row: str(row.offer)),
        Column("clips", label=_("Used"), accessor=lambda row: amount(row.clips, row.unit), sort_key="clips"),
        Column("total", label=_("Sum"), accessor=staff_decisions.total_in_words),
        Column("why", label=_("Because"), accessor=staff_decisions.why),
        Column("state", label=_("State"), accessor=staff_decisions.state_in_words, sort_key="state"),
    ]
    list_related = ("provider", "offer", "year__programme", "reversal")
    list_export: ClassVar[list[str]] = ["mark", "day", "provider", "offer", "clips", "total_ore", "state"]
    export_made: ClassVar[dict[str, Any]] = {"state": staff_decisions.state_in_words}
    export_headings: ClassVar[dict[str, Any]] = {"look": _("worth a look")}
    search_columns = (*(f"provider__name_{code}" for code in CODES), *(f"offer__title_{code}" for code in CODES), "mark")
    ordering = "-day"
    left_out = frozenset({"delete", "usage", "history", "history_results"})
    many = True

    def rows(self, user: Any) -> QuerySet[Redemption]:
        told_later = Q(state__in=[UseState.DISPUTED, UseState.ACCEPTED, UseState.TURNED_DOWN])
        return own_rows_of(Redemption, user).filter(told_later | Q(allowance__isnull=False), reversal_of=None)

    def rows_to_change(self, user: Any) -> QuerySet[Redemption]:
        return self.rows(user)


class ClosingYearViewSet(YearViewSet):
    """Years, with what closes them."""

    page_class = staff_decisions.ClosingYearPage


# ── the journal ─────────────────────────────────────────────────────────────────────────────────────────────


class JournalPolicy(CardPolicy):
    """Written by the deeds alone."""

    adds = False

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and super().user_has_permission(user, action)


class JournalFilterSet(TenantFilterSet):
    what = django_filters.ChoiceFilter(
        label=_("Of what"), choices=[(what, label) for what, (label, _rows) in journal.JOURNALS.items()]
    )
    kind = django_filters.ChoiceFilter(
        label=_("What was done"),
        choices=[(kind, label) for kind, label in KINDS.items() if kind != "extra-ore"],
        lookup_expr="startswith",
    )
    since = django_filters.DateFilter(label=_("Since"), field_name="at", lookup_expr="date__gte")

    class Meta:
        model = CountChange
        fields = ("what", "kind", "since")


class JournalIndexView(CardIndexView):
    """Each change with the name of what it was done to, which is searched too."""

    def search_queryset(self, queryset: QuerySet[CountChange]) -> QuerySet[CountChange]:
        return journal.matching(queryset, self.search_query, self.request.user) if self.is_searching else queryset

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        if not self.is_export:
            journal.name_rows(context["object_list"], self.request.user)
        return context

    def as_spreadsheet(self, queryset: Any, spreadsheet_format: str) -> Any:
        rows = list(queryset)
        journal.name_rows(rows, self.request.user)
        return super().as_spreadsheet(Rows(rows), spreadsheet_format)


class Rows(list[Any]):
    """Changes that are read already and have their names."""

    model = CountChange


class JournalViewSet(CardViewSet):
    model = CountChange
    pk_path_converter = "str"  # entries about single cards have numbers below nought once they have lost their day
    icon = "history"
    menu_label = _("Journal of quantities")
    policy_class = JournalPolicy
    index_view_class = JournalIndexView
    page_class = staff_decisions.ChangePage
    filterset_class = JournalFilterSet
    list_display: ClassVar[list[Any]] = [
        Column("at", label=_("When"), accessor=lambda row: staff_decisions.moment(row.at), sort_key="at"),
        Column("what", label=_("Of what"), accessor=lambda row: journal.label_of(row.what), sort_key="what"),
        Column("row_name", label=_("Which"), accessor=lambda row: getattr(row, "row_name", "")),
        Column("kind", label=_("What was done"), accessor=lambda row: KINDS.get(row.kind, row.kind), sort_key="kind"),
        Column("before", label=_("From"), accessor=lambda row: staff_decisions.bound(row, row.before), sort_key="before"),
        Column("after", label=_("To"), accessor=lambda row: staff_decisions.bound(row, row.after), sort_key="after"),
        Column("rows", label=_("Rows"), sort_key="rows"),
        Column("reason", label=_("Why"), sort_key="reason"),
        Column("by", label=_("By"), accessor=lambda row: str(row.by or "")),
    ]
    list_related = ("by",)
    list_export: ClassVar[list[str]] = ["at", "what", "row_name", "kind", "before", "after", "rows", "reason", "by"]
    export_made: ClassVar[dict[str, Any]] = {
        "at": lambda row: timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M"),
        "what": lambda row: journal.label_of(row.what),
        "row_name": lambda row: getattr(row, "row_name", ""),
        "kind": lambda row: str(KINDS.get(row.kind, row.kind)),
        "by": lambda row: str(row.by or ""),
    }
    export_headings: ClassVar[dict[str, Any]] = {"row_name": _("which")}
    search_columns = ("reason", "by__name", "by__email")
    ordering = "-at"
    left_out = frozenset({"delete", "usage", "history", "history_results"})

    def rows(self, user: Any) -> QuerySet[CountChange]:
        return journal.changes_for(user)

    def rows_to_change(self, user: Any) -> QuerySet[CountChange]:
        return CountChange.objects.none()
