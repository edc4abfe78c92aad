"""Runs of registers and packages are kept like those of sheets, and undone like them."""

from __future__ import annotations

import pytest

from directory.activities.models import Activity
from directory.listings.actions import give_labels
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from directory.sources.models import ImportRun
from directory.sources.runs import still_ours
from directory.sources.spreadsheets.actions import undo_run
from directory.support.models import SupportScheme
from tests.directory.sources.brreg.recorded import entity, purposes
from tests.directory.sources.brreg.test_import import run as run_register
from tests.directory.sources.openreferral.test_import import run as run_package
from tests.directory.sources.openreferral.test_import import small
from tests.factories.directory import default_municipality


@pytest.fixture
def larvik(db: None) -> Municipality:
    town = default_municipality()
    give_labels(municipality=town)
    return town


def undo(number: int = -1) -> None:
    run = list(ImportRun.objects.order_by("pk"))[number]
    run.state = ImportRun.State.UNDOING
    run.save()
    assert undo_run(run=run)


def test_register_import_is_undone(larvik: Municipality) -> None:
    run_register(larvik, [entity(1, "GAMLE NAVN"), entity(2)], [purposes(1, "1200")])
    run_register(larvik, [entity(1, "NYE NAVN"), entity(2)], [purposes(1, "1100")], days=1)
    undo()
    first = Provider.objects.get(register_name="GAMLE NAVN")
    assert (first.name_nb, first.icnpo_codes) == ("Gamle Navn", ["1200"])
    assert [c.slug for c in first.categories.all()] == ["idrett-og-fysisk-aktivitet"]
    undo(0)
    assert not Provider.objects.exists()


def test_package_import_is_undone_with_its_schemes(larvik: Municipality) -> None:
    first = small()
    first.add("service", {"id": "s2", "name": "Kontingentkassa", "status": "active", "organization_id": "organization-1"})
    run_package(larvik, first)
    second = small(minimum_age=9)
    second.table("schedule")["schedule-1"]["byday"] = "FR"
    run_package(larvik, second, days=1)
    undo()
    activity = Activity.objects.get()
    assert (activity.age_from, [s.weekday for s in activity.sessions.all()]) == (None, [1])
    undo(0)
    assert not [m for m in (Activity, Place, SupportScheme, Provider) if m.objects.exists()]


@pytest.mark.parametrize(
    ("present", "wanted", "written", "to_write"),
    [
        ({"a": ""}, {"a": "x"}, {}, {"a": "x"}),  # nobody has said anything
        ({"a": "old"}, {"a": "x"}, {"a": "old"}, {"a": "x"}),  # we said the old one
        ({"a": "own"}, {"a": "x"}, {"a": "old"}, {}),  # somebody else did
        ({"a": "own"}, {"a": "x"}, {}, {}),
        ({"a": "x"}, {"a": "x"}, {"a": "x"}, {}),
        ({"a": "x"}, {"a": ""}, {"a": "x"}, {}),  # silence erases nothing
        ({"a": []}, {"a": [1]}, {}, {"a": [1]}),
        ({"a": False}, {"a": True}, {}, {}),
    ],
)
def test_only_our_own_facts_are_written_over(present: dict, wanted: dict, written: dict, to_write: dict) -> None:
    assert still_ours(present, wanted, written) == to_write
