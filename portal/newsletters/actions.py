"""What is done with a newsletter. Two who press at once do it once: every move asks where the letter stands, in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.log_actions import log

from directory.freshness.bounces import tidy
from directory.municipalities.models import Feature, Municipality
from directory.providers.models import Membership, Provider
from portal.kit.mail import send_letter
from portal.kit.refusals import Refused, refuse_if
from portal.kit.texts import best
from portal.languages import interface_of
from portal.newsletters.audience import Audience, audience_of
from portal.newsletters.links import TEST_RECEIVER, Leaving, leave_token, mark_of
from portal.newsletters.models import Delivery, Edition, Newsletter, Receiver, Subscription
from portal.newsletters.office import tell_of_halt
from portal.newsletters.rules import WhyNotLetter, may_move, why_not_release, why_not_schedule
from portal.newsletters.states import ASKS_STAFF, OPEN, UNDER_WAY, DeliveryState, LetterState
from portal.newsletters.writing import TOKEN, edition_of, parts_of, sender_line

BATCH = 500
REMEMBERED = timedelta(days=366)  # who got which letter


# ── before it goes out ──────────────────────────────────────────────────────────────────────────────────────


def why_not(newsletter: Newsletter, audience: Audience) -> WhyNotLetter | None:
    """What keeps a letter from going out now."""
    municipality = newsletter.municipality
    return why_not_release(
        number=municipality.number,
        subject=best(newsletter, "subject", municipality.languages).value,
        written=newsletter.written_in(),
        sender_address=newsletter.sender.address,
        has_site=municipality.site_id is not None,
        is_on=municipality.has(Feature.NEWSLETTERS),
        receivers=len(audience.people),
    )


def send_test(*, newsletter: Newsletter, by: Any, langs: Iterable[str]) -> int:
    """Send the letter as it stands to whoever asks, once in each language; how many."""
    sent = 0
    for lang in dict.fromkeys(langs):
        written = edition_of(newsletter, lang)
        token = leave_token(TEST_RECEIVER, newsletter.pk, lang, "")
        with override(interface_of(lang)):
            subject = _("Test: %(subject)s") % {"subject": written.subject}
        send_letter(
            subject=subject,
            body=written.text.replace(TOKEN, token),
            html=written.html.replace(TOKEN, token),
            to=[by.email],
            lang=written.text_lang,
            reply_to=[newsletter.sender.reply_to],
            sender=sender_line(newsletter),
        )
        sent += 1
    return sent


@transaction.atomic
def schedule(*, newsletter: Newsletter, when: datetime, by: Any, at: datetime) -> None:
    """Let the letter go out by itself at `when`, to whom it is for then."""
    row = _locked(newsletter)
    refuse_if(None if row.state in OPEN else WhyNotLetter.STATE)
    refuse_if(why_not_schedule(when, at))
    refuse_if(why_not(row, audience_of(row, at)))
    Newsletter.objects.filter(pk=row.pk).update(state=LetterState.SCHEDULED, send_at=when, released_by=by)
    log(row, "newsletter.schedule", user=by, data={"at": when.isoformat()})


@transaction.atomic
def unschedule(*, newsletter: Newsletter, by: Any) -> None:
    """Take back a scheduled letter: it is a draft again."""
    row = _locked(newsletter)
    refuse_if(None if row.state == LetterState.SCHEDULED else WhyNotLetter.STATE)
    Newsletter.objects.filter(pk=row.pk).update(state=LetterState.DRAFT, send_at=None, released_by=None)
    log(row, "newsletter.unschedule", user=by)


# ── its release ─────────────────────────────────────────────────────────────────────────────────────────────


def release(*, newsletter: Newsletter, by: Any, at: datetime, seen: int | None = None) -> int:
    """Let the letter go out: the finished editions, and one delivery to each address. How many. `seen`: as many as were told of.

    Of two who press at once one finds it gone and is refused, with nothing made.
    """
    with transaction.atomic():
        row = _locked(newsletter)
        refuse_if(None if row.state in OPEN else WhyNotLetter.STATE)
        audience = audience_of(row, at)
        refuse_if(why_not(row, audience))
        refuse_if(None if seen in (None, len(audience.people)) else WhyNotLetter.CHANGED)
        moved = Newsletter.objects.filter(pk=row.pk, state__in=list(OPEN)).update(
            state=LetterState.SENDING, released_at=at, released_by=by, send_at=None
        )
        refuse_if(None if moved else WhyNotLetter.STATE)  # where rows are not locked, this is what decides
        Edition.objects.filter(newsletter=row).delete()
        # Of each language it is written in one is kept for its page, whoever gets it.
        for lang in dict.fromkeys([*audience.by_language(), *row.written_in()]):
            make_edition(row, lang)
        count = make_deliveries(row, audience)
        log(row, "newsletter.release", user=by, data={"receivers": count, "languages": audience.by_language()})
    from portal.newsletters.tasks import start_sending  # stands on sending, which stands on this

    start_sending(newsletter.pk)
    return count


def make_edition(newsletter: Newsletter, lang: str) -> Edition:
    """The finished letter in one language: as a mail, and its parts for the page."""
    written = edition_of(newsletter, lang)
    return Edition.objects.create(
        newsletter=newsletter,
        lang=lang,
        text_lang=written.text_lang,
        subject=written.subject,
        text=written.text,
        html=written.html,
        blocks=parts_of(newsletter, lang),
    )


def make_deliveries(newsletter: Newsletter, audience: Audience) -> int:
    """One row for each address; made again it adds nothing."""
    municipality = newsletter.municipality
    people = audience.people
    for start in range(0, len(people), BATCH):
        part = people[start : start + BATCH]
        Receiver.objects.bulk_create(
            [Receiver(municipality=municipality, email=person.email) for person in part], ignore_conflicts=True
        )
        rows = Receiver.objects.filter(municipality=municipality, email__in=[person.email for person in part])
        known = dict(rows.values_list("email", "pk"))
        Delivery.objects.bulk_create(
            [Delivery(newsletter=newsletter, receiver_id=known[person.email], lang=person.lang) for person in part],
            ignore_conflicts=True,
        )
    return Delivery.objects.filter(newsletter=newsletter).count()


def release_what_is_due(at: datetime) -> int:
    """By the clock: scheduled letters whose time has come. One that cannot go out becomes a draft again, and the log says why."""
    released = 0
    for row in Newsletter.objects.filter(state=LetterState.SCHEDULED, send_at__lte=at).select_related("released_by"):
        try:
            release(newsletter=row, by=row.released_by, at=at)
            released += 1
        except Refused as refused:
            if refused.reason == WhyNotLetter.STATE:
                continue  # another worker was quicker
            Newsletter.objects.filter(pk=row.pk, state=LetterState.SCHEDULED).update(state=LetterState.DRAFT, send_at=None)
            log(row, "newsletter.not_released", data={"why": str(refused.reason)})
    return released


# ── while it goes out ───────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def pause(*, newsletter: Newsletter, by: Any) -> None:
    """Stop after the message that is in hand."""
    _move(newsletter, LetterState.PAUSED)
    log(newsletter, "newsletter.pause", user=by)


@transaction.atomic
def halt(*, newsletter_id: int, refused: Iterable[int], said: str) -> bool:
    """The mail server takes nothing of it: the letter waits until a person has looked, and is told so. False if it waits already.

    `refused`: messages whose receivers the server has not known since it took one.
    """
    disbelieve(newsletter_id, refused)
    if not Newsletter.objects.filter(pk=newsletter_id, state=LetterState.SENDING).update(state=LetterState.PAUSED):
        return False
    row = Newsletter.objects.select_related("municipality__site", "released_by").get(pk=newsletter_id)
    log(row, "newsletter.halt", data={"said": said})
    tell_of_halt(row, said)
    return True


def disbelieve(newsletter_id: int, refused: Iterable[int] = ()) -> int:
    """Whom the mail server did not know may well be there: staff decide whether these are sent again. How many.

    Where it has taken nothing at all of the letter, that is everybody it did not know.
    """
    rows = Delivery.objects.filter(newsletter=newsletter_id, state=DeliveryState.REFUSED)
    if Delivery.objects.filter(newsletter=newsletter_id, state=DeliveryState.SENT).exists():
        rows = rows.filter(pk__in=list(refused))
    return rows.update(state=DeliveryState.STUCK, bounced_at=None)


def resume(*, newsletter: Newsletter, by: Any) -> None:
    """Go on."""
    from portal.newsletters.tasks import start_sending

    with transaction.atomic():
        refuse_if(None if newsletter.municipality.has(Feature.NEWSLETTERS) else WhyNotLetter.OFF)
        _move(newsletter, LetterState.SENDING, only_from=LetterState.PAUSED)
        log(newsletter, "newsletter.resume", user=by)
    start_sending(newsletter.pk)


@transaction.atomic
def cancel(*, newsletter: Newsletter, by: Any, at: datetime) -> int:
    """Send nothing more. What has gone out has gone out; how many were held back."""
    _move(newsletter, LetterState.CANCELLED)
    Newsletter.objects.filter(pk=newsletter.pk).update(finished_at=at)
    held = Delivery.objects.filter(newsletter=newsletter, state=DeliveryState.WAITING).update(
        state=DeliveryState.CANCELLED, settled_at=at
    )
    log(newsletter, "newsletter.cancel", user=by, data={"held_back": held})
    return held


def decide(*, newsletter: Newsletter, deliveries: Iterable[int] | None, again: bool, by: Any, at: datetime) -> int:
    """Staff's word on messages that are in doubt, or that the mail server would not take: send them again, or leave them.

    `deliveries` None: on all of them.
    """
    from portal.newsletters.tasks import start_sending

    with transaction.atomic():
        row = _locked(newsletter)
        chosen = Delivery.objects.filter(newsletter=row, state__in=ASKS_STAFF)
        if deliveries is not None:
            chosen = chosen.filter(pk__in=list(deliveries))
        if not again:
            count = chosen.update(state=DeliveryState.LEFT, settled_at=at)
        else:
            refuse_if(None if row.state in (LetterState.SENT, LetterState.SENDING, LetterState.PAUSED) else WhyNotLetter.STATE)
            count = chosen.filter(receiver__isnull=False).update(
                state=DeliveryState.WAITING, worker="", reserved_until=None, taken_at=None, tries=0, next_at=None, said=""
            )
            if count and row.state == LetterState.SENT:
                Newsletter.objects.filter(pk=row.pk).update(state=LetterState.SENDING, finished_at=None)
        if count:
            log(row, "newsletter.decide", user=by, data={"again": again, "messages": count})
    if again and count:
        start_sending(newsletter.pk)
    return count


@transaction.atomic
def show_in_archive(*, newsletter: Newsletter, shown: bool, by: Any) -> None:
    """Put the letter on the site, or take it off."""
    if Newsletter.objects.filter(pk=newsletter.pk, in_archive=not shown).update(in_archive=shown):
        log(newsletter, "newsletter.archive", user=by, data={"shown": shown})


@transaction.atomic
def finish(newsletter_id: int, at: datetime) -> bool:
    """Nothing is under way any more: the letter is sent. What is in doubt is counted by itself.

    A letter too short to be paused, of which the mail server knew no receiver at all, is for staff to decide about.
    """
    under_way = Delivery.objects.filter(newsletter=newsletter_id, state__in=UNDER_WAY)
    if under_way.exists():
        return False
    sending = Newsletter.objects.filter(pk=newsletter_id, state=LetterState.SENDING)
    if not sending.update(state=LetterState.SENT, finished_at=at):
        return False
    disbelieve(newsletter_id)
    return True


# ── stopping and starting ───────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def leave(*, receiver: Receiver, newsletter_id: int, at: datetime) -> None:
    """No more newsletters of this municipality to this address.

    A resident's subscription to news ends with it; of somebody who was only a resident nothing is kept.
    """
    from portal.newsletters.subscriptions import end_news

    if receiver.pk is None:  # erased since the letter: its no must be kept all the same
        receiver, _made = Receiver.objects.get_or_create(municipality=receiver.municipality, email=receiver.email)
    Receiver.objects.filter(pk=receiver.pk, unsubscribed_at=None).update(unsubscribed_at=at)
    Delivery.objects.filter(newsletter=newsletter_id, receiver=receiver, unsubscribed_at=None).update(unsubscribed_at=at)
    Delivery.objects.filter(receiver=receiver, state=DeliveryState.WAITING).update(state=DeliveryState.SKIPPED, settled_at=at)
    had_news = end_news(municipality=receiver.municipality, email=receiver.email)
    as_provider = Delivery.objects.filter(receiver=receiver, newsletter__audience=Newsletter.Audience.PROVIDERS)
    if had_news and not as_provider.exists() and not stands_at_provider(receiver):
        Receiver.objects.filter(pk=receiver.pk).delete()


@transaction.atomic
def come_back(*, receiver: Receiver, newsletter: Newsletter, lang: str, at: datetime) -> None:
    """Newsletters to this address again, by the hand that stopped them; by the link of a residents' letter their news too."""
    from portal.newsletters.subscriptions import bring_back_news

    if receiver.pk is not None:
        Receiver.objects.filter(pk=receiver.pk).update(unsubscribed_at=None)
        Delivery.objects.filter(newsletter=newsletter, receiver=receiver).update(unsubscribed_at=None)
    if newsletter.audience == Newsletter.Audience.RESIDENTS:
        bring_back_news(municipality=receiver.municipality, email=receiver.email, lang=lang, at=at)


