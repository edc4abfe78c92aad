"""The steps in which an offer is written: one question each, and few must be answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cards.offers import conditions
from cards.offers.models import Offer
from portal.desk.offers import forms
from portal.desk.offers.forms import TEXTS, OfferStepForm


@dataclass(frozen=True, slots=True)
class Step:
    """A page of questions; `form` None: languages, which has a page of its own. `words`: asks only what a trusted provider may
    mend in an offer that is in use."""

    slug: str
    title: str | Promise
    icon: str
    form: type[OfferStepForm] | None
    is_done: Callable[[Offer], bool]
    words: bool = False
    must: bool = False

    @property
    def template(self) -> str:
        return OWN_PAGES.get(self.slug, "desk/offers/step.html")


#: Steps whose questions need more than one field below the other.
OWN_PAGES = {"hours": "desk/offers/hours.html", "many": "desk/offers/many.html", "price": "desk/offers/price.html"}


def first_text(offer: Offer, name: str) -> str:
    return getattr(offer, f"{name}_{offer.agreement.provider.municipality.languages[0]}") or ""


def read(offer: Offer) -> conditions.Conditions:
    return conditions.read(offer.conditions)


def written_in(offer: Offer, code: str) -> tuple[int, int]:
    """How many texts an offer has in a language, of how many in its first."""
    there = [name for name in TEXTS if first_text(offer, name)]
    return sum(bool(getattr(offer, f"{name}_{code}")) for name in there), len(there)


def is_translated(offer: Offer) -> bool:
    others = offer.agreement.provider.municipality.languages[1:]
    return all(written_in(offer, code)[0] for code in others)


LANGUAGES = Step("languages", _("Other languages"), "language", None, is_translated, words=True)
STEPS: tuple[Step, ...] = (
    Step(
        "what", _("What one gets"), "free", forms.WhatForm, lambda offer: bool(first_text(offer, "title")), words=True, must=True
    ),
    Step("where", _("What it is for"), "map", forms.WhereForm, lambda offer: bool(offer.activity_id or offer.place_id)),
    Step("days", _("From when until when"), "calendar", forms.DaysForm, lambda offer: True),
    Step(
        "hours",
        _("Weekdays and hours"),
        "clock",
        forms.HoursForm,
        lambda offer: bool(read(offer).hours or read(offer).only or read(offer).never),
    ),
    Step(
        "limits",
        _("How much, and what age"),
        "child",
        forms.LimitsForm,
        lambda offer: any(getattr(read(offer), name) is not None for name in conditions.NUMBERS),
    ),
    Step("many", _("How many"), "list", forms.ManyForm, lambda offer: offer.released is not None),
    Step("companions", _("Coming along"), "people", forms.CompanionsForm, lambda offer: bool(offer.companions)),
    Step("price", _("Price or gift"), "price", forms.PriceForm, lambda offer: bool(offer.unit_ore)),
    Step("counter", _("At the counter"), "chat", forms.CounterForm, lambda offer: bool(first_text(offer, "let_in")), words=True),
    LANGUAGES,
)


def steps_for(offer: Offer, *, words: bool = False) -> list[Step]:
    """The steps of an offer; with `words` those that ask for texts only."""
    several = len(offer.agreement.provider.municipality.languages) > 1
    return [step for step in STEPS if (several or step is not LANGUAGES) and (step.words or not words)]


def step_named(offer: Offer, slug: str) -> Step | None:
    return next((step for step in steps_for(offer) if step.slug == slug), None)


def neighbours(steps: list[Step], step: Step) -> tuple[int, Step | None, Step | None]:
    """Its place, the one before, and the one after."""
    place = steps.index(step)
    return place, steps[place - 1] if place else None, steps[place + 1] if place + 1 < len(steps) else None


def form_of(step: Step, *args: Any, offer: Offer, today: Any, **kwargs: Any) -> OfferStepForm:
    assert step.form is not None  # noqa: S101  languages have a page of their own
    return step.form(*args, offer=offer, today=today, **kwargs)
