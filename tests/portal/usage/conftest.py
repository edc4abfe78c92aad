"""A town, and a browser that a person sits at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from directory.municipalities.models import Municipality
from portal.usage.middleware import tally
from tests.factories.directory import default_municipality

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def larvik(db: Any) -> Municipality:
    return default_municipality()


@pytest.fixture
def person() -> Client:
    return Client(headers={"User-Agent": PERSON})


@pytest.fixture(autouse=True)
def _empty_tally() -> Iterator[None]:
    """No test writes what another counted."""
    tally.waiting.clear()
    yield
    tally.waiting.clear()
