"""What the staff forms of the cards ask."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.apps import apps
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cards.ledger.codes import new_secret, normalised, read_secret
from cards.ledger.money import in_kroner
from cards.programmes.extras import Extra
from cards.programmes.keeping import LineSaid
from cards.programmes.models import CardType, CardTypeLine, Programme, ProgrammeYear
from cards.programmes.printing import Layout, languages_for, why_not_languages
from cards.programmes.rules import MOST_AT_ONCE, MOST_EXTRA_ORE, StopReason
from cards.programmes.states import Unit, YearState
from directory.agencies.models import Agency
from directory.listings.models import Category, TargetGroup
from directory.municipalities.models import Municipality
from portal.languages import NAMES


class StaffForm(forms.Form):
    """A form on a staff screen. Faults are told by us, in words, so browsers do not stop the sending."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class KeyedForm(StaffForm):
    """A form whose press twice does its deed once: the key is made with the form and kept UNIQUE by the database."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid4())


class DayField(forms.DateField):
    """A day, in the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs})


class ReasonForm(StaffForm):
    """Why, for the journal."""

    reason = forms.CharField(
        label=_("Why"), max_length=300, help_text=_("Stands in the journal. Write nothing about people who hold cards.")
    )


# ── programmes and years ────────────────────────────────────────────────────────────────────────────────────


class NumberForm(StaffForm):
    """A municipality, by its number."""

    number = forms.CharField(label=_("Municipality number"), max_length=4, validators=[RegexValidator(r"^\d{4}$")])


