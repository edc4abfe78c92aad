"""What a social preview picture shows: a title, a line below it, a drawing, and whose site it is.

A picture's address holds a keyed hash of everything drawn. A stranger cannot make one up, so only what stands on public
pages is ever drawn, once for each language.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.models import Page

from directory.listings.cards import drawing_of
from directory.municipalities.models import District, Municipality
from portal.kit.texts import Text, best
from portal.pages.base import TranslatedPage
from portal.pages.look import look_of
from portal.pages.owners import reachable
from search.documents import MODELS

VERSION = "1"  # of the drawing: another look of all pictures is another address
OWN_COLOUR = "#0a6660"
KINDS = ("site", "district", "page", *MODELS)
MOST_TITLE, MOST_BELOW = 110, 150


@dataclass(frozen=True, slots=True)
class Subject:
    """What is drawn. `slug` finds it again."""

    kind: str
    slug: str
    title: Text
    below: Text
    drawing: str
    place: str
    colour: str

    def digest(self, lang: str) -> str:
        """A keyed hash of everything in the picture."""
        words = "\x00".join(map(str, (VERSION, lang, *astuple(self))))
        return salted_hmac("portal.reach.subjects", words, algorithm="sha256").hexdigest()[:20]

    def address(self, lang: str) -> str:
        """The path of the picture."""
        return f"/social/{self.kind}/{self.slug}-{lang}-{self.digest(lang)}.png"


def colour_of(municipality: Municipality) -> str:
    """The municipality's main colour, else the product's."""
    look = look_of(municipality)
    return (look.accent if look else "") or OWN_COLOUR


def cut(text: Text, most: int) -> Text:
    """The beginning of a text, whole words."""
    words = " ".join(str(text).split())
    if len(words) <= most:
        return Text(words, text.lang)
    return Text(words[:most].rsplit(" ", 1)[0].rstrip(",.;:–- ") + " …", text.lang)


def _subject(kind: str, slug: str, title: Text, below: Text, drawing: str, municipality: Municipality) -> Subject:
    return Subject(
        kind, slug, cut(title, MOST_TITLE), cut(below, MOST_BELOW), drawing, municipality.name, colour_of(municipality)
    )


def subject_of_listing(listing: Any, municipality: Municipality, lang: str, drawing: str = "") -> Subject:
    """A listing's picture: its name, and its one sentence. `drawing`: its illustration, where the page knows it already."""
    order = municipality.order_for(lang)
    below = best(listing, "summary", order)
    drawing = drawing or drawing_of(listing)
    return _subject(listing.KIND.value, listing.slug, best(listing, "name", order), below, drawing, municipality)


def subject_of_district(district: District, municipality: Municipality, lang: str) -> Subject:
    """A district's picture."""
    order = municipality.order_for(lang)
    return _subject("district", district.slug, district.name_in(order), best(district, "intro", order), "town", municipality)


def subject_of_page(page: TranslatedPage, municipality: Municipality, lang: str) -> Subject:
    """The picture of a page of the CMS."""
    order = municipality.order_for(lang)
    heading = best(page, "heading", order) or Text(page.title, order[0])
    return _subject("page", str(page.pk), heading, best(page, "intro", order), "meeting", municipality)


def subject_of_site(municipality: Municipality, lang: str) -> Subject:
    """The picture of the front page, and of all pages that are about nothing else."""
    with override(lang):
        title = _("What would you like to do?")
        below = _("Activities, places to meet and help to take part, near you.")
    return _subject("site", municipality.slug, Text(title, lang), Text(below, lang), "hero", municipality)


def find_subject(kind: str, slug: str, municipality: Municipality, lang: str) -> Subject | None:
    """What an address of a picture speaks of; None where it is not there or not public."""
    if kind == "site":
        return subject_of_site(municipality, lang) if slug == municipality.slug else None
    if kind == "district":
        district = municipality.districts.filter(slug=slug).first()
        return subject_of_district(district, municipality, lang) if district else None
    if kind == "page":
        if not (slug.isascii() and slug.isdigit() and len(slug) < 12) or municipality.site is None:
            return None
        pages = reachable(Page.objects.live().public()).descendant_of(municipality.site.root_page)
        page = pages.filter(pk=int(slug)).specific().first()
        return subject_of_page(page, municipality, lang) if isinstance(page, TranslatedPage) else None
    rows: Any = MODELS[kind]._default_manager
    listing = rows.public().filter(municipality=municipality, slug=slug).prefetch_related("categories__parent").first()
    return subject_of_listing(listing, municipality, lang) if listing else None
