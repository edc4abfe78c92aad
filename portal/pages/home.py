"""What the front page shows. Everything on it is a way in; nothing needs an account."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from directory.activities.models import Activity, Season, Session
from directory.activities.rules import next_day
from directory.activities.words import date_words, day_with_hours, hours
from directory.listings.cards import Card, card_of, for_cards
from directory.listings.models import Category
from directory.municipalities.models import Municipality
from directory.support.models import SupportScheme
from portal.kit.texts import best
from portal.pages.news import latest
from portal.pages.seasons import page_of_season
from search.engines import get_engine
from search.query import ANY_CARD

WEEK_LIMIT = 6
SCHEME_LIMIT = 3


def home_context(request: HttpRequest, page: Any) -> dict[str, Any]:
    """The front page's context for the municipality of the host."""
    municipality: Municipality | None = getattr(request, "municipality", None)
    if municipality is None:
        return {"categories": [], "quick": []}
    lang = get_language() or "nb"
    order = municipality.order_for(lang)
    news, news_href = latest(municipality)
    directory = from_directory(municipality, lang)
    return {
        "heading": best(page, "heading", [lang]),  # in another language our own question is better
        "intro": best(page, "intro", [lang]),
        "news": news,
        "news_href": news_href,
        "quick": quick_ways(takes_card=directory.takes_card),
        "categories": directory.categories,
        "week": directory.week,
        "season": current_season(municipality, order),
        "schemes": directory.schemes,
        "districts": [(district, district.name_in(order)) for district in municipality.districts.filter(kind="neighbourhood")],
    }


@dataclass(frozen=True, slots=True)
class FromDirectory:
    """What the front page shows of the listings."""

    categories: list[dict[str, Any]]
    week: list[Card]
    schemes: list[Card]
    takes_card: bool  # whether a card can be used anywhere here


_kept: dict[tuple[int, str], tuple[str, date, float, FromDirectory]] = {}
KEPT_SECONDS = 30


def from_directory(municipality: Municipality, lang: str) -> FromDirectory:
    """Kept as long as the index is the same: every change of a listing shows at once, all else (names of categories, what is
    over today) within half a minute."""
    stamp, today = get_engine().stamp(), timezone.localdate()
    seen, day, until, found = _kept.get((municipality.pk, lang), ("", today, 0.0, None))
    if found is None or seen != stamp or day != today or until < time.monotonic():
        order = municipality.order_for(lang)
        found = FromDirectory(
            categories(municipality, order),
            this_week(municipality, lang),
            schemes(municipality, lang),
            takes_card(municipality, lang),
        )
        if not stamp.startswith("."):  # an empty index has no stamp of its own
            _kept[municipality.pk, lang] = (stamp, today, time.monotonic() + KEPT_SECONDS, found)
    return found


def quick_ways(*, takes_card: bool = False) -> list[dict[str, str]]:
    """The chips under the search field."""
    find = reverse("find")
    now = timezone.localdate()  # the filter knows weekdays, not dates: the chip says which day it asks for
    card = [{"icon": "card", "label": _("Takes the card"), "href": f"{find}?card=1"}] if takes_card else []
    return [
        {"icon": "free", "label": _("Free"), "href": f"{find}?free=1"},
        {
            "icon": "calendar",
            "label": _("Today, %(weekday)s") % {"weekday": date_format(now, "l")},
            "href": f"{find}?weekday={now.isoweekday()}",
        },
        {"icon": "child", "label": _("Children"), "href": f"{find}?age=8"},
        {"icon": "youth", "label": _("Young people"), "href": f"{find}?age=15"},
        {"icon": "adult", "label": _("Adults"), "href": f"{find}?age=40&kind=activity"},
        {"icon": "home", "label": _("Meeting places"), "href": f"{find}?kind=place"},
        *card,
        {"icon": "volunteer", "label": _("Be a volunteer"), "href": f"{find}?volunteers=1"},
    ]


def takes_card(municipality: Municipality, lang: str) -> bool:
    """Whether a card can be used anywhere in the municipality."""
    from portal.templatetags.finding import counts

    return counts(municipality, lang, "card").get(ANY_CARD, 0) > 0


