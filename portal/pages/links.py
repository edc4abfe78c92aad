"""Where a page may send its readers: to a path of this site, or over https to another. Nowhere else.

A path is kept without its language, so that every reader stays in their own. Staff paste whole addresses of their own site
from the browser; whoever knows the municipality says which these are:

    with at_home(municipality): …    tidy_address() makes paths of them, also deep inside the blocks of a form
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.languages import CODES

MOST = 600
# A browser reads "\" as "/", and drops tabs and line breaks: "/\evil" and "/<tab>/evil" are addresses of other hosts.
_STRANGE = re.compile(r"[\s\\\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069<>\"'`]")
# Addresses without a language; so is every file ("/sitemap.xml").
_PLAIN = ("cms", "api", "healthz", "static", "media", "documents", "theme", "k", "w")
_own_host: ContextVar[str] = ContextVar("own_host", default="")


@contextmanager
def at_home(municipality: Any) -> Iterator[None]:
    """Whole addresses of this municipality's own site are paths of it, as long as this lasts."""
    site = municipality.site if municipality else None
    token = _own_host.set(site.hostname.lower() if site else "")
    try:
        yield
    finally:
        _own_host.reset(token)


def check_address(value: str) -> None:
    """A path of this site or an https address."""
    tidy_address(value)


def tidy_address(value: str) -> str:
    """The address as it is kept, or ValidationError with what to write instead."""
    value = value.strip()
    if not value:
        return ""
    if len(value) > MOST or _STRANGE.search(value):
        raise ValidationError(_("This address holds signs that no address has. Copy it once more from the browser."))
    parts = _parts(value)
    if parts.scheme in ("http", "https") and parts.hostname and parts.hostname == _own_host.get():
        value = parts.path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
        value, parts = value or "/", _parts(value or "/")
    if value.startswith("/") and not value.startswith("//"):
        return without_language(value)
    if parts.scheme == "https" and parts.hostname and "." in parts.hostname and not parts.username and not parts.password:
        return value
    raise ValidationError(_("Write an address of this site that begins with /, or one of another site that begins with https://"))


def _parts(value: str):  # type: ignore[no-untyped-def]
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        raise ValidationError(_("This address cannot be read. Copy it once more from the browser.")) from None
    return parts


def without_language(path: str) -> str:
    """`/nb/find/` → `/find/`."""
    first, _slash, rest = path.removeprefix("/").partition("/")
    return f"/{rest}" if first in CODES else path


def href_of(address: str, lang: str) -> str:
    """The address for a reader of `lang`; empty for what should never have been kept."""
    try:
        address = tidy_address(address or "")
    except ValidationError:
        return ""
    if not address.startswith("/"):
        return address
    first = address[1:].partition("/")[0].partition("?")[0]
    return address if first in _PLAIN or "." in first else f"/{lang}{address}"


def leads_away(address: str) -> bool:
    """Whether an address belongs to another site."""
    return not address.startswith("/")
