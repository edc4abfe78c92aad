"""A site for a municipality that has none: by command and by form, once and twice, and what stands in the way in words."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from wagtail.models import Site

from directory.listings.models import Adaptation, Category, TargetGroup
from directory.municipalities.models import District, Municipality, StaffRole
from portal.accounts.links import Why as LinkWhy
from portal.accounts.links import why_no_links
from portal.accounts.models import User
from portal.kit.refusals import Refused
from portal.our_site.actions import Why, open_site
from portal.pages.models import HomePage


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
    assert "testserver" in str(wrong.context["form"].non_field_errors())
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
