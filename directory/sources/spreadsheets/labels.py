"""What staff call the fields, where they say which column is which."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from directory.sources.spreadsheets.headers import FIELDS, OWN, OWN_DECISION, TRANSLATED, field_of
from portal.languages import NAMES

LABELS: dict[str, Any] = {
    "name": _("Name"),
    "provider_name": _("Association: name"),
    "activity_name": _("Activity: name"),
    "place_name": _("Place: name"),
    "kind": _("Kind of listing"),
    "org_number": _("Organisation number"),
    "own_id": _("The list's own id"),
    "description": _("Description"),
    "summary": _("In one sentence"),
    "easy": _("In easy words"),
    "activity_description": _("Activity: description"),
    "place_description": _("Place: description"),
    "category": _("Categories"),
    "target": _("Target groups"),
    "age": _("Ages"),
    "age_from": _("From age"),
    "age_to": _("To age"),
    "adapted": _("Adaptation"),
    "languages": _("Languages spoken"),
    "free": _("Free"),
    "price": _("Price"),
    "price_period": _("What the price is for"),
    "contact_name": _("Contact person"),
    "contact_role": _("Contact person's role"),
    "email": _("Mail address"),
    "phone": _("Telephone"),
    "website": _("Website"),
    "social": _("Social media"),
    "trial": _("Trying it out"),
    "first_contact": _("How to start"),
    "volunteers": _("Volunteers wanted"),
    "equipment": _("What can be borrowed"),
    "address": _("Street address"),
    "postcode": _("Postcode"),
    "city": _("Town"),
    "postcode_city": _("Postcode and town"),
    "lat": _("Latitude"),
    "lon": _("Longitude"),
    "position": _("Position (both numbers)"),
    "district": _("District"),
    "municipality": _("Municipality"),
    "season": _("Season"),
    "weekday": _("Weekday"),
    "time": _("Time of day"),
    "time_from": _("Begins at"),
    "time_to": _("Ends at"),
    "sessions": _("Days and times"),
    "opening_hours": _("Opening hours"),
    "source": _("Source"),
    "source_date": _("Date of the row"),
    OWN: _("From our report (passed over)"),
    OWN_DECISION: _("From our report: the same or new"),
}


def label(key: str) -> str:
    """A field in words, with its language where it has one."""
    field = field_of(key)
    if field is None:
        return key
    return f"{LABELS[field.name]} ({NAMES[field.language]})" if field.language else str(LABELS[field.name])


def choices(languages: list[str]) -> list[tuple[str, str]]:
    """Everything a column may be, for a municipality that offers these languages."""
    keys = list(FIELDS)
    keys += [f"{name}_{language}" for name in FIELDS if name in TRANSLATED for language in languages]
    return [
        ("", str(_("Not read; kept with the row"))),
        *sorted(((key, label(key)) for key in keys), key=lambda c: c[1].casefold()),
    ]
