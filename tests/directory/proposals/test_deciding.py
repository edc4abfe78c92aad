"""Approving, mending and approving, sending back: what is written, what is refused, which letters go out."""

from __future__ import annotations

import threading
from datetime import time
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from wagtail.models import WorkflowState

from directory.activities.models import Activity, Session
from directory.municipalities.actions import appoint
from directory.municipalities.models import Municipality, TenantLogEntry
from directory.proposals.actions import approve, approve_request, send_back
from directory.proposals.models import Reply
from directory.proposals.queries import earlier_answers, reply_to
from directory.proposals.rules import Why, why_not_decide, why_not_send_back
from directory.providers.models import AccessRequest, Membership, Provider
from directory.providers.rules import Why as NotApproved
from directory.providers.rules import why_not_approve
from portal.accounts.models import User
from portal.kit.refusals import Refused
from tests.directory.proposals.conftest import ask, propose
from tests.factories.directory import (
    ActivityFactory,
    MembershipFactory,
    ProviderFactory,
    default_municipality,
    make_municipality,
    make_staff,
    org_number,
)


def letters_to(address: str) -> list[Any]:
    return [letter for letter in mail.outbox if letter.to == [address]]


@pytest.mark.parametrize(
    ("waits", "decided_by", "seen", "newest", "reason"),
    [
        (True, "", 5, 5, None),
        (True, "", 4, 5, Why.NEWER),
        (True, "", None, 5, Why.NEWER),
        (False, "Kari", 5, 5, Why.DECIDED),
        (False, "", 5, 5, Why.WITHDRAWN),
    ],
)
def test_button_means_what_was_on_the_screen(waits: bool, decided_by: str, seen: Any, newest: int, reason: Any) -> None:
    assert why_not_decide(waits=waits, decided_by=decided_by, seen=seen, newest=newest) == reason


@pytest.mark.parametrize(
    ("text", "remarks", "reason"),
    [
        ("", {}, Why.NO_REASON),
        (" \n", {"phone": " "}, Why.NO_REASON),
        ("Skriv mer", {}, None),
        ("", {"phone": "Privat"}, None),
        ("x" * 1001, {}, Why.TOO_LONG),
        ("", {"phone": "x" * 1001}, Why.TOO_LONG),
    ],
)
def test_who_gets_it_back_is_told_what_to_do(text: str, remarks: Any, reason: Any) -> None:
    assert why_not_send_back(text=text, remarks=remarks) == reason


def test_approving_publishes_and_tells_the_sender_in_their_language(provider: Provider, member: User, staff: User) -> None:
    provider = propose(provider, member, summary_nb="Turn for store og små")
    mail.outbox.clear()

    approve(listing=provider, revision=provider.latest_revision_id, by=staff)

    provider.refresh_from_db()
    assert (provider.summary_nb, provider.has_unpublished_changes) == ("Turn for store og små", False)
    assert WorkflowState.objects.get().status == WorkflowState.STATUS_APPROVED
    (letter,) = mail.outbox
    assert letter.to == [member.email]
    assert letter.subject == "Approved: Turnlaget"
    assert "/en/providers/turnlaget/" in letter.body
    assert "/en/desk/" in letter.body
    assert "mended" not in letter.body
    assert letter.alternatives, "beside the plain text stands HTML"


def test_what_staff_mended_is_published_and_said(provider: Provider, member: User, staff: User) -> None:
    provider = propose(provider, member, summary_nb="Trun for alle")
    mail.outbox.clear()

    def change(draft: Any) -> None:
        draft.summary_nb = "Turn for alle!"

    approve(listing=provider, revision=provider.latest_revision_id, by=staff, change=change)

    provider.refresh_from_db()
    assert provider.summary_nb == "Turn for alle!"
    assert provider.latest_revision.user == staff
    assert "mended" in letters_to(member.email)[0].body
    deeds = set(TenantLogEntry.objects.filter(user=staff).values_list("action", flat=True))
    assert {"wagtail.edit", "wagtail.publish", "wagtail.workflow.approve"} <= deeds


