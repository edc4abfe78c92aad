"""What django-allauth asks of us: where people go, what they are told, and who needs a second factor."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any
from urllib.parse import urlencode

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from portal.accounts.emails import Notice, send_notice
from portal.accounts.models import User
from portal.accounts.second_factor import own_factors, was_fresh
from portal.accounts.sessions import is_staff
from portal.accounts.sign_ins import kind_of_device

#: django-allauth's letters, and what we write instead: in the reader's language, and without their network's address.
NOTICES = {
    "mfa/email/webauthn_added": Notice.PASSKEY_ADDED,
    "mfa/email/webauthn_removed": Notice.PASSKEY_REMOVED,
    "mfa/email/totp_activated": Notice.APP_ADDED,
    "mfa/email/totp_deactivated": Notice.APP_REMOVED,
    "mfa/email/recovery_codes_generated": Notice.NEW_RECOVERY,
}


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in of this site."""

    def get_login_stages(self) -> list[str]:
        """What stands between showing who one is and being in. The address is proved by the code itself."""
        return ["allauth.account.stages.LoginByCodeStage", "portal.accounts.stages.SecondFactorStage"]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff to their screens, everybody else to the desk."""
        return "/cms/" if is_staff(request.user) else reverse("desk")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def is_safe_url(self, url: str) -> bool:
        """Only this very host: the neighbour's is another municipality."""
        request = context.request
        return url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody comes by django-allauth's own form: codes and providers make accounts (codes.py, openid.py)."""
        return False

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        response = super().post_login(request, user, **kwargs)
        if user.name or not response.has_header("Location"):
            return response
        return HttpResponseRedirect(f"{reverse('account_name')}?{urlencode({'next': response['Location']})}")

    def is_reauthentication_required(self, *, app: str) -> bool:
        return not was_fresh(context.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Where somebody shows again who they are: by what they have set up, else by a new code. Never by a password."""
        if not user.is_authenticated:
            return []
        name = "mfa_reauthenticate" if own_factors(user) else "account_again"
        also = [{"id": "passkey", "description": "", "url": reverse("mfa_reauthenticate_webauthn")}] if own_factors(user) else []
        return [{"id": name, "description": "", "url": reverse(name)}, *also]

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        if template_prefix in NOTICES:
            send_notice(user, NOTICES[template_prefix], getattr(context.request, "municipality", None))

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages say for themselves what happened, in twelve languages."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Passkeys and second factors of this site. An app's secret is encrypted, so that a copy of the database opens nothing."""

    def encrypt(self, text: str) -> str:
        return box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:  # SECRET_KEY is another one now: no code fits any more, and a new app must be set up
            return base64.b32encode(hashlib.sha256(encrypted_text.encode() + settings.SECRET_KEY.encode()).digest()[:20]).decode()

    def get_totp_issuer(self) -> str:
        return self._get_site_name()

    def _get_site_name(self) -> str:
        municipality = getattr(context.request, "municipality", None)
        return f"Frittfram {municipality.name}" if municipality else "Frittfram"

    def build_totp_svg(self, url: str) -> str:
        out = io.BytesIO()
        segno.make(url, error="m").save(out, kind="svg", scale=5, border=3, light="#fff", xmldecl=False)
        return out.getvalue().decode()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return kind_of_device(context.request) or "1"


def box() -> MultiFernet:
    """Encrypts with SECRET_KEY, and still opens what an earlier one closed (SECRET_KEY_FALLBACKS)."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second factor|{key!s}".encode()).digest())) for key in keys]
    )
