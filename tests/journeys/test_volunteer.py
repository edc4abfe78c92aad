"""A volunteer's first visit, on a telephone, to an approved change; and what happens when the board changes.

She signs in for the first time, by a code that comes by mail. She asks for her association's page, staff say yes, she begins an
activity with a picture and a time, looks at it as residents will, and sends it. What staff approve is public. A year later
there is a new board.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from PIL import Image as Pillow
from playwright.sync_api import expect

from directory.activities.models import Activity
from directory.providers.models import Membership
from portal.accounts.models import User
from tests.factories.directory import UserFactory
from tests.journeys.conftest import sign_in
from tests.pages.conftest import Look, Site, violations
from tests.portal.accounts.conftest import newest_code

pytestmark = [pytest.mark.browser, pytest.mark.one_database]


def signed_in(look: Look, user: User, **options: Any) -> Any:
    """A browser in which somebody has signed in. How that is done is told in the tests of sign-in."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    page = look(390, 844, watched=False, **options)
    page.goto("/nb/")
    url = page.evaluate("location.origin") + "/"
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
    return page


def picture(folder: Path) -> Path:
    out = BytesIO()
    Pillow.new("RGB", (1200, 900), "#c9502a").save(out, "JPEG")
    path = folder / "IMG_2031.jpg"
    path.write_bytes(out.getvalue())
    return path


def step_on(page: Any) -> None:
    with page.expect_navigation():
        page.locator(".desk-form button[type=submit]").first.click()


def heading(page: Any) -> Any:
    return page.locator("main h1")


