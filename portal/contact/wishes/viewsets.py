"""The words of wishes: staff decide which of them everybody may read. Age and part of town are told elsewhere, in sums."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.panels import FieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import Column

from directory.municipalities.tenancy import TenantBulkAction, TenantFilterSet, TenantForm, TenantViewSet
from portal.contact.enquiries.viewsets import DecidePolicy
from portal.contact.wishes.actions import decide_words
from portal.contact.wishes.models import Wish, WordsState
from portal.languages import NAMES


class WordsForm(TenantForm):
    """The decision."""

    decision = forms.ChoiceField(
        label=_("May everybody read it?"),
        choices=[("show", _("Yes, show it on the page of wishes")), ("hide", _("No, staff only"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].initial = {WordsState.SHOWN: "show", WordsState.HIDDEN: "hide"}.get(self.instance.words)

    def save(self, commit: bool = True) -> Wish:
        decide_words(wish=self.instance, shown=self.cleaned_data["decision"] == "show", by=self.for_user, at=timezone.now())
        return self.instance


class WordsPanel(Panel):
    """The words, and what they are about."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "contact/wishes/staff/words.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            return super().get_context_data(parent_context) | {"wish": self.instance}


class WordsFilterSet(TenantFilterSet):
    words = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[choice for choice in WordsState.choices if choice[0] != WordsState.NONE],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Wish
        fields = ("words", "category")


class WordsViewSet(TenantViewSet):
    model = Wish
    icon = "comment"
    menu_label = _("Wishes")
    policy_class = DecidePolicy
    filterset_class = WordsFilterSet
    list_display: ClassVar[list[Any]] = [
        "text",
        "category",
        Column("lang", label=_("Language"), accessor=lambda row: NAMES.get(row.lang, row.lang), sort_key="lang"),
        "words",
    ]
    list_related = ("category",)
    list_export: ClassVar[list[str]] = ["id", "text", "category", "lang", "words"]
    search_columns = ("text",)
    ordering = "-pk"
    edit_handler = ObjectList([WordsPanel(), FieldPanel("decision")], base_form_class=WordsForm)

    def rows(self, user: Any) -> QuerySet[Wish]:
        return super().rows(user).exclude(text="")


class ShowMany(TenantBulkAction):
    """Let everybody read these words."""

    display_name = _("Show")
    action_type = "show"
    aria_label = _("Show what is marked")
    template_name = "directory/listings/staff/many.html"
    question: Any = _("Show these words on the page of wishes?")
    yes: Any = _("Yes, show")
    action_priority = 10
    models: ClassVar[list[Any]] = [Wish]
    shown = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"question": self.question, "yes": self.yes, "serious": False}

    @classmethod
    def execute_action(cls, objects: Any, user: Any = None, **context: Any) -> tuple[int, int]:
        by, at = context["self"].request.user, timezone.now()
        return sum(decide_words(wish=row, shown=cls.shown, by=by, at=at) for row in objects), 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        return ngettext("Done for %(count)d.", "Done for %(count)d.", num_parent_objects) % {"count": num_parent_objects}


class HideMany(ShowMany):
    """Keep these words to staff."""

    display_name = _("Do not show")
    action_type = "hide"
    aria_label = _("Do not show what is marked")
    question = _("Keep these words to staff?")
    yes = _("Yes, staff only")
    action_priority = 20
    shown = False
