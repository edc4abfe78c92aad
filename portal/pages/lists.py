"""Lists of listings that pages carry: a question as staff pasted it, asked again each time a page is read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.geography.places import locate
from directory.listings.cards import Card
from directory.municipalities.models import Municipality
from portal.templatetags.finding import cards
from search.engines import get_engine
from search.query import PARAMS, SearchQuery
from search.vocabulary import Vocabulary

MOST = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """What a kept question finds today: the first cards, how many there are, and where all of them stand."""

    total: int
    cards: list[Card]
    href: str
    points: str


@dataclass(frozen=True, slots=True)
class Anywhere:
    """Stands for a place while a question is only looked at for its form."""

    lat: float = 0.0
    lon: float = 0.0
    label: str = ""


def tidy_question(value: str) -> str:
    """What stands behind "?" in the address of a results page, in its usual order; ValidationError where that makes no sense."""
    value = value.strip()
    if len(value) > MOST:
        raise ValidationError(_("This address is too long."))
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValidationError(_("This address cannot be read. Copy it once more from the browser.")) from None
    asked = parts.query
    if not asked and "=" in value and "/" not in value.partition("=")[0]:
        asked = value.removeprefix("?")
    path = "" if asked == value else parts.path
    if path and not path.endswith("/find/"):
        raise ValidationError(_("Search on the public site, choose what you want, and paste the address of that page here."))
    params = QueryDict(asked, mutable=True)
    for name in set(params) - (set(PARAMS) - {"page"}):
        del params[name]
    query, notices = SearchQuery.from_params(params, home="0000", locate=lambda text: Anywhere())
    if notices:
        raise ValidationError([f"{notice.param}: {notice.value} – {notice.message}" for notice in notices])
    return query.address("").removeprefix("?")


def what_is_unknown(question: str, municipality: Municipality, lang: str) -> list[str]:
    """Values of a question that this municipality does not have, in words."""
    _query, notices = asked_of(question, municipality, lang)
    return [f"{notice.param}: {notice.value} – {notice.message}" for notice in notices]


def asked_of(question: str, municipality: Municipality, lang: str):  # type: ignore[no-untyped-def]
    """The question as the engine takes it, and what of it was left out."""
    params = QueryDict(question)
    vocabulary = Vocabulary.for_params(params, municipality, lang)
    return SearchQuery.from_params(
        params, home=municipality.number, lang=lang, known=vocabulary, locate=lambda text: locate(text, municipality)
    )


def found(question: str, municipality: Municipality, lang: str, limit: int) -> Found:
    """Ask a kept question."""
    query, _notices = asked_of(question, municipality, lang)
    answer = get_engine().search(query, facets=False)
    points = query.address(reverse("api-points"))
    return Found(
        total=answer.total,
        cards=cards(municipality, lang, answer)[:limit] if limit else [],
        href=query.address(reverse("find")),
        points=f"{points}{'&' if '?' in points else '?'}lang={lang}",
    )
