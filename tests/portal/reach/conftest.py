"""The town of the page tests: every type of page, partly in Arabic."""

from tests.pages.conftest import town, town_of_the_file  # noqa: F401 - fixtures
