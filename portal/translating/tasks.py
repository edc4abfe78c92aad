"""The worker's part: looking at what has changed, and asking the translation service.

    every minute   follow_changes → looking.look_at_changes → machine.take_back → translate_rows, where a service is set
    at night       look_at_all

A task that meets a busy service fails as a whole and is tried again by the sweep, each time after a longer wait
(portal/timetable.py); what it had written stays written.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.utils import timezone
from django_tasks import task

from portal.translating import machine, sheets
from portal.translating.looking import languages_by_municipality, look_at_changes, look_at_everything
from portal.translating.models import Tally
from portal.translating.services import Busy, NoService, the_service

log = logging.getLogger("portal.translating")


@task()
def translate_rows(label: str, pks: list[int]) -> int:
    """Translate what some rows of one kind lack; returns how many texts were written. Can run twice unharmed."""
    service = the_service()
    if service is None:
        return 0
    written = 0
    for position, pk in enumerate(pks):
        now = timezone.now()
        try:
            written += machine.translate_row(machine.model_of(label), pk, by=service, at=now).written
        except machine.OverBudget:
            # The source's language is shown until then.
            tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=10)
            translate_rows.using(run_after=tomorrow).enqueue(label, pks[position:])
            break
        except NoService as error:
            log.error("The translation service will not do it: %s", error)  # asking again would change nothing
            break
    return written


def follow_changes(at: datetime) -> None:
    """Look at what has changed, and have the machine take back and fill, where there is one."""
    for model, pks in look_at_changes(at).items():
        machine.take_back(model, pks, at)
        machine.ask_for(model, pks)
    if (service := the_service()) is not None:
        try:
            for source in {languages[0] for languages in languages_by_municipality().values()}:
                machine.offers(service, source, at)
        except (Busy, NoService) as error:
            log.warning("The translation service does not say what it offers: %s", error)


QUIET_HOUR = 3


def look_at_all(at: datetime) -> None:
    """Look at every row, at night: what no mark told of. By day only where nothing has been looked at yet."""
    if timezone.localtime(at).hour == QUIET_HOUR or not Tally.objects.exists():
        look_at_everything(at)


@task()
def take_in_lines(rows: list[dict[str, str]], user: int) -> int:
    """Write the rest of a long sheet of translations; what is not taken is told in the log. Can run twice unharmed."""
    by = get_user_model().objects.filter(pk=user, is_active=True).first()
    if by is None:
        return 0
    report = sheets.take_in(rows, by=by, at=timezone.now())
    for _number, key, why in report.problems:
        log.warning("A line of a sheet of translations was not taken, %s: %s", key, why)
    return report.written
