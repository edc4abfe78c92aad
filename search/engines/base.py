"""What every engine can do. `search/engines/` holds one module per engine; the contract suite holds them to the same answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from search.query import SearchQuery
from search.results import PinSet, Results, Status


class EngineError(Exception):
    """The engine cannot answer now."""


@dataclass(frozen=True)
class Doc:
    """A listing as search sees it.

    `codes` are `param:value` pairs (`category:music`, `weekday:3`, `free:1`); a category's ancestors are among them.
    `points` are every place where it happens. `names` are (language, name), the municipality's first language first. `title`
    and `body` are tokens, each with the word it was made from. `card` is what a list of results shows, so that a page of
    results reads no other table. `published` is when it was first published, in milliseconds since 1970: "newest" goes by it,
    whenever the listing was indexed.
    """

    kind: str
    listing_id: int
    municipality: str
    slug: str
    codes: tuple[str, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    price: int | None = None
    age_from: int | None = None
    age_to: int | None = None
    names: tuple[tuple[str, str], ...] = ()
    title: dict[str, str] = field(default_factory=dict)
    body: dict[str, str] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)
    published: int | None = None


@dataclass(frozen=True)
class Found:
    """A document read back for showing."""

    seq: int
    kind: str
    listing_id: int
    municipality: str
    slug: str
    codes: tuple[str, ...]
    points: tuple[tuple[float, float], ...]
    price: int | None
    age_from: int | None
    age_to: int | None
    names: list[list[str]]
    card: dict[str, Any]
    published: int | None = None


class Engine(Protocol):
    """Writes happen in the caller's transaction; reads see what is committed, and the caller's own writes."""

    name: str

    def upsert(self, docs: Iterable[Doc]) -> None: ...
    def remove(self, keys: Iterable[tuple[str, int]]) -> None: ...
    def rebuild(self, docs: Iterable[Doc]) -> int: ...
    def search(self, query: SearchQuery, *, facets: bool = True) -> Results: ...
    def pins(self, query: SearchQuery) -> PinSet: ...
    def fetch(self, seqs: Sequence[int], *, cards: bool = True) -> list[Found]: ...
    def count(self, query: SearchQuery) -> int: ...
    def find(self, kind: str, slug: str, municipality: str) -> Found | None: ...
    def listed(self, kind: str, pks: Sequence[int]) -> list[Found]: ...
    def stamp(self) -> str: ...
    def status(self) -> Status: ...
