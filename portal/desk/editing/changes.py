"""What a draft would change on the public page, step by step, in words of the active language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from directory.activities.words import meetings
from directory.listings.kinds import SPOKEN
from directory.places.words import opening_hours
from portal.desk.editing.forms import texts_of
from portal.desk.editing.questions import QUESTIONS, SEEN_BY
from portal.desk.editing.steps import STEPS
from portal.kit.texts import Text, best
from portal.kit.wording import Part, changes
from portal.languages import NAMES


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it is called, in which language where it is a text, and what was and is said."""

    field: str
    label: str
    before: Text
    now: Text
    in_language: str = ""  # its own name, where it is not the first
    parts: tuple[Part, ...] = ()  # the new text with gone and new words, for texts that were there before


def changed(public: Any, draft: Any) -> list[Change]:
    """What differs between the public row and the draft, in the order of the steps. Of something new: all that is filled in."""
    found = []
    model, languages = type(draft), draft.municipality.languages
    texts = texts_of(model)
    was_public = public.first_published_at is not None or public.live
    for name in dict.fromkeys(name for step in STEPS[model] for name in step.fields):
        label = str(QUESTIONS[name][0] if name in QUESTIONS else EXTRA[name])
        if name in texts:
            for code in languages:
                before = (getattr(public, f"{name}_{code}") or "") if was_public else ""
                now = getattr(draft, f"{name}_{code}") or ""
                if before.strip() != now.strip():
                    parts = tuple(changes(before, now)) if before and now else ()
                    own = NAMES[code] if code != languages[0] else ""
                    found.append(Change(f"{name}_{code}", label, Text(before, code), Text(now, code), own, parts))
            continue
        reader = get_language() or languages[0]
        before_words = said(public, name) if was_public else ""
        now_words = said(draft, name)
        if before_words != now_words and not (not was_public and name.endswith("_visibility")):
            found.append(Change(name, label, Text(before_words, reader), Text(now_words, reader)))
    return found


EXTRA = {"sessions": gettext_lazy("When"), "opening_times": gettext_lazy("Opening hours"), "image": gettext_lazy("Picture")}


def _names(rows: Iterable[Any], order: list[str]) -> str:
    return ", ".join(sorted(str(best(row, "name", order)) for row in rows))


def said(listing: Any, name: str) -> str:
    """A field that is no text, in words."""
    order = listing.municipality.order_for(get_language() or "nb")
    if name == "sessions":
        found = meetings(listing.sessions.all(), timezone.localdate())
        return "\n".join(
            " ".join(
                filter(
                    None,
                    [
                        meeting.sentence,
                        meeting.period,
                        meeting.cancelled,
                        str(best(meeting.place, "name", order)) if meeting.place else "",
                        *meeting.notes,
                    ],
                )
            )
            for meeting in found
        )
    if name == "opening_times":
        return "\n".join(f"{line.days} {line.hours} {line.note}".strip() for line in opening_hours(listing.opening_times.all()))
    if name == "image":
        return str(listing.image.title) if listing.image else ""
    value = getattr(listing, name)
    if hasattr(value, "all"):
        return _names(value.all(), order)
    if name.endswith("_visibility"):
        return str(SEEN_BY[value][0]) if value in SEEN_BY else str(value)
    if name == "is_free":
        return {True: _("Free"), False: _("Costs something")}.get(value, "")
    if value in (None, "", []):
        return ""
    if value is True or value is False:
        return _("Yes") if value else ""
    if name == "spoken":
        return ", ".join(SPOKEN.get(code, code) for code in value)
    if isinstance(value, list):
        return "\n".join(map(str, value))
    display = getattr(listing, f"get_{name}_display", None)
    return str(display()) if display else str(value)
