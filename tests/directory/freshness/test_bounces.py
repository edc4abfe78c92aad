"""Addresses that letters come back from."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from directory.freshness.bounces import REMEMBERED, bounced, correct, forget_old_bounces, record_bounce, undeliverable
from directory.freshness.models import UndeliverableAddress

pytestmark = pytest.mark.django_db
Cause = UndeliverableAddress.Cause


def test_a_bounce_is_written_down_once_and_counted() -> None:
    now = timezone.now()
    record_bounce(email=" Post@Example.org ", said="550 unknown\r\nuser", at=now - timedelta(days=3))
    record_bounce(email="post@example.org", said="", at=now)
    row = UndeliverableAddress.objects.get()
    assert (row.email, row.said, row.cause, row.since, row.last_at, row.count) == (
        "post@example.org", "550 unknown user", Cause.BOUNCED, now - timedelta(days=3), now, 2,
    )  # fmt: skip


def test_the_cause_is_what_was_heard_last() -> None:
    now = timezone.now()
    record_bounce(email="a@example.org", at=now, cause="complained")
    record_bounce(email="a@example.org", at=now, cause="bounced")
    record_bounce(email="b@example.org", at=now, cause="bounced")
    record_bounce(email="b@example.org", at=now, cause="complained")
    assert set(UndeliverableAddress.objects.values_list("email", "cause")) == {
        ("a@example.org", "bounced"),
        ("b@example.org", "complained"),
    }
    assert bounced(["A@example.org", "b@example.org", "c@example.org"]) == {"a@example.org"}
    assert undeliverable(["A@example.org", "b@example.org", "c@example.org"]) == {"a@example.org", "b@example.org"}


@pytest.mark.parametrize("email", ["", "nobody", "x" * 250 + "@example.org"])
def test_what_is_no_address_is_left(email: str) -> None:
    assert record_bounce(email=email, at=timezone.now()) is None
    assert not UndeliverableAddress.objects.exists()


def test_which_of_some_are_undeliverable_until_corrected() -> None:
    record_bounce(email="a@example.org", at=timezone.now())
    assert undeliverable(["A@example.org", "b@example.org", ""]) == {"a@example.org"}
    assert correct(email="A@Example.org")
    assert not correct(email="a@example.org")
    assert undeliverable(["a@example.org"]) == set()


def test_what_has_been_quiet_for_long_is_forgotten() -> None:
    now = timezone.now()
    record_bounce(email="old@example.org", at=now - REMEMBERED - timedelta(days=1))
    record_bounce(email="new@example.org", at=now)
    assert forget_old_bounces(now) == 1
    assert forget_old_bounces(now) == 0
    assert UndeliverableAddress.objects.get().email == "new@example.org"
