"""`/shortlist/`: what it says, what it leaves out, and that nothing of it is kept anywhere."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.activities.models import Session
from directory.listings.models import MovedListing
from directory.municipalities.models import Municipality
from portal.frontline.words import LONGEST_IN_QR, fragment
from portal.usage.models import DailySum
from tests.factories.directory import ActivityFactory, make_municipality
from tests.pages.town import Town

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def get(path: str, **extra: Any) -> str:
    response = Client().get(path, **extra)
    assert response.status_code == 200
    assert not response.cookies
    return response.content.decode()


def whole(town: Town) -> str:
    return f"a{town.activity.pk}-p{town.place.pk}-o{town.provider.pk}-s{town.support.pk}"


def test_list_says_when_where_price_contact_and_way_there(town: Town) -> None:
    html = get(f"/nb/shortlist/?l={whole(town)}")
    titles = re.findall(r"<h2[^>]*><a href=[^>]*>([^<]+)</a></h2>", html)
    assert titles == ["Turn for nybegynnere", "Stavernhallen", "Stavern turnforening", "Kontingentkassa"]
    for said in (
        "17:00",
        "Stavernhallen",
        "Idrettsveien 2",
        "Gratis",
        "Kari",
        "00 00 00 02",
        "Bussen stopper utenfor.",
        "4\u00a0000\u00a0kr",
    ):
        assert said in html, said
    assert "Skjult Person" not in html
    assert '<meta name="robots" content="noindex">' in html
    assert "canonical" not in html


def test_order_is_the_address(town: Town) -> None:
    html = get(f"/nb/shortlist/?l=s{town.support.pk}-a{town.activity.pk}")
    assert html.index("Kontingentkassa") < html.index("Turn for nybegynnere")
    assert f'href="/nb/shortlist/?l=a{town.activity.pk}-s{town.support.pk}#item-a{town.activity.pk}"' in html  # one up
    assert f'href="/nb/shortlist/?l=s{town.support.pk}"' in html  # without the other


def test_last_thing_can_be_taken_off(town: Town) -> None:
    html = get(f"/nb/shortlist/?l=a{town.activity.pk}")
    assert 'href="/nb/shortlist/?l="' in html
    assert "l=a" not in get("/nb/shortlist/?l=").split("<main")[1]


def test_things_that_have_gone_are_said_so_and_tell_nothing(town: Town) -> None:
    draft = ActivityFactory(municipality=town.municipality, provider=town.provider, name_nb="Hemmelig utkast", live=False)
    other = make_municipality("3907", "Sandefjord")
    foreign = ActivityFactory(municipality=other, name_nb="Fremmed aktivitet")
    html = get(f"/nb/shortlist/?l=a{town.gone.pk}-a{draft.pk}-a{foreign.pk}-a999999-a{town.activity.pk}")
    assert "4 ting på denne lista finnes ikke lenger" in html
    for word in ("Nedlagt", "Hemmelig", "Fremmed"):
        assert word not in html
    assert f'href="/nb/shortlist/?l=a{town.activity.pk}" data-list-link' in html


def test_what_was_merged_leads_to_the_one_that_stays(town: Town) -> None:
    old = ActivityFactory(municipality=town.municipality, provider=town.provider, name_nb="Dublett", delisted_at=timezone.now())
    MovedListing.objects.create(
        municipality=town.municipality, kind="activity", slug=old.slug, to_id=town.activity.pk, at=timezone.now()
    )
    html = get(f"/nb/shortlist/?l=a{old.pk}")
    assert "Turn for nybegynnere" in html
    assert "Dublett" not in html


def test_break_is_said(town: Town) -> None:
    type(town.activity).objects.filter(pk=town.activity.pk).update(paused_at=timezone.now(), paused_until="2030-01-15")
    html = get(f"/nb/shortlist/?l=a{town.activity.pk}")
    assert "2030" in html
    assert "hand-over" not in html


@pytest.mark.parametrize("l", ["%FF%00", "a", "<script>", "a12" * 3000, "☃", "a999999999999999999999"])
def test_strange_address_is_no_error(l: str, town: Town) -> None:  # noqa: E741
    assert "<main" in get(f"/nb/shortlist/?l={l}")


def test_language_of_the_family_is_where_link_and_code_lead(town: Town) -> None:
    html = get(f"/nb/shortlist/?l=a{town.activity.pk}&for=ti")
    assert f'value="http://testserver/ti/shortlist/?l=a{town.activity.pk}"' in html
    assert f"/nb/shortlist/qr.svg?for=ti&amp;l=a{town.activity.pk}" in html
    assert 'value="http://testserver/nb/' in get(f"/nb/shortlist/?l=a{town.activity.pk}&for=xx")


def test_queries_are_constant(town: Town) -> None:
    def count(things: str) -> int:
        Client().get(f"/nb/shortlist/?l={things}")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            get(f"/nb/shortlist/?l={things}")
        return len(asked)

    more = [
        ActivityFactory(
            municipality=town.municipality,
            provider=town.provider,
            places=[town.place],
            sessions=[Session(weekday=n % 7 + 1, place=town.place)],
        ).pk
        for n in range(14)
    ]
    assert count(whole(town) + "".join(f"-a{pk}" for pk in more)) == count(whole(town))


# ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_words_without_script_stand_in_the_answer_and_nowhere_else(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    path = f"/nb/shortlist/?l=a{town.activity.pk}"
    with CaptureQueriesContext(connection) as asked, caplog.at_level(logging.DEBUG):
        response = Client(enforce_csrf_checks=True).post(
            path, {f"word-a{town.activity.pk}": "Spør etter <b>Kari</b>\nhun hjelper"}
        )
    html = response.content.decode()
    assert (response.status_code, response["Cache-Control"], len(response.cookies)) == (200, "no-store", 0)
    behind = fragment({f"a{town.activity.pk}": "Spør etter <b>Kari</b> hun hjelper"})
    assert "Spør etter &lt;b&gt;Kari&lt;/b&gt; hun hjelper" in html
    assert f'value="http://testserver{path}#{behind}"' in html  # the link to give away
    assert re.search(r'data-code alt|src="data:image/svg\+xml', html)
    # In no address that a browser asks for: only behind a `#`.
    assert all(behind not in address.split("#")[0] for address in re.findall(r'(?:href|src|action)="([^"]+)"', html))
    assert not [query for query in asked if query["sql"].lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]
    assert "Kari" not in caplog.text
    assert behind not in caplog.text


def test_words_in_the_query_are_not_read(town: Town) -> None:
    """Where a server's log would have them."""
    html = get(f"/nb/shortlist/?l=a{town.activity.pk}&word-a{town.activity.pk}=hemmelig&w=hemmelig")
    assert "hemmelig" not in re.sub(r'(?:href|action)="[^"]*"', "", html)


