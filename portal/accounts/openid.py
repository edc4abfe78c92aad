"""Signing in by a provider: ID-porten, Entra ID, or any other that speaks OpenID Connect.

django-allauth walks the way (state, PKCE, tokens); here stands what it leaves open. The ID token's signature, issuer,
audience and nonce are always checked, though it came straight from the provider. Of what the provider says only four things
are looked at: who it is (`sub`), a mail address and whether it is verified, the groups, and whether a second factor was
asked for. Nothing of it is stored but `sub`: ID-porten also tells the national identity number.

An identity that is new here is linked to the account at its mail address only where the provider says the address is
verified. A provider that tells no address (ID-porten) is linked to the address that is proved by a code in the same session,
once the person says yes to it by its name. Who has signed in links one by showing first that it is them; it can be unlinked.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from portal.accounts.codes import user_at
from portal.accounts.emails import Notice, send_notice
from portal.accounts.models import How, User
from portal.accounts.provided import bring_in_step, take_what_it_gave
from portal.accounts.second_factor import to_show_again, was_fresh
from portal.accounts.sessions import current_key, end_sessions
from portal.accounts.sign_ins import note_refusal
from portal.kit.mail import is_address

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY = 30  # seconds that two clocks may differ
PENDING = "identity_to_link"  # in the session
PENDING_FOR = 15 * 60
LANG = "openid_lang"


class Why(TextChoices):
    """Why a provider's word does not let somebody in."""

    UNVERIFIED = "unverified", _("The sign-in service does not vouch for your e-mail address. Sign in with a code instead.")
    TAKEN = "taken", _("This sign-in is linked to another account already.")
    FAILED = "failed", _("It was not possible to sign in that way. Try again, or use a code.")
    BY_PROVIDER = "by-provider", _("Your work here was given to you by your employer. Sign in the way you do at work.")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a provider says about somebody, as far as we look."""

    sub: str
    email: str = ""
    is_verified: bool = False
    name: str = ""
    groups: tuple[str, ...] = ()
    second_factor: bool = False


# ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────
def providers() -> list[dict[str, str]]:
    """The buttons of the sign-in page."""
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    return [{"id": app["provider_id"], "name": app["name"]} for app in apps]


def nonce_of(verifier: str) -> str:
    """What the ID token must carry: made of the PKCE verifier, which only this session knows."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"nonce|{verifier}".encode()).digest()).rstrip(b"=").decode()


class Provider(OpenIDConnectProvider):
    """One provider of OIDC_PROVIDERS."""

    def get_pkce_params(self) -> dict[str, str]:
        params: dict[str, str] = super().get_pkce_params()
        return params | {"nonce": nonce_of(params["code_verifier"])}

    def extract_uid(self, data: Facts) -> str:
        return data.sub

    def extract_extra_data(self, data: Facts) -> dict[str, Any]:
        return {"second_factor": data.second_factor}

    def extract_common_fields(self, data: Facts) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: Facts) -> list[Any]:
        return []


class Conversation(OpenIDConnectOAuth2Adapter):
    """What is said between us and the provider."""

    verifier = ""

    def get_provider(self) -> Provider:
        return Provider(request=self.request, app=super().get_provider().app)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("openid_connect_callback", args=[self.provider_id]))

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> Any:
        self.verifier = pkce_code_verifier or ""
        return super().get_access_token_data(request, app, client, pkce_code_verifier=pkce_code_verifier)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        issuer = str(self.openid_config.get("issuer", ""))
        if issuer.rstrip("/") != app.settings["server_url"].rstrip("/"):
            raise OAuth2Error("The provider calls itself something else than it is called here.")
        claims = self.claims(app, str(kwargs["response"].get("id_token") or ""), issuer)
        if "userinfo_endpoint" in self.openid_config:
            told = self._fetch_user_info(token.token)
            if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
                raise OAuth2Error("The user information is about somebody else.")
            claims = told | claims
        facts = facts_of(claims, app.settings)
        request.openid_facts = facts  # type: ignore[attr-defined]
        return self.get_provider().sociallogin_from_response(request, facts)

    def claims(self, app: SocialApp, token: str, issuer: str) -> dict[str, Any]:
        """What the ID token says, once it is known to be this provider's, for us, and for this very sign-in."""
        try:
            header = jwt.get_unverified_header(token)
            with get_social_adapter().get_requests_session() as session:
                answer = session.get(self.openid_config["jwks_uri"])
                answer.raise_for_status()
            keys = [key for key in answer.json()["keys"] if key.get("kid") == header.get("kid")]
            if header.get("alg") not in ALGORITHMS or not keys:
                raise OAuth2Error("No key of the provider fits the ID token.")
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(keys[0], algorithm=header["alg"]).key,
                algorithms=[header["alg"]],
                audience=app.client_id,
                issuer=issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
            )
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise OAuth2Error("The ID token cannot be believed.") from error
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("The ID token was made for somebody else.")
        if not self.verifier or not constant_time_compare(str(claims["nonce"]), nonce_of(self.verifier)):
            raise OAuth2Error("The ID token was made for another sign-in.")
        return claims


Provider.oauth2_adapter_class = Conversation


