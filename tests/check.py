"""`make check`: everything about the code that can be said without running the product."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
OURS = ["portal", "directory", "cards", "search", "tests", "manage.py"]


def command(*words: str, cwd: Path = BASE) -> bool:
    """Run a command; True when it succeeds."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run(words, cwd=cwd, env=environment, check=False).returncode == 0


def lint() -> bool:
    return command(str(BIN / "ruff"), "check", *OURS)


def formatted() -> bool:
    return command(str(BIN / "ruff"), "format", "--check", "--quiet", *OURS)


def types() -> bool:
    return command(str(BIN / "mypy"), "portal", "directory", "cards", "search")


def import_contract() -> bool:
    return command(str(BIN / "lint-imports"))


def migrations() -> bool:
    """The models and the migrations say the same."""
    return command(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run", "-v", "1")


def templates() -> bool:
    """Every template is named somewhere, and every component says what it takes."""
    folder = BASE / "templates"
    sources = [
        path.read_text(encoding="utf-8")
        for root in ("portal", "directory", "cards", "search", "templates")
        for path in (BASE / root).rglob("*")
        if path.suffix in {".py", ".html", ".txt"} and "node_modules" not in path.parts and "migrations" not in path.parts
    ]
    everything = "\n".join(sources)
    faults = []
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder).as_posix()
        # Wagtail and Django find these by name of their own.
        by_convention = name.startswith(("wagtail", "admin/")) or name in {
            "403.html",
            "404.html",
            "410.html",
            "500.html",
            "400.html",
        }
        if not by_convention and everything.count(name) == 0:
            faults.append(f"{name}: nothing uses it")
        if name.startswith("components/") and not path.read_text(encoding="utf-8").lstrip().startswith(("{#", "{% comment")):
            faults.append(f"{name}: does not open with a comment that names its inputs")
    print("\n".join(faults) or f"{len(list(folder.rglob('*.html')))} templates, all used")
    return not faults


def catalogues() -> bool:
    """Every text stands in every catalogue, the complete languages have what they must, and no translation loses a value."""
    import django

    django.setup()
    from portal import messages
    from portal.languages import CODES, COMPLETE

    fresh = {messages.key_of(message) for message in messages.extracted() if message.id}
    faults = []
    for code in CODES:
        held = [message for message in messages.read(code) if message.id]
        if lacking := fresh - {messages.key_of(message) for message in held}:
            faults.append(f"{code}: {len(lacking)} texts are missing (make messages), such as {min(lacking, key=str)[0]!r}")
        if code in COMPLETE and (empty := messages.missing(code)):
            of = len(messages.wanted(code))
            faults.append(f"{code}: {len(empty)} of {of} texts are not translated, such as {empty[0].id!r}")
        faults += [f"{code}: {fault}" for message in held for fault in wrong_values(message)]
    print("\n".join(faults) or f"{len(fresh)} texts, complete in {', '.join(COMPLETE)}")
    return not faults


def wrong_values(message: Any) -> Iterator[str]:
    """Where a translation asks for a value its original does not have, or leaves one out.

    A plural form may leave a value out ("one listing"), the others may not. The framework names the kind of row in the
    middle of its sentences, in a gender it does not know: there "it" is better, and the name may go.
    """
    from portal.messages import forms_of

    originals = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    known = placeholders(*originals)
    forms = forms_of(message)
    from_framework = any("from the framework" in comment for comment in message.user_comments)
    for form in filter(None, forms):
        if unknown := placeholders(form) - known:
            yield f"{originals[0]!r} is translated with {', '.join(sorted(unknown))}, which it does not have"
        elif len(forms) == 1 and (lost := known - placeholders(form) - (NAMED_BY_FRAMEWORK if from_framework else set())):
            yield f"{originals[0]!r} loses {', '.join(sorted(lost))} in translation"


#: What a translation of the framework's texts may leave out.
NAMED_BY_FRAMEWORK = {"%(model_name)s", "{model_name}", "{workflow_name}"}


def placeholders(*texts: str) -> set[str]:
    """The %(name)s and {name} parts of texts."""
    return {part for text in texts for part in re.findall(r"%\(\w+\)[sd]|\{\w+\}", text)}


def front_end() -> bool:
    """A rebuild of the front-end gives the same bytes as those committed."""
    return command(sys.executable, "portal/frontend/node.py", "build.mjs", "--check")


CHECKS: tuple[Callable[[], bool], ...] = (lint, formatted, import_contract, migrations, templates, catalogues, front_end, types)


def main(names: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    failed = []
    with ThreadPoolExecutor(1) as beside:
        # The types take as long as all the others: they are looked at beside them.
        typed = beside.submit(types) if not names or "types" in names else None
        for check in CHECKS:
            name = check.__name__.replace("_", " ")
            if names and check.__name__ not in names:
                continue
            print(f"── {name} ──", flush=True)
            if not (typed.result() if check is types and typed else check()):
                failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
