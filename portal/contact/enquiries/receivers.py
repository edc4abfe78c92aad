"""Who gets an enquiry: the provider's editors, else its mail address, else the municipality's office.

An address that letters come back from is passed over. The asker is shown none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from directory.freshness.models import UndeliverableAddress
from directory.listings.kinds import Kind
from directory.listings.models import Listing
from directory.municipalities.models import Municipality
from directory.providers.models import Membership, Provider
from portal.contact.board.models import Notice
from portal.contact.board.rules import is_own
from portal.contact.enquiries.models import Enquiry
from portal.contact.standing import standing_in


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody a letter goes to. `tag` stands for them in the queue, so that no address does."""

    tag: str
    email: str
    lang: str
    has_desk: bool = False

    @property
    def is_office(self) -> bool:
        return self.tag == "office"


def provider_behind(listing: Any) -> Provider | None:
    """The provider of a listing: itself, or the one it belongs to."""
    return listing if isinstance(listing, Provider) else getattr(listing, "provider", None)


def listing_of(enquiry: Enquiry) -> Any:
    """What an enquiry is about, if it is still there."""
    model = next((model for model in Listing.__subclasses__() if enquiry.kind == model.KIND), None)
    if model is None or enquiry.listing_id is None:
        return None
    return model._default_manager.filter(pk=enquiry.listing_id, municipality=enquiry.municipality_id).first()


def is_reachable(listing: Any) -> bool:
    """Whether a question about a listing would come to anybody. Mostly without a question to the database."""
    return are_reachable([listing])[0]


def are_reachable(listings: Sequence[Any]) -> list[bool]:
    """The same of many, with one question to the database at most."""
    directly = [bool(listing.municipality.contact_email or listing.email) for listing in listings]
    behind = [listing.pk if isinstance(listing, Provider) else getattr(listing, "provider_id", None) for listing in listings]
    asked = {pk for pk, known in zip(behind, directly, strict=True) if pk is not None and not known}
    by_provider: set[int] = set()
    if asked:
        keeps = Q(memberships__role=Membership.Role.EDITOR, memberships__user__is_active=True)
        rows = Provider._default_manager.filter(~Q(email="") | keeps, pk__in=asked)
        by_provider = set(rows.values_list("pk", flat=True))
    return [known or pk in by_provider for pk, known in zip(behind, directly, strict=True)]


def editors_of(provider: Provider) -> Any:
    """The active editors of a provider, in the order in which they came."""
    if provider.pk is None:  # a preview of one that has not been saved
        return Membership.objects.none()
    roles = Membership.objects.filter(provider=provider, role=Membership.Role.EDITOR, user__is_active=True)
    return roles.select_related("user").order_by("pk")


def language_for(user: Any, municipality: Municipality) -> str:
    """The language of a letter: the receiver's own where the municipality has it, else its first."""
    own = getattr(user, "lang", "")
    return own if own in municipality.languages else municipality.languages[0]


def speaks_for(notice: Notice, author: Any) -> bool:
    """Whether who put a notice up still speaks for whom they put it up for."""
    return is_own(notice, standing_in(author, notice.municipality))


def receivers_of(enquiry: Enquiry, *, even_dead: bool = False) -> list[Receiver]:
    """Who gets this enquiry now. `even_dead`: as if no letter had ever come back."""
    municipality = enquiry.municipality
    steps = _steps(enquiry)
    addresses = [receiver.email.lower() for step in steps for receiver in step]
    dead = set() if even_dead else _dead(addresses)
    first = municipality.languages[0]
    office = [Receiver("office", municipality.contact_email, first)] if municipality.contact_email else []
    for step in (*steps, office):
        if alive := [receiver for receiver in step if receiver.email.lower() not in dead]:
            return alive
    return []


def _steps(enquiry: Enquiry) -> list[list[Receiver]]:
    """The receivers in question, the best first."""
    municipality = enquiry.municipality
    first = municipality.languages[0]
    steps: list[list[Receiver]] = []
    author = enquiry.to_user
    if author is not None and author.is_active and (enquiry.notice is None or speaks_for(enquiry.notice, author)):
        steps.append([Receiver(f"user:{author.pk}", author.email, language_for(author, municipality), has_desk=True)])
    if enquiry.provider is not None:
        people = [role.user for role in editors_of(enquiry.provider)]
        steps.append([Receiver(f"user:{one.pk}", one.email, language_for(one, municipality), has_desk=True) for one in people])
    agency = enquiry.notice.agency if enquiry.notice else None
    if agency is not None and agency.email:
        steps.append([Receiver("agency", agency.email, first)])
    listing = listing_of(enquiry) if enquiry.kind and enquiry.kind != Kind.PROVIDER else None
    for row, tag in ((listing, "listing"), (enquiry.provider, "provider")):
        if row is not None and row.email:
            steps.append([Receiver(tag, row.email, first)])
    return steps


def _dead(addresses: list[str]) -> set[str]:
    rows = UndeliverableAddress.objects.filter(email__in=addresses, cause=UndeliverableAddress.Cause.BOUNCED)
    return {address.lower() for address in rows.values_list("email", flat=True)}
