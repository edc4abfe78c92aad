"""The plain form for somebody who has signed in: a typed code, once, and ten minutes to take it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from cards.ledger.codes import in_groups, new_code
from cards.offers.models import Redemption, Refusal
from cards.offers.tills import PRACTICE_CODE
from tests.factories.cards import journal_faults, make_card, make_card_type, make_use
from tests.portal.till.conftest import Hall


def typed(hall: Hall, code: str, key: object = "", **more: Any) -> Any:
    asked = {"code": code, "offer": hall.swim.pk, "people": 1, "key": str(key or uuid4()), **more}
    return hall.client().post(hall.path("counter/"), asked)


def left(hall: Hall) -> int:
    return hall.card.allowances.get(offer=hall.swim).left


def test_a_typed_code_lets_in_and_says_so(hall: Hall) -> None:
    answer = typed(hall, in_groups(hall.code).lower(), people=2)
    use = Redemption.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{hall.path('counter/')}?did={use.mark}")
    assert (use.provider, use.people, use.device, use.way) == (hall.provider, 2, None, "paper")
    page = hall.client().get(answer["Location"])
    assert "Slipp inn i svømmehallen · 2 personer" in page.content.decode()
    assert hall.code not in page.content.decode()
    assert page.context["form"].initial == {"offer": hall.swim.pk}, "the next one in the row comes for the same"


def test_a_card_that_an_association_keeps_lets_in_too_and_is_taken_back(hall: Hall) -> None:
    _card, code = make_card(hall.card.batch.card_type, holder_provider=hall.provider)
    page = hall.client().get(typed(hall, code)["Location"])
    use = Redemption.objects.get()
    assert (use.way, page.context["did"].mark, [one.mark for one in page.context["uses"]]) == (
        "association",
        use.mark,
        [use.mark],
    )
    assert "Slipp inn i svømmehallen" in page.content.decode()
    hall.client().post(hall.path("counter/undo/"), {"mark": use.mark})
    assert Redemption.objects.count() == 2


def test_a_press_on_the_guests_telephone_is_seen_and_taken_back_at_the_counter_and_at_the_till(hall: Hall) -> None:
    """The telephone says that they can."""
    pressed = [make_use(hall.card, hall.swim, way="tap") for _press in range(2)]
    elsewhere = make_use(hall.card, hall.film, way="tap")
    seen = [use.mark for use in hall.client().get(hall.path("counter/")).context["uses"]]
    assert seen == [use["mark"] for use in hall.state().json()["uses"]] == [use.mark for use in reversed(pressed)]
    hall.client().post(hall.path("counter/undo/"), {"mark": pressed[0].mark})
    assert hall.post("/api/v1/till/undo", {"key": f"undo-{pressed[1].mark}", "redemption": pressed[1].mark}).status_code == 200
    assert left(hall) == 3
    assert hall.client().post(hall.path("counter/undo/"), {"mark": elsewhere.mark}).status_code == 404


def test_of_an_amount_is_asked_how_much(hall: Hall) -> None:
    """An offer without a price: the counter says what it costs."""
    type(hall.swim).objects.filter(pk=hall.swim.pk).update(unit_ore=0)
    card, code = make_card(make_card_type(lines=[(hall.swim, 50_000)], unit="ore"))
    assert "amount" not in hall.client().get(hall.path("counter/")).context["form"].fields
    asked = typed(hall, code)
    form = asked.context["form"]
    assert (asked.status_code, form.initial["code"], "amount" in form.fields) == (200, code, True)
    assert "refused" not in asked.context
    for nothing in ("", "0", "-5", "x"):
        assert typed(hall, code, amount=nothing).status_code == 422
    assert typed(hall, code, amount="120,50").status_code == 302
    assert (card.allowances.get().used, Refusal.objects.count()) == (12_050, 1)
    assert journal_faults() == []


def test_a_form_sent_twice_counts_once(hall: Hall) -> None:
    key = uuid4()
    assert [typed(hall, hall.code, key).status_code for _press in range(2)] == [302, 302]
    assert (Redemption.objects.count(), left(hall)) == (1, 2)


def test_a_refusal_has_its_sentence_and_counts_to_the_hour(hall: Hall) -> None:
    for _use in range(3):
        typed(hall, hall.code)
    answer = typed(hall, hall.code)
    assert answer.status_code == 409
    assert str(answer.context["refused"].reason.label) in answer.content.decode()
    assert Refusal.objects.get().reason == "exhausted"
    assert journal_faults() == []


@pytest.mark.parametrize("code", [PRACTICE_CODE, in_groups(PRACTICE_CODE), f"https://testserver/k#{PRACTICE_CODE}"])
def test_the_card_to_practise_with_answers_and_writes_nothing(hall: Hall, code: str) -> None:
    answer = typed(hall, code)
    assert (answer.status_code, answer.context["practice"]) == (200, True)
    asked = {"key": "practice-key-1", "code": code, "offer": hall.swim.pk}
    told = hall.post("/api/v1/till/redeem", asked)
    assert (told.status_code, told.json()["practice"]) == (200, True)
    assert (Redemption.objects.count(), Refusal.objects.count(), left(hall)) == (0, 0, 3)


def test_another_providers_offer_cannot_be_chosen(hall: Hall) -> None:
    assert typed(hall, hall.code, offer=hall.film.pk).status_code == 422
    asked = {"key": "foreign-offer", "code": hall.code, "offer": hall.film.pk}
    told = hall.post("/api/v1/till/redeem", asked)
    assert (told.status_code, told.json()["reason"]) == (409, "other_provider")
    assert Redemption.objects.count() == 0


def test_a_use_is_taken_back_within_ten_minutes(hall: Hall) -> None:
    typed(hall, hall.code)
    mark = Redemption.objects.get().mark
    for _press in range(2):
        assert hall.client().post(hall.path("counter/undo/"), {"mark": mark}).status_code == 302
    assert (Redemption.objects.count(), left(hall)) == (2, 3)
    assert journal_faults() == []


def test_after_ten_minutes_it_is_too_late(hall: Hall) -> None:
    use = make_use(hall.card, hall.swim, at=timezone.now() - timedelta(minutes=10, seconds=5))
    hall.client().post(hall.path("counter/undo/"), {"mark": use.mark})
    assert (Redemption.objects.count(), left(hall)) == (1, 2)


def test_what_a_till_or_another_provider_counted_is_not_taken_back_here(hall: Hall) -> None:
    tills = make_use(hall.card, hall.swim, device=hall.device)
    cinemas = make_use(hall.card, hall.film)
    for mark in (tills.mark, cinemas.mark, "nothing"):
        assert hall.client().post(hall.path("counter/undo/"), {"mark": mark}).status_code == 404
    page = hall.client().get(hall.path("counter/"))
    assert page.context["uses"] == []


def test_who_guesses_is_stopped_and_told_to_wait(hall: Hall) -> None:
    answers = [typed(hall, new_code()).context["refused"].reason.value for _guess in range(11)]
    assert answers == ["unknown"] * 10 + ["too_many_tries"]
    assert typed(hall, hall.code).context["refused"].reason.value == "too_many_tries", "a right card is not called unknown"
    assert Redemption.objects.count() == 0
    assert sum(Refusal.objects.values_list("count", flat=True)) == 10  # the one too many is not looked at
