"""Larvik with every type of page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.factories.pages import path_of
from tests.pages.conftest import town, town_of_the_file  # noqa: F401 - fixtures
from tests.pages.town import Town


@dataclass
class Pages:
    """The town and its pages by name."""

    town: Town
    pages: dict[str, Any]

    def path(self, name: str, lang: str = "nb") -> str:
        return path_of(self.pages[name], lang)


@pytest.fixture
def site_pages(town: Town) -> Pages:  # noqa: F811
    return Pages(town, town.pages)
