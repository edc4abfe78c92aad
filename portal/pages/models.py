"""Wagtail page types."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, ObjectList, TabbedInterface
from wagtail.models import Page

from portal.languages import LANGUAGES
from portal.pages.look import SiteLook
from portal.pages.menu import MenuItem

__all__ = ["HomePage", "MenuItem", "SiteLook"]


class HomePage(Page):
    """The front page of one municipality: one question, the ways in, what happens this week."""

    heading = models.CharField(_("heading"), max_length=120, blank=True)
    intro = models.TextField(_("introduction"), blank=True)

    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    subpage_types: ClassVar[list[str]] = []
    template = "pages/home.html"

    edit_handler = TabbedInterface(
        [
            *(ObjectList([FieldPanel(f"heading_{code}"), FieldPanel(f"intro_{code}")], heading=name) for code, name in LANGUAGES),
            ObjectList(Page.promote_panels, heading=_("Promote")),
        ]
    )

    class Meta:
        verbose_name = _("front page")
        verbose_name_plural = _("front pages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from portal.pages.home import home_context

        return super().get_context(request, *args, **kwargs) | home_context(request, self)
