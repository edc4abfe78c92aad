"""Staff decide about what associations send: approved, mended and approved, sent back, two at once; and help on the phone."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from playwright.sync_api import expect

from directory.activities.models import Activity
from directory.municipalities.models import Municipality
from directory.providers.models import Membership
from portal.accounts.models import User
from tests.directory.proposals.conftest import propose
from tests.factories.directory import make_staff
from tests.pages.conftest import Look, Site

pytestmark = [pytest.mark.browser, pytest.mark.one_database]


def signed_in(page: Any, site: Site, user: User) -> Any:
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    return page


@pytest.fixture
def member(site: Site) -> User:
    user = User.objects.create_user("medlem@example.org", name="Medlem Demo", lang="en")
    Membership.objects.create(user=user, provider=site.town.activity.provider)
    return user


@pytest.fixture
def sent(site: Site, member: User) -> Activity:
    """A volunteer's proposal for the town's activity."""
    activity = Activity.objects.get(pk=site.town.activity.pk)
    rows = list(activity.get_latest_revision_as_object().sessions.all())
    return propose(
        activity,
        member,
        summary_nb="Trun for alle i hallen",
        description_nb="Ta med gode sko.",
        phone="00 00 99 88",
        phone_visibility="public",
        sessions=rows[:1],
    )


def open_first(page: Any, name: str) -> None:
    page.goto("/cms/")
    page.get_by_role("link", name="Forslag", exact=True).first.click()
    page.wait_for_url("**/cms/proposals/")
    with page.expect_navigation():
        page.get_by_role("link", name=name).first.click()


def test_mended_and_approved(site: Site, look: Look, coordinator: User, sent: Activity, member: User) -> None:
    staff = signed_in(look(watched=False), site, coordinator)
    open_first(staff, str(sent))
    summary = staff.locator("#line-summary_nb")
    expect(summary.locator("ins").first).to_have_text("Trun")
    expect(staff.locator("#line-phone_visibility")).to_contain_text("Alle kommer til å se dette")
    expect(staff.locator("#line-sessions")).to_contain_text("borte")

    summary.get_by_text("Endre dette").click()
    summary.get_by_role("textbox", name="I én setning").fill("Turn for alle i hallen")
    contact = staff.locator("#line-phone_visibility")
    contact.get_by_text("Endre dette").click()
    contact.get_by_role("combobox").select_option("staff")
    staff.get_by_role("button", name="Godkjenn og publiser").click()

    expect(staff.locator("body")).to_contain_text("er godkjent, med endringene dine")
    resident = look(390, 844)
    resident.goto(f"/nb/activities/{sent.slug}/")
    expect(resident.locator("main")).to_contain_text("Turn for alle i hallen")
    expect(resident.locator("main")).to_contain_text("Ta med gode sko.")
    expect(resident.locator("main")).not_to_contain_text("00 00 99 88")
    assert any(letter.to == [member.email] and letter.subject.startswith("Approved") for letter in mail.outbox)


def test_sent_back_and_sent_again(site: Site, look: Look, coordinator: User, sent: Activity, member: User) -> None:
    staff = signed_in(look(watched=False), site, coordinator)
    open_first(staff, str(sent))
    line = staff.locator("#line-description_nb")
    line.get_by_text("Si hva som er galt").click()
    line.get_by_role("textbox", name="Hva bør endres").fill("Skriv hva slags sko.")
    staff.get_by_label("Begynn med et lagret svar").select_option(index=3)
    expect(staff.get_by_label("Begrunnelse, til den som sendte")).to_have_value("Write what it costs. If it is free, say so.")
    staff.get_by_role("button", name="Send tilbake med denne begrunnelsen").click()

    expect(staff.locator("body")).to_contain_text("er sendt tilbake")
    letter = next(letter for letter in mail.outbox if letter.to == [member.email])
    assert "Skriv hva slags sko." in letter.body
    assert "If it is free, say so." in letter.body
    resident = look(390, 844)
    resident.goto(f"/nb/activities/{sent.slug}/")
    expect(resident.locator("main")).not_to_contain_text("Ta med gode sko.")

    propose(Activity.objects.get(pk=sent.pk), member, description_nb="Ta med innesko.")
    open_first(staff, str(sent))
    expect(staff.locator("main")).to_contain_text("Skriv hva slags sko.")
    staff.get_by_role("button", name="Godkjenn og publiser").click()
    expect(staff.locator("body")).to_contain_text("er godkjent")
    resident.goto(f"/nb/activities/{sent.slug}/")
    expect(resident.locator("main")).to_contain_text("Ta med innesko.")


def test_two_at_once(site: Site, look: Look, coordinator: User, sent: Activity, member: User) -> None:
    town = Municipality.objects.get(pk=site.town.municipality.pk)
    User.objects.filter(pk=coordinator.pk).update(name="Kari Demo")
    kari = signed_in(look(watched=False), site, coordinator)
    ola = signed_in(look(watched=False), site, make_staff(town, "ola@example.org"))
    open_first(kari, str(sent))
    open_first(ola, str(sent))
    expect(ola.locator("main")).to_contain_text("Kari Demo åpnet dette")
    ola.get_by_label("Begrunnelse, til den som sendte").fill("Vent litt")
    kari.get_by_role("button", name="Godkjenn og publiser").click()
    expect(kari.locator("body")).to_contain_text("er godkjent")

    ola.get_by_role("button", name="Send tilbake med denne begrunnelsen").click()

    expect(ola.locator("body")).to_contain_text("Kari Demo har avgjort dette i mellomtiden")
    expect(ola.locator("main")).to_contain_text("Vent litt")

    propose(Activity.objects.get(pk=sent.pk), member, summary_nb="Første")
    open_first(ola, str(sent))
    propose(Activity.objects.get(pk=sent.pk), member, summary_nb="Andre")
    ola.get_by_role("button", name="Godkjenn og publiser").click()
    expect(ola.locator("body")).to_contain_text("Det er kommet en nyere versjon")
    expect(ola.locator("#line-summary_nb")).to_contain_text("Andre")
    with ola.expect_navigation():
        ola.get_by_role("button", name="Godkjenn og publiser").click()
    assert Activity.objects.get(pk=sent.pk).summary_nb == "Andre"


def test_help_on_the_phone(site: Site, look: Look, coordinator: User, member: User) -> None:
    staff = signed_in(look(watched=False), site, coordinator)
    staff.goto("/cms/people/?q=medlem")
    staff.get_by_role("link", name="Medlem Demo").click()
    staff.get_by_role("link", name="Hjelp på telefonen").click()
    staff.get_by_label("Hva trenger personen hjelp med?").fill("Finner ikke knappen")
    staff.get_by_role("button", name="Begynn").click()
    banner = staff.get_by_role("region", name="Du handler for en annen")
    expect(banner).to_contain_text("Medlem Demo")
    expect(staff.locator("main")).to_contain_text(str(site.town.activity.provider))
    staff.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(banner).to_be_in_viewport()
    banner.get_by_role("button", name="Avslutt nå").click()
    expect(staff.locator("body")).to_contain_text("Du handler ikke for noen nå")
