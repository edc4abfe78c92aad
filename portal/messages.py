"""`make messages`: brings every catalogue up to date with the texts in code and templates, without the gettext tools.

    python -m portal.messages                    every catalogue is brought up to date
    python -m portal.messages missing LANG       prints what a translator of LANG has to write, as a piece of a catalogue
    python -m portal.messages missing            how many texts each language lacks

Which texts a language must have: portal/audience.py and `wanted`.
Texts of Wagtail and Django that people meet and that lack a translation stand in locale/<code>/LC_MESSAGES/django.po
too, marked with the comment "from the framework"; they are kept although no file of ours holds them.
"""

from __future__ import annotations

import io
import os
import sys
from functools import cache
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from django.utils.translation import template as django_template

from portal.audience import of_staff
from portal.framework import KEPT, of_framework
from portal.languages import CODES, COMPLETE, PLURALS, STAFFED

BASE = Path(__file__).resolve().parent.parent
FOLDERS = ("portal", "directory", "search", "cards", "templates")
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "_now": None,  # gettext where gettext_lazy is _
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
Key = tuple[str, str | None]


def extract_template(fileobj, keywords, comment_tags, options):  # type: ignore[no-untyped-def]
    """Babel extractor for Django templates: Django turns the tags into calls, Babel reads the calls."""
    from babel.messages.extract import extract_python

    source = fileobj.read().decode("utf-8")
    calls = django_template.templatize(source)
    # templatize leaves the line structure as it is and everything but the calls as runs of X, which is no Python;
    # each call is given to the extractor by itself.
    for number, line in enumerate(calls.split("\n"), start=1):
        for call in split_calls(line):
            for _n, function, messages, comments in extract_python(
                io.BytesIO(call.encode()), keywords, comment_tags, {"encoding": "utf-8"}
            ):
                yield number, function, messages, comments


def split_calls(line: str) -> list[str]:
    """The gettext calls in one line of what Django's templatize made."""
    calls: list[str] = []
    position = 0
    while True:
        starts = [
            i for name in (" _(", " gettext(", " ngettext(", " pgettext(", " npgettext(") if (i := line.find(name, position)) >= 0
        ]
        if not starts:
            return calls
        start = min(starts)
        depth, index, quote = 0, line.index("(", start), ""
        while index < len(line):
            character = line[index]
            if quote:
                if character == "\\":
                    index += 1
                elif character == quote:
                    quote = ""
            elif character in "'\"":
                quote = character
            elif character == "(":
                depth += 1
            elif character == ")":
                depth -= 1
                if depth == 0:
                    break
            index += 1
        calls.append(line[start : index + 1].strip())
        position = index + 1


def key_of(message: Message) -> Key:
    """What a text is looked up by."""
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


