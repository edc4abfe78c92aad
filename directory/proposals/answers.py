"""Reasons that every municipality gives now and then, ready in every language; beside those that staff save for themselves."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from directory.municipalities.models import Municipality
from directory.proposals.models import SavedAnswer

COMMON = (
    lambda: _("Tell a little more: what do you do, who is it for, and what happens the first time?"),
    lambda: _("Write when and where you meet, so that a newcomer finds the way."),
    lambda: _("Write what it costs. If it is free, say so."),
    lambda: _("Choose another picture. Everybody in it must have said yes to being shown."),
    lambda: _("This looks like a private number or address. Use the association's own, or let only the municipality see it."),
    lambda: _("Use shorter sentences and common words. Many readers are new to the language."),
    lambda: _("This is about more than one activity. Make one page for each."),
)


def answers_for(municipality: Municipality, lang: str) -> list[tuple[str, str]]:
    """(what staff see, what a reader of `lang` reads), the municipality's own first."""
    order = municipality.order_for(lang)
    own = [(row.name, row.text_in(order).value) for row in SavedAnswer.objects.filter(municipality=municipality)]
    with translation.override(lang):
        texts = [str(text()) for text in COMMON]
    return own + [(str(text()), said) for text, said in zip(COMMON, texts, strict=True)]
