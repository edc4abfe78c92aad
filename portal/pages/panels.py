"""The form of a page in tabs: one for each language, then what is the same in all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, ObjectList, Panel, PublishingPanel

from directory.municipalities.panels import LanguageTabs
from portal.languages import NAMES

TEXTS: Mapping[str, Any] = {"heading": _("Heading"), "intro": _("Introduction")}
HELP: Mapping[str, Any] = {
    "intro": _("One or two sentences on what the page is about."),
    "body": _("Press + to add a text, a picture, a button or something else. Left empty, another language is shown."),
}


def page_tabs(facts: Iterable[Panel] = (), texts: Mapping[str, Any] | None = None) -> LanguageTabs:
    """Tabs of a page type. `texts`: translated fields of its own, between introduction and body."""
    fields = {**TEXTS, **(texts or {}), "body": _("Contents")}
    facts = list(facts)
    return LanguageTabs(
        [
            *(
                ObjectList(
                    [
                        FieldPanel(f"{field}_{code}", heading=label, help_text=HELP.get(field, ""))
                        for field, label in fields.items()
                    ],
                    heading=name,
                )
                for code, name in NAMES.items()
            ),
            *([ObjectList(facts, heading=_("Facts"))] if facts else []),
            ObjectList([_slug(), PublishingPanel()], heading=_("Publishing")),
        ]
    )


def _slug() -> FieldPanel:
    return FieldPanel(
        "slug",
        heading=_("Short name for addresses"),
        help_text=_("The last part of the page's address, the same in every language. Left empty, it is made from the heading."),
    )
