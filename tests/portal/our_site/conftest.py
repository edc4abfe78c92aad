"""Larvik with its coordinator, and a neighbour."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from tests.factories.directory import default_municipality, make_municipality, make_staff


@pytest.fixture
def town(db: Any) -> Municipality:
    return default_municipality()


@pytest.fixture
def neighbour(town: Municipality) -> Municipality:
    return make_municipality("3907", "Sandefjord")


@pytest.fixture
def kari(town: Municipality) -> User:
    """Larvik's coordinator."""
    return make_staff(town, "kari@example.org")


@pytest.fixture
def desk(kari: User) -> Client:
    client = Client()
    client.force_login(kari)
    return client
