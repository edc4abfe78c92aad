"""An Open Referral package into the directory: made once, followed, and nothing lost on the way."""

from __future__ import annotations

import csv
import io
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from directory.activities.models import Activity
from directory.listings.actions import give_labels
from directory.listings.kinds import Precision, Source, Visibility
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from directory.sources.models import ImportRow, ImportRun
from directory.sources.openreferral.actions import Outcome, import_package
from directory.sources.openreferral.package import Package, read_package
from directory.support.models import SupportScheme
from tests.factories.directory import ProviderFactory, default_municipality, org_number

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[3] / "data" / "hsds"
NOW = timezone.make_aware(datetime(2026, 3, 1, 12))


@pytest.fixture
def larvik() -> Municipality:
    town = default_municipality()
    give_labels(municipality=town)
    return town


def run(larvik: Municipality, package: Package | Path, *, days: int = 0, lang: str = "en", **options: Any) -> Outcome:
    found = read_package(package) if isinstance(package, Path) else package
    outcome = import_package(
        municipality=larvik,
        package=found,
        source_name="Testpakke",
        at=NOW + timedelta(days=days),
        file_name="p",
        lang=lang,
        **options,
    )
    counts = outcome.log.counts()
    assert counts["read"] == sum(counts.values()) - counts["read"] == len(outcome.log.rows)
    return outcome


def counts(outcome: Outcome) -> tuple[int, ...]:
    return tuple(outcome.log.counts().values())


def package(**tables: list[dict[str, Any]]) -> Package:
    """A package of rows; each gets an id from its place unless it has one."""
    found = Package()
    for table, rows in tables.items():
        for n, row in enumerate(rows, 1):
            found.add(table, {"id": f"{table}-{n}", **row})
    return found


def small(**service: Any) -> Package:
    """One organisation with one service at one place."""
    hall = {
        "location_type": "physical",
        "name": "Hallen",
        "organization_id": "organization-1",
        "latitude": 59.05,
        "longitude": 10.03,
    }
    street = {"location_id": "location-1", "address_1": "Storgata 1", "city": "Larvik", "postal_code": "3256"}
    monday = {
        "service_at_location_id": "service_at_location-1",
        "freq": "WEEKLY",
        "byday": "MO",
        "opens_at": "17:00",
        "closes_at": "18:00",
    }
    return package(
        organization=[{"name": "Fjordbyen idrettslag", "description": "Om oss"}],
        location=[hall],
        address=[street],
        service=[{"name": "Turn for barn", "status": "active", "organization_id": "organization-1", **service}],
        service_at_location=[{"service_id": "service-1", "location_id": "location-1"}],
        schedule=[monday],
    )


# The taxonomies of the standard hold nothing that could be listed.
EXAMPLES = [
    *(DATA / version / "csv" for version in ("3.0", "3.1", "uk-profile-3.0")),
    *sorted(p for p in DATA.rglob("*.json") if p.name not in ("base.json", "datapackage.json")),
]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: str(p.relative_to(DATA)))
def test_every_example_of_the_standard_is_imported_and_not_doubled(larvik: Municipality, path: Path) -> None:
    first = run(larvik, path)
    made = first.log.counts()["made"]
    if "taxonomy" not in path.name:
        assert made
    again = run(larvik, path, days=1)
    assert again.log.counts()["unchanged"] == made
    assert (again.log.counts()["made"], again.log.counts()["updated"]) == (0, 0)


