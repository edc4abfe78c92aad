"""The calendar of a municipality: what meets on which day, under which question, and where there is no calendar at all."""

from __future__ import annotations

import random
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from directory.activities.models import Activity, Session
from directory.municipalities.models import Feature, Municipality
from directory.places.models import Place
from portal.calendar.spans import Span, Unit, span_of
from portal.translating.looking import look_at_changes
from portal.translating.models import Origin
from search.engines import get_engine
from tests.factories.directory import (
    ActivityFactory,
    CategoryFactory,
    DistrictFactory,
    PlaceFactory,
    ProviderFactory,
    default_municipality,
    make_municipality,
)
from tests.portal.translating.test_knowledge import write

pytestmark = pytest.mark.one_database

TODAY = date(2026, 11, 21)


# ── spans ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("address", "first", "last", "refused"),
    [
        ("", date(2026, 11, 16), date(2026, 11, 22), False),
        ("week=2026-W53", date(2026, 12, 28), date(2027, 1, 3), False),
        ("week=2027-W53", date(2026, 11, 16), date(2026, 11, 22), True),  # that year has 52
        ("week=2026-W00", date(2026, 11, 16), date(2026, 11, 22), True),
        ("month=2028-02", date(2028, 2, 1), date(2028, 2, 29), False),
        ("month=2026-13", date(2026, 11, 1), date(2026, 11, 30), True),
        ("day=2026-12-05", date(2026, 12, 5), date(2026, 12, 5), False),
        ("day=2026-02-30", date(2026, 11, 21), date(2026, 11, 21), True),
        ("day=9999-12-31", date(2026, 11, 21), date(2026, 11, 21), True),
        ("month=0001-01", date(2026, 11, 1), date(2026, 11, 30), True),
        ("week=٢٠٢٦-W10", date(2026, 11, 16), date(2026, 11, 22), True),
        ("day=<script>", date(2026, 11, 21), date(2026, 11, 21), True),
    ],
)
def test_span_of_an_address(address, first, last, refused):
    span, why = span_of(QueryDict(address), TODAY)
    assert (span.first, span.last, why is not None) == (first, last, refused)


@pytest.mark.parametrize("unit", list(Unit))
def test_leafing_on_and_back_leaves_out_no_day(unit):
    span = Span.around(date(2026, 12, 30), unit)
    for _ in range(60):
        assert span.next.first == span.last + timedelta(days=1)
        assert span.next.previous == span
        assert span_of(QueryDict(f"{unit}={span.value}"), span.first)[0] == span
        span = span.next


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def larvik(db) -> Municipality:
    return default_municipality(features=[Feature.CALENDAR.value])


def entries(response):
    return {day.date: [str(entry.title) for entry in day.entries] for day in response.context["days"] if day.total}


def coming(weekday: int) -> date:
    """That weekday of next week."""
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday()) + timedelta(days=7)
    return monday + timedelta(days=weekday - 1)


def week(day: date) -> str:
    return Span.around(day, Unit.WEEK).value


@pytest.mark.django_db
def test_there_is_no_calendar_until_it_is_turned_on(client):
    larvik = default_municipality()
    ActivityFactory(municipality=larvik, sessions=[Session(weekday=1)])
    assert "/nb/calendar/" not in client.get("/nb/").content.decode()
    for path in ("/nb/calendar/", "/nb/calendar.ics"):
        assert client.get(path).status_code == 404
    larvik.features = [Feature.CALENDAR.value]
    larvik.save()
    assert 'href="/nb/calendar/"' in client.get("/nb/").content.decode()
    for path in ("/nb/calendar/", "/nb/calendar.ics"):
        assert client.get(path).status_code == 200


