"""`/desk/cards/`: an agency's cards, and handing one out in less than a minute."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods

from cards.ledger.codes import in_groups
from cards.offers.models import ProviderAgreement
from cards.programmes import actions, sheets
from cards.programmes.models import SHEET_LASTS, Batch, Card
from cards.programmes.printing import Layout, address_of, languages_for
from cards.programmes.queries import batches_of, kinds_of
from cards.programmes.states import Way
from directory.agencies.models import Agency
from directory.providers.models import Provider
from portal.desk.doors import desk_page, person
from portal.handing.figures import figures, kinds
from portal.handing.forms import HandOutForm, ManyForm, PrintForm, is_guarded
from portal.handing.loading import agencies_with_cards, agency_for, name_of
from portal.handing.texting import send_link
from portal.kit import addresses
from portal.kit.refusals import Refused
from portal.kit.texting import is_on
from portal.kit.texts import Text, best

MOST_BATCHES = 20  # in the list of what was printed


@desk_page
@require_GET
def cards(request: HttpRequest) -> HttpResponse:
    """The agencies one hands out cards for; where there is one, straight to it."""
    own = agencies_with_cards(request)
    if len(own) == 1:
        return HttpResponseRedirect(reverse("desk-cards-agency", args=[own[0].pk]))
    return render(
        request, "handing/cards.html", {"rows": [(agency, name_of(agency)) for agency in own]}, status=200 if own else 404
    )


@desk_page
@require_GET
def agency(request: HttpRequest, pk: int) -> HttpResponse:
    """What is left, what became of it, what was printed, and the way to a card by its stub."""
    row, at = agency_for(request, pk), timezone.now()
    own = kinds(row, at)
    context = {
        "agency": row,
        "name": name_of(row),
        "kinds": own,
        "can_hand_out": any(kind.why_not is None and kind.quota.left for kind in own),
        "figures": figures(row, at),
        "batches": list(batches_of(row).filter(way=Way.PRINT)[:MOST_BATCHES]),
    }
    return render(request, "handing/agency.html", context)


def keepers(row: Agency, at: datetime) -> list[tuple[Provider, Text]]:
    """The associations with an agreement here: they may keep a card for somebody."""
    order = row.municipality.order_for(get_language() or "nb")
    agreed = ProviderAgreement.objects.filter(municipality=row.municipality, state="agreed", valid_to__gte=timezone.localdate(at))
    rows = Provider.objects.filter(pk__in=agreed.values("provider")).order_by("name_nb", "pk")
    return [(provider, best(provider, "name", order)) for provider in rows]


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def hand_out(request: HttpRequest, pk: int) -> HttpResponse:
    """One card: which, how, done. What is answered to the press is the card itself: nothing of it stands in an address."""
    row, at = agency_for(request, pk), timezone.now()
    quotas = kinds_of(row, timezone.localdate(at))
    form = HandOutForm(
        request.POST or None,
        quotas=quotas if request.method == "GET" else _asked_for(row, request, at),
        languages=languages_for(row.municipality),
        providers=keepers(row, at),
        with_texts=is_on(),
    )
    context: dict[str, Any] = {"agency": row, "name": name_of(row), "form": form}
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            issued = actions.issue(
                card_type=form.quota.card_type,
                municipality=row.municipality,
                agency=row,
                count=1,
                way=said["way"],
                key=sheets.deed_of(said["secret"]),
                by=person(request),
                at=at,
                lang=next(iter(said["languages"]), ""),
                holder_provider=said["keeper"],
                national_ids=said["national_ids"],
                secret=said["secret"],
            )
            if said["to"] and not issued.replayed:
                link = address_of(host_of(row), issued.cards[0].code)
                send_link(number=said["to"], link=link, at=at)
            return show_sheet(
                request,
                row,
                issued.batch,
                said["secret"],
                languages=said["languages"],
                layout=Layout.ONE,
                sent=said["to"] is not None,
            )
        except Refused as refused:
            context["refusal"] = str(refused)
    status = 422 if form.errors or context.get("refusal") else 200
    return private(render(request, "handing/hand_out.html", context, status=status))


def _asked_for(row: Agency, request: HttpRequest, at: datetime) -> list[Any]:
    """What could be handed out when the form was made: the last card, pressed twice, is still in it."""
    day = timezone.localdate(at)
    asked = request.POST.get("card_type", "")
    open_now = kinds_of(row, day)
    return open_now + [k.quota for k in kinds(row, at) if str(k.quota.card_type_id) == asked and k.quota not in open_now]


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def many(request: HttpRequest, pk: int) -> HttpResponse:
    """A pile of cards, as sheets to print. Not where each card asks for a national number."""
    row, at = agency_for(request, pk), timezone.now()
    open_now = kinds_of(row, timezone.localdate(at)) if request.method == "GET" else _asked_for(row, request, at)
    quotas = [quota for quota in open_now if not is_guarded(quota)]
    form = ManyForm(request.POST or None, quotas=quotas, languages=languages_for(row.municipality))
    context: dict[str, Any] = {"agency": row, "name": name_of(row), "form": form}
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            issued = actions.issue(
                card_type=form.quota.card_type,
                municipality=row.municipality,
                agency=row,
                count=said["count"],
                way=Way.PRINT,
                key=sheets.deed_of(said["secret"]),
                by=person(request),
                at=at,
                lang=next(iter(said["languages"]), ""),
                purpose=said["purpose"],
                secret=said["secret"],
            )
            return show_sheet(request, row, issued.batch, said["secret"], languages=said["languages"], layout=said["layout"])
        except Refused as refused:
            context["refusal"] = str(refused)
    status = 422 if form.errors or context.get("refusal") else 200
    return private(render(request, "handing/many.html", context, status=status))


# ── what was just made ──────────────────────────────────────────────────────────────────────────────────────
def host_of(row: Agency) -> str:
    """Where the municipality's site is reached: the picture codes lead there."""
    return addresses.address_of(row.municipality.site)


def private(response: HttpResponse) -> HttpResponse:
    """A page with codes on it is kept nowhere. Its address tells nothing; a stricter policy for it than that of all pages would
    make browsers send its forms without their origin, and they would be refused."""
    response["Cache-Control"] = "no-store"
    return response


def show_sheet(
    request: HttpRequest,
    row: Agency,
    batch: Batch,
    secret: str,
    *,
    languages: list[str],
    layout: str,
    form: PrintForm | None = None,
    status: int = 200,
    sent: bool = False,
) -> HttpResponse:
    """The page on which codes are shown or printed, for a quarter of an hour, while the codes are kept.

    `sent`: this press, or the same before, has put a text message on its way; what replaces such a card is shown instead.
    """
    slips = sheets.open_sheet(batch=batch, secret=secret, by=person(request), at=timezone.now())
    context: dict[str, Any] = {
        "agency": row,
        "name": name_of(row),
        "batch": batch,
        "secret": secret,
        "minutes": SHEET_LASTS,
        "cards": len(slips),
        "form": form or PrintForm(initial={"layout": layout, "languages": languages}, languages=languages_for(row.municipality)),
    }
    if batch.count == 1:
        slip = slips[0]
        card = Card.objects.get(batch=batch)
        address = address_of(host_of(row), slip.code)
        context |= {
            "way": Way.SCREEN if batch.way == Way.SMS and not sent else batch.way,
            "qr": segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=4, light="#fff"),
            "address": address,
            "code": in_groups(slip.code),
            "number": in_groups(slip.public_id),
            "card": card,
        }
    template = "handing/card_made.html" if batch.count == 1 else "handing/sheet.html"
    return private(render(request, template, context, status=status))
