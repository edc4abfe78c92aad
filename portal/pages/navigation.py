"""The menu and the foot of a municipality's site, ready to be written: labels in the reader's language, whole addresses.

    navigation(municipality, lang).top     the menu
    navigation(municipality, lang).foot    the list at the foot

One query a page (the look, with its stamp). What is made of the rest is kept in each worker under that stamp, which
changes with the menu, the look and the pages of the tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from wagtail.models import Page

from directory.municipalities.models import Feature, Municipality
from portal.kit.texts import Text, best
from portal.languages import interface_of
from portal.pages.links import href_of, leads_away
from portal.pages.look import SiteLook, look_of, renew_stamp
from portal.pages.menu import Fixed, MenuItem, Spot
from portal.pages.owners import reachable

KEPT = 600  # seconds; the stamp decides, this only clears away what nobody asks for

DEFAULT: dict[Spot, list[Fixed]] = {
    Spot.TOP: [Fixed.FIND, Fixed.SUPPORT, Fixed.CALENDAR, Fixed.NEWS],
    Spot.FOOT: [
        Fixed.FIND,
        Fixed.SUPPORT,
        Fixed.DISTRICTS,
        Fixed.SHORTLIST,
        Fixed.NEWS,
        Fixed.ACCESSIBILITY,
        Fixed.PRIVACY,
        Fixed.DESK,
        Fixed.STAFF,
    ],
}
ICONS = {
    Fixed.FIND: "search",
    Fixed.SUPPORT: "support",
    Fixed.DISTRICTS: "house",
    Fixed.CALENDAR: "calendar",
    Fixed.NEWS: "news",
}
SHORT = {Fixed.FIND: _("Find")}  # in the menu at the top room is scarce
ROUTES = {
    Fixed.FIND: "find",
    Fixed.SUPPORT: "support-index",
    Fixed.DISTRICTS: "district-index",
    Fixed.CALENDAR: "calendar",
    Fixed.SHORTLIST: "shortlist",
    Fixed.DESK: "desk",
}
PAGE_TYPES = {
    Fixed.NEWS: "newsindexpage",
    Fixed.ACCESSIBILITY: "accessibilitystatementpage",
    Fixed.PRIVACY: "privacypage",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the menu."""

    label: Text
    address: str
    name: str = ""  # of a fixed place, for "you are here"
    icon: str = ""
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Logo:
    """The municipality's logo as it stands in the header."""

    address: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Navigation:
    """What header and footer show of the municipality."""

    top: tuple[Entry, ...]
    foot: tuple[Entry, ...]
    logo: Logo | None = None
    theme: str = ""
    accent: str = ""
    footer: Text | None = None
    contact: Text | None = None


def navigation(municipality: Municipality | None, lang: str) -> Navigation:
    """What stands in header and footer for a reader of `lang`."""
    if municipality is None:
        return Navigation(tuple(entries([], Spot.TOP, None, lang, {})), tuple(entries([], Spot.FOOT, None, lang, {})))
    look = look_of(municipality)
    if look is None:
        return compose(municipality, None, lang)
    key = (
        f"navigation:{look.stamp}:{municipality.slug}:{lang}:{'-'.join(municipality.languages)}:{'-'.join(municipality.features)}"
    )
    found = cache.get(key)
    if found is None:
        found = compose(municipality, look, lang)
        cache.set(key, found, KEPT)
    return found  # type: ignore[no-any-return]


def compose(municipality: Municipality, look: SiteLook | None, lang: str) -> Navigation:
    """Ask for all of it."""
    order = municipality.order_for(lang)
    items = list(MenuItem.objects.filter(municipality=municipality).select_related("page").order_by("sort_order", "pk"))
    places = special_pages(municipality)
    with override(lang):
        top, foot = (tuple(entries(items, spot, municipality, lang, places)) for spot in (Spot.TOP, Spot.FOOT))
    if look is None:
        return Navigation(top, foot)
    return Navigation(
        top,
        foot,
        logo=logo_of(look),
        theme=look.theme_address,
        accent=look.accent,
        footer=best(look, "footer", order),
        contact=best(look, "contact", order),
    )


