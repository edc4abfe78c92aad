"""Who may open what: role × address × own or foreign object × read or write, over every address of the project.

The addresses are read from the URL resolver; `permissions.toml` says behind which door each stands and who a door lets in. An
address without a line fails. The default is no: a role that a door does not name gets nothing, by GET and by POST, and a foreign
object opens for nobody.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone, translation

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.actions import appoint
from directory.municipalities.models import StaffRole
from directory.providers.models import AccessRequest, Invitation, Membership
from portal.accounts.models import User
from portal.contact.board.models import Notice
from portal.contact.enquiries.models import Enquiry
from portal.contact.sharing.models import SharedList
from tests.directory.staff.conftest import MARK, Town, furnish
from tests.directory.staff.test_foreign_rows import filled, text_of
from tests.factories.cards import make_agreement, make_offer, make_programme, make_settlement, make_till
from tests.factories.directory import ActivityFactory, ProviderFactory, default_municipality, make_municipality, make_staff
from tests.whole_file import rows_for_a_file

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]  # who gets in is decided in our code, not by the database

TABLE = tomllib.loads(Path(__file__).with_name("permissions.toml").read_text(encoding="utf-8"))
ROLES: list[str] = TABLE["roles"]
#: Who asks for what is open to everybody: a visitor, somebody who keeps a page, and staff. The pages know no more than that.
VISITORS = {"anonymous", "editor", "coordinator"}
STAFF = {"staff_editor", "coordinator", "staff_editor_elsewhere", "coordinator_elsewhere", "superuser"}

WHOLE = {"anonymous", "editor", "worker", "coordinator"}

OPEN, NO, SIGN_IN = "open", "no", "sign-in"


# ── every address ───────────────────────────────────────────────────────────────────────────────────────────
@lru_cache(maxsize=1)
def addresses() -> tuple[tuple[str, str], ...]:
    """(name, pattern of the path) of every address; one without a name is called by its path."""

    def walk(resolver: URLResolver, spaces: tuple[str, ...], path: str) -> Iterator[tuple[str, str]]:
        for pattern in resolver.url_patterns:
            here = path + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern, (*spaces, pattern.namespace) if pattern.namespace else spaces, here)
            elif isinstance(pattern, URLPattern):
                name = ":".join([*spaces, pattern.name or ""])
                yield (name if pattern.name else f"/{here}"), here

    with translation.override("nb"):
        return tuple(dict.fromkeys(walk(get_resolver(), (), "")))


def door_of(name: str) -> str | None:
    """The door an address stands behind: by its name, else by the longest pattern that fits."""
    if name in TABLE["addresses"]:
        return str(TABLE["addresses"][name])
    fitting = [pattern for pattern in TABLE["addresses"] if "*" in pattern and fnmatchcase(name, pattern)]
    return str(TABLE["addresses"][max(fitting, key=len)]) if fitting else None


def expected(door: str, role: str) -> str:
    """What a role gets at its own objects behind a door."""
    lets_in = TABLE["doors"][door]["lets_in"]
    if "everybody" in lets_in or role in lets_in:
        return OPEN
    return SIGN_IN if role == "anonymous" else NO


# ── the town ────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Scene:
    """Two towns full of rows, a browser for each role, and what addresses of the desk are asked with."""

    here: Town
    there: Town
    people: dict[str, User]
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)

    def browser(self, role: str) -> Client:
        client = Client()
        if role != "anonymous":
            client.force_login(self.people[role])
        return client


def make_scene() -> Scene:
    """Larvik, where all is asked, and another municipality."""
    here = default_municipality()
    own = furnish(Town(here, make_staff(here, "coordinator@example.org")), "Larvikting")
    far = make_municipality("3907", MARK)
    there = furnish(Town(far, make_staff(far, "elsewhere@example.org")), MARK)
    people = {
        role: User.objects.create_user(f"{role.replace('_', '-')}@matrix.example.org") for role in ROLES if role != "anonymous"
    }
    people["coordinator"], people["coordinator_elsewhere"] = own.staff, there.staff
    User.objects.filter(pk=people["superuser"].pk).update(is_superuser=True, is_staff=True)
    appoint(user=people["staff_editor"], municipality=here, role=StaffRole.Role.EDITOR)
    appoint(user=people["staff_editor_elsewhere"], municipality=far, role=StaffRole.Role.EDITOR)
    other = ProviderFactory(municipality=here, name_nb="Nabolaget")
    for role, provider, kind in (
        ("editor", own.row("Provider"), "editor"),
        ("treasurer", own.row("Provider"), "treasurer"),
        ("till", own.row("Provider"), "till"),
        ("editor_elsewhere", other, "editor"),
    ):
        Membership.objects.create(user=people[role], provider=provider, role=kind)
    scene = Scene(own, there, people)
    for town, editor, worker in ((own, people["editor"], people["worker"]), (there, there.staff, people["worker_elsewhere"])):
        scene.asked["own" if town is own else "foreign"] = _desk_values(town, editor, worker)
    return scene


def _desk_values(town: Town, editor: User, worker: User) -> dict[str, Any]:
    """What addresses below /desk/ are filled with: rows of this town, of its editor and of its frontline worker."""
    provider = town.row("Provider")
    activity = ActivityFactory(municipality=town.municipality, provider=provider, name_nb=f"{provider.name_nb} trening")
    agency = Agency.objects.create(municipality=town.municipality, name_nb=f"{provider.name_nb} NAV")
    leader = AgencyRole.objects.create(user=worker, agency=agency, role="leader")
    helper = AgencyRole.objects.create(user=User.objects.create_user(f"helper-{agency.pk}@example.org"), agency=agency)
    now = timezone.now()
    colleague = Membership.objects.create(
        user=User.objects.create_user(f"colleague-{provider.pk}@example.org"), provider=provider, role="editor"
    )
    free = ProviderFactory(municipality=town.municipality, name_nb=f"{provider.name_nb} ledig")
    wish = AccessRequest.objects.create(municipality=town.municipality, user=editor, provider=free, created_at=now)
    invitation = Invitation.objects.create(provider=provider, email="new@example.org", invited_by=editor, sent_at=now)
    notice = Notice.objects.create(
        municipality=town.municipality,
        kind="looking",
        title=provider.name_nb,
        text=provider.name_nb,
        lang="nb",
        until=timezone.localdate() + timedelta(days=20),
        provider=provider,
        author=editor,
        created_at=now,
        changed_at=now,
    )
    enquiry = Enquiry.objects.create(
        municipality=town.municipality,
        kind="provider",
        listing_id=provider.pk,
        provider=provider,
        listing_name=provider.name_nb,
        text=provider.name_nb,
        email="asker@example.org",
        answer_by="email",
        state="open",
        created_at=now,
        relayed_at=now,
    )
    shared = SharedList.objects.create(
        municipality=town.municipality, created_by=editor, created_at=now, expires_at=now + timedelta(days=9)
    )
    programme = make_programme(town.municipality, slug=f"card-{town.municipality.number}", name_nb=f"{provider.name_nb} kort")
    agreement = make_agreement(programme, provider)
    offer = make_offer(agreement, state="draft", title_nb=f"{provider.name_nb} bad")
    pks = {
        "desk-offer": offer.pk,
        "desk-agreement": agreement.pk,
        "desk-till": make_till(provider)[0].pk,
        "desk-attendance": make_offer(agreement, title_nb=f"{provider.name_nb} kurs", has_attendance=True, companions=1).pk,
        "desk-statement": make_settlement(agreement, state="sent").pk,
        "desk-join-ask": free.pk,
        "desk-request-withdraw": wish.pk,
        "desk-take-away": colleague.pk,
        "desk-invitation-deed": invitation.pk,
        "desk-agency": agency.pk,
        "desk-cards": agency.pk,
        "desk-enquiry": enquiry.pk,
        "desk-notice": notice.pk,
        "desk-contact-revoke": shared.pk,
        "desk-": activity.pk,
        "mfa": 1,
    }
    return {
        "slug": provider.slug,
        "kind": "activities",
        "pks": pks,
        "role": helper.pk,
        "leader": leader.pk,
        "activity": activity,
        "card": programme.slug,
    }


PUBLIC_VALUES = {
    "rest": "nothing",
    "token": "x",
    "link": "x",
    "number": "1",
    "code": "en",
    "word": "name",
    "provider_id": "x",
    "name": "any-192",
    "colour": "0a6660",
    "digest": "0" * 20,
    "lang": "nb",
    "restriction_id": 1,
    "page_view_restriction_id": 1,
    "path": "images/nothing.png",
}


def address(scene: Scene, name: str, path: str, whose: str) -> str | None:
    """The address with rows of this or of the other town in it; None when it takes none of them (and is asked once, as own)."""
    town = scene.here if whose == "own" else scene.there
    if path.startswith("cms/"):
        found = filled(name, path, town)
        if found is None and whose == "own" and "<" not in path and "(" not in path:
            found = "/" + path
        return found.replace("^", "").replace("$", "") if found else None
    values = dict(PUBLIC_VALUES)
    desk = scene.asked[whose]
    wanted = re.findall(r"<(?:\w+:)?(\w+)>", path)
    if whose == "foreign" and not set(wanted) & {"slug", "pk", "page_id"} and "(" not in path:
        return None
    longest = max((prefix for prefix in desk["pks"] if name.startswith(prefix)), key=len, default="")
    slugs = {
        "district": town.row("District").slug,
        "place": town.row("Place").slug,
        "activity": town.row("Activity").slug,
        "support": town.row("SupportScheme").slug,
        "desk-neighbour": desk["slug"],
    }
    first = max((prefix for prefix in slugs if name.startswith(prefix)), key=len, default="")
    values |= {
        "slug": slugs.get(first, desk["slug"]),
        "pk": desk["pks"].get(longest, 1),
        "kind": desk["kind"] if "/desk/" in path else "provider",
        "role": desk["role"],
        "page_id": town.municipality.site.root_page_id,
    }
    values["card"] = desk["card"]
    values["word"] = {"desk-offer-step": "what", "desk-offer-deed": "send"}.get(name, values["word"])
    if name == "desk-session":
        values["number"] = "new"
    if name == "theme":
        values["digest"] = "0" * 12
    if name.startswith("sitemap"):
        values |= {"kind": "providers", "number": 1}
    text = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda found: str(values[found[1]]), path)
    text = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), text)
    text = text.replace("(\\d+)/(.*)", f"{town.document.pk}/nothing.pdf").replace("((?:[\\w\\-]+/)+)", "ingenting/")
    text = text.replace("((?:[\\w\\-]+/)*)", "ingenting/")
    return "/" + re.sub(r"[\^$]", "", text).replace("\\.", ".").replace("\\", "")


# ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────
def answer(browser: Client, method: str, where: str) -> tuple[str, str]:
    """What one gets, in the words of the table; and the body. Whatever it did is undone."""
    cookies = dict(browser.cookies)
    with transaction.atomic():
        response = getattr(browser, method)(where)
        body = text_of(response) if "text" in response.headers.get("Content-Type", "") else ""
        transaction.set_rollback(True)
    browser.cookies.clear()
    browser.cookies.update(cookies)
    status, to = response.status_code, response.headers.get("Location", "")
    if status in {301, 302} and ("sign-in" in to or "/cms/login/" in to or "/_util/login/" in to):
        return SIGN_IN, body
    if status in {401, 403, 404, 410} or (status == 302 and to == "/cms/"):  # so Wagtail says that one may not
        return NO, body
    if status == 405:
        return "never", body
    return (OPEN if status < 500 else f"broken: {status}"), body


def faults(scene: Scene, role: str, *, cms: bool, positives: bool = True, only: str = "*", share: int = 1) -> list[str]:
    """Every address, or one in `share` of them, that answers a role otherwise than the table says, in words."""
    browser, wrong = scene.browser(role), []
    for number, (name, path) in enumerate(addresses()):
        if path.startswith("cms/") is not cms or name in TABLE["not_asked"] or not fnmatchcase(name, only):
            continue
        if number % share != ROLES.index(role) % share:
            continue
        door = door_of(name)
        if door is None:
            continue
        should = expected(door, role)
        own = address(scene, name, path, "own")
        if own is None:
            continue
        rules = TABLE["doors"][door]
        if "everybody" in rules["lets_in"] and role not in VISITORS:
            continue
        if should == OPEN:
            if positives and not rules.get("token"):
                got, _body = answer(browser, "get", own)
                if got not in {OPEN, "never"} and not (rules.get("may_be_empty") and got == NO):
                    wrong.append(f"{role} get {name} {own}: {got}, should be open")
            wrong += foreign_faults(scene, browser, role, name, path, rules)
            continue
        for method in ("get", "post"):
            got, body = answer(browser, method, own)
            if got not in {NO, SIGN_IN, "never"}:
                wrong.append(f"{role} {method} {name} {own}: {got}, should be {should}")
            elif "Larvikting" in body and rules.get("silent", True):
                wrong.append(f"{role} {method} {name} {own}: tells what it does not show")
    return wrong


def pressed(browser: Client, where: str, data: dict[str, Any] | None = None) -> tuple[int, str]:
    """What comes of a press: status, and where it leads. Whatever it did is undone."""
    cookies = dict(browser.cookies)
    with transaction.atomic():
        response = browser.post(where, data or {})
        transaction.set_rollback(True)
    browser.cookies.clear()
    browser.cookies.update(cookies)
    return response.status_code, response.headers.get("Location", "")


def presses(scene: Scene) -> dict[str, dict[str, Any]]:
    """What people send at some of the addresses, as their own form holds it. One at least behind each door."""
    today = timezone.localdate()
    town, activity = scene.here, scene.asked["own"]["activity"]
    soon, later = str(today + timedelta(days=20)), str(today + timedelta(days=90))
    fresh = "fersk@example.org"
    return {
        # who keeps the page of a provider
        "desk-step": {"name_nb": "Nytt navn", "summary_nb": "Kort sagt."},
        "desk-session": {"how": "weekly", "weekdays": ["3"], "starts": "17:30"},
        "desk-new": {"name": "Noe nytt"},
        "desk-send": {"page": f"activities-{activity.pk}"},
        "desk-break": {"until": soon},
        "desk-close": {"reason": "Vi slutter."},
        "desk-season": {"first_day": soon, "last_day": later, "page": "new"},
        "desk-people": {"email": fresh, "role": "editor"},
        "desk-new-board": {"emails": fresh, "when": "now"},
        "desk-take-away": {},
        "desk-invitation-deed": {"deed": "withdraw"},
        "desk-leave": {},
        "desk-certificates": {"seen_on": str(today), "said_by": "Kari, leder"},
        "desk-still-right": {"answer": "all"},
        "desk-request-withdraw": {},
        "desk-contact-consent": {"say": "yes"},
        "desk-enquiry-answered": {},
        "desk-offer-step": {"title": "Ett bad"},
        "desk-offer-deed": {},
        "desk-offer-close": {"reason": "Vi pusser opp."},
        "desk-agreement-renewal": {"answer": "no"},
        "desk-till-new": {"name": "Luka"},
        "desk-statement": {"deed": "object", "words": "Feil dag."},
        "desk-till": {"deed": "stop"},
        "desk-till-words": {"address": fresh},
        # everybody who has signed in, and those who are something here
        "desk-join-ask": {"message": "Jeg er ny i styret."},
        "desk-join-new": {"name": "Et helt annet lag", "kind": "association", "org_number": "", "sure": "1"},
        "desk-neighbour": {"text": "Hei, naboer."},
        "desk-notice-new": {"kind": "looking", "title": "Vi trenger telt", "text": "To stykker.", "until": soon},
        "desk-notice": {"text": "Vi har ett."},
        "desk-notice-report": {"text": "Dette er reklame."},
        "desk-notice-close": {},
        # agencies
        "desk-agency-edit": {"name_nb": "NAV Larvik"},
        "desk-agency-people": {"email": fresh},
        "desk-agency-person": {"deed": "take"},
        # staff, at the desk and on their screens
        "desk-contact-share": {"whom_for": "Avisa"},
        "desk-contact-revoke": {},
        "proposal": {"deed": "send-back", "reason": "Skriv mer.", "revision": town.row("Provider").latest_revision_id},
        "proposal-request": {"deed": "approve"},
        "people-invite": {"where": "staff", "email": fresh, "staff_role": "editor", "name": "", "lang": "nb"},
        "people-hand-over": {"provider": town.row("Provider").pk, "addresses": fresh},
        "person": {"deed": "everything"},
        "wagtailsnippets_directory_provider:unpublish": {},
        "wagtailsnippets_cards_offer:edit": {"deed": "unpublish"},
        "wagtailsnippets_cards_agencyquota:edit": {"deed": "quantity", "quantity-quantity": 200, "quantity-reason": "flere barn"},
        "wagtailsnippets_cards_redemption:edit": {"deed": "turn-down"},
    }


def foreign_faults(scene: Scene, browser: Client, role: str, name: str, path: str, rules: dict[str, Any]) -> list[str]:
    """Addresses filled with rows of another municipality, asked by somebody who may open one's own."""
    where = address(scene, name, path, "foreign")
    if where is None or role == "superuser" or rules.get("foreign") == "everybody":
        return []
    wrong = []
    elsewhere = role.endswith("_elsewhere") and path.startswith("cms/")
    if elsewhere:  # at home there: what is foreign to them is Larvik's
        where = address(scene, name, path, "own")
    for method in ("get", "post"):
        got, body = answer(browser, method, where or "")
        if got not in {NO, SIGN_IN, "never"}:
            wrong.append(f"{role} {method} {name} {where}: {got}, and it is another municipality's")
        elif ("Larvikting" if elsewhere else MARK) in body:
            wrong.append(f"{role} {method} {name} {where}: tells what is another municipality's")
    return wrong


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """Made once for all roles: whatever a request does is undone at once (`answer`)."""
    with rows_for_a_file(django_db_blocker), translation.override("nb"):
        yield make_scene()


