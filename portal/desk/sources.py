"""What the desk itself has to say on its front page: invitations, what staff answered, drafts, new pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.models import WorkflowState

from directory.listings.models import Listing
from directory.municipalities.models import Municipality
from directory.providers.emails import link_of
from directory.providers.models import AccessRequest, Invitation, Provider
from directory.providers.pausing import questions_of
from directory.providers.rules import INVITATION_GOOD_FOR
from portal.desk.doors import providers_of
from portal.desk.editing.loading import pages_of
from portal.desk.editing.states import State, answer_of, running, state_of
from portal.desk.editing.steps import KIND_OF
from portal.desk.todo import Todo
from portal.kit.texts import Text, best

NEWS_FOR = timedelta(days=14)  # so long an answer stands on the front page
SHORT = 160


def name_of(row: Any) -> Text:
    """What a page is called, in the municipality's own language."""
    return best(row, "name", row.municipality.order_for(row.municipality.languages[0]))


def href_of(row: Listing, provider: Provider) -> str:
    return reverse("desk-listing", args=[provider.slug, KIND_OF[type(row)], row.pk])


def shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[:SHORT].rstrip()}…"


def todos(user: Any, municipality: Municipality, at: datetime) -> Iterator[Todo]:
    """Everything of the desk's own, one thing each."""
    yield from invited(user, municipality, at)
    yield from answered(user, municipality, at)
    for provider in providers_of(user, municipality):
        provider.municipality = municipality
        yield from begun(provider, at)


def invited(user: Any, municipality: Municipality, at: datetime) -> Iterator[Todo]:
    """Invitations that wait for one's own address: also where the letter got lost."""
    rows = Invitation.objects.filter(
        email=user.email.lower(),
        provider__municipality=municipality,
        accepted_at=None,
        withdrawn_at=None,
        sent_at__gte=at - INVITATION_GOOD_FOR,
    ).select_related("provider__municipality")
    for row in rows:
        yield Todo(
            90,
            "mail",
            _("Will you keep the page of %(name)s?") % {"name": name_of(row.provider)},
            _("You have been invited."),
            reverse("desk-invitation", args=[link_of(row)]),
            _("See the invitation"),
        )


def answered(user: Any, municipality: Municipality, at: datetime) -> Iterator[Todo]:
    """What the municipality has refused lately, with its reason."""
    rows = AccessRequest.objects.filter(
        user=user, municipality=municipality, state=AccessRequest.State.REFUSED, decided_at__gte=at - NEWS_FOR
    ).select_related("provider__municipality")
    for row in rows:
        yield Todo(
            40,
            "info",
            _("You did not get the page of %(name)s") % {"name": name_of(row.provider) if row.provider else row.name},
            shortened(row.answer) or _("The municipality said no."),
            reverse("desk-join"),
            _("Ask for another page"),
        )


def begun(provider: Provider, at: datetime) -> Iterator[Todo]:
    """Of one provider: what came back, what has begun and was not sent, what staff have answered."""
    pages = pages_of(provider)
    approvals = running(pages)
    for row in pages:
        approval: WorkflowState | None = approvals.get((type(row), row.pk))
        state = state_of(row, approval)
        name = name_of(row)
        if state == State.RETURNED:
            yield Todo(
                70,
                "chat",
                _("“%(name)s” came back from the municipality") % {"name": name},
                shortened(answer_of(approval)) or _("Something needs another look."),
                href_of(row, provider),
                _("See what they say"),
            )
        elif state == State.CHANGED or (state == State.NEW and row is not provider):
            yield Todo(
                30,
                "pencil",
                _("Continue with “%(name)s”") % {"name": name},
                _("You have begun, and not sent it yet. Nobody else sees it."),
                href_of(row, provider),
                _("Continue"),
            )
        elif state == State.NEW:
            yield Todo(
                35,
                "start",
                _("Fill in the page of %(name)s") % {"name": name},
                _("A few questions, one at a time. You can stop and go on whenever you like."),
                href_of(row, provider),
                _("Begin"),
            )
    for report in questions_of(pages):
        if report.handled_at and report.handled_at >= at - NEWS_FOR and report.note:
            yield Todo(
                25,
                "chat",
                _("The municipality has answered about “%(name)s”") % {"name": report.listing_name},
                shortened(report.note),
                reverse("desk-provider", args=[provider.slug]),
                _("To the page"),
            )
