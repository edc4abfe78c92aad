"""What stands in the head of a public page for search engines, for those who share its address, and for feed readers.

context ──▶ canonical address (only parameters that change what is shown, always in the same order)
        ──▶ the same page in each language, and for readers of none of them (`x-default`)
        ──▶ title, sentence and picture for a shared link
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from directory.listings.models import Listing
from directory.municipalities.models import District, Municipality
from portal.kit.texts import best
from portal.languages import NAMES
from portal.pages.base import TranslatedPage
from portal.pages.models import HomePage
from portal.pages.news import NewsPage
from portal.reach.subjects import Subject, subject_of_district, subject_of_listing, subject_of_page, subject_of_site
from search.query import SearchQuery

DESCRIPTION = 200  # letters
# One of these alone makes a list worth finding from outside; anything deeper is one of endlessly many.
ONE_CHOICE = frozenset({"kind", "category", "target", "district", "season", "free", "volunteers"})
# The country in which each language is read here; what those who show shared links ask for.
LOCALES = {"nb": "nb_NO", "nn": "nn_NO", "se": "se_NO", "en": "en_GB", "sv": "sv_SE", "fi": "fi_FI", "pl": "pl_PL", "uk": "uk_UA"}


@dataclass(frozen=True, slots=True)
class Shared:
    """A page as those show it who were given its address."""

    title: str
    description: str
    picture: str
    locale: str
    kind: str


def worth_finding(query: SearchQuery) -> bool:
    """Whether search engines should list these results: all of them, or one choice, on the first page."""
    chosen = query.chosen()
    if query.page > 1 or query.sort or len(chosen) > 1:
        return False
    return not chosen or chosen[0][0] in ONE_CHOICE


def params_of(context: dict[str, Any]) -> list[tuple[str, str]]:
    """The parameters that belong to the page's address. A view with some of its own gives them as `canonical_params`."""
    if "canonical_params" in context:
        return list(context["canonical_params"])
    query = context.get("query")
    return query.to_params() if isinstance(query, SearchQuery) else []


def address_in(code: str, request: HttpRequest, params: list[tuple[str, str]]) -> str:
    """The whole address of the page in a language."""
    parts = request.path.split("/", 2)
    rest = parts[2] if len(parts) > 2 and parts[1] in NAMES else ""
    return request.build_absolute_uri(f"/{code}/{rest}" + (f"?{urlencode(params, safe=',')}" if params else ""))


def addresses(
    request: HttpRequest, lang: str, languages: list[str], params: list[tuple[str, str]]
) -> tuple[str, list[tuple[str, str]]]:
    """The canonical address, and (language, address) of every version with `x-default` last."""
    found = [(code, address_in(code, request, params)) for code in languages]
    home = len(request.path.strip("/").split("/")) == 1
    # The front page without a language picks one; any other page is given in the municipality's first.
    default = request.build_absolute_uri("/") if home else found[0][1]
    return address_in(lang, request, params), [*found, ("x-default", default)]


def shared(context: dict[str, Any], municipality: Municipality, lang: str) -> Shared:
    """How the page looks where its address is shared."""
    subject, title, description = _told(context, municipality, lang)
    return Shared(
        title=title or str(subject.title),
        description=Truncator(description or _("Activities, places to meet and help to take part, near you.")).chars(DESCRIPTION),
        picture=subject.address(lang),
        locale=LOCALES.get(lang, lang),
        kind="article" if isinstance(context.get("page"), NewsPage) else "website",
    )


def _told(context: dict[str, Any], municipality: Municipality, lang: str) -> tuple[Subject, str, str]:
    listing, texts = context.get("listing"), context.get("texts")
    if isinstance(listing, Listing) and isinstance(texts, dict) and listing.pk:
        subject = subject_of_listing(listing, municipality, lang, str(context.get("drawing_name") or ""))
        return subject, str(texts.get("name") or ""), str(texts.get("summary") or texts.get("description") or "")
    district = context.get("district")
    if isinstance(district, District):
        return subject_of_district(district, municipality, lang), "", str(best(district, "intro", municipality.order_for(lang)))
    site = subject_of_site(municipality, lang)
    query = context.get("query")
    if isinstance(query, SearchQuery):
        return site, str(context.get("heading") or _("Find something to do")), ""
    page = context.get("page")
    if isinstance(page, TranslatedPage) and page.pk and not isinstance(page, HomePage):
        return subject_of_page(page, municipality, lang), "", str(best(page, "intro", municipality.order_for(lang)))
    return site, "", ""


def feeds(query: SearchQuery) -> list[tuple[str, str, str]]:
    """(media type, address, words) of what a list can be subscribed to."""
    whole = query.without("page")
    return [
        ("application/rss+xml", whole.address(reverse("feed-rss")), _("New in this list")),
        ("text/calendar", whole.address(reverse("feed-ics")), _("Dates of this list")),
    ]
