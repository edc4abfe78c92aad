"""What an engine answers: which listings in which order, how many, and what choosing each value would give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np


class Stage(IntEnum):
    """How far from the reader's words the engine had to go."""

    WORDS = 0
    SPELLING = 1
    INSIDE = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """One listing of the page, by its number in the index."""

    seq: int
    distance_m: int | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """`facets[param][value]` is the number of hits one gets by choosing that value alone for that parameter."""

    hits: tuple[Hit, ...]
    total: int
    page: int
    pages: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    stage: Stage = Stage.WORDS
    corrected: str | None = None


@dataclass(frozen=True, slots=True)
class PinSet:
    """Every hit that has a place: numbers in the index and positions, in arrays of one length."""

    seqs: np.ndarray
    lats: np.ndarray
    lons: np.ndarray

    def inside(self, west: float, south: float, east: float, north: float) -> "PinSet":
        """Those in a box."""
        kept = (self.lats >= south) & (self.lats <= north) & (self.lons >= west) & (self.lons <= east)
        return PinSet(self.seqs[kept], self.lats[kept], self.lons[kept])

    def __len__(self) -> int:
        return len(self.seqs)


@dataclass(frozen=True, slots=True)
class Status:
    """How the index stands: `ready` is false when it was made by another version of the analysis or is missing."""

    ready: bool
    documents: int
    message: str = ""
