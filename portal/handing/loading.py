"""Loading and authorising, in one: what is not one's own is not there."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from cards.programmes.models import Batch, Card
from cards.programmes.permissions import may_hand_out
from cards.programmes.queries import batch_of, card_of
from cards.programmes.rules import WhyNotHand
from directory.agencies.models import Agency
from directory.listings.loading import municipality_of
from directory.listings.pages import reader_lang
from portal.desk.doors import agencies_of
from portal.kit.refusals import Refused
from portal.kit.texts import Text


def agencies_with_cards(request: HttpRequest) -> list[Agency]:
    """The agencies somebody works for that hand out cards here."""
    municipality = municipality_of(request)
    found = []
    for agency in agencies_of(request.user, municipality):
        agency.municipality = municipality
        if may_hand_out(request.user, agency):
            found.append(agency)
    return found


def agency_for(request: HttpRequest, pk: int) -> Agency:
    """An agency of this municipality that one works for. The same 404 for all others."""
    found = next((agency for agency in agencies_with_cards(request) if agency.pk == pk), None)
    if found is None:
        raise Http404("Nothing here for this person.")
    return found


def name_of(agency: Agency) -> Text:
    return agency.text("name", agency.municipality.order_for(reader_lang()))


def batch_for(request: HttpRequest, agency: Agency) -> Batch:
    """The agency's batch that a form names; 404 for another's."""
    batch = batch_of(agency, request.POST.get("batch", ""))
    if batch is None:
        raise Http404("No batch of this agency.")
    batch.agency, batch.municipality = agency, agency.municipality
    return batch


def card_for(agency: Agency, number: str) -> Card:
    """The agency's card with this number on its stub, or the "no" that another agency's gets too."""
    card = card_of(agency, number)
    if card is None:
        raise Refused(WhyNotHand.UNKNOWN_CARD)
    return card
