"""The journal of bounds, as far as somebody may read it: a change names its row by table and number, the row says whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cards.ledger.models import CountChange
from cards.offers.models import Ceiling, Offer, ProviderAgreement, Stock
from cards.programmes.models import AgencyQuota, Batch, CardType, CardTypeLine
from cards.programmes.staff_views import MONEY
from cards.programmes.states import Unit
from cards.programmes.tenancy import is_boss, own_rows_of, programmes_of
from directory.municipalities.tenancy import search_rows
from portal.languages import CODES

Rows = Callable[[Any], QuerySet[Any]]

#: What the journal calls a table → (what people call it, the rows somebody may read the changes of).
JOURNALS: dict[str, tuple[str | Promise, Rows]] = {
    "offer": (_("offer"), lambda user: own_rows_of(Offer, user)),
    "offer-price": (_("Price per clip"), lambda user: own_rows_of(Offer, user)),
    "stock": (_("tickets"), lambda user: own_rows_of(Stock, user)),
    "quota": (_("quota of an agency"), lambda user: own_rows_of(AgencyQuota, user)),
    "card-type-line": (
        _("line of a card type"),
        lambda user: CardTypeLine.objects.filter(card_type__year__programme__in=programmes_of(user)),
    ),
    "card-type": (_("card type"), lambda user: CardType.objects.filter(year__programme__in=programmes_of(user))),
    # An agency's own batches are its own.
    "batch": (_("batch of cards"), lambda user: own_rows_of(Batch, user).filter(agency=None)),
    "ceiling": (_("ceiling of a month"), lambda user: _ceilings(user)),
}


def _ceilings(user: Any) -> QuerySet[Ceiling]:
    return Ceiling.objects.filter(agreement__in=own_rows_of(ProviderAgreement, user))


def changes_for(user: Any) -> QuerySet[CountChange]:
    """The changes somebody may read."""
    if is_boss(user):
        return CountChange.objects.all()
    readable = Q(pk__in=[])
    for what, (_label, rows) in JOURNALS.items():
        readable |= Q(what=what, ref__in=rows(user).order_by().values("pk"))
    return CountChange.objects.filter(readable)


def label_of(what: str) -> str:
    return str(JOURNALS[what][0]) if what in JOURNALS else what


def name_rows(changes: Iterable[CountChange], user: Any) -> None:
    """Put onto each change what its row is called, as `row_name`, and whether it counts money: a query for each table."""
    wanted: dict[str, set[int]] = {}
    changes = list(changes)
    for change in changes:
        wanted.setdefault(change.what, set()).add(change.ref)
    found: dict[tuple[str, int], Model] = {}
    for what, pks in wanted.items():
        if what in JOURNALS:
            rows: QuerySet[Model] = JOURNALS[what][1](user)
            for start in range(0, len(some := sorted(pks)), 500):
                for row in rows.filter(pk__in=some[start : start + 500]).select_related(*RELATED.get(what, ())):
                    found[what, row.pk] = row
    for change in changes:
        named = found.get((change.what, change.ref))
        change.row_name = str(named or "")  # type: ignore[attr-defined]
        change.is_money = bool({change.what, change.kind} & MONEY) or getattr(named, "unit", "") == Unit.ORE  # type: ignore[attr-defined]


def matching(changes: QuerySet[CountChange], words: str, user: Any) -> QuerySet[CountChange]:
    """Those of the changes whose reason, person or row is called so."""
    found = Q(pk__in=search_rows(changes, words, ("reason", "by__name", "by__email")).values("pk"))
    for what, columns in NAMED_BY.items():
        found |= Q(what=what, ref__in=search_rows(JOURNALS[what][1](user), words, columns).order_by().values("pk"))
    return changes.filter(found)


NAMED_BY = {
    "offer": (*(f"title_{code}" for code in CODES), *(f"agreement__provider__name_{code}" for code in CODES)),
    "offer-price": (*(f"title_{code}" for code in CODES), *(f"agreement__provider__name_{code}" for code in CODES)),
    "stock": ("funder", *(f"offer__title_{code}" for code in CODES)),
    "quota": (*(f"agency__name_{code}" for code in CODES), "card_type__name"),
    "card-type-line": ("card_type__name", *(f"offer__title_{code}" for code in CODES)),
    "card-type": ("name",),
    "batch": ("purpose", "card_type__name"),
    "ceiling": tuple(f"agreement__provider__name_{code}" for code in CODES),
}
RELATED = {
    "stock": ("offer",),
    "quota": ("agency", "card_type"),
    "card-type-line": ("card_type", "offer", "category"),
    "batch": ("card_type",),
    "ceiling": ("agreement__provider", "agreement__programme"),
}
