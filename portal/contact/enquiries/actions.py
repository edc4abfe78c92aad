"""Taking an enquiry in, passing it on, and forgetting it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from wagtail.log_actions import log

from directory.freshness.models import UndeliverableAddress
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from directory.reports.tokens import use_up
from portal.contact import office
from portal.contact.board.models import Notice
from portal.contact.enquiries.models import KEPT, OPEN_TO_ALL, AnswerBy, Channel, Enquiry, EnquiryState
from portal.contact.enquiries.receivers import provider_behind, receivers_of, speaks_for
from portal.contact.enquiries.rules import (
    MOST_A_DAY,
    MOST_AN_HOUR,
    MOST_OF_TOWN,
    EnquiryRefusal,
    Suspicion,
    digest_of,
    suspicions,
    why_not_words,
)
from portal.contact.enquiries.tasks import pass_on
from portal.kit.refusals import refuse_if

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TOLD_AGAIN_AFTER = timedelta(hours=12)
LOOKED_BACK = timedelta(days=14)  # so long after a letter was sent, it may come back

#: What the log of a row says; its words are registered in wagtail_hooks.
RELEASE, THROW = "enquiry.release", "enquiry.throw"


@transaction.atomic
def send_enquiry(
    *,
    listing: Any,
    text: str,
    name: str,
    answer_by: str,
    email: str,
    phone: str,
    lang: str,
    seconds: float | None,
    request: HttpRequest,
    token: str,
    at: datetime,
) -> Enquiry:
    """A question from a public page: once per token, passed on at once or held back for a look."""
    refuse_if(why_not_words(text, name, phone))
    municipality = listing.municipality
    refuse_if(_why_not_town(municipality, at))
    refuse_if(use_up(request, token, at))
    return _take_in(
        Enquiry(
            channel=Channel.LISTING,
            text=text,
            name=name,
            answer_by=answer_by,
            email=email if answer_by == AnswerBy.MAIL else "",
            phone=phone if answer_by == AnswerBy.PHONE else "",
            lang=lang,
        ),
        listing,
        seconds=seconds,
        at=at,
    )


@transaction.atomic
def relay(*, listing: Any, text: str, answer_to: str, lang: str, at: datetime, name: str = "") -> Enquiry:
    """A line to a listing's contact that another room has checked. `answer_to`: a mail address or a telephone number."""
    refuse_if(why_not_words(text, name))
    refuse_if(_why_not_town(listing.municipality, at))
    by_mail = "@" in answer_to
    return _take_in(
        Enquiry(
            channel=Channel.HANDOVER,
            text=text,
            name=name,
            answer_by=AnswerBy.MAIL if by_mail else AnswerBy.PHONE,
            email=answer_to if by_mail else "",
            phone="" if by_mail else answer_to,
            lang=lang,
        ),
        listing,
        seconds=None,
        at=at,
    )


@transaction.atomic
def write_to_provider(
    *, provider: Provider, by: Any, by_provider: Provider | None, text: str, lang: str, at: datetime
) -> Enquiry:
    """From one association to another. The writer's own address is what the answer goes to."""
    return _from_member(
        Enquiry(channel=Channel.PROVIDER, from_provider=by_provider, lang=lang, text=text), provider, by=by, at=at
    )


@transaction.atomic
def answer_notice(*, notice: Notice, by: Any, by_provider: Provider | None, text: str, lang: str, at: datetime) -> Enquiry:
    """An answer to a notice goes to who put it up."""
    refuse_if(None if notice.is_up else EnquiryRefusal.OVER)
    enquiry = Enquiry(channel=Channel.NOTICE, notice=notice, from_provider=by_provider, lang=lang, text=text)
    enquiry.municipality, enquiry.provider, enquiry.to_user = notice.municipality, notice.provider, author_of(notice)
    enquiry.listing_name = notice.title[:160]
    return _from_member(enquiry, None, by=by, at=at)


