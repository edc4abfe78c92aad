"""Says on a public page that words on it were translated by a machine."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

from portal.languages import CODES
from portal.translating.shown import machine_made

register = template.Library()


@register.inclusion_tag("components/machine_text.html", takes_context=True)
def machine_text(context: Context, *things: Any) -> dict[str, Any]:
    """The line for the rows given: model instances, cards of listings, or lists of either. Nothing where people wrote all of it.

    One query, whatever is given.
    """
    lang = context.get("page_lang", "")
    municipality = context.get("municipality")
    request = context.get("request")
    if municipality is None or request is None or lang not in CODES:
        return {"source": ""}
    source = machine_made(lang, things)
    return {
        "source": source if source in municipality.languages else "",
        "is_machine": bool(source),
        "request": request,
        "page_lang": lang,
    }
