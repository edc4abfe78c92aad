"""Machine translation of what is published: from the queue, never while a page is made.

    take_back(model, pks)      take away what was made from words that are gone
    ask_for(model, pks)        put rows into the queue that lack texts, or whose machine texts are out of date
    translate_row(…)           one row, all its languages: ask, look at the answers, write
    unoffered(source, langs)   languages the service does not have

Never written over a person's text; never a proper name (pieces.PROPER). The daily budget is counted in characters of the
source, by all workers together; what does not fit waits for tomorrow.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import F

from portal.kit.refusals import Refused
from portal.kit.wording import digest
from portal.languages import CODES
from portal.translating.actions import withdraw, write_texts
from portal.translating.answers import Unsound, sound
from portal.translating.looking import languages_by_municipality
from portal.translating.models import Offered, Origin, Spent, Translation
from portal.translating.pieces import content_type_of, load
from portal.translating.rules import Standing, standings
from portal.translating.services import Busy, NoService, Service

log = logging.getLogger("portal.translating")
AT_A_TIME = 10  # rows in one task
OFFERS_KEPT = timedelta(hours=6)  # what a service offers changes with its installation, not by the hour


class OverBudget(Exception):
    """Today's budget is used up."""


@dataclass(slots=True)
class Done:
    """What a run did. `refused`: answers that were not taken."""

    written: int = 0
    refused: int = 0
    lacking: set[str] = field(default_factory=set)  # languages the service does not offer


def wanted_of(model: type[models.Model], pks: Iterable[int], only: Iterable[str] = ()) -> dict[int, list[Standing]]:
    """The texts of these rows that a machine may write, as far as residents may see the rows."""
    languages = languages_by_municipality()
    only = set(only)
    found = {}
    for row in load(model, pks, languages):
        if not row.live:
            continue
        todo = [
            one
            for one in standings(row, languages.get(row.municipality_id, []))
            if one.for_machine and (not only or one.lang in only)
        ]
        if todo:
            found[row.pk] = todo
    return found


def take_back(model: type[models.Model], pks: Iterable[int], at: datetime) -> int:
    """Take away, in these rows, what a machine made from words that are gone; returns how many texts."""
    made = Translation.objects.filter(content_type=content_type_of(model), object_id__in=list(pks), origin=Origin.MACHINE)
    languages = languages_by_municipality()
    count = 0
    for row in load(model, made.values_list("object_id", flat=True).distinct(), languages):
        if any(one.withdrawn for one in standings(row, languages.get(row.municipality_id, []))):
            try:
                count += withdraw(model=model, pk=row.pk, at=at)
            except Refused as refused:
                log.info("%s %s: %s", model._meta.label, row.pk, refused.reason.value)  # gone meanwhile
    return count


def ask_for(model: type[models.Model], pks: Iterable[int]) -> int:
    """Put rows that lack something into the queue; returns how many."""
    from portal.translating.tasks import translate_rows

    if not settings.TRANSLATE_URL:
        return 0
    todo = sorted(wanted_of(model, pks))
    for start in range(0, len(todo), AT_A_TIME):
        translate_rows.enqueue(model._meta.label_lower, todo[start : start + AT_A_TIME])
    return len(todo)


def translate_row(model: type[models.Model], pk: int, *, by: Service, at: datetime, only: Iterable[str] = ()) -> Done:
    """Translate what one row lacks. What was answered before a fault is written, then the fault goes on."""
    done = Done()
    answers: dict[tuple[str, str], str] = {}
    sources: dict[tuple[str, str], str] = {}
    trouble: Exception | None = None
    by_question: dict[tuple[str, str, bool], list[Standing]] = defaultdict(list)
    for one in wanted_of(model, [pk], only).get(pk, []):
        by_question[one.source_lang, one.lang, one.piece.html].append(one)
    try:
        for (source, target, html), group in by_question.items():
            if target not in offers(by, source, at):
                done.lacking.add(target)
                continue
            for start in range(0, len(group), by.at_a_time):
                some = group[start : start + by.at_a_time]
                spend(sum(len(one.source) for one in some), at)
                found = by.translate([one.source for one in some], source=source, target=target, html=html)
                for one, answer in zip(some, found, strict=True):
                    key = one.piece.field, one.lang
                    try:
                        text = sound(one.source, answer, html=html)
                    except Unsound as why:
                        log.warning("%s %s %s [%s]: not taken, %s", model._meta.label, pk, *key, why)
                        done.refused += 1
                        continue
                    if one.piece.limit and len(text) > one.piece.limit:
                        log.warning("%s %s %s [%s]: not taken, longer than its column", model._meta.label, pk, *key)
                        done.refused += 1
                        continue
                    answers[key], sources[key] = text, digest(one.source)
    except (Busy, NoService, OverBudget) as error:
        trouble = error
    if answers:
        try:
            written = write_texts(
                model=model, pk=pk, texts=answers, by=None, at=at, origin=Origin.MACHINE, service=by.name, sources=sources
            )
            done.written = len(written.texts) + len(written.waiting)
        except Refused as refused:
            log.info("%s %s: %s", model._meta.label, pk, refused.reason.value)  # gone or changed meanwhile
    if trouble is not None:
        raise trouble
    return done


def offers(service: Service, source: str, at: datetime) -> set[str]:
    """The languages a service translates into from `source`. It is asked a few times a day; the answer is kept for screens."""
    address = digest(settings.TRANSLATE_URL)
    kept = Offered.objects.filter(address=address, source=source, asked_at__gt=at - OFFERS_KEPT).first()
    if kept is None:
        targets = sorted(service.offers(source, CODES))
        kept, _made = Offered.objects.update_or_create(
            address=address, source=source, defaults={"targets": targets, "asked_at": at}
        )
    return set(kept.targets)


def unoffered(source: str, languages: Iterable[str]) -> list[str] | None:
    """Languages the service does not have, from what it said last; None where it has not been asked. Asks nobody."""
    kept = Offered.objects.filter(address=digest(settings.TRANSLATE_URL), source=source).first()
    return None if kept is None else [code for code in languages if code != source and code not in kept.targets]


def spend(characters: int, at: datetime) -> None:
    """Take so many characters from today's budget, or raise OverBudget."""
    day = at.date()
    with transaction.atomic():
        Spent.objects.get_or_create(day=day)
        taken = Spent.objects.filter(
            day=day, characters__lte=settings.TRANSLATE_DAILY_BUDGET - min(characters, settings.TRANSLATE_DAILY_BUDGET)
        ).update(characters=F("characters") + characters)
    if not taken:
        raise OverBudget(f"{settings.TRANSLATE_DAILY_BUDGET} characters a day are used up.")


def model_of(label: str) -> type[models.Model]:
    """The model behind "app.model"."""
    return apps.get_model(label)
