"""Fields and forms that staff screens of several rooms share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from directory.listings.models import fold
from directory.municipalities.tenancy import TenantForm


class LinesField(forms.CharField):
    """A list of short texts, one a line. `check` raises ValidationError for a line that is no good."""

    widget = forms.Textarea

    def __init__(self, *args: Any, check: Callable[[str], Any] | None = None, commas: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 5000)
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(*args, **kwargs)
        self.check, self.commas = check, commas

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        if self.commas:
            text = text.replace(",", "\n")
        lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        wrong = []
        for line in lines:
            try:
                if self.check:
                    self.check(line)
            except ValidationError:
                wrong.append(line)
        if wrong:
            raise ValidationError(_("This cannot be right: %(lines)s"), params={"lines": ", ".join(wrong)})
        return lines

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def read_day(text: str) -> date:
    """ "24.12.2026", "24.12.26" or "2026-12-24"."""
    for form in ("%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise ValidationError(_("Write a day such as 24.12.2026."))


class DaysField(LinesField):
    """Days, one a line as people write them; kept in ISO form and in order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, check=read_day, commas=True, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            value = [f"{read_day(str(day)):%d.%m.%Y}" for day in value]
        return super().prepare_value(value)

    def clean(self, value: Any) -> list[str]:
        return sorted({read_day(line).isoformat() for line in super().clean(value)})


def check_postcode(value: str) -> None:
    """Four digits."""
    if not (len(value) == 4 and value.isascii() and value.isdigit()):
        raise ValidationError(_("A postcode has four digits."))


class NamedForm(TenantForm):
    """A row with a name, whose short name for addresses is made from it when none is given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("slug"):
            field.required = False

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if "slug" in self.fields and not values.get("slug") and "slug" not in self.errors:
            name = next((values[key] for code in self.offered() if values.get(key := f"{self.named_by}_{code}")), "")
            values["slug"] = slugify(fold(name))[:80] or "x"
        return values
