"""Deeds of the frontline: a family says that it is coming, is asked twice how it went, and answers.

worker: form ──▶ code (the draft stands behind the `#` of its address; nothing is kept here)
guardian: opens it, reads it, presses send ──▶ send_hand_over ──▶ the club's letter (portal.contact relays and forgets it)
                                                   └─ asked to be reminded ──▶ Nudge ──▶ send_nudges ──▶ answer_nudge
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from directory.municipalities.models import Municipality
from directory.reports.models import FormUse
from directory.reports.tokens import FormRefusal, is_from_exempt, sender_key, why_not_origin
from portal.contact.actions import relay
from portal.frontline import emails
from portal.frontline.models import Nudge, Outcome, UsedDraft
from portal.frontline.outcomes import count
from portal.frontline.queries import listings_of, may_be_shown
from portal.frontline.rules import DRAFT_GOOD_FOR, Age, Asks, Why, nudge_days
from portal.frontline.shortlists import Ref
from portal.kit.refusals import refuse_if
from portal.languages import interface_of, name_in

MOST_AN_HOUR = 10  # from one network
FIRST_ANSWERS = (
    Outcome.STARTED, Outcome.NOT_YET, Outcome.NOT_PRICE, Outcome.NOT_FULL, Outcome.NOT_TIME, Outcome.NOT_FAR, Outcome.NOT_ANSWER,
    Outcome.NOT_OTHER,
)  # fmt: skip
SECOND_ANSWERS = (
    Outcome.STILL, Outcome.STOPPED_PRICE, Outcome.STOPPED_TIME, Outcome.STOPPED_FAR, Outcome.STOPPED_WELCOME,
    Outcome.STOPPED_LIKE, Outcome.STOPPED_OTHER,
)  # fmt: skip


# ── the draft ─────────────────────────────────────────────────────────────────────────────────────────────────
def _signer() -> TimestampSigner:
    return TimestampSigner(salt="portal.frontline.hand-over")


def new_draft(ref: Ref) -> str:
    """What makes a hand-over good for a day and for one sending. It names the thing, and nobody."""
    return _signer().sign(f"{ref}|{secrets.token_urlsafe(9)}")


def why_not_draft(ref: Ref, token: str) -> Why | None:
    """Whether the draft is ours, about this thing, and of today."""
    try:
        value = _signer().unsign(token, max_age=DRAFT_GOOD_FOR)
    except SignatureExpired:
        return Why.EXPIRED
    except BadSignature:
        return Why.FOREIGN
    return None if value.split("|")[0] == str(ref) else Why.FOREIGN


#: What of a form the line is made of.
IN_LINE = ("asks", "name", "age", "answer_in")


def club_reads(listing: Any) -> str:
    """The language in which a club gets its line: the municipality's first."""
    return interface_of(listing.municipality.languages[0])


# ── sending ───────────────────────────────────────────────────────────────────────────────────────────────────
def line_for(listing: Any, lang: str, *, asks: str, name: str, age: str, answer_in: str) -> str:
    """The line in a language: made of what was chosen, and a first name."""
    with translation.override(lang):
        facts = {
            "name": name,
            "age": Age(age).label,
            "asks": Asks(asks).label,
            "thing": str(listing.text("name", lang)),
            "language": name_in(answer_in, lang) or answer_in,
        }
        return "\n\n".join(
            (
                _("%(name)s (%(age)s) %(asks)s: %(thing)s.") % facts,
                _("Please answer in %(language)s, or in easy words.") % facts,
                _("The family sent this themselves. Write or ring them; they know that you will."),
            )
        )


