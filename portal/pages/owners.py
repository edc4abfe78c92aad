"""Whose page a page is: that of the municipality whose front page stands above it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, QuerySet
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.text import slugify
from wagtail.models import Page

from directory.listings.models import fold
from directory.municipalities.models import Municipality
from portal.languages import CODES

STEP = Page.steplen


def municipality_of_path(path: str) -> Municipality | None:
    """The municipality whose site starts at one of the pages that a path of the tree leads through."""
    above = [path[:end] for end in range(STEP, len(path) + 1, STEP)]
    found = Municipality.objects.filter(site__root_page__path__in=above).select_related("site__root_page").defer("boundary")
    return max(found, key=lambda municipality: len(municipality.site.root_page.path), default=None)  # type: ignore[union-attr]


def municipality_of_page(page: Any) -> Municipality | None:
    """The municipality a page belongs to; None for one outside every site, or that stands nowhere yet. Kept on the page."""
    if "_municipality" not in page.__dict__:
        if not page.path:
            return None
        page._municipality = municipality_of_path(page.path)
    return page._municipality


def front_pages() -> dict[str, int]:
    """Path of the front page → municipality, to ask `owner_among` of many pages."""
    return dict(Municipality.objects.filter(site__isnull=False).values_list("site__root_page__path", "pk"))


def owner_among(fronts: Mapping[str, int], path: str) -> int | None:
    """The municipality a path of the tree belongs to, as `municipality_of_path` says it."""
    above = [path[:end] for end in range(len(path), 0, -STEP)]
    return next((fronts[start] for start in above if start in fronts), None)


def is_front_page(page: Page | None) -> bool:
    """Whether a municipality's site starts at this page."""
    return page is not None and Municipality.objects.filter(site__root_page=page.pk).exists()


def reachable(pages: QuerySet[Any]) -> Any:
    """Those of these pages that visitors can come to: below no page that is taken away.

    A front page that is taken away is a fault, shown by a spare one; it closes nothing.
    """
    above = Page.objects.filter(live=False, depth__gt=2, numchild__gt=0)
    above = above.annotate(below=ExpressionWrapper(OuterRef("path"), output_field=CharField()))
    return pages.exclude(Exists(above.filter(below__startswith=F("path")).exclude(pk=OuterRef("pk"))))


# ── addresses that are taken ────────────────────────────────────────────────────────────────────────────────

# What the design keeps for itself, whether it is built already or not.
KEPT = frozenset(
    [
        *("find", "providers", "places", "activities", "support", "districts", "shortlist", "desk", "till", "calendar"),
        *("cms", "api", "k", "w", "healthz", "sw", "manifest", "theme", "static", "media", "documents", "sitemap", "robots"),
        *("embed", "offline", "social", "opensearch"),
    ]
)


def reserved_slugs() -> frozenset[str]:
    """Addresses directly below a front page that a page of the CMS would never answer at."""
    return KEPT | frozenset(CODES) | frozenset(_first_parts(get_resolver().url_patterns))


def free_slug(name: str, parent: Page | None, page: Any) -> str:
    """An address for a page of this name below `parent` that neither a neighbour nor the site itself has."""
    stem = slugify(fold(name))[:80] or slugify(name, allow_unicode=True)[:80] or "side"
    taken = reserved_slugs() if is_front_page(parent) else frozenset()
    number, slug = 1, stem
    while slug in taken or not Page._slug_is_available(slug, parent, page):
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _first_parts(patterns: Iterable[URLPattern | URLResolver]) -> Iterable[str]:
    for pattern in patterns:
        route = str(pattern.pattern)
        if isinstance(pattern, URLResolver) and (not route or route.rstrip("/") in CODES):
            yield from _first_parts(pattern.url_patterns)
            continue
        first = route.lstrip("^").split("/")[0].split(".")[0]
        if first and first.replace("-", "").replace("_", "").isalnum():
            yield first
