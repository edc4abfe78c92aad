"""The pages behind the links of a letter: without signing in, and nothing is written until somebody presses a button.

Programs that look through mail open every link. So a GET never writes; the one button on the page posts.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from directory.freshness.answers import answer_by_link
from directory.freshness.emails import desk_path
from directory.freshness.facts import pages_of
from directory.freshness.links import Asked, Why, read
from directory.freshness.models import Asking
from directory.freshness.queries import listings_of
from directory.listings.loading import municipality_of
from directory.listings.pages import reader_lang
from directory.reports.tokens import why_not_origin
from portal.kit.refusals import Refused, refuse_if
from portal.kit.texts import best

MOST_NAMES = 500


@never_cache
@csrf_exempt  # no cookie here: whoever has the signed link may answer; the page that sends must be ours (Origin)
@require_http_methods(["GET", "HEAD", "POST"])
def still_right(request: HttpRequest, token: str) -> HttpResponse:
    """What stands on a provider's pages, and the one button."""
    try:
        asked = read(token, municipality_of(request))
    except Refused as refused:
        return refuse(request, refused)
    if request.method == "POST":
        return take_answer(request, asked, token)
    return render(request, "directory/freshness/still_right.html", context_of(request, asked, token))


@never_cache
@require_http_methods(["GET", "HEAD"])
def closed(request: HttpRequest, token: str) -> HttpResponse:
    """ "We have closed": asks once more, since a press by mistake would worry people."""
    try:
        asked = read(token, municipality_of(request))
    except Refused as refused:
        return refuse(request, refused)
    if asked.answer is not None:
        return HttpResponseRedirect(reverse("still-right", args=[token]))
    return render(request, "directory/freshness/closed.html", context_of(request, asked, token))


def take_answer(request: HttpRequest, asked: Asked, token: str) -> HttpResponse:
    """One press."""
    here = reverse("still-right", args=[token])
    answer, names = request.POST.get("answer", ""), request.POST.getlist("page")[:MOST_NAMES]
    try:
        refuse_if(why_not_origin(request))
    except Refused:
        context = context_of(request, asked, token) | {"refusal": _("The form did not come from this site. Press once more.")}
        return render(request, "directory/freshness/still_right.html", context, status=422)
    if answer not in ("all", "some", Asking.Answer.CHANGED, Asking.Answer.CLOSED):
        return HttpResponseRedirect(here)
    if answer == "some" and not names:
        return HttpResponseRedirect(f"{here}?done=none#some")
    said = Asking.Answer.CONFIRMED if answer in ("all", "some") else answer
    taken = answer_by_link(asked=asked, answer=said, names=names if answer == "some" else (), at=timezone.now())
    if answer == Asking.Answer.CHANGED:
        return HttpResponseRedirect(desk_path(asked.provider))
    return HttpResponseRedirect(f"{here}?done={answer}" if taken else here)


def context_of(request: HttpRequest, asked: Asked, token: str) -> dict[str, object]:
    """What the pages show."""
    order = asked.provider.municipality.order_for(reader_lang())
    answer = asked.answer
    return {
        "provider": asked.provider,
        "name": best(asked.provider, "name", order),
        "pages": pages_of(listings_of(asked.provider), reader_lang()),
        "confirmed_at": answer.answered_at if answer and answer.answer == Asking.Answer.CONFIRMED else None,
        "said_closed_at": answer.answered_at if answer and answer.answer == Asking.Answer.CLOSED else None,
        "done": request.GET.get("done", "") if request.method != "POST" else "",
        "here": reverse("still-right", args=[token]),
        "closed_path": reverse("still-right-closed", args=[token]),
        "desk_path": desk_path(asked.provider),
    }


def refuse(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A link that does not hold: the sentence says what to do."""
    status = 404 if refused.reason == Why.BROKEN else 410
    return render(request, "directory/freshness/no_link.html", {"sentence": str(refused)}, status=status)
