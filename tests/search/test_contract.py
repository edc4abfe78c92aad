"""Every engine gives what the oracle gives: the same listings in the same order, totals, counts and distances."""

import os
import random
from dataclasses import replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from search import analysis
from search.engines.base import Doc
from search.engines.embedded import EmbeddedEngine
from search.query import FACETS, SearchQuery
from tests.search.corpus import docs, questions
from tests.search.oracle import Oracle

# A failing example is printed as it is: making it smaller takes minutes and is worth it at night only.
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "40"))
PHASES = [Phase.explicit, Phase.generate] + ([Phase.shrink] if EXAMPLES > 200 else [])
ENGINES = {"embedded": EmbeddedEngine}

pytestmark = pytest.mark.django_db


def everything(engine, query):
    """All pages of a question, as the oracle answers it."""
    first = engine.search(query)
    hits = list(first.hits)
    for page in range(2, first.pages + 1):
        hits += engine.search(replace(query, page=page), facets=False).hits
    found = engine.fetch([hit.seq for hit in hits])
    assert first.total == len(hits) == len(found)
    return [(doc.kind, doc.listing_id) for doc in found], first.facets, [hit.distance_m for hit in hits], first.corrected


def fold(text):
    return " ".join(analysis.fold(word) for word in analysis.WORD.findall(text))


def assert_same(engine, oracle, query):
    ids, facets, metres, corrected = everything(engine, query)
    expected_ids, expected_facets, expected_metres, corrections = oracle.search(query)
    assert ids == expected_ids
    assert {param: dict(counts) for param, counts in facets.items()} == expected_facets
    assert metres == expected_metres
    assert (corrected is None) == (not corrections)
    if corrections:
        assert all(term in fold(corrected) for term in corrections.values())


class ContractTest(TestCase):
    """Hypothesis rolls each example back, so each begins with an empty index."""

    @settings(max_examples=EXAMPLES, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(
        batches=st.lists(st.lists(docs(), max_size=14), min_size=1, max_size=3),
        gone=st.lists(st.integers(1, 12), max_size=3),
        asked=st.lists(questions(), min_size=3, max_size=8),
        rebuild=st.booleans(),
    )
    def test_engine_equals_oracle(self, batches, gone, asked, rebuild):
        for make in ENGINES.values():
            engine, oracle = make(), Oracle()
            for batch in batches:
                unique = list({(doc.kind, doc.listing_id): doc for doc in batch}.values())
                engine.upsert(unique)
                oracle.upsert(unique)
                assert_same(engine, oracle, asked[0])
            keys = [(kind, number) for number in gone for kind in ("activity", "place")]
            engine.remove(keys)
            oracle.remove(keys)
            if rebuild:
                engine.rebuild([doc for _, doc in sorted(oracle.listings.values(), key=lambda pair: pair[0])])
            for query in asked:
                assert_same(engine, oracle, query)

    @settings(max_examples=EXAMPLES, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(batch=st.lists(docs(), min_size=5, max_size=40), asked=st.lists(questions(), min_size=2, max_size=4))
    def test_facet_counts_equal_what_choosing_gives(self, batch, asked):
        engine = EmbeddedEngine()
        engine.upsert(batch)
        for query in asked:
            facets = engine.search(query).facets
            assert set(facets) >= set(FACETS) - {"municipality"}
            for param, counts in facets.items():
                for value, count in counts.items():
                    assert engine.search(query.only(param, value)).total == count, (param, value)


def doc(number, title, lang="nb", **values):
    values = {"municipality": "3909", "slug": f"a{number}", **values}
    return Doc(kind="activity", listing_id=number, names=((lang, title),), title=analysis.tokens(title, lang), **values)


def test_paging_has_no_gaps_and_no_doubles():
    engine = EmbeddedEngine()
    engine.upsert(doc(n, "Fotball" if n % 3 else "Håndball") for n in range(1, 108))
    for sort in ("relevance", "name", "newest"):
        ids, *_ = everything(engine, SearchQuery(text="ball fotball", sort=sort))
        assert len(ids) == len(set(ids))
    assert engine.search(SearchQuery(page=10_000)).page == 6


@pytest.mark.django_db(transaction=True)
def test_workers_catch_up_and_never_show_what_was_rolled_back():
    reader, writer = EmbeddedEngine(), EmbeddedEngine()
    writer.upsert([doc(1, "Fotball"), doc(2, "Håndball")])
    assert reader.search(SearchQuery(text="fotball")).total == 1
    writer.upsert([doc(3, "Fotball for alle")])
    assert reader.search(SearchQuery(text="fotball")).total == 2
    writer.upsert([doc(1, "Sjakk")])
    assert reader.search(SearchQuery(text="fotball")).total == 1
    assert reader.search(SearchQuery(text="sjakk")).total == 1
    writer.remove([("activity", 3), ("activity", 99)])
    assert reader.search(SearchQuery(text="fotball")).total == 0

    with transaction.atomic():
        reader.upsert([doc(4, "Fotball rullet tilbake")])
        assert reader.search(SearchQuery(text="fotball")).total == 1
        transaction.set_rollback(True)
    assert reader.search(SearchQuery(text="fotball")).total == 0
    writer.upsert([doc(5, "Fotball igjen")])
    found = reader.search(SearchQuery(text="fotball"))
    assert [d.listing_id for d in reader.fetch([hit.seq for hit in found.hits])] == [5]

    writer.rebuild([doc(7, "Fotball nytt")])
    assert reader.search(SearchQuery(text="fotball")).total == 1
    assert reader.search(SearchQuery()).total == 1
    assert reader.stamp() == writer.stamp()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_catches_up_answers_as_a_fresh_one():
    dice = random.Random(7)
    veteran = EmbeddedEngine()
    names = ["Fotball", "Fotball for barn", "Barnekor", "Sjakk", "Svømmekurs", "Dans"]
    asked = [SearchQuery(text=t, sort=s) for t in ("fotball", "fobtall", "barn", "") for s in ("", "name", "newest")]
    for turn in range(25):
        numbers = dice.sample(range(1, 40), dice.randint(1, 6))
        if dice.random() < 0.3:
            veteran.remove([("activity", number) for number in numbers])
        else:
            veteran.upsert(doc(number, dice.choice(names), codes=(f"weekday:{dice.randint(1, 7)}",)) for number in numbers)
        if turn == 15:
            kept = [doc(number, dice.choice(names)) for number in range(1, 20)]
            EmbeddedEngine().rebuild(kept)
        fresh = EmbeddedEngine()
        for query in asked:
            assert veteran.search(query) == fresh.search(query), (turn, query)