# ── the tests ───────────────────────────────────────────────────────────────────────────────────────────────
def test_every_address_stands_behind_a_door() -> None:
    without = [name for name, _path in addresses() if door_of(name) is None and name not in TABLE["not_asked"]]
    assert without == [], "Say in tests/conventions/permissions.toml behind which door these stand."
    assert len(addresses()) > 500


def test_the_table_names_only_what_there_is() -> None:
    names = [name for name, _path in addresses()]
    gone = [pattern for pattern in TABLE["addresses"] if not any(fnmatchcase(name, pattern) for name in names)]
    assert gone == []
    assert [name for name in TABLE["not_asked"] if name not in names] == []
    assert {door_of(name) for name in names if name not in TABLE["not_asked"]} <= set(TABLE["doors"])
    for door in TABLE["doors"].values():
        assert set(door["lets_in"]) <= {*ROLES, "everybody"}


@pytest.mark.parametrize("role", ROLES)
def test_public_and_desk_addresses_open_for_whom_they_should(scene: Scene, role: str, thorough: bool) -> None:
    """All of them for who has work there and for a visitor; for others, and elsewhere, one in two; all in the long run."""
    wrong = faults(scene, role, cms=False, share=1 if thorough or role in WHOLE else 2)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", [role for role in ROLES if role not in STAFF])
