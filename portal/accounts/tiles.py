"""The way from the desk to one's own account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import Municipality
from portal.desk.menu import Tile


def account(user: Any, municipality: Municipality, at: datetime) -> Iterable[Tile]:
    """For everybody who has signed in."""
    yield Tile(
        "key", _("Your account"), _("Your name, the language of letters to you, and how you sign in."), reverse("account_home")
    )