def test_a_week_holds_what_meets_in_it_by_the_clock(client, larvik):
    provider = ProviderFactory(municipality=larvik)
    ActivityFactory(municipality=larvik, provider=provider, name_nb="Kor", sessions=[Session(weekday=2, starts=time(19))])
    ActivityFactory(
        municipality=larvik,
        provider=provider,
        name_nb="Turn",
        sessions=[Session(weekday=2, starts=time(17)), Session(date=coming(5), starts=time(9))],
    )
    ActivityFactory(
        municipality=larvik, provider=provider, name_nb="Avlyst", sessions=[Session(weekday=2, cancelled=[coming(2).isoformat()])]
    )
    ActivityFactory(municipality=larvik, provider=provider, name_nb="Slutt", sessions=[Session(weekday=2, last_day=coming(1))])
    ActivityFactory(municipality=larvik, provider=provider, name_nb="Utkast", live=False, sessions=[Session(weekday=2)])
    page = client.get(f"/nb/calendar/?week={week(coming(1))}")
    assert entries(page) == {coming(2): ["Turn", "Kor"], coming(5): ["Turn"]}
    assert page.context["total"] == 3
    assert page.content.decode().count("Ingenting denne dagen") == 5
    month = client.get(f"/nb/calendar/?month={coming(2):%Y-%m}")
    assert set(entries(page)[coming(2)]) <= set(entries(month)[coming(2)])
    day = client.get(f"/nb/calendar/?day={coming(2)}")
    assert entries(day) == {coming(2): ["Turn", "Kor"]}


def test_this_week_begins_with_today_and_keeps_the_days_before_at_hand(client, larvik, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args, **kwargs: TODAY)  # a Saturday
    ActivityFactory(municipality=larvik, name_nb="Kor", sessions=[Session(weekday=2), Session(weekday=7)])
    page = client.get("/nb/calendar/")
    assert [day.date for day in page.context["days"]] == [TODAY, TODAY + timedelta(days=1)]
    assert [day.date.isoweekday() for day in page.context["earlier"]] == [1, 2, 3, 4, 5]
    html = page.content.decode()
    assert html.index("Tidligere denne uka") < html.index("17. november") < html.index('<section class="day is-today"')
    for other in (f"week={week(coming(1))}", f"month={TODAY:%Y-%m}", f"day={TODAY}"):
        assert client.get(f"/nb/calendar/?{other}").context["earlier"] == [], other


def test_filters_are_those_of_the_search(client, larvik):
    music = CategoryFactory(municipality=larvik, slug="musikk", name_nb="Musikk")
    DistrictFactory(municipality=larvik, slug="stavern", name_nb="Stavern", postcodes=["3290"])
    both = [Session(weekday=3)]
    ActivityFactory(municipality=larvik, name_nb="Kor", is_free=True, age_from=18, categories=[music], sessions=both)
    ActivityFactory(
        municipality=larvik, name_nb="Turn", is_free=False, age_from=6, age_to=12, postcode="3290", sessions=[Session(weekday=3)]
    )
    when = f"week={week(coming(1))}"
    for question, names in {
        "category=musikk": ["Kor"],
        "free=1": ["Kor"],
        "age=8": ["Turn"],
        "district=stavern": ["Turn"],
        "q=turn": ["Turn"],
        "weekday=4": [],
        "kind=place": ["Kor", "Turn"],
        "category=": ["Kor", "Turn"],
    }.items():
        page = client.get(f"/nb/calendar/?{question}&{when}")
        assert sorted(entries(page).get(coming(3), [])) == names, question
        for key in ("next", "previous"):
            assert question.startswith(("kind", "category=")) or question in page.context["ways"][key]
    nothing = client.get(f"/nb/calendar/?q=turn&free=1&{when}")
    assert nothing.status_code == 200
    assert "Fjern et valg" in nothing.content.decode()


def test_a_chosen_weekday_shows_that_day_of_activities_that_meet_on_others_too(client, larvik):
    ActivityFactory(
        municipality=larvik,
        name_nb="Turn",
        sessions=[Session(weekday=2, starts=time(17)), Session(weekday=4, starts=time(17)), Session(date=coming(5))],
    )
    ActivityFactory(municipality=larvik, name_nb="Kor", sessions=[Session(weekday=3, starts=time(17))])
    when = f"week={week(coming(1))}"
    assert set(entries(client.get(f"/nb/calendar/?{when}"))) == {coming(2), coming(3), coming(4), coming(5)}
    assert entries(client.get(f"/nb/calendar/?weekday=2&{when}")) == {coming(2): ["Turn"]}
    assert entries(client.get(f"/nb/calendar/?weekday=2&weekday=5&{when}")) == {coming(2): ["Turn"], coming(5): ["Turn"]}
    for address in ("calendar.ics", "find/feed.ics"):
        events = Calendar.from_ical(client.get(f"/nb/{address}?weekday=2&weekday=3").content).walk("VEVENT")
        assert sorted((str(event["SUMMARY"]), event["RRULE"]["BYDAY"]) for event in events) == [("Kor", ["WE"]), ("Turn", ["TU"])]