def test_from_a_first_visit_to_a_public_page(site: Site, look: Look, coordinator: User, tmp_path: Path) -> None:
    provider = site.town.provider
    page = look(390, 844, watched=False)
    resident = look(390, 844)
    office = look(watched=False)
    sign_in(office, coordinator)

    # Nobody knows her yet. A code comes to her mailbox; with it she is in, and says what she is called.
    page.goto("/nb/desk/")
    page.locator("#id_email").fill("frivillig@example.org")
    assert violations(page) == []
    page.keyboard.press("Enter")
    page.locator("#id_code").wait_for()
    page.locator("#id_code").fill(newest_code("frivillig@example.org"))
    page.keyboard.press("Enter")
    page.locator("#id_name").fill("Ingrid Demo")
    page.locator("main form button[type=submit]").click()

    # Which association is she with?
    page.locator("#id_q").fill(str(provider.name_nb)[:-1])
    page.locator(".desk-search button").click()
    page.locator(f'a[href="/nb/desk/join/{provider.pk}/"]').click()
    page.locator("#id_message").fill("Jeg leder styret siden mars.")
    page.locator(".desk-page form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text(str(provider.name_nb))
    assert page.goto(f"/nb/desk/p/{provider.slug}/").status == 404

    # Staff say yes; the letter leads back.
    mail.outbox.clear()
    office.goto("/cms/proposals/")
    office.get_by_role("link", name=str(provider.name_nb)).first.click()
    expect(office.locator("main")).to_contain_text("Jeg leder styret siden mars.")
    office.get_by_role("button", name="Ja, gi siden").click()
    expect(office.locator("body")).to_contain_text("Ingrid Demo kan nå")
    letter = next(one for one in mail.outbox if one.to == ["frivillig@example.org"])
    assert "/nb/desk/" in letter.body
    page.goto(re.search(r"https?://[^/\s]+(/\S*)", letter.body)[1])  # type: ignore[index]
    page.get_by_role("link", name=str(provider.name_nb), exact=True).click()

    # A new activity, one question after the other.
    page.locator('a[href$="/activities/new/"]').click()
    page.locator("#id_name").fill("Drakebygging for barn")
    page.locator(".desk-page form button[type=submit]").click()
    page.locator("#id_summary_nb").fill("Vi bygger drager og flyr dem på jordet.")
    # What she writes is kept while she writes.
    said = page.locator("[data-said]")
    expect(said).not_to_be_empty()
    activity = Activity.objects.get(name_nb="Drakebygging for barn")
    assert violations(page) == []
    page.reload()
    expect(page.locator("#id_summary_nb")).to_have_value("Vi bygger drager og flyr dem på jordet.")
    step_on(page)
    page.locator("#id_description_nb").fill("Ta med klær som tåler lim.")
    step_on(page)
    page.locator(".desk-topics summary").first.click()
    page.locator(".desk-topics input").first.check()
    step_on(page)

    # When: each Saturday. The questions about a single day are not shown to her.
    page.locator('a[href$="/when/new/"]').click()
    expect(page.locator("#id_date")).to_be_hidden()
    page.locator("#id_weekdays_5").check()
    page.locator("#id_starts").fill("11:00")
    page.locator("#id_ends").fill("13:00")
    assert violations(page) == []
    step_on(page)
    expect(page.locator(".desk-lines").first).to_contain_text("11")

    # A picture from her telephone, with words for those who cannot see it, and a press on what matters in it.
    page.goto(f"/nb/desk/p/{provider.slug}/activities/{activity.pk}/picture/")
    page.locator("#id_file").set_input_files(picture(tmp_path))
    step_on(page)
    expect(page.locator("#id_alt_error")).to_be_visible()
    page.locator("#id_file").set_input_files(picture(tmp_path))
    page.locator("#id_alt").fill("En rød drage over et jorde")
    step_on(page)
    page.locator("[data-focus]").click(position={"x": 20, "y": 20})
    expect(page.locator("input[name=part][value='0-0']")).to_be_checked()
    assert violations(page) == []
    step_on(page)

    # Before she sends it she sees it as residents will, and nobody else does.
    page.goto(f"/nb/desk/p/{provider.slug}/activities/{activity.pk}/preview/")
    frame = page.frame_locator("iframe.desk-preview")
    expect(frame.locator("h1")).to_have_text("Drakebygging for barn")
    expect(frame.locator(".listing-head__picture img")).to_have_attribute("alt", "En rød drage over et jorde")
    page.locator("#id_lang").select_option("ar")
    page.locator(".desk-preview__wish button").click()
    expect(frame.locator("html")).to_have_attribute("dir", "rtl")
    assert resident.goto(f"/nb/activities/{activity.slug}/").status == 404

    page.goto("/nb/desk/")
    page.locator(f'.desk-todo a[href="/nb/desk/p/{provider.slug}/activities/{activity.pk}/"]').click()
    page.locator('.desk-callout a[href*="/send/"]').click()
    expect(page.locator(".desk-changes")).to_contain_text("Ta med klær som tåler lim.")
    assert violations(page) == []
    page.locator(".desk-send button[type=submit]").click()
    expect(page.locator(".desk-state--waiting")).to_be_visible()
    assert resident.goto(f"/nb/activities/{activity.slug}/").status == 404

    # Staff approve; now everybody sees it, and finds it, and she has a letter.
    office.goto("/cms/proposals/")
    office.get_by_role("link", name="Drakebygging for barn").first.click()
    expect(office.locator("main")).to_contain_text("Ta med klær som tåler lim.")
    office.get_by_role("button", name="Godkjenn og publiser").click()
    expect(office.locator("body")).to_contain_text("er godkjent")
    assert any(one.to == ["frivillig@example.org"] and "Drakebygging for barn" in one.subject for one in mail.outbox)
    assert resident.goto(f"/nb/activities/{activity.slug}/").status == 200
    expect(heading(resident)).to_have_text("Drakebygging for barn")
    expect(resident.locator(".listing-head__picture img")).to_have_attribute("alt", "En rød drage over et jorde")
    expect(resident.locator(".facts").first).to_contain_text("11")
    resident.goto("/nb/find/?q=drakebygging")
    expect(resident.locator("main .card").first).to_contain_text("Drakebygging for barn")


def test_a_new_board_takes_the_page_over(site: Site, look: Look) -> None:
    provider = site.town.provider
    old = UserFactory(email="gammel@example.org")
    Membership.objects.create(user=old, provider=provider)
    new = UserFactory(email="nytt@example.org")
    page = signed_in(look, old)
    page.goto(f"/nb/desk/p/{provider.slug}/people/")
    page.locator('a[href$="/new-board/"]').click()
    page.locator("#id_emails").fill("nytt@example.org")
    assert violations(page) == []
    page.locator("main .form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("nytt@example.org")

    letter = next(one for one in mail.outbox if one.to == ["nytt@example.org"])
    path = re.search(r"https?://[^/\s]+(/\S+/invitation/\S+)", letter.body)[1]  # type: ignore[index]
    theirs = signed_in(look, new)
    theirs.goto(path)
    assert violations(theirs) == []
    assert page.goto(f"/nb/desk/p/{provider.slug}/").status == 200
    theirs.locator(".desk-page form button[type=submit]").click()
    expect(heading(theirs)).to_have_text(str(provider.name_nb))
    # Whoever left is out with the next press; the page stays.
    page.goto(f"/nb/desk/p/{provider.slug}/")
    expect(heading(page)).not_to_have_text(str(provider.name_nb))
    resident = look(390, 844)
    assert resident.goto(f"/nb/providers/{provider.slug}/").status == 200
    assert set(Membership.objects.filter(provider=provider).values_list("user__email", flat=True)) == {"nytt@example.org"}
