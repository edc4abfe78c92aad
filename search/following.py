"""The index follows what ends and begins by the calendar: an offer's days, an agreement's, the last ticket of a stock.

Whatever somebody does is indexed with the deed. What nobody does is found here, by comparing what is true with what the index
says; so a worker that slept for a week mends it all at its first turn.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from cards.offers.conditions import day_of
from cards.offers.queries import takers
from search.apps import index_listings
from search.documents import MODELS
from search.engines import get_engine
from search.query import ANY_CARD, SearchQuery

MOST = 1_000_000


def follow_offers(at: datetime) -> int:
    """Index anew the listings whose card facts are not as the index says; how many."""
    wanted = takers(day_of(at))
    wrong: dict[str, set[int]] = defaultdict(set)
    known = indexed()
    for kind, pk in {key for key in wanted.keys() | known.keys() if wanted.get(key, set()) != known.get(key, set())}:
        wrong[kind].add(pk)
    count = 0
    for kind, pks in wrong.items():
        public = set(MODELS[kind].objects.public().filter(pk__in=pks).values_list("pk", flat=True))  # type: ignore[attr-defined]
        stale = public | {pk for pk in pks if (kind, pk) in known}
        if stale:
            index_listings(kind=kind, pks=sorted(stale))
            count += len(stale)
    return count


def indexed() -> dict[tuple[str, int], set[str]]:
    """What the index says: (kind, number) → the programmes whose card is taken there."""
    engine = get_engine()
    hits = engine.search(SearchQuery(cards=(ANY_CARD,), size=MOST), facets=False).hits
    found = engine.fetch([hit.seq for hit in hits], cards=False)
    return {
        (doc.kind, doc.listing_id): {
            value for code in doc.codes if code.startswith("card:") and (value := code.removeprefix("card:")) != ANY_CARD
        }
        for doc in found
    }
