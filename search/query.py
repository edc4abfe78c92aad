"""A resident's question as a frozen value. Addresses, facets, chips and headings are all made from it.

Repeating a parameter means "any of these"; different parameters mean "and". A value that makes no sense is left out and
answered with a `Notice`; no address makes an error.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from search import analysis

KINDS = ("provider", "place", "activity", "support")
SORTS = ("relevance", "name", "distance", "newest")
# The order in which parameters stand in addresses, chips and headings.
# `card`: ANY_CARD, or the short name of a programme.
MULTIPLE = {
    "kind": "kinds",
    "category": "categories",
    "target": "targets",
    "adapted": "adapted",
    "district": "districts",
    "age": "ages",
    "spoken": "spoken",
    "weekday": "weekdays",
    "season": "seasons",
    "card": "cards",
}
FACETS = (*MULTIPLE, "free", "volunteers", "municipality")

ANY_CARD = "1"
MAX_TEXT = 200
MAX_VALUES = 20
MAX_NOTICES = 20
MAX_PAGE = 1_000_000
PAGE_SIZE = 20
DEFAULT_WITHIN = 10.0
MAX_WITHIN = 500.0

_SLUG = re.compile(r"[\w-]{1,100}\Z")
_POINT = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,20})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,20})?)\s*\Z", re.ASCII)
_NUMBER = re.compile(r"\d{1,7}\Z", re.ASCII)
_DECIMAL = re.compile(r"\d{1,5}(?:[.,]\d{1,6})?\Z", re.ASCII)


class Spot(Protocol):
    """A place that was recognised by name."""

    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def label(self) -> str: ...


class Known(Protocol):
    """Which values exist, and what they are called."""

    def has(self, param: str, value: str) -> bool: ...
    def label(self, param: str, value: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A value that was left out, and why, in words."""

    param: str
    value: str
    message: str


