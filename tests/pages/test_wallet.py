"""The card on a telephone in a real browser: from the paper to the phone, without network, used by a press, on one more phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, ngettext, override
from playwright.sync_api import expect

from cards.offers.actions import find_card
from cards.offers.models import Redemption
from cards.programmes.models import Wallet
from cards.programmes.states import Medium
from tests.journeys.conftest import wait_until
from tests.pages.card_scene import Scene, make_scene
from tests.pages.conftest import Look, Site, told, violations, violations_in_both_schemes
from tests.pages.test_accessibility import too_wide
from tests.pages.test_html import html_faults

#: Each language and each width; the long run looks at both in both.
LOOKED_AT = [
    ("nb", 390),
    ("ar", 1280),
    *(pytest.param(*both, marks=pytest.mark.nightly) for both in (("nb", 1280), ("ar", 390))),
]
pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture
def scene(site: Site) -> Scene:
    return make_scene(site.town)


Phone = Callable[..., Any]


def nb(text: str, **values: Any) -> str:
    """A text of the interface in bokmål."""
    with override("nb"):
        return gettext(text) % values if values else gettext(text)


def left(count: int) -> str:
    with override("nb"):
        return ngettext("%(left)s of %(all)s left", "%(left)s of %(all)s left", count) % {"left": count, "all": 3}


def where(page: Any, line: int = 0) -> None:
    """Open where and when a line of the card can be used."""
    page.locator(".line__where > summary").nth(line).click()


@pytest.fixture
def phone(look: Look) -> Phone:
    """A telephone with a card on it: `phone(code)`; with a worker where it is to work without network."""

    def put(*codes: str, lang: str = "nb", **options: Any) -> Any:
        page = look(options.pop("width", 390), options.pop("height", 844), **options)
        for code in codes:
            page.goto(f"/k?lang={lang}#{code}")
            page.locator("[data-put-here]").click()
            page.wait_for_url("**/w?lang=**")
            expect(page.locator(".ticket").first).to_be_visible()
        return page

    return put


def shown_code(page: Any) -> str:
    """What the picture on the telephone says."""
    page.locator("[data-show-code]").first.click()
    picture = page.locator("[data-code-picture]")
    expect(picture.locator("svg")).to_be_visible()
    return str(picture.get_attribute("data-text"))


def close(page: Any) -> None:
    """Close the sheet; its own entry in the browser's history goes too, and nothing is loaded until it has."""
    page.locator("dialog[open] [data-close]").click()
    wait_until(lambda: not page.evaluate("history.state?.sheet"), page)


def hold(page: Any) -> None:
    """Open the offer that is seen and hold its button for a second."""
    page.locator("[data-use]:visible").first.click()
    button = page.locator("dialog[open] [data-hold]")
    button.hover()
    page.mouse.down()
    page.wait_for_timeout(1200)
    page.mouse.up()


def test_from_the_paper_to_the_phone_and_without_network_to_the_till(site: Site, scene: Scene, phone: Phone) -> None:
    page = phone(scene.code, service_workers="allow", watched=False)
    scene.card.refresh_from_db()
    assert scene.card.medium == Medium.DIGITAL
    secret = page.url.split("#")[1]
    assert len(secret) == 26
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    expect(page.locator(".ticket")).to_be_visible()
    page.wait_for_timeout(300)
    page.context.set_offline(True)
    page.reload()
    expect(page.locator(".line__words").first).to_have_text(left(3))
    expect(page.locator("[data-status]")).to_contain_text(nb("No network. The code works all the same. This is how it was:"))
    found = find_card(shown_code(page), at=timezone.now())
    assert found.card == scene.card
    assert found.step is not None
    close(page)
    page.context.set_offline(False)
    page.goto("about:blank")


