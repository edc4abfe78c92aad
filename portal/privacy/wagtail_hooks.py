"""What the log says of this room."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks


@hooks.register("register_log_actions", order=20)
def register_logs(actions: Any) -> None:
    """One who kept a page has been erased."""
    actions.register_action("privacy.erase", _("Erase a person"), _("One who kept this page has been erased"))