def author_of(notice: Notice) -> Any:
    """Who put a notice up, as long as they still speak for the same. A provider's is answered to all of its editors."""
    if notice.provider_id is not None or notice.author is None:
        return None
    return notice.author if speaks_for(notice, notice.author) else None


def _from_member(enquiry: Enquiry, provider: Provider | None, *, by: Any, at: datetime) -> Enquiry:
    refuse_if(why_not_words(enquiry.text))
    sent = Enquiry.objects.filter(from_user=by, created_at__gt=at - DAY).count()
    refuse_if(EnquiryRefusal.MANY if sent >= MOST_A_DAY else None)
    enquiry.from_user, enquiry.name, enquiry.email = by, by.get_full_name()[:80], by.email
    return _take_in(enquiry, provider, seconds=None, at=at)


def _take_in(enquiry: Enquiry, listing: Any, *, seconds: float | None, at: datetime) -> Enquiry:
    """Keep it, and pass it on unless something looks wrong. The very same once more is the first."""
    if listing is not None:
        enquiry.municipality, enquiry.provider = listing.municipality, provider_behind(listing)
        enquiry.kind, enquiry.listing_id, enquiry.listing_name = listing.KIND.value, listing.pk, str(listing)[:160]
    enquiry.created_at, enquiry.digest = at, digest_of(enquiry.text)
    same = Enquiry.objects.filter(municipality=enquiry.municipality, digest=enquiry.digest, created_at__gt=at - DAY)
    again = same.filter(
        kind=enquiry.kind, listing_id=enquiry.listing_id, notice=enquiry.notice, email=enquiry.email, phone=enquiry.phone
    ).first()
    if again is not None:
        return again
    refuse_if(None if receivers_of(enquiry) else EnquiryRefusal.NOBODY)
    # Of who is signed in we know whom to ask: nothing of theirs is held back.
    if enquiry.channel in OPEN_TO_ALL:
        about_it = Enquiry.objects.filter(municipality=enquiry.municipality, kind=enquiry.kind, listing_id=enquiry.listing_id)
        this_hour = about_it.filter(channel__in=OPEN_TO_ALL, created_at__gt=at - HOUR).count()
        if enquiry.channel == Channel.LISTING:
            enquiry.suspicions = suspicions(
                text=enquiry.text, name=enquiry.name, seconds=seconds, same=same.count(), this_hour=this_hour
            )
        elif this_hour >= MOST_AN_HOUR:  # its words are chosen, not written: only their number can be wrong
            enquiry.suspicions = [Suspicion.MANY.value]
    enquiry.state = EnquiryState.HELD if enquiry.suspicions else EnquiryState.OPEN
    enquiry.save()
    if enquiry.state == EnquiryState.OPEN:
        send_on(enquiry)
    return enquiry


def send_on(enquiry: Enquiry) -> None:
    """A task for each receiver, in the caller's transaction."""
    for receiver in receivers_of(enquiry):
        pass_on.enqueue(enquiry_id=enquiry.pk, tag=receiver.tag)


def _why_not_town(municipality: Municipality, at: datetime) -> EnquiryRefusal | None:
    """Whether very many messages are on their way in a municipality: questions and hand-overs, which anybody may send."""
    sent = Enquiry.objects.filter(municipality=municipality, channel__in=OPEN_TO_ALL, created_at__gt=at - HOUR).count()
    return EnquiryRefusal.FULL if sent >= MOST_OF_TOWN else None


# ── what the receiver and staff do ────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def mark_answered(*, enquiry: Enquiry, done: bool, at: datetime) -> None:
    """The receiver says it has been answered, or not yet. Said twice, the first moment stays."""
    rows = Enquiry.objects.passed_on().filter(pk=enquiry.pk)
    if done:
        rows.filter(answered_at=None).update(answered_at=at)
    else:
        rows.update(answered_at=None)
    enquiry.refresh_from_db(fields=["answered_at"])


