"""What the clock does for freshness, each job harmless when it runs twice or in two workers.

    keep_fresh      hide_old: takes out of sight what nobody has confirmed for a year and a half; then
                    ask_providers: letters at a year, a month later, two and a half months later, and when something was hidden
    count_truth     keeps this week's figures

A letter and the row that says it was sent are written in one transaction that holds the provider's row; of two workers the
second finds the row. Hiding is one conditional statement.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log as note

from directory.freshness.answers import lock
from directory.freshness.emails import send_question
from directory.freshness.figures import keep_week
from directory.freshness.models import Asking
from directory.freshness.queries import (
    LOOKED_AFTER,
    MODELS,
    listings_of,
    older_than,
    owner_path,
    owners_of_hidden,
    owners_of_old,
    receivers_by_provider,
    receivers_of,
    round_of,
    rounds_of,
    wants_hidden_letter,
)
from directory.freshness.rules import ASK_AFTER, HIDE_AFTER, Round, Step, may_hide, months_after, next_letter, since_of
from directory.listings.models import BATCH, Listing
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.kit.changes import told_together

log = logging.getLogger("directory.freshness")


def keep_fresh(at: datetime) -> tuple[int, int]:
    """How many pages were hidden, and how many providers were written to. In this order: what is hidden is not asked about."""
    return hide_old(at), ask_providers(at)


def ask_providers(at: datetime) -> int:
    """Send the letters that are due; how many providers were written to."""
    return sum(_ask_in(municipality, at) for municipality in municipalities())


def municipalities() -> list[Municipality]:
    """Those that residents see: one without a site has nobody who could confirm anything."""
    return list(Municipality.objects.filter(site__isnull=False).defer("boundary"))


def _ask_in(municipality: Municipality, at: datetime) -> int:
    today = timezone.localdate(at)
    due, hidden = owners_of_old(municipality, today), owners_of_hidden(municipality)
    rounds, can_ask = rounds_of(due | hidden), receivers_by_provider(due | hidden)
    sent = 0
    for pk in sorted(can_ask):
        # Asked once more inside, with the provider's row held.
        if next_letter(today=today, due=pk in due, hidden=pk in hidden, round=rounds.get(pk)) is None:
            continue
        try:
            sent += ask_provider(pk, at) is not None
        except Exception:  # one provider's odd row must not keep the others from being asked
            log.exception("The question to provider %s could not be sent", pk)
    return sent


@transaction.atomic
def ask_provider(pk: int, at: datetime) -> Step | None:
    """Send one provider the letter that is due today, and write down that it was; None where none is."""
    provider = Provider.objects.select_related("municipality__site").filter(pk=pk).first()
    if provider is None:
        return None
    lock(provider)
    today, round = timezone.localdate(at), round_of(provider)
    due = any(row.hidden_at is None and today >= months_after(since_of(row), ASK_AFTER) for row in listings_of(provider))
    step = next_letter(today=today, due=due, hidden=wants_hidden_letter(provider, round), round=round)
    receivers = receivers_of(provider)
    if step is None or not receivers:
        return None
    started = today if step == Step.ASK or round is None else round.started
    Asking.objects.create(provider=provider, round=started, step=step.value, sent_at=at)
    send_question(provider=provider, round=started, step=step, receivers=receivers)
    return step


def hide_old(at: datetime) -> int:
    """Take out of sight what has not been confirmed for a year and a half, and whoever could do so was asked; how many."""
    return sum(_hide_old(model, municipality, at) for municipality in municipalities() for model in MODELS)


def _hide_old(model: type[Listing], municipality: Municipality, at: datetime) -> int:
    path, today = owner_path(model), timezone.localdate(at)
    old = model.objects.filter(  # type: ignore[attr-defined]
        LOOKED_AFTER, older_than(HIDE_AFTER, today), municipality=municipality, hidden_at=None
    )
    columns = ("pk", path, "confirmed_at", "source_date", "first_published_at", "created_at")
    rows = list(old.only(*(name for name in columns if name != "pk")))
    owners = {owner for row in rows if (owner := getattr(row, "pk" if path == "pk" else "provider_id"))}
    can_ask, rounds = receivers_by_provider(owners), rounds_of(owners)
    wanted = []
    for row in rows:
        owner = row.pk if path == "pk" else row.provider_id
        round: Round | None = rounds.get(owner)
        asked = round.started if round is not None and round.answer != Asking.Answer.CONFIRMED else None
        came_in = timezone.localdate(row.created_at)
        if may_hide(since=since_of(row), today=today, came_in=came_in, can_ask=owner in can_ask, asked=asked):
            wanted.append(row.pk)
    hidden = 0
    for start in range(0, len(wanted), BATCH):
        with transaction.atomic(), told_together():
            # Locked and asked again: a press on "still right" may have come in between.
            batch = wanted[start : start + BATCH]
            held = list(old.filter(pk__in=batch).select_for_update(of=("self",)))
            hidden += model.objects.filter(pk__in=[row.pk for row in held], hidden_at=None).update(  # type: ignore[attr-defined]
                hidden_at=at
            )
            for row in held:
                note(row, "freshness.hide")
    return hidden


def count_truth(at: datetime) -> int:
    """Keep this week's figures of each municipality that has none yet; how many were counted."""
    return sum(keep_week(municipality, at) for municipality in municipalities())
