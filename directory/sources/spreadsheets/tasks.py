"""The slow parts of an import, done by the queue. Each may run twice: what is done is found done."""

from __future__ import annotations

from django_tasks import task

from directory.geography.tasks import asked_together
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions


@task()
def plan_import(run_pk: int) -> None:
    """Read every row and give it its verdict."""
    if run := ImportRun.objects.filter(pk=run_pk, state=ImportRun.State.PLANNING).first():
        actions.plan_run(run=run, told=progress_of(run))


@task()
def apply_import(run_pk: int) -> None:
    """Write what the rows say."""
    if run := ImportRun.objects.filter(pk=run_pk, state=ImportRun.State.APPLYING).first():
        with asked_together():
            actions.apply_run(run=run)


@task()
def undo_import(run_pk: int) -> None:
    """Take back what the run wrote."""
    if run := ImportRun.objects.filter(pk=run_pk, state=ImportRun.State.UNDOING).first():
        actions.undo_run(run=run)


def progress_of(run: ImportRun) -> actions.Told:
    """Keeps how far a run has come where the screen can see it."""

    def told(done: int, total: int) -> None:
        ImportRun.objects.filter(pk=run.pk).update(progress=done)

    return told
