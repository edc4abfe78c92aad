"""How true the directory is: what share of its pages was confirmed within a year, by part of town, category and kind.

Counted are pages that are published, not taken off by a register and not on a break. Those hidden for their age count as
not confirmed: hiding what is old must not make the figure better. One page may stand in several parts of town and categories.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from directory.activities.models import Activity
from directory.freshness.models import LinkCheck, WeeklyTruth
from directory.freshness.queries import LOOKED_AFTER, MODELS, nobody_to_ask, start_of
from directory.freshness.rules import ASK_AFTER, Age, age_of, counts_from, last_start
from directory.geography.districts import PRECISE, chart_of
from directory.listings.models import Category
from directory.municipalities.models import District, Municipality
from directory.places.models import Place
from portal.kit.charts import Chart, Series
from portal.kit.exports import harmless
from portal.kit.texts import Text

Part = WeeklyTruth.Part
WEEKS_SHOWN = 104


@dataclass(slots=True)
class Sum:
    """Counts of some pages."""

    pages: int = 0
    confirmed: int = 0
    marked: int = 0
    hidden: int = 0

    def add(self, confirmed: bool, age: Age, hidden: bool) -> None:
        self.pages += 1
        self.confirmed += confirmed
        self.marked += not hidden and age in (Age.MARKED, Age.TOO_OLD)
        self.hidden += hidden

    @property
    def share(self) -> int:
        """Per cent confirmed within a year."""
        return round(100 * self.confirmed / self.pages) if self.pages else 0


Sums = dict[tuple[str, str], Sum]


def monday(day: date) -> date:
    """The first day of the week that a day is in."""
    return day - timedelta(days=day.weekday())


# ── counting ────────────────────────────────────────────────────────────────────────────────────────────────
def counted(municipality: Municipality, today: date) -> Sums:
    """Everything counted: (part, key) → sum. A constant number of queries."""
    found: defaultdict[tuple[str, str], Sum] = defaultdict(Sum)
    found[Part.ALL, ""] = Sum()
    year = last_start(today, ASK_AFTER)
    categories = category_slugs(municipality)
    parts = _Parts(municipality)
    for model in MODELS:
        labels = links(model, "categories", municipality)
        districts = parts.of(model)
        for row in rows_of(model, municipality):
            confirmed = timezone.localdate(row.confirmed_at) if row.confirmed_at else None
            since = counts_from(
                confirmed=confirmed,
                source_date=row.source_date,
                published=timezone.localdate(row.first_published_at) if row.first_published_at else None,
                created=timezone.localdate(row.created_at),
            )
            facts = (confirmed is not None and confirmed > year, age_of(since, today), row.hidden_at is not None)
            keys = {(Part.ALL, ""), (Part.KIND, model.KIND.value)}
            keys |= {(Part.CATEGORY, slug) for pk in labels[row.pk] for slug in categories.get(pk, ())}
            keys |= {(Part.DISTRICT, slug) for slug in districts(row)}
            for key in keys:
                found[key].add(*facts)
    return dict(found)


COLUMNS = (
    *("pk", "confirmed_at", "source_date", "first_published_at", "created_at", "hidden_at"),
    *("lat", "lon", "pinned_lat", "pinned_lon", "precision", "postcode"),
)


def rows_of(model: Any, municipality: Municipality) -> list[SimpleNamespace]:
    """The pages of a kind, as plain values: a listing has some 250 columns, and a dozen are counted by."""
    rows = model.objects.filter(LOOKED_AFTER, municipality=municipality).order_by("pk").values_list(*COLUMNS)
    return [SimpleNamespace(**dict(zip(COLUMNS, row, strict=True))) for row in rows]


def links(model: Any, field: str, municipality: Municipality) -> defaultdict[int, list[int]]:
    """The labels of each listing of a kind, by number."""
    many = model._meta.get_field(field)
    ours, theirs = many.m2m_field_name(), many.m2m_reverse_field_name()
    found: defaultdict[int, list[int]] = defaultdict(list)
    rows = many.remote_field.through.objects.filter(**{f"{ours}__municipality": municipality})
    for pk, other in rows.values_list(f"{ours}_id", f"{theirs}_id"):
        found[pk].append(other)
    return found


def category_slugs(municipality: Municipality) -> dict[int, tuple[str, ...]]:
    """The slug of each category and of the one above it: a parent includes its children."""
    rows = Category.objects.filter(municipality=municipality).values_list("pk", "slug", "parent__slug")
    return {pk: tuple(filter(None, (slug, parent))) for pk, slug, parent in rows}


class _Parts:
    """Parts of town of listings: chosen by hand, else where it takes place, else its own address; as the search has it."""

    def __init__(self, municipality: Municipality) -> None:
        self.municipality = municipality
        self.chart = chart_of(municipality)
        self.chart.districts = [row for row in self.chart.districts if row.kind == District.Kind.NEIGHBOURHOOD]
        self.slugs = {row.pk: row.slug for row in self.chart.districts}
        self.of_place: dict[int, list[str]] = {}

    def of(self, model: Any) -> Any:
        """A function from a row of `model` to the slugs of its parts of town."""
        chosen = links(model, "districts", self.municipality)
        places = self.venues() if model is Activity else {}

        def slugs(row: Any) -> list[str]:
            if by_hand := [self.slugs[pk] for pk in chosen[row.pk] if pk in self.slugs]:
                return by_hand
            met = [slug for place in places.get(row.pk, ()) for slug in self.of_place.get(place, ())]
            return list(dict.fromkeys(met)) or self.at(row)

        return slugs

    def at(self, row: Any) -> list[str]:
        pinned = row.pinned_lat is not None and row.pinned_lon is not None
        point = (row.pinned_lat, row.pinned_lon) if pinned else (row.lat, row.lon) if row.lat is not None else None
        precise = pinned or row.precision in PRECISE
        return [district.slug for district in self.chart.at(point, row.postcode, precise=precise)]

    def venues(self) -> defaultdict[int, list[int]]:
        """The places of each activity; on the way, the parts of town of each place."""
        chosen = links(Place, "districts", self.municipality)
        for row in rows_of(Place, self.municipality):
            by_hand = [self.slugs[pk] for pk in chosen[row.pk] if pk in self.slugs]
            self.of_place[row.pk] = by_hand or self.at(row)
        return links(Activity, "places", self.municipality)


def keep_week(municipality: Municipality, at: datetime) -> bool:
    """Keep this week's figures, once; whether it was done now."""
    today = timezone.localdate(at)
    week = monday(today)
    if WeeklyTruth.objects.filter(municipality=municipality, week=week, part=Part.ALL).exists():
        return False
    rows = [
        WeeklyTruth(
            municipality=municipality, week=week, part=part, key=key[:80],
            pages=sum.pages, confirmed=sum.confirmed, marked=sum.marked, hidden=sum.hidden,
        )
        for (part, key), sum in counted(municipality, today).items()
    ]  # fmt: skip
    WeeklyTruth.objects.bulk_create(rows, ignore_conflicts=True)  # another worker may have been as quick
    return True


