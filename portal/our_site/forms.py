"""What a coordinator says of the own site, and what is asked before a new one is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import Image
from wagtail.images.permissions import permission_policy as image_policy
from wagtail.images.widgets import AdminImageChooser
from wagtail.models import Page

from directory.geography.boundaries import boundary_of
from directory.municipalities.models import Feature, Municipality
from portal.kit.refusals import Refused
from portal.languages import CODES, NAMES, direction
from portal.our_site.actions import Entry, Why, mark_of_site, read_host
from portal.pages.links import at_home, tidy_address
from portal.pages.look import SiteLook, check_hex
from portal.pages.menu import Fixed, MenuItem, Spot
from portal.theme.rules import why_not_colours
from portal.theme.stylesheet import Colours

# What can be switched today. `Feature` holds more parts than are installed: their switches come here with them, since
# a switch that does nothing would be a promise.
SWITCHES = (Feature.CALENDAR, Feature.NEWSLETTERS)
NORWEGIAN = {"nb", "nn"}
TEXTS = ("footer", "contact")
# The product's own colours, where a picker begins while none is chosen.
OURS = {"accent": "#0a6660", "brand": "#c9502a", "neutral": "#453c34"}


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """One line of the table of languages."""

    code: str
    name: str
    dir: str
    offer: Any
    place: Any
    checked: Any
    percent: int | None
    is_offered: bool


def verbose(name: str) -> str:
    """What people call a field of the look."""
    return str(getattr(SiteLook._meta.get_field(name), "verbose_name", name))


class OurSiteForm(forms.Form):
    """Languages, colours, logo, words and parts of one municipality's site."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)  # the mark of what the form was filled with
    contact_email = forms.EmailField(
        label=_("Mail address of your office"),
        required=False,
        help_text=_("Stands at the foot of every page. Error reports are sent to it."),
    )
    accent = forms.CharField(
        label=_("Main colour"),
        required=False,
        max_length=7,
        validators=[check_hex],
        help_text=_("Buttons, links and marks. Write # and six digits, or leave it empty for our own."),
    )
    brand = forms.CharField(
        label=_("Second colour"),
        required=False,
        max_length=7,
        validators=[check_hex],
        help_text=_("Large fields, and what is lit up."),
    )
    neutral = forms.CharField(
        label=_("Ground colour"),
        required=False,
        max_length=7,
        validators=[check_hex],
        help_text=_("The ground of the page, lines and grey text are made of it."),
    )
    logo = forms.ModelChoiceField(
        Image.objects.none(),
        label=_("Logo"),
        required=False,
        widget=AdminImageChooser,
        help_text=_("Stands at the top of every page on white. The name of the municipality stands beside it."),
    )

    def __init__(self, *args: Any, municipality: Municipality, look: SiteLook, user: Any, **kwargs: Any) -> None:
        self.municipality, self.look = municipality, look
        self.translated: dict[str, int] = {}  # per cent by language; asked for when the form is shown
        super().__init__(*args, **{"initial": self._now()} | kwargs)
        for name, ours in OURS.items():
            self.fields[name].widget.attrs |= {"data-colour": ours, "size": 9, "spellcheck": "false"}
        allowed = image_policy.instances_user_has_permission_for(user, "choose").values("pk")
        self.fields["logo"].queryset = Image.objects.filter(pk__in=allowed) | Image.objects.filter(pk=look.logo_id)  # type: ignore[attr-defined]
        for feature in SWITCHES:
            self.fields[f"part_{feature.value}"] = forms.BooleanField(label=feature.label, required=False)
        for code, name in NAMES.items():
            self.fields[f"offer_{code}"] = forms.BooleanField(label=_("Offer %(name)s") % {"name": name}, required=False)
            self.fields[f"place_{code}"] = forms.IntegerField(
                label=_("Number of %(name)s in the order") % {"name": name}, required=False, min_value=1, max_value=99
            )
            self.fields[f"checked_{code}"] = forms.BooleanField(
                label=_("A speaker has checked %(name)s") % {"name": name}, required=False
            )
        for code in municipality.languages:
            marks = {"lang": code, "dir": direction(code)}
            self.fields[f"footer_{code}"] = forms.CharField(
                label=f"{capfirst(verbose('footer'))} · {NAMES[code]}",
                required=False,
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 3} | marks),
            )
            self.fields[f"contact_{code}"] = forms.CharField(
                label=f"{capfirst(verbose('contact'))} · {NAMES[code]}",
                required=False,
                max_length=200,
                widget=forms.TextInput(attrs=marks),
            )

    def _now(self) -> dict[str, Any]:
        town, look = self.municipality, self.look
        now: dict[str, Any] = {name: getattr(look, name) for name in ("accent", "brand", "neutral", "logo")}
        now["contact_email"] = town.contact_email
        now["seen"] = mark_of_site(town, look)
        now |= {f"part_{feature.value}": town.has(feature) for feature in SWITCHES}
        for code in CODES:
            now[f"offer_{code}"] = code in town.languages
            now[f"place_{code}"] = town.languages.index(code) + 1 if code in town.languages else None
            now[f"checked_{code}"] = code in town.checked_languages
            now |= {f"{text}_{code}": getattr(look, f"{text}_{code}") or "" for text in TEXTS}
        return now

    def look_anew(self) -> None:
        """Keep what was typed, beside what has been changed meanwhile: the next press on “Save” is about that."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = self.initial["seen"]
        for field in self.text_fields():  # of languages that came in between
            data.setdefault(field.html_name, field.initial)
        self.data = data

    # what the page is written from
    def language_rows(self) -> Iterator[LanguageRow]:
        """Every language, the offered ones first and in their order."""
        for code in [*self.municipality.languages, *(code for code in CODES if code not in self.municipality.languages)]:
            yield LanguageRow(
                code,
                NAMES[code],
                direction(code),
                self[f"offer_{code}"],
                self[f"place_{code}"],
                self[f"checked_{code}"],
                self.translated.get(code),
                code in self.municipality.languages,
            )

    def colour_fields(self) -> list[Any]:
        return [self["accent"], self["brand"], self["neutral"]]

    def text_fields(self) -> list[Any]:
        return [self[f"{text}_{code}"] for code in self.municipality.languages for text in TEXTS]

    def part_fields(self) -> list[Any]:
        return [self[f"part_{feature.value}"] for feature in SWITCHES]

    # what was said
    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        offered = sorted(
            (code for code in CODES if values.get(f"offer_{code}")),
            key=lambda code: (values.get(f"place_{code}") or 99, CODES.index(code)),
        )
        if not NORWEGIAN & set(offered):
            self.add_error(None, _("Norwegian must stay, bokmål or nynorsk: what is decided is binding in it."))
        values["languages"] = offered
        values["checked_languages"] = [code for code in offered if values.get(f"checked_{code}")]
        switched = [feature.value for feature in SWITCHES if values.get(f"part_{feature.value}")]
        # What has no switch here yet stays as it is.
        kept = [part for part in self.municipality.features if part not in {feature.value for feature in SWITCHES}]
        values["features"] = [*switched, *kept]
        if not {"accent", "brand", "neutral"} & set(self.errors):
            for name in ("accent", "brand", "neutral"):
                values[name] = values.get(name, "").lower()
            colours = Colours(values["accent"], values["brand"], values["neutral"])
            for name, fault in why_not_colours(colours).items():
                self.add_error(name, str(fault))
        return values


# ── the menu ────────────────────────────────────────────────────────────────────────────────────────────────


class MenuRowForm(forms.Form):
    """One entry of the menu. `known`: the items there are, by number."""

    item = forms.IntegerField(required=False, widget=forms.HiddenInput)
    place = forms.IntegerField(label=_("Order"), required=False, min_value=1, max_value=999)
    spot = forms.ChoiceField(label=_("Where"), choices=Spot.choices, required=False, initial=Spot.TOP)
    target = forms.ChoiceField(label=_("Leads to"), required=False)
    address = forms.CharField(label=_("Address"), required=False, max_length=500)
    remove = forms.BooleanField(label=_("Remove"), required=False)

    def __init__(
        self, *args: Any, municipality: Municipality, targets: list[Any], known: dict[int, MenuItem], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.municipality, self.known = municipality, known
        self.fields["target"].choices = targets  # type: ignore[attr-defined]
        for code in municipality.languages:
            self.fields[f"label_{code}"] = forms.CharField(
                label=_("Text in %(name)s") % {"name": NAMES[code]},
                required=False,
                max_length=60,
                widget=forms.TextInput(attrs={"lang": code, "dir": direction(code)}),
            )

    def label_fields(self) -> list[Any]:
        return [self[f"label_{code}"] for code in self.municipality.languages]

    def clean_address(self) -> str:
        with at_home(self.municipality):
            return tidy_address(self.cleaned_data["address"])

    @property
    def is_left_empty(self) -> bool:
        values = self.cleaned_data
        return not (values.get("target") or values.get("address") or any(values.get(f.name) for f in self.label_fields()))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("remove") or self.is_left_empty or self.errors:
            return values
        target, address = values.get("target"), values.get("address")
        if target and address:
            raise ValidationError(_("Choose where it leads, or write an address: not both."))
        if not target and not address:
            raise ValidationError(_("Choose where it leads, or write an address."))
        if address and not any(values.get(field.name) for field in self.label_fields()):
            raise ValidationError(_("An entry with an address needs a text."))
        return values

    def entry(self) -> Entry:
        """What was said, as the action wants it."""
        values = self.cleaned_data
        sort, _colon, what = values["target"].partition(":")
        item = self.known.get(values.get("item") or 0)
        # A language that is switched off for a while keeps its words.
        resting = {code: text for code in CODES if (text := getattr(item, f"label_{code}", ""))}
        return Entry(
            spot=values["spot"] or Spot.TOP,
            page=int(what) if sort == "page" else None,
            fixed=what if sort == "fixed" else "",
            address=values["address"],
            labels=resting | {code: values.get(f"label_{code}", "") for code in self.municipality.languages},
            pk=item.pk if item else None,
        )


MenuFormSet = formset_factory(MenuRowForm, extra=3, max_num=60, validate_max=True)


def entries_of(formset: Any) -> list[Entry]:
    """The entries of a menu as they were put in order."""
    kept = [form for form in formset.forms if form.cleaned_data and not form.cleaned_data["remove"] and not form.is_left_empty]
    numbered = sorted(enumerate(kept), key=lambda pair: (pair[1].cleaned_data.get("place") or 999, pair[0]))
    return [form.entry() for _place, form in numbered]


def targets_of(municipality: Municipality) -> list[Any]:
    """Where an entry may lead: fixed places, and pages of the own tree."""
    choices: list[Any] = [
        ("", _("An address:")),
        (_("Places every site has"), [(f"fixed:{fixed.value}", fixed.label) for fixed in Fixed]),
    ]
    if municipality.site:
        root = municipality.site.root_page
        pages = Page.objects.filter(path__startswith=root.path, depth__gt=root.depth).order_by("path")[:500]
        if rows := [(f"page:{page.pk}", f"{'· ' * (page.depth - root.depth - 1)}{page.title}") for page in pages]:
            choices.append((_("Your pages"), rows))
    return choices


def initial_of(item: MenuItem, place: int) -> dict[str, Any]:
    """A stored entry as the form shows it."""
    target = f"page:{item.page_id}" if item.page_id else f"fixed:{item.fixed}" if item.fixed else ""
    return {
        "item": item.pk,
        "place": place,
        "spot": item.spot,
        "target": target,
        "address": item.address,
        **{f"label_{code}": getattr(item, f"label_{code}") or "" for code in CODES},
    }


# ── a new municipality ──────────────────────────────────────────────────────────────────────────────────────


#: Where a refusal is said.
FIELD_OF = {
    Why.NUMBER: "number",
    Why.HOST: "host",
    Why.HOST_TAKEN: "host",
    Why.HAS_SITE: "host",
    Why.NAME_TAKEN: "name",
    Why.LANGUAGE: "languages",
    Why.NORWEGIAN: "languages",
}


class NewSiteForm(forms.Form):
    """What must be known of a municipality to give it a site."""

    number = forms.CharField(label=_("Municipality number"), max_length=4, help_text=_("Four digits, for instance 3911."))
    name = forms.CharField(label=_("Name"), max_length=80, required=False, help_text=_("Empty: as in the register."))
    host = forms.CharField(
        label=_("Host name"), max_length=200, help_text=_("Where the site answers, for instance faerder.example.org.")
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=list(NAMES.items()),
        initial=["nb", "en"],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The order is set afterwards, under “Our site”."),
    )
    coordinator = forms.EmailField(label=_("Mail address of the coordinator"), required=False)

    def clean_number(self) -> str:
        number = str(self.cleaned_data["number"]).strip()
        if boundary_of(number) is None:
            raise ValidationError(str(Refused(Why.NUMBER, number=number)))
        return number

    def clean_host(self) -> str:
        host = str(self.cleaned_data["host"])
        try:
            read_host(host)
        except Refused as refused:
            raise ValidationError(str(refused)) from refused
        return host

    def clean_languages(self) -> list[str]:
        codes = list(self.cleaned_data["languages"])
        if not NORWEGIAN & set(codes):
            raise ValidationError(Why.NORWEGIAN.label)
        return codes

    def refuse(self, refused: Refused) -> None:
        """Say what the action found wrong, at the field it is about."""
        self.add_error(FIELD_OF.get(Why(refused.reason)), str(refused))
