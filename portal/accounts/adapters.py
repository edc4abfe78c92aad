"""What django-allauth asks of us: where people go, what they are told, and who needs a second factor."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in of this site."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff to their screens, everybody else to the desk."""
        to_staff = request.user.has_perm("wagtailadmin.access_admin")
        return "/cms/" if to_staff else reverse("desk")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def is_safe_url(self, url: str) -> bool:
        """Only this very host: the neighbour's is another municipality."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure())

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages say for themselves what happened, in twelve languages."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors and passkeys of this site."""
