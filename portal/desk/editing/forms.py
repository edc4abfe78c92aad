"""One small form for each step. A form holds only the questions of its step, so that nothing else can be changed by it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.forms.models import model_to_dict, modelform_factory
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modeltranslation.translator import translator

from directory.activities.models import Session
from directory.activities.rules import why_not_day
from directory.geography.postcodes import postcode as find_postcode
from directory.listings.kinds import SPOKEN
from directory.listings.models import Category
from directory.listings.words import spoken_in_words
from directory.municipalities.forms import DaysField, LinesField, check_postcode
from directory.places.models import OpeningTime, Place
from portal.desk.editing.questions import QUESTIONS, SEEN_BY
from portal.kit.texts import best
from portal.languages import direction

LONG = {"description", "easy", "membership_note", "volunteers_note", "getting_there", "adaptation_note", "first_steps"}
LONG |= {"opening_note", "equipment", "loan_terms"}
LONGEST = 6000  # letters in a long text
YES_NO = [("", _("I do not know")), ("true", _("It is free")), ("false", _("It costs something"))]


def texts_of(model: type[Any]) -> tuple[str, ...]:
    """The texts of a model that exist in several languages."""
    return tuple(sorted(translator.get_options_for_model(model).all_fields))


def yes_no(value: Any) -> bool | None:
    return {"true": True, "false": False, True: True, False: False}.get(value)


class StepForm(forms.ModelForm[Any]):
    """A step's questions about one listing. Texts are asked in the municipality's first language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {*self.declared_fields} - {*(self._meta.fields or ())}:
            del self.fields[name]  # else it would be asked here too, and its answer dropped
        self.municipality = self.instance.municipality
        self.order = [self.municipality.languages[0], *self.municipality.languages]
        for name, field in self.fields.items():
            self._ask(name, field)

    def _ask(self, name: str, field: Any) -> None:
        first = self.municipality.languages[0]
        stem = name.removesuffix(f"_{first}") if name not in QUESTIONS else name
        if stem in QUESTIONS:
            field.label, field.help_text = QUESTIONS[stem]
        if stem in texts_of(type(self.instance)):
            field.widget.attrs |= {"lang": first, "dir": direction(first)}
            field.required = stem == "name"
        if stem in LONG:
            field.widget.attrs["rows"] = 5
            field.max_length = LONGEST
            field.widget.attrs["maxlength"] = LONGEST
        if isinstance(field, forms.ModelMultipleChoiceField):
            self._offer_rows(field)
        if name.endswith("_visibility"):
            field.widget = forms.RadioSelect(choices=[(value, words) for value, (words, _help) in SEEN_BY.items()])
            field.choices = field.widget.choices

    def _offer_rows(self, field: Any) -> None:
        """Rows of the own municipality as boxes, in the reader's language."""
        field.queryset = field.queryset.filter(municipality=self.municipality)
        field.widget = forms.CheckboxSelectMultiple(choices=field.choices)
        field.label_from_instance = lambda row: best(row, "name", self._reader())

    def _reader(self) -> list[str]:
        return self.municipality.order_for(get_language() or self.order[0])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name, value in values.items():
            if isinstance(value, str) and "\x00" in value:
                values[name] = value.replace("\x00", "")
        return values


class TopicsForm(StepForm):
    """Categories in two levels, each with those below it."""

    def groups(self) -> list[tuple[Any, list[Any], bool]]:
        """(parent's box, boxes below it, whether any of them is ticked)."""
        boxes = {str(box.data["value"]): box for box in self["categories"]}
        chosen = {str(value) for value in (self["categories"].value() or [])}
        rows = list(Category.objects.filter(municipality=self.municipality).order_by("position", "name_nb", "pk"))
        out = []
        for parent in (row for row in rows if row.parent_id is None):
            children = [boxes[str(row.pk)] for row in rows if row.parent_id == parent.pk]
            ids = {str(parent.pk), *(str(row.pk) for row in rows if row.parent_id == parent.pk)}
            out.append((boxes[str(parent.pk)], children, bool(ids & chosen)))
        return out


