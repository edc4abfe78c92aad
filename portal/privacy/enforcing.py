"""Does what retention.toml says, in small steps, as often as one likes: a second run finds nothing left to do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import FileField, ForeignKey, JSONField, Model, Q, QuerySet
from django.utils.module_loading import import_string

from portal.privacy.retention import Policy, Rule, Then, column, expanded, policy

log = logging.getLogger("portal.privacy")
AT_A_TIME = 500


def enforce_retention(at: datetime, *, only: str = "", found: Policy | None = None) -> dict[str, int]:
    """Erase and blank what has been kept long enough. Gives for each rule how many rows it touched.

    A rule that fails is told in the log, and the others are enforced all the same.
    """
    done: dict[str, int] = {}
    for rule in (found or policy()).rules:
        if (only and rule.name != only) or rule.then is Then.WITH:
            continue
        try:
            done[rule.name] = enforce(rule, at)
        except Exception:
            if only:
                raise
            log.exception("The rule “%s” could not be enforced.", rule.name)
    if any(done.values()):
        log.info("Kept long enough: %s", ", ".join(f"{name} {count}" for name, count in done.items() if count))
    return done


def enforce(rule: Rule, at: datetime) -> int:
    """Enforce one rule."""
    if rule.then is Then.CALL:
        deed: Callable[[datetime], Any] = import_string(rule.by)
        result = deed(at)
        return result if isinstance(result, int) and not isinstance(result, bool) else 0
    return sum(_enforce_on(rule, model, at) for model in rule.models())


def due(rule: Rule, model: type[Model], at: datetime) -> QuerySet[Any]:
    """The rows of a model whose time is over."""
    rows = model._base_manager.filter(**rule.where)
    moment: Any = at - timedelta(days=rule.days)
    if field_at(model, rule.since).get_internal_type() == "DateField":
        moment = moment.date()
    rows = rows.filter(**{f"{rule.since}__lt": moment})
    if rule.then is Then.BLANK:
        rows = rows.filter(_not_blank(rule, model))
    return rows


def field_at(model: type[Model], path: str) -> Any:
    """The column at the end of a path such as `task_state__started_at`."""
    *steps, last = path.split("__")
    for step in steps:
        model = column(model, step).related_model  # type: ignore[assignment]
    return column(model, last)


def _enforce_on(rule: Rule, model: type[Model], at: datetime) -> int:
    count = 0
    while pks := list(due(rule, model, at).order_by("pk").values_list("pk", flat=True)[:AT_A_TIME]):
        with transaction.atomic():
            if rule.then is Then.ERASE:
                for row in model._base_manager.filter(pk__in=pks):
                    _remove_files(row)
                    row.delete()
            else:
                for row in _with_files(rule, model, pks):
                    _remove_files(row)
                model._default_manager.filter(pk__in=pks).update(**blanks(rule, model))
        count += len(pks)
    return count


def blanks(rule: Rule, model: type[Model]) -> dict[str, Any]:
    """What the columns of a rule hold when they are emptied."""
    names = expanded(model, rule.fields[model._meta.label])
    return {name: blank(model, name) for name in sorted(names) if name != rule.since}


def blank(model: type[Model], name: str) -> Any:
    """Nothing, as a column can hold it."""
    field = column(model, name)
    if field.null and not isinstance(field, FileField):
        return None
    if isinstance(field, JSONField):
        return field.get_default() if field.has_default() else {}
    return ""


def _not_blank(rule: Rule, model: type[Model]) -> Q:
    """Rows that still hold something: without it an emptied row would be emptied every day anew."""
    found = Q(pk__in=[])
    for name, empty in blanks(rule, model).items():
        field = column(model, name)
        if isinstance(field, ForeignKey) or empty is None:
            found |= Q(**{f"{name}__isnull": False})
        else:
            found |= ~Q(**{name: empty})
    return found


def _with_files(rule: Rule, model: type[Model], pks: list[Any]) -> list[Any]:
    names = rule.fields[model._meta.label]
    return list(model._base_manager.filter(pk__in=pks)) if any(isinstance(column(model, n), FileField) for n in names) else []


def _remove_files(row: Model) -> None:
    for field in row._meta.concrete_fields:
        if isinstance(field, FileField) and (file := getattr(row, field.name)):
            file.delete(save=False)
