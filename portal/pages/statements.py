"""Pages that the law asks for: what works for whom, and what is kept of people."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from portal.kit.texts import best
from portal.pages.base import TranslatedPage
from portal.pages.panels import page_tabs

BINDING = ("nb", "nn")  # the languages in which such a text holds
COMPLAINTS = "https://www.uutilsynet.no/tilsyn/klage-og-tips/82"


def today() -> date:
    return timezone.localdate()


class AccessibilityStatementPage(TranslatedPage):
    """The statement that a public body must keep: how far the demands are met, what is not, and how to say so."""

    page_description = _("What the law asks a public body to say of how its site can be used by everybody.")

    class Status(models.TextChoices):
        FULL = "full", _("meets all the demands of the law")
        PARTLY = "partly", _("meets the demands of the law partly")
        NOT = "not", _("does not meet the demands of the law")

    status = models.CharField(_("this site"), max_length=8, choices=Status.choices, default=Status.PARTLY)
    updated = models.DateField(_("last gone through"), default=today)
    contact_email = models.EmailField(_("mail address for faults"), blank=True, help_text=_("Empty: that of the municipality."))
    statement_url = models.URLField(
        _("address at uustatus.no"), max_length=400, blank=True, help_text=_("Where the official statement is published.")
    )
    known_faults = models.TextField(_("known faults"), blank=True, help_text=_("One a line."))

    parent_page_types: ClassVar[list[str]] = ["pages.HomePage", "pages.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    max_count_per_parent = 1
    template = "pages/accessibility_statement.html"
    edit_handler = page_tabs(
        [FieldRowPanel([FieldPanel("status"), FieldPanel("updated")]), FieldPanel("contact_email"), FieldPanel("statement_url")],
        texts={"known_faults": _("Known faults, one a line")},
    )

    class Meta:
        verbose_name = _("accessibility statement")
        verbose_name_plural = _("accessibility statements")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        owner = self.municipality
        return super().get_context(request, *args, **kwargs) | {
            "known_faults": self.text("known_faults"),
            "contact": self.contact_email or (owner.contact_email if owner else ""),
            "complaints": COMPLAINTS,
        }


class PrivacyPage(TranslatedPage):
    """What is kept of visitors and of those who sign in. It holds in Norwegian; a translation stands beside it."""

    page_description = _("What is kept of visitors and of those who sign in.")

    updated = models.DateField(_("last gone through"), default=today)
    contact_email = models.EmailField(_("mail address of the privacy officer"), blank=True)

    parent_page_types: ClassVar[list[str]] = ["pages.HomePage", "pages.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    max_count_per_parent = 1
    template = "pages/privacy.html"
    edit_handler = page_tabs([FieldRowPanel([FieldPanel("updated"), FieldPanel("contact_email")])])

    class Meta:
        verbose_name = _("privacy page")
        verbose_name_plural = _("privacy pages")

    def binding(self) -> dict[str, Any] | None:
        """The Norwegian text, where what is shown first is another language's."""
        _body, in_lang = self.blocks_in()
        if in_lang.lang in BINDING:
            return None
        owner = self.municipality
        codes = [code for code in (owner.languages if owner else BINDING) if code in BINDING] or list(BINDING)
        for code in codes:
            if body := getattr(self, f"body_{code}", None):
                return {"body": body, "in_lang": type(in_lang)("·", code), "heading": best(self, "heading", [code])}
        return None

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        owner = self.municipality
        return super().get_context(request, *args, **kwargs) | {
            "binding": self.binding(),
            "contact": self.contact_email or (owner.contact_email if owner else ""),
        }
