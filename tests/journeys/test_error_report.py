"""A visitor tells that something is wrong; staff see it in their queue, go to the listing, and take it out again."""

from __future__ import annotations

import pytest
from django.core import mail
from playwright.sync_api import expect

from directory.reports.models import ErrorReport
from portal.accounts.models import User
from tests.journeys.conftest import sign_in
from tests.pages.conftest import Look, Site

pytestmark = [pytest.mark.browser, pytest.mark.one_database]
LIST = "/cms/snippets/directory/errorreport/"


def test_from_the_page_to_the_queue_and_out_of_it(site: Site, look: Look, coordinator: User) -> None:
    phone = look(390, 844)
    phone.goto(site.town.paths("ar")["activity"])
    phone.locator("main a[href$='/report/']").click()
    phone.locator("input[name=topic][value=time]").check()
    phone.locator("#id_text").fill("الوقت تغيّر")
    phone.locator("#content form button").click()
    phone.wait_for_url("**/report/?sent=1")
    assert [letter.to for letter in mail.outbox] == [["kultur@example.org"]]

    desk = look(watched=False)
    sign_in(desk, coordinator)
    desk.goto(LIST)
    row = desk.locator("table.listing tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Turn for nybegynnere")
    expect(row).to_contain_text("الوقت تغيّر")
    row.locator("a").filter(visible=True).first.click()
    expect(desk.locator("dd[lang=ar]")).to_have_text("الوقت تغيّر")
    assert f"/activity/edit/{site.town.activity.pk}/" in (desk.locator("dl a").first.get_attribute("href") or "")
    desk.locator("input[name=done]").check()
    with desk.expect_navigation():
        desk.locator("button[type=submit][name=action-save], footer button[type=submit], form button[type=submit]").last.click()
    desk.wait_for_url(f"**{LIST}**")
    report = ErrorReport.objects.get()
    assert (report.handled_by, report.handled_at is not None) == (coordinator, True)
    desk.goto(f"{LIST}?handled=no")
    expect(desk.locator("table.listing tbody tr")).to_have_count(0)
