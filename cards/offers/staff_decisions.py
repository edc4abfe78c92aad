"""Staff screens of uses told later that wait for a decision, of closing a year, and of one entry of the journal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from cards.ledger.models import CountChange
from cards.ledger.money import in_kroner
from cards.offers import closing, journal
from cards.offers.models import Redemption
from cards.offers.states import UseState
from cards.offers.telling import decide_disputed, why_disputed
from cards.programmes.staff_screens import Deed, Fact, Page, address_of
from cards.programmes.staff_views import KINDS, YearPage, amount, count, day
from cards.programmes.states import YearState


def moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def bound(change: CountChange, number: int | None) -> str:
    """A bound as people read it."""
    if number is None:
        return "–"
    return in_kroner(number) if change.what == "ceiling" else count(number)


# ── uses told later ─────────────────────────────────────────────────────────────────────────────────────────


def total_in_words(use: Redemption) -> str:
    return in_kroner(use.total_ore) if use.total_ore else _now("nothing")


def why(use: Redemption) -> str:
    """Why it could not be counted."""
    reason = why_disputed(use)
    return str(reason.label) if reason else ""


class Decide(Deed):
    accept: ClassVar[bool] = True

    def is_offered(self) -> bool:
        return bool(self.row.state == UseState.DISPUTED)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        decide_disputed(redemption=self.row, accept=self.accept, by=self.user, at=at)
        return _now("Accepted: it is counted and paid.") if self.accept else _now("Turned down: it is not paid.")


class Accept(Decide):
    key = "accept"
    label = _("Accept it")
    help = _("It is counted and paid, as far as the card still holds it.")
    first = True


class TurnDown(Decide):
    key = "turn-down"
    label = _("Turn it down")
    help = _("The provider is not paid for it.")
    serious = True
    accept = False


class UsePage(Page):
    related = ("provider", "offer__agreement__provider", "year__programme")
    deeds = (Accept, TurnDown)

    def get_page_subtitle(self) -> str:
        return str(self.row.get_state_display())

    def facts(self) -> Iterable[Fact]:
        row: Redemption = self.row
        yield Fact(_("Provider"), row.provider)
        yield Fact(_("Offer"), row.offer, href=address_of(row.offer))
        yield Fact(_("Day"), day(row.day), _("as the till says"))
        yield Fact(_("Used"), amount(row.clips, row.unit))
        yield Fact(_("Sum"), total_in_words(row))
        yield Fact(_("Because"), why(row))
        yield Fact(
            _("State"), row.get_state_display(), "" if row.state != UseState.DISPUTED else _("it is paid only if you accept it")
        )


# ── closing a year ──────────────────────────────────────────────────────────────────────────────────────────


class CloseYear(Deed):
    key = "close"
    label = _("Close the year")
    help = _(
        "No card of the year can be handed out or used any more. The worker settles what is left, adds up what stays, and deletes"
        " the cards. Nothing that was used is lost from the statements."
    )
    serious = True

    def is_offered(self) -> bool:
        return bool(self.row.state == YearState.OPEN and timezone.localdate() > self.row.closes)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        closing.begin_closing(year=self.row, by=self.user, at=at)
        return _now("The year is being closed.")


class OpenYearAgain(Deed):
    key = "open-again"
    label = _("Open it again")
    help = _("Only as long as nothing has been added up. What has flowed back does not come back.")

    def is_offered(self) -> bool:
        return bool(self.row.state == YearState.CLOSING)

    def do(self, said: dict[str, Any], at: datetime) -> str:
        closing.open_again(year=self.row, by=self.user, at=at)
        return _now("The year is open again.")


class ClosingYearPage(YearPage):
    deeds = (*YearPage.deeds, CloseYear, OpenYearAgain)


# ── the journal ─────────────────────────────────────────────────────────────────────────────────────────────


class ChangePage(Page):
    related = ("by",)

    def get_page_title(self) -> str:
        return journal.label_of(self.row.what)

    def facts(self) -> Iterable[Fact]:
        row: CountChange = self.row
        journal.name_rows([row], self.user)
        yield Fact(_("When"), moment(row.at))
        yield Fact(_("Of what"), journal.label_of(row.what))
        yield Fact(_("Which"), row.row_name)  # type: ignore[attr-defined]
        yield Fact(_("What was done"), KINDS.get(row.kind, row.kind))
        yield Fact(_("From"), bound(row, row.before))
        yield Fact(_("To"), bound(row, row.after))
        yield Fact(_("Rows"), count(row.rows))
        yield Fact(_("Why"), row.reason)
        yield Fact(_("By"), row.by)
