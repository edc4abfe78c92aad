"""The town of the page tests: every type of page, partly in Arabic."""

from __future__ import annotations

import pytest

from tests.pages.town import Town, make_town


@pytest.fixture
def town(db: None) -> Town:
    return make_town()
