"""Taking an import back, listing by listing, and saying what became of each.

Removed: what the import made and nobody has touched. Restored: what it changed, column by column, where the column
still says what the import wrote. Kept: what somebody has edited, confirmed or built upon since.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from directory.geography.actions import model_of
from directory.listings.kinds import Kind
from directory.listings.models import Listing, tell
from directory.listings.positions import follow_address
from directory.sources.models import ImportedListing, ImportRow, ImportRun
from directory.sources.spreadsheets.queries import MODELS, hours_of, plain, same
from directory.sources.spreadsheets.rules import Since, why_leave_alone
from directory.sources.spreadsheets.writing import as_column, clear_hours, put_hours, record, replace_links

# Those that point at others go first.
ORDER = (Kind.ACTIVITY, Kind.SUPPORT, Kind.PLACE, Kind.PROVIDER)


def undo_listings(run: ImportRun, told: Callable[[int, int], None]) -> None:
    """Undo everything the run wrote that has not been undone yet."""
    todo = ImportedListing.objects.filter(run=run, undone=False)
    total, done = todo.count(), 0
    for kind in ORDER:
        # The latest change goes first, where a run has been applied more than once.
        for written in todo.filter(kind=kind).order_by("-pk").select_related("row"):
            with transaction.atomic(), translation.override(run.municipality.languages[0]):
                sentence = _undo_one(run, written)
                written.undone = True
                written.save(update_fields=["undone"])
                row = written.row
                row.undone = f"{row.undone} {sentence}".strip()[:300]
                ImportRow.objects.filter(pk=row.pk).update(undone=row.undone)
            done += 1
            if done % 50 == 0:
                ImportRun.objects.filter(pk=run.pk).update(progress=min(run.read, run.read * done // total))
                told(done, total)
    ImportRow.objects.filter(run=run, undone="").update(undone=_("Nothing was written for this row."))


def _undo_one(run: ImportRun, written: ImportedListing) -> str:
    model = model_of(written.kind)
    obj = model._default_manager.select_for_update().filter(pk=written.object_id, municipality=run.municipality).first()
    if obj is None:
        return _("It had been removed already.")
    name = str(obj)
    touched = _touched(obj, written)
    if written.made:
        if touched:
            return _("“%(name)s” was kept: it has been changed or confirmed since.") % {"name": name}
        if _is_built_upon(obj, run):
            return _("“%(name)s” was kept: others have added something to it since.") % {"name": name}
        obj.delete()
        return _("“%(name)s” was removed.") % {"name": name}
    if touched:
        return _("“%(name)s” was kept as it is: it has been changed or confirmed since.") % {"name": name}
    kept = restore(obj, written, run)
    if kept:
        return _("“%(name)s” was restored, but not where it has been changed since.") % {"name": name}
    return _("“%(name)s” was restored.") % {"name": name}


def _touched(obj: Listing, written: ImportedListing) -> bool:
    """Whether somebody who knows better has been there after the import."""
    revision = obj.latest_revision
    later = (
        ImportedListing.objects.filter(kind=written.kind, object_id=obj.pk, undone=False, pk__gt=written.pk)
        .exclude(run=written.run)
        .exists()
    )
    since = Since(
        source=obj.source,
        imported_at=written.at,
        edited_at=revision.created_at if revision else None,
        confirmed_at=obj.confirmed_at,
        confirmed_as=obj.confirmed_as,
        has_draft=obj.has_unpublished_changes,
    )
    if later or why_leave_alone(since) or (obj.confirmed_at and obj.confirmed_at > written.at):
        return True
    columns = {c: v for c, v in written.after.items() if c in _columns(obj)}
    return written.made and not all(same(plain(getattr(obj, c)), v) for c, v in columns.items())


def _columns(obj: Listing) -> set[str]:
    return {f.name for f in obj._meta.concrete_fields}


def _is_built_upon(obj: Any, run: ImportRun) -> bool:
    """Whether what others made since hangs on this listing, and would go with it."""
    if obj.KIND is Kind.PROVIDER:
        return obj.activities.exists() or obj.places.exists() or obj.memberships.exists() or obj.support_schemes.exists()
    if obj.KIND is Kind.PLACE:
        through = MODELS[Kind.ACTIVITY]._meta.get_field("places").remote_field.through  # type: ignore[union-attr]
        return obj.sessions.exists() or through._default_manager.filter(place=obj.pk).exists()
    return False


def restore(obj: Listing, written: ImportedListing, run: ImportRun) -> bool:
    """Give the listing its facts from before. True where one was left because it has been changed since."""
    kind = Kind(written.kind)
    model = type(obj)
    columns, kept = _columns(obj), False
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
