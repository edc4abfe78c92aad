"""The steps in which a page is written: which questions stand together, for each kind of listing.

One to a handful of questions a step. A step is done when something has been answered in it; only few must be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from directory.activities.models import Activity
from directory.places.models import Place
from directory.providers.models import Provider
from portal.desk.editing import forms
from portal.desk.editing.forms import StepForm, texts_of


@dataclass(frozen=True, slots=True)
class Step:
    """A page of questions. `form` None: the step has a page of its own (sessions, opening hours, picture, languages)."""

    slug: str
    title: str | Promise
    icon: str
    fields: tuple[str, ...]
    form: type[StepForm] | None = StepForm
    must: bool = False  # nothing can be sent without it

    @property
    def template(self) -> str:
        """The step's own page where it has one."""
        return OWN_PAGES.get(self.slug, "desk/editing/step.html")


#: Steps whose questions need more than one field below the other.
OWN_PAGES = {
    "topics": "desk/editing/topics.html",
    "places": "desk/editing/places.html",
    "contact": "desk/editing/contact.html",
}

NAME = Step("name", _("Name"), "pencil", ("name", "summary"), must=True)
ABOUT = Step("about", _("About it"), "list", ("description", "easy"))
PICTURE = Step("picture", _("Picture"), "picture", ("image", "image_alt"), form=None)
CONTACT_FIELDS = (
    *("website", "social_links", "contact_name", "contact_name_visibility"),
    *("phone", "phone_visibility", "email", "email_visibility"),
)
CONTACT = Step("contact", _("Contact"), "phone", CONTACT_FIELDS, forms.ContactForm)
WHERE = Step("where", _("Address"), "map", ("street", "postcode", "city", "getting_there"), forms.WhereForm)
LANGUAGES = Step("languages", _("Other languages"), "language", (), form=None)

STEPS: dict[type[Any], tuple[Step, ...]] = {
    Provider: (
        NAME,
        ABOUT,
        Step("topics", _("What and for whom"), "people", ("kind", "categories", "targets"), forms.TopicsForm, must=True),
        PICTURE,
        CONTACT,
        WHERE,
        Step("taking-part", _("Taking part"), "wheelchair", ("spoken", "adaptations", "adaptation_note"), forms.WhoForm),
        Step(
            "members",
            _("Members and volunteers"),
            "volunteer",
            ("membership_fee", "membership_note", "volunteers_wanted", "volunteers_note", "founded"),
            forms.MembershipForm,
        ),
        LANGUAGES,
    ),
    Activity: (
        NAME,
        ABOUT,
        Step("topics", _("What and for whom"), "people", ("categories", "targets"), forms.TopicsForm, must=True),
        Step("when", _("When"), "calendar", ("sessions",), form=None),
        Step("places", _("Where"), "map", ("places", "street", "postcode", "city", "getting_there"), forms.PlacesForm),
        Step("age", _("Ages"), "child", ("age_from", "age_to", "low_threshold"), forms.WhoForm),
        Step("price", _("Price"), "price", ("is_free", "price", "price_per", "price_note", "trial"), forms.PriceForm),
        Step(
            "start",
            _("How to start"),
            "start",
            (
                *("first_steps", "bring", "first_contact_name", "first_contact_phone"),
                *("first_contact_email", "first_contact_visibility"),
            ),
            forms.StartForm,
        ),
        PICTURE,
        CONTACT,
        Step("taking-part", _("Taking part"), "wheelchair", ("spoken", "adaptations", "adaptation_note"), forms.WhoForm),
        Step("volunteers", _("Volunteers"), "volunteer", ("volunteers_wanted", "volunteers_note")),
        LANGUAGES,
    ),
    Place: (
        NAME,
        ABOUT,
        Step("topics", _("What and for whom"), "people", ("kind", "categories", "targets"), forms.TopicsForm, must=True),
        WHERE,
        Step("hours", _("Opening hours"), "clock", ("opening_times", "opening_note"), form=None),
        Step("price", _("Price"), "price", ("is_free", "price", "price_note"), forms.PriceForm),
        Step("lending", _("Lending"), "bicycle", ("equipment", "loan_terms")),
        PICTURE,
        CONTACT,
        Step("taking-part", _("Taking part"), "wheelchair", ("spoken", "adaptations", "adaptation_note"), forms.WhoForm),
        LANGUAGES,
    ),
}
#: The word in the address for each kind of page.
KINDS: dict[str, type[Any]] = {"page": Provider, "activities": Activity, "places": Place}
KIND_OF = {model: kind for kind, model in KINDS.items()}


def step_named(model: type[Any], slug: str) -> Step | None:
    """The step with this word in its address."""
    return next((step for step in STEPS[model] if step.slug == slug), None)


def is_done(step: Step, draft: Any) -> bool:
    """Whether something has been answered in a step."""
    first = draft.municipality.languages[0]
    if step is LANGUAGES:
        return all(written_in(draft, code)[0] for code in draft.municipality.languages[1:])
    texts = texts_of(type(draft))
    if step.slug == "topics":
        return bool(draft.categories.all())
    if step is PICTURE:
        return bool(draft.image_id and getattr(draft, f"image_alt_{first}", ""))
    for name in step.fields:
        if name.endswith("_visibility"):
            continue
        value = getattr(draft, f"{name}_{first}" if name in texts else name)
        if hasattr(value, "all"):
            value = list(value.all())
        if value not in (None, "", [], False) or (name == "is_free" and value is False):
            return True
    return False


def written_in(draft: Any, code: str) -> tuple[int, int]:
    """How many texts a listing has in a language, of how many in its first."""
    first = draft.municipality.languages[0]
    there = [name for name in texts_of(type(draft)) if (getattr(draft, f"{name}_{first}", "") or "").strip()]
    return sum(bool((getattr(draft, f"{name}_{code}", "") or "").strip()) for name in there), len(there)


def step_of(model: type[Any], field: str, languages: list[str]) -> Step | None:
    """The step in which a field is asked; `field` may be a column of a language ("summary_ar")."""
    stem, _sep, code = field.rpartition("_")
    if stem in texts_of(model) and code in languages:
        if code != languages[0]:
            return LANGUAGES
        field = stem
    return next((step for step in STEPS[model] if field in step.fields), None)
