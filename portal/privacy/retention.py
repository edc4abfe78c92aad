"""How long personal data stays, read from retention.toml: every column of every model is either listed there as not
personal, or falls under a rule that says what it is, whose, why it is kept, how long, and what happens then.

A column named there stands for its language columns too. tests/conventions/test_retention.py walks all models.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import Field, Model

from portal.languages import CODES

FILE = Path(__file__).with_name("retention.toml")
ALL = "*"


class Then(StrEnum):
    """What happens when the time is over."""

    ERASE = "erase"  # the row goes
    BLANK = "blank"  # the columns are emptied, the row stays
    CALL = "call"  # a function of ours knows how (`by`)
    WITH = "with"  # it goes with what it belongs to; `keep` says with what


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of personal data."""

    name: str
    what: dict[str, str]
    whose: dict[str, str]
    why: dict[str, str]
    keep: dict[str, str]
    basis: str
    then: Then
    fields: dict[str, tuple[str, ...]]
    days: int = 0
    since: str = ""
    where: dict[str, Any] = field(default_factory=dict)
    by: str = ""
    prose: bool = False  # written for everybody: what stands there about a person is for people to judge

    def models(self) -> list[type[Model]]:
        """The models it is about that are installed."""
        return [apps.get_model(label) for label in self.fields if is_installed(label)]


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole file."""

    rules: tuple[Rule, ...]
    not_personal: dict[str, frozenset[str]]

    def personal(self, model: type[Model]) -> frozenset[str]:
        """The columns of a model that a rule speaks of."""
        label = model._meta.label
        found = [name for rule in self.rules for name in rule.fields.get(label, ())]
        return frozenset(expanded(model, found))

    def prose(self, model: type[Model]) -> frozenset[str]:
        """The columns of a model that hold texts written for everybody."""
        found = [name for rule in self.rules if rule.prose for name in rule.fields.get(model._meta.label, ())]
        return frozenset(expanded(model, found))

    def plain(self, model: type[Model]) -> frozenset[str]:
        """The columns of a model that are listed as not personal."""
        return frozenset(expanded(model, self.not_personal.get(model._meta.label, ())))


def is_installed(label: str) -> bool:
    """Whether there is such a model here: one database brings tables of its own."""
    try:
        apps.get_model(label)
    except LookupError:
        return False
    return True


def expanded(model: type[Model], names: Iterable[str]) -> set[str]:
    """Names of columns, with the language columns of those that are translated."""
    there = {one.name for one in model._meta.local_concrete_fields}
    found = set()
    for name in names:
        found |= {name, *(f"{name}_{code}" for code in CODES if f"{name}_{code}" in there)}
    return found


@lru_cache(maxsize=1)
def policy() -> Policy:
    """The file, read once."""
    with FILE.open("rb") as stream:
        return read(tomllib.load(stream))


def read(said: dict[str, Any]) -> Policy:
    """What the file says. Lists that several models share stand under [shared] and are named with an @."""
    shared: dict[str, list[str]] = said.get("shared", {})

    def names(value: str | list[str]) -> tuple[str, ...]:
        parts = value.split() if isinstance(value, str) else value
        return tuple(name for part in parts for name in (shared[part[1:]] if part.startswith("@") else [part]))

    rules = tuple(
        Rule(
            name=name,
            what=rule["what"],
            whose=rule["whose"],
            why=rule["why"],
            keep=rule["keep"],
            basis=rule["basis"],
            then=Then(rule["then"]),
            fields={label: names(value) for label, value in rule["fields"].items()},
            days=rule.get("days", 0),
            since=rule.get("since", ""),
            where=rule.get("where", {}),
            by=rule.get("by", ""),
            prose=rule.get("prose", False),
        )
        for name, rule in said["rule"].items()
    )
    return Policy(rules, {label: frozenset(names(value)) for label, value in said["not_personal"].items()})


def column(model: type[Model], name: str) -> Field[Any, Any]:
    """A column by its name."""
    return model._meta.get_field(name)  # type: ignore[return-value]
