"""A guide to one support scheme: who it is for and how to get it, step by step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from directory.listings.words import kroner
from directory.support.models import SupportScheme
from portal.kit.texts import best
from portal.pages.base import TranslatedPage
from portal.pages.owners import reachable
from portal.pages.panels import page_tabs


class GuidePage(TranslatedPage):
    """What the scheme says of itself stands here too, read from the scheme: it is written once."""

    page_description = _("How to get help from one support scheme, step by step. What the scheme itself says is shown with it.")

    scheme = models.ForeignKey(
        SupportScheme, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("support scheme")
    )

    parent_page_types: ClassVar[list[str]] = ["pages.HomePage", "pages.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "pages/guide.html"
    edit_handler = page_tabs([FieldPanel("scheme")])

    class Meta:
        verbose_name = _("guide to a support scheme")
        verbose_name_plural = _("guides to support schemes")

    def clean(self) -> None:
        super().clean()
        if self.scheme_id is None and self._state.adding:
            raise ValidationError({"scheme": _("Choose the scheme that the guide is about.")})

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        scheme = self.scheme if self.scheme is not None and self.scheme.is_public else None
        order = self.order()
        texts = (
            {field: best(scheme, field, order) for field in ("name", "who_may_apply", "covers", "how_to_apply")} if scheme else {}
        )
        return super().get_context(request, *args, **kwargs) | {
            "scheme": scheme,
            "texts": texts,
            "amount": kroner(scheme.max_amount) if scheme and scheme.max_amount else "",
        }


def guides_to(schemes: Iterable[SupportScheme], municipality: Any) -> list[GuidePage]:
    """The published guides to any of these schemes."""
    keys = [scheme.pk for scheme in schemes if scheme.pk is not None]
    if not keys or municipality is None or municipality.site is None:
        return []
    rows = list(reachable(GuidePage.objects.live().filter(scheme__in=keys)).descendant_of(municipality.site.root_page))
    for row in rows:
        row._municipality = municipality
    return rows
