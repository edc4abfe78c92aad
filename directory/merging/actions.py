"""Making one listing of two, and undoing it.

One stays, the other goes: it is taken off the lists, its address leads on for good, and everything that belonged to it (what it
offers, who keeps it, questions, reports) belongs to the one that stays. The row of the one that went is kept, so that an import
finds it and makes no third one. `Comparison.facts` says all that was done; for thirty days it can be undone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction
from django.db.models import ForeignKey, Model, TextChoices
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import get_all_child_relations
from wagtail.log_actions import log
from wagtail.models import Revision, WorkflowState

from directory.listings.differences import contents
from directory.listings.models import Listing, MovedListing, tell_all
from directory.merging.models import Comparison
from directory.merging.rules import Why, why_not_undo
from directory.municipalities.tenancy import has_field, tenant_path
from directory.providers.models import Membership
from portal.kit.changes import told_together
from portal.kit.refusals import Refused, refuse_if

MERGED_WITH = "Slått sammen med: "  # shown to staff before the name
OTHER, BOTH = "other", "both"


def refuse(reason: TextChoices, listing: Listing) -> None:
    raise Refused(reason, name=str(listing))


def waits(listing: Listing) -> bool:
    return WorkflowState.objects.for_instance(listing).filter(status=WorkflowState.STATUS_IN_PROGRESS).exists()


def check(keep: Listing, gone: Listing) -> None:
    """Raise Refused where the two cannot become one now."""
    refuse_if(Why.ITSELF if keep.pk == gone.pk or keep.municipality_id != gone.municipality_id else None)
    for listing in (keep, gone):
        if listing.delisted_at is not None:
            refuse(Why.GONE, listing)
        if waits(listing):
            refuse(Why.WAITS, listing)
    if keep.has_unpublished_changes:
        refuse(Why.DRAFT, keep)
    if gone.live and not keep.live:
        refuse(Why.KEEP_PUBLIC, gone)
    for model in apps.get_models():  # rooms above may say that something cannot go
        ask = getattr(model, "why_not_merge", None)
        if ask is not None and (reason := ask(gone)) is not None:
            refuse(reason, gone)


def newest(listing: Any) -> Any:
    """What a listing says: its published words, or of one that was never published those of its draft."""
    return listing if listing.live else listing.get_latest_revision_as_object()


def locked(model: type[Listing], *pks: int) -> dict[int, Any]:
    """The rows, held in the order of their numbers."""
    rows = model.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")
    return {row.pk: row for row in rows}


@transaction.atomic
def merge(*, keep: Listing, gone: Listing, choices: dict[str, str], by: Any, at: datetime) -> Comparison:
    """Make one of two. `choices`: for a field, whether the other's value wins ("other") or both stay ("both")."""
    model = type(keep)
    refuse_if(Why.ITSELF if keep.pk == gone.pk else None)
    rows = locked(model, keep.pk, gone.pk)
    refuse_if(None if len(rows) == 2 else Why.MISSING)
    keep, gone = rows[keep.pk], rows[gone.pk]
    check(keep, gone)
    with told_together():
        names = [
            content.name for content in contents(model) if choices.get(content.name) in (OTHER, BOTH) and content.name != "slug"
        ]
        before = {name: keep.serializable_data().get(name) for name in names}
        number = getattr(gone, "org_number", "")
        away: dict[str, Any] = {"delisted_at": at, "delisted_reason": f"{MERGED_WITH}{keep}"[:200]}
        if number:  # two rows of a municipality never have one number
            away["org_number"] = ""
        model.objects.filter(pk=gone.pk).update(**away)
        for name in names:
            take(keep, newest(gone), name, both=choices[name] == BOTH)
        publish(keep, by)
        facts = {
            "before": before,
            "after": {name: model.objects.get(pk=keep.pk).serializable_data().get(name) for name in names},
            "number": number,
            **move(keep, gone),
        }
        MovedListing.objects.update_or_create(
            municipality=keep.municipality, kind=keep.KIND.value, slug=gone.slug, defaults={"to_id": keep.pk, "at": at}
        )
        tell_all(model, [keep.pk, gone.pk])
    done = Comparison.objects.create(
        municipality=keep.municipality,
        kind=keep.KIND.value,
        kept_id=keep.pk,
        other_id=gone.pk,
        names=f"{keep} ← {gone}"[:340],
        outcome=Comparison.Outcome.MERGED,
        at=at,
        by=by,
        facts=as_json(facts),
    )
    said = {"comparison": done.pk, "kept": keep.pk, "gone": gone.pk, "fields": names, "moved": counts(facts)}
    log(keep, "listing.merge", user=by, data=said, content_changed=True)
    log(gone, "listing.merge", user=by, data=said)
    return done


