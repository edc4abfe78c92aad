"""Where a person stands in the database: in columns that point at them, and in texts that hold their address or name.

rows_of(user)                      rows that point at the person, by model and column
rows_with_address(user)            rows that hold the mail address in a column of its own
scrub(user, instead)               takes address and name out of every text; says where it must be left to people
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import CharField, EmailField, Field, ForeignKey, JSONField, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from wagtail.fields import StreamField
from wagtail.models import Revision

from directory.listings.models import Listing
from portal.accounts.models import User
from portal.leaving.scope import every, installed
from portal.privacy.deeds import CONTACT, listings
from portal.privacy.retention import Then, policy

#: Columns that let somebody in. They are erased with the person, and shown to nobody.
SECRETS: dict[str, frozenset[str]] = {
    "accounts.User": frozenset({"password"}),
    "accounts.OpenSession": frozenset({"key"}),
    "mfa.Authenticator": frozenset({"data"}),
    "socialaccount.SocialToken": frozenset({"token", "token_secret"}),
    "account.EmailConfirmation": frozenset({"key"}),
    "sessions.Session": frozenset({"session_key", "session_data"}),
    "cards.Redemption": frozenset({"key", "answer"}),  # of a till, never of who signs in; the database refuses to edit them
}
#: Written anew from the rows themselves whenever they change.
INDEXES = {"search", "wagtailsearch", "contenttypes", "auth", "migrations"}
AT_A_TIME = 200


def rows_of(user: User) -> Iterator[tuple[type[Model], Field[Any, Any], QuerySet[Any]]]:
    """Every column that points at the person, where a row does."""
    for model in installed():
        for one in model._meta.local_concrete_fields:
            if isinstance(one, ForeignKey) and one.related_model is User and not model._meta.auto_created:
                rows = model._base_manager.filter(**{one.name: user.pk}).order_by("pk")
                if rows.exists():
                    yield model, one, rows


def rows_with_address(user: User) -> Iterator[tuple[type[Model], str, QuerySet[Any]]]:
    """Every personal column that holds the person's mail address and nothing else."""
    for model in installed():
        personal = policy().personal(model)
        for one in model._meta.local_concrete_fields:
            if one.name in personal and isinstance(one, EmailField | CharField) and model is not User:
                rows = model._base_manager.filter(**{f"{one.name}__iexact": user.email}).order_by("pk")
                if rows.exists():
                    yield model, one.name, rows


# ── taking address and name out of texts ────────────────────────────────────────────────────────────────────
@dataclass(slots=True)
class Scrubbed:
    """What was found and what became of it."""

    changed: Counter[str] = field(default_factory=Counter)  # model → rows
    erased: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)  # public texts in which the name stands: people decide


class Words:
    """A person's address and name as patterns."""

    def __init__(self, user: User, instead: str) -> None:
        self.email, self.name, self.instead = user.email, user.name.strip(), instead
        self.address = re.compile(rf"(?<![\w.+\-]){re.escape(user.email)}(?![\w\-]|\.\w)", re.IGNORECASE)
        self.called: re.Pattern[str] | None = None
        if " " in self.name:
            self.called = re.compile(rf"(?<!\w){re.escape(self.name)}(?!\w)")
        elif self.name:  # one word may be any word; where people stand in the log, their name stands between dots
            self.called = re.compile(rf"(?:(?<=^)|(?<=· )){re.escape(self.name)}(?= ·|$)")

    def needles(self) -> list[str]:
        """What to ask the database for; with the letters as JSON may write them."""
        found = [self.email, self.name] if self.name else [self.email]
        return list(dict.fromkeys([*found, *(json.dumps(text)[1:-1] for text in found)]))

    def without_address(self, text: str) -> str:
        return "" if text.strip().lower() == self.email.lower() else self.address.sub(self.instead, text)

    def without_name(self, text: str) -> str:
        if self.name and text.strip() == self.name:
            return self.instead
        return self.called.sub(self.instead, text) if self.called else text

    def without_both(self, text: str) -> str:
        return self.without_name(self.without_address(text) or (self.instead if text.strip() else ""))