def test_staff_addresses_stay_shut_for_everybody_else(scene: Scene, role: str, thorough: bool) -> None:
    """All of them for a visitor, a third for an editor; the others, whom the same door keeps out, ask a fifth each.

    The long run asks all of them of everybody.
    """
    share = 1 if thorough else {"anonymous": 1, "editor": 3}.get(role, 5)
    wrong = faults(scene, role, cms=True, share=share)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "role",
    [
        "staff_editor",
        pytest.param("staff_editor_elsewhere", marks=pytest.mark.nightly),
        pytest.param("coordinator_elsewhere", marks=pytest.mark.nightly),
    ],
)
def test_staff_addresses_keep_staff_to_their_own(scene: Scene, role: str) -> None:
    """Closed doors and foreign rows; that own rows open is asked by the long run and by tests/directory/staff."""
    wrong = faults(scene, role, cms=True, positives=False)
    assert not wrong, "\n".join(wrong)


@pytest.mark.nightly
@pytest.mark.parametrize("role", sorted(STAFF))
def test_staff_addresses_open_for_whom_they_should(scene: Scene, role: str) -> None:
    wrong = faults(scene, role, cms=True)
    assert not wrong, "\n".join(wrong)


REACHED = {200, 302, 409, 422}  # done, or answered in words by the page itself
SHOWN_ONCE = {"desk-till-new"}  # what was made stands in the answer and nowhere else; a form that does not hold is a 422


