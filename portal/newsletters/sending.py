"""Sending: several workers share the messages of a letter, and each goes out once or is reported.

    reserve     some hundred messages are mine for two minutes: others leave them alone. Nothing is lost if I am killed.
    take        this one I am about to hand over. Committed before the mail server hears of it.
    settle      what became of it. Committed together with taking the next.

A worker killed between `take` and `settle` leaves one message TAKEN. Whether it went out nobody can know, so after ten minutes
it is in DOUBT, and staff decide. Whatever the mail server refuses for now waits, longer each time; nothing is dropped.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from directory.freshness.bounces import record_bounce, undeliverable
from portal.kit.mail import make_message, returns_to
from portal.newsletters.actions import disbelieve, finish, halt
from portal.newsletters.links import home_of, leave_token, message_key
from portal.newsletters.models import Delivery, Edition, Newsletter
from portal.newsletters.states import DeliveryState, LetterState
from portal.newsletters.subscriptions import subscribers_of
from portal.newsletters.transport import Answer, Outcome, Transport
from portal.newsletters.writing import TOKEN, sender_line

log = logging.getLogger("portal.newsletters")

BATCH = 200
RESERVED = timedelta(minutes=2)
DOUBT_AFTER = timedelta(minutes=10)
#: A server that will have none of so many messages in a row has something against the letter, or against us: it is paused.
REFUSALS = 10
#: So many in a row of which nobody knows whether they went out: staff look before there are more of them.
DOUBTS = 3
#: What a person may have to look at. That a message went out, or is to come later, is nobody's worry.
FAULTS = (Outcome.NO_SUCH, Outcome.NEVER, Outcome.UNKNOWN)
#: How long to wait after the first, second … time the server would not take a message; then staff are asked.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480, 720, 720, 720, 720))


@dataclass(slots=True)
class Tally:
    """What one turn did."""

    sent: int = 0
    later: int = 0
    refused: int = 0
    doubt: int = 0
    stuck: int = 0
    refused_in_a_row: int = 0
    doubts_in_a_row: int = 0
    last: Answer | None = None

    def count(self, answer: Answer) -> None:
        """One more."""
        self.last, outcome = answer, answer.outcome
        name = {
            Outcome.TAKEN: "sent",
            Outcome.LATER: "later",
            Outcome.NO_SUCH: "refused",
            Outcome.NEVER: "stuck",
            Outcome.UNKNOWN: "doubt",
        }[outcome]
        setattr(self, name, getattr(self, name) + 1)
        # One that is to come later says nothing either way.
        if outcome == Outcome.TAKEN:
            self.refused_in_a_row = self.doubts_in_a_row = 0
        elif outcome in (Outcome.NEVER, Outcome.NO_SUCH):
            self.refused_in_a_row += 1
            self.doubts_in_a_row = 0
        elif outcome == Outcome.UNKNOWN:
            self.doubts_in_a_row += 1

    @property
    def is_enough(self) -> bool:
        """Whether so much has gone wrong that a person should look. Doubts of old count only when there is one more."""
        went_wrong = self.last is not None and self.last.outcome in FAULTS
        return went_wrong and (self.refused_in_a_row >= REFUSALS or self.doubts_in_a_row >= DOUBTS)


def send_share(newsletter_id: int, *, worker: str, seconds: float = 10.0) -> Tally:
    """Send of a letter what is due and nobody else has in hand, for so long at most."""
    newsletter = (
        Newsletter.objects.select_related("municipality__site", "sender")
        .filter(pk=newsletter_id, state=LetterState.SENDING)
        .first()
    )
    if newsletter is None:
        return Tally()
    # A service that keeps each message waiting for long lets a share come to one or two of them.
    tally = Tally(doubts_in_a_row=doubts_before(newsletter_id))
    bounces = Bounces(newsletter_id)
    until = time.monotonic() + seconds
    with Transport() as transport:
        envelopes = Envelopes(newsletter)
        while time.monotonic() < until:
            batch = reserve(newsletter, worker, timezone.now())
            if not batch:
                break
            if not _send_batch(batch, envelopes, transport, worker, until, tally, bounces):
                break
        # Before parting from the server, which may take its time: the other worker is to stop, too.
        _look_back(newsletter_id, tally, bounces)
    give_back(newsletter_id, worker)
    finish(newsletter_id, timezone.now())
    return tally


def _send_batch(
    batch: list[Delivery],
    envelopes: Envelopes,
    transport: Transport,
    worker: str,
    until: float,
    tally: Tally,
    bounces: Bounces,
) -> bool:
    """Hand over the messages of a batch. False when the server is not to be spoken to, the letter was stopped, or time is up."""
    before: tuple[Delivery, Answer] | None = None
    for delivery in batch:
        with transaction.atomic():
            if before is not None:
                settle(*before, worker=worker, bounces=bounces)
            may_send = time.monotonic() < until and take(delivery, worker)
        before = None
        if not may_send:
            return False
        answer = envelopes.hand_over(delivery, transport)
        tally.count(answer)
        before = (delivery, answer)
        if tally.is_enough or (answer.outcome == Outcome.LATER and not transport.is_open):
            break  # the server is away, or takes nothing: asking it once more for each message would only make noise
    if before is None:
        return True
    settle(*before, worker=worker, bounces=bounces)
    return not tally.is_enough and (before[1].outcome != Outcome.LATER or transport.is_open)


def _look_back(newsletter_id: int, tally: Tally, bounces: Bounces) -> None:
    """What a share comes to: the letter is paused, or who was turned away at its end is written down, or is not believed."""
    if tally.is_enough and tally.last is not None:
        log.error("A newsletter was paused: the mail server takes none of it (%s).", tally.last.said)
        halt(newsletter_id=newsletter_id, refused=bounces.waiting, said=tally.last.said)
    elif Newsletter.objects.filter(pk=newsletter_id, state=LetterState.PAUSED).exists():
        disbelieve(newsletter_id, bounces.waiting)
    else:
        bounces.write_down()


def doubts_before(newsletter_id: int) -> int:
    """How many messages of a letter in a row, up to the last one, nobody knows of whether they went out."""
    answered = (DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.STUCK)
    unknown = (DeliveryState.DOUBT, DeliveryState.LEFT)
    rows = Delivery.objects.filter(newsletter=newsletter_id, state__in=[*answered, *unknown]).order_by("-settled_at", "-pk")
    states = list(rows.values_list("state", flat=True)[:DOUBTS])
    return next((n for n, state in enumerate(states) if state not in unknown), len(states))


class Bounces:
    """Writes down that nobody is at an address: once the server has taken something of the same letter after it.

    A server that turns everybody away, from the first message or from the hundredth on, says nothing about anybody's address.
    """

    def __init__(self, newsletter_id: int) -> None:
        self.newsletter_id = newsletter_id
        self.is_believed = self._has_gone_out()
        self.waiting: list[int] = []  # messages that were turned away since one was taken

    def _has_gone_out(self) -> bool:
        return Delivery.objects.filter(newsletter=self.newsletter_id, state=DeliveryState.SENT).exists()

    def taken(self) -> None:
        """A message went out. Those that were turned away before it are written down with it."""
        if not self.is_believed:
            self.is_believed = True
            self._write_down(Delivery.objects.filter(newsletter=self.newsletter_id))
        elif self.waiting:
            self._write_down(Delivery.objects.filter(pk__in=self.waiting))
        self.waiting.clear()

    def refused(self, delivery: int) -> None:
        """Nobody is there, says the server."""
        self.waiting.append(delivery)

    def write_down(self) -> None:
        """The share is over and the letter goes on: what was turned away at its end is believed as the rest was."""
        if self.waiting and (self.is_believed or self._has_gone_out()):
            self._write_down(Delivery.objects.filter(pk__in=self.waiting))
        self.waiting.clear()

    def _write_down(self, rows: QuerySet[Delivery]) -> None:
        rows = rows.filter(state=DeliveryState.REFUSED, receiver__isnull=False)
        facts = list(rows.values_list("receiver__email", "bounced_at", "said"))
        known = undeliverable(email for email, _at, _said in facts)
        for email, at, said in facts:
            if email not in known:
                record_bounce(email=email, at=at or timezone.now(), said=said)


# ── the steps ───────────────────────────────────────────────────────────────────────────────────────────────


def due(newsletter_id: int, at: datetime) -> Q:
    """Messages of a letter that may go out now and are in nobody's hands."""
    return (
        Q(newsletter=newsletter_id, state=DeliveryState.WAITING)
        & (Q(next_at=None) | Q(next_at__lte=at))
        & (Q(reserved_until=None) | Q(reserved_until__lt=at))
    )


