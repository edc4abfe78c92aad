"""Deciding about what waits: approve, change and approve, send back. All through Wagtail's workflow, so that history tells it.

A button is bound to the version that was on the screen: where a newer one has come, or somebody has decided, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from wagtail.models import TaskState, WorkflowState

from directory.listings.models import Listing
from directory.proposals.models import Reply
from directory.proposals.rules import Why, why_not_decide, why_not_send_back
from directory.providers.actions import approve_access
from directory.providers.models import AccessRequest, Membership, Provider
from portal.kit.refusals import Refused, refuse_if


def locked(listing: Listing, revision: int | None) -> tuple[Any, TaskState]:
    """The listing and its task, held until the transaction ends, when the version that was seen still is the one that waits."""
    row = type(listing).objects.select_for_update(of=("self",)).get(pk=listing.pk)
    newest = WorkflowState.objects.for_instance(row).order_by("-created_at", "-pk").first()
    task = newest.current_task_state.specific if newest and newest.current_task_state else None
    waits = newest is not None and newest.status == WorkflowState.STATUS_IN_PROGRESS and task is not None
    decided = newest is not None and newest.status in (WorkflowState.STATUS_APPROVED, WorkflowState.STATUS_NEEDS_CHANGES)
    decided_by = str(task.finished_by) if decided and task and task.finished_by else ""
    reason = why_not_decide(waits=waits, decided_by=decided_by, seen=revision, newest=row.latest_revision_id)
    if reason == Why.DECIDED:
        raise Refused(reason, who=decided_by)
    refuse_if(reason)
    return row, task


def check_right(row: Listing, task: TaskState, by: Any, deed: str) -> None:
    """Whether Wagtail's own rule lets this person do it."""
    allowed = {name for name, _label, _asks in task.task.specific.get_actions(row, by)}
    refuse_if(None if deed in allowed else Why.NO_RIGHT)


def approve(*, listing: Listing, revision: int | None, by: Any, change: Callable[[Any], None] | None = None) -> None:
    """Publish what waits. `change` writes what staff mended into the version that was seen, before it is published."""
    try:
        with transaction.atomic():
            row, task = locked(listing, revision)
            check_right(row, task, by, "approve")
            if change is not None:
                draft = row.latest_revision.as_object()
                change(draft)
                draft.save_revision(user=by, log_action="wagtail.edit")
            task.task.specific.on_action(task, by, "approve")
    except IntegrityError:  # a draft may want an organisation number that another has got since
        raise Refused(Why.TAKEN) from None


@transaction.atomic
def send_back(*, listing: Listing, revision: int | None, by: Any, text: str, remarks: Mapping[str, str]) -> None:
    """Give a proposal back to who sent it, with a reason: in general, and beside single fields."""
    remarks = {name: remark.strip() for name, remark in remarks.items() if remark.strip()}
    refuse_if(why_not_send_back(text=text, remarks=remarks))
    row, task = locked(listing, revision)
    check_right(row, task, by, "reject")
    # Written first: the letter that the next line sets off tells it.
    Reply.objects.update_or_create(task_state=task, defaults={"municipality": row.municipality, "remarks": remarks})
    task.task.specific.on_action(task, by, "reject", comment=text.strip())


@transaction.atomic
def approve_request(*, request: AccessRequest, by: Any, at: datetime, instead: Provider | None = None) -> Membership:
    """Say yes to who asks for a page; `instead` is the listed provider that a request for a new page means after all."""
    if instead is not None and request.provider_id is None and instead.municipality_id == request.municipality_id:
        AccessRequest.objects.filter(pk=request.pk, provider=None, state=AccessRequest.State.WAITING).update(provider=instead)
    return approve_access(request=request, by=by, at=at)
