"""The results page with script: filters without reload, a count that is spoken, a map that repeats the list, "near me"."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import Look, Site

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]


def number_in(text: str) -> int:
    found = re.search(r"\d+", text)
    assert found, text
    return int(found[0])


def titles(page: Any) -> list[str]:
    return page.locator(".results .card h2").all_inner_texts()


def answer(browsing: Any, what: str, **params: str) -> dict[str, Any]:
    """What the API says."""
    return browsing.request.get(f"/api/v1/{what}", params=params).json()


def test_filters_change_the_list_without_a_reload_and_the_count_is_spoken(site: Site, look: Look) -> None:
    page = look()
    page.goto("/nb/find/")
    page.evaluate("window.sameLoad = true; window.spokenNode = document.querySelector('[data-spoken]')")
    status = page.locator("[data-spoken]")
    assert status.get_attribute("role") == "status"
    before, titles_before = status.inner_text(), titles(page)
    free = answer(page, "search", free="1")["total"]
    assert 0 < free < number_in(before)

    page.locator("#f-free-1").check()
    expect(status).to_contain_text(re.compile(rf"\b{free}\b"))
    expect(page.locator(".results .card")).to_have_count(free)
    assert page.url.endswith("/nb/find/?free=1")
    assert page.evaluate("window.sameLoad && window.spokenNode.isConnected"), "a new node would not be spoken"
    assert page.evaluate("document.activeElement.id") == "f-free-1", "the reader stays where they were"
    after = titles(page)

    page.go_back()
    expect(status).to_have_text(before)
    assert titles(page) == titles_before
    expect(page.locator("#f-free-1")).not_to_be_checked()
    page.go_forward()
    expect(page.locator("#f-free-1")).to_be_checked()
    expect(page.locator(".results .card")).to_have_count(free)
    assert titles(page) == after
    assert page.evaluate("window.sameLoad === true")


def test_chips_take_a_choice_back(site: Site, look: Look) -> None:
    page = look()
    page.goto("/nb/find/?free=1&kind=activity")
    chips = page.locator(".chosen li:not(:has(.chosen__all)) a")
    expect(chips).to_have_count(2)
    chips.filter(has_text="Gratis").click()
    expect(chips).to_have_count(1)
    expect(page.locator("#f-free-1")).not_to_be_checked()
    expect(page.locator("#f-kind-activity")).to_be_checked()
    assert page.url.endswith("/nb/find/?kind=activity")
    page.locator(".chosen__all").click()
    expect(chips).to_have_count(0)
    assert page.url.endswith("/nb/find/")
    assert number_in(page.locator("[data-spoken]").inner_text()) == answer(page, "search")["total"]


def test_words_are_sent_without_empty_fields(site: Site, look: Look) -> None:
    page = look()
    page.goto("/nb/find/")
    page.locator("#find-q").fill("turn nybegynnere")
    page.keyboard.press("Enter")
    expect(page.locator(".results .card")).to_have_count(1)
    assert page.url.endswith("/nb/find/?q=turn+nybegynnere")
    assert "turn nybegynnere" in page.title()


def test_nothing_found_says_what_to_drop_and_what_that_gives(site: Site, look: Look) -> None:
    page = look()
    page.goto("/nb/find/?kind=support&weekday=2&free=1")
    drop = page.locator(".nothing .links a").first
    promised = number_in(drop.locator(".links__count").inner_text())
    assert promised > 0
    drop.click()
    expect(page.locator("[data-spoken]")).to_contain_text(re.compile(rf"\b{promised}\b"))


def test_a_broken_answer_ends_in_a_full_load(site: Site, look: Look) -> None:
    page = look(watched=False)
    page.goto("/nb/find/")
    page.evaluate("window.sameLoad = true")
    page.route("**/find/?free=1", lambda route: route.fulfill(status=500, body="no"), times=1)
    page.locator("#f-free-1").check()
    expect(page.locator(".results .card")).to_have_count(answer(page, "search", free="1")["total"])
    assert page.evaluate("window.sameLoad") is None


# How many hits the markers stand for, those in clusters included.
ON_MAP = """() => [...document.querySelectorAll('#find-map .leaflet-marker-icon')].reduce((sum, icon) => {
  const disc = icon.querySelector('.disc');
  return sum + (disc ? parseInt(disc.firstChild.textContent, 10) : 1);
}, 0)"""


def expect_on_map(page: Any, count: int) -> None:
    for _attempt in range(60):
        if page.evaluate(ON_MAP) == count:
            return
        page.wait_for_timeout(100)
    assert page.evaluate(ON_MAP) == count


def with_position(browsing: Any, **params: str) -> int:
    """Hits with a position, counted over every page of results."""
    first = answer(browsing, "search", **params)
    rows = first["results"]
    for number in range(2, first["pages"] + 1):
        rows += answer(browsing, "search", page=str(number), **params)["results"]
    assert len(rows) == first["total"]
    return sum(row["point"] is not None for row in rows)


def test_map_shows_every_hit_and_follows_the_list(site: Site, look: Look) -> None:
    page = look()
    page.goto("/nb/find/")
    everything = with_position(page)
    assert everything > 20, "more than a page of results"
    expect_on_map(page, everything)
    page.locator("#f-free-1").check()
    free = with_position(page, free="1")
    assert 0 < free < everything
    expect_on_map(page, free)


def test_list_has_what_the_map_has_not(site: Site, look: Look) -> None:
    page = look(java_script_enabled=False)
    page.goto("/nb/find/")
    seen: list[str] = []
    while True:
        seen += page.locator(".results .card h2 a").evaluate_all("links => links.map((a) => a.pathname)")
        following = page.locator("a[rel=next]")
        if not following.count():
            break
        with page.expect_navigation():
            following.click()
    assert len(seen) == len(set(seen)) == answer(page, "search")["total"]


def test_card_and_marker_light_each_other(site: Site, look: Look) -> None:
    page = look()
    page.goto("/nb/find/?q=turn&kind=activity")
    marker = page.locator("#find-map .leaflet-marker-icon").first
    marker.wait_for()
    card = page.locator(".results .card").first
    card.hover()
    expect(page.locator("#find-map .is-lit")).to_have_count(1)
    page.mouse.move(2, 2)
    expect(page.locator("#find-map .is-lit")).to_have_count(0)
    card.locator("a").first.focus()
    expect(page.locator("#find-map .is-lit")).to_have_count(1)
    marker.focus()
    expect(page.locator(".results .card.is-lit")).to_have_count(1)


def test_marker_opens_by_keyboard_and_escape_gives_the_focus_back(site: Site, look: Look) -> None:
    page = look()
    page.goto("/nb/find/?q=turn&kind=activity")
    marker = page.locator("#find-map .leaflet-marker-icon").first
    marker.wait_for()
    marker.focus()
    page.keyboard.press("Enter")
    link = page.locator(".leaflet-popup a")
    expect(link).to_be_focused()
    assert link.get_attribute("href") == f"/nb/activities/{site.town.activity.slug}/"
    page.keyboard.press("Escape")
    expect(link).to_have_count(0)
    expect(marker).to_be_focused()


def test_phone_opens_the_map_only_when_asked(site: Site, look: Look) -> None:
    page = look(390)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/nb/find/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "map-" in url or "/points" in url]
    button = page.locator("[data-open-map]")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    page.locator("#find-map .leaflet-marker-icon").first.wait_for()
    assert button.get_attribute("aria-expanded") == "true"
    expect_on_map(page, with_position(page))
    button.click()
    expect(page.locator("#find-map")).not_to_be_visible()


def test_near_me_rounds_the_position_and_sorts_by_distance(site: Site, look: Look) -> None:
    page = look(390, geolocation={"latitude": 58.99812345, "longitude": 10.03298765}, permissions=["geolocation"])
    page.goto("/nb/")
    page.locator("[data-near-me]").click()
    page.wait_for_url("**/nb/find/?*")
    # About a hundred metres, and no more, goes to the server.
    assert "near=58.998%2C10.033&" in page.url + "&"
    assert "sort=distance" in page.url
    near = answer(page, "search", near="58.998,10.033", sort="distance")["results"]
    distances = [row["distance_km"] for row in near]
    assert distances == sorted(distances)
    assert page.locator(".results .card h2 a").first.get_attribute("href") == near[0]["url"]


def test_near_me_refused_asks_for_a_street_instead(site: Site, look: Look) -> None:
    page = look(390, permissions=[])
    page.goto("/nb/find/")
    page.locator(".filters > summary").click()
    page.locator("#filter-near > summary").click()
    page.locator("#filter-near [data-near-me]").click()
    expect(page.locator("#near-said")).to_contain_text("postnummer")
    expect(page.locator("#near")).to_be_focused()
    page.locator("#near").fill("3290")
    page.keyboard.press("Enter")
    page.wait_for_url("**/find/?near=3290*")
    expect(page.locator("[data-spoken]")).to_contain_text(re.compile(r"\d"))


def test_suggestions_are_chosen_by_arrow_keys(site: Site, look: Look) -> None:
    page = look(390)
    page.goto("/nb/find/")
    field = page.locator("#find-q")
    field.press_sequentially("turn", delay=20)
    options = page.locator("[role=listbox] [role=option]")
    options.first.wait_for()
    assert field.get_attribute("aria-expanded") == "true"
    field.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    field.press("Escape")
    assert field.get_attribute("aria-expanded") == "false"
    expect(field).to_have_value("turn")
