"""Every page behind sign-in that is not the CMS: as accessible, valid and translated as the public ones.

The pages are read from the list of addresses, so that a new one is looked at without anybody thinking of it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from directory.listings.actions import give_labels
from directory.listings.kinds import SPOKEN
from directory.listings.models import Adaptation, Category, TargetGroup
from directory.listings.words import spoken_in_words
from portal.desk.editing.steps import STEPS
from portal.languages import COMPLETE
from tests.conventions.test_permissions import Scene, address, addresses, make_scene
from tests.pages.conftest import Look, Site, told, violations_in_both_schemes
from tests.pages.test_accessibility import REACHABLE, too_wide, walk
from tests.pages.test_html import html_faults
from tests.pages.test_interface_texts import LANG, bare, brackets  # noqa: F401 - a fixture
from tests.whole_file import rows_for_a_file

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
ADDRESSES = re.compile(r"[\w.-]+@[\w.-]+|https?://")
#: Whose pages these are, and which of all that they may open are looked at: what looks otherwise for them.
WHOSE = {
    "editor": ("desk*", "account_*", "mfa_*", "my_data*"),
    "worker": ("desk", "desk-agenc*", "desk-cards*"),
    "coordinator": ("account_home", "mfa_*"),
}
#: What is left out: it does something, or is no page of its own.
NOT_LOOKED_AT = {"account_logout", "my_data_file", "desk-preview-page"}
#: By role, the addresses of its pages by name.
Rooms = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """People of each kind, and everything that they have to do with; told apart by what the names say."""
    with rows_for_a_file(django_db_blocker):
        made = make_scene()
        town = made.here.municipality
        type(town).objects.filter(pk=town.pk).update(languages=list(COMPLETE))
        for role, user in made.people.items():
            type(user).objects.filter(pk=user.pk).update(name=f"Kari {role}")
        type(made.asked["own"]["activity"]).objects.update(provider=made.here.row("Provider"))
        give_labels(municipality=town)
        for model in (Category, TargetGroup, Adaptation):  # what has no word in the made-up language must say which it has
            model.objects.update(**{f"name_{LANG}": None})
        place = made.here.row("Place")
        type(place).objects.filter(pk=place.pk).update(provider=made.here.row("Provider"))
        for row in (made.here.row("Provider"), place):
            row.workflow_states.all().delete()  # what staff decide about just now is shut
        yield made


@pytest.fixture(scope="module")
def rooms(scene: Scene) -> Rooms:
    """The pages each looks at, by name: each is asked once whether it is one."""
    with pytest.MonkeyPatch.context() as patch:
        come_a_moment_ago(patch)
        return {role: paths(scene, role) for role in WHOSE}


@pytest.fixture(scope="module")
def site(scene: Scene) -> Iterator[Any]:
    server = LiveServer("localhost")
    try:
        yield Site(server.url, None)  # type: ignore[arg-type]
    finally:
        server.stop()


def come_a_moment_ago(patch: pytest.MonkeyPatch) -> None:
    """Who signed in long ago is asked once more before some of the pages."""
    for module in ("account_views", "adapters"):
        patch.setattr(f"portal.accounts.{module}.was_fresh", lambda request: True)


@pytest.fixture(autouse=True)
def signed_in_a_moment_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    come_a_moment_ago(monkeypatch)


def paths(scene: Scene, role: str) -> dict[str, str]:
    """Every page of these rooms that a role may open, in Norwegian, by a name for the fault to be told by."""
    desk = scene.asked["own"]
    found: dict[str, str] = {}
    for name, pattern in addresses():
        if not pattern.startswith("nb/desk/") or name in NOT_LOOKED_AT:
            continue
        if not any(fnmatchcase(name, wanted) for wanted in WHOSE[role]):
            continue
        if where := address(scene, name, pattern, "own"):
            found[name] = where
    if role == "editor":
        own = f"/nb/desk/p/{desk['slug']}"
        place = scene.here.row("Place")
        rows = (("page", scene.here.row("Provider")), ("activities", desk["activity"]), ("places", place))
        for kind, row in rows:
            found[f"desk-listing, {kind}"] = f"{own}/{kind}/{row.pk}/"
            found |= {f"desk-step, {kind}, {step.slug}": f"{own}/{kind}/{row.pk}/{step.slug}/" for step in STEPS[type(row)]}
        found |= {"desk-enquiries, sent": "/nb/desk/enquiries/?box=sent", "desk-board, nothing": "/nb/desk/board/?q=xyzzyqq"}
        found["desk-join, found"] = f"/nb/desk/join/?q={rows[0][1].name_nb[:4]}"
    browser = scene.browser(role)
    return {name: path for name, path in found.items() if is_page(browser.get(path))}


def is_page(response: Any) -> bool:
    return bool(response.status_code == 200 and response.headers.get("Content-Type", "").startswith("text/html"))


def in_language(path: str, lang: str) -> str:
    return re.sub("^/nb/", f"/{lang}/", path)


def signed_in(look: Look, scene: Scene, site: Site, role: str, width: int, **options: Any) -> Any:
    page = look(width, watched=False, **options)
    cookie = scene.browser(role).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site.url}])
    return page


def test_every_room_is_looked_at(rooms: Rooms) -> None:
    """Were the list of addresses read wrongly, all the other tests would be content."""
    assert len(rooms["editor"]) > 50
    assert {"desk-agencies", "desk-agency-people", "desk-agency-edit"} <= set(rooms["worker"])
    assert {"desk-cards-agency", "desk-cards-hand-out", "desk-cards-many"} <= set(rooms["worker"])
    assert {"account_home", "mfa_activate_totp"} <= set(rooms["coordinator"])


def test_html_validate_finds_nothing(scene: Scene, rooms: Rooms, tmp_path: Path, thorough: bool) -> None:
    """Each page in one of two directions of writing; the long run asks both."""
    for role in WHOSE:
        browser = scene.browser(role)
        for name, path in rooms[role].items():
            turn = zlib.crc32(name.encode()) % 2
            for lang in ("nb", "ar") if thorough else (("nb", "ar")[turn],):
                file = tmp_path / f"{role}-{lang}-{re.sub(r'[^a-z]+', '-', name)}.html"
                file.write_text(browser.get(in_language(path, lang)).content.decode())
    assert html_faults(tmp_path) == ""


@pytest.mark.usefixtures("brackets")
def test_every_word_is_translatable_and_every_other_says_its_language(scene: Scene, rooms: Rooms) -> None:
    spoken = {str(spoken_in_words(code, LANG)) for code in SPOKEN}  # these names come with the standard, not from a catalogue
    faults = []
    for role in WHOSE:
        browser = scene.browser(role)
        for name, path in rooms[role].items():
            html = browser.get(in_language(path, LANG)).content.decode()
            faults += [f"{role} · {name}: {text}" for text in bare(ADDRESSES.sub("", html)) if text not in spoken]
    assert not faults, "\n".join(dict.fromkeys(faults))


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    lang: str, width: int, scene: Scene, rooms: Rooms, site: Site, look: Look, thorough: bool
) -> None:
    """Each page in one language and width, another for each; the long run looks at all in all."""
    faults = {}
    turn = [("nb", 390), ("ar", 1280), ("ar", 390), ("nb", 1280)].index((lang, width))
    for role in WHOSE:
        page = signed_in(look, scene, site, role, width)
        for name, path in rooms[role].items():
            if not thorough and zlib.crc32(name.encode()) % 4 != turn:
                continue
            page.goto(in_language(path, lang))
            assert urlsplit(page.url).path == in_language(path, lang).partition("?")[0], f"{role} is sent away from {path}"
            faults |= {f"{role} · {name}, {scheme}": found for scheme, found in violations_in_both_schemes(page).items()}
            if width == 390:
                page.set_viewport_size({"width": 320, "height": 700})
                if found := too_wide(page):
                    faults[f"{role} · {name}, at 320 px"] = found
                page.set_viewport_size({"width": width, "height": 900})
    assert not faults, told(faults)


@pytest.mark.browser
@pytest.mark.parametrize(("lang", "width"), [("nb", 1280), ("ar", 390)])
def test_keyboard_reaches_everything_named_and_in_view(
    lang: str, width: int, scene: Scene, rooms: Rooms, site: Site, look: Look, thorough: bool
) -> None:
    """Each page in one of the two; the long run asks both of all."""
    wrong = {}
    for role in WHOSE:
        page = signed_in(look, scene, site, role, width)
        for number, (name, path) in enumerate(rooms[role].items()):
            if not thorough and number % 2 != (lang == "ar"):
                continue
            page.goto(in_language(path, lang))
            page.evaluate("scrollTo(0, 0)")
            if page.locator("[data-passkey-possible]").count():  # a script shows it
                page.locator("[data-passkey-possible]").first.wait_for()
            stops, found = walk(page, "" if name == "desk" else "main")  # around them stands the same on all
            reachable = page.evaluate(REACHABLE, "main")
            if len(stops) < reachable:
                found.append(f"{reachable} things to reach, {len(stops)} stops")
            if found:
                wrong[f"{role} · {name}"] = found
    assert not wrong, told(wrong)


@pytest.mark.browser
def test_without_script_nothing_is_dead_and_nothing_is_missing(scene: Scene, rooms: Rooms, site: Site, look: Look) -> None:
    wrong = {}
    for role in WHOSE:
        page = signed_in(look, scene, site, role, 390, java_script_enabled=False)
        for name, path in rooms[role].items():
            page.goto(path)
            dead = page.locator("[data-share], [data-copy], [data-print], .needs-script").filter(visible=True).count()
            # A passkey is made by script, and its page says so.
            hidden = page.locator(".desk-page [hidden]:not([data-passkey-possible])").count() if "passkeys" not in path else 0
            if page.locator("main h1").count() != 1 or dead or hidden:
                wrong[f"{role} · {name}"] = [f"{dead} dead, {hidden} hidden, {page.locator('main h1').count()} headings"]
    assert not wrong, told(wrong)