def categories(municipality: Municipality, order: list[str], chosen: list[Category] | None = None) -> list[dict[str, Any]]:
    """The top categories, or the chosen ones, with how many listings each has."""
    from portal.templatetags.finding import counts

    how_many = counts(municipality, order[0], "category")
    rows = chosen or Category.objects.filter(municipality=municipality, parent=None)
    return [
        {"slug": row.slug, "name": row.name_in(order), "drawing": row.drawing, "count": how_many.get(row.slug, 0)} for row in rows
    ]


def this_week(municipality: Municipality, lang: str) -> list[Card]:
    """Activities with a date of their own in the coming days first, then open ones that meet soon; nearest day first."""
    now = timezone.localtime()
    today = now.date()
    until = today + timedelta(days=6)
    public = Activity.objects.public().filter(municipality=municipality)
    dated = Session.objects.filter(activity__in=public, date__range=(today, until)).order_by("date", "starts")
    weekly = (
        Session.objects.filter(activity__in=public.filter(low_threshold=True), weekday__isnull=False)
        .filter(Q(first_day=None) | Q(first_day__lte=until), Q(last_day=None) | Q(last_day__gte=today))
        .order_by("pk")
    )
    soon: dict[int, tuple[Any, ...]] = {}
    for rank, sessions in enumerate((dated[:40], weekly[:120])):
        for session in sessions:
            over = session.ends and session.starts and session.starts < session.ends < now.time()
            day = next_day(session, today + timedelta(days=1) if over else today)
            if day and day <= until:
                key = (day, session.starts is None, session.starts, rank)
                if session.activity_id not in soon or key[0] < soon[session.activity_id][0][0]:
                    soon[session.activity_id] = (key, session)
    chosen = varied(sorted(soon.items(), key=lambda item: (item[1][0][3], item[1][0][0], str(item[1][0][2]))))
    chosen.sort(key=lambda item: (item[1][0][0], str(item[1][0][2])))
    rows = {row.pk: row for row in for_cards(Activity.objects.filter(pk__in=[pk for pk, _found in chosen]))}
    out = []
    for pk, (key, session) in chosen:
        words = day_with_hours(date_words(key[0]), hours(session.starts, session.ends))
        out.append(replace(card_of(rows[pk], lang, today), when=words[:1].upper() + words[1:]))
    return out


def varied(found: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """The first ones, but not two of a sort on one day, nor three on any day, as long as there is something else."""
    links = Activity.categories.through.objects.filter(activity__in=[pk for pk, _key in found])
    sorts = dict(links.order_by("-category").values_list("activity", "category"))
    chosen: list[tuple[int, Any]] = []
    rest = list(found)
    for per_day, per_sort in ((2, 1), (3, 2), (WEEK_LIMIT, WEEK_LIMIT)):
        for item in list(rest):
            days = [key[0] for _pk, (key, _session) in chosen]
            kinds = [sorts.get(pk) for pk, _key in chosen]
            pk, (key, _session) = item
            if len(chosen) < WEEK_LIMIT and days.count(key[0]) < per_day and kinds.count(sorts.get(pk)) < per_sort:
                chosen.append(item)
                rest.remove(item)
    return chosen


def current_season(municipality: Municipality, order: list[str]) -> dict[str, Any] | None:
    """The holiday programme that runs now or begins within six weeks."""
    today = timezone.localdate()
    season = Season.objects.filter(municipality=municipality, ends__gte=today, starts__lte=today + timedelta(weeks=6)).first()
    if season is None:
        return None
    return {
        "href": page.url if (page := page_of_season(season)) else f"{reverse('find')}?season={season.slug}",
        "name": season.name_in(order),
        "intro": best(season, "intro", order),
        "starts": season.starts,
        "ends": season.ends,
    }


def schemes(municipality: Municipality, lang: str) -> list[Card]:
    """The first support schemes."""
    rows = for_cards(SupportScheme.objects.public().filter(municipality=municipality))[:SCHEME_LIMIT]
    return [card_of(row, lang, timezone.localdate()) for row in rows]