def test_code_holds_the_words_it_is_given_in_a_body(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.frontline import views

    drawn: list[str] = []
    monkeypatch.setattr(views, "drawn", lambda address: drawn.append(address) or views.HttpResponse())
    path = f"/nb/shortlist/qr.svg?l=a{town.activity.pk}&for=ar"
    behind = fragment({f"a{town.activity.pk}": "hei"})
    client = Client(enforce_csrf_checks=True)
    client.get(path)
    client.post(path, {"words": behind})
    client.post(path, {"words": "w=<script>"})
    client.post(path, {"words": "w=" + "A" * LONGEST_IN_QR})
    client.get(f"{path}&words={behind}")
    plain = f"http://testserver/ar/shortlist/?l=a{town.activity.pk}"
    assert drawn == [plain, f"{plain}#{behind}", plain, plain, plain]


def test_code_is_a_picture(town: Town) -> None:
    response = Client().get(f"/nb/shortlist/qr.svg?l=a{town.activity.pk}")
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
    assert "no-store" in response["Cache-Control"]
    assert "public" not in response["Cache-Control"]


# ── on other pages ─────────────────────────────────────────────────────────────────────────────────────────────
def test_every_card_and_page_offers_the_list(town: Town) -> None:
    pk = town.activity.pk
    html = get("/nb/find/?q=nybegynnere")
    assert f'href="/nb/find/?q=nybegynnere&amp;l=a{pk}#list-activity-{pk}"' in html
    assert f"l=a{pk}#list-activity-{pk}" in get(f"/nb/activities/{town.activity.slug}/")
    assert "add-to-list" not in get("/nb/embed/?q=nybegynnere")


def test_list_goes_along_through_the_site(town: Town) -> None:
    own = f"p{town.place.pk}"
    html = get(f"/nb/find/?q=nybegynnere&l={own}")
    assert f'<input type="hidden" name="l" value="{own}">' in html
    assert f'href="/nb/activities/{town.activity.slug}/?l={own}"' in html
    assert f'href="/nb/shortlist/?l={own}"' in html
    assert f"l={own}-a{town.activity.pk}#list" in html
    listing = get(f"/nb/activities/{town.activity.slug}/?l={own}-a{town.activity.pk}")
    assert f"/nb/activities/{town.activity.slug}/?l={own}#list-activity-{town.activity.pk}" in listing  # takes it off


def test_ids_on_a_page_are_unique_though_a_card_stands_twice(town: Town) -> None:
    for path in town.paths("nb").values():
        ids = re.findall(r'\sid="(list-[^"]+)"', Client().get(path).content.decode())
        assert len(ids) == len(set(ids)), path


def test_full_list_takes_no_more(town: Town) -> None:
    full = "-".join(f"a{n}" for n in range(900_001, 900_021))
    html = get(f"/nb/find/?q=nybegynnere&l={full}")
    assert f"a{town.activity.pk}#" not in html


def test_lists_are_not_counted_with_what_is_on_them(town: Town) -> None:
    from portal.usage.middleware import tally

    Client().get(f"/nb/shortlist/?l={whole(town)}", headers={"user-agent": "Mozilla/5.0 Firefox/140"})
    tally.flush()
    keys = set(DailySum.objects.values_list("key", flat=True))
    assert keys <= {"shortlist"}


def test_a_kiosk_leads_to_no_list_and_shows_none(town: Town) -> None:
    """What a family looked at does not stand on a shared screen for the next one."""
    answer = Client().get(f"/nb/shortlist/?l=a{town.activity.pk}&kiosk=1")
    assert (answer.status_code, answer["Location"]) == (302, "/nb/?kiosk=1")
    assert "/shortlist/" in get("/nb/find/?q=nybegynnere")
    assert "/shortlist/" not in get("/nb/find/?q=nybegynnere&kiosk=1")


def test_pages_with_a_list_are_made_for_one(town: Town, settings: Any) -> None:
    from portal.kept_pages import pages

    settings.KEPT_SECONDS = 60
    pages.clear()
    get(f"/nb/find/?l=a{town.activity.pk}")
    assert not pages.kept
    get("/nb/find/")
    assert len(pages.kept) == 1
    pages.clear()


def test_other_municipalities_host_shows_its_own(town: Town) -> None:
    other = make_municipality("3907", "Sandefjord")
    assert Municipality.objects.count() == 2
    html = get(f"/nb/shortlist/?l=a{town.activity.pk}", headers={"host": other.site.hostname})
    assert "Turn for nybegynnere" not in html
