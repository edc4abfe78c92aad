"""What the worker process does by the clock, beside the queue.

Each job stands here with its interval and may run in every worker: it must do no harm when it runs twice.
The sweep is the first: django-tasks tries a task once, and a worker that is killed leaves its task RUNNING for ever. What has
run for an hour is given up and tried again like any other failure; each task may run twice without harm.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import close_old_connections
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from cards.offers.closing import close_years, count_cards_of_years
from cards.offers.tending import renew_agreements, warn_of_ends
from cards.offers.unlinking import unlink
from cards.programmes.actions import return_lapsed
from cards.programmes.sheets import forget_sheets
from cards.programmes.tags import forget_tags
from cards.programmes.wallets import forget_transfers
from directory.freshness.bounces import forget_old_bounces
from directory.freshness.clock import count_truth, keep_fresh
from directory.freshness.dead_links import ask_links
from directory.providers.pausing import end_breaks
from directory.reports.tokens import forget
from directory.sources.brreg.following import follow_registers
from directory.sources.claims import stop_abandoned
from portal.accounts.limits import forget_tries
from portal.accounts.provided import cut_off_leavers
from portal.accounts.sessions import forget_sessions
from portal.accounts.sign_ins import forget_sign_ins
from portal.contact.board.actions import forget_notices
from portal.contact.enquiries.actions import erase_enquiries, look_after_enquiries
from portal.contact.sharing.actions import forget_sharing
from portal.contact.wishes.actions import forget_words
from portal.frontline.actions import send_nudges
from portal.handing.texting import forget_texts
from portal.helping.actions import end_what_is_over
from portal.newsletters.digest import send_digests
from portal.newsletters.mailbox import look_for_returned_letters
from portal.newsletters.subscriptions import forget_unconfirmed
from portal.newsletters.tasks import tend
from portal.pages.actions import publish_what_is_due
from portal.privacy.enforcing import enforce_retention
from portal.till.mailing import send_words
from portal.translating.tasks import follow_changes, look_at_all
from portal.usage.actions import forget_usage
from search.following import follow_offers

log = logging.getLogger("portal.timetable")

# How long to wait after the first, second … failure; after the last the task stays FAILED.
WAITS = (timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2), timedelta(hours=12))
STALE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did: tasks put back into the queue, and tasks given up because they never end."""

    retried: int
    stale: int


def sweep(at: datetime) -> Swept:
    """Give up tasks that never end, and put failed ones back into the queue when their wait is over."""
    stale, retried = _give_up_stale(at), 0
    failed = DBTaskResult.objects.filter(status=TaskResultStatus.FAILED, finished_at__gte=at - timedelta(days=7))
    for pk, workers, finished in failed.values_list("pk", "worker_ids", "finished_at").order_by("finished_at")[:1000]:
        tries = max(len(workers), 1)
        if finished is None or tries > len(WAITS) or finished + WAITS[tries - 1] > at:
            continue
        # Conditional: of two workers that sweep at once, one wins.
        retried += DBTaskResult.objects.filter(pk=pk, status=TaskResultStatus.FAILED, finished_at=finished).update(
            status=TaskResultStatus.READY, run_after=at, finished_at=None
        )
    return Swept(retried, stale)


def _give_up_stale(at: datetime) -> int:
    """RUNNING for longer than anything runs: the worker may be dead, and a letter would be lost with it; how many."""
    stale = 0
    abandoned = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, started_at__lt=at - STALE_AFTER)
    for pk, path, started in abandoned.values_list("pk", "task_path", "started_at"):
        # Conditional: it may have ended, or another worker may have swept it.
        held = DBTaskResult.objects.filter(pk=pk, status=TaskResultStatus.RUNNING, started_at=started)
        if held.update(status=TaskResultStatus.FAILED, finished_at=at):
            log.error("Task %s (%s) has been running since %s: its worker may be dead.", pk, path, started)
            stale += 1
    return stale


JOBS: tuple[tuple[timedelta, Callable[[datetime], object]], ...] = (
    (timedelta(minutes=1), sweep),
    (timedelta(minutes=1), stop_abandoned),
    (timedelta(minutes=5), forget),
    (timedelta(minutes=5), publish_what_is_due),
    (timedelta(minutes=1), follow_changes),
    (timedelta(hours=1), look_at_all),
    (timedelta(hours=12), forget_usage),
    (timedelta(minutes=5), end_what_is_over),
    (timedelta(minutes=1), tend),
    (timedelta(minutes=15), look_for_returned_letters),
    (timedelta(hours=1), send_digests),
    (timedelta(hours=1), send_words),
    (timedelta(hours=6), forget_unconfirmed),
    (timedelta(hours=24), enforce_retention),
    (timedelta(hours=3), keep_fresh),
    (timedelta(hours=1), end_breaks),
    (timedelta(hours=6), count_truth),
    (timedelta(hours=1), ask_links),
    (timedelta(hours=6), follow_registers),
    (timedelta(hours=24), forget_old_bounces),
    (timedelta(minutes=15), forget_tries),
    (timedelta(hours=6), forget_sessions),
    (timedelta(hours=12), forget_sign_ins),
    (timedelta(hours=12), cut_off_leavers),
    (timedelta(hours=1), send_nudges),
    (timedelta(minutes=15), look_after_enquiries),
    (timedelta(hours=6), erase_enquiries),
    (timedelta(hours=6), forget_notices),
    (timedelta(hours=6), forget_sharing),
    (timedelta(hours=6), forget_words),
    (timedelta(minutes=1), forget_sheets),
    (timedelta(minutes=1), forget_texts),
    (timedelta(minutes=15), forget_transfers),
    (timedelta(hours=1), return_lapsed),
    (timedelta(hours=6), unlink),
    (timedelta(hours=12), count_cards_of_years),
    (timedelta(hours=12), close_years),
    (timedelta(hours=12), forget_tags),
    (timedelta(minutes=15), follow_offers),
    (timedelta(hours=1), renew_agreements),
    (timedelta(minutes=15), warn_of_ends),
)


def run_by_the_clock(stop: threading.Event) -> None:
    """Run every job when it is due until `stop` is set; a job that fails is logged and runs again next time."""
    due = {job: timezone.now() for _interval, job in JOBS}
    while not stop.wait(5):
        for interval, job in JOBS:
            if timezone.now() >= due[job]:
                due[job] = timezone.now() + interval
                close_old_connections()
                try:
                    job(timezone.now())
                except Exception:  # one bad job must not end the others
                    log.exception("%s failed", job.__name__)
                finally:
                    close_old_connections()
