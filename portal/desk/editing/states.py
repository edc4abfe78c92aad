"""Where what a provider has written stands, between its desk and the public page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from wagtail.models import WorkflowState


class State(TextChoices):
    """What is true of a listing's newest words."""

    NEW = "new", _("not sent yet")
    PUBLIC = "public", _("public")
    CHANGED = "changed", _("changed, not sent yet")
    WAITING = "waiting", _("sent, waits for the municipality")
    RETURNED = "returned", _("sent back by the municipality")
    PAUSED = "paused", _("on a break")
    HIDDEN = "hidden", _("hidden: not confirmed for a long time")
    CLOSED = "closed", _("closed")


#: In these, something of the provider's own waits to be sent.
UNSENT = frozenset({State.NEW, State.CHANGED, State.RETURNED})


def running(listings: Iterable[Any]) -> dict[tuple[type[Any], int], WorkflowState]:
    """The approval that each of the listings is in, where it is in one: (model, pk) → state. One query for all."""
    rows = list(listings)
    if not rows:
        return {}
    types = {ContentType.objects.get_for_model(model): model for model in {type(row) for row in rows}}
    found = (
        WorkflowState.objects.active()
        .filter(base_content_type__in=types, object_id__in={str(row.pk) for row in rows})
        .select_related("current_task_state", "base_content_type")
    )
    return {(types[one.base_content_type], int(one.object_id)): one for one in found if one.base_content_type in types}


def state_of(listing: Any, approval: WorkflowState | None) -> State:
    """The state of the newest words; `approval` is what `running` found for the listing."""
    if approval is not None:
        return State.WAITING if approval.status == WorkflowState.STATUS_IN_PROGRESS else State.RETURNED
    if listing.delisted_at:
        return State.CLOSED
    if not listing.live:
        return State.NEW
    if listing.has_unpublished_changes:
        return State.CHANGED
    if listing.paused_at:
        return State.PAUSED
    return State.HIDDEN if listing.hidden_at else State.PUBLIC


def approval_of(listing: Any) -> WorkflowState | None:
    """The approval one listing is in."""
    return running([listing]).get((type(listing), listing.pk))


def answer_of(approval: WorkflowState | None) -> str:
    """What staff wrote in general when they sent something back."""
    if approval is None or approval.status != WorkflowState.STATUS_NEEDS_CHANGES or approval.current_task_state is None:
        return ""
    return str(approval.current_task_state.comment or "")


def remarks_of(approval: WorkflowState | None) -> dict[str, str]:
    """What staff said of single fields, by the name of the field."""
    from directory.proposals.models import Reply

    if approval is None or approval.status != WorkflowState.STATUS_NEEDS_CHANGES or approval.current_task_state_id is None:
        return {}
    reply = Reply.objects.filter(task_state=approval.current_task_state_id).values_list("remarks", flat=True).first()
    return {str(name): str(text) for name, text in (reply or {}).items()}
