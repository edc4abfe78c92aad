"""A list of things one might try, as it stands in an address: `?l=a12-p3`.

    a12   activity 12        o7   provider 7 ("organiser")        p3   place 3        s4   support scheme 4

Nothing else holds the list: no cookie, no row, no account. Words of one's own about a thing stand behind the `#` of the
address, which browsers send to nobody (`words.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from directory.listings.kinds import Kind

PARAM = "l"
MOST = 20
LETTERS = {"a": Kind.ACTIVITY.value, "o": Kind.PROVIDER.value, "p": Kind.PLACE.value, "s": Kind.SUPPORT.value}
_LETTER_OF = {kind: letter for letter, kind in LETTERS.items()}
_REF = re.compile(r"([aops])([1-9][0-9]{0,11})\Z", re.ASCII)


class Ref(NamedTuple):
    """One thing on a list."""

    kind: str
    pk: int

    def __str__(self) -> str:
        return f"{_LETTER_OF[self.kind]}{self.pk}"

    @property
    def ident(self) -> str:
        """Its id in the API and on cards."""
        return f"{self.kind}-{self.pk}"


def ref_of(text: str) -> Ref | None:
    """ "a12" as a thing; None for what is none."""
    found = _REF.match(text)
    return Ref(LETTERS[found[1]], int(found[2])) if found else None


def ref_of_ident(ident: str) -> Ref | None:
    """ "activity-12" as a thing."""
    kind, _dash, number = ident.partition("-")
    return ref_of(f"{_LETTER_OF[kind]}{number}") if kind in _LETTER_OF else None


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The things, in the order their maker gave them."""

    refs: tuple[Ref, ...] = ()

    @classmethod
    def from_text(cls, text: str) -> Shortlist:
        """The list an address tells. What makes no sense in it is left out; each thing stands once, twenty at most."""
        found = (ref_of(part) for part in text[:2000].split("-"))
        return cls(tuple(dict.fromkeys(ref for ref in found if ref))[:MOST])

    def __str__(self) -> str:
        return "-".join(map(str, self.refs))

    def __bool__(self) -> bool:
        return bool(self.refs)

    def __len__(self) -> int:
        return len(self.refs)

    def __contains__(self, ref: object) -> bool:
        return ref in self.refs

    @property
    def is_full(self) -> bool:
        return len(self.refs) >= MOST

    def with_(self, ref: Ref) -> Shortlist:
        """One more, at the end; the same list where it is there already or nothing more fits."""
        return self if ref in self.refs or self.is_full else Shortlist((*self.refs, ref))

    def without(self, ref: Ref) -> Shortlist:
        return Shortlist(tuple(other for other in self.refs if other != ref))

    def moved(self, ref: Ref, steps: int) -> Shortlist:
        """The list with one thing some steps further down (or up: negative)."""
        refs = list(self.refs)
        at = refs.index(ref)
        refs.insert(max(0, min(len(refs) - 1, at + steps)), refs.pop(at))
        return Shortlist(tuple(refs))

    def in_address(self, address: str) -> str:
        """The address with this list in it, once. An empty one stands there too: else the page's own would be carried on."""
        parts = urlsplit(address)
        pairs = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != PARAM]
        pairs.append((PARAM, str(self)))
        return urlunsplit(parts._replace(query=urlencode(pairs, safe=",")))
