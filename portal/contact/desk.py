"""What this room has on the desk: enquiries that wait, and the ways to others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.contact.enquiries.models import Enquiry
from portal.contact.enquiries.queries import enquiries_of, received_by
from portal.contact.standing import standing_in
from portal.desk.figures import Figure
from portal.desk.menu import Tile
from portal.desk.todo import Todo


def todos(user: Any, municipality: Municipality, at: datetime) -> Iterator[Todo]:
    """Questions nobody has answered yet."""
    standing = standing_in(user, municipality)
    if not standing.is_member:
        return
    waiting = received_by(standing).filter(pk__in=Enquiry.objects.unanswered())
    if count := waiting.count():
        yield Todo(
            90,
            "mail",
            ngettext("%(count)s question waits for an answer", "%(count)s questions wait for an answer", count)
            % {"count": count},
            _("Somebody would like to hear from you."),
            reverse("desk-enquiries"),
            _("See and answer"),
        )


def tiles(user: Any, municipality: Municipality, at: datetime) -> Iterator[Tile]:
    """The ways to others in the municipality."""
    if not standing_in(user, municipality).is_member:
        return
    yield Tile("mail", _("Questions and messages"), _("What people ask you, and what you have sent."), reverse("desk-enquiries"))
    yield Tile("list", _("Notice board"), _("Look for, offer and lend, among associations here."), reverse("desk-board"))
    yield Tile("people", _("Other associations"), _("How to reach them, and a way to write to them."), reverse("desk-neighbours"))
    yield Tile("phone", _("List of contacts"), _("Those who said yes to being in it."), reverse("desk-contact-list"))


def figures(provider: Provider, first: date, last: date) -> Iterator[Figure]:
    """How much a provider was asked in these weeks. Its own questions: they are told as they are."""
    found = enquiries_of(provider, first, last)
    yield Figure(_("Questions and messages you got"), str(found.received))
    yield Figure(_("Marked as answered by you"), str(found.answered))
