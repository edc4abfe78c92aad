"""Who keeps a page: asked for, given, invited, handed over, taken away; letters; the last one stays."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from directory.municipalities.models import TenantLogEntry
from directory.people.actions import take_everything
from directory.providers import actions, rules
from directory.providers.emails import link_of
from directory.providers.models import AccessRequest, Attestation, Invitation, Membership, Provider
from directory.providers.queries import providers_like
from directory.providers.rules import Why
from portal.accounts.models import User
from portal.kit.refusals import Refused
from portal.privacy.erasing import erase
from tests.factories.directory import ActivityFactory, MembershipFactory, ProviderFactory, UserFactory
from tests.portal.desk.conftest import Desk, fresh

NOW = timezone.now()


def keepers(provider: Provider) -> set[str]:
    return set(Membership.objects.filter(provider=provider).values_list("user__email", flat=True))


def link_in(letter: Any) -> str:
    return re.search(r"https?://[^/\s]+(/\S+/desk/invitation/\S+/)", letter.body)[1]  # type: ignore[index]


# ── finding and asking ──────────────────────────────────────────────────────────────────────────────────────


def test_an_association_is_found_by_number_and_by_a_name_with_slips(desk: Desk) -> None:
    ProviderFactory(municipality=desk.municipality, name_nb="Brunlanes skytterlag")
    assert providers_like(desk.municipality, "310 000 019") == [desk.provider]
    for words in ("nanset turn", "nannset turn", "NANSET", "turn nanset"):
        assert providers_like(desk.municipality, words)[0] == desk.provider, words
    assert providers_like(desk.municipality, "Sandefjord bordtennis")[:1] != [desk.abroad]
    assert providers_like(desk.municipality, "x") == []
    assert providers_like(desk.municipality, "310000018") == []  # the wrong check digit


def test_a_newcomer_s_desk_asks_which_association(desk: Desk) -> None:
    page = desk.client(desk.newcomer).get("/nb/desk/").content.decode()
    assert 'action="/nb/desk/join/"' in page
    found = desk.client(desk.newcomer).get("/nb/desk/join/?q=nanset").content.decode()
    assert f"/nb/desk/join/{desk.provider.pk}/" in found
    assert "leder@example.org" not in found  # who keeps it is nobody's to see


def test_asking_tells_the_office_and_saying_yes_tells_everybody(desk: Desk) -> None:
    client = desk.client(desk.newcomer)
    client.post(f"/nb/desk/join/{desk.provider.pk}/", {"message": "Ny i styret"})
    client.post(f"/nb/desk/join/{desk.provider.pk}/", {"message": "Ny i styret"})
    request = AccessRequest.objects.get()
    assert [letter.to for letter in mail.outbox] == [["kontoret@example.org"]]
    assert "Ny i styret" in mail.outbox[0].body
    assert client.get(f"/nb/desk/p/{desk.provider.slug}/").status_code == 404
    mail.outbox.clear()
    actions.approve_access(request=request, by=desk.staff, at=NOW)
    assert {letter.to[0] for letter in mail.outbox} == {"ny@example.org", "leder@example.org"}
    assert client.get(f"/nb/desk/p/{desk.provider.slug}/").status_code == 200
    for again in (actions.approve_access, actions.withdraw_request):
        with pytest.raises(Refused) as refused:
            again(request=request, by=desk.staff, at=NOW)
        assert refused.value.reason == Why.DECIDED
    assert TenantLogEntry.objects.filter(action="provider.approve_access", user=desk.staff).count() == 1


def test_saying_no_gives_the_reason(desk: Desk) -> None:
    request = actions.ask_for_access(municipality=desk.municipality, user=desk.newcomer, provider=desk.provider, at=NOW)
    mail.outbox.clear()
    actions.refuse_access(request=request, by=desk.staff, at=NOW, reason="Spør lederen først.")
    assert "Spør lederen først." in mail.outbox[0].body
    assert keepers(desk.provider) == {"leder@example.org"}
    assert "Spør lederen først." in desk.client(desk.newcomer).get("/nb/desk/").content.decode()


def test_a_new_page_is_nobody_s_to_see_until_it_is_sent_and_approved(desk: Desk) -> None:
    client = desk.client(desk.newcomer)
    response = client.post("/nb/desk/join/new/", {"name": "Strikkekafeen", "kind": "informal", "org_number": "", "message": ""})
    assert response.status_code == 302
    membership = actions.approve_access(request=AccessRequest.objects.get(), by=desk.staff, at=NOW)
    provider = fresh(membership.provider)
    assert (provider.live, provider.name_nb, provider.kind, provider.slug) == (
        False,
        "Strikkekafeen",
        "informal",
        "strikkekafeen",
    )
    assert client.get("/nb/providers/strikkekafeen/").status_code == 404
    assert client.get("/nb/desk/p/strikkekafeen/").status_code == 200
    assert "Strikkekafeen" in client.get("/nb/desk/").content.decode()


def test_what_is_listed_is_shown_before_it_is_asked_for_anew(desk: Desk) -> None:
    client = desk.client(desk.newcomer)
    answers = {"name": "Noe helt annet", "kind": "association", "org_number": "310 000 019"}
    response = client.post("/nb/desk/join/new/", {**answers, "sure": "1"})
    assert response.status_code == 422
    assert "Nanset turn" in response.content.decode()
    assert not AccessRequest.objects.exists()
    alike = {"name": "Nannset turn", "kind": "association", "org_number": ""}
    assert client.post("/nb/desk/join/new/", alike).status_code == 422
    assert client.post("/nb/desk/join/new/", {**alike, "sure": "1"}).status_code == 302
    wrong = client.post("/nb/desk/join/new/", {"name": "Y", "kind": "association", "org_number": "123456789"})
    assert "org_number" in wrong.context["form"].errors


def test_a_number_that_came_meanwhile_gives_the_page_that_is_there(desk: Desk) -> None:
    request = actions.ask_for_access(
        municipality=desk.municipality, user=desk.newcomer, name="Samme", kind="association", org_number="310000027", at=NOW
    )
    there = ProviderFactory(municipality=desk.municipality, org_number="310000027")
    assert actions.approve_access(request=request, by=desk.staff, at=NOW).provider == there
    assert Provider.objects.filter(org_number="310000027").count() == 1


def test_nobody_asks_for_everything(desk: Desk) -> None:
    for n in range(rules.MOST_WAITING):
        actions.ask_for_access(municipality=desk.municipality, user=desk.newcomer, name=f"Lag {n}", kind="informal", at=NOW)
    with pytest.raises(Refused) as refused:
        actions.ask_for_access(municipality=desk.municipality, user=desk.newcomer, name="Ett til", kind="informal", at=NOW)
    assert refused.value.reason == Why.MANY


def test_asking_and_taking_back_without_end_fills_no_mailbox(desk: Desk) -> None:
    def ask(at: Any) -> AccessRequest:
        return actions.ask_for_access(municipality=desk.municipality, user=desk.newcomer, provider=desk.provider, at=at)

    for _n in range(rules.MOST_ASKED):
        actions.withdraw_request(request=ask(NOW), by=desk.newcomer, at=NOW)
    mail.outbox.clear()
    with pytest.raises(Refused) as refused:
        ask(NOW + timedelta(hours=23))
    assert refused.value.reason == Why.TODAY
    assert mail.outbox == []
    ask(NOW + timedelta(hours=25))


def test_what_is_closed_or_another_s_by_now_is_not_offered(desk: Desk) -> None:
    closed = ProviderFactory(municipality=desk.municipality, name_nb="Brunlanes skytterlag", delisted_at=NOW)
    assert closed not in providers_like(desk.municipality, "Brunlanes skytterlag")
    client = desk.client(desk.newcomer)
    assert client.get(f"/nb/desk/join/{closed.pk}/").status_code == 404
    assert client.post(f"/nb/desk/join/{closed.pk}/", {"message": ""}).status_code == 404
    assert not AccessRequest.objects.exists()
    hidden = ProviderFactory(municipality=desk.municipality, name_nb="Hvarnes bygdelag", hidden_at=NOW)
    assert providers_like(desk.municipality, "Hvarnes bygdelag") == [hidden]


def test_only_one_s_own_question_is_taken_back(desk: Desk) -> None:
    request = actions.ask_for_access(municipality=desk.municipality, user=desk.newcomer, provider=desk.provider, at=NOW)
    assert desk.client(desk.stranger).post(f"/nb/desk/requests/{request.pk}/withdraw/").status_code == 404
    desk.client(desk.newcomer).post(f"/nb/desk/requests/{request.pk}/withdraw/")
    request.refresh_from_db()
    assert request.state == AccessRequest.State.WITHDRAWN


# ── inviting ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_invitation_works_once_for_its_own_address(desk: Desk, client: Any) -> None:
    desk.client().post(f"/nb/desk/p/{desk.provider.slug}/people/", {"email": "NY@example.org", "role": "editor"})
    letter = mail.outbox[-1]
    assert letter.to == ["ny@example.org"]
    path = link_in(letter)
    assert "ny@" not in path
    assert "nanset" not in path.lower()
    # Who only looks, or follows links without pressing, accepts nothing.
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 200
    assert "Nanset turn" in client.get(path).content.decode()
    assert desk.client(desk.stranger).post(path).status_code == 409
    assert keepers(desk.provider) == {"leder@example.org"}
    response = desk.client(desk.newcomer).post(path)
    assert response.headers["Location"] == f"/nb/desk/p/{desk.provider.slug}/"
    assert keepers(desk.provider) == {"leder@example.org", "ny@example.org"}
    Membership.objects.filter(user=desk.newcomer).delete()
    assert desk.client(desk.newcomer).post(path).status_code == 409  # spent
    assert keepers(desk.provider) == {"leder@example.org"}


def test_a_link_ends_after_14_days_when_taken_back_or_sent_anew(desk: Desk) -> None:
    invitation = actions.invite(provider=desk.provider, email="ny@example.org", by=desk.editor, at=NOW)
    path = reverse("desk-invitation", args=[link_of(invitation)])
    client = desk.client(desk.newcomer)
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=NOW - timedelta(days=14, minutes=1))
    invitation.refresh_from_db()
    assert client.post(reverse("desk-invitation", args=[link_of(invitation)])).status_code == 409
    assert client.get(path).status_code == 404  # a letter that is not the newest
    assert client.get(path[:-4] + "xyz/").status_code == 404
    actions.send_again(invitation=invitation, by=desk.editor, at=NOW)
    invitation.refresh_from_db()
    actions.withdraw_invitation(invitation=invitation, by=desk.editor, at=NOW)
    assert client.post(reverse("desk-invitation", args=[link_of(invitation)])).status_code == 409
    assert keepers(desk.provider) == {"leder@example.org"}


def test_an_invitation_is_not_known_on_another_municipality_s_host(desk: Desk) -> None:
    invitation = actions.invite(provider=desk.abroad, email="ny@example.org", by=desk.staff, at=NOW)
    path = reverse("desk-invitation", args=[link_of(invitation)])
    assert desk.client(desk.newcomer).get(path).status_code == 404


def test_who_is_invited_sees_it_on_the_desk_too(desk: Desk) -> None:
    actions.invite(provider=desk.provider, email="ny@example.org", by=desk.editor, at=NOW)
    assert "/desk/invitation/" in desk.client(desk.newcomer).get("/nb/desk/").content.decode()
    assert "/desk/invitation/" not in desk.client(desk.stranger).get("/nb/desk/").content.decode()


def test_inviting_and_taking_back_without_end_fills_no_mailbox(desk: Desk) -> None:
    def send(email: str = "ny@example.org", provider: Provider = desk.provider, by: Any = desk.editor) -> None:
        actions.withdraw_invitation(invitation=actions.invite(provider=provider, email=email, by=by, at=NOW), by=by, at=NOW)

    for _n in range(rules.MOST_LETTERS_TO_ONE):
        send()
    with pytest.raises(Refused) as refused:
        send()
    assert refused.value.reason == Why.ADDRESS_TODAY
    for n in range(rules.MOST_LETTERS_FOR_ONE - rules.MOST_LETTERS_TO_ONE):
        send(f"n{n}@example.org")
    mail.outbox.clear()
    for by in (desk.editor, desk.staff):
        with pytest.raises(Refused) as refused:
            send("en-til@example.org", by=by)
        assert refused.value.reason == Why.LETTERS_TODAY
    with pytest.raises(Refused):  # nor for another page
        send("en-til@example.org", provider=desk.others)
    assert mail.outbox == []
    send("en-til@example.org", provider=desk.others, by=desk.staff)


def test_sending_again_counts_too(desk: Desk) -> None:
    invitation = actions.invite(provider=desk.provider, email="ny@example.org", by=desk.editor, at=NOW)
    for n in range(1, rules.MOST_LETTERS_TO_ONE):
        actions.send_again(invitation=invitation, by=desk.editor, at=NOW + timedelta(minutes=11 * n))
    with pytest.raises(Refused) as refused:
        actions.send_again(invitation=invitation, by=desk.editor, at=NOW + timedelta(hours=3))
    assert refused.value.reason == Why.ADDRESS_TODAY


def test_letters_cannot_be_bent_by_an_address(desk: Desk) -> None:
    for email in ("a@example.org\nBcc: b@example.org", "a@example.org,b@example.org", "<x>"):
        response = desk.client().post(f"/nb/desk/p/{desk.provider.slug}/people/", {"email": email, "role": "editor"})
        assert response.status_code == 422
    assert desk.client().post(f"/nb/desk/p/{desk.provider.slug}/people/", {"email": "a@b.no", "role": "x"}).status_code == 422
    assert mail.outbox == []


def test_letters_speak_the_receiver_s_language(desk: Desk) -> None:
    User.objects.filter(pk=desk.newcomer.pk).update(lang="ar")
    actions.invite(provider=desk.provider, email="ny@example.org", by=desk.editor, at=NOW)
    assert "/ar/desk/invitation/" in mail.outbox[-1].body
    html = mail.outbox[-1].alternatives[0][0]
    assert 'dir="rtl"' in html


# ── handing over and leaving ────────────────────────────────────────────────────────────────────────────────


def test_the_last_one_cannot_leave(desk: Desk) -> None:
    client = desk.client()
    client.post(f"/nb/desk/p/{desk.provider.slug}/leave/")
    assert keepers(desk.provider) == {"leder@example.org"}
    MembershipFactory(user=desk.newcomer, provider=desk.provider)
    client.post(f"/nb/desk/p/{desk.provider.slug}/leave/")
    assert keepers(desk.provider) == {"ny@example.org"}
    assert desk.client().get(f"/nb/desk/p/{desk.provider.slug}/").status_code == 404


def test_leaving_ends_all_roles_or_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    MembershipFactory(user=desk.editor, provider=desk.provider, role=Membership.Role.TREASURER)
    path = f"/nb/desk/p/{desk.provider.slug}/leave/"
    desk.client().post(path)
    assert Membership.objects.filter(user=desk.editor).count() == 2  # the last one who edits
    MembershipFactory(user=desk.newcomer, provider=desk.provider)
    end = actions._end

    def fail(provider: Provider, membership: Membership, **more: Any) -> None:
        if membership.role == Membership.Role.TREASURER:
            raise RuntimeError
        end(provider, membership, **more)

    with monkeypatch.context() as patch:
        patch.setattr(actions, "_end", fail)
        with pytest.raises(RuntimeError):
            desk.client().post(path)
    assert Membership.objects.filter(user=desk.editor).count() == 2
    desk.client().post(path)
    assert not Membership.objects.filter(user=desk.editor).exists()


def test_who_is_taken_away_is_out_with_the_next_press(desk: Desk) -> None:
    MembershipFactory(user=desk.newcomer, provider=desk.provider)
    theirs = desk.client(desk.newcomer)
    assert theirs.get(desk.path("name")).status_code == 200
    membership = Membership.objects.get(user=desk.newcomer)
    desk.client().post(f"/nb/desk/p/{desk.provider.slug}/people/{membership.pk}/take-away/")
    assert theirs.get(desk.path("name")).status_code == 302  # signed out
    assert theirs.post(desk.path("name"), {"name_nb": "hack", "summary_nb": ""}).status_code == 302
    assert desk.client(desk.newcomer).get(desk.path("name")).status_code == 404  # and signing in again does not help
    assert mail.outbox[-1].to == ["ny@example.org"]


def test_a_new_board_takes_over_when_the_first_accepts(desk: Desk) -> None:
    MembershipFactory(user=desk.newcomer, provider=desk.provider)  # stays in the new board
    MembershipFactory(user=UserFactory(email="gammel@example.org"), provider=desk.provider)
    desk.client().post(
        f"/nb/desk/p/{desk.provider.slug}/people/new-board/",
        {"emails": "styre1@example.org\nstyre2@example.org, ny@example.org", "when": "accepted"},
    )
    assert {letter.to[0] for letter in mail.outbox} == {"styre1@example.org", "styre2@example.org"}
    assert len(keepers(desk.provider)) == 3  # nobody goes before somebody is there
    first = UserFactory(email="styre1@example.org")
    path = next(link_in(letter) for letter in mail.outbox if letter.to == ["styre1@example.org"])
    desk.client(first).post(path)
    assert keepers(desk.provider) == {"styre1@example.org", "ny@example.org"}
    assert desk.client().get(f"/nb/desk/p/{desk.provider.slug}/").status_code == 404
    second = UserFactory(email="styre2@example.org")
    path = next(link_in(letter) for letter in mail.outbox if letter.to == ["styre2@example.org"])
    desk.client(second).post(path)
    assert keepers(desk.provider) == {"styre1@example.org", "styre2@example.org", "ny@example.org"}
    assert Provider.objects.get(pk=desk.provider.pk).live
    assert TenantLogEntry.objects.filter(action="provider.hand_over", user=desk.editor).count() == 1


def test_staff_hand_over_where_nobody_is_left(desk: Desk) -> None:
    Membership.objects.filter(provider=desk.provider).delete()
    actions.hand_over(provider=desk.provider, addresses=["ny@example.org"], by=desk.staff, at=NOW)
    desk.client(desk.newcomer).post(link_in(mail.outbox[-1]))
    assert keepers(desk.provider) == {"ny@example.org"}


def test_at_once_is_at_once_but_for_who_presses(desk: Desk) -> None:
    MembershipFactory(user=UserFactory(email="gammel@example.org"), provider=desk.provider)
    actions.hand_over(provider=desk.provider, addresses=["ny@example.org"], by=desk.editor, at=NOW, at_once=True)
    assert keepers(desk.provider) == {"leder@example.org"}  # the page is not left without anybody
    desk.client(desk.newcomer).post(link_in(mail.outbox[0]))
    assert keepers(desk.provider) == {"ny@example.org"}


def test_at_once_is_at_once_where_somebody_named_keeps_the_page_already(desk: Desk) -> None:
    MembershipFactory(user=desk.newcomer, provider=desk.provider)
    board = ["ny@example.org", "nyere@example.org"]
    actions.hand_over(provider=desk.provider, addresses=board, by=desk.editor, at=NOW, at_once=True)
    assert keepers(desk.provider) == {"ny@example.org"}


def test_of_two_hand_overs_the_later_one_holds(desk: Desk) -> None:
    MembershipFactory(user=UserFactory(email="gammel@example.org"), provider=desk.provider)
    for board in (["feil@example.org", "gammel@example.org", "begge@example.org"], ["riktig@example.org", "begge@example.org"]):
        mail.outbox.clear()
        actions.hand_over(provider=desk.provider, addresses=board, by=desk.editor, at=NOW)
    assert {letter.to[0] for letter in mail.outbox} == {"riktig@example.org", "begge@example.org"}
    wrong = Invitation.objects.get(email="feil@example.org")
    path = reverse("desk-invitation", args=[link_of(wrong)])
    assert desk.client(UserFactory(email="feil@example.org")).post(path).status_code == 409
    right = next(link_in(letter) for letter in mail.outbox if letter.to == ["riktig@example.org"])
    desk.client(UserFactory(email="riktig@example.org")).post(right)
    assert keepers(desk.provider) == {"riktig@example.org"}  # who stayed by the first one goes by the second


def test_handing_over_pressed_twice_writes_once(desk: Desk) -> None:
    path = f"/nb/desk/p/{desk.provider.slug}/people/new-board/"
    for _n in range(2):
        desk.client().post(path, {"emails": "a@example.org\nb@example.org", "when": "accepted"})
    assert len(mail.outbox) == 2


# ── who is out stays out ────────────────────────────────────────────────────────────────────────────────────


def go(desk: Desk, who: User, way: str) -> None:
    """Somebody keeps the page no more."""
    membership = Membership.objects.get(user=who, provider=desk.provider)
    match way:
        case "taken away":
            desk.client().post(f"/nb/desk/p/{desk.provider.slug}/people/{membership.pk}/take-away/")
        case "taken away by staff":
            actions.take_away(membership=membership, by=desk.staff, at=NOW, by_staff=True)
        case "everything taken":
            take_everything(municipality=desk.municipality, user=who, by=desk.staff, at=NOW)
        case "handed over":
            actions.hand_over(provider=desk.provider, addresses=["leder@example.org"], by=desk.editor, at=NOW)
        case "handed over at once":
            board = ["leder@example.org", "styre@example.org"]
            actions.hand_over(provider=desk.provider, addresses=board, by=desk.editor, at=NOW, at_once=True)
        case "left":
            desk.client(who).post(f"/nb/desk/p/{desk.provider.slug}/leave/")
        case "erased":
            erase(who, at=NOW, by=None)
    assert not Membership.objects.filter(user=who.pk, provider=desk.provider).exists()


@pytest.mark.parametrize(
    "way",
    ["taken away", "taken away by staff", "everything taken", "handed over", "handed over at once", "left", "erased"],
)
def test_nobody_comes_back_by_an_invitation_of_before(desk: Desk, way: str) -> None:
    """Whoever sees it coming invites a second address of their own, and accepts when they are out."""
    going = UserFactory(email="ut@example.org")
    MembershipFactory(user=going, provider=desk.provider)
    mine = actions.invite(provider=desk.provider, email="min.andre@example.org", by=going, at=NOW)
    to_me = actions.invite(provider=desk.provider, email="ut@example.org", by=desk.editor, at=NOW, role="treasurer")
    others = actions.invite(provider=desk.provider, email="kollega@example.org", by=desk.editor, at=NOW)
    path = reverse("desk-invitation", args=[link_of(mine)])
    go(desk, going, way)
    second = desk.client(UserFactory(email="min.andre@example.org"))
    assert "/desk/invitation/" not in second.get("/nb/desk/").content.decode()
    assert second.post(path).status_code == 409
    assert keepers(desk.provider) == {"leder@example.org"}
    assert not Invitation.objects.filter(pk=to_me.pk, withdrawn_at=None).exists()
    others.refresh_from_db()
    assert (others.withdrawn_at is None) is not way.startswith("handed over"), "a new board invites for itself"


def test_what_was_withdrawn_stands_in_the_log(desk: Desk) -> None:
    going = UserFactory()
    MembershipFactory(user=going, provider=desk.provider)
    mine = actions.invite(provider=desk.provider, email="min.andre@example.org", by=going, at=NOW)
    go(desk, going, "taken away")
    assert TenantLogEntry.objects.get(action="provider.end_role").data["withdrawn"] == [mine.pk]


def test_who_still_edits_keeps_what_they_sent(desk: Desk) -> None:
    MembershipFactory(user=desk.editor, provider=desk.provider, role=Membership.Role.TREASURER)
    mine = actions.invite(provider=desk.provider, email="ny@example.org", by=desk.editor, at=NOW)
    elsewhere = actions.invite(provider=desk.others, email="ny@example.org", by=desk.stranger, at=NOW)
    treasurer = Membership.objects.get(user=desk.editor, role=Membership.Role.TREASURER)
    actions.take_away(membership=treasurer, by=desk.staff, at=NOW, by_staff=True)
    for row in (mine, elsewhere):
        row.refresh_from_db()
        assert row.withdrawn_at is None


@pytest.mark.parametrize(
    ("way", "goes_on"), [("taken away", False), ("everything taken", False), ("left", True), ("erased", True)]
)
def test_a_hand_over_goes_on_when_who_began_it_has_left_and_ends_when_they_were_taken_away(
    desk: Desk, way: str, goes_on: bool
) -> None:
    going = UserFactory(email="ut@example.org")
    MembershipFactory(user=going, provider=desk.provider)
    (asked,) = actions.hand_over(provider=desk.provider, addresses=["ny@example.org"], by=going, at=NOW)
    path = reverse("desk-invitation", args=[link_of(asked)])
    go(desk, going, way)
    desk.client(desk.newcomer).post(path)
    assert keepers(desk.provider) == ({"ny@example.org"} if goes_on else {"leder@example.org"})


# ── roles ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_treasurer_and_a_till_change_nothing(desk: Desk) -> None:
    for role in (Membership.Role.TREASURER, Membership.Role.TILL):
        user = UserFactory()
        MembershipFactory(user=user, provider=desk.provider, role=role)
        client = desk.client(user)
        assert client.get(desk.path("name")).status_code == 404
        assert client.get(f"/nb/desk/p/{desk.provider.slug}/people/").status_code == 404
        assert "Nanset turn" in client.get("/nb/desk/").content.decode()
        client.post(f"/nb/desk/p/{desk.provider.slug}/leave/")
        assert not Membership.objects.filter(user=user).exists()
    assert keepers(desk.provider) == {"leder@example.org"}


# ── certificates ────────────────────────────────────────────────────────────────────────────────────────────


def test_certificates_are_told_for_three_years_where_children_take_part(desk: Desk) -> None:
    client = desk.client()
    path = f"/nb/desk/p/{desk.provider.slug}/certificates/"
    today = timezone.localdate()
    for wrong in (today + timedelta(days=1), today - timedelta(days=3 * 366)):
        assert client.post(path, {"seen_on": wrong.isoformat(), "said_by": "Kari"}).status_code == 422
    client.post(path, {"seen_on": (today - timedelta(days=30)).isoformat(), "said_by": "Kari Leder"})
    page = client.get("/nb/providers/nanset-turn/").content.decode()
    marker = str((today - timedelta(days=30)).year)
    assert "attested_on" not in page
    assert "Kari Leder" not in page
    assert client.get("/nb/providers/nanset-turn/").context["attested_on"] is None  # no ages, no children
    ActivityFactory(municipality=desk.municipality, provider=desk.provider, age_from=6, age_to=12)
    response = client.get("/nb/providers/nanset-turn/")
    assert response.context["attested_on"] == today - timedelta(days=30)
    assert marker in response.content.decode()
    Attestation.objects.update(seen_on=today - timedelta(days=3 * 366))
    assert client.get("/nb/providers/nanset-turn/").context["attested_on"] is None
    row = Attestation.objects.get()
    client.post(path, {"remove": row.pk})
    assert not Attestation.objects.exists()


@pytest.mark.parametrize(
    ("seen_on", "today", "holds"),
    [
        (date(2026, 11, 21), date(2026, 11, 21), True),
        (date(2023, 11, 21), date(2026, 11, 21), True),
        (date(2023, 11, 20), date(2026, 11, 21), False),
        (date(2026, 11, 22), date(2026, 11, 21), False),
        (date(2025, 2, 28), date(2028, 2, 29), True),
        (None, date(2026, 11, 21), False),
    ],
)
def test_certificates_hold_three_years(seen_on: date | None, today: date, holds: bool) -> None:
    assert rules.is_attested(seen_on, today) is holds
