"""Writing translations into rows, and what is known of them.

    write_texts(…)   texts of one row, by a person or a machine: a new revision, published if the row is live
    still_right(…)   a text that is out of date by its source's letters, not by its meaning
    undo(…)          what stood there before the last write
    withdraw(…)      takes away what a machine made from words that somebody has taken away

A row with a draft keeps it: the text goes to the live row and into the draft, and nothing else of the draft is published.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log
from wagtail.models import Page, Revision, RevisionMixin

from directory.listings.models import Listing
from directory.municipalities.models import Municipality
from portal.kit.refusals import Refused
from portal.kit.wording import digest
from portal.pages.blocks import harmless
from portal.pages.forms import leads_to_others
from portal.pages.look import SiteLook, renew_stamp
from portal.pages.menu import MenuItem
from portal.translating.bodies import copied, joined, without
from portal.translating.looking import look_at, write_known
from portal.translating.models import Origin, Translation
from portal.translating.pieces import Piece, Row, content_type_of, leaves, load, put_leaves, raw_of
from portal.translating.rules import Standing, standing, standings


class Why(TextChoices):
    """Why a translation is not written."""

    GONE = "gone", _("This is no longer there.")
    NO_SOURCE = "no-source", _("There is nothing to translate: the text it is made from is empty.")
    NOT_OFFERED = "not-offered", _("The municipality does not offer this language.")
    UNKNOWN = "unknown", _("There is no such text.")
    TOO_LONG = "too-long", _("This text is too long: at most %(limit)d characters.")
    SOURCE_CHANGED = "source-changed", _("The text it was made from has changed since.")
    FOREIGN = "foreign", _("A link in the text leads to something that is gone or belongs to another municipality. Remove it.")
    CHANGED = "changed", _("Somebody else has changed this text meanwhile. Look at it again.")
    APART = "apart", _("This page is written separately in this language. Change it in the page's own form.")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: (field, language) of each text. `waiting`: kept until the rest of its page is translated."""

    texts: tuple[tuple[str, str], ...] = ()
    waiting: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.texts or self.waiting)


@dataclass(slots=True)
class _Open:
    """A row that is locked and read."""

    row: Row
    instance: Any
    languages: list[str]

    def standing(self, field: str, lang: str) -> Standing:
        piece = next((piece for piece in self.row.pieces if piece.field == field), None)
        if piece is None:
            raise Refused(Why.UNKNOWN)
        if lang not in self.languages:
            raise Refused(Why.NOT_OFFERED)
        found = standing(self.row, piece, lang, self.languages)
        if found is None:
            raise Refused(Why.NO_SOURCE)
        return found

    def seen(self, field: str, lang: str, sources: str, was: str) -> Standing:
        """A text as somebody saw it, by the digests of its source and of itself; what has changed since is refused."""
        found = self.standing(field, lang)
        if sources != digest(found.source):
            raise Refused(Why.SOURCE_CHANGED)
        if was != digest(found.text):
            raise Refused(Why.CHANGED)
        return found


def open_row(model: type[models.Model], pk: int) -> _Open:
    """Lock a row and read its texts. Stands inside a transaction."""
    instance = model._base_manager.select_for_update(of=("self",)).filter(pk=pk).first()
    if instance is None:
        raise Refused(Why.GONE)
    languages = dict(Municipality.objects.values_list("pk", "languages"))
    rows = load(model, [pk], languages)
    if not rows:
        raise Refused(Why.GONE)
    return _Open(rows[0], instance, languages.get(rows[0].municipality_id, []))


