"""A small town for lists, hand-overs and agencies."""

from __future__ import annotations

from tests.pages.conftest import town, town_of_the_file  # noqa: F401 - fixtures
