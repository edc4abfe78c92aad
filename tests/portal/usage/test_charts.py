"""Charts: right numbers, in words too, from either side, and nothing that a text could break."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from django.utils import translation

from portal.kit.charts import Chart, Series
from portal.kit.texts import Text
from portal.templatetags.charts import ticks


def drawn(kind: str, chart: Chart) -> str:
    return Template(f"{{% load charts %}}{{% {kind}_chart chart %}}").render(Context({"chart": chart}))


def chart(*values: int | None, label: str = "uke") -> Chart:
    labels = tuple(f"{label} {n}" for n in range(len(values)))
    return Chart("x", "Sider", "Uke", labels, (Series("Vist", values),))


@pytest.mark.parametrize(
    ("highest", "steps"), [(0, [0, 1]), (1, [0, 1]), (5, [0, 1, 2, 3]), (47, [0, 10, 20, 30, 40, 50]), (1000, [0, 200, 400])]
)
def test_scale_is_of_round_numbers(highest: int, steps: list[int]) -> None:
    assert ticks(highest)[: len(steps)] == steps
    assert ticks(highest)[-1] >= highest


@pytest.mark.parametrize("kind", ["line", "bar"])
def test_figures_stand_in_a_table_too(kind: str) -> None:
    html = drawn(kind, chart(10, None, 1235))
    figures = re.findall(r'<td class="chart__number">([^<]+)', html)
    assert figures == ["10", "få eller ingen", "1\xa0235"]
    svg = ElementTree.fromstring(html[html.index("<svg") : html.rindex("</svg>") + 6])  # noqa: S314  (our own)
    assert svg.find("title") is not None
    assert "1\xa0235 (uke 2)" in (svg.find("desc").text or "")  # type: ignore[union-attr]
    assert "style=" not in html


def test_higher_number_stands_higher() -> None:
    points = re.search(r'points="([^"]+)"', drawn("line", chart(10, 50, 30)))
    assert points
    places = [tuple(map(int, pair.split(","))) for pair in points[1].split()]
    assert [x for x, _y in places] == sorted(x for x, _y in places)
    assert places[1][1] < places[2][1] < places[0][1]


def test_time_runs_from_the_right_for_who_reads_from_there() -> None:
    with translation.override("ar"):
        points = re.search(r'points="([^"]+)"', drawn("line", chart(10, 50, 30)))
        bars = [int(x) for x in re.findall(r'<rect class="chart__bar" x="(\d+)"', drawn("bar", chart(10, 50)))]
    assert points
    across = [int(pair.split(",")[0]) for pair in points[1].split()]
    assert across == sorted(across, reverse=True)
    assert bars[0] > bars[1]  # bars end at the right, the longer begins further left


@pytest.mark.parametrize("kind", ["line", "bar"])
def test_hostile_label_is_text(kind: str) -> None:
    html = drawn(kind, chart(10, label="<script>alert(1)</script>"))
    assert "<script" not in html


def test_label_in_another_language_is_marked() -> None:
    html = drawn("bar", Chart("x", "Språk", "Språk", (Text("العربية", "ar"),), (Series("Vist", (10,)),)))
    assert '<bdi lang="ar" dir="rtl">' in html


def test_empty_chart_says_so() -> None:
    for found in (drawn("line", chart()), drawn("bar", chart(None, 0))):
        assert "<svg" not in found
        assert "chart__empty" in found


def test_one_point_and_hundreds_can_be_drawn() -> None:
    assert "polyline" in drawn("line", chart(10))
    assert drawn("line", chart(*range(400))).count("chart__text") < 30


@pytest.mark.parametrize("count", [2, 6, 7, 8, 9, 13, 14, 26, 53, 157])
@pytest.mark.parametrize("label", ["15.11.2026", "september 2026", "uke"])
def test_labels_under_the_lines_keep_apart_and_inside(count: int, label: str) -> None:
    labels = tuple(label for _n in range(count))
    html = drawn("line", Chart("x", "Sider", "Uke", labels, (Series("Vist", tuple(range(count))),)))
    places = [int(x) for x in re.findall(rf'x="(\d+)" y="\d+" text-anchor="middle">{label}', html)]
    width = len(label) * 7
    assert len(places) >= 2
    assert all(later - one > width for one, later in itertools.pairwise(places))
    assert max(places) + width / 2 <= 640
