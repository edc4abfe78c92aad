"""What the desk says of this room."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from directory.municipalities.models import Municipality
from portal.desk.menu import Tile
from portal.desk.todo import Todo
from portal.privacy.models import ErasureRequest


def todos(user: Any, municipality: Municipality, at: datetime) -> Iterable[Todo]:
    """Who is about to be erased is told each time they come."""
    request = ErasureRequest.objects.filter(user=user).first()
    if request is not None:
        day = formats.date_format(timezone.localtime(request.due_at), "DATE_FORMAT")
        yield Todo(
            weight=95,
            icon="info",
            title=_("You will be erased on %(day)s") % {"day": day},
            text=_("You asked for it. Until then you can think better of it."),
            href=reverse("my_data"),
            button=_("I want to stay"),
        )


def tiles(user: Any, municipality: Municipality, at: datetime) -> Iterable[Tile]:
    """The way to one's own data."""
    yield Tile("info", _("What we know about you"), _("See it, take it along, or be erased."), reverse("my_data"))
