"""The words of a week by mail: once, or every Friday to the address of a counter that asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from cards.offers.conditions import day_of
from cards.offers.models import ProviderAgreement
from cards.offers.states import AgreementState
from cards.offers.words import words_of_the_week
from portal.kit.addresses import address_of
from portal.kit.letters import Block, Button, Facts, Heading, Paragraph, Small, write_letter
from portal.kit.mail import send_letter
from portal.kit.texts import best

FRIDAY = 4


def send_week(agreements: Sequence[ProviderAgreement], monday: date, *, to: str, lang: str) -> None:
    """The words of one provider for one week, in one letter."""
    provider = agreements[0].provider
    municipality = provider.municipality
    lang = lang if lang in municipality.languages else municipality.languages[0]
    order = municipality.order_for(lang)
    with translation.override(lang):
        subject = _("Words of the week from %(day)s") % {"day": date_format(monday, "DATE_FORMAT")}
        blocks: list[Block] = [
            Heading(subject, level=1),
            Paragraph(_("When somebody shows a green picture on the telephone, the word of the day must stand there.")),
        ]
        for agreement in agreements:
            if len(agreements) > 1:
                blocks.append(Heading(str(best(agreement.programme, "name", order))))
            week = words_of_the_week(agreement, monday)
            blocks.append(Facts([(date_format(day, "l j. F"), word) for day, word in week]))
        address = address_of(municipality.site) + reverse("desk-till-words", args=[provider.slug])
        blocks += [
            Paragraph(_("Show the words to nobody but those at the counter.")),
            Button(_("Print as a sheet"), f"{address}?week={monday.isoformat()}"),
            Small(_("The counter of %(name)s asked for this. It is stopped on the same page.") % {"name": provider}),
        ]
        text, html = write_letter(blocks, lang, sender=municipality.name)
    send_letter(subject=subject, body=text, html=html, to=[to], lang=lang)


@transaction.atomic
def choose_address(*, agreements: Sequence[ProviderAgreement], address: str, by: Any) -> None:
    """Where the words go every week; nowhere where it is empty."""
    rows = ProviderAgreement.objects.filter(pk__in=[agreement.pk for agreement in agreements])
    if rows.exclude(words_to=address).update(words_to=address):
        log(agreements[0].provider, "till.words", user=by)


def send_words(at: datetime) -> int:
    """From Friday on, next week's words to those who asked; each week once. How many letters."""
    today = day_of(at)
    if today.weekday() < FRIDAY:
        return 0
    friday, monday = today - timedelta(days=today.weekday() - FRIDAY), today + timedelta(days=7 - today.weekday())
    due = (
        ProviderAgreement.objects.filter(state=AgreementState.AGREED)
        .filter(valid_from__lte=monday + timedelta(days=6), valid_to__gte=monday)
        .exclude(words_to="")
        .filter(Q(words_sent_on=None) | Q(words_sent_on__lt=friday))
        .select_related("programme", "provider__municipality__site")
        .order_by("provider", "pk")
    )
    letters: dict[tuple[int, str], list[ProviderAgreement]] = {}
    for agreement in due:
        letters.setdefault((agreement.provider_id, agreement.words_to), []).append(agreement)
    return sum(_send_once(agreements, monday, today, friday) for agreements in letters.values())


@transaction.atomic
def _send_once(agreements: list[ProviderAgreement], monday: date, today: date, friday: date) -> bool:
    """Of two workers one sends."""
    rows = ProviderAgreement.objects.filter(pk__in=[agreement.pk for agreement in agreements])
    if not rows.filter(Q(words_sent_on=None) | Q(words_sent_on__lt=friday)).update(words_sent_on=today):
        return False
    first = agreements[0]
    send_week(agreements, monday, to=first.words_to, lang=first.provider.municipality.languages[0])
    return True
