"""The engine that needs no server: postings from the database, everything else from bitmaps in the process.

    write   Doc ─▶ SearchDoc row + postings + terms, in the listing's transaction; the state row gives out numbers
    read    catch up (one small query) ─▶ words to bitmaps ─▶ AND with choices ─▶ count, order, page

Whether the words as written, spelling help or parts of words answer is decided by the words and the municipalities alone, never
by the other choices: so a facet's count is what choosing it gives.
"""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import F
from pyroaring import BitMap
from rapidfuzz.distance import OSA

from search import analysis
from search.analysis import Word
from search.engines import postings
from search.engines.base import Doc, Found
from search.engines.bitmaps import Snapshot, distances_m
from search.models import SearchDoc, SearchRemoval, SearchState, SearchTerm
from search.query import MULTIPLE, SearchQuery
from search.results import Hit, PinSet, Results, Stage, Status

# Ages people ask for; a count for each, exact as all counts are.
COMMON_AGES = (3, 6, 10, 13, 16, 18, 30, 50, 67)
MAX_EXPANSIONS = 50
MAX_CACHED = 600
KEEP_REMOVALS = 50_000
BATCH = 500

_FOUND = tuple(field.name for field in fields(Found))
_COLUMNS = "seq, kind, municipality, codes, points, price, age_from, age_to, published"


