"""Whether what several were told at once could have been told one after the other (after Wing and Gong, 1993; R5).

A history is what was asked of one card, when each question was sent and answered, and what was answered. It is right when there
is an order in which a plain card, asked one question at a time, answers the same, and in which nothing that had ended stands
after what began later. Cards do not share anything here, so each has its own short history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deed:
    """`use` is the key of the use that an undo takes back; a "look" tells what was left when all was over."""

    kind: str
    key: str
    said: str
    began: float
    ended: float
    left: int | None = None
    replayed: bool = False
    undone: bool = False
    use: str = ""


@dataclass(frozen=True, slots=True)
class PlainCard:
    """A card that is asked one question at a time."""

    left: int
    told: frozenset[tuple[str, int]] = frozenset()  # what was answered under a key
    undone: frozenset[str] = frozenset()

    def after(self, deed: Deed) -> PlainCard | None:
        """The card once it has answered so; None where it would have answered something else."""
        told = dict(self.told)
        if deed.kind == "look":
            return self if deed.left == self.left else None
        if deed.key in told:
            same = deed.said == "ok" and deed.replayed and deed.left == told[deed.key]
            return self if same and deed.undone == (deed.key in self.undone) else None
        if deed.kind == "redeem":
            if self.left < 1:
                return self if deed.said == "exhausted" else None
            return self._moved(deed, -1)
        if deed.use not in told:
            return self if deed.said == "nothing" else None
        if deed.use in self.undone:
            return self if deed.said == "already_undone" else None
        return self._moved(deed, +1)

    def _moved(self, deed: Deed, by: int) -> PlainCard | None:
        left = self.left + by
        if deed.said != "ok" or deed.replayed or deed.undone or deed.left != left:
            return None
        return PlainCard(left, self.told | {(deed.key, left)}, self.undone | ({deed.use} if by > 0 else frozenset()))


def could_be(history: Sequence[Deed], quantity: int) -> bool:
    """Whether some order explains every answer."""
    seen: set[tuple[int, PlainCard]] = set()

    def explains(rest: int, card: PlainCard) -> bool:
        if not rest:
            return True
        if (rest, card) in seen:
            return False
        seen.add((rest, card))
        waiting = [number for number in range(len(history)) if rest >> number & 1]
        first_end = min(history[number].ended for number in waiting)
        return any(
            (after := card.after(history[number])) is not None and explains(rest & ~(1 << number), after)
            for number in waiting
            if history[number].began <= first_end
        )

    return explains((1 << len(history)) - 1, PlainCard(quantity))
