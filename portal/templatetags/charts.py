"""Charts drawn on the server: `{% line_chart chart %}` and `{% bar_chart chart %}` with a `portal.kit.charts.Chart`.

Plain SVG with classes only, so that it stands under the strictest policy, prints, and needs no script. Numbers in the
drawing are whole and unlocalised; the words in it follow the reader's language and direction.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import get_language_bidi

from portal.kit.charts import Chart

register = template.Library()

WIDTH, HEIGHT = 640, 250
START, TOP, BOTTOM = 56, 14, 34  # room around the lines
LETTER, BETWEEN = 7.5, 16  # how wide a letter under the lines is, and the room between two labels
MOST_DOTS = 32
BAR_WIDTH, BAR_ROW, BAR_HEIGHT = 480, 42, 14
ROOM_FOR_FIGURE = 110
MOST_LETTERS = 58


def ticks(highest: int) -> list[int]:
    """Round numbers from nought to just above the highest: three to six of them."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * 5 >= highest:
                return list(range(0, max(highest, 1) + step, step))
        size *= 10


def mirrored(x: int, width: int) -> int:
    """The place from the side where reading begins."""
    return width - x if get_language_bidi() else x


@register.inclusion_tag("components/chart.html")
def line_chart(chart: Chart) -> dict[str, Any]:
    """Numbers along time, one line for each series."""
    scale = ticks(chart.highest)
    top, count = scale[-1], len(chart.labels)
    width = round(max((len(str(label)) for label in chart.labels), default=1) * LETTER)
    width = min(width, (WIDTH - START) // 3)
    end = max(16, width // 2)  # the last label stands under its point, and inside the drawing

    def across(n: int) -> int:
        inner = WIDTH - START - end
        return mirrored(START + (inner // 2 if count == 1 else round(inner * n / max(count - 1, 1))), WIDTH)

    def up(value: int) -> int:
        return HEIGHT - BOTTOM - round((HEIGHT - TOP - BOTTOM) * value / top)

    most = max(2, (WIDTH - START - end) // (width + BETWEEN))
    every = max(1, -(-(count - 1) // most))
    shown = range(0, count, every)
    lines = []
    for order, series in enumerate(chart.series, start=1):
        points = [(across(n), up(value or 0)) for n, value in enumerate(series.values)]
        lines.append(
            {
                "order": order,
                "name": series.name,
                "points": " ".join(f"{x},{y}" for x, y in points),
                "dots": points if len(points) <= MOST_DOTS else [],
            }
        )
    return {
        "chart": chart,
        "drawing": "lines",
        "width": WIDTH,
        "height": HEIGHT,
        "scale": [
            {"y": up(value), "text_y": up(value) + 4, "text": number_format(value, force_grouping=True)} for value in scale
        ],
        "scale_x": mirrored(START - 8, WIDTH),
        "grid": (mirrored(START, WIDTH), mirrored(WIDTH - end, WIDTH)),
        "marks": [{"x": across(n), "text": str(chart.labels[n])} for n in shown],
        "mark_y": HEIGHT - 10,
        "lines": lines,
    }


@register.inclusion_tag("components/chart.html")
def bar_chart(chart: Chart) -> dict[str, Any]:
    """Numbers beside each other, the label above its bar. Shows the first series."""
    top = max(chart.highest, 1)
    bars = []
    for n, (label, value) in enumerate(zip(chart.labels, chart.series[0].values, strict=True)):
        length = round((BAR_WIDTH - ROOM_FOR_FIGURE) * (value or 0) / top)
        text = str(label)
        bars.append(
            {
                "label": label,
                "text": text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS].rstrip()}…",
                "text_y": n * BAR_ROW + 14,
                "x": BAR_WIDTH - length if get_language_bidi() else 0,
                "y": n * BAR_ROW + 20,
                "length": max(length, 1),
                "figure": chart.figure(value),
                "figure_x": mirrored(length + 8, BAR_WIDTH),
                "figure_y": n * BAR_ROW + 32,
            }
        )
    return {
        "chart": chart,
        "drawing": "bars",
        "width": BAR_WIDTH,
        "height": len(bars) * BAR_ROW,
        "start": mirrored(0, BAR_WIDTH),
        "bar_height": BAR_HEIGHT,
        "bars": bars,
    }
