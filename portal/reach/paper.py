"""Lists on paper: `/find/print/`, and the QR code that leads back to the same question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.listings.cards import Card
from directory.listings.views import drawn
from portal.kit.texts import Text
from portal.languages import interface_of
from portal.reach.hits import Asked, Hits, asked, hits
from search.query import SearchQuery

MOST = 200
GROUPINGS = ("category", "district", "none")
# A longer address makes a code that phones cannot read from a wall.
LONGEST_IN_QR = 600


@dataclass(frozen=True, slots=True)
class Group:
    """Cards under one heading; the heading is empty for a list without."""

    heading: Text
    cards: list[Card]


def grouped(question: Asked, answer: Hits, by: str) -> list[Group]:
    """The hits under the headings of their first category or their district, in the order staff have given these."""
    if by == "none":
        return [Group(Text("", question.lang), answer.cards)] if answer.cards else []
    vocabulary = question.vocabulary
    rows: dict[str, list[Card]] = {}
    for doc, card in zip(answer.found, answer.cards, strict=True):
        if by == "district":
            slug = doc.card["district"] or ""
        else:
            first = next(iter(doc.card["categories"]), "")
            slug = vocabulary.parents.get(first, first)
        rows.setdefault(slug if vocabulary.has(by, slug) else "", []).append(card)
    known = vocabulary.in_order(by, {slug: len(cards) for slug, cards in rows.items() if slug})
    others = Text(_("The whole municipality") if by == "district" else _("Other things"), interface_of(question.lang))
    groups = [Group(vocabulary.label(by, slug), rows[slug]) for slug in known]
    return groups + ([Group(others, rows[""])] if "" in rows else [])


def print_list(request: HttpRequest) -> HttpResponse:
    """The hits as a compact list for A4."""
    question = asked(request)
    by = request.GET.get("by", "")
    by = by if by in GROUPINGS else GROUPINGS[0]
    answer = hits(question, MOST)
    path = reverse("print-list")
    ways = []
    for value, label in zip(GROUPINGS, (_("By category"), _("By part of town"), _("One list")), strict=True):
        address = question.query.without("page").address(path)
        ways.append({"label": label, "chosen": value == by, "href": f"{address}{'&' if '?' in address else '?'}by={value}"})
    context: dict[str, Any] = {
        "query": question.query,
        "heading": question.heading,
        "heading_parts": question.heading_parts,
        "cards": answer.cards,
        "groups": grouped(question, answer, by),
        "total": answer.total,
        "shown": len(answer.cards),
        "most": MOST,
        "ways": ways,
        "today": timezone.localdate(),
        "back_href": question.query.without("page").address(reverse("find")),
        "qr_href": question.query.without("page").address(reverse("find-qr")),
        "canonical_params": question.query.without("page").to_params(),
    }
    response = render(request, "reach/print_list.html", context)
    response["Cache-Control"] = "no-cache"
    return response


def qr(request: HttpRequest) -> HttpResponse:
    """The address of a list as a QR code (SVG)."""
    query: SearchQuery = asked(request).query.without("page")
    address = request.build_absolute_uri(query.address(reverse("find")))
    if len(address) > LONGEST_IN_QR:
        address = request.build_absolute_uri(reverse("find"))
    return drawn(address)
