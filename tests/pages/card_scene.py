"""What the pages of the card are looked at with: a swimming hall, a cinema and an amount, on two cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from cards.offers.models import Offer
from cards.programmes.models import Card, CardTypeLine
from cards.programmes.states import Unit
from directory.providers.models import Provider
from tests.factories.cards import make_agreement, make_card, make_card_type, make_offer, make_programme
from tests.pages.town import Town


@dataclass
class Scene:
    """The offers, and two cards that nobody has used."""

    swim: Offer
    film: Offer
    card: Card
    code: str
    sibling: Card
    sibling_code: str


def make_scene(town: Town) -> Scene:
    municipality = town.municipality
    programme = make_programme(
        municipality,
        name_nb="Opplevelseskortet",
        name_ar="بطاقة الأنشطة",
        intro_nb="Kortet gjelder hos alle som har avtale med kommunen.",
        help_phone="33 17 10 00",
        help_email="kortet@larvik.kommune.no",
    )
    hall = Provider.objects.create(
        municipality=municipality, name_nb="Farrisbadet", street="Fjellveien 1", postcode="3256", city="Larvik", live=True
    )
    kino = Provider.objects.create(municipality=municipality, name_nb="Larvik kino", postcode="3256", city="Larvik", live=True)
    swim = make_offer(
        make_agreement(programme, provider=hall),
        title_nb="Svømming i Farrisbadet",
        note_nb="Ta med badetøy og hengelås.",
        let_in_nb="Slipp inn ett barn og én voksen",
        conditions={"most_per_visit": 2},
        companions=1,
    )
    film = make_offer(
        make_agreement(programme, provider=kino),
        title_nb="Kinobillett",
        title_ar="تذكرة سينما",
        conditions={"never": [["01-01", "12-31"]]},
    )
    sport = make_offer(
        make_agreement(programme, provider=Provider.objects.create(municipality=municipality, name_nb="Sport 1", live=True)),
        title_nb="Utstyr",
    )
    kind = make_card_type(programme.years.get(), lines=[(swim, 3), (film, 2)])
    CardTypeLine.objects.create(card_type=kind, offer=sport, quantity=50_000, unit=Unit.ORE, sort_order=5)
    card, code = make_card(kind)
    sibling, sibling_code = make_card(
        kind, valid_to=timezone.localdate() + timedelta(days=12), activate_by=timezone.localdate() + timedelta(days=5)
    )
    return Scene(swim, film, card, code, sibling, sibling_code)