def test_service_of_the_standard_becomes_an_activity_at_a_place(larvik: Municipality) -> None:
    outcome = run(larvik, DATA / "3.1" / "service_full.json", contacts=Visibility.PUBLIC)
    activity, place, provider = Activity.objects.get(), Place.objects.get(), Provider.objects.get()
    assert counts(outcome) == (3, 3, 0, 0, 0, 0)
    assert (activity.name_en, activity.name_nb, activity.provider) == ("Community Counselling", None, provider)
    assert (activity.age_from, activity.age_to, activity.spoken, activity.website) == (
        12,
        100,
        ["ur"],
        "http://example.com/counselling",
    )
    assert (activity.phone, activity.phone_visibility) == ("+441234234567 (100)", "public")
    assert (activity.contact_name, activity.contact_name_visibility) == ("Ann Persona", "staff")
    assert activity.first_contact() == {}
    assert (activity.is_free, activity.price) == (False, None)  # pounds are not kroner
    assert "35 GBP" in activity.price_note_en
    assert activity.first_steps_en.startswith("If you are an NHS patient")
    assert [(s.weekday, s.starts, s.ends, s.place) for s in activity.sessions.all()] == [
        (4, time(10), time(18), place),
        (5, time(10), time(18), place),
    ]
    assert list(activity.places.all()) == [place]
    assert (activity.source, activity.source_name, activity.source_key, activity.confirmed_at) == (
        Source.OPEN_REFERRAL, "Testpakke", "ac148810-d857-441c-9679-408f346de14b", None,
    )  # fmt: skip
    assert (place.street, place.city, place.point) == ("1-30 Main Street, MyVillage", "MyCity", None)
    assert "Wheelchair access" in place.adaptation_note_en
    assert place.adaptations.filter(icon="wheelchair").exists()
    assert place.getting_there_en.startswith("MyCity Civic Center is serviced")
    assert (provider.founded, provider.website) == (2011, "http://example.com")
    assert outcome.log.told("position_impossible") == 1
    assert outcome.log.told("schedule_unread") == 1
    assert outcome.unread["funding"] == 1


def test_norwegian_package_is_read_in_kroner_and_with_a_position(larvik: Municipality) -> None:
    found = small()
    found.add(
        "cost_option",
        {"id": "c", "service_id": "service-1", "amount": "500", "currency": "NOK", "amount_description": "per halvår"},
    )
    found.add(
        "organization_identifier",
        {"id": "i", "organization_id": "organization-1", "identifier_scheme": "NO-BRC", "identifier": f"NO {org_number(1)} MVA"},
    )
    found.add("taxonomy_term", {"id": "t", "name": "Turn"})
    found.add("taxonomy_term", {"id": "u", "name": "Romfart"})
    found.add("attribute", {"id": "a", "link_id": "service-1", "taxonomy_term_id": "t"})
    found.add("attribute", {"id": "b", "link_id": "service-1", "taxonomy_term_id": "u"})
    outcome = run(larvik, found, lang="nb")
    activity, provider, place = Activity.objects.get(), Provider.objects.get(), Place.objects.get()
    assert counts(outcome) == (3, 3, 0, 0, 0, 0)
    assert (activity.is_free, activity.price, activity.price_per) == (False, 500, "term")
    assert provider.org_number == org_number(1)
    assert (place.point, place.point_precision, provider.postcode) == ((59.05, 10.03), Precision.EXACT, "3256")
    assert activity.categories.exists()
    assert outcome.log.told("term_unknown") == 1


@pytest.mark.parametrize(
    ("facts", "free"),
    [({"fees": "Gratis for alle"}, True), ({"fees_description": "Free of charge"}, True), ({"fees": "50 kr"}, None), ({}, None)],
)
def test_free_is_said_only_where_the_package_says_it(larvik: Municipality, facts: dict[str, str], free: bool | None) -> None:
    run(larvik, small(**facts))
    assert Activity.objects.get().is_free is free


@pytest.mark.parametrize("name", ["Kontingentkassa", "Tilskudd til fritid", "Leisure grants"])
def test_service_that_gives_money_is_a_support_scheme(larvik: Municipality, name: str) -> None:
    run(larvik, small(name=name, eligibility_description="Familier med lav inntekt", application_process="Ring oss"), lang="nb")
    scheme = SupportScheme.objects.get()
    assert not Activity.objects.exists()
    assert (scheme.who_may_apply_nb, scheme.how_to_apply_nb) == ("Familier med lav inntekt", "Ring oss")
    assert scheme.provider == Provider.objects.get()


