"""A kiosk has no way out: what the server does to links, forms, redirects and steps without the mode."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.http import HttpResponse, HttpResponseRedirect
from django.test import Client, RequestFactory

from portal.reach.kiosk import KioskMiddleware, close_ways_out, inside, is_page
from tests.factories.directory import make_municipality
from tests.pages.town import Town

pytestmark = pytest.mark.one_database


def request(path: str = "/nb/find/?q=x&kiosk=1"):
    return RequestFactory().get(path)


class Ways(HTMLParser):
    """Whatever on a page leads somewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[dict[str, str | None]] = []
        self.fields: list[dict[str, str | None]] = []
        self.other: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag in ("a", "area") and "href" in values:
            self.links.append(values["href"] or "")
            self.other += [name for name in ("target", "download", "ping") if name in values]
        elif tag == "form":
            self.forms.append(values)
        elif tag == "input" and values.get("type") == "hidden":
            self.fields.append(values)
        elif tag in ("iframe", "object", "embed", "frame", "portal"):
            self.other.append(tag)
        if "formaction" in values:
            self.other.append("formaction")


@pytest.mark.parametrize(
    "href",
    [
        "https://example.org/",
        "//example.org/nb/",
        "/\\example.org/nb/",
        "\\\\example.org\\nb\\",
        "https:/\\example.org/nb/",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        " \x01javascript:alert(1)//nb/",
        "data:text/html,x",
        "mailto:a@example.org",
        "tel:00000001",
        "webcal://testserver/nb/find/feed.ics",
        "intent://scan/#Intent;scheme=zxing;end",
        "http://testserver:8080/nb/",
        "http://testserver@example.org/nb/",
        "http://[broken/nb/",
        "/",
        "/cms/",
        "/nb/../cms/",
        "/api/v1/search",
        "/documents/1/a.pdf",
        "/media/images/a.png",
        "/nb/desk/",
        "/nb/till/",
        "/nb/embed/",
        "/nb/find/embed-code/",
        "/nb/find/print/",
        "/nb/find/feed.ics",
        "/nb/activities/turn/calendar.ics",
        "/nb/activities/turn/report/",
        "/nb/activities/turn/qr.svg",
        "/xx/find/",
    ],
)
def test_no_way_leads_out(href):
    assert inside(href, request()) is None


@pytest.mark.parametrize(
    ("href", "there"),
    [
        ("/nb/", "/nb/?kiosk=1"),
        ("/ar/find/?free=1&q=a+b", "/ar/find/?free=1&q=a+b&kiosk=1"),
        ("?page=2", "/nb/find/?page=2&kiosk=1"),
        ("", "/nb/find/?q=x&kiosk=1"),
        ("#map", "#map"),
        ("/nb/find/?kiosk=0&near=59.1,10.2#list", "/nb/find/?near=59.1,10.2&kiosk=1#list"),
        ("http://testserver/nb/places/hallen/", "/nb/places/hallen/?kiosk=1"),
        ("/nb/nyheter/sommer/", "/nb/nyheter/sommer/?kiosk=1"),
    ],
)
def test_ways_inside_carry_the_mode(href, there):
    assert inside(href, request()) == there


def test_links_are_rewritten_however_they_are_written():
    page = (
        "<p>1 &lt; 2 &amp; <A HREF='/nb/' TARGET=_blank class=\"x > y\" lang=nb>Inn</A>"
        '<a href="/cms/" lang="en" dir="ltr" onclick="x">Staff</a><a href=https://example.org/>Ut</a>'
        '<a id="here">Sted</a><a href="/nb/find/?q=%22%3E&amp;free=1">Søk</a>'
        '<a href="java&#10;script:alert(1)" href="/nb/">To</a></p>'
        '<form action="/nb/find/"><input name=q></form><form action="https://example.org/"><input></form>'
        '<form method="POST" action="/nb/"><input></form><article>a<b</article>'
    )
    assert close_ways_out(page, request()) == (
        '<p>1 &lt; 2 &amp; <a href="/nb/?kiosk=1" class="x &gt; y" lang="nb">Inn</a>'
        '<span class="no-link" lang="en" dir="ltr">Staff</span><span class="no-link">Ut</span>'
        '<a id="here">Sted</a><a href="/nb/find/?q=%22%3E&amp;free=1&amp;kiosk=1">Søk</a>'
        '<a href="/nb/?kiosk=1">To</a></p>'
        '<form action="/nb/find/" autocomplete="off"><input type="hidden" name="kiosk" value="1">'
        '<input name=q autocomplete="off"></form>'
        '<form hidden class="no-link" action="#"><input autocomplete="off"></form>'
        '<form hidden class="no-link" action="#"><input autocomplete="off"></form><article>a<b</article>'
    )


