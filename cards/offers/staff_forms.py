"""What the staff forms of agreements, offers, tickets and codes ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.snippets.widgets import AdminSnippetChooser

from cards.ledger.money import KronerField
from cards.offers import conditions, conditions_form
from cards.offers.models import Offer, ProviderAgreement, Stock
from cards.offers.offering import MOST_COMPANIONS
from cards.offers.states import Renewal, StockKind
from cards.programmes.models import Programme
from cards.programmes.staff_forms import DayField, KeyedForm, ReasonForm, StaffForm
from directory.activities.models import Activity
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from portal.languages import NAMES, direction

MOST = 1_000_000_000


class Reason(ReasonForm):
    """Why, for the other side."""

    reason = forms.CharField(label=_("Why"), max_length=300, help_text=_("The provider reads it."))


class ReasonIfAny(StaffForm):
    reason = forms.CharField(label=_("Why, if there is anything to say"), max_length=300, required=False)


# ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────


class TermsForm(StaffForm):
    """What is agreed."""

    valid_from = DayField(label=_("From"))
    valid_to = DayField(label=_("To"))
    ceiling_ore = KronerField(
        label=_("Ceiling a month, in kroner"),
        required=False,
        help_text=_("Left empty, there is none. At the ceiling tills say no."),
    )
    renewal = forms.ChoiceField(label=_("When the period is over"), choices=Renewal.choices, initial=Renewal.ASK)
    terms = forms.CharField(
        label=_("What is agreed besides"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("valid_from") and said.get("valid_to") and said["valid_to"] < said["valid_from"]:
            self.add_error("valid_to", _("The last day comes before the first."))
        return said


class AgreementForm(TermsForm):
    """Terms with the one thing that only the municipality decides."""

    offline_allowed = forms.BooleanField(
        label=_("Its tills may work without network"),
        required=False,
        help_text=_("Uses are then told later. What cannot be counted any more comes here to be decided."),
    )


class NewAgreementForm(TermsForm):
    """Between a municipality and a provider, for a programme."""

    programme = forms.ModelChoiceField(label=_("Programme"), queryset=Programme.objects.none(), empty_label=None)
    provider = forms.ModelChoiceField(label=_("Provider"), queryset=Provider.objects.none())
    field_order = ("programme", "provider", "valid_from", "valid_to", "ceiling_ore", "renewal", "terms")

    def __init__(self, *args: Any, programmes: QuerySet[Programme], towns: QuerySet[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["programme"].queryset = programmes
        fields["provider"].queryset = Provider.objects.filter(municipality__in=towns, delisted_at=None)
        fields["provider"].widget = AdminSnippetChooser(Provider)


class UntilForm(StaffForm):
    valid_to = DayField(label=_("Until"))


# ── offers ──────────────────────────────────────────────────────────────────────────────────────────────────


class ApproveForm(StaffForm):
    """Yes to what was looked at, and whether cards may be used for it at once."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    publish_now = forms.BooleanField(label=_("Publish it at once"), required=False, initial=True)