class _Memory:
    """A snapshot and the postings read for it. One is shared by all threads; a transaction that writes gets its own."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.cache: OrderedDict[tuple, tuple[int, BitMap]] = OrderedDict()
        self.terms: dict[tuple[str, str], list[str]] = {}
        self.lock = threading.Lock()

    def posting(self, exact: Sequence[str], prefixes: Sequence[str], *, title: bool) -> BitMap:
        """Read once, then only what came since; what was removed is masked by `live`."""
        key = (title, tuple(exact), tuple(prefixes))
        upto = self.snapshot.last_seq
        with self.lock:
            seen, bits = self.cache.get(key, (0, BitMap()))
        if seen < upto or not seen:
            bits = bits | postings.read(exact, prefixes, title=title, above=seen)
            with self.lock:
                self.cache[key] = (upto, bits)
                self.cache.move_to_end(key)
                while len(self.cache) > MAX_CACHED:
                    self.cache.popitem(last=False)
        return bits

    def similar(self, word: Word) -> list[str]:
        """Words of the index within the allowed slips that begin with the same letter, nearest first."""
        plain, slips = word.plain, analysis.allowed_edits(word.plain)
        if not slips:
            return []
        lengths = (len(plain) - slips, len(plain) + slips)
        terms = SearchTerm.objects.filter(first=plain[0], length__range=lengths).values_list("term", flat=True)
        return self._remembered(
            ("similar", plain),
            lambda: sorted((away, term) for term in terms if (away := OSA.distance(plain, term, score_cutoff=slips)) <= slips),
        )

    def containing(self, word: Word) -> list[str]:
        """Words of the index with this one inside them, shortest first."""
        if len(word.plain) < analysis.MIN_INFIX:
            return []
        terms = SearchTerm.objects.filter(term__contains=word.plain).values_list("length", "term")
        return self._remembered(("containing", word.plain), lambda: sorted(terms))

    def _remembered(self, key: tuple[str, str], ranked: Callable[[], list[tuple[int, str]]]) -> list[str]:
        if key not in self.terms:
            if len(self.terms) > MAX_CACHED:
                self.terms = {}
            return self.terms.setdefault(key, [term for _, term in ranked()[:MAX_EXPANSIONS]])
        return self.terms[key]

    def moved_to(self, snapshot: Snapshot) -> "_Memory":
        """The same postings under a newer snapshot; of another epoch, nothing is kept."""
        memory = _Memory(snapshot)
        if snapshot.epoch == self.snapshot.epoch:
            with self.lock:
                memory.cache = OrderedDict(self.cache)
        return memory


@dataclass
class _Match:
    """Documents with all the words, and for each word those that have it in their title."""

    stage: Stage
    hits: BitMap
    titles: list[BitMap]
    corrections: dict[str, str]


class EmbeddedEngine:
    """See the head of the module."""

    name = "embedded"

    def __init__(self) -> None:
        self._shared = _Memory(Snapshot())
        self._catching_up = threading.Lock()

    # --- writing ----------------------------------------------------------------------------------

    @transaction.atomic
    def upsert(self, docs: Iterable[Doc]) -> None:
        """Index listings, or index them anew."""
        docs = list({(doc.kind, doc.listing_id): doc for doc in docs}.values())
        if docs:
            last = self._take(len(docs))
            self._forget([(doc.kind, doc.listing_id) for doc in docs], at=last)
            self._write(docs, last - len(docs) + 1, known=set())

    @transaction.atomic
    def remove(self, keys: Iterable[tuple[str, int]]) -> None:
        """Take listings out of the index; what is not there is no error."""
        keys = list(keys)
        if keys and self._indexed(keys):
            self._forget(keys, at=self._take(1))

    @staticmethod
    def _indexed(keys: Sequence[tuple[str, int]]) -> bool:
        kinds = {kind for kind, _ in keys}
        return (
            SearchDoc.objects.filter(kind__in=kinds, listing_id__in=[number for _, number in keys][:BATCH]).exists()
            or len(keys) > BATCH
        )

    @transaction.atomic
    def rebuild(self, docs: Iterable[Doc]) -> int:
        """Make the whole index anew, in the order given. Readers see the old one until it is done."""
        self._take(1)
        for model in (SearchDoc, SearchRemoval, SearchTerm):
            model.objects.all().delete()
        known: set[str] = set()
        count = 0
        docs = iter(docs)
        while batch := list(islice(docs, BATCH)):
            self._write(batch, count + 1, known)
            count += len(batch)
        SearchState.objects.update(epoch=uuid.uuid4().hex, last_seq=count, floor=0, version=analysis.VERSION)
        return count

    def _take(self, count: int) -> int:
        """The last of `count` new numbers. Locks the state row until the transaction ends."""
        if not SearchState.objects.update(last_seq=F("last_seq") + count):
            state = SearchState(epoch=uuid.uuid4().hex, version=analysis.VERSION)
            SearchState.objects.bulk_create([state], ignore_conflicts=True)
            SearchState.objects.update(last_seq=F("last_seq") + count)
        return SearchState.objects.values_list("last_seq", flat=True).get()

    def _forget(self, keys: Sequence[tuple[str, int]], *, at: int) -> None:
        by_kind: dict[str, list[int]] = {}
        for kind, listing_id in keys:
            by_kind.setdefault(kind, []).append(listing_id)
        for kind, ids in by_kind.items():
            for start in range(0, len(ids), BATCH):
                rows = SearchDoc.objects.filter(kind=kind, listing_id__in=ids[start : start + BATCH])
                seqs = list(rows.values_list("seq", flat=True))
                if seqs:
                    SearchDoc.objects.filter(seq__in=seqs).delete()
                    SearchRemoval.objects.bulk_create([SearchRemoval(removed=seq, at=at) for seq in seqs])
        if at > 2 * KEEP_REMOVALS and at % 1000 < len(keys):
            SearchRemoval.objects.filter(at__lte=at - KEEP_REMOVALS).delete()
            SearchState.objects.update(floor=at - KEEP_REMOVALS)

    def _write(self, docs: Sequence[Doc], first: int, known: set[str]) -> None:
        rows: list[SearchDoc] = []
        terms: dict[str, str] = {}
        for seq, doc in enumerate(docs, first):
            body = {token: shown for token, shown in doc.body.items() if token not in doc.title}
            rows.append(
                SearchDoc(
                    seq=seq,
                    kind=doc.kind,
                    listing_id=doc.listing_id,
                    municipality=doc.municipality,
                    slug=doc.slug,
                    codes=" ".join(sorted(set(doc.codes))),
                    points=[list(point) for point in dict.fromkeys(doc.points)],
                    price=doc.price,
                    age_from=doc.age_from,
                    age_to=doc.age_to,
                    names=[list(pair) for pair in doc.names],
                    title_tokens=" ".join(sorted(doc.title)),
                    body_tokens=" ".join(sorted(body)),
                    card=doc.card,
                    published=doc.published,
                )
            )
            for tokens in (doc.title, body):
                terms.update((t, s) for t, s in tokens.items() if t[0] != "_" and t not in known and t not in terms)
        SearchDoc.objects.bulk_create(rows, batch_size=BATCH)
        known.update(terms)
        SearchTerm.objects.bulk_create(
            [SearchTerm(term=t, shown=s[:64], first=t[0], length=len(t)) for t, s in sorted(terms.items())],
            ignore_conflicts=True,
            batch_size=BATCH,
        )

    # --- catching up ------------------------------------------------------------------------------

    def _memory(self) -> _Memory:
        """The index as this connection sees it now."""
        state = SearchState.objects.values_list("epoch", "last_seq", "floor").first() or ("", 0, 0)
        shared = self._shared
        if (shared.snapshot.epoch, shared.snapshot.last_seq) == state[:2]:
            return shared
        if connection.in_atomic_block:
            # What this transaction wrote may be rolled back: nobody else must see it.
            return shared.moved_to(self._caught_up(shared.snapshot, *state))
        with self._catching_up:
            shared = self._shared
            old = shared.snapshot
            # Another thread may have come further meanwhile; numbers of one epoch only rise.
            if old.epoch != state[0] or old.last_seq < state[1]:
                shared = self._shared = shared.moved_to(self._caught_up(old, *state))
        return shared

    def _caught_up(self, old: Snapshot, epoch: str, last_seq: int, floor: int) -> Snapshot:
        if old.epoch != epoch or old.last_seq < floor or old.last_seq > last_seq:
            old = Snapshot()
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {_COLUMNS} FROM search_searchdoc WHERE seq > %s AND seq <= %s ORDER BY seq",  # noqa: S608 - own names
                [old.last_seq, last_seq],
            )
            rows = cursor.fetchall()
        gone = SearchRemoval.objects.filter(at__gt=old.last_seq) if old.last_seq else SearchRemoval.objects.none()
        removed = list(gone.values_list("removed", flat=True))
        return old.after(epoch=epoch, last_seq=last_seq, rows=rows, removed=removed)

    # --- reading ----------------------------------------------------------------------------------

    def search(self, query: SearchQuery, *, facets: bool = True) -> Results:
        """Answer a question."""
        memory = self._memory()
        narrowed = _Narrowed(memory.snapshot, query)
        words = analysis.question(query.text)
        match = self._match(memory, words, narrowed.scope)
        found = narrowed.apply(match.hits)
        total = len(found)
        pages = max(1, -(-total // query.size))
        page = min(query.page, pages)
        start = (page - 1) * query.size
        seqs = self._ordered(memory.snapshot, query, found, match, narrowed, start)
        return Results(
            hits=tuple(Hit(seq, narrowed.distance(seq)) for seq in seqs),
            total=total,
            page=page,
            pages=pages,
            facets=self._facets(memory, query, words, match, narrowed) if facets else {},
            stage=match.stage,
            corrected=_corrected(query.text, match.corrections) if match.corrections else None,
        )

    def count(self, query: SearchQuery) -> int:
        """How many hits a question has."""
        memory = self._memory()
        narrowed = _Narrowed(memory.snapshot, query)
        match = self._match(memory, analysis.question(query.text), narrowed.scope)
        return len(narrowed.apply(match.hits))

    def pins(self, query: SearchQuery) -> PinSet:
        """Every hit that has a place, at the point nearest to where the reader is, else at its first."""
        memory = self._memory()
        snapshot = memory.snapshot
        narrowed = _Narrowed(snapshot, query)
        found = narrowed.apply(self._match(memory, analysis.question(query.text), narrowed.scope).hits)
        hits = np.array(found.to_array(), np.uint32)
        wanted = np.flatnonzero(np.isin(snapshot.point_seqs, hits))
        seqs, lats, lons = snapshot.point_seqs[wanted], snapshot.lats[wanted], snapshot.lons[wanted]
        away = np.arange(len(seqs), dtype=np.float64)
        if query.point:
            away = distances_m(*query.point, lats, lons)
        order = np.lexsort((away, seqs))
        first = order[np.concatenate(([True], seqs[order][1:] != seqs[order][:-1]))] if len(order) else order
        return PinSet(seqs[first], lats[first], lons[first])

    def fetch(self, seqs: Sequence[int], *, cards: bool = True) -> list[Found]:
        """Documents by number, in the order asked for; one that is gone meanwhile is left out."""
        wanted = _FOUND if cards else tuple(name for name in _FOUND if name != "card")
        rows = {values["seq"]: values for values in SearchDoc.objects.filter(seq__in=seqs).values(*wanted)}
        return [_found(rows[seq]) for seq in seqs if seq in rows]

    def find(self, kind: str, slug: str, municipality: str) -> Found | None:
        """One document by its address."""
        row = SearchDoc.objects.filter(kind=kind, slug=slug, municipality=municipality).values(*_FOUND).first()
        return _found(row) if row else None

    def listed(self, kind: str, pks: Sequence[int]) -> list[Found]:
        """The documents of these listings of one kind, in the order asked for; one that is not public is left out."""
        rows = {v["listing_id"]: v for v in SearchDoc.objects.filter(kind=kind, listing_id__in=pks).values(*_FOUND)}
        return [_found(rows[pk]) for pk in pks if pk in rows]

    def stamp(self) -> str:
        """Changes whenever the index does."""
        epoch, last_seq = SearchState.objects.values_list("epoch", "last_seq").first() or ("", 0)
        return f"{epoch}.{last_seq}"

    def status(self) -> Status:
        """How the index stands."""
        state = SearchState.objects.first()
        documents = SearchDoc.objects.count()
        if state is not None and state.version != analysis.VERSION:
            return Status(False, documents, "made by another version: run manage.py rebuild_search")
        return Status(True, documents)

    # --- words ------------------------------------------------------------------------------------

    def _match(self, memory: _Memory, words: Sequence[Word], scope: BitMap, limit: Stage = Stage.INSIDE) -> _Match:
        """Documents of `scope` with all the words, from the first stage that has any."""
        if not words:
            return _Match(Stage.WORDS, scope, [], {})
        anywhere = [memory.posting(w.exact, w.prefixes, title=False) for w in words]
        hits = BitMap.intersection(scope, *anywhere)
        titles = [memory.posting(w.exact, w.prefixes, title=True) for w in words] if hits else []
        if hits and words[-1].prefixes:
            # «kor» stands before «Kornloftet»: a last word that is whole in the title counts twice.
            titles.append(memory.posting(words[-1].exact, (), title=True))
        if hits or limit < Stage.SPELLING:
            return _Match(Stage.WORDS, hits, titles, {})

        unknown = [not scope.intersect(bits) for bits in anywhere]
        spelled = [memory.similar(w) if missing else [] for w, missing in zip(words, unknown, strict=True)]
        anywhere = [self._also(memory, bits, terms, title=False) for bits, terms in zip(anywhere, spelled, strict=True)]
        titles = [
            self._also(memory, memory.posting(w.exact, w.prefixes, title=True), terms, title=True)
            for w, terms in zip(words, spelled, strict=True)
        ]
        hits = BitMap.intersection(scope, *anywhere)
        if hits:
            corrections = {}
            for word, terms in zip(words, spelled, strict=True):
                if terms and (best := self._best(memory, word, terms, scope)):
                    corrections[word.raw] = best
            return _Match(Stage.SPELLING, hits, titles, corrections)
        if limit < Stage.INSIDE:
            return _Match(Stage.WORDS, hits, [], {})

        inside = [memory.containing(w) for w in words]
        anywhere = [self._also(memory, bits, terms, title=False) for bits, terms in zip(anywhere, inside, strict=True)]
        titles = [self._also(memory, bits, terms, title=True) for bits, terms in zip(titles, inside, strict=True)]
        hits = BitMap.intersection(scope, *anywhere)
        return _Match(Stage.INSIDE if hits else Stage.WORDS, hits, titles if hits else [], {})

    @staticmethod
    def _also(memory: _Memory, bits: BitMap, terms: Sequence[str], *, title: bool) -> BitMap:
        return bits | memory.posting(terms, (), title=title) if terms else bits

    @staticmethod
    def _best(memory: _Memory, word: Word, terms: Sequence[str], scope: BitMap) -> str | None:
        """What the reader probably meant: nearest, then most used here."""
        ranked = []
        for term in terms[:10]:
            if used := scope.intersection_cardinality(memory.posting((term,), (), title=False)):
                ranked.append((OSA.distance(word.plain, term), -used, term))
        if not ranked:
            return None
        best = min(ranked)[2]
        return SearchTerm.objects.filter(term=best).values_list("shown", flat=True).first() or best

    # --- order ------------------------------------------------------------------------------------

    def _ordered(
        self, snapshot: Snapshot, query: SearchQuery, found: BitMap, match: _Match, narrowed: "_Narrowed", start: int
    ) -> list[int]:
        stop = min(start + query.size, len(found))
        if query.order == "distance" and query.point:
            seqs = np.array(found.to_array(), np.uint32)
            metres = narrowed.metres[np.searchsorted(narrowed.near_seqs, seqs)]
            order = np.lexsort((-seqs.astype(np.int64), metres))
            return seqs[order[start:stop]].tolist()
        if query.order == "name":
            seqs = np.array(found.to_array(), np.uint32)
            ranks = self._ranks(snapshot, query.lang)[np.searchsorted(snapshot.seqs, seqs)]
            return seqs[np.argsort(ranks, kind="stable")[start:stop]].tolist()
        if query.order == "newest":
            seqs = np.array(found.to_array(), np.uint32)
            when = snapshot.published[np.searchsorted(snapshot.seqs, seqs)]
            return seqs[np.lexsort((seqs, when))[::-1][start:stop]].tolist()
        page: list[int] = []
        for group in _by_words_in_title(found, match.titles):
            size = len(group)
            if start >= size:
                start -= size
                stop -= size
                continue
            top = min(stop, size)
            page += list(group[size - top : size - start])[::-1]
            start, stop = 0, stop - size
            if stop <= 0:
                break
        return page

    @staticmethod
    def _ranks(snapshot: Snapshot, lang: str) -> np.ndarray:
        names = SearchDoc.objects.filter(seq__lte=snapshot.last_seq).values_list("seq", "names")
        return snapshot.ranks(lang, lambda: names.iterator(2000))

    # --- counts -----------------------------------------------------------------------------------

    def _facets(
        self, memory: _Memory, query: SearchQuery, words: Sequence[Word], match: _Match, narrowed: "_Narrowed"
    ) -> dict[str, dict[str, int]]:
        snapshot = memory.snapshot
        facets: dict[str, dict[str, int]] = {}
        for param in (*MULTIPLE, "free", "volunteers"):
            base = narrowed.apply(match.hits, leaving_out=param)
            if param == "age":
                ages = sorted({*COMMON_AGES, *query.ages})
                counts = {str(age): base.intersection_cardinality(snapshot.of_age(age)) for age in ages}
            else:
                counts = {v: base.intersection_cardinality(bits) for v, bits in snapshot.codes.get(param, {}).items()}
            chosen = query.values(param)
            facets[param] = {v: n for v, n in counts.items() if n or v in chosen}
            facets[param] |= {v: 0 for v in chosen if v not in facets[param]}
        if len(query.scope) != 1:
            facets["municipality"] = {}
            numbers = snapshot.codes.get("municipality", {})
            for number in {*numbers, *query.scope}:
                bits = numbers.get(number, BitMap())
                # Municipalities that would need more guessing than this answer did are left out.
                alone = self._match(memory, words, bits & snapshot.live, limit=match.stage)
                count = len(narrowed.apply(alone.hits))
                if count or number in query.scope:
                    facets["municipality"][number] = count
        return facets


class _Narrowed:
    """The choices of a question as bitmaps."""

    def __init__(self, snapshot: Snapshot, query: SearchQuery) -> None:
        self.scope = snapshot.live
        if query.scope:
            self.scope = self.scope & snapshot.any_of("municipality", query.scope)
        self.near_seqs = self.metres = np.empty(0, np.int64)
        self.filters: dict[str, BitMap] = {}
        for param in MULTIPLE:
            if param == "age" and query.ages:
                self.filters[param] = BitMap.union(BitMap(), *map(snapshot.of_age, query.ages))
            elif values := query.values(param):
                self.filters[param] = snapshot.any_of(param, values)
        for flag in ("free", "volunteers"):
            if getattr(query, flag):
                self.filters[flag] = snapshot.any_of(flag, ("1",))
        if query.max_price is not None:
            self.filters["maxprice"] = snapshot.at_most(query.max_price)
        if query.point:
            self.near_seqs, self.metres = snapshot.near(*query.point, query.within)
            self.filters["near"] = BitMap(self.near_seqs)

    def apply(self, hits: BitMap, leaving_out: str = "") -> BitMap:
        """Hits that fit all choices, or all but those of one parameter."""
        chosen = [bits for param, bits in self.filters.items() if param != leaving_out]
        return BitMap.intersection(hits, *chosen) if chosen else hits

    def distance(self, seq: int) -> int | None:
        """Metres from where the reader is."""
        if not len(self.near_seqs):
            return None
        at = int(np.searchsorted(self.near_seqs, seq))
        return int(self.metres[at]) if at < len(self.near_seqs) and self.near_seqs[at] == seq else None


def _by_words_in_title(found: BitMap, titles: Sequence[BitMap]) -> Iterator[BitMap]:
    """Hits in groups: all words in the title first, none last."""
    at_least = [found]
    for bits in titles:
        here = found & bits
        for count in range(len(at_least) - 1, -1, -1):
            more = at_least[count] & here
            if count + 1 == len(at_least):
                at_least.append(more)
            else:
                at_least[count + 1] = at_least[count + 1] | more
    for count in range(len(at_least) - 1, -1, -1):
        yield at_least[count] - at_least[count + 1] if count + 1 < len(at_least) else at_least[count]


def _corrected(text: str, corrections: dict[str, str]) -> str:
    """The question with its misspelt words put right."""
    put: Callable = lambda match: corrections.get(match[0].casefold(), match[0])  # noqa: E731
    return analysis.WORD.sub(put, text)


def _found(values: dict[str, Any]) -> Found:
    values["codes"] = tuple(values["codes"].split())
    values["points"] = tuple((lat, lon) for lat, lon in values["points"])
    return Found(**{"card": {}, **values})