@pytest.mark.parametrize("role", [role for role in ROLES if role != "anonymous"])
def test_what_people_send_reaches_those_it_is_for(scene: Scene, role: str) -> None:
    """A press by whoever may come in, with what their form holds: a page that only opens is no page yet."""
    wrong, done = [], 0
    browser, paths = scene.browser(role), dict(addresses())
    for name, data in presses(scene).items():
        door = door_of(name)
        if door is None or expected(door, role) != OPEN or (role.endswith("_elsewhere") and paths[name].startswith("cms/")):
            continue
        status, to = pressed(browser, address(scene, name, paths[name], "own") or "", data)
        done += status == 302 and "sign-in" not in to
        nothing = status == 404 and TABLE["doors"][door].get("may_be_empty")
        if (status not in REACHED and not nothing) or "sign-in" in to:
            wrong.append(f"{role} post {name}: {status} {to}")
    assert not wrong, "\n".join(wrong)
    assert done >= {"editor": 20, "coordinator": 8, "worker": 5}.get(role, 1)


def test_each_press_is_done_by_somebody(scene: Scene) -> None:
    """The test above would be content with forms that never hold."""
    paths, browsers = dict(addresses()), {role: scene.browser(role) for role in ROLES}
    undone = []
    for name, data in presses(scene).items():
        where = address(scene, name, paths[name], "own") or ""
        roles = [role for role in ROLES if expected(door_of(name) or "", role) == OPEN and not role.endswith("_elsewhere")]
        done = 200 if name in SHOWN_ONCE else 302
        if not any(pressed(browsers[role], where, data)[0] == done for role in roles):
            undone.append(name)
    assert undone == []


