"""The pages' HTML is valid, small, works without script, and says what it must and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client

from portal.desk.editing.steps import STEPS
from portal.pages.navigation import ICONS
from portal.templatetags.front import BUILD, manifest
from tests.pages.town import Town

pytestmark = pytest.mark.one_database
FRONTEND = Path(__file__).resolve().parents[2] / "portal" / "frontend"


def get(path: str, **extra: Any) -> str:
    return Client().get(path, **extra).content.decode()


def html_faults(folder: Path) -> str:
    """What the validator says about the pages in a folder; empty when they are valid."""
    words = ["node_modules/html-validate/bin/html-validate.mjs", "--config", "htmlvalidate.json", "--formatter", "text"]
    pages = map(str, sorted(folder.glob("*.html")))
    done = subprocess.run(
        [sys.executable, str(FRONTEND / "node.py"), *words, *pages], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout[-6000:] + done.stderr[-2000:]


def test_html_validate_finds_nothing(town: Town, tmp_path: Path) -> None:
    for lang in ("nb", "ar"):
        for name, path in town.paths(lang).items():
            (tmp_path / f"{lang}-{re.sub(r'[^a-z]+', '-', name)}.html").write_text(get(path))
    for template in ("500.html", "503.html"):
        (tmp_path / template).write_text(render_to_string(template))
    assert html_faults(tmp_path) == ""


def test_html_validate_finds_what_is_wrong(tmp_path: Path) -> None:
    body = '<h1 style="color:red">x</h1><p id="a"><div>x</div></p><p id="a"></p><label for="no">x</label><img src="x">'
    (tmp_path / "page.html").write_text(f'<!doctype html><html lang="nb"><head><title>x</title></head><body>{body}</body></html>')
    faults = html_faults(tmp_path)
    for rule in ("no-inline-style", "no-dup-id", "close-order", "no-missing-references", "wcag/h37"):
        assert rule in faults


@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_public_pages_set_no_cookie_and_carry_the_strict_policy(lang: str, town: Town) -> None:
    for path in town.paths(lang).values():
        response = Client().get(path, headers={"accept-encoding": "identity"})
        assert not response.cookies, path
        assert "Cookie" not in response.headers.get("Vary", ""), path
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"\sstyle=|<style|\son\w+=", response.content.decode()), path
        assert not re.search(r"<script(?![^>]*(src=|application/ld\+json))", response.content.decode()), path


def test_pages_answer_with_the_right_status(town: Town) -> None:
    wanted = {"not found": 404, "gone": 410, "list of contacts, over": 410, "letters, too old": 410, "still right, no link": 404}
    for name, path in town.paths("nb").items():
        assert Client().get(path).status_code == wanted.get(name, 200), name


def test_results_page_weighs_less_than_100_kb_on_the_wire(town: Town) -> None:
    """Page, stylesheet, script, font, icons and every drawing on it, compressed as a browser gets them; no map."""
    response = Client().get("/ar/find/?lang=ar", headers={"accept-encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    html = get("/ar/find/")
    total = len(response.content)
    wanted = {name for name in re.findall(r"portal/build/([\w.-]+)", html) if not name.startswith("map-")}
    # Imported by the script on every page.
    wanted |= {path.name for path in BUILD.glob("chunk-*.js")}
    for name in wanted:
        compressed = BUILD / f"{name}.br"
        total += (compressed if compressed.exists() else BUILD / name).stat().st_size
    # An Arabic page uses no Cyrillic font, and no other Latin letters than the first font has.
    assert total < 100_000, total


def test_texts_in_another_language_are_marked(town: Town) -> None:
    page = get(f"/ar/activities/{town.activity.slug}/")
    assert '<html lang="ar" dir="rtl"' in page
    assert "<h1>الجمباز للمبتدئين</h1>" in page
    assert '<p class="lead" lang="nb" dir="ltr">Kom som du er.</p>' in page
    assert '<ol class="steps" lang="nb" dir="ltr">' in page
    own = get(f"/nb/activities/{town.activity.slug}/").split("<main", 1)[1]
    # Languages that are named carry their own name's; nothing else in Norwegian needs to say so.
    assert 'lang="nb"' not in re.sub(r'<bdi lang="nb"(?: dir="ltr")?>', "", own)


def test_hidden_contact_is_nowhere_on_the_page(town: Town) -> None:
    page = get(f"/nb/providers/{town.provider.slug}/")
    assert "00 00 00 01" in page
    assert "Skjult Person" not in page


def test_text_from_a_listing_cannot_become_markup(town: Town) -> None:
    bad = '</script><script>alert(1)</script><img src=x onerror=alert(1)>"'
    town.activity.name_nb = bad[:150]
    town.activity.description_nb = town.activity.first_steps_nb = town.activity.price_note_nb = bad
    town.activity.save()
    for path in (f"/nb/activities/{town.activity.slug}/", "/nb/find/?q=alert", f"/nb/activities/{town.activity.slug}/report/"):
        page = get(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_structured_facts_are_json_and_hold_the_sessions(town: Town) -> None:
    page = get(f"/nb/activities/{town.activity.slug}/")
    facts = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert facts["@type"] == "Event"
    assert facts["name"] == "Turn for nybegynnere"
    assert facts["location"]["geo"] == {"@type": "GeoCoordinates", "latitude": 58.998, "longitude": 10.033}
    assert facts["eventSchedule"][0] == {
        "@type": "Schedule",
        "byDay": "https://schema.org/Tuesday",
        "startTime": "17:00",
        "endTime": "18:30",
        "repeatFrequency": "P1W",
        "scheduleTimezone": "Europe/Oslo",
    }


def test_unknown_position_is_no_needle_on_the_map(town: Town) -> None:
    page = get(f"/nb/providers/{town.provider.slug}/")
    assert 'data-radius="900"' in page  # only the postcode is known
    assert "data-radius" not in get(f"/nb/places/{town.place.slug}/")


def test_every_asset_named_in_templates_is_built() -> None:
    used = set()
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        used |= set(re.findall(r'{% asset "([^"]+)" %}', path.read_text()))
    assert used <= set(manifest())
    icons = set(json.loads((FRONTEND / "icons.json").read_text()))
    sources = [*(settings.BASE_DIR / "templates").rglob("*.html"), settings.BASE_DIR / "portal" / "pages" / "home.py"]
    text = "\n".join(path.read_text() for path in sources)
    named = set(re.findall(r'{% icon "(\w+)"', text)) | set(re.findall(r'"icon": "(\w+)"', text)) | set(ICONS.values())
    named |= {step.icon for steps in STEPS.values() for step in steps}
    assert named == icons, f"not in the sprite: {named - icons}; not used: {icons - named}"