def facts_of(claims: Mapping[str, Any], wanted: Mapping[str, Any]) -> Facts:
    """The few things we look at. `xms_edov` is Entra's word for a verified address."""
    email = str(claims.get("email") or "").strip().lower()
    verified = any(claims.get(claim) in (True, 1, "1", "true", "True") for claim in ("email_verified", "xms_edov"))
    groups = claims.get(wanted.get("groups_claim") or "groups") or []
    amr = claims.get("amr") or []
    shown = {"acr": [str(claims.get("acr") or "")], "amr": amr if isinstance(amr, list) else [str(amr)]}
    return Facts(
        sub=str(claims["sub"]),
        email=email if is_address(email) else "",
        is_verified=verified,
        name=str(claims.get("name") or "")[:120],
        groups=tuple(map(str, groups)) if isinstance(groups, list) else (),
        second_factor=any(value in shown[claim] for claim, value in wanted.get("second_factor", [])),
    )


# ── believing ───────────────────────────────────────────────────────────────────────────────────────────────
class ProviderAdapter(DefaultSocialAccountAdapter):
    """Whom a provider's word lets in."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        facts: Facts = request.openid_facts  # type: ignore[attr-defined]
        provider = sociallogin.account.provider
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            self._link_to_own(request, sociallogin)
        user = sociallogin.user if sociallogin.is_existing else self._user_of(request, provider, facts)
        if not sociallogin.is_existing:
            sociallogin.account.user = user
            with transaction.atomic():
                sociallogin.account.save()
            sociallogin.user = user
            send_notice(user, Notice.CONNECTED, getattr(request, "municipality", None))
        if user.is_active:
            bring_in_step(user=user, provider=provider, groups=facts.groups, at=timezone.now())

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Any) -> Any:
        """Nothing is taken over by itself (`pre_social_login` decides)."""
        return sociallogin.user

    def _user_of(self, request: HttpRequest, provider: str, facts: Facts) -> User:
        """The account at a verified address; else the way to prove one, or a refusal."""
        if not facts.email:
            request.session[PENDING] = {"provider": provider, "uid": facts.sub, "at": time.time()}
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))
        if not facts.is_verified:
            raise self._refused(request, Why.UNVERIFIED)
        user = user_at(facts.email, lang=request.session.get(LANG, ""))
        if facts.name and not user.name:
            user.name = facts.name
            user.save(update_fields=["name"])
        return user

    def _link_to_own(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Somebody who has signed in, and showed just now that it is them, adds a provider to their account."""
        if not request.user.is_authenticated:  # signed out on the way
            raise self._refused(request, Why.FAILED)
        if not was_fresh(request):
            raise ImmediateHttpResponse(to_show_again(request, reverse("account_home")))
        if sociallogin.is_existing and sociallogin.user != request.user:
            raise self._refused(request, Why.TAKEN, to="account_home")
        if not sociallogin.is_existing:
            link(request.user, sociallogin.account.provider, sociallogin.account.uid)  # type: ignore[arg-type]
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_home")))

    def _refused(self, request: HttpRequest, why: Why, to: str = "account_login") -> ImmediateHttpResponse:
        note_refusal(request, how=How.PROVIDER, reason=why.value)
        return ImmediateHttpResponse(HttpResponseRedirect(f"{reverse(to)}?{urlencode({'why': why.value})}"))

    def on_authentication_error(self, request: HttpRequest, provider: Any, *args: Any, **kwargs: Any) -> None:
        raise self._refused(request, Why.FAILED)


def link(user: User, provider: str, uid: str) -> bool:
    """Let an identity at a provider sign in as this user. False where it is somebody's already."""
    try:
        with transaction.atomic():
            SocialAccount.objects.create(user=user, provider=provider, uid=uid, extra_data={})
    except IntegrityError:
        return SocialAccount.objects.filter(user=user, provider=provider, uid=uid).exists()
    send_notice(user, Notice.CONNECTED)
    return True


def unlink(user: User, provider: str) -> None:
    """No identity at this provider opens the account any more. What it gave goes too, and the person's other sessions end."""
    with transaction.atomic():
        SocialAccount.objects.filter(user=user, provider=provider).delete()
        take_what_it_gave(user, provider)
    end_sessions(user.pk, but=current_key(user.pk))
    send_notice(user, Notice.DISCONNECTED)


def name_of(provider: str) -> str:
    """What a provider is called; empty where it is none of ours."""
    return next((one["name"] for one in providers() if one["id"] == provider), "")


def _waiting(request: HttpRequest) -> dict[str, Any]:
    """The identity that came to this session a moment ago without an address; empty for none."""
    found = request.session.get(PENDING) or {}
    return found if time.time() - found.get("at", 0) <= PENDING_FOR else {}


def waits_for_address(request: HttpRequest) -> str:
    """The name of the provider whose identity waits to be linked to an address; empty where none does."""
    found = _waiting(request)
    return name_of(found["provider"]) if found else ""


def address_was_proved(request: HttpRequest, email: str) -> bool:
    """The code of this address was typed. Whether an identity waits for a yes now."""
    if not waits_for_address(request):
        return False
    request.session[PENDING] = _waiting(request) | {"email": email, "at": time.time()}
    return True


def waits_for_yes(request: HttpRequest) -> str:
    """The name of the provider that may be linked to who has signed in, if they say yes; empty for none."""
    user: Any = request.user
    return waits_for_address(request) if _waiting(request).get("email") == user.email else ""


def link_what_waits(request: HttpRequest) -> bool:
    """They said yes. False where the identity is somebody's already."""
    user: Any = request.user
    found = request.session.pop(PENDING)
    return link(user, found["provider"], found["uid"])


def forget_what_waits(request: HttpRequest) -> None:
    request.session.pop(PENDING, None)


def came_another_way(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Receiver: somebody has signed in. What waits is theirs only where they typed the code for it."""
    if _waiting(request).get("email") != user.email:
        forget_what_waits(request)
