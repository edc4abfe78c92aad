"""Contacts of providers as other members may see them, and the list of those who said yes to standing in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.text import capfirst

from directory.geography.districts import chart_of
from directory.listings.kinds import Visibility
from directory.listings.models import Category
from directory.listings.pages import reader_lang
from directory.municipalities.models import District, Municipality
from directory.municipalities.tenancy import search_rows
from directory.providers.models import Provider
from portal.kit.texts import Text, best
from portal.languages import CODES

A_PAGE = 30
FIELDS = ("contact_name", "phone", "email")


@dataclass(frozen=True, slots=True)
class Contact:
    """One provider with what other providers may see of how to reach it."""

    provider: Provider
    name: Text
    kind: str
    contact_name: str
    phone: str
    email: str
    website: str
    districts: tuple[Text, ...] = ()

    @property
    def is_bare(self) -> bool:
        """Whether it shows nobody to reach."""
        return not (self.contact_name or self.phone or self.email)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What somebody looks for in a list of contacts; whatever makes no sense finds nothing or is left out."""

    words: str = ""
    category: str = ""
    district: str = ""

    @classmethod
    def of(cls, params: dict[str, str]) -> Narrowed:
        """From an address."""
        clean = {
            name: " ".join(str(params.get(name, "")).replace("\x00", " ").split())[:100] for name in ("q", "category", "district")
        }
        return cls(clean["q"], clean["category"], clean["district"])


def providers_shown(municipality: Municipality, asked: Narrowed) -> QuerySet[Provider]:
    """Public providers, by name."""
    rows = Provider.objects.public().filter(municipality=municipality)
    if asked.category:
        rows = rows.filter(Q(categories__slug=asked.category) | Q(categories__parent__slug=asked.category)).distinct()
    if asked.words:
        rows = search_rows(rows, asked.words, [f"name_{code}" for code in CODES])
    return rows.order_by("name_nb", "pk")


def consented(municipality: Municipality, asked: Narrowed) -> list[Contact]:
    """The list of contacts: those who said yes and have not taken it back."""
    rows = providers_shown(municipality, asked).filter(contact_consent__withdrawn_at=None, contact_consent__isnull=False)
    return contacts(municipality, rows, district=asked.district)


def contacts(municipality: Municipality, rows: Iterable[Provider], *, district: str = "") -> list[Contact]:
    """Rows with names and contacts; `district` keeps those of one part of town."""
    order = municipality.order_for(reader_lang())
    chart = chart_of(municipality)
    if isinstance(rows, QuerySet):
        rows = rows.prefetch_related("districts")
    found = []
    for row in rows:
        where = [one for one in chart.districts_of(row, row.districts.all()) if one.kind == District.Kind.NEIGHBOURHOOD]
        if district and district not in {one.slug for one in where}:
            continue
        contact_name, phone, email = (row.contact(field, Visibility.PROVIDERS) for field in FIELDS)
        names = tuple(one.name_in(order) for one in where)
        kind = capfirst(str(row.get_kind_display()))
        found.append(Contact(row, best(row, "name", order), kind, contact_name, phone, email, row.website, names))
    return found


def categories_for(municipality: Municipality) -> list[tuple[str, Text]]:
    """The categories of the first level, by their names."""
    order = municipality.order_for(reader_lang())
    rows = Category.objects.filter(municipality=municipality, parent=None)
    return [(row.slug, row.name_in(order)) for row in rows]