def test_sending_back_keeps_what_is_public_and_tells_why(provider: Provider, member: User, staff: User) -> None:
    provider = propose(provider, member, summary_nb="x", phone="90 00 00 00")
    mail.outbox.clear()

    send_back(
        listing=provider,
        revision=provider.latest_revision_id,
        by=staff,
        text="Skriv litt mer.",
        remarks={"phone": "Er dette privat?", "email": "  "},
    )

    provider.refresh_from_db()
    assert (provider.summary_nb, provider.phone) == ("Turn for alle", "00 00 11 22")
    said = reply_to(provider)
    assert said is not None
    assert (said.text, said.remarks, said.by) == ("Skriv litt mer.", {"phone": "Er dette privat?"}, staff)
    (letter,) = mail.outbox
    assert letter.to == [member.email]
    assert "Skriv litt mer." in letter.body
    assert "Telephone: Er dette privat?" in letter.body
    assert "/en/desk/" in letter.body


def test_sent_again_the_answer_is_history(provider: Provider, member: User, staff: User) -> None:
    provider = propose(provider, member, summary_nb="x")
    send_back(listing=provider, revision=provider.latest_revision_id, by=staff, text="Mer!", remarks={})
    provider = propose(provider, member, summary_nb="Mye mer")

    assert reply_to(provider) is None
    assert [said.text for said in earlier_answers(provider)] == ["Mer!"]
    approve(listing=provider, revision=provider.latest_revision_id, by=staff)
    provider.refresh_from_db()
    assert provider.summary_nb == "Mye mer"


def test_newer_version_is_not_approved_unseen(provider: Provider, member: User, staff: User) -> None:
    provider = propose(provider, member, summary_nb="Første")
    seen = provider.latest_revision_id
    provider = propose(provider, member, summary_nb="Andre")

    for deed in (
        lambda: approve(listing=provider, revision=seen, by=staff),
        lambda: send_back(listing=provider, revision=seen, by=staff, text="Nei", remarks={}),
    ):
        with pytest.raises(Refused) as refused:
            deed()
        assert refused.value.reason == Why.NEWER

    provider.refresh_from_db()
    assert provider.summary_nb == "Turn for alle"
    assert not Reply.objects.exists()


def test_second_to_decide_is_told_who_was_first(town: Municipality, provider: Provider, member: User, staff: User) -> None:
    ola = make_staff(town, "ola@example.org")
    provider = propose(provider, member, summary_nb="Ny")
    approve(listing=provider, revision=provider.latest_revision_id, by=staff)

    with pytest.raises(Refused) as refused:
        send_back(listing=provider, revision=provider.latest_revision_id, by=ola, text="Nei", remarks={})

    assert refused.value.reason == Why.DECIDED
    assert "Staff" in str(refused.value)
    assert not Reply.objects.exists()


def test_what_was_taken_back_is_not_decided(provider: Provider, member: User, staff: User) -> None:
    provider = propose(provider, member, summary_nb="Ny")
    provider.current_workflow_state.cancel(user=member)
    with pytest.raises(Refused) as refused:
        approve(listing=provider, revision=provider.latest_revision_id, by=staff)
    assert refused.value.reason == Why.WITHDRAWN


def test_only_own_staff_decide(provider: Provider, member: User, town: Municipality) -> None:
    other = make_staff(make_municipality("3907", "Sandefjord"))
    provider = propose(provider, member, summary_nb="Ny")
    for by in (other, member):
        with pytest.raises(Refused) as refused:
            approve(listing=provider, revision=provider.latest_revision_id, by=by)
        assert refused.value.reason == Why.NO_RIGHT
    provider.refresh_from_db()
    assert provider.summary_nb == "Turn for alle"


def test_number_that_another_got_meanwhile_publishes_nothing(
    town: Municipality, provider: Provider, member: User, staff: User
) -> None:
    provider = propose(provider, member, org_number=org_number(3), summary_nb="Ny")
    ProviderFactory(municipality=town, name_nb="Et annet", org_number=org_number(3))
    with pytest.raises(Refused) as refused:
        approve(listing=provider, revision=provider.latest_revision_id, by=staff)
    assert refused.value.reason == Why.TAKEN
    provider.refresh_from_db()
    assert provider.summary_nb == "Turn for alle"
    assert WorkflowState.objects.get().status == WorkflowState.STATUS_IN_PROGRESS


