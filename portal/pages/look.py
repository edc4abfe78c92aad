"""How a municipality's site looks and what it says of itself: colours, logo, the words at its foot."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import Municipality
from portal.theme.colours import is_hex
from portal.theme.stylesheet import Colours, stylesheet


def check_hex(value: str) -> None:
    """A colour as `#` and six digits."""
    if not is_hex(value):
        raise ValidationError(_("Write the colour as # and six digits or letters a to f, for instance #0a6660."))


def new_stamp() -> str:
    """A word that has not been used before."""
    return uuid.uuid4().hex


class SiteLook(models.Model):
    """The look of one municipality's site. Empty colours mean the product's own."""

    municipality = models.OneToOneField(Municipality, on_delete=models.CASCADE, related_name="look")
    accent = models.CharField(_("main colour"), max_length=7, blank=True, validators=[check_hex])
    brand = models.CharField(_("second colour"), max_length=7, blank=True, validators=[check_hex])
    neutral = models.CharField(_("colour of grounds and grey texts"), max_length=7, blank=True, validators=[check_hex])
    logo = models.ForeignKey("wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    footer = models.TextField(_("text at the foot of every page"), blank=True)
    contact = models.CharField(_("how to reach you, in one line"), max_length=200, blank=True)
    # Changes with everything that header and footer show, so that each worker knows whether what it keeps still holds.
    stamp = models.CharField(max_length=32, default=new_stamp, editable=False)

    class Meta:
        verbose_name = _("look of the site")
        verbose_name_plural = _("looks of the sites")

    def __str__(self) -> str:
        return str(self.municipality)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.stamp = new_stamp()
        super().save(*args, **kwargs)

    @property
    def colours(self) -> Colours:
        """The chosen colours."""
        return Colours(self.accent, self.brand, self.neutral)

    @property
    def theme_address(self) -> str:
        """The address of the stylesheet; empty where the product's own colours are used."""
        if not self.colours:
            return ""
        return f"/theme/{self.municipality.slug}-{stylesheet(self.colours)[1]}.css"


def look_of(municipality: Municipality) -> SiteLook | None:
    """The look of a municipality's site, asked for once for each row of it."""
    if not hasattr(municipality, "_look"):
        found = SiteLook.objects.filter(municipality=municipality).select_related("logo").first()
        if found is not None:
            found.municipality = municipality
        municipality._look = found  # type: ignore[attr-defined]
    return municipality._look  # type: ignore[attr-defined, no-any-return]


def renew_stamp(*municipality_ids: int) -> None:
    """Header and footer of these municipalities have changed."""
    known = set(SiteLook.objects.filter(municipality__in=municipality_ids).values_list("municipality_id", flat=True))
    for pk in municipality_ids:
        if pk in known:
            SiteLook.objects.filter(municipality=pk).update(stamp=new_stamp())
        else:
            SiteLook.objects.get_or_create(municipality_id=pk)
