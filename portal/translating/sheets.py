"""Texts for translators outside: out as CSV, and back in.

Each line names its text (`key`) and the source it was made from (`source_hash`), so that what comes back is put where it
belongs, and not onto a source that has changed meanwhile.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, TextChoices
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import Municipality
from portal.kit.exports import as_typed, harmless
from portal.kit.refusals import Refused
from portal.kit.wording import digest
from portal.translating.actions import write_texts
from portal.translating.models import Tally
from portal.translating.permissions import may_change, own_municipalities
from portal.translating.pieces import load, translated_models
from portal.translating.rules import Standing, standings
from portal.translating.states import State

COLUMNS = ["key", "lang", "kind", "title", "text", "state", "source_lang", "source", "translation", "source_hash"]
NEEDED = {"key", "lang", "translation", "source_hash"}
LARGEST = 5_000_000  # bytes
MOST = 20_000  # lines
CHUNK = 200


class Why(TextChoices):
    """Why a sheet or a line of it is not taken."""

    TOO_LARGE = "too-large", _("The file is larger than 5 MB. Send it in parts.")
    UNREADABLE = "unreadable", _("This is no CSV file in UTF-8. Save the sheet as “CSV UTF-8” and try again.")
    NO_COLUMNS = "no-columns", _("The columns key, lang, translation and source_hash must be there, as they were sent out.")
    TOO_MANY = "too-many", _("The file has more than 20,000 lines. Send it in parts.")
    UNKNOWN = "unknown", _("There is no such text among those you may translate.")


def lines(municipality: Municipality, rows: QuerySet[Tally], *, every: bool = False) -> Iterator[list[Any]]:
    """The lines of the sheet: what is missing or out of date in these rows, or every text."""
    yield COLUMNS
    languages = {municipality.pk: municipality.languages}
    wanted: dict[Any, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    titles: dict[tuple[Any, int], str] = {}
    for tally in rows:
        model = tally.content_type.model_class()
        wanted[model][tally.object_id].add(tally.lang)
        titles[model, tally.object_id] = tally.title
    for model, by_pk in wanted.items():
        pks = list(by_pk)
        for start in range(0, len(pks), CHUNK):
            chunk = pks[start : start + CHUNK]
            for row in load(model, chunk, languages):
                for one in standings(row, municipality.languages):
                    todo = one.state in (State.MISSING, State.STALE) and not one.is_orphan
                    if one.lang in by_pk[row.pk] and not one.piece.whole and (todo or (every and one.text)):
                        yield line(model, row.pk, titles[model, row.pk], one)


def line(model: Any, pk: int, title: str, one: Standing) -> list[Any]:
    """One text as a line."""
    cells = [
        f"{model._meta.label_lower}:{pk}:{one.piece.field}",
        one.lang,
        str(model._meta.verbose_name),
        title,
        capfirst(str(one.piece.label)),
        str(one.state.label),
        one.source_lang,
        one.source,
        one.text,
        digest(one.source),
    ]
    return [harmless(cell) for cell in cells]


@dataclass(slots=True)
class Report:
    """What came of a sheet. `problems`: (line number, what it was about, why it was not taken)."""

    written: int = 0
    same: int = 0
    empty: int = 0
    problems: list[tuple[int, str, str]] = field(default_factory=list)


def read(raw: bytes) -> list[dict[str, str]]:
    """The lines of a sheet that was sent in."""
    if len(raw) > LARGEST:
        raise Refused(Why.TOO_LARGE)
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(Why.UNREADABLE) from None
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        raise Refused(Why.UNREADABLE) from None
    if not rows or not set(rows[0]) >= NEEDED:
        raise Refused(Why.NO_COLUMNS)
    if len(rows) > MOST:
        raise Refused(Why.TOO_MANY)
    return [{name: as_typed(row.get(name) or "") for name in NEEDED} for row in rows]


def take_in(rows: Iterable[dict[str, str]], *, by: Any, at: datetime) -> Report:
    """Write what a sheet holds, as far as the user may and the sources are still the same."""
    report = Report()
    owned = {municipality.pk: municipality.languages for municipality in own_municipalities(by)}
    models = {model._meta.label_lower: model for model in translated_models()}
    wanted: dict[Any, dict[int, list[tuple[int, str, str, str, str]]]] = defaultdict(lambda: defaultdict(list))
    for number, cells in enumerate(rows, start=2):
        label, _sep, rest = cells["key"].partition(":")
        key, _sep, name = rest.partition(":")
        if not cells["translation"].strip():
            report.empty += 1
        elif label not in models or not (key.isdecimal() and len(key) < 19):
            report.problems.append((number, cells["key"][:200], str(Why.UNKNOWN.label)))
        else:
            wanted[models[label]][int(key)].append((number, name, cells["lang"], cells["translation"], cells["source_hash"]))
    for model, by_pk in wanted.items():
        allowed = {
            row.pk for row in load(model, by_pk, owned) if row.live and row.municipality_id in owned and may_change(by, row)
        }
        for pk, texts in by_pk.items():
            if pk not in allowed:
                report.problems += [
                    (number, f"{model._meta.label_lower}:{pk}:{name}"[:200], str(Why.UNKNOWN.label))
                    for number, name, *_x in texts
                ]
            else:
                _write(model, pk, texts, report, by=by, at=at)
    report.problems.sort()
    return report


def _write(model: Any, pk: int, texts: list[tuple[int, str, str, str, str]], report: Report, *, by: Any, at: datetime) -> None:
    """The texts of one row: all in one revision; one by one where one of them is refused, so that it is known which."""
    together = {(name, lang): text for _number, name, lang, text, _source in texts}
    sources = {(name, lang): source for _number, name, lang, _text, source in texts}
    try:
        done = write_texts(model=model, pk=pk, texts=together, sources=sources, by=by, at=at)
    except Refused as refused:
        if len(texts) == 1:
            number, name, *_rest = texts[0]
            report.problems.append((number, f"{model._meta.label_lower}:{pk}:{name}"[:200], str(refused)))
        for one in texts if len(texts) > 1 else ():
            _write(model, pk, [one], report, by=by, at=at)
        return
    count = len(done.texts) + len(done.waiting)
    report.written += count
    report.same += len(texts) - count
