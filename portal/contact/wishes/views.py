"""The wish box: what somebody young would like to be there, without saying who they are."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from directory.geography.districts import chart_of
from directory.listings.loading import municipality_of
from directory.listings.models import Category
from directory.listings.pages import reader_lang
from directory.municipalities.models import Municipality
from directory.reports.tokens import new_token, why_not_origin, why_not_token
from portal.contact.wishes.actions import make_wish
from portal.contact.wishes.forms import OTHER, WishForm
from portal.contact.wishes.queries import Told, words_shown
from portal.kit.refusals import Refused, refuse_if

FORM = "wish"
MOST_LISTED = 5


@csrf_exempt  # no cookie here: the signed token and the Origin check do its work (directory/reports/tokens.py)
@require_http_methods(["GET", "HEAD", "POST"])
def wishes(request: HttpRequest) -> HttpResponse:
    """Show the box; take a wish; answer by redirect."""
    municipality = municipality_of(request)
    order = municipality.order_for(reader_lang())
    categories = list(Category.objects.filter(municipality=municipality, parent=None))
    form = WishForm(
        request.POST or None,
        initial={"district": request.GET.get("district", ""), "age_band": None},
        categories=[(row.slug, row.name_in(order).value) for row in categories],
        chart=chart_of(municipality),
        order=order,
    )
    refusal = ""
    bound_to = str(municipality.pk)
    if request.method == "POST" and form.is_valid():
        try:
            take(request, municipality, categories, form.cleaned_data, bound_to)
            return HttpResponseRedirect(f"{request.path}?sent=1")
        except Refused as refused:
            refusal = str(refused)
    by_slug = {row.slug: row for row in categories}
    context = {
        "form": form,
        # Each choice with its drawing and the language of its name; "something else" has none of its own.
        "tiles": [(radio, row := by_slug.get(radio.data["value"]), row and row.name_in(order)) for radio in form["category"]],
        "refusal": refusal,
        "token": new_token(FORM, bound_to),
        "sent": request.method == "GET" and request.GET.get("sent") == "1",
        "wanted": wanted(municipality, categories, order),
        "words": words_shown(municipality),
        "canonical_params": [],
    }
    return render(request, "contact/wishes/wishes.html", context, status=422 if request.method == "POST" else 200)


def take(
    request: HttpRequest, municipality: Municipality, categories: list[Category], said: dict[str, Any], bound_to: str
) -> None:
    """What was sent, if it is ours to take. What a program filled in is thanked for and thrown away."""
    refuse_if(why_not_token(FORM, bound_to, said["token"]) or why_not_origin(request))
    if said["more"]:
        return
    slug = said["category"]
    make_wish(
        municipality=municipality,
        category=None if slug == OTHER else next(row for row in categories if row.slug == slug),
        text=said["text"],
        lang=reader_lang(),
        age_band=said["age_band"],
        district=said["where"],
        request=request,
        token=said["token"],
        at=timezone.now(),
    )


def wanted(municipality: Municipality, categories: list[Category], order: list[str]) -> list[tuple[Any, int]]:
    """What most wish for, with how many: of figures that may be told."""
    counts = Told(municipality).by("category")
    found = [(row.name_in(order), counts[row.pk,]) for row in categories if counts[row.pk,]]
    return sorted(found, key=lambda pair: -pair[1])[:MOST_LISTED]
