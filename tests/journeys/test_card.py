"""A card's way: printed at an office, scanned by a telephone, shown without network, let in, refused, taken back, paid for.

The printed file, the telephone's screen and the till's camera are real: what the one shows is what the other sees.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override
from PIL import Image
from playwright.sync_api import expect

from cards.offers.models import Offer, Redemption
from cards.offers.settling import make_settlement, send
from cards.offers.tills import invite
from cards.programmes.models import Card
from cards.programmes.states import Medium
from directory.agencies.models import AgencyRole
from directory.municipalities.models import Feature
from directory.providers.models import Membership, Provider
from portal.accounts.models import User
from tests.cards.programmes.reading import Sheets
from tests.factories.cards import (
    journal_faults,
    make_agency,
    make_agreement,
    make_card_type,
    make_offer,
    make_programme,
    make_quota,
    make_till,
)
from tests.factories.directory import MembershipFactory, ProviderFactory, UserFactory
from tests.pages.conftest import Look, Site
from tests.pages.looking import press, signed_in
from tests.portal.till.fake_camera import camera_args, film_of_picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@dataclass
class Scene:
    """An office that hands out cards for a swimming hall: two swims for each, 50 kr for each swim."""

    worker: User
    office: str
    kind: int
    hall: Provider
    swim: Offer
    cashier: User
    editor: User


@pytest.fixture
def scene(site: Site) -> Scene:
    town = site.town.municipality
    town.features = [Feature.CARDS]
    town.save()
    programme = make_programme(town, name_nb="Opplevelseskortet")
    hall = ProviderFactory(municipality=town, name_nb="Farrisbadet")
    swim = make_offer(make_agreement(programme, hall), title_nb="Svømming", let_in_nb="Slipp inn i hallen", unit_ore=5000)
    kind = make_card_type(programme.years.get(), lines=[(swim, 2)])
    agency = make_agency(town)
    make_quota(agency, kind)
    worker, cashier, editor = (UserFactory(email=f"{name}@example.org") for name in ("kontoret", "kassen", "leder"))
    AgencyRole.objects.create(user=worker, agency=agency)
    MembershipFactory(user=cashier, provider=hall, role=Membership.Role.TILL)
    MembershipFactory(user=editor, provider=hall)
    return Scene(worker, f"/nb/desk/cards/{agency.pk}/", kind.pk, hall, swim, cashier, editor)


@pytest.fixture
def camera(browser_type: Any, browser_type_launch_args: Any, site: Site, tmp_path: Path) -> Iterator[tuple[Any, Path]]:
    """A tablet with a camera, and the film that the camera sees; it is looked for when the camera is turned on."""
    seen = tmp_path / "seen.mjpeg"
    tablet = browser_type.launch(**{**browser_type_launch_args, "args": camera_args(seen)})
    context = tablet.new_context(base_url=site.url, permissions=["camera"], reduced_motion="reduce", service_workers="block")
    yield context.new_page(), seen
    tablet.close()


def printed(scene: Scene, count: int) -> list[str]:
    """What the picture codes say in the file that the office prints."""
    office = Client()
    office.force_login(scene.worker)
    page = office.get(f"{scene.office}many/")
    asked = {"secret": page.context["form"]["secret"].value(), "card_type": scene.kind, "count": count, "layout": "ten"}
    made = office.post(f"{scene.office}many/", asked)
    secret = {"secret": made.context["secret"], "batch": made.context["batch"].pk}
    file = office.post(f"{scene.office}sheet/", {**secret, "do": "file", "layout": "ten"})
    with Sheets(file.content) as sheets:
        codes = [code for code, _width in sheets.codes()]
    office.post(f"{scene.office}sheet/", {**secret, "do": "printed"})
    return codes


def at(page: Any, text: str) -> None:
    """Go where a picture code leads."""
    address = urlsplit(text)
    page.goto(f"{address.path}?lang=nb#{address.fragment}")


def answered(till: Any, kind: str) -> Any:
    screen = till.locator("[data-view-answer]")
    expect(screen).to_have_attribute("data-kind", kind)
    expect(screen).to_be_visible()
    return screen


def use_by_typing(till: Any, code: str) -> None:
    till.locator("#code").fill(code)
    till.keyboard.press("Enter")


def statement(scene: Scene) -> tuple[int, Callable[[], str]]:
    """What the municipality would pay for today, and what stands on the provider's own pages of it."""
    at = timezone.now() + timedelta(days=1)
    agreement = scene.swim.agreement
    row = make_settlement(
        municipality=agreement.municipality,
        provider=scene.hall,
        year=agreement.programme.years.get(),
        first=timezone.localdate(),
        last=timezone.localdate(),
        by=None,
        at=at,
    )
    send(settlement=row, total_ore=row.total_ore, by=None, at=at)

    def read() -> str:
        client = Client()
        client.force_login(scene.editor)
        return client.get(f"/nb/desk/p/{scene.hall.slug}/statements/{row.pk}/").content.decode()

    return row.total_ore, read


