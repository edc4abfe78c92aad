"""Proposals: sent for approval, looked at, approved or returned, and what history keeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from wagtail.models import WorkflowState

from directory.listings import previews
from directory.municipalities.models import TenantLogEntry
from directory.places.models import Place
from directory.providers.models import Provider
from portal.accounts.models import User
from tests.directory.staff.conftest import MARK, Town
from tests.factories.directory import ProviderFactory


def url(screen: str, *args: Any) -> str:
    return reverse(Provider.snippet_viewset.get_url_name(screen), args=args)


@pytest.fixture
def member(db: Any) -> User:
    return User.objects.create_user("member@example.org", name="Medlem")


def propose(provider: Provider, member: User, name: str) -> Provider:
    """A provider's member proposes a new name, as the desk does it."""
    draft = provider.get_latest_revision_as_object()
    draft.name_nb = name
    draft.save_revision(user=member, log_action="wagtail.edit")
    draft.get_workflow().start(draft, member)
    provider.refresh_from_db()
    return provider


def decide(browser: Client, provider: Provider, action: str, **data: Any) -> Any:
    state = provider.current_workflow_state.current_task_state
    return browser.post(url("workflow_action", provider.pk, action, state.pk), data)


def test_approving_publishes_the_proposal(kari: Client, here: Town, member: User) -> None:
    provider = propose(ProviderFactory(municipality=here.municipality, name_nb="Før"), member, "Etter")
    assert (provider.name_nb, provider.has_unpublished_changes) == ("Før", True)
    assert "Etter" in kari.get("/cms/").content.decode(), "the first page shows what waits"

    assert decide(kari, provider, "approve").status_code == 302

    provider.refresh_from_db()
    assert (provider.name_nb, provider.live) == ("Etter", True)
    assert WorkflowState.objects.get().status == WorkflowState.STATUS_APPROVED


def test_returning_keeps_what_is_live_and_the_comment(kari: Client, here: Town, member: User) -> None:
    provider = propose(ProviderFactory(municipality=here.municipality, name_nb="Før"), member, "Etter")

    decide(kari, provider, "reject", comment="Skriv mer")

    provider.refresh_from_db()
    assert provider.name_nb == "Før"
    state = provider.current_workflow_state
    assert state.status == WorkflowState.STATUS_NEEDS_CHANGES
    assert state.current_task_state.comment == "Skriv mer"


def test_staff_elsewhere_decide_nothing(kari: Client, here: Town, there: Town) -> None:
    foreign = there.row("Provider")
    for action in ("approve", "reject"):
        assert decide(kari, foreign, action, comment="x").status_code == 404
    task = foreign.current_workflow_state.current_task_state.task.specific
    assert task.get_actions(foreign, here.staff) == []
    assert MARK not in kari.get("/cms/").content.decode()


def test_trusted_publishing_asks_for_permission(here: Town, member: User) -> None:
    """Somebody without a role cannot publish by calling the draft's own publish."""
    provider = ProviderFactory(municipality=here.municipality)
    with pytest.raises(PermissionDenied):
        provider.save_revision(user=member).publish(user=member)


def test_history_compare_and_revert(kari: Client, here: Town, member: User) -> None:
    provider = ProviderFactory(municipality=here.municipality, name_nb="Første", name_ar="قديم")
    first = provider.save_revision(user=here.staff, log_action="wagtail.edit")
    first.publish(user=here.staff)
    provider.refresh_from_db()
    provider.name_nb, provider.name_ar = "Andre", "جديد"
    second = provider.save_revision(user=here.staff, log_action="wagtail.edit")
    second.publish(user=here.staff)

    history = kari.get(url("history", provider.pk)).content.decode()
    assert "Staff" in history
    compared = kari.get(url("revisions_compare", provider.pk, first.pk, second.pk)).content.decode()
    assert "قديم" in compared
    assert "جديد" in compared

    form = kari.get(url("revisions_revert", provider.pk, first.pk)).context["form"]
    assert (form.initial["name_nb"], form.initial["name_ar"]) == ("Første", "قديم")


def test_log_knows_the_municipality_and_is_read_there_only(kari: Client, boss: Client, own: Town, there: Town) -> None:
    assert TenantLogEntry.objects.filter(municipality=there.municipality).exists()
    mine = kari.get("/cms/reports/site-history/").content.decode()
    assert "Larvikting" in mine
    assert MARK not in mine
    assert MARK in boss.get("/cms/reports/site-history/").content.decode()


def test_workflow_reports_show_own_rows(kari: Client, boss: Client, own: Town, there: Town) -> None:
    for report in ("workflow", "workflow_tasks"):
        body = kari.get(f"/cms/reports/{report}/").content.decode()
        assert "Larvikting" in body
        assert MARK not in body
        assert MARK in boss.get(f"/cms/reports/{report}/").content.decode()


# ── previews ────────────────────────────────────────────────────────────────────────────────────────────────


def facts(**more: Any) -> dict[str, Any]:
    visible = {"contact_name_visibility": "staff", "phone_visibility": "staff", "email_visibility": "staff"}
    return {"kind": "association", "name_nb": "Norsk navn", **visible, **more}


def test_preview_in_each_language_of_the_municipality(kari: Client, here: Town) -> None:
    provider = ProviderFactory(municipality=here.municipality, name_nb="Live navn")
    address = url("preview_on_edit", provider.pk)
    assert [code for code, _name in provider.preview_modes] == here.municipality.languages
    saved = kari.post(address, facts(name_ar="اسم عربي"))
    assert saved.json()["is_valid"]

    for mode, name, direction in (("nb", "Norsk navn", "ltr"), ("ar", "اسم عربي", "rtl")):
        response = kari.get(address, {"mode": mode})
        body = response.content.decode()
        assert response.status_code == 200
        assert name in body
        assert f'lang="{mode}" dir="{direction}"' in body.split("</head>")[0]
    assert Provider.objects.get().name_nb == "Live navn"


@pytest.mark.parametrize("name", ["Provider", "Place", "Activity", "SupportScheme"])
def test_preview_of_something_new(kari: Client, own: Town, there: Town, name: str) -> None:
    model = type(own.row(name))
    listed = Place(municipality=there.municipality, name_nb="Uten tilbyder")  # a new provider is not nobody
    listed.save()
    own_facts = {
        "Provider": {},
        "Place": {"kind": "meeting", **no_rows("opening_times")},
        "Activity": {"provider": own.row("Provider").pk, "first_contact_visibility": "staff", **no_rows("sessions")},
        "SupportScheme": {"applicant": "guardian"},
    }[name]
    address = reverse(model.snippet_viewset.get_url_name("preview_on_add"))
    assert kari.post(address, facts(**own_facts)).json()["is_valid"]
    response = kari.get(address, {"mode": "nb"})
    assert response.status_code == 200
    body = response.content.decode()
    assert "Norsk navn" in body
    assert "Uten tilbyder" not in body
    assert MARK not in body


def no_rows(prefix: str) -> dict[str, int]:
    return {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}


def test_preview_is_the_public_page(here: Town) -> None:
    """Every kind of listing has a page of its own to preview."""
    from directory.listings.models import Listing

    for model in Listing.__subclasses__():
        assert previews.page_of(model) is not previews.plain_page, model
