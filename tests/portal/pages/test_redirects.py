"""A page that stands elsewhere is found at its earlier address, in every language, whatever language the admin spoke."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, streamfield
from wagtail.users.models import UserProfile

from directory.municipalities.models import Municipality
from portal.pages.models import SectionPage, TextPage
from tests.factories.directory import default_municipality, make_municipality, make_staff
from tests.factories.pages import add, home_of

pytestmark = pytest.mark.django_db

LANGUAGES = ["nb", "en", "ar"]


@pytest.fixture
def larvik() -> Municipality:
    return default_municipality(languages=LANGUAGES)


@pytest.fixture
def section(larvik: Municipality) -> SectionPage:
    section = add(home_of(larvik), SectionPage, heading_nb="Hjelp", slug="gammel")
    add(section, TextPage, heading_nb="Side", slug="side")
    return section


def rename(page: Any, slug: str, committed: Any) -> None:
    """As publishing does: the old addresses are written down once it is sure."""
    page = Page.objects.get(pk=page.pk).specific
    page.slug = slug
    with committed(execute=True):
        page.save_revision().publish()


def leads_to(path: str) -> str:
    """Where an address leads; the address itself where it answers, its status where it does neither."""
    response = Client().get(path)
    return response.headers.get("Location", "") or (path if response.status_code == 200 else str(response.status_code))


@pytest.mark.parametrize("spoken", ["nb", "en"])
def test_earlier_address_leads_on_in_every_language(
    larvik: Municipality, section: SectionPage, spoken: str, django_capture_on_commit_callbacks: Any
) -> None:
    staff = make_staff(larvik)
    UserProfile.objects.update_or_create(user=staff, defaults={"preferred_language": spoken})
    desk = Client()
    desk.force_login(staff)
    data: dict[str, Any] = {"slug": "ny", "action-publish": "1"}
    for code in LANGUAGES:
        data |= {f"heading_{code}": "Hjelp", f"intro_{code}": "", f"body_{code}": streamfield([])}

    with django_capture_on_commit_callbacks(execute=True):
        response = desk.post(reverse("wagtailadmin_pages:edit", args=[section.pk]), nested_form_data(data))

    assert response.status_code == 302
    for lang in LANGUAGES:
        assert leads_to(f"/{lang}/gammel/") == f"/{lang}/ny/"
        assert leads_to(f"/{lang}/gammel/side/") == f"/{lang}/ny/side/", "what stands below moved along"
    assert leads_to("/so/gammel/") == "404", "a language that is not offered"
    Municipality.objects.update(languages=[*LANGUAGES, "so"])
    assert leads_to("/so/gammel/") == "/so/ny/", "a language switched on later"


def test_what_the_address_asked_for_stays(
    larvik: Municipality, section: SectionPage, django_capture_on_commit_callbacks: Any
) -> None:
    rename(section, "ny", django_capture_on_commit_callbacks)
    assert leads_to("/ar/gammel/?kiosk=1") == "/ar/ny/?kiosk=1"


def test_page_renamed_twice_is_found_at_both_and_back_again_without_going_round(
    larvik: Municipality, section: SectionPage, django_capture_on_commit_callbacks: Any
) -> None:
    for slug in ("ny", "nyere"):
        rename(section, slug, django_capture_on_commit_callbacks)
    assert [leads_to(f"/en/{slug}/") for slug in ("gammel", "ny")] == ["/en/nyere/", "/en/nyere/"]

    rename(section, "gammel", django_capture_on_commit_callbacks)

    assert [leads_to(f"/en/{slug}/side/") for slug in ("gammel", "ny", "nyere")] == ["/en/gammel/side/"] * 3
    SectionPage.objects.get().unpublish()
    assert [leads_to(f"/en/{slug}/side/") for slug in ("gammel", "ny")] == ["404", "404"]


def test_page_that_was_moved_leads_on_and_one_put_in_order_leaves_nothing(larvik: Municipality, section: SectionPage) -> None:
    page = TextPage.objects.get()
    page.move(home_of(larvik), "last-child")
    assert leads_to("/ar/gammel/side/") == "/ar/side/"
    before = list(Redirect.objects.values())
    TextPage.objects.get().move(SectionPage.objects.get(), "left")
    assert list(Redirect.objects.values()) == before


def test_new_page_at_an_earlier_address_answers_itself(
    larvik: Municipality, section: SectionPage, django_capture_on_commit_callbacks: Any
) -> None:
    rename(section, "ny", django_capture_on_commit_callbacks)
    add(home_of(larvik), TextPage, heading_nb="Annen", slug="gammel")
    assert leads_to("/nb/gammel/") == "/nb/gammel/"


def test_earlier_address_is_the_own_sites_alone(
    larvik: Municipality, section: SectionPage, django_capture_on_commit_callbacks: Any
) -> None:
    make_municipality("3907", "Sandefjord")
    rename(section, "ny", django_capture_on_commit_callbacks)
    assert Client(headers={"host": "sandefjord.localhost"}).get("/nb/gammel/").status_code == 404
    for hostile in ("/nb/gammel%00/", "/nb//evil.example/", "/nb//[/", "/nb/" + "x" * 3000 + "/"):
        assert Client().get(hostile).status_code == 404
