"""Wagtail page types.

front page
├─ section ─ its pages as cards         ├─ accessibility statement, privacy
├─ text                                 ├─ guide ─ to one support scheme     (guides.py)
├─ news ─ article                       └─ season ─ a holiday programme      (seasons.py)
   (news.py)                               statements stand in statements.py
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.pages.base import TranslatedPage, live_children
from portal.pages.forms import PageForm
from portal.pages.guides import GuidePage
from portal.pages.look import SiteLook
from portal.pages.menu import MenuItem
from portal.pages.news import NewsIndexPage, NewsPage
from portal.pages.seasons import SeasonPage
from portal.pages.statements import AccessibilityStatementPage, PrivacyPage

__all__ = [
    "AccessibilityStatementPage",
    "GuidePage",
    "HomePage",
    "MenuItem",
    "NewsIndexPage",
    "NewsPage",
    "PrivacyPage",
    "SeasonPage",
    "SectionPage",
    "SiteLook",
    "TextPage",
]


class HomePageForm(PageForm):
    """A front page without a heading of its own asks the product's question."""

    named_by = ""


class HomePage(TranslatedPage):
    """The front page of one municipality: one question, the ways in, what happens this week."""

    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    template = "pages/home.html"
    base_form_class = HomePageForm

    class Meta:
        verbose_name = _("front page")
        verbose_name_plural = _("front pages")

    def title_from_heading(self) -> str:
        """Staff know a front page by the municipality's name."""
        return ""

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from portal.pages.home import home_context

        return super().get_context(request, *args, **kwargs) | home_context(request, self)


class SectionPage(TranslatedPage):
    """Shows the pages below it as cards."""

    page_description = _("Gathers pages on one subject: the pages made below it are shown as cards.")

    parent_page_types: ClassVar[list[str]] = ["pages.HomePage", "pages.SectionPage"]
    template = "pages/section.html"

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from portal.pages.cards import page_cards

        return super().get_context(request, *args, **kwargs) | {"cards": page_cards(live_children(self))}


class TextPage(TranslatedPage):
    """A page to read."""

    page_description = _("An ordinary page with texts, pictures, buttons, questions and answers, lists and maps.")

    parent_page_types: ClassVar[list[str]] = ["pages.HomePage", "pages.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "pages/text.html"

    class Meta:
        verbose_name = _("text page")
        verbose_name_plural = _("text pages")
