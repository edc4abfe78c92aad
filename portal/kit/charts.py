"""What a chart shows, as plain values; `portal/templatetags/charts.py` draws it, with the same figures in a table."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from portal.kit.small_numbers import in_words
from portal.kit.texts import Text


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one set of bars. None stands for a number too small to be told; it is drawn as nought."""

    name: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """`heading` says what the labels are ("Week"); `links`, where there are any, lead from the labels in the table.

    `beside` stands in the table and is not drawn. `exact` is for counts of things, where nought is told as nought.
    """

    key: str
    title: str
    heading: str
    labels: tuple[Text | str, ...]
    series: tuple[Series, ...]
    note: str = ""
    links: tuple[str, ...] = ()
    beside: tuple[Series, ...] = ()
    exact: bool = False

    def figure(self, value: int | None) -> str:
        """A number as people read it."""
        return number_format(value or 0, force_grouping=True) if self.exact else in_words(value)

    @property
    def columns(self) -> tuple[Series, ...]:
        """What stands in the table."""
        return (*self.series, *self.beside)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value for series in self.columns for value in series.values)

    @property
    def highest(self) -> int:
        """The largest number in it."""
        return max((value or 0 for series in self.series for value in series.values), default=0)

    @property
    def description(self) -> str:
        """The chart in words, for who does not see it: of each series the highest number and where it stands."""
        said = []
        for series in self.series:
            top = max(range(len(series.values)), key=lambda n: series.values[n] or 0, default=None)
            if top is not None:
                facts = {"name": series.name, "number": self.figure(series.values[top]), "label": self.labels[top]}
                said.append(_("%(name)s: highest is %(number)s (%(label)s).") % facts)
        return " ".join([*said, _("All figures stand in the table below.")])

    @property
    def rows(self) -> list[tuple[Text | str, str, list[str]]]:
        """The table: label, where it leads, and each series' figure in words."""
        links = self.links or ("",) * len(self.labels)
        return [
            (label, link, [self.figure(series.values[n]) for series in self.columns])
            for n, (label, link) in enumerate(zip(self.labels, links, strict=True))
        ]