@pytest.mark.parametrize("role", [role for role in ROLES if role != "anonymous"])
def test_an_empty_press_at_the_desk_breaks_nothing(scene: Scene, role: str) -> None:
    """Every address behind sign-in, by those it opens for."""
    browser, broken = scene.browser(role), []
    browser.raise_request_exception = False
    for name, path in addresses():
        door = door_of(name)
        if not path.startswith("nb/desk/") or name in TABLE["not_asked"] or door is None or expected(door, role) != OPEN:
            continue
        status, _to = pressed(browser, address(scene, name, path, "own") or "")
        if status >= 500:
            broken.append(f"{role} post {name}: {status}")
    assert not broken, "\n".join(broken)


# ── the second factor ───────────────────────────────────────────────────────────────────────────────────────
TO_SECOND_FACTOR = re.compile(r"/[a-z]{2}/desk/account/second-factor/")
#: The ways in and out, and one's own account, where the second factor is set up and shown.
WITHOUT = re.compile(r"nb/desk/(account|sign-in|sign-out)/|cms/(login|logout|sign-in)/")


def reached_by_a_mailbox(scene: Scene, role: str, only: Collection[str] = ()) -> list[str]:
    """The addresses of staff, or some of them, that open for a session in which no second factor was shown."""
    browser, reached = scene.browser(role), []
    for name, path in addresses():
        if only and name not in only:
            continue
        if not path.startswith(("cms/", "nb/desk/")) or WITHOUT.match(path):
            continue
        where = address(scene, name, path, "own") or "/" + re.sub(r"[<(][^/]*", "1", path).replace("^", "").replace("$", "")
        for method in ("get", "post"):
            response = getattr(browser, method)(where)
            if response.status_code != 302 or not TO_SECOND_FACTOR.match(response["Location"]):
                reached.append(f"{method} {name} {where}: {response.status_code}")
    return reached


