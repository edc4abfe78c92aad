"""A page says what it has shown, so that it can be counted. Who counts, and whether anybody does, is not its business."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Shown:
    """A page about one thing, and the part of town it belongs to."""

    key: str
    district: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search that was answered. `place` is a place asked for by name; a visitor's own position never stands here."""

    words: str
    hits: int
    first_page: bool = True
    district: str = ""
    place: str = ""
    point: tuple[float, float] | None = None


def tell(request: HttpRequest, fact: Shown | Asked) -> None:
    """Leave word with the request."""
    request.counted = fact  # type: ignore[attr-defined]


def told(request: HttpRequest) -> Shown | Asked | None:
    """What was left."""
    return getattr(request, "counted", None)