def test_from_the_printer_to_the_statement(site: Site, look: Look, scene: Scene, camera: tuple[Any, Path]) -> None:
    on_phone, on_paper, without_script = printed(scene, 3)

    # The telephone sees the print, and takes the card over.
    phone = look(390, 844, service_workers="allow", watched=False)
    at(phone, on_phone)
    phone.locator("[data-put-here]").click()
    phone.wait_for_url("**/w?lang=nb#*")
    expect(phone.locator(".ticket")).to_be_visible()
    card = Card.objects.get(medium=Medium.DIGITAL)
    assert card.code_spent
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")

    # A tablet becomes a till by the picture code on the desk.
    till, seen = camera
    invited = invite(provider=scene.hall, name="Nettbrettet", by=scene.cashier, at=timezone.now())
    till.goto(f"/nb/till/#{invited.code}")
    till.locator("[data-enrol]").click()
    expect(till.locator("[data-offer]")).to_have_text("Svømming")

    # Without network the telephone has a picture all the same, and the till's camera sees just that.
    phone.context.set_offline(True)
    phone.reload()
    phone.locator("[data-show-code]").click()
    picture = phone.locator("[data-code-picture]")
    expect(picture.locator("svg")).to_be_visible()
    film_of_picture(seen, Image.open(io.BytesIO(picture.screenshot())))
    shown = picture.get_attribute("data-text")
    till.locator("[data-toggle-camera]").click()
    expect(answered(till, "yes").locator("[data-words]")).to_have_text("Slipp inn i hallen")
    till.locator("[data-toggle-camera]").dispatch_event("click")
    assert card.allowances.get().left == 1

    # The same picture at the next till is a picture of a picture.
    _device, token = make_till(scene.hall)
    second = look(1280, watched=False)
    second.add_init_script(f"localStorage.setItem('till-token', '{token}')")
    second.goto("/nb/till/")
    use_by_typing(second, shown)
    answered(second, "no")
    assert card.allowances.get().left == 1
    second.keyboard.press("Escape")

    # Taken back where it was let in; the telephone knows when it has network.
    till.keyboard.press("Escape")
    till.locator("[data-uses] button").click()
    with override("nb"):
        expect(till.locator("[data-words]")).to_have_text(gettext("Taken back"))
    assert card.allowances.get().left == 2
    phone.context.set_offline(False)
    phone.locator("dialog[open] [data-close]").click()
    expect(phone.locator(".dot--used")).to_have_count(0)
    phone.goto("about:blank")

    # Paper straight to the till: that is its first use, and the code goes on being the card.
    use_by_typing(second, on_paper.partition("#")[2].lower())
    answered(second, "yes")
    paper = Card.objects.get(medium=Medium.PAPER)
    assert (paper.state, paper.code_spent, paper.allowances.get().left) == ("active", False, 1)

    # Without script: what is left, and a plain form at the counter.
    plain = look(390, java_script_enabled=False, watched=False)
    code = without_script.partition("#")[2]
    plain.goto("/k?lang=nb")
    plain.locator("#code").fill(code)
    press(plain, "[data-typed] button")
    expect(plain.locator(".dot--used")).to_have_count(0)
    counter = signed_in(look(390, java_script_enabled=False, watched=False), site, scene.cashier)
    counter.goto(f"/nb/desk/p/{scene.hall.slug}/tills/counter/")
    counter.locator("[name=code]").fill(code)
    press(counter, "main form.form button[type=submit]")
    expect(counter.locator(".till-said--yes")).to_contain_text("Slipp inn i hallen")

    # Three were let in, one of them was taken back: two are paid.
    total, read = statement(scene)
    assert total == 2 * 5000
    assert "100 kr" in read().replace("\N{NO-BREAK SPACE}", " ")
    assert [use.way for use in Redemption.objects.order_by("pk")] == ["scan", "scan", "paper", "paper"]
    assert journal_faults() == []
