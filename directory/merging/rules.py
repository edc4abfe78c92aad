"""When two listings look like one, when they may be merged, and until when that can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from directory.listings.likeness import ALIKE, likeness, plain

UNDO_FOR = timedelta(days=30)
CROWD = 60  # rows that share a word: a word that so many have tells nothing
SAME_PLACE, SAME_CONTACT = 70, 60  # per cent of likeness that are enough where the address, or the contact, is the same


class Why(TextChoices):
    """Why two listings are not merged, or a merge is not undone."""

    ITSELF = "itself", _("Choose two different ones.")
    WAITS = "waits", _("“%(name)s” has a proposal that waits. Decide about it first.")
    DRAFT = "draft", _("“%(name)s” has a newer draft. Publish it or take it away first, else it would undo the merge.")
    KEEP_PUBLIC = "keep-public", _("Residents see “%(name)s” now. Keep that one, and let the other go.")
    GONE = "gone", _("“%(name)s” has been taken off the lists already.")
    LATE = "late", _("A merge can be undone for 30 days. This one is older.")
    UNDONE = "undone", _("This has been undone already.")
    MISSING = "missing", _("One of the two has been deleted since, so this cannot be undone.")


class Sign(TextChoices):
    """What makes two listings look like one."""

    NUMBER = "number", _("the same organisation number")
    NAME = "name", _("nearly the same name")
    CONTACT = "contact", _("the same contact")
    ADDRESS = "address", _("the same address")
    PROVIDER = "provider", _("the same provider")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared of a listing."""

    pk: int
    names: tuple[str, ...]
    number: str = ""
    address: str = ""
    contacts: frozenset[str] = frozenset()
    provider: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two listings that may be one."""

    one: int
    other: int
    score: int
    signs: tuple[Sign, ...]


def signs_of(one: Facts, other: Facts, *, within_provider: bool = False) -> tuple[int, tuple[Sign, ...]]:
    """How much speaks for it that two listings are one, and what; 0 where it is not enough.

    `within_provider`: for activities, of which many have one name and only those of one provider may be the same.
    """
    if within_provider and (one.provider is None or one.provider != other.provider):
        return 0, ()
    score = round(max((likeness(a, b) for a in one.names for b in other.names), default=0))
    found = []
    if one.number and one.number == other.number:
        found.append(Sign.NUMBER)
    if score >= ALIKE:
        found.append(Sign.NAME)
    if one.contacts & other.contacts and not within_provider:
        found.append(Sign.CONTACT)
    if one.address and one.address == other.address:
        found.append(Sign.ADDRESS)
    if within_provider:
        return (score, (*found, Sign.PROVIDER)) if Sign.NAME in found else (0, ())
    enough = (
        Sign.NUMBER in found
        or Sign.NAME in found
        or (Sign.CONTACT in found and score >= SAME_CONTACT)
        or (Sign.ADDRESS in found and score >= SAME_PLACE)
    )
    sure = max(score, ALIKE if Sign.NUMBER in found else 1)
    return (min(100, sure + 5 * (len(found) - 1)), tuple(found)) if enough else (0, ())


def pairs(rows: Iterable[Facts], *, within_provider: bool = False) -> list[Pair]:
    """The pairs that look like one, the likeliest first. Only rows that share a word, a contact or a number are compared."""
    by_pk = {row.pk: row for row in rows}
    shared: dict[str, list[int]] = {}
    for row in by_pk.values():
        for key in keys_of(row):
            shared.setdefault(key, []).append(row.pk)
    seen: set[tuple[int, int]] = set()
    found = []
    for pks in shared.values():
        if len(pks) > CROWD:
            continue
        for one, other in combinations(sorted(pks), 2):
            if (one, other) in seen:
                continue
            seen.add((one, other))
            score, signs = signs_of(by_pk[one], by_pk[other], within_provider=within_provider)
            if score:
                found.append(Pair(one, other, score, signs))
    return sorted(found, key=lambda pair: (-pair.score, pair.one, pair.other))


def keys_of(row: Facts) -> Iterator[str]:
    """What a row can share with its double. The beginning of a word is enough: the rest may be written wrong."""
    words = {word[:5] for name in row.names for word in plain(name).split() if len(word) > 2}
    yield from {f"word:{word}" for word in words}
    yield from {f"contact:{contact}" for contact in row.contacts}
    if row.number:
        yield f"number:{row.number}"


def why_not_undo(*, merged: bool, at: datetime, now: datetime, both_there: bool) -> Why | None:
    """Whether a merge can still be undone."""
    if not merged:
        return Why.UNDONE
    if now - at > UNDO_FOR:
        return Why.LATE
    return None if both_there else Why.MISSING
