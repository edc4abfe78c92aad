"""The counter without script: a plain form for somebody who has signed in and keeps the till.

Typed codes, and ten minutes to take a use back.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cards.ledger.codes import code_in
from cards.offers import ready_made
from cards.offers.actions import count_refusal, redeem, undo
from cards.offers.finding import COUNTED, find_card
from cards.offers.models import Offer, Redemption
from cards.offers.rules import WhyNot, why_not_undo
from cards.offers.tills import is_practice
from directory.providers.models import Provider
from portal.accounts.limits import HOUR, Limit, give_back, take_place
from portal.desk.doors import desk_page
from portal.kit.refusals import Refused, refuse_if
from portal.kit.texts import Text
from portal.till.forms import CounterForm
from portal.till.guessing import WhyNotTry
from portal.till.loading import get_provider_with_tills
from portal.till.queries import LastUse, last_uses, offers_at, running_out, uses_at_counter
from portal.till.tills import context_of
from portal.till.words import let_in_now, let_in_words

WRONG_CODES = Limit("counter", 10, HOUR)  # codes that no card has, by one person


def order_of(request: HttpRequest, provider: Provider) -> list[str]:
    return provider.municipality.order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]


def titled(request: HttpRequest, provider: Provider, offers: list[Offer]) -> list[tuple[Offer, Text]]:
    order = order_of(request, provider)
    return [(offer, offer.text("title", order)) for offer in offers]


def uses_of(request: HttpRequest, provider: Provider) -> list[LastUse]:
    return last_uses(uses_at_counter(provider), timezone.now(), order_of(request, provider))


@desk_page
@require_http_methods(["GET", "POST"])
def counter(request: HttpRequest, slug: str) -> HttpResponse:
    """One card: let in, or not with the reason."""
    provider = get_provider_with_tills(request, slug)
    at = timezone.now()
    offers = offers_at(provider, at)
    choices = titled(request, provider, offers)
    form = CounterForm(request.POST or None, offers=choices, asks_amount="amount" in request.POST)
    context: dict[str, Any] = context_of(request, provider) | {"offers": offers, "scarce": running_out(offers, at)}
    if request.method == "POST" and form.is_valid():
        if is_practice(code_in(form.cleaned_data["code"])):
            context |= {"practice": True, "what": let_in(request, provider, form.chosen)}
        else:
            try:
                return use(request, provider, form)
            except Refused as no:
                context["asked" if asks_amount(no, form) else "refused"] = no
        context["chosen"] = form.chosen
    elif request.method == "GET":
        context |= done(request, provider)
    status = 409 if "refused" in context else 422 if form.errors else 200
    # A new form has a key of its own; what was chosen stays.
    kept = {"offer": context["chosen"].pk} if "chosen" in context else {}
    if "refused" in context or "asked" in context:
        kept |= {"code": form.cleaned_data["code"], "people": form.number}
    again = CounterForm(offers=choices, initial=kept, asks_amount="asked" in context) if kept else form
    context |= {"form": again, "uses": uses_of(request, provider)}
    return render(request, "till/counter.html", context, status=status)


def asks_amount(no: Refused, form: CounterForm) -> bool:
    """Whether all that is missing is how much of the card's amount it costs."""
    return no.reason == WhyNot.NOTHING_ASKED and "amount" not in form.fields


def use(request: HttpRequest, provider: Provider, form: CounterForm) -> HttpResponseRedirect:
    """Use the card; raises `Refused`."""
    at, offer = timezone.now(), form.chosen
    place = take_place(WRONG_CODES, request.user.pk, at)
    refuse_if(None if place else WhyNotTry.MANY)
    try:
        found = find_card(form.cleaned_data["code"], at=at, offer=offer)
    except Refused as no:
        if isinstance(no.reason, WhyNot):
            count_refusal(reason=no.reason, provider=provider, offer=offer, device=None, at=at)
        if no.reason != WhyNot.UNKNOWN:
            give_back(place, at)
        raise
    give_back(place, at)
    made = redeem(
        key=f"counter-{form.deed}",
        card=found.card,
        offer=offer,
        way=found.way,
        at=at,
        people=form.number,
        step=found.step,
        amount_ore=form.cleaned_data.get("amount"),
    )
    return redirect(f"{reverse('desk-counter', args=[provider.slug])}?did={made.mark}")  # type: ignore[return-value]


def done(request: HttpRequest, provider: Provider) -> dict[str, Any]:
    """What was done a moment ago, so that it can be read and taken back."""
    mark = request.GET.get("did", "")[:22]
    use = next((use for use in uses_of(request, provider) if use.mark == mark), None)
    if use is None or use.undone:
        return {}
    row = uses_at_counter(provider).select_related("offer__agreement").get(mark=mark)
    codes = ready_made.codes_of(row) if row.offer.deals_codes else ()
    return {
        "did": use,
        "what": let_in_now(row, row.offer, order_of(request, provider)),
        "left": row.answer.get("left"),
        "codes": codes,
        "row": row,
        "chosen": row.offer,
    }


def let_in(request: HttpRequest, provider: Provider, offer: Offer) -> Text | str:
    """What the counter is told."""
    return let_in_words(offer, order_of(request, provider))


@desk_page
@require_POST
def take_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a use back within the minutes a till has."""
    provider = get_provider_with_tills(request, slug)
    mark = request.POST.get("mark", "")[:22]
    use: Redemption | None = uses_at_counter(provider).select_related("settlement").filter(mark=mark).first()
    if use is None:
        raise Http404
    at = timezone.now()
    try:
        refuse_if(
            why_not_undo(
                is_undone=Redemption.objects.filter(reversal_of=use).exists(),
                is_counted=use.reversal_of_id is None and use.state in COUNTED,
                used_at=use.at,
                closed=False,
                by_till=True,
                at=at,
            )
        )
        undo(key=f"counter-undo-{use.mark}", redemption=use, by_user=request.user, at=at)
        messages.success(request, _("Taken back. The card has its clips again."))
    except Refused as no:
        messages.warning(request, str(no))
    return redirect("desk-counter", slug)
