"""A provider asks for the card, writes an offer and publishes it, in a browser. What only a press leads to is looked at.

The steps by themselves, and a draft, are among the pages of test_desk.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cards.offers import offering
from cards.offers.models import ProviderAgreement
from directory.municipalities.models import Feature
from tests.factories.cards import make_card, make_card_type, make_programme, make_use
from tests.factories.directory import MembershipFactory, make_staff
from tests.pages.conftest import Look, Site
from tests.pages.looking import Looked, press, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]


@pytest.mark.parametrize(("lang", "width"), [("nb", 390), pytest.param("ar", 1280, marks=pytest.mark.nightly)])
def test_a_provider_s_year(lang: str, width: int, site: Site, look: Look, tmp_path: Path, thorough: bool) -> None:
    town, provider = site.town.municipality, site.town.provider
    town.features = [Feature.CARDS]
    town.save()
    programme = make_programme(town, name_nb="Opplevelseskortet", name_ar="بطاقة الأنشطة", intro_nb="Alle kan spørre.")
    staff = make_staff(town, "decides@example.org")
    user = MembershipFactory(provider=provider, role="editor").user
    page = signed_in(look(width, watched=False), site, user)
    seen = Looked(page, f"{lang}-{width}", tmp_path, thorough)
    home = f"/{lang}/desk/p/{provider.slug}/offers/"

    page.goto(home)
    seen.at("no-agreement")
    press(page, f"a[href*='{programme.slug}']")
    seen.at("ask")
    press(page, "main form.form button[type=submit]")
    seen.at("asked")
    agreement = ProviderAgreement.objects.get(programme=programme)
    offering.agree(agreement=agreement, by=staff, at=timezone.now())

    page.goto(home)
    press(page, f"a.ds-button[href='{home}new/']")
    page.locator("select[name=agreement]").select_option(str(agreement.pk))
    page.locator("[name=title]").fill("Svømming for én")
    press(page, "main form.form button[type=submit]")
    offer = agreement.offers.get()
    page.locator("[name=note]").fill("Ta med håndkle.")
    for word in ("what", "where", "days", "hours", "limits", "many", "companions", "price", "counter"):
        assert page.url.endswith(f"/{word}/")
        if word == "days":
            page.locator("[name=valid_to]").fill("2020-01-01")
            press(page, "[data-keep] button:not([name])")
            seen.at("days-over")
            page.locator("[name=valid_to]").fill(agreement.valid_to.isoformat())
        elif word == "many":
            expect(page.locator("[name=quantity]")).to_be_hidden()
            page.locator("[name=limit][value=yes]").check()
            page.locator("[name=quantity]").fill("200")
            page.locator("[name=released]").fill("80")
        elif word == "price":
            page.locator("[name=paid][value=price]").check()
            page.locator("[name=unit_ore]").fill("45,50")
        elif word == "counter":
            page.locator("[name=let_in]").fill("Slipp inn én.")
        press(page, "[data-keep] button:not([name])")
    page.goto(f"{home}{offer.pk}/")
    seen.at("ready")
    press(page, f"form[action$='/{offer.pk}/deeds/send/'] button")
    seen.at("sent")
    offering.send_back(offer=offer, reason="Skriv om garderoben er universelt utformet.", by=staff, at=timezone.now())
    page.goto(f"/{lang}/desk/")
    seen.at("desk-sent-back")
    page.goto(f"{home}{offer.pk}/")
    seen.at("sent-back")
    press(page, f"a[href='{home}{offer.pk}/what/']")
    page.locator("[name=note]").fill("Garderoben er for alle.")
    press(page, "[data-keep] button[name=later]")
    press(page, f"form[action$='/{offer.pk}/deeds/send/'] button")
    offer.refresh_from_db()
    offering.approve_offer(offer=offer, by=staff, at=timezone.now())
    page.goto(f"{home}{offer.pk}/")
    seen.at("approved")
    press(page, f"form[action$='/{offer.pk}/deeds/publish/'] button")
    offer.refresh_from_db()
    make_use(make_card(make_card_type(programme.years.get(), lines=[(offer, 3)]))[0], offer)
    page.goto(home)
    seen.at("published")
    page.goto(f"{home}{offer.pk}/")
    page.locator("[name=released]").fill("120")
    press(page, f"form[action$='/{offer.pk}/release/'] button")
    seen.at("more-let-out")
    offer.refresh_from_db()
    assert (offer.state, offer.quantity, offer.released, offer.unit_ore) == ("published", 200, 120, 4550)
    ProviderAgreement.objects.filter(pk=agreement.pk).update(valid_to=timezone.localdate() + timedelta(days=20), renewal="ask")
    page.goto(home)
    seen.at("asked-to-go-on")
    press(page, "button[name=answer][value=yes]")
    page.goto(f"{home}{offer.pk}/copy/")
    seen.at("copy")
    page.goto(f"{home}{offer.pk}/close/")
    page.locator("[name=reason]").fill("Bassenget stenger.")
    press(page, "main form.form button[type=submit]")
    seen.at("closed")
    seen.end()
