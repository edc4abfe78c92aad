"""What stands on the desk of somebody who guides families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from directory.agencies.models import Agency
from directory.agencies.permissions import may_see_agencies
from directory.agencies.queries import led_by
from directory.municipalities.models import Municipality
from portal.desk.doors import agencies_of
from portal.desk.menu import Tile
from portal.desk.todo import Todo
from portal.pages.finding import pages_about

#: What a municipality may call its page about guiding families.
GUIDE = "veileder familie"


def tiles(user: Any, municipality: Municipality, at: datetime) -> Iterator[Tile]:
    """Find and make a list; the other services; the own one; the municipality's advice on how to guide."""
    own = list(agencies_of(user, municipality))
    if own:
        yield Tile("search", _("Find for a family"), _("Search, and put what fits on a list."), reverse("find"))
        yield Tile("list", _("A new list"), _("As a link, a code or a sheet, in the family's language."), reverse("shortlist"))
    if own or may_see_agencies(user, municipality):
        yield Tile(
            "house", _("Other services"), _("What they offer, when they are open, how to reach them."), reverse("desk-agencies")
        )
    leading = led_by(user, municipality) if own else set()
    for agency in own:
        if agency.pk in leading:
            name = agency.text("name", municipality.order_for(get_language() or "nb"))
            yield Tile("people", name, _("Our text, opening hours and people."), reverse("desk-agency-edit", args=[agency.pk]))
    if own:
        for href, heading in pages_about(municipality, get_language() or "nb", GUIDE)[:1]:
            yield Tile("info", heading, _("How to guide a family"), href)


def todos(user: Any, municipality: Municipality, at: datetime) -> Iterable[Todo]:
    """A leader whose agency says nothing yet of what it offers."""
    empty = [agency for agency in _led(user, municipality) if not agency.text("offers", municipality.languages)]
    for agency in empty:
        name = agency.text("name", municipality.order_for(get_language() or "nb"))
        yield Todo(
            10,
            "people",
            _("Tell the other services what %(name)s offers") % {"name": name},
            _("They see your text, your opening hours and how to reach you. Nobody else does."),
            reverse("desk-agency-edit", args=[agency.pk]),
            _("Write it"),
        )


def _led(user: Any, municipality: Municipality) -> list[Agency]:
    leading = led_by(user, municipality) if getattr(user, "pk", None) else set()
    return list(Agency.objects.filter(pk__in=leading))
