"""Faults put into the deeds on purpose, each with the test that must see it. Run by test_mutations.py; one by hand:

    python -m pytest -p tests.cards.mutating --mutant "drop the key" tests/cards/offers/test_redeem.py

`old` stands in `file` exactly once; whoever changes that line changes it here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]

ACTIONS, FINDING, RULES = "cards/offers/actions.py", "cards/offers/finding.py", "cards/offers/rules.py"
CONDITIONS, TELLING, COUNTER = "cards/offers/conditions.py", "cards/offers/telling.py", "cards/ledger/counter.py"
GUESSING = "portal/till/guessing.py"
CODES, HANDING = "cards/ledger/codes.py", "cards/programmes/actions.py"
SETTLING, UNLINKING = "cards/offers/settling.py", "cards/offers/unlinking.py"
FIGURES, CLOSING = "cards/offers/figures.py", "cards/offers/closing.py"
LOOKS = "cards/offers/staff_looks.py"
SHEETS, TAGS = "cards/programmes/sheets.py", "cards/programmes/tags.py"
TELEPHONE = "portal/frontend/js/card_conditions.js"

REDEEM, UNDO = "tests/cards/offers/test_redeem.py", "tests/cards/offers/test_undo.py"
TOLD, ORDER = "tests/cards/offers/test_telling.py", "tests/cards/offers/test_lock_order.py"
DURABLE, RULE = "tests/cards/offers/test_all_or_nothing.py", "tests/cards/offers/test_rules.py"
BOUND, ISSUING = "tests/cards/ledger/test_counter.py", "tests/cards/programmes/test_issuing.py"
SETTLED, CUT = "tests/cards/offers/test_settling.py", "tests/cards/offers/test_unlinking.py"
MARKED, STAFF, COUNTED = "tests/cards/programmes/test_tags.py", "tests/cards/staff", "tests/cards/offers/test_figures.py"
CODE, API = "tests/cards/ledger/test_codes.py", "tests/portal/till/test_api.py"


@dataclass(frozen=True)
class Mutant:
    """What is broken, where, and by which test it must be seen."""

    name: str
    file: str
    old: str
    new: str
    killer: str

    @property
    def source(self) -> str:
        return (BASE / self.file).read_text(encoding="utf-8")


CARDS = "rows = Card.objects.filter(pk=pk).select_related(CARD_FACTS)"
LOCK_CARD = """    found, rows, is_known = lock()
    card, way, step = found.card, found.way, found.step
    body = deed.body(found)
    bodies.append(body)
