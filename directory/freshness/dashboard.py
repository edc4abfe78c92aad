"""Freshness on the first screen of the admin: what waits, and how true the directory is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from directory.freshness.figures import share_of
from directory.freshness.models import LinkCheck, UndeliverableAddress
from directory.freshness.queries import MODELS, nobody_to_ask
from directory.freshness.staff_reports import owners_of_addresses, said_closed
from directory.municipalities.dashboard import Queue
from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import mine

MOST_TOWNS = 5  # who runs an installation of hundreds looks at one by one


def towns_of(user: Any) -> list[Municipality]:
    """The user's municipalities that are counted on the first screen."""
    return list(mine(Municipality, user).filter(site__isnull=False).defer("boundary").order_by("pk")[:MOST_TOWNS])


def queues(user: Any) -> list[Queue]:
    """What waits for this member of staff."""
    towns = towns_of(user)
    ids = [town.pk for town in towns]
    closed = said_closed(ids)
    emails = [email for town in towns for email in owners_of_addresses(town)]
    bounced = UndeliverableAddress.objects.filter(email__in=emails)
    dead = LinkCheck.objects.filter(municipality__in=ids, is_dead=True)
    silent = sum(nobody_to_ask(model, ids, timezone.localdate()).count() for model in MODELS)
    return [
        Queue(
            _now("Say they have closed"),
            closed.count(),
            closed.aggregate(oldest=Min("answered_at"))["oldest"],
            reverse("freshness-closed"),
        ),
        Queue(
            _now("Addresses that letters come back from"),
            len(set(emails)),
            bounced.aggregate(oldest=Min("since"))["oldest"],
            reverse("freshness-addresses"),
        ),
        Queue(_now("Pages about which nobody can be asked"), silent, None, reverse("freshness-nobody")),
        Queue(_now("Dead websites"), dead.count(), dead.aggregate(last=Max("asked_at"))["last"], reverse("freshness-links")),
    ]


class TruthPanel(Component):
    """What share of the pages was confirmed within a year."""

    name = "freshness"
    template_name = "directory/freshness/staff/panel.html"
    order = 55

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        towns, today = towns_of(parent_context["request"].user), timezone.localdate()
        rows = [(town, share_of(town, today), f"{reverse('freshness')}?{urlencode({'municipality': town.pk})}") for town in towns]
        return {"rows": rows, "several": len(rows) > 1}


def panel_of_truth(request: HttpRequest, panels: list[Component]) -> None:
    """Where there is something to count."""
    if towns_of(request.user):
        panels.append(TruthPanel())


class FreshnessMenuItem(MenuItem):
    """For whoever works for a municipality."""

    def is_shown(self, request: HttpRequest) -> bool:
        return mine(Municipality, request.user).exists()


def menu_item() -> MenuItem:
    """The entry of these screens."""
    return FreshnessMenuItem(_("Freshness"), reverse("freshness"), name="freshness", icon_name="date", order=155)


def register_logs(actions: Any) -> None:
    """What the history of a listing says."""
    actions.register_action("freshness.hide", _("Hide what is old"), _("Hidden: nobody has confirmed it for a year and a half"))
    actions.register_action("freshness.closed", _("Say it has closed"), _("Somebody said that it has closed"))
    actions.register_action(
        "freshness.delist", _("Take off the lists"), _("Taken off the lists, as its own people said it has closed")
    )
    actions.register_action("freshness.keep", _("Stays listed"), _("Looked into: it has not closed"))
    actions.register_action("freshness.relist", _("Put back"), _("Put back on the lists"))
    actions.register_action("freshness.correct", _("Correct an address"), _("A mail address was said to be corrected"))
