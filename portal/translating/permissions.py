"""Who may translate what: staff of a municipality, their own rows, and of these what they may change anyway."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.http import Http404
from wagtail.models import Page

from directory.municipalities.models import Municipality, StaffRole
from directory.municipalities.tenancy import mine, municipality_ids
from portal.translating.pieces import Row, kinds_in_order, load, translated_models

LARGEST_KEY = 2**63 - 1  # no database has a row beyond it, and one of them complains


def own_municipalities(user: Any) -> QuerySet[Municipality]:
    """The municipalities whose texts the user may translate."""
    return mine(Municipality, user).defer("boundary").order_by("name")


def may_change(user: Any, row: Row) -> bool:
    """Whether the user may change this row's texts."""
    if user.is_active and user.is_superuser:
        return True
    if row.municipality_id not in municipality_ids(user):
        return False
    if issubclass(row.model, Page):
        page: Any = row.model._base_manager.get(pk=row.pk)
        return bool(page.permissions_for_user(user).can_publish())
    return may_change_kind(user, row.model, row.municipality_id)


def may_change_kind(user: Any, model: type[Model], municipality: int) -> bool:
    """Whether rows of this kind are the user's to change in a municipality they work for; of pages each is asked for itself."""
    if issubclass(model, Page) or user.has_perm(f"{model._meta.app_label}.change_{model._meta.model_name}"):
        return True
    return municipality in municipality_ids(user, StaffRole.Role.COORDINATOR)


def kinds_of(user: Any, municipality: Municipality) -> tuple[type[Model], ...]:
    """The kinds whose rows the user may change in this municipality, in the order of the board."""
    return tuple(model for model in kinds_in_order() if may_change_kind(user, model, municipality.pk))


def get_row(user: Any, app_label: str, model_name: str, object_id: int, lang: str) -> tuple[Row, Municipality]:
    """A row residents see, for somebody who may translate it into `lang`; 404 for everybody else, and for all else."""
    model = model_named(f"{app_label}.{model_name}")
    if object_id > LARGEST_KEY:
        raise Http404
    languages = {municipality.pk: municipality for municipality in own_municipalities(user)}
    rows = load(model, [object_id], {pk: municipality.languages for pk, municipality in languages.items()})
    if not rows or not rows[0].live or rows[0].municipality_id not in languages or not may_change(user, rows[0]):
        raise Http404
    municipality = languages[rows[0].municipality_id]
    if lang not in municipality.languages:
        raise Http404
    return rows[0], municipality


def model_named(label: str) -> type[Model]:
    """The translated model behind "app.model"; 404 for any other."""
    found = next((model for model in translated_models() if model._meta.label_lower == label), None)
    if found is None:
        raise Http404
    return found
