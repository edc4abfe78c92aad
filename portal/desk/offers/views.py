"""`/desk/p/<provider>/offers/`: the agreements and offers of one provider, and each offer written step by step.

Each step is kept as one goes. What the municipality has approved is not changed by a step: one takes it out of use first, by a
press that says so. A trusted provider may mend the words of what is in use.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cards.offers import offering
from cards.offers.changes import changed
from cards.offers.conditions import day_of
from cards.offers.models import Ceiling, Offer, ProviderAgreement
from cards.offers.queries import agreements_of, conditions_in_words, left_of, lines_of, programmes_of, used_of
from cards.offers.states import AgreementState, OfferState, Renewal
from cards.offers.tending import ASK_BEFORE, a_year_on
from portal.desk.doors import desk_page, get_provider_for
from portal.desk.offers.forms import LanguageForm, NewOfferForm, ReleaseForm
from portal.desk.offers.loading import get_offer
from portal.desk.offers.menu import rooms
from portal.desk.offers.steps import LANGUAGES, form_of, neighbours, step_named, steps_for, written_in
from portal.kit.refusals import Refused
from portal.kit.texts import best
from portal.languages import NAMES


def about(provider: Any, lang: str) -> dict[str, Any]:
    """What every screen here shows of the provider."""
    return {"provider": provider, "provider_name": best(provider, "name", provider.municipality.order_for(lang))}


def about_offer(request: HttpRequest, offer: Offer) -> dict[str, Any]:
    provider = offer.agreement.provider
    order = provider.municipality.order_for(provider.municipality.languages[0])
    return about(provider, request.LANGUAGE_CODE) | {"offer": offer, "title": offer.text("title", order)}  # type: ignore[attr-defined]


def is_trusted(offer: Offer) -> bool:
    """Whether the words of what is in use may be mended."""
    return offer.state in offering.IN_USE and offer.agreement.provider.publishes_at_once


# ── the overview ────────────────────────────────────────────────────────────────────────────────────────────


@desk_page
@require_GET
def offers(request: HttpRequest, slug: str) -> HttpResponse:
    """All agreements and offers of a provider."""
    provider, at = get_provider_for(request, slug), timezone.now()
    today = day_of(at)
    lang: str = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    order = provider.municipality.order_for(lang)
    agreements = agreements_of(provider)
    lines = lines_of(provider, today)
    spent = {row.agreement_id: row for row in Ceiling.objects.filter(agreement__in=agreements, month=today.replace(day=1))}
    open_ones = [row for row in agreements if row.state != AgreementState.ENDED]
    context = about(provider, lang) | {
        "groups": [
            {
                "agreement": row,
                "card": row.programme.text("name", order),
                "runs": row.runs_on(today),
                "over": row.valid_to < today,
                "ceiling": spent.get(row.pk),
                "ends_soon": ends_soon(row, today),
                "next_year": a_year_on(row.valid_to),
                "lines": [(line, line.offer.text("title", order)) for line in lines if line.offer.agreement_id == row.pk],
            }
            for row in agreements
        ],
        "can_offer": bool(open_ones),
        "proposable": [
            (programme, programme.text("name", order), programme.text("intro", order))
            for programme in programmes_of(provider.municipality)
            if programme.pk not in {row.programme_id for row in open_ones}
        ],
        "rooms": rooms(provider, at),
    }
    return render(request, "desk/offers/offers.html", context)


def ends_soon(agreement: ProviderAgreement, today: Any) -> bool:
    """Whether it is time to say if an agreement goes on, or to say otherwise than was said."""
    return agreement.state == AgreementState.AGREED and agreement.valid_to <= today + ASK_BEFORE and agreement.wished_to is None


def asks_renewal(agreement: ProviderAgreement, today: Any) -> bool:
    """Whether nobody has said yet if an agreement goes on that ends soon."""
    return ends_soon(agreement, today) and agreement.renewal == Renewal.ASK


@desk_page
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin an offer: what one gets. Everything else is asked afterwards."""
    provider = get_provider_for(request, slug)
    agreements = [row for row in agreements_of(provider) if row.state != AgreementState.ENDED]
    if not agreements:
        return redirect("desk-offers", slug)
    first = provider.municipality.languages[0]
    initial = {"key": uuid4(), "agreement": agreements[0].pk}
    form = NewOfferForm(request.POST or None, agreements=agreements, lang=first, initial=initial)
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            offer = offering.save_offer(
                agreement=next(row for row in agreements if row.pk == facts["agreement"]),
                values={f"title_{first}": facts["title"]},
                by=request.user,
                at=timezone.now(),
                key=facts["key"],
            )
            return redirect("desk-offer-step", slug, offer.pk, "what")
        except Refused as refused:
            form.add_error(None, str(refused))
    context = about(provider, request.LANGUAGE_CODE) | {"form": form, "several": len(agreements) > 1}  # type: ignore[attr-defined]
    return render(request, "desk/offers/new.html", context, status=422 if form.errors else 200)


