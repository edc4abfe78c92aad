"""Passkeys in a real browser, and the pages of signing in for everybody: without script, by keyboard, in Arabic."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from playwright.sync_api import Page

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from tests.factories.directory import default_municipality, make_staff
from tests.portal.accounts.conftest import newest_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = Path(__file__).resolve().parents[3] / "portal" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def town(live_server: Any, settings: Any) -> str:
    default_municipality(is_demo=False)
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    settings.STAFF_SECOND_FACTOR = True
    return str(live_server.url).replace("127.0.0.1", "localhost")


def axe(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


def send(page: Page) -> None:
    """Send the form one is in."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def passkey_of(page: Page) -> Any:
    """A telephone that always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def by_code(page: Page, town: str, email: str, path: str = "/nb/desk/sign-in/") -> None:
    page.goto(town + path)
    page.fill("#id_email", email)
    page.click("button:has-text('kode')")
    page.wait_for_selector("#id_code")
    page.fill("#id_code", newest_code(email))
    page.keyboard.press("Enter")


def test_an_association_makes_a_passkey_and_signs_in_by_it(page: Page, town: str) -> None:
    User.objects.create_user("kari@example.org", name="Kari")
    passkey_of(page)
    by_code(page, town, "kari@example.org")
    page.wait_for_url("**/nb/desk/")
    page.goto(f"{town}/nb/desk/account/passkeys/add/")
    page.click("form[data-passkey] button")
    page.wait_for_url("**/recovery-codes/")
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    with page.expect_navigation():
        page.click("text=Logg ut")
    page.goto(f"{town}/nb/desk/sign-in/?next=/nb/desk/account/")
    before = len(mail.outbox)
    page.click("form[data-passkey] button")
    page.wait_for_url(lambda url: url.endswith("/nb/desk/account/") and "next" not in url)
    assert "kari@example.org" in page.content()
    assert len(mail.outbox) == before, "no letter is needed"


def test_a_passkey_alone_brings_staff_to_their_screens(page: Page, town: str) -> None:
    make_staff(Municipality.objects.get(), "staff@example.org")
    passkey_of(page)
    by_code(page, town, "staff@example.org", "/cms/")
    page.wait_for_url("**/second-factor/**")
    page.click("a[href$='/passkeys/add/']")
    page.click("form[data-passkey] button")
    page.wait_for_url("**/recovery-codes/")
    page.click("a[href='/cms/']")
    page.wait_for_url("**/cms/")
    page.context.clear_cookies()
    page.goto(f"{town}/cms/")
    page.click("form[data-passkey] button")
    page.wait_for_url("**/cms/")
    page.context.clear_cookies()
    by_code(page, town, "staff@example.org")
    page.wait_for_url("**/sign-in/second/**")
    page.click("form[data-passkey] button")
    page.wait_for_url("**/cms/")


def test_without_script_the_code_is_enough_and_no_passkey_is_offered(browser: Any, town: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    by_code(page, town, "new@example.org")
    page.wait_for_url("**/account/name/**")
    page.fill("#id_name", "Solfrid Demo")
    page.click("main button")
    page.wait_for_url("**/nb/desk/")
    page.goto(f"{town}/nb/desk/account/")
    assert not page.is_visible("text=Lag en passnøkkel")
    page.goto(f"{town}/nb/desk/account/passkeys/add/")
    assert "JavaScript" in page.inner_text("main")


@pytest.mark.parametrize(("lang", "width"), [("nb", 1280), ("ar", 320)])
def test_pages_of_signing_in_have_no_fault(page: Page, town: str, lang: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    staff = make_staff(Municipality.objects.get(), "staff@example.org")
    seen = []

    def look(path: str) -> None:
        page.goto(f"{town}/{lang}/desk/{path}")
        seen.append(page.title())
        assert not axe(page), path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the screen"

    look("sign-in/")
    look("sign-in/?next=/cms/&why=tried")
    look("sign-in/closed/")
    look("sign-in/spare-key/")
    page.fill("#id_email", "x")
    page.goto(f"{town}/{lang}/desk/sign-in/")
    page.fill("#id_email", "not an address")
    send(page)
    assert not axe(page)
    assert page.evaluate("document.querySelector('#id_email').getAttribute('aria-invalid')") == "true"
    page.fill("#id_email", staff.email)
    send(page)
    assert not axe(page)
    page.fill("#id_code", "AAAA-AAAA")
    send(page)
    assert not axe(page)
    page.fill("#id_code", newest_code(staff.email))
    send(page)
    assert "/second-factor/" in page.url
    assert not axe(page)
    for path in (
        "account/",
        "account/name/",
        "account/sign-ins/",
        "account/app/add/",
        "account/passkeys/add/",
        "account/again/",
        "sign-out/",
    ):
        look(path)
    assert len(set(seen)) >= 9, "each page says what it is"


def test_a_code_can_be_typed_and_sent_by_keyboard_alone(page: Page, town: str) -> None:
    User.objects.create_user("kari@example.org", name="Kari")
    page.goto(f"{town}/nb/desk/sign-in/")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "id_email":
            break
    page.keyboard.type("kari@example.org")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/code/**")
    assert page.evaluate("document.activeElement.id") == "id_code", "where the code goes is where one is"
    page.keyboard.type(re.sub("-", "", newest_code("kari@example.org")).lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/nb/desk/")
