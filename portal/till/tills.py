"""A provider's tills on its desk: those there are, a new one, another name, stopped."""

from __future__ import annotations

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
from cards.offers.models import Device
from cards.offers.tills import GOOD_FOR, agreements_of, invite, rename, revoke, tills_of
from directory.providers.models import Provider
from directory.providers.permissions import has_role
from portal.desk.doors import desk_page
from portal.desk.people.views import name_of
from portal.kit.refusals import Refused
from portal.till.forms import TillForm
from portal.till.loading import get_provider_with_tills
from portal.till.pictures import qr
from portal.till.queries import courses_of, offers_at, running_out


def context_of(request: HttpRequest, provider: Provider) -> dict[str, Any]:
    """What every page about a provider's tills needs for its trail."""
    return {"provider": provider, "provider_name": name_of(provider, request), "edits": has_role(request.user, provider)}


@desk_page
@require_GET
def tills(request: HttpRequest, slug: str) -> HttpResponse:
    """The tills, what is running out, and what there is to print."""
    provider = get_provider_with_tills(request, slug)
    at = timezone.now()
    offers = offers_at(provider, at)
    context = context_of(request, provider) | {
        "tills": tills_of(provider),
        "form": TillForm(),
        "agreements": agreements_of(provider, day_of(at)),
        "offers": offers,
        "scarce": running_out(offers, at),
        "courses": courses_of(provider),
        "till_address": request.build_absolute_uri(reverse("till")),
    }
    return render(request, "till/tills.html", context)


@desk_page
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """The code that makes one browser a till; it is shown in this answer and never again."""
    provider = get_provider_with_tills(request, slug)
    at = timezone.now()
    form = TillForm(request.POST or None)
    context = context_of(request, provider) | {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            made = invite(provider=provider, name=form.cleaned_data["name"], by=request.user, at=at)
        except Refused as no:
            form.add_error("name", str(no))
        else:
            address = request.build_absolute_uri(f"{reverse('till')}#{made.code}")
            context |= {
                "made": made,
                "code": in_groups(made.code),
                "address": address,
                "picture": qr(address),
                "till_address": request.build_absolute_uri(reverse("till")),
                "minutes": GOOD_FOR.seconds // 60,
            }
            return render(request, "till/new.html", context)
    return render(request, "till/new_form.html", context, status=422 if form.errors else 200)


@desk_page
@require_http_methods(["GET", "POST"])
def till(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One till: another name, or stop it."""
    provider = get_provider_with_tills(request, slug)
    device = Device.objects.filter(pk=pk, provider=provider).first()
    if device is None:
        raise Http404
    if request.method == "POST" and request.POST.get("deed") == "stop":
        try:
            revoke(device=device, by=request.user, at=timezone.now())
            messages.success(request, _("“%(name)s” is stopped. It takes no more cards.") % {"name": device.name})
        except Refused as no:
            messages.warning(request, str(no))
        return redirect("desk-tills", slug)
    form = TillForm(request.POST or None, initial={"name": device.name})
    if request.method == "POST" and form.is_valid():
        try:
            rename(device=device, name=form.cleaned_data["name"], by=request.user)
            return redirect("desk-tills", slug)
        except Refused as no:
            form.add_error("name", str(no))
    context = context_of(request, provider) | {"device": device, "form": form}
    return render(request, "till/till_on_desk.html", context, status=422 if form.errors else 200)
