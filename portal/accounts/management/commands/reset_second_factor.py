"""`manage.py reset_second_factor ADDRESS`: for who has lost telephone and recovery codes, or whom somebody else got in as."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.management.base import BaseCommand, CommandError

from portal.accounts.emails import Notice, send_notice
from portal.accounts.models import User
from portal.accounts.openid import unlink
from portal.accounts.sessions import end_sessions


class Command(BaseCommand):
    """Takes away passkeys, app, recovery codes and linked sign-in services; the person sets up new ones at the next sign-in."""

    help = (
        "Take away somebody's second factors and linked sign-in services, and end their sessions. "
        "Be sure who asks you: call them back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="the mail address of the person")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["address"].strip().lower(), is_break_glass=False).first()
        if user is None:
            raise CommandError("Nobody with this mail address signs in here. The spare key is renewed by: manage.py break_glass")
        count, _by_kind = Authenticator.objects.filter(user=user).delete()
        linked = sorted(set(SocialAccount.objects.filter(user=user).values_list("provider", flat=True)))
        for provider in linked:
            unlink(user, provider)
        end_sessions(user.pk)
        send_notice(user, Notice.APP_REMOVED)
        self.stdout.write(f"{count + len(linked)} taken away. {user.email} sets up a new one at the next sign-in.")