def test_new_page_becomes_public(town: Municipality, member: User, staff: User) -> None:
    provider = ProviderFactory(municipality=town, name_nb="Nytt lag", live=False)
    activity = ActivityFactory(municipality=town, provider=provider, name_nb="Sang", live=False)
    activity = propose(activity, member, sessions=[Session(weekday=3, starts=time(18))])
    approve(listing=activity, revision=activity.latest_revision_id, by=staff)
    activity = Activity.objects.get(pk=activity.pk)
    assert activity.live
    assert [session.weekday for session in activity.sessions.all()] == [3]


def test_office_hears_once_a_day(town: Municipality, provider: Provider, member: User) -> None:
    propose(provider, member, summary_nb="Ny")
    assert [letter.subject for letter in letters_to("office@example.org")] == ["Noe venter på godkjenning"]
    propose(ActivityFactory(municipality=town, provider=provider), member, summary_nb="Ny")
    assert len(letters_to("office@example.org")) == 1
    assert len(mail.outbox) == 1, "Wagtail writes no letters of its own about listings"


def test_publishing_from_the_list_approves_what_waits(kari: Any, provider: Provider, member: User) -> None:
    propose(provider, member, summary_nb="Ny")
    mail.outbox.clear()
    kari.post(f"/cms/bulk/directory/provider/publish/?id={provider.pk}&next=/cms/")
    assert WorkflowState.objects.get().status == WorkflowState.STATUS_APPROVED
    assert len(letters_to(member.email)) == 1


def test_staff_get_no_letter_about_their_own_work(provider: Provider, staff: User, town: Municipality) -> None:
    provider = propose(provider, staff, summary_nb="Ny")
    mail.outbox.clear()
    approve(listing=provider, revision=provider.latest_revision_id, by=make_staff(town, "ola@example.org"))
    assert mail.outbox == []


@pytest.mark.parametrize("deed", ["approve", "send back"])
@pytest.mark.parametrize("way", ["left", "treasurer only", "account closed", "erased"])
def test_answer_goes_to_those_who_keep_the_page_now(
    provider: Provider, member: User, staff: User, town: Municipality, deed: str, way: str
) -> None:
    new = [User.objects.create_user(f"ny{n}@example.org") for n in range(2)]
    for user in new:
        MembershipFactory(provider=provider, user=user)
    MembershipFactory(provider=provider, user=User.objects.create_user("kasserer@example.org"), role="treasurer")
    MembershipFactory(provider=ProviderFactory(municipality=town), user=member)  # elsewhere
    provider = propose(provider, member, summary_nb="Ny")
    match way:
        case "left":
            Membership.objects.filter(provider=provider, user=member).delete()
        case "treasurer only":
            Membership.objects.filter(provider=provider, user=member).update(role="treasurer")
        case "account closed":
            User.objects.filter(pk=member.pk).update(is_active=False)
        case "erased":
            member.delete()
    mail.outbox.clear()
    provider = Provider.objects.get(pk=provider.pk)

    if deed == "approve":
        approve(listing=provider, revision=provider.latest_revision_id, by=staff)
    else:
        send_back(listing=provider, revision=provider.latest_revision_id, by=staff, text="Skriv mer", remarks={})

    assert sorted(letter.to for letter in mail.outbox) == [["ny0@example.org"], ["ny1@example.org"]]


def test_who_sent_it_and_keeps_the_page_is_the_only_one_told(provider: Provider, member: User, staff: User) -> None:
    MembershipFactory(provider=provider, user=User.objects.create_user("ny@example.org"))
    provider = propose(provider, member, summary_nb="Ny")
    mail.outbox.clear()
    approve(listing=provider, revision=provider.latest_revision_id, by=staff)
    assert [letter.to for letter in mail.outbox] == [[member.email]]


# ── one's own request ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("is_own", "runs_it", "has_colleagues", "reason"),
    [
        (False, False, False, None),
        (False, True, True, None),
        (True, False, True, NotApproved.OWN),
        (True, True, True, NotApproved.OWN),
        (True, False, False, NotApproved.OWN),
        (True, True, False, None),
    ],
)
def test_whose_request_may_be_approved(is_own: bool, runs_it: bool, has_colleagues: bool, reason: Any) -> None:
    assert why_not_approve(is_own=is_own, runs_it=runs_it, has_colleagues=has_colleagues) == reason


