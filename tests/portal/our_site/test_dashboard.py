"""The first page of the admin says what lacks translation, of the own municipality only; the admin asks nobody outside."""

from __future__ import annotations

import re

from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from directory.municipalities.models import Municipality
from portal.our_site.panels import lacks
from portal.translating.models import Tally


def tally(town: Municipality, lang: str, n: int, *, missing: int = 0, stale: int = 0) -> None:
    kind = ContentType.objects.get_for_model(Municipality)
    Tally.objects.create(
        municipality=town, content_type=kind, object_id=n, lang=lang, title="x", texts=3, missing=missing, stale=stale, machine=0
    )


def test_panel_counts_rows_by_offered_language(desk: Client, town: Municipality, neighbour: Municipality) -> None:
    tally(town, "ar", 1, missing=2)
    tally(town, "ar", 2, missing=1, stale=1)
    tally(town, "uk", 3)
    tally(town, "pl", 4, missing=1)  # not offered: nobody misses it
    tally(neighbour, "ar", 5, missing=1)

    found = [(lack.municipality, lack.code, lack.missing, lack.stale) for lack in lacks([town])]

    assert found == [("Larvik", "ar", 2, 1)]
    body = desk.get("/cms/").content.decode()
    panel = body[body.index('id="panel-lacking') :]
    assert "العربية" in panel
    assert "Sandefjord" not in body


def test_panel_asks_once_however_many(town: Municipality, neighbour: Municipality, django_assert_num_queries: object) -> None:
    for n, lang in enumerate(("ar", "uk", "en")):
        tally(town, lang, n, missing=1)
        tally(neighbour, lang, n + 10, missing=1)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(lacks([town, neighbour])) == 6


def test_admin_names_nobody_outside(desk: Client, town: Municipality) -> None:
    """No gravatar, no update check, no news of Wagtail: what the browser loads by itself is ours."""
    for address in (
        "/cms/",
        reverse("our-site-edit", args=[town.pk]),
        reverse("our-site-menu", args=[town.pk]),
        "/cms/images/",
        "/cms/account/",
    ):
        body = desk.get(address, follow=True).content.decode()
        loaded = re.findall(r'<(?:script|link|img|iframe|source|video|audio)\b[^>]*?\b(?:src|href|srcset)="([^"]+)"', body)
        assert loaded, address
        assert [found for found in loaded if re.match(r"(?:[a-z]+:)?//", found)] == [], address
        assert "gravatar" not in body.lower(), address
