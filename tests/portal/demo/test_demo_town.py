"""The demo town is built whole, once, and the same for a day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from wagtail.models import Site, WorkflowState

from directory.activities.models import Activity, Season, Session
from directory.municipalities.models import District, Municipality
from directory.places.models import OpeningTime, Place
from directory.providers.models import Provider
from directory.reports.models import ErrorReport
from directory.support.models import SupportScheme
from portal.demo import actions
from tests.factories.directory import cms_root, default_municipality

TODAY = date(2026, 8, 20)
MODELS = (Provider, Place, Activity, SupportScheme)


@pytest.fixture
def quick_pictures(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    """One drawing stands for all: what they show is looked at elsewhere."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(actions, "draw_scenes", lambda: {(scene, 0): b"x" for scene in actions.SCENES})
    monkeypatch.setattr(actions, "draw_logo", lambda name: b"x")


def snapshot() -> list[Any]:
    """Everything of the town that is not an accident of numbering."""
    found: list[Any] = []
    for model in MODELS:
        skipped = {
            "id",
            "latest_revision",
            "image",
            "logo",
            "provider",
            "committee_of",
            "municipality",
            "confirmed_by",
            "locked_by",
            "created_at",  # the database's own clock
            "updated_at",
            "first_published_at",  # the framework's own
            "last_published_at",
        }
        names = [f.name for f in model._meta.concrete_fields if f.name not in skipped]
        found.append(
            [tuple(map(str, row)) for row in model._base_manager.order_by("municipality__number", "slug").values_list(*names)]
        )
    found.append(
        list(
            Session.objects.order_by("activity__municipality__number", "activity__slug", "sort_order").values_list(
                "weekday", "date", "starts", "ends", "place__slug", "weeks"
            )
        )
    )
    return found


@pytest.mark.django_db
@pytest.mark.nightly  # its numbers are looked at in the demo that is started (portal/test_start.py)
@pytest.mark.one_database  # the rows are the same on the other
def test_demo_town_is_complete_deterministic_and_made_once(quick_pictures: None, capsys: pytest.CaptureFixture[str]) -> None:
    cms_root()
    call_command("demo_town", date=TODAY)

    larvik = Municipality.objects.get(number="3909")
    counts = {model.__name__: model.objects.public().filter(municipality=larvik).count() for model in MODELS}
    assert counts == {"Provider": 320, "Place": 60, "Activity": 600, "SupportScheme": 12}
    assert set(Provider.objects.filter(municipality=larvik).values_list("kind", flat=True)) == set(Provider.ProviderKind.values)
    assert set(Place.objects.filter(municipality=larvik).values_list("kind", flat=True)) == set(Place.PlaceKind.values)
    for number in ("3907", "4001"):
        assert Provider.objects.filter(municipality__number=number).count() == 41, "forty, and one that is listed twice"

    # one committee per neighbourhood
    neighbourhoods = District.objects.filter(kind=District.Kind.NEIGHBOURHOOD).annotate(n=Count("committees"))
    assert {d.n for d in neighbourhoods} == {1}
    assert District.objects.filter(municipality=larvik, kind=District.Kind.SCHOOL).exists()

    # texts in Norwegian and English everywhere, in five more languages for a third
    for model in MODELS:
        assert not model.objects.filter(description_nb="").exists()
        assert not model.objects.filter(description_en="").exists()
    for lang in ("uk", "ar", "so", "ti", "pl"):
        for listing, least in ((Activity, 200), (Provider, 105)):
            there = (
                listing.objects.filter(municipality=larvik)
                .exclude(**{f"summary_{lang}": None})
                .exclude(**{f"summary_{lang}": ""})
            )
            assert there.count() >= least, (lang, listing.__name__)

    # sessions, several places, opening hours, gear, the holiday programme
    assert not Activity.objects.filter(sessions=None).exists()
    assert Activity.objects.annotate(n=Count("places")).filter(n__gt=1).count() > 30
    lending = Place.objects.filter(municipality=larvik, kind=Place.PlaceKind.LENDING)
    assert all(place.equipment_nb and place.loan_terms_en for place in lending)
    assert OpeningTime.objects.filter(place__in=lending).exists()
    season = Season.objects.get(municipality=larvik)
    programme = Activity.objects.filter(municipality=larvik, seasons=season)
    dates = set(Session.objects.filter(activity__in=programme).values_list("date", flat=True))
    assert programme.count() == 24
    assert all(day is not None and season.starts <= day <= season.ends for day in dates)

    # states that staff and readers meet
    providers = Provider.objects.filter(municipality=larvik)
    assert providers.filter(confirmed_at=None).count() > 20
    assert providers.exclude(source="demo").count() > 10
    assert WorkflowState.objects.filter(status=WorkflowState.STATUS_IN_PROGRESS).count() >= 5
    assert ErrorReport.objects.filter(municipality=larvik, handled_at=None).count() >= 3
    assert Activity.objects.exclude(hidden_at=None).exists()

    # nobody real: numbers, addresses and telephones that reach nobody
    assert all(p.org_number.startswith("3") for p in providers.exclude(org_number=""))
    for listing in (Provider, Place, Activity):
        assert not listing.objects.exclude(phone__startswith="00 ").exists()
        assert not listing.objects.exclude(email__endswith="@example.org").exists()
        assert not listing.objects.exclude(contact_name__endswith=" Demo").exists()

    # found: the index has what is public, and Larvik answers at the default site
    from search.models import SearchDoc

    assert SearchDoc.objects.filter(municipality="3909").count() == sum(counts.values())
    assert Site.objects.get(is_default_site=True).municipality == larvik
    assert set(Municipality.objects.values_list("is_demo", flat=True)) == {True}
    assert providers.first().created_at.date() == TODAY

    before = snapshot()
    capsys.readouterr()
    call_command("demo_town", date=date(2027, 1, 1))
    assert "nothing was changed" in capsys.readouterr().out
    assert snapshot() == before


@pytest.mark.django_db
def test_demo_town_is_refused_beside_real_municipalities(quick_pictures: None) -> None:
    default_municipality()
    with pytest.raises(CommandError, match="tom database"):
        call_command("demo_town")
    assert Municipality.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.nightly
def test_demo_town_is_the_same_for_a_day(quick_pictures: None) -> None:
    from django.db import transaction

    cms_root()
    seen = []
    for _n in range(2):
        with transaction.atomic():
            call_command("demo_town", date=TODAY, verbosity=0)
            seen.append(snapshot())
            transaction.set_rollback(True)
    assert seen[0] == seen[1]


@pytest.mark.django_db
def test_make_listings_adds_the_number_asked_for_and_finds_them() -> None:
    from search.models import SearchDoc

    default_municipality()
    call_command("make_listings", 120)
    call_command("make_listings", 80, municipalities=2)
    assert sum(model.objects.count() for model in MODELS) == 200
    assert SearchDoc.objects.count() == 200
    assert Municipality.objects.count() == 2
    assert Activity.objects.filter(sessions=None).count() == 0
    # a row made the ordinary way afterwards gets a number of its own
    other = Provider.objects.create(municipality=Municipality.objects.get(number="3909"), name_nb="Etterpå")
    assert Provider.objects.filter(pk=other.pk).count() == 1


@pytest.mark.django_db
def test_make_listings_needs_a_municipality() -> None:
    with pytest.raises(CommandError, match="demo_town"):
        call_command("make_listings", 5)
