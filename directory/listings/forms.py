"""The staff's form on a listing: lists as boxes and lines, and errors in words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.db.models import BigIntegerField, F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import SPOKEN
from directory.listings.models import Category
from directory.municipalities.forms import LinesField
from directory.municipalities.tenancy import TenantForm


class SpokenField(forms.MultipleChoiceField):
    """Languages spoken, as boxes; each by its own name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=list(SPOKEN.items()),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            label=_("Languages spoken"),
            **kwargs,
        )


def show_two_levels(field: Any) -> None:
    """Categories to choose from: children follow their parent."""
    label = field.label_from_instance
    field.queryset = field.queryset.order_by(
        Coalesce("parent__position", "position"),
        Coalesce("parent_id", "pk", output_field=BigIntegerField()),
        F("parent").asc(nulls_first=True),
        "position",
        "name_nb",
    )

    def indented(category: Category) -> str:
        return f"› {label(category)}" if category.parent_id else str(label(category))

    field.label_from_instance = indented


class ListingForm(TenantForm):
    """What staff write about a listing of any kind."""

    spoken = SpokenField()
    social_links = LinesField(label=_("Social media"), help_text=_("One address a line."), check=URLValidator(["http", "https"]))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("categories"):
            show_two_levels(field)
        if field := self.fields.get("slug"):
            field.required = False

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        young, old = values.get("age_from"), values.get("age_to")
        if young is not None and old is not None and young > old:
            self.add_error("age_to", _("The highest age must not be lower than the lowest."))
        self._check_pin(values)
        if values.get("is_free") and values.get("price"):
            self.add_error("price", _("It is marked as free. Take away the price, or say that it is not free."))
        return values

    def _check_pin(self, values: dict[str, Any]) -> None:
        lat, lon = values.get("pinned_lat"), values.get("pinned_lon")
        if (lat is None) != (lon is None):
            if not {"pinned_lat", "pinned_lon"} & set(self.errors):
                self.add_error("pinned_lat" if lat is None else "pinned_lon", _("Give both numbers, or neither."))
        elif lat is not None and lon is not None and 4 <= lat <= 32 and 57 <= lon <= 82:
            self.add_error("pinned_lat", _("Latitude and longitude seem to have changed places."))