@transaction.atomic
def undo(*, comparison: Comparison, by: Any, at: datetime) -> None:
    """Make two of one again. What was changed since stays as it was changed."""
    comparison = Comparison.objects.select_for_update(of=("self",)).get(pk=comparison.pk)
    model = next(model for model in Listing.__subclasses__() if comparison.kind == model.KIND)
    rows = locked(model, comparison.kept_id, comparison.other_id)
    merged = comparison.outcome == Comparison.Outcome.MERGED
    refuse_if(why_not_undo(merged=merged, at=comparison.at, now=at, both_there=len(rows) == 2))
    keep, gone = rows[comparison.kept_id], rows[comparison.other_id]
    if waits(keep):
        refuse(Why.WAITS, keep)
    if keep.has_unpublished_changes:
        refuse(Why.DRAFT, keep)
    facts = comparison.facts
    with told_together():
        content = keep.serializable_data()
        untouched = [name for name, value in facts["after"].items() if bare(as_json(content.get(name))) == bare(value)]
        publish(keep.with_content_json(content | {name: facts["before"][name] for name in untouched}), by)
        back: dict[str, Any] = {"delisted_at": None, "delisted_reason": ""}
        if facts["number"] and not model.objects.filter(municipality=keep.municipality_id, org_number=facts["number"]).exists():  # type: ignore[misc]
            back["org_number"] = facts["number"]
        model.objects.filter(pk=gone.pk).update(**back)
        for label, column, pks in facts["moved"]:
            moved = apps.get_model(label)
            moved._base_manager.filter(pk__in=pks, **{column: keep.pk}).update(**{column: gone.pk})
            announce(moved, pks)
        for user, role in facts["dropped"]:
            # Who has left the one that stayed, or was taken away or erased, has left both.
            if Membership.objects.filter(user=user, provider=keep.pk, role=role).exists():
                Membership.objects.get_or_create(user_id=user, provider_id=gone.pk, role=role)
        for revision in Revision.objects.filter(pk__in=facts["drafts"]):
            repoint(revision, model, keep.pk, gone.pk)
        MovedListing.objects.filter(municipality=keep.municipality, kind=comparison.kind, slug=gone.slug, to_id=keep.pk).delete()
        tell_all(model, [keep.pk, gone.pk])
    comparison.outcome, comparison.undone_at = Comparison.Outcome.UNDONE, at
    comparison.save(update_fields=["outcome", "undone_at"])
    said = {"comparison": comparison.pk, "kept": keep.pk, "gone": gone.pk}
    log(keep, "listing.undo_merge", user=by, data=said, content_changed=True)
    log(gone, "listing.undo_merge", user=by, data=said)


@transaction.atomic
def mark_different(*, one: Listing, other: Listing, by: Any, at: datetime) -> Comparison:
    """Remember that two that look like one are two; they are not shown as doubles again."""
    refuse_if(Why.ITSELF if one.pk == other.pk or one.municipality_id != other.municipality_id else None)
    first, second = sorted((one, other), key=lambda row: row.pk)
    found, _new = Comparison.objects.get_or_create(
        municipality=one.municipality,
        kind=one.KIND.value,
        kept_id=first.pk,
        other_id=second.pk,
        outcome=Comparison.Outcome.DIFFERENT,
        defaults={"names": f"{first} ≠ {second}"[:340], "at": at, "by": by},
    )
    return found


# ── values ──────────────────────────────────────────────────────────────────────────────────────────────────


def take(keep: Any, gone: Any, name: str, *, both: bool) -> None:
    """Give `keep` the other's value of a field; of lists and rows, both where wanted."""
    content = next(content for content in contents(type(keep)) if content.name == name)
    field = content.field
    if field.auto_created:  # rows: sessions, opening times
        own = list(getattr(keep, name).all()) if both else []
        setattr(keep, name, [*own, *(copied(row) for row in getattr(gone, name).all())])
    elif isinstance(field, ParentalManyToManyField):
        own = list(getattr(keep, name).all()) if both else []
        setattr(keep, name, list(dict.fromkeys([*own, *getattr(gone, name).all()])))
    else:
        value = getattr(gone, field.attname)
        if both and isinstance(value, list):
            value = list(dict.fromkeys([*getattr(keep, field.attname), *value]))
        setattr(keep, field.attname, value)


def copied(row: Model) -> Model:
    """A row as a new one."""
    return type(row)(**{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name != "id"})


def publish(listing: Any, by: Any) -> None:
    """Write a listing with its history; it is as public as it was."""
    was_live = listing.live
    revision = listing.save_revision(user=by, log_action="wagtail.edit")
    if was_live:
        revision.publish(user=by, skip_permission_checks=True)
    else:
        listing.save()


