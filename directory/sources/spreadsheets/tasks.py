"""The slow parts of an import, done by the queue. Each may run twice: what is done is found done.

One whose municipality is busy with another import goes to the back of the queue for some seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_tasks import task

from directory.geography.tasks import asked_together
from directory.sources.claims import Busy
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions

WAIT = timedelta(seconds=5)


@task()
def plan_import(run_pk: int) -> None:
    """Read every row and give it its verdict."""
    _in_turn(plan_import, run_pk, ImportRun.State.PLANNING, lambda run: actions.plan_run(run=run))


@task()
def apply_import(run_pk: int) -> None:
    """Write what the rows say."""
    with asked_together():
        _in_turn(apply_import, run_pk, ImportRun.State.APPLYING, lambda run: actions.apply_run(run=run))


@task()
def undo_import(run_pk: int) -> None:
    """Take back what the run wrote."""
    _in_turn(undo_import, run_pk, ImportRun.State.UNDOING, lambda run: actions.undo_run(run=run))


def _in_turn(again: Any, run_pk: int, state: str, deed: Callable[[ImportRun], object]) -> None:
    run = ImportRun.objects.filter(pk=run_pk, state=state).first()
    if run is None:
        return
    try:
        deed(run)
    except Busy:
        ImportRun.objects.filter(pk=run_pk, state=state, claim=None).update(heartbeat_at=timezone.now())
        again.using(run_after=timezone.now() + WAIT).enqueue(run_pk)
