"""The till in a browser: enrolled by a code, a card before the camera, green; the second till refuses; taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from cards.offers.models import Redemption
from cards.offers.tills import PRACTICE_CODE, invite, revoke
from portal.languages import COMPLETE
from tests.factories.cards import make_card, make_card_type, make_offer, make_till
from tests.pages.conftest import PATIENCE, Watch, told, violations_in_both_schemes
from tests.portal.till.conftest import Hall, make_hall
from tests.portal.till.fake_camera import camera_args, film
from tests.whole_file import rows_for_a_file

#: Each language and each width; the long run looks at both in both.
LOOKED_AT = [
    ("nb", 390),
    ("ar", 1280),
    *(pytest.param(*both, marks=pytest.mark.nightly) for both in (("nb", 1280), ("ar", 390))),
]
pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
Open = Callable[..., Any]
#: A refusal is an answer; a line that is cut is what a test does.
EXPECTED = ("/api/v1/till/", "/till/state", "net::ERR_FAILED", "net::ERR_INTERNET_DISCONNECTED")
#: All that the till keeps in its own database, as one text.
KEPT = """new Promise((done) => { const asked = indexedDB.open('till'); asked.onsuccess = async () => {
  const all = (name) => new Promise((told) => {
    asked.result.transaction(name).objectStore(name).getAll().onsuccess = (event) => told(event.target.result); });
  done(JSON.stringify([await all('waiting'), await all('told')])); }; })"""


@pytest.fixture(scope="module")
def served(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[str, Hall]]:
    with rows_for_a_file(django_db_blocker):
        made = make_hall()
        type(made.municipality).objects.filter(pk=made.municipality.pk).update(languages=list(COMPLETE))
        server = LiveServer("localhost")
        try:
            yield server.url, made
        finally:
            server.stop()


@pytest.fixture
def hall(served: tuple[str, Hall], db: None) -> Hall:  # type: ignore[override]
    return served[1]


@pytest.fixture
def camera(browser_type: Any, browser_type_launch_args: Any, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """`camera(text)` is a browser that sees a code."""
    browsers: list[Any] = []

    def launch(text: str) -> Any:
        args = {**browser_type_launch_args, "args": camera_args(film(tmp_path / f"{len(browsers)}.mjpeg", text))}
        browsers.append(browser_type.launch(**args))
        return browsers[-1]

    yield launch
    for one in browsers:
        one.close()


@pytest.fixture
def till(served: tuple[str, Hall], browser: Any, camera: Callable[[str], Any]) -> Iterator[Open]:
    """`till(token)` opens a till that is enrolled; it fails at the end where a page did what none may do."""
    contexts: list[tuple[Any, Watch]] = []

    def open_till(
        token: str = "", *, lang: str = "nb", width: int = 390, browser: Any = browser, at: str = "", workers: Any = "block"
    ) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 844},
            reduced_motion="reduce",
            service_workers=workers,
            base_url=served[0],
            permissions=["camera"],
        )
        context.set_default_timeout(PATIENCE)
        watch = Watch(served[0])
        watch.attach(context)
        contexts.append((context, watch))
        page = context.new_page()
        if token:
            page.add_init_script(f"localStorage.setItem('till-token', '{token}')")
        page.goto(f"/{lang}/till/{at}")
        return page

    yield open_till
    faults = []
    for context, watch in contexts:
        for _step in range(100):
            if not watch.open:
                break
            context.pages[0].wait_for_timeout(50)
        faults += [fault for fault in watch.faults if not any(words in fault for words in EXPECTED)]
        faults += [f"cookie: {cookie['name']}" for cookie in context.cookies()]
        context.close()
    assert faults == []


def choose(page: Any, name: str = "Svømming") -> None:
    """Choose an offer; where the server was too busy to answer in eight seconds, the till offers to ask again."""
    offer, again = page.get_by_role("button", name=name), page.locator("[data-retry] button")
    expect(offer.or_(again).filter(visible=True).first).to_be_visible()
    if again.is_visible():
        again.click()
    offer.click()


def type_code(page: Any, code: str) -> None:
    page.locator("#code").fill(code)
    page.keyboard.press("Enter")


def answered(page: Any, kind: str) -> Any:
    screen = page.locator("[data-view-answer]")
    expect(screen).to_have_attribute("data-kind", kind)
    expect(screen).to_be_visible()
    return screen


def test_from_the_code_on_the_desk_to_the_second_till(
    hall: Hall, till: Open, camera: Callable[[str], Any], served: tuple[str, Hall]
) -> None:
    card, code = make_card(offer=hall.swim, clips=1)
    invited = invite(provider=hall.provider, name="Nettbrettet", by=hall.cashier, at=timezone.now())
    first = till(browser=camera(f"{served[0]}/k#{code}"), at=f"#{invited.code}")
    first.locator("[data-enrol]").click()
    choose(first)
    assert "#" not in first.url
    first.locator("[data-toggle-camera]").click()
    screen = answered(first, "yes")
    expect(screen.locator("[data-words]")).to_have_text("Slipp inn i svømmehallen")
    expect(first.locator("[data-spoken]")).to_contain_text("Slipp inn i svømmehallen")
    use = Redemption.objects.get(allowance__card=card)
    assert (use.device.name, use.way) == ("Nettbrettet", "paper")

    # Before the camera it stays where it is: it is not used again by itself.
    screen.locator("[data-next]").click()
    first.wait_for_timeout(1500)
    assert Redemption.objects.filter(allowance__card=card).count() == 1

    second = till(hall.token)
    choose(second)
    type_code(second, code)
    answered(second, "no")

    first.locator("[data-toggle-camera]").click()
    first.locator("[data-uses] button").click()
    answered(first, "practice").locator("[data-next]").click()
    expect(first.locator("[data-uses]")).to_contain_text("Tatt tilbake")
    assert card.allowances.get().left == 1
    second.keyboard.press("Escape")
    type_code(second, code.lower())
    answered(second, "yes")


def test_a_picture_that_nobody_signed_lets_nobody_in(hall: Hall, till: Open, camera: Callable[[str], Any]) -> None:
    page = till(hall.token, browser=camera(f"FF1.{hall.card.public_id}.1.00000000"))
    choose(page)
    page.locator("[data-toggle-camera]").click()
    answered(page, "no")
    assert Redemption.objects.filter(allowance__card=hall.card).count() == 0


def test_the_same_card_is_asked_about_before_it_is_used_again(hall: Hall, till: Open) -> None:
    card, code = make_card(offer=hall.swim, clips=2)
    page = till(hall.token)
    choose(page)
    type_code(page, code)
    answered(page, "yes")
    page.keyboard.press("Escape")
    type_code(page, code)
    screen = answered(page, "ask")
    screen.locator("[data-next]").click()
    assert card.allowances.get().used == 1
    type_code(page, code)
    answered(page, "ask").locator("[data-do]").click()
    answered(page, "yes")
    assert card.allowances.get().used == 2


def test_people_are_counted_and_the_number_goes_back_to_one(hall: Hall, till: Open) -> None:
    card, code = make_card(offer=hall.swim, clips=3)
    page = till(hall.token)
    choose(page)
    page.locator("[data-people] label").nth(1).click()
    type_code(page, code)
    answered(page, "yes")
    assert Redemption.objects.get(allowance__card=card).people == 2
    page.keyboard.press("Escape")
    expect(page.locator("[data-people] input").first).to_be_checked()


def test_a_slip_is_seen_in_the_browser_and_practice_asks_nobody(hall: Hall, till: Open) -> None:
    page = till(hall.token)
    choose(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    slip = PRACTICE_CODE[:-1] + ("0" if PRACTICE_CODE[-1] != "0" else "1")
    type_code(page, slip)
    expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
    page.locator("#code").fill("")
    type_code(page, PRACTICE_CODE.lower())
    answered(page, "practice")
    assert not any("/api/" in url for url in asked)


def test_a_card_that_does_not_hold_this_is_offered_what_it_holds(hall: Hall, till: Open) -> None:
    card, code = make_card(offer=hall.sauna, clips=1)
    page = till(hall.token)
    choose(page)
    type_code(page, code)
    screen = answered(page, "no")
    screen.get_by_role("button", name="Badstue").click()
    answered(page, "yes")
    assert card.allowances.get().used == 1


def test_no_answer_is_asked_again_under_the_same_key(hall: Hall, till: Open) -> None:
    card, code = make_card(offer=hall.swim, clips=2)
    page = till(hall.token)
    choose(page)
    sent: list[str] = []

    def lose(route: Any) -> None:
        sent.append(route.request.post_data_json["key"])
        if len(sent) == 1:
            route.fetch()  # it arrives; the answer does not
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/till/redeem", lose)
    type_code(page, code)
    answered(page, "wait").locator("[data-do]").click()
    answered(page, "yes")
    assert len(set(sent)) == 1
    assert card.allowances.get().used == 1


def without_network(page: Any) -> None:
    page.route("**/api/v1/till/*", lambda route: route.abort())


def test_without_network_nothing_is_kept_unless_the_agreement_says_so(hall: Hall, till: Open) -> None:
    page = till(hall.token)
    choose(page)
    without_network(page)
    type_code(page, hall.code)
    expect(answered(page, "wait").locator("[data-do]")).to_be_visible()
    expect(page.locator("[data-waiting]")).to_be_hidden()


def test_uses_without_network_wait_and_are_told_in_their_order(hall: Hall, till: Open) -> None:
    type(hall.agreement).objects.filter(pk=hall.agreement.pk).update(offline_allowed=True)
    (one, first), (two, second) = (make_card(offer=hall.swim, clips=1) for _card in range(2))
    page = till(hall.token)
    choose(page)
    without_network(page)
    for code in (first, second):
        type_code(page, code)
        expect(answered(page, "wait").locator("[data-words]")).to_have_text("Slipp inn i svømmehallen")
        page.keyboard.press("Escape")
    expect(page.locator("[data-waiting]")).to_contain_text("2")
    # The same card twice would be more than one can know without network.
    type_code(page, first)
    answered(page, "ask").locator("[data-do]").click()
    answered(page, "no")
    page.keyboard.press("Escape")
    assert not Redemption.objects.filter(way="offline").exists()

    two.allowances.update(used=0, quantity=0)  # as if it had been used up elsewhere
    page.unroute("**/api/v1/till/*")
    page.locator("[data-tell]").click()
    expect(page.locator("[data-waiting]")).to_be_hidden()
    told_uses = list(Redemption.objects.filter(way="offline").order_by("pk").values_list("state", "allowance__card"))
    assert told_uses == [("ok", one.pk), ("disputed", two.pk)]
    expect(page.locator("[data-told] li")).to_have_count(2)
    assert first not in page.evaluate(KEPT)  # the code is forgotten with the telling
    page.locator("[data-clear-told]").click()
    expect(page.locator("[data-told]")).to_be_hidden()


def test_an_amount_taken_without_network_is_told_with_it(hall: Hall, till: Open) -> None:
    type(hall.agreement).objects.filter(pk=hall.agreement.pk).update(offline_allowed=True)
    workshop = make_offer(hall.agreement, title_nb="Verksted", unit_ore=0)
    card, code = make_card(make_card_type(lines=[(workshop, 50_000)], unit="ore"))
    page = till(hall.token)
    choose(page, "Verksted")
    type_code(page, code)
    screen = answered(page, "ask")
    without_network(page)
    screen.locator("#amount").fill("120,50")
    page.keyboard.press("Enter")
    expect(answered(page, "wait").locator("[data-words]")).to_have_text("Slipp inn: Verksted · 120,50\u00a0kr")
    page.keyboard.press("Escape")
    page.unroute("**/api/v1/till/*")
    page.locator("[data-tell]").click()
    expect(page.locator("[data-waiting]")).to_be_hidden()
    assert list(Redemption.objects.filter(allowance__card=card).values_list("state", "clips")) == [("ok", 12_050)]


def test_a_till_that_may_opens_without_network(hall: Hall, till: Open) -> None:
    type(hall.agreement).objects.filter(pk=hall.agreement.pk).update(offline_allowed=True)
    _card, code = make_card(offer=hall.swim, clips=1)
    page = till(hall.token, workers="allow")
    choose(page)
    page.locator("body[data-kept]").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("[data-offer]")).to_have_text("Svømming")
    type_code(page, code)
    answered(page, "wait").locator("[data-do]").click()
    answered(page, "practice")
    expect(page.locator("[data-waiting]")).to_be_hidden()
    page.keyboard.press("Escape")
    type_code(page, code)
    answered(page, "wait")
    expect(page.locator("[data-waiting]")).to_contain_text("1")
    page.context.set_offline(False)


def test_a_till_is_given_up_after_a_question(hall: Hall, till: Open) -> None:
    device, token = make_till(hall.provider)
    page = till()
    page.evaluate("token => localStorage.setItem('till-token', token)", token)
    page.reload()
    choose(page)
    page.locator(".till-more summary").click()
    page.locator("[data-forget]").click()
    answered(page, "ask").locator("[data-do]").click()
    expect(page.locator("[data-view=start]")).to_be_visible()
    device.refresh_from_db()
    assert device.revoked_at is not None


def test_a_stopped_till_says_so(hall: Hall, till: Open) -> None:
    device, token = make_till(hall.provider)
    page = till(token)
    choose(page)
    revoke(device=device, by=None, at=timezone.now())
    type_code(page, hall.code)
    expect(page.locator("[data-view=stopped]")).to_be_visible()
    assert page.evaluate("localStorage.getItem('till-token')") is None


def test_everything_by_keyboard(hall: Hall, till: Open) -> None:
    card, code = make_card(offer=hall.swim, clips=2)
    page = till(hall.token)
    expect(page.locator("#offers-heading")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    answered(page, "yes")
    expect(page.locator("[data-next]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_focused()
    type_code(page, PRACTICE_CODE)
    answered(page, "practice")
    # A scanner at the keyboard does not wait for anybody.
    page.keyboard.type("FF")
    expect(page.locator("#code")).to_have_value("FF")
    assert card.allowances.get().used == 1


@pytest.mark.parametrize(("lang", "width"), LOOKED_AT)
def test_axe_finds_nothing(hall: Hall, till: Open, lang: str, width: int) -> None:
    faults: dict[str, list[str]] = {}

    def look(name: str) -> None:
        for scheme, found in violations_in_both_schemes(page).items():
            faults[f"{name}, {scheme}"] = found
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    _card, code = make_card(offer=hall.swim, clips=1)
    page = till(lang=lang, width=width)
    expect(page.locator("[data-view=start]")).to_be_visible()
    look("start")
    page = till(hall.token, lang=lang, width=width)
    expect(page.locator("[data-view=offers]")).to_be_visible()
    look("offers")
    choose(page)
    look("ready")
    for typed, kind in ((code, "yes"), (code, "ask"), (PRACTICE_CODE, "practice")):
        type_code(page, typed)
        answered(page, kind)
        look(kind)
        page.keyboard.press("Escape")
    look("ready, with a use")
    _other, without = make_card(offer=hall.sauna)
    type_code(page, without)
    answered(page, "no").get_by_role("button", name=re.compile("Badstue")).wait_for()
    look("no")
    assert told(faults) == ""
