"""`/shortlist/hand-over/`: telling a club that somebody is coming, and `/shortlist/how-it-went/`: being asked afterwards.

fill in ─┬─ "show a code" ──▶ the guardian's own phone opens the same page, filled in ─┐
         └─ "I am the guardian" ────────────────────────────────────────────────────────┴─▶ read it, press send
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from directory.listings.kinds import Kind
from directory.listings.loading import gone, municipality_of
from directory.listings.pages import reader_lang
from portal.contact.actions import is_reachable
from portal.frontline.actions import (
    FIRST_ANSWERS,
    IN_LINE,
    SECOND_ANSWERS,
    answer_nudge,
    club_reads,
    line_for,
    listing_of,
    new_draft,
    open_nudge,
    send_hand_over,
    why_not_draft,
)
from portal.frontline.carrying import carrying, list_of
from portal.frontline.emails import read_token
from portal.frontline.forms import HandOverForm
from portal.frontline.models import Outcome
from portal.frontline.queries import item_of, listings_of
from portal.frontline.rules import Why
from portal.frontline.shortlists import Ref, ref_of
from portal.frontline.views import family_lang, picture_of
from portal.kit.refusals import Refused
from portal.kit.texts import Text
from portal.languages import interface_of

STEPS = ("code", "look", "send")
#: What people press, for an answer that is counted.
REASONS = {
    Outcome.NOT_YET: _("Not yet, but we will"),
    Outcome.NOT_PRICE: _("It costs too much"),
    Outcome.NOT_FULL: _("There was no room"),
    Outcome.NOT_TIME: _("The time does not suit us"),
    Outcome.NOT_FAR: _("It is hard to get there"),
    Outcome.NOT_ANSWER: _("Nobody answered us"),
    Outcome.NOT_OTHER: _("Something else"),
    Outcome.STOPPED_PRICE: _("It costs too much"),
    Outcome.STOPPED_TIME: _("The time does not suit us"),
    Outcome.STOPPED_FAR: _("It is hard to get there"),
    Outcome.STOPPED_WELCOME: _("We did not feel welcome"),
    Outcome.STOPPED_LIKE: _("It was not for us"),
    Outcome.STOPPED_OTHER: _("Something else"),
}
#: Fields that stand on the last page only.
ABOUT_REMINDERS = {"nudge", "nudge_email", "first_visit"}


def listing_asked(request: HttpRequest) -> tuple[Ref, Any]:
    """The thing the address names; 404 where there is none that one can come to."""
    ref = ref_of(request.GET.get("to", ""))
    listing = listings_of([ref], municipality_of(request)).get(ref) if ref else None
    if ref is None or listing is None or ref.kind == Kind.SUPPORT:
        raise Http404("Nothing here that one could come to.")
    return ref, listing


@never_cache
@csrf_exempt  # no cookie here: the signed draft and the Origin check do its work
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest) -> HttpResponse:
    """Fill in, show as a code or read once more, send. Nothing is kept before the guardian has pressed send."""
    ref, listing = listing_asked(request)
    municipality = listing.municipality
    if not listing.is_public:
        return gone(request, listing)
    step = request.POST.get("step", "") if request.method == "POST" else ""
    family = family_lang(request)  # whoever makes the list may read another language than the family
    form = HandOverForm(request.POST or None, languages=municipality.languages, lang=family)
    here = f"{reverse('hand-over')}?to={ref}{f'&for={family}' if family != reader_lang() else ''}"
    context: dict[str, Any] = {
        "ref": ref,
        "item": item_of(ref, listing, is_reachable(listing)),
        "form": form,
        "sent": request.method == "GET" and request.GET.get("sent") == "1",
        "back_href": list_of(request).in_address(reverse("shortlist")) if list_of(request) else listing.get_absolute_url(),
        "here": carrying(here, request) if list_of(request) else here,
        "canonical_params": [],
    }
    if not context["item"].is_reachable and not context["sent"]:
        return shown(request, "frontline/hand_over.html", context | {"nobody": Why.NOBODY.label}, 404)
    complete = step in STEPS and form.is_valid()
    if step not in STEPS or set(form.errors) - ABOUT_REMINDERS:
        if step not in STEPS:
            form.errors.clear()  # somebody comes back to change something
        return shown(request, "frontline/hand_over.html", context, 422 if step in STEPS else 200)
    said = form.cleaned_data
    token = said["token"]
    why = why_not_draft(ref, token)
    if step == "code" or why:
        context["refusal"] = why.label if why and token and step != "code" else ""
        token = new_draft(ref)
    if step == "send" and complete and not why:
        try:
            if not said["more"]:
                send_hand_over(
                    ref=ref, listing=listing, said=said, token=token, lang=reader_lang(), request=request, at=timezone.now()
                )
            return HttpResponseRedirect(f"{context['here']}&sent=1")
        except Refused as refused:
            context["refusal"] = str(refused)
    club, own = club_reads(listing), interface_of(reader_lang())
    parts = {name: said[name] for name in IN_LINE}
    context |= {
        "token": token,
        "line": Text(line_for(listing, club, **parts), club),
        "meaning": Text(line_for(listing, own, **parts), own) if own != club else None,
        "answer_to": said["reach"],
    }
    if step == "code":
        with override(family if family != reader_lang() else said["answer_in"]):
            there = request.build_absolute_uri(f"{reverse('hand-over')}?to={ref}")
        address = f"{there}#{form.draft(token)}"
        return shown(request, "frontline/hand_over_code.html", context | {"address": address, "qr": picture_of(address)}, 200)
    return shown(request, "frontline/hand_over_look.html", context, 200 if complete and not context.get("refusal") else 422)


def shown(request: HttpRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@csrf_exempt  # the signed link is the right to answer; there is no session
@require_http_methods(["GET", "HEAD", "POST"])
def how_it_went(request: HttpRequest, token: str) -> HttpResponse:
    """One question, answered by one press. Opening the link answers nothing: mail programs open links too."""
    municipality = municipality_of(request)
    read = read_token(token)
    nudge = open_nudge(pk=read[0], step=read[1], municipality=municipality) if read else None
    context: dict[str, Any] = {"canonical_params": [], "thanks": request.GET.get("thanks") == "1"}
    if request.method == "POST":
        if read is None:
            return shown(request, "frontline/how_it_went.html", context, 410)
        answers = FIRST_ANSWERS if read[1] == 1 else SECOND_ANSWERS
        answer = request.POST.get("answer", "")
        if answer == "stop" or answer in answers:
            try:
                said = "" if answer == "stop" else answer
                answer_nudge(pk=read[0], step=read[1], answer=said, municipality=municipality, at=timezone.now())
            except Refused:
                return shown(request, "frontline/how_it_went.html", context, 410)
            return HttpResponseRedirect(f"{request.path}?thanks=1")
    if nudge is None or read is None:
        return shown(request, "frontline/how_it_went.html", context, 200 if context["thanks"] else 410)
    nudge.municipality = municipality
    listing = listing_of(nudge)
    good, *reasons = FIRST_ANSWERS if read[1] == 1 else SECOND_ANSWERS
    context |= {
        "step": read[1],
        "is_open": True,
        "thing": listing.text("name", reader_lang()) if listing else None,
        "good": good,
        "reasons": [(reason, REASONS[reason]) for reason in reasons],
    }
    return shown(request, "frontline/how_it_went.html", context, 200)
