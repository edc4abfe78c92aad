"""What a letter is built of, and how it becomes plain text and HTML: both from the same blocks.

    Heading · Paragraph · Rich · Button · Code · Facts · Points · Picture · Entries · Small · Rule

    text, html = write_letter([Heading("Hei"), Paragraph("…"), Button("Ja, alt stemmer", "https://…")], "nb")
    send_letter(subject=…, body=text, html=html, to=[…], lang="nb")

The look is templates/letters/letter.html. Its rules are written into the elements (css-inline), since many mail programs
throw style sheets away; those for dark mode stay in the sheet, for the programs that know them. A block whose text is in
another language than the letter says so in `lang`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

import css_inline
from django.template.loader import render_to_string
from django.utils.translation import get_language_info

WIDTH = 72  # of plain text, in characters


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of a letter: buttons and links, in light and in dark, and what stands on a button."""

    button: str = "#0a6660"
    on_button: str = "#ffffff"
    link: str = "#0e6963"
    dark_button: str = "#649e9a"
    dark_on_button: str = "#000000"
    dark_link: str = "#9fc4c1"


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a letter. `lang` is empty where it is in the letter's own language."""

    lang: str = field(default="", kw_only=True)

    @property
    def shape(self) -> str:
        """The word the template knows it by."""
        return type(self).__name__.lower()

    @property
    def dir(self) -> str:
        return direction(self.lang) if self.lang else ""

    def as_text(self) -> str:
        """The block in plain text."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Heading(Block):
    text: str
    level: int = 2  # 1: the letter's title

    def as_text(self) -> str:
        line = "=" if self.level == 1 else "-"
        return f"{self.text}\n{line * min(max(len(self.text), 3), WIDTH)}"


@dataclass(frozen=True, slots=True)
class Paragraph(Block):
    text: str

    def as_text(self) -> str:
        return wrapped(self.text)


@dataclass(frozen=True, slots=True)
class Rich(Block):
    """Formatted text. The caller answers for the HTML: only what an editor's white list let through."""

    html: str

    def as_text(self) -> str:
        return plain(self.html)


@dataclass(frozen=True, slots=True)
class Button(Block):
    text: str
    href: str
    quiet: bool = False  # a second choice beside the first

    def as_text(self) -> str:
        return f"{self.text}:\n{self.href}"


@dataclass(frozen=True, slots=True)
class Code(Block):
    """A code to type, large."""

    text: str

    def as_text(self) -> str:
        return f"    {self.text}"


@dataclass(frozen=True, slots=True)
class Facts(Block):
    """Words and values beside each other."""

    rows: Sequence[tuple[str, str]]

    def as_text(self) -> str:
        return "\n".join(f"{word}: {value}" for word, value in self.rows)