def reserve(newsletter: Newsletter, worker: str, at: datetime, most: int = BATCH) -> list[Delivery]:
    """Some messages for this worker. Those to people who have left meanwhile, or whose letters come back, are left out."""
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("receiver")
        found = list(rows.filter(due(newsletter.pk, at)).order_by("pk")[:most])
        emails = [row.receiver.email for row in found if row.receiver]
        returned, wanted = undeliverable(emails), still_wanted(newsletter, found)
        unwanted = [
            row for row in found if row.receiver is None or row.receiver.email not in wanted or row.receiver.email in returned
        ]
        if unwanted:
            gone = {row.pk for row in unwanted}
            Delivery.objects.filter(pk__in=gone, state=DeliveryState.WAITING).update(state=DeliveryState.SKIPPED, settled_at=at)
            found = [row for row in found if row.pk not in gone]
        Delivery.objects.filter(pk__in=[row.pk for row in found]).update(worker=worker, reserved_until=at + RESERVED)
    if not found and unwanted:
        return reserve(newsletter, worker, at, most)
    return found


def still_wanted(newsletter: Newsletter, rows: list[Delivery]) -> set[str]:
    """Addresses that want the letter: residents' news are wanted as long as they are subscribed to, others until a no."""
    if newsletter.audience == Newsletter.Audience.RESIDENTS:
        return subscribers_of(newsletter.municipality, [row.receiver.email for row in rows if row.receiver])
    return {row.receiver.email for row in rows if row.receiver and not row.receiver.unsubscribed_at}