def entries(
    items: Iterable[MenuItem], spot: Spot, municipality: Municipality | None, lang: str, places: dict[str, str]
) -> Iterable[Entry]:
    """The links of one menu: the municipality's own, else what every site begins with."""
    chosen = [item for item in items if item.spot == spot] or [MenuItem(spot=spot, fixed=fixed) for fixed in DEFAULT[spot]]
    shown = shown_of([item.page for item in chosen if item.page])
    root = home_path(municipality)
    order = municipality.order_for(lang) if municipality else [lang]
    for item in chosen:
        own = best(item, "label", order)
        if item.page:
            # A page that is not public, or was moved out of the tree, is left out; the entry waits.
            if item.page.pk in shown and root and item.page.url_path.startswith(root):
                text = (
                    own
                    or best(shown[item.page.pk], "heading", order)
                    or Text(item.page.title, order[1] if len(order) > 1 else lang)
                )
                yield Entry(text, f"/{lang}/{item.page.url_path[len(root) :]}")
        elif item.fixed:
            fixed = Fixed(item.fixed)
            if address := fixed_address(fixed, municipality, lang, places):
                text = own or Text(str(SHORT.get(fixed, fixed.label) if spot == Spot.TOP else fixed.label), interface_of(lang))
                yield Entry(text, address, fixed.value, ICONS.get(fixed, "") if spot == Spot.TOP else "")
        elif address := href_of(item.address, lang):
            yield Entry(own or Text(item.address, lang), address, outside=leads_away(address))


def shown_of(pages: list[Page]) -> dict[int, Any]:
    """Those of the pages that visitors can come to, with their translated headings; one query for each type of page."""
    if not pages:
        return {}
    return {page.pk: page for page in reachable(Page.objects.live().filter(pk__in=[page.pk for page in pages])).specific()}


def home_path(municipality: Municipality | None) -> str:
    """The path of the front page in the tree, which addresses begin after."""
    site = municipality.site if municipality else None
    return site.root_page.url_path if site else ""


def special_pages(municipality: Municipality) -> dict[str, str]:
    """News, accessibility statement and privacy page of the tree, by type: the path after the language."""
    root = home_path(municipality)
    if not root:
        return {}
    rows = (
        reachable(Page.objects.live())
        .filter(path__startswith=municipality.site.root_page.path, content_type__model__in=PAGE_TYPES.values())  # type: ignore[union-attr]
        .order_by("-path")  # of several the first in the tree wins
        .values_list("content_type__model", "url_path")
    )
    return {model: path[len(root) :] for model, path in rows}


def fixed_address(fixed: Fixed, municipality: Municipality | None, lang: str, places: dict[str, str]) -> str:
    """The address of a fixed place; empty where this site has none."""
    if fixed == Fixed.STAFF:
        return "/cms/"
    if fixed in PAGE_TYPES:
        path = places.get(PAGE_TYPES[fixed])
        return f"/{lang}/{path}" if path is not None else ""
    if fixed == Fixed.CALENDAR and not (municipality and municipality.has(Feature.CALENDAR)):
        return ""
    try:
        with override(lang):
            return reverse(ROUTES[fixed])
    except NoReverseMatch:  # a part that is not installed
        return ""


def page_changed(sender: Any, instance: Page, **kwargs: Any) -> None:
    """A page was published, taken down, moved or deleted: the menus it may stand in are made anew."""
    above = [instance.path[:end] for end in range(4, len(instance.path) + 1, 4)]
    renew_stamp(*Municipality.objects.filter(site__root_page__path__in=above).values_list("pk", flat=True))


def logo_of(look: SiteLook) -> Logo | None:
    """The logo, small enough for a header; nothing where its file is gone."""
    if look.logo is None:
        return None
    try:
        made = look.logo.get_rendition("max-320x96|format-webp")
    except OSError:
        return None
    height = 48
    return Logo(made.url, max(1, round(made.width * height / made.height)), height)
