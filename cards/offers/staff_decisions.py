"""Staff screens of uses, which are taken back or decided about, of closing a year, and of one entry of the journal."""

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
from cards.offers import closing, journal, offering
from cards.offers.actions import undo
from cards.offers.models import Redemption
from cards.offers.queries import COUNTED
from cards.offers.rules import why_not_undo
from cards.offers.states import SettlementState, UseState, UseWay
from cards.offers.telling import decide_disputed, why_disputed
from cards.programmes.staff_screens import Deed, Fact, Page, address_of
from cards.programmes.staff_views import KINDS, MONEY, YearPage, amount, count, day
from cards.programmes.states import YearState
from portal.kit.refusals import refuse_if


def moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def bound(change: CountChange, number: int | None) -> str:
    """A bound as people read it."""
    if number is None:
        return "–"
    return in_kroner(number) if getattr(change, "is_money", change.what in MONEY) else count(number) or "0"


# ── uses ────────────────────────────────────────────────────────────────────────────────────────────────────


def is_undone(use: Redemption) -> bool:
    return getattr(use, "reversal", None) is not None


def state_in_words(use: Redemption) -> str:
    return _now("taken back") if is_undone(use) else str(use.get_state_display())


def when(use: Redemption) -> str:
    return f"{timezone.localtime(use.at):%H:%M}" if use.at else ""


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


class TakeBack(Deed):
    """For what was counted by mistake, once the till's own minutes are over."""

    key = "take-back"
    label = _("Take it back")
    help = _("The card has its clips again. The provider is not paid for it; if it was, the next statement takes it off.")
    serious = True

    def is_offered(self) -> bool:
        use: Redemption = self.row
        settled = use.settlement is not None and use.settlement.state == SettlementState.CLOSED
        why_not = why_not_undo(
            is_undone=is_undone(use),
            is_counted=use.state in COUNTED,
            used_at=use.at,
            closed=settled,
            by_till=False,
            at=timezone.now(),
        )
        return why_not is None and use.allowance_id is not None

    def do(self, said: dict[str, Any], at: datetime) -> str:
        use: Redemption = self.row
        refuse_if(offering.why_not_decide(self.user, use.municipality, use.provider))
        undo(key=f"staff-undo-{use.mark}", redemption=use, by_user=self.user, at=at)
        return _now("Taken back. The card has its clips again.")


class UsePage(Page):
    related = ("provider", "offer__agreement__provider", "year__programme", "municipality", "settlement", "reversal")
    deeds = (Accept, TurnDown, TakeBack)

    def get_page_subtitle(self) -> str:
        return state_in_words(self.row)

    def facts(self) -> Iterable[Fact]:
        row: Redemption = self.row
        yield Fact(_("Provider"), row.provider)
        yield Fact(_("Offer"), row.offer, href=address_of(row.offer))
        yield Fact(_("Day"), f"{day(row.day)} {when(row)}".strip(), _("as the till says") if row.way == UseWay.OFFLINE else "")
        yield Fact(_("How"), row.get_way_display())
        yield Fact(_("Used"), amount(row.clips, row.unit))
        yield Fact(_("People let in"), count(row.people))
        yield Fact(_("Sum"), total_in_words(row))
        yield Fact(_("Because"), why(row))
        yield Fact(
            _("State"), state_in_words(row), "" if row.state != UseState.DISPUTED else _("it is paid only if you accept it")
        )


# ── closing a year ──────────────────────────────────────────────────────────────────────────────────────────


class CloseYear(Deed):
    key = "close"
    label = _("Close the year")
    help = _(
        "No card of the year can be handed out or used any more. Sixty days after the last day what stays is added up, and the"
        " cards are deleted. What was used can still be settled."
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
