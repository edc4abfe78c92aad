"""A programme of two municipalities: Larvik looks after it, Porsgrunn takes part. Each has its own people, agencies and money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from cards.offers.models import Offer, ProviderAgreement, Stock
from cards.programmes.models import AgencyQuota, CardType, Programme, ProgrammeYear
from directory.agencies.models import Agency
from directory.municipalities.actions import appoint
from directory.municipalities.models import Feature, Municipality, StaffRole
from portal.accounts.models import User
from tests.factories.cards import (
    make_agency,
    make_agreement,
    make_card_type,
    make_offer,
    make_programme,
    make_quota,
    make_stock,
)
from tests.factories.directory import ProviderFactory, default_municipality, make_municipality, make_staff


def use_card(municipality: Municipality) -> Municipality:
    municipality.features = [Feature.CARDS]
    municipality.save()
    return municipality


@dataclass
class Side:
    """What one municipality has in the programme."""

    town: Municipality
    staff: User
    agency: Agency
    agreement: ProviderAgreement
    offer: Offer
    stock: Stock
    quota: AgencyQuota


@dataclass
class Joint:
    programme: Programme
    year: ProgrammeYear
    card_type: CardType
    lead: Side
    partner: Side


def side(town: Municipality, staff: User, programme: Programme, name: str) -> dict[str, Any]:
    provider = ProviderFactory(municipality=town, name_nb=f"{name} svømmehall")
    is_lead = name == "Larvik"
    terms = {"ceiling_ore": 7_654_300 if is_lead else 900_000, "terms": f"{name} vilkår"}
    agreement = make_agreement(programme, provider, town, **terms)
    offer = make_offer(agreement, title_nb=f"Bading {name}", unit_ore=4200, quantity=80)
    stock = make_stock(offer, 12, funder=f"{name} sparebank", unit_ore=3100 if is_lead else 2700)
    agency = make_agency(town, name_nb=f"{name} NAV")
    return {"agreement": agreement, "offer": offer, "stock": stock, "agency": agency, "staff": staff}


@pytest.fixture
def here(db: Any) -> Municipality:
    return use_card(default_municipality())


@pytest.fixture
def joint(here: Municipality) -> Joint:
    there = use_card(make_municipality("4001", "Porsgrunn"))
    programme = make_programme(here, there, name_nb="Opplevelseskortet")
    year = programme.years.get()
    lead = side(here, make_staff(here, "kari@example.org"), programme, "Larvik")
    partner = side(there, make_staff(there, "per@example.org"), programme, "Porsgrunn")
    card_type = make_card_type(year, lines=[(lead["offer"], 3), (partner["offer"], 2)], name="Sommer")
    for one, number in ((lead, 40), (partner, 33)):
        one["quota"] = make_quota(one["agency"], card_type, number)
    return Joint(programme, year, card_type, Side(town=here, **lead), Side(town=there, **partner))


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def kari(joint: Joint) -> Client:
    """The browser of the coordinator who looks after the programme."""
    return browser_of(joint.lead.staff)


@pytest.fixture
def per(joint: Joint) -> Client:
    """The browser of the partner's coordinator."""
    return browser_of(joint.partner.staff)


@pytest.fixture
def editor(joint: Joint) -> Client:
    """The browser of an editor of the municipality that looks after the programme."""
    user = User.objects.create_user("editor@example.org")
    appoint(user=user, municipality=joint.lead.town, role=StaffRole.Role.EDITOR)
    return browser_of(user)


def screen(row: type[Model] | Model, name: str = "list") -> str:
    """An address of a model's staff screens; of one row, when a row is given."""
    args = [row.pk] if isinstance(row, Model) else []
    return reverse(row.snippet_viewset.get_url_name("edit" if args and name == "list" else name), args=args)  # type: ignore[attr-defined]


def fields_of(response: Any, key: str) -> dict[str, Any]:
    """What the form of a deed holds before anything is typed, as a browser would send it."""
    for one in [*response.context["presses"], *response.context["deeds"]]:
        if one.deed.key == key:
            return {"deed": key, **sent(one.form)}
    raise AssertionError(f"{key} is not offered: {[one.deed.key for one in response.context['deeds']]}")


def sent(form: Any) -> dict[str, Any]:
    found = {}
    for field in form:
        value = field.value()
        if value is not None and value is not False and value not in ("", []):
            found[field.html_name] = (
                [one.pk if isinstance(one, Model) else one for one in value] if isinstance(value, list) else value
            )
    return found


def nb(text: str, **values: Any) -> str:
    """A text as staff here read it."""
    with translation.override("nb"):
        return gettext(text) % values if values else gettext(text)


DONE_ALREADY = "That has been done already, or can no longer be done."


def said(response: Any) -> list[str]:
    """What is told above a page, and what is wrong in its forms."""
    context = response.context or {}
    told = [str(message).strip() for message in context.get("messages", [])]
    forms = [one.form for one in context.get("deeds", [])] + [context.get("form"), *(context.get("lines") or [])]
    for form in forms:
        if form is not None and hasattr(form, "errors"):
            told += [str(error) for errors in form.errors.values() for error in errors]
    return told


def press(browser: Client, row: Model, key: str, **typed: Any) -> Any:
    """Open a row's page, fill in the form of a deed, and press its button."""
    address = screen(row)
    data = fields_of(browser.get(address), key) | {f"{key}-{name}": value for name, value in typed.items()}
    return browser.post(address, data, follow=True)