def test_news_of_the_package_are_followed_and_own_words_left_alone(larvik: Municipality) -> None:
    run(larvik, small(description="Gammelt", minimum_age=6))
    activity = Activity.objects.get()
    activity.description_en = "Rettet for hånd"
    activity.save()
    outcome = run(larvik, small(description="Nytt", minimum_age=8), days=1)
    activity.refresh_from_db()
    assert (activity.description_en, activity.age_from) == ("Rettet for hånd", 8)
    assert counts(outcome) == (3, 0, 1, 2, 0, 0)
    assert outcome.log.told("edited_since") == 1


def test_listing_with_a_history_is_left_alone(larvik: Municipality) -> None:
    run(larvik, small(minimum_age=6))
    Activity.objects.get().save_revision().publish()
    outcome = run(larvik, small(minimum_age=8), days=1)
    assert Activity.objects.get().age_from == 6
    assert counts(outcome) == (3, 0, 0, 3, 0, 0)
    assert outcome.log.told("edited_since") == 1


def test_new_times_replace_the_packages_own(larvik: Municipality) -> None:
    run(larvik, small())
    changed = small()
    changed.table("schedule")["schedule-1"]["byday"] = "TU,TH"
    assert counts(run(larvik, changed, days=1)) == (3, 0, 1, 2, 0, 0)
    assert sorted(s.weekday for s in Activity.objects.get().sessions.all()) == [2, 4]
    assert counts(run(larvik, changed, days=2)) == (3, 0, 0, 3, 0, 0)


def test_times_somebody_has_changed_are_left_alone(larvik: Municipality) -> None:
    run(larvik, small())
    changed = small()
    changed.table("schedule")["schedule-1"]["byday"] = "TU"
    run(larvik, changed, days=1)
    activity = Activity.objects.get()
    session = activity.sessions.get()
    session.weekday = 6
    session.save()
    changed.table("schedule")["schedule-1"]["byday"] = "WE"
    run(larvik, changed, days=2)
    assert [s.weekday for s in Activity.objects.get().sessions.all()] == [6]


def test_inactive_service_is_taken_off_and_comes_back(larvik: Municipality) -> None:
    assert counts(run(larvik, small(status="inactive"))) == (3, 2, 0, 0, 0, 1)
    run(larvik, small(), days=1)
    assert Activity.objects.public().exists()
    assert counts(run(larvik, small(status="temporarily closed"), days=2)) == (3, 0, 1, 2, 0, 0)
    assert not Activity.objects.public().exists()
    assert counts(run(larvik, small(), days=3)) == (3, 0, 1, 2, 0, 0)
    assert Activity.objects.public().exists()


def test_provider_that_is_listed_is_met_by_its_number(larvik: Municipality) -> None:
    own = ProviderFactory(municipality=larvik, name_nb="Vårt navn", name_en="Our name", org_number=org_number(1))
    found = small()
    found.table("organization")["organization-1"]["tax_id"] = org_number(1)
    outcome = run(larvik, found)
    own.refresh_from_db()
    assert (own.name_en, own.description_en, own.source) == ("Our name", "Om oss", Source.STAFF)
    assert Activity.objects.get().provider == own
    assert counts(outcome) == (3, 2, 1, 0, 0, 0)


def test_lookalike_is_proposed_and_what_hangs_on_it_waits(larvik: Municipality) -> None:
    own = ProviderFactory(municipality=larvik, name_nb="Fjordbyen idrettslag", postcode="3256")
    outcome = run(larvik, small())
    assert counts(outcome) == (3, 1, 0, 0, 1, 1)
    assert outcome.log.told("owner_missing") == 1
    ImportRow.objects.filter(verdict="proposed").update(decision=ImportRow.Decision.SAME)
    assert counts(run(larvik, small(), days=1)) == (3, 1, 1, 1, 0, 0)
    assert Activity.objects.get().provider == own
    assert counts(run(larvik, small(), days=2))[1] == 0


