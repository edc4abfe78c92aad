"""Handing out: bounded by quotas, once for each press, codes nowhere but in a sealed sheet; stopping, replacing, flowing back."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.ledger.codes import auth_hash_of, clip_key_of, hash_code, new_code, new_secret
from cards.ledger.models import CountChange
from cards.offers.states import UseWay
from cards.programmes import sheets
from cards.programmes.actions import (
    Issued,
    activate,
    add_extra,
    add_line,
    change_line,
    issue,
    print_done,
    reissue,
    resume,
    return_lapsed,
    revoke,
    rotate,
    suspend,
)
from cards.programmes.models import AgencyQuota, Allowance, Batch, Card, CardType, CodeSheet
from cards.programmes.rules import WhyNotHand
from cards.programmes.states import CardState, Medium, Way
from cards.programmes.wallets import WhyNotCarry
from directory.agencies.models import Agency
from directory.municipalities.models import TenantLogEntry
from portal.kit.refusals import Refused
from tests.factories.cards import (
    any_programme,
    journal_faults,
    make_agency,
    make_card_type,
    make_offer,
    make_quota,
    make_use,
    put_on_phone,
    today,
)
from tests.factories.directory import ProviderFactory, UserFactory, make_municipality

pytestmark = pytest.mark.django_db


@dataclass
class Office:
    """An agency with ten cards of a kind: three swims, two films."""

    agency: Agency
    card_type: CardType
    quota: AgencyQuota
    worker: Any
    swim: Any
    film: Any

    def issue(self, count: int = 1, at: datetime | None = None, **changed: Any) -> Issued:
        asked: dict[str, Any] = {
            "card_type": self.card_type,
            "municipality": self.agency.municipality,
            "agency": self.agency,
            "count": count,
            "way": Way.PRINT,
            "key": uuid.uuid4(),
            "by": self.worker,
            "at": at or timezone.now(),
        }
        return issue(**(asked | changed))

    def left(self) -> int:
        self.quota.refresh_from_db()
        return self.quota.left


@pytest.fixture
def office() -> Office:
    swim, film = make_offer(), make_offer()
    card_type = make_card_type(lines=[(swim, 3), (film, 2)])
    agency = make_agency()
    return Office(agency, card_type, make_quota(agency, card_type, 10), UserFactory(), swim, film)


def reason_of(deed: Any, *args: Any, **asked: Any) -> Any:
    with pytest.raises(Refused) as refused:
        deed(*args, **asked)
    return refused.value.reason


def holds(card: Card) -> list[tuple[int, int]]:
    return list(card.allowances.order_by("pk").values_list("quantity", "used"))


# ── handing out ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_card_holds_its_lines_and_its_code_finds_it(office: Office) -> None:
    issued = office.issue(2)
    one, other = issued.cards
    assert holds(one.card) == [(3, 0), (2, 0)]
    assert Card.objects.get(code_hash=hash_code(one.code)) == one.card
    assert one.code != other.code
    assert (one.card.activate_by, one.card.valid_to) == (office.card_type.activate_by, office.card_type.valid_to)
    assert office.left() == 8
    kept = json.dumps([list(row) for row in Card.objects.values_list()], default=str)
    assert one.code not in kept


def test_the_quota_is_the_bound(office: Office) -> None:
    office.issue(9)
    with pytest.raises(Refused) as refused:
        office.issue(2)
    assert refused.value.reason == WhyNotHand.QUOTA
    assert "1" in str(refused.value)
    assert office.left() == 1
    assert Card.objects.count() == 9
    assert Batch.objects.count() == 1
    office.issue(1)
    assert reason_of(office.issue) == WhyNotHand.QUOTA


def test_pressed_twice_makes_the_cards_once(office: Office) -> None:
    key = uuid.uuid4()
    first = office.issue(2, key=key)
    again = office.issue(2, key=key)
    assert (again.batch, again.cards, again.replayed) == (first.batch, [], True)
    assert (Card.objects.count(), office.left()) == (2, 8)
    assert reason_of(office.issue, 3, key=key) == WhyNotHand.KEY_USED
    assert reason_of(office.issue, 2, key=key, agency=None) == WhyNotHand.KEY_USED


def test_the_last_card_pressed_twice_is_still_a_yes(office: Office) -> None:
    office.issue(9)
    key = uuid.uuid4()
    assert office.issue(key=key).batch == office.issue(key=key).batch


def test_who_may_not_and_when_not(office: Office) -> None:
    far = make_municipality("3907", "Sandefjord")
    now = timezone.now()
    closed = make_card_type(lines=[(office.swim, 1)], is_open=False)
    empty = make_card_type()
    make_quota(office.agency, closed)
    make_quota(office.agency, empty)
    late = office.card_type.activate_by + timedelta(days=1)
    cases: list[tuple[dict[str, Any], WhyNotHand]] = [
        ({"agency": make_agency()}, WhyNotHand.NO_QUOTA),
        ({"municipality": far}, WhyNotHand.FOREIGN),
        ({"municipality": far, "agency": None}, WhyNotHand.FOREIGN),
        ({"agency": make_agency(far)}, WhyNotHand.FOREIGN),
        ({"card_type": closed}, WhyNotHand.TYPE_CLOSED),
        ({"card_type": empty}, WhyNotHand.EMPTY),
        ({"count": 0}, WhyNotHand.NONE_ASKED),
        ({"count": 10_001}, WhyNotHand.TOO_MANY),
        ({"way": Way.ASSOCIATION}, WhyNotHand.NO_PROVIDER),
        ({"at": now.replace(year=late.year, month=late.month, day=late.day)}, WhyNotHand.TOO_LATE),
    ]
    for changed, reason in cases:
        assert reason_of(office.issue, **changed) == reason, changed
    office.card_type.year.state = "closing"
    office.card_type.year.save()
    assert reason_of(office.issue) == WhyNotHand.YEAR_CLOSED
    assert Card.objects.count() == 0
    assert office.left() == 10


def test_the_log_names_batches_and_no_card(office: Office) -> None:
    issued = office.issue(3)
    card = issued.cards[0].card
    revoke(card=card, by=office.worker, at=timezone.now(), reason="lost")
    entries = TenantLogEntry.objects.filter(action__startswith="cards.")
    assert {(entry.action, entry.object_id) for entry in entries} == {
        ("cards.issue", str(issued.batch.pk)),
        ("cards.revoke", str(issued.batch.pk)),
    }
    written = json.dumps([[e.label, e.data] for e in entries] + [str(change) for change in CountChange.objects.all()])
    assert all(one.card.public_id not in written for one in issued.cards)


def test_through_an_association(office: Office) -> None:
    club = ProviderFactory(municipality=office.agency.municipality)
    card = office.issue(1, way=Way.ASSOCIATION, holder_provider=club).cards[0]
    assert (card.card.medium, card.card.holder_provider) == (Medium.ASSOCIATION, club)
    assert office.left() == 9
    secret = new_secret()
    asked = {"code": card.code, "auth_hash": auth_hash_of(secret), "clip_key": clip_key_of(secret), "at": timezone.now()}
    assert reason_of(activate, **asked) == WhyNotCarry.UNKNOWN


# ── printed once ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_sheet_opens_with_its_page_for_who_made_it_and_for_a_quarter_of_an_hour(office: Office) -> None:
    at, secret = timezone.now(), new_secret()
    issued = office.issue(2, key=sheets.deed_of(secret), secret=secret, at=at)
    slips = [sheets.Slip(one.card.public_id, one.code) for one in issued.cards]
    sheet = CodeSheet.objects.get()
    for text in (secret, issued.cards[0].code, issued.cards[0].card.public_id):
        assert text.encode() not in bytes(sheet.sealed)

    def opened(**changed: Any) -> Any:
        return sheets.open_sheet(**({"batch": issued.batch, "secret": secret, "by": office.worker, "at": at} | changed))

    assert opened() == slips
    assert opened(at=at + timedelta(minutes=14)) == slips
    for changed in ({"secret": new_secret()}, {"secret": "x"}, {"by": UserFactory()}, {"at": at + timedelta(minutes=15)}):
        assert reason_of(opened, **changed) == WhyNotHand.SHEET_GONE, changed
    print_done(batch=issued.batch, by=office.worker, at=at)
    assert reason_of(opened) == WhyNotHand.SHEET_GONE
    issued.batch.refresh_from_db()
    assert issued.batch.printed_on == timezone.localdate(at)
    assert not CodeSheet.objects.exists()


def test_forgotten_by_the_clock(office: Office) -> None:
    at, secret = timezone.now(), new_secret()
    office.issue(1, key=sheets.deed_of(secret), secret=secret, at=at)
    assert sheets.forget_sheets(at + timedelta(minutes=14)) == 0
    assert sheets.forget_sheets(at + timedelta(minutes=15)) == 1


def test_new_codes_for_cards_never_used_only(office: Office) -> None:
    at = timezone.now()
    unused, on_phone, on_paper, stopped = office.issue(4).cards
    put_on_phone(on_phone.card, on_phone.code)
    make_use(on_paper.card, office.swim)
    revoke(card=stopped.card, by=office.worker, at=at)
    batch = unused.card.batch
    before = dict(Card.objects.values_list("pk", "code_hash"))

    secret = new_secret()
    made = rotate(batch=batch, by=office.worker, at=at, secret=secret)

    assert [one.card for one in made.cards] == [unused.card]
    after = dict(Card.objects.values_list("pk", "code_hash"))
    assert [pk for pk in after if bytes(after[pk]) != bytes(before[pk])] == [unused.card.pk]
    assert not Card.objects.filter(code_hash=hash_code(unused.code)).exists()
    assert sheets.open_sheet(batch=batch, secret=secret, by=office.worker, at=at)[0].code == made.cards[0].code
    assert rotate(batch=batch, by=office.worker, at=at, secret=secret).replayed
    make_use(unused.card, office.swim)
    assert reason_of(rotate, batch=batch, by=office.worker, at=at, secret=new_secret()) == WhyNotHand.ALL_USED


# ── one card ────────────────────────────────────────────────────────────────────────────────────────────────
def test_stopping_an_unused_card_frees_its_slot_and_a_used_one_does_not(office: Office) -> None:
    at = timezone.now()
    unused, used = (one.card for one in office.issue(2).cards)
    make_use(used, office.swim)
    for card in (unused, used):
        revoke(card=card, by=office.worker, at=at, reason="lost")
    assert office.left() == 9
    assert holds(unused) == [(0, 0), (0, 0)]
    assert holds(used) == [(1, 1), (0, 0)]
    assert reason_of(revoke, card=used, by=office.worker, at=at) == WhyNotHand.STOPPED
    assert office.left() == 9
    assert journal_faults() == []


def test_a_replacement_holds_what_was_left_and_the_old_one_nothing(office: Office) -> None:
    at = timezone.now()
    old = office.issue(1).cards[0]
    put_on_phone(old.card, old.code)
    make_use(old.card, office.swim, way=UseWay.TAP)
    key = uuid.uuid4()

    issued = reissue(card=old.card, by=office.worker, at=at, key=key)

    new = issued.cards[0].card
    old.card.refresh_from_db()
    assert (old.card.state, old.card.replaced_by) == (CardState.REVOKED, new)
    assert holds(old.card) == [(1, 1), (0, 0)]
    assert holds(new) == [(2, 0), (2, 0)]
    assert (new.state, new.activate_by, new.medium) == (CardState.ISSUED, old.card.valid_to, Medium.UNKNOWN)
    assert new.links.count() == 0, "a telephone that was lost does not get the new card"
    assert office.left() == 9, "a replacement takes no slot"
    assert reissue(card=old.card, by=office.worker, at=at, key=key).replayed
    assert reason_of(reissue, card=old.card, by=office.worker, at=at, key=uuid.uuid4()) == WhyNotHand.REPLACED
    assert Card.objects.count() == 2
    assert journal_faults() == []


def test_replacing_a_card_never_used_keeps_its_last_day_of_first_use(office: Office) -> None:
    at = timezone.now()
    old = office.issue(1).cards[0].card
    new = reissue(card=old, by=office.worker, at=at, key=uuid.uuid4()).cards[0].card
    assert new.activate_by == old.activate_by
    assert return_lapsed(_on(old.activate_by, 1)) == 1
    assert office.left() == 10


def test_pausing_and_taking_up_again(office: Office) -> None:
    at = timezone.now()
    card = office.issue(1).cards[0]
    assert reason_of(suspend, card=card.card, by=office.worker, at=at) == WhyNotHand.NOT_IN_USE
    put_on_phone(card.card, card.code)
    for deed, state in ((suspend, "suspended"), (suspend, "suspended"), (resume, "active"), (resume, "active")):
        assert deed(card=card.card, by=office.worker, at=at).state == state
    assert TenantLogEntry.objects.filter(action__in=["cards.suspend", "cards.resume"]).count() == 2
    suspend(card=card.card, by=office.worker, at=at)
    assert holds(reissue(card=card.card, by=office.worker, at=at, key=uuid.uuid4()).cards[0].card) == [(3, 0), (2, 0)]


def test_something_extra_is_given_once(office: Office) -> None:
    at, key = timezone.now(), uuid.uuid4()
    one, other = (one.card for one in office.issue(2).cards)
    concert = make_offer(agreement=office.swim.agreement)
    asked = {"offer": concert, "quantity": 2, "by": office.worker, "at": at, "key": key}
    assert add_extra(card=one, **asked) == add_extra(card=one, **asked)
    assert holds(one) == [(3, 0), (2, 0), (2, 0)]
    assert reason_of(add_extra, card=other, **asked) == WhyNotHand.KEY_USED
    assert holds(other) == [(3, 0), (2, 0)]
    assert make_use(one, concert).left == 1
    for quantity in (0, -1, 101):
        assert reason_of(add_extra, card=one, **(asked | {"key": uuid.uuid4(), "quantity": quantity})) == WhyNotHand.AMOUNT
    closed = make_offer(agreement=office.swim.agreement, state="draft")
    assert reason_of(add_extra, card=one, **(asked | {"key": uuid.uuid4(), "offer": closed})) == WhyNotHand.OFFER_CLOSED
    change = CountChange.objects.get(kind="extra")
    assert (change.what, change.ref, change.before) == ("batch", one.batch_id, None)


# ── flowing back ────────────────────────────────────────────────────────────────────────────────────────────
def _on(day: Any, later: int = 0) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, 12)) + timedelta(days=later)


def test_of_a_hundred_fifty_used_the_others_are_free_again(office: Office) -> None:
    AgencyQuota.objects.filter(pk=office.quota.pk).update(quantity=100)
    cards = office.issue(100).cards
    for one in cards[:50]:
        put_on_phone(one.card, one.code)
    last = office.card_type.activate_by
    assert return_lapsed(_on(last)) == 0
    assert return_lapsed(_on(last, 1)) == 50
    assert return_lapsed(_on(last, 1)) == 0
    assert office.left() == 50
    secret = new_secret()
    asked = {"auth_hash": auth_hash_of(secret), "clip_key": clip_key_of(secret), "at": _on(last, 1)}
    assert reason_of(activate, code=cards[60].code, **asked) == WhyNotCarry.LAPSED
    assert reason_of(reissue, card=cards[60].card, by=office.worker, at=_on(last, 1), key=uuid.uuid4()) == WhyNotHand.LAPSED
    change = CountChange.objects.get(kind="return")
    assert (change.ref, change.before, change.after, change.rows) == (office.quota.pk, 100, 50, 50)


def test_the_replacement_of_a_used_card_gives_no_slot_back(office: Office) -> None:
    old = office.issue(1).cards[0].card
    make_use(old, office.swim)
    new = reissue(card=old, by=office.worker, at=timezone.now(), key=uuid.uuid4()).cards[0].card
    revoke(card=new, by=office.worker, at=timezone.now())
    assert office.left() == 9


# ── a whole card type ───────────────────────────────────────────────────────────────────────────────────────
def test_a_line_changes_on_all_cards_as_far_as_they_have_used_it(office: Office) -> None:
    at = timezone.now()
    fresh, twice, replaced, stopped = (one.card for one in office.issue(4).cards)
    for _n in range(2):
        make_use(twice, office.swim)
    make_use(replaced, office.swim)
    new = reissue(card=replaced, by=office.worker, at=at, key=uuid.uuid4()).cards[0].card
    revoke(card=stopped, by=office.worker, at=at)
    line = office.card_type.lines.get(offer=office.swim)

    def swims() -> list[int]:
        rows = Allowance.objects.filter(line=line).order_by("card")
        return [rows.get(card=card).quantity for card in (fresh, twice, replaced, stopped, new)]

    assert swims() == [3, 3, 1, 0, 2]
    change = change_line(line=line, quantity=1, by=office.worker, at=at)
    assert swims() == [1, 2, 1, 0, 0]
    assert (change.kind, change.before, change.after, change.rows) == ("lower", 3, 1, 3)
    change_line(line=line, quantity=0, by=office.worker, at=at)
    assert swims() == [0, 2, 1, 0, 0]
    change_line(line=line, quantity=5, by=office.worker, at=at)
    assert swims() == [5, 5, 1, 0, 4]
    assert office.issue(1).cards[0].card.allowances.get(line=line).quantity == 5
    change_line(line=line, quantity=7, by=office.worker, at=at, apply_to_cards=False)
    assert swims() == [5, 5, 1, 0, 4]
    assert journal_faults() == []


def test_a_new_line_comes_to_cards_that_are_out(office: Office) -> None:
    at = timezone.now()
    out, stopped = (one.card for one in office.issue(2).cards)
    revoke(card=stopped, by=office.worker, at=at)
    climb = make_offer(agreement=office.swim.agreement)
    add_line(card_type=office.card_type, offer=climb, quantity=1, by=office.worker, at=at)
    assert holds(out) == [(3, 0), (2, 0), (1, 0)]
    assert holds(stopped) == [(0, 0), (0, 0)]
    assert holds(office.issue(1).cards[0].card) == [(3, 0), (2, 0), (1, 0)]


def test_ready_made_numbers_are_drawn_again_when_another_card_has_them(office: Office, monkeypatch: Any) -> None:
    taken = office.issue(1).cards[0].card.public_id
    drawn = iter([taken, "0000000A"])
    monkeypatch.setattr("cards.programmes.actions.new_public_id", lambda: next(drawn))
    assert office.issue(1).cards[0].card.public_id == "0000000A"
    assert office.left() == 8


def test_a_coordinators_batch_asks_no_quota(office: Office) -> None:
    cards = office.issue(20, agency=None).cards
    assert len(cards) == 20
    assert office.left() == 10
    assert return_lapsed(_on(office.card_type.activate_by, 1)) == 20
    assert any_programme() == office.card_type.year.programme
    assert today() <= office.card_type.activate_by
    assert new_code() not in {one.code for one in cards}
