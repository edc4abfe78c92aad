"""What became of a newsletter, counted: for all of it, and for the readers of each language. No reader is tracked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from portal.languages import NAMES
from portal.newsletters.models import Newsletter
from portal.newsletters.states import ASKS_STAFF, UNDER_WAY, DeliveryState

#: (name, what it is called, what it means, which messages)
COUNTED: tuple[tuple[str, Any, Any, Q], ...] = (
    ("all", _("Receivers"), _("addresses the letter was made for"), Q()),
    ("sent", _("Sent"), _("handed over to the mail server"), Q(state=DeliveryState.SENT)),
    (
        "delivered",
        _("Delivered"),
        _("the mail service says they arrived; only some services tell"),
        Q(delivered_at__isnull=False),
    ),
    ("waiting", _("Waiting"), _("not handed over yet"), Q(state__in=UNDER_WAY)),
    ("returned", _("Came back"), _("the message could not be delivered"), Q(bounced_at__isnull=False)),
    ("complained", _("Complaints"), _("the receiver called it unwanted"), Q(complained_at__isnull=False)),
    ("unsubscribed", _("Stopped"), _("pressed the link that stops newsletters in this letter"), Q(unsubscribed_at__isnull=False)),
    (
        "doubt",
        _("In doubt"),
        _("were in hand when something broke, or were refused; you decide"),
        Q(state__in=ASKS_STAFF),
    ),
    (
        "held",
        _("Not sent"),
        _("left out, cancelled, or left in doubt by you"),
        Q(state__in=[DeliveryState.SKIPPED, DeliveryState.CANCELLED, DeliveryState.LEFT]),
    ),
)


@dataclass(frozen=True, slots=True)
class Figure:
    label: Any
    meaning: Any
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures, and a table with a row for each language."""

    total: tuple[Figure, ...]
    heads: tuple[Any, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def percent(self) -> int:
        """How much of it is settled."""
        everything, waiting = self.total[0].count, self.total[3].count
        return 100 * (everything - waiting) // everything if everything else 100


def figures_of(newsletter: Newsletter) -> Figures:
    """The figures of a letter, by one query."""
    counts = {name: Count("pk", filter=which) if which else Count("pk") for name, _label, _meaning, which in COUNTED}
    rows: list[dict[str, Any]] = list(newsletter.deliveries.order_by("lang").values("lang").annotate(**counts))  # type: ignore[arg-type]
    total = tuple(Figure(label, meaning, sum(row[name] for row in rows)) for name, label, meaning, _which in COUNTED)
    return Figures(
        total,
        tuple(label for _name, label, _meaning, _which in COUNTED),
        tuple((NAMES.get(row["lang"], row["lang"]), tuple(row[name] for name, *_rest in COUNTED)) for row in rows),
    )
