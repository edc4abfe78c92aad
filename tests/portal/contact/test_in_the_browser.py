"""This room in a browser: a question is sent without script, by keyboard alone."""

from __future__ import annotations

import pytest
from django.core import mail

from directory.providers.models import Provider
from portal.contact.models import Wish
from tests.factories.directory import MembershipFactory, UserFactory
from tests.pages.conftest import Look, Site, look, site, told, violations  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]
SHOWN = ("contact_name_visibility", "phone_visibility", "email_visibility")


def test_question_is_sent_without_script_by_keyboard(site: Site, look: Look) -> None:  # noqa: F811
    MembershipFactory(user=UserFactory(email="kari@example.org", name="Kari Turn"), provider=site.town.provider, role="editor")
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


@pytest.mark.parametrize("lang", ["nb", "ar"])
def test_list_of_contacts_fits_a_telephone(site: Site, look: Look, lang: str) -> None:  # noqa: F811
    """Nothing of it is cut, and everything of it is named."""
    provider = site.town.provider
    Provider.objects.filter(pk=provider.pk).update(
        **dict.fromkeys(SHOWN, "public"),
        contact_name="Kari Nordmann-Bjørkelia",
        phone="33 12 34 56",
        email="kari.nordmann.bjorkelia@idrettslaget.example.org",
    )
    page = look(390)
    page.goto(f"/{lang}/contact-list/{site.town.contact_list}/")
    table = page.locator(".contact-table")
    assert table.evaluate("one => one.scrollWidth <= one.clientWidth")
    row = table.locator("tbody tr").filter(has_text="Kari Nordmann-Bjørkelia")
    for what in ("33 12 34 56", "kari.nordmann.bjorkelia@idrettslaget.example.org"):
        edges = row.get_by_text(what).bounding_box(timeout=5000)
        assert edges is not None
        assert 0 <= edges["x"] <= edges["x"] + edges["width"] <= 390
    assert violations(page) == []
