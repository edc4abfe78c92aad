"""A town with staff, a provider with an editor, and proposals that wait."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from directory.municipalities.models import Municipality
from directory.providers.models import AccessRequest
from portal.accounts.models import User
from tests.factories.directory import (
    MembershipFactory,
    ProviderFactory,
    default_municipality,
    make_staff,
)


@pytest.fixture
def town(db: Any) -> Municipality:
    return default_municipality(contact_email="office@example.org")


@pytest.fixture
def staff(town: Municipality) -> User:
    return make_staff(town, "kari@example.org")


@pytest.fixture
def kari(staff: User, client: Client) -> Client:
    client.force_login(staff)
    return client


@pytest.fixture
def member(db: Any) -> User:
    return User.objects.create_user("member@example.org", name="Medlem Demo", lang="en")


@pytest.fixture
def provider(town: Municipality, member: User) -> Any:
    row = ProviderFactory(municipality=town, name_nb="Turnlaget", summary_nb="Turn for alle", phone="00 00 11 22")
    MembershipFactory(provider=row, user=member)
    return row


def propose(listing: Any, by: User, **values: Any) -> Any:
    """Send a change of a listing for approval, as the desk does it; the listing as it is in the database."""
    draft = listing.get_latest_revision_as_object()
    for name, value in values.items():
        setattr(draft, name, value)
    draft.save_revision(user=by, log_action="wagtail.edit")
    state = draft.current_workflow_state
    if state is None:
        draft.get_workflow().start(draft, by)
    elif state.status == state.STATUS_NEEDS_CHANGES:
        state.resume(by)
    return type(listing).objects.get(pk=listing.pk)


def ask(town: Municipality, user: User, **values: Any) -> AccessRequest:
    """Ask to keep a page."""
    from django.utils import timezone

    from directory.providers.actions import ask_for_access

    return ask_for_access(municipality=town, user=user, at=timezone.now(), **values)
