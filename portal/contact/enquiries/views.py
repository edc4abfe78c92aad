"""The public form under every listing that somebody can be reached behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from directory.listings.loading import Gone, get_public, gone, municipality_of
from directory.listings.models import Listing
from directory.listings.pages import reader_lang, texts_of
from directory.municipalities.views import get_district
from directory.providers.models import Provider
from directory.reports.tokens import new_token, why_not_origin, why_not_token
from portal.contact.enquiries.actions import send_enquiry
from portal.contact.enquiries.forms import EnquiryForm
from portal.contact.enquiries.receivers import is_reachable
from portal.kit.refusals import Refused, refuse_if
from portal.kit.texts import best

FORM = "enquiry"


def seconds_since(token: str, at: datetime) -> float | None:
    """How long ago a token that has been found right was made."""
    try:
        return at.timestamp() - signing.b62_decode(token.rsplit(":", 2)[1])
    except (IndexError, ValueError):
        return None


@csrf_exempt  # no cookie here: the signed token and the Origin check do its work (directory/reports/tokens.py)
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, slug: str, model: type[Listing]) -> HttpResponse:
    """Show the form; take it in; answer by redirect."""
    related = ("municipality",) if model is Provider else ("municipality", "provider")
    try:
        listing = get_public(request, model.objects.select_related(*related), slug)
    except Gone as absent:
        return gone(request, absent.listing)
    if not is_reachable(listing):
        raise Http404("Nobody can be reached.")
    bound_to = f"{listing.KIND.value}:{listing.pk}"
    form = EnquiryForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            take(request, listing, form.cleaned_data, bound_to)
            return HttpResponseRedirect(f"{request.path}?sent=1")
        except Refused as refused:
            refusal = str(refused)
    context = {
        "listing": listing,
        "texts": texts_of(listing, "name"),
        "form": form,
        "refusal": refusal,
        "token": new_token(FORM, bound_to),
        "sent": request.method == "GET" and request.GET.get("sent") == "1",
    }
    return render(request, "contact/enquiries/write.html", context, status=422 if request.method == "POST" else 200)


def take(request: HttpRequest, listing: Any, said: dict[str, Any], bound_to: str) -> None:
    """What was sent, if it is ours to take. What a program filled in is thanked for and thrown away."""
    token = said["token"]
    refuse_if(why_not_token(FORM, bound_to, token) or why_not_origin(request))
    if said["more"]:
        return
    at = timezone.now()
    send_enquiry(
        listing=listing,
        **{name: said[name] for name in ("text", "name", "answer_by", "email", "phone")},
        lang=reader_lang(),
        seconds=seconds_since(token, at),
        request=request,
        token=token,
        at=at,
    )


def write_to_committee(request: HttpRequest, slug: str) -> HttpResponse:
    """On to the committee of a part of town; where there are several one chooses, where there is none it is said."""
    municipality = municipality_of(request)
    district = get_district(municipality, slug)
    order = municipality.order_for(reader_lang())
    committees = list(Provider.objects.public().filter(committee_of=district).order_by("name_nb", "pk"))
    if len(committees) == 1:
        return redirect("provider-write", committees[0].slug)
    context = {
        "district": district,
        "name": district.name_in(order),
        "committees": [(row, best(row, "name", order)) for row in committees],
    }
    return render(request, "contact/enquiries/committee.html", context)