def test_wrong_rows_are_refused_with_reasons_and_nothing_is_lost(larvik: Municipality, tmp_path: Path) -> None:
    found = package(
        organization=[
            {"name": "God", "description": "x"},
            {"name": "", "description": "Uten navn"},
            {"name": "--", "description": "x"},
        ],
        location=[{"location_type": "virtual", "name": "Nettmøte"}, {"location_type": "physical"}],
        service=[
            {"name": "Uten tilbyder", "status": "active"},
            {"name": "Ukjent tilbyder", "status": "active", "organization_id": "nobody"},
            {"name": "Ventende", "status": "active", "organization_id": "organization-2"},
            {
                "name": "<script>alert(1)</script>",
                "status": "active",
                "organization_id": "organization-1",
                "minimum_age": "abc",
                "url": "javascript:x",
            },
        ],
        schedule=[{"service_id": "gone", "byday": "MO"}, {"byday": "TU"}],
    )
    found.add("organization", {"name": "Uten id", "description": "x"})
    outcome = run(larvik, found)
    refused = {row.name: row.problems[-1].code for row in outcome.log.rows if row.verdict == "refused"}
    assert refused == {
        "": "key_missing",
        "--": "name_rubbish",
        "Nettmøte": "not_a_place",
        "Uten tilbyder": "no_provider",
        "Ukjent tilbyder": "reference_missing",
        "Ventende": "owner_missing",
        "schedule": "part_alone",
        "organization Uten id": "key_missing",
    }
    assert counts(outcome) == (12, 2, 0, 0, 0, 10)
    outcome.log.write_report(tmp_path / "ut.csv")
    rows = list(csv.reader((tmp_path / "ut.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert len(rows) == 13
    assert "Uten navn" in (tmp_path / "ut.csv").read_text("utf-8-sig")
    activity = Activity.objects.get()
    assert (activity.website, activity.age_from) == ("", None)


def test_dry_run_tells_the_same_and_writes_nothing(larvik: Municipality) -> None:
    dry = run(larvik, small(), dry_run=True)
    assert not Provider.objects.exists()
    assert not ImportRun.objects.exists()
    assert counts(dry) == counts(run(larvik, small())) == (3, 3, 0, 0, 0, 0)


def test_two_municipalities_take_the_same_package(larvik: Municipality) -> None:
    other = Municipality.objects.create(number="3907", name="Sandefjord", slug="sandefjord")
    run(larvik, small())
    outcome = run(other, small())
    assert counts(outcome) == (3, 3, 0, 0, 0, 0)
    assert set(Activity.objects.values_list("municipality", "provider__municipality")) == {
        (larvik.pk, larvik.pk),
        (other.pk, other.pk),
    }


def test_opening_times_of_a_place_are_its_own(larvik: Municipality) -> None:
    found = small()
    found.add(
        "schedule",
        {"id": "o", "location_id": "location-1", "freq": "WEEKLY", "byday": "SA", "opens_at": "10:00", "closes_at": "15:00"},
    )
    run(larvik, found)
    assert [(o.weekday, o.opens, o.closes) for o in Place.objects.get().opening_times.all()] == [(6, time(10), time(15))]
    assert [s.weekday for s in Activity.objects.get().sessions.all()] == [1]
    assert counts(run(larvik, found, days=1)) == (3, 0, 0, 3, 0, 0)


def test_command_imports_a_folder_and_says_what_it_did(larvik: Municipality, tmp_path: Path) -> None:
    out = io.StringIO()
    args = [str(DATA / "3.1" / "csv"), "--municipality", "3909", "--language", "en", "--report", str(tmp_path / "ut.csv")]
    call_command("import_hsds", *args, stdout=out, stderr=io.StringIO())
    # The example's attribute and web address point at nothing in it.
    assert "Read 5: 3 made, 0 updated, 0 unchanged, 0 proposed as duplicates, 2 refused." in out.getvalue()
    assert "A listing has no place for: " in out.getvalue()
    assert ImportRun.objects.get().summary()["made"] == 3
    assert len((tmp_path / "ut.csv").read_text().splitlines()) >= 5


@pytest.mark.parametrize("args", [["nowhere", "--municipality", "3909"], [str(DATA), "--municipality", "0000"]])
def test_command_says_what_is_wrong(larvik: Municipality, args: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("import_hsds", *args, stdout=io.StringIO(), stderr=io.StringIO())