class WhoForm(StepForm):
    """Ages, languages, adaptation."""

    spoken = forms.MultipleChoiceField(choices=list(SPOKEN.items()), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "spoken" in self.fields:
            lang = self._reader()[0]
            self.fields["spoken"].choices = [(code, spoken_in_words(code, lang)) for code in SPOKEN]  # type: ignore[attr-defined]
        for name in ("age_from", "age_to"):
            if field := self.fields.get(name):
                field.widget.attrs |= {"inputmode": "numeric", "min": 0, "max": 120}

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        young, old = values.get("age_from"), values.get("age_to")
        if young is not None and old is not None and young > old:
            self.add_error("age_to", _("The highest age must not be lower than the lowest."))
        return values


class ContactForm(StepForm):
    """How people reach you, and who may see it."""

    social_links = LinesField(check=URLValidator(["http", "https"]), max_length=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("phone"):
            field.widget.input_type = "tel"
            field.widget.attrs |= {"dir": "ltr", "autocomplete": "off"}
        for name in ("email", "website"):
            if field := self.fields.get(name):
                field.widget.attrs |= {"dir": "ltr", "autocomplete": "off"}
        if field := self.fields.get("website"):
            field.widget.attrs["placeholder"] = "https://"
            field.validators = [*field.validators, URLValidator(["http", "https"])]


class WhereForm(StepForm):
    """An address. The town follows the postcode."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("postcode"):
            field.widget.attrs |= {"inputmode": "numeric", "maxlength": 4, "dir": "ltr"}

    def clean_postcode(self) -> str:
        code = str(self.cleaned_data.get("postcode") or "").strip()
        if code:
            check_postcode(code)
            if find_postcode(code) is None:
                raise ValidationError(_("There is no such postcode."))
        return code

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        found = find_postcode(values.get("postcode") or "")
        if found and not values.get("city"):
            values["city"] = found.town
        return values


class MembershipForm(StepForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("founded"):
            field.widget.attrs |= {"inputmode": "numeric"}

    def clean_founded(self) -> int | None:
        year = self.cleaned_data.get("founded")
        if year is not None and not 1000 <= year <= timezone.localdate().year:
            raise ValidationError(_("Write a year with four digits that has been."))
        return year

    def clean_membership_fee(self) -> Any:
        return not_negative(self.cleaned_data.get("membership_fee"))


def not_negative(value: Any) -> Any:
    if value is not None and value < 0:
        raise ValidationError(_("A price cannot be less than nothing."))
    return value


class PriceForm(StepForm):
    """What it costs: known, unknown, or nothing."""

    is_free = forms.TypedChoiceField(choices=YES_NO, coerce=yes_no, empty_value=None, required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["is_free"] = {True: "true", False: "false"}.get(self.instance.is_free, "")  # type: ignore[arg-type]

    def clean_price(self) -> Any:
        return not_negative(self.cleaned_data.get("price"))

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("is_free") and values.get("price"):
            self.add_error("price", _("It is marked as free. Take away the price, or say that it is not free."))
        return values


class StartForm(StepForm):
    """The first time, and whom one asks for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_contact_phone", "first_contact_email"):
            if field := self.fields.get(name):
                field.widget.attrs |= {"dir": "ltr", "autocomplete": "off"}


class PlacesForm(WhereForm):
    """Where an activity is: places that are listed already, found by name."""

    def __init__(self, *args: Any, found: list[Place] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["places"]
        offered = {place.pk for place in self.instance.places.all()} | {place.pk for place in found or []}
        if self.is_bound:
            posted: Any = self.data
            offered |= {int(pk) for pk in posted.getlist("places") if pk.isascii() and pk.isdecimal() and len(pk) < 16}
        own = Place.objects.filter(provider=self.instance.provider_id, delisted_at=None).values_list("pk", flat=True)
        allowed = Place.objects.filter(municipality=self.municipality)
        public = set(Place.objects.public().filter(pk__in=offered).values_list("pk", flat=True))
        chosen = {place.pk for place in self.instance.places.all()}
        field.queryset = allowed.filter(pk__in={*own, *public, *chosen})


class SessionForm(forms.Form):
    """When an activity meets: each week, or one day."""

    HOW = (("weekly", _("Every week, or every second")), ("once", _("On one day only")))

    how = forms.ChoiceField(label=_("How often?"), choices=HOW, widget=forms.RadioSelect, initial="weekly")
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which days?"),
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    weeks = forms.ChoiceField(label=_("Which weeks?"), choices=Session.Weeks.choices, required=False, initial="every")
    date = forms.DateField(
        label=_("Which day?"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    starts = forms.TimeField(label=_("From"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=_("To"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    first_day = forms.DateField(
        label=_("The first time"),
        help_text=_("Leave empty if it goes on all year."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    last_day = forms.DateField(
        label=_("The last time"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    cancelled = DaysField(label=_("Not on these days"), help_text=_("One day a line, such as 24.12.2026."), max_length=2000)
    place = forms.ModelChoiceField(
        label=_("Where?"), queryset=Place.objects.none(), required=False, empty_label=_("At the usual place")
    )
    note = forms.CharField(label=_("A short note"), max_length=160, required=False, help_text=_("For example: bring lunch."))

    def __init__(self, *args: Any, places: list[Place], lang: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["place"]
        field.queryset = Place.objects.filter(pk__in=[place.pk for place in places])
        field.label_from_instance = lambda row: str(best(row, "name", lang))
        self.fields["cancelled"].widget.attrs |= {"rows": 2, "dir": "ltr"}

    @staticmethod
    def initial_of(session: Session) -> dict[str, Any]:
        """The answers that stand in a session."""
        return {
            "how": "once" if session.date else "weekly",
            "weekdays": [session.weekday] if session.weekday else [],
            "weeks": session.weeks,
            "date": session.date,
            "starts": session.starts,
            "ends": session.ends,
            "first_day": session.first_day,
            "last_day": session.last_day,
            "cancelled": list(session.cancelled or []),
            "place": session.place_id,
            "note": session.note,
        }

    def clean_note(self) -> str:
        return str(self.cleaned_data["note"]).replace("\x00", "").strip()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        weekly = values.get("how") != "once"
        if weekly and "weekdays" not in self.errors and not values.get("weekdays"):
            self.add_error("weekdays", _("Choose at least one day of the week."))
        if not weekly and "date" not in self.errors and not values.get("date"):
            self.add_error("date", _("Choose the day."))
        starts, ends = values.get("starts"), values.get("ends")
        if starts and ends and ends <= starts:
            self.add_error(
                "ends", _("It ends before it begins. If it goes on past midnight, let it end at 23:59 and say so in the note.")
            )
        if ends and not starts and "starts" not in self.errors:
            self.add_error("starts", _("Write when it begins too."))
        for name in ("date", "first_day", "last_day"):
            if years := why_not_day(values.get(name), timezone.localdate()):
                self.add_error(name, _("Write a year from %(first)s to %(last)s.") % {"first": years[0], "last": years[1]})
        first, last = values.get("first_day"), values.get("last_day")
        if first and last and first > last:
            self.add_error("last_day", _("The last day comes before the first."))
        return values

    def sessions(self) -> list[Session]:
        """What was answered: one session for each day of the week, or for the one day."""
        values = self.cleaned_data
        common = {
            "starts": values["starts"],
            "ends": values["ends"],
            "place": values["place"],
            "note": values["note"],
            "cancelled": values["cancelled"],
        }
        if values["how"] == "once":
            return [Session(date=values["date"], **common)]
        weekly = {"weeks": values["weeks"] or "every", "first_day": values["first_day"], "last_day": values["last_day"]}
        return [Session(weekday=day, **weekly, **common) for day in sorted(set(values["weekdays"]))]


class OpeningForm(forms.Form):
    """The week of a place: two stretches a day, as many as people open in."""

    SPANS = (1, 2)

    def __init__(self, *args: Any, times: list[OpeningTime], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        per_day: dict[int, list[OpeningTime]] = {}
        for time in sorted(times, key=lambda t: (t.weekday, t.opens)):
            per_day.setdefault(time.weekday, []).append(time)
        self.days: list[tuple[str, list[tuple[str, str, str]]]] = []
        for number, name in WEEKDAYS.items():
            spans = per_day.get(number + 1, [])
            rows = []
            for n in range(max(2, len(spans))):
                at = f"d{number + 1}_{n}"
                there = spans[n] if n < len(spans) else None
                for end, label in (("opens", _("opens")), ("closes", _("closes"))):
                    self.fields[f"{at}_{end}"] = forms.TimeField(
                        label=label,
                        required=False,
                        initial=getattr(there, end) if there else None,
                        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
                    )
                self.fields[f"{at}_note"] = forms.CharField(
                    label=_("note"), max_length=160, required=False, initial=there.note if there else ""
                )
                rows.append((f"{at}_opens", f"{at}_closes", f"{at}_note"))
            self.days.append((str(name), rows))

    def grid(self) -> list[tuple[str, list[tuple[Any, Any, Any]]]]:
        """For the template: day → rows of (opens, closes, note)."""
        return [(name, [(self[a], self[b], self[c]) for a, b, c in rows]) for name, rows in self.days]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for _name, rows in self.days:
            for opens, closes, note in rows:
                begins, ends = values.get(opens), values.get(closes)
                if opens in self.errors or closes in self.errors:
                    continue
                if (begins is None) != (ends is None):
                    self.add_error(closes if ends is None else opens, _("Write both when it opens and when it closes."))
                elif begins is not None and begins == ends:
                    self.add_error(closes, _("It opens and closes at the same time."))
                elif begins is None and values.get(note):
                    self.add_error(opens, _("Write both when it opens and when it closes."))
        return values

    def times(self) -> list[OpeningTime]:
        """The opening times that were answered."""
        found = []
        for number, (_name, rows) in enumerate(self.days, start=1):
            for opens, closes, note in rows:
                if (begins := self.cleaned_data.get(opens)) and (ends := self.cleaned_data.get(closes)):
                    words = str(self.cleaned_data.get(note) or "").replace("\x00", "").strip()
                    found.append(OpeningTime(weekday=number, opens=begins, closes=ends, note=words))
        return found


class LanguageForm(StepForm):
    """All texts of a listing in one language, each beside the original."""

    def __init__(self, *args: Any, code: str, **kwargs: Any) -> None:
        self.code = code
        super().__init__(*args, **kwargs)

    def _ask(self, name: str, field: Any) -> None:
        stem = name.removesuffix(f"_{self.code}")
        field.label, field.required, field.help_text = QUESTIONS[stem][0], False, ""
        field.widget.attrs |= {"lang": self.code, "dir": direction(self.code)}
        if stem in LONG:
            field.widget.attrs |= {"rows": 5, "maxlength": LONGEST}

    def pairs(self) -> list[tuple[Any, Any, str]]:
        """(field, the original as a Text, name of the original's language) for each text."""
        first = self.municipality.languages[0]
        return [(self[name], best(self.instance, name.removesuffix(f"_{self.code}"), [first]), first) for name in self.fields]


def form_for(model: type[Any], form: type[StepForm], names: tuple[str, ...], lang: str) -> type[StepForm]:
    """The form class of a step: its names as columns of the model, texts in `lang`."""
    texts = texts_of(model)
    columns = [f"{name}_{lang}" if name in texts else name for name in names]
    return modelform_factory(model, form=form, fields=columns)  # type: ignore[return-value]


def seen(form: forms.ModelForm[Any]) -> str:
    """A fingerprint of what a form showed: whether somebody has changed it since is told by it."""
    facts = model_to_dict(form.instance, fields=[*form.fields])
    plain = {name: sorted(row.pk for row in value) if is_rows(value) else value for name, value in facts.items()}
    return hashlib.sha256(json.dumps(plain, default=str, sort_keys=True).encode()).hexdigest()[:16]


def is_rows(value: Any) -> bool:
    """Whether a value is a list of rows of the database."""
    return not isinstance(value, str) and hasattr(value, "__iter__") and all(hasattr(row, "pk") for row in value)