"""
LOCK_BOTH = 'rows.select_for_update(of=("card", "self"), no_key=True)'
KNOWN = "    if is_known and (earlier := _earlier(key, body, shown)) is not None:\n        return earlier\n"
LOCK_OFFER = "    offer = lock_offer(shown.pk)\n"
DEED = "return _redeem(deed, lock, bodies)"
TODAY = "    today = used_today(card, offer, allowance, at)\n"

MUTANTS = [
    # The counter and the journal.
    Mutant(
        "drop used < quantity",
        COUNTER,
        'has_room = Q(**{f"{bound}__isnull": True}) | Q(**{f"{bound}__gte": F("used") + amount})',
        "has_room = Q()",
        f"{BOUND}::test_no_more_is_taken_than_there_is",
    ),
    Mutant(
        "one more than there is",
        COUNTER,
        '{f"{bound}__gte": F("used") + amount}',
        '{f"{bound}__gte": F("used")}',
        f"{BOUND}::test_no_more_is_taken_than_there_is",
    ),
    Mutant(
        "give back more than was used",
        COUNTER,
        "rows.filter(used__gte=amount).update",
        "rows.update",
        f"{BOUND}::test_no_more_is_given_back_than_was_used",
    ),
    Mutant(
        "lower a bound below what is used",
        COUNTER,
        "allowed = rows if quantity is None else rows.filter(used__lte=quantity)",
        "allowed = rows",
        f"{BOUND}::test_a_bound_is_changed_down_to_what_is_used_and_written_down",
    ),
    Mutant(
        "count nothing on the card",
        ACTIONS,
        "refuse_if(None if counter.take(allowance, clips) else WhyNot.EXHAUSTED)",
        "pass",
        f"{UNDO}::test_everything_a_use_moved_moves_back",
    ),
    Mutant(
        "count nothing on the offer",
        ACTIONS,
        'refuse_if(None if counter.take(offer, tickets, bound="released") else WhyNot.OFFER_EXHAUSTED)',
        "pass",
        f"{REDEEM}::test_no_more_is_used_than_is_released",
    ),
    Mutant(
        "use what has not been released",
        RULES,
        "if offer.released is not None and offer.used + counted > offer.released:",
        "if offer.quantity is not None and offer.used + counted > offer.quantity:",
        f"{RULE}::test_the_rule_decides",
    ),
    Mutant(
        "forget the ceiling",
        ACTIONS,
        "refuse_if(None if counter.take(ceiling, ore) else WhyNot.CEILING)",
        "pass",
        f"{REDEEM}::test_a_ceiling_holds_for_the_month_and_counts_what_is_paid_only",
    ),
    Mutant(
        "pay for what stock has paid",
        ACTIONS,
        "unit_ore = 0 if stock else price",
        "unit_ore = price",
        f"{REDEEM}::test_stock_that_is_lost_first_is_used_first_and_then_the_provider_is_paid",
    ),
    Mutant(
        "look at the first stock only",
        ACTIONS,
        "    for stock in [*stocks, None] if paid_first else [None, *stocks]:\n",
        "    for stock in stocks[:1] or [None]:\n",
        f"{REDEEM}::test_whoever_has_a_card_gets_a_free_code_though_other_tickets_have_none",
    ),
    # Keys.
    Mutant(
        "drop the key",
        ACTIONS,
        LOCK_CARD + KNOWN,
        f'    key = f"{{key}}-{{new_mark()}}"\n{LOCK_CARD}',
        f"{REDEEM}::test_the_same_key_is_counted_once_and_answered_the_same",
    ),
    Mutant(
        "ask the rules before the key",
        ACTIONS,
        "except (IntegrityError, Refused):",
        "except IntegrityError:",
        f"{REDEEM}::test_a_key_that_was_written_while_the_card_was_waited_for_answers_the_same",
    ),
    Mutant(
        "answer a known key whatever it asks",
        ACTIONS,
        "if not hmac.compare_digest(bytes(use.body), body):",
        "if not body:",
        f"{REDEEM}::test_a_known_key_with_another_question_is_no_answer",
    ),
    Mutant(
        "answer a foreign till's key",
        ACTIONS,
        'body_of("use", device, *asked)',
        'body_of("use", "", *asked)',
        f"{API}::test_another_till_gets_no_answer_that_is_not_its_own",
    ),
    Mutant(
        "a key cut off its card is free again",
        ACTIONS,
        "if not hmac.compare_digest(bytes(use.body), body):",
        "if not bytes(use.body):\n        return None\n    if not hmac.compare_digest(bytes(use.body), body):",
        f"{REDEEM}::test_a_key_cut_off_its_card_is_not_free_again",
    ),
    Mutant(
        "keep the key as it was sent",
        ACTIONS,
        '        "key": kept_key(key),',
        '        "key": key,',
        f"{REDEEM}::test_what_another_system_calls_its_deed_is_not_kept",
    ),
    # Guessing.
    Mutant(
        "guess without end",
        GUESSING,
        "refuse_if(WhyNotTry.MANY if is_used_up(*limits, at=at) else None)",
        "pass",
        f"{API}::test_ten_wrong_codes_an_hour_and_no_more",
    ),
    Mutant(
        "guess without end by several tills",
        GUESSING,
        "places = [take(CARD_CODE_AT, device.pk, at), not sender or take(CARD_CODE_FROM, sender, at)]",
        "places = [take(CARD_CODE_AT, device.pk, at)]",
        f"{API}::test_ten_wrong_codes_from_one_address_by_whatever_tills",
    ),
    Mutant(
        "slips without end",
        GUESSING,
        "if reason == WhyNot.MALFORMED:",
        "if False:",
        f"{API}::test_a_slip_is_no_guess_but_a_hundred_are",
    ),
    Mutant(
        "no alarm",
        GUESSING,
        "if last_minute.count() < ALARM_AT - 1:",
        "if True:",
        f"{API}::test_wrong_codes_everywhere_ring_the_alarm_once_a_minute",
    ),
    Mutant(
        "count no refusal",
        ACTIONS,
        "count_refusal(reason=refused.reason, provider=provider, offer=self.offer, device=self.device, at=self.at)",
        "pass",
        f"{REDEEM}::test_a_refusal_is_counted_to_the_hour_and_writes_nothing_else",
    ),
    # All or nothing, and locks.
    Mutant(
        "answer before the commit",
        ACTIONS,
        DEED,
        f"{DEED.replace('return', 'use =')}\n                transaction.set_rollback(True)\n            return use",
        f"{DURABLE}::test_what_was_answered_is_written",
    ),
    Mutant(
        "no transaction around a use",
        ACTIONS,
        f"with in_turn(), transaction.atomic():\n                {DEED}",
        f"if True:\n                {DEED}",
        f"{DURABLE}::test_a_use_that_cannot_be_written_counts_nothing",
    ),
    Mutant(
        "swap the order of locks",
        ACTIONS,
        LOCK_CARD + KNOWN + LOCK_OFFER,
        LOCK_OFFER + LOCK_CARD + KNOWN,
        f"{ORDER}::test_a_use_locks_in_order_and_counts_the_day_behind_the_locks",
    ),
    Mutant(
        "do not lock the allowances",
        ACTIONS,
        LOCK_BOTH,
        'rows.select_for_update(of=("card",), no_key=True)',
        f"{ORDER}::test_a_use_locks_in_order_and_counts_the_day_behind_the_locks",
    ),
    Mutant(
        "count the day before the lock",
        ACTIONS,
        LOCK_CARD + KNOWN,
        "    Redemption.objects.filter(offer=shown.pk, day=day_of(at)).count()\n" + LOCK_CARD + KNOWN,
        f"{ORDER}::test_a_use_locks_in_order_and_counts_the_day_behind_the_locks",
    ),
    Mutant(
        "lock what stands on a card before the card",
        ACTIONS,
        LOCK_BOTH,
        'rows.select_for_update(of=("self", "card"), no_key=True)',
        f"{ORDER}::test_a_use_locks_in_order_and_counts_the_day_behind_the_locks",
    ),
    Mutant(
        "lock a card with all it is joined to",
        ACTIONS,
        f'{CARDS}.order_by("pk")\n    return rows.select_for_update(of=("self",), no_key=True)',
        f'{CARDS}.order_by("pk")\n    return rows.select_for_update()',
        f"{ORDER}::test_taking_back_locks_in_order",
    ),
    Mutant(
        "lock cards in any order",
        ACTIONS,
        f'{CARDS}.order_by("pk")',
        f'{CARDS}.order_by("public_id")',
        f"{ORDER}::test_taking_back_locks_in_order",
    ),
    # The rule.
    Mutant(
        "forget the time zone",
        CONDITIONS,
        "return at.astimezone(OSLO)",
        "return at",
        f"{RULE}::test_the_rule_decides",
    ),
    Mutant(
        "an offset instead of the time zone",
        CONDITIONS,
        "return at.astimezone(OSLO)",
        "from datetime import timedelta, timezone\n    return at.astimezone(timezone(timedelta(hours=1)))",
        f"{RULE}::test_the_rule_decides",
    ),
    Mutant("one day too long", RULES, "if day > card.valid_to:", "if day >= card.valid_to:", f"{RULE}::test_the_rule_decides"),
    Mutant(
        "let in at the last minute's end",
        RULES,
        "return None if any(a <= minute < b for a, b in spans) else WhyNot.WRONG_TIME",
        "return None if any(a <= minute <= b for a, b in spans) else WhyNot.WRONG_TIME",
        f"{RULE}::test_the_rule_decides",
    ),
    Mutant(
        "winter ends with the year",
        CONDITIONS,
        "return text >= self.first or text <= self.last",
        "return text >= self.first",
        f"{RULE}::test_the_rule_decides",
    ),
    Mutant(
        "let lapsed cards in",
        RULES,
        "return WhyNot.LAPSED if card.state == CardState.ISSUED and day > card.activate_by else None",
        "return None",
        f"{RULE}::test_the_rule_decides",
    ),
    Mutant(
        "let paused cards in",
        RULES,
        "if card.state == CardState.SUSPENDED:",
        "if False:",
        f"{RULE}::test_the_rule_decides",
    ),
    Mutant(
        "count what was taken back against the day",
        FINDING,
        "        reversal=None,\n",
        "",
        f"{REDEEM}::test_the_limit_of_a_day_counts_what_was_not_taken_back",
    ),
    Mutant(
        "a new card, a new day",
        FINDING,
        "allowance__card__in=with_those_before(card),",
        "allowance__card__in=[card.pk],",
        f"{REDEEM}::test_the_limit_of_a_day_goes_along_to_the_card_in_its_place",
    ),
    Mutant(
        "company comes for nothing",
        RULES,
        "return count + max(0, people - 1) * offer.companion_clips",
        "return count",
        f"{REDEEM}::test_who_comes_along_costs_what_the_offer_says",
    ),
    Mutant(
        "the telephone forgets the time zone",
        TELEPHONE,
        "  timeZone: 'Europe/Oslo',",
        "",
        f"{RULE}::test_the_telephone_decides_the_same",
    ),
    Mutant(
        "the telephone forgets closed days",
        TELEPHONE,
        "  if (blackedOut(conditions, day)) return 'black_out';\n",
        "",
        f"{RULE}::test_the_telephone_decides_the_same",
    ),
    # Codes and pictures.
    Mutant(
        "any proof will do",
        CODES,
        "return hmac.compare_digest(step_mac(clip_key, rotating.public_id, rotating.step), rotating.mac)",
        "return True",
        f"{REDEEM}::test_a_picture_that_another_key_signed_is_unknown",
    ),
    Mutant(
        "the proof says nothing of the moment",
        CODES,
        'f"{public_id}|{step}".encode("ascii")',
        'f"{public_id}|".encode("ascii")',
        f"{CODE}::test_a_picture_is_read_and_proves_its_key",
    ),
    Mutant(
        "an old picture is good",
        ACTIONS,
        "refuse_if(None if is_fresh(step, at) else WhyNot.STEP_OLD)",
        "pass",
        f"{REDEEM}::test_a_picture_is_good_for_a_step_before_and_after",
    ),
    Mutant(
        "a picture is good twice",
        ACTIONS,
        "refuse_if(WhyNot.STEP_USED if was_step_used(card, offer, step) else None)",
        "step = None if was_step_used(card, offer, step) else step",
        f"{REDEEM}::test_a_picture_is_good_once_for_each_offer",
    ),
    Mutant(
        "a code that has gone to a telephone is good",
        ACTIONS,
        "refuse_if(WhyNot.ON_PHONE if way == UseWay.PAPER and card.code_spent else None)",
        "pass",
        f"{REDEEM}::test_what_has_happened_to_a_card_is_seen_behind_its_lock",
    ),
    Mutant(
        "cards of other programmes are good",
        ACTIONS,
        f"{LOCK_OFFER}    refuse_if(WhyNot.UNKNOWN if is_foreign(card, offer) else None)",
        LOCK_OFFER.rstrip("\n"),
        f"{REDEEM}::test_a_card_of_another_programme_is_unknown",
    ),
    Mutant(
        "tell of an old key before a card is known here",
        ACTIONS,
        "        refuse_if(WhyNot.UNKNOWN if is_foreign(found.card, offer) else None)\n        return Locked(",
        "        return Locked(",
        f"{API}::test_an_old_key_tells_nothing_of_foreign_cards",
    ),
    # Taking back.
    Mutant(
        "take back without end",
        RULES,
        "if by_till and (used_at is None or abs(at - used_at) > UNDO_WITHIN):",
        "if False:",
        f"{UNDO}::test_a_till_has_ten_minutes",
    ),
    Mutant(
        "take back what is settled for good",
        ACTIONS,
        "closed=settlement is not None and settlement.state == SettlementState.CLOSED,",
        "closed=False,",
        f"{UNDO}::test_the_coordinator_may_until_it_is_settled_for_good",
    ),
    Mutant(
        "take back what another provider did",
        ACTIONS,
        "refuse_if(WhyNot.NOT_YOURS if device is not None and device.provider_id != use.provider_id else None)",
        "pass",
        f"{UNDO}::test_any_till_of_the_provider_may_and_no_other",
    ),
    Mutant(
        "anybody takes a use back",
        ACTIONS,
        "by_till = device is not None or not may_decide(by, use.municipality, use.provider)",
        "by_till = device is not None",
        f"{UNDO}::test_who_may_take_a_use_back",
    ),
    Mutant(
        "who keeps no till takes a use back",
        ACTIONS,
        "refuse_if(WhyNot.NOT_YOURS if by_till and device is None and not keeps_till(by, use.provider) else None)",
        "pass",
        f"{UNDO}::test_who_may_take_a_use_back",
    ),
    Mutant(
        "add amounts to clips",
        RULES,
        "return clips if unit == Unit.CLIP else 1",
        "return clips",
        f"{REDEEM}::test_of_an_amount_each_payment_is_one_of_the_offers_tickets",
    ),
    Mutant(
        "make a new key where the old one is lost",
        "cards/ledger/keys.py",
        "            if is_lost():\n                raise KeyLost(LOST % file)\n",
        "",
        "tests/cards/ledger/test_keys.py::test_no_key_is_made_where_cards_hang_on_the_one_that_is_lost",
    ),
    Mutant(
        "give back to a card that was replaced",
        ACTIONS,
        "following = cards[-1].replaced_by_id",
        "following = None",
        f"{UNDO}::test_after_reissues_the_clip_comes_to_the_card_held_now",
    ),
    Mutant(
        "forget the offer when taking back",
        ACTIONS,
        "_move_back(Offer.objects.filter(pk=use.offer_id), of_offer(use.unit, use.clips))",
        "pass",
        f"{UNDO}::test_everything_a_use_moved_moves_back",
    ),
    # Handing out.
    Mutant(
        "stop a card and keep what is on it",
        HANDING,
        'Allowance.objects.filter(card=row).update(quantity=F("used"))',
        "pass",
        f"{ISSUING}::test_a_replacement_holds_what_was_left_and_the_old_one_nothing",
    ),
    Mutant(
        "stop a card without freeing its slot",
        HANDING,
        "row.returned = _give_back_slot(row)",
        "row.returned = False",
        f"{ISSUING}::test_stopping_an_unused_card_frees_its_slot_and_a_used_one_does_not",
    ),
    Mutant(
        "hand out without asking the quota",
        HANDING,
        "    if not take(quota, batch.count):",
        "    if False:",
        f"{ISSUING}::test_the_quota_is_the_bound",
    ),
    Mutant(
        "free the slot of a card that was used",
        HANDING,
        "if Allowance.objects.filter(card__in=[one.pk for one in _chain(row)], used__gt=0).exists():",
        "if False:",
        f"{ISSUING}::test_stopping_an_unused_card_frees_its_slot_and_a_used_one_does_not",
    ),
    Mutant(
        "codes for whoever has the page",
        SHEETS,
        "CodeSheet.objects.filter(batch=batch, by=by, ends_at__gt=at)",
        "CodeSheet.objects.filter(batch=batch, ends_at__gt=at)",
        f"{ISSUING}::test_the_sheet_opens_with_its_page_for_who_made_it_and_for_a_quarter_of_an_hour",
    ),
    Mutant(
        "codes for ever",
        SHEETS,
        "CodeSheet.objects.filter(batch=batch, by=by, ends_at__gt=at)",
        "CodeSheet.objects.filter(batch=batch, by=by)",
        f"{ISSUING}::test_the_sheet_opens_with_its_page_for_who_made_it_and_for_a_quarter_of_an_hour",
    ),
    Mutant(
        "a second card for a child",
        TAGS,
        "DuplicateTag.objects.bulk_create(",
        "list(",
        f"{MARKED}::test_one_card_a_child_whoever_asks_and_nobody_is_named",
    ),
    Mutant(
        "number the marks as the cards",
        TAGS,
        "DuplicateTag(id=out_of_order(), ",
        "DuplicateTag(",
        f"{MARKED}::test_the_order_of_marks_is_not_that_of_the_cards",
    ),
    # Told later.
    Mutant(
        "book whatever a till says",
        TELLING,
        "if not offer.agreement.offline_allowed:",
        "if False:",
        f"{TOLD}::test_without_leave_the_coordinator_decides_everything",
    ),
    Mutant(
        "believe any picture told later",
        TELLING,
        "if card is None or not is_signed(card, rotating):",
        "if card is None:",
        f"{TOLD}::test_a_picture_cannot_be_made_up",
    ),
    Mutant(
        "a told claim is counted though nothing is left",
        TELLING,
        "state=UseState.DISPUTED if reason else UseState.OK,",
        "state=UseState.OK,",
        f"{TOLD}::test_accepted_is_only_what_the_card_holds",
    ),
    Mutant(
        "believe the till's clock",
        TELLING,
        "return min(max(claim.at, claim.knew), at)",
        "return claim.at",
        f"{TOLD}::test_the_moment_is_kept_between_the_servers_time_and_now",
    ),
    Mutant(
        "a picture told at two tills counts twice",
        TELLING,
        "taken_step = proof.step is not None and was_step_used(card, offer, proof.step)",
        "taken_step = False\n    proof = Proof(proof.card, proof.way)",
        f"{TOLD}::test_a_picture_is_good_for_one_use_wherever_it_was_shown",
    ),
    Mutant(
        "a telling answers any till's key",
        TELLING,
        "use = (device.pk, proof.card.pk,",
        "use = (proof.card.pk,",
        f"{TOLD}::test_a_key_belongs_to_who_sent_it",
    ),
    Mutant(
        "count again what only lost its answer",
        TELLING,
        ', body_of("use", *use)',
        "",
        f"{TOLD}::test_a_use_whose_answer_was_lost_is_not_counted_again",
    ),
    Mutant(
        "tell in the order sent",
        TELLING,
        "key=lambda place: (claims[place].number, place)",
        "key=lambda place: place",
        f"{TOLD}::test_claims_are_judged_in_their_order_and_answered_in_the_one_sent",
    ),
    Mutant(
        "as many of a card as one likes without network",
        TELLING,
        "return WhyNot.TOLD_TWICE if waited else None",
        "return None",
        f"{TOLD}::test_one_of_a_card_waits_at_a_till_and_fifty_a_day",
    ),
    Mutant(
        "accept more than there is",
        TELLING,
        "if cards[0].state == CardState.REVOKED:\n            _fetch_back(allowance, cards[-1], rows, use.clips, at)",
        'Allowance.objects.filter(pk=allowance.pk).update(quantity=F("quantity") + use.clips)',
        f"{TOLD}::test_accepted_is_only_what_the_card_holds",
    ),
    Mutant(
        "a stopped card's claim makes a balance",
        TELLING,
        'refuse_if(None if has_it.update(quantity=F("quantity") - clips) else WhyNot.EXHAUSTED)',
        'has_it.update(quantity=F("quantity") - clips)',
        f"{TOLD}::test_a_claim_of_a_stopped_card_takes_no_more_than_the_new_one_holds",
    ),
    Mutant(
        "an accepted first use leaves the card unused",
        TELLING,
        "        activate_at_counter(cards[0], use.at or at)\n",
        "",
        f"{TOLD}::test_a_first_use_that_is_accepted_takes_the_card_into_use",
    ),
    Mutant(
        "count a late claim beside the quota",
        TELLING,
        "refuse_if(None if take_slot_again(card, at) else WhyNot.SLOT_GONE)",
        "take_slot_again(card, at)",
        f"{TOLD}::test_no_more_cards_are_counted_than_the_agency_may_hand_out",
    ),
    Mutant(
        "accept a late claim beside the quota",
        TELLING,
        "refuse_if(None if take_slot_again(cards[-1], at) else WhyNotDecide.SLOT_GONE)",
        "take_slot_again(cards[-1], at)",
        f"{TOLD}::test_no_more_cards_are_counted_than_the_agency_may_hand_out",
    ),
    Mutant(
        "anybody decides",
        TELLING,
        "refuse_if(None if may_decide(by, use.municipality, offer.agreement.provider) else WhyNotDecide.NOT_ALLOWED)",
        "pass",
        f"{TOLD}::test_only_the_coordinator_of_who_pays_decides",
    ),
    Mutant(
        "decide twice",
        TELLING,
        "refuse_if(None if use.state == UseState.DISPUTED else WhyNot.NOT_DISPUTED)",
        "pass",
        f"{TOLD}::test_turned_down_counts_nothing_and_stays",
    ),
    # Counting and forgetting.
    Mutant(
        "pay what nobody has decided",
        SETTLING,
        "Redemption.objects.filter(settlement=None, state__in=COUNTED)",
        "Redemption.objects.filter(settlement=None)",
        f"{TOLD}::test_a_claim_is_paid_once_it_is_accepted",
    ),
    Mutant(
        "pay the neighbour's cards",
        SETTLING,
        "in_time, municipality=settlement.municipality_id, provider=",
        "in_time, provider=",
        f"{SETTLED}::test_each_municipality_of_a_programme_pays_for_its_own_cards",
    ),
    Mutant(
        "send another sum than was seen",
        SETTLING,
        "refuse_if(Why.CHANGED if settlement.total_ore != total_ore or waiting(settlement).exists() else None)",
        "pass",
        f"{SETTLED}::test_what_is_undone_before_it_is_sent_goes_off_the_statement",
    ),
    Mutant(
        "cut a day late",
        UNLINKING,
        "timedelta(days=TRACE_DAYS)",
        "timedelta(days=TRACE_DAYS + 1)",
        f"{CUT}::test_a_use_is_cut_from_its_card_on_the_thirtieth_day_and_not_before",
    ),
    Mutant(
        "forget how much was cut",
        UNLINKING,
        'Allowance.objects.filter(pk=pk).update(cut=F("cut") + clips)',
        "pass",
        f"{CUT}::test_a_use_is_cut_from_its_card_on_the_thirtieth_day_and_not_before",
    ),
    # The coordinator's screens.
    Mutant(
        "take back the uses of a page one keeps",
        "cards/offers/staff_decisions.py",
        "refuse_if(offering.why_not_decide(self.user, use.municipality, use.provider))",
        "pass",
        f"{STAFF}/test_offers.py::test_nobody_takes_back_uses_of_a_provider_whose_page_they_keep",
    ),
    Mutant(
        "take back on a screen what is settled",
        "cards/offers/staff_decisions.py",
        "return why_not is None and use.allowance_id is not None",
        "return True",
        f"{STAFF}/test_offers.py::test_use_is_not_taken_back_once_it_is_settled_or_cut_from_its_card",
    ),
    Mutant(
        "see the neighbour's uses",
        "cards/offers/viewsets.py",
        "own_rows_of(Redemption, user).filter(told_later",
        "Redemption.objects.filter(told_later",
        f"{STAFF}/test_offers.py::test_use_counted_by_mistake_is_taken_back_once",
    ),
    Mutant(
        "count the neighbour's uses among those worth a look",
        LOOKS,
        "seen = own_rows_of(Redemption, user).filter(",
        "seen = Redemption.objects.filter(",
        f"{STAFF}/test_looks.py::test_uses_of_other_municipalities_are_never_told_nor_counted",
    ),
    Mutant(
        "show of a provider where cards stay the uses of one card first",
        LOOKS,
        "drawn = sorted(here[provider], key=lambda use: (lot(use.mark), use.pk))",
        "drawn = sorted(here[provider], key=lambda use: (use.card, use.pk))",
        "tests/cards/offers/test_looks.py::test_what_is_drawn_says_nothing_of_cards",
    ),
    Mutant(
        "tell of cards that stay before the day is over",
        LOOKS,
        "_where_cards_stay([use for use in uses if use.day < today], reach, lot)",
        "_where_cards_stay(uses, reach, lot)",
        "tests/cards/offers/test_looks.py::test_provider_whose_cards_go_elsewhere_too_is_left_alone",
    ),
    Mutant(
        "tell of fewer than five cards",
        LOOKS,
        "if count >= FEWEST_CARDS and 2 * count >= been[provider]:",
        "if 2 * count >= been[provider]:",
        "tests/cards/offers/test_looks.py::test_provider_whose_cards_go_elsewhere_too_is_left_alone",
    ),
    Mutant(
        "stop the till of a page one keeps",
        "cards/offers/staff_tills.py",
        "refuse_if(offering.why_not_decide(self.user, provider.municipality, provider))",
        "pass",
        f"{STAFF}/test_offers.py::test_nobody_stops_the_till_of_a_page_they_keep",
    ),
    Mutant(
        "help the cards of an agency that has people",
        "cards/programmes/viewsets.py",
        "own_rows_of(Batch, user).filter(Q(agency=None) | Q(agency__in=without_people()))",
        "own_rows_of(Batch, user)",
        f"{STAFF}/test_programmes.py::test_batches_of_agencies_are_their_own_as_long_as_somebody_works_there",
    ),
    Mutant(
        "make codes anew for a form sent once more",
        HANDING,
        'refuse_if(WhyNotHand.SHEET_GONE if _was_done("cards.rotate", batch, deed) else None)',
        "pass",
        "tests/portal/handing/test_handing.py::test_they_are_printed_is_a_yes_however_late_and_codes_are_made_anew_once",
    ),
    Mutant(
        "count the year by its days",
        FIGURES,
        "return date.min if self.from_start else self.first, date.max if self.last >= self.year.closes else self.last",
        "return self.first, self.last",
        f"{COUNTED}::test_what_is_taken_back_after_the_year_is_taken_off_it",
    ),
    Mutant(
        "keep a card twice",
        CLOSING,
        "row.delete()",
        "pass",
        f"{COUNTED}::test_a_card_that_is_carried_otherwise_by_the_end_of_the_month_is_kept_once",
    ),
]
