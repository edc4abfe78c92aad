"""A site for a municipality that has none: by command and by form, once and twice, and what stands in the way in words."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from wagtail.models import Page, Site

from directory.listings.models import Adaptation, Category, TargetGroup
from directory.municipalities.models import District, Municipality, StaffRole
from portal.accounts.links import Why as LinkWhy
from portal.accounts.links import why_no_links
from portal.accounts.models import User
from portal.kit.refusals import Refused
from portal.our_site.actions import Why, give_pages, open_site
from portal.pages.models import HomePage, SectionPage, TextPage
from portal.pages.tree import faults
from tests.factories.directory import make_municipality, make_staff
from tests.factories.pages import add

pytestmark = pytest.mark.one_database


def run(*args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("new_municipality", *args, stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_command_gives_an_empty_installation_its_first_site() -> None:
    said = run("3911", host="faerder.localhost", languages="nb,en,ar", coordinator="Anne@example.org")

    town = Municipality.objects.get()
    assert (town.number, town.name, town.languages) == ("3911", "Færder", ["nb", "en", "ar"])
    assert "Færder (3911) has a site now" in said
    assert town.site.is_default_site  # type: ignore[union-attr]
    assert town.boundary["type"] in {"Polygon", "MultiPolygon"}  # type: ignore[index]
    assert Category.objects.filter(municipality=town).count() > 30
    assert TargetGroup.objects.filter(municipality=town).exists()
    assert Adaptation.objects.filter(municipality=town).exists()
    assert town.districts.count() >= 2
    assert StaffRole.objects.get(municipality=town).user.email == "anne@example.org"
    browser = Client(headers={"host": "faerder.localhost"})
    for lang in town.languages:
        for path in ("", "find/", "support/"):
            assert browser.get(f"/{lang}/{path}").status_code == 200, (lang, path)


@pytest.mark.django_db
def test_second_run_changes_nothing() -> None:
    run("3911", host="faerder.localhost", coordinator="anne@example.org")
    before = {
        model: list(model.objects.order_by("pk").values()) for model in (Municipality, Site, HomePage, District, Category, User)
    }

    said = run("3911", host="faerder.localhost", coordinator="anne@example.org")

    assert "what lacked was added" in said
    assert {model: list(model.objects.order_by("pk").values()) for model in before} == before


def test_second_municipality_leaves_the_first_alone(town: Municipality) -> None:
    opened = open_site(number="3911", host="faerder.localhost")

    assert opened.is_new
    assert not opened.municipality.site.is_default_site  # type: ignore[union-attr]
    assert Client(headers={"host": "faerder.localhost"}).get("/nb/").context["municipality"] == opened.municipality
    assert Client().get("/nb/").context["municipality"] == town


def delete_front_page(town: Municipality) -> None:
    Page.objects.get(pk=town.site.root_page_id).delete()  # type: ignore[union-attr]


def delete_site(town: Municipality) -> None:
    Site.objects.filter(municipality=town).delete()


def start_at_root(town: Municipality) -> None:
    Site.objects.filter(municipality=town).update(root_page=Page.get_first_root_node())


def start_at_section(town: Municipality) -> None:
    Site.objects.filter(municipality=town).update(root_page=SectionPage.objects.get(slug="hjelp"))


def lose_own_row(town: Municipality) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pages_homepage WHERE page_ptr_id = %s", [town.site.root_page_id])  # type: ignore[union-attr]


@pytest.mark.parametrize("is_default", [True, pytest.param(False, marks=pytest.mark.nightly)])
@pytest.mark.parametrize(
    ("damage", "keeps_pages"),
    [(delete_front_page, False), (delete_site, True), (start_at_root, True), (start_at_section, True), (lose_own_row, True)],
)
def test_broken_site_is_set_up_again(
    town: Municipality, damage: Callable[[Municipality], None], keeps_pages: bool, is_default: bool
) -> None:
    give_pages(town)
    add(SectionPage.objects.get(slug="hjelp"), TextPage, heading_nb="Vår egen", slug="var-egen")
    if not is_default:
        make_municipality("3907", "Sandefjord")
        Site.objects.filter(municipality=town).update(hostname="larvik.localhost", is_default_site=False)
        Site.objects.exclude(municipality=town).update(is_default_site=True)
    host = "testserver" if is_default else "larvik.localhost"
    kari = Client(headers={"host": host})
    kari.force_login(make_staff(town))
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss@example.org"))
    damage(town)
    Site.clear_site_root_paths_cache()
    assert faults()

    said = boss.post(reverse("our-site-new"), {"number": town.number, "host": f"{host}:80", "languages": ["nb"]}, follow=True)

    assert said.status_code == 200
    assert faults() == []
    town = Municipality.objects.get(pk=town.pk)
    assert town.site.is_default_site is is_default  # type: ignore[union-attr]
    home = HomePage.objects.get(pk=town.site.root_page_id)  # type: ignore[union-attr]
    assert not Page.objects.filter(depth=2, slug="om").exists(), "no starter pages beside the front pages"
    for path in ("/nb/", "/ar/", "/nb/om/", "/nb/personvern/"):
        assert kari.get(path).status_code == 200, path
    assert kari.get("/nb/hjelp/var-egen/").status_code == (200 if keeps_pages else 404)
    assert kari.get(reverse("wagtailadmin_pages:add", args=["pages", "textpage", home.pk])).status_code == 200
    if not is_default:
        assert HomePage.objects.count() == 2

    before = list(Page.objects.order_by("pk").values())
    open_site(number=town.number, host=f"{host}:80")
    assert list(Page.objects.order_by("pk").values()) == before, "and once more it changes nothing"


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"number": "9999"}, Why.NUMBER),
        ({"number": "39"}, Why.NUMBER),
        ({"host": "testserver:80"}, Why.HOST_TAKEN),
        ({"host": "https://x.example.org/"}, Why.HOST),
        ({"host": "under_score.example.org"}, Why.HOST),
        ({"host": ""}, Why.HOST),
        ({"host": "a" * 70 + ".example.org"}, Why.HOST),
        ({"host": "x.example.org:99999"}, Why.HOST),
        ({"languages": ["nb", "xx"]}, Why.LANGUAGE),
        ({"languages": ["en"]}, Why.NORWEGIAN),
        ({"name": "Larvik"}, Why.NAME_TAKEN),
        ({"number": "3909", "host": "other.localhost"}, Why.HAS_SITE),
    ],
)
def test_what_stands_in_the_way_is_said(town: Municipality, facts: dict[str, Any], why: Why) -> None:
    with pytest.raises(Refused) as refused:
        open_site(**({"number": "3911", "host": "faerder.localhost"} | facts))

    assert refused.value.reason == why
    assert "%(" not in str(refused.value)
    assert Municipality.objects.count() == 1


def test_command_says_it_in_one_line(town: Municipality) -> None:
    with pytest.raises(CommandError, match="No municipality has the number 9999"):
        run("9999", host="x.localhost")
    with pytest.raises(CommandError):
        run("3911", host="x.localhost", coordinator="no mail")


def test_host_that_nobody_reaches_yet_is_told_of(town: Municipality, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver", ".localhost"]
    assert open_site(number="3911", host="faerder.localhost").notes == ()
    (note,) = open_site(number="3901", host="www.horten.example").notes
    assert "ALLOWED_HOSTS" in note


def test_form_makes_the_same(town: Municipality) -> None:
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss@example.org"))
    address = reverse("our-site-new")
    assert boss.get(address).status_code == 200
    facts = {"number": "3911", "host": "faerder.localhost", "languages": ["nb", "so"], "coordinator": ""}

    wrong = boss.post(address, facts | {"host": "testserver:80"})
    assert "testserver" in str(wrong.context["form"].errors["host"])
    both = boss.post(address, facts | {"number": "9999", "host": "https://x", "languages": ["en"]})
    assert set(both.context["form"].errors) == {"number", "host", "languages"}, "all at once"
    response = boss.post(address, facts)

    made = Municipality.objects.get(number="3911")
    assert response.headers["Location"] == reverse("our-site-edit", args=[made.pk])
    assert made.languages == ["nb", "so"]
    assert boss.get("/cms/our-site/").content.count(b"our-site/") > 2


@pytest.mark.django_db
@pytest.mark.parametrize(("local", "left"), [(True, None), (False, LinkWhy.NO_DEMO)])
def test_among_demo_towns_sign_in_links_go_on_where_nobody_else_can_reach_them(local: bool, left: Any, settings: Any) -> None:
    settings.SITE_IS_LOCAL = local
    Municipality.objects.filter(pk=open_site(number="3911", host="faerder.localhost").municipality.pk).update(is_demo=True)
    assert why_no_links() is None

    open_site(number="3901", host="horten.localhost")

    assert why_no_links() == left


def test_who_made_a_site_is_told_how_the_coordinator_gets_in(town: Municipality) -> None:
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss@example.org"))
    facts = {"number": "3911", "host": "faerder.localhost", "languages": ["nb", "en"]}

    nobody = boss.post(reverse("our-site-new"), facts, follow=True).content.decode()
    assert "http://faerder.localhost" in nobody
    assert "Ingen har ansvar for nettstedet ennå" in nobody
    assert Municipality.objects.get(number="3911").checked_languages == ["nb"], "nobody has checked the English"

    said = boss.post(reverse("our-site-new"), facts | {"coordinator": "Anne@example.org"}, follow=True).content.decode()
    anne = User.objects.get(email="anne@example.org")
    assert "manage.py changepassword anne@example.org" in said
    assert reverse("wagtailusers_users:edit", args=[anne.pk]) in said

    anne.set_password("et langt passord 1")
    anne.save()
    again = boss.post(reverse("our-site-new"), facts | {"coordinator": "anne@example.org"}, follow=True).content.decode()
    assert "changepassword" not in again
    assert "anne@example.org kan logge inn" in again
