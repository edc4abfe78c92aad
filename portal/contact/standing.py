"""In what capacity somebody who is signed in meets the others: for providers, for agencies, for the municipality.

    standing = standing_of(request)      404 for whoever has none of these in this municipality

Read for each request and kept nowhere, like all that stands behind the desk's doors. Who is staff has shown a second factor
before they come here (portal/accounts/middleware.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest

from directory.agencies.models import Agency
from directory.listings.loading import municipality_of
from directory.listings.pages import reader_lang
from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import municipality_ids
from directory.providers.models import Provider
from portal.desk.doors import agencies_of, providers_of
from portal.kit.texts import Text, best


@dataclass(frozen=True)
class Standing:
    """Whom somebody may speak for in a municipality."""

    user: Any
    municipality: Municipality
    providers: tuple[Provider, ...]
    agencies: tuple[Agency, ...]
    is_staff: bool

    @property
    def is_member(self) -> bool:
        return bool(self.providers or self.agencies or self.is_staff)

    def choices(self) -> list[tuple[str, str | Text]]:
        """Whom they may write on behalf of: value of a form field, and name."""
        order = self.municipality.order_for(reader_lang())
        return [
            *((f"provider:{row.pk}", best(row, "name", order)) for row in self.providers),
            *((f"agency:{row.pk}", row.text("name", order)) for row in self.agencies),
            *([("municipality", self.municipality.name)] if self.is_staff else []),
        ]

    def behalf(self, chosen: str) -> tuple[Provider | None, Agency | None]:
        """The provider or agency meant; the first there is where nothing was chosen; neither for the municipality."""
        choices = [value for value, _name in self.choices()]
        value = chosen if chosen in choices else choices[0] if choices else ""
        kind, _sep, pk = value.partition(":")
        provider = next((row for row in self.providers if kind == "provider" and str(row.pk) == pk), None)
        agency = next((row for row in self.agencies if kind == "agency" and str(row.pk) == pk), None)
        return provider, agency


def standing_in(user: Any, municipality: Municipality) -> Standing:
    """What somebody is in a municipality; perhaps nothing."""
    return Standing(
        user,
        municipality,
        tuple(providers_of(user, municipality)),
        tuple(agencies_of(user, municipality)),
        is_staff=bool(user.is_active and (user.is_superuser or municipality.pk in municipality_ids(user))),
    )


def standing_of(request: HttpRequest) -> Standing:
    """The same for who asks; 404 for somebody who is nothing here."""
    standing = standing_in(request.user, municipality_of(request))
    if not standing.is_member:
        raise Http404("Nothing here for this person.")
    return standing
