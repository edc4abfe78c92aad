"""Pages of the CMS that pages of the directory lead to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template.context import Context

from portal.kit.texts import Text
from portal.pages.finding import pages_about
from portal.pages.guides import guides_to

register = template.Library()


@register.simple_tag(takes_context=True)
def guides_to_scheme(context: Context, scheme: Any) -> list[tuple[str, Text]]:
    """Address and name of every published guide to a support scheme."""
    return guides_to_schemes(context, [scheme])


@register.simple_tag(takes_context=True)
def guides_to_schemes(context: Context, schemes: Iterable[Any]) -> list[tuple[str, Text]]:
    """The same of several schemes."""
    return [(guide.url, guide.name()) for guide in guides_to(schemes, context.get("municipality")) if guide.url]


@register.simple_tag(takes_context=True)
def pages_with(context: Context, text: str) -> list[tuple[str, Text]]:
    """Address and heading of the pages whose headings have the words searched for."""
    municipality = context.get("municipality")
    return pages_about(municipality, context["page_lang"], text) if municipality and text else []
