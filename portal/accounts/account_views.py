"""One's own account: name and language, ways to sign in, where one is signed in, and what was tried."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account.internal.stagekit import clear_login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, ReauthenticateWebAuthnView, RemoveWebAuthnView
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import new_address as moving
from portal.accounts import openid
from portal.accounts.codes import Why, start, why_not_ask
from portal.accounts.forms import CodeForm, NewAddressForm, PersonForm
from portal.accounts.mailbox import letters_can_be_read
from portal.accounts.models import OpenSession
from portal.accounts.second_factor import own_factors, to_show_again, was_fresh
from portal.accounts.sessions import end, end_sessions, is_staff, sessions_of
from portal.accounts.views import SENTENCES, after_sign_in, with_next

View = Callable[..., HttpResponse]
AFTER = "after_second_factor"  # in the session: where somebody was going when a second factor was asked for
SHOWN_TRIES = 100


def signed_in(view: View) -> View:
    """A page for who has signed in, on any host: who sets up the first municipality has none yet."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), resolve_url("account_login"))
        return view(request, *args, **kwargs)

    return cast(View, never_cache(guarded))


def fresh(view: View) -> View:
    """A page that changes how one signs in: only for who showed a moment ago who they are."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if was_fresh(request):
            return view(request, *args, **kwargs)
        return to_show_again(request, request.get_full_path())

    return signed_in(guarded)


def languages(request: HttpRequest) -> list[str]:
    """The languages that letters can be written in here."""
    municipality = getattr(request, "municipality", None)
    return municipality.languages if municipality else ["nb", "en"]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Everything about one's own account on one page."""
    user: Any = request.user
    form = PersonForm(request.POST or None, instance=user, offered=languages(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(request.path)
    if form.errors:
        user.refresh_from_db(fields=["name", "lang"])  # the page names who is signed in
    keys = Authenticator.objects.filter(user=user).order_by("created_at")
    why = SENTENCES.get(request.GET.get("why", ""))
    linked = set(SocialAccount.objects.filter(user=user).values_list("provider", flat=True))
    offered = openid.providers()
    # One that is offered no more opens nothing, but may come again: what is linked can always be seen and removed.
    offered += [{"id": each, "name": each} for each in sorted(linked - {one["id"] for one in offered})]
    context = {
        "form": form,
        "refusal": why.label if why else "",
        "passkeys": [(key, key.wrap().name) for key in keys if key.type == Authenticator.Type.WEBAUTHN],
        "app": next((key for key in keys if key.type == Authenticator.Type.TOTP), None),
        "recovery": next((key for key in keys if key.type == Authenticator.Type.RECOVERY_CODES), None),
        "for_staff": is_staff(user),
        "providers": [one | {"linked": one["id"] in linked} for one in offered],
        "sessions": sessions_of(user, timezone.now()),
        "this_session": request.session.session_key,
        "tries": user.sign_ins.all()[:5],
    }
    return render(request, "account/home.html", context, status=422 if form.errors else 200)


@fresh
@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request: HttpRequest) -> HttpResponse:
    """Change one's mail address: the new one is asked for, then the code that went there."""
    at = timezone.now()
    if "other" in request.POST:
        moving.forget(request)
        return HttpResponseRedirect(request.path)
    waits, refusal = moving.asked(request, at), ""
    form: forms.Form = CodeForm(request.POST or None) if waits else NewAddressForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and not waits:
        email = form.cleaned_data["email"]
        why = why_not_ask(request, email, at)
        if why is None:
            moving.ask(request, email, at)
            return HttpResponseRedirect(request.path)
        refusal = str(why.label)
    elif request.method == "POST" and form.is_valid():
        why = moving.why_not(request, form.cleaned_data["code"], at)
        if why == Why.WRONG:
            form.add_error("code", str(why.label))
        elif why is None and moving.change(request, at):
            messages.success(request, _("Your new address is %(email)s. Use it the next time you sign in.") % {"email": waits})
            return HttpResponseRedirect(reverse("account_home"))
        else:
            # This code opens nothing any more: back to the first step.
            refusal = str(why.label) if why else _("There is an account at this address already. Sign out, and sign in with it.")
            moving.forget(request)
            form, waits = NewAddressForm(None, user=request.user), ""
    context = {"form": form, "email": waits, "refusal": refusal, "letters": letters_can_be_read()}
    return render(request, "account/new_address.html", context, status=422 if form.errors or refusal else 200)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def link_provider(request: HttpRequest) -> HttpResponse:
    """Who came by a provider that knows no address, and typed the code for theirs: link the two, by a press?"""
    name = openid.waits_for_yes(request)
    onward = after_sign_in(request)
    if name and request.method == "POST" and "yes" in request.POST:
        if not openid.link_what_waits(request):
            return HttpResponseRedirect(f"{reverse('account_home')}?{urlencode({'why': openid.Why.TAKEN.value})}")
        messages.success(request, _("%(name)s now opens your account.") % {"name": name})
    elif name and request.method != "POST":
        return render(request, "account/link_provider.html", {"name": name, "next": get_next_redirect_url(request) or ""})
    openid.forget_what_waits(request)
    return HttpResponseRedirect(onward)


@fresh
@require_http_methods(["GET", "HEAD", "POST"])
def remove_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """A provider shall no longer open one's account."""
    user: Any = request.user
    if not SocialAccount.objects.filter(user=user, provider=provider_id).exists():
        raise Http404
    name = openid.name_of(provider_id) or provider_id
    if request.method == "POST":
        openid.unlink(user, provider_id)
        messages.success(request, _("%(name)s no longer opens your account.") % {"name": name})
        return HttpResponseRedirect(reverse("account_home"))
    gave = user.provided_roles.filter(provider=provider_id).exists()
    return render(request, "account/remove_provider.html", {"name": name, "gave": gave})


@signed_in
def sign_ins(request: HttpRequest) -> HttpResponse:
    """One's own sign-ins of the last year, the newest first."""
    return render(request, "account/sign_ins.html", {"tries": request.user.sign_ins.all()[:SHOWN_TRIES]})  # type: ignore[union-attr]


@signed_in
@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """End one of one's sessions, or all but this one."""
    user: Any = request.user
    if "all" in request.POST:
        end_sessions(user.pk, but=request.session.session_key or "")
        messages.success(request, _("You are signed out everywhere else."))
    elif (pk := request.POST.get("session", "")).isdecimal():
        row = get_object_or_404(OpenSession, pk=int(pk[:18]), user=user)
        if row.key != request.session.session_key:
            end(row)
            messages.success(request, _("Signed out there."))
    return HttpResponseRedirect(reverse("account_home"))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """For who has been signed in for long and has no passkey: a new code, then on to what they wanted."""
    user: Any = request.user
    refusal = ""
    if request.method == "POST":
        why = why_not_ask(request, user.email, timezone.now())
        if why is None:
            address = with_next(reverse("account_confirm_login_code"), request)
            logout(request)
            clear_login(request)
            start(request, user.email)
            return HttpResponseRedirect(address)
        refusal = str(why.label)
    context = {"next": get_next_redirect_url(request) or "", "email": user.email, "refusal": refusal}
    return render(request, "account/again.html", context, status=422 if refusal else 200)


@signed_in
def second_factor(request: HttpRequest) -> HttpResponse:
    """For staff who have no second factor yet: why, and which."""
    wanted = get_next_redirect_url(request)
    if wanted:
        request.session[AFTER] = wanted
    if own_factors(request.user) or not is_staff(request.user):
        return HttpResponseRedirect(reverse("account_home"))
    return render(request, "account/staff/second_factor.html")


class AddPasskey(AddWebAuthnView):
    """A passkey always opens by itself: whoever can use it need not type anything."""

    template_name = "account/add_passkey.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        options = passkeys.begin_registration(self.request.user, True)
        return context | {"options": as_json(options), "form": self.get_form()}

    def get_success_url(self) -> str:
        return after_adding(self.request, self.did_generate_recovery_codes)


class RemovePasskey(RemoveWebAuthnView):
    template_name = "account/remove_passkey.html"

    def get_success_url(self) -> str:
        return reverse("account_home")


class AddApp(ActivateTOTPView):
    template_name = "account/staff/add_app.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return context | {"secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))}

    def get_success_url(self) -> str:
        return after_adding(self.request, self.did_generate_recovery_codes)


