"""Drafts as residents would see them, in each language the municipality offers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from wagtail.models import PreviewableMixin

from portal.languages import NAMES

Page = Callable[[HttpRequest, Any], HttpResponse]


class PreviewInLanguages(PreviewableMixin):
    """One preview for each language; the page is the public one, `show(request, listing)` in the room's views."""

    @property
    def preview_modes(self) -> list[tuple[str, str]]:
        municipality = self.municipality if self.municipality_id else None  # type: ignore[attr-defined]
        return [(code, NAMES[code]) for code in (municipality.languages if municipality else ["nb", "en"])]

    @property
    def full_url(self) -> str | None:
        """Where the page would stand: the preview is asked from the municipality's own host."""
        site = self.municipality.site if self.municipality_id else None  # type: ignore[attr-defined]
        return f"{site.root_url}/" if site else None

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        code = mode_name if mode_name in dict(self.preview_modes) else self.preview_modes[0][0]
        self.slug: str = getattr(self, "slug", "") or "draft"  # something new has no address yet, and the page tells its own
        request.municipality = self.municipality  # type: ignore[attr-defined]
        request.LANGUAGE_CODE = code  # type: ignore[attr-defined]
        with translation.override(code):
            response = page_of(type(self))(request, self)
            if hasattr(response, "render"):
                response.render()
        return response


def page_of(model: type[Any]) -> Page:
    """The public page of a kind of listing; it stands in the room's views, which are made of the models."""
    views = import_module(f"{model.__module__.rpartition('.')[0]}.views")
    return getattr(views, "show", plain_page)


def plain_page(request: HttpRequest, listing: Any) -> HttpResponse:
    """Where there is no public page to show."""
    return render(request, "directory/listings/staff/no_page.html", {"listing": listing})
