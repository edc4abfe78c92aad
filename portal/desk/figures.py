"""How often one's own pages were opened, week by week. Rounded as every figure is: nobody can be told from them.

Other rooms count for a provider too; each says its own by one line in SOURCES: a function
`(provider, first, last) -> Iterable[Figure]`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from directory.providers.models import Provider
from portal.desk.doors import desk_page, get_provider_for
from portal.desk.editing.loading import pages_of
from portal.kit.charts import Chart, Series
from portal.kit.small_numbers import in_words
from portal.kit.texts import Text, best
from portal.usage.models import What
from portal.usage.queries import Scope, last_weeks

WEEKS = 26
#: Dotted names of functions of other rooms.
SOURCES: tuple[str, ...] = ("portal.contact.desk.figures",)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number about a provider, in words, and what it counts."""

    name: str | Promise
    value: str


def views_of(provider: Provider) -> tuple[Chart, list[tuple[Any, Text, str]]]:
    """The chart of all pages together, and of each page how often it was opened in the same weeks."""
    municipality = provider.municipality
    period = last_weeks(WEEKS)
    scope = Scope(municipality, period, only=(What.VIEW,))
    pages = pages_of(provider)
    keys = {f"{row.KIND.value}:{row.pk}": row for row in pages}
    weeks = dict.fromkeys(period.weeks, 0)
    each = dict.fromkeys(keys, 0)
    for cell in scope.cells(What.VIEW):
        if cell.key in keys:
            week = cell.week.date() if hasattr(cell.week, "date") else cell.week
            weeks[week] = weeks.get(week, 0) + cell.count
            each[cell.key] += cell.count
    chart = Chart(
        key="views",
        title=_("How often your pages were opened"),
        heading=_("Week from"),
        labels=tuple(date_format(week, "SHORT_DATE_FORMAT") for week in weeks),
        series=(Series(_("Times opened"), tuple(weeks.values())),),
        note=_("Rounded to fives, so that nobody can be told from the figures. People who have signed in are not counted."),
    )
    order = municipality.order_for(municipality.languages[0])
    return chart, [(row, best(row, "name", order), in_words(each[key])) for key, row in keys.items() if row.live]


@desk_page
@require_GET
def figures(request: HttpRequest, slug: str) -> HttpResponse:
    """One's own figures."""
    provider = get_provider_for(request, slug)
    chart, pages = views_of(provider)
    period = last_weeks(WEEKS)
    more: list[Figure] = []
    for name in SOURCES:
        found: Iterable[Figure] = import_string(name)(provider, period.first, period.last)
        more += found
    context = {
        "provider": provider,
        "provider_name": best(provider, "name", provider.municipality.order_for(request.LANGUAGE_CODE)),  # type: ignore[attr-defined]
        "chart": chart,
        "pages": pages,
        "more": more,
        "weeks": WEEKS,
    }
    return render(request, "desk/figures.html", context)
