"""Which association are you with? Found by name or number, or new; the municipality says yes or no."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from directory.listings.loading import municipality_of
from directory.providers.actions import ask_for_access, withdraw_request
from directory.providers.models import AccessRequest, Membership, Provider
from directory.providers.queries import providers_like
from directory.providers.rules import printed_org_number
from portal.desk.doors import desk_page, person
from portal.desk.joining.forms import MessageForm, NewForm
from portal.kit.refusals import Refused
from portal.kit.texts import best


def lines_of(request: HttpRequest, rows: list[Provider]) -> list[dict[str, Any]]:
    """What is shown of each provider that was found: no more than its public page says."""
    order = municipality_of(request).order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    mine = set(
        Membership.objects.filter(user=person(request), role=Membership.Role.EDITOR, provider__in=rows).values_list(
            "provider", flat=True
        )
    )
    asked = set(
        AccessRequest.objects.filter(user=person(request), provider__in=rows, state=AccessRequest.State.WAITING).values_list(
            "provider", flat=True
        )
    )
    return [
        {
            "row": row,
            "name": best(row, "name", order),
            "summary": best(row, "summary", order),
            "org_number": printed_org_number(row.org_number),
            "is_mine": row.pk in mine,
            "asked": row.pk in asked,
        }
        for row in rows
    ]


@desk_page
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Find the association one is with."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:160]
    found = providers_like(municipality_of(request), words) if words else []
    return render(request, "desk/joining/search.html", {"words": words, "lines": lines_of(request, found)})


@desk_page
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to keep the page of a listed provider."""
    municipality = municipality_of(request)
    provider = get_object_or_404(Provider, pk=pk, municipality=municipality, live=True, delisted_at=None)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_access(
                municipality=municipality,
                user=person(request),
                provider=provider,
                message=form.cleaned_data["message"],
                at=timezone.now(),
            )
            messages.success(request, _("The municipality has got your question. You get an answer by mail."))
            return redirect("desk")
        except Refused as refused:
            messages.warning(request, str(refused))
            return redirect("desk")
    line = lines_of(request, [provider])[0]
    return render(request, "desk/joining/ask.html", {"line": line, "form": form}, status=422 if form.errors else 200)


@desk_page
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a page of something that is not listed yet. What is listed under the same number or name is shown first."""
    municipality = municipality_of(request)
    form = NewForm(request.POST or None, initial={"name": request.GET.get("name", "")[:160]})
    alike: list[Provider] = []
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        if facts["org_number"]:
            alike = providers_like(municipality, facts["org_number"])
        if not alike and "sure" not in request.POST:
            alike = providers_like(municipality, facts["name"])[:3]
        if not alike:
            try:
                ask_for_access(municipality=municipality, user=person(request), at=timezone.now(), **facts)
                messages.success(request, _("The municipality has got your question. You get an answer by mail."))
            except Refused as refused:
                messages.warning(request, str(refused))
            return redirect("desk")
    context = {
        "form": form,
        "lines": lines_of(request, alike),
        "same_number": bool(
            alike and form.cleaned_data.get("org_number") and alike[0].org_number == form.cleaned_data["org_number"]
        ),
    }
    return render(request, "desk/joining/new.html", context, status=422 if request.method == "POST" else 200)


@desk_page
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own question back."""
    row = AccessRequest.objects.filter(pk=pk, user=person(request), municipality=municipality_of(request)).first()
    if row is None:
        raise Http404
    try:
        withdraw_request(request=row, by=request.user, at=timezone.now())
        messages.success(request, _("You have taken your question back."))
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect("desk")
