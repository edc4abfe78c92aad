"""Signing in: the address, the code, what somebody is called, and the one-time links of a demo."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginByCodeStage
from allauth.account.utils import get_login_redirect_url, get_next_redirect_url
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from requests import RequestException

from portal.accounts import openid
from portal.accounts.codes import CodeProcess, Why, start, why_not_ask
from portal.accounts.forms import AddressForm, CodeForm, PersonForm
from portal.accounts.links import sign_in as sign_in_by_link
from portal.accounts.mailbox import letter, letters, letters_can_be_read
from portal.accounts.second_factor import to_show_again, was_fresh
from portal.accounts.sessions import is_staff
from portal.kit.refusals import Refused

log = logging.getLogger("portal.accounts")

#: Sentences that a redirect to the sign-in page may ask for.
SENTENCES = {str(why.value): why for why in (*Why, *openid.Why)}


def with_next(address: str, request: HttpRequest, **more: str) -> str:
    """An address that leads back to what was asked for first."""
    asked = {key: value for key, value in {"next": get_next_redirect_url(request), **more}.items() if value}
    return f"{address}?{urlencode(asked)}" if asked else address


def after_sign_in(request: HttpRequest) -> str:
    """Where somebody who has signed in goes on to. What is for staff only would send others back here."""
    address = get_login_redirect_url(request)
    return reverse("desk") if address.startswith("/cms/") and not is_staff(request.user) else address


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a mail address, and send a code there, whoever it belongs to."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(after_sign_in(request))
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        why = why_not_ask(request, email, timezone.now())
        if why is None:
            start(request, email)
            return HttpResponseRedirect(with_next(reverse("account_confirm_login_code"), request))
        form.add_error(None, why.label)
    why_here = SENTENCES.get(request.GET.get("why", ""))
    context = {
        "form": form,
        "next": get_next_redirect_url(request) or "",
        "why": why_here.label if why_here and request.method != "POST" else "",
        "first_time": openid.waits_for_address(request),
        "providers": openid.providers(),
        "for_staff": (get_next_redirect_url(request) or "").startswith("/cms/"),
        "letters": letters_can_be_read(),
    }
    return render(request, "account/sign_in.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_stage_required(stage=LoginByCodeStage.key, redirect_urlname="account_login")
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code; let in who has it."""
    process = CodeProcess(request._login_stage)  # type: ignore[attr-defined]
    at = timezone.now()
    sent_again = refusal = ""
    form = CodeForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and "again" in request.POST:
        why = why_not_ask(request, process.email, at)
        if why is None:
            start(request, process.email)
            return HttpResponseRedirect(with_next(request.path, request, sent="again"))
        refusal = str(why.label)
    elif request.method == "POST" and form.is_valid():
        why = process.why_not(form.cleaned_data["code"], at)
        if why is None:
            wanted = get_next_redirect_url(request)
            if openid.address_was_proved(request, process.email):
                wanted = with_next(reverse("account_link_provider"), request)
            return process.finish(wanted)
        if why != Why.WRONG:
            clear_login(request)
            return HttpResponseRedirect(with_next(reverse("account_login"), request, why=why.value))
        form.add_error("code", str(why.label))
    elif request.method != "POST":
        sent_again = request.GET.get("sent", "")
        if not process.is_valid():
            clear_login(request)
            return HttpResponseRedirect(with_next(reverse("account_login"), request, why=Why.LATE.value))
    context = {
        "form": form,
        "email": process.email,
        "next": get_next_redirect_url(request) or "",
        "sent_again": sent_again == "again",
        "refusal": refusal,
        "letters": letters_can_be_read(),
    }
    return render(request, "account/code.html", context, status=422 if form.errors or refusal else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    """Asked once, after the first sign-in: what somebody is called, and in which language we write to them."""
    municipality = getattr(request, "municipality", None)
    offered = municipality.languages if municipality else ["nb", "en"]
    form = PersonForm(request.POST or None, instance=request.user, offered=offered)
    if request.method == "POST" and form.is_valid():
        form.save()
        return HttpResponseRedirect(after_sign_in(request))
    context = {"form": form, "next": get_next_redirect_url(request) or ""}
    return render(request, "account/name.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out, by a press."""
    if request.method == "POST":
        get_adapter().logout(request)
        clear_login(request)
        front_page = "/" if request.path.startswith("/cms/") else reverse("front-page")
        return HttpResponseRedirect(get_next_redirect_url(request) or front_page)
    if not request.user.is_authenticated:
        return HttpResponseRedirect(reverse("front-page"))
    return render(request, "account/sign_out.html")


@never_cache
def inactive(request: HttpRequest) -> HttpResponse:
    """For who proved an address whose account is closed."""
    return render(request, "account/inactive.html", status=403)


@never_cache
@require_GET
def to_sign_in(request: HttpRequest) -> HttpResponse:
    """`/cms/login/`: there is one sign-in for everybody."""
    address = reverse("account_login")
    wanted = get_next_redirect_url(request) or "/cms/"
    return HttpResponseRedirect(f"{address}?{urlencode({'next': wanted})}")


@never_cache
@require_GET
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Use a sign-in link: staff go on to the staff screens, others to the desk."""
    try:
        user = sign_in_by_link(request, token)
    except Refused as refused:
        return TemplateResponse(request, "accounts/sign_in_link.html", {"sentence": str(refused)}, status=403)
    return HttpResponseRedirect("/cms/" if is_staff(user) else reverse("desk"))


# ── by a provider ───────────────────────────────────────────────────────────────────────────────────────────
@never_cache
@require_POST
def to_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go and sign in at a provider; who is signed in, and showed just now that it is them, links it."""
    conversation = openid.Conversation(request, provider_id)
    try:
        provider = conversation.get_provider()
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    if request.user.is_authenticated and not was_fresh(request):
        return to_show_again(request, reverse("account_home"))
    request.session[openid.LANG] = getattr(request, "LANGUAGE_CODE", "")
    process = AuthProcess.CONNECT if request.user.is_authenticated else AuthProcess.LOGIN
    try:
        return provider.redirect(request, process=process, next_url=get_next_redirect_url(request))
    except (RequestException, KeyError, TypeError, ValueError):
        log.exception("The provider %s does not answer as it should.", provider_id)
        return HttpResponseRedirect(with_next(reverse("account_login"), request, why=openid.Why.FAILED.value))


@never_cache
@require_GET
def from_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from a provider. The address is the same in every language, since providers want to know it beforehand."""
    municipality = getattr(request, "municipality", None)
    lang = request.session.get(openid.LANG, "")
    if municipality and lang in municipality.languages:
        translation.activate(lang)
    try:
        return OAuth2CallbackView.adapter_view(openid.Conversation(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (KeyError, TypeError, ValueError):
        log.exception("The provider %s does not answer as it should.", provider_id)
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'why': openid.Why.FAILED.value})}")


# ── letters of a demo ───────────────────────────────────────────────────────────────────────────────────────
LETTER_POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "frame-ancestors": ["'self'"],
}


@never_cache
@require_GET
def demo_mail(request: HttpRequest) -> HttpResponse:
    """Every letter this demo would have sent."""
    if not letters_can_be_read():
        raise Http404
    return render(request, "account/staff/demo_mail.html", {"letters": letters()})


@never_cache
@require_GET
def demo_letter(request: HttpRequest, name: str) -> HttpResponse:
    """One letter, as it would have been read."""
    found = letter(name) if letters_can_be_read() else None
    if found is None:
        raise Http404
    response = render(request, "account/staff/demo_letter.html", {"letter": found})
    response._csp_update = {"frame-src": ["'self'"]}  # type: ignore[attr-defined]
    return response


@never_cache
@require_GET
def demo_letter_html(request: HttpRequest, name: str) -> HttpResponse:
    """The formatted part of a letter, for the frame around it: nothing in it runs."""
    found = letter(name) if letters_can_be_read() else None
    if found is None:
        raise Http404
    response = HttpResponse(found.html)
    response._csp_replace = LETTER_POLICY  # type: ignore[attr-defined]
    return response
