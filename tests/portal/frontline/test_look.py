"""Pages of the frontline that have no address of their own, or stand behind sign-in: axe, 320 px, two directions of writing."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from directory.agencies.models import Agency, AgencyRole
from portal.frontline.emails import token_for
from portal.frontline.models import Nudge
from portal.frontline.rules import nudge_days
from tests.factories.directory import UserFactory
from tests.pages.conftest import Look, Site, look, site, violations  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]


def as_person(page: Any, site: Site, user: Any) -> None:  # noqa: F811
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site.url}])


def faults(page: Any) -> list[str]:
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += violations(page)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"wider than the screen: {page.url}")
    return found


@pytest.mark.parametrize(("lang", "width"), [("nb", 1280), ("ar", 320)])
def test_desk_pages_of_agencies(lang: str, width: int, site: Site, look: Look) -> None:  # noqa: F811
    agency = Agency.objects.create(
        municipality=site.town.municipality,
        kind="nav",
        name_nb="NAV Larvik",
        offers_nb="Råd.",
        hours_nb="9–15",
        phone="00 00 00 01",
    )
    boss, colleague = UserFactory(name="Sjef"), UserFactory(name="Kollega")
    AgencyRole.objects.create(agency=agency, user=boss, role=AgencyRole.Role.LEADER)
    AgencyRole.objects.create(agency=agency, user=colleague)
    page = look(width, watched=False)
    as_person(page, site, boss)
    for path in ("", f"{agency.pk}/", f"{agency.pk}/people/"):
        page.goto(f"/{lang}/desk/agencies/{path}")
        assert page.locator("h1").count() == 1
        assert faults(page) == []
    page.locator("#id_email").fill("ingen")
    page.evaluate("document.querySelector('form.form').noValidate = true")
    page.locator("form.form button").click()
    page.locator("[role=alert]").wait_for()
    assert faults(page) == []


@pytest.mark.parametrize(("lang", "width"), [("nb", 1280), ("ar", 320), ("ti", 390)])
def test_pages_of_a_hand_over(lang: str, width: int, site: Site, look: Look) -> None:  # noqa: F811
    page = look(width)
    page.goto(f"/{lang}/shortlist/hand-over/?to=a{site.town.activity.pk}")
    page.evaluate("document.querySelector('form[data-hand-over]').noValidate = true")
    page.locator("button[value=code]").click()
    page.locator("[role=alert]").wait_for()
    assert faults(page) == []
    page.locator("#id_name").fill("Selam")
    page.locator("#id_age").select_option("6-9")
    page.locator("#id_reach").fill("90000000")
    page.locator("button[value=code]").click()
    page.locator("#draft-address").wait_for()
    assert faults(page) == []
    page.goto(f"/{lang}/shortlist/hand-over/?to=a{site.town.activity.pk}")
    page.locator("#id_name").fill("Selam")
    page.locator("#id_age").select_option("6-9")
    page.locator("#id_reach").fill("90000000")
    page.locator("button[value=look]").click()
    page.locator("button[value=send]").wait_for()
    assert faults(page) == []


@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_question_afterwards_is_answered_by_keyboard(lang: str, site: Site, look: Look) -> None:  # noqa: F811
    days = nudge_days(today=timezone.localdate(), first_visit=None)
    nudge = Nudge.objects.create(
        municipality=site.town.municipality,
        kind="activity",
        listing_id=site.town.activity.pk,
        email="mor@example.org",
        lang=lang,
        first_on=days.first_on,
        second_on=days.second_on,
        erase_on=days.erase_on,
    )
    page = look(320)
    page.goto(f"/{lang}/shortlist/how-it-went/{token_for(nudge, 1)}/")
    assert faults(page) == []
    page.locator("button[value=started]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**thanks=1")
    assert faults(page) == []
