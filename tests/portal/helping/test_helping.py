"""Acting for somebody on the phone: who may, what is open, what is logged, and that it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from directory.municipalities.actions import appoint
from directory.municipalities.models import Municipality, StaffRole, TenantLogEntry
from directory.providers.models import Membership, Provider
from portal.accounts.models import User
from portal.helping.actions import END, KEY, START, WRITE, end_what_is_over
from portal.helping.rules import OPEN, Why, why_not_help
from portal.helping.views import Written
from tests.factories.directory import ActivityFactory, MembershipFactory, ProviderFactory, make_municipality, make_staff

pytestmark = pytest.mark.one_database

REASON = "Får ikke lagret bildet"


@pytest.fixture
def membership(provider: Provider, member: User) -> Membership:
    return Membership.objects.get(user=member, provider=provider)


def begin(browser: Client, membership: Membership, reason: str = REASON) -> Any:
    return browser.post(f"/cms/helping/{membership.pk}/", {"reason": reason})


def deeds(action: str) -> Any:
    return TenantLogEntry.objects.filter(action=action).order_by("pk")


GOOD = {"coordinates": True, "here": True, "is_editor": True, "is_active": True, "is_staff": False, "reason": "Trenger hjelp"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"coordinates": False}, Why.NO_COORDINATOR),
        ({"is_editor": False}, Why.NO_EDITOR),
        ({"is_active": False}, Why.CLOSED),
        ({"is_staff": True}, Why.STAFF),
        ({"here": False}, Why.ELSEWHERE),
        ({"reason": " x "}, Why.REASON),
        ({"reason": None}, None),
    ],
)
def test_who_may_act_for_whom(changed: dict[str, Any], reason: Any) -> None:
    assert why_not_help(**{**GOOD, **changed}) == reason


def test_pages_open_as_the_person_with_a_banner(kari: Client, staff: User, membership: Membership) -> None:
    address = f"/nb/desk/p/{membership.provider.slug}/"
    assert kari.get(address).status_code == 404, "staff are nobody's editor"
    assert begin(kari, membership).headers["Location"] == address
    page = kari.get(address)
    assert page.status_code == 200
    assert "helping-banner" in page.content.decode()
    assert page.context["request"].user == membership.user
    assert page.context["request"].helper == staff
    (start,) = deeds(START)
    assert (start.user, start.data["as"], start.data["reason"]) == (staff, membership.user_id, REASON)
    assert kari.get("/nb/desk/").headers["Location"] == address


def test_reason_is_asked(kari: Client, membership: Membership) -> None:
    assert begin(kari, membership, " x").status_code == 200
    assert not deeds(START).exists()
    assert KEY not in kari.session


def all_of_the_desk() -> dict[str, str]:
    """Every named address behind sign-in with something in its gaps."""
    import re

    found: dict[str, str] = {}

    def walk(resolver: Any, path: str) -> None:
        for pattern in resolver.url_patterns:
            here = path + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                walk(pattern, here)
            elif pattern.name and "desk/" in here:
                found[pattern.name] = here

    walk(get_resolver(), "/")
    fill = {"slug": "turnlaget", "kind": "activities", "pk": "1", "word": "name", "number": "1", "code": "en"}
    filled = {}
    for name, path in found.items():
        path = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", path)
        path = (
            re.sub(r"<(?:\w+:)?(\w+)>", lambda gap: fill.get(gap[1], "x"), path)
            .replace("^", "")
            .replace("$", "")
            .replace("\\", "")
        )
        filled[name] = path if path.startswith("/nb/") else f"/nb/{path.lstrip('/').removeprefix('nb/')}"
    return filled


def test_every_other_page_of_the_desk_is_shut(kari: Client, membership: Membership) -> None:
    """Also those that somebody adds later: only what is named is open."""
    begin(kari, membership)
    walked, wrong = 0, []
    for name, path in all_of_the_desk().items():
        if name in OPEN or name in {"helping-end", "account_logout", "desk"}:
            continue
        walked += 1
        for method in ("get", "post"):
            status = getattr(kari, method)(path).status_code
            if status != 403:
                wrong.append(f"{method} {name} {path}: {status}")
    assert walked > 20
    assert not wrong, "\n".join(wrong)
    assert not deeds(WRITE).exists()


def test_other_pages_of_the_same_person_are_shut(kari: Client, town: Municipality, membership: Membership) -> None:
    other = MembershipFactory(user=membership.user, provider=ProviderFactory(municipality=town, name_nb="Koret"))
    begin(kari, membership)
    assert kari.get(f"/nb/desk/p/{other.provider.slug}/").status_code == 403


def test_staff_pages_and_public_pages_are_the_coordinators_own(kari: Client, staff: User, membership: Membership) -> None:
    begin(kari, membership)
    assert kari.get("/cms/").context["request"].user == staff
    assert "helping-banner" not in kari.get("/nb/").content.decode()


def test_what_is_written_is_logged_and_told(kari: Client, staff: User, membership: Membership) -> None:
    begin(kari, membership)
    mail.outbox.clear()
    path = f"/nb/desk/p/{membership.provider.slug}/send/"
    kari.post(path, {})
    (written,) = deeds(WRITE)
    assert (written.user, written.data["as"], written.data["deed"]) == (staff, membership.user_id, "desk-send")

    kari.post("/nb/desk/helping/end/")

    (end,) = deeds(END)
    assert (end.user, end.data["why"], end.data["written"]) == (staff, "pressed", 1)
    assert {row.uuid for row in TenantLogEntry.objects.filter(action__startswith="helping.")} == {end.uuid}
    assert kari.get(f"/nb/desk/p/{membership.provider.slug}/").status_code == 404
    letter = next(letter for letter in mail.outbox if letter.to == [membership.user.email])
    assert REASON in letter.body


def test_log_names_the_page_that_was_written(kari: Client, membership: Membership, town: Municipality) -> None:
    activity = ActivityFactory(municipality=town, provider=membership.provider, name_nb="Nybegynnere")
    foreign = ActivityFactory(municipality=town, provider=ProviderFactory(municipality=town), name_nb="Fremmed")
    begin(kari, membership)
    base, key = f"/nb/desk/p/{membership.provider.slug}", f"activities-{activity.pk}"
    kari.post(f"{base}/activities/{activity.pk}/name/", {"name_nb": "Nytt navn", "summary_nb": "x"})
    kari.post(f"{base}/send/", {"page": [key, f"activities-{foreign.pk}", "activities-\x00", "page-999999999999999999999"]})
    kari.post(f"{base}/page/{membership.provider.pk}/name/", {"name_nb": "", "summary_nb": ""})
    own = {f"page-{membership.provider.pk}": str(membership.provider)}
    assert [row.data["pages"] for row in deeds(WRITE)] == [{key: "Nybegynnere"}, {key: "Nybegynnere"}, own]
    assert "Nybegynnere" in Written().format_message(TenantLogEntry.objects.filter(action=WRITE).order_by("pk")[0])


def test_a_reason_with_nul_is_no_fault(kari: Client, membership: Membership) -> None:
    assert begin(kari, membership, "Får ikke\x00 lagret").status_code == 302
    assert "\x00" not in deeds(START)[0].data["reason"]


def test_half_an_hour_and_no_more(kari: Client, membership: Membership) -> None:
    begin(kari, membership)
    session = kari.session
    session[KEY] = {**session[KEY], "until": (timezone.now() - timedelta(seconds=1)).timestamp()}
    session.save()
    assert kari.get(f"/nb/desk/p/{membership.provider.slug}/").status_code == 404
    assert [end.data["why"] for end in deeds(END)] == ["time"]


def test_clock_writes_the_end_once(kari: Client, membership: Membership) -> None:
    begin(kari, membership)
    assert end_what_is_over(timezone.now()) == 0
    later = timezone.now() + timedelta(minutes=31)
    assert end_what_is_over(later) == 1
    assert end_what_is_over(later) == 0
    assert [end.data["why"] for end in deeds(END)] == ["time"]


@pytest.mark.parametrize("what", ["membership", "role", "demoted", "became-staff", "closed"])
def test_lost_right_ends_it_with_the_next_press(
    kari: Client, town: Municipality, staff: User, membership: Membership, what: str
) -> None:
    begin(kari, membership)
    make_staff(town, "ola@example.org")
    if what == "membership":
        membership.delete()
    elif what == "role":
        StaffRole.objects.filter(user=staff).delete()
    elif what == "demoted":
        StaffRole.objects.filter(user=staff).update(role=StaffRole.Role.EDITOR)
    elif what == "became-staff":
        appoint(user=membership.user, municipality=make_municipality("3907", "Sandefjord"), role=StaffRole.Role.EDITOR)
    else:
        User.objects.filter(pk=membership.user_id).update(is_active=False)
    status = kari.get(f"/nb/desk/p/{membership.provider.slug}/").status_code
    if what == "role":  # the session ends with the role, and the clock writes the end
        assert status == 302
        assert end_what_is_over(timezone.now() + timedelta(minutes=31)) == 1
    else:
        assert status == 404
        assert [end.data["why"] for end in deeds(END)] == ["right"]


def test_who_may_not(client: Client, town: Municipality, staff: User, membership: Membership) -> None:
    there = make_municipality("3907", "Sandefjord")
    editor = User.objects.create_user("editor@example.org")
    appoint(user=editor, municipality=town, role=StaffRole.Role.EDITOR)
    for user in (editor, make_staff(there), membership.user, User.objects.create_superuser("boss@example.org")):
        client.force_login(user)
        answer = begin(client, membership)
        assert answer.status_code in {302, 404}
        assert KEY not in client.session
    assert not deeds(START).exists()


def test_staff_are_never_acted_for(kari: Client, town: Municipality, provider: Provider) -> None:
    ola = make_staff(town, "ola@example.org")
    own = MembershipFactory(user=ola, provider=provider)
    till = MembershipFactory(user=User.objects.create_user("till@example.org"), provider=provider, role=Membership.Role.TILL)
    for row in (own, till):
        assert begin(kari, row).status_code == 200
    assert not deeds(START).exists()


def test_signing_out_ends_it(kari: Client, membership: Membership) -> None:
    begin(kari, membership)
    from django.urls import reverse

    kari.post(reverse("account_logout"))
    assert [end.data["why"] for end in deeds(END)] == ["signed-out"]


def test_coordinators_read_who_was_helped(kari: Client, membership: Membership) -> None:
    begin(kari, membership)
    body = kari.get("/cms/helping/").content.decode()
    assert REASON in body
    assert "Medlem Demo" in body
    foreign = Client()
    foreign.force_login(make_staff(make_municipality("3907", "Sandefjord")))
    assert REASON not in foreign.get("/cms/helping/").content.decode()