class BoundForm(ReasonForm):
    """A bound that may be left out."""

    number = forms.IntegerField(label=_("From now on"), min_value=0, max_value=MOST, required=False)
    field_order = ("number", "reason")

    def __init__(self, *args: Any, used: int = 0, empty: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = _("At least %(used)s, which are used already.") % {"used": used} if used else ""
        self.fields["number"].help_text = " ".join(filter(None, [str(told), str(empty)]))


class PriceForm(ReasonForm):
    unit_ore = KronerField(label=_("Price per clip, in kroner"), help_text=_("For uses from now on. 0 is a gift."))
    field_order = ("unit_ore", "reason")


class AgreementField(forms.ModelChoiceField):
    def label_from_instance(self, obj: ProviderAgreement) -> str:
        return f"{obj.provider} · {obj.programme}"


FACTS = ("valid_from", "valid_to", "unit_ore", "companions", "companion_clips", "deals_codes", "has_attendance")
TEXTS = {
    "title": (_("What one gets"), forms.TextInput, 80),
    "note": (_("Good to know"), forms.Textarea, 2000),
    "let_in": (_("What the counter is told"), forms.TextInput, 120),
}


class OfferForm(KeyedForm):
    """An offer as staff write it, for a provider that does not do so itself, or to put something right."""

    activity = forms.ModelChoiceField(label=_("Activity"), queryset=Activity.objects.none(), required=False)
    place = forms.ModelChoiceField(label=_("Place"), queryset=Place.objects.none(), required=False)
    valid_from = DayField(label=_("First day"))
    valid_to = DayField(label=_("Last day"))
    unit_ore = KronerField(label=_("Price per clip, in kroner"), initial=0, help_text=_("0 is a gift."))
    quantity = forms.IntegerField(
        label=_("How many in all"), min_value=0, max_value=MOST, required=False, help_text=_("Left empty, there is no limit.")
    )
    companions = forms.IntegerField(label=_("Who may come along"), min_value=0, max_value=MOST_COMPANIONS, initial=0)
    companion_clips = forms.IntegerField(
        label=_("Clips for each who comes along"), min_value=0, max_value=MOST_COMPANIONS, initial=0
    )
    deals_codes = forms.BooleanField(label=_("Each use deals out a ready-made code"), required=False)
    has_attendance = forms.BooleanField(label=_("A course with an attendance list"), required=False)

    def __init__(self, *args: Any, agreement: ProviderAgreement, offer: Offer | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {**initial_of(agreement, offer), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.offer = offer
        fields: Any = self.fields
        provider = agreement.provider
        fields["activity"].queryset = Activity.objects.filter(provider=provider).order_by("name_nb")
        fields["place"].queryset = Place.objects.filter(municipality=provider.municipality_id).order_by("name_nb")
        if offer is not None:  # bounds have their own deeds, with a reason
            del fields["quantity"]
        self.languages = list(agreement.municipality.languages)
        texts = {
            f"{name}_{code}": forms.CharField(
                label=f"{label} · {NAMES[code]}",
                max_length=most,
                required=name == "title" and code == provider.municipality.languages[0],
                widget=widget(attrs={"lang": code, "dir": direction(code), **({"rows": 3} if widget is forms.Textarea else {})}),
            )
            for code in self.languages
            for name, (label, widget, most) in TEXTS.items()
        }
        self.limits = conditions_form.fields()
        self.fields = {**texts, **fields, **self.limits}

    def groups(self) -> Iterable[tuple[Any, list[Any]]]:
        """(heading, fields) in the order of the page."""
        texts = [self[name] for name in self.fields if name.rpartition("_")[0] in TEXTS]
        limits = [self[name] for name in self.limits]
        named = {field.name for field in [*texts, *limits]}
        yield _("Texts"), texts
        yield _("What it is"), [field for field in self.visible_fields() if field.name not in named]
        yield _("When it can be used, and by whom"), limits

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors:
            said["conditions"] = conditions_form.read_fields(said).as_json()
        if said.get("valid_from") and said.get("valid_to") and said["valid_to"] < said["valid_from"]:
            self.add_error("valid_to", _("The last day comes before the first."))
        return said

    def values(self) -> dict[str, Any]:
        """What `offering.save_offer` takes."""
        said = self.cleaned_data
        names = (
            "valid_from",
            "valid_to",
            "unit_ore",
            "companions",
            "companion_clips",
            "deals_codes",
            "has_attendance",
            "conditions",
        )
        values = {name: said[name] for name in names}
        values |= {name: said[name] for name in self.fields if name.rpartition("_")[0] in TEXTS}
        values |= {f"{name}_id": said[name].pk if said[name] else None for name in ("activity", "place")}
        if "quantity" in said:
            values |= {"quantity": said["quantity"], "released": said["quantity"]}
        return values


def initial_of(agreement: ProviderAgreement, offer: Offer | None) -> dict[str, Any]:
    """What stands in the form before anything is typed."""
    if offer is None:
        return {"valid_from": agreement.valid_from, "valid_to": agreement.valid_to}
    facts = (
        *(*FACTS, "key"),
        *(f"{name}_{code}" for name in TEXTS for code in agreement.municipality.languages),
    )
    return {
        **{name: getattr(offer, name) for name in facts},
        "activity": offer.activity_id,
        "place": offer.place_id,
        **conditions_form.initial_of(conditions.read(offer.conditions)),
    }


# ── tickets and codes ───────────────────────────────────────────────────────────────────────────────────────


class OwnOfferField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Offer) -> str:
        return f"{obj} · {obj.agreement.provider}"


class StockForm(KeyedForm):
    """Tickets bought beforehand, or given."""

    offer = OwnOfferField(label=_("Offer"), queryset=Offer.objects.none())
    kind = forms.ChoiceField(label=_("Kind"), choices=StockKind.choices, widget=forms.RadioSelect, initial=StockKind.BOUGHT)
    funder = forms.CharField(label=_("Paid or given by"), max_length=120)
    quantity = forms.IntegerField(label=_("Tickets"), min_value=1, max_value=1_000_000)
    unit_ore = KronerField(
        label=_("Price per ticket, in kroner"), required=False, help_text=_("What it cost. For a gift it may be left empty.")
    )
    expires = DayField(label=_("Last day"), required=False)

    def __init__(self, *args: Any, offers: QuerySet[Offer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["offer"].queryset = offers  # type: ignore[attr-defined]


MOST_FILE = 2_000_000  # bytes


class CodesForm(StaffForm):
    """Ready-made codes, pasted or as a file."""

    stock = forms.ModelChoiceField(
        label=_("Which tickets they are"),
        queryset=Stock.objects.none(),
        required=False,
        empty_label=_("none: they are paid for as they are used"),
    )
    pasted = forms.CharField(
        label=_("Codes"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("One a line, as the cinema or the bus company sent them."),
    )
    file = forms.FileField(
        label=_("or a file"), required=False, help_text=_("Text or CSV. The column named “code” is read, else the first one.")
    )

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stock"].queryset = offer.stocks.all()  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data.get("file")
        if file is not None and file.size > MOST_FILE:
            raise forms.ValidationError(_("The file is larger than 2 MB."))
        return file

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and not said.get("file") and not (said.get("pasted") or "").strip():
            self.add_error("pasted", _("Paste the codes, or choose a file."))
        return said
