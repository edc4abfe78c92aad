"""An agency worker hands out cards in a browser: a card in two pages, a pile as a file, a lost card helped by its stub.

Every page on the way, also those that only a press leads to, is looked at as the others of the desk are: axe in both schemes,
nothing wider than a small telephone, valid, and without script nothing missing.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from cards.ledger.codes import in_groups
from cards.programmes.models import AgencyQuota, Batch, Card
from cards.programmes.states import CardState
from directory.agencies.models import AgencyRole
from directory.municipalities.models import Feature
from tests.cards.programmes.reading import Sheets
from tests.factories.cards import make_agency, make_agreement, make_card_type, make_offer, make_programme, make_quota
from tests.factories.directory import ProviderFactory, UserFactory
from tests.pages.conftest import Look, Site, told
from tests.pages.looking import Looked, press, signed_in
from tests.pages.test_accessibility import REACHABLE, walk

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]


@dataclass
class Office:
    """An agency with two kinds of card, and who works there."""

    user: Any
    path: str


@pytest.fixture
def office(site: Site) -> Office:
    town = site.town.municipality
    town.features = [Feature.CARDS]
    town.save()
    programme = make_programme(town, name_nb="Opplevelseskortet", name_ar="بطاقة الأنشطة")
    hall = ProviderFactory(municipality=town, name_nb="Farrisbadet")
    swim = make_offer(make_agreement(programme, hall), title_nb="Svømming i Farrisbadet", title_ar="السباحة")
    agency = make_agency(town, name_nb="NAV Larvik", name_ar="ناف لارفيك")
    for name, clips in (("Ungdom 13–16", 3), ("Familie", 5)):
        make_quota(agency, make_card_type(programme.years.get(), lines=[(swim, clips)], name=name), 40)
    user = UserFactory()
    AgencyRole.objects.create(user=user, agency=agency)
    return Office(user, f"desk/cards/{agency.pk}/")


def scanned(page: Any) -> str:
    """What a telephone reads off the screen."""
    picture = Image.open(io.BytesIO(page.locator("img.qr:visible").screenshot()))
    (code,) = zxingcpp.read_barcodes(picture)
    return str(code.text)


def kind_named(name: str) -> int:
    return AgencyQuota.objects.get(card_type__name=name).card_type_id


@pytest.mark.parametrize(("lang", "width"), [("nb", 390), ("ar", 1280)])
def test_a_worker_s_day(lang: str, width: int, site: Site, look: Look, office: Office, tmp_path: Path, thorough: bool) -> None:
    page = signed_in(look(width, watched=False), site, office.user)
    seen = Looked(page, f"{lang}-{width}", tmp_path, thorough)
    home = f"/{lang}/{office.path}"

    # One card: from the desk it is two presses and a choice.
    page.goto(f"/{lang}/desk/")
    press(page, f"a.ds-button[href='{home}hand-out/']")
    kind = kind_named("Ungdom 13–16")
    seen.at("hand-out")
    press(page, ".desk-form button[type=submit]")
    expect(page.locator("[role=alert], .ds-alert").first).to_be_visible()
    seen.at("nothing-chosen")
    page.locator(f"[name=card_type][value='{kind}']").check()
    page.locator("[name=way][value=sms]").check()
    expect(page.locator("[name=phone]")).to_be_visible()
    expect(page.locator("[name=provider]")).to_be_hidden()
    press(page, ".desk-form button[type=submit]")
    expect(page.locator("[name=phone]")).to_have_attribute("aria-invalid", "true")
    seen.at("no-number")
    page.locator("[name=way][value=screen]").check()
    press(page, ".desk-form button[type=submit]")
    card = Card.objects.get()
    assert re.search(r"/k#[0-9A-Z]{16}$", scanned(page))
    expect(page.locator("main")).to_contain_text(in_groups(card.public_id))
    seen.at("on-the-screen")
    press(page, "button[value=printed]")
    seen.at("our-cards")

    for way in ("code", "print", "sms"):
        page.goto(f"{home}hand-out/")
        page.locator(f"[name=card_type][value='{kind}']").check()
        page.locator(f"[name=way][value={way}]").check()
        if way == "sms":
            page.locator("[name=phone]").fill("912 34 567")
        press(page, ".desk-form button[type=submit]")
        seen.at(f"by-{way}")
    with page.expect_download() as file:
        page.locator("details").last.locator("summary").click()
        page.locator("button[value=file]").click()
    with Sheets(file.value.path().read_bytes()) as sheets:
        assert len(sheets.codes()) == 1

    # A pile of cards: made, on paper, forgotten.
    page.goto(f"{home}many/")
    seen.at("many")
    page.locator(f"[name=card_type][value='{kind}']").check()
    page.locator("[name=count]").fill("400")
    press(page, ".desk-form button[type=submit]")
    seen.at("more-than-are-left")
    page.locator("[name=count]").fill("12")
    page.locator("[name=purpose]").fill("Tiende trinn")
    press(page, ".desk-form button[type=submit]")
    seen.at("sheet")
    with page.expect_download() as file:
        page.locator("button[value=file]").click()
    expect(page.locator("[data-said]")).not_to_be_empty()
    with Sheets(file.value.path().read_bytes()) as sheets:
        assert len({code for code, _width in sheets.codes()}) == 12
    press(page, "button[value=printed]")
    expect(page.locator("main")).to_contain_text("Tiende trinn")
    assert AgencyQuota.objects.get(card_type=kind).used == 16
    press(page, ".desk-lines form button >> nth=0")
    seen.at("print-anew")
    press(page, "button[value=make]")
    expect(page.locator("button[value=file]")).to_be_visible()

    # A lost card, by its stub.
    page.goto(home)
    page.locator("[name=number]").fill("0000-0000")
    press(page, "form:has([name=number]) button")
    seen.at("no-such-card")
    page.locator("[name=number]").fill(in_groups(card.public_id).lower())
    press(page, "form:has([name=number]) button")
    seen.at("card")
    page.locator("[name=offer]").select_option(index=1)
    press(page, "button[value=extra]")
    expect(page.locator("[role=status]").first).to_be_visible()
    seen.at("extra-given")
    press(page, "button[value=replace]")
    seen.at("replaced")
    new = Card.objects.get(replaces=card)
    assert sum(new.allowances.values_list("quantity", flat=True)) == 4
    page.goto(home)
    page.locator("[name=number]").fill(new.public_id)
    press(page, "form:has([name=number]) button")
    press(page, "button[value=stop]")
    expect(page.locator("button[value=stop]")).to_have_count(0)
    seen.at("stopped")
    new.refresh_from_db()
    assert new.state == CardState.REVOKED

    seen.end()


def test_a_card_by_keyboard_alone(site: Site, look: Look, office: Office) -> None:
    page = signed_in(look(390, watched=False), site, office.user)
    wrong = {}
    page.goto(f"/nb/{office.path}hand-out/")
    for _page in range(2):
        stops, faults = walk(page, "main")
        reachable = page.evaluate(REACHABLE, "main")
        if faults or len(stops) < reachable:
            wrong[page.locator("h1").inner_text()] = [*faults, f"{reachable} to reach, {len(stops)} stops"]
        if not Card.objects.exists():
            page.locator("[name=card_type]").first.focus()
            page.keyboard.press("Space")
            with page.expect_navigation():
                page.keyboard.press("Enter")
    assert Card.objects.count() == 1
    assert not wrong, told(wrong)


def test_without_script_a_card_is_made_and_printed(site: Site, look: Look, office: Office) -> None:
    page = signed_in(look(390, watched=False, java_script_enabled=False), site, office.user)
    page.goto(f"/nb/{office.path}hand-out/")
    for name in ("phone", "provider", "languages"):
        assert page.locator(f"[name={name}]").first.is_visible(), f"{name} must be there when nothing unfolds it"
    page.locator("[name=card_type]").first.check()
    page.locator("[name=way][value=print]").check()
    press(page, ".desk-form button[type=submit]")
    with page.expect_download() as file:
        page.locator("button[value=file]").click()
    with Sheets(file.value.path().read_bytes()) as sheets:
        ((code, _width),) = sheets.codes()
    assert code.startswith("http")
    press(page, "button[value=printed]")
    assert Batch.objects.get().printed_on == timezone.localdate()