class RemoveApp(DeactivateTOTPView):
    template_name = "account/staff/remove_app.html"

    def get_success_url(self) -> str:
        return reverse("account_home")


class RecoveryCodes(ViewRecoveryCodesView):
    template_name = "account/recovery_codes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"onward": self.request.session.pop(AFTER, "")}


class NewRecoveryCodes(GenerateRecoveryCodesView):
    template_name = "account/new_recovery_codes.html"


class ShowAgain(ReauthenticateView):
    """Before something that matters: the passkey, or a code from the app."""

    template_name = "account/show_again.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "next": get_next_redirect_url(self.request) or "",
            "options": passkey_options(self.request.user),
            "has_app": Authenticator.Type.TOTP in own_factors(self.request.user),
            "by_mail": not is_staff(self.request.user),
        }


class ShowAgainByPasskey(ReauthenticateWebAuthnView):
    template_name = "account/show_again.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        return HttpResponseRedirect(with_next(reverse("mfa_reauthenticate"), self.request, why="passkey"))


class SecondFactor(AuthenticateView):
    """While signing in: the second factor."""

    template_name = "account/show_factor.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        user = self.stage.login.user
        return context | {"options": passkey_options(user), "has_app": Authenticator.Type.TOTP in own_factors(user)}


class SignInByPasskey(LoginWebAuthnView):
    """The script of the sign-in page asks here, and posts what the passkey answered."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return HttpResponseRedirect(with_next(reverse("account_login"), self.request, why="passkey"))


def after_adding(request: HttpRequest, new_codes: bool) -> str:
    """Recovery codes are shown once they are made; then on to where somebody was going."""
    if new_codes:
        return reverse("mfa_view_recovery_codes")
    return request.session.pop(AFTER, "") or reverse("account_home")


def passkey_options(user: Any) -> str:
    """What the browser asks a passkey of this person; empty where they have none."""
    return as_json(passkeys.begin_authentication(user)) if Authenticator.Type.WEBAUTHN in own_factors(user) else ""


def as_json(options: Any) -> str:
    """Options for the browser, to stand in an attribute."""
    return DjangoJSONEncoder().encode(options)
