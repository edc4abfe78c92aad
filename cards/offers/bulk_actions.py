"""Deeds on many uses that wait for a decision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cards.offers.models import Redemption
from cards.offers.rules import WhyNot
from cards.offers.states import UseState
from cards.offers.telling import decide_disputed
from directory.municipalities.tenancy import TenantBulkAction
from portal.kit.refusals import Refused, refuse_if


class AcceptMany(TenantBulkAction):
    """Accept uses that were told later."""

    display_name = _("Accept")
    action_type = "accept"
    aria_label = _("Accept what is marked")
    template_name = "directory/listings/staff/many.html"
    question: Any = _("Accept these uses? They are counted and paid, as far as the cards still hold them.")
    yes: Any = _("Yes, accept")
    action_priority = 10
    models: ClassVar[list[Any]] = [Redemption]
    accept: ClassVar[bool] = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"question": self.question, "yes": self.yes, "serious": not self.accept}

    @classmethod
    def execute_action(cls, objects: Iterable[Any], user: Any = None, **context: Any) -> tuple[int, int]:
        action, done = context["self"], 0
        action.left = 0
        for use in objects:
            try:
                refuse_if(None if use.state == UseState.DISPUTED else WhyNot.NOT_DISPUTED)
                decide_disputed(redemption=use, accept=cls.accept, by=action.request.user, at=timezone.now())
                done += 1
            except Refused:
                action.left += 1
        return done, 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        told = ngettext("Done for %(count)d.", "Done for %(count)d.", num_parent_objects) % {"count": num_parent_objects}
        if self.left:
            left = ngettext(
                "%(count)d could not be decided so. Open it to see why.",
                "%(count)d could not be decided so. Open them to see why.",
                self.left,
            )
            told += " " + left % {"count": self.left}
        return told


class TurnDownMany(AcceptMany):
    """Turn down uses that were told later."""

    display_name = _("Turn down")
    action_type = "turn-down"
    aria_label = _("Turn down what is marked")
    question = _("Turn these uses down? The providers are not paid for them.")
    yes = _("Yes, turn down")
    action_priority = 20
    accept = False