# ── telling ─────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what it means."""

    label: str
    figure: str
    meaning: str
    value: int


@dataclass(frozen=True)
class Report:
    """Everything the page shows; `sheets()` is the same for export."""

    municipality: Municipality
    day: date
    figures: list[Figure]
    over_time: Chart
    parts: list[Chart]

    def sheets(self) -> Iterator[tuple[str, list[list[Any]]]]:
        """(name, rows with their headings) of each table."""
        heading = [_("Figure"), _("How many"), _("What it means")]
        yield _("Figures"), [heading, *([one.label, one.value, one.meaning] for one in self.figures)]
        for chart in (self.over_time, *self.parts):
            columns = chart.columns
            rows = [
                [harmless(str(label)), *(series.values[n] or 0 for series in columns)] for n, label in enumerate(chart.labels)
            ]
            yield chart.title, [[chart.heading, *(series.name for series in columns)], *rows]


def report_of(municipality: Municipality, today: date, *, part: str = Part.ALL, key: str = "") -> Report:
    """The figures of a municipality today, and over time those of the part that was chosen."""
    sums = counted(municipality, today)
    order = municipality.order_for(get_language() or "nb")
    districts = {
        row.slug: row.name_in(order) for row in municipality.districts.filter(kind=District.Kind.NEIGHBOURHOOD).defer("boundary")
    }
    categories = {row.slug: row.name_in(order) for row in Category.objects.filter(municipality=municipality, parent=None)}
    kinds: dict[str, Text | str] = {model.KIND.value: capfirst(str(model._meta.verbose_name_plural)) for model in MODELS}
    names = {Part.DISTRICT: districts, Part.CATEGORY: categories, Part.KIND: kinds}
    chosen = names.get(Part(part), {}).get(key, "")
    return Report(
        municipality,
        today,
        figures(municipality, sums[Part.ALL, ""], today),
        time_chart(municipality, part if chosen else Part.ALL, key if chosen else "", str(chosen)),
        [
            part_chart(sums, Part.DISTRICT, districts, _("Confirmed within a year, by part of town"), _("Part of town")),
            part_chart(sums, Part.CATEGORY, categories, _("Confirmed within a year, by category"), _("Category")),
            part_chart(sums, Part.KIND, kinds, _("Confirmed within a year, by kind of page"), _("Kind")),
        ],
    )