@dataclass(frozen=True, slots=True)
class Points(Block):
    """A list; `numbered` where the order counts."""

    items: Sequence[str]
    numbered: bool = False

    def as_text(self) -> str:
        return "\n".join(
            textwrap.fill(
                item,
                WIDTH,
                initial_indent=f"{number}. " if self.numbered else "* ",
                subsequent_indent="  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            for number, item in enumerate(self.items, start=1)
        )


@dataclass(frozen=True, slots=True)
class Picture(Block):
    """A picture at an address of the municipality's own host; shown as wide as the letter."""

    src: str
    alt: str
    width: int = 0
    height: int = 0
    caption: str = ""

    def as_text(self) -> str:
        return "\n".join(filter(None, [f"[{self.alt}]" if self.alt else "", self.caption]))


@dataclass(frozen=True, slots=True)
class Entry:
    """One of a list of things to read more about."""

    title: str
    href: str = ""
    text: str = ""
    note: str = ""  # when, where, until when
    lang: str = ""

    @property
    def dir(self) -> str:
        return direction(self.lang) if self.lang else ""


@dataclass(frozen=True, slots=True)
class Entries(Block):
    items: Sequence[Entry]

    def as_text(self) -> str:
        return "\n\n".join(
            "\n".join(filter(None, [f"* {one.title}", one.note, wrapped(one.text), one.href])) for one in self.items
        )


@dataclass(frozen=True, slots=True)
class Small(Block):
    """What stands at the foot: why one gets the letter, how to get no more."""

    text: str
    href: str = ""
    link: str = ""

    def as_text(self) -> str:
        return "\n".join(filter(None, [wrapped(self.text), f"{self.link}:" if self.link else "", self.href]))


@dataclass(frozen=True, slots=True)
class Rule(Block):
    """A line between parts."""

    def as_text(self) -> str:
        return "-" * 24


def write_letter(
    blocks: Sequence[Block],
    lang: str,
    *,
    title: str = "",
    sender: str = "",
    foot: Sequence[Block] = (),
    ink: Ink | None = None,
    glance: str = "",
) -> tuple[str, str]:
    """(plain text, HTML) of one letter in `lang`.

    `sender` stands above the letter (the municipality's name); `foot` below it, small. `title` is what the window is called:
    the first heading where it is empty. `glance` is the line that mail programs show beside the subject.
    """
    first = next((block.text for block in blocks if isinstance(block, Heading)), "")
    context = {
        "blocks": blocks,
        "foot": foot,
        "lang": lang,
        "dir": direction(lang),
        "title": title or first or sender or "·",
        "sender": sender,
        "ink": ink or Ink(),
        "glance": glance,
    }
    html = inliner().inline(re.sub(r"\n\s*\n+", "\n", render_to_string("letters/letter.html", context)))
    # The inliner puts the sheet first, and the character set must stand within the first kilobyte.
    html = re.sub(r"<head>(<style>.*?</style>)(.*?)</head>", r"<head>\2\1</head>", html, count=1, flags=re.S)
    parts = [block.as_text() for block in blocks]
    if foot:
        parts += ["-- ", *(block.as_text() for block in foot)]
    return "\n\n".join(part for part in parts if part) + "\n", html


def direction(lang: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if get_language_info(lang)["bidi"] else "ltr"


@cache
def inliner() -> css_inline.CSSInliner:
    """Writes rules into elements; fetches nothing."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def wrapped(text: str) -> str:
    """Lines of a readable length; a line break stays one, an address is never cut."""
    return "\n".join(
        textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in text.strip().splitlines()
    )


class _Plain(HTMLParser):
    """Formatted text as one would type it: paragraphs apart, points with a star, addresses behind their words."""

    APART = {"p", "h1", "h2", "h3", "h4", "ul", "ol", "blockquote", "div", "figure"}

    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []
        self.hrefs: list[str] = []
        self.lists: list[int] = []  # of the lists around: 0 where points have stars, else the number reached

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.APART:
            self.out.append("\n\n" if not self.lists or tag not in ("ul", "ol") else "")
        if tag in ("ul", "ol"):
            self.lists.append(1 if tag == "ol" else 0)
        elif tag == "li":
            number = self.lists[-1] if self.lists else 0
            self.out.append("\n" + "  " * (len(self.lists) - 1) + (f"{number}. " if number else "* "))
            if number:
                self.lists[-1] += 1
        elif tag == "br":
            self.out.append("\n")
        elif tag == "a":
            self.hrefs.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        if tag in self.APART:
            self.out.append("\n\n" if not self.lists else "")
        elif tag == "a" and self.hrefs and (href := self.hrefs.pop()):
            self.out.append(f" ({href.removeprefix('mailto:')})")

    def handle_data(self, data: str) -> None:
        self.out.append(re.sub(r"\s+", " ", data))


def plain(html: str) -> str:
    """Formatted text as plain text."""
    parser = _Plain()
    parser.feed(html)
    parser.close()
    text = re.sub(r"[ \t]+\n", "\n", "".join(parser.out))
    text = re.sub(r"\n[ \t]+(?![ \t]*[*\d])", "\n", text)
    return wrapped(re.sub(r"\n{3,}", "\n\n", text))
