"""Making the pages a new site begins with."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from wagtail.blocks import StreamValue
from wagtail.models import Page, Revision
from wagtail.rich_text import get_text_for_indexing

from directory.municipalities.models import Municipality
from portal.pages import models as types

STARTER = Path(__file__).with_name("starter.toml")
WRITTEN = ("heading", "intro", "known_faults")


@lru_cache(maxsize=1)
def starter_texts() -> dict[str, dict[str, Any]]:
    """The texts of the starter pages, by page."""
    with STARTER.open("rb") as stream:
        return tomllib.load(stream)


@transaction.atomic
def make_starter_pages(home: Page, municipality: Municipality) -> list[Page]:
    """About, help, news, accessibility statement and privacy below the front page, in all the municipality's languages.

    A page that stands at its address already is left as it is. Returns the pages that were made.
    """
    made = []
    taken = set(Page.objects.get(pk=home.pk).get_children().values_list("slug", flat=True))
    with translation.override("nb"):
        for entry in starter_texts().values():
            if entry["slug"] in taken:
                continue
            page = getattr(types, entry["type"])(slug=entry["slug"], **texts_for(entry, municipality))
            made.append(add_page(home, page))
    return made


def texts_for(entry: dict[str, Any], municipality: Municipality) -> dict[str, Any]:
    """The columns of a page in the languages offered; in the first language or Norwegian there is always one."""
    codes = [code for code in municipality.languages if code in entry] or ["nb"]
    found: dict[str, Any] = {}
    for code in dict.fromkeys([*codes, "nb"]):  # Norwegian always: decisions and privacy hold in it
        for field in (*WRITTEN, "body"):
            if text := _said(entry[code], field, municipality):
                found[f"{field}_{code}"] = [("text", text)] if field == "body" else text
    return found


def _said(texts: dict[str, str], field: str, municipality: Municipality) -> str:
    """What the starter says in a field of one language."""
    if field == "body":
        return "".join(line.strip() for line in texts.get("text", "").replace("{name}", municipality.name).splitlines())
    return texts.get(field, "").replace("{name}", municipality.name).strip()


@transaction.atomic
def fill_starter_pages(home: Page, municipality: Municipality) -> list[Page]:
    """Give starter pages their texts in languages that were switched on later. Returns the pages that got some.

    Only what is empty is filled, in what visitors read and in drafts alike, and no draft is published. Where somebody has
    rewritten the Norwegian words, the starter's words in other languages would say something else: these are left.
    """
    filled = []
    children = {page.slug: page for page in Page.objects.get(pk=home.pk).get_children().specific()}
    for entry in starter_texts().values():
        page: Any = children.get(entry["slug"])
        if type(page).__name__ != entry["type"]:
            continue
        drafts = [(revision, revision.as_object()) for revision in _waiting(page)]
        versions = [page, *(draft for _revision, draft in drafts)]
        columns = {
            name: value
            for name, value in texts_for(entry, municipality).items()
            if all(_may_fill(version, name, entry, municipality) for version in versions)
        }
        if not columns:
            continue
        for version in versions:
            for name, value in columns.items():
                setattr(version, name, value)
        page.save(update_fields=list(columns), clean=False)
        for revision, draft in drafts:
            Revision.objects.filter(pk=revision.pk).update(content=draft.serializable_data())
        filled.append(page)
    return filled


def _waiting(page: Any) -> Iterable[Revision]:
    """The revision the form opens with, and those that wait for their hour."""
    return Revision.objects.for_instance(page).filter(Q(pk=page.latest_revision_id) | Q(approved_go_live_at__isnull=False))


def _may_fill(page: Any, column: str, entry: dict[str, Any], municipality: Municipality) -> bool:
    """Whether nothing stands in the column, and in Norwegian what the starter says."""
    field, _underscore, _code = column.rpartition("_")
    if _words(page, column):
        return False
    norwegian = [code for code in ("nb", "nn") if _words(page, f"{field}_{code}")]
    return bool(norwegian) and all(
        _words(page, f"{field}_{code}") == _plain(_said(entry[code], field, municipality)) for code in norwegian
    )


def _words(page: Any, column: str) -> str:
    """What a person reads in a column. Blocks other than one text are nothing the starter has."""
    value = getattr(page, column)
    if not isinstance(value, StreamValue):
        return _plain(value or "")
    if len(value) == 1 and value[0].block_type == "text":
        return _plain(value[0].value.source)
    return "…" if value else ""


def _plain(html: str) -> str:
    return " ".join(get_text_for_indexing(html).split())


def add_page(parent: Page, page: Any) -> Any:
    """Put a published page below another, with a revision to begin its history."""
    page = Page.objects.get(pk=parent.pk).add_child(instance=page)
    revision = page.save_revision(changed=False, clean=False)
    type(page).objects.filter(pk=page.pk).update(live_revision=revision, latest_revision=revision)
    page.refresh_from_db()
    return page


def publish_what_is_due(at: datetime) -> None:
    """Publish what was given a day to appear, and take away what was given a day to go."""
    call_command("publish_scheduled", verbosity=0)
