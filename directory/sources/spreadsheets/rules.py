"""What is the same listing, what only looks like it, and what an import leaves alone. Facts in, a reason or nothing out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from rapidfuzz import fuzz

from directory.listings.kinds import ConfirmedAs, Kind, Source
from directory.sources.spreadsheets.words import fold

# Words that tell two associations apart from nobody.
_COMMON = {
    *("il", "idrettslag", "idrettsforening", "if", "ik", "fk", "klubb", "lag", "laget", "forening", "foreningen", "forbund"),
    *("og", "i", "for", "the", "of", "and", "as", "sa", "ba", "avd", "avdeling"),
}
SIMILAR, ALIKE_AT_ALL = 88, 62


@dataclass(frozen=True, slots=True)
class Known:
    """As much of a listing as tells whether another is the same. `pk` is negative for one that stands earlier in the sheet."""

    kind: Kind
    pk: int
    names: frozenset[str]  # folded, every language
    label: str
    org_number: str = ""
    postcode: str = ""
    website: str = ""
    email: str = ""
    phone: str = ""
    source: str = ""
    source_name: str = ""
    source_key: str = ""
    owner: int | None = None
    row: int = 0  # where in the sheet, for one that stands there


@dataclass(frozen=True, slots=True)
class Since:
    """What has happened to a listing, as far as an import must respect it."""

    source: str = ""
    imported_at: datetime | None = None
    edited_at: datetime | None = None
    confirmed_at: datetime | None = None
    confirmed_as: str = ""
    has_draft: bool = False


def why_leave_alone(since: Since) -> str | None:
    """Why an import does not write over this listing: somebody who knows better has been there later."""
    if since.has_draft:
        return "draft_waiting"
    by_association = since.confirmed_at is not None and since.confirmed_as == ConfirmedAs.PROVIDER
    if since.imported_at is None:
        if since.source == Source.PROVIDER:
            return "edited_since"
        return "confirmed_since" if by_association else None
    if since.edited_at is not None and since.edited_at > since.imported_at:
        return "edited_since"
    if by_association and since.confirmed_at is not None and since.confirmed_at > since.imported_at:
        return "confirmed_since"
    return None


def why_alike(one: Known, other: Known, shared: Collection[str] = ()) -> tuple[str, ...]:
    """Why two listings are probably one; empty where they are not.

    `shared` are web addresses, mail addresses and telephones that many listings have in common: a municipality's own
    switchboard makes nobody a duplicate.
    """
    if one.kind != other.kind or (one.org_number and other.org_number and one.org_number != other.org_number):
        return ()
    if one.org_number and one.org_number == other.org_number:
        return ("same_org_number",)
    if one.owner is not None and other.owner is not None and one.owner != other.owner:
        return ()
    same_postcode = bool(one.postcode) and one.postcode == other.postcode
    reasons = ["same_postcode"] * same_postcode
    reasons += ["same_website"] * _same(one.website, other.website, shared)
    reasons += ["same_mail"] * _same(one.email, other.email, shared)
    reasons += ["same_phone"] * _same(one.phone, other.phone, shared)
    if one.names & other.names:
        other_town = one.postcode and other.postcode and not same_postcode
        if one.kind is Kind.PLACE and other_town:
            return ()
        return ("same_name", *reasons)
    likeness = max((similarity(a, b) for a in one.names for b in other.names), default=0)
    contact = [r for r in reasons if r != "same_postcode"]
    if likeness >= SIMILAR and reasons:
        return ("similar_name", *reasons)
    if likeness >= ALIKE_AT_ALL and contact and (same_postcode or len(contact) > 1):
        return ("similar_name", *reasons)
    return ()


def _same(one: str, other: str, shared: Collection[str]) -> bool:
    return bool(one) and one == other and one not in shared


def similarity(one: str, other: str) -> float:
    """How alike two folded names are, 0–100; numbers in them must be the same."""
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return 0
    a, b = telling_words(one), telling_words(other)
    if not a or not b:
        return 0
    # "sjakk-klubb" and "sjakklubb": compounds are written together and apart.
    return max(fuzz.token_sort_ratio(" ".join(a), " ".join(b)), fuzz.ratio(one.replace(" ", ""), other.replace(" ", "")))


def telling_words(name: str) -> list[str]:
    """The words of a folded name that say which one it is."""
    return [w for w in name.split() if w not in _COMMON] or name.split()


def same_address(url: str) -> str:
    """A web address as it is compared: no scheme, no www, no trailing slash."""
    return re.sub(r"^https?://(www\.)?", "", url.strip().lower()).rstrip("/")


@dataclass
class Register:
    """All listings one import may meet, found by number, id or name without looking at every one."""

    known: dict[tuple[Kind, int], Known] = field(default_factory=dict)
    by_org: dict[str, Known] = field(default_factory=dict)
    by_key: dict[tuple[Kind, str, str], Known] = field(default_factory=dict)
    by_name: dict[tuple[Kind, str], list[Known]] = field(default_factory=dict)
    _by_hint: dict[tuple[Kind, str], list[Known]] = field(default_factory=dict)
    _times: dict[str, int] = field(default_factory=dict)

    #: A hint that more listings share than this tells nothing ("Larvik", the municipality's switchboard).
    TOO_COMMON = 40
    SHARED_BY = 3

    def add(self, known: Known) -> None:
        """Make a listing findable."""
        self.known[known.kind, known.pk] = known
        if known.org_number:
            self.by_org.setdefault(known.org_number, known)
        if known.source_key:
            self.by_key.setdefault((known.kind, fold(known.source_name), known.source_key), known)
        for name in known.names:
            self.by_name.setdefault((known.kind, name), []).append(known)
        for hint in _hints(known):
            self._by_hint.setdefault((known.kind, hint), []).append(known)
        for contact in (known.website, known.email, known.phone):
            if contact:
                self._times[contact] = self._times.get(contact, 0) + 1

    def alike(self, one: Known) -> tuple[Known, tuple[str, ...]] | None:
        """The listing that `one` most probably is, and why."""
        shared = {c for c in (one.website, one.email, one.phone) if self._times.get(c, 0) >= self.SHARED_BY}
        seen: set[int] = set()
        best: tuple[int, int, Known, tuple[str, ...]] | None = None
        for hint in _hints(one):
            candidates = self._by_hint.get((one.kind, hint), ())
            if len(candidates) > self.TOO_COMMON:
                continue
            for other in candidates:
                if other.pk in seen or other.pk == one.pk:
                    continue
                seen.add(other.pk)
                if why := why_alike(one, other, shared):
                    weight = len(why) + 3 * (why[0] == "same_name")
                    if best is None or (weight, other.pk) > best[:2]:
                        best = (weight, other.pk, other, why)
        return (best[2], best[3]) if best else None


def _hints(known: Known) -> set[str]:
    """What listings that may be one have in common: a name, a telling word with the postcode, a contact."""
    hints = {f"= {name}" for name in known.names} | {c for c in (known.website, known.email, known.phone) if c}
    for name in known.names:
        for word in telling_words(name):
            if len(word) > 3:
                # The first letters stand for the word, so that a spelling mistake further in is found.
                hints.add(f"{word[:4]} {known.postcode}")
    return hints
