"""Deeds of a provider: ask for an agreement and answer about its end; send, take back, publish, close, copy, release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cards.offers import offering
from cards.offers.conditions import day_of
from cards.offers.models import ProviderAgreement
from cards.offers.queries import agreements_of, programmes_of
from cards.offers.states import AgreementState, OfferState, Renewal
from cards.offers.tending import a_year_on
from cards.programmes.models import Programme
from cards.programmes.states import YearState
from portal.desk.doors import desk_page, get_provider_for
from portal.desk.offers.forms import AgreementForm, CopyForm, ReasonForm, ReleaseForm
from portal.desk.offers.loading import get_agreement, get_offer
from portal.desk.offers.views import about, about_offer
from portal.kit.refusals import Refused

# ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────


@desk_page
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, slug: str, card: str) -> HttpResponse:
    """Ask the municipality whether one may take a card."""
    provider = get_provider_for(request, slug)
    programme = programmes_of(provider.municipality).filter(slug=card).first()
    if programme is None:
        raise Http404
    today = day_of(timezone.now())
    first, last = period_for(programme, today)
    form = AgreementForm(
        request.POST or None, today=today, initial={"valid_from": first, "valid_to": last, "renewal": Renewal.ASK}
    )
    if request.method == "POST" and form.is_valid():
        try:
            offering.propose_agreement(
                programme=programme,
                municipality=provider.municipality,
                provider=provider,
                by=request.user,
                at=timezone.now(),
                **form.cleaned_data,
            )
            messages.success(request, _("The municipality has got your question. You can write your offers meanwhile."))
            return redirect("desk-offers", slug)
        except Refused as refused:
            form.add_error(None, str(refused))
    order = provider.municipality.order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    context = about(provider, request.LANGUAGE_CODE) | {  # type: ignore[attr-defined]
        "form": form,
        "card": programme.text("name", order),
        "intro": programme.text("intro", order),
    }
    return render(request, "desk/offers/propose.html", context, status=422 if form.errors else 200)


def period_for(programme: Programme, today: Any) -> tuple[Any, Any]:
    """From now to the end of the card's year; a year where there is none."""
    year = programme.years.filter(state=YearState.OPEN, closes__gte=today).order_by("closes").first()
    return (max(today, year.opens), year.closes) if year else (today, a_year_on(today))


@desk_page
@require_POST
def renewal(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say whether one would like to go on."""
    agreement = get_agreement(request, slug, pk)
    until = a_year_on(agreement.valid_to) if request.POST.get("answer") == "yes" else None
    try:
        offering.wish_renewal(agreement=agreement, until=until, by=request.user, at=timezone.now())
        messages.success(request, _("Thank you. The municipality has got your answer."))
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect("desk-offers", slug)


@desk_page
@require_POST
def take_back_agreement(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take back what one has only proposed."""
    agreement = get_agreement(request, slug, pk)
    try:
        if agreement.state != AgreementState.PROPOSED:
            raise Refused(offering.Why.NOT_NOW)
        offering.end_agreement(agreement=agreement, by=request.user, at=timezone.now())
        messages.success(request, _("Taken back."))
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect("desk-offers", slug)


# ── offers ──────────────────────────────────────────────────────────────────────────────────────────────────

#: The word in the address → the deed, and what is said when it is done.
DEEDS: dict[str, tuple[Callable[..., Any], Promise]] = {
    "send": (offering.send_offer, gettext_lazy("Sent. The municipality looks at it, and you get an answer by mail.")),
    "change": (offering.take_back, gettext_lazy("You can change it now. Nobody else sees it until you send it.")),
    "publish": (offering.publish, gettext_lazy("Published. Cards can be used for it within its days.")),
    "unpublish": (offering.unpublish, gettext_lazy("Taken down. Publish it again whenever you like.")),
    "reopen": (offering.reopen, gettext_lazy("Open again. Look it over, and send it.")),
}


@desk_page
@require_POST
def deed(request: HttpRequest, slug: str, pk: int, word: str) -> HttpResponse:
    """One press."""
    row = get_offer(request, slug, pk)
    if word not in DEEDS:
        raise Http404
    act, said = DEEDS[word]
    try:
        done = act(offer=row, by=request.user, at=timezone.now())
        if word == "send" and done.state == OfferState.APPROVED:
            messages.success(request, _("Nothing differs from what was approved. Publish it when you like."))
        else:
            messages.success(request, str(said))
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect("desk-offer", slug, pk)


@desk_page
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Withdraw an offer for good."""
    row = get_offer(request, slug, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"].replace("\x00", "")
        try:
            offering.close(offer=row, by=request.user, at=timezone.now(), reason=reason)
            messages.success(request, _("Closed. No card can be used for it any more."))
        except Refused as refused:
            messages.warning(request, str(refused))
        return redirect("desk-offer", slug, pk)
    return render(
        request, "desk/offers/close.html", about_offer(request, row) | {"form": form}, status=422 if form.errors else 200
    )


@desk_page
@require_POST
def release(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let more out, or hold back what is not used yet."""
    row = get_offer(request, slug, pk)
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Write a whole number."))
        return redirect("desk-offer", slug, pk)
    try:
        offering.release(offer=row, released=form.cleaned_data["released"], by=request.user, at=timezone.now())
        messages.success(request, _("Kept."))
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect("desk-offer", slug, pk)


@desk_page
@require_http_methods(["GET", "POST"])
def copy(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The same offer in a new season."""
    row = get_offer(request, slug, pk)
    today = day_of(timezone.now())
    agreement = agreement_for(row.agreement, today)
    initial: dict[str, Any] = {"key": uuid4()}
    if agreement is not None:
        later = a_year_on(row.valid_from)
        initial |= {
            "valid_from": later if today < later <= agreement.valid_to else max(today, agreement.valid_from),
            "valid_to": min(max(a_year_on(row.valid_to), today), agreement.valid_to),
        }
    form = CopyForm(request.POST or None, today=today, initial=initial)
    if request.method == "POST" and form.is_valid() and agreement is not None:
        try:
            made = offering.copy_offer(offer=row, agreement=agreement, by=request.user, at=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Copied. Look it over, and send it when it is right."))
            return redirect("desk-offer", slug, made.pk)
        except Refused as refused:
            form.add_error(None, str(refused))
    context = about_offer(request, row) | {"form": form, "agreement": agreement}
    return render(request, "desk/offers/copy.html", context, status=422 if form.errors else 200)


def agreement_for(agreement: ProviderAgreement, today: Any) -> ProviderAgreement | None:
    """The agreement under which an offer can be made anew: its own, or the one that came after it for the same card."""
    rows = [row for row in agreements_of(agreement.provider) if row.programme_id == agreement.programme_id]
    found = next((row for row in rows if row.state != AgreementState.ENDED and row.valid_to >= today), None)
    if found is not None:
        found.provider = agreement.provider
    return found
