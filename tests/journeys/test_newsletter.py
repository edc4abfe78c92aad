"""A newsletter to many providers in five languages: written in the admin, sent by the worker, read, stopped by one press."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from playwright.sync_api import expect

from directory.municipalities.models import Municipality
from directory.providers.models import Membership, Provider
from portal.accounts.models import User
from portal.newsletters.models import Newsletter, Receiver
from portal.newsletters.states import LetterState
from tests.factories.directory import ProviderFactory
from tests.factories.newsletters import make_sender, with_newsletters
from tests.journeys.conftest import sign_in
from tests.journeys.test_coordinator_day import add_block, tab, write_text
from tests.pages.conftest import Look, Site, violations

pytestmark = [pytest.mark.browser, pytest.mark.one_database]
LANGUAGES = ["nb", "en", "ar", "uk", "pl"]
TABS = {"nb": "Norsk bokmål", "en": "English", "ar": "العربية", "uk": "Українська", "pl": "Polski"}
SUBJECTS = {"nb": "Søk om penger", "en": "Apply for money", "ar": "قدّموا طلبًا", "uk": "Подайте заявку", "pl": "Złóż wniosek"}
TEXTS = {"nb": "Fristen er snart.", "en": "It is soon.", "ar": "الموعد قريب.", "uk": "Термін скоро.", "pl": "Termin już wkrótce."}
#: What Wagtail's own screens are known for, by rule and selector; see tests/pages/test_staff_screens.py.
OF_WAGTAIL = ("landmark-unique .w-h-\\[42px\\]:",)


@pytest.fixture
def count(thorough: bool) -> int:
    return 320 if thorough else 40


@pytest.fixture
def larvik(site: Site, count: int) -> Municipality:
    municipality = with_newsletters(Municipality.objects.get(pk=site.town.municipality.pk))
    municipality.languages, municipality.checked_languages = LANGUAGES, ["nb", "en"]
    municipality.save()
    Newsletter.objects.filter(municipality=municipality).delete()
    Provider.objects.filter(municipality=municipality).update(email="")
    for n in range(count):
        provider = ProviderFactory(municipality=municipality, name_nb=f"Lag {n}")
        user = User.objects.create_user(f"lag{n}@example.org", lang=LANGUAGES[n % 5])
        Membership.objects.create(user=user, provider=provider, role="editor")
    make_sender(municipality)
    return municipality


def write_letter(desk: Any) -> None:
    """A subject and a text in each language, from the culture department."""
    for code in LANGUAGES:
        panel = tab(desk, TABS[code])
        panel.locator(f"[name=subject_{code}]").fill(SUBJECTS[code])
        add_block(panel, desk, "Tekst")
        write_text(panel, desk, TEXTS[code])
    panel = tab(desk, "Til hvem, fra hvem")
    panel.locator("[name=sender]").select_option(label="Kulturavdelingen")
    panel.locator("[name=in_archive]").check()
    desk.get_by_role("button", name="Lagre").first.click()


def test_a_newsletter_to_providers_in_five_languages(
    site: Site, look: Look, larvik: Municipality, coordinator: User, count: int
) -> None:
    desk = look(watched=False)
    sign_in(desk, coordinator)
    mail.outbox.clear()
    desk.goto("/cms/snippets/newsletters/newsletter/add/")
    write_letter(desk)

    # How many, who, and in which language, before anything goes out
    expect(desk.get_by_role("heading", name=f"{count} mottakere")).to_be_visible()
    for name in TABS.values():
        expect(desk.get_by_text(f"{name}: {count // 5}")).to_be_visible()
    desk.get_by_role("link", name="Se hvem").click()
    expect(desk.get_by_role("cell", name="lag0@example.org")).to_be_visible()
    desk.get_by_role("link", name="Tilbake til brevet").click()

    # A test to oneself
    desk.get_by_label("العربية").check()
    desk.get_by_role("button", name="Send en prøve").click()
    expect(desk.get_by_text("2 prøvebrev er på vei")).to_be_visible()
    assert [message.to for message in mail.outbox] == [[coordinator.email]] * 2
    mail.outbox.clear()

    # Let it go
    desk.get_by_role("link", name=f"Send det nå til {count} mottakere").click()
    desk.get_by_role("button", name=f"Send det nå til {count} mottakere").click()
    expect(desk.get_by_role("heading", name="Hvordan det gikk")).to_be_visible()
    assert len(mail.outbox) == count
    assert max(Counter(message.to[0] for message in mail.outbox).values()) == 1
    assert Counter(str(message.subject) for message in mail.outbox) == dict.fromkeys(SUBJECTS.values(), count // 5)
    assert Newsletter.objects.get().state == LetterState.SENT
    assert [fault for fault in violations(desk) if not fault.startswith(OF_WAGTAIL)] == []

    # Read on a phone, and stopped by one press without an account
    message = next(message for message in mail.outbox if message.to == ["lag2@example.org"])
    html = str(message.alternatives[0].content)
    assert '<html lang="ar" dir="rtl">' in html
    assert TEXTS["ar"] in message.body
    leave = urlsplit(re.search(r'href="([^"]*/newsletters/leave/[^"]*)"', html)[1]).path  # type: ignore[index]
    phone = look(width=390)
    phone.goto(leave)
    assert phone.evaluate("document.documentElement.dir") == "rtl"
    assert violations(phone) == []
    phone.locator("main form button").click()
    expect(phone.locator("main form input[name=again]")).to_have_count(1)
    assert Receiver.objects.get(email="lag2@example.org").unsubscribed_at is not None

    # In the archive, for everybody
    phone.goto("/uk/newsletters/")
    phone.get_by_role("link", name=SUBJECTS["uk"]).click()
    expect(phone.get_by_text(TEXTS["uk"])).to_be_visible()
    assert violations(phone) == []


def test_a_resident_asks_to_be_told_confirms_and_stops(site: Site, look: Look) -> None:
    phone = look(width=390)
    phone.goto("/nb/find/?category=c-sport")
    phone.get_by_role("link", name="Si fra når det kommer noe nytt").click()
    phone.get_by_label("E-postadressen din").or_(phone.locator("#id_email")).first.fill("ny@example.org")
    phone.locator("#id_lang").select_option("ar")
    assert violations(phone) == []
    phone.locator("main form button[type=submit]").click()
    expect(phone.get_by_role("status")).to_be_visible()

    confirm = re.search(r"https?://\S*/newsletters/confirm/\S+", mail.outbox[0].body)
    assert confirm
    phone.goto(urlsplit(confirm[0]).path)
    phone.locator("main form button").click()
    expect(phone.locator("button[name=stop]")).to_have_count(1)
    assert violations(phone) == []
    phone.locator("button[name=stop]").click()
    expect(phone.locator("button[name=stop]")).to_have_count(0)
