"""What a translation service answers is a stranger's text until it has been looked at.

    sound(source, answer, html=…)   the answer made harmless, or Unsound with the reason

A service may be broken, badly trained or taken over. It must not bring scripts, links or addresses of its own into a
municipality's pages, nor a novel in place of a sentence.
"""

from __future__ import annotations

import re

from django.utils.html import strip_tags

from portal.pages.blocks import harmless

LINK = re.compile(r"(?:https?|ftp|javascript|data|mailto|tel):\S+|\bwww\.\S+", re.IGNORECASE)
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
HREF = re.compile(r"""\b(?:href|id|src)\s*=\s*["']([^"']*)["']""", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")
SCRIPT = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
TRAILING = ".,;:!?)»”\"'،؛؟።"


class Unsound(Exception):
    """An answer that is not taken; says why, for the log."""


def sound(source: str, answer: str, *, html: bool) -> str:
    """The answer as it may stand on a page."""
    text = SCRIPT.sub("", CONTROL.sub("", answer)).replace("\r\n", "\n").strip()
    if html:
        text = harmless(text)
    elif "<" in text and "<" not in source:
        text = strip_tags(text).strip()
    said = strip_tags(text) if html else text
    if not said.strip():
        raise Unsound("empty")
    if len(text) > 4 * len(source) + 200:
        raise Unsound("far longer than the source")
    if new := addresses(text, html) - addresses(source, html):
        raise Unsound(f"an address that the source does not have: {min(new)[:80]}")
    return text


def addresses(text: str, html: bool) -> set[str]:
    """Every address in a text that could become a link."""
    words = strip_tags(text) if html else text
    found = {part.rstrip(TRAILING).lower() for part in [*LINK.findall(words), *MAIL.findall(words)]}
    return found | {part.lower() for part in HREF.findall(text)} if html else found
