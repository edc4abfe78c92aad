"""The conditions of an offer as fields of a form: weekdays and hours as people write them, days as lines.

For the provider's desk and for staff: `fields()` may be added to a form, `initial_of` fills it, `read_fields` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from cards.offers import conditions
from cards.offers.conditions import MIDNIGHT, Conditions, Days, Hours, clock
from directory.municipalities.forms import LinesField

SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")
DAY = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.?(?:\s?(\d{4}))?")
DASH = re.compile(r"\s*[–—]\s*|\s+-\s+|(?<=[\d.])-(?=\d{1,2}\.)")


def read_hours_text(text: str) -> Hours:
    """ "10–16, 18:30–20" as minutes; ValidationError with a sentence."""
    spans = []
    for part in filter(None, (part.strip() for part in text.replace(";", ",").split(","))):
        found = SPAN.fullmatch(part)
        if not found:
            raise ValidationError(_("Write hours like 10–16 or 10:30–14."))
        numbers = [int(number or 0) for number in found.groups()]
        first, last = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
        if max(first, last) > MIDNIGHT or numbers[1] > 59 or numbers[3] > 59:
            raise ValidationError(_("Write hours like 10–16 or 10:30–14."))
        spans.append((first, last))
    return conditions.in_order(spans)


def hours_text(spans: Hours) -> str:
    return ", ".join(f"{conditions.short_clock(a)}–{conditions.short_clock(b)}" for a, b in spans)


def read_days_text(line: str) -> Days:
    """ "24.12", "15.6–15.8" or "20.2.2027–28.2.2027"."""
    ends = DASH.split(line.strip())
    if len(ends) > 2:
        raise ValidationError(_("Write days like 24.12 or 15.6–15.8."))
    texts = [_day(end) for end in ends]
    return conditions.read_period([texts[0], texts[-1]])


def _day(text: str) -> str:
    found = DAY.fullmatch(text.strip())
    iso = ""
    if found:
        iso = f"{int(found[2]):02d}-{int(found[1]):02d}"
        iso = f"{found[3]}-{iso}" if found[3] else iso
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()):
        iso = text.strip()
    if not conditions.is_day(iso):
        raise ValidationError(_("Write days like 24.12 or 15.6–15.8."))
    return iso


def days_text(days: Days) -> str:
    first, last = (_day_text(text) for text in (days.first, days.last))
    return first if first == last else f"{first}–{last}"


def _day_text(text: str) -> str:
    if len(text) == 5:
        return f"{int(text[3:])}.{int(text[:2])}"
    day = datetime.fromisoformat(text)
    return f"{day.day}.{day.month}.{day.year}"


class HoursField(forms.CharField):
    """Times of opening on a day: "10–16, 18–20"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 60, **kwargs})

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        return hours_text(read_hours_text(text))


def fields() -> dict[str, forms.Field]:
    """The fields in the order in which one asks them. `hours_1` … `hours_7` are for days that differ."""
    whole: dict[str, Any] = {"required": False, "max_value": 999}
    return {
        "weekdays": forms.TypedMultipleChoiceField(
            label=_("Weekdays"),
            help_text=_("None chosen: every day."),
            choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        ),
        "hours": HoursField(label=_("Hours"), help_text=_("Such as 10–16, or 10–12, 14–16. Empty: the whole day.")),
        **{
            f"hours_{number + 1}": HoursField(label=_("Other hours on %(day)s") % {"day": name})
            for number, name in WEEKDAYS.items()
        },
        "only": LinesField(
            label=_("Only in these days"),
            help_text=_("One period a line: 15.6–15.8 for every year, 20.2.2027–28.2.2027 for one."),
            check=read_days_text,
        ),
        "never": LinesField(
            label=_("Not on these days"), help_text=_("One day or period a line: 24.12, or 23.12–2.1."), check=read_days_text
        ),
        "most_per_day": forms.IntegerField(label=_("Most clips a day"), min_value=1, **whole),
        "most_per_visit": forms.IntegerField(label=_("Most clips a visit"), min_value=1, **whole),
        "age_from": forms.IntegerField(label=_("From age"), min_value=0, **whole),
        "age_to": forms.IntegerField(label=_("Up to age"), min_value=0, **whole),
    }


def initial_of(value: Conditions) -> dict[str, Any]:
    """What the fields hold for these conditions."""
    per_day = dict(value.hours)
    common = max(per_day.values(), key=list(per_day.values()).count) if per_day else ()
    return {
        "weekdays": list(per_day) if len(per_day) < 7 else [],
        "hours": "" if common == conditions.WHOLE_DAY else hours_text(common),
        **{f"hours_{weekday}": hours_text(spans) for weekday, spans in per_day.items() if spans != common},
        "only": [days_text(days) for days in value.only],
        "never": [days_text(days) for days in value.never],
        **{name: getattr(value, name) for name in conditions.NUMBERS},
    }


def read_fields(cleaned: Mapping[str, Any]) -> Conditions:
    """The conditions that cleaned fields hold, or ValidationError by field."""
    common = read_hours_text(cleaned.get("hours") or "")
    other = {weekday: cleaned.get(f"hours_{weekday}") or "" for weekday in range(1, 8)}
    chosen = cleaned.get("weekdays") or []
    hours: dict[str, Any] = {}
    if chosen or common or any(other.values()):
        open_days: Iterable[int] = chosen or range(1, 8)
        spans = {day: read_hours_text(other[day]) if other[day] else common or conditions.WHOLE_DAY for day in open_days}
        if closed := [day for day in other if other[day] and day not in spans]:
            raise ValidationError({"weekdays": _("%(day)s has hours but is not chosen.") % {"day": WEEKDAYS[closed[0] - 1]}})
        hours = {str(day): [[clock(a), clock(b)] for a, b in times] for day, times in spans.items()}
    days = {
        name: [[d.first, d.last] for d in (read_days_text(line) for line in cleaned.get(name) or [])]
        for name in ("only", "never")
    }
    numbers = {name: cleaned.get(name) for name in conditions.NUMBERS}
    return conditions.read(
        {
            **({"hours": hours} if hours else {}),
            **{name: periods for name, periods in days.items() if periods},
            **{name: number for name, number in numbers.items() if number is not None},
        }
    )


class ConditionsForm(forms.Form):
    """The fields by themselves; once valid, `value` is what they say."""

    value: Conditions

    def __init__(self, *args: Any, conditions: Conditions | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {**(initial_of(conditions) if conditions else {}), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.fields.update(fields())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.value = read_fields(cleaned)
        return cleaned