@dataclass(frozen=True)
class SearchQuery:
    """`municipalities` is empty for everywhere; `home` is the municipality of the host."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    adapted: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    ages: tuple[int, ...] = ()
    free: bool = False
    max_price: int | None = None
    spoken: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    volunteers: bool = False
    seasons: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    municipalities: tuple[str, ...] = ()
    near: str = ""
    near_label: str = ""
    point: tuple[float, float] | None = None
    within: float = DEFAULT_WITHIN
    sort: str = ""
    page: int = 1
    size: int = PAGE_SIZE  # hits on a page; no address can change it, feeds and printed lists do
    home: str = ""
    lang: str = "nb"

    # --- reading an address -----------------------------------------------------------------------

    @classmethod
    def from_params(
        cls,
        params: QueryDict,
        *,
        home: str,
        lang: str = "nb",
        known: Known | None = None,
        locate: Callable[[str], Spot | None] | None = None,
    ) -> tuple[Self, tuple[Notice, ...]]:
        """The question an address asks, and what in it was left out."""
        reader = _Reader(params, known)
        values: dict[str, Any] = {"home": home, "lang": lang, "text": reader.text("q")}
        for param, field in MULTIPLE.items():
            if param == "age":
                values[field] = reader.numbers(param, 0, 120)
            elif param == "weekday":
                values[field] = reader.numbers(param, 1, 7)
            else:
                values[field] = reader.slugs(param)
        values["free"] = reader.flag("free")
        values["volunteers"] = reader.flag("volunteers")
        values["max_price"] = reader.number("maxprice", 0, 1_000_000)
        values["municipalities"] = reader.municipalities(home)
        values |= reader.near(locate)
        values["sort"] = reader.choice("sort", SORTS)
        values["page"] = reader.number("page", 1, MAX_PAGE) or 1
        if values["sort"] == "distance" and values["point"] is None:
            reader.refuse("sort", "distance", _("Distance needs a place: fill in “near”."))
            values["sort"] = ""
        query = cls(**values)
        if query.sort == query.default_sort:
            query = replace(query, sort="")
        return query, tuple(reader.notices)

    # --- asking it --------------------------------------------------------------------------------

    @property
    def default_sort(self) -> str:
        """Nearest first when a place is all one has said, else best first."""
        return "distance" if self.point and not self.text else "relevance"

    @property
    def order(self) -> str:
        """The order in force. Without words nothing fits better than anything else: the newest first."""
        order = self.sort or self.default_sort
        return "newest" if order == "relevance" and not self.text else order

    @property
    def scope(self) -> tuple[str, ...]:
        """The municipalities searched; empty for everywhere."""
        return self.municipalities

    @property
    def near_is_position(self) -> bool:
        """Whether `near` is a pair of numbers, however it was written: then it may be where somebody stands."""
        return bool(self.near) and bool(_POINT.match(self.near) or _POINT.match(self.near_label))

    def values(self, param: str) -> tuple[str, ...]:
        """What is chosen for a parameter, as it stands in an address."""
        if param in MULTIPLE:
            return tuple(str(value) for value in getattr(self, MULTIPLE[param]))
        if param == "q":
            return (self.text,) if self.text else ()
        if param in ("free", "volunteers"):
            return ("1",) if getattr(self, param) else ()
        if param == "maxprice":
            return () if self.max_price is None else (str(self.max_price),)
        if param == "municipality":
            if self.municipalities == (self.home,):
                return ()
            return self.municipalities or ("all",)
        if param == "near":
            return (self.near,) if self.near else ()
        if param == "within":
            return (f"{self.within:g}",) if self.near and self.within != DEFAULT_WITHIN else ()
        if param == "sort":
            return (self.sort,) if self.sort else ()
        if param == "page":
            return (str(self.page),) if self.page > 1 else ()
        raise KeyError(param)

    def chosen(self) -> list[tuple[str, str]]:
        """What narrows the hits, one pair per chip."""
        return [(param, value) for param in CHOICES for value in self.values(param)]

    # --- writing addresses ------------------------------------------------------------------------

    def to_params(self) -> list[tuple[str, str]]:
        """The question as parameters, always in the same order; what is usual is left out."""
        return [(param, value) for param in PARAMS for value in self.values(param)]

    def address(self, path: str = "") -> str:
        """A path with the question behind it."""
        out = QueryDict(mutable=True)
        for param, value in self.to_params():
            out.appendlist(param, value)
        return f"{path}?{out.urlencode(safe=',')}" if out else path or "?"

    def _but(self, **values: Any) -> Self:
        return replace(self, **{"page": 1, **values})

    def with_(self, param: str, value: str) -> Self:
        """The question with one more value, from its first page. Where only one value fits, it takes the old one's place."""
        if param in MULTIPLE:
            field = MULTIPLE[param]
            new: Any = int(value) if param in ("age", "weekday") else value
            return self._but(**{field: tuple(sorted({*getattr(self, field), new}))})
        if param in ("free", "volunteers"):
            return self._but(**{param: True})
        if param == "municipality":
            chosen = () if value == "all" else tuple(sorted({*self.municipalities, value}))
            return self._but(municipalities=chosen)
        if param == "maxprice":
            return self._but(max_price=int(value))
        if param == "page":
            return self._but(page=int(value))
        if param == "sort":
            query = self._but(sort=value)
            return query._but(sort="") if value == query.default_sort else query
        if param == "within":
            return self._but(within=float(value))
        if param == "q":
            return self._but(text=value)
        raise KeyError(param)

    def only(self, param: str, value: str) -> Self:
        """The question with this as the one value of the parameter: what a facet counts."""
        return (
            self.without(param).with_(param, value)
            if param != "municipality"
            else self._but(municipalities=() if value == "all" else (value,))
        )

    def without(self, param: str, value: str | None = None) -> Self:
        """The question without a parameter, or without one of its values, from its first page."""
        if param in MULTIPLE:
            field = MULTIPLE[param]
            kept = () if value is None else tuple(v for v in getattr(self, field) if str(v) != value)
            return self._but(**{field: kept})
        if param in ("free", "volunteers"):
            return self._but(**{param: False})
        if param == "municipality":
            kept = () if value is None else tuple(v for v in self.municipalities if v != value)
            return self._but(municipalities=kept or ((self.home,) if self.home else ()))
        if param == "q":
            return self._but(text="", sort="")
        if param == "near":
            sort = "" if self.sort == "distance" else self.sort
            return self._but(near="", near_label="", point=None, within=DEFAULT_WITHIN, sort=sort)
        if param == "within":
            return self._but(within=DEFAULT_WITHIN)
        if param == "maxprice":
            return self._but(max_price=None)
        if param in ("sort", "page"):
            return self._but(**({"sort": ""} if param == "sort" else {}))
        raise KeyError(param)

    # --- saying it --------------------------------------------------------------------------------

    def label(self, param: str, value: str, known: Known | None = None) -> str:
        """One choice in words, as on a chip."""
        if param == "q":
            return _("“%(words)s”") % {"words": value}
        if param == "age":
            return ngettext("%(years)s year old", "%(years)s years old", int(value)) % {"years": value}
        if param == "free":
            return _("Free")
        if param == "volunteers":
            return _("Volunteers wanted")
        if param == "card" and value == ANY_CARD:
            return _("Takes the card")
        if param == "maxprice":
            return _("At most %(price)s kr") % {"price": value}
        if param == "near":
            km = f"{self.within:g}"
            if _POINT.match(value):
                return _("Within %(km)s km of you") % {"km": km}
            return _("Within %(km)s km of %(place)s") % {"km": km, "place": self.near_label or value}
        if param == "municipality" and value == "all":
            return _("All municipalities")
        return str(known.label(param, value)) if known else value

    def describe(self, known: Known | None = None) -> str:
        """The question as a heading: its choices, one after the other; empty when nothing is chosen."""
        return " · ".join(self.label(param, value, known) for param, value in self.chosen())


