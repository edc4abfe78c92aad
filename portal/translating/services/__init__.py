"""The translation service of this installation, from TRANSLATE_URL.

libretranslate+https://translate.example.org/?api_key=…      (the key may be left out)
deepl+https://api-free.deepl.com/?auth_key=…
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from portal.translating.services.base import Busy, NoService, Service
from portal.translating.services.deepl import DeepL
from portal.translating.services.libretranslate import LibreTranslate

__all__ = ["Busy", "NoService", "Service", "service_at", "the_service"]


def the_service() -> Service | None:
    """The service; None where none is set."""
    return service_at(settings.TRANSLATE_URL) if settings.TRANSLATE_URL else None


def service_at(url: str) -> Service:
    """The adapter for an address that the start has found right (portal/environment.py)."""
    parts = urlsplit(url)
    which, _plus, scheme = parts.scheme.partition("+")
    params = {name: values[0] for name, values in parse_qs(parts.query).items()}
    address = f"{scheme}://{parts.netloc}{parts.path}"
    if which == "deepl":
        return DeepL(address, params.get("auth_key", ""))
    return LibreTranslate(address, params.get("api_key", ""))
