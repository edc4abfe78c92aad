"""A card by the number on its stub: stop, replace, pause, give something extra. The number comes in the body of the form."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cards.ledger.codes import in_groups
from cards.programmes import actions, rules, sheets
from cards.programmes.extras import extras_for
from cards.programmes.models import Card
from cards.programmes.printing import Layout
from cards.programmes.rules import WhyNotHand
from cards.programmes.states import CardState
from directory.agencies.models import Agency
from portal.desk.doors import desk_page, person
from portal.handing.forms import ExtraForm, SecretForm, StopForm
from portal.handing.loading import agency_for, card_for, name_of
from portal.handing.views import private, show_sheet
from portal.kit.refusals import Refused

STOP, REPLACE, PAUSE, RESUME, EXTRA = "stop", "replace", "pause", "resume", "extra"


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """Look a card up, or do something with it. Nothing here tells what it was used for."""
    row, at = agency_for(request, pk), timezone.now()
    if request.method != "POST":
        return HttpResponseRedirect(reverse("desk-cards-agency", args=[row.pk]))
    number, deed = request.POST.get("number", ""), request.POST.get("deed", "")
    context: dict[str, Any] = {"agency": row, "name": name_of(row), "typed": number[:20]}
    try:
        found = card_for(row, number)
    except Refused as refused:
        return private(render(request, "handing/no_card.html", context | {"refusal": str(refused)}, status=404))
    order = row.municipality.order_for(get_language() or "nb")
    extras = extras_for(found.batch.card_type, timezone.localdate(at), order)
    forms = {
        "stop_form": StopForm(request.POST if deed == STOP else None),
        "replace_form": SecretForm(request.POST if deed == REPLACE else None),
        "extra_form": ExtraForm(request.POST if deed == EXTRA else None, extras=extras, initial={"key": uuid.uuid4}),
    }
    said, refusal = "", ""
    form: Any = {STOP: forms["stop_form"], REPLACE: forms["replace_form"], EXTRA: forms["extra_form"]}.get(deed)
    try:
        if deed == REPLACE and form.is_valid():
            return _replaced(request, row, found, form.cleaned_data["secret"], at)
        if form is None or form.is_valid():
            said = _done(request, deed, found, form, at)
    except Refused as refused:
        refusal = str(refused)
    if said and deed == EXTRA:
        forms["extra_form"] = ExtraForm(extras=extras, initial={"key": uuid.uuid4})
    found.refresh_from_db()
    is_over = rules.is_over(found, timezone.localdate(at))
    context |= forms | {
        "card": found,
        "number": in_groups(found.public_id),
        "state": state_of(found, is_over),
        "is_over": is_over,
        "can_pause": not is_over and found.state == CardState.ACTIVE,
        "can_resume": not is_over and found.state == CardState.SUSPENDED,
        "has_extras": bool(extras),
        "said": said,
        "refusal": refusal,
    }
    wrong = refusal or (form is not None and form.errors)
    return private(render(request, "handing/card.html", context, status=422 if wrong else 200))


def _done(request: HttpRequest, deed: str, found: Card, form: Any, at: datetime) -> str:
    """Do what was asked of the card; what to say about it."""
    by = person(request)
    if deed == STOP:
        actions.revoke(card=found, by=by, at=at, reason=form.cleaned_data["reason"])
        return _("The card is stopped. It cannot be used any more.")
    if deed == PAUSE:
        actions.suspend(card=found, by=by, at=at)
        return _("The card is paused. Nothing can be used until you take it up again.")
    if deed == RESUME:
        actions.resume(card=found, by=by, at=at)
        return _("The card can be used again.")
    if deed == EXTRA:
        said = form.cleaned_data
        actions.add_extra(card=found, **said["facts"], quantity=said["quantity"], by=by, at=at, key=said["key"])
        return _("It is on the card now.")
    return ""


def _replaced(request: HttpRequest, row: Agency, found: Card, secret: str, at: datetime) -> HttpResponse:
    """The new card, on the page that shows it."""
    issued = actions.reissue(card=found, by=person(request), at=at, key=sheets.deed_of(secret), secret=secret)
    batch = issued.batch
    batch.municipality = row.municipality
    return show_sheet(request, row, batch, secret, languages=[batch.lang] if batch.lang else [], layout=Layout.ONE)


def state_of(found: Card, is_over: WhyNotHand | None) -> str:
    """Where a card stands, in words. Not when, nor where it was used."""
    if is_over is not None and is_over != WhyNotHand.STOPPED:
        return str(is_over.label)
    return str(CardState(found.state).label)