def forms_of(message: Message) -> tuple[str, ...]:
    """A translation as its plural forms; a text without number has one."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def is_complete(message: Message) -> bool:
    """Whether a text has a translation, in all its plural forms."""
    return all(forms_of(message))


@cache
def found() -> tuple[Catalog, frozenset[Key]]:
    """All texts of the product, and which of them everybody may meet."""
    catalogue = Catalog()
    public: set[Key] = set()
    for folder in FOLDERS:
        if not (BASE / folder).is_dir():
            continue
        texts = extract_from_dir(
            BASE / folder,
            method_map=[
                ("**/node_modules/**", "ignore"),
                ("**.py", "python"),
                ("**.html", "portal.messages:extract_template"),
                ("**.txt", "portal.messages:extract_template"),
            ],
            options_map={"**.py": {"encoding": "utf-8"}},
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
        )
        for path, line, text, comments, context in texts:
            if not text:
                continue
            where = f"{folder}/{path}"
            catalogue.add(text, locations=[(where, 0)], auto_comments=comments, context=context)
            if not of_staff(where, line, BASE):
                public.add((text if isinstance(text, str) else text[0], context))
    return catalogue, frozenset(public)


def extracted() -> Catalog:
    """All texts of the product."""
    return found()[0]


def wanted(code: str) -> list[Message]:
    """The texts a language must have: all of them where staff work in it, else those that everybody may meet."""
    catalogue, public = found()
    own = [message for message in catalogue if message.id and (code in STAFFED or key_of(message) in public)]
    return own + [Message(text, context=context, user_comments=[KEPT]) for text, context in of_framework(code)]


def missing(code: str) -> list[Message]:
    """The texts a complete language still lacks."""
    if code == "en":  # the originals
        return []
    held = {key_of(message): message for message in read(code) if message.id}
    return [m for m in wanted(code) if (k := key_of(m)) not in held or not is_complete(held[k])]


def po_of(code: str) -> Path:
    """Where the catalogue of a language stands."""
    return BASE / "locale" / code / "LC_MESSAGES" / "django.po"


def read(code: str) -> Catalog:
    """The catalogue of a language as it is written."""
    with po_of(code).open("rb") as file:
        return read_po(file, locale=None)


def empty_catalogue(code: str) -> Catalog:
    """A catalogue that knows how many plural forms its language has: Babel writes as many."""
    catalogue = Catalog()
    catalogue.mime_headers = [("Plural-Forms", PLURALS[code])]
    return catalogue


def fragment(code: str) -> str:
    """What is missing in a language, ready to be filled in; the Norwegian wording stands above each text."""
    norwegian = {key_of(message): message.string for message in read("nb") if message.id}
    forms = int(PLURALS[code].split("nplurals=", 1)[1].split(";", 1)[0])
    catalogue = empty_catalogue(code)
    for message in missing(code):
        known = norwegian.get(key_of(message)) or ""
        hint = [known] if isinstance(known, str) else list(known)
        catalogue.add(
            message.id,
            "" if isinstance(message.id, str) else ("",) * forms,
            locations=message.locations,
            auto_comments=[*message.auto_comments, *(f"nb: {text}" for text in hint if text)],
            user_comments=message.user_comments,
            context=message.context,
        )
    body = io.BytesIO()
    write_po(body, catalogue, width=0, sort_output=True, omit_header=True, include_lineno=False)
    return f"# {code}: {len(catalogue)} texts, {PLURALS[code]}\n\n{body.getvalue().decode('utf-8').strip()}\n"


def bring_up_to_date(po: Path, fresh: Catalog) -> None:
    """Merge today's texts into one catalogue; what it has translated stays, what nobody uses any more goes."""
    code = po.parent.parent.name
    with po.open("rb") as file:
        old = read_po(file, locale=None)
    set_plural_rule(po, PLURALS[code])
    plural = read_header(po)
    merged = empty_catalogue(code)

    def translated(message: Message) -> str | tuple[str, ...]:
        before = old.get(key_of(message)[0], message.context)
        forms = forms_of(before) if before else ("",)
        # A rule with fewer or more forms than before: none is invented.
        return forms[0] if isinstance(message.id, str) else (forms + ("",) * plural)[:plural]

    for message in fresh:
        if message.id:
            merged.add(
                message.id,
                translated(message),
                locations=message.locations,
                auto_comments=message.auto_comments,
                context=message.context,
                flags=message.flags - {"fuzzy"},
            )
    kept = [m for m in old if m.id and any(KEPT in comment for comment in m.user_comments)]
    lacking = [Message(text, context=context, user_comments=[KEPT]) for text, context in of_framework(code)]
    for message in [*kept, *lacking]:
        if not merged.get(key_of(message)[0], message.context):
            merged.add(
                message.id,
                translated(message),
                user_comments=message.user_comments,
                context=message.context,
                flags=message.flags,
            )
    write(po, merged)


def set_plural_rule(po: Path, rule: str) -> None:
    """The header of a catalogue says the plural rule of its language."""
    text = po.read_text(encoding="utf-8")
    line = next(line for line in text.split("\n") if line.startswith('"Plural-Forms:'))
    po.write_text(text.replace(line, f'"Plural-Forms: {rule}\\n"', 1), encoding="utf-8")


def read_header(po: Path) -> int:
    """The number of plural forms a catalogue says it has."""
    text = po.read_text(encoding="utf-8")
    return int(text.split("nplurals=", 1)[1].split(";", 1)[0])


def write(po: Path, catalogue: Catalog) -> None:
    """Write the messages below the catalogue's own header, which stays as it is."""
    header = po.read_text(encoding="utf-8").split("\n\n", 1)[0]
    body = io.BytesIO()
    catalogue.fuzzy = False
    write_po(body, catalogue, width=0, sort_output=True, omit_header=True, include_lineno=False)
    po.write_text(f"{header.rstrip()}\n\n{body.getvalue().decode('utf-8').strip()}\n", encoding="utf-8")


def main(words: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    if words[:1] == ["missing"] and len(words) == 1:
        for code in COMPLETE:
            print(f"{code}: {len(missing(code))} of {len(wanted(code))} texts are missing")
        return 0
    if words[:1] == ["missing"] and len(words) == 2 and words[1] in COMPLETE:
        print(fragment(words[1]), end="")
        return 0
    if words:
        print(f"Write: python -m portal.messages [missing [{'|'.join(COMPLETE)}]]", file=sys.stderr)
        return 2
    for code in CODES:
        bring_up_to_date(po_of(code), extracted())
    print(f"{len(extracted())} texts")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