@pytest.mark.parametrize("role", ["editor", "coordinator"])
def test_nobody_says_yes_to_the_own_request(
    town: Municipality, provider: Provider, staff: User, client: Client, role: str
) -> None:
    ola = User.objects.create_user("ola@example.org", name="Ola")
    appoint(user=ola, municipality=town, role=role)
    asked = ask(town, ola, provider=provider)
    client.force_login(ola)
    address = f"/cms/proposals/request/{asked.pk}/"
    sentence = str(NotApproved.OWN.label)
    page = client.get(address).content.decode()
    assert sentence in page
    assert 'value="approve"' not in page
    assert sentence in client.post(address, {"deed": "approve"}).content.decode()
    assert not Membership.objects.filter(user=ola).exists()

    approve_request(request=asked, by=staff, at=asked.created_at)

    assert Membership.objects.filter(user=ola, provider=provider).exists()
    assert TenantLogEntry.objects.filter(action="provider.approve_access", user=staff).count() == 1


@pytest.mark.parametrize(("role", "may"), [("editor", False), ("coordinator", True)])
def test_a_coordinator_without_colleagues_may_and_the_log_says_so(
    town: Municipality, provider: Provider, role: str, may: bool
) -> None:
    ola = User.objects.create_user("ola@example.org")
    appoint(user=ola, municipality=town, role=role)
    appoint(user=User.objects.create_user("sluttet@example.org", is_active=False), municipality=town)
    make_staff(make_municipality("3907", "Sandefjord"))
    asked = ask(town, ola, provider=provider)
    if may:
        approve_request(request=asked, by=ola, at=asked.created_at)
    else:
        with pytest.raises(Refused) as refused:
            approve_request(request=asked, by=ola, at=asked.created_at)
        assert refused.value.reason == NotApproved.OWN
    assert Membership.objects.filter(user=ola).exists() is may
    assert TenantLogEntry.objects.filter(action="provider.approve_own_access", user=ola).exists() is may
    assert not TenantLogEntry.objects.filter(action="provider.approve_access").exists()


def test_request_for_a_new_page_may_mean_a_listed_one(town: Municipality, provider: Provider, staff: User) -> None:
    from django.utils import timezone

    asker = User.objects.create_user("ny@example.org")
    asked = ask(town, asker, name="Turnlaget IL", kind="association")
    membership = approve_request(request=asked, by=staff, at=timezone.now(), instead=provider)
    assert membership.provider == provider
    assert Provider.objects.count() == 1
    asked.refresh_from_db()
    assert (asked.state, asked.provider) == (AccessRequest.State.APPROVED, provider)


def test_request_is_never_given_a_foreign_page(town: Municipality, staff: User) -> None:
    from django.utils import timezone

    foreign = ProviderFactory(municipality=make_municipality("3907", "Sandefjord"))
    asked = ask(town, User.objects.create_user("ny@example.org"), name="Et lag", kind="association")
    membership = approve_request(request=asked, by=staff, at=timezone.now(), instead=foreign)
    assert membership.provider != foreign
    assert Membership.objects.filter(provider=foreign).count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_once_publish_once() -> None:
    """SQLite lets one writer in at a time; PostgreSQL locks the listing."""
    if connection.vendor == "sqlite":
        pytest.skip("a database in memory has one connection")
    town = default_municipality()
    staff = [make_staff(town, f"s{n}@example.org") for n in range(2)]
    member = User.objects.create_user("member@example.org")
    provider = propose(ProviderFactory(municipality=town, name_nb="Lag"), member, summary_nb="Ny")
    start, results = threading.Barrier(2), []

    def press(by: User) -> None:
        start.wait()
        try:
            approve(listing=provider, revision=provider.latest_revision_id, by=by)
            results.append("done")
        except Refused as refused:
            results.append(refused.reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(by,)) for by in staff]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == sorted(["done", str(Why.DECIDED)])
