"""What every template of ours may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.languages import NAMES, direction, interface_of
from portal.pages.navigation import navigation


def site(request: HttpRequest) -> dict[str, Any]:
    """`municipality`, `page_lang`, `page_dir`, `interface_lang` (the page's own words, where `page_lang` has content only),
    `languages` (code, own name, dir) in the municipality's order, `map_tiles_url`.

    `navigation` is the menu, the foot, the logo and the colours, asked for where a template writes them.
    """
    municipality = getattr(request, "municipality", None)
    lang = getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)
    offered = municipality.languages if municipality else ["nb", "en"]
    return {
        "municipality": municipality,
        "page_lang": lang,
        "page_dir": direction(interface_of(lang)),
        "interface_lang": interface_of(lang),
        "languages": [(code, NAMES[code], direction(code)) for code in offered],
        "navigation": SimpleLazyObject(lambda: navigation(municipality, lang)),
        "map_tiles_url": "" if settings.MAP_TILES_URL == "none" else settings.MAP_TILES_URL,
    }
