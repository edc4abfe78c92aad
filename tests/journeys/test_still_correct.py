"""Once a year: a letter, one press without signing in, and the page says who confirmed it and when."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django.utils.formats import date_format
from playwright.sync_api import expect

from directory.activities.models import Activity
from directory.freshness.clock import keep_fresh
from directory.freshness.models import Asking
from directory.freshness.rules import last_start
from directory.listings.kinds import ConfirmedAs
from directory.providers.models import Provider
from portal.accounts.models import User
from tests.directory.freshness.conftest import noon
from tests.factories.directory import MembershipFactory, UserFactory
from tests.journeys.conftest import sign_in
from tests.pages.conftest import Look, Site, violations

pytestmark = [pytest.mark.browser, pytest.mark.one_database]


def grown_old(site: Site, months: int) -> Provider:
    """The town's association, last confirmed so many months ago, never asked, with an editor who reads Arabic."""
    Asking.objects.all().delete()
    provider = Provider.objects.get(pk=site.town.provider.pk)
    at = noon(last_start(timezone.localdate(), months))
    Provider.objects.filter(pk=provider.pk).update(confirmed_at=at, confirmed_as=ConfirmedAs.STAFF)
    Activity.objects.filter(provider=provider).update(confirmed_at=at, confirmed_as=ConfirmedAs.STAFF)
    MembershipFactory(user=UserFactory(email="leder@example.org", lang="ar"), provider=provider)
    mail.outbox.clear()
    return provider


def link_in(letter: mail.EmailMessage) -> str:
    """The path of the big button."""
    found = re.search(r"https?://[^/\s]+(/\w+/still-right/[^/\s]+/)\s", str(letter.body))
    assert found, letter.body
    return found[1]


def test_from_the_letter_to_the_page(site: Site, look: Look, kept_on: None) -> None:
    grown_old(site, 16)
    page = site.town.paths("nb")["activity"]
    phone = look(390, 844)
    phone.goto(page)
    assert phone.locator(".freshness b").count() == 1, "readers are warned"

    keep_fresh(timezone.now())
    assert [letter.to for letter in mail.outbox] == [["leder@example.org"]]
    path = link_in(mail.outbox[0])
    assert path.startswith("/ar/")

    phone.goto(path)
    assert phone.locator("html").get_attribute("dir") == "rtl"
    assert violations(phone) == []
    expect(phone.locator("main .ds-button[data-size=lg]")).to_have_count(1)
    assert Activity.objects.get(pk=site.town.activity.pk).confirmed_as == ConfirmedAs.STAFF, "looking confirms nothing"
    phone.locator("main .ds-button[data-size=lg]").click()
    phone.wait_for_url("**?done=all")
    expect(phone.locator("[role=status]").first).to_be_visible()
    assert violations(phone) == []

    today = date_format(timezone.localdate(), "DATE_FORMAT")
    phone.goto(page)
    expect(phone.locator(".freshness")).to_contain_text(today)
    assert phone.locator(".freshness b").count() == 0
    phone.goto(path)
    expect(phone.locator("main")).to_contain_text(date_format(timezone.localdate(), "j"))
    expect(phone.locator("main .ds-button[data-size=lg]")).to_have_count(0)
    assert set(
        Activity.objects.filter(provider=site.town.provider.pk, delisted_at=None).values_list("confirmed_as", flat=True)
    ) == {ConfirmedAs.PROVIDER}


def test_without_script_and_by_keyboard_one_page_at_a_time(site: Site, look: Look) -> None:
    grown_old(site, 12)
    keep_fresh(timezone.now())
    phone = look(320, 700, java_script_enabled=False)
    phone.goto(link_in(mail.outbox[0]).replace("/ar/", "/nb/"))
    phone.locator("details.asked-some summary").focus()
    phone.keyboard.press("Enter")
    phone.locator("input[name=page]").first.focus()
    phone.keyboard.press("Space")
    phone.locator("details.asked-some button").focus()
    phone.keyboard.press("Enter")
    phone.wait_for_url("**?done=some")
    provider = Provider.objects.get(pk=site.town.provider.pk)
    assert provider.confirmed_as == ConfirmedAs.PROVIDER
    assert timezone.now() - provider.confirmed_at < timedelta(minutes=5)
    assert Activity.objects.get(pk=site.town.activity.pk).confirmed_as == ConfirmedAs.STAFF
    assert not Asking.objects.exclude(answer="").exists()


def test_closed_is_looked_into_by_staff(site: Site, look: Look, coordinator: User) -> None:
    grown_old(site, 12)
    keep_fresh(timezone.now())
    phone = look(390, 844)
    phone.goto(link_in(mail.outbox[0]).replace("/ar/", "/nb/"))
    phone.locator("a[href$='/closed/']").click()
    phone.wait_for_url("**/closed/")
    phone.locator("main form button").click()
    phone.wait_for_url("**?done=closed")
    assert Provider.objects.get(pk=site.town.provider.pk).is_public

    desk = look(watched=False)
    sign_in(desk, coordinator)
    desk.goto("/cms/freshness/closed/")
    expect(desk.locator("table.listing tbody tr")).to_have_count(1)
    assert violations(desk) == []
    desk.locator("input[name=row]").check()
    desk.locator("button[value=delist]").click()
    expect(desk.locator("table.listing")).to_have_count(0)
    phone.goto(site.town.paths("nb")["provider"])
    assert not Provider.objects.get(pk=site.town.provider.pk).is_public
