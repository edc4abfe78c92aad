"""`make check`: everything about the code that can be said without running the product."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
COMPLETE = ("nb", "en")
OURS = ["portal", "directory", "search", "tests", "manage.py"]


def command(*words: str, cwd: Path = BASE) -> bool:
    """Run a command; True when it succeeds."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run(words, cwd=cwd, env=environment, check=False).returncode == 0


def lint() -> bool:
    return command(str(BIN / "ruff"), "check", *OURS)


def formatted() -> bool:
    return command(str(BIN / "ruff"), "format", "--check", "--quiet", *OURS)


def types() -> bool:
    return command(str(BIN / "mypy"), "portal", "directory", "search")


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
        for root in ("portal", "directory", "search", "templates")
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
    """Every text stands in every catalogue, and the complete languages have them all."""
    import django

    django.setup()
    from babel.messages.pofile import read_po

    from portal.languages import CODES
    from portal.messages import extracted

    fresh = {
        (message.id if isinstance(message.id, str) else message.id[0], message.context) for message in extracted() if message.id
    }
    faults = []
    for code in CODES:
        with (BASE / "locale" / code / "LC_MESSAGES" / "django.po").open("rb") as file:
            catalogue = read_po(file, locale=None)
        held = {(m.id if isinstance(m.id, str) else m.id[0], m.context): m for m in catalogue if m.id}
        if missing := fresh - set(held):
            faults.append(f"{code}: {len(missing)} texts are missing (make messages), such as {sorted(missing, key=str)[0][0]!r}")
        if code in COMPLETE and code != "en":
            empty = [
                key for key, m in held.items() if key in fresh and not (m.string if isinstance(m.string, str) else all(m.string))
            ]
            if empty:
                faults.append(f"{code}: {len(empty)} texts are not translated, such as {empty[0][0]!r}")
        for key, message in held.items():
            strings = [message.string] if isinstance(message.string, str) else list(message.string)
            for string in filter(None, strings):
                if placeholders(string) - placeholders(*(message.id if isinstance(message.id, tuple | list) else (message.id,))):
                    faults.append(f"{code}: {key[0]!r} has a placeholder its original has not")
    print("\n".join(faults) or f"{len(fresh)} texts, complete in {', '.join(COMPLETE)}")
    return not faults


def placeholders(*texts: str) -> set[str]:
    """The %(name)s and {name} parts of texts."""
    import re

    return {part for text in texts for part in re.findall(r"%\(\w+\)[sd]|\{\w+\}", text)}


def front_end() -> bool:
    """A rebuild of the front-end gives the same bytes as those committed."""
    return command(sys.executable, "portal/frontend/node.py", "build.mjs", "--check")


CHECKS: tuple[Callable[[], bool], ...] = (lint, formatted, types, import_contract, migrations, templates, catalogues, front_end)


def main(names: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    failed = []
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        if names and check.__name__ not in names:
            continue
        print(f"── {name} ──", flush=True)
        if not check():
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
