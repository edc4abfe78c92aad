"""`make messages`: brings every catalogue up to date with the texts in code and templates, without the gettext tools.

Texts of Wagtail and Django that our staff meet and that lack a translation stand in locale/<code>/LC_MESSAGES/django.po
too, marked with the comment "from the framework"; they are kept although no file of ours holds them.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import template as django_template

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
KEPT = "from the framework"


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


def extracted() -> Catalog:
    """All texts of the product."""
    catalogue = Catalog()
    for folder in FOLDERS:
        if not (BASE / folder).is_dir():
            continue
        found = extract_from_dir(
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
        for path, _number, message, comments, context in found:
            if message:
                catalogue.add(message, locations=[(f"{folder}/{path}", 0)], auto_comments=comments, context=context)
    return catalogue


def bring_up_to_date(po: Path, fresh: Catalog) -> None:
    """Merge today's texts into one catalogue; what it has translated stays, what nobody uses any more goes."""
    with po.open("rb") as file:
        old = read_po(file, locale=None)
    header = old.header_comment
    plural = read_header(po)
    merged = Catalog(
        locale=po.parent.parent.name if po.parent.parent.name not in {"ti", "so", "se", "ku"} else None, header_comment=header
    )
    for message in fresh:
        if not message.id:
            continue
        key = message.id[0] if isinstance(message.id, tuple | list) else message.id
        before = old.get(key, message.context)
        string = before.string if before and before.string else ("" if isinstance(message.id, str) else ("",) * plural)
        if isinstance(message.id, tuple | list) and isinstance(string, str):
            string = (string,) + ("",) * (plural - 1)
        merged.add(
            message.id,
            string,
            locations=message.locations,
            auto_comments=message.auto_comments,
            context=message.context,
            flags=message.flags - {"fuzzy"},
        )
    for message in old:
        if (
            message.id
            and any(KEPT in comment for comment in message.user_comments)
            and not merged.get(message.id if isinstance(message.id, str) else message.id[0], message.context)
        ):
            merged.add(
                message.id, message.string, user_comments=message.user_comments, context=message.context, flags=message.flags
            )
    write(po, merged)


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


def main() -> int:
    import django

    django.setup()
    fresh = extracted()
    for code, _name in settings.LANGUAGES:
        bring_up_to_date(BASE / "locale" / code / "LC_MESSAGES" / "django.po", fresh)
    print(f"{len(fresh)} texts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
