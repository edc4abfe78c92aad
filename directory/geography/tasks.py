"""Exact positions, found by the queue after a listing has got a new address.

    Listing.save → ask_about(listing) → after commit → find_addresses(kind, [pk]) → actions.find_position, one at a time

An import saves thousands in one go: inside `asked_together()` their questions become a few tasks. A task that meets a
remote error fails as a whole and is tried again by the sweep (portal/timetable.py); what it had found stays found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django_tasks import task
from geopy.exc import GeocoderServiceError

from directory.geography.actions import find_position
from directory.geography.geocoder import geocoder
from directory.listings.models import Listing

AT_A_TIME = 50
_together: ContextVar[dict[str, list[int]] | None] = ContextVar("addresses asked about together", default=None)


def ask_about(listing: Listing) -> None:
    """Have the queue look for the listing's exact address once its transaction is through."""
    if settings.GEOCODER_URL and listing.street.strip():
        transaction.on_commit(lambda: ask_about_many(listing.KIND.value, [listing.pk]))


def ask_about_many(kind: str, pks: Iterable[int]) -> None:
    """Have the queue look for the addresses of many listings of one kind."""
    pks = list(pks)
    if not settings.GEOCODER_URL or not pks:
        return
    gathered = _together.get()
    if gathered is not None:
        gathered.setdefault(kind, []).extend(pks)
        return
    for start in range(0, len(pks), AT_A_TIME):
        find_addresses.enqueue(kind, pks[start : start + AT_A_TIME])


@contextmanager
def asked_together() -> Iterator[None]:
    """Gather what is asked inside into few tasks; they are put into the queue at the end, also after an error."""
    outer = _together.get()
    gathered: dict[str, list[int]] = {} if outer is None else outer
    token = _together.set(gathered)
    try:
        yield
    finally:
        _together.reset(token)
        if outer is None:
            for kind, pks in gathered.items():
                ask_about_many(kind, dict.fromkeys(pks))


@task()
def find_addresses(kind: str, pks: list[int]) -> int:
    """Find the addresses of listings; returns how many were found. Can run twice unharmed."""
    by = geocoder()
    if by is None:
        return 0
    found = 0
    for position, pk in enumerate(pks):
        if not _within_budget():
            # Tomorrow is early enough: the middle of the postcode is shown until then.
            find_addresses.using(run_after=timezone.now() + timedelta(hours=24)).enqueue(kind, pks[position:])
            break
        try:
            found += find_position(kind=kind, pk=pk, by=by)
        except GeocoderServiceError as error:
            raise RemoteTrouble(f"{kind} {pk}: {error}") from error
    return found


class RemoteTrouble(Exception):
    """The address register did not answer; the sweep tries again."""


def _within_budget() -> bool:
    """Whether today's questions to the register are not used up; counted in each worker."""
    key = f"geocoder-questions-{timezone.now():%Y-%m-%d}"
    cache.add(key, 0, timeout=2 * 24 * 3600)
    return bool(cache.incr(key) <= settings.GEOCODER_DAILY_BUDGET)
