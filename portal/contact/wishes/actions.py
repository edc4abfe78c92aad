"""Taking a wish in, deciding about its words, and forgetting them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from wagtail.log_actions import log

from directory.listings.models import Category
from directory.municipalities.models import District, Municipality
from directory.reports.models import FormUse
from directory.reports.tokens import REMEMBERED, use_up
from portal.contact.wishes.models import KEPT, Wish, WordsState
from portal.contact.wishes.rules import MOST_AN_HOUR, MOST_OF_TOWN, WishRefusal, why_not_words
from portal.kit.refusals import refuse_if

DECIDE = "wish.decide"


@transaction.atomic
def make_wish(
    *,
    municipality: Municipality,
    category: Category | None,
    text: str,
    lang: str,
    age_band: str,
    district: District | None,
    request: HttpRequest,
    token: str,
    at: datetime,
) -> Wish:
    """Count a wish, once per token. The hour is not kept."""
    refuse_if(why_not_words(text))
    refuse_if(use_up(request, token, at, of="wish", most=MOST_AN_HOUR))
    town = f"used:wish:{municipality.pk}:"  # forgotten with the tokens
    sent = FormUse.objects.filter(key__startswith=town, at__gt=at - REMEMBERED).count()
    refuse_if(WishRefusal.FULL if sent >= MOST_OF_TOWN else None)
    FormUse.objects.create(key=f"{town}{token[-40:]}", at=at)
    return Wish.objects.create(
        municipality=municipality,
        category=category,
        text=text,
        lang=lang,
        age_band=age_band,
        district=district,
        day=timezone.localdate(at),
        words=WordsState.WAITING if text else WordsState.NONE,
    )


@transaction.atomic
def decide_words(*, wish: Wish, shown: bool, by: Any, at: datetime) -> bool:
    """Whether everybody may read the words. The same once more changes nothing."""
    state = WordsState.SHOWN if shown else WordsState.HIDDEN
    rows = Wish.objects.filter(pk=wish.pk).exclude(words__in=(state, WordsState.NONE))
    done = rows.update(words=state, decided_by=by, decided_at=at)
    if done:
        wish.refresh_from_db()
        log(wish, DECIDE, user=by, data={"shown": shown})
    return bool(done)


def forget_words(at: datetime) -> int:
    """By the clock: words are kept for a year; what was wished for, where and at what age is counted on."""
    old = Wish.objects.filter(day__lt=timezone.localdate(at - KEPT)).exclude(text="")
    return old.update(text="", words=WordsState.NONE)
