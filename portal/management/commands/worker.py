"""`manage.py worker`: the queue's worker, with the timetable beside it."""

from __future__ import annotations

import threading
from typing import Any

from django_tasks_db.management.commands.db_worker import Command as QueueWorker

from portal.timetable import run_by_the_clock


class Command(QueueWorker):
    help = "Works through the queue and does what is due by the clock. Run at least one beside the site."

    def handle(self, **options: Any) -> None:  # type: ignore[override]
        stop = threading.Event()
        clock = threading.Thread(target=run_by_the_clock, args=[stop], name="timetable", daemon=True)
        clock.start()
        try:
            super().handle(**options)
        finally:
            stop.set()
