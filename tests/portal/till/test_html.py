"""The till's page is valid as it comes: what the script adds stands in places that are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from tests.pages.test_html import html_faults
from tests.portal.till.conftest import Hall


@pytest.mark.one_database
def test_the_page_of_the_till_is_valid(hall: Hall, tmp_path: Path) -> None:
    for lang in ("nb", "ar"):
        (tmp_path / f"till-{lang}.html").write_text(Client().get(f"/{lang}/till/").content.decode())
    assert html_faults(tmp_path) == ""