@pytest.mark.parametrize("role", [pytest.param("staff_editor", marks=pytest.mark.nightly), "superuser"])
def test_a_mailbox_alone_reaches_no_staff_address(scene: Scene, settings: Any, role: str) -> None:
    settings.STAFF_SECOND_FACTOR = True
    assert reached_by_a_mailbox(scene, role) == []


def test_a_desk_that_asks_for_no_second_factor_is_seen(scene: Scene, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STAFF_SECOND_FACTOR = True
    monkeypatch.setattr("portal.accounts.middleware.is_at_desk", lambda path: "/board/" in path)
    found = reached_by_a_mailbox(scene, "staff_editor", {"desk-contact-share", "desk-board", "wagtailadmin_home"})
    assert any("desk-contact-share" in line for line in found)
    assert not any("desk-board" in line or "wagtailadmin_home" in line for line in found)


def test_a_guard_that_is_left_out_is_seen(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view of the desk that loads any provider instead of one's own: the walk must find it, for every role that it lets in."""
    from directory.providers.models import Provider
    from portal.desk.editing import views

    assert faults(scene, "editor_elsewhere", cms=False, only="desk-send") == []

    monkeypatch.setattr(views, "get_provider_for", lambda request, slug, *args, **kwargs: Provider.objects.get(slug=slug))

    for role in ("nobody", "treasurer", "editor_elsewhere", "worker", "coordinator_elsewhere"):
        found = faults(scene, role, cms=False, only="desk-send")
        assert any(f"{role} get desk-send" in line for line in found), role
    foreign = faults(scene, "editor", cms=False, only="desk-send")
    assert any("another municipality's" in line for line in foreign)


def test_a_staff_screen_without_its_guard_is_seen(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for the admin: a viewset that shows rows of every municipality."""
    only = "wagtailsnippets_directory_place:edit"
    assert faults(scene, "staff_editor", cms=True, positives=False, only=only) == []

    monkeypatch.setattr(type(scene.here.row("Place").snippet_viewset), "refuse_foreign", lambda *args: None)

    found = faults(scene, "staff_editor", cms=True, positives=False, only=only)
    assert any("another municipality's" in line for line in found)


def test_a_door_that_is_wrong_in_the_table_is_seen(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says that a room is for all learns otherwise, and the other way round."""
    monkeypatch.setitem(TABLE["addresses"], "desk-agencies", "at_provider")
    assert faults(scene, "editor", cms=False, only="desk-agencies")
    monkeypatch.setitem(TABLE["addresses"], "find", "superuser")
    assert faults(scene, "anonymous", cms=False, only="find")
