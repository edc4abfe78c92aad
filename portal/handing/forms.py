"""What is asked when cards are handed out. No field is about a person, but a number to send a link to, which is not kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cards.ledger.codes import new_secret, read_secret
from cards.programmes.extras import Extra
from cards.programmes.models import AgencyQuota, Programme
from cards.programmes.printing import MOST_LANGUAGES, Layout, why_not_languages
from cards.programmes.rules import MOST_EXTRA_ORE, StopReason, WhyNotHand, national_id_in
from cards.programmes.states import Unit, Way
from directory.providers.models import Provider
from portal.kit.choices import MarkedSelect
from portal.kit.texting import number_in
from portal.kit.texts import Text
from portal.languages import NAMES

MOST_AT_DESK = 1_000  # cards made at once on the desk


class DeskForm(forms.Form):
    """Words of the desk for what is missing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("This is missing.")
            field.error_messages["invalid_choice"] = _("Choose one of these.")

    def choices(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


class SecretForm(DeskForm):
    """What opens the codes for a quarter of an hour, and makes of two presses one. It stands in the page only."""

    secret = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].initial = new_secret

    def clean_secret(self) -> str:
        return read_secret(self.cleaned_data["secret"]) or new_secret()


class KindForm(SecretForm):
    """Which card."""

    card_type = forms.ChoiceField(label=_("Which card?"), widget=forms.RadioSelect)
    languages = forms.MultipleChoiceField(
        label=_("Languages on paper, beside Norwegian"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, quotas: Sequence[AgencyQuota], languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.quotas = {str(quota.card_type_id): quota for quota in quotas}
        several = len({quota.card_type.year.programme_id for quota in quotas}) > 1
        self.choices("card_type", [(key, _in_words(quota, several)) for key, quota in self.quotas.items()])
        if len(self.quotas) == 1:
            self.fields["card_type"].initial = next(iter(self.quotas))
        self.choices("languages", [(code, Text(NAMES[code], code)) for code in languages])

    @property
    def quota(self) -> AgencyQuota:
        return self.quotas[self.cleaned_data["card_type"]]


def _in_words(quota: AgencyQuota, with_programme: bool) -> str:
    name = f"{quota.card_type.year.programme}: {quota.card_type}" if with_programme else str(quota.card_type)
    left = ngettext("%(count)s left", "%(count)s left", quota.left) % {"count": quota.left}
    return f"{name} · {left}"


class HandOutForm(KindForm):
    """One card for a family that stands here."""

    needed_where_shown = ("phone", "provider")
    way = forms.ChoiceField(label=_("How do they get it?"), widget=forms.RadioSelect, initial=Way.SCREEN.value)
    phone = forms.CharField(
        label=_("Telephone number for the link"),
        help_text=_("The message is a link and nothing else. The number is not kept."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off", "dir": "ltr"}),
    )
    provider = forms.ChoiceField(label=_("Which association keeps the card?"), required=False, widget=MarkedSelect)
    number = forms.CharField(
        label=_("The child's national number"),
        help_text=_("Only asks whether this child has a card this year. It is not kept."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}),
    )
    no_number = forms.BooleanField(label=_("The child has no national number yet"), required=False)

    def __init__(self, *args: Any, providers: Sequence[tuple[Provider, Text]], with_texts: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = [
            (Way.SCREEN, _("On the screen: they scan it with their phone")),
            (Way.PRINT, _("On paper")),
            *([(Way.SMS, _("As a link by text message"))] if with_texts else []),
            (Way.CODE, _("As a code that you read out")),
            *([(Way.ASSOCIATION, _("Through an association that keeps the card"))] if providers else []),
        ]
        self.choices("way", [(way.value, label) for way, label in ways])
        self.choices("provider", [("", "–"), *((str(row.pk), name) for row, name in providers)])
        self.with_texts = with_texts
        self.providers = {str(row.pk): row for row, _name in providers}
        self.is_guarded = any(is_guarded(quota) for quota in self.quotas.values())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        way = cleaned.get("way")
        cleaned["to"] = number_in(cleaned.get("phone") or "") if way == Way.SMS else None
        if way == Way.SMS and cleaned["to"] is None:
            self.add_error("phone", _("Write a mobile number: eight digits, or one that begins with + and the country."))
        cleaned["keeper"] = self.providers.get(cleaned.get("provider") or "") if way == Way.ASSOCIATION else None
        if way == Way.ASSOCIATION and cleaned["keeper"] is None:
            self.add_error("provider", str(WhyNotHand.NO_PROVIDER.label))
        cleaned["national_ids"] = None
        if cleaned.get("card_type") and is_guarded(self.quota):
            number = (cleaned.get("number") or "").strip()
            if number and national_id_in(number) is None:
                self.add_error("number", str(WhyNotHand.NUMBER.label))
            elif not number and not cleaned.get("no_number"):
                self.add_error("number", str(WhyNotHand.NUMBER_MISSING.label))
            cleaned["national_ids"] = [number]
        most = MOST_LANGUAGES[Layout.ONE]
        cleaned["languages"] = (cleaned.get("languages") or [])[:most]
        return cleaned


def is_guarded(quota: AgencyQuota) -> bool:
    """Whether the programme guards against two cards for one child."""
    return quota.card_type.year.programme.privacy_level == Programme.Privacy.TAG


class ManyForm(KindForm):
    """A pile of cards to print."""

    count = forms.IntegerField(
        label=_("How many?"), min_value=1, max_value=MOST_AT_DESK, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )
    layout = forms.ChoiceField(
        label=_("On the sheet"), choices=Layout.choices, widget=forms.RadioSelect, initial=Layout.TEN.value
    )
    purpose = forms.CharField(
        label=_("A note for yourselves"),
        help_text=_("Such as “tenth grade, film week”. Never about a person."),
        max_length=120,
        required=False,
    )

    field_order = ("card_type", "count", "layout", "languages", "purpose", "secret")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        refuse_languages(self, cleaned)
        cleaned["purpose"] = (cleaned.get("purpose") or "").replace("\x00", "").strip()
        return cleaned


def refuse_languages(form: forms.Form, cleaned: dict[str, Any]) -> None:
    """More languages than there is room for would be left out without a word."""
    if cleaned.get("layout") and (why_not := why_not_languages(cleaned["layout"], cleaned.get("languages") or [])):
        form.add_error("languages", why_not)


class PrintForm(DeskForm):
    """How codes that are kept are printed, once more perhaps."""

    layout = forms.ChoiceField(label=_("On the sheet"), choices=Layout.choices)
    languages = forms.MultipleChoiceField(
        label=_("Languages beside Norwegian"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices("languages", [(code, Text(NAMES[code], code)) for code in languages])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        refuse_languages(self, cleaned)
        return cleaned


class StopForm(DeskForm):
    reason = forms.ChoiceField(label=_("Why?"), choices=StopReason.choices, widget=forms.RadioSelect, initial="lost")


class ExtraForm(DeskForm):
    """Something more on one card."""

    offer = forms.ChoiceField(label=_("What?"), widget=MarkedSelect)
    quantity = forms.IntegerField(
        label=_("How many?"),
        min_value=1,
        max_value=MOST_EXTRA_ORE // 100,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, extras: Sequence[Extra], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.extras = {extra.key: extra for extra in extras}
        self.choices("offer", [("", "–"), *((extra.key, extra.text) for extra in extras)])
        if any(extra.unit == Unit.ORE for extra in extras):
            self.fields["quantity"].help_text = _("Of an amount: whole kroner.")
        self.fields["quantity"].error_messages |= {
            "min_value": str(WhyNotHand.AMOUNT.label),
            "max_value": str(WhyNotHand.AMOUNT.label),
            "invalid": _now("Write a whole number."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if extra := self.extras.get(cleaned.get("offer") or ""):
            cleaned["facts"] = extra.facts
            if extra.unit == Unit.ORE and cleaned.get("quantity"):
                cleaned["quantity"] *= 100
        return cleaned