def test_a_shared_tablet_remembers_nothing_that_was_typed():
    page = (
        '<form action="/nb/find/" autocomplete="on">'
        '<input type="text" autocomplete="postal-code" id=near value="autocomplete=a/"/>'
        '<input TYPE=search AutoComplete><input type="checkbox" autocomplete="x" checked><input type=hidden name=a>'
        "<textarea rows=2 autocomplete=street-address>x</textarea><select name=s><option></select></form>"
    )
    assert close_ways_out(page, request()) == (
        '<form action="/nb/find/" autocomplete="off"><input type="hidden" name="kiosk" value="1">'
        '<input type="text"  id=near value="autocomplete=a/" autocomplete="off">'
        '<input TYPE=search autocomplete="off"><input type="checkbox" autocomplete="x" checked><input type=hidden name=a>'
        '<textarea rows=2 autocomplete="off">x</textarea><select name=s autocomplete="off"><option></select></form>'
    )


def test_no_page_on_a_shared_tablet_offers_what_others_typed(town: Town):
    for name in ("home", "find", "districts"):
        page = Client().get(f"{town.paths('nb')[name]}?kiosk=1").content.decode()
        typed = re.findall(r'<input[^>]*type="(?:text|search)"[^>]*>', page)
        assert typed, name
        assert all(re.findall(r'autocomplete="([^"]*)"', field) == ["off"] for field in typed), name
        assert all('autocomplete="off"' in form for form in re.findall("<form[^>]*>", page) if "no-link" not in form), name


def test_a_town_without_bokmaal_starts_in_its_own_language(town: Town):
    make_municipality("3907", "Sandefjord", languages=["nn", "so"])
    make_municipality("3911", "Holmestrand", languages=["nn", "nb"])
    client = Client()
    for host in ("sandefjord.localhost", "holmestrand.localhost"):
        for path in ("/cms/", "/nn/embed/", "/nn/find/print/", "/documents/1/x.pdf"):
            answer = client.get(path, {"kiosk": "1"}, headers={"host": host})
            assert (answer.status_code, answer["Location"]) == (302, "/nn/?kiosk=1"), (host, path)
        came = {"host": host, "referer": f"http://{host}/nn/?kiosk=1", "accept": "text/html"}
        assert client.get("/cms/", headers=came)["Location"] == "/nn/?kiosk=1"
        assert client.get("/nn/?kiosk=1", headers={"host": host}).status_code == 200
    gone = client.get("/nb/?kiosk=1", headers={"host": "sandefjord.localhost"})
    assert gone.status_code == 404
    assert ' class="kiosk"' in gone.content.decode()[:300]


def test_every_link_of_every_page_stays_inside(town: Town, thorough: bool):
    """From the front page through everything it leads to, in two languages, as a visitor without script would."""
    client = Client()
    waiting = [f"/{lang}/?kiosk=1" for lang in ("nb", "ar")] + [
        f"{path}{'&' if '?' in path else '?'}kiosk=1" for path in town.paths("nb").values() if is_page(urlsplit(path).path)
    ]
    seen: set[str] = set()
    kinds: set[str] = set()
    while waiting:
        address = waiting.pop(0)
        parts = urlsplit(address)
        # Of the endless combinations of filters, those with one choice are enough.
        key = parts.path if len(parse_qsl(parts.query)) > 2 else f"{parts.path}?{parts.query}"
        if key in seen or len(seen) > (250 if thorough else 100):
            continue
        seen.add(key)
        kinds.add(parts.path.split("/")[2] if parts.path.count("/") > 2 else "home")
        response = client.get(address)
        assert response.status_code in (200, 404, 410), address
        page = response.content.decode()
        assert ' class="kiosk"' in page[:300], address
        ways = Ways(page)
        assert ways.other == [], address
        for form in ways.forms:
            if "no-link" not in (form.get("class") or ""):
                assert is_page(urlsplit(urljoin(address, form.get("action") or "")).path), (address, form)
        shown = [form for form in ways.forms if "no-link" not in (form.get("class") or "")]
        sent = [form for form in shown if form.get("method") == "post"]  # these carry the mode in their address
        assert all("kiosk=1" in form["action"] for form in sent), address
        assert sum(field == {"type": "hidden", "name": "kiosk", "value": "1"} for field in ways.fields) == len(shown) - len(
            sent
        ), address
        for link in ways.links:
            if link.startswith("#"):
                continue
            there = urlsplit(urljoin(f"http://testserver{address}", link))
            assert (there.scheme, there.netloc) == ("http", "testserver"), (address, link)
            assert is_page(there.path), (address, link)
            assert ("kiosk", "1") in parse_qsl(there.query), (address, link)
            waiting.append(f"{there.path}?{there.query}")
    assert {"home", "find", "activities", "providers", "places", "support", "districts"} <= kinds