@transaction.atomic
def send_hand_over(
    *, ref: Ref, listing: Any, said: dict[str, Any], token: str, lang: str, request: HttpRequest, at: datetime
) -> None:
    """The guardian has pressed send: one line to the club's contact, once a draft. Kept is what relaying keeps, for its time."""
    refuse_if(why_not_draft(ref, token))
    refuse_if(Why.FOREIGN if why_not_origin(request) else None)
    sender = sender_key(request, at)
    if not is_from_exempt(request):  # an office's families share its network
        refuse_if(FormRefusal.MANY if FormUse.objects.filter(key__startswith=f"{sender}:").count() >= MOST_AN_HOUR else None)
        FormUse.objects.create(key=f"{sender}:{secrets.token_hex(6)}", at=at)
    use_draft(token, at)
    line = line_for(listing, club_reads(listing), **{name: said[name] for name in IN_LINE})
    relay(listing=listing, text=line, answer_to=said["reach"], lang=said["answer_in"], at=at, name=said["name"])
    day = timezone.localdate(at)
    count(listing=listing, municipality=listing.municipality, outcome=Outcome.HANDED_OVER, day=day)
    if said.get("nudge"):
        days = nudge_days(today=day, first_visit=said.get("first_visit"))
        Nudge.objects.create(
            municipality=listing.municipality,
            kind=ref.kind,
            listing_id=listing.pk,
            email=said["nudge_email"],
            lang=lang,
            first_on=days.first_on,
            second_on=days.second_on,
            erase_on=days.erase_on,
        )


def use_draft(token: str, at: datetime) -> None:
    """Mark a draft as sent; of two sendings at once one is refused."""
    try:
        with transaction.atomic():
            UsedDraft.objects.create(mark=hashlib.sha256(token.encode()).hexdigest(), at=at)
    except IntegrityError:
        refuse_if(Why.USED)


# ── asking how it went ────────────────────────────────────────────────────────────────────────────────────────
def send_nudges(at: datetime) -> int:
    """Ask those whose day has come, and forget those whose time is over; how many were asked. Run by the clock.

    Each row is taken by a conditional write, so that of two workers one sends.
    """
    forget_nudges(at)
    today, sent = timezone.localdate(at), 0
    first = Q(first_on__lte=today, second_on__gt=today, first_sent_at=None)
    second = Q(second_on__lte=today, second_sent_at=None)
    for nudge in Nudge.objects.filter(first | second).select_related("municipality__site").order_by("pk")[:1000]:
        column = "second_sent_at" if nudge.second_on <= today else "first_sent_at"
        with transaction.atomic():
            if Nudge.objects.filter(pk=nudge.pk, **{column: None}).update(**{column: at}):
                listing = listing_of(nudge)
                if listing is None:
                    nudge.delete()  # nothing is left to ask about
                    continue
                emails.send_nudge(nudge, listing, step=2 if column == "second_sent_at" else 1)
                sent += 1
    return sent


def forget_nudges(at: datetime) -> int:
    """Erase addresses whose time is over, and marks of drafts that could not be sent any more anyway."""
    UsedDraft.objects.filter(at__lt=at - timedelta(days=2)).delete()
    gone, _by = Nudge.objects.filter(erase_on__lte=timezone.localdate(at)).delete()
    return gone


def listing_of(nudge: Nudge) -> Any:
    """What a reminder is about, if it is still there; a break does not end it, as on the list."""
    ref = Ref(nudge.kind, nudge.listing_id)
    listing = listings_of([ref], nudge.municipality).get(ref)
    return listing if listing is not None and may_be_shown(listing) else None


@transaction.atomic
def answer_nudge(*, pk: int, step: int, answer: str, municipality: Municipality, at: datetime) -> None:
    """Count an answer, once a step. After the last one the address is erased: the second, a "no" to the first, or a "stop"."""
    nudge = Nudge.objects.select_for_update().filter(pk=pk, municipality=municipality).first()
    refuse_if(Why.ANSWERED if nudge is None or (step == 1 and nudge.first_answered_at is not None) else None)
    assert nudge is not None  # noqa: S101  (refused above)
    nudge.municipality = municipality
    if answer:
        count(listing=listing_of(nudge), municipality=municipality, outcome=Outcome(answer), day=timezone.localdate(at))
    if step == 1 and answer in (Outcome.STARTED, Outcome.NOT_YET):
        nudge.first_answered_at = at
        nudge.save(update_fields=["first_answered_at"])
    else:
        nudge.delete()


def open_nudge(*, pk: int, step: int, municipality: Municipality) -> Nudge | None:
    """A question that can still be answered."""
    nudge = Nudge.objects.filter(pk=pk, municipality=municipality).first()
    return None if nudge is None or (step == 1 and nudge.first_answered_at is not None) else nudge
