"""Without a network, on paper, and inside other sites, in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.shortcuts import render
from playwright.sync_api import expect

from tests.pages.conftest import Look, Site, violations

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]


def with_worker(look: Look, path: str, **more: Any) -> Any:
    """A page whose worker has taken over."""
    page = look(390, service_workers="allow", **more)
    page.goto(path)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    page.wait_for_timeout(300)
    return page


@pytest.fixture
def offline(look: Look) -> Iterator[Look]:
    """A look that has forgotten its worker before the site's rows go."""
    pages: list[Any] = []

    def open_page(path: str, **more: Any) -> Any:
        pages.append(with_worker(look, path, **more))
        return pages[-1]

    yield open_page
    for page in pages:
        page.context.set_offline(False)
        page.goto("about:blank")


def test_without_a_network_the_reader_is_told_so_in_their_language(site: Site, offline: Look) -> None:
    page = offline("/ar/")
    page.context.set_offline(True)
    page.goto(site.town.paths("ar")["activity"])
    expect(page.locator("h1")).to_have_text("لا توجد لديك شبكة الآن")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.url.endswith(site.town.paths("ar")["activity"]), "the address stays, to be tried again"
    broken = page.evaluate("[...document.images].filter((image) => !image.complete || !image.naturalWidth).length")
    assert broken == 0
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") == "650", "with its looks"
    page.goto("/nb/find/?q=turn")
    expect(page.locator("h1")).to_have_text("Du har ikke nett akkurat nå")
    page.context.set_offline(False)
    page.get_by_role("link", name="Prøv igjen").click()
    expect(page.locator(".results .card").first).to_be_visible()


def test_the_phone_keeps_nothing_that_was_read(site: Site, offline: Look) -> None:
    page = offline("/nb/find/?q=turn")
    page.goto(site.town.paths("nb")["provider"])
    page.goto("/nb/")
    kept = page.evaluate("""async () => {
        const urls = [];
        for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) urls.push(new URL(request.url).pathname);
        return urls;
    }""")
    assert kept
    assert [path for path in kept if not re.fullmatch(r"/static/portal/build/[^/]+|/[a-z]{2}/offline/", path)] == []


def offline_pages(page: Any) -> set[str]:
    """The languages in which the phone has its offline page."""
    page.wait_for_timeout(300)
    paths = page.evaluate("""async () => {
        const found = [];
        for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
        return found;
    }""")
    return {path.split("/")[1] for path in paths if path.endswith("/offline/")}


def test_the_phone_fetches_the_offline_page_of_languages_that_are_read(site: Site, offline: Look) -> None:
    page = offline("/ar/")
    assert offline_pages(page) == {"nb", "ar"}
    page.goto("/en/")
    assert offline_pages(page) == {"nb", "ar", "en"}


def test_a_page_that_cannot_be_had_keeps_nothing_else_away(site: Site, offline: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(request: Any, template: str) -> HttpResponse:
        return HttpResponse(status=503) if request.path == "/ar/offline/" else render(request, template)

    monkeypatch.setattr("portal.reach.installing.render", busy)
    page = offline("/ar/", watched=False)
    assert offline_pages(page) == {"nb"}
    page.context.set_offline(True)
    page.goto("/ar/find/")
    expect(page.locator("h1")).to_have_text("Du har ikke nett akkurat nå")
    page.context.set_offline(False)
    monkeypatch.undo()
    page.goto("/ar/")
    assert offline_pages(page) == {"nb", "ar"}


def test_the_worker_leaves_other_addresses_alone(site: Site, offline: Look) -> None:
    page = offline("/nb/")
    page.context.set_offline(True)
    for path in ("/cms/", "/w", "/k", "/api/v1/search"):
        with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
            page.goto(path)


HOST = """<!doctype html><html lang="nb"><title>Skolen</title><h1>Skolen</h1>
<iframe data-frittfram src="{src}" title="Gratis" width="100%" height="200"></iframe>{script}</html>"""


@contextmanager
def school(body: str) -> Iterator[str]:
    """Another site with one page; its address. Browsers do not let a page that came from nowhere ask this machine."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("script", ["with the page", "after the list", None])
def test_a_list_shows_inside_another_site(script: str | None, site: Site, look: Look) -> None:
    page = look(1280, watched=False)
    inside = f'<script async src="{site.url}/embed.js"></script>' if script == "with the page" else ""
    with school(HOST.format(src=f"{site.url}/nb/embed/?free=1&amp;kind=activity", script=inside)) as address:
        page.goto(address)
        frame = page.frame_locator("iframe")
        expect(frame.locator(".card h2")).to_have_text(["Turn for nybegynnere"])
        if script == "after the list":
            page.wait_for_load_state()
            page.add_script_tag(url=f"{site.url}/embed.js")
        if script:
            expect(page.locator("iframe")).not_to_have_attribute("height", "200")
            assert page.frames[1].evaluate("document.documentElement.scrollHeight <= window.innerHeight + 1"), "nothing to scroll"
            # Somebody else's message changes nothing.
            height = page.locator("iframe").get_attribute("height")
            page.evaluate("window.postMessage({frittfram: 'height', height: 9000}, '*')")
            page.wait_for_timeout(200)
            assert page.locator("iframe").get_attribute("height") == height
        with page.context.expect_page() as opened:
            frame.locator(".card h2 a").click()
        assert opened.value.url.startswith(f"{site.url}/nb/activities/")
        assert page.context.cookies() == []


def test_no_other_page_shows_inside_another_site(site: Site, look: Look) -> None:
    page = look(1280, watched=False)
    with school(HOST.format(src=f"{site.url}/nb/find/?free=1", script="")) as address:
        page.goto(address)
        page.wait_for_timeout(1_000)
        assert page.frame_locator("iframe").locator(".card").count() == 0


@pytest.mark.parametrize("lang", ["nb", "ar"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_in_the_frame(width: int, lang: str, site: Site, look: Look) -> None:
    for scheme in ("light", "dark"):
        page = look(width, color_scheme=scheme)
        page.goto(f"/{lang}/embed/?kind=activity")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_code_is_copied_and_its_example_fits(site: Site, look: Look) -> None:
    page = look(1280, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/nb/find/embed-code/?free=1")
    page.locator("[data-copy]").click()
    expect(page.locator("#copy-said")).to_have_text("Koden er kopiert.")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#code").input_value()
    page.locator(".embed-details > summary").click()
    assert violations(page) == []
    expect(page.frame_locator(".embed-example").locator(".card").first).to_be_visible()


@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_lists_print_on_few_sheets_with_their_code(lang: str, site: Site, look: Look, tmp_path: Path) -> None:
    page = look(1280)
    sheets = {}
    for name, path in (("results", f"/{lang}/find/?kind=activity"), ("list", f"/{lang}/find/print/?kind=activity&by=none")):
        page.goto(path)
        page.emulate_media(media="print")
        qr = page.locator("img.qr").filter(visible=True)
        expect(qr).to_have_count(1)
        qr.scroll_into_view_if_needed()
        assert qr.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
        for gone in (".site-header nav", ".filters", ".find__map", ".take-list", ".pages", ".kiosk-bar"):
            assert page.locator(gone).filter(visible=True).count() == 0, gone
        pdf = page.pdf(format="A4", print_background=False)
        sheets[name] = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert sheets["list"] == 1, "25 activities on one sheet"
    assert sheets["results"] <= 2
