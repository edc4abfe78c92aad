"""Making the pages a new site begins with."""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import transaction
from django.utils import translation
from wagtail.models import Page

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
        for field in WRITTEN:
            if text := entry[code].get(field):
                found[f"{field}_{code}"] = text.replace("{name}", municipality.name).strip()
        if text := entry[code].get("text"):
            html = "".join(line.strip() for line in text.replace("{name}", municipality.name).splitlines())
            found[f"body_{code}"] = [("text", html)]
    return found


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
