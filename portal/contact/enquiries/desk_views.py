"""Enquiries on the desk: what came in, what one has sent, and writing to another association."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory.listings.kinds import Visibility
from directory.listings.pages import reader_lang
from directory.providers.models import Provider
from portal.contact.enquiries.actions import mark_answered, write_to_provider
from portal.contact.enquiries.forms import MessageForm
from portal.contact.enquiries.models import AnswerBy
from portal.contact.enquiries.queries import A_PAGE, received_by, sent_by
from portal.contact.enquiries.receivers import is_reachable, listing_of
from portal.contact.standing import standing_of
from portal.desk.doors import desk_page
from portal.kit.refusals import Refused
from portal.kit.texts import best


@desk_page
def enquiries(request: HttpRequest) -> HttpResponse:
    """What came in, unanswered first; with `?box=sent` what one has sent."""
    standing = standing_of(request)
    sent = request.GET.get("box") == "sent"
    rows = sent_by(standing) if sent else received_by(standing)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "sent": sent, "query": "box=sent" if sent else "", "by_phone": AnswerBy.PHONE}
    return render(request, "contact/enquiries/desk.html", context)


@desk_page
def enquiry(request: HttpRequest, pk: int) -> HttpResponse:
    """One enquiry: what was asked, and how to answer. 404 for every other person's."""
    standing = standing_of(request)
    found = received_by(standing).filter(pk=pk).first()
    is_mine = found is not None
    if found is None:
        found = sent_by(standing).filter(pk=pk).first()
    if found is None:
        raise Http404("No such enquiry.")
    found.municipality = standing.municipality
    context = {"enquiry": found, "received": is_mine, "listing": listing_of(found), "by_phone": AnswerBy.PHONE}
    return render(request, "contact/enquiries/enquiry.html", context)


@desk_page
@require_POST
def answered(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark an enquiry as answered, or as not yet answered."""
    found = received_by(standing_of(request)).filter(pk=pk).first()
    if found is None:
        raise Http404("No such enquiry.")
    done = request.POST.get("done") == "1"
    mark_answered(enquiry=found, done=done, at=timezone.now())
    messages.success(request, _("Marked as answered.") if done else _("Marked as not yet answered."))
    return redirect("desk-enquiries")


@desk_page
def write_to(request: HttpRequest, slug: str) -> HttpResponse:
    """Another association: the contacts it shows to others, and a form to write to it."""
    standing = standing_of(request)
    provider = Provider.objects.public().filter(municipality=standing.municipality, slug=slug).first()
    if provider is None:
        raise Http404("No such provider.")
    provider.municipality = standing.municipality
    own = standing.choices()
    form = MessageForm(request.POST or None, own=own)
    refusal = ""
    if request.method == "POST" and form.is_valid() and is_reachable(provider):
        by_provider, _agency = standing.behalf(form.cleaned_data.get("on_behalf", ""))
        try:
            write_to_provider(
                provider=provider,
                by=request.user,
                by_provider=by_provider,
                text=form.cleaned_data["text"],
                lang=reader_lang(),
                at=timezone.now(),
            )
            messages.success(request, _("Your message is on its way. The answer comes to your mail address."))
            return redirect("desk-neighbours")
        except Refused as refused:
            refusal = str(refused)
    order = standing.municipality.order_for(reader_lang())
    context = {
        "provider": provider,
        "name": best(provider, "name", order),
        "contact": {
            name: value for name in ("contact_name", "phone", "email") if (value := provider.contact(name, Visibility.PROVIDERS))
        },
        "reachable": is_reachable(provider),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "contact/sharing/neighbour.html", context, status=422 if request.method == "POST" else 200)
