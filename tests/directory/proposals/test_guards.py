"""Negative controls: with a guard of these screens left out, the walk of tests/directory/staff must see what it looks for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from directory.municipalities.models import Municipality
from tests.directory.staff.conftest import MARK, Town, here, kari, there
from tests.directory.staff.test_foreign_rows import addresses, filled, text_of

pytestmark = pytest.mark.one_database

__all__ = ["here", "kari", "there"]


def every(model: Any, user: Any) -> Any:
    """`mine` without the guard."""
    return model._default_manager.all()


GUARDS = {
    "directory.proposals.views.mine": (every, {"proposal", "proposal-request"}),
    "directory.merging.views.mine": (every, {"duplicates-compare", "duplicates-undo"}),
    "directory.people.queries.own_municipalities": (
        lambda user: Municipality.objects.order_by("-pk"),
        {"person", "person-deeds"},
    ),
    "portal.helping.views.coordinated": (lambda user: Municipality.objects.values_list("pk", flat=True), {"help"}),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_without_its_guard_a_screen_shows_foreign_rows(
    kari: Client,
    there: Town,
    monkeypatch: pytest.MonkeyPatch,
    guard: str,
) -> None:
    broken, names = GUARDS[guard]
    walked = {name: filled(name, path, there) for name, path, _pattern in addresses() if name in names}
    assert set(walked) == names
    with_guard = {name: kari.get(address) for name, address in walked.items()}
    assert {answer.status_code for answer in with_guard.values()} == {404}

    monkeypatch.setattr(guard, broken)

    for name, address in walked.items():
        question = f"?municipality={there.municipality.number}" if name.startswith("person") else ""
        answer = kari.get(f"{address}{question}")
        assert answer.status_code == 200, name
        assert MARK in text_of(answer), name
