"""The coordinator's screens of the activity card: axe finds nothing of ours, nothing is wider than a telephone."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from cards.ledger.models import CountChange
from cards.offers import offering
from cards.offers.models import Device, Offer, ProviderAgreement, Redemption, Stock
from cards.programmes.keeping import change_quota, give_quota
from cards.programmes.models import AgencyQuota, Batch, CardType, Programme, ProgrammeYear
from directory.municipalities.models import Feature
from tests.directory.staff.conftest import make_disputed
from tests.factories.cards import (
    make_agency,
    make_agreement,
    make_card,
    make_card_type,
    make_offer,
    make_programme,
    make_stock,
    make_till,
)
from tests.factories.directory import MembershipFactory, TargetGroupFactory, make_municipality, make_staff
from tests.pages.conftest import Look, Site, Watch, told, violations
from tests.pages.test_staff_screens import ours, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]

SIDEWAYS = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide <= 0) return "";
  const out = [...document.querySelectorAll("main *")].find((one) => one.getBoundingClientRect().right > innerWidth + 1
    && !one.closest(".card-table, .w-overflow-auto, .listing, .overflow"));
  return `${wide}px: ${out ? out.outerHTML.slice(0, 120) : "?"}`;
}"""


def at(row: Any, name: str = "") -> str:
    """An address of a model's screens, or of a row's."""
    is_row = not isinstance(row, type)
    return reverse(row.snippet_viewset.get_url_name(name or ("edit" if is_row else "list")), args=[row.pk] if is_row else [])


@pytest.fixture
def screens(site: Site) -> dict[str, str]:
    """A programme of two municipalities with a row of everything, and something that waits."""
    town, now = site.town.municipality, timezone.now()
    town.features = [Feature.CARDS]
    town.save()
    partner = make_municipality("4001", "Porsgrunn", features=[Feature.CARDS])
    staff = make_staff(town, "decides@example.org")
    writer = MembershipFactory(provider=site.town.provider, role="editor").user
    programme = make_programme(town, partner, name_nb="Opplevelseskortet", intro_nb="Bruk det der det passer deg.")
    year = programme.years.get()
    agreement = make_agreement(programme, site.town.provider, ceiling_ore=1_200_000, terms="Følgeperson er alltid med gratis.")
    facts = {"let_in_nb": "Slipp inn én og en venn.", "note_nb": "Ta med håndkle.", "unit_ore": 4500, "quantity": 200}
    hours = {"hours": {"1": [["10:00", "16:00"]], "3": [["10:00", "20:00"]]}, "never": [["12-24", "12-26"]], "most_per_day": 1}
    offer = make_offer(agreement, title_nb="Bading", state="offered", conditions=hours, companions=1, **facts)
    offering.approve_offer(offer=offer, by=staff, at=now, publish_now=True)
    waiting = make_offer(agreement, title_nb="Klatring med instruktør", state="offered", unit_ore=9000)
    offering.approve_offer(offer=waiting, by=staff, at=now)
    offering.save_offer(agreement=agreement, offer=waiting, values={"unit_ore": 11000, "note_nb": "Ny hall"}, by=writer, at=now)
    offering.send_offer(offer=waiting, by=writer, at=now)
    offering.release(offer=offer, released=80, reason="Første del av året", by=staff, at=now)
    stock = make_stock(offer, 60, funder="Sparebankstiftelsen", unit_ore=3900, expires=year.closes)
    offering.load_codes(offer=offer, codes=["AB-1", "AB-2"], stock=stock, by=staff, at=now)
    card_type = make_card_type(year, lines=[(offer, 3), (waiting, 2)], name="Ungdom", age_from=13, age_to=16)
    card_type.targets.set([TargetGroupFactory(municipality=town, name_nb="Ungdom")])
    unused = make_card_type(year, lines=[(offer, 1)], name="Velkomst")
    quota = give_quota(agency=make_agency(town, name_nb="NAV"), card_type=card_type, quantity=400, by=staff, at=now)
    change_quota(quota=quota, quantity=450, reason="Flere familier enn ventet", by=staff, at=now)
    batch = make_card(card_type)[0].batch
    use = make_disputed(_Town(site.town.provider, card_type, offer))
    change = CountChange.objects.first()
    return {
        "offers": at(Offer),
        "offers, waiting": at(Offer) + "?state=offered",
        "offer": at(offer),
        "offer, waiting": at(waiting),
        "offer, form": at(offer, "form"),
        "offer, new": at(Offer, "add") + f"?agreement={agreement.pk}",
        "codes": at(offer, "codes"),
        "agreements": at(ProviderAgreement),
        "agreement": at(agreement),
        "agreement, new": at(ProviderAgreement, "add"),
        "tickets": at(Stock),
        "ticket": at(stock),
        "ticket, new": at(Stock, "add"),
        "tills": at(Device),
        "till": at(make_till(site.town.provider, name="Kasse 1")[0]),
        "uses": at(Redemption),
        "use": at(use),
        "quotas": at(AgencyQuota),
        "quota": at(quota),
        "quota, new": at(AgencyQuota, "add"),
        "batches": at(Batch),
        "batch": at(batch),
        "batch, new": at(Batch, "add"),
        "card, found by its stub": at(Batch, "find"),
        "card types": at(CardType),
        "card type": at(card_type),
        "card type, form": at(unused, "form"),
        "card type, new": at(CardType, "add"),
        "lines": at(card_type, "lines"),
        "years": at(ProgrammeYear),
        "year": at(year),
        "year, new": at(ProgrammeYear, "add"),
        "programmes": at(Programme),
        "programme": at(programme),
        "programme, form": at(programme, "form"),
        "journal": at(CountChange),
        "change": at(change),
        "first screen": "/cms/",
    }


class _Town:
    """What a disputed use is made from."""

    def __init__(self, provider: Any, card_type: Any, offer: Any) -> None:
        self.rows = {"Provider": provider, "CardType": card_type, "Offer": offer}

    def row(self, name: str) -> Any:
        return self.rows[name]


LISTS = {
    "offers",
    "offers, waiting",
    "agreements",
    "tickets",
    "tills",
    "uses",
    "quotas",
    "batches",
    "card types",
    "years",
    "programmes",
}
#: Wagtail's own, as in test_staff_screens.
THEIRS = (
    ("landmark-unique .w-h-\\[42px\\]:", {*LISTS, "journal", "first screen"}),
    ("page-has-heading-one html:", {"programme, form"}),
    ('aria-allowed-role h2[role="alert"]:', LISTS),
    ("target-size #w-minimap-toggle:", {"programme, form", "card type, form"}),
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_of_ours(scheme: str, site: Site, screens: dict[str, str], look: Look, thorough: bool) -> None:
    """Each screen in one scheme and width; the long run looks at all in both."""
    width = 1280 if scheme == "light" else 390
    page = signed_in(look(watched=False, color_scheme=scheme, width=width), site)
    watch = Watch(site.url)
    watch.attach(page.context)
    wrong = {}
    for number, (name, path) in enumerate(screens.items()):
        if not thorough and number % 2 != (scheme == "dark"):
            continue
        answer = page.goto(path)
        assert answer.status == 200, name
        assert "/login/" not in page.url
        theirs = tuple(start for start, where in THEIRS if name in where)
        found = [fault for fault in ours(name, violations(page)) if not (theirs and fault.startswith(theirs))]
        if name not in {*LISTS, "journal", "first screen", "programme, form"} and (sideways := page.evaluate(SIDEWAYS)):
            found.append(f"wider than the window by {sideways}")
        if found:
            wrong[name] = found
    assert not wrong, told(wrong)
    assert watch.faults == []