def receiver_of(municipality: Municipality, said: Leaving) -> Receiver | None:
    """Whom a link is for. Receivers are forgotten after a year: then it is the address of ours that has the link's mark.

    Such a one may be unsaved. None where the address stands nowhere here any more, so that nothing comes to it.
    """
    rows = Receiver.objects.filter(municipality=municipality).select_related("municipality")
    found = rows.filter(pk=said.receiver).first()
    if found is not None and (not said.mark or mark_of(found.email) == said.mark):
        return found
    if not said.mark or said.receiver == TEST_RECEIVER:
        return None
    for emails in addresses_of(municipality):
        for email in emails:
            if mark_of(email) == said.mark:
                return rows.filter(email=tidy(email)).first() or Receiver(municipality=municipality, email=tidy(email))
    return None


def addresses_of(municipality: Municipality) -> Iterator[Iterable[str]]:
    """All addresses that letters of a municipality go to, or could go to."""
    yield Receiver.objects.filter(municipality=municipality).values_list("email", flat=True).iterator()
    yield Subscription.objects.filter(municipality=municipality).values_list("email", flat=True).iterator()
    yield Provider.objects.filter(municipality=municipality).exclude(email="").values_list("email", flat=True).iterator()
    members = Membership.objects.filter(provider__municipality=municipality)
    yield members.values_list("user__email", flat=True).distinct().iterator()


