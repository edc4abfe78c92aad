"""What is asked on the desk about tills, and at the counter where no script runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from cards.ledger.money import KronerField
from cards.offers.models import Offer
from cards.offers.tills import NAME_LENGTH
from portal.kit.texts import Text

MOST_BUTTONS = 8  # for so many people there is one each; more are typed


class TillForm(forms.Form):
    """What a till is called."""

    name = forms.CharField(
        label=_("What is the till called?"),
        help_text=_("So that you know it again: “Ticket office”, “Kari's phone”."),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class WordsForm(forms.Form):
    """Where the week's words go."""

    address = forms.EmailField(
        label=_("Mail address of the counter"),
        help_text=_("Every Friday the words of the next week. Leave it empty to stop."),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )


class CounterForm(forms.Form):
    """A card, and what it is used for. `key` makes a form that is sent twice count once."""

    code = forms.CharField(
        label=_("The code on the card"),
        max_length=100,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "dir": "ltr", "autofocus": True}
        ),
    )
    offer = forms.TypedChoiceField(label=_("What for?"), coerce=int, widget=forms.RadioSelect)
    people = forms.TypedChoiceField(label=_("How many people?"), coerce=int, widget=forms.RadioSelect, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, offers: Sequence[tuple[Offer, Text]], asks_amount: bool = False, **kwargs: Any) -> None:
        """`asks_amount`: the card holds kroner, and the offer has no price."""
        super().__init__(*args, **kwargs)
        if asks_amount:
            self.fields["amount"] = KronerField(label=_("How many kroner?"), min_value=1)
        self.offers = {offer.pk: offer for offer, _title in offers}
        most = max((1 + offer.companions for offer, _title in offers), default=1)
        self.fields["offer"].choices = [(offer.pk, title) for offer, title in offers]  # type: ignore[attr-defined]
        if most > MOST_BUTTONS:
            self.fields["people"] = forms.IntegerField(label=self.fields["people"].label, min_value=1, max_value=most)
        else:
            self.fields["people"].choices = [(number, number) for number in range(1, most + 1)]  # type: ignore[attr-defined]
        self.fields["people"].initial = 1
        self.fields["key"].initial = uuid4
        if most == 1:
            del self.fields["people"]
        if len(offers) == 1:
            self.fields["offer"].initial = offers[0][0].pk
            self.fields["offer"].widget = forms.HiddenInput()

    @property
    def chosen(self) -> Offer:
        return self.offers[self.cleaned_data["offer"]]

    @property
    def number(self) -> int:
        return self.cleaned_data.get("people") or 1

    @property
    def deed(self) -> UUID:
        return self.cleaned_data["key"]
