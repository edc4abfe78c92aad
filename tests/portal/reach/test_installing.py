"""The site on a phone's screen: manifest, icons, service worker, offline page."""

from __future__ import annotations

import io
import json
import re

import pytest
from django.test import Client
from PIL import Image

from portal.pages.look import SiteLook
from portal.reach import installing
from tests.factories.directory import make_municipality
from tests.pages.town import Town

pytestmark = pytest.mark.one_database


def manifest(query: str = "", **extra) -> dict:
    response = Client().get(f"/manifest.webmanifest{query}", **extra)
    assert response["Content-Type"] == "application/manifest+json; charset=utf-8"
    return json.loads(response.content)


def test_manifest_is_the_municipalitys_own_in_the_readers_language(town: Town):
    facts = manifest()
    assert (facts["name"], facts["lang"], facts["start_url"], facts["scope"]) == ("Frittfram Larvik", "nb", "/nb/", "/")
    arabic = manifest("?lang=ar")
    assert (arabic["lang"], arabic["dir"], arabic["start_url"], arabic["id"]) == ("ar", "rtl", "/ar/", facts["id"])
    assert manifest("?lang=de")["lang"] == "nb", "not offered here"
    assert manifest("?lang=%22%3E")["lang"] == "nb"
    make_municipality("3907", "Sandefjord", languages=["nn"])
    assert manifest(headers={"host": "sandefjord.localhost"})["name"] == "Frittfram Sandefjord"
    assert '<link rel="manifest" href="/manifest.webmanifest?lang=ar">' in Client().get("/ar/").content.decode()


def test_icons_are_as_large_as_they_say_and_in_the_sites_colour(town: Town):
    SiteLook.objects.create(municipality=town.municipality, accent="#7b2d45")
    facts = manifest()
    assert facts["theme_color"] == "#7b2d45"
    assert {(icon["sizes"], icon["purpose"]) for icon in facts["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in facts["icons"]:
        response = Client().get(icon["src"])
        assert response["Content-Type"] == "image/png"
        picture = Image.open(io.BytesIO(response.content)).convert("RGBA")
        assert f"{picture.width}x{picture.height}" == icon["sizes"]
        assert picture.getpixel((picture.width // 2, 6))[:3] == (123, 45, 69)
        # A phone cuts a maskable one to its own shape: its ground goes to every corner.
        assert (picture.getpixel((0, 0))[3] == 255) == (icon["purpose"] == "maskable")
    assert Client().get("/app-icon/any-192-ff0000.png").status_code == 404
    assert Client().get("/app-icon/any-4096-0a6660.png").status_code == 404


def test_sign_in_the_header_has_the_sites_colour(town: Town):
    assert 'rel="icon" href="/static/portal/build/logo-' in Client().get("/nb/").content.decode()
    SiteLook.objects.create(municipality=town.municipality, accent="#7b2d45")
    page = Client().get("/nb/").content.decode()
    assert page.count('"/app-sign-7b2d45.svg"') == 2, "on the tab and in the header"
    sign = Client().get("/app-sign-7b2d45.svg")
    assert sign["Content-Type"] == "image/svg+xml"
    assert b".a{fill:#7b2d45}" in sign.content
    assert Client().get("/app-sign-ff0000.svg").status_code == 404
    assert "/app-sign-7b2d45.svg" in worker()[0]["files"], "the offline page shows it too"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("favicon.ico", "any-192"),
        ("apple-touch-icon.png", "apple-180"),
        ("apple-touch-icon-precomposed.png", "apple-180"),
    ],
)
def test_an_icon_is_found_where_browsers_look_for_one(town: Town, asked: str, given: str):
    SiteLook.objects.create(municipality=town.municipality, accent="#7b2d45")
    assert Client().get(f"/{asked}")["Location"] == f"/app-icon/{given}-7b2d45.png"


def worker(**extra) -> tuple[dict, str]:
    response = Client().get("/sw.js", **extra)
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "no-cache"
    first, rest = response.content.decode().split("\n", 1)
    return json.loads(first.removeprefix("const SITE=").removesuffix(";")), rest


def test_worker_knows_files_that_are_there_and_the_offline_page_of_each_language(town: Town):
    site, _code = worker()
    assert set(site["offline"]) == set(town.municipality.languages)
    for path in [*site["files"], *site["offline"].values()]:
        assert Client().get(path).status_code == 200, path
    page = Client().get("/ar/offline/").content.decode()
    assert 'dir="rtl"' in page
    assert 'content="noindex"' in page
    needed = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page))
    assert needed <= set(site["files"]), "else it would look broken without a network"


def test_worker_is_another_when_anything_it_keeps_is_another(town: Town, monkeypatch):
    before = worker()[0]["version"]
    assert worker()[0]["version"] == before
    SiteLook.objects.create(municipality=town.municipality, accent="#7b2d45")
    coloured = worker()[0]["version"]
    assert coloured != before
    monkeypatch.setattr(installing, "product_version", lambda: "another release")
    assert worker()[0]["version"] not in (before, coloured)