def take(delivery: Delivery, worker: str) -> bool:
    """From here on the message may have gone out. False where it is not this worker's any more, or the letter was stopped."""
    # A join would be asked of an older look at the row (PostgreSQL); these conditions are asked of the row itself.
    sending = Newsletter.objects.filter(pk=delivery.newsletter_id, state=LetterState.SENDING)
    mine = Delivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.WAITING, worker=worker, newsletter_id__in=sending.values("pk")
    )
    return bool(mine.update(state=DeliveryState.TAKEN, taken_at=timezone.now()))


@transaction.atomic(savepoint=False)
def settle(delivery: Delivery, answer: Answer, *, worker: str, bounces: Bounces) -> None:
    """Write down what became of a message: of the one that this worker took, and of no other."""
    at = timezone.now()
    # A worker that was stopped for long finds its message in doubt; what it knows now is better.
    mine = Delivery.objects.filter(
        pk=delivery.pk, worker=worker, state__in=[DeliveryState.TAKEN, DeliveryState.DOUBT, DeliveryState.LEFT]
    )
    done = {"said": answer.said, "settled_at": at, "reserved_until": None}
    if answer.outcome == Outcome.TAKEN:
        if mine.update(state=DeliveryState.SENT, **done):
            bounces.taken()
    elif answer.outcome == Outcome.UNKNOWN:
        mine.update(state=DeliveryState.DOUBT, **done)
    elif answer.outcome == Outcome.NEVER:
        mine.update(state=DeliveryState.STUCK, **done)
    elif answer.outcome == Outcome.NO_SUCH:
        if mine.update(state=DeliveryState.REFUSED, bounced_at=at, **done):
            bounces.refused(delivery.pk)
    elif was_cancelled(delivery.newsletter_id):
        mine.update(state=DeliveryState.CANCELLED, **done)
    elif delivery.tries >= len(WAITS):
        mine.update(state=DeliveryState.STUCK, **done)
    else:
        mine.update(
            state=DeliveryState.WAITING,
            worker="",
            reserved_until=None,
            taken_at=None,
            tries=delivery.tries + 1,
            next_at=at + WAITS[delivery.tries],
            said=answer.said,
        )


