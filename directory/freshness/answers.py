"""What is written when somebody answers: all is right, one page is right, something has changed, we have closed.

However somebody answers (the link of a letter, the desk, the telephone and a member of staff), the clock of the listings
begins anew and hidden ones come back. A round is answered when nothing of the provider's is old any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log

from directory.freshness.actions import delist_provider, relist_provider
from directory.freshness.links import Asked
from directory.freshness.models import Asking
from directory.freshness.queries import listings_of, old_of
from directory.listings.kinds import ConfirmedAs
from directory.providers.models import Provider
from portal.kit.changes import told_together

Answer = Asking.Answer
SAID_CLOSED = "Har selv sagt fra om at det er nedlagt"  # shown to staff


def confirm_all(*, provider: Provider, by: Any, as_: ConfirmedAs, at: datetime) -> int:
    """Say that everything of a provider is right; how many pages."""
    with transaction.atomic(), told_together():
        provider = lock(provider)
        rows = listings_of(provider)
        for row in rows:
            _confirm(row, by=by, as_=as_, at=at)
        _close_round(provider, at)
    return len(rows)


def confirm_some(*, provider: Provider, names: Iterable[str], by: Any, as_: ConfirmedAs, at: datetime) -> int:
    """Say that some pages of a provider are right: those whose "kind:number" is among `names`; how many."""
    wanted = set(names)
    with transaction.atomic(), told_together():
        provider = lock(provider)
        rows = [row for row in listings_of(provider) if name_of(row) in wanted]
        for row in rows:
            _confirm(row, by=by, as_=as_, at=at)
        if rows and not old_of(provider, timezone.localdate(at)):
            _close_round(provider, at)
    return len(rows)


def say_changed(*, provider: Provider, at: datetime) -> None:
    """Somebody goes to change something. The round stays open: what is still old is asked about again."""
    Asking.objects.filter(pk__in=_open_letters(provider)[:1]).update(answer=Answer.CHANGED, answered_at=at)


@transaction.atomic
def say_closed(*, provider: Provider, at: datetime) -> None:
    """The answer to a letter: it has closed. Staff look into it; until then nothing changes and no letter goes out.

    Whoever was not asked, or has answered, says it on the desk, where an editor closes the page. No letter, no row: the next
    reminder would speak of one that was never sent.
    """
    provider = lock(provider)
    if Asking.objects.filter(pk__in=_open_letters(provider)[:1]).update(answer=Answer.CLOSED, answered_at=at):
        log(provider, "freshness.closed")


@transaction.atomic
def take_at_their_word(*, provider: Provider, by: Any, at: datetime) -> bool:
    """Staff: yes, it has closed. It goes off the lists with what it offers."""
    provider = lock(provider)
    done = delist_provider(provider=provider, reason=SAID_CLOSED, at=at)
    if done:
        log(provider, "freshness.delist", user=by)
    return done


@transaction.atomic
def keep_open(*, provider: Provider, by: Any) -> bool:
    """Staff: no, it is still there. The round is open again, and the next letter goes out when it is due."""
    provider = lock(provider)
    done = _take_back_closed(provider)
    if done:
        log(provider, "freshness.keep", user=by)
    return done


@transaction.atomic
def put_back(*, provider: Provider, by: Any) -> bool:
    """Staff: it goes back on the lists, with what went with it."""
    provider = lock(provider)
    done = relist_provider(provider=provider, reasons=(provider.delisted_reason,))
    if done:
        _take_back_closed(provider)
        log(provider, "freshness.relist", user=by)
    return done


def name_of(listing: Any) -> str:
    """ "activity:12"."""
    return f"{listing.KIND.value}:{listing.pk}"


def lock(provider: Provider) -> Provider:
    """The provider's row, held until the transaction ends, so that two presses at once are one after the other."""
    held = Provider.objects.select_for_update(of=("self",)).get(pk=provider.pk)
    held.municipality = provider.municipality
    return held


def _confirm(row: Any, *, by: Any, as_: ConfirmedAs, at: datetime) -> None:
    row.confirm(by=by, as_=as_, at=at)
    log(row, "directory.confirm", user=by)


def _open_letters(provider: Provider) -> list[int]:
    """The letters of the latest round that was not answered for good, the latest first."""
    letters = list(Asking.objects.filter(provider=provider).order_by("-round", "-pk"))
    of_round = [row for row in letters if row.round == letters[0].round]
    done = any(row.answer in (Answer.CONFIRMED, Answer.CLOSED) for row in of_round)
    return [] if done else [row.pk for row in of_round]


def _take_back_closed(provider: Provider) -> bool:
    return bool(Asking.objects.filter(provider=provider, answer=Answer.CLOSED).update(answer="", answered_at=None))


def _close_round(provider: Provider, at: datetime) -> None:
    """The latest round is answered, whatever was said before: what has closed does not confirm its pages."""
    latest = Asking.objects.filter(provider=provider).order_by("-round", "-pk").first()
    if latest is None:
        return
    letters = Asking.objects.filter(provider=provider, round=latest.round)
    if not letters.filter(answer=Answer.CONFIRMED).exists():
        letters.exclude(answer="").update(answer="", answered_at=None)
        letters.filter(pk=latest.pk).update(answer=Answer.CONFIRMED, answered_at=at)


@transaction.atomic
def answer_by_link(*, asked: Asked, answer: str, names: Iterable[str] = (), at: datetime) -> bool:
    """What somebody answers by the link of a letter, without signing in. A round that is answered takes no more."""
    provider = lock(asked.provider)
    said = (Answer.CONFIRMED, Answer.CLOSED)
    if Asking.objects.filter(provider=provider, round=asked.round, answer__in=said).exists():
        return False
    if answer == Answer.CLOSED:
        say_closed(provider=provider, at=at)
    elif answer == Answer.CHANGED:
        say_changed(provider=provider, at=at)
    elif names:
        return bool(confirm_some(provider=provider, names=names, by=None, as_=ConfirmedAs.PROVIDER, at=at))
    else:
        confirm_all(provider=provider, by=None, as_=ConfirmedAs.PROVIDER, at=at)
    return True
