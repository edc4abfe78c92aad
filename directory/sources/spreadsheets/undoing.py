"""Taking an import back, listing by listing, and saying what became of each.

Removed: what the import made and nobody has touched. Restored: what it changed, column by column, where the column
still says what the import wrote. Kept: what somebody has edited, confirmed or built upon since.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import PROTECT, ForeignObjectRel, Model
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from directory.activities.models import Activity, Session
from directory.geography.actions import model_of
from directory.listings.kinds import Kind
from directory.listings.models import Listing, tell
from directory.listings.positions import follow_address
from directory.places.models import Place
from directory.providers.models import Membership
from directory.sources.claims import beat
from directory.sources.models import ImportedListing, ImportRow, ImportRun
from directory.sources.spreadsheets.queries import hours_of, plain, same
from directory.sources.spreadsheets.rules import Since, why_leave_alone
from directory.sources.spreadsheets.writing import as_column, clear_hours, put_hours, record, replace_links
from directory.support.models import SupportScheme
from portal.kit.changes import told_together

# Those that point at others go first.
ORDER = (Kind.ACTIVITY, Kind.SUPPORT, Kind.PLACE, Kind.PROVIDER)


CHUNK = 250


def undo_listings(run: ImportRun, told: Callable[[int, int], None]) -> None:
    """Undo everything the run wrote that has not been undone yet."""
    todo = ImportedListing.objects.filter(run=run, undone=False)
    total, done = todo.count(), 0
    for kind in ORDER:
        # The latest change goes first, where a run has been applied more than once.
        keys = list(todo.filter(kind=kind).order_by("-pk").values_list("pk", flat=True))
        for start in range(0, len(keys), CHUNK):
            with transaction.atomic(), told_together(), translation.override(run.municipality.languages[0]):
                beat(run, progress=min(run.read, run.read * done // max(total, 1)))
                _undo_chunk(run, kind, keys[start : start + CHUNK])
            done += len(keys[start : start + CHUNK])
            told(done, total)
    ImportRow.objects.filter(run=run, undone="").update(undone=_("Nothing was written for this row."))


def _undo_chunk(run: ImportRun, kind: Kind, keys: list[int]) -> None:
    model: Any = model_of(kind)
    written = list(ImportedListing.objects.filter(pk__in=keys, undone=False).order_by("-pk").select_related("row"))
    pks = [w.object_id for w in written]
    rows = model._default_manager.filter(pk__in=pks, municipality=run.municipality)
    objects = rows.select_related("latest_revision", "municipality").select_for_update(of=("self",)).in_bulk()
    now = Facts(run, kind, pks)
    said: dict[int, str] = {}
    gone: list[int] = []
    for one in written:
        obj = objects.get(one.object_id)
        if obj is None:
            said[one.pk] = _("It had been removed already.")
            continue
        name = {"name": str(obj)}
        touched = _touched(obj, one, now)
        if not one.made:
            if touched:
                said[one.pk] = _("“%(name)s” was kept as it is: it has been changed or confirmed since.") % name
            elif restore(obj, one, run):
                said[one.pk] = _("“%(name)s” was restored, but not where it has been changed since.") % name
            else:
                said[one.pk] = _("“%(name)s” was restored.") % name
        elif touched:
            said[one.pk] = _("“%(name)s” was kept: it has been changed or confirmed since.") % name
        elif obj.pk in now.built_upon:
            said[one.pk] = _("“%(name)s” was kept: others have added something to it since.") % name
        else:
            gone.append(obj.pk)
            said[one.pk] = _("“%(name)s” was removed.") % name
    model._default_manager.filter(pk__in=gone).delete()
    told_of: dict[int, ImportRow] = {}
    for one in written:
        one.undone = True
        row = told_of.setdefault(one.row_id, one.row)
        row.undone = f"{row.undone} {said[one.pk]}".strip()[:300]
    ImportedListing.objects.bulk_update(written, ["undone"], batch_size=250)
    ImportRow.objects.bulk_update(told_of.values(), ["undone"], batch_size=250)


class Facts:
    """What undoing must know of many listings of one kind: whom a later import has written, and what hangs on them."""

    def __init__(self, run: ImportRun, kind: Kind, pks: list[int]) -> None:
        later = ImportedListing.objects.filter(kind=kind, object_id__in=pks, undone=False).exclude(run=run)
        self.later: dict[int, int] = dict(later.order_by("pk").values_list("object_id", "pk"))
        self.built_upon: set[int] = set()
        hanging: list[tuple[Any, str]] = []
        if kind is Kind.PROVIDER:
            hanging = [(model, "provider") for model in (Activity, Place, Membership, SupportScheme)]
        elif kind is Kind.PLACE:
            hanging = [(Activity.places.through, "place"), (Session, "place")]
        hanging += holding(model_of(kind))
        for model, field in hanging:
            self.built_upon |= set(model._default_manager.filter(**{f"{field}__in": pks}).values_list(field, flat=True))


def holding(model: type[Model]) -> list[tuple[Any, str]]:
    """What keeps a listing from being removed as long as it is there (an agreement, an offer): model and column."""
    return [
        (relation.related_model, relation.field.name)
        for relation in model._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel) and relation.on_delete is PROTECT
    ]


def _touched(obj: Listing, written: ImportedListing, now: Facts) -> bool:
    """Whether somebody who knows better has been there after the import."""
    revision = obj.latest_revision
    since = Since(
        source=obj.source,
        imported_at=written.at,
        edited_at=revision.created_at if revision else None,
        confirmed_at=obj.confirmed_at,
        confirmed_as=obj.confirmed_as,
        has_draft=obj.has_unpublished_changes,
    )
    later = now.later.get(obj.pk, 0) > written.pk
    if later or why_leave_alone(since) or (obj.confirmed_at and obj.confirmed_at > written.at):
        return True
    columns = {c: v for c, v in written.after.items() if c in _columns(type(obj))}
    return written.made and not all(same(plain(getattr(obj, c)), v) for c, v in columns.items())


def _columns(model: type[Listing]) -> frozenset[str]:
    return frozenset(f.name for f in model._meta.concrete_fields)


def restore(obj: Listing, written: ImportedListing, run: ImportRun) -> bool:
    """Give the listing its facts from before. True where one was left because it has been changed since."""
    kind = Kind(written.kind)
    model = type(obj)
    columns, kept = _columns(model), False
    for column, before in written.before.items():
        after = written.after.get(column)
        if column in columns:
            if not same(plain(getattr(obj, column)), after):
                kept = True
                continue
            setattr(obj, column, as_column(model, column, before))
        elif column in ("sessions", "opening_times"):
            now = sorted(map(list, hours_of(kind, run.municipality_id).get(obj.pk, set())), key=str)
            if {tuple(h[:4]) for h in now} != {tuple(h[:4]) for h in after or []}:
                kept = True
                continue
            clear_hours(kind, obj.pk)
            put_hours(kind, obj.pk, [tuple(h) for h in before])
        else:
            field: Any = model._meta.get_field(column)
            through = field.remote_field.through
            own, other = field.m2m_column_name(), field.m2m_reverse_name()
            now_pks = set(through._default_manager.filter(**{own: obj.pk}).values_list(other, flat=True))
            if now_pks != set(after or []):
                kept = True
                continue
            alive = set(field.related_model._default_manager.filter(pk__in=before).values_list("pk", flat=True))
            replace_links(model, column, obj.pk, [pk for pk in before if pk in alive])
    # Cluster relations keep what they read; a fresh row has what stands in the database now.
    fresh = model._default_manager.get(pk=obj.pk)
    for column in written.before:
        if column in columns:
            setattr(fresh, column, getattr(obj, column))
    follow_address(fresh)
    fresh.updated_at = timezone.now()
    if fresh.latest_revision_id:
        record(fresh, run)
    else:
        fresh.save()
    tell(model, [obj.pk])
    return kept