def test_a_page_that_is_not_for_kiosks_goes_back_to_start(town: Town):
    client = Client()
    for path in ("/cms/", "/cms/login/", "/documents/1/x.pdf", "/nb/embed/", "/nb/find/print/", "/nb/activities/x/report/"):
        response = client.get(path, {"kiosk": "1"})
        assert (response.status_code, response["Location"]) == (302, "/nb/?kiosk=1"), path
    assert client.get("/api/v1/search", {"kiosk": "1"}).status_code == 200
    assert client.get("/?kiosk=1", headers={"accept-language": "ar"})["Location"] == "/ar/?kiosk=1"


def test_a_link_without_the_mode_is_brought_back_by_where_it_came_from(town: Town):
    client = Client()

    def step(path, referer="http://testserver/nb/find/?q=x&kiosk=1", **more):
        return client.get(path, headers={"referer": referer, "accept": "text/html,*/*", **more})

    assert step("/nb/find/?near=59.0,10.0")["Location"] == "/nb/find/?near=59.0,10.0&kiosk=1"
    assert step("/cms/")["Location"] == "/nb/?kiosk=1"
    assert step("/")["Location"] == "/nb/?kiosk=1"
    assert "Referer" in step("/nb/")["Vary"]
    # Parts of a page, other sites' links and other people's pages are left alone.
    assert step("/nb/find/", **{"sec-fetch-dest": "empty"}).status_code == 200
    assert client.get("/api/v1/search", headers={"referer": "http://testserver/nb/?kiosk=1", "accept": "*/*"}).status_code == 200
    assert step("/nb/find/", referer="https://example.org/?kiosk=1").status_code == 200
    assert step("/nb/find/", referer="http://testserver/nb/find/?q=kiosk%3D1").status_code == 200
    assert step("/nb/find/", referer="http://[broken?kiosk=1").status_code == 200


def test_redirects_stay_inside():
    def answer(location):
        return KioskMiddleware(lambda request: HttpResponseRedirect(location))(request())["Location"]

    assert answer("/nb/find/?a=1") == "/nb/find/?a=1&kiosk=1"
    assert answer("https://example.org/") == "/nb/?kiosk=1"
    assert answer("/cms/") == "/nb/?kiosk=1"


def test_pages_for_everybody_else_are_left_as_they_are(town: Town):
    page = Client().get("/nb/").content.decode()
    assert "kiosk" not in page
    body = b'<a href="/cms/">x</a>'
    assert KioskMiddleware(lambda request: HttpResponse(body))(request("/nb/?kiosk=2")).content == body


def test_a_kiosk_has_start_over_a_code_to_take_along_and_no_door_for_staff(town: Town):
    page = Client().get(f"{town.paths('nb')['activity']}?kiosk=1").content.decode()
    assert re.search(r'<a href="/nb/\?kiosk=1" class="ds-button" data-kiosk-start>', page)
    assert f"/nb/activities/{town.activity.slug}/qr.svg" in page
    assert '<noscript><meta http-equiv="refresh" content="300; url=/nb/?kiosk=1"></noscript>' in page
    for gone in ("/cms/", "tel:", "mailto:", "data-share", "data-print", "openstreetmap.org", "/report/"):
        assert gone not in page, gone