class DaysForm(StaffForm):
    """The first and the last day of a year."""

    opens = DayField(label=_("First day"))
    closes = DayField(label=_("Last day"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("opens") and said.get("closes") and said["closes"] < said["opens"]:
            self.add_error("closes", _("The last day comes before the first."))
        return said


class YearForm(DaysForm):
    """A new year of a programme."""

    programme = forms.ModelChoiceField(label=_("Programme"), queryset=Programme.objects.none(), empty_label=None)
    year = forms.IntegerField(label=_("Year"), min_value=2020, max_value=2100)
    field_order = ("programme", "year", "opens", "closes")

    def __init__(self, *args: Any, programmes: QuerySet[Programme], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].queryset = programmes  # type: ignore[attr-defined]


# ── card types ──────────────────────────────────────────────────────────────────────────────────────────────


def labels_of(municipality_id: int, model: Any) -> QuerySet[Any]:
    """The words of a municipality, in its order."""
    return model.objects.filter(municipality=municipality_id).order_by("position", "name_nb")


def offers_for_lines(programme: Programme) -> QuerySet[Any]:
    """What a line may name: whatever the municipalities of the programme have approved."""
    offers = apps.get_model("cards", "Offer").objects.filter(agreement__programme=programme, state__in=["approved", "published"])
    return offers.select_related("agreement__provider")


class OfferField(forms.ModelChoiceField):
    """An offer, with whose it is."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} · {obj.agreement.provider}"


class LineForm(StaffForm):
    """A line: an offer or a category, and how many. Left empty, there is no such line."""

    offer = OfferField(label=_("Offer"), queryset=None, required=False, empty_label=_("– none –"))  # type: ignore[arg-type]
    category = forms.ModelChoiceField(
        label=_("or a category"), queryset=Category.objects.none(), required=False, empty_label=_("– none –")
    )
    unit = forms.ChoiceField(label=_("Counted in"), choices=Unit.choices, initial=Unit.CLIP)
    quantity = forms.DecimalField(
        label=_("How many (an amount: kroner)"), min_value=0, max_value=100_000, decimal_places=2, required=False
    )

    def __init__(self, *args: Any, programme: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["offer"].queryset = offers_for_lines(programme)  # type: ignore[attr-defined]
        self.fields["category"].queryset = labels_of(programme.municipality_id, Category)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        offer, category, quantity = said.get("offer"), said.get("category"), said.get("quantity")
        if not (offer or category) and not quantity:
            return said
        if bool(offer) == bool(category):
            self.add_error("offer", _("Choose an offer or a category, one of them."))
        if not quantity and "quantity" not in self.errors:
            self.add_error("quantity", _("How many?"))
        elif quantity and said.get("unit") == Unit.CLIP and quantity != int(quantity):
            self.add_error("quantity", _("Clips are whole."))
        return said

    def line(self) -> LineSaid | None:
        said = self.cleaned_data
        if not said.get("quantity"):
            return None
        return LineSaid(counted(said["quantity"], said["unit"]), said["unit"], said["offer"], said["category"])


def counted(quantity: Decimal, unit: str) -> int:
    """Clips as they are, kroner as øre."""
    return int(quantity * 100) if unit == Unit.ORE else int(quantity)


class CardTypeForm(KeyedForm):
    """A card type without its lines, which stand below it."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("For staff. Never shown to holders or at counters."))
    targets = forms.ModelMultipleChoiceField(
        label=_("For whom"), queryset=TargetGroup.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    age_from = forms.IntegerField(label=_("From age"), min_value=0, max_value=120, required=False)
    age_to = forms.IntegerField(label=_("To age"), min_value=0, max_value=120, required=False)
    activate_by = DayField(
        label=_("First use at the latest"),
        help_text=_("A card that has not been used by then lapses, and what stands on it can be handed out again."),
    )
    valid_to = DayField(label=_("Last day of use"))

    def __init__(self, *args: Any, year: ProgrammeYear, **kwargs: Any) -> None:
        self.year = year
        super().__init__(*args, **kwargs)
        self.fields["targets"].queryset = labels_of(year.programme.municipality_id, TargetGroup)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("activate_by"), said.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The last day of use comes before the last day of the first use."))
        if last and last > self.year.closes:
            self.add_error(
                "valid_to", _("The year ends on %(day)s.") % {"day": date_format(self.year.closes, "SHORT_DATE_FORMAT")}
            )
        if said.get("age_from") is not None and said.get("age_to") is not None and said["age_to"] < said["age_from"]:
            self.add_error("age_to", _("The ages stand in the wrong order."))
        return said

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "age_from", "age_to", "activate_by", "valid_to")}


class LineOut(forms.ModelChoiceField):
    """A line as it stands now."""

    def label_from_instance(self, obj: CardTypeLine) -> str:
        return f"{obj.offer or obj.category}: {in_kroner(obj.quantity) if obj.unit == Unit.ORE else obj.quantity}"


class ChangeLineForm(KeyedForm):
    """Which line, and how many from now on; or a new line for all cards."""

    line = LineOut(
        label=_("Line"), queryset=CardTypeLine.objects.none(), required=False, empty_label=_("– a new line, named below –")
    )
    offer = OfferField(label=_("New: an offer"), queryset=None, required=False, empty_label=_("– none –"))  # type: ignore[arg-type]
    category = forms.ModelChoiceField(
        label=_("New: or a category"), queryset=Category.objects.none(), required=False, empty_label=_("– none –")
    )
    unit = forms.ChoiceField(label=_("New: counted in"), choices=Unit.choices, initial=Unit.CLIP)
    quantity = forms.DecimalField(
        label=_("From now on (an amount: kroner)"),
        min_value=0,
        max_value=100_000,
        decimal_places=2,
        help_text=_("0 withdraws it."),
    )
    reason = forms.CharField(
        label=_("Why"), max_length=300, help_text=_("Stands in the journal. Write nothing about people who hold cards.")
    )
    field_order = ("key", "line", "quantity", "offer", "category", "unit", "reason")

    def __init__(self, *args: Any, card_type: CardType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["line"].queryset = card_type.lines.select_related("offer", "category")
        programme = card_type.year.programme
        fields["offer"].queryset = offers_for_lines(programme)
        fields["category"].queryset = labels_of(programme.municipality_id, Category)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        line, offer, category, quantity = (said.get(name) for name in ("line", "offer", "category", "quantity"))
        if line is not None and (offer or category):
            self.add_error("line", _("Choose a line, or name a new one; not both."))
        if line is None and "line" not in self.errors and bool(offer) == bool(category):
            self.add_error("offer", _("Choose an offer or a category, one of them."))
        if line is not None:
            said["unit"], said["offer"], said["category"] = line.unit, line.offer, line.category
        if quantity is not None:
            if said.get("unit") == Unit.CLIP and quantity != int(quantity):
                self.add_error("quantity", _("Clips are whole."))
            said["quantity"] = counted(quantity, said.get("unit") or Unit.CLIP)
        return said


# ── quotas ──────────────────────────────────────────────────────────────────────────────────────────────────


class CardTypeField(forms.ModelChoiceField):
    """A card type, with its programme and year."""

    def label_from_instance(self, obj: CardType) -> str:
        return f"{obj.year} · {obj.name}"


def types_to_hand_out(programmes: QuerySet[Programme]) -> QuerySet[CardType]:
    """Card types of years that are open."""
    types = CardType.objects.filter(year__programme__in=programmes, year__state=YearState.OPEN)
    return types.select_related("year__programme").order_by("-year__year", "pk")


class QuotaForm(StaffForm):
    """How many cards of a type an agency may hand out."""

    agency = forms.ModelChoiceField(label=_("Agency"), queryset=Agency.objects.none())
    card_type = CardTypeField(label=_("Card type"), queryset=CardType.objects.none())
    quantity = forms.IntegerField(label=_("Cards"), min_value=0, max_value=1_000_000)

    def __init__(self, *args: Any, agencies: QuerySet[Agency], programmes: QuerySet[Programme], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]
        self.fields["card_type"].queryset = types_to_hand_out(programmes)  # type: ignore[attr-defined]


class NewQuantityForm(ReasonForm):
    """A new bound, and why."""

    quantity = forms.IntegerField(label=_("From now on"), min_value=0, max_value=1_000_000_000)
    field_order = ("quantity", "reason")

    def __init__(self, *args: Any, used: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].help_text = _("At least %(used)s, which are used already.") % {"used": used}


# ── a coordinator's batch ───────────────────────────────────────────────────────────────────────────────────


class SecretForm(StaffForm):
    """A form whose deed makes codes: its hidden secret seals them, and gives the deed its key."""

    secret = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("secret", new_secret())

    def clean_secret(self) -> str:
        if (secret := read_secret(self.cleaned_data["secret"])) is None:
            raise forms.ValidationError(_("Load the page again."))
        return secret


class BatchForm(SecretForm):
    """Cards that no agency hands out: a welcome pack, a class."""

    municipality = forms.ModelChoiceField(label=_("Municipality"), queryset=Municipality.objects.none(), empty_label=None)
    card_type = CardTypeField(label=_("Card type"), queryset=CardType.objects.none())
    count = forms.IntegerField(label=_("Cards"), min_value=1, max_value=MOST_AT_ONCE)
    purpose = forms.CharField(
        label=_("Note about the batch"),
        max_length=120,
        required=False,
        help_text=_("For you and your colleagues, such as “Welcome pack, autumn”. Never about a person."),
    )

    def __init__(self, *args: Any, towns: QuerySet[Municipality], programmes: QuerySet[Programme], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        own = list(towns)
        self.town = own[0] if len(own) == 1 else None
        fields["municipality"].queryset = towns
        if self.town:
            del fields["municipality"]
        fields["card_type"].queryset = types_to_hand_out(programmes).filter(is_open=True)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["municipality"] = said.get("municipality") or self.town
        return said


class SheetForm(StaffForm):
    """How cards are printed."""

    secret = forms.CharField(widget=forms.HiddenInput, max_length=60)
    layout = forms.ChoiceField(label=_("On each sheet"), choices=Layout.choices, widget=forms.RadioSelect, initial=Layout.TEN)
    languages = forms.MultipleChoiceField(
        label=_("Languages beside Norwegian"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["languages"].choices = [(code, NAMES[code]) for code in languages_for(municipality)]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("layout") and (why_not := why_not_languages(said["layout"], said.get("languages") or [])):
            self.add_error("languages", why_not)
        return said


class StubForm(StaffForm):
    """The number on the stub of a card."""

    number = forms.CharField(label=_("Number on the stub"), max_length=20)

    def clean_number(self) -> str:
        return normalised(self.cleaned_data["number"])


class StopForm(StubForm):
    reason = forms.ChoiceField(label=_("Because"), choices=StopReason.choices)


class ReplaceForm(StubForm, SecretForm):
    pass


class ExtraForm(StubForm, KeyedForm):
    """Something beside what the card type holds, for one card."""

    offer = forms.ChoiceField(label=_("What?"))
    quantity = forms.DecimalField(
        label=_("How many (an amount: kroner)"), min_value=1, max_value=MOST_EXTRA_ORE // 100, decimal_places=2, initial=1
    )

    def __init__(self, *args: Any, extras: Sequence[Extra], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.extras = {extra.key: extra for extra in extras}
        self.fields["offer"].choices = [("", "–"), *((extra.key, str(extra)) for extra in extras)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if extra := self.extras.get(said.get("offer", "")):
            said["facts"] = extra.facts
            if (quantity := said.get("quantity")) is not None:
                said["quantity"] = counted(quantity, extra.unit)
                if extra.unit == Unit.CLIP and quantity != int(quantity):
                    self.add_error("quantity", _("Clips are whole."))
        return said
