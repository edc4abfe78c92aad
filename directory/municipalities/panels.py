"""Forms in tabs: the facts, and one tab of texts for each language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from modeltranslation.translator import translator
from wagtail.admin.panels import FieldPanel, ObjectList, Panel, TabbedInterface

from directory.municipalities.tenancy import TenantForm
from portal.languages import NAMES


class LanguageTabs(TabbedInterface):
    """Tabs of which those of a language stand in the order of the municipality."""

    class BoundPanel(TabbedInterface.BoundPanel):
        @cached_property
        def visible_children_with_identifiers(self) -> list[tuple[Any, str]]:
            shown = [
                (child, name) for child, name in zip(self.children, self.panel.child_identifiers, strict=True) if child.is_shown()
            ]
            order = {NAMES[code]: place for place, code in enumerate(self.form.offered())}
            places = [place for place, (child, _name) in enumerate(shown) if child.heading in order]
            tabs = sorted((shown[place] for place in places), key=lambda tab: order[tab[0].heading])
            for place, tab in zip(places, tabs, strict=True):
                shown[place] = tab
            return shown


def boxes(name: str) -> FieldPanel:
    """Several of a list, as boxes."""
    return FieldPanel(name, widget=forms.CheckboxSelectMultiple)


def label(model: type[Model], field: str) -> str:
    """What people call a field."""
    return str(getattr(model._meta.get_field(field), "verbose_name", field))


def language_tabs(model: type[Model]) -> list[ObjectList]:
    """A tab of every text for each language there is; the form takes out those a municipality does not offer."""
    translated = translator.get_options_for_model(model).all_fields
    fields = [field.name for field in model._meta.get_fields() if field.name in translated]  # in the order of the model
    return [
        ObjectList(
            [FieldPanel(f"{field}_{code}", heading=capfirst(label(model, field))) for field in fields],
            heading=name,
        )
        for code, name in NAMES.items()
    ]


def tabbed(
    model: type[Model], facts: Iterable[Panel], *, form: type[TenantForm] = TenantForm, texts_first: bool = False
) -> LanguageTabs:
    """Facts in the first tab, texts after it; or the other way round for what is hardly more than its name."""
    first = ObjectList([FieldPanel("municipality"), *facts], heading=_("Facts"))
    tabs = language_tabs(model)
    return LanguageTabs([*tabs, first] if texts_first else [first, *tabs], base_form_class=form)
