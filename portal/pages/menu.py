"""What stands in the menu at the top of every page and in the list at its foot."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import Municipality
from portal.kit.texts import best
from portal.languages import CODES
from portal.pages.links import check_address


class Spot(models.TextChoices):
    """Where an entry stands."""

    TOP = "top", _("menu at the top")
    FOOT = "foot", _("list at the foot")


class Fixed(models.TextChoices):
    """Pages that every site has, or has when the part is in use. The labels are what readers see."""

    FIND = "find", _("Find something to do")
    SUPPORT = "support", _("Help to take part")
    DISTRICTS = "districts", _("Where you live")
    CALENDAR = "calendar", _("Calendar")
    NEWS = "news", _("News")
    ACCESSIBILITY = "accessibility", _("Accessibility statement")
    PRIVACY = "privacy", _("Privacy")
    SHORTLIST = "shortlist", _("Your list")
    DESK = "desk", _("Sign in")
    STAFF = "staff", _("For staff")


class MenuItem(models.Model):
    """One entry: it leads to a page of the own tree, to a fixed place, or to an address."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="menu_items")
    spot = models.CharField(_("where"), max_length=10, choices=Spot.choices, default=Spot.TOP)
    sort_order = models.PositiveIntegerField(_("order"), default=0)
    label = models.CharField(_("text of the entry"), max_length=60, blank=True)
    page = models.ForeignKey(
        "wagtailcore.Page", verbose_name=_("a page of yours"), on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    fixed = models.CharField(_("or a place every site has"), max_length=20, choices=Fixed.choices, blank=True)
    address = models.CharField(_("or an address"), max_length=500, blank=True, validators=[check_address])

    class Meta:
        verbose_name = _("menu entry")
        verbose_name_plural = _("menu")
        ordering: ClassVar[list[str]] = ["spot", "sort_order", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="menu_item_leads_somewhere",
                condition=(Q(page__isnull=False) & Q(fixed="") & Q(address=""))
                | (Q(page__isnull=True) & ~Q(fixed="") & Q(address=""))
                | (Q(page__isnull=True) & Q(fixed="") & ~Q(address="")),
                violation_error_message=_("Choose one of the three: a page, a place every site has, or an address."),
            )
        ]

    def __str__(self) -> str:
        label = best(self, "label", CODES).value
        return label or (self.page.title if self.page else "") or self.get_fixed_display() or self.address
