"""The form under every listing: report an error."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from directory.listings.loading import Gone, get_public, gone
from directory.listings.models import Listing
from directory.listings.pages import reader_lang, texts_of
from directory.reports.actions import file_report
from directory.reports.forms import ReportForm
from directory.reports.tokens import new_token, why_not_origin, why_not_token
from portal.kit.refusals import Refused, refuse_if


@csrf_exempt  # no cookie here: the signed token and the Origin check do its work (reports/tokens.py)
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, slug: str, model: type[Listing]) -> HttpResponse:
    """Show the form; take it in; answer by redirect."""
    try:
        listing = get_public(request, model.objects.select_related("municipality"), slug)
    except Gone as absent:
        return gone(request, absent.listing)
    bound_to = f"{listing.KIND.value}:{listing.pk}"
    refusal = ""
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        token = form.cleaned_data["token"]
        try:
            refuse_if(why_not_token("report", bound_to, token) or why_not_origin(request))
            if not form.cleaned_data["more"]:
                file_report(
                    listing=listing,
                    topic=form.cleaned_data["topic"],
                    text=form.cleaned_data["text"],
                    lang=reader_lang(),
                    url=request.build_absolute_uri(listing.get_absolute_url()),
                    request=request,
                    token=token,
                    at=timezone.now(),
                )
            return HttpResponseRedirect(f"{request.path}?sent=1")
        except Refused as refused:
            refusal = str(refused)
    context = {
        "listing": listing,
        "texts": texts_of(listing, "name"),
        "form": form,
        "refusal": refusal,
        "token": new_token("report", bound_to),
        "sent": request.method == "GET" and request.GET.get("sent") == "1",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "directory/reports/report.html", context, status=status)
