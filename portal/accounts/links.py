"""A sign-in link that works once: for the demo, where nobody has a password and no letter is sent.

The link carries the user, and a fingerprint of when they signed in last, their password and their mail address. Signing in
changes that, so that a used link no longer fits; a row lock stands between two who use it at the same moment. Only where a
demo town is loaded, whatever the link says.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.core import signing
from django.db import transaction
from django.db.models import TextChoices
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import Municipality
from portal.accounts.models import How, User
from portal.accounts.second_factor import counts_as_shown
from portal.kit.addresses import address_of as address_of  # named here before
from portal.kit.refusals import Refused, refuse_if

SALT = "portal.accounts.links"
VALID_SECONDS = 24 * 60 * 60


class Why(TextChoices):
    """Why a sign-in link does not work."""

    NO_DEMO = "no-demo", _("Sign-in links exist only where a demo town is loaded.")
    SPENT = "spent", _("This link has been used or has expired. Ask for a new one: manage.py sign_in_link ADDRESS")
    UNKNOWN = "unknown", _("Nobody with this mail address may sign in here.")


def why_no_links() -> Why | None:
    """Links are for demo towns only, and only where every municipality is one."""
    demo = Municipality.objects.filter(is_demo=True).exists() and not Municipality.objects.filter(is_demo=False).exists()
    return None if demo else Why.NO_DEMO


def one_time_link(user: User) -> str:
    """The address that signs `user` in once, at their municipality's own host."""
    refuse_if(why_no_links())
    role = user.staff_roles.select_related("municipality__site").first()
    site = role.municipality.site if role else None
    return address_of(site) + reverse("sign_in_link", args=[token_for(user)])


def token_for(user: User) -> str:
    """What the link carries."""
    return signing.dumps({"user": user.pk, "as": _fingerprint(user)}, salt=SALT, compress=False)


def sign_in(request: HttpRequest, token: str) -> User:
    """Sign in whom the link is for, or raise Refused."""
    refuse_if(why_no_links())
    facts: Any = None
    try:
        facts = signing.loads(token, salt=SALT, max_age=VALID_SECONDS)
    except signing.BadSignature:
        refuse_if(Why.SPENT)
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=facts["user"], is_active=True).first()
        if user is None or not constant_time_compare(_fingerprint(user), facts["as"]):
            raise Refused(Why.SPENT)
        request.signing_in_by = How.LINK  # type: ignore[attr-defined]
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    counts_as_shown(request, "link")  # only demo towns have links, and nobody there has a telephone
    return user


def _fingerprint(user: User) -> str:
    """Changes when the user signs in, gets a password or another mail address."""
    seen = user.last_login.isoformat() if user.last_login else ""
    return salted_hmac(SALT, f"{user.pk}|{seen}|{user.password}|{user.email}", algorithm="sha256").hexdigest()[:32]