@transaction.atomic
def write_texts(
    *,
    model: type[models.Model],
    pk: int,
    texts: Mapping[tuple[str, str], str],
    by: Any,
    at: datetime,
    origin: Origin = Origin.PERSON,
    service: str = "",
    sources: Mapping[tuple[str, str], str] | None = None,
) -> Written:
    """Write texts by (field, language). `sources`: digests of the source each was made from; one that has changed is refused.

    A machine writes only where nothing stands or where its own text is out of date, whatever is asked; a person's empty
    text takes the translation away.
    """
    opened = open_row(model, pk)
    accepted: dict[tuple[str, str], tuple[Standing, str]] = {}
    for (field, lang), given in texts.items():
        one = opened.standing(field, lang)
        text = tidy(one.piece, given)
        if one.piece.whole or (one.piece.column, lang) in opened.row.apart:
            raise Refused(Why.APART)
        if one.piece.limit and len(text) > one.piece.limit:
            raise Refused(Why.TOO_LONG, limit=one.piece.limit)
        if origin == Origin.PERSON and leads_astray(one, text, municipality=opened.row.municipality_id, by=by):
            raise Refused(Why.FOREIGN)
        if sources is not None and sources.get((field, lang)) != digest(one.source):
            if origin == Origin.MACHINE:
                continue
            raise Refused(Why.SOURCE_CHANGED)
        if origin == Origin.MACHINE and not (one.for_machine and text):
            continue
        if in_blocks(one) and not text:
            continue  # a page cannot lack one of its texts; in the page's own form the whole block is taken away
        if text != one.text or (origin == Origin.MACHINE and one.old_source):
            accepted[field, lang] = one, text
    if not accepted:
        return Written()
    with translation.override(opened.languages[0]):  # the bare column of a translated field takes the active language
        columns, waiting = _columns(opened, {key: text for key, (_one, text) in accepted.items()})
        if columns:
            put(opened, columns, by=by, languages={lang for _field, lang in accepted}, machine=origin == Origin.MACHINE)
    _remember(opened, accepted, waiting, by=by, at=at, origin=origin, service=service)
    look_at(model, [pk], at=at)
    return Written(tuple(key for key in accepted if key not in waiting), tuple(waiting))


def in_blocks(one: Standing) -> bool:
    """Whether a text stands inside a page's blocks."""
    return bool(one.piece.column)


def leads_astray(one: Standing, text: str, *, municipality: int, by: Any) -> bool:
    """Whether a formatted text leads to what is not this municipality's, as in a page's own form."""
    return one.piece.html and leads_to_others(text, municipality_id=municipality, user=by, before=[one.text, one.source])


def tidy(piece: Piece, text: str) -> str:
    """A text as it is kept: one kind of line end, and of rich text only what pages know."""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    return harmless(text) if piece.html and text else text


