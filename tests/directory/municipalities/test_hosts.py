"""Which municipality answers at a host: as the framework says, for less."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.test import RequestFactory
from wagtail.models import Site
from wagtail.models.sites import get_site_for_hostname

from directory.municipalities.models import Municipality
from directory.municipalities.queries import municipality_of_host, site_of
from tests.factories.directory import default_municipality, make_municipality

pytestmark = pytest.mark.django_db

HOSTS = ("larvik.example", "elsewhere.example", "nobody.example")
SITES = {
    "none": [],
    "one, not the default": [("larvik.example", 80, False)],
    "the default and one": [("elsewhere.example", 80, True), ("larvik.example", 8000, False)],
    "two ports": [("larvik.example", 80, False), ("larvik.example", 8000, False)],
    "two ports and the default": [
        ("larvik.example", 80, False),
        ("larvik.example", 8000, False),
        ("elsewhere.example", 443, True),
    ],
    "the default has two ports": [("larvik.example", 80, True), ("larvik.example", 8000, False)],
}


def of_the_framework(hostname: str, port: int) -> Site | None:
    try:
        return get_site_for_hostname(hostname, port)
    except Site.DoesNotExist:
        return None


@pytest.mark.parametrize("name", SITES)
def test_the_site_is_the_one_that_the_framework_finds(name: str) -> None:
    root = default_municipality().site.root_page  # type: ignore[union-attr]
    Municipality.objects.update(site=None)
    Site.objects.all().delete()
    for hostname, port, default in SITES[name]:
        Site.objects.create(hostname=hostname, port=port, is_default_site=default, root_page=root)
    for hostname, port in product(HOSTS, (80, 443, 8000)):
        assert site_of(hostname, port) == of_the_framework(hostname, port), (hostname, port)


def test_each_host_has_its_own_municipality(django_assert_num_queries: Any) -> None:
    here, there = default_municipality(), make_municipality("3907", "Sandefjord")
    assert there.site is not None
    Site.objects.filter(pk=there.site_id).update(hostname="sandefjord.example", port=80)

    def asked(host: str) -> Municipality | None:
        return municipality_of_host(RequestFactory().get("/nb/", headers={"host": host}))

    asked("testserver")
    with django_assert_num_queries(2):
        assert asked("sandefjord.example") == there
    assert asked("testserver") == here
    assert asked("sandefjord.example:8000") == there
    Municipality.objects.filter(pk=there.pk).update(name="Sandar")
    assert str(asked("sandefjord.example")) == "Sandar", "nothing is remembered"
    there.delete()
    assert asked("sandefjord.example") is None
