"""What stands in the directory, as an import needs to know it. Three reads a kind, however long the list is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import time
from typing import Any

from django.db.models import Max

from directory.activities.models import Activity, Season, Session
from directory.listings.kinds import Kind
from directory.listings.models import Adaptation, Category, Label, Listing, TargetGroup
from directory.municipalities.models import District, Municipality
from directory.places.models import OpeningTime, Place
from directory.providers.models import Provider
from directory.sources.models import ImportedListing
from directory.sources.spreadsheets.plan import Planned, people_key
from directory.sources.spreadsheets.rules import Known, Register, Since, same_address
from directory.sources.spreadsheets.vocabulary import ADAPTATION_WORDS, CATEGORY_WORDS, TARGET_WORDS, Vocabulary, teach
from directory.sources.spreadsheets.words import fold
from portal.languages import CODES

MODELS: dict[Kind, type[Listing]] = {Kind.PROVIDER: Provider, Kind.PLACE: Place, Kind.ACTIVITY: Activity}
#: What a row says of an owner only because it stands beside something else; it fills a new one and changes none.
BORROWED = {"street", "postcode", "city", "pinned_lat", "pinned_lon", "categories"}


def vocabulary(municipality: Municipality) -> Vocabulary:
    """The municipality's own lists, and the words people use for what stands in them."""
    words = Vocabulary(
        municipality_number=municipality.number,
        municipality_name=municipality.name,
        centre=(municipality.lat, municipality.lon) if municipality.lat is not None and municipality.lon is not None else None,
        language=municipality.languages[0],
    )
    lists: tuple[tuple[type[Label], Any, Any], ...] = (
        (Category, words.categories, CATEGORY_WORDS),
        (TargetGroup, words.targets, TARGET_WORDS),
        (Adaptation, words.adaptations, ADAPTATION_WORDS),
    )
    for model, choices, groups in lists:
        rows = list(model.objects.filter(municipality=municipality))
        top = [row for row in rows if getattr(row, "parent_id", None) is None]
        names = {}
        for row in rows:
            number = top.index(row) + 1 if row in top and model is Category else None
            names[row.pk] = [row.slug, *_texts(row, "name")]
            choices.add(row.pk, names[row.pk], number)
        # Synonyms come after all names: what is one row's name is never another's synonym.
        for row in rows:
            choices.add(row.pk, [word for text in _texts(row, "synonyms") for word in text.split(",")])
        teach(choices, groups, names)
    for district in District.objects.filter(municipality=municipality):
        words.districts.add(district.pk, [district.slug, *_texts(district, "name")])
    for season in Season.objects.filter(municipality=municipality):
        words.seasons.add(season.pk, [season.slug, *_texts(season, "name")])
    return words


def _texts(row: Any, field: str) -> list[str]:
    return [text for code in CODES if (text := getattr(row, f"{field}_{code}"))]


def register(municipality: Municipality) -> Register:
    """Every listing of the municipality that a row might be about."""
    found = Register()
    names = [f"name_{code}" for code in CODES]
    shared = ["pk", "source", "source_name", "source_key", "postcode", "website", "email", "phone"]
    for kind, model in MODELS.items():
        own = {Kind.PROVIDER: ["org_number"], Kind.PLACE: [], Kind.ACTIVITY: ["provider_id", "age_from", "age_to"]}[kind]
        for row in model.objects.filter(municipality=municipality).order_by("pk").values(*shared, *own, *names).iterator(2000):
            said = [row[name] for name in names if row[name]]
            found.add(
                Known(
                    kind=kind,
                    pk=row["pk"],
                    names=frozenset(key for name in said if (key := fold(name))),
                    label=said[0] if said else "",
                    org_number=row.get("org_number", ""),
                    postcode=people_key(row["age_from"], row["age_to"]) if kind is Kind.ACTIVITY else row["postcode"],
                    website=same_address(row["website"]),
                    email=row["email"].lower(),
                    phone=row["phone"],
                    source=row["source"],
                    source_name=row["source_name"],
                    source_key=row["source_key"],
                    owner=row.get("provider_id"),
                )
            )
    return found