def stands_at_provider(receiver: Receiver) -> bool:
    """Whether an address can get the letters to associations: a no must be kept then."""
    town, email = receiver.municipality_id, receiver.email
    return (
        Provider.objects.filter(municipality=town, email__iexact=email).exists()
        or Membership.objects.filter(provider__municipality=town, user__email__iexact=email).exists()
    )


@transaction.atomic
def forget_receivers(at: datetime) -> int:
    """Forget who got letters of more than a year ago, and erase addresses that nothing has gone to since. How many rows.

    An address that wants no letters stays, or it would get them again; one that is chosen anew is made anew.
    """
    year_ago = at - REMEMBERED
    old = Delivery.objects.filter(newsletter__released_at__lt=year_ago).exclude(receiver=None, said="")
    forgotten = old.update(receiver=None, said="")
    _all, by_model = Receiver.objects.filter(unsubscribed_at=None, created_at__lt=year_ago, deliveries=None).delete()
    return forgotten + by_model.get(Receiver._meta.label, 0)


# ── small parts ─────────────────────────────────────────────────────────────────────────────────────────────


def _locked(newsletter: Newsletter) -> Newsletter:
    """The row as it is now, nobody else's to move until the transaction ends."""
    return Newsletter.objects.select_for_update(of=("self",)).select_related("municipality__site", "sender").get(pk=newsletter.pk)


def _move(newsletter: Newsletter, there: LetterState, only_from: LetterState | None = None) -> None:
    before = [only_from] if only_from else [state for state in LetterState if may_move(state, there)]
    moved = Newsletter.objects.filter(pk=newsletter.pk, state__in=before).update(state=there)
    refuse_if(None if moved else WhyNotLetter.STATE)


def archive_of(municipality: Municipality) -> Any:
    """The letters on the list that everybody may read, the newest first."""
    shown = Q(state__in=[LetterState.SENDING, LetterState.PAUSED, LetterState.SENT])
    return Newsletter.objects.filter(shown, municipality=municipality, in_archive=True).order_by("-released_at", "-pk")


def readable_of(municipality: Municipality) -> Any:
    """The same, and those that were cancelled when somebody had got them: what they got leads to the page."""
    got = Q(state=LetterState.CANCELLED) & Exists(Delivery.objects.filter(newsletter=OuterRef("pk"), state=DeliveryState.SENT))
    shown = Q(state__in=[LetterState.SENDING, LetterState.PAUSED, LetterState.SENT]) | got
    return Newsletter.objects.filter(shown, municipality=municipality, in_archive=True)
