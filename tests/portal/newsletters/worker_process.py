"""A worker in a process of its own, for tests that kill it; and what they ask of a database that only such processes see.

    python -m tests.portal.newsletters.worker_process fill COUNT          a letter to COUNT addresses; gives its number
    python -m tests.portal.newsletters.worker_process put_in_queue COUNT  the same, and its release puts it into the queue
    python -m tests.portal.newsletters.worker_process work LETTER         send until nothing is left to do
    python -m tests.portal.newsletters.worker_process queue LETTER        `manage.py worker` in shorter times, until stopped
    python -m tests.portal.newsletters.worker_process doubts LETTER       what was in hand when somebody was killed is in doubt
    python -m tests.portal.newsletters.worker_process told LETTER         {state: [address, …]} as JSON

The database and the mail server are the environment's.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from datetime import timedelta
from typing import Any

import django


def fill(count: int) -> int:
    """A letter on its way, that nobody has put into the queue."""
    from portal.newsletters import tasks

    tasks.start_sending = lambda pk: None
    return put_in_queue(count)


def put_in_queue(count: int) -> int:
    """A letter on its way, as its release leaves it."""
    from django.utils import timezone

    from directory.municipalities.models import Municipality
    from portal.newsletters import actions, audience
    from tests.factories.directory import default_municipality
    from tests.factories.newsletters import blocks, make_letter

    larvik = Municipality.objects.first() or default_municipality()
    langs = ["nb", "en", "ar", "uk"]
    people = tuple(audience.Person(f"p{n}@example.org", langs[n % 4]) for n in range(count))
    actions.audience_of = lambda letter, at=None: audience.Audience(people)  # type: ignore[assignment]
    parts = [("heading", "Nytt")] + [("text", f"<p>{'Vi møtes på torget, og alle er velkomne. ' * 8}</p>")] * 12
    letter = make_letter(larvik, body_nb=blocks(*parts), body_en=blocks(*parts), body_uk=blocks(*parts))
    actions.release(newsletter=letter, by=None, at=timezone.now())
    return letter.pk


def work(letter: int) -> dict[str, Any]:
    """Send as the queue's worker does, share after share, until the letter is done. Rests where others have it in hand."""
    from django.utils import timezone

    from portal.newsletters import sending
    from portal.newsletters.models import Delivery
    from portal.newsletters.states import DeliveryState

    sending.RESERVED = timedelta(seconds=2)
    began, sent = time.perf_counter(), 0
    name = f"w-{secrets.token_hex(6)}"
    while True:
        sent += sending.send_share(letter, worker=name, seconds=8).sent
        left = Delivery.objects.filter(newsletter=letter, state=DeliveryState.WAITING)
        if not left.exists():
            return {"sent": sent, "seconds": time.perf_counter() - began}
        left.filter(next_at__gt=timezone.now()).update(next_at=timezone.now() + timedelta(milliseconds=200))
        time.sleep(0.1)


def queue(letter: int) -> None:
    """The worker that runs beside the site: queue and clock. Only its times are shorter, and the clock has what is asked here."""
    from django.core.management import call_command

    from portal import timetable
    from portal.newsletters import sending, tasks

    sending.RESERVED = timedelta(seconds=2)
    sending.WAITS = (timedelta(seconds=2),) * 11
    tasks.SECONDS, tasks.ALIVE = 1.0, timedelta(seconds=4)
    timetable.JOBS = ((timedelta(seconds=1), timetable.sweep), (timedelta(seconds=1), tasks.tend))
    call_command("worker", interval=0.1, startup_delay=False, verbosity=0)


def doubts(letter: int) -> int:
    from django.utils import timezone

    from portal.newsletters.actions import finish
    from portal.newsletters.sending import report_doubts

    found = report_doubts(timezone.now(), timedelta(0))
    finish(letter, timezone.now())
    return found


def told(letter: int) -> dict[str, list[str]]:
    from portal.newsletters.models import Delivery

    found: dict[str, list[str]] = {}
    for state, email in Delivery.objects.filter(newsletter=letter).values_list("state", "receiver__email").order_by("pk"):
        found.setdefault(state, []).append(email)
    return found


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    deed = {"fill": fill, "put_in_queue": put_in_queue, "work": work, "queue": queue, "doubts": doubts, "told": told}[sys.argv[1]]
    print(json.dumps(deed(int(sys.argv[2]))))


if __name__ == "__main__":
    main()