def deep(value: Any, change: Callable[[str], str]) -> Any:
    """The same structure with every text in it changed; keys too, since some of ours are addresses."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [deep(part, change) for part in value]
    if isinstance(value, dict):
        return {change(key) if isinstance(key, str) and "@" in key else key: deep(part, change) for key, part in value.items()}
    return value


def text_columns(model: type[Model]) -> list[Any]:
    """The columns of a model that can hold words."""
    kinds = (CharField, TextField, JSONField, StreamField, models.SlugField, models.URLField)
    hidden = SECRETS.get(model._meta.label, frozenset())
    return [
        one
        for one in model._meta.local_concrete_fields
        if isinstance(one, kinds) and one.name not in hidden and not one.primary_key
    ]


def scrub(user: User, instead: str) -> Scrubbed:
    """Take the person out of every text of the database.

    The mail address goes everywhere. The name goes from columns that are about persons; in what an association or the
    municipality has written for the public it may be another's, or a title, and is told instead.
    """
    words, done = Words(user, instead), Scrubbed()
    for listing in listings():
        _take_off_as_contact(listing, words, done)
    for model in installed():
        if model._meta.app_label in INDEXES or model is User:
            continue
        for rows in _found(model, words):
            for row in rows:
                _scrub_row(model, row, words, done)
    return done


def _contacts(model: type[Model]) -> list[tuple[str, ...]]:
    """The columns of a listing that speak of one person together: name, telephone and mail."""
    columns = {one.name for one in model._meta.local_concrete_fields}
    return [group for group in (CONTACT[:3], CONTACT[3:]) if columns.issuperset(group)]


def _is_about(values: Any, group: tuple[str, ...], words: Words) -> bool:
    """Whether the person stands in these columns, by address or name."""
    texts = [value for name in group if isinstance(value := values.get(name), str)]
    return any(words.without_both(text) != text for text in texts)


def _take_off_as_contact(model: type[Listing], words: Words, done: Scrubbed) -> None:
    """Who stands on a page as contact person goes with the telephone, which nobody else answers."""
    for group in _contacts(model):
        found = Q(pk__in=[])
        for name in group:
            for needle in words.needles():
                found |= Q(**{f"{name}__icontains": needle})
        rows = model._default_manager.filter(found).values("pk", *group)
        pks = [row["pk"] for row in rows if _is_about(row, group, words)]
        if pks:
            model._default_manager.filter(pk__in=pks).update(**dict.fromkeys(group, ""))
            done.changed[model._meta.label] += len(pks)


def _found(model: type[Model], words: Words) -> Iterator[list[dict[str, Any]]]:
    """Rows of a model in which an address or a name stands, some at a time."""
    fields = text_columns(model)
    for start in range(0, len(fields), 40):
        some = fields[start : start + 40]
        rows, found = every(model), Q(pk__in=[])
        for one in some:
            name = one.name
            if isinstance(one, JSONField | StreamField):
                name = f"as_text_{one.name}"
                rows = rows.annotate(**{name: Cast(one.name, TextField())})
            for needle in words.needles():
                found |= Q(**{f"{name}__icontains": needle})
        pks = list(rows.filter(found).order_by("pk").values_list("pk", flat=True))
        names = ["pk", *(one.attname for one in some)]
        for at in range(0, len(pks), AT_A_TIME):
            yield [
                dict(zip(names, values, strict=True))
                for values in every(model).filter(pk__in=pks[at : at + AT_A_TIME]).values_list(*names)
            ]


def _scrub_row(model: type[Model], row: dict[str, Any], words: Words, done: Scrubbed) -> None:
    label = model._meta.label
    personal = policy().personal(model)
    prose = policy().prose(model)
    values: dict[str, Any] = {}
    for one in text_columns(model):
        value = row.get(one.attname)
        if not value:
            continue
        if isinstance(one, StreamField) and not isinstance(value, str | list):
            value = one.stream_block.get_prep_value(value)
        if model is Revision and one.name == "content":
            changed = _draft(value, words)
        elif one.name in personal - prose:
            changed = deep(value, words.without_both) if not isinstance(value, str) else _whole(value, words, one.name)
        else:
            changed = deep(value, words.without_address)
        if changed != value:
            if isinstance(value, str) and value.strip().lower() == words.email.lower() and _goes_with_address(label, one.name):
                every(model).filter(pk=row["pk"]).delete()
                done.erased[label] += 1
                return
            values[one.name] = _fitting(one, changed, words)
        if one.name in prose and words.called and words.called.search(json.dumps(changed, ensure_ascii=False, default=str)):
            done.left.append(f"{label} {row['pk']} {one.name}")
    if values:
        rows = model._default_manager.filter(pk=row["pk"]) if issubclass(model, Listing) else every(model).filter(pk=row["pk"])
        rows.update(**values)
        done.changed[label] += 1


def _whole(value: str, words: Words, name: str) -> str:
    """A text column about persons: a column that is the address or the name is emptied where it is a contact's."""
    if value.strip().lower() == words.email.lower():
        return ""
    if name in CONTACT and value.strip() == words.name:
        return ""
    return words.without_both(value)


def _draft(content: Any, words: Words) -> Any:
    """A draft: contact columns like the page's own, the address out of everything else."""
    if not isinstance(content, dict):
        return content
    for group in (CONTACT[:3], CONTACT[3:]):
        if _is_about(content, group, words):
            content = content | {name: "" for name in group if name in content}
    return {
        key: _whole(part, words, key) if key in CONTACT and isinstance(part, str) else deep(part, words.without_address)
        for key, part in content.items()
    }


def _goes_with_address(label: str, name: str) -> bool:
    """Whether a row is nothing without the address: then the rule that keeps it erases rows, not columns."""
    return any(rule.then is Then.ERASE and name in rule.fields.get(label, ()) for rule in policy().rules)


def _fitting(one: Any, changed: Any, words: Words) -> Any:
    """The changed value as the column can hold it: one that must be there, or be there once, gets the other name."""
    if changed == "" and (one.unique or not one.blank):
        changed = words.instead.replace(" ", "-")
    if isinstance(changed, str) and (longest := getattr(one, "max_length", None)):
        changed = changed[:longest]
    return changed