def figures(municipality: Municipality, everything: Sum, today: date) -> list[Figure]:
    """The numbers at the top, each with its definition."""
    silent = sum(nobody_to_ask(model, [municipality.pk], today).count() for model in MODELS)
    dead = LinkCheck.objects.filter(municipality=municipality, is_dead=True).count()
    told = [
        (_("Pages"), everything.pages, _("All pages that are published and not on a break, also those hidden for their age.")),
        (
            _("Confirmed within a year"),
            everything.confirmed,
            _("Pages that somebody said were right within the last 12 months. An import is no confirmation."),
        ),
        (
            _("Marked"),
            everything.marked,
            _("Pages whose readers are told that they may be out of date: not confirmed for 15 months or more."),
        ),
        (_("Hidden"), everything.hidden, _("Pages that residents no longer see: 18 months or more, and nobody answered.")),
        (_("Nobody to ask"), silent, _("Pages of a year or more about which there is no mail address that works.")),
        (_("Dead websites"), dead, _("Websites that did not answer on three different days. Residents are not shown them.")),
    ]
    share = Figure(
        _("How true the directory is"),
        _("%(number)s %%") % {"number": everything.share},
        _("Confirmed within a year, of all pages."),
        everything.share,
    )
    return [share, *(Figure(label, str(count), meaning, count) for label, count, meaning in told)]


def time_chart(municipality: Municipality, part: str, key: str, name: str) -> Chart:
    """The share of each week that was kept, the last two years."""
    since = monday(timezone.localdate()) - timedelta(weeks=WEEKS_SHOWN)
    weeks = list(WeeklyTruth.objects.filter(municipality=municipality, part=part, key=key, week__gte=since).order_by("week"))
    title = _("Confirmed within a year, per cent, week by week")
    return Chart(
        "truth-time",
        f"{title}: {name}" if name else title,
        _("Week from"),
        tuple(date_format(row.week, "SHORT_DATE_FORMAT") for row in weeks),
        (
            Series(
                _("Confirmed within a year, per cent"),
                tuple(round(100 * row.confirmed / row.pages) if row.pages else 0 for row in weeks),
            ),
        ),
        beside=tuple(
            Series(label, tuple(getattr(row, column) for row in weeks))
            for label, column in (
                (_("Confirmed"), "confirmed"),
                (_("Pages"), "pages"),
                (_("Marked"), "marked"),
                (_("Hidden"), "hidden"),
            )
        ),
        exact=True,
        note=_("One count a week, kept from the day the municipality began."),
    )


def part_chart(sums: Sums, part: str, names: dict[str, Any], title: str, heading: str) -> Chart:
    """The share of each part, the least true first: that is where to begin."""
    rows = [(label, sums[part, slug], slug) for slug, label in names.items() if (part, slug) in sums]
    rows.sort(key=lambda row: (row[1].share, -row[1].pages, str(row[0])))
    found = [row[1] for row in rows]
    return Chart(
        f"truth-{part}",
        title,
        heading,
        tuple(row[0] for row in rows),
        (Series(_("Confirmed within a year, per cent"), tuple(one.share for one in found)),),
        links=tuple(f"?part={part}&key={row[2]}#chart-truth-time" for row in rows),
        beside=(
            Series(_("Confirmed"), tuple(one.confirmed for one in found)),
            Series(_("Pages"), tuple(one.pages for one in found)),
            Series(_("Marked"), tuple(one.marked for one in found)),
            Series(_("Hidden"), tuple(one.hidden for one in found)),
        ),
        exact=True,
    )


def share_of(municipality: Municipality, today: date) -> Sum:
    """Pages and confirmed ones of the whole directory, by one statement a kind: for the first screen."""
    after = start_of(last_start(today, ASK_AFTER) + timedelta(days=1))
    total = Sum()
    for model in MODELS:
        rows = model.objects.filter(LOOKED_AFTER, municipality=municipality)  # type: ignore[attr-defined]
        total.pages += rows.count()
        total.confirmed += rows.filter(confirmed_at__gte=after).count()
        total.hidden += rows.filter(hidden_at__isnull=False).count()
    return total
