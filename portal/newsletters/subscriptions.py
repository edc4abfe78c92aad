"""What residents want to be told of: asked for by mail address, confirmed by a link, erased when they want it no more.

Kept: address, language, and the search. Nothing tells a stranger whether an address is known here: the page says the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from directory.freshness.bounces import tidy
from directory.municipalities.models import Municipality
from directory.reports.models import FormUse
from portal.newsletters.emails import send_confirmation, send_known_already
from portal.newsletters.links import CONFIRM_WITHIN
from portal.newsletters.models import Subscription

#: Within this time a letter about the same wish goes out once, and so many letters in all to one address, because somebody
#: filled in the form.
QUIET = timedelta(minutes=30)
MOST_LETTERS = 3
#: So many searches an address may follow in a municipality.
MOST = 20


@transaction.atomic
def ask(*, municipality: Municipality, email: str, lang: str, about: str, query: str, at: datetime) -> Subscription | None:
    """Somebody wants to be told. Nothing is sent before they confirm; None where nothing is done."""
    email = tidy(email)
    own = Subscription.objects.filter(municipality=municipality, email=email)
    if _letters_lately(own, at) >= MOST_LETTERS:
        return None
    known = own.select_for_update().filter(about=about, query=query).first()
    if known is not None:
        if known.confirmed_at:
            if _first_today(known, at):
                send_known_already(known)
            return None
        if known.created_at > at - QUIET:
            return None
        # Asked once more, the link that went out first is good no longer.
        known.lang, known.created_at = lang, at
        known.save(update_fields=["lang", "created_at"])
        send_confirmation(known)
        return known
    if own.count() >= MOST:
        return None
    try:
        with transaction.atomic():
            row = Subscription.objects.create(
                municipality=municipality, email=email, lang=lang, about=about, query=query, created_at=at
            )
    except IntegrityError:  # asked twice at the same moment
        return None
    send_confirmation(row)
    return row


def _letters_lately(own: QuerySet[Subscription], at: datetime) -> int:
    """How many letters the form has just sent to an address: to confirm what is new, and about what it gets already."""
    to_confirm = own.filter(confirmed_at=None, created_at__gt=at - QUIET).count()
    confirmed = own.filter(confirmed_at__isnull=False).values_list("pk", flat=True)
    known_already = FormUse.objects.filter(key__in=[_mark_of(pk) for pk in confirmed], at__gt=at - QUIET).count()
    return to_confirm + known_already


def _mark_of(pk: int) -> str:
    """What remembers that an address was told it gets this already."""
    return f"used:subscription-{pk}"


def _first_today(row: Subscription, at: datetime) -> bool:
    """Whether nobody has asked for this within the last hours; forgotten with the used tokens of forms."""
    _use, made = FormUse.objects.get_or_create(key=_mark_of(row.pk), defaults={"at": at})
    return made


@transaction.atomic
def confirm(*, subscription: Subscription, at: datetime) -> bool:
    """They pressed the link in the letter. What is new counts from now; whether this was the first time."""
    first = Subscription.objects.filter(pk=subscription.pk, confirmed_at=None).update(confirmed_at=at, told_until=at)
    return bool(first)


def of_same_person(subscription: Subscription) -> list[Subscription]:
    """All that this address subscribes to in this municipality."""
    rows = Subscription.objects.filter(
        municipality=subscription.municipality, email=subscription.email, confirmed_at__isnull=False
    )
    return list(rows.select_related("municipality"))


@transaction.atomic
def end(*, subscription: Subscription, only: int | None = None) -> int:
    """Erase one of what an address subscribes to here, or all of it; how many. The address goes with the last."""
    rows = Subscription.objects.filter(municipality=subscription.municipality, email=subscription.email)
    if only is not None:
        rows = rows.filter(pk=only)
    count, _models = rows.delete()
    return count


def end_news(*, municipality: Municipality, email: str) -> bool:
    """Erase an address's wish for news; whether there was one."""
    rows = Subscription.objects.filter(municipality=municipality, email=email, about=Subscription.About.NEWS)
    count, _models = rows.delete()
    return bool(count)


def subscribers_of(municipality: Municipality, emails: Iterable[str]) -> set[str]:
    """Those of some addresses that get residents' news: they asked for them and said so once more."""
    rows = Subscription.objects.filter(municipality=municipality, about=Subscription.About.NEWS, confirmed_at__isnull=False)
    return set(rows.filter(email__in=list(emails)).values_list("email", flat=True))


def bring_back_news(*, municipality: Municipality, email: str, lang: str, at: datetime) -> bool:
    """News again, by the hand that stopped them: no letter has to be confirmed. Whether they had been stopped."""
    row, made = Subscription.objects.get_or_create(
        municipality=municipality,
        email=tidy(email),
        about=Subscription.About.NEWS,
        query="",
        defaults={"lang": lang, "created_at": at, "confirmed_at": at, "told_until": at},
    )
    return made or confirm(subscription=row, at=at)


def forget_unconfirmed(at: datetime) -> int:
    """By the clock: what was asked for and never confirmed is erased after seven days; how many."""
    count, _models = Subscription.objects.filter(confirmed_at=None, created_at__lt=at - CONFIRM_WITHIN).delete()
    return count
