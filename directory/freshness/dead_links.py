"""Whether the websites of public listings still answer: each asked once a month, from the queue.

    ask_links (by the clock)  →  what is due, claimed row by row  →  check_links (queue), one task for a host  →  LinkCheck

A row is claimed by moving `asked_at`: of two workers one gets it. What a task finds is written only onto the claim it was
given, so that a task that runs twice counts once. A website is dead after three failures, each on a day of its own.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks import task

from directory.freshness import web
from directory.freshness.models import LinkCheck
from directory.freshness.queries import MODEL_OF, MODELS
from directory.freshness.rules import DEAD_AFTER, is_failure, link_is_due
from directory.listings.models import tell
from directory.municipalities.models import Municipality

MOST_A_TASK = 20  # questions to one host before the next host has its turn
MOST_A_RUN = 400  # websites in one run of the clock, an hour
BETWEEN = 1.5  # seconds between two questions to one host


def ask_links(at: datetime) -> int:
    """Put the websites that are due into the queue; how many. Demo towns' are made up, and nobody is asked about them."""
    if not settings.LINK_CHECKS:
        return 0
    claimed: defaultdict[str, list[int]] = defaultdict(list)
    count = 0
    for municipality in Municipality.objects.filter(is_demo=False, site__isnull=False).defer("boundary"):
        forget_links_gone(municipality)
        for kind, pk, url in due_links(municipality, at):
            if count >= MOST_A_RUN:
                break
            if (row := claim(municipality, kind, pk, url, at)) is not None:
                claimed[host_of(url)].append(row)
                count += 1
    for rows in claimed.values():
        for start in range(0, len(rows), MOST_A_TASK):
            check_links.enqueue(rows[start : start + MOST_A_TASK], at.isoformat())
    return count


def due_links(municipality: Municipality, at: datetime) -> list[tuple[str, int, str]]:
    """(kind, number, address) of the websites of public listings that are to be asked now."""
    today = timezone.localdate(at)
    known = {(row.kind, row.listing_id, row.url): row for row in LinkCheck.objects.filter(municipality=municipality)}
    found = []
    for model in MODELS:
        rows = model.objects.public().filter(municipality=municipality).exclude(website="")  # type: ignore[attr-defined]
        for pk, url in rows.order_by("pk").values_list("pk", "website"):
            row = known.get((model.KIND.value, pk, url))
            facts = (timezone.localdate(row.asked_at), row.failures, row.is_dead) if row else (None, 0, False)
            if link_is_due(asked=facts[0], failures=facts[1], is_dead=facts[2], today=today):
                found.append((model.KIND.value, pk, url))
    return found


def forget_links_gone(municipality: Municipality) -> int:
    """Forget addresses that no listing has any more; how many."""
    now: set[tuple[str, int, str]] = set()
    for model in MODELS:
        rows = model.objects.filter(municipality=municipality).exclude(website="")  # type: ignore[attr-defined]
        now |= {(model.KIND.value, pk, url) for pk, url in rows.values_list("pk", "website")}
    known = LinkCheck.objects.filter(municipality=municipality).values_list("pk", "kind", "listing_id", "url")
    gone = [pk for pk, *facts in known if tuple(facts) not in now]
    return LinkCheck.objects.filter(pk__in=gone).delete()[0] if gone else 0


def claim(municipality: Municipality, kind: str, pk: int, url: str, at: datetime) -> int | None:
    """Take the right to ask one website at this moment; the row's number, or None where another worker has it."""
    row = LinkCheck.objects.filter(kind=kind, listing_id=pk, url=url).first()
    if row is None:
        try:
            with transaction.atomic():
                return LinkCheck.objects.create(municipality=municipality, kind=kind, listing_id=pk, url=url, asked_at=at).pk
        except IntegrityError:
            return None
    taken = LinkCheck.objects.filter(pk=row.pk, asked_at=row.asked_at).exclude(asked_at=at).update(asked_at=at)
    return row.pk if taken else None


def host_of(url: str) -> str:
    """The host an address names; "" where it names none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


@task()
def check_links(rows: list[int], claimed: str) -> int:
    """Ask some websites of one host, with a pause between; how many were asked. Can run twice unharmed."""
    return check(rows, datetime.fromisoformat(claimed), wait=lambda: time.sleep(BETWEEN))


def check(rows: list[int], claimed: datetime, *, wait: Callable[[], None]) -> int:
    """Ask what was claimed at a moment and nobody has asked since."""
    found = LinkCheck.objects.filter(pk__in=rows, asked_at=claimed).order_by("pk")
    answers: dict[str, web.Answer] = {}
    for row in found:
        if row.url not in answers:
            if answers:
                wait()
            answers[row.url] = web.ask(row.url, wait)
        write_down(row, answers[row.url].status)
    return len(answers)


def write_down(row: LinkCheck, status: str) -> bool:
    """Keep one answer; False where another worker has kept one onto the same claim."""
    failures = row.failures + 1 if is_failure(status) else 0
    values = {"status": status, "failures": min(failures, 1000), "is_dead": failures >= DEAD_AFTER, "asked_at": timezone.now()}
    with transaction.atomic():
        done = LinkCheck.objects.filter(pk=row.pk, asked_at=row.asked_at).update(**values)
        if done and row.is_dead != values["is_dead"]:
            tell_pages(row)
    return bool(done)


def tell_pages(row: LinkCheck) -> None:
    """A page that shows the website, or shows it no more, is another page: whoever keeps it is told."""
    tell(MODEL_OF[row.kind], [row.listing_id])
