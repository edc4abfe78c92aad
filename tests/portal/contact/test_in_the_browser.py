"""This room in a browser: desk pages hold nothing against axe, fit 320 px, and a question is sent without script by keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.contact.models import Enquiry, Notice, Wish
from tests.factories.directory import MembershipFactory, UserFactory
from tests.pages.conftest import Look, Site, look, site, told, violations  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture
def editor(site: Site) -> User:  # noqa: F811
    user = UserFactory(email="kari@example.org", name="Kari Turn")
    MembershipFactory(user=user, provider=site.town.provider, role="editor")
    return user


@pytest.fixture
def pages(site: Site, editor: User) -> dict[str, str]:  # noqa: F811
    """Every page of this room on the desk, without its language."""
    town, at = site.town, timezone.now()
    enquiry = Enquiry.objects.create(
        municipality=town.municipality, provider=town.provider, kind="provider", listing_id=town.provider.pk,
        listing_name="Turn", text="هل يوجد وقت للنساء؟", name="أمل", email="amal@example.org", lang="ar", created_at=at,
        relayed_at=at,
    )  # fmt: skip
    notice, own = (
        Notice.objects.create(
            municipality=town.municipality, kind="lending", title="Stort telt", text="Seks ganger ni.", lang="nb",
            until=timezone.localdate(), provider=provider, author=author, created_at=at, changed_at=at,
        )
        for provider, author in ((None, None), (town.provider, editor))
    )  # fmt: skip
    slug = town.provider.slug
    return {
        "enquiries": "desk/enquiries/",
        "sent": "desk/enquiries/?box=sent",
        "enquiry": f"desk/enquiries/{enquiry.pk}/",
        "board": "desk/board/",
        "board, nothing": "desk/board/?q=xyzzyqq",
        "new notice": "desk/board/new/",
        "notice": f"desk/board/{notice.pk}/",
        "own notice": f"desk/board/{own.pk}/",
        "change": f"desk/board/{own.pk}/edit/",
        "neighbours": "desk/associations/",
        "neighbour": f"desk/associations/{slug}/",
        "contacts": "desk/contact-list/",
        "consent": f"desk/contact-list/consent/{slug}/",
    }


def signed_in(page: Any, site: Site, user: User) -> Any:  # noqa: F811
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    return page


@pytest.mark.parametrize(("lang", "width", "scheme"), [("nb", 390, "dark"), ("ar", 1280, "light")])
def test_axe_finds_nothing_on_the_desk(
    lang: str, width: int, scheme: str, site: Site, editor: User, pages: dict[str, str], look: Look  # noqa: F811
) -> None:  # fmt: skip
    page = signed_in(look(width, watched=False, color_scheme=scheme), site, editor)
    faults = {}
    for name, path in pages.items():
        assert page.goto(f"/{lang}/{path}").status == 200, name
        if found := violations(page):
            faults[name] = found
    assert not faults, told(faults)


def test_nothing_scrolls_sideways_at_320_px(site: Site, editor: User, pages: dict[str, str], look: Look) -> None:  # noqa: F811
    page = signed_in(look(320, watched=False), site, editor)
    wide = []
    for name, path in pages.items():
        page.goto(f"/nb/{path}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(name)
    assert wide == []


def test_question_is_sent_without_script_by_keyboard(site: Site, editor: User, look: Look) -> None:  # noqa: F811
    page = look(390, java_script_enabled=False)
    path = f"/nb/activities/{site.town.activity.slug}/"
    page.goto(path)
    page.locator(f'a[href="{path}write/"]').focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/write/")
    page.locator("#id_text").focus()
    page.keyboard.type("Har dere plass til en gutt på åtte?")
    page.keyboard.press("Tab")
    page.keyboard.type("Marte")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("marte@example.org")
    page.wait_for_timeout(4500)  # nobody writes faster
    page.keyboard.press("Enter")
    page.wait_for_url("**/write/?sent=1")
    assert page.locator("[role=status]").count() == 1
    assert [letter.to for letter in mail.outbox] == [["kari@example.org"]]


def test_wish_is_put_in_the_box_without_script(site: Site, look: Look) -> None:  # noqa: F811
    page = look(390, java_script_enabled=False)
    before = Wish.objects.count()
    page.goto("/ar/wishes/")
    page.locator(".wish-tile").nth(1).click()
    page.locator(".wish-chip").nth(2).click()
    page.locator("#id_postcode").fill("3290")
    page.locator(".wishes__send").click()
    page.wait_for_url("**/wishes/?sent=1")
    wish = Wish.objects.latest("pk")
    assert (Wish.objects.count(), wish.age_band, wish.lang, wish.district) == (before + 1, "13-15", "ar", site.town.district)
