"""Following the registers by the clock, where BRREG_SYNC says so: once a week each municipality's bodies are brought into line.

What has closed goes off the lists, what is new comes in, and what the run did stands among the imports, as if somebody had
started it. Nothing happens where nobody has switched it on, nor in demo towns, whose bodies no register knows.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from directory.municipalities.models import Municipality
from directory.sources.brreg.actions import FORMAT, import_entities
from directory.sources.brreg.live import LiveRegisters, bodies_of
from directory.sources.claims import Busy
from directory.sources.models import ImportRun

log = logging.getLogger(__name__)
EVERY = timedelta(days=7)
FILE_NAME = "data.brreg.no"


def follow_registers(at: datetime) -> int:
    """Put the municipalities whose turn it is into the queue; how many."""
    if not settings.BRREG_SYNC:
        return 0
    due = [row.number for row in Municipality.objects.filter(is_demo=False).only("number") if is_due(row.number, at)]
    states = (TaskResultStatus.READY, TaskResultStatus.RUNNING, TaskResultStatus.FAILED)
    queued = DBTaskResult.objects.filter(task_path=follow_register.module_path, status__in=states, enqueued_at__gte=at - EVERY)
    waiting = {number for kept in queued.values_list("args_kwargs", flat=True) for number in kept.get("args") or ()}
    for number in due:
        if number not in waiting:
            follow_register.enqueue(number)
    return len(set(due) - waiting)


def is_due(number: str, at: datetime) -> bool:
    """Whether a municipality's bodies were not brought into line within the week."""
    return not ImportRun.objects.filter(municipality__number=number, format=FORMAT, created_at__gt=at - EVERY).exists()


@task()
def follow_register(number: str) -> str:
    """Bring one municipality into line, in words what was done. Asks again whether it is due: it may be in the queue twice."""
    at = timezone.now()
    municipality = Municipality.objects.filter(number=number).first()
    if municipality is None or not is_due(number, at):
        return "not due"
    registers = LiveRegisters()
    records, purposes = bodies_of(registers, number)
    try:
        outcome = import_entities(
            municipality=municipality, records=records, purposes=purposes, at=at, file_name=FILE_NAME, ask=registers.entity
        )
    except Busy:
        log.warning("Municipality %s was not brought into line with the registers: another import is at work.", number)
        return "busy"
    return f"{outcome.delisted} taken off, {outcome.revived} back"
