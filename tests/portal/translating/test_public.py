"""Readers are told where a machine translated what they read, and only there."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.translating.looking import look_at_changes
from portal.translating.models import Origin
from tests.factories.directory import DistrictFactory, ProviderFactory
from tests.portal.translating.test_knowledge import write

LINE = 'class="machine-text"'


@pytest.fixture
def club(larvik: Municipality) -> Provider:
    club = ProviderFactory(municipality=larvik, name_nb="Måken", summary_nb="Vi seiler.", description_nb="Hver dag.")
    look_at_changes()
    return club


def page(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_listing_says_it_in_that_language_only_and_leads_to_the_original(client: Client, club: Provider) -> None:
    assert LINE not in page(client, f"/ar/providers/{club.slug}/")
    write(club, origin=Origin.MACHINE, summary_ar="نبحر")

    body = page(client, f"/ar/providers/{club.slug}/")
    assert LINE in body
    assert f'href="/nb/providers/{club.slug}/" hreflang="nb"' in body
    assert LINE not in page(client, f"/nb/providers/{club.slug}/")
    assert LINE not in page(client, f"/en/providers/{club.slug}/")


def test_line_goes_at_once_when_a_person_has_written(client: Client, club: Provider) -> None:
    write(club, origin=Origin.MACHINE, summary_ar="نبحر")
    Provider.objects.filter(pk=club.pk).update(summary_ar="نحن نبحر")  # in the listing's own form; nobody has looked yet
    assert LINE not in page(client, f"/ar/providers/{club.slug}/")


def test_results_front_page_and_district_say_it(client: Client, larvik: Municipality, club: Provider) -> None:
    district = DistrictFactory(municipality=larvik, slug="stavern", name_nb="Stavern", intro_nb="Ved kysten.")
    home = larvik.site.root_page.specific
    look_at_changes()
    addresses = ("/ar/find/?q=seiler", "/ar/districts/stavern/", "/ar/")
    assert not any(LINE in page(client, address) for address in addresses)

    write(club, origin=Origin.MACHINE, summary_ar="نبحر")
    write(district, origin=Origin.MACHINE, intro_ar="على الساحل")
    write(home, origin=Origin.MACHINE, heading_ar="ماذا تحب أن تفعل؟")

    for address in ("/ar/find/?kind=provider", "/ar/districts/stavern/", "/ar/"):
        assert LINE in page(client, address), address


def test_line_costs_one_question_whatever_the_page_shows(client: Client, larvik: Municipality, club: Provider) -> None:
    counts: list[Any] = []
    for many in (1, 12):
        ProviderFactory.create_batch(many, municipality=larvik, summary_nb="Vi går.")
        page(client, "/ar/find/?kind=provider")
        with CaptureQueriesContext(connection) as queries:
            page(client, "/ar/find/?kind=provider")
        counts.append(sum("translating_translation" in query["sql"] for query in queries))
    assert counts == [1, 1]
