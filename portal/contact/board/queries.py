"""What hangs on the board, as a list to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from directory.municipalities.tenancy import search_rows
from portal.contact.board.models import Notice, NoticeKind
from portal.contact.standing import Standing
from portal.kit.texts import Text, best

A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for on the board; whatever makes no sense is left out."""

    words: str = ""
    kind: str = ""
    district: str = ""
    own: bool = False

    @classmethod
    def of(cls, params: Any) -> Asked:
        """From an address."""
        kind = params.get("kind", "")
        return cls(
            words=" ".join(params.get("q", "").replace("\x00", " ").split())[:100],
            kind=kind if kind in NoticeKind.values else "",
            district=params.get("district", "").replace("\x00", "")[:80],
            own=params.get("own") == "1",
        )


def notices_for(standing: Standing, asked: Asked) -> QuerySet[Notice]:
    """What hangs on the board, newest first; or all of one's own, also what is down."""
    rows: QuerySet[Notice] = Notice.objects.filter(municipality=standing.municipality)
    rows = rows.filter(own_rows(standing)) if asked.own else rows.filter(pk__in=Notice.objects.hanging())
    rows = rows.filter(kind=asked.kind) if asked.kind else rows
    # What is for the whole municipality is for each part of it.
    rows = rows.filter(Q(district__slug=asked.district) | Q(district=None)) if asked.district else rows
    rows = search_rows(rows, asked.words, ("title", "text")) if asked.words else rows
    return rows.select_related("district", "provider", "agency", "municipality").order_by("-created_at", "-pk")


def own_rows(standing: Standing) -> Q:
    """One's own notices, and those of the providers and agencies one speaks for."""
    mine = Q(author=standing.user, provider=None, agency=None) if standing.is_staff else Q(pk__in=[])
    return mine | Q(provider__in=standing.providers) | Q(agency__in=standing.agencies)


def whose(notice: Notice, order: list[str]) -> Text:
    """Who put a notice up, by name: never a person."""
    if notice.provider:
        return best(notice.provider, "name", order)
    if notice.agency:
        return notice.agency.text("name", order)
    return Text(notice.municipality.name, "nb")
