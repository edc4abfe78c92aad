"""Everything that is kept about a person, to take along: for programs as JSON, for people as a page."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import CASCADE, FileField, ForeignKey, Model
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation

from directory.listings.models import Listing
from portal.accounts.models import User
from portal.privacy.traces import SECRETS, rows_of, rows_with_address

MOST = 5000  # rows of one model: who did more gets the newest, and the number of all


def about(user: User) -> list[dict[str, Any]]:
    """What is kept, by table. Each part says what it is, how many rows there are, and shows them."""
    found = [_part(User, "pk", User.objects.filter(pk=user.pk), whole=True)]
    seen: set[tuple[type[Model], Any]] = set()
    for model, one, rows in rows_of(user):
        whole = one.remote_field.on_delete is CASCADE  # type: ignore[union-attr]
        found.append(_part(model, one.name, rows, whole=whole))
        seen |= {(model, pk) for pk in rows.values_list("pk", flat=True)[:MOST]}
    for model, name, rows in rows_with_address(user):
        rest = rows.exclude(pk__in=[pk for known, pk in seen if known is model])
        if rest.exists():
            # A listing is an association's: others may stand in it as well.
            found.append(_part(model, name, rest, whole=not issubclass(model, Listing)))
    return found


def _part(model: type[Model], by: str, rows: Any, *, whole: bool) -> dict[str, Any]:
    shown = list(rows.order_by("-pk")[:MOST])
    return {
        "table": model._meta.label,
        "what": str(model._meta.verbose_name_plural),
        "because": by,
        "count": rows.count(),
        "rows": [_row(row, by, whole=whole) for row in shown],
    }


def _row(row: Model, by: str, *, whole: bool) -> dict[str, Any]:
    """What a row is, and its columns. One that is the person's own in full; of one that is another's, when, and how the person
    stands in it.

    No more, since others stand there too: who confirmed a page years ago must not get the number of who leads it today.
    """
    hidden = SECRETS.get(row._meta.label, frozenset())
    named = whole or isinstance(row, Listing)
    found: dict[str, Any] = {}
    for one in row._meta.concrete_fields:
        if one.name in hidden:
            continue
        moment = one.get_internal_type() in {"DateTimeField", "DateField"}
        if not (moment or one.name == by or whole):
            continue
        value = one.value_from_object(row)
        if value in (None, "", [], {}):
            continue
        if isinstance(one, ForeignKey):
            target = getattr(row, one.name, None)
            value = title_of(target) if target is not None else str(value)
        elif isinstance(one, FileField):
            value = str(value)
        found[one.name] = value
    return {"what": title_of(row) if named else number_of(row), "columns": found}


def title_of(row: Model) -> str:
    """What a row calls itself. Some of the framework's do so by a row that may be gone; the file is made all the same."""
    try:
        return str(row).strip() or number_of(row)
    except (AttributeError, ObjectDoesNotExist, ValueError):
        return number_of(row)


def number_of(row: Model) -> str:
    """What a row is and its number, where its name is not for this file."""
    return f"{row._meta.verbose_name} {row.pk}"


def packed(user: User, *, at: datetime, lang: str) -> bytes:
    """A zip with about-me.json and about-me.html."""
    with translation.override(lang):
        parts = about(user)
        shown = [part | {"rows": [_as_words(row) for row in part["rows"]]} for part in parts]
        page = render_to_string("privacy/about_me_file.html", {"parts": shown, "who": user, "at": at, "lang": lang})
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        facts = {"made_at": at, "about": user.email, "tables": parts}
        archive.writestr("about-me.json", json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        archive.writestr("about-me.html", page)
    return content.getvalue()


def _as_words(row: dict[str, Any]) -> dict[str, Any]:
    return {"what": row["what"], "columns": {name: _word(value) for name, value in row["columns"].items()}}


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
