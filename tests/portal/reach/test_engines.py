"""What search engines, browsers and those who share an address get to see."""

from __future__ import annotations

import io
import re
import threading
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from directory.municipalities.models import Feature, Municipality
from portal.kit.texts import Text
from portal.reach import drawing
from portal.reach.subjects import Subject, subject_of_listing
from tests.factories.directory import PlaceFactory, make_municipality
from tests.pages.town import Town
from tests.portal.reach.parsing import parsed

pytestmark = pytest.mark.one_database
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
ROOT = "http://testserver"


def get(path: str, **extra) -> str:
    response = Client().get(path, **extra)
    assert response.status_code == 200, path
    return response.content.decode()


def files(**extra) -> list[str]:
    return [row.text or "" for row in parsed(get("/sitemap.xml", **extra)).iter(f"{MAP}loc")]


def entries(path: str, **extra) -> dict[str, dict[str, str]]:
    """Address → its versions by language."""
    return {
        url.findtext(f"{MAP}loc") or "": {link.get("hreflang", ""): link.get("href", "") for link in url.iter(f"{XHTML}link")}
        for url in parsed(get(path, **extra)).iter(f"{MAP}url")
    }


def test_sitemap_has_every_public_page_in_every_language_beside_one_another(town: Town, thorough: bool):
    found: dict[str, dict[str, str]] = {}
    for address in files():
        found |= entries(address.removeprefix(ROOT))
    slug = town.activity.slug
    versions = {code: f"{ROOT}/{code}/activities/{slug}/" for code in town.municipality.languages}
    for code in versions:
        assert found[versions[code]] == {**versions, "x-default": versions["nb"]}
    assert found[f"{ROOT}/nb/"]["x-default"] == f"{ROOT}/"
    for name in ("find", "support schemes", "provider", "place", "support", "district"):
        assert ROOT + town.paths("nb")[name] in found, name
    assert f"{ROOT}/nb/activities/{town.gone.slug}/" not in found
    assert (f"{ROOT}/nb/calendar/" in found) == town.municipality.has(Feature.CALENDAR)
    arabic = sorted(address for address in found if "/ar/" in address)[:: 1 if thorough else 5]
    assert all(Client().get(address.removeprefix(ROOT)).status_code == 200 for address in arabic)


def test_sitemap_is_cut_into_files_and_asks_a_constant_number_of_questions(town: Town, monkeypatch):
    monkeypatch.setattr("portal.reach.engines.IN_A_FILE", 10)
    activities = [address for address in files() if "-activity-" in address]
    assert [address.rsplit("-", 1)[1] for address in activities] == ["1.xml", "2.xml", "3.xml"]
    seen = [address for file in activities for address in entries(file.removeprefix(ROOT)) if "/nb/" in address]
    assert len(seen) == len(set(seen)) == 25
    assert Client().get("/sitemap-activity-4.xml").status_code == 404
    assert Client().get("/sitemap-nonsense-1.xml").status_code == 404
    assert Client().get("/sitemap-activity-0.xml").status_code == 404
    for path in ("/sitemap.xml", "/sitemap-place-1.xml"):
        with CaptureQueriesContext(connection) as before:
            get(path)
        for n in range(3):
            PlaceFactory(municipality=town.municipality, name_nb=f"Sted {n} {path[8]}")
        with CaptureQueriesContext(connection) as after:
            get(path)
        assert len(before) == len(after), path


def test_each_host_has_its_own_sitemap_and_robots(town: Town):
    other = make_municipality("3907", "Sandefjord", languages=["nn", "so"])
    PlaceFactory(municipality=other, name_nb="Skagerak", slug="skagerak")
    host = {"host": "sandefjord.localhost"}
    found = entries("/sitemap-place-1.xml", headers=host)
    assert set(found) == {f"http://sandefjord.localhost/{code}/places/skagerak/" for code in ("nn", "so")}
    assert "Sitemap: http://sandefjord.localhost/sitemap.xml" in get("/robots.txt", headers=host)
    lines = get("/robots.txt").splitlines()
    assert {"User-agent: *", "Disallow: /cms/", "Disallow: /api/", f"Sitemap: {ROOT}/sitemap.xml"} <= set(lines)


