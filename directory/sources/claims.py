"""Whose turn it is: one import of a municipality is planned, written or undone at a time, whoever started it.

    with at_work(run):            the turn is taken, or Busy
        beat(run, progress=…)     the work goes on; Lost when the run was given up meanwhile
    stop_abandoned(now)           by the clock: what has given no sign of life is stopped, and the turn is free

Two imports of one list at once would double every listing, since nothing in a listing forbids it. The turn is a token
on the run that the database allows once a municipality. Each chunk is written in one transaction with a sign of life
under that token: a worker that was believed dead and wakes up writes nothing more.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from directory.sources.models import ImportedListing, ImportRow, ImportRun, Verdict
from directory.sources.spreadsheets.problems import Problem

log = logging.getLogger(__name__)
State = ImportRun.State
ALIVE = timedelta(minutes=3)  # the longest step without a sign of life opens a workbook, and has two minutes
OFTEN = timedelta(seconds=10)
_held: ContextVar[frozenset[uuid.UUID]] = ContextVar("claims held here", default=frozenset())


class Busy(Exception):
    """Another import of the municipality is at work."""

    def __str__(self) -> str:
        return _("Another import of this municipality is at work. Nothing was imported; try again when it has ended.")


class Lost(Exception):
    """The run was given up while this worker was silent; what it had not committed is not written."""


@contextmanager
def at_work(run: ImportRun) -> Iterator[None]:
    """Take the municipality's turn for this run, or raise `Busy`. Within one's own turn it is no new one.

    Work that ends in an error leaves the run stopped, with a sentence, and the turn free.
    """
    if run.claim is not None and run.claim in _held.get():
        yield
        return
    token = uuid.uuid4()
    try:
        with transaction.atomic():
            free = ImportRun.objects.filter(pk=run.pk, claim=None, state=run.state)
            taken = free.update(claim=token, heartbeat_at=timezone.now())
    except IntegrityError:
        taken = 0
    if not taken:
        raise Busy
    run.refresh_from_db()
    held = _held.set(_held.get() | {token})
    try:
        yield
    except Lost:
        raise
    except BaseException:
        try:
            give_up(ImportRun.objects.filter(pk=run.pk, claim=token), "stopped_by_error")
        except DatabaseError:  # stop_abandoned does it in some minutes
            log.exception("Import %s could not be marked as stopped", run.pk)
        raise
    finally:
        _held.reset(held)
        run.claim = None
    ImportRun.objects.filter(pk=run.pk, claim=token).update(claim=None)


def beat(run: ImportRun, **columns: Any) -> None:
    """Say that the work goes on, with what there is to tell of it. In the transaction of what is written."""
    now = timezone.now()
    if not ImportRun.objects.filter(pk=run.pk, claim=run.claim, claim__isnull=False).update(heartbeat_at=now, **columns):
        raise Lost(f"Import {run.pk} was given up, since nothing was heard of it for {ALIVE}.")
    run.heartbeat_at = now


def still_there(run: ImportRun) -> None:
    """A sign of life where much is read and little written; asked for often, given seldom."""
    if run.heartbeat_at is None or run.heartbeat_at < timezone.now() - OFTEN:
        beat(run)


def give_up(which: Any, code: str) -> bool:
    """Stop the run that `which` selects, if it still does: it says why, and can be taken up again or undone."""
    with transaction.atomic():
        run = which.select_for_update(of=("self",)).first()
        if run is None:
            return False
        run.claim = None
        if run.is_busy:
            run.problem = Problem(code).as_json()
            if run.state == State.APPLYING and run.mapping:
                _count_written(run)
            # `finished_at` stays empty where the import never came to its end: that is how it knows that it goes on.
            run.state = State.RECEIVED if run.state == State.PLANNING else State.FAILED
        run.save()
    return True


def _count_written(run: ImportRun) -> None:
    """The figures of an import that stopped halfway: what is planned and not written counts for nothing yet."""
    rows = list(ImportRow.objects.filter(run=run).values_list("pk", "verdict"))
    written = set(ImportedListing.objects.filter(run=run, undone=False).values_list("row", flat=True))
    found = [verdict for pk, verdict in rows if verdict not in (Verdict.NEW, Verdict.UPDATE) or pk in written]
    run.count(found)


def stop_abandoned(at: datetime) -> int:
    """Stop runs whose worker has gone (killed, or the machine with it). What merely waits in the queue is left there."""
    late = Q(heartbeat_at__lt=at - ALIVE) | Q(heartbeat_at=None, created_at__lt=at - ALIVE)
    stopped = 0
    for run in ImportRun.objects.filter(Q(state__in=ImportRun.BUSY) | Q(claim__isnull=False)).filter(late):
        if run.claim is None and _waits_in_queue(run, at):
            continue
        same = ImportRun.objects.filter(pk=run.pk, state=run.state, claim=run.claim, heartbeat_at=run.heartbeat_at)
        if run.claim is None:
            same = ImportRun.objects.filter(pk=run.pk, state=run.state, claim__isnull=True).filter(late)
        if give_up(same, "stopped_silent"):
            stopped += 1
            log.error("Import %s was stopped: nothing was heard of it since %s.", run.pk, run.heartbeat_at)
    return stopped


def _waits_in_queue(run: ImportRun, at: datetime) -> bool:
    waiting = Q(status=TaskResultStatus.READY) | Q(status=TaskResultStatus.RUNNING, started_at__gt=at - ALIVE)
    tasks = DBTaskResult.objects.filter(waiting, task_path__startswith="directory.sources.spreadsheets.tasks.")
    return any(kept.get("args") == [run.pk] for kept in tasks.values_list("args_kwargs", flat=True))
