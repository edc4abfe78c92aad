"""The archive, subscribing without an account, and the links that stop letters."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory.listings.loading import municipality_of
from directory.municipalities.models import Feature, Municipality
from directory.reports.tokens import new_token, use_up, why_not_origin, why_not_token
from portal.kit.refusals import Refused, refuse_if
from portal.kit.texts import Text
from portal.languages import interface_of
from portal.newsletters import actions, subscriptions
from portal.newsletters.emails import named
from portal.newsletters.forms import SubscribeForm
from portal.newsletters.frozen import led_to, unfrozen
from portal.newsletters.links import TEST_RECEIVER, mine_token, read_confirm, read_leaving, read_mine
from portal.newsletters.models import Edition, Newsletter, Subscription
from portal.newsletters.writing import Composer
from portal.pages.lists import asked_of, tidy_question
from search.presenters import heading_of
from search.vocabulary import Vocabulary

ON_A_PAGE = 20


def with_newsletters(request: HttpRequest) -> Municipality:
    """The municipality of the host, where it has newsletters; 404 elsewhere."""
    municipality = municipality_of(request)
    if not municipality.has(Feature.NEWSLETTERS):
        raise Http404("No newsletters here.")
    return municipality


# ── the archive ─────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """Letters that everybody may read, and a way to get the news."""
    municipality = with_newsletters(request)
    rows = actions.archive_of(municipality).select_related("sender")
    shown = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    order = municipality.order_for(get_language() or "nb")
    letters = [(row, row.text("subject", order), row.text("glance", order)) for row in shown]
    return render(request, "newsletters/archive.html", {"letters": letters, "shown": shown})


@require_safe
def letter(request: HttpRequest, slug: str) -> HttpResponse:
    """One letter as a page."""
    municipality = with_newsletters(request)
    row = actions.readable_of(municipality).select_related("sender").filter(slug=slug).first()
    if row is None:
        raise Http404("No such letter.")
    row.municipality = municipality
    lang = get_language() or municipality.languages[0]
    return render(request, "newsletters/letter.html", letter_context(row, lang))


def letter_context(row: Newsletter, lang: str) -> dict[str, Any]:
    """What the page of a letter shows: what went out, in the best language there is."""
    edition = edition_for(row, lang)
    if edition is not None:
        subject, text_lang = Text(edition.subject, edition.text_lang), edition.text_lang
        blocks = [led_to(block, edition.lang, lang) for block in unfrozen(edition.blocks or [])]
    else:  # went out before its parts were kept
        subject = row.text("subject", row.order(lang))
        body, text_lang = row.body_for(lang)
        with translation.override(interface_of(text_lang)):
            blocks = list(Composer(row.municipality, text_lang, lang, base="").blocks(body))
    return {
        "letter": row,
        "subject": subject,
        "blocks": blocks,
        "in_lang": Text("·", text_lang),
        "sender": row.sender.name,
    }


def edition_for(row: Newsletter, lang: str) -> Edition | None:
    """The letter as readers of a language got it, or the next best that went out."""
    kept = {edition.lang: edition for edition in row.editions.filter(blocks__isnull=False)}
    return next((kept[code] for code in row.order(lang) if code in kept), None)


# ── subscribing ─────────────────────────────────────────────────────────────────────────────────────────────


@csrf_exempt  # no cookie here: the signed token and the Origin check do its work (reports/tokens.py)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """A form without an account: a mail address, and what to be told of. The answer is the same whoever is known already."""
    municipality = with_newsletters(request)
    lang = get_language() or municipality.languages[0]
    asked = request.POST.get("query", "") if request.method == "POST" else request.GET.urlencode()
    question, is_search = kept_question(asked, municipality, lang)
    initial = {
        "about": Subscription.About.SEARCH if is_search else Subscription.About.NEWS,
        "lang": lang,
        "query": question,
    }
    form = SubscribeForm(request.POST or None, languages=municipality.languages, initial=initial)
    refusal = ""
    bound_to = f"{municipality.pk}"
    if request.method == "POST" and form.is_valid():
        said, at = form.cleaned_data, timezone.now()
        try:
            refuse_if(why_not_token("subscribe", bound_to, said["token"]) or why_not_origin(request))
            if not said["more"]:
                refuse_if(use_up(request, said["token"], at))
                news = said["about"] == Subscription.About.NEWS
                subscriptions.ask(
                    municipality=municipality,
                    email=said["email"],
                    lang=said["lang"],
                    about=said["about"],
                    query="" if news else question,
                    at=at,
                )
            return HttpResponseRedirect(f"{request.path}?sent=1")
        except Refused as refused:
            refusal = str(refused)
    context = {
        "form": form,
        "refusal": refusal,
        "token": new_token("subscribe", bound_to),
        "question": question,
        "is_search": is_search,
        "search": in_words(question, municipality, lang) if is_search else (),
        "sent": request.method == "GET" and request.GET.get("sent") == "1",
    }
    return render(request, "newsletters/subscribe.html", context, status=422 if request.method == "POST" else 200)


def kept_question(asked: str, municipality: Municipality, lang: str) -> tuple[str, bool]:
    """(the search as it is kept, whether one was asked for). Where somebody stands is not kept."""
    asked = asked.removeprefix("?")
    if not asked or asked == "sent=1":
        return "", False
    try:
        query, _notices = asked_of(tidy_question(f"?{asked}"), municipality, lang)
    except ValidationError:
        return "", False
    if query.near_is_position:
        query = query.without("near")
    return query.without("page").address("").removeprefix("?"), True


def in_words(question: str, municipality: Municipality, lang: str) -> tuple[str | Text, ...]:
    """A search in words, each choice in its own language."""
    query, _notices = asked_of(question, municipality, lang)
    return heading_of(query, Vocabulary.cached(municipality, lang))


@csrf_exempt  # the signed link is what lets in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the first letter. Opening it does nothing yet: programs that look at mail open links too."""
    row = own(read_confirm(token), request)
    if row is None:
        return render(request, "newsletters/confirm.html", {"about": ""}, status=410)
    if request.method == "POST":
        subscriptions.confirm(subscription=row, at=timezone.now())
        return HttpResponseRedirect(reverse("newsletter-mine", args=[mine_token(row)]))
    return render(request, "newsletters/confirm.html", {"about": named(row, get_language() or row.lang)})


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody subscribes to, and a button to stop each. Shows no address."""
    row = own(read_mine(token), request)
    lang = get_language() or "nb"
    if row is None:
        return render(request, "newsletters/mine.html", {"rows": []})
    if request.method == "POST":
        chosen = request.POST.get("stop", "")
        if chosen == "all":
            subscriptions.end(subscription=row)
        elif chosen.isdecimal() and len(chosen) < 19:
            subscriptions.end(subscription=row, only=int(chosen))
        left = subscriptions.of_same_person(row)
        return HttpResponseRedirect(reverse("newsletter-mine", args=[mine_token(left[0] if left else row)]))
    rows = [(each, named(each, lang)) for each in subscriptions.of_same_person(row)]
    return render(request, "newsletters/mine.html", {"rows": rows})


@csrf_exempt  # RFC 8058: mail programs send it, without cookie or token
@never_cache
@require_POST
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """One press in the mail program stops the letters of one subscription."""
    row = own(read_mine(token), request)
    if row is not None:
        subscriptions.end(subscription=row, only=row.pk)
    return HttpResponse(status=204)


def own(row: Subscription | None, request: HttpRequest) -> Subscription | None:
    """The subscription, where it is one of this host's municipality."""
    return row if row is not None and row.municipality_id == municipality_of(request).pk else None