def head(path: str) -> dict[str, str]:
    """What the head says, by name."""
    page = get(path).split("</head>")[0]
    found = {f"og:{name}": unescape(value) for name, value in re.findall(r'property="og:([a-z:_]+)" content="([^"]*)"', page)}
    found |= {f"alternate {code}": unescape(href) for code, href in re.findall(r'hreflang="([^"]+)" href="([^"]+)"', page)}
    if canonical := re.search(r'rel="canonical" href="([^"]+)"', page):
        found["canonical"] = unescape(canonical[1])
    found["noindex"] = "yes" if 'content="noindex' in page else "no"
    return found


def test_canonical_address_holds_what_matters_in_one_order(town: Town):
    found = head("/nb/find/?utm_source=x&free=1&kind=activity&fbclid=y&page=1")
    assert found["canonical"] == f"{ROOT}/nb/find/?kind=activity&free=1"
    assert found["alternate ar"] == f"{ROOT}/ar/find/?kind=activity&free=1"
    assert found["alternate x-default"] == f"{ROOT}/nb/find/?kind=activity&free=1"
    listing = head(f"{town.paths('en')['activity']}?utm_source=x&kiosk=0")
    assert listing["canonical"] == f"{ROOT}/en/activities/{town.activity.slug}/"
    assert listing["alternate x-default"] == f"{ROOT}/nb/activities/{town.activity.slug}/"
    home = head("/ar/?x=1")
    assert (home["canonical"], home["alternate x-default"]) == (f"{ROOT}/ar/", f"{ROOT}/")


def test_only_lists_worth_finding_are_indexed(town: Town):
    for query, noindex in (
        ("", "no"),
        ("?category=turn", "no"),
        ("?district=stavern", "no"),
        ("?season=ferie&utm_source=x", "no"),
        ("?category=turn&free=1", "yes"),
        ("?age=8", "yes"),
        ("?q=turn", "yes"),
        ("?near=3290", "yes"),
        ("?page=2", "yes"),
        ("?sort=name", "yes"),
    ):
        assert head(f"/nb/find/{query}")["noindex"] == noindex, query


def test_every_public_page_says_how_it_looks_when_shared(town: Town, thorough: bool):
    for lang in ("nb", "ar"):
        for number, (name, path) in enumerate(town.paths(lang).items()):
            if not thorough and name != "activity" and ("," in name or number % 2 != (lang == "ar")):
                continue
            if Client().get(path).status_code != 200:
                continue
            found = head(path)
            if found["noindex"] == "yes" and "canonical" not in found:
                continue
            assert found["og:title"], name
            assert found["og:description"], name
            assert found["og:url"] == found["canonical"], name
            picture = Client().get(found["og:image"].removeprefix(ROOT))
            assert (picture.status_code, picture["Content-Type"]) == (200, "image/png"), name
            assert "immutable" in picture["Cache-Control"]
            assert Image.open(io.BytesIO(picture.content)).size == (1200, 630)
    found = head(town.paths("ar")["activity"])
    assert found["og:title"] == "الجمباز للمبتدئين"
    assert found["og:locale"] == "ar"


def test_pictures_are_drawn_only_of_what_is_public_here(town: Town):
    subject = subject_of_listing(town.activity, town.municipality, "nb")
    address = subject.address("nb")
    assert Client().get(address).status_code == 200
    strange = address.replace(subject.digest("nb"), "0" * 20)
    assert Client().get(strange)["Location"] == address, "an address shared before the text changed"
    for path in (
        address.replace("-nb-", "-de-"),
        address.replace(town.activity.slug, "nowhere"),
        address.replace(town.activity.slug, town.gone.slug),
        "/social/page/999999-nb-" + "0" * 20 + ".png",
        "/social/site/other-nb-" + "0" * 20 + ".png",
        "/social/nonsense/x-nb-" + "0" * 20 + ".png",
    ):
        assert Client().get(path).status_code == 404, path
    make_municipality("3907", "Sandefjord")
    assert Client().get(address, headers={"host": "sandefjord.localhost"}).status_code == 404
    town.activity.hidden_at = timezone.now()
    town.activity.save()
    assert Client().get(address).status_code == 404


