"""One small form for each step of an offer. A form holds only the questions of its step; `values()` is what the deed keeps."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cards.ledger.money import KronerField
from cards.offers import conditions, conditions_form
from cards.offers.models import Offer
from cards.offers.states import Renewal
from directory.activities.models import Activity
from directory.activities.rules import why_not_day
from directory.municipalities.models import Municipality
from directory.places.models import Place
from portal.kit.choices import MarkedSelect
from portal.kit.texts import best
from portal.kit.wording import digest
from portal.languages import direction

MOST = 1_000_000  # of an offer: more is a slip of the finger
LONGEST = 1500  # letters of a note
TEXTS = ("title", "note", "let_in")
QUESTIONS = {
    "title": (_("What does one get?"), _("Short, as on a ticket: “One swim”, “Cinema ticket”, “Four weeks of climbing”.")),
    "note": (_("What is good to know?"), _("What to bring, where to go in, whether one must book. You need not write anything.")),
    "let_in": (
        _("What should the person at the counter do?"),
        _("One sentence: “Let one person in, and give them a wristband.” It fills the screen when a card is used."),
    ),
}


def day_field(label: Any, help_text: Any = "") -> forms.DateField:
    return forms.DateField(label=label, help_text=help_text, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def check_days(form: forms.Form, first_name: str, last_name: str, today: Any) -> None:
    """Years that can be meant, and the first day before the last."""
    values = form.cleaned_data
    for name in (first_name, last_name):
        if years := why_not_day(values.get(name), today):
            form.add_error(name, _("Write a year from %(first)s to %(last)s.") % {"first": years[0], "last": years[1]})
    first, last = values.get(first_name), values.get(last_name)
    if first and last and first > last:
        form.add_error(last_name, _("The last day comes before the first."))


class OfferStepForm(forms.Form):
    """A step's questions about one offer. Texts are asked in the municipality's first language."""

    columns: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, offer: Offer, today: Any, **kwargs: Any) -> None:
        self.offer, self.today = offer, today
        self.municipality: Municipality = offer.agreement.provider.municipality
        self.first = self.municipality.languages[0]
        super().__init__(*args, **kwargs | {"initial": self.facts()})

    def facts(self) -> dict[str, Any]:
        """What the fields hold for the offer as it stands."""
        return {name: getattr(self.offer, name) for name in self.columns}

    def values(self) -> dict[str, Any]:
        """What was answered, as columns of an offer."""
        return {name: self.cleaned_data[name] for name in self.columns}

    def mark(self) -> str:
        """Tells whether somebody has changed the step since it was opened."""
        return digest(json.dumps(self.facts(), default=str, sort_keys=True))[:16]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name, value in values.items():
            if isinstance(value, str):
                values[name] = value.replace("\x00", "")
        return values


class TextsForm(OfferStepForm):
    """Texts in one language."""

    names: ClassVar[tuple[str, ...]] = ()
    code = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.names:
            question, help_text = QUESTIONS[name]
            long = name == "note"
            field = forms.CharField(
                label=question,
                help_text=help_text if not self.code else "",
                required=name == "title" and not self.code,
                max_length=LONGEST if long else Offer._meta.get_field(f"{name}_nb").max_length,  # type: ignore[union-attr]
                widget=forms.Textarea(attrs={"rows": 4}) if long else forms.TextInput(),
            )
            field.widget.attrs |= {"lang": self.lang, "dir": direction(self.lang)}
            self.fields[name] = field

    @property
    def lang(self) -> str:
        return self.code or self.first

    def facts(self) -> dict[str, Any]:
        return {name: getattr(self.offer, f"{name}_{self.lang}") or "" for name in self.names}

    def values(self) -> dict[str, Any]:
        return {f"{name}_{self.lang}": self.cleaned_data[name] for name in self.names}


class WhatForm(TextsForm):
    names = ("title", "note")


class CounterForm(TextsForm):
    names = ("let_in",)


class LanguageForm(TextsForm):
    """All texts in one more language, each beside the original."""

    names = TEXTS

    def __init__(self, *args: Any, code: str, **kwargs: Any) -> None:
        self.code = code
        super().__init__(*args, **kwargs)

    def pairs(self) -> list[tuple[Any, Any, str]]:
        """(field, the original, its language) for each text there is something to translate of."""
        originals = {name: best(self.offer, name, [self.first]) for name in self.names}
        return [(self[name], text, self.first) for name, text in originals.items() if text or self[name].value()]


class WhereForm(OfferStepForm):
    """What of the provider's it is about."""

    columns = ("activity_id", "place_id")
    activity_id = forms.TypedChoiceField(
        label=_("Which of your activities is it for?"),
        help_text=_("People see it on that page too, and in the search."),
        coerce=int,
        empty_value=None,
        required=False,
        widget=MarkedSelect,
    )
    place_id = forms.TypedChoiceField(
        label=_("At which place?"), coerce=int, empty_value=None, required=False, widget=MarkedSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order = self.municipality.order_for(get_language() or self.first)
        for name, rows, none in (
            ("activity_id", activities_of(self.offer), _("Not for one of them")),
            ("place_id", places_of(self.offer), _("No place in particular")),
        ):
            field: Any = self.fields[name]
            field.choices = [("", none), *((row.pk, best(row, "name", order)) for row in rows)]


def activities_of(offer: Offer) -> list[Activity]:
    """What an offer can be for: what has been public once. A draft may still be thrown away."""
    rows = Activity.objects.filter(provider=offer.agreement.provider_id)
    chosen = rows.filter(pk=offer.activity_id)
    public = rows.filter(delisted_at=None).exclude(live=False, first_published_at=None)
    return list((chosen | public).order_by("name_nb", "pk"))


def places_of(offer: Offer) -> list[Place]:
    """Own places, those where own activities are, and the one that is chosen."""
    provider = offer.agreement.provider
    rows = Place.objects.filter(municipality=provider.municipality)
    public = rows.filter(delisted_at=None).exclude(live=False, first_published_at=None)
    own = Activity.objects.filter(provider=provider)
    near = Q(provider=provider) | Q(pk__in=own.values("places")) | Q(pk__in=own.values("sessions__place"))
    return list((rows.filter(pk=offer.place_id) | public.filter(near)).order_by("name_nb", "pk"))


class DaysForm(OfferStepForm):
    columns = ("valid_from", "valid_to")
    valid_from = day_field(_("From which day?"))
    valid_to = day_field(_("Until which day?"), _("The last day a card can be used for it."))

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        check_days(self, "valid_from", "valid_to", self.today)
        return values


class ConditionsStepForm(OfferStepForm):
    """Some of the conditions; the others stay as they are."""

    names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update({name: field for name, field in conditions_form.fields().items() if name in self.names})

    def facts(self) -> dict[str, Any]:
        return conditions_form.initial_of(conditions.read(self.offer.conditions))

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not self.errors:
            try:
                self.said = conditions_form.read_fields({**self.facts(), **values})
            except ValidationError as error:
                for name, faults in error.message_dict.items():
                    self.add_error(name if name in self.fields else None, faults)  # type: ignore[arg-type]
        return values

    def values(self) -> dict[str, Any]:
        return {"conditions": self.said.as_json()}


class HoursForm(ConditionsStepForm):
    names = ("weekdays", "hours", *(f"hours_{number}" for number in range(1, 8)), "only", "never")

    def by_day(self) -> list[Any]:
        """The fields for days with other hours; they stand folded."""
        return [self[f"hours_{number}"] for number in range(1, 8)]

    def has_days(self) -> bool:
        return any(field.value() for field in self.by_day())

    def plain(self) -> list[Any]:
        return [self[name] for name in ("weekdays", "hours")]

    def seasons(self) -> list[Any]:
        return [self[name] for name in ("only", "never")]


class LimitsForm(ConditionsStepForm):
    names = conditions.NUMBERS


YES_NO = (("no", _("No, as many as come")), ("yes", _("Yes, so many and no more")))


class ManyForm(OfferStepForm):
    """How many there are, and how many of them by now."""

    needed_where_shown = ("quantity",)
    limit = forms.ChoiceField(label=_("Is there a limit to how many?"), choices=YES_NO, widget=forms.RadioSelect)
    quantity = forms.IntegerField(
        label=_("How many in all?"), help_text=_("Clips of all cards together."), min_value=0, max_value=MOST, required=False
    )
    released = forms.IntegerField(
        label=_("How many of them now?"),
        help_text=_("The rest waits until you let more out. Empty: all of them."),
        min_value=0,
        max_value=MOST,
        required=False,
    )

    def facts(self) -> dict[str, Any]:
        offer = self.offer
        limited = offer.quantity is not None or offer.released is not None
        return {"limit": "yes" if limited else "no", "quantity": offer.quantity, "released": offer.released}

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("limit") != "yes":
            return values | {"quantity": None, "released": None}
        quantity, released = values.get("quantity"), values.get("released")
        if "quantity" not in self.errors and quantity is None:
            self.add_error("quantity", _("Write how many there are."))
        elif quantity is not None and quantity < self.offer.used:
            self.add_error("quantity", _("%(n)s have been used already.") % {"n": self.offer.used})
        elif quantity is not None and released is not None and released > quantity:
            self.add_error("released", _("No more can be released than there are in all."))
        elif released is not None and released < self.offer.used:
            self.add_error("released", _("%(n)s have been used already.") % {"n": self.offer.used})
        elif released is None:
            values["released"] = quantity
        return values

    def values(self) -> dict[str, Any]:
        limited = self.cleaned_data["limit"] == "yes"
        return {name: self.cleaned_data[name] if limited else None for name in ("quantity", "released")}


class CompanionsForm(OfferStepForm):
    columns = ("companions", "companion_clips")
    companions = forms.IntegerField(
        label=_("How many may come along on one card?"),
        help_text=_("A friend, a parent. 0 for nobody."),
        min_value=0,
        max_value=20,
    )
    companion_clips = forms.IntegerField(
        label=_("How many clips does each of them cost?"), help_text=_("0 where they come for free."), min_value=0, max_value=20
    )


class PriceForm(OfferStepForm):
    needed_where_shown = ("unit_ore",)
    GIFT = (("gift", _("Nothing: it is a gift")), ("price", _("A price for each clip")))
    paid = forms.ChoiceField(
        label=_("What does the municipality pay you?"), choices=GIFT, widget=forms.RadioSelect, help_text=_("Only what is used.")
    )
    unit_ore = KronerField(label=_("Kroner for each clip"), required=False)

    def facts(self) -> dict[str, Any]:
        return {"paid": "price" if self.offer.unit_ore else "gift", "unit_ore": self.offer.unit_ore or None}

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("paid") == "price" and not values.get("unit_ore") and "unit_ore" not in self.errors:
            self.add_error("unit_ore", _("Write the price, or choose that it is a gift."))
        return values

    def values(self) -> dict[str, Any]:
        return {"unit_ore": self.cleaned_data["unit_ore"] if self.cleaned_data["paid"] == "price" else 0}


# ── beside the steps ────────────────────────────────────────────────────────────────────────────────────────


class AgreementForm(forms.Form):
    """What a provider asks the municipality to agree to."""

    valid_from = day_field(_("From which day would you like to take the card?"))
    valid_to = day_field(_("Until which day?"))
    renewal = forms.ChoiceField(label=_("And then?"), choices=Renewal.choices, widget=forms.RadioSelect, initial=Renewal.ASK)
    terms = forms.CharField(
        label=_("What do you have in mind?"),
        help_text=_("What one could get, about how many, and what it should cost. The municipality answers."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        required=False,
    )

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        check_days(self, "valid_from", "valid_to", self.today)
        values["terms"] = str(values.get("terms") or "").replace("\x00", "")
        return values


class NewOfferForm(forms.Form):
    """A name for something new; which agreement, where there are several; a key, so that two presses make one."""

    title = forms.CharField(label=QUESTIONS["title"][0], help_text=QUESTIONS["title"][1], max_length=80)
    agreement = forms.TypedChoiceField(label=_("For which card?"), coerce=int, widget=forms.Select(attrs={"dir": "auto"}))
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, agreements: list[Any], lang: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["agreement"]
        field.choices = [(row.pk, str(row.programme)) for row in agreements]
        self.fields["title"].widget.attrs |= {"lang": lang, "dir": direction(lang)}

    def clean_title(self) -> str:
        return str(self.cleaned_data["title"]).replace("\x00", "").strip()


class CopyForm(forms.Form):
    """New days for last season's offer."""

    valid_from = day_field(_("From which day?"))
    valid_to = day_field(_("Until which day?"))
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        check_days(self, "valid_from", "valid_to", self.today)
        return values


class ReleaseForm(forms.Form):
    """How many of all there are can be used by now."""

    released = forms.IntegerField(label=_("Released now"), min_value=0, max_value=MOST)


class ReasonForm(forms.Form):
    """Words to the municipality."""

    reason = forms.CharField(
        label=_("Why? The municipality reads it."), widget=forms.Textarea(attrs={"rows": 2}), max_length=300, required=False
    )