def test_the_secret_goes_to_nobody(site: Site, scene: Scene, phone: Phone, look: Look) -> None:
    asked: list[str] = []
    page = look(390)
    page.on("request", lambda request: asked.append(f"{request.url} {request.headers} {request.post_data or ''}"))
    referers: list[str] = []
    page.on("request", lambda request: referers.append(request.headers.get("referer") or ""))
    page.goto(f"/k?lang=nb#{scene.code}")
    page.locator("[data-put-here]").click()
    page.wait_for_url("**/w?lang=**")
    expect(page.locator(".ticket")).to_be_visible()
    secret = page.url.split("#")[1]
    assert len(asked) > 5
    assert [one for one in asked if secret in one.split(" ", 1)[1] or (f"#{secret}" not in one and secret in one)] == []
    foreign = [one for one in referers if one and not one.startswith(f"{site.url}/static/portal/build/")]
    assert foreign == [], "only files name files"
    assert page.context.cookies() == []
    assert not Wallet.objects.filter(auth_hash=secret.encode()).exists()


def test_the_telephone_keeps_the_shell_and_what_it_was_told_and_no_more(site: Site, scene: Scene, phone: Phone) -> None:
    page = phone(scene.code, service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    expect(page.locator(".ticket")).to_be_visible()
    page.wait_for_timeout(500)
    kept = page.evaluate("""async () => {
        const found = [];
        for (const name of await caches.keys())
            for (const {url} of await (await caches.open(name)).keys())
                found.push(`${name.split('-')[0]} ${new URL(url).pathname}`);
        return found;
    }""")
    assert [one for one in kept if not one.startswith(("wallet /static/portal/build/", "wallet /w", "wallet /app-sign"))] == []
    assert page.evaluate(
        "navigator.serviceWorker.getRegistrations().then((all) => all.map((one) => new URL(one.scope).pathname))"
    ) == ["/w"]
    page.goto("/nb/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_timeout(500)
    names = page.evaluate("caches.keys()")
    assert {name.split("-")[0] for name in names} == {"wallet", "frittfram"}, "neither worker clears the other's"
    page.goto("about:blank")


def test_a_held_button_uses_the_card_and_shows_the_word_of_the_day(site: Site, scene: Scene, phone: Phone) -> None:
    from cards.offers.words import word_of_the_day

    page = phone(scene.code)
    where(page)
    hold(page)
    done = page.locator("[data-done-sheet]")
    expect(done).to_be_visible()
    expect(done.locator(".done__word b")).to_have_text(word_of_the_day(scene.swim.agreement, timezone.localdate()))
    expect(done).to_contain_text("Farrisbadet")
    expect(done).to_contain_text("Slipp inn ett barn og én voksen")
    first = done.locator("[data-clock]").text_content()
    page.wait_for_timeout(1300)
    assert done.locator("[data-clock]").text_content() != first, "a picture of the screen stands still"
    assert Redemption.objects.count() == 1
    done.get_by_role("button").click()
    expect(page.locator(".line__words").first).to_have_text(left(2))


def test_the_card_is_used_by_keyboard_and_by_a_plain_press(site: Site, scene: Scene, phone: Phone) -> None:
    page = phone(scene.code)
    where(page)
    page.locator("[data-use]:visible").first.click()
    button = page.locator("dialog[open] [data-hold]")
    button.focus()
    page.keyboard.press("Space")
    expect(page.locator("dialog[open] [data-sure]")).to_be_visible()
    page.locator("dialog[open] [data-no]").click()
    assert not Redemption.objects.exists(), "a short press asks first"
    page.keyboard.down("Space")
    page.wait_for_timeout(1200)
    page.keyboard.up("Space")
    expect(page.locator("[data-done-sheet]")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("[data-use]:visible").first.click()
    page.locator("dialog[open] [data-hold]").click()
    page.locator("dialog[open] [data-yes]").click()
    expect(page.locator("[data-done-sheet]")).to_be_visible()
    assert Redemption.objects.count() == 2
    page.go_back()
    expect(page.locator("[data-done-sheet]")).to_be_hidden()
    assert "/w?lang=nb#" in page.url, "the telephone's own back closes what is open"


def test_a_press_without_answer_is_counted_once(site: Site, scene: Scene, phone: Phone) -> None:
    page = phone(scene.code, watched=False)
    lost: list[Any] = []

    def lose(route: Any) -> None:
        if len(lost) < 3:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/wallet/use**", lose)
    where(page)
    hold(page)
    expect(page.locator("dialog[open] [data-use-status]")).to_contain_text(
        nb("No answer came. Nothing is counted twice: press once more when there is network.")
    )
    close(page)
    page.reload()
    page.locator("[data-ask-pending]").click()
    expect(page.locator("[data-status]")).to_contain_text(nb("Your last use was counted."))
    expect(page.locator(".line__words").first).to_have_text(left(2))
    assert (len(lost), Redemption.objects.count()) == (3, 1)


def test_what_cannot_be_used_now_says_why(site: Site, scene: Scene, phone: Phone) -> None:
    page = phone(scene.code, watched=False)
    where(page, 1)
    expect(page.locator(".offer", has_text="Kinobillett").locator("[data-now]").first).to_contain_text(
        nb("Not today: it is closed to cards. Come on another day.")
    )
    hold(page)
    expect(page.locator("dialog[open] [data-use-status]")).to_contain_text(
        nb("Not today: it is closed to cards. Come on another day.")
    )
    assert not Redemption.objects.exists()


def test_cards_of_siblings_stand_together_and_one_goes_to_one_more_phone(
    site: Site, scene: Scene, phone: Phone, look: Look
) -> None:
    page = phone(scene.code, scene.sibling_code)
    expect(page.locator(".ticket")).to_have_count(2)
    with override("nb"):
        expect(page.locator(".ticket__soon:visible")).to_contain_text(
            ngettext("Runs out in %(count)s day", "Runs out in %(count)s days", 12) % {"count": 12}
        )
    page.locator("[data-manage] > summary").click()
    page.locator("[data-manage-name]").nth(1).fill("Mina")
    expect(page.locator(".ticket__own:visible")).to_have_text("Mina")
    page.locator("[data-manage-transfer]").nth(1).click()
    expect(page.locator("[data-transfer-code]")).to_have_text(re.compile("-"))
    token = page.locator("[data-transfer-code]").text_content()
    other = look(390)
    other.goto(f"/k?lang=nb#{token}")
    expect(other.locator("[data-put-transfer]")).to_be_visible()
    other.locator("[data-put-here]").click()
    other.wait_for_url("**/w?lang=**")
    expect(other.locator(".ticket")).to_have_count(1)
    assert scene.sibling.links.count() == 2
    assert scene.card.links.count() == 1


def test_a_link_with_other_cards_is_gathered_with_ones_own(site: Site, scene: Scene, phone: Phone) -> None:
    there = phone(scene.sibling_code, watched=False)
    page = phone(scene.code)
    mine = page.url
    page.goto("about:blank")
    page.goto(there.url)
    expect(page.locator("[data-foreign]")).to_be_visible()
    page.locator("[data-gather]").click()
    page.wait_for_url(mine)
    expect(page.locator(".ticket")).to_have_count(2)
    there.reload()
    expect(there.locator("[data-none]")).to_be_visible()


def test_the_wallet_says_what_is_wrong_with_a_link_or_a_code(site: Site, scene: Scene, look: Look) -> None:
    page = look(390, watched=False)
    page.goto("/w?lang=nb#ABC")
    expect(page.locator("[data-status]")).to_contain_text(nb("This link is not whole. Copy all of it and open it again."))
    page.goto("/w?lang=nb")
    page.reload()
    expect(page.locator("[data-none]")).to_be_visible()
    expect(page.locator("[data-more] > details:visible")).to_have_count(1)
    page.goto("/k?lang=nb#0000-0000-0000-0001")
    expect(page.locator("[data-status]")).to_contain_text(nb("This is not a card's code. Look for a slip and type it again."))
    page.locator("#code").fill(scene.code.lower())
    page.locator("[data-typed] button").click()
    expect(page.locator(".ticket")).to_be_visible()


def test_the_language_is_chosen_there_and_remembered(site: Site, scene: Scene, phone: Phone) -> None:
    page = phone(scene.code)
    page.locator(".wallet-top__languages > summary").click()
    page.locator("[data-language=ar]").click()
    page.wait_for_url("**/w?lang=ar#*")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    expect(page.locator(".ticket__name")).to_have_text("بطاقة الأنشطة")
    page.goto("/w")
    page.wait_for_url("**/w?lang=ar#*")


def test_without_script_the_typed_code_shows_what_is_left(site: Site, scene: Scene, look: Look) -> None:
    page = look(390, java_script_enabled=False)
    page.goto("/k?lang=nb")
    page.locator("#code").fill(f" {scene.code[:8].lower()} {scene.code[8:]}")
    page.locator("[data-typed] button").click()
    expect(page.locator(".line__words").first).to_have_text(left(3))
    where(page)
    expect(page.locator(".offer").first).to_contain_text("Farrisbadet")
    expect(page.locator("button:visible")).to_have_count(1)
    assert scene.code not in page.url
    page.locator("#code").fill("0000-0000-0000-0000")
    page.locator("[data-typed] button").click()
    expect(page.get_by_role("alert")).to_contain_text(
        nb("This card is not known here. Check the code, or ask who gave the card out.")
    )
    page.goto("/w?lang=nb")
    expect(page.get_by_role("link", name=nb("See what is left on a printed card"))).to_be_visible()


@pytest.mark.parametrize(("lang", "width"), LOOKED_AT)
def test_axe_finds_nothing(lang: str, width: int, site: Site, scene: Scene, phone: Phone) -> None:
    page = phone(scene.code, scene.sibling_code, lang=lang, width=width)
    faults = {f"wallet, {scheme}": found for scheme, found in violations_in_both_schemes(page).items()}
    while (closed := page.locator("main details:not([open]) > summary:visible")).count():
        closed.first.click()
    faults |= {f"wallet opened, {scheme}": found for scheme, found in violations_in_both_schemes(page).items()}
    page.locator("[data-use]").first.click()
    faults |= {f"offer, {scheme}": found for scheme, found in violations_in_both_schemes(page).items()}
    page.locator("dialog[open] [data-hold]").click()
    page.locator("dialog[open] [data-yes]").click()
    expect(page.locator("[data-done-sheet]")).to_be_visible()
    faults |= {f"done, {scheme}": found for scheme, found in violations_in_both_schemes(page).items()}
    page.locator("[data-done-sheet] [data-close]").click()
    page.locator("[data-show-code]").first.click()
    expect(page.locator("[data-code-picture] svg")).to_be_visible()
    faults |= {f"code, {scheme}": found for scheme, found in violations_in_both_schemes(page).items()}
    page.locator("dialog[open] [data-close]").click()
    page.locator("[data-manage-transfer]").first.click()
    expect(page.locator("[data-transfer-picture] svg")).to_be_visible()
    faults |= {"one more": violations(page)}
    page.goto(f"/k?lang={lang}")
    page.reload()
    expect(page.locator("[data-own-cards] a")).to_be_visible()
    faults |= {f"print, {scheme}": found for scheme, found in violations_in_both_schemes(page).items()}
    faults = {name: found for name, found in faults.items() if found}
    assert not faults, told(faults)


@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_nothing_scrolls_sideways_at_320(lang: str, site: Site, scene: Scene, phone: Phone) -> None:
    page = phone(scene.code, lang=lang, width=320, height=700)
    while (closed := page.locator("main details:not([open]) > summary:visible")).count():
        closed.first.click()
    assert too_wide(page) == []
    page.locator("[data-use]").first.click()
    assert too_wide(page) == []
    page.goto(f"/k?lang={lang}")
    page.reload()
    assert too_wide(page) == []


def test_html_validate_finds_nothing(site: Site, scene: Scene, tmp_path: Path) -> None:
    for lang in ("nb", "ar"):
        for name, path in {"w": "/w", "k": "/k"}.items():
            (tmp_path / f"{lang}-{name}.html").write_text(Client().get(f"{path}?lang={lang}").content.decode())
    assert html_faults(tmp_path) == ""