class Standing:
    """What stands in the directory of the listings a plan is about (`plan.Present`)."""

    def __init__(self, municipality: Municipality) -> None:
        self.municipality = municipality
        self.values: dict[Kind, dict[int, dict[str, Any]]] = {}
        self.labels: dict[Kind, dict[str, dict[int, set[int]]]] = {}
        self.hours: dict[Kind, dict[int, set[tuple[Any, ...]]]] = {}
        self._since: dict[Kind, dict[int, Since]] = {}

    def prepare(self, listings: Iterable[Planned]) -> None:
        """Read, in one go a kind, everything the plan's known listings will be compared with."""
        by_kind: dict[Kind, list[Planned]] = defaultdict(list)
        for listing in listings:
            if not listing.is_new:
                by_kind[listing.kind].append(listing)
        for kind, planned in by_kind.items():
            model = MODELS[kind]
            wanted = {p.ref for p in planned}
            columns = {column for p in planned for column in p.draft.values}
            rows = model.objects.filter(municipality=self.municipality)
            self.values[kind] = {row["pk"]: row for row in rows.values("pk", *columns).iterator(2000) if row["pk"] in wanted}
            fields = {name for p in planned for name in p.draft.labels} | ({"places"} if kind is Kind.ACTIVITY else set())
            self.labels[kind] = {name: label_pks(model, name, self.municipality.pk) for name in fields}
            self.hours[kind] = hours_of(kind, self.municipality.pk)
            self._since[kind] = self._read_since(kind, wanted)

    def _read_since(self, kind: Kind, wanted: set[int]) -> dict[int, Since]:
        model = MODELS[kind]
        imported = dict(
            ImportedListing.objects.filter(kind=kind, undone=False, run__municipality=self.municipality)
            .order_by()
            .values_list("object_id")
            .annotate(Max("at"))
        )
        columns = ("pk", "source", "latest_revision__created_at", "confirmed_at", "confirmed_as", "has_unpublished_changes")
        return {
            pk: Since(source, imported.get(pk), edited_at, confirmed_at, confirmed_as, has_draft)
            for pk, source, edited_at, confirmed_at, confirmed_as, has_draft in model.objects.filter(
                municipality=self.municipality
            ).values_list(*columns)
            if pk in wanted
        }

    def since(self, kind: Kind, pk: int) -> Since:
        return self._since.get(kind, {}).get(pk, Since())

    def differences(self, planned: Planned) -> dict[str, tuple[Any, Any]]:
        """Column → (there, in the sheet). A blank cell is no difference; an owner's borrowed facts are none either."""
        there = self.values.get(planned.kind, {}).get(planned.ref)
        if there is None:
            return {}
        skipped = set() if planned.is_subject else BORROWED
        found: dict[str, tuple[Any, Any]] = {}
        for column, value in planned.draft.values.items():
            if column not in skipped and not same(there[column], value):
                found[column] = (plain(there[column]), value)
        labels = self.labels[planned.kind]
        for name, pks in planned.draft.labels.items():
            kept = labels[name].get(planned.ref, set())
            if name not in skipped and kept != set(pks):
                found[name] = (sorted(kept), sorted(pks))
        if planned.kind is Kind.ACTIVITY and planned.venues:
            kept = labels["places"].get(planned.ref, set())
            if not {venue.ref for venue in planned.venues} <= kept:
                found["places"] = (sorted(kept), sorted(kept | {venue.ref for venue in planned.venues}))
        if planned.slots:
            kept_hours = self.hours[planned.kind].get(planned.ref, set())
            if kept_hours != (said := planned_hours(planned)):
                found["sessions" if planned.kind is Kind.ACTIVITY else "opening_times"] = (
                    sorted(map(list, kept_hours), key=str),
                    sorted(map(list, said), key=str),
                )
        return found


def same(there: Any, said: Any) -> bool:
    """Equal as far as a sheet can tell: 200 is 200.00, a position is one to the decimetre."""
    if isinstance(said, bool) or isinstance(there, bool):
        return there is said
    if isinstance(said, int | float) and there is not None:
        return abs(float(there) - float(said)) < 1e-6
    return (there or "") == said if isinstance(said, str) else there == said


def plain(value: Any) -> Any:
    """A column's value as JSON keeps it."""
    if value is None or isinstance(value, str | int | float | bool | list):
        return value
    return float(value)


def label_pks(model: type[Listing], name: str, municipality_pk: int) -> dict[int, set[int]]:
    """Listing → the rows its field `name` points at, for a whole municipality."""
    field = model._meta.get_field(name)
    through, own, other = field.remote_field.through, field.m2m_column_name(), field.m2m_reverse_name()  # type: ignore[union-attr]
    found: dict[int, set[int]] = defaultdict(set)
    rows = through._default_manager.filter(**{f"{field.m2m_field_name()}__municipality": municipality_pk})  # type: ignore[union-attr]
    for listing, pk in rows.values_list(own, other):
        found[listing].add(pk)
    return found


def hours_of(kind: Kind, municipality_pk: int) -> dict[int, set[tuple[Any, ...]]]:
    """Listing → its weekly times, as `planned_hours` writes them."""
    found: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
    if kind is Kind.ACTIVITY:
        sessions = Session.objects.filter(activity__municipality=municipality_pk, date=None)
        for pk, weekday, starts, ends, weeks, place in sessions.values_list(
            "activity", "weekday", "starts", "ends", "weeks", "place"
        ):
            found[pk].add((weekday, _hm(starts), _hm(ends), weeks, place))
    elif kind is Kind.PLACE:
        opens = OpeningTime.objects.filter(place__municipality=municipality_pk)
        for pk, weekday, starts, ends in opens.values_list("place", "weekday", "opens", "closes"):
            found[pk].add((weekday, _hm(starts), _hm(ends), "every", None))
    return found


def planned_hours(planned: Planned) -> set[tuple[Any, ...]]:
    """The weekly times a plan has for a listing: (weekday, from, to, weeks, place)."""
    return {
        (
            slot.weekday,
            _hm(slot.start),
            _hm(slot.end),
            planned.weeks.get(slot, "every"),
            where.ref if where and planned.kind is Kind.ACTIVITY else None,
        )
        for slot, where in planned.slots
    }


def _hm(clock: time | None) -> str | None:
    return clock.strftime("%H:%M") if clock else None
