"""For search engines and browsers' search fields: sitemaps, `/robots.txt`, OpenSearch, pictures for shared links.

/sitemap.xml ─▶ /sitemap-<kind>-<n>.xml, each with every language of its pages beside one another
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Any

from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.models import Page

from directory.listings.loading import municipality_of
from directory.municipalities.models import Feature, Municipality
from portal.pages.owners import reachable
from portal.reach.drawing import Busy, social
from portal.reach.subjects import find_subject
from search.documents import MODELS

# Of one kind in one file. Each has an address in up to nineteen languages, each of which names all the others: a hundred are
# some megabytes, made in a moment for whoever asks; more in one file would keep readers of pages waiting.
IN_A_FILE = 100
XML = "application/xml; charset=utf-8"
KINDS = ("pages", "district", *MODELS)
Row = tuple[str, datetime | None]


def count(municipality: Municipality, kind: str) -> int:
    """How many pages of a kind the sitemap has."""
    if kind == "pages":
        return len(fixed(municipality)) + cms_pages(municipality).count()
    if kind == "district":
        return municipality.districts.count()
    return public(municipality, kind).count()


def public(municipality: Municipality, kind: str) -> Any:
    """The public listings of a kind."""
    rows: Any = MODELS[kind]._default_manager
    return rows.public().filter(municipality=municipality)


def cms_pages(municipality: Municipality) -> Any:
    """The published pages of the municipality's own tree."""
    if municipality.site is None:
        return Page.objects.none()
    return reachable(Page.objects.live().public()).descendant_of(municipality.site.root_page).order_by("path")


def fixed(municipality: Municipality) -> list[str]:
    """Pages that need no row, below the language."""
    return ["", "find/", "support/", *(["calendar/"] if municipality.has(Feature.CALENDAR) else [])]


def rows_of(municipality: Municipality, kind: str, number: int) -> list[Row]:
    """(path below the language, last change) of the n-th file of a kind, in one or two queries."""
    start, stop = (number - 1) * IN_A_FILE, number * IN_A_FILE
    if kind == "district":
        slugs = municipality.districts.order_by("pk").values_list("slug", flat=True)[start:stop]
        return [(_below("district", slug), None) for slug in slugs]
    if kind != "pages":
        found = public(municipality, kind).order_by("pk").values_list("slug", "updated_at")[start:stop]
        pattern = _below(kind, "slug-here")
        return [(pattern.replace("slug-here", slug), changed) for slug, changed in found]
    own: list[Row] = [(path, None) for path in fixed(municipality)]
    if municipality.site is not None:
        root = municipality.site.root_page.url_path
        pages = cms_pages(municipality).values_list("url_path", "last_published_at")
        own += [(path.removeprefix(root), changed) for path, changed in pages]
    return own[start:stop]


def _below(name: str, slug: str) -> str:
    with override("nb"):
        return reverse(name, args=[slug]).removeprefix("/nb/")


def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The files of this host's sitemap."""
    municipality = municipality_of(request)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    for kind in KINDS:
        changed = _last_change(municipality, kind)
        for number in range(1, -(-count(municipality, kind) // IN_A_FILE) + 1):
            address = escape(request.build_absolute_uri(reverse("sitemap-file", args=[kind, number])))
            lines.append(f"<sitemap><loc>{address}</loc>{changed}</sitemap>")
    return _xml([*lines, "</sitemapindex>"])


def _last_change(municipality: Municipality, kind: str) -> str:
    if kind not in MODELS:
        return ""
    latest = public(municipality, kind).aggregate(at=Max("updated_at"))["at"]
    return f"<lastmod>{latest.isoformat(timespec='seconds')}</lastmod>" if latest else ""


def sitemap_file(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """One file: pages of a kind, each in every language the municipality offers."""
    municipality = municipality_of(request)
    rows = rows_of(municipality, kind, number) if kind in KINDS and 0 < number < 100_000 else []
    if not rows:
        raise Http404("No such file.")
    root = request.build_absolute_uri("/")
    return _xml(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">',
            *(line for row in rows for line in _entries(root, municipality.languages, row)),
            "</urlset>",
        ]
    )


def _entries(root: str, languages: list[str], row: Row) -> Iterator[str]:
    path, changed = row
    addresses = {code: escape(f"{root}{code}/{path}") for code in languages}
    addresses_and_default = [*addresses.items(), ("x-default", escape(root) if not path else addresses[languages[0]])]
    alternates = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{there}"/>' for code, there in addresses_and_default
    )
    lastmod = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
    for address in addresses.values():
        yield f"<url><loc>{address}</loc>{lastmod}{alternates}</url>"


def _xml(lines: list[str]) -> HttpResponse:
    return HttpResponse("\n".join(lines), content_type=XML, headers={"Cache-Control": "public, max-age=3600"})


def robots(request: HttpRequest) -> HttpResponse:
    """What robots need not read: staff's screens, data for programs, frames, kiosks; and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in ("/cms/", "/api/", "/documents/", "/*/embed/", "/*kiosk=1"))]
    if getattr(request, "municipality", None) is not None:
        lines += ["", f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}"]
    headers = {"Cache-Control": "public, max-age=3600"}
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8", headers=headers)


def opensearch(request: HttpRequest) -> HttpResponse:
    """How a browser's own search field asks this site."""
    municipality = municipality_of(request)
    find = escape(request.build_absolute_uri(reverse("find")))
    feed = escape(request.build_absolute_uri(reverse("feed-rss")))
    lang = str(getattr(request, "LANGUAGE_CODE", "nb"))
    return HttpResponse(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">'
        # The lengths are the format's own, in letters as they are read.
        f"<ShortName>{escape(municipality.name[:16].strip())}</ShortName>"
        f"<LongName>{escape(f'Frittfram {municipality.name}'[:48].strip())}</LongName>"
        f"<Description>{escape(_('Activities, places to meet and help to take part, near you.'))}</Description>"
        f"<Language>{lang}</Language><InputEncoding>UTF-8</InputEncoding><OutputEncoding>UTF-8</OutputEncoding>"
        f'<Url type="text/html" method="get" template="{find}?q={{searchTerms}}"/>'
        f'<Url type="application/rss+xml" template="{feed}?q={{searchTerms}}"/>'
        f'<Url type="application/opensearchdescription+xml" rel="self" template="{escape(request.build_absolute_uri())}"/>'
        "</OpenSearchDescription>",
        content_type="application/opensearchdescription+xml; charset=utf-8",
        headers={"Cache-Control": "public, max-age=86400"},
    )


def social_picture(request: HttpRequest, kind: str, slug: str, lang: str, digest: str) -> HttpResponse:
    """The picture for a shared link. An address with another hash is sent on: the text has changed since it was shared."""
    municipality = municipality_of(request)
    if lang not in municipality.languages:
        raise Http404("This language is not offered here.")
    subject = find_subject(kind, slug, municipality, lang)
    if subject is None:
        raise Http404("Nothing to draw.")
    if digest != subject.digest(lang):
        return HttpResponseRedirect(subject.address(lang), headers={"Cache-Control": "no-cache"})
    try:
        picture = social(subject, lang)
    except Busy:
        return HttpResponse(status=503, headers={"Retry-After": "10", "Cache-Control": "no-store"})
    return HttpResponse(picture, content_type="image/png", headers={"Cache-Control": "public, max-age=31536000, immutable"})
