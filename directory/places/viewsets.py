"""Staff screens of places."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from directory.listings.panels import listing_tabs
from directory.listings.viewsets import CONFIRMED, LISTING_FILTERS, STATUS, VOLUNTEERS, WHERE, ListingFilterSet, ListingViewSet
from directory.municipalities.tenancy import TenantForm, TenantInlinePanel
from directory.places.models import Place

DAYS = [(number + 1, name) for number, name in WEEKDAYS.items()]


class OpeningTimeForm(TenantForm):
    """Open on one weekday; past midnight is allowed (22–02)."""

    weekday = forms.TypedChoiceField(label=_("Weekday"), choices=DAYS, coerce=int)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("opens") is not None and values.get("opens") == values.get("closes"):
            self.add_error("closes", _("It closes at another time than it opens."))
        return values


class PlaceFilterSet(ListingFilterSet):
    class Meta:
        model = Place
        fields = ("kind", *LISTING_FILTERS, "is_free")


class PlaceViewSet(ListingViewSet):
    model = Place
    icon = "site"
    menu_order = 120
    filterset_class = PlaceFilterSet
    list_display: ClassVar[list[Any]] = ["__str__", "kind", WHERE, STATUS, CONFIRMED, VOLUNTEERS]
    list_export: ClassVar[list[str]] = [*ListingViewSet.list_export[:3], "kind", "provider", *ListingViewSet.list_export[3:]]
    export_filename = "places"
    edit_handler = listing_tabs(
        Place,
        about=[
            FieldPanel("kind"),
            FieldPanel("provider"),
            FieldRowPanel([FieldPanel("is_free"), FieldPanel("price")]),
        ],
        more=[
            MultiFieldPanel(
                [
                    TenantInlinePanel(
                        "opening_times",
                        [
                            FieldRowPanel([FieldPanel("weekday"), FieldPanel("opens"), FieldPanel("closes")]),
                            FieldPanel("note"),
                        ],
                        form_class=OpeningTimeForm,
                        label=_("Opening time"),
                    )
                ],
                heading=_("Opening hours"),
            )
        ],
    )

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        return rows.select_related("provider") if "export" in request.GET else rows
