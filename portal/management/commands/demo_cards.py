"""`manage.py demo_cards --count N --clips K --json`: cards and a till to try and to measure with, in a demo town."""

from __future__ import annotations

import json
import secrets
import uuid
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from cards.offers import tills
from cards.offers.models import Offer, ProviderAgreement
from cards.offers.states import AgreementState, OfferState
from cards.programmes.actions import issue
from cards.programmes.models import CardType, CardTypeLine, Programme, ProgrammeMember, ProgrammeYear
from cards.programmes.states import Way
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.demo.actions import there_is_a_demo_town

MOST_CARDS, MOST_CLIPS = 100_000, 1_000_000
AT_ONCE = 10_000  # cards of one batch


class Command(BaseCommand):
    """Makes a programme of its own each time, an offer, cards on paper that are valid at the till, and the till."""

    help = "Make cards with valid codes, an offer and a till, to try and to measure with. Only where a demo town is loaded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, default=10, help="how many cards")
        parser.add_argument("--clips", type=int, default=3, help="how many clips on each")
        parser.add_argument("--json", action="store_true", help='print {"till_token", "offer", "codes"} and nothing else')

    def handle(self, *args: Any, **options: Any) -> None:
        count, clips = options["count"], options["clips"]
        if not there_is_a_demo_town():
            raise CommandError("No demo town is loaded here. Run manage.py demo_town in an empty database first.")
        if not (1 <= count <= MOST_CARDS and 1 <= clips <= MOST_CLIPS):
            raise CommandError(f"--count is 1 to {MOST_CARDS}, --clips 1 to {MOST_CLIPS}.")
        made = make_cards(count, clips)
        if options["json"]:
            self.stdout.write(json.dumps(made))
            return
        self.stdout.write(f"Till: {made['till_token']}\nOffer: {made['offer']}\nCodes:")
        for code in made["codes"]:
            self.stdout.write(f"  {code}")


@transaction.atomic
def make_cards(count: int, clips: int) -> dict[str, Any]:
    """What a ticketing system needs to begin: its token, an offer, and codes with so many clips each."""
    at = timezone.now()
    today = timezone.localdate(at)
    # Of several the one whose pages answer at any address: a till asks at its own municipality's.
    town = Municipality.objects.filter(is_demo=True).order_by("-site__is_default_site", "pk")[0]
    of_town = Provider.objects.filter(municipality=town)
    provider = of_town.annotate(tills_there=Count("tills")).order_by("tills_there", "pk")[0]  # each has room for some
    first, last = today - timedelta(days=1), today + timedelta(days=365)
    name = f"Prøvekort {secrets.token_hex(3)}"
    programme = Programme.objects.create(municipality=town, name_nb=name, slug=name.lower().replace(" ", "-").replace("ø", "o"))
    ProgrammeMember.objects.create(programme=programme, municipality=town)
    year = ProgrammeYear.objects.create(programme=programme, year=today.year, opens=first, closes=last)
    agreement = ProviderAgreement.objects.create(
        programme=programme,
        municipality=town,
        provider=provider,
        state=AgreementState.AGREED,
        valid_from=first,
        valid_to=last,
        agreed_on=today,
        word_salt=secrets.token_bytes(16),
    )
    offer = Offer.objects.create(
        agreement=agreement,
        title_nb="Prøvebesøk",
        title_en="Trial visit",
        let_in_nb="Slipp inn én besøkende",
        let_in_en="Let in one visitor",
        state=OfferState.PUBLISHED,
        valid_from=first,
        valid_to=last,
        unit_ore=5000,
    )
    card_type = CardType.objects.create(year=year, name=name, activate_by=last, valid_to=last)
    CardTypeLine.objects.create(card_type=card_type, offer=offer, quantity=clips)
    codes = [
        one.code
        for start in range(0, count, AT_ONCE)
        for one in issue(
            card_type=card_type,
            municipality=town,
            agency=None,
            count=min(AT_ONCE, count - start),
            way=Way.PRINT,
            key=uuid.uuid4(),
            by=None,
            at=at,
        ).cards
    ]
    invited = tills.invite(provider=provider, name=name, by=None, at=at)
    enrolled = tills.enrol(invitation_token=invited.code, at=at)
    return {"till_token": enrolled.token, "offer": offer.pk, "codes": codes}
