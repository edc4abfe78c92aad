"""What the board shows: figures by language and kind, and the rows that have something to do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q, QuerySet, Sum
from wagtail.models import Page

from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import has_field
from portal.languages import CODES, NAMES
from portal.translating.models import Tally
from portal.translating.pieces import columns_of, kind_name
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
    municipality: Municipality, *, kinds: Iterable[type[Any]], lang: str = "", state: str = "", words: str = ""
) -> QuerySet[Tally]:
    """Rows of the board."""
    rows = Tally.objects.filter(municipality=municipality, lang__in=municipality.languages).select_related("content_type")
    rows = rows.filter(content_type__in=[ContentType.objects.get_for_model(model).pk for model in kinds])
    if lang:
        rows = rows.filter(lang=lang)
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


def by_language(municipality: Municipality, kinds: Iterable[type[Any]]) -> list[Sums]:
    """Figures of each language, in the municipality's order."""
    found = {row["lang"]: row for row in _sums(tallies(municipality, kinds=kinds), "lang")}
    return [_as_sums(code, NAMES[code], found[code]) for code in municipality.languages if code in found]


def by_kind(municipality: Municipality, kinds: Iterable[type[Any]], lang: str = "") -> list[Sums]:
    """Figures of each kind, in the order given."""
    models = list(kinds)
    found = {row["content_type"]: row for row in _sums(tallies(municipality, kinds=models, lang=lang), "content_type")}
    keys = [(ContentType.objects.get_for_model(model).pk, model) for model in models]
    return [_as_sums(model._meta.label_lower, kind_name(model), found[pk]) for pk, model in keys if pk in found]


def readiness(municipality: Municipality, kinds: Iterable[type[Any]]) -> dict[str, int]:
    """How many per cent of the texts each language has, for every language there is.

    Of offered languages the board knows. Of the others nobody keeps count: asked is how many columns of listings and
    words are filled, beside those of the municipality's first language.
    """
    models: list[Any] = list(kinds)
    found = {sums.key: sums.percent for sums in by_language(municipality, models)}
    others = [code for code in CODES if code not in found]
    first = municipality.languages[0]
    filled: Counter[str] = Counter()
    for model in models:
        columns = [piece.field for piece in columns_of(model) if not piece.optional]
        if issubclass(model, Page) or not columns:
            continue
        rows = model._default_manager.filter(municipality=municipality)
        if has_field(model, "live"):
            rows = rows.filter(live=True)
        asked = {
            f"in_{code}_{name}": Count("pk", filter=Q(**{f"{name}_{first}__gt": "", f"{name}_{code}__gt": ""}))
            for code in {first, *others}
            for name in columns
        }
        for key, number in rows.order_by().aggregate(**asked).items():
            filled[key.split("_")[1]] += number
    whole = filled[first]
    return {code: filled[code] * 100 // whole if whole else 0 for code in others} | found


def _sums(rows: QuerySet[Tally], *by: str) -> Iterable[dict[str, Any]]:
    return (
        rows.order_by()
        .values(*by)
        .annotate(all=Sum("texts"), gone=Sum("missing"), old=Sum("stale"), made=Sum("machine"))
        .order_by(*by)
    )


def _as_sums(key: str, label: str, row: dict[str, Any]) -> Sums:
    return Sums(key, label, row["all"], row["gone"], row["old"], row["made"])


def lacking(
    municipalities: Iterable[Municipality], kinds: Callable[[Municipality], Iterable[type[Any]]]
) -> list[tuple[Municipality, list[Sums]]]:
    """What each municipality lacks by language, of these kinds, for the first page of the admin: those that lack something."""
    towns = list(municipalities)
    alike: dict[tuple[type[Any], ...], list[Municipality]] = defaultdict(list)
    for town in towns:
        alike[tuple(kinds(town))].append(town)
    asked = Q(pk__in=[])
    for models, some in alike.items():
        asked |= Q(municipality__in=some, content_type__in=[ContentType.objects.get_for_model(model).pk for model in models])
    rows = Tally.objects.filter(asked)
    kept = {(row["municipality"], row["lang"]): row for row in _sums(rows, "municipality", "lang")}
    found = []
    for town in towns:
        sums = [_as_sums(code, NAMES[code], kept[town.pk, code]) for code in town.languages if (town.pk, code) in kept]
        if lacks := [one for one in sums if one.todo]:
            found.append((town, lacks))
    return found
