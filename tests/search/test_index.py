"""The index follows the listings, in their own transaction."""

import pytest
from django.core.management import call_command
from django.db import transaction

from portal.kit.changes import listing_changed, told_together
from search.engines import get_engine
from search.models import SearchDoc, SearchState, SearchTerm
from search.query import SearchQuery
from tests.factories.directory import ActivityFactory, default_municipality
from tests.search.town import make_town

pytestmark = pytest.mark.django_db


def total(text=""):
    return get_engine().search(SearchQuery(text=text)).total


def test_rebuilding_changes_nothing_but_numbers():
    make_town(default_municipality())

    def facts():
        skipped = {"seq", "title_tokens", "body_tokens"}
        columns = [field.name for field in SearchDoc._meta.fields if field.name not in skipped]
        tokens = {
            (d.kind, d.listing_id): (set(d.title_tokens.split()), set(d.body_tokens.split())) for d in SearchDoc.objects.all()
        }
        return list(SearchDoc.objects.order_by("kind", "listing_id").values(*columns)), tokens

    before = facts()
    stamp = get_engine().stamp()
    call_command("rebuild_search", verbosity=0)
    assert facts() == before
    assert get_engine().stamp() != stamp
    assert SearchTerm.objects.exists()


def test_an_index_of_another_version_is_reported():
    ActivityFactory(municipality=default_municipality())
    assert get_engine().status().ready
    SearchState.objects.update(version=0)
    assert not get_engine().status().ready
    call_command("rebuild_search", verbosity=0)
    assert get_engine().status().ready


def test_many_changes_are_told_at_once_and_undone_with_the_rest():
    municipality = default_municipality()
    told = []

    def listen(kind, pks, **kwargs):
        told.append((str(kind), len(pks)))

    listing_changed.connect(listen)
    try:
        with transaction.atomic(), told_together():
            for _ in range(5):
                ActivityFactory(municipality=municipality, name_nb="Fotball")
            assert told == []
            assert total("fotball") == 0
    finally:
        listing_changed.disconnect(listen)
    assert sorted(told) == [("activity", 5), ("provider", 5)]
    assert total("fotball") == 5
    with transaction.atomic():
        with told_together():
            ActivityFactory(municipality=municipality, name_nb="Fotball som angres")
        assert total("fotball") == 6
        transaction.set_rollback(True)
    assert total("fotball") == 5


def test_a_fault_in_the_block_tells_nobody():
    municipality = default_municipality()

    def fail():
        with transaction.atomic(), told_together():
            ActivityFactory(municipality=municipality, name_nb="Fotball")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        fail()
    assert total("fotball") == 0
    ActivityFactory(municipality=municipality, name_nb="Fotball")
    assert total("fotball") == 1
