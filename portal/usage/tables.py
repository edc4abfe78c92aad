"""What the page "Statistics" shows and exports: charts and tables of one scope, every figure a sum of its rounded cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from directory.municipalities.models import District
from portal.kit.charts import Chart, Series
from portal.kit.exports import harmless
from portal.kit.small_numbers import in_words, share
from portal.kit.texts import Text, best
from portal.languages import NAMES
from portal.usage import queries
from portal.usage.models import What
from portal.usage.queries import Scope

LISTED = 10
WORDS_LISTED = 25
NAMED = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what it means."""

    label: str
    figure: str
    meaning: str
    value: int | None


@dataclass(frozen=True, slots=True)
class WordsRow:
    """Words of searches as they are shown."""

    words: str
    value: int
    figure: str
    langs: str
    districts: str


@dataclass(frozen=True)
class Report:
    """Everything of one scope; `sheets()` is the same for export."""

    scope: Scope
    district: Text | str  # the name of the part of town it is narrowed to
    figures: list[Figure]
    over_time: Chart
    languages: Chart
    districts: Chart
    viewed: list[Chart]
    opened: list[Figure]
    unmet: list[WordsRow]
    asked: list[WordsRow]

    def sheets(self) -> Iterator[tuple[str, list[list[Any]]]]:
        """(name, rows with their headings) of each table. A number too small to be told is in words, all others are numbers."""
        yield (
            _("Figures"),
            [[_("Figure"), _("How many"), _("What it means")], *([f.label, cell(f.value), f.meaning] for f in self.figures)],
        )
        for chart in (self.over_time, self.languages, self.districts, *self.viewed):
            rows = [
                [harmless(str(label)), *(cell(series.values[n]) for series in chart.series)]
                for n, label in enumerate(chart.labels)
            ]
            yield chart.title, [[chart.heading, *(series.name for series in chart.series)], *rows]
        yield _("Listings opened"), [[_("What"), _("Per cent")], *([f.label, cell(f.value)] for f in self.opened)]
        headings = [_("Words"), _("How often"), _("Most in"), _("Most for")]
        for name, found in ((_("Searches that found nothing"), self.unmet), (_("Searches that found something"), self.asked)):
            yield name, [headings, *([harmless(w.words), cell(w.value), w.langs, harmless(w.districts)] for w in found)]


def cell(value: int | None) -> Any:
    return value or in_words(None)


def report_of(scope: Scope) -> Report:
    """All tables of a scope, by a number of queries that does not grow with what is in it."""
    names = {row.slug: row for row in scope.municipality.districts.filter(kind=District.Kind.NEIGHBOURHOOD)}
    order = scope.municipality.order_for(get_language() or "nb")
    labels = {slug: row.name_in(order) for slug, row in names.items()}
    return Report(
        scope,
        district=labels.get(scope.district, ""),
        figures=figures(scope),
        over_time=time_chart(scope),
        languages=language_chart(scope),
        districts=district_chart(scope, labels),
        viewed=[viewed_chart(scope, kind, order) for kind in queries.MODELS],
        opened=[opened_figure(scope, kind) for kind in queries.MODELS],
        unmet=words_rows(scope, What.UNMET, labels),
        asked=words_rows(scope, What.WORDS, labels),
    )


def figures(scope: Scope) -> list[Figure]:
    """The numbers at the top, each with its definition."""
    views, searches, nothing = (scope.total(what) for what in (What.VIEW, What.SEARCH, What.NOTHING))
    kiosk = scope.total(What.VIEW, kiosk=True)
    told = [
        (_("Pages shown"), views, _("How often public pages were shown. Robots and people who are signed in are left out.")),
        (_("Searches"), searches, _("How often the search page answered a new question or a changed filter.")),
        (_("Searches without a hit"), nothing, _("Searches that found nothing at all.")),
        (_("On public screens"), kiosk, _("Pages shown on a public screen or a school tablet.")),
    ]  # fmt: skip
    return [Figure(label, in_words(count), meaning, count) for label, count, meaning in told]


