"""What a counter has on paper: the guide for new people, a card to practise with, the words of the week, a course's list."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cards.ledger.codes import in_groups
from cards.offers.conditions import day_of
from cards.offers.tills import PRACTICE_CODE, agreements_of
from cards.offers.words import words_of_the_week
from directory.providers.models import Provider
from portal.desk.doors import desk_page, person
from portal.kit.texts import best
from portal.languages import COMPLETE, NAMES
from portal.till import mailing
from portal.till.forms import WordsForm
from portal.till.loading import get_provider_with_tills
from portal.till.pictures import qr
from portal.till.queries import attendance, courses_of
from portal.till.tills import context_of

WEEKS_AHEAD = 8  # of words that are shown: a sheet that lies about for a year is no secret any more
FIRST_GUIDE = "nb"


def guide_languages(provider: Provider) -> list[str]:
    """Norwegian, then what the provider says is spoken there, then what else the municipality offers."""
    offered = [code for code in provider.municipality.languages if code in COMPLETE]
    spoken = [code for code in provider.spoken if code in offered]
    return [code for code in dict.fromkeys([*spoken, *offered]) if code != FIRST_GUIDE]


@desk_page
@require_GET
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """One page for who stands at the counter for the first time: in Norwegian, and beside it in one more language."""
    provider = get_provider_with_tills(request, slug)
    others = guide_languages(provider)
    asked = request.GET.get("and", "")
    spoken = [code for code in others if code in provider.spoken]
    beside = asked if asked in others else "" if asked == "none" else next(iter(spoken), "")
    address = request.build_absolute_uri(reverse("till"))
    context = context_of(request, provider) | {
        "guides": [FIRST_GUIDE, *([beside] if beside else [])],
        "others": [(code, NAMES[code]) for code in others],
        "beside": beside,
        "address": address,
        "picture": qr(address),
        "help": provider.municipality,
    }
    return render(request, "till/guide.html", context)


@desk_page
@require_GET
def practice(request: HttpRequest, slug: str) -> HttpResponse:
    """Cards to practise with: the till answers and writes nothing."""
    provider = get_provider_with_tills(request, slug)
    context = context_of(request, provider) | {
        "code": in_groups(PRACTICE_CODE),
        "picture": qr(request.build_absolute_uri(f"/k#{PRACTICE_CODE}")),
        "copies": range(4),
    }
    return render(request, "till/practice.html", context)


def week_asked(request: HttpRequest, today: date) -> date:
    """The Monday of the week that was asked for, from this week to some ahead."""
    this = today - timedelta(days=today.weekday())
    try:
        found = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        return this
    monday = found - timedelta(days=found.weekday()) if found.year < date.max.year else this
    return monday if this <= monday <= this + timedelta(weeks=WEEKS_AHEAD) else this


@desk_page
@require_http_methods(["GET", "POST"])
def words(request: HttpRequest, slug: str) -> HttpResponse:
    """The words of a week on a sheet, by mail once, or every week to the counter's own address."""
    provider = get_provider_with_tills(request, slug)
    today = day_of(timezone.now())
    monday = week_asked(request, today)
    agreements = list(agreements_of(provider, today))
    form = WordsForm(request.POST or None, initial={"address": next((a.words_to for a in agreements if a.words_to), "")})
    if request.method == "POST" and agreements:
        if request.POST.get("deed") == "mail":
            mailing.send_week(agreements, monday, to=person(request).email, lang=request.LANGUAGE_CODE)  # type: ignore[attr-defined]
            messages.success(request, _("The words are on their way to %(address)s.") % {"address": person(request).email})
            return redirect(f"{reverse('desk-till-words', args=[slug])}?week={monday.isoformat()}")
        if form.is_valid():
            mailing.choose_address(agreements=agreements, address=form.cleaned_data["address"], by=person(request))
            messages.success(request, _("Kept."))
            return redirect("desk-till-words", slug)
    order = provider.municipality.order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    sheets = [(best(agreement.programme, "name", order), words_of_the_week(agreement, monday)) for agreement in agreements]
    this = today - timedelta(days=today.weekday())
    before, after = monday - timedelta(weeks=1), monday + timedelta(weeks=1)
    context = context_of(request, provider) | {
        "form": form,
        "monday": monday,
        "today": today,
        "sheets": sheets,
        "days": [[day, *(row[n][1] for _name, row in sheets)] for n, (day, _word) in enumerate(sheets[0][1])] if sheets else [],
        "before": before if before >= this else None,
        "after": after if after <= this + timedelta(weeks=WEEKS_AHEAD) else None,
    }
    return render(request, "till/words.html", context, status=422 if form.errors else 200)


# ── attendance ──────────────────────────────────────────────────────────────────────────────────────────────


@desk_page
@require_GET
def courses(request: HttpRequest, slug: str) -> HttpResponse:
    """The courses that have a list."""
    provider = get_provider_with_tills(request, slug)
    order = provider.municipality.order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    rows = [(offer, offer.text("title", order)) for offer in courses_of(provider)]
    return render(request, "till/courses.html", context_of(request, provider) | {"courses": rows})


def month_asked(request: HttpRequest, today: date) -> date:
    try:
        return date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return today.replace(day=1)


@desk_page
@require_GET
def attendance_list(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A month of one course: dates and numbered places, and how many came. No names."""
    provider = get_provider_with_tills(request, slug)
    offer = next((offer for offer in courses_of(provider) if offer.pk == pk), None)
    if offer is None:
        raise Http404
    month = month_asked(request, day_of(timezone.now()))
    first, last = offer.valid_from.replace(day=1), offer.valid_to.replace(day=1)
    month = min(max(month, first), last)
    before = (month - timedelta(days=1)).replace(day=1)
    after = (month + timedelta(days=31)).replace(day=1)
    context: dict[str, Any] = context_of(request, provider) | {
        "offer": offer,
        "title": offer.text("title", provider.municipality.order_for(request.LANGUAGE_CODE)),  # type: ignore[attr-defined]
        "list": attendance(offer, month),
        "month": month,
        "before": before if before >= first else None,
        "after": after if after <= last else None,
    }
    return render(request, "till/attendance.html", context)
