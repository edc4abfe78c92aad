"""Freshness in the demo towns: who was asked and what they said, what is hidden, what bounces, what no longer answers.

What is due and has not been asked is left to the clock: within a minute of its first start the demo sends letters, to be
read at /demo/mail/, with links that work.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from directory.activities.models import Activity, Session
from directory.freshness.bounces import tidy
from directory.freshness.figures import counted, monday
from directory.freshness.models import Asking, LinkCheck, UndeliverableAddress, WeeklyTruth
from directory.freshness.queries import MODELS, listings_of, owners_of_hidden, owners_of_old, start_of
from directory.freshness.rules import ASK_AFTER, HIDE_AFTER, LAST_AFTER, REMIND_AFTER, months_after, since_of
from directory.listings.kinds import ConfirmedAs, Source
from directory.municipalities.models import Municipality
from directory.providers.models import Membership, Provider
from directory.sources.brreg.records import Closed
from portal.demo.town import Town

WEEKS = 60
ANSWERED = 0.35  # of the providers that are in order were asked and answered; the others confirmed by themselves
Answer, Step = Asking.Answer, Asking.Step


def add_freshness(municipality: Municipality, town: Town) -> None:
    """Everything of one town. The same town on the same day gives the same."""
    chance = Random(f"freshness:{municipality.number}")
    now = timezone.make_aware(datetime.combine(town.today, time(7, 30)))
    kept = let_editor_be_asked(municipality, now)
    if not town.suffix:  # the small towns have hidden pages of their own
        add_gone(municipality, town, now)
    old = [pk for pk in sorted(owners_of_old(municipality, town.today) | owners_of_hidden(municipality)) if pk not in kept]
    add_bounces(municipality, old, chance, now)
    Asking.objects.bulk_create(list(letters(municipality, old, chance, now)))
    Asking.objects.bulk_create(list(answered(municipality, set(old) | kept, chance)))
    add_checks(municipality, chance, now)
    add_weeks(municipality, town, chance)


def let_editor_be_asked(municipality: Municipality, now: datetime) -> set[int]:
    """One association of the demo's editor is due: the clock writes to them."""
    role = Membership.objects.filter(provider__municipality=municipality, user__email="editor@example.org").order_by("pk").first()
    if role is None:
        return set()
    for row in listings_of(Provider.objects.select_related("municipality").get(pk=role.provider_id)):
        type(row).objects.filter(pk=row.pk).update(confirmed_at=now - timedelta(days=372), confirmed_as=ConfirmedAs.PROVIDER)
    return {role.provider_id}


def add_gone(municipality: Municipality, town: Town, now: datetime) -> None:
    """An activity that nobody has confirmed and is hidden, and an association that the register says is closed."""
    host = town.providers[0].row
    words: dict[str, Any] = {
        "phone": "00 00 00 98",
        "email": "nattkafe@example.org",
        "contact_name": "Ingen Demo",
        "source": Source.DEMO,
        "source_name": "Frittfram demo",
    }
    hidden = Activity(
        municipality=municipality,
        provider=host,
        name_nb=f"Nattkafé{town.suffix}",
        name_en=f"Night café{town.suffix}",
        summary_nb="Kaffe og spill for natteravner.",
        summary_en="Coffee and games for night owls.",
        description_nb="Vi holder åpent når alt annet er stengt. Ta med et spill.",
        description_en="We are open when everything else is closed. Bring a game.",
        is_free=True,
        source_key="freshness:hidden",
        source_date=town.today - timedelta(days=700),
        **words,
    )
    hidden.sessions = [Session(weekday=5, starts=time(22), ends=time(23, 30))]
    closed = Provider(
        municipality=municipality,
        name_nb=f"Frimerkeklubben av 1931{town.suffix}",
        name_en=f"The stamp club of 1931{town.suffix}",
        summary_nb="Vi byttet frimerker.",
        summary_en="We swapped stamps.",
        description_nb="Klubben er oppløst. Frimerkene ligger på biblioteket.",
        description_en="The club has been dissolved. The stamps are at the library.",
        source_key="freshness:closed",
        source_date=town.today - timedelta(days=200),
        **words,
    )
    states: dict[str, dict[str, Any]] = {
        "hidden": {
            "hidden_at": now - timedelta(days=9),
            "confirmed_at": now - timedelta(days=570),
            "confirmed_as": ConfirmedAs.STAFF,
        },
        "closed": {"delisted_at": now - timedelta(days=12), "delisted_reason": Closed.DELETED.value},
    }
    for row, state in ((hidden, "hidden"), (closed, "closed")):
        row.save()
        at = now - timedelta(days=700)
        type(row).objects.filter(pk=row.pk).update(
            created_at=at, updated_at=at, first_published_at=at, last_published_at=at, **states[state]
        )