def as_json(value: Any) -> Any:
    """A value as it comes back from the database: days and times are texts there."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def bare(value: Any) -> Any:
    """A value without the numbers of rows, which are new after each writing."""
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return [{name: said for name, said in row.items() if name not in ("pk", "sort_order")} for row in value]
    return sorted(value) if isinstance(value, list) and all(isinstance(one, int) for one in value) else value


# ── what belongs to it ──────────────────────────────────────────────────────────────────────────────────────


def move(keep: Any, gone: Any) -> dict[str, Any]:
    """Let everything that points at `gone` point at `keep`: what was moved, what could not be, and drafts that were mended."""
    moved: list[tuple[str, str, list[int]]] = []
    dropped: list[tuple[int, str]] = []
    for model, column in pointers(type(keep)):
        rows = model._base_manager.filter(**{column: gone.pk})
        pks = list(rows.values_list("pk", flat=True))
        if not pks:
            continue
        done = moved_rows(model, column, pks, keep.pk)
        left = set(pks) - set(done)
        if left and model is Membership:  # they have this role there already
            extra = Membership.objects.filter(pk__in=left)
            dropped += list(extra.values_list("user", "role"))
            extra.delete()
        if done:
            moved.append((model._meta.label, column, done))
            announce(model, done)
    for model in apps.get_models():  # those that name a listing by kind and number
        if has_field(model, "listing_id") and has_field(model, "kind") and tenant_path(model) == "municipality":
            rows = model._base_manager.filter(kind=gone.KIND.value, listing_id=gone.pk, municipality=gone.municipality_id)
            pks = list(rows.values_list("pk", flat=True))
            if done := moved_rows(model, "listing_id", pks, keep.pk):
                moved.append((model._meta.label, "listing_id", done))
    return {"moved": moved, "dropped": dropped, "drafts": mend_drafts(type(keep), gone, keep)}


def pointers(model: type[Listing]) -> Iterator[tuple[type[Model], str]]:
    """Every column that points at this kind of listing: (model, column). Rows that are content of it are not counted, nor those
    of models that say so: a consent was given for one page and holds for no other.
    """
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
            continue
        of, field = relation.related_model, relation.field
        if isinstance(field, ParentalKey) or of._meta.auto_created is model or not isinstance(field, ForeignKey):
            continue
        if getattr(of, "stays_when_merged", False):
            continue
        yield of, field.attname


def moved_rows(model: type[Model], column: str, pks: list[int], to: int) -> list[int]:
    """Point these rows at `to`; those that would then be there twice stay. Which were moved."""
    if not pks:
        return []
    try:
        with transaction.atomic():
            model._base_manager.filter(pk__in=pks).update(**{column: to})
        return pks
    except IntegrityError:
        done = []
        for pk in pks:
            try:
                with transaction.atomic():
                    model._base_manager.filter(pk=pk).update(**{column: to})
                done.append(pk)
            except IntegrityError:
                continue
        return done


def announce(model: type[Model], pks: list[int]) -> None:
    """Tell the search index of listings whose provider or place is another now."""
    if issubclass(model, Listing):
        tell_all(model, pks)
        return
    fields: list[Any] = list(model._meta.concrete_fields)
    owners = [field for field in fields if isinstance(field, ParentalKey) or field.related_model is model._meta.auto_created]
    owner = next((field for field in owners if field.related_model and issubclass(field.related_model, Listing)), None)
    if owner is not None:
        tell_all(owner.related_model, list(model._base_manager.filter(pk__in=pks).values_list(owner.attname, flat=True)))


def mend_drafts(model: type[Listing], gone: Listing, keep: Listing) -> list[int]:
    """Drafts of other listings that point at `gone` would lead back there when published: which were mended."""
    done = []
    for other in Listing.__subclasses__():
        rows = other.objects.filter(municipality=gone.municipality_id, has_unpublished_changes=True).exclude(latest_revision=None)
        for revision in Revision.objects.filter(pk__in=rows.values("latest_revision")):
            if repoint(revision, model, gone.pk, keep.pk):
                done.append(revision.pk)
    return done


def repoint(revision: Revision, model: type[Listing], old: int, new: int) -> bool:
    """Let a draft point at another listing; whether it pointed at the old one."""
    of: Any = revision.content_type.model_class()
    if not pointed(revision.content, of, model, old, new):
        return False
    revision.save(update_fields=["content"])
    return True


def pointed(content: dict[str, Any], of: type[Model], model: type[Listing], old: int, new: int) -> bool:
    """Change the numbers in a draft's content, also in its rows."""
    changed = False
    for field in [*of._meta.concrete_fields, *of._meta.local_many_to_many]:
        if field.related_model is not model or field.name not in content:
            continue
        value = content[field.name]
        if isinstance(field, models.ManyToManyField) and isinstance(value, list) and old in value:
            content[field.name] = list(dict.fromkeys(new if one == old else one for one in value))
            changed = True
        elif value == old:
            content[field.name], changed = new, True
    for relation in get_all_child_relations(of):
        for row in content.get(relation.get_accessor_name()) or []:
            changed |= pointed(row, relation.related_model, model, old, new)
    return changed


def counts(facts: dict[str, Any]) -> dict[str, int]:
    """How many rows of each kind were moved."""
    found: dict[str, int] = {}
    for label, _column, pks in facts["moved"]:
        found[label] = found.get(label, 0) + len(pks)
    return found
