"""Codes on paper: the file, "it is printed", and new codes for cards that were never used."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cards.programmes import actions, sheets
from cards.programmes.printing import IN_ONE_FILE, Layout, languages_for, print_cards, printed_of, with_holds
from directory.agencies.models import Agency
from portal.desk.doors import desk_page, person
from portal.handing.forms import PrintForm, SecretForm
from portal.handing.loading import agency_for, batch_for, name_of
from portal.handing.views import host_of, private, show_sheet
from portal.kit.refusals import Refused


def home_of(row: Agency) -> HttpResponse:
    return HttpResponseRedirect(reverse("desk-cards-agency", args=[row.pk]))


@desk_page
@require_POST
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The file with the codes that were just made, once more within the time, and the button that forgets them."""
    row = agency_for(request, pk)
    batch, secret, at = batch_for(request, row), request.POST.get("secret", ""), timezone.now()
    try:
        if request.POST.get("do") == "printed":
            actions.print_done(batch=batch, by=person(request), at=at)
            messages.success(request, _("Done. The codes are forgotten here."))
            return home_of(row)
        slips = sheets.open_sheet(batch=batch, secret=secret, by=person(request), at=at)
        form = PrintForm(request.POST, languages=languages_for(row.municipality))
        if not form.is_valid():
            return show_sheet(request, row, batch, secret, languages=[], layout=Layout.TEN, form=form, status=422)
    except Refused as refused:
        messages.error(request, str(refused))
        return home_of(row)
    printed = printed_of(batch, host=host_of(row), languages=form.cleaned_data["languages"], layout=form.cleaned_data["layout"])
    part = request.POST.get("part", "")
    first = (int(part) - 1) * IN_ONE_FILE if part in {"2", "3", "4", "5", "6", "7", "8", "9", "10"} else 0
    slips = slips[first : first + IN_ONE_FILE] or slips[:IN_ONE_FILE]
    body = print_cards(slips=with_holds(batch, slips, printed.layout), printed=printed)
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="cards.pdf"'
    return private(response)


@desk_page
@require_POST
def new_codes(request: HttpRequest, pk: int) -> HttpResponse:
    """Codes that were lost before they were printed, or a print that was: first what stops working, then new ones."""
    row = agency_for(request, pk)
    batch = batch_for(request, row)
    form = SecretForm(request.POST if request.POST.get("do") == "make" else None)
    context: dict[str, Any] = {"agency": row, "name": name_of(row), "batch": batch, "form": form}
    if form.is_bound and form.is_valid():
        secret = form.cleaned_data["secret"]
        try:
            actions.rotate(batch=batch, by=person(request), at=timezone.now(), secret=secret)
            layout = Layout.ONE if batch.count == 1 else Layout.TEN
            return show_sheet(request, row, batch, secret, languages=[batch.lang] if batch.lang else [], layout=layout)
        except Refused as refused:
            context["refusal"] = str(refused)
    return private(render(request, "handing/new_codes.html", context, status=422 if context.get("refusal") else 200))
