"""Which values a question may hold, and what they are called in the reader's language."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Model
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cards.programmes.models import Programme
from directory.activities.models import Season
from directory.listings.kinds import SPOKEN
from directory.listings.models import Adaptation, Category, TargetGroup
from directory.listings.words import spoken_in_words
from directory.municipalities.models import District, Municipality
from portal.kit.texts import Text, best
from portal.languages import interface_of
from search.engines import get_engine
from search.query import ANY_CARD

_LABELS: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    "category": (Category, ("position", "pk")),
    "target": (TargetGroup, ("position", "pk")),
    "adapted": (Adaptation, ("position", "pk")),
    "district": (District, ("kind", "name_nb")),
    "season": (Season, ("starts", "pk")),
}


_cache: "dict[tuple[int, str, bool], tuple[str, float, Vocabulary]]" = {}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A municipality of this installation and where its pages stand."""

    number: str
    name: str
    root: str
    languages: tuple[str, ...]


class Vocabulary:
    """The labels of one municipality, or of all where a question may go further. A constant number of queries."""

    def __init__(self, home: Municipality, lang: str, *, everywhere: bool = False) -> None:
        self.home = home
        self.lang = lang
        self.order = home.order_for(lang)
        self.neighbours = {
            m.number: Neighbour(m.number, m.name, m.site.root_url if m.site else "", tuple(m.languages))
            for m in Municipality.objects.select_related("site").defer("boundary").order_by("name")
        }
        self._labels: dict[str, dict[str, Text]] = {}
        self.parents: dict[str, str] = {}
        for param, (model, ordering) in _LABELS.items():
            self._labels[param] = self._read(param, model, ordering, everywhere)
        self._labels["card"] = self._read_cards(everywhere)

    @classmethod
    def for_params(cls, params: QueryDict, home: Municipality, lang: str) -> "Vocabulary":
        """As much as the parameters ask for."""
        return cls.cached(home, lang, everywhere=any(value != home.number for value in params.getlist("municipality")))

    @classmethod
    def cached(cls, home: Municipality, lang: str, *, everywhere: bool = False) -> "Vocabulary":
        """The labels as they were when the index last changed; one that nobody uses yet may take half a minute to be known."""
        stamp = get_engine().stamp()
        key = (home.pk, lang, everywhere)
        seen, until, vocabulary = _cache.get(key, ("", 0.0, None))
        if vocabulary is None or seen != stamp or until < time.monotonic():
            vocabulary = cls(home, lang, everywhere=everywhere)
            if not stamp.startswith("."):  # an empty index has no stamp of its own
                _cache[key] = (stamp, time.monotonic() + 30, vocabulary)
                while len(_cache) > 200:
                    _cache.pop(next(iter(_cache)), None)
        return vocabulary

    def _read(self, param: str, model: type[Model], ordering: Sequence[str], everywhere: bool) -> dict[str, Text]:
        columns = [f"name_{code}" for code in self.order]
        extra = ["parent__slug"] if param == "category" else []
        rows = model._default_manager.order_by(*ordering).values("slug", "municipality_id", *columns, *extra)
        if not everywhere:
            rows = rows.filter(municipality=self.home)
        found: dict[str, Text] = {}
        # The reader's own municipality has the last word on what a slug is called; it also gives the order.
        for row in sorted(rows, key=lambda row: row["municipality_id"] != self.home.pk):
            if row["slug"] not in found:
                found[row["slug"]] = best({code: row[f"name_{code}"] for code in self.order}, "", self.order)
                if row.get("parent__slug"):
                    self.parents[row["slug"]] = row["parent__slug"]
        return found

    def _read_cards(self, everywhere: bool) -> dict[str, Text]:
        """Any card first, then the programmes by name; none where there is no programme."""
        rows = Programme.objects.order_by("name_nb", "pk").values("slug", *(f"name_{code}" for code in self.order))
        if not everywhere:
            rows = rows.filter(members__municipality=self.home)
        found = {row["slug"]: best({code: row[f"name_{code}"] for code in self.order}, "", self.order) for row in rows}
        return {ANY_CARD: Text(_("Takes the card"), interface_of(self.lang))} | found if found else {}

    def has(self, param: str, value: str) -> bool:
        """Whether there is such a value."""
        if param == "spoken":
            return value in SPOKEN
        if param == "municipality":
            return value in self.neighbours
        return value in self._labels.get(param, {})

    def names(self, param: str) -> bool:
        """Whether its values are named by people, in some language, not by the interface."""
        return param in self._labels or param == "spoken"

    def label(self, param: str, value: str) -> Text:
        """What a value is called."""
        if param in self._labels:
            return self._labels[param].get(value) or Text(value, self.lang)
        if param == "spoken":
            return spoken_in_words(value, self.lang)
        if param == "municipality":
            return Text(self.neighbours[value].name if value in self.neighbours else value, "nb")
        return Text(self._plain(param, value), interface_of(self.lang))

    @staticmethod
    def _plain(param: str, value: str) -> str:
        if param == "kind":
            names = {
                "provider": _("Providers"),
                "place": _("Places"),
                "activity": _("Activities"),
                "support": _("Support schemes"),
            }
            return names.get(value, value)
        if param == "weekday":
            return str(WEEKDAYS[int(value) - 1]).capitalize()
        if param == "age":
            return ngettext("%(years)s year old", "%(years)s years old", int(value)) % {"years": value}
        return {"free": _("Free"), "volunteers": _("Volunteers wanted")}.get(param, value)

    def cards(self) -> list[tuple[str, Text]]:
        """Any card, and each programme, as one asks for them; none where there is no programme."""
        return list(self._labels["card"].items())

    def in_order(self, param: str, values: dict[str, int]) -> list[str]:
        """The values of a facet as they should be listed."""
        if param in self._labels:
            rank = {slug: index for index, slug in enumerate(self._labels[param])}
            return sorted(values, key=lambda value: (rank.get(value, len(rank)), value))
        if param in ("age", "weekday"):
            return sorted(values, key=int)
        if param == "kind":
            return [kind for kind in ("activity", "place", "provider", "support") if kind in values]
        if param == "municipality":
            return sorted(values, key=lambda value: (value != self.home.number, str(self.label(param, value))))
        return sorted(values, key=lambda value: (-values[value], value))
