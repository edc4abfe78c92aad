"""What the board shows: figures by language and kind, and the rows that have something to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q, QuerySet, Sum

from directory.municipalities.models import Municipality
from portal.languages import NAMES
from portal.translating.models import Tally
from portal.translating.pieces import kind_name, translated_models
from portal.translating.states import Shown

BY_STATE = {
    Shown.TODO: Q(missing__gt=0) | Q(stale__gt=0),
    Shown.MISSING: Q(missing__gt=0),
    Shown.STALE: Q(stale__gt=0),
    Shown.MACHINE: Q(machine__gt=0),
    Shown.COMPLETE: Q(missing=0, stale=0),
}


@dataclass(frozen=True, slots=True)
class Sums:
    """Texts of one language or kind. `complete`: there, and not out of date."""

    key: str
    label: str
    texts: int
    missing: int
    stale: int
    machine: int

    @property
    def complete(self) -> int:
        return self.texts - self.missing - self.stale

    @property
    def percent(self) -> int:
        return self.complete * 100 // self.texts if self.texts else 100

    @property
    def todo(self) -> int:
        return self.missing + self.stale


def tallies(
    municipality: Municipality, *, lang: str = "", kind: type[Any] | None = None, state: str = "", words: str = ""
) -> QuerySet[Tally]:
    """Rows of the board."""
    rows = Tally.objects.filter(municipality=municipality, lang__in=municipality.languages).select_related("content_type")
    if lang:
        rows = rows.filter(lang=lang)
    if kind is not None:
        rows = rows.filter(content_type=ContentType.objects.get_for_model(kind))
    if state in BY_STATE:
        rows = rows.filter(BY_STATE[Shown(state)])
    for word in words.split()[:8]:
        rows = rows.filter(title__icontains=word)
    return rows.order_by("title", "content_type", "object_id", "lang")


def after(rows: QuerySet[Tally], one: Tally) -> Tally | None:
    """The row that follows `one`, in the order of the board; the first again after the last."""
    key = ("title", "content_type", "object_id", "lang")
    here = (one.title, one.content_type_id, one.object_id, one.lang)
    later = Q(pk__in=[])
    for n, name in enumerate(key):
        later |= Q(**{f"{name}__gt": here[n]}, **dict(zip(key[:n], here[:n], strict=True)))
    rows = rows.exclude(pk=one.pk)
    return rows.filter(later).first() or rows.first()


def by_language(municipality: Municipality, kind: type[Any] | None = None) -> list[Sums]:
    """Figures of each language, in the municipality's order."""
    found = {row["lang"]: row for row in _sums(tallies(municipality, kind=kind), "lang")}
    return [_as_sums(code, NAMES[code], found[code]) for code in municipality.languages if code in found]


def by_kind(municipality: Municipality, lang: str = "") -> list[Sums]:
    """Figures of each kind."""
    found = {row["content_type"]: row for row in _sums(tallies(municipality, lang=lang), "content_type")}
    kinds = [(ContentType.objects.get_for_model(model).pk, model) for model in kinds_in_order()]
    return [_as_sums(model._meta.label_lower, kind_name(model), found[pk]) for pk, model in kinds if pk in found]


def kinds_in_order() -> list[type[Any]]:
    """Every kind the board is about: listings first, then words and districts, then pages."""
    rank = {"activity": 0, "provider": 1, "place": 2, "supportscheme": 3}
    return sorted(translated_models(), key=lambda model: (rank.get(model._meta.model_name or "", 9), model._meta.label_lower))


def _sums(rows: QuerySet[Tally], by: str) -> Iterable[dict[str, Any]]:
    return (
        rows.order_by()
        .values(by)
        .annotate(all=Sum("texts"), gone=Sum("missing"), old=Sum("stale"), made=Sum("machine"))
        .order_by(F(by))
    )


def _as_sums(key: str, label: str, row: dict[str, Any]) -> Sums:
    return Sums(key, label, row["all"], row["gone"], row["old"], row["made"])


def lacking(municipalities: Iterable[Municipality]) -> list[tuple[Municipality, list[Sums]]]:
    """What each municipality lacks by language, for the first page of the admin: only languages that lack something."""
    found = [(municipality, [one for one in by_language(municipality) if one.todo]) for municipality in municipalities]
    return [(municipality, sums) for municipality, sums in found if sums]
