"""Limits hold whatever is thrown at them: many tries, tries at once, and time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.accounts import limits
from portal.accounts.limits import HOUR, Limit, forget_tries, give_back, spend, take, take_place
from portal.accounts.models import LimitUse

FIVE = Limit("five", 5, HOUR)


@pytest.mark.django_db
def test_ten_thousand_tries_use_up_five_and_leave_five_rows() -> None:
    at = timezone.now()
    assert [take(FIVE, "somebody", at) for _ in range(10_000)].count(True) == 5
    assert LimitUse.objects.count() == 5
    assert take(FIVE, "somebody else", at), "another's are their own"


@pytest.mark.django_db
def test_a_place_is_free_again_when_its_time_is_over_and_not_before() -> None:
    at = timezone.now()
    for minute in range(5):
        assert take(FIVE, "x", at + timedelta(minutes=minute))
    assert not take(FIVE, "x", at + timedelta(minutes=59))
    assert take(FIVE, "x", at + timedelta(minutes=60)), "the first one's hour is over"
    assert not take(FIVE, "x", at + timedelta(minutes=60))
    assert take(FIVE, "x", at + timedelta(minutes=61))
    assert LimitUse.objects.count() == 5, "places are used again"


@pytest.mark.django_db
def test_a_place_that_is_given_back_is_free_and_no_other_is() -> None:
    at = timezone.now()
    for minute in range(5):
        place = take_place(FIVE, "x", at + timedelta(minutes=minute))
    assert not take_place(FIVE, "x", at + timedelta(minutes=5))
    give_back(place, at)
    assert not take(FIVE, "x", at + timedelta(minutes=5)), "somebody else's use of the place is not given back"
    give_back(place, at + timedelta(minutes=4))
    assert take(FIVE, "x", at + timedelta(minutes=5))
    assert not take(FIVE, "x", at + timedelta(minutes=5))


@pytest.mark.django_db
def test_what_may_be_used_once_is_used_once() -> None:
    at = timezone.now()
    assert [spend("code:1", at) for _ in range(3)] == [True, False, False]
    assert spend("code:2", at)


@pytest.mark.django_db
def test_nobody_can_be_read_out_of_the_rows() -> None:
    at = timezone.now()
    take(limits.ASKED_FOR, "kari@example.org", at)
    spend("totp:1:123456", at)
    keys = " ".join(LimitUse.objects.values_list("key", flat=True))
    assert "kari" not in keys
    assert "123456" not in keys


@pytest.mark.django_db
def test_the_clock_forgets_networks_after_an_hour_and_the_rest_after_a_day() -> None:
    at = timezone.now()
    take(limits.ASKED_FROM, "net", at)
    take(limits.TRIED_FOR, "a@example.org", at)
    assert forget_tries(at + timedelta(minutes=59)) == 0
    assert forget_tries(at + timedelta(minutes=61)) == 1
    assert forget_tries(at + timedelta(hours=25)) == 1
    assert not LimitUse.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_no_more_than_there_are() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the tests' database in memory refuses a second thread instead of letting it wait")
    at, together, got = timezone.now(), threading.Barrier(8), []

    def try_often() -> None:
        try:
            together.wait()
            got.extend(take(FIVE, "x", at) for _ in range(20))
        finally:
            connection.close()

    threads = [threading.Thread(target=try_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), got.count(True), LimitUse.objects.count()) == (160, 5, 5)
    # The same for places whose time is over.
    got.clear()
    later = at + timedelta(hours=2)

    def try_later() -> None:
        try:
            together.wait()
            got.extend(take(FIVE, "x", later) for _ in range(20))
        finally:
            connection.close()

    threads = [threading.Thread(target=try_later) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got.count(True), LimitUse.objects.count()) == (5, 5)


@pytest.mark.django_db
def test_a_household_with_many_long_addresses_is_one_network() -> None:
    from directory.reports.tokens import network_of

    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::2") != network_of("2001:db8:1:3::1")
    assert network_of("81.0.0.1") == "81.0.0.1"
