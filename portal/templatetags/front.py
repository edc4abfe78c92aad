"""What templates need of the front-end: built files, icons, drawings, and texts marked with their language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join, linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from portal.kit.texts import Text
from portal.languages import NAMES, READ_TOO, direction, name_in

register = template.Library()
BUILD = Path(__file__).resolve().parent.parent / "static" / "portal" / "build"


@lru_cache
def manifest() -> dict[str, str]:
    """Plain file name → the built name with its content hash."""
    return json.loads((BUILD / "manifest.json").read_text())


@register.simple_tag
def asset(name: str) -> str:
    """The address of a built file: `{% asset "site.css" %}`."""
    if settings.DEBUG:
        manifest.cache_clear()
        _asset.cache_clear()
        _icon.cache_clear()
    return _asset(name)


@lru_cache(maxsize=1000)
def _asset(name: str) -> str:
    return static(f"portal/build/{manifest()[name]}")


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite. It says nothing to a screen reader: the words beside it do."""
    return _icon(name, extra)


@lru_cache(maxsize=1000)
def _icon(name: str, extra: str) -> SafeString:
    classes = f"icon {extra}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>', classes, asset("icons.svg"), name
    )


@register.simple_tag
def drawing(name: str, fallback: str = "activity") -> str:
    """The address of an illustration; the fallback's where there is none of that name."""
    known = manifest()
    return asset(f"drawing-{name}.svg" if f"drawing-{name}.svg" in known else f"drawing-{fallback}.svg")


@register.simple_tag(takes_context=True)
def marks(context: Context, text: Any) -> SafeString:
    """` lang="…" dir="…"` for a text in another language than the page's; nothing for one in the page's own."""
    if not isinstance(text, Text) or not text or text.lang == (context.get("interface_lang") or context.get("page_lang")):
        return SafeString("")
    return format_html(' lang="{}" dir="{}"', text.lang, text.dir)


@register.simple_tag(takes_context=True)
def said(context: Context, text: Any) -> str:
    """A text in running words, wrapped in a span with its language where that is not the page's."""
    if not text:
        return ""
    attributes = marks(context, text)
    return format_html("<span{}>{}</span>", attributes, str(text)) if attributes else conditional_escape(str(text))


@register.simple_tag(takes_context=True)
def said_each(context: Context, texts: Iterable[Any]) -> SafeString:
    """Texts one after the other, each marked with its language where that is not the page's."""
    return format_html_join(" · ", "{}", ((said(context, text),) for text in texts))


@register.simple_tag(takes_context=True)
def written_in(context: Context, text: Any, after: Any = None) -> SafeString:
    """A quiet line for above a passage in another language than the page's, which says in the reader's which one it is.

    Nothing where the passage follows right `after` another one in the same language: that one has said it. Nothing between
    the two written Norwegians either, which everybody who reads one of them reads.
    """
    reader = context.get("interface_lang") or context.get("page_lang")
    if not marks(context, text) or READ_TOO.get(text.lang) == reader or (after and getattr(after, "lang", "") == text.lang):
        return SafeString("")
    if text.lang in ("nb", "nn"):
        words = conditional_escape(_("This text is in Norwegian."))
    else:
        named = name_in(text.lang, str(reader))
        name = conditional_escape(named) if named else format_html('<bdi lang="{}">{}</bdi>', text.lang, own_name(text.lang))
        words = format_html(_("This text is in another language: {language}"), language=name)
    return format_html('<p class="written-in">{} <span>{}</span></p>', icon("language"), words)


@register.simple_tag(takes_context=True)
def paragraphs(context: Context, text: Any, after: Any = None) -> SafeString:
    """A longer text as paragraphs, addresses in it as links, marked with its language; `after` as in `written_in`."""
    if not text:
        return SafeString("")
    body = mark_safe(urlize(linebreaks(str(text), autoescape=True), nofollow=True))
    return format_html('{}<div class="prose"{}>{}</div>', written_in(context, text, after), marks(context, text), body)


@register.filter
def lines(text: Any) -> list[str]:
    """The lines of a text that have something on them."""
    return [line.strip() for line in str(text or "").splitlines() if line.strip()]


@register.filter
def begun(text: Any) -> Any:
    """A text as the beginning of a line: its first letter is a capital."""
    if isinstance(text, Text):
        return Text(text.value[:1].upper() + text.value[1:], text.lang)
    return str(text)[:1].upper() + str(text)[1:]


# Norwegian and English compounds are longer than a tile is wide, and not every browser can divide Norwegian words.
HEADS = re.compile(r"(?<=\w{4})(?=(?:organisasjon|forening|sentral|aktivitet|virksomhet|utvalg|tilbud|plasser|samfunn|klubb))")


@register.filter
def breakable(text: Any) -> str:
    """The text with a soft hyphen before the last part of long compounds: "Interesse-organisasjoner"."""
    return " ".join(HEADS.sub("\u00ad", word) if len(word) > 14 else word for word in str(text).split(" "))


@register.filter
def own_name(code: str) -> str:
    """A language's own name."""
    return NAMES.get(code, code)


@register.filter
def direction_of(code: str) -> str:
    """`rtl` or `ltr`."""
    return direction(code)


@register.simple_tag(takes_context=True)
def same_page_in(context: Context, code: str) -> str:
    """This page's address in another language: only the prefix changes."""
    request = context["request"]
    parts = request.get_full_path().split("/", 2)
    rest = parts[2] if len(parts) > 2 and parts[1] in NAMES else ""
    return f"/{code}/{rest}"


@register.simple_tag(takes_context=True)
def absolute(context: Context, path: str) -> str:
    """A path as a whole address on the host that was asked."""
    return context["request"].build_absolute_uri(path)


@register.simple_tag
def json_ld(facts: dict[str, Any]) -> SafeString:
    """Structured facts for search engines. `<`, `>` and `&` are written so that no text can end the element."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return mark_safe(f'<script type="application/ld+json">{text}</script>')


@register.filter
def site_name(address: str) -> str:
    """A web address as people say it: without scheme, "www." and the last slash."""
    return address.split("://", 1)[-1].removeprefix("www.").rstrip("/")


@register.filter
def kroner(amount: Any) -> str:
    """An amount of money in words."""
    from directory.listings.words import kroner as in_words

    return in_words(amount) if amount is not None else ""