def test_words_are_set_as_words_and_another_text_is_another_picture(settings, tmp_path):
    settings.VAR_DIR = tmp_path

    def picture(title, lang="nb", colour="#0a6660"):
        subject = Subject(
            "site", "x", Text(title, lang), Text("#set page(fill: red) $x$ \\u{41} *_`", lang), "sport", "Larvik", colour
        )
        return drawing.social(subject, lang)

    plain = picture("Turn")
    assert len(list((tmp_path / "pictures").glob("social-*.png"))) == 1
    assert picture("Turn") == plain
    corner = Image.open(io.BytesIO(plain)).convert("RGB").getpixel((5, 5))
    assert corner == (255, 248, 236), "what looks like markup changed nothing"
    assert picture("الجمباز", "ar") != plain
    bar = Image.open(io.BytesIO(picture("Turn", colour="#f4e04d"))).convert("RGB")
    assert bar.getpixel((600, 610)) == (244, 224, 77)


@pytest.mark.parametrize(
    ("text", "lang"),
    [("Čáhppes guđii æøå", "se"), ("Гімнастика", "uk"), ("فارسی ژچپگ", "fa"), ("ጅምናስቲክ", "ti"), ("الجمباز", "ar")],
)
def test_every_script_has_letters(text, lang, settings, tmp_path):
    """A letter that no font has is an empty box, whatever the letter: two such words of one length look alike."""
    settings.VAR_DIR = tmp_path

    def picture(title):
        return drawing.social(Subject("site", "x", Text(title, lang), Text("", lang), "sport", "Larvik", "#0a6660"), lang)

    missing = "\u0e01\u0e02\u0e03\u0e04"  # Thai, which no language here needs
    assert picture(missing) == picture("\u0e05\u0e06\u0e07\u0e08"), "the guard: these are boxes"
    letters = [sign for sign in dict.fromkeys(text) if sign.isalpha()]
    assert len({picture(sign * 4) for sign in letters}) == len(letters)
    assert picture(letters[0] * 4) != picture(missing)


def test_pictures_take_turns_and_only_so_many_are_kept(settings, tmp_path, monkeypatch, town: Town):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(drawing, "WAIT", 0.01)
    lock = threading.Lock()
    monkeypatch.setattr(drawing, "_one_at_a_time", lock)
    address = subject_of_listing(town.activity, town.municipality, "nb").address("nb")
    with lock:
        busy = Client().get(address)
        assert (busy.status_code, busy["Retry-After"]) == (503, "10")
        assert Client().get("/app-icon/any-192-0a6660.png").status_code == 503
    assert Client().get(address).status_code == 200
    folder = tmp_path / "pictures"
    for n in range(9):
        (folder / f"old-{n}.png").write_bytes(b"")
    drawing.make_room(folder, most=10)
    assert len(list(folder.iterdir())) == 5


def test_a_full_disk_costs_no_picture(settings, tmp_path, town: Town):
    (tmp_path / "pictures").write_text("a file where the folder should be")
    settings.VAR_DIR = tmp_path
    assert Client().get(subject_of_listing(town.activity, town.municipality, "nb").address("nb")).status_code == 200


def test_browsers_can_search_here(town: Town):
    description = parsed(get("/ar/opensearch.xml"))
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    assert len(description.findtext(f"{space}ShortName") or "") <= 16
    assert description.findtext(f"{space}ShortName") == "Larvik"
    host = {"host": "andebu.localhost"}
    andebu = make_municipality("3999", "Andebu")
    Municipality.objects.filter(pk=andebu.pk).update(name="Andebu & Høyjord & Kodal")
    other = parsed(get("/nb/opensearch.xml", headers=host))
    assert other.findtext(f"{space}ShortName") == "Andebu & Høyjord"
    assert other.findtext(f"{space}LongName") == "Frittfram Andebu & Høyjord & Kodal"
    template = description.findall(f"{space}Url")[0].get("template")
    assert template == f"{ROOT}/ar/find/?q={{searchTerms}}"
    assert 'title="Frittfram Larvik" href="/ar/opensearch.xml"' in get("/ar/")
