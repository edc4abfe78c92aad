"""`/desk/agencies/`: what the agencies of a municipality offer, for each other; and a leader's own page and people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from directory.agencies.actions import change_agency, change_role, give_role, take_role
from directory.agencies.models import Agency, AgencyRole
from directory.agencies.permissions import leads, may_see_agencies
from directory.agencies.queries import agencies_in, led_by, people_of
from directory.listings.loading import municipality_of
from directory.listings.pages import reader_lang
from portal.desk.doors import agencies_of, desk_page
from portal.frontline.forms import AgencyForm, InviteForm
from portal.kit.refusals import Refused
from portal.kit.texts import Text


@dataclass(frozen=True, slots=True)
class Shown:
    """An agency as the others read it."""

    agency: Agency
    name: Text
    offers: Text
    hours: Text
    is_own: bool
    leads: bool


def agency_led(request: HttpRequest, pk: int) -> Agency:
    """An agency of this municipality whose page one keeps. The same 404 for all others."""
    agency = agencies_in(municipality_of(request)).filter(pk=pk).first()
    if agency is None or not leads(request.user, agency):
        raise Http404("Nothing here for this person.")
    agency.municipality = municipality_of(request)
    return agency


@desk_page
def agencies(request: HttpRequest) -> HttpResponse:
    """All of them on one page, to read, to ring and to print."""
    municipality = municipality_of(request)
    if not may_see_agencies(request.user, municipality):
        raise Http404("Nothing here for this person.")
    order = municipality.order_for(reader_lang())
    own = set(agencies_of(request.user, municipality).values_list("pk", flat=True))
    leading = led_by(request.user, municipality)
    rows = [
        Shown(
            agency,
            agency.text("name", order),
            agency.text("offers", order),
            agency.text("hours", order),
            agency.pk in own,
            agency.pk in leading,
        )
        for agency in agencies_in(municipality)
    ]
    return render(request, "frontline/agencies.html", {"rows": rows, "today": timezone.localdate()})


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def agency_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A leader writes the agency's own words, language by language."""
    agency = agency_led(request, pk)
    form = AgencyForm(request.POST or None, agency=agency)
    if request.method == "POST" and form.is_valid():
        change_agency(agency=agency, values=form.cleaned_data, by=request.user)
        messages.success(request, _("Saved. The other services see it now."))
        return HttpResponseRedirect(f"{reverse('desk-agencies')}#agency-{agency.pk}")
    context = {"agency": agency, "form": form, "name": _name(agency)}
    return render(request, "frontline/agency_edit.html", context, status=422 if form.errors else 200)


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def agency_people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who works for the agency, and a colleague more."""
    agency = agency_led(request, pk)
    form = InviteForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        role = AgencyRole.Role.LEADER if form.cleaned_data["is_leader"] else AgencyRole.Role.WORKER
        email = form.cleaned_data["email"]
        try:
            give_role(agency=agency, email=email, role=role, by=request.user, at=timezone.now())
            messages.success(request, _("%(email)s can sign in now, and has got a letter.") % {"email": email})
            return HttpResponseRedirect(request.path)
        except Refused as refused:
            refusal = str(refused)
    context = {"agency": agency, "form": form, "people": people_of(agency), "refusal": refusal, "name": _name(agency)}
    return render(request, "frontline/agency_people.html", context, status=422 if form.errors or refusal else 200)


@desk_page
@require_POST
def agency_person(request: HttpRequest, pk: int, role: int) -> HttpResponse:
    """Make somebody leader or worker, or end their work here."""
    agency = agency_led(request, pk)
    row = people_of(agency).filter(pk=role).first()
    if row is None:
        raise Http404("Nobody of this agency.")
    row.agency = agency
    try:
        if request.POST.get("deed") == "take":
            take_role(membership=row, by=request.user)
            messages.success(request, _("%(who)s has no access here any more.") % {"who": row.user})
        elif request.POST.get("deed") in AgencyRole.Role.values:
            change_role(membership=row, role=request.POST["deed"], by=request.user)
            messages.success(request, _("Saved."))
    except Refused as refused:
        messages.error(request, str(refused))
    still = leads(request.user, agency)
    return HttpResponseRedirect(reverse("desk-agency-people", args=[agency.pk]) if still else reverse("desk"))


def _name(agency: Agency) -> Any:
    return agency.text("name", agency.municipality.order_for(reader_lang()))
