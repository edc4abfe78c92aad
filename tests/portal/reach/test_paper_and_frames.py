"""Printed lists, QR codes of lists, and lists shown on other sites."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.directory import ActivityFactory
from tests.pages.town import Town

pytestmark = pytest.mark.one_database


def get(path: str, **extra) -> str:
    response = Client().get(path, **extra)
    assert response.status_code == 200
    return response.content.decode()


def test_printed_list_has_every_hit_under_its_heading(town: Town):
    page = get("/nb/find/print/?kind=activity&page=2")
    assert len(re.findall(r'<span class="print-rows__name">', page)) == 25, "more than a page of results"
    headings = re.findall(r'<h2 id="group-\d+">([^<]+)', page)
    assert headings[:2] == ["Kategori art", "Kategori sport"]
    assert "/nb/find/qr.svg?kind=activity" in page


def test_printed_list_is_grouped_as_asked(town: Town):
    for by, first in (("district", "Stavern"), ("category", "Kategori art"), ("none", None), ("<x>", "Kategori art")):
        headings = re.findall(r'<h2 id="group-\d+"[^>]*>([^<]+)', get(f"/nb/find/print/?kind=activity&by={by}"))
        assert (headings[0] if headings else None) == first, by


def test_printed_list_says_what_it_left_out(town: Town, monkeypatch):
    monkeypatch.setattr("portal.reach.paper.MOST", 5)
    assert "De første 5 står her" in get("/nb/find/print/?kind=activity")
    assert "print-rows__name" not in get("/nb/find/print/?q=xyzzyqq")


def test_qr_code_of_a_list_is_a_picture_of_its_address(town: Town):
    response = Client().get("/nb/find/qr.svg?q=turn&nonsense=1")
    assert response["Content-Type"] == "image/svg+xml"
    assert response.content == Client().get("/nb/find/qr.svg?q=turn&page=3").content, "only what matters is in it"
    assert response.content != Client().get("/ar/find/qr.svg?q=turn").content
    assert Client().get("/nb/find/qr.svg", {"q": "x y " * 45, "near": "z" * 900}).status_code == 200


def test_anybody_may_frame_the_list_and_nothing_else(town: Town):
    framed = Client().get("/nb/embed/?free=1")
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    assert framed.cookies == {}
    for path in ("/nb/", "/nb/find/?free=1", "/nb/find/embed-code/", "/cms/login/", *town.paths("nb").values()):
        if "/embed/" in path:
            continue
        response = Client().get(path)
        assert "frame-ancestors 'self'" in response["Content-Security-Policy"], path
        assert response["X-Frame-Options"] == "SAMEORIGIN", path


def test_framed_list_has_the_hits_and_leads_out_of_the_frame(town: Town):
    page = get("/nb/embed/?free=1&kind=activity")
    assert "Turn for nybegynnere" in page
    assert '<base target="_blank">' in page
    assert "<form" not in page
    assert "/cms/" not in page
    many = get("/nb/embed/?kind=activity")
    assert many.count('class="card ') == 12
    assert "Se alle 25" in many
    assert "Her er det ingenting akkurat nå" in get("/nb/embed/?q=xyzzyqq")
    assert 'dir="rtl"' in get("/ar/embed/?free=1")


def code_of(page: str) -> str:
    found = re.search(r'<textarea[^>]*id="code"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return unescape(found[1])


def test_code_to_copy_holds_the_question_as_understood(town: Town):
    page = get("/nb/find/embed-code/?free=1&kind=activity&nonsense=%22%3E%3Cscript%3E&page=4&age=abc")
    code = code_of(page)
    assert code.splitlines() == [
        '<iframe data-frittfram src="http://testserver/nb/embed/?kind=activity&amp;free=1" title="Aktiviteter · Gratis"'
        ' width="100%" height="640" loading="lazy"></iframe>',
        '<script async src="http://testserver/embed.js"></script>',
    ]
    assert "Alder: <bdi>abc</bdi>" in page, "what was left out is said"


def test_code_to_copy_cannot_be_broken_out_of(town: Town):
    code = code_of(get("/nb/find/embed-code/", data={"q": '"><script>alert(1)</script></textarea><img src=x>'}))
    assert "<script>alert" not in code
    assert "</textarea" not in code
    assert code.count("<script") == 1
    response = Client().get("/nb/find/embed-code/?free=1")
    assert "frame-src 'self'" in response["Content-Security-Policy"]


def test_script_for_other_sites_has_an_address_that_stays(town: Town):
    response = Client().get("/embed.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert "frittfram" in response.content.decode()
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_questions_to_the_database_do_not_grow(town: Town):
    for path in ("/nb/embed/?kind=activity", "/nb/find/print/?kind=activity"):
        get(path)
        with CaptureQueriesContext(connection) as before:
            get(path)
        for n in range(5):
            ActivityFactory(municipality=town.municipality, provider=town.provider, name_nb=f"Ny {n}")
        get(path)
        with CaptureQueriesContext(connection) as after:
            get(path)
        assert len(after) == len(before), path