# ── stopping newsletters ────────────────────────────────────────────────────────────────────────────────────


@csrf_exempt  # RFC 8058: mail programs send it, without cookie or token
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """The link at the foot of every newsletter. It has no language, so that it works when a language has been switched off."""
    municipality = municipality_of(request)
    said = read_leaving(token)
    letter = Newsletter.objects.filter(pk=said.newsletter, municipality=municipality).first() if said else None
    if said is None or letter is None:
        raise Http404("This link is not one of ours.")
    receiver = actions.receiver_of(municipality, said)
    lang = said.lang if said.lang in municipality.languages else municipality.languages[0]
    if request.method == "POST":
        if receiver is not None and request.POST.get("again") == "1":
            actions.come_back(receiver=receiver, newsletter=letter, lang=lang, at=timezone.now())
        elif receiver is not None:
            actions.leave(receiver=receiver, newsletter_id=letter.pk, at=timezone.now())
        at_once = "List-Unsubscribe" in request.POST
        return HttpResponse(status=204) if at_once else HttpResponseRedirect(request.path)
    request.LANGUAGE_CODE = lang  # type: ignore[attr-defined]
    context = {
        "is_test": said.receiver == TEST_RECEIVER,
        "gets_letters": receiver is not None
        and (receiver.unsubscribed_at is None or bool(subscriptions.subscribers_of(municipality, [receiver.email]))),
        "may_come_back": receiver is not None,
        "may_subscribe": municipality.has(Feature.NEWSLETTERS),
        "for_residents": letter.audience == Newsletter.Audience.RESIDENTS,
    }
    with translation.override(lang):
        response = render(request, "newsletters/leave.html", context)
    response["Content-Language"] = interface_of(lang)
    return response
