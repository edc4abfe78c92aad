"""On the first page of the admin: what lacks translation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.urls import NoReverseMatch, reverse
from wagtail.admin.ui.components import Component

from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import mine
from portal.languages import NAMES, direction
from portal.translating.models import Tally


@dataclass(frozen=True, slots=True)
class Lack:
    """What readers of one language cannot read, or read in words that are older than ours."""

    municipality: str
    code: str
    name: str
    dir: str
    missing: int
    stale: int
    address: str


class LackingPanel(Component):
    """Rows and pages with a text missing or out of date, by language."""

    name = "lacking"
    template_name = "our_site/lacking.html"
    order = 60

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        municipalities = list(mine(Municipality, parent_context["request"].user).only("pk", "name", "languages"))
        return {"lacks": lacks(municipalities), "several": len(municipalities) > 1}


def lacks(municipalities: list[Municipality]) -> list[Lack]:
    """For each municipality its offered languages in which something lacks; one query for all."""
    counted = (
        Tally.objects.filter(municipality__in=municipalities)
        .values("municipality_id", "lang")
        .annotate(without=Count("pk", filter=Q(missing__gt=0)), old=Count("pk", filter=Q(stale__gt=0)))
    )
    found = {(row["municipality_id"], row["lang"]): (row["without"], row["old"]) for row in counted}
    return [
        Lack(town.name, code, NAMES[code], direction(code), *found[town.pk, code], board(code))
        for town in municipalities
        for code in town.languages
        if any(found.get((town.pk, code), (0, 0)))
    ]


def board(code: str) -> str:
    """Where it is filled; empty while there is no board."""
    try:
        return f"{reverse('translation-board')}?lang={code}"
    except NoReverseMatch:
        return ""