@desk_page
@require_GET
def offer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One offer: where it stands, what was said of it, its steps, and what can be done with it."""
    row, at = get_offer(request, slug, pk), timezone.now()
    today = day_of(at)
    trusted = is_trusted(row)
    can_change = row.state == OfferState.DRAFT
    order = row.agreement.provider.municipality.order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    lacks = offering.why_not_send(row, today)
    context = about_offer(request, row) | {
        "state": OfferState(row.state),
        "over": row.valid_to < today,
        "agreed": row.agreement.state == AgreementState.AGREED,
        "can_change": can_change,
        "trusted": trusted,
        "steps": [(step, step.is_done(row)) for step in steps_for(row, words=trusted)] if can_change or trusted else [],
        "lacks": lacks if can_change else None,
        "nothing_new": can_change and row.approved_by_id and row.approved_values == offering.values_of(row),
        "changes": changed(row) if can_change and row.approved_values else [],
        "texts": {name: row.text(name, order) for name in ("note", "let_in")},
        "conditions": conditions_in_words(row),
        "left": left_of(row),
        "this_month": used_of(row, today.replace(day=1), today),
        "release_form": ReleaseForm(initial={"released": row.released}),
        "may_release": row.state in offering.IN_USE and row.quantity is not None,
        "card": row.agreement.programme.text("name", order),
    }
    return render(request, "desk/offers/offer.html", context)


# ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────


def wants_short_answer(request: HttpRequest) -> bool:
    """Whether the script asks, which keeps while somebody writes."""
    return request.headers.get("Accept") == "application/json"


def shut(request: HttpRequest, row: Offer, *, words: bool) -> HttpResponse | None:
    """Back to the overview where this may not be changed now: it says why."""
    if row.state == OfferState.DRAFT or (words and is_trusted(row)):
        return None
    reason = {
        OfferState.OFFERED: offering.Why.WAITING,
        OfferState.CLOSED: offering.Why.CLOSED,
    }.get(OfferState(row.state))
    said = str(reason.label) if reason else _("Cards are used for this. Press “Change it” first.")
    if wants_short_answer(request):
        return JsonResponse({"said": said}, status=409)
    messages.warning(request, said)
    return redirect("desk-offer", row.agreement.provider.slug, row.pk)


@desk_page
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, slug: str, pk: int, word: str) -> HttpResponse:
    """The question of one step."""
    row = get_offer(request, slug, pk)
    asked = step_named(row, word)
    if asked is None:
        raise Http404
    if closed := shut(request, row, words=asked.words):
        return closed
    steps = steps_for(row, words=is_trusted(row))
    place, before, after = neighbours(steps, asked)
    here = about_offer(request, row) | {"step": asked, "number": place + 1, "count": len(steps), "before": before}
    if asked is LANGUAGES:
        others = row.agreement.provider.municipality.languages[1:]
        lines = [(code, NAMES[code], *written_in(row, code)) for code in others]
        return render(request, "desk/offers/languages.html", here | {"lines": lines})
    today = day_of(timezone.now())
    mark = form_of(asked, offer=row, today=today).mark()
    form = form_of(asked, request.POST or None, offer=row, today=today)
    clash = request.method == "POST" and request.POST.get("seen", mark) != mark
    if request.method == "POST" and form.is_valid() and not clash:
        try:
            kept = offering.save_offer(
                agreement=row.agreement, offer=row, values=form.values(), by=request.user, at=timezone.now()
            )
            if wants_short_answer(request):
                kept.agreement.provider.municipality = row.agreement.provider.municipality
                return JsonResponse({"said": _("Kept."), "seen": form_of(asked, offer=kept, today=today).mark()})
            return HttpResponseRedirect(onward(request, row, after.slug if after else ""))
        except Refused as refused:
            form.add_error(None, str(refused))
    if request.method == "POST" and wants_short_answer(request):
        said = _("Somebody else has changed this meanwhile.") if clash else _("Not kept yet: look at the fields marked.")
        return JsonResponse({"said": said}, status=409 if clash else 422)
    context = here | {"form": form, "seen": mark, "clash": clash}
    return render(request, asked.template, context, status=422 if request.method == "POST" else 200)


def onward(request: HttpRequest, row: Offer, following: str) -> str:
    """Where the pressed button leads: the next step, or back to the overview."""
    slug = row.agreement.provider.slug
    if "later" in request.POST or not following:
        return reverse("desk-offer", args=[slug, row.pk])
    return reverse("desk-offer-step", args=[slug, row.pk, following])


@desk_page
@require_http_methods(["GET", "POST"])
def language(request: HttpRequest, slug: str, pk: int, code: str) -> HttpResponse:
    """All texts of an offer in one more language, each beside the original."""
    row = get_offer(request, slug, pk)
    if code not in row.agreement.provider.municipality.languages[1:]:
        raise Http404
    if closed := shut(request, row, words=True):
        return closed
    today = day_of(timezone.now())
    mark = LanguageForm(offer=row, today=today, code=code).mark()
    form = LanguageForm(request.POST or None, offer=row, today=today, code=code)
    clash = request.method == "POST" and request.POST.get("seen", mark) != mark
    if request.method == "POST" and form.is_valid() and not clash:
        try:
            kept = offering.save_offer(
                agreement=row.agreement, offer=row, values=form.values(), by=request.user, at=timezone.now()
            )
            if wants_short_answer(request):
                kept.agreement.provider.municipality = row.agreement.provider.municipality
                return JsonResponse({"said": _("Kept."), "seen": LanguageForm(offer=kept, today=today, code=code).mark()})
            return redirect("desk-offer-step", slug, pk, LANGUAGES.slug)
        except Refused as refused:
            form.add_error(None, str(refused))
    if request.method == "POST" and wants_short_answer(request):
        said = _("Somebody else has changed this meanwhile.") if clash else _("Not kept yet: look at the fields marked.")
        return JsonResponse({"said": said}, status=409 if clash else 422)
    here = about_offer(request, row) | {
        "step": LANGUAGES,
        "code": code,
        "form": form,
        "seen": mark,
        "clash": clash,
        "alone": True,
    }
    return render(request, "desk/offers/language.html", here, status=422 if request.method == "POST" else 200)
