"""The screens of the queue as staff press them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from directory.activities.models import Activity, Session
from directory.municipalities.models import Municipality
from directory.proposals.models import Reply, SavedAnswer
from directory.providers.models import AccessRequest, Membership, Provider
from portal.accounts.models import User
from tests.directory.proposals.conftest import ask, propose
from tests.factories.directory import (
    ActivityFactory,
    CategoryFactory,
    PlaceFactory,
    ProviderFactory,
    make_municipality,
    make_staff,
)

pytestmark = pytest.mark.one_database


def fields_of(form: Any) -> dict[str, Any]:
    """What a browser sends back of a form that nobody touched, with the line ends that browsers send."""
    found: dict[str, Any] = {}
    for name in form.fields:
        value = form[name].value()
        if value in (None, False, ""):
            value = []
        elif not isinstance(value, list | tuple):
            value = [str(getattr(value, "pk", value)).replace("\n", "\r\n")]
        else:
            value = [str(getattr(one, "pk", one)) for one in value]
        found[form.add_prefix(name)] = value
    for formset in form.formsets.values():
        found |= {
            f"{formset.prefix}-{name}": [str(number)]
            for name, number in (
                ("TOTAL_FORMS", len(formset.forms)),
                ("INITIAL_FORMS", formset.initial_form_count()),
                ("MIN_NUM_FORMS", 0),
                ("MAX_NUM_FORMS", 1000),
            )
        }
        for child in formset.forms:
            for name in child.fields:
                value = child[name].value()
                if name == "cancelled" and value:
                    value = "\r\n".join(value) if isinstance(value, list) else value
                empty = [""] if name == "id" else []
                found[child.add_prefix(name)] = empty if value in (None, False, "", []) else [str(getattr(value, "pk", value))]
    return found


def press(browser: Client, listing: Any, deed: str, revision: int | None = None, **more: Any) -> Any:
    """Open the page, change what is said, and press a button."""
    address = f"/cms/proposals/{listing.KIND.value}/{listing.pk}/"
    page = browser.get(address)
    form = page.context["form"]
    data = {**(fields_of(form) if form is not None else {}), "revision": revision or page.context["revision"], "deed": deed}
    return browser.post(address, data | more)


@pytest.fixture
def proposal(provider: Provider, member: User) -> Provider:
    provider.description_nb = "Linje en\nLinje to"
    provider.save()
    return propose(provider, member, summary_nb="Turn\nfor alle", description_nb="Linje en\nLinje 2", phone_visibility="public")


def test_page_shows_each_difference(kari: Client, proposal: Provider) -> None:
    body = kari.get(f"/cms/proposals/provider/{proposal.pk}/").content.decode()
    assert "<del>to</del>" in body
    assert "<ins>2</ins>" in body
    assert "Alle kommer til å se dette." in body
    assert "Medlem Demo" in body


def test_approve_publishes_what_was_sent_and_nothing_else(kari: Client, proposal: Provider) -> None:
    answer = press(kari, proposal, "approve")
    assert answer.status_code == 302
    proposal.refresh_from_db()
    assert proposal.description_nb == "Linje en\nLinje 2", "line ends of browsers are no change"
    assert proposal.latest_revision.user.email == "member@example.org"
    assert answer.headers["Location"] == "/cms/proposals/?"


def test_change_and_approve(kari: Client, staff: User, proposal: Provider) -> None:
    press(kari, proposal, "approve", summary_nb="Turn for alle, store og små", phone_visibility="staff")
    proposal.refresh_from_db()
    assert proposal.summary_nb == "Turn for alle, store og små"
    assert proposal.phone_visibility == "staff"
    assert proposal.description_nb == "Linje en\nLinje 2"
    assert proposal.latest_revision.user == staff


def test_rows_labels_and_places_are_mended_in_place(kari: Client, town: Municipality, provider: Provider, member: User) -> None:
    hall = PlaceFactory(municipality=town, name_nb="Hallen")
    one, two = CategoryFactory(municipality=town), CategoryFactory(municipality=town)
    activity = ActivityFactory(
        municipality=town,
        provider=provider,
        name_nb="Turn",
        categories=[one],
        sessions=[Session(weekday=1, starts="17:00", ends="18:00")],
    )
    activity = Activity.objects.get(pk=activity.pk)
    draft = activity.get_latest_revision_as_object()
    rows = list(draft.sessions.all())
    rows[0].place, rows[0].cancelled = hall, ["2031-01-06"]
    extra = Session(weekday=5, starts=rows[0].starts, ends=rows[0].ends)
    activity = propose(activity, member, sessions=[*rows, extra], categories=[one, two], is_free=False, price="100.00")

    press(
        kari,
        activity,
        "approve",
        **{"sessions-0-ends": "19:30", "sessions-1-DELETE": "on", "price": "150", "categories": [two.pk]},
    )

    activity = Activity.objects.get(pk=activity.pk)
    (session,) = activity.sessions.all()
    assert (session.weekday, str(session.ends), session.place, session.cancelled) == (1, "19:30:00", hall, ["2031-01-06"])
    assert int(activity.price) == 150
    assert [row.pk for row in activity.categories.all()] == [two.pk]


def test_what_cannot_be_kept_is_said_and_nothing_is_published(kari: Client, proposal: Provider) -> None:
    answer = press(kari, proposal, "approve", summary_nb="x" * 400)
    assert answer.status_code == 200
    assert "x" * 400 in answer.content.decode(), "what was typed stands there still"
    proposal.refresh_from_db()
    assert proposal.summary_nb == "Turn for alle"


def test_foreign_rows_cannot_be_chosen(kari: Client, town: Municipality, provider: Provider, member: User) -> None:
    foreign = CategoryFactory(municipality=make_municipality("3907", "Sandefjord"), name_nb="Fremmed")
    proposal = propose(provider, member, categories=[CategoryFactory(municipality=town)])
    answer = press(kari, proposal, "approve", categories=[foreign.pk])
    assert answer.status_code == 200
    assert not Provider.objects.get(pk=provider.pk).categories.exists()


def test_send_back_with_remarks(kari: Client, proposal: Provider) -> None:
    mail.outbox.clear()
    press(kari, proposal, "send-back", reason="Skriv mer.\r\nTakk!", **{"remark-summary_nb": "For kort", "remark-unknown": "x"})
    assert Reply.objects.get().remarks == {"summary_nb": "For kort"}
    assert "Skriv mer.\nTakk!" in mail.outbox[0].body
    body = kari.get(f"/cms/proposals/provider/{proposal.pk}/").content.decode()
    assert "Skriv mer." in body
    assert 'value="approve"' not in body


def test_send_back_without_a_word_is_refused(kari: Client, proposal: Provider) -> None:
    answer = press(kari, proposal, "send-back", reason="  ")
    assert answer.status_code == 200
    assert not Reply.objects.exists()


def test_reason_is_kept_when_a_newer_version_has_come(kari: Client, proposal: Provider, member: User) -> None:
    old = proposal.latest_revision_id
    propose(proposal, member, summary_nb="Nyere")
    answer = press(
        kari, proposal, "approve", revision=old, summary_nb="Mitt", reason="Min grunn", **{"remark-phone_visibility": "Hm"}
    )
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "Min grunn" in body
    assert "Nyere" in body
    assert "Mitt" in dict(answer.context["typed"]).values()
    proposal.refresh_from_db()
    assert proposal.summary_nb == "Turn for alle"
    again = press(kari, proposal, "approve")
    assert again.status_code == 302
    proposal.refresh_from_db()
    assert proposal.summary_nb == "Nyere", "what was typed over the older version is not written over the newer"


def test_two_at_once_the_second_is_told(kari: Client, town: Municipality, proposal: Provider) -> None:
    ola = Client()
    ola.force_login(make_staff(town, "ola@example.org"))
    User.objects.filter(email="kari@example.org").update(name="Kari Demo")
    seen = proposal.latest_revision_id
    assert "Kari Demo" not in ola.get(f"/cms/proposals/provider/{proposal.pk}/").content.decode()
    kari.get(f"/cms/proposals/provider/{proposal.pk}/")
    assert "Kari Demo" in ola.get(f"/cms/proposals/provider/{proposal.pk}/").content.decode(), "she looks at it too"

    press(kari, proposal, "approve")
    answer = ola.post(
        f"/cms/proposals/provider/{proposal.pk}/",
        {"revision": seen, "deed": "send-back", "reason": "Vent litt", "remark-summary_nb": "Hm"},
    )

    body = answer.content.decode()
    assert "Kari Demo" in body
    assert "Vent litt" in body
    assert not Reply.objects.exists()


def test_on_to_the_next_of_the_same_question(kari: Client, town: Municipality, provider: Provider, member: User) -> None:
    first = propose(provider, member, summary_nb="Ny")
    propose(PlaceFactory(municipality=town), member, summary_nb="Ny")
    second = propose(ProviderFactory(municipality=town), member, summary_nb="Ny")
    address = f"/cms/proposals/provider/{first.pk}/?kind=provider"
    answer = kari.post(
        address, {**fields_of(kari.get(address).context["form"]), "revision": first.latest_revision_id, "deed": "approve"}
    )
    assert answer.headers["Location"] == f"/cms/proposals/provider/{second.pk}/?kind=provider"


def test_saved_answers_are_offered_in_the_senders_language(kari: Client, town: Municipality, proposal: Provider) -> None:
    SavedAnswer.objects.create(municipality=town, name="Bilder", text_nb="Bytt bilde", text_en="Change the picture")
    SavedAnswer.objects.create(municipality=make_municipality("3907", "Sandefjord"), name="Fremmed", text_nb="Fremmed")
    body = kari.get(f"/cms/proposals/provider/{proposal.pk}/").content.decode()
    assert 'value="Change the picture" lang="en"' in body
    assert "If it is free, say so." in body
    assert "Fremmed" not in body


def test_hostile_words_are_words(kari: Client, provider: Provider, member: User) -> None:
    bad = "<script>alert(1)</script>"
    propose(provider, member, name_nb=bad, description_nb=bad, social_links=["javascript:alert(1)"])
    for address in ("/cms/proposals/", f"/cms/proposals/provider/{provider.pk}/", "/cms/"):
        assert bad not in kari.get(address).content.decode()


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def asked(town: Municipality, provider: Provider) -> AccessRequest:
    Provider.objects.filter(pk=provider.pk).update(
        email="styret@turn.example.org", website="https://www.turn.example.org/", register_name="TURNLAGET IL"
    )
    user = User.objects.create_user("leder@turn.example.org", name="Ny leder")
    return ask(town, user, provider=provider, message="Jeg er ny leder")


def test_request_shows_what_is_known(kari: Client, asked: AccessRequest) -> None:
    body = kari.get(f"/cms/proposals/request/{asked.pk}/").content.decode()
    for said in ("Ny leder", "leder@turn.example.org", "Jeg er ny leder", "TURNLAGET IL", "Medlem Demo", "nettsiden"):
        assert said in body, said


def test_request_is_approved_and_refused(kari: Client, town: Municipality, asked: AccessRequest) -> None:
    kari.post(f"/cms/proposals/request/{asked.pk}/", {"deed": "approve"})
    assert Membership.objects.filter(user=asked.user, provider=asked.provider).exists()

    other = ask(town, asked.user, name="Noe annet", kind="informal")
    assert kari.post(f"/cms/proposals/request/{other.pk}/", {"deed": "refuse"}).status_code == 200, "a no needs a reason"
    kari.post(f"/cms/proposals/request/{other.pk}/", {"deed": "refuse", "reason": "Finnes alt"})
    other.refresh_from_db()
    assert (other.state, other.answer) == (AccessRequest.State.REFUSED, "Finnes alt")
    again = kari.post(f"/cms/proposals/request/{other.pk}/", {"deed": "approve"})
    assert again.status_code == 200
    other.refresh_from_db()
    assert other.state == AccessRequest.State.REFUSED


def test_request_for_something_that_is_listed_names_it(kari: Client, town: Municipality, provider: Provider) -> None:
    new = ask(town, User.objects.create_user("x@example.org"), name="Turnlaget idrettslag", kind="association")
    page = kari.get(f"/cms/proposals/request/{new.pk}/")
    assert [row.pk for row, _score in page.context["alike"]] == [provider.pk]
    foreign = ProviderFactory(municipality=make_municipality("3907", "Sandefjord"))
    assert kari.post(f"/cms/proposals/request/{new.pk}/", {"deed": "approve", "instead": foreign.pk}).status_code == 404
    kari.post(f"/cms/proposals/request/{new.pk}/", {"deed": "approve", "instead": provider.pk})
    assert Membership.objects.filter(provider=provider, user__email="x@example.org").exists()


# ── many at once ────────────────────────────────────────────────────────────────────────────────────────────


def test_many_are_shown_once_more_and_approved(kari: Client, town: Municipality, provider: Provider, member: User) -> None:
    rows = [
        propose(row, member, summary_nb="Ny")
        for row in (provider, ProviderFactory(municipality=town), PlaceFactory(municipality=town))
    ]
    marked = [f"{row.KIND.value}-{row.pk}-{row.latest_revision_id}" for row in rows]
    shown = kari.post("/cms/proposals/approve/", {"marked": marked})
    assert shown.status_code == 200
    assert all(str(row) in shown.content.decode() for row in rows)
    assert Provider.objects.get(pk=provider.pk).summary_nb == "Turn for alle", "nothing happens before the second yes"

    propose(rows[1], member, summary_nb="Nyere")
    kari.post("/cms/proposals/approve/", {"marked": marked, "yes": "1"})

    assert [type(row).objects.get(pk=row.pk).summary_nb for row in rows] == ["Ny", None, "Ny"]


def test_many_leaves_foreign_rows_and_nonsense(kari: Client, member: User) -> None:
    foreign = propose(
        ProviderFactory(municipality=make_municipality("3907", "Sandefjord"), name_nb="Fremmed"), member, summary_nb="Ny"
    )
    said = [f"provider-{foreign.pk}-{foreign.latest_revision_id}", "provider-²-1", "user-1-1", "x", f"provider-{'9' * 30}-1"]
    answer = kari.post("/cms/proposals/approve/", {"marked": said, "yes": "1"}, follow=True)
    assert "Fremmed" not in answer.content.decode()
    foreign.refresh_from_db()
    assert not foreign.summary_nb


def test_closed_ones_are_not_offered_to_who_asks_for_a_new_page(kari: Client, town: Municipality) -> None:
    closed = ProviderFactory(municipality=town, name_nb="Nanset sangkor", delisted_at=timezone.now())
    there = ProviderFactory(municipality=town, name_nb="Nanset sangkoret")
    asked = ask(town, User.objects.create_user("ny@example.org"), name="Nanset sangkor", kind="association")
    path = f"/cms/proposals/request/{asked.pk}/"
    assert [row for row, _score in kari.get(path).context["alike"]] == [there]
    assert kari.post(path, {"deed": "approve", "instead": closed.pk}).status_code == 404
    assert not Membership.objects.filter(provider=closed).exists()


def test_nul_is_no_fault(kari: Client, town: Municipality, provider: Provider, member: User) -> None:
    """PostgreSQL takes none."""
    assert kari.get("/cms/proposals/?category=%00&q=%00").status_code == 200
    proposed = propose(provider, member, summary_nb="Ny")
    answers = {"deed": "send-back", "revision": proposed.latest_revision_id, "reason": "Kort\x00ere", "remark-summary": "Mer\x00"}
    assert kari.post(f"/cms/proposals/provider/{provider.pk}/", answers).status_code == 302
    reply = Reply.objects.get()
    assert "\x00" not in reply.task_state.comment + "".join(reply.remarks.values())
    assert "Kortere" in reply.task_state.comment
    asked = ask(town, User.objects.create_user("ny@example.org"), name="Et lag", kind="association")
    kari.post(f"/cms/proposals/request/{asked.pk}/", {"deed": "refuse", "reason": "Ne\x00i takk"})
    asked.refresh_from_db()
    assert asked.answer == "Nei takk"
