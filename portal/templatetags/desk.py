"""What the pages behind sign-in need of their forms."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

from portal.desk.editing.questions import SEEN_BY
from portal.desk.people.forms import ROLES

register = template.Library()


@register.filter
def dressed(field: BoundField) -> SafeString:
    """A field that is typed into or chosen from, as the design system draws it."""
    more: dict[str, Any] = {"class": "ds-input"}
    if "dir" not in field.field.widget.attrs and field.widget_type in ("text", "textarea"):
        more["dir"] = "auto"
    return field.as_widget(attrs=more)


@register.filter
def seen_by(value: Any) -> Any:
    """Who sees a contact field with this visibility, in a sentence."""
    return SEEN_BY[str(value)][1] if str(value) in SEEN_BY else ""


@register.filter
def may_do(role: Any) -> Any:
    """What somebody with a role may do, in words."""
    return ROLES.get(role, "")