def was_cancelled(newsletter_id: int) -> bool:
    """Whether nothing more of a letter is to go out. Its row is held, so that nobody cancels it before we are done."""
    rows = Newsletter.objects.select_for_update().filter(pk=newsletter_id)
    return rows.values_list("state", flat=True).first() == LetterState.CANCELLED


def give_back(newsletter_id: int, worker: str) -> None:
    """What this worker has reserved and not taken is anybody's again."""
    Delivery.objects.filter(newsletter=newsletter_id, worker=worker, state=DeliveryState.WAITING).update(
        worker="", reserved_until=None
    )


def report_doubts(at: datetime, after: timedelta = DOUBT_AFTER) -> int:
    """Messages that were taken and never finished: their worker was killed. They are in doubt from now on; how many."""
    found = Delivery.objects.filter(state=DeliveryState.TAKEN, taken_at__lt=at - after).update(
        state=DeliveryState.DOUBT, reserved_until=None, settled_at=at
    )
    if found:
        log.error("%s newsletter messages were in hand when a worker stopped. Whether they went out is not known.", found)
    return found


# ── a message ───────────────────────────────────────────────────────────────────────────────────────────────


class Envelopes:
    """Makes the messages of one letter: everything but the receiver is read once."""

    def __init__(self, newsletter: Newsletter) -> None:
        self.newsletter = newsletter
        self.editions: dict[str, Edition] = {row.lang: row for row in newsletter.editions.order_by("pk")}
        self.home = home_of(newsletter.municipality)
        self.host = urlsplit(self.home).hostname or "localhost"
        self.sender = sender_line(newsletter)
        self.leave = self.home + reverse("newsletter-leave", args=[TOKEN])
        self.list_id = f"<newsletters.{newsletter.municipality.slug}.{self.host}>"

    def message(self, delivery: Delivery) -> EmailMultiAlternatives:
        """The message to one receiver; its only difference from the others is whom it is to, and the link that stops them."""
        edition = self.editions.get(delivery.lang) or next(iter(self.editions.values()))
        email = delivery.receiver.email if delivery.receiver else ""
        token = leave_token(delivery.receiver_id or 0, self.newsletter.pk, delivery.lang, email)
        message = make_message(
            subject=edition.subject,
            body=edition.text.replace(TOKEN, token),
            html=edition.html.replace(TOKEN, token),
            to=email,
            headers={
                "Message-ID": f"<{message_key(delivery.pk)}@{self.host}>",
                "List-Id": self.list_id,
                "List-Unsubscribe": f"<{self.leave.replace(TOKEN, token)}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Precedence": "bulk",
            },
            reply_to=[self.newsletter.sender.reply_to],
            lang=edition.text_lang,
            sender=self.sender,
        )
        message.metadata = {"delivery": message_key(delivery.pk)}  # type: ignore[attr-defined]  # mail services give it back
        return message

    def envelope(self, delivery: Delivery) -> str:
        """Where the message comes back to: an address that names it, where the installation has a mailbox for that."""
        if settings.BOUNCE_ADDRESS:
            return returns_to(message_key(delivery.pk))
        return self.sender.rpartition("<")[2].rstrip(">")

    def hand_over(self, delivery: Delivery, transport: Transport) -> Answer:
        """Make the message and give it to the mail server."""
        if delivery.receiver is None:
            return Answer(Outcome.NEVER, "the receiver was erased")
        try:
            message = self.message(delivery)
        except ValueError as error:  # what cannot be written as a message; nothing has gone out
            return Answer(Outcome.NEVER, type(error).__name__)
        return transport.send(message, self.envelope(delivery))


def letters_under_way(at: datetime) -> Iterator[int]:
    """Letters being sent that have messages due."""
    for pk in Newsletter.objects.filter(state=LetterState.SENDING).values_list("pk", flat=True):
        if Delivery.objects.filter(due(pk, at)).exists():
            yield pk
        else:
            finish(pk, at)
