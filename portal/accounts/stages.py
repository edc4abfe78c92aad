"""What stands between showing who one is and being in."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from portal.accounts import openid
from portal.accounts.models import How, Result
from portal.accounts.second_factor import counts_as_shown, is_demanded_of
from portal.accounts.sessions import PROVIDED_FOR, UNTIL
from portal.accounts.sign_ins import note


class SecondFactorStage(AuthenticateStage):
    """Asks for the second factor of whom it is demanded. Sends back to the provider whose work came from there."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is not None and user.is_break_glass and not self._by_password():
            note(self.request, user=user, how=How.OTHER, outcome=Result.REFUSED, reason="spare key without password")
            return HttpResponseRedirect(reverse("account_break_glass")), False
        if user is not None and self._must_come_by_provider():
            note(self.request, user=user, how=How.OTHER, outcome=Result.REFUSED, reason=openid.Why.BY_PROVIDER.value)
            address = f"{reverse('account_login')}?{urlencode({'why': openid.Why.BY_PROVIDER.value})}"
            return HttpResponseRedirect(address), False
        if (social := self._social()) is not None:
            self.request.session[UNTIL] = (timezone.now() + PROVIDED_FOR).timestamp()
            if social.account.extra_data.get("second_factor"):
                counts_as_shown(self.request, "provider")
        return super().handle()

    def _social(self) -> Any:
        return (self.login.signal_kwargs or {}).get("sociallogin")

    def _by_password(self) -> bool:
        records = get_authentication_records(self.request, self.login.user)
        return any(record.get("method") == "password" for record in records)

    def _must_come_by_provider(self) -> bool:
        """Who has left the provider must not come back by a mailbox: whose work it gave comes by it."""
        social = self._social()
        given = set(self.login.user.provided_roles.values_list("provider", flat=True))  # type: ignore[union-attr]
        return bool(given) and (social is None or social.account.provider not in given)

    def _should_handle(self, request: HttpRequest) -> bool:
        if self.login.user is None or not is_demanded_of(self.login.user):
            return False
        social = self._social()
        if social is not None and social.account.extra_data.get("second_factor"):
            return False
        return super()._should_handle(request)
