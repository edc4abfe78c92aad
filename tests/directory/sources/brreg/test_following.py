"""By the clock, and only where it is switched on: what the register has closed goes off the lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from directory.listings.actions import give_labels
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from directory.sources.brreg.following import follow_register, follow_registers
from directory.sources.brreg.records import Closed
from directory.sources.models import ImportRun
from tests.directory.sources.brreg.recorded import Registers, entity, purposes, serving
from tests.factories.directory import default_municipality

pytestmark = pytest.mark.django_db


@pytest.fixture
def larvik() -> Municipality:
    town = default_municipality()
    give_labels(municipality=town)
    return town


@pytest.fixture
def registers(settings: Any) -> Iterator[Registers]:
    found = Registers([entity(n) for n in range(1, 8)], [purposes(n, "1200") for n in range(1, 8)])
    with serving(found) as address:
        settings.BRREG_URL = address
        yield found


def test_nobody_is_asked_unless_it_is_switched_on(larvik: Municipality, registers: Registers) -> None:
    assert follow_registers(timezone.now()) == 0
    assert registers.asked == []


def test_demo_towns_are_not_asked_about(larvik: Municipality, registers: Registers, settings: Any) -> None:
    settings.BRREG_SYNC = True
    Municipality.objects.update(is_demo=True)
    assert follow_registers(timezone.now()) == 0
    assert registers.asked == []


def test_once_a_week_what_is_closed_goes_off_the_lists(larvik: Municipality, registers: Registers, settings: Any) -> None:
    settings.BRREG_SYNC = True
    assert follow_registers(timezone.now()) == 1
    assert Provider.objects.public().count() == 7
    asked = len(registers.asked)
    assert follow_registers(timezone.now()) == 0, "another worker, or an hour later"
    assert follow_register.call("3909") == "not due", "the task in the queue twice"
    assert len(registers.asked) == asked

    registers.entities[0]["konkurs"] = True
    ImportRun.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert follow_registers(timezone.now()) == 1
    gone = Provider.objects.exclude(delisted_at=None).get()
    assert gone.delisted_reason == Closed.BANKRUPT
    assert Provider.objects.public().count() == 6
    run = ImportRun.objects.first()
    assert run is not None
    assert (run.file_name, run.state) == ("data.brreg.no", ImportRun.State.DONE), "staff see the run among the imports"
