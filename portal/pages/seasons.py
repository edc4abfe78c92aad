"""A holiday programme: everything of one season, day by day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from directory.activities.models import Activity, Season
from directory.activities.rules import days_of
from directory.activities.words import hours
from directory.listings.cards import Card, card_of, for_cards
from portal.pages.base import TranslatedPage
from portal.pages.owners import reachable
from portal.pages.panels import page_tabs

CARDS_ON_A_PAGE = 24  # a day is never divided
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Day:
    """What one day of the programme holds, earliest first."""

    date: date
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader asks of the programme."""

    age: int | None = None
    free: bool = False
    begin: date | None = None

    @classmethod
    def of(cls, params: QueryDict) -> Wish:
        """Read from an address; what makes no sense is left out."""
        age = params.get("age", "")
        try:
            begin = date.fromisoformat(params.get("from", "")[:10])
        except ValueError:
            begin = None
        whole = age.isascii() and age.isdigit() and len(age) <= 3 and int(age) <= 120
        return cls(int(age) if whole else None, params.get("free") == "1", begin)

    def address(self, begin: date | None = None) -> str:
        """The same wish, from another day on."""
        params = QueryDict(mutable=True)
        if self.age is not None:
            params["age"] = str(self.age)
        if self.free:
            params["free"] = "1"
        if begin is not None:
            params["from"] = begin.isoformat()
        return f"?{params.urlencode()}"


class SeasonPage(TranslatedPage):
    """The page of a holiday programme."""

    page_description = _("Everything that happens in one holiday, day by day.")

    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="+", verbose_name=_("season"))
    image = models.ForeignKey(
        "wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("picture")
    )
    image_alt = models.CharField(_("what the picture shows"), max_length=250, blank=True)

    parent_page_types: ClassVar[list[str]] = ["pages.HomePage", "pages.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "pages/season.html"
    edit_handler = page_tabs([FieldPanel("season"), FieldPanel("image")], texts={"image_alt": _("What the picture shows")})

    class Meta:
        verbose_name = _("holiday programme")
        verbose_name_plural = _("holiday programmes")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        wish = Wish.of(request.GET)
        today = timezone.localdate()
        days = programme(self.season, wish, get_language() or "nb", today)
        begin = wish.begin or self.season.starts
        coming = [day for day in days if day.date >= begin]
        shown = coming[: page_of(coming)]
        rest = coming[len(shown) :]
        before = [day for day in days if day.date < begin][::-1]
        back = before[: page_of(before)]
        return super().get_context(request, *args, **kwargs) | {
            "season": self.season,
            "season_name": self.season.name_in(self.order()),
            "image_alt": self.text("image_alt"),
            "wish": wish,
            "days": shown,
            "count": len({card.ident for day in days for card in day.cards}),
            "next_href": wish.address(rest[0].date) if rest else "",
            "previous_href": wish.address(back[-1].date) if back else "",
            "over": self.season.ends < today,
            "find_query": "&".join(
                [f"season={self.season.slug}", *([f"age={wish.age}"] if wish.age is not None else []), *(["free=1"] * wish.free)]
            ),
        }


def page_of_season(season: Season) -> SeasonPage | None:
    """The published page of a programme, where staff have made one."""
    return reachable(SeasonPage.objects.live().filter(season=season)).only("pk", "url_path", "path", "depth").first()


def page_of(days: list[Day]) -> int:
    """How many of the days fit on a page; one at least."""
    cards = 0
    for number, day in enumerate(days):
        cards += len(day.cards)
        if number and cards > CARDS_ON_A_PAGE:
            return number
    return len(days)


def programme(season: Season, wish: Wish, lang: str, today: date) -> list[Day]:
    """The days of a season that are still to come (all of them once it is over) and what each holds."""
    rows = Activity.objects.public().filter(municipality=season.municipality_id, seasons=season)
    if wish.free:
        rows = rows.filter(is_free=True)
    if wish.age is not None:
        rows = rows.exclude(age_from__gt=wish.age).exclude(age_to__lt=wish.age)
    begin = season.starts if season.ends < today else max(season.starts, today)
    end = min(season.ends, begin + timedelta(days=LONGEST))
    found: dict[date, list[tuple[time, str, Card]]] = {}
    for row in for_cards(rows):
        card = card_of(row, lang, today)
        for session in row.sessions.all():
            when = hours(session.starts, session.ends)
            for day in days_of(session, begin, end):
                found.setdefault(day, []).append((session.starts or time.min, str(card.title), replace(card, when=when)))
    return [
        Day(day, tuple(card for _starts, _title, card in sorted(entries, key=lambda entry: entry[:2])))
        for day, entries in sorted(found.items())
    ]
