"""Registers the list of sign-ins among the reports."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem


class SignInsMenuItem(MenuItem):
    """For who runs the installation."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)


@hooks.register("register_reports_menu_item")
def sign_ins_item() -> MenuItem:
    return SignInsMenuItem(_("Sign-ins"), reverse("all_sign_ins"), icon_name="key", order=900)
