"""Staff screens of support schemes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from directory.listings.panels import listing_tabs
from directory.listings.viewsets import CONFIRMED, LISTING_FILTERS, STATUS, ListingFilterSet, ListingViewSet
from directory.support.models import SupportScheme


class SupportSchemeFilterSet(ListingFilterSet):
    class Meta:
        model = SupportScheme
        fields = ("applicant", *LISTING_FILTERS)


class SupportSchemeViewSet(ListingViewSet):
    model = SupportScheme
    icon = "openquote"
    menu_order = 140
    filterset_class = SupportSchemeFilterSet
    list_display: ClassVar[list[Any]] = ["__str__", "applicant", "deadline", STATUS, CONFIRMED]
    list_export: ClassVar[list[str]] = [
        *ListingViewSet.list_export[:3],
        "applicant",
        "max_amount",
        "deadline",
        "application_url",
        *ListingViewSet.list_export[3:],
    ]
    export_filename = "support-schemes"
    edit_handler = listing_tabs(
        SupportScheme,
        about=[FieldPanel("provider"), FieldPanel("applicant")],
        more=[
            MultiFieldPanel(
                [FieldRowPanel([FieldPanel("max_amount"), FieldPanel("deadline")]), FieldPanel("application_url")],
                heading=_("Applying"),
            )
        ],
    )
