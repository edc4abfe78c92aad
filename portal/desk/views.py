"""The front page of the desk, and the page of one provider."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from cards.offers.queries import programmes_of
from directory.listings.loading import municipality_of
from directory.providers.models import AccessRequest, Attestation, Membership
from directory.providers.queries import meets_children, members_of
from directory.providers.rules import is_attested
from portal.desk.doors import agencies_of, desk_page, get_provider_for, person
from portal.desk.editing.loading import pages_of
from portal.desk.editing.states import UNSENT, running, state_of
from portal.desk.editing.steps import KIND_OF
from portal.desk.menu import tiles
from portal.desk.todo import todos
from portal.kit.texts import best


@desk_page
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """What there is to do now; then whom one acts for, and where else one can go."""
    municipality, at = municipality_of(request), timezone.now()
    order = municipality.order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    roles: dict[Any, list[str]] = {}
    memberships = Membership.objects.filter(user=person(request), provider__municipality=municipality).select_related("provider")
    for membership in memberships.order_by("provider__name_nb", "role"):
        roles.setdefault(membership.provider, []).append(membership.role)
    waiting = AccessRequest.objects.filter(
        user=person(request), municipality=municipality, state=AccessRequest.State.WAITING
    ).select_related("provider")
    context = {
        "todos": todos(request.user, municipality, at),
        "tiles": tiles(request.user, municipality, at),
        "providers": [
            {
                "row": provider,
                "name": best(provider, "name", order),
                "edits": Membership.Role.EDITOR in found,
                "roles": found,
            }
            for provider, found in roles.items()
        ],
        "agencies": [(agency, agency.text("name", order)) for agency in agencies_of(request.user, municipality)],
        "waiting": [(row, best(row.provider, "name", order) if row.provider else row.name) for row in waiting],
    }
    return render(request, "desk/desk.html", context)


@desk_page
@require_GET
def provider(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything of one provider: its pages with where each stands, its people, its figures."""
    row = get_provider_for(request, slug)
    order = row.municipality.order_for(row.municipality.languages[0])
    pages = pages_of(row)
    approvals = running(pages)
    lines = [
        {
            "row": page,
            "kind": KIND_OF[type(page)],
            "name": best(page, "name", order),
            "state": state_of(page, approvals.get((type(page), page.pk))),
        }
        for page in pages
    ]
    today = timezone.localdate()
    newest = Attestation.objects.filter(provider=row).values_list("seen_on", flat=True).first()
    context = {
        "provider": row,
        "provider_name": best(row, "name", order),
        "own": lines[0],
        "activities": [line for line in lines if line["kind"] == "activities"],
        "places": [line for line in lines if line["kind"] == "places"],
        "unsent": sum(line["state"] in UNSENT for line in lines),
        "people": members_of(row).count(),
        "certificates_wanted": meets_children(row) and not is_attested(newest, today),
        "several": len(lines) > 2,
        "takes_cards": programmes_of(row.municipality).exists() or row.card_agreements.exists(),
    }
    return render(request, "desk/provider.html", context)
