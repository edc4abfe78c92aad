"""What differs in an offer from what was approved of it last, in words of the active language: what staff look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cards.ledger.money import in_kroner
from cards.offers import conditions
from cards.offers.approved import TERMS, TEXTS, values_of
from cards.offers.models import Offer
from directory.activities.models import Activity
from directory.places.models import Place
from portal.languages import NAMES

LABELS = {
    "title": gettext_lazy("What one gets"),
    "note": gettext_lazy("Good to know"),
    "let_in": gettext_lazy("What the counter is told"),
    "activity_id": gettext_lazy("Activity"),
    "place_id": gettext_lazy("Place"),
    "valid_from": gettext_lazy("First day"),
    "valid_to": gettext_lazy("Last day"),
    "conditions": gettext_lazy("Days and hours"),
    "companions": gettext_lazy("Who may come along"),
    "companion_clips": gettext_lazy("Clips for each who comes along"),
    "unit_ore": gettext_lazy("Price per clip"),
    "quantity": gettext_lazy("How many in all"),
    "deals_codes": gettext_lazy("Deals out ready-made codes"),
    "has_attendance": gettext_lazy("Attendance list"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One fact of an offer: what it is called, what was and is said; `lang` where it is a text in a language of its own."""

    field: str
    label: str
    before: str
    now: str
    lang: str = ""


def said(name: str, value: Any) -> str:
    """A fact as JSON holds it, in words."""
    if name == "quantity":
        return _("no limit") if value is None else str(value)
    if name == "unit_ore":
        return in_kroner(value) if value else _("A gift")
    if value in (None, "", {}, False, 0):
        return ""
    if name in ("activity_id", "place_id"):
        model: Any = Activity if name == "activity_id" else Place
        return str(model.objects.filter(pk=value).first() or "")
    if name in ("valid_from", "valid_to"):
        return date_format(date.fromisoformat(value), "DATE_FORMAT")
    if name == "conditions":
        return "\n".join(conditions.read(value).words())
    return _("Yes") if value is True else str(value)


def changed(offer: Offer) -> list[Change]:
    """What differs from what was approved; of an offer that never was, all that is said of it."""
    return between(offer.approved_values, values_of(offer))


def between(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """What differs in what is said of an offer."""
    found = []
    for name in (*TEXTS, *TERMS, "quantity"):
        was, is_now = before.get(name), now.get(name)
        if name in TEXTS:
            if (was or "") == (is_now or ""):
                continue
            stem, _bar, code = name.rpartition("_")
            label = f"{LABELS[stem]} · {NAMES[code]}"
            found.append(Change(name, label, was or "", is_now or "", code))
            continue
        words = (said(name, was) if before else "", said(name, is_now))
        if words[0] != words[1]:
            found.append(Change(name, str(LABELS[name]), *words))
    return found
