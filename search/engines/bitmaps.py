"""What a worker process keeps in memory: one bitmap per choice, and columns for ages, prices and positions.

A `Snapshot` never changes once it is made; catching up makes a new one that shares all that stayed the same, so requests in
other threads go on undisturbed.
"""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from pyroaring import BitMap

from search.analysis import collation_key

# geopy's great_circle uses the same radius, so distances agree with it to the metre.
EARTH_RADIUS_M = 6_371_009.0
OPEN_LOW, OPEN_HIGH = -1, 32_000
NO_PRICE = -1

# seq kind municipality codes points price ages published
Row = tuple[int, str, str, str, Any, int | None, int | None, int | None, int | None]
Codes = Mapping[str, Mapping[str, BitMap]]


@dataclass(frozen=True)
class Snapshot:
    """The index at one moment. `codes[param][value]` may still hold removed numbers; `live` never does."""

    epoch: str = ""
    last_seq: int = 0
    live: BitMap = field(default_factory=BitMap)
    codes: Codes = field(default_factory=dict)
    seqs: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint32))
    prices: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    ages_from: np.ndarray = field(default_factory=lambda: np.empty(0, np.int16))
    ages_to: np.ndarray = field(default_factory=lambda: np.empty(0, np.int16))
    published: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    point_seqs: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint32))
    lats: np.ndarray = field(default_factory=lambda: np.empty(0, np.float64))
    lons: np.ndarray = field(default_factory=lambda: np.empty(0, np.float64))
    # Worked out at first need; never part of what two snapshots share.
    _ages: dict[int, BitMap] = field(default_factory=dict, compare=False)
    _ranks: dict[str, np.ndarray] = field(default_factory=dict, compare=False)

    def after(self, *, epoch: str, last_seq: int, rows: Iterable[Row], removed: Iterable[int]) -> Self:
        """The index some changes later. `rows` come in ascending order and all lie above what is here."""
        rows = list(rows)
        live = self.live.copy()
        live.update(row[0] for row in rows)
        live.difference_update(BitMap(removed))
        added: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        point_seqs: list[int] = []
        points: list[tuple[float, float]] = []
        for seq, kind, municipality, codes, found, *_ in rows:
            added["kind"][kind].append(seq)
            added["municipality"][municipality].append(seq)
            for code in codes.split():
                param, _sep, value = code.partition(":")
                added[param][value].append(seq)
            for point in json.loads(found) if isinstance(found, str) else found:
                point_seqs.append(seq)
                points.append(point)
        merged: dict[str, Mapping[str, BitMap]] = dict(self.codes)
        for param, values in added.items():
            old = merged.get(param, {})
            merged[param] = {**old, **{v: BitMap(s) | old[v] if v in old else BitMap(s) for v, s in values.items()}}
        where = np.array(points, np.float64).reshape(-1, 2)
        return replace(
            self,
            epoch=epoch,
            last_seq=last_seq,
            live=live,
            codes=merged,
            seqs=_join(self.seqs, [row[0] for row in rows]),
            prices=_join(self.prices, [NO_PRICE if row[5] is None else row[5] for row in rows]),
            ages_from=_join(self.ages_from, [OPEN_LOW if row[6] is None else row[6] for row in rows]),
            ages_to=_join(self.ages_to, [OPEN_HIGH if row[7] is None else row[7] for row in rows]),
            published=_join(self.published, [row[8] or 0 for row in rows]),
            point_seqs=_join(self.point_seqs, point_seqs),
            lats=np.concatenate([self.lats, where[:, 0]]),
            lons=np.concatenate([self.lons, where[:, 1]]),
            _ages={},
            _ranks={},
        )

    def any_of(self, param: str, values: Iterable[str]) -> BitMap:
        """Documents with any of the values."""
        codes = self.codes.get(param, {})
        return BitMap.union(BitMap(), *(codes[value] for value in values if value in codes))

    def of_age(self, age: int) -> BitMap:
        """Documents open to an age; an unknown end is open."""
        if age not in self._ages:
            self._ages[age] = BitMap(self.seqs[(self.ages_from <= age) & (age <= self.ages_to)])
        return self._ages[age]

    def at_most(self, price: int) -> BitMap:
        """Documents whose price is known and no higher."""
        return BitMap(self.seqs[(self.prices != NO_PRICE) & (self.prices <= price)])

    def near(self, lat: float, lon: float, within_km: float) -> tuple[np.ndarray, np.ndarray]:
        """Documents with a point inside the circle, its edge included: ascending numbers, and metres to the nearest point."""
        limit = round(within_km * 1000)
        # A degree of latitude is the same everywhere: most points need no closer look.
        band = np.flatnonzero(np.abs(self.lats - lat) <= math.degrees((limit + 1) / EARTH_RADIUS_M))
        metres = np.rint(distances_m(lat, lon, self.lats[band], self.lons[band])).astype(np.int64)
        inside = metres <= limit
        seqs, metres = self.point_seqs[band][inside], metres[inside]
        if not len(seqs):
            return seqs, metres
        starts = np.flatnonzero(np.concatenate(([True], seqs[1:] != seqs[:-1])))
        return seqs[starts], np.minimum.reduceat(metres, starts)

    def ranks(self, lang: str, read_names: Callable[[], Iterable[tuple[int, list[list[str]]]]]) -> np.ndarray:
        """The alphabetical rank of each of `seqs` in a language; names are read once for each language."""
        if lang not in self._ranks:
            shown = {seq: collation_key(name_in(pairs, lang), lang) for seq, pairs in read_names() if pairs}
            nameless = ("\U0010ffff", "")
            listed = self.seqs.tolist()
            order = sorted(range(len(listed)), key=lambda i: (shown.get(listed[i], nameless), -listed[i]))
            ranks = np.empty(len(listed), np.int32)
            ranks[order] = np.arange(len(listed), dtype=np.int32)
            self._ranks[lang] = ranks
        return self._ranks[lang]


def name_in(pairs: list[list[str]], lang: str) -> str:
    """The name in a language, else in the one that comes first."""
    return next((name for code, name in pairs if code == lang), pairs[0][1] if pairs else "")


def distances_m(lat: float, lon: float, lats: np.ndarray, lons: np.ndarray) -> np.ndarray:
    """Metres from a point to many, on a sphere."""
    p1, p2 = math.radians(lat), np.radians(lats)
    half = np.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * np.cos(p2) * np.sin(np.radians(lons - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def _join(old: np.ndarray, new: list[int]) -> np.ndarray:
    return np.concatenate([old, np.array(new, old.dtype)])