@transaction.atomic
def release(*, enquiry: Enquiry, by: Any, at: datetime) -> bool:
    """Staff pass on what was held back. Of two who do, one does; False for the other."""
    done = Enquiry.objects.held().filter(pk=enquiry.pk).update(state=EnquiryState.OPEN, decided_at=at)
    if done:
        enquiry.refresh_from_db()
        send_on(enquiry)
        log(enquiry, RELEASE, user=by)
    return bool(done)


@transaction.atomic
def throw_away(*, enquiry: Enquiry, by: Any, at: datetime) -> bool:
    """Staff throw away what is no enquiry: its words go at once."""
    done = Enquiry.objects.held().filter(pk=enquiry.pk).update(state=EnquiryState.THROWN, decided_at=at, erased_at=at, **EMPTY)
    if done:
        enquiry.refresh_from_db()
        log(enquiry, THROW, user=by)
    return bool(done)


#: What an erased enquiry no longer holds.
EMPTY: dict[str, Any] = {"text": "", "name": "", "email": "", "phone": "", "digest": "", "from_user": None, "to_user": None}


# ── by the clock; each does no harm when it runs twice ────────────────────────────────────────────────────────
def erase_enquiries(at: datetime) -> int:
    """Words, names and addresses go after 90 days; that somebody asked, when and about what, is counted on."""
    over = Enquiry.objects.filter(erased_at=None, created_at__lt=at - KEPT)
    over.filter(channel=Channel.NOTICE).update(listing_name="")  # the heading of a notice: somebody's own words
    return over.update(erased_at=at, **EMPTY)


def look_after_enquiries(at: datetime) -> int:
    """Tell staff of what could not be delivered, and of what waits for a look; how many could not be."""
    failed: dict[int, list[str]] = defaultdict(list)
    never = Enquiry.objects.passed_on().filter(relayed_at=None, failed_at=None, erased_at=None, created_at__lt=at - DAY)
    for enquiry in [*never, *_come_back(at)]:
        # Conditional: of two workers one tells.
        if Enquiry.objects.filter(pk=enquiry.pk, failed_at=None).update(failed_at=at):
            failed[enquiry.municipality_id].append(enquiry.listing_name)
            before = {receiver.tag for receiver in receivers_of(enquiry, even_dead=True)}
            for receiver in receivers_of(enquiry):
                if receiver.tag not in before or enquiry.relayed_at is None:
                    pass_on.enqueue(enquiry_id=enquiry.pk, tag=receiver.tag)
    for pk, names in failed.items():
        office.tell_of_failed(Municipality.objects.get(pk=pk), names)
    _tell_of_held(at)
    return sum(map(len, failed.values()))


def _come_back(at: datetime) -> list[Enquiry]:
    """Enquiries whose receiver's letters have come back since."""
    dead = {
        row.email.lower(): row.last_at
        for row in UndeliverableAddress.objects.filter(last_at__gt=at - LOOKED_BACK, cause=UndeliverableAddress.Cause.BOUNCED)
    }
    if not dead:
        return []
    sent = Enquiry.objects.passed_on().filter(
        relayed_at__gt=at - LOOKED_BACK, failed_at=None, answered_at=None, erased_at=None
    ).select_related("municipality", "provider", "to_user")  # fmt: skip
    return [
        enquiry
        for enquiry in sent
        if any(
            (moment := dead.get(receiver.email.lower())) and enquiry.relayed_at and moment >= enquiry.relayed_at
            for receiver in receivers_of(enquiry, even_dead=True)
        )
    ]


def _tell_of_held(at: datetime) -> None:
    """One letter to each office about what came in since the last one, at most twice a day."""
    waiting = Enquiry.objects.held().filter(decided_at=None)
    for municipality in Municipality.objects.filter(pk__in=waiting.values("municipality")).defer("boundary"):
        rows = waiting.filter(municipality=municipality)
        if rows.filter(told_at__gt=at - TOLD_AGAIN_AFTER).exists():
            continue
        if rows.filter(told_at=None).update(told_at=at):
            office.tell_of_held(municipality, rows.count())
