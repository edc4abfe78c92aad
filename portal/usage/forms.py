"""Which figures: of whom, of which time, narrowed to what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import District, Municipality
from portal.languages import NAMES
from portal.usage.queries import STEPS, Period, Scope, last_day, last_weeks, monday

TIMES = {
    "4": (_("the last 4 weeks"), 4),
    "13": (_("the last 3 months"), 13),
    "26": (_("the last half-year"), 26),
    "52": (_("the last year"), 52),
}
USUAL = "13"
LONGEST = 3 * 366
MOST_WEEKS = 30  # more than this make no picture; then months do


class ScopeForm(forms.Form):
    """A plain GET form. Whatever cannot be used is answered with the usual, and said."""

    municipality = forms.ModelChoiceField(Municipality.objects.none(), label=_("Municipality"), required=False, empty_label=None)
    time = forms.ChoiceField(label=_("Time"), required=False)
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    step = forms.ChoiceField(label=_("One figure for each"), required=False)
    lang = forms.ChoiceField(label=_("Language"), required=False)
    district = forms.ChoiceField(label=_("Part of town"), required=False)

    def __init__(self, data: Any, *, own: Any, chosen: Municipality) -> None:
        super().__init__({"time": USUAL, "municipality": chosen.pk, **{key: value for key, value in data.items() if value}})
        self.chosen = chosen
        self.fields["municipality"].queryset = own  # type: ignore[attr-defined]
        if own.count() < 2:
            del self.fields["municipality"]
        self.fields["time"].choices = [*((key, label) for key, (label, _days) in TIMES.items()), ("own", _("from … to …"))]  # type: ignore[attr-defined]
        self.fields["step"].choices = [("", _("whatever suits")), ("week", _("week")), ("month", _("month"))]  # type: ignore[attr-defined]
        self.fields["lang"].choices = [("", _("all languages")), *((code, NAMES[code]) for code in chosen.languages)]  # type: ignore[attr-defined]
        districts = chosen.districts.filter(kind=District.Kind.NEIGHBOURHOOD)
        self.fields["district"].choices = [("", _("the whole municipality")), *((row.slug, str(row)) for row in districts)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("time") == "own":
            first, last = values.get("first"), values.get("last")
            if first is None or last is None:
                self.add_error("first", _("Fill in both days."))
            elif first > last:
                self.add_error("first", _("The first day is after the last."))
            elif (last - first).days > LONGEST:
                self.add_error("first", _("Figures are kept for three years: choose a shorter time."))
            elif monday(first) > last_day():
                self.add_error("first", _("Figures end with the last whole week; it comes on the Tuesday after it."))
        return values

    def scope(self) -> Scope:
        """What was asked for; what cannot be used is left out."""
        self.is_valid()
        values = getattr(self, "cleaned_data", {})
        period = self._period(values)
        step = values.get("step")
        if step not in STEPS:
            step = "week" if len(period.weeks) < MOST_WEEKS else "month"
        return Scope(self.chosen, replace(period, step=step), values.get("lang") or "", values.get("district") or "")

    def _period(self, values: dict[str, Any]) -> Period:
        """Whole weeks: two looks at overlapping days would tell what happened on a single one."""
        if values.get("time") == "own" and not self.errors:
            return Period(values["first"], min(values["last"], last_day()))
        key = values.get("time")
        return last_weeks(TIMES[key if key in TIMES else USUAL][1])
