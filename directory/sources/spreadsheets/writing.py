"""Writes what a plan has settled: new listings many at a time, known ones with their history kept.

    Writer(run).write(listings) → the listings that could not be written, with the reason

Used by `actions`, inside its transactions. Positions follow the address at once (the middle of the postcode); the
exact address is asked for from the queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import time
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.text import slugify
from modeltranslation.fields import TranslationField

from directory.activities.models import Activity, Session
from directory.geography.tasks import ask_about_many
from directory.listings.kinds import Kind, Source
from directory.listings.models import Listing, fold, tell
from directory.listings.positions import follow_address
from directory.places.models import OpeningTime, Place
from directory.sources.models import ImportedListing, ImportRow, ImportRun
from directory.sources.spreadsheets.plan import Planned
from directory.sources.spreadsheets.queries import MODELS, plain, planned_hours

Hours = Iterable[tuple[Any, ...]]


class Writer:
    """Writes listings of one run. Keeps what has been made, so that later ones can point at it."""

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self.municipality = run.municipality
        self.made: dict[int, int] = {}  # reference of the plan → primary key
        self.rows = dict(ImportRow.objects.filter(run=run).values_list("number", "pk"))
        self.blank = {kind: Blank(model) for kind, model in MODELS.items()}
        self.slugs = {
            kind: set(model.objects.filter(municipality=self.municipality).values_list("slug", flat=True))
            for kind, model in MODELS.items()
        }

    def pk_of(self, planned: Planned) -> int:
        """Where a listing of the plan stands by now; KeyError for one that could not be made."""
        return self.made[planned.ref] if planned.is_new else planned.ref

    def write(self, listings: list[Planned]) -> None:
        """Write listings of one kind. All or nothing: the caller holds the transaction."""
        # The bare column of a translated field takes the active language; the municipality's own is the right one.
        with translation.override(self.municipality.languages[0]):
            fresh = [p for p in listings if p.is_new]
            if fresh:
                self.make(fresh)
            changed = [p for p in listings if not p.is_new and p.changes and not p.left_alone]
            if changed:
                self.change(changed)

    # ── new ─────────────────────────────────────────────────────────────────────────────────────────────────
    def make(self, fresh: list[Planned]) -> None:
        kind = fresh[0].kind
        model = MODELS[kind]
        now = timezone.now()
        objects = [self.build(model, planned, now) for planned in fresh]
        insert(model, objects)
        for planned, obj in zip(fresh, objects, strict=True):
            self.made[planned.ref] = obj.pk
        self.link(model, fresh)
        for planned, obj in zip(fresh, objects, strict=True):
            if planned.slots:
                put_hours(kind, obj.pk, self.hours(planned))
        self.remember(fresh, made=True)
        tell(model, [obj.pk for obj in objects])
        ask_about_many(kind.value, [obj.pk for obj in objects if obj.street.strip()])

    def build(self, model: type[Listing], planned: Planned, now: Any) -> Listing:
        run = self.run
        said = {
            **{column: as_column(model, column, value) for column, value in planned.draft.values.items()},
            "municipality_id": self.municipality.pk,
            "source": Source.SHEET.value,
            "source_name": planned.source_name or run.source_name,
            "source_key": planned.source_key,
            "source_date": planned.source_date or run.source_date,
            "email_visibility": run.contacts,
            "phone_visibility": run.contacts,
            "contact_name_visibility": run.contacts,
            "live": True,
            "first_published_at": now,
            "last_published_at": now,
            "created_at": now,
            "updated_at": now,
        }
        obj = self.blank[planned.kind].filled(said, self.municipality.languages[0])
        if planned.owner is not None:
            obj.provider_id = self.pk_of(planned.owner)  # type: ignore[attr-defined]
        obj.slug = self.free_slug(planned.kind, str(obj))
        follow_address(obj)
        return obj

    def free_slug(self, kind: Kind, name: str) -> str:
        stem = slugify(fold(name))[:100] or kind.value
        taken, slug, number = self.slugs[kind], stem, 2
        while slug in taken:
            slug, number = f"{stem}-{number}", number + 1
        taken.add(slug)
        return slug

    def link(self, model: type[Listing], fresh: list[Planned]) -> None:
        """Categories, target groups, venues …, for many new listings in one statement each."""
        links: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for planned in fresh:
            for name, pks in planned.draft.labels.items():
                links[name] += [(self.pk_of(planned), pk) for pk in dict.fromkeys(pks)]
            links["places"] += [(self.pk_of(planned), self.pk_of(venue)) for venue in planned.venues]
        for name, pairs in links.items():
            if pairs:
                put_links(model, name, pairs)

    def hours(self, planned: Planned) -> list[tuple[Any, ...]]:
        """Weekly times with places as they stand by now."""
        where = {p.ref: self.pk_of(p) for _slot, p in planned.slots if p is not None}
        return [(*rest, where.get(place, place)) for *rest, place in sorted(planned_hours(planned), key=str)]

    # ── known ───────────────────────────────────────────────────────────────────────────────────────────────
    def change(self, changed: list[Planned]) -> None:
        """Change listings that stand there. One that has a history gets the change into its history too."""
        kind = changed[0].kind
        model = MODELS[kind]
        objects = model._default_manager.select_for_update().in_bulk([p.ref for p in changed])
        plain_columns: set[str] = set()
        bulk: list[Listing] = []
        moved: list[int] = []
        for planned in changed:
            obj = objects[planned.ref]
            columns = [c for c in planned.changes if c in planned.draft.values]
            for column in columns:
                setattr(obj, column, as_column(model, column, planned.draft.values[column]))
            put_source(obj, planned, self.run)
            for name, (_before, after) in planned.changes.items():
                if name == "places":
                    after = [self.made.get(pk, pk) for pk in after]
                    planned.changes[name] = (planned.changes[name][0], after)
                if name == "places" or name in planned.draft.labels:
                    replace_links(model, name, obj.pk, after)
                elif name in ("sessions", "opening_times"):
                    clear_hours(kind, obj.pk)
                    put_hours(kind, obj.pk, self.hours(planned))
            if follow_address(obj):
                moved.append(obj.pk)
            obj.updated_at = timezone.now()
            if obj.latest_revision_id:
                record(obj, self.run)
            else:
                bulk.append(obj)
                plain_columns.update(columns)
        outside = {"source_name", "source_date", "source", "source_key", "updated_at", "lat", "lon", "precision", "located_for"}
        if bulk:
            model._default_manager.bulk_update(bulk, sorted(plain_columns | outside), batch_size=100)
        self.remember(changed, made=False)
        tell(model, [p.ref for p in changed])
        ask_about_many(kind.value, moved)

    def remember(self, listings: list[Planned], *, made: bool) -> None:
        now = timezone.now()
        ImportedListing.objects.bulk_create(
            [
                ImportedListing(
                    run=self.run,
                    row_id=self.rows[p.row],
                    kind=p.kind,
                    object_id=self.pk_of(p),
                    made=made,
                    before={} if made else {name: before for name, (before, _after) in p.changes.items()},
                    after=after_of(p) if made else {name: after for name, (_before, after) in p.changes.items()},
                    at=now,
                )
                for p in listings
            ]
        )


class Blank:
    """A new listing with nothing in it, copied for every row.

    Values go in by their place: given by name, each of the two hundred columns would be looked up as a translated
    field first, which takes longer than writing it to the database.
    """

    def __init__(self, model: type[Listing]) -> None:
        self.model = model
        fields = model._meta.concrete_fields
        self.values = [None if isinstance(f, TranslationField) else f.get_default() for f in fields]
        self.places = {f.attname: n for n, f in enumerate(fields)}
        self.lists = [n for n, value in enumerate(self.values) if isinstance(value, list)]
        self.bare = [f.attname for f in fields if hasattr(f, "translation_fields") or f"{f.attname}_nb" in self.places]

    def filled(self, said: dict[str, Any], language: str) -> Listing:
        """A listing, not saved, with these values by column."""
        values = list(self.values)
        for place in self.lists:
            values[place] = []
        for column, value in said.items():
            values[self.places[column]] = value
        for column in self.bare:
            values[self.places[column]] = said.get(f"{column}_{language}") or ""
        return self.model(*values)


def insert(model: type[Listing], objects: list[Any]) -> None:
    """`bulk_create` without the columns that nobody has filled: most of the hundred and fifty translated ones.

    They are nullable, so leaving them out writes the same row in a quarter of the time.
    """
    fields = [
        f
        for f in model._meta.concrete_fields
        if not f.primary_key and (not isinstance(f, TranslationField) or any(getattr(o, f.attname) is not None for o in objects))
    ]
    rows = model._default_manager.all()
    keys = rows._batched_insert(objects, fields, batch_size=None)  # type: ignore[attr-defined]
    for obj, (pk,) in zip(objects, keys, strict=True):
        obj.pk = pk
        obj._state.adding, obj._state.db = False, rows.db


def after_of(planned: Planned) -> dict[str, Any]:
    """The columns a new listing was given."""
    return dict(planned.draft.values)


def as_column(model: type[Listing], column: str, value: Any) -> Any:
    """A planned value as its column wants it."""
    if isinstance(model._meta.get_field(column), models.DecimalField) and value is not None:
        return Decimal(str(value))
    return value


def put_source(obj: Listing, planned: Planned, run: ImportRun) -> None:
    """Where the listing comes from now. One that the municipality or association wrote keeps being theirs."""
    if obj.source == Source.SHEET:
        obj.source_date = planned.source_date or run.source_date
        if planned.source_key and not obj.source_key:
            obj.source_key = planned.source_key


def record(obj: Listing, run: ImportRun) -> None:
    """Save with a revision, published at once: a later edit then begins from what the import wrote."""
    revision = obj.save_revision(user=run.by, changed=True, log_action=bool(run.by))
    revision.publish(user=run.by, changed=True, skip_permission_checks=True)


def put_links(model: type[Listing], name: str, pairs: Iterable[tuple[int, int]]) -> None:
    field: Any = model._meta.get_field(name)
    own, other = field.m2m_column_name(), field.m2m_reverse_name()
    through = field.remote_field.through
    through._default_manager.bulk_create([through(**{own: a, other: b}) for a, b in pairs], ignore_conflicts=True)


def replace_links(model: type[Listing], name: str, pk: int, others: Iterable[int]) -> None:
    field: Any = model._meta.get_field(name)
    field.remote_field.through._default_manager.filter(**{field.m2m_column_name(): pk}).delete()
    put_links(model, name, [(pk, other) for other in others])


def clear_hours(kind: Kind, pk: int) -> None:
    """Weekly times go; single dates stay, for no sheet of ours tells them."""
    if kind is Kind.ACTIVITY:
        Session.objects.filter(activity=pk, date=None).delete()
    else:
        OpeningTime.objects.filter(place=pk).delete()


def put_hours(kind: Kind, pk: int, hours: Hours) -> None:
    """Write weekly times: (weekday, from, to, weeks, place)."""
    if kind is Kind.ACTIVITY:
        Session.objects.bulk_create(
            [
                Session(
                    activity_id=pk, sort_order=n, weekday=day, starts=_clock(start), ends=_clock(end), weeks=weeks, place_id=place
                )
                for n, (day, start, end, weeks, place) in enumerate(hours)
            ]
        )
    else:
        OpeningTime.objects.bulk_create(
            [
                OpeningTime(place_id=pk, sort_order=n, weekday=day, opens=_clock(start), closes=_clock(end))
                for n, (day, start, end, *_x) in enumerate(hours)
            ]
        )


def _clock(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None


__all__ = ["Activity", "Place", "Writer", "plain", "transaction"]