def _columns(opened: _Open, texts: Mapping[tuple[str, str], str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The columns to write, and the texts that have to wait for the rest of their page."""
    columns: dict[str, Any] = {}
    waiting: list[tuple[str, str]] = []
    streams: dict[tuple[str, str], dict[str, str]] = {}
    for (field, lang), text in texts.items():
        piece = next(piece for piece in opened.row.pieces if piece.field == field)
        if piece.column:
            streams.setdefault((piece.column, lang), {})[field] = text
        else:
            columns[f"{field}_{lang}"] = text
    for (name, lang), given in streams.items():
        body = composed(opened, name, lang, given)
        if body is None:
            waiting += [(field, lang) for field in given]
        else:
            columns[f"{name}_{lang}"] = body
    return columns, waiting


def composed(opened: _Open, name: str, lang: str, given: Mapping[str, str]) -> list[Any] | None:
    """The blocks of a page in one language, with its texts. None while one is missing.

    A page half in one language and half in another could not say which it is. A first translation has the source's blocks;
    later ones keep the blocks that stand there, as somebody may have changed them, and get those they lack.
    """
    texts: dict[str, str] = {}
    left_out: set[str] = set()
    begun = set(given)
    own = raw_of(opened.instance, name, lang)
    source_lang = ""
    for piece in opened.row.pieces:
        if piece.column != name or piece.whole:
            continue
        one = standing(opened.row, piece, lang, opened.languages)
        if one is None:
            continue  # of a third language's body
        if not one.is_orphan:
            source_lang = one.source_lang
        if one.known is not None and one.known.pending:
            begun.add(piece.field)
        text = given.get(piece.field, one.text)
        if not text and own and one.left_empty:
            left_out.add(piece.field)
            continue
        text = text or (one.source if piece.optional else "")
        if not text:
            return None
        texts[piece.field] = text
    source = raw_of(opened.instance, name, source_lang) if source_lang else []

    half_done = False

    def is_left_out(path: str) -> bool:
        """A block that a person took out stays out, until somebody begins to translate it again."""
        nonlocal half_done
        inside = {field for field in left_out | texts.keys() if field == path or field.startswith(f"{path}/")}
        half_done = half_done or bool(inside & left_out and inside & begun)
        return bool(inside & left_out)

    raw = joined(source, own, name, is_left_out) if own else copied(source)
    if half_done:
        return None
    return put_leaves(opened.instance._meta.get_field(name).stream_block, raw, name, texts)


def _remember(
    opened: _Open,
    accepted: Mapping[tuple[str, str], tuple[Standing, str]],
    waiting: Iterable[tuple[str, str]],
    *,
    by: Any,
    at: datetime,
    origin: Origin,
    service: str,
) -> None:
    kind = content_type_of(opened.row.model)
    waiting = set(waiting)
    rows = [
        Translation(
            municipality_id=opened.row.municipality_id,
            content_type=kind,
            object_id=opened.row.pk,
            field=field,
            lang=lang,
            origin=origin,
            service=service,
            source_lang=one.source_lang,
            source_hash=digest(one.source),
            source_text=one.source,
            text_hash=digest(text),
            pending=text if (field, lang) in waiting else "",
            before=was(one) if origin == Origin.PERSON else None,
            made_at=at,
            by=by,
        )
        for (field, lang), (one, text) in accepted.items()
    ]
    write_known(rows)
    # What waited for the rest of a page is in it now.
    columns = {piece.column for piece in opened.row.pieces for field, _lang in accepted if piece.field == field and piece.column}
    done = {(column, lang) for column in columns for _field, lang in accepted if (_field, lang) not in waiting}
    for column, lang in done:
        Translation.objects.filter(content_type=kind, object_id=opened.row.pk, lang=lang, field__startswith=f"{column}/").exclude(
            field__in=[field for field, code in waiting if code == lang]
        ).update(pending="")


def was(one: Standing) -> dict[str, Any]:
    """What "undo" goes back to."""
    known = one.known
    return {
        "text": one.text,
        "origin": str(one.origin),
        "left_empty": one.left_empty,
        "service": known.service if known else "",
        "source_lang": known.source_lang if known else one.source_lang,
        "source_hash": known.source_hash if known else digest(one.source),
        "source_text": known.source_text if known else one.source,
    }


# ── into the row ────────────────────────────────────────────────────────────────────────────────────────────
def put(opened: _Open, columns: Mapping[str, Any], *, by: Any, languages: Iterable[str], machine: bool, deed: str = "") -> None:
    """Write columns of a row: a new revision where it has revisions or a person writes, its draft kept, a line in its history."""
    instance = opened.instance
    before = {column: plain(instance, column) for column in columns}
    revision = None
    if not isinstance(instance, RevisionMixin):
        set_columns(instance, columns)
        instance.save(update_fields=list(columns))
    elif not instance.live:
        revision = _into_draft(instance, columns, by)
    elif instance.has_unpublished_changes:
        _save(instance, columns)
        revision = _into_draft(instance, columns, by, where=before)
    elif machine and instance.latest_revision_id is None:
        _save(instance, columns)  # the form of a row without revisions begins from the row itself
    else:
        set_columns(instance, columns)
        revision = instance.save_revision(user=by, changed=True, log_action=False, clean=False)
        revision.publish(user=by, changed=True, log_action=False, skip_permission_checks=True)
    _into_scheduled(instance, columns, before)
    if isinstance(instance, Page | SiteLook | MenuItem):
        renew_stamp(opened.row.municipality_id)  # header and footer say it too
    log(
        instance=instance,
        action=deed or ("translating.machine" if machine else "translating.write"),
        user=by,
        revision=revision,
        content_changed=True,
        data={"languages": sorted(set(languages))},
    )


def set_columns(instance: Any, columns: Mapping[str, Any]) -> None:
    for column, value in columns.items():
        if isinstance(value, list):
            field = instance._meta.get_field(column)
            value = field.stream_block.to_python(deepcopy(value))
        setattr(instance, column, value)


def plain(instance: Any, column: str) -> Any:
    """A column's value to compare by."""
    value = getattr(instance, column)
    return list(value.get_prep_value()) if hasattr(value, "get_prep_value") else value or ""


def _save(instance: Any, columns: Mapping[str, Any]) -> None:
    """The live row alone, its drafts untouched."""
    set_columns(instance, columns)
    if isinstance(instance, Page):
        instance.save(update_fields=list(columns), clean=False)
    else:
        instance.save(update_fields=[*columns, *(["updated_at"] if isinstance(instance, Listing) else [])])


def _into_draft(instance: Any, columns: Mapping[str, Any], by: Any, where: Mapping[str, Any] | None = None) -> Any:
    """The texts into the newest draft; only where the draft says what the live row said (`where`), if that is given."""
    draft = instance.get_latest_revision_as_object() if instance.latest_revision_id else instance
    same = {column: value for column, value in columns.items() if where is None or plain(draft, column) == where[column]}
    if not same:
        return None
    set_columns(draft, same)
    return draft.save_revision(user=by, changed=True, log_action=False, clean=False)


def _into_scheduled(instance: Any, columns: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """A revision that waits for its hour would take the text away again; only where it says what the row said `before`."""
    if not isinstance(instance, RevisionMixin):
        return
    for revision in Revision.objects.for_instance(instance).filter(approved_go_live_at__isnull=False):
        content = revision.content
        for column, value in columns.items():
            if _scheduled(instance, column, content.get(column)) == before[column]:
                content[column] = json.dumps(value, cls=DjangoJSONEncoder) if isinstance(value, list) else value
        Revision.objects.filter(pk=revision.pk).update(content=content)


def _scheduled(instance: Any, column: str, value: Any) -> Any:
    """A column of a revision, to compare by as `plain`; blocks stand in it as JSON within JSON."""
    block = getattr(instance._meta.get_field(column), "stream_block", None)
    if block is None:
        return value or ""
    return list(block.to_python(json.loads(value or "null") or []).get_prep_value())


# ── deeds on what is known ──────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def still_right(
    *, model: type[models.Model], pk: int, field: str, lang: str, source: str, was: str, by: Any, at: datetime
) -> None:
    """A person has read source and translation (`source`, `was`: their digests): it says the same. From now on it is theirs."""
    opened = open_row(model, pk)
    one = opened.seen(field, lang, source, was)
    if not one.text:
        raise Refused(Why.UNKNOWN)
    if one.is_orphan and one.known:
        one.known.delete()  # no longer a translation of anything: a text of its own
    else:
        _remember(
            opened,
            {(field, lang): (one, one.text)},
            [(field, lang)] if one.known and one.known.pending else [],
            by=by,
            at=at,
            origin=Origin.PERSON,
            service="",
        )
    log(instance=opened.instance, action="translating.still_right", user=by, data={"languages": [lang]})
    look_at(model, [pk], at=at)


@transaction.atomic
def undo(*, model: type[models.Model], pk: int, field: str, lang: str, source: str, was: str, by: Any, at: datetime) -> bool:
    """Back to what stood there before the last write by hand. False where nothing is known of it.

    `source`, `was`: digests of what the person saw.
    """
    opened = open_row(model, pk)
    one = opened.seen(field, lang, source, was)
    before = one.known.before if one.known else None
    if before is None:
        return False
    text = str(before["text"])
    if in_blocks(one) and not text and not one.known.pending:  # type: ignore[union-attr]
        return False
    with translation.override(opened.languages[0]):
        columns, waiting = _columns(opened, {(field, lang): text})
        if columns and text != one.text and (text or not in_blocks(one)):
            put(opened, columns, by=by, languages=[lang], machine=False)
    known = Translation.objects.filter(pk=one.known.pk)  # type: ignore[union-attr]
    if not text and not before.get("left_empty"):
        known.delete()
    else:
        known.update(
            origin=before["origin"],
            service=before["service"],
            source_lang=before["source_lang"],
            source_hash=before["source_hash"],
            source_text=before["source_text"],
            text_hash=digest(text),
            pending=text if waiting else "",
            before=None,
            made_at=at,
            by=by,
        )
    look_at(model, [pk], at=at)
    return True


@transaction.atomic
def withdraw(*, model: type[models.Model], pk: int, at: datetime) -> int:
    """Take away what a machine made from words that are gone; returns how many texts.

    Words are taken away for a reason, a private number among them. Nobody would look for them in eleven other languages.
    """
    opened = open_row(model, pk)
    gone = [one for one in standings(opened.row, opened.languages) if one.withdrawn]
    if not gone:
        return 0
    columns: dict[str, Any] = {}
    bodies: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in gone:
        if in_blocks(one):
            bodies[one.piece.column, one.lang].add(one.piece.field)
        else:
            columns[f"{one.piece.field}_{one.lang}"] = ""
    for (name, lang), fields in bodies.items():
        block = opened.instance._meta.get_field(name).stream_block
        raw = raw_of(opened.instance, name, lang)
        left = without(raw, name, dict(leaves(block, raw, name)), fields)
        columns[f"{name}_{lang}"] = put_leaves(block, left, name, dict.fromkeys(fields, ""))
    languages = {one.lang for one in gone}
    with translation.override(opened.languages[0]):
        put(opened, columns, by=None, languages=languages, machine=True, deed="translating.withdraw")
    Translation.objects.filter(pk__in=[one.known.pk for one in gone if one.known]).delete()
    look_at(model, [pk], at=at)
    return len(gone)
