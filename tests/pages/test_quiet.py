"""Public pages keep no cookie and ask nobody outside; street tiles only when the reader wants them; the guards themselves."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.conf import settings

from tests.pages.conftest import Look, Site, Watch

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]
TILES = settings.MAP_TILES_URL.split("{")[0]
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def count_tiles(page: Any) -> list[str]:
    """Answer for the tile server; gives the list that its questions are written to."""
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=200, body=PIXEL, content_type="image/png")

    page.context.route(f"{TILES}**", answer)
    return asked


@pytest.mark.parametrize("where", ["find", "place"])
def test_tiles_are_asked_for_when_the_reader_presses_and_not_before(where: str, site: Site, look: Look) -> None:
    page = look(watched=False)
    asked = count_tiles(page)
    others: list[str] = []
    page.context.on("request", lambda r: others.append(r.url) if not r.url.startswith((site.url, TILES, "data:")) else None)
    page.goto(site.town.paths("nb")[where])
    place = page.locator("[data-map]")
    place.scroll_into_view_if_needed()
    place.locator(".leaflet-marker-icon").first.wait_for()
    place.locator(".leaflet-control-zoom-in").click()
    page.wait_for_timeout(400)
    assert asked == []

    button = place.locator("[data-tiles]")
    button.click()
    place.locator("img.leaflet-tile-loaded").first.wait_for()
    assert asked
    assert button.get_attribute("aria-pressed") == "true"
    assert "Kartverket" in place.locator(".leaflet-control-attribution").inner_text()

    button.click()
    assert place.locator("img.leaflet-tile").count() == 0
    so_far = len(asked)
    place.locator(".leaflet-control-zoom-out").click()
    page.wait_for_timeout(400)
    assert len(asked) == so_far
    assert others == []
    assert page.context.cookies() == []


def test_a_choice_of_language_is_kept_in_the_address_alone(site: Site, look: Look) -> None:
    page = look(390)
    page.goto(site.town.paths("nb")["activity"])
    page.locator(".languages-menu > summary").click()
    page.locator(".languages-menu a[hreflang=ar]").click()
    page.wait_for_url("**/ar/activities/**")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_guard_sees_cookie_third_party_policy_and_lacking_parts(site: Site, browser: Any) -> None:
    context = browser.new_context()
    watch = Watch(site.url)
    watch.attach(context)
    policy = context.request.get(f"{site.url}/nb/").headers["content-security-policy"]
    body = (
        "<!doctype html><title>x</title><p style='color:red'>x</p><script>document.title = 'ran'</script>"
        "<link rel=stylesheet href='/static/portal/build/nothing.css'><a href='https://third.example.org/'>away</a>"
    )
    headers = {"content-security-policy": policy, "set-cookie": "tracker=1; Path=/"}
    context.route("**/broken", lambda route: route.fulfill(status=200, body=body, content_type="text/html", headers=headers))
    context.route(
        "https://third.example.org/**", lambda route: route.fulfill(status=200, body="<title>y</title>", content_type="text/html")
    )
    page = context.new_page()
    page.goto(f"{site.url}/broken")
    assert page.title() == "x"
    page.wait_for_load_state("networkidle")
    page.locator("a").click()
    page.wait_for_url("https://third.example.org/")
    faults = "\n".join(watch.faults)
    for word in ("Content Security Policy", "inline style", "third party asked: https://third.example.org/", "404: "):
        assert word in faults
    assert [cookie["name"] for cookie in context.cookies()] == ["tracker"]
    context.close()