def add_bounces(municipality: Municipality, old: list[int], chance: Random, now: datetime) -> None:
    """Two that nobody can be asked about, since their letters come back, and two that are in order."""
    members = set(Membership.objects.filter(provider__municipality=municipality).values_list("provider", flat=True))
    rows = Provider.objects.filter(municipality=municipality).exclude(email="").order_by("pk")
    silent = [row for row in rows.filter(pk__in=old) if row.pk not in members]
    fine = list(rows.filter(pk__in=members))
    said = (
        "550 5.1.1 Recipient address rejected: User unknown",
        "552 5.2.2 Mailbox full",
        "550 5.4.1 Domain not found",
    )
    chosen = [*chance.sample(silent, min(2, len(silent))), *chance.sample(fine, min(2, len(fine)))]
    for n, row in enumerate(chosen):
        since = now - timedelta(days=chance.randint(5, 60))
        UndeliverableAddress.objects.get_or_create(
            email=tidy(row.email),
            defaults={"said": said[n % len(said)], "since": since, "last_at": since + timedelta(days=1), "count": 1 + n % 3},
        )


def letters(municipality: Municipality, old: list[int], chance: Random, now: datetime) -> Iterator[Asking]:
    """What was sent to those who have something old: each letter on the day it was due. A few have said something."""
    today, bounced = timezone.localdate(now), set(UndeliverableAddress.objects.values_list("email", flat=True))
    closed = changed = 0
    for row in Provider.objects.filter(pk__in=old).select_related("municipality").order_by("pk"):
        if tidy(row.email) in bounced or not row.email:
            continue
        rows = listings_of(row)
        started = months_after(min(since_of(one) for one in rows), ASK_AFTER) + timedelta(days=chance.randint(0, 2))
        if started > today:
            continue
        months, days = LAST_AFTER
        hidden = [one.hidden_at for one in rows if one.hidden_at]
        planned = [
            (Step.ASK, started),
            (Step.REMIND, months_after(started, REMIND_AFTER)),
            (Step.LAST, months_after(started, months) + timedelta(days=days)),
            *([(Step.HIDDEN, timezone.localdate(max(hidden)))] if hidden else []),
        ]
        if months_after(started, HIDE_AFTER - ASK_AFTER) <= today and not hidden:
            continue  # it came in old: the clock asks it anew
        sent = [
            Asking(provider=row, round=started, step=step, sent_at=start_of(day) + timedelta(hours=8))
            for step, day in planned
            if day <= today
        ]
        if sent and closed < 1 and len(rows) < 4 and chance.random() < 0.3 and not hidden:
            closed += 1
            sent[-1].answer, sent[-1].answered_at = Answer.CLOSED, now - timedelta(days=2)
        elif sent and changed < 3 and chance.random() < 0.15:
            changed += 1
            sent[-1].answer, sent[-1].answered_at = Answer.CHANGED, now - timedelta(days=4)
        yield from sent


def answered(municipality: Municipality, asked: set[int], chance: Random) -> Iterator[Asking]:
    """Those who were asked within the year, and pressed."""
    rows = Provider.objects.filter(municipality=municipality, confirmed_as=ConfirmedAs.PROVIDER).exclude(pk__in=asked)
    for row in rows.exclude(confirmed_at=None).order_by("pk"):
        if chance.random() < ANSWERED:
            sent = row.confirmed_at - timedelta(days=chance.randint(0, 20), hours=chance.randint(1, 20))
            yield Asking(
                provider=row,
                round=timezone.localdate(sent),
                step=Step.ASK,
                sent_at=sent,
                answered_at=row.confirmed_at,
                answer=Answer.CONFIRMED,
            )


def add_checks(municipality: Municipality, chance: Random, now: datetime) -> None:
    """How the websites answered; nobody was asked, they are all made up."""
    found = []
    for model in MODELS:
        rows = model.objects.public().filter(municipality=municipality).exclude(website="")  # type: ignore[attr-defined]
        for pk, url in rows.order_by("slug").values_list("pk", "website"):
            lot = chance.random()
            status, failures = (
                ("200", 0) if lot > 0.03 else (chance.choice(["404", "no-host", "timeout", "certificate"]), 1 + (lot < 0.018) * 3)
            )
            found.append(
                LinkCheck(
                    municipality=municipality,
                    kind=model.KIND.value,
                    listing_id=pk,
                    url=url,
                    status=status,
                    failures=failures,
                    is_dead=failures >= 3,
                    asked_at=now - timedelta(days=chance.randint(1, 28), minutes=chance.randint(0, 900)),
                )
            )
    LinkCheck.objects.bulk_create(found, batch_size=500)


def add_weeks(municipality: Municipality, town: Town, chance: Random) -> None:
    """The weeks behind us: it began with an old list, and has become truer ever since."""
    sums, this_week = counted(municipality, town.today), monday(town.today)
    rows = []
    for ago in range(WEEKS, 0, -1):
        far = ago / WEEKS
        for (part, key), sum in sums.items():
            share = sum.confirmed / sum.pages if sum.pages else 0
            then = max(0.0, min(1.0, share * (1 - 0.55 * far) + chance.uniform(-0.01, 0.01)))
            pages = max(1, round(sum.pages * (1 - 0.15 * far)))
            confirmed = min(pages, round(pages * then))
            marked = min(pages - confirmed, round(sum.marked + pages * 0.12 * far))
            rows.append(
                WeeklyTruth(
                    municipality=municipality,
                    week=this_week - timedelta(weeks=ago),
                    part=part,
                    key=key,
                    pages=pages,
                    confirmed=confirmed,
                    marked=marked,
                    hidden=min(pages - confirmed - marked, round(sum.hidden + pages * 0.03 * far)),
                )
            )
    WeeklyTruth.objects.bulk_create(rows, batch_size=1000)
