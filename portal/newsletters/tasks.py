"""What workers do for newsletters: send a share, and what is due by the clock."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from portal.newsletters.actions import release_what_is_due
from portal.newsletters.sending import letters_under_way, report_doubts, send_share

#: So many workers may send a letter at once, where there are as many.
SHARES = 2
#: A share is short, so that a code to sign in waits behind it for seconds only.
SECONDS = 8.0
#: A share that has been running for longer than this was killed.
ALIVE = timedelta(seconds=SECONDS * 4)


@task()
def send(newsletter_id: int) -> None:
    """Send a share of a letter, and come back for more."""
    tally = send_share(newsletter_id, worker=f"w-{secrets.token_hex(8)}", seconds=SECONDS)
    went_on = tally.sent + tally.refused + tally.stuck > 0
    if went_on and newsletter_id in set(letters_under_way(timezone.now())):
        send.enqueue(newsletter_id)


def start_sending(newsletter_id: int) -> None:
    """Let workers begin."""
    for _share in range(SHARES):
        send.enqueue(newsletter_id)


def tend(at: datetime) -> int:
    """By the clock: release what is scheduled, report what is in doubt, and see to it that somebody sends; how many."""
    release_what_is_due(at)
    report_doubts(at)
    started = 0
    for newsletter_id in letters_under_way(at):
        if not at_work(newsletter_id, at):
            start_sending(newsletter_id)
            started += 1
    return started


def at_work(newsletter_id: int, at: datetime) -> bool:
    """Whether a share of this letter waits in the queue or is in hand. One whose worker was killed does not count."""
    lives = Q(status=TaskResultStatus.READY) | Q(status=TaskResultStatus.RUNNING, started_at__gt=at - ALIVE)
    rows = DBTaskResult.objects.filter(lives, task_path=f"{send.module_path}").values_list("args_kwargs", flat=True)
    return any(newsletter_id in (arguments or {}).get("args", []) for arguments in rows[:200])
