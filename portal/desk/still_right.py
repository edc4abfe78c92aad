""" "Is everything still right?" on the desk: the same question as in the letter, and the same one press."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from directory.freshness.answers import confirm_all, confirm_some
from directory.freshness.bounces import bounced, tidy
from directory.freshness.facts import pages_of
from directory.freshness.queries import dead_links_of, listings_of, old_of
from directory.listings.kinds import ConfirmedAs
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.desk.doors import desk_page, get_provider_for, providers_of
from portal.desk.editing.steps import KIND_OF
from portal.desk.todo import Todo
from portal.kit.texts import best


def todos(user: Any, municipality: Municipality, at: datetime) -> Iterator[Todo]:
    """What of one's own is to be confirmed, which website is dead, which address letters come back from."""
    today = timezone.localdate(at)
    order = municipality.order_for(get_language() or municipality.languages[0])
    for provider in providers_of(user, municipality).filter(delisted_at=None):
        provider.municipality = municipality
        name = best(provider, "name", order)
        if old := old_of(provider, today):
            hidden = any(row.hidden_at for row in old)
            text = (
                _("%(name)s: residents no longer see all of it. One press brings it back.")
                if hidden
                else _("%(name)s: it is a year since somebody said so. One press is enough.")
            )
            yield Todo(
                60 if hidden else 50,
                "calendar",
                _("Is everything still right?"),
                text % {"name": name},
                reverse("desk-still-right", args=[provider.slug]),
                _("Look and confirm"),
            )
        for row in dead_links_of(provider):
            yield Todo(
                30,
                "link",
                _("A website does not answer"),
                _("%(name)s: %(address)s has not answered for several days, so residents are not shown it. Is it right?")
                % {"name": best(row, "name", order), "address": row.website},
                href_of(row, provider),
                _("Change the address"),
            )
        if bounced([provider.email]):
            yield Todo(
                40,
                "mail",
                _("Letters to you come back"),
                _("%(name)s: letters to %(address)s come back. Write an address that works.")
                % {"name": name, "address": tidy(provider.email)},
                href_of(provider, provider),
                _("Change the address"),
            )


def href_of(row: Any, provider: Provider) -> str:
    """Where the contact of a page is changed; the provider's own page for what is not written on the desk."""
    kind = KIND_OF.get(type(row))
    if kind is None:
        return reverse("desk-provider", args=[provider.slug])
    return reverse("desk-step", args=[provider.slug, kind, row.pk, "contact"])


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def still_right(request: HttpRequest, slug: str) -> HttpResponse:
    """All pages of a provider, and one button."""
    provider = get_provider_for(request, slug)
    here = reverse("desk-still-right", args=[provider.slug])
    if request.method == "POST":
        by = request.user  # somebody who helps on the telephone is not let in here
        facts: dict[str, Any] = {"provider": provider, "by": by, "as_": ConfirmedAs.PROVIDER, "at": timezone.now()}
        if request.POST.get("answer") == "some":
            count = confirm_some(names=request.POST.getlist("page")[:500], **facts)
        else:
            count = confirm_all(**facts)
        if not count:
            messages.warning(request, _("You have chosen no page. Choose at least one."))
        elif request.POST.get("answer") == "some":
            messages.success(request, _("The pages you chose are confirmed. The rest still stands below."))
        else:
            messages.success(request, _("Everything is confirmed"))
        return HttpResponseRedirect(here)
    lang = get_language() or provider.municipality.languages[0]
    context = {
        "provider": provider,
        "name": best(provider, "name", provider.municipality.order_for(lang)),
        "pages": pages_of(listings_of(provider), lang),
        "is_old": bool(old_of(provider, timezone.localdate())),
        "here": here,
    }
    return render(request, "desk/still_right.html", context)