def test_what_comes_next_is_on_a_chosen_weekday_too(client, larvik):
    day = timezone.localdate() + timedelta(days=70)
    sessions = [Session(date=day - timedelta(days=1)), Session(date=day)]
    ActivityFactory(municipality=larvik, name_nb="Marked", sessions=sessions)
    assert client.get(f"/nb/calendar/?weekday={day.isoweekday()}").context["following"] == day


def test_years_far_ahead_are_no_fault(client, larvik):
    end = date(9999, 12, 31)
    sessions = [Session(weekday=2, first_day=end), Session(weekday=2, weeks="odd", first_day=date(9998, 1, 1), last_day=end)]
    turn = ActivityFactory(municipality=larvik, name_nb="Turn", sessions=sessions)
    for path in ("calendar/", "calendar.ics", "find/", f"activities/{turn.slug}/", f"activities/{turn.slug}/calendar.ics"):
        assert client.get(f"/nb/{path}").status_code == 200, path


def test_a_choice_named_in_another_language_says_so(client, larvik):
    CategoryFactory(municipality=larvik, slug="turn", name_nb="Turn")
    for path in ("calendar/", "find/", "find/print/", "find/embed-code/", "embed/"):
        page = client.get(f"/ar/{path}?category=turn").content.decode()
        assert '<span lang="nb" dir="ltr">Turn</span>' in page, path


def test_an_ask_for_words_is_a_chip_as_there_is_no_field_for_them(client, larvik):
    page = client.get("/nb/calendar/?q=turn&free=1")
    assert [str(chip.label) for chip in page.context["chips"]] == ["«turn»", "Gratis"]
    assert all("week=" in chip.href for chip in page.context["chips"])


def test_an_empty_week_leads_to_the_next_thing(client, larvik):
    day = timezone.localdate() + timedelta(days=70)
    ActivityFactory(municipality=larvik, name_nb="Marked", sessions=[Session(date=day)])
    page = client.get("/nb/calendar/")
    assert page.context["following"] == day
    assert entries(client.get(page.context["following_href"])) == {day: ["Marked"]}


def test_a_place_that_is_not_public_is_not_told(client, larvik):
    hall = PlaceFactory(municipality=larvik, name_nb="Hallen")
    other = PlaceFactory(municipality=larvik, name_nb="Skolen")
    ActivityFactory(
        municipality=larvik,
        name_nb="Turn",
        places=[hall, other],
        sessions=[Session(weekday=1, place=hall), Session(weekday=2, place=other)],
    )
    page = client.get(f"/nb/calendar/?week={week(coming(1))}")
    told = {day.date: str(day.entries[0].where) for day in page.context["days"] if day.entries}
    assert told == {coming(1): "Hallen", coming(2): "Skolen"}
    Place.objects.get(pk=hall.pk).unpublish()
    page = client.get(f"/nb/calendar/?week={week(coming(1))}")
    told = {day.date: day.entries[0].where and str(day.entries[0].where) for day in page.context["days"] if day.entries}
    assert told == {coming(1): None, coming(2): "Skolen"}


def test_another_municipality_keeps_its_own(client, larvik):
    other = make_municipality("3907", "Sandefjord")
    ActivityFactory(municipality=other, name_nb="Fremmed", sessions=[Session(weekday=1)])
    assert "Fremmed" not in client.get("/nb/calendar/").content.decode()
    assert client.get("/nb/calendar/", headers={"host": "sandefjord.localhost"}).status_code == 404
    page = client.get(f"/nb/calendar/?municipality=3907&week={week(coming(1))}")
    entry = next(day.entries[0] for day in page.context["days"] if day.entries)
    assert (entry.municipality, entry.url.startswith("http://sandefjord.localhost/nb/")) == ("Sandefjord", True)


