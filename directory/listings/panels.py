"""The form of a listing in tabs: the facts, then one tab for each language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, Panel, TabbedInterface

from directory.freshness.queries import dead_addresses_of, has_dead_website
from directory.listings.forms import ListingForm
from directory.listings.kinds import Kind, Precision, Source
from directory.municipalities.panels import boxes, tabbed


class WhatIsKnownPanel(Panel):
    """What stands outside the draft: where the address was found, who confirmed it, where it came from. In words, read only."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "directory/listings/staff/what_is_known.html"

        def is_shown(self) -> bool:
            return self.instance.pk is not None

        def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
            listing = self.instance
            confirm = reverse("wagtail_bulk_action", args=["directory", listing._meta.model_name, "confirm"])
            edit = reverse(listing.snippet_viewset.get_url_name("edit"), args=[listing.pk])
            return super().get_context_data(parent_context) | {
                "confirm": f"{confirm}?{urlencode({'id': listing.pk, 'next': edit})}",
                "bounced": dead_addresses_of(listing) if listing.KIND == Kind.PROVIDER else [],
                "dead_website": has_dead_website(listing),
                "listing": listing,
                "point": listing.point,
                "precision": Precision(listing.point_precision).label if listing.point_precision else "",
                "source": listing.source_name or Source(listing.source).label,
            }


def seen_by(field: str) -> FieldRowPanel:
    """A contact field, and beside it who may see it."""
    return FieldRowPanel([FieldPanel(field), FieldPanel(f"{field}_visibility", heading=_("Who sees it"))])


def listing_tabs(
    model: type[Model],
    *,
    about: Iterable[Any],
    more: Iterable[Panel] = (),
    form: type[ListingForm] = ListingForm,
) -> TabbedInterface:
    """The form of one kind of listing. `about` is its own first group, `more` its own other groups."""
    return tabbed(
        model,
        [
            WhatIsKnownPanel(),
            MultiFieldPanel(
                [*about, boxes("categories"), boxes("targets"), FieldRowPanel([FieldPanel("age_from"), FieldPanel("age_to")])],
                heading=_("What it is, and for whom"),
            ),
            *more,
            MultiFieldPanel([boxes("adaptations"), FieldPanel("spoken")], heading=_("Adaptation and languages")),
            MultiFieldPanel(
                [
                    FieldPanel("street"),
                    FieldRowPanel([FieldPanel("postcode"), FieldPanel("city")]),
                    FieldRowPanel([FieldPanel("pinned_lat"), FieldPanel("pinned_lon")]),
                    boxes("districts"),
                ],
                heading=_("Where"),
            ),
            MultiFieldPanel(
                [
                    seen_by("contact_name"),
                    seen_by("phone"),
                    seen_by("email"),
                    FieldPanel("website"),
                    FieldPanel("social_links"),
                ],
                heading=_("Contact"),
            ),
            MultiFieldPanel(
                [FieldPanel("image"), FieldPanel("volunteers_wanted"), FieldPanel("slug")], heading=_("Picture and the rest")
            ),
        ],
        form=form,
    )
