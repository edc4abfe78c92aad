"""No interface text is written into a template, and no text in another language stands without saying so.

The pages are asked for in Northern Sami with a catalogue made up for the test, which puts every text of the interface
in ⟦brackets⟧. The town has no Sami texts of its own, so whatever stands outside brackets must carry a `lang`, or be a
name in <bdi>.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils.translation import trans_real

from tests.pages.town import Town

pytestmark = pytest.mark.one_database
LANG = "se"
VOID = {"meta", "link", "img", "input", "br", "hr", "source", "track", "wbr", "use", "path"}
SPOKEN = {"alt", "title", "aria-label", "placeholder", "aria-roledescription", "label"}
# The names of the product, the municipality and languages; amounts; the sign for day in a Sami date; signs between words.
NAMES = re.compile(r"Frittfram|Larvik|Davvisámegiella|Dárogiella|Arábagiella|Eaŋgalsgiella|\bkr\b|\bk?m\b|\bb\.|[\W\d_]+")


class Bracketed(trans_real.DjangoTranslation):
    """A catalogue in which every text is translated, into itself between brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message.split(chr(4))[-1]}⟧" if message.strip() else message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number == 1 else plural)


class Reader(HTMLParser):
    """Collects what is said in the page's own language, or in none that is named."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool]] = []
        self.said: list[str] = []

    @property
    def own(self) -> bool:
        return all(own for _tag, own in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        own = (
            values.get("lang", LANG) == LANG
            and tag not in {"bdi", "script", "style", "title", "textarea"}
            and values.get("dir") != "auto"
        )
        if self.own and own and tag != "track":  # named by the language of the captions
            self.said += [
                value
                for name, value in attrs
                if value
                and (
                    name in SPOKEN or (name == "value" and tag == "input" and values.get("type") in {"submit", "button", "reset"})
                )
            ]
        if tag not in VOID:
            self.open.append((tag, own))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.own and data.strip():
            self.said.append(data)


def bare(html: str) -> Iterator[str]:
    """The words of a page that are neither translated nor said to be of another language."""
    # Innermost first: a translated sentence may hold a translated name. Tags within a sentence part it.
    reader = Reader()
    reader.feed(html)
    depth = 0
    for text in reader.said:
        words = ""
        for character in text:
            if character == "⟦":
                depth += 1
            elif character == "⟧":
                depth = max(0, depth - 1)
            elif depth == 0:
                words += character
        if NAMES.sub("", words):
            yield " ".join(text.split())


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    trans_real.translation(LANG)
    monkeypatch.setitem(trans_real._translations, LANG, Bracketed(LANG))  # type: ignore[attr-defined]


@pytest.mark.usefixtures("brackets")
def test_every_word_of_the_interface_is_translatable_and_every_other_says_its_language(town: Town) -> None:
    name = town.municipality.name
    faults = [
        f"{page}: {text}"
        for page, path in {**town.paths(LANG), "frame": f"/{LANG}/embed/?category=c-sport"}.items()
        for text in bare(Client().get(path).content.decode().replace(name, "Larvik"))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.usefixtures("brackets")
def test_a_refused_form_is_translated_too(town: Town) -> None:
    path = f"/{LANG}/activities/{town.activity.slug}/report/"
    html = Client().post(path, {"topic": "nonsense", "text": "x" * 3000}).content.decode()
    assert "⟦" in html
    assert list(bare(html.replace(town.municipality.name, "Larvik"))) == []


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>⟦Open⟧ <b>12</b></p>", []),
        ("<p>Open</p>", ["Open"]),
        ("<p>⟦Open⟧ now</p>", ["⟦Open⟧ now"]),
        ('<p lang="nb">Åpent</p>', []),
        ('<p lang="nb">Åpent <b>nå</b></p><p>Stengt</p>', ["Stengt"]),
        ("<p>⟦By <b>Kari</b> here⟧</p>", []),
        ("<p>⟦By⟧ <bdi>Kari</bdi></p>", []),
        ('<img alt="A house">', ["A house"]),
        ('<button aria-label="⟦Close⟧">×</button>', []),
        ("<script>var words</script>", []),
    ],
)
def test_the_reader_finds_what_is_wrong(html: str, found: list[str]) -> None:
    assert list(bare(html)) == found
