"""What share is confirmed, by part of town, category and kind, and week by week."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from directory.freshness.figures import Sum, counted, keep_week, monday, report_of, share_of
from directory.freshness.models import WeeklyTruth
from directory.freshness.queries import start_of
from directory.freshness.rules import last_start
from directory.municipalities.models import Municipality
from tests.directory.freshness.conftest import noon
from tests.factories.directory import (
    ActivityFactory,
    CategoryFactory,
    DistrictFactory,
    PlaceFactory,
    ProviderFactory,
    make_municipality,
)


def put(row: Any, **facts: Any) -> Any:
    type(row).objects.filter(pk=row.pk).update(**facts)
    return row


@pytest.fixture
def filled(town: Municipality, today: Any) -> Municipality:
    """Five pages: in Stavern one of three confirmed, in Nanset one of two; one hidden, one marked."""
    sport = CategoryFactory(municipality=town, slug="idrett", name_nb="Idrett")
    gym = CategoryFactory(municipality=town, slug="turn", name_nb="Turn", parent=sport)
    stavern = DistrictFactory(municipality=town, slug="stavern", name_nb="Stavern", postcodes=["3290"])
    DistrictFactory(municipality=town, slug="nanset", name_nb="Nanset", postcodes=["3264"])
    DistrictFactory(municipality=town, slug="skole", name_nb="Skole", kind="school", postcodes=["3290"])
    year = last_start(today, 12)
    club = put(ProviderFactory(municipality=town, postcode="3290", categories=[gym]), confirmed_at=noon(year + timedelta(days=1)))
    hall = put(PlaceFactory(municipality=town, postcode="3264", categories=[sport]), confirmed_at=noon(today))
    put(
        ActivityFactory(municipality=town, provider=club, places=[hall], postcode="3290", categories=[gym, sport]),
        confirmed_at=noon(last_start(today, 16)),
    )
    put(
        ActivityFactory(municipality=town, provider=club, districts=[stavern], postcode="3264"),
        confirmed_at=noon(last_start(today, 20)),
        hidden_at=timezone.now(),
    )
    put(ActivityFactory(municipality=town, provider=club, postcode="3290"), confirmed_at=start_of(year))
    # not counted
    put(ActivityFactory(municipality=town, provider=club, postcode="3290", live=False))
    put(ActivityFactory(municipality=town, provider=club, postcode="3290"), paused_at=timezone.now())
    put(ActivityFactory(municipality=town, provider=club, postcode="3290"), delisted_at=timezone.now())
    other = make_municipality("3907", "Sandefjord")
    put(ProviderFactory(municipality=other), confirmed_at=timezone.now())
    return town


def test_what_is_counted(filled: Municipality, today: Any) -> None:
    assert counted(filled, today) == {
        ("all", ""): Sum(5, 2, 1, 1),
        ("kind", "provider"): Sum(1, 1, 0, 0),
        ("kind", "place"): Sum(1, 1, 0, 0),
        ("kind", "activity"): Sum(3, 0, 1, 1),
        ("category", "turn"): Sum(2, 1, 1, 0),
        ("category", "idrett"): Sum(3, 2, 1, 0),
        ("district", "stavern"): Sum(3, 1, 0, 1),
        ("district", "nanset"): Sum(2, 1, 1, 0),
    }
    whole = share_of(filled, today)
    assert (whole.pages, whole.confirmed, whole.hidden, whole.share) == (5, 2, 1, 40)


def test_counting_costs_the_same_for_more_pages(filled: Municipality, today: Any, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as first:
        counted(filled, today)
    for _n in range(5):
        ActivityFactory(municipality=filled, postcode="3290")
    with django_assert_num_queries(len(first)):
        counted(filled, today)


def test_a_report_tells_all_of_it_and_exports_the_same(filled: Municipality, today: Any) -> None:
    for ago in (3, 2, 1):
        keep_week(filled, noon(today - timedelta(weeks=ago)))
    report = report_of(filled, today)
    assert report.figures[0].figure.startswith("40")
    districts = report.parts[0]
    assert list(map(str, districts.labels)) == ["Stavern", "Nanset"], "the least true first"
    assert districts.series[0].values == (33, 50)
    assert len(report.over_time.labels) == 3
    sheets = dict(report.sheets())
    assert len(sheets) == 5
    table = sheets[districts.title]
    assert [row[:4] for row in table[1:]] == [["Stavern", 33, 1, 3], ["Nanset", 50, 1, 2]]


def test_a_part_over_time(filled: Municipality, today: Any) -> None:
    keep_week(filled, noon(today))
    report = report_of(filled, today, part="district", key="stavern")
    assert report.over_time.series[0].values == (33,)
    assert "Stavern" in report.over_time.title
    assert report_of(filled, today, part="district", key="nowhere").over_time.series[0].values == (40,), "the whole instead"


def test_a_kept_week_stays_as_it_was(filled: Municipality, today: Any) -> None:
    assert keep_week(filled, noon(today))
    ActivityFactory(municipality=filled)
    assert not keep_week(filled, noon(today))
    row = WeeklyTruth.objects.get(part="all")
    assert (row.week, row.pages, row.confirmed, row.marked, row.hidden) == (monday(today), 5, 2, 1, 1)


def test_an_empty_municipality_has_figures_too(town: Municipality, today: Any) -> None:
    assert keep_week(town, noon(today))
    report = report_of(town, today)
    assert report.figures[0].value == 0
    assert all(chart.is_empty for chart in report.parts)