PARAMS = (
    "q", "kind", "category", "target", "adapted", "district", "age", "free", "maxprice", "spoken", "weekday",
    "volunteers", "season", "card", "municipality", "near", "within", "sort", "page",
)  # fmt: skip
# What narrows the hits; `within` belongs to `near`.
CHOICES = tuple(param for param in PARAMS if param not in ("within", "sort", "page"))


class _Reader:
    def __init__(self, params: QueryDict, known: Known | None) -> None:
        self.params = params
        self.known = known
        self.notices: list[Notice] = []

    def refuse(self, param: str, value: str, message: str) -> None:
        if len(self.notices) < MAX_NOTICES:
            self.notices.append(Notice(param, value[:100], message))

    def all(self, param: str) -> list[str]:
        raw = [analysis.clean(value).strip() for value in self.params.getlist(param)]
        values = list(dict.fromkeys(value for value in raw if value))
        if len(values) > MAX_VALUES:
            message = _("Only the first %(n)s values are used.") % {"n": MAX_VALUES}
            self.refuse(param, values[MAX_VALUES], message)
        return values[:MAX_VALUES]

    def one(self, param: str) -> str:
        """Where only one value fits, the last one counts, as in a form."""
        values = self.all(param)
        return values[-1] if values else ""

    def text(self, param: str) -> str:
        value = " ".join(" ".join(self.all(param)).split())
        if len(value) > MAX_TEXT:
            self.refuse(param, value, _("The text was too long; only its beginning is used."))
            value = value[:MAX_TEXT].rsplit(" ", 1)[0].strip()
        if value and not analysis.question(value):
            self.refuse(param, value, _("There is no word in this to look for."))
            return ""
        return value

    def slugs(self, param: str) -> tuple[str, ...]:
        kept = []
        for value in self.all(param):
            ok = value in KINDS if param == "kind" else bool(_SLUG.match(value))
            if ok and self.known is not None and param != "kind":
                ok = self.known.has(param, value)
            if ok:
                kept.append(value)
            else:
                self.refuse(param, value, _("There is no such choice here."))
        return tuple(sorted(set(kept)))

    def numbers(self, param: str, low: int, high: int) -> tuple[int, ...]:
        kept = []
        for value in self.all(param):
            if _NUMBER.match(value) and low <= int(value) <= high:
                kept.append(int(value))
            else:
                message = _("Write a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}
                self.refuse(param, value, message)
        return tuple(sorted(set(kept)))

    def number(self, param: str, low: int, high: int) -> int | None:
        value = self.one(param)
        if not value:
            return None
        if _NUMBER.match(value) and low <= int(value) <= high:
            return int(value)
        self.refuse(param, value, _("Write a whole number from %(low)s to %(high)s.") % {"low": low, "high": high})
        return None

    def flag(self, param: str) -> bool:
        value = self.one(param).lower()
        if value in ("", "0", "false", "no"):
            return False
        if value in ("1", "true", "on", "yes"):
            return True
        self.refuse(param, value, _("Write 1 or leave it out."))
        return False

    def choice(self, param: str, values: Iterable[str]) -> str:
        value = self.one(param)
        if not value or value in values:
            return value
        self.refuse(param, value, _("There is no such choice here."))
        return ""

    def municipalities(self, home: str) -> tuple[str, ...]:
        kept = []
        for value in self.all("municipality"):
            if value == "all":
                return ()
            if re.fullmatch(r"\d{4}", value, re.ASCII) and (self.known is None or self.known.has("municipality", value)):
                kept.append(value)
            else:
                self.refuse("municipality", value, _("There is no such municipality here."))
        return tuple(sorted(set(kept))) or ((home,) if home else ())

    def near(self, locate: Callable[[str], Spot | None] | None) -> dict[str, Any]:
        empty: dict[str, Any] = {"near": "", "point": None}
        value = self.one("near")[:MAX_TEXT]
        within = self.one("within")
        if not value:
            return empty
        if match := _POINT.match(value):
            lat, lon = float(match[1]), float(match[2])
            if not (math.isfinite(lat) and math.isfinite(lon) and -90 <= lat <= 90 and -180 <= lon <= 180):
                self.refuse("near", value, _("This is no point on the map."))
                return empty
            found: dict[str, Any] = {"near": value.replace(" ", ""), "point": (lat, lon)}
        else:
            spot = locate(value) if locate else None
            if spot is None:
                self.refuse("near", value, _("We do not know this place. Try a postcode, a street or a part of town."))
                return empty
            found = {"near": value, "point": (spot.lat, spot.lon), "near_label": spot.label}
        if within:
            km = float(within.replace(",", ".")) if _DECIMAL.match(within) else 0.0
            if 0 < km <= MAX_WITHIN:
                found["within"] = km
            else:
                message = _("Write a distance in kilometres, at most %(km)s.") % {"km": int(MAX_WITHIN)}
                self.refuse("within", within, message)
        return found