def time_chart(scope: Scope) -> Chart:
    """Views and searches in each step."""
    step = scope.period.step
    heading, title = {
        "week": (_("Week from"), _("Pages shown and searches each week")),
        "month": (_("Month"), _("Pages shown and searches each month")),
    }[step]
    shape = "F Y" if step == "month" else "SHORT_DATE_FORMAT"
    names = ((_("Pages shown"), What.VIEW), (_("Searches"), What.SEARCH), (_("Searches without a hit"), What.NOTHING))
    return Chart(
        "time",
        title,
        heading,
        tuple(date_format(day, shape) for day in scope.period.starts()),
        tuple(Series(name, tuple(queries.over_time(scope, what))) for name, what in names),
        note=_("A week belongs to the month in which it begins.") if step == "month" else "",
    )


def language_chart(scope: Scope) -> Chart:
    """All languages the municipality offers, so that being in the list tells nothing."""
    views, searches = (scope.by("lang", what) for what in (What.VIEW, What.SEARCH))
    codes = sorted(scope.municipality.languages, key=lambda code: -views[code])
    return Chart(
        "languages",
        _("Languages that were read"),
        _("Language"),
        tuple(Text(NAMES[code], code) for code in codes),
        tuple(
            Series(name, tuple(found[code] for code in codes))
            for name, found in ((_("Pages shown"), views), (_("Searches"), searches))
        ),
    )


def district_chart(scope: Scope, labels: dict[str, Text]) -> Chart:
    """All parts of town; the rest was asked for without one."""
    views, searches = (scope.by("district", what) for what in (What.VIEW, What.SEARCH))
    slugs = sorted(labels, key=lambda slug: (-views[slug], str(labels[slug])))
    return Chart(
        "districts",
        _("Parts of town that were looked at"),
        _("Part of town"),
        tuple(labels[slug] for slug in slugs),
        tuple(
            Series(name, tuple(found[slug] for slug in slugs))
            for name, found in ((_("Pages shown"), views), (_("Searches"), searches))
        ),
        note=_("The part of town a listing belongs to, or that was asked for. Where visitors are is not known."),
    )


def viewed_chart(scope: Scope, kind: str, order: list[str]) -> Chart:
    """The listings of a kind that were opened most."""
    found = queries.most_viewed(scope, kind, LISTED)
    plural = capfirst(str(queries.MODELS[kind]._meta.verbose_name_plural))
    return Chart(
        f"viewed-{kind}",
        _("%(kind)s that were opened most") % {"kind": plural},
        _("Listing"),
        tuple(best(row, "name", order) for row, _count in found),
        (Series(_("Times opened"), tuple(count for _row, count in found)),),
        links=tuple(reverse(row.snippet_viewset.get_url_name("edit"), args=[row.pk]) for row, _count in found),
    )


def opened_figure(scope: Scope, kind: str) -> Figure:
    """What part of the listings of a kind was opened."""
    some, everything = queries.opened(scope, kind)
    per_cent = share(some, everything)
    label = capfirst(str(queries.MODELS[kind]._meta.verbose_name_plural))
    shown = _("%(number)s %%") % {"number": per_cent} if per_cent is not None else _("too few to tell")
    return Figure(label, shown, _("Of all that are public now, so many were opened often enough to have a figure."), per_cent)


def words_rows(scope: Scope, what: str, labels: dict[str, Text]) -> list[WordsRow]:
    """Words with how often, where and in which language."""
    return [words_row(wanted, labels) for wanted in queries.most_asked(scope, what, WORDS_LISTED)]


def words_row(wanted: queries.Wanted, labels: dict[str, Text]) -> WordsRow:
    """One row of words, with the languages and parts of town they were asked for in most."""

    def told(found: Mapping[str, int], names: Mapping[str, Text | str]) -> str:
        shown = [(n, str(names[key])) for key, n in found.items() if key in names]
        most = sorted(shown, key=lambda pair: (-pair[0], pair[1]))[:NAMED]
        # A name that runs the other way must not carry the number with it.
        return ", ".join(f"{isolated(name)} {in_words(n)}" for n, name in most)

    return WordsRow(wanted.words, wanted.count, in_words(wanted.count), told(wanted.langs, NAMES), told(wanted.districts, labels))


def isolated(name: str) -> str:
    """The name by itself where it is written from the right."""
    return f"\u2068{name}\u2069" if any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in name) else name
