"""Programmes, years, card types, quotas and batches through their screens. Each deed is pressed twice and done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from cards.ledger.codes import hash_code, in_groups, new_code
from cards.ledger.models import CountChange
from cards.offers.figures import Scope, cards_of
from cards.programmes.actions import reissue
from cards.programmes.keeping import WhyNotKept
from cards.programmes.lines import do_change, what_it_would_do
from cards.programmes.models import (
    AgencyQuota,
    Allowance,
    Batch,
    Card,
    CardSum,
    CardType,
    CardTypeLine,
    CodeSheet,
    LineChange,
    Programme,
    ProgrammeYear,
)
from cards.programmes.rules import WhyNotHand
from cards.programmes.staff_views import handed_out
from cards.programmes.states import CardState
from directory.agencies.models import AgencyRole
from directory.municipalities.models import Feature
from tests.cards.staff.conftest import DONE_ALREADY, Joint, fields_of, nb, press, said, screen, sent
from tests.factories.cards import make_card, make_card_type, make_offer, make_use, make_year, put_on_phone, today
from tests.factories.directory import CategoryFactory, TargetGroupFactory, UserFactory


def form_of(response: Any) -> dict[str, Any]:
    return sent(response.context["form"])


# ── programmes and years ────────────────────────────────────────────────────────────────────────────────────


def test_programme_is_made_and_its_municipality_takes_part(kari: Client, joint: Joint) -> None:
    data = {"name_nb": "Kulturkortet", "intro_nb": "Bruk det fritt.", "privacy_level": 0, "help_phone": "33 00 00 00"}
    response = kari.post(screen(Programme, "add"), data)
    made = Programme.objects.get(slug="kulturkortet")
    assert response["Location"] == screen(made)
    assert [member.municipality for member in made.members.all()] == [joint.lead.town] == [made.municipality]
    # pressed again: the short name is taken, and nothing is there twice
    assert kari.post(screen(Programme, "add"), data).status_code == 200
    assert Programme.objects.filter(slug__startswith="kulturkortet").count() == 1


def test_programme_is_changed_in_its_form(kari: Client, joint: Joint) -> None:
    address = screen(joint.programme, "form")
    data = {"name_nb": "Fritidskortet", "name_en": "Leisure card", "privacy_level": 0, "slug": "fritid"}
    assert kari.get(address).status_code == 200
    assert kari.post(address, data)["Location"] == screen(joint.programme)
    joint.programme.refresh_from_db()
    assert (joint.programme.name_nb, joint.programme.slug) == ("Fritidskortet", "fritid")


def test_privacy_level_stands_once_cards_are_out(kari: Client, joint: Joint) -> None:
    address = screen(joint.programme, "form")
    data = {"name_nb": "Kortet", "slug": "kortet", "privacy_level": 1}
    make_card(joint.card_type)
    kari.post(address, data)
    joint.programme.refresh_from_db()
    assert (joint.programme.name_nb, joint.programme.privacy_level) == ("Kortet", 0)


def test_year_is_opened_once_and_its_days_are_moved(kari: Client, joint: Joint) -> None:
    year = today().year + 5
    data = {"programme": joint.programme.pk, "year": year, "opens": f"{year}-01-01", "closes": f"{year}-12-31"}
    first = kari.post(screen(ProgrammeYear, "add"), data)
    made = ProgrammeYear.objects.get(year=year)
    assert first["Location"] == screen(made)
    again = kari.post(screen(ProgrammeYear, "add"), data)
    assert again.status_code == 422
    assert ProgrammeYear.objects.filter(year=year).count() == 1
    press(kari, made, "days", closes=f"{year}-11-30")
    made.refresh_from_db()
    assert made.closes.month == 11
    assert press(kari, made, "days", closes=f"{year - 1}-11-30").status_code == 422


def test_year_of_another_s_programme_is_not_made(per: Client, joint: Joint) -> None:
    data = {"programme": joint.programme.pk, "year": 2050, "opens": "2050-01-01", "closes": "2050-12-31"}
    per.post(screen(ProgrammeYear, "add"), data)
    assert not ProgrammeYear.objects.filter(year=2050).exists()


def test_year_is_closed_after_its_last_day_only(kari: Client, joint: Joint) -> None:
    assert "close" not in {one.deed.key for one in kari.get(screen(joint.year)).context["deeds"]}
    ProgrammeYear.objects.update(closes=today() - timedelta(days=1))
    data = fields_of(kari.get(screen(joint.year)), "close")
    kari.post(screen(joint.year), data)
    joint.year.refresh_from_db()
    assert joint.year.state == "closing"
    again = kari.post(screen(joint.year), data, follow=True)
    assert nb(DONE_ALREADY) in said(again)
    press(kari, joint.year, "open-again")
    joint.year.refresh_from_db()
    assert joint.year.state == "open"


# ── card types ──────────────────────────────────────────────────────────────────────────────────────────────


def card_type_data(kari: Client, joint: Joint, **typed: Any) -> dict[str, Any]:
    response = kari.get(screen(CardType, "add") + f"?year={joint.year.pk}")
    management = {"line-TOTAL_FORMS": 4, "line-INITIAL_FORMS": 0}
    return {**form_of(response), "year": joint.year.pk, **management, **typed}


def test_card_type_is_made_with_its_lines_once(kari: Client, joint: Joint) -> None:
    target = TargetGroupFactory(municipality=joint.lead.town)
    category = CategoryFactory(municipality=joint.lead.town)
    data = card_type_data(
        kari,
        joint,
        name="Ungdom",
        targets=[target.pk],
        age_from=13,
        age_to=16,
        **{"line-0-offer": joint.lead.offer.pk, "line-0-unit": "clip", "line-0-quantity": "3"},
        **{"line-1-offer": joint.partner.offer.pk, "line-1-unit": "clip", "line-1-quantity": "2"},
        **{"line-2-category": category.pk, "line-2-unit": "ore", "line-2-quantity": "1500.50"},
        **{"line-3-unit": "clip"},
    )
    first, second = kari.post(screen(CardType, "add"), data), kari.post(screen(CardType, "add"), data)
    made = CardType.objects.get(name="Ungdom")
    assert first["Location"] == second["Location"] == screen(made)
    assert list(made.targets.all()) == [target]
    assert [(line.offer, line.category, line.unit, line.quantity) for line in made.lines.all()] == [
        (joint.lead.offer, None, "clip", 3),
        (joint.partner.offer, None, "clip", 2),
        (None, category, "ore", 150050),
    ]
    text = kari.get(screen(made)).content.decode().replace("\u00a0", " ")
    assert "1 500,50 kr" in text


BEFORE = "The last day of use comes before the last day of the first use."
TWICE = "The card type has a line for this already. Change that one."


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"line-0-quantity": "3"}, "Choose an offer or a category, one of them."),
        ({"line-0-offer": "own", "line-0-quantity": "2.5"}, "Clips are whole."),
        ({"line-0-offer": "own"}, "How many?"),
        ({"line-0-offer": "own", "line-0-quantity": "1", "line-1-offer": "own", "line-1-quantity": "2"}, TWICE),
        ({"line-0-offer": "draft", "line-0-quantity": "1"}, ""),
        (
            {"activate_by": "2020-01-01", "valid_to": "2019-01-01"},
            "The last day of use comes before the last day of the first use.",
        ),
        ({"valid_to": "2099-01-01"}, ""),
        ({"age_from": 9, "age_to": 3}, "The ages stand in the wrong order."),
    ],
)
def test_card_type_that_makes_no_sense_is_not_made(kari: Client, joint: Joint, typed: dict[str, str], sentence: str) -> None:
    draft = make_offer(joint.lead.agreement, state="draft")
    rows = {"own": joint.lead.offer.pk, "draft": draft.pk}
    units = {f"line-{number}-unit": "clip" for number in range(4)}
    data = card_type_data(kari, joint, name="Feil", **units) | {key: rows.get(value, value) for key, value in typed.items()}
    response = kari.post(screen(CardType, "add"), data)
    assert response.status_code == 422
    assert nb(sentence) in said(response) if sentence else said(response)
    assert not CardType.objects.filter(name="Feil").exists()


def test_lines_are_changed_in_the_form_until_cards_are_out(kari: Client, joint: Joint) -> None:
    address = screen(joint.card_type, "form")
    response = kari.get(address)
    rows = {key: value for form in response.context["lines"] for key, value in sent(form).items()}
    assert (rows["line-0-quantity"], rows["line-1-quantity"]) == (3, 2)
    data = {**form_of(response), **rows, "line-TOTAL_FORMS": 6, "line-INITIAL_FORMS": 2, "line-0-quantity": 5, "name": "Vinter"}
    assert kari.post(address, data)["Location"] == screen(joint.card_type)
    joint.card_type.refresh_from_db()
    assert (joint.card_type.name, [line.quantity for line in joint.card_type.lines.all()]) == ("Vinter", [5, 2])

    make_card(joint.card_type)
    assert kari.get(address).context["lines"] is None
    kari.post(address, data | {"line-0-quantity": 9, "name": "Vår"})
    joint.card_type.refresh_from_db()
    assert (joint.card_type.name, [line.quantity for line in joint.card_type.lines.all()]) == ("Vår", [5, 2])


def test_card_type_is_shut_and_opened(kari: Client, joint: Joint) -> None:
    data = fields_of(kari.get(screen(joint.card_type)), "shut")
    for _time in range(2):
        kari.post(screen(joint.card_type), data)
    assert not CardType.objects.get(pk=joint.card_type.pk).is_open
    press(kari, joint.card_type, "open")
    assert CardType.objects.get(pk=joint.card_type.pk).is_open


# ── a line for all cards ────────────────────────────────────────────────────────────────────────────────────


def look_and_do(kari: Client, card_type: CardType, **typed: Any) -> Any:
    """First what it would do, then the doing, twice."""
    address = screen(card_type, "lines")
    data = form_of(kari.get(address)) | {"reason": "ny avtale", **typed}
    looked = kari.post(address, data)
    assert looked.status_code == 200, said(looked)
    sure = {field.html_name: field.value() for field in looked.context["form"] if field.value() not in (None, "")} | {"sure": "1"}
    for _time in range(2):
        assert kari.post(address, sure)["Location"] == address
    return looked


def test_line_is_shown_then_changed_for_all_cards_once(kari: Client, joint: Joint) -> None:
    line = joint.card_type.lines.get(offer=joint.lead.offer)
    cards = [make_card(joint.card_type)[0] for _number in range(4)]
    for card, times in ((cards[0], 3), (cards[1], 1)):
        for _time in range(times):
            make_use(card, joint.lead.offer)
    Card.objects.filter(pk=cards[3].pk).update(state=CardState.REVOKED)

    before = list(Allowance.objects.order_by("pk").values_list("pk", "quantity"))
    looked = look_and_do(kari, joint.card_type, line=line.pk, quantity=2)
    figures = [str(fact.said) for fact in looked.context["figures"]]

    assert before != list(Allowance.objects.order_by("pk").values_list("pk", "quantity"))
    held = dict(Allowance.objects.filter(line=line).values_list("card", "quantity"))
    assert [held[card.pk] for card in cards] == [3, 2, 2, 3]  # what is used stays, stopped cards are left
    assert figures[0] == "3"
    change = LineChange.objects.get()
    assert (change.rows, change.refused, change.done_at is not None) == (2, "", True)
    row = CountChange.objects.get(what="card-type-line", ref=line.pk)
    assert (row.before, row.after, row.rows, row.reason) == (3, 2, 2, "ny avtale")


def test_asking_quantity_by_quantity_does_not_tell_how_much_was_used(kari: Client, joint: Joint) -> None:
    """Asked for 0, 1, 2 … exact numbers would be the cards by how much they have used."""
    line = joint.card_type.lines.get(offer=joint.lead.offer)
    cards = [make_card(joint.card_type)[0] for _number in range(7)]
    for card, times in zip(cards, (0, 1, 1, 2, 2, 2, 3), strict=True):
        for _time in range(times):
            make_use(card, joint.lead.offer)
    address, told = screen(joint.card_type, "lines"), []
    for quantity in range(4):
        looked = kari.post(address, form_of(kari.get(address)) | {"line": line.pk, "quantity": quantity, "reason": "x"})
        cards_out, *figures = [str(fact.said) for fact in looked.context["figures"]]
        assert cards_out == "7"
        told += figures
    numbers = [int(text) for text in told if text.isdecimal()]
    assert len(told) == 12
    assert {number % 5 for number in numbers} <= {0}
    assert numbers, "something is told all the same"


def test_asking_writes_nothing(kari: Client, joint: Joint) -> None:
    line = joint.card_type.lines.get(offer=joint.lead.offer)
    make_card(joint.card_type)
    address = screen(joint.card_type, "lines")
    kari.post(address, form_of(kari.get(address)) | {"line": line.pk, "quantity": 9, "reason": "x"})
    assert not LineChange.objects.exists()
    assert set(Allowance.objects.filter(line=line).values_list("quantity", flat=True)) == {3}


@pytest.mark.parametrize("quantity", [0, 1, 2, 3, 7])
def test_what_it_would_do_is_what_it_does(joint: Joint, quantity: int) -> None:
    """The sums that are shown beside the plain count of what was done; with a card that replaces another."""
    from uuid import uuid4

    from cards.programmes.actions import change_line, reissue

    line = joint.card_type.lines.get(offer=joint.lead.offer)
    cards = [make_card(joint.card_type)[0] for _number in range(4)]
    for card, times in zip(cards, (0, 1, 2, 3), strict=True):
        for _time in range(times):
            make_use(card, joint.lead.offer)
    replacing = reissue(card=cards[2], by=joint.lead.staff, at=timezone.now(), key=uuid4()).cards[0].card
    living = [cards[0].pk, cards[1].pk, cards[3].pk, replacing.pk]
    rows = Allowance.objects.filter(line=line, card__in=living)
    before = dict(rows.values_list("pk", "quantity"))

    would = what_it_would_do(card_type=joint.card_type, line=line, quantity=quantity)
    change_line(line=line, quantity=quantity, by=joint.lead.staff, at=timezone.now())

    after = dict(rows.values_list("pk", "quantity"))
    assert (would.cards, would.before, would.after) == (4, sum(before.values()), sum(after.values()))
    assert would.more == sum(after[pk] > before[pk] for pk in before)
    assert would.less == sum(after[pk] < before[pk] for pk in before)


def test_new_line_for_all_cards(kari: Client, joint: Joint) -> None:
    category = CategoryFactory(municipality=joint.lead.town)
    cards = [make_card(joint.card_type)[0] for _number in range(2)]
    look_and_do(kari, joint.card_type, category=category.pk, unit="ore", quantity=200)
    assert joint.card_type.lines.get(category=category).quantity == 20_000
    assert list(Allowance.objects.filter(category=category).values_list("card", "quantity")) == [
        (card.pk, 20_000) for card in cards
    ]
    address = screen(joint.card_type, "lines")
    again = form_of(kari.get(address)) | {"category": category.pk, "unit": "clip", "quantity": 1, "reason": "x", "sure": "1"}
    assert kari.post(address, again).status_code == 422


def test_task_that_runs_twice_changes_once(joint: Joint) -> None:
    from uuid import uuid4

    line = joint.card_type.lines.get(offer=joint.lead.offer)
    make_card(joint.card_type)
    change = LineChange.objects.create(
        card_type=joint.card_type, line=line, offer=line.offer, unit="clip", quantity=8, key=uuid4(), asked_at=timezone.now()
    )
    for _time in range(2):
        do_change.call(change.pk)
    assert CountChange.objects.filter(what="card-type-line").count() == 1


def test_change_in_a_year_that_closed_meanwhile_says_why(kari: Client, joint: Joint) -> None:
    from uuid import uuid4

    line = joint.card_type.lines.get(offer=joint.lead.offer)
    ProgrammeYear.objects.update(state="closing")
    change = LineChange.objects.create(
        card_type=joint.card_type, line=line, offer=line.offer, unit="clip", quantity=8, key=uuid4(), asked_at=timezone.now()
    )
    do_change.call(change.pk)
    assert joint.card_type.lines.get(pk=line.pk).quantity == 3
    assert str(WhyNotKept.YEAR_IS_OVER.label) in kari.get(screen(joint.card_type, "lines")).content.decode()


# ── quotas ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_quota_is_given_once_raised_and_lowered_as_the_counter_allows(kari: Client, joint: Joint) -> None:
    other = make_card_type(joint.year, lines=[(joint.lead.offer, 1)])
    data = {"agency": joint.lead.agency.pk, "card_type": other.pk, "quantity": 10}
    assert kari.post(screen(AgencyQuota, "add"), data).status_code == 302
    assert kari.post(screen(AgencyQuota, "add"), data).status_code == 422
    quota = AgencyQuota.objects.get(card_type=other)
    AgencyQuota.objects.filter(pk=quota.pk).update(used=4)
    for number, status in ((12, 200), (12, 200), (4, 200), (3, 422), (-1, 422)):
        assert press(kari, quota, "quantity", quantity=number, reason="justert").status_code == status, number
    quota.refresh_from_db()
    assert (quota.quantity, quota.used) == (4, 4)
    journal = CountChange.objects.filter(what="quota", ref=quota.pk).order_by("pk")
    assert [(row.kind, row.before, row.after) for row in journal] == [("raise", 0, 10), ("raise", 10, 12), ("lower", 12, 4)]
    assert "justert" in kari.get(screen(quota)).content.decode()


def test_quota_is_not_changed_without_a_reason(kari: Client, joint: Joint) -> None:
    assert press(kari, joint.lead.quota, "quantity", quantity=41, reason="").status_code == 422
    assert AgencyQuota.objects.get(pk=joint.lead.quota.pk).quantity == 40


def test_quota_is_for_own_agencies_and_the_programme_s_card_types(kari: Client, per: Client, joint: Joint) -> None:
    other = make_card_type(joint.year, lines=[(joint.lead.offer, 1)])
    foreign = {"agency": joint.partner.agency.pk, "card_type": other.pk, "quantity": 10}
    assert kari.post(screen(AgencyQuota, "add"), foreign).status_code == 422
    assert per.post(screen(AgencyQuota, "add"), foreign).status_code == 302  # a partner, for its own agency
    assert AgencyQuota.objects.filter(card_type=other).count() == 1


# ── batches ─────────────────────────────────────────────────────────────────────────────────────────────────


def make_batch(kari: Client, joint: Joint, count: int = 3) -> tuple[dict[str, Any], Any]:
    data = form_of(kari.get(screen(Batch, "add"))) | {"card_type": joint.card_type.pk, "count": count, "purpose": "Velkomst"}
    return data, kari.post(screen(Batch, "add"), data)


def test_batch_is_made_once_printed_and_forgotten(kari: Client, joint: Joint) -> None:
    data, sheet = make_batch(kari, joint)
    again = kari.post(screen(Batch, "add"), data)
    batch = Batch.objects.get()
    assert (sheet.status_code, again.status_code, batch.count, Card.objects.count()) == (200, 200, 3, 3)
    assert (batch.agency, batch.municipality, batch.purpose) == (None, joint.lead.town, "Velkomst")
    assert "no-store" in sheet["Cache-Control"]
    assert data["secret"] not in sheet.request["PATH_INFO"]

    address = screen(batch, "sheet")
    form = sent(sheet.context["sheet_form"])
    pdf = kari.post(address, form | {"layout": "ten", "part": "1", "languages": ["ar"]})
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    done = kari.post(address, {"secret": data["secret"], "do": "printed"}, follow=True)
    assert nb("The codes are forgotten. Hand the cards out.") in said(done)
    assert not CodeSheet.objects.exists()
    batch.refresh_from_db()
    assert batch.printed_on == today()
    gone = kari.post(address, form | {"layout": "ten"}, follow=True)
    assert str(WhyNotHand.SHEET_GONE.label) in said(gone)


def test_sheet_opens_for_who_made_it_with_the_secret_only(kari: Client, per: Client, joint: Joint) -> None:
    from cards.ledger.codes import new_secret
    from tests.cards.staff.conftest import browser_of
    from tests.factories.directory import make_staff

    data, _sheet = make_batch(kari, joint)
    batch = Batch.objects.get()
    colleague = browser_of(make_staff(joint.lead.town, "colleague@example.org"))
    form = {"secret": data["secret"], "layout": "ten"}
    assert per.post(screen(batch, "sheet"), form).status_code == 404
    for browser, asked in ((colleague, form), (kari, form | {"secret": new_secret()}), (kari, {"layout": "ten"})):
        response = browser.post(screen(batch, "sheet"), asked)
        assert response.status_code == 302
    assert kari.get(screen(batch, "sheet")).status_code == 302


def test_new_codes_replace_those_of_unused_cards(kari: Client, joint: Joint) -> None:
    make_batch(kari, joint)
    batch = Batch.objects.get()
    before = set(map(bytes, Card.objects.values_list("code_hash", flat=True)))
    sheet = press(kari, batch, "rotate")
    assert sheet.templates[0].name == "cards/staff/sheet.html"
    assert not before & set(map(bytes, Card.objects.values_list("code_hash", flat=True)))


def test_lost_card_is_stopped_or_replaced_by_the_number_on_its_stub(kari: Client, joint: Joint) -> None:
    make_batch(kari, joint)
    batch = Batch.objects.get()
    first, second, _third = Card.objects.order_by("pk")
    number = f"{first.public_id[:4].lower()}-{first.public_id[4:]}"
    assert press(kari, batch, "stop", number=number, reason="lost").status_code == 200
    assert press(kari, batch, "stop", number=number, reason="lost").status_code == 422
    assert Card.objects.get(pk=first.pk).state == CardState.REVOKED
    address = screen(batch)
    data = fields_of(kari.get(address), "replace") | {"replace-number": second.public_id}
    for _time in range(2):
        assert kari.post(address, data).status_code == 200
    assert Batch.objects.count() == 2
    assert Card.objects.get(pk=second.pk).replaced_by.batch == Batch.objects.latest("pk")  # type: ignore[union-attr]
    foreign, _code = make_card(joint.card_type, municipality=joint.partner.town)
    assert press(kari, batch, "stop", number=foreign.public_id, reason="lost").status_code == 422


def test_something_extra_goes_straight_to_one_card_once(kari: Client, joint: Joint) -> None:
    make_batch(kari, joint)
    batch, card = Batch.objects.get(), Card.objects.order_by("pk")[0]
    page = kari.get(screen(batch))
    typed = {"extra-number": card.public_id, "extra-offer": f"offer-{joint.partner.offer.pk}", "extra-quantity": 2}
    data = fields_of(page, "extra") | typed
    for _time in range(2):
        assert kari.post(screen(batch), data)["Location"] == screen(batch)
    assert list(Allowance.objects.filter(line=None).values_list("card", "offer", "quantity")) == [
        (card.pk, joint.partner.offer.pk, 2)
    ]
    joint.partner.offer.state = "approved"  # not published: nobody can use it
    joint.partner.offer.save()
    refused = kari.post(screen(batch), data | {"extra-key": uuid4()})
    assert refused.status_code == 422
    foreign, _code = make_card(joint.card_type, municipality=joint.partner.town)
    number = {"number": foreign.public_id, "offer": f"offer-{joint.lead.offer.pk}"}
    assert press(kari, batch, "extra", **number).status_code == 422
    assert Allowance.objects.filter(line=None).count() == 1


@pytest.mark.parametrize("count", [1, 4])
def test_of_a_few_cards_is_not_told_whether_they_were_taken_into_use(kari: Client, joint: Joint, count: int) -> None:
    """Nor by a lot: of four cards "5" would say that one was."""
    for _lot in range(6):
        make_batch(kari, joint, count)
    Card.objects.update(activated_on=timezone.localdate(), state=CardState.ACTIVE, medium="paper")
    told = set()
    for batch in Batch.objects.all():
        facts = {str(fact.label): str(fact.said) for fact in kari.get(screen(batch)).context["facts"]}
        told.add(facts[nb("Taken into use")])
    assert told == {nb("few or none")}


def find(kari: Client, number: str) -> Any:
    return kari.post(screen(Batch, "find"), {"number": number})


def test_batches_of_agencies_are_their_own_as_long_as_somebody_works_there(kari: Client, per: Client, joint: Joint) -> None:
    worker = AgencyRole.objects.create(user=UserFactory(), agency=joint.lead.agency).user
    card, _code = make_card(joint.card_type, agency=joint.lead.agency)
    assert kari.get(screen(card.batch)).status_code == 404
    assert kari.post(screen(card.batch), {"deed": "stop", "stop-number": card.public_id}).status_code == 404
    assert find(kari, card.public_id).status_code == 422
    assert "Larvik NAV" not in kari.get(screen(Batch)).content.decode()
    for gone in ("role", "person", "agency"):
        with transaction.atomic():
            if gone == "role":
                AgencyRole.objects.all().delete()
            elif gone == "person":
                type(worker).objects.filter(pk=worker.pk).update(is_active=False)
            else:
                type(joint.lead.agency).objects.filter(pk=joint.lead.agency.pk).update(is_active=False)
            assert find(kari, card.public_id).status_code == 200, gone
            assert kari.get(screen(card.batch)).status_code == 200
            assert find(per, card.public_id).status_code == 422
            assert card.batch not in kari.get(screen(Batch)).context["object_list"], "it is helped, not listed"
            transaction.set_rollback(True)


def test_card_is_found_by_its_stub_whichever_batch_it_is_of_and_helped(kari: Client, joint: Joint) -> None:
    make_batch(kari, joint)
    card = Card.objects.order_by("pk")[1]
    assert kari.get(screen(Batch, "find")).status_code == 200
    assert find(kari, "00000000").status_code == 422
    page = find(kari, f" {in_groups(card.public_id).lower()} ")
    assert nb("Where it stands") in page.content.decode()
    offered = {one.deed.key for one in page.context["deeds"]}
    assert offered == {"replace", "extra", "stop"}, "a card never used is not paused"
    put_on_phone(card, new_code_of(card))
    page = find(kari, card.public_id)
    for deed, state in (("pause", CardState.SUSPENDED), ("resume", CardState.ACTIVE)):
        assert kari.post(screen(Batch, "find"), fields_of(page, deed), follow=True).status_code == 200
        card.refresh_from_db()
        assert card.state == state
        page = find(kari, card.public_id)
    sheet = kari.post(screen(Batch, "find"), fields_of(page, "replace"))
    new = Card.objects.get(replaces=card)
    assert sheet.templates[0].name == "cards/staff/sheet.html"
    assert new.batch.purpose == "Velkomst"
    pdf = kari.post(screen(new.batch, "sheet"), sent(sheet.context["sheet_form"]) | {"layout": "one", "part": "1"})
    assert pdf["Content-Type"] == "application/pdf"
    kari.post(screen(Batch, "find"), fields_of(find(kari, new.public_id), "stop") | {"stop-reason": "lost"})
    assert Card.objects.get(pk=new.pk).state == CardState.REVOKED
    assert not find(kari, new.public_id).context["deeds"]


def new_code_of(card: Card) -> str:
    """A code for a card that is on paper."""
    code = new_code()
    Card.objects.filter(pk=card.pk).update(code_hash=hash_code(code))
    return code


def test_replaced_card_is_counted_once(kari: Client, joint: Joint) -> None:
    make_batch(kari, joint, 5)
    reissue(card=Card.objects.order_by("pk")[0], by=joint.lead.staff, at=timezone.now(), key=uuid4())
    for row in (joint.year, joint.card_type):
        facts = {str(fact.label): fact.said for fact in kari.get(screen(row)).context["facts"]}
        assert facts[nb("Cards handed out")] == "5", row
    cells = [cell.said for table in kari.get(screen(joint.programme)).context["tables"] for cell in table.rows[0]]
    assert cells[-1] == "5"
    assert handed_out(joint.year) == cards_of(Scope.whole(joint.year)).in_all.cards
    joint.year.state = "closed"
    CardSum.objects.create(
        year=joint.year, municipality=joint.lead.town, month=joint.year.closes.replace(day=1), way="print", cards=5
    )
    assert (handed_out(joint.year), handed_out(joint.year, joint.card_type)) == (5, None)


def test_sheet_says_how_many_languages_have_room_and_printed_may_be_told_late(kari: Client, joint: Joint) -> None:
    joint.lead.town.languages = ["nb", "en", "ar", "ti", "uk"]
    joint.lead.town.save()
    data, sheet = make_batch(kari, joint)
    batch, form = Batch.objects.get(), sent(sheet.context["sheet_form"])
    many = form | {"layout": "ten", "languages": ["en", "ar", "ti", "uk"]}
    assert kari.post(screen(batch, "sheet"), many).status_code == 422
    assert kari.post(screen(batch, "sheet"), many | {"layout": "one"}).status_code == 200
    CodeSheet.objects.all().delete()  # the quarter of an hour is over
    for _time in range(2):
        done = kari.post(screen(batch, "sheet"), {"secret": data["secret"], "do": "printed"}, follow=True)
        assert nb("The codes are forgotten. Hand the cards out.") in said(done)
    batch.refresh_from_db()
    assert batch.printed_on == today()


def test_amount_goes_straight_to_one_card(kari: Client, joint: Joint) -> None:
    category = CategoryFactory(municipality=joint.lead.town)
    line = CardTypeLine.objects.create(card_type=joint.card_type, category=category, unit="ore", quantity=50_000)
    make_batch(kari, joint)
    card = Card.objects.order_by("pk")[0]
    asked = fields_of(find(kari, card.public_id), "extra") | {"extra-offer": f"line-{line.pk}", "extra-quantity": "250.50"}
    for _time in range(2):
        assert kari.post(screen(Batch, "find"), asked, follow=True).status_code == 200
    assert list(Allowance.objects.filter(line=None).values_list("category", "unit", "quantity")) == [(category.pk, "ore", 25_050)]
    text = kari.get(screen(card.batch)).content.decode().replace("\u00a0", " ")
    assert "250,50 kr" in text
    half = asked | {"extra-offer": f"offer-{joint.lead.offer.pk}", "extra-quantity": "1.5", "extra-key": str(uuid4())}
    assert kari.post(screen(Batch, "find"), half).status_code == 422
    assert Allowance.objects.filter(line=None).count() == 1


def test_batch_of_a_town_that_takes_no_part_is_refused(kari: Client, joint: Joint) -> None:
    from tests.factories.cards import make_programme

    foreign = make_programme(joint.partner.town, name_nb="Bare Porsgrunn")
    card_type = make_card_type(foreign.years.get(), lines=[(joint.partner.offer, 1)])
    data = form_of(kari.get(screen(Batch, "add"))) | {"card_type": card_type.pk, "count": 1}
    assert kari.post(screen(Batch, "add"), data).status_code == 422
    assert not Batch.objects.exists()
    assert joint.lead.town.has(Feature.CARDS)


# ── what was made by mistake ────────────────────────────────────────────────────────────────────────────────


def test_year_and_type_are_removed_while_nothing_belongs_to_them(kari: Client, joint: Joint) -> None:
    year = make_year(joint.programme)
    card_type = make_card_type(year, lines=[(joint.lead.offer, 1)])
    offered = {one.deed.key for one in kari.get(screen(year)).context["deeds"]}
    assert "remove" not in offered
    assert kari.post(screen(year), {"deed": "remove"}, follow=True).status_code == 200
    for row in (card_type, year):
        data = fields_of(kari.get(screen(row)), "remove")
        assert kari.post(screen(row), data)["Location"] == screen(type(row))
        assert kari.post(screen(row), data).status_code == 404
    assert list(ProgrammeYear.objects.all()) == [joint.year]
    assert list(CardType.objects.all()) == [joint.card_type]


def test_programme_with_years_is_not_deleted(kari: Client, per: Client, joint: Joint) -> None:
    kari.post(screen(Programme, "add"), {"name_nb": "Feilen", "privacy_level": 0})
    empty = Programme.objects.get(slug="feilen")
    assert per.post(screen(joint.programme, "delete")).status_code == 404
    for row in (empty, joint.programme):
        assert kari.get(screen(row, "delete")).status_code == 200
        kari.post(screen(row, "delete"))
    assert list(Programme.objects.all()) == [joint.programme]


def test_page_that_was_used_for_one_change_does_no_other(kari: Client, joint: Joint) -> None:
    line = joint.card_type.lines.get(offer=joint.lead.offer)
    looked = look_and_do(kari, joint.card_type, line=line.pk, quantity=5)
    data = {field.html_name: field.value() for field in looked.context["form"] if field.value() not in (None, "")}
    response = kari.post(screen(joint.card_type, "lines"), data | {"quantity": "9", "sure": "1"})
    assert response.status_code == 422
    assert str(WhyNotKept.KEY_USED.label) in said(response)
    assert joint.card_type.lines.get(pk=line.pk).quantity == 5