def test_the_file_follows_the_question(client, larvik):
    ActivityFactory(municipality=larvik, name_nb="Kor", is_free=True, sessions=[Session(weekday=2, starts=time(19))])
    ActivityFactory(municipality=larvik, name_nb="Turn", is_free=False, sessions=[Session(weekday=2, starts=time(17))])
    page = client.get("/nb/calendar/?free=1&month=2026-12").context
    assert page["feed_webcal"] == "webcal://testserver/nb/calendar.ics?free=1"
    answer = client.get(page["feed_href"])
    assert answer["Content-Type"].startswith("text/calendar")
    assert [str(event["SUMMARY"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")] == ["Kor"]


def test_hostile_text_stays_text(client, larvik):
    ActivityFactory(municipality=larvik, name_nb="<img src=x onerror=alert(1)>", sessions=[Session(weekday=1)])
    for address in (f"week={week(coming(1))}", "q=%3Cscript%3E", "day=%22%3E%3Cscript%3E", "category=%00", "month=%F0%9F%92%A9"):
        page = client.get(f"/nb/calendar/?{address}")
        assert page.status_code == 200, address
        assert "<img src=x" not in page.content.decode()
        assert "<script>" not in page.content.decode()


# ── machine-made and unchecked texts ──────────────────────────────────────────────────────────────────────────
@pytest.fixture
def machine_made(larvik) -> Activity:
    larvik.languages, larvik.checked_languages = ["nb", "ar"], ["nb"]
    larvik.save()
    DistrictFactory(municipality=larvik, slug="stavern", name_nb="Stavern", name_ar="ستافيرن", postcodes=["3290"])
    session = Session(date=timezone.localdate(), starts=time(23))
    turn = ActivityFactory(municipality=larvik, name_nb="Turn", postcode="3290", sessions=[session])
    look_at_changes()
    write(turn, origin=Origin.MACHINE, name_ar="الجمباز")
    return turn


@pytest.mark.parametrize(
    "path",
    ["find/", "find/print/", "embed/", "calendar/", "calendar/?month={month}", "calendar/?day={day}", "districts/stavern/"],
)
def test_every_list_says_that_a_machine_translated_and_that_nobody_checked(client, machine_made, path):
    today = timezone.localdate()
    path = path.format(month=f"{today:%Y-%m}", day=today)
    page = client.get(f"/ar/{path}").content.decode()
    assert "الجمباز" in page
    assert 'class="machine-text"' in page
    assert 'class="page-notice"' in page
    original = client.get(f"/nb/{path}").content.decode()
    assert "Turn" in original
    assert 'class="machine-text"' not in original
    assert 'class="page-notice"' not in original


# ── many ──────────────────────────────────────────────────────────────────────────────────────────────────────
def fill(larvik: Municipality, many: int) -> None:
    """Activities as a town has them, in few statements."""
    from search.documents import every_document

    dice = random.Random(many)
    provider = ProviderFactory(municipality=larvik)
    rows = Activity.objects.bulk_create(
        Activity(municipality=larvik, provider=provider, name_nb=f"Gruppe {n}", slug=f"gruppe-{many}-{n}", live=True)
        for n in range(many)
    )
    Session.objects.bulk_create(
        Session(
            activity=row, weekday=dice.randrange(1, 8), starts=time(dice.randrange(8, 22)), weeks=dice.choice(["every", "odd"])
        )
        for row in rows
        for _ in range(2)
    )
    get_engine().rebuild(every_document())


@pytest.mark.django_db(transaction=True)
def test_what_is_kept_between_pages_follows_every_change_and_spares_reading_whole_documents(client):
    larvik = default_municipality(features=[Feature.CALENDAR.value])
    fill(larvik, 30)
    address = f"/nb/calendar/?week={week(coming(1))}"
    total = client.get(address).context["total"]
    engine, read = get_engine(), []
    fetch = engine.fetch
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "fetch", lambda seqs, **kw: read.extend(seqs) or fetch(seqs, **kw))
        page = client.get(address)
    assert page.context["total"] == total
    assert sorted(set(read)) == sorted(read), "once each"
    assert 0 < len(read) <= len({entry.ident for day in page.context["days"] for entry in day.entries})

    row = Activity.objects.order_by("pk").first()
    row.sessions = [Session(date=coming(6), starts=time(12))]
    row.name_nb = "Bare lørdag"
    row.save()
    found = entries(client.get(f"/nb/calendar/?day={coming(6)}"))
    assert "Bare lørdag" in found[coming(6)]
    assert not any("Bare lørdag" in names for day, names in entries(client.get(address)).items() if day != coming(6))
    Activity.objects.get(pk=row.pk).delete()
    assert "Bare lørdag" not in str(entries(client.get(f"/nb/calendar/?day={coming(6)}")))


def test_as_many_queries_for_many_as_for_few(client, larvik):
    asked = []
    for many in (3, 40):
        fill(larvik, many)
        client.get("/nb/calendar/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get("/nb/calendar/?month=2026-12")
        assert page.context["total"] > many
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 14
