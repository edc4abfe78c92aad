"""The slow plain twin of the engines: every listing is looked at for every question, in plain Python."""

from dataclasses import dataclass, field

from geopy.distance import great_circle

from search import analysis
from search.engines.base import Doc
from search.query import MULTIPLE, SearchQuery

COMMON_AGES = (3, 6, 10, 13, 16, 18, 30, 50, 67)


@dataclass
class Oracle:
    listings: dict[tuple[str, int], tuple[int, Doc]] = field(default_factory=dict)
    count: int = 0

    def upsert(self, docs):
        for doc in docs:
            self.count += 1
            self.listings[doc.kind, doc.listing_id] = (self.count, doc)

    def remove(self, keys):
        for key in keys:
            self.listings.pop(key, None)

    def search(self, query: SearchQuery):
        """Ids in order, total, facets, metres, corrected words."""
        scope = [pair for pair in self.listings.values() if in_scope(pair[1], query.scope)]
        stage, matching, corrections = self.match(query, scope, limit=2)
        found = [pair for pair in matching if fits(pair[1], query)]
        found.sort(key=lambda pair: self.sort_key(pair, query, stage, scope))
        metres = [distance(doc, query) for _, doc in found]
        ids = [(doc.kind, doc.listing_id) for _, doc in found]
        return ids, self.facets(query, matching, stage), metres, corrections

    def match(self, query, scope, limit):
        words = analysis.question(query.text)
        if not words:
            return 0, scope, {}
        for stage in range(limit + 1):
            options = self.options(words, scope, stage)
            hits = [(seq, doc) for seq, doc in scope if all(has({**doc.title, **doc.body}, o) for o in options)]
            if hits:
                return stage, hits, self.corrections(words, scope) if stage == 1 else {}
        return 0, [], {}

    def options(self, words, scope, stage):
        """For each word: the tokens and the beginnings that will do."""
        vocabulary = {t for _, doc in self.listings.values() for t in {**doc.title, **doc.body} if not t.startswith("_")}
        options = []
        for word in words:
            exact, prefixes = set(word.exact), word.prefixes
            if stage >= 1 and not any(has({**doc.title, **doc.body}, (exact, prefixes)) for _, doc in scope):
                exact |= {term for _, term in similar(word, vocabulary)}
            if stage >= 2 and len(word.plain) >= analysis.MIN_INFIX:
                inside = sorted((len(t), t) for t in vocabulary if word.plain in t)
                exact |= {term for _, term in inside[:50]}
            options.append((exact, prefixes))
        return options

    def corrections(self, words, scope):
        vocabulary = {t for _, doc in self.listings.values() for t in {**doc.title, **doc.body} if not t.startswith("_")}
        found = {}
        for word in words:
            if any(has({**doc.title, **doc.body}, (word.exact, word.prefixes)) for _, doc in scope):
                continue
            ranked = []
            for away, term in similar(word, vocabulary)[:10]:
                used = sum(term in {**doc.title, **doc.body} for _, doc in scope)
                if used:
                    ranked.append((away, -used, term))
            if ranked:
                found[word.raw] = min(ranked)[2]
        return found

    def sort_key(self, pair, query, stage, scope):
        seq, doc = pair
        if query.order == "distance" and query.point:
            return distance(doc, query), -seq
        if query.order == "name":
            names = dict(doc.names)
            shown = names.get(query.lang) or next(iter(names.values()), None)
            return analysis.collation_key(shown, query.lang) if shown is not None else ("\U0010ffff", ""), -seq
        if query.order == "newest":
            return -(doc.published or 0), -seq
        words = analysis.question(query.text)
        options = self.options(words, scope, stage)
        if stage == 0 and words and words[-1].prefixes:
            options.append((words[-1].exact, ()))  # a whole last word counts twice
        return -sum(has(doc.title, option) for option in options), -seq

    def facets(self, query, matching, stage):
        counted = {}
        for param in (*MULTIPLE, "free", "volunteers"):
            base = [doc for _, doc in matching if fits(doc, query, leaving_out=param)]
            counts = {}
            if param == "age":
                for age in {*COMMON_AGES, *query.ages}:
                    counts[str(age)] = sum(of_age(doc, age) for doc in base)
            else:
                for doc in base:
                    for value in values_of(doc, param):
                        counts[value] = counts.get(value, 0) + 1
            chosen = query.values(param)
            counted[param] = {v: n for v, n in counts.items() if n or v in chosen} | {v: 0 for v in chosen if v not in counts}
        if len(query.scope) != 1:
            counted["municipality"] = {}
            for number in {doc.municipality for _, doc in self.listings.values()} | set(query.scope):
                scope = [pair for pair in self.listings.values() if pair[1].municipality == number]
                _, alone, _ = self.match(query, scope, limit=stage)
                count = sum(fits(doc, query) for _, doc in alone)
                if count or number in query.scope:
                    counted["municipality"][number] = count
        return counted


def similar(word, vocabulary):
    slips = analysis.allowed_edits(word.plain)
    near = [(osa(word.plain, t), t) for t in vocabulary if slips and t[0] == word.plain[0]]
    return sorted(pair for pair in near if pair[0] <= slips)[:50]


def osa(a, b):
    """Slips of the finger: a letter too many, too few, wrong, or two swapped."""
    d = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                d[i, j] = min(d[i, j], d[i - 2, j - 2] + 1)
    return d[len(a), len(b)]


def has(tokens, option):
    exact, prefixes = option
    return any(t in exact or any(t.startswith(p) for p in prefixes) for t in tokens)


def in_scope(doc, municipalities):
    return not municipalities or doc.municipality in municipalities


def values_of(doc, param):
    codes = [code.split(":", 1) for code in {*doc.codes, f"kind:{doc.kind}"}]
    return {value for name, value in codes if name == param}


def of_age(doc, age):
    return (doc.age_from is None or doc.age_from <= age) and (doc.age_to is None or age <= doc.age_to)


def distance(doc, query):
    if query.point is None or not doc.points:
        return None
    return min(round(great_circle(query.point, point).m) for point in doc.points)


def fits(doc, query, leaving_out=""):
    for param in (*MULTIPLE, "free", "volunteers"):
        chosen = query.values(param)
        if not chosen or param == leaving_out:
            continue
        if param == "age":
            if not any(of_age(doc, age) for age in query.ages):
                return False
        elif not values_of(doc, param) & set(chosen):
            return False
    if query.max_price is not None and (doc.price is None or doc.price > query.max_price):
        return False
    if query.point is not None:
        away = distance(doc, query)
        return away is not None and away <= round(query.within * 1000)
    return True
