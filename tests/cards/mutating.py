"""A plugin of pytest: breaks the product in one place at a time and runs the test that must see it (mutants.py).

A broken function takes the place of the right one for the time of its test, in this process: no file is changed, and the tables
are made once. Each test runs as it is first, and must pass. A mutant that cannot even run is not one that was seen.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from portal.kit.statements import forget
from tests.cards.mutants import MUTANTS, Mutant

NOT_EVEN_RUN = ("NameError", "SyntaxError", "UnboundLocalError", "ImportError")
CHOSEN: pytest.StashKey[list[Mutant]] = pytest.StashKey()
FAULTS: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutant", action="append", default=[], help="only mutants whose name holds this")


def pytest_configure(config: pytest.Config) -> None:
    wanted = config.getoption("--mutant")
    config.stash[CHOSEN] = [mutant for mutant in MUTANTS if not wanted or any(word in mutant.name for word in wanted)]
    config.stash[FAULTS] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Only tests that are to see something; all of a table, as one of its rows will do."""
    killers = {mutant.killer for mutant in config.stash[CHOSEN]}
    items[:] = [item for item in items if plain(item) in killers]
    missing = killers - {plain(item) for item in items}
    config.stash[FAULTS] += [f"there is no {killer}" for killer in sorted(missing)]


def plain(item: pytest.Item) -> str:
    """The name of a test without its row."""
    return item.nodeid.partition("[")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """The rows of a test together: as it is, then with each fault until a row has seen it."""
    rows = [other for other in item.session.items if plain(other) == plain(item)]
    if item is not rows[0]:
        return True
    faults = item.config.stash[FAULTS]
    for row in rows:
        if (failed := failure(row)) is not None:
            faults.append(f"{row.nodeid} fails as it is: {failed}")
            return True
    for mutant in item.config.stash[CHOSEN]:
        if mutant.killer != plain(item):
            continue
        with broken(mutant):
            seen = next(filter(None, (failure(row) for row in rows)), None)
        if seen is None:
            faults.append(f"nobody sees: {mutant.name}")
        elif seen.startswith(NOT_EVEN_RUN):
            faults.append(f"cannot run: {mutant.name}: {seen}")
    return True


def failure(item: Any) -> str | None:
    """What a test says when it fails; None when it passes."""
    item._initrequest()
    # The session stays up, whichever test is next; all else is taken down.
    for report in runtestprotocol(item, log=False, nextitem=item.session):
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            return str(crash.message if crash else report.longrepr).partition("\n")[0] or "failed"
    return None


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash[FAULTS]:
        session.exitstatus = 1
    elif session.exitstatus == 5:  # nothing was reported, as every test belongs to a mutant
        session.exitstatus = 0


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    faults = config.stash[FAULTS]
    terminalreporter.write_line(f"{len(config.stash[CHOSEN])} mutants, {len(faults)} faults")
    for fault in faults:
        terminalreporter.write_line(fault)


# ── breaking ────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def broken(mutant: Mutant) -> Iterator[None]:
    """The product with one fault."""
    breaking = script_broken if mutant.file.endswith(".js") else function_broken
    with breaking(mutant):
        yield


@contextmanager
def function_broken(mutant: Mutant) -> Iterator[None]:
    """The code of the function that holds the fault is exchanged, so that all who know the function meet it."""
    module = importlib.import_module(mutant.file.removesuffix(".py").replace("/", "."))
    path, changed = function_with(mutant)
    holder: Any = module
    for name in path:
        holder = inspect.getattr_static(holder, name)
    function = inspect.unwrap(holder.fget if isinstance(holder, property) else holder)
    right = function.__code__
    function.__code__ = code_of(changed, path[-1], mutant.file)
    forget()  # SQL that was kept is the right function's
    try:
        yield
    finally:
        function.__code__ = right
        forget()


def function_with(mutant: Mutant) -> tuple[tuple[str, ...], str]:
    """Where the function stands (its name, its class before it), and its source with the fault."""
    source = mutant.source
    start = source.index(mutant.old)
    end = start + len(mutant.old)
    lines = source.splitlines(keepends=True)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    for path, node in functions(ast.parse(source), ()):
        first, last = offsets[node.lineno - 1], offsets[node.end_lineno or 0]
        if first <= start < last:
            # What reaches into the next function only names where this one ends.
            kept = mutant.new if end <= last else mutant.new[: len(mutant.new) - (end - last)]
            return path, textwrap.dedent(source[first:start] + kept + source[end:last])
    raise AssertionError(f"{mutant.name}: stands in no function")


def functions(tree: ast.AST, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ast.FunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield (*path, node.name), node
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, (*path, node.name))


def code_of(source: str, name: str, file: str) -> CodeType:
    code = compile(f"from __future__ import annotations\n{source}", f"{file} (broken)", "exec")
    return next(const for const in code.co_consts if isinstance(const, CodeType) and const.co_name == name)


@contextmanager
def script_broken(mutant: Mutant) -> Iterator[None]:
    """The tests of the telephone's rule read a copy."""
    from tests.cards.offers import test_rules

    right = test_rules.TWIN
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "broken.mjs"
        copy.write_text(mutant.source.replace(mutant.old, mutant.new), encoding="utf-8")
        test_rules.TWIN = copy
        try:
            yield
        finally:
            test_rules.TWIN = right
