"""Sending through a mail server that really speaks SMTP: everything once, nothing lost, nobody shown to another."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from wagtail.log_actions import registry as log_registry

from directory.freshness.models import UndeliverableAddress
from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.newsletters import actions, sending
from portal.newsletters.links import delivery_of, read_leaving
from portal.newsletters.models import Delivery, Newsletter, Receiver
from portal.newsletters.office import who_is_told
from portal.newsletters.sending import Bounces, reserve, send_share, settle, take
from portal.newsletters.states import DeliveryState, LetterState
from portal.newsletters.tasks import at_work, tend
from portal.newsletters.transport import Answer, Outcome
from tests.factories.directory import ProviderFactory, make_municipality, make_staff
from tests.factories.newsletters import make_letter
from tests.portal.newsletters.conftest import PostOffice

pytestmark = pytest.mark.usefixtures("quiet")


def released(larvik: Municipality, count: int = 3, **fields: Any) -> Newsletter:
    """A letter on its way to p0, p1, p2 … and to Amal, who reads Arabic."""
    for n in range(count):
        provider = ProviderFactory(municipality=larvik, email=f"p{n}@example.org")
    amal = User.objects.create_user("amal@example.org", lang="ar")
    provider.memberships.create(user=amal, role="editor")
    letter = make_letter(larvik, **fields)
    actions.release(newsletter=letter, by=None, at=timezone.now())
    letter.refresh_from_db()
    return letter


def states(letter: Newsletter) -> dict[str, str]:
    return dict(letter.deliveries.values_list("receiver__email", "state"))


def test_each_gets_one_message_in_their_language(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)

    tally = send_share(letter.pk, worker="w1")

    assert tally.sent == 4
    assert office.receivers() == ["amal@example.org", "p0@example.org", "p1@example.org", "p2@example.org"]
    assert office.connections == 1
    letter.refresh_from_db()
    assert (letter.state, set(states(letter).values())) == (LetterState.SENT, {DeliveryState.SENT})
    arabic, norwegian = office.to("amal@example.org")[0], office.to("p0@example.org")[0]
    assert (arabic["Content-Language"], arabic["Subject"]) == ("ar", "أخبار الثقافة")
    assert (norwegian["Content-Language"], norwegian["Subject"]) == ("nb", "Nytt fra kulturen")
    assert "مرحبا" in arabic.get_body(("plain",)).get_content()
    assert 'dir="rtl"' in arabic.get_body(("html",)).get_content()


def test_a_second_run_sends_nothing_twice(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)

    for worker in ("w1", "w2", "w1"):
        send_share(letter.pk, worker=worker)

    assert len(office.letters) == 4


def test_a_message_says_how_to_stop_and_shows_nobody_else(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    send_share(letter.pk, worker="w1")

    message = office.to("p0@example.org")[0]
    receiver = Receiver.objects.get(email="p0@example.org")

    assert message["To"] == "p0@example.org"
    assert message["From"] == "Kulturavdelingen <noreply@127.0.0.1>"
    assert message["Reply-To"] == "kultur@example.org"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<newsletters.larvik.127.0.0.1>"
    address = str(message["List-Unsubscribe"]).strip().strip("<>")
    said = read_leaving(address.rstrip("/").rpartition("/")[2])
    assert said is not None
    assert (said.receiver, said.newsletter, said.lang) == (receiver.pk, letter.pk, "nb")
    assert address.replace("\n", "") in message.get_body(("plain",)).get_content()
    assert address in message.get_body(("html",)).get_content()
    assert delivery_of(str(message["Message-ID"])) == Delivery.objects.get(receiver=receiver).pk
    raw = next(data for _from, to, data in office.letters if to == ["p0@example.org"]).decode()
    assert "p1@example.org" not in raw
    assert "amal" not in raw
    assert not re.search(r"p0@|p0%40", address)


def test_messages_come_back_to_an_address_that_names_them(larvik: Municipality, office: PostOffice, settings: Any) -> None:
    settings.BOUNCE_ADDRESS = "retur@larvik.example"
    letter = released(larvik)
    send_share(letter.pk, worker="w1")

    sender = next(came_from for came_from, to, _data in office.letters if to == ["p1@example.org"])

    assert re.fullmatch(r"retur\+nl\d+-[a-z2-7]{20}@larvik\.example", sender)
    assert delivery_of(sender) == Delivery.objects.get(receiver__email="p1@example.org").pk


# ── a mail server that says no ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", ["at_rcpt", "at_data"])
def test_what_the_server_will_not_have_now_waits_and_then_goes(
    larvik: Municipality, office: PostOffice, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = released(larvik)
    getattr(office, where)["p1@example.org"] = "451 come back later"

    send_share(letter.pk, worker="w1")

    row = letter.deliveries.get(receiver__email="p1@example.org")
    assert (row.state, row.tries) == (DeliveryState.WAITING, 1)
    assert row.next_at is not None
    assert row.next_at > timezone.now() + timedelta(seconds=50)
    assert len(office.letters) == 3
    getattr(office, where).clear()
    assert send_share(letter.pk, worker="w1").sent == 0  # its time has not come

    later = timezone.now() + timedelta(minutes=2)
    monkeypatch.setattr(sending.timezone, "now", lambda: later)
    assert send_share(letter.pk, worker="w1").sent == 1
    assert len(office.to("p1@example.org")) == 1


def test_nobody_at_the_address_is_written_down(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    office.at_rcpt["p1@example.org"] = "550 5.1.1 <p1@example.org>: no such user"

    send_share(letter.pk, worker="w1")

    row = letter.deliveries.get(receiver__email="p1@example.org")
    assert (row.state, row.said) == (DeliveryState.REFUSED, "550 5.1.1 <…>: no such user")
    assert UndeliverableAddress.objects.get().email == "p1@example.org"
    assert len(office.letters) == 3
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT


def test_a_message_the_server_never_takes_is_for_staff_to_decide(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    office.at_data["p1@example.org"] = "554 5.7.1 looks like spam"

    send_share(letter.pk, worker="w1")

    assert states(letter)["p1@example.org"] == DeliveryState.STUCK
    assert not UndeliverableAddress.objects.exists()  # that says nothing about the address


def test_a_server_that_takes_none_of_it_pauses_the_letter(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik, count=15)
    for n in range(15):
        office.at_data[f"p{n}@example.org"] = office.at_data["amal@example.org"] = "554 5.7.1 looks like spam"

    send_share(letter.pk, worker="w1")

    letter.refresh_from_db()
    assert letter.state == LetterState.PAUSED
    assert sorted(states(letter).values()).count(DeliveryState.STUCK) == sending.REFUSALS


@pytest.mark.parametrize("said", ["554 5.7.1 <x>: Relay access denied", "550 relay not permitted", "530 5.7.0 log in first"])
def test_a_server_that_turns_us_away_says_nothing_about_addresses(larvik: Municipality, office: PostOffice, said: str) -> None:
    letter = released(larvik, count=15)
    for n in range(15):
        office.at_rcpt[f"p{n}@example.org"] = office.at_rcpt["amal@example.org"] = said

    send_share(letter.pk, worker="w1")

    letter.refresh_from_db()
    assert letter.state == LetterState.PAUSED
    assert sorted(states(letter).values()).count(DeliveryState.STUCK) == sending.REFUSALS
    assert not UndeliverableAddress.objects.exists()


def mended(letter: Newsletter, office: PostOffice) -> list[str]:
    """The mail server works again, and staff let the letter go on and send once more what it refused. Who has got it then."""
    office.at_rcpt.clear()
    letter.refresh_from_db()
    if letter.state == LetterState.PAUSED:
        actions.resume(newsletter=letter, by=None)
        send_share(letter.pk, worker="w2")
        letter.refresh_from_db()
    assert not UndeliverableAddress.objects.exists()
    actions.decide(newsletter=letter, deliveries=None, again=True, by=None, at=timezone.now())
    send_share(letter.pk, worker="w2")
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    return office.receivers()


def test_a_server_that_knows_nobody_pauses_the_letter_and_is_not_believed(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik, count=15)
    everybody = sorted(states(letter))
    office.at_rcpt = dict.fromkeys(everybody, "550 5.1.1 no such user")

    send_share(letter.pk, worker="w1")

    letter.refresh_from_db()
    assert letter.state == LetterState.PAUSED
    assert sorted(states(letter).values()).count(DeliveryState.STUCK) == sending.REFUSALS
    assert not letter.deliveries.filter(bounced_at__isnull=False).exists()
    assert mended(letter, office) == everybody
    assert set(states(letter).values()) == {DeliveryState.SENT}
    assert not UndeliverableAddress.objects.exists()


def test_a_server_that_knows_nobody_from_one_message_on_is_not_believed_from_there(
    larvik: Municipality, office: PostOffice
) -> None:
    letter = released(larvik, count=15)
    everybody = list(letter.deliveries.order_by("pk").values_list("receiver__email", flat=True))
    office.at_rcpt = dict.fromkeys(everybody[4:], "550 5.1.1 no such user")

    send_share(letter.pk, worker="w1")

    letter.refresh_from_db()
    assert letter.state == LetterState.PAUSED
    assert letter.deliveries.filter(state=DeliveryState.STUCK, bounced_at=None).count() == sending.REFUSALS
    assert mended(letter, office) == sorted(everybody)
    assert not UndeliverableAddress.objects.exists()


def test_a_short_letter_of_which_the_server_knows_nobody_is_for_staff_to_decide(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    everybody = sorted(states(letter))
    office.at_rcpt = dict.fromkeys(everybody, "550 5.1.1 no such user")

    send_share(letter.pk, worker="w1")

    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert set(states(letter).values()) == {DeliveryState.STUCK}
    assert mended(letter, office) == everybody


def test_another_workers_refusals_are_not_believed_either_when_the_letter_was_paused(
    larvik: Municipality, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = released(larvik, count=15)
    everybody = list(letter.deliveries.order_by("pk").values_list("receiver__email", flat=True))
    office.at_rcpt = dict.fromkeys(everybody[1:], "550 5.1.1 no such user")
    hand_over = sending.Envelopes.hand_over

    def while_another_pauses(self: Any, delivery: Delivery, transport: Any) -> Answer:
        answer = hand_over(self, delivery, transport)
        if delivery.receiver and delivery.receiver.email == everybody[5]:
            actions.halt(newsletter_id=letter.pk, refused=[], said="550 5.1.1 no such user")
        return answer

    monkeypatch.setattr(sending.Envelopes, "hand_over", while_another_pauses)
    send_share(letter.pk, worker="w1")
    monkeypatch.undo()

    assert letter.deliveries.filter(state=DeliveryState.STUCK, bounced_at=None).count() == 5
    assert mended(letter, office) == sorted(everybody)


# ── who is told of a pause ──────────────────────────────────────────────────────────────────────────────────


def test_who_released_it_is_told_that_it_stopped_and_the_log_says_so(larvik: Municipality, office: PostOffice) -> None:
    larvik.contact_email = "kontoret@example.org"
    larvik.save()
    chief = make_staff(larvik, "sjefen@example.org")
    letter = released(larvik, count=15)
    Newsletter.objects.filter(pk=letter.pk).update(released_by=chief)
    office.at_data = dict.fromkeys(states(letter), "554 5.7.1 looks like spam")

    send_share(letter.pk, worker="w1")

    assert office.receivers() == ["sjefen@example.org"]
    (told,) = office.to("sjefen@example.org")
    words = told.get_body(("plain",)).get_content()
    assert "554 5.7.1 looks like spam" in words
    assert f"/cms/snippets/newsletters/newsletter/send/{letter.pk}/" in words
    entry = log_registry.get_logs_for_instance(letter).get(action="newsletter.halt")
    assert (entry.user, entry.data["said"]) == (None, "554 5.7.1 looks like spam")


@pytest.mark.parametrize("gone", ["nobody", "not active", "not of this municipality"])
def test_the_office_is_told_where_who_released_it_is_gone(larvik: Municipality, gone: str) -> None:
    larvik.contact_email = "kontoret@example.org"
    larvik.save()
    letter = released(larvik)
    if gone == "not active":
        letter.released_by = make_staff(larvik)
        letter.released_by.is_active = False
    elif gone == "not of this municipality":
        letter.released_by = make_staff(make_municipality("3907", "Sandefjord"))

    assert who_is_told(letter) == ("kontoret@example.org", "nb")


def test_of_two_who_stop_a_letter_one_tells(larvik: Municipality) -> None:
    larvik.contact_email = "kontoret@example.org"
    larvik.save()
    letter = released(larvik)

    assert [actions.halt(newsletter_id=letter.pk, refused=[], said="") for _worker in range(2)] == [True, False]

    assert [message.to for message in mail.outbox] == [["kontoret@example.org"]]
    assert log_registry.get_logs_for_instance(letter).filter(action="newsletter.halt").count() == 1


@pytest.mark.parametrize("answer", ["451 come back later", ""])
def test_doubts_of_old_do_not_stop_what_is_only_late_or_goes_out(larvik: Municipality, office: PostOffice, answer: str) -> None:
    letter = released(larvik, count=8)
    for row in letter.deliveries.order_by("pk")[: sending.DOUBTS]:
        Delivery.objects.filter(pk=row.pk).update(state=DeliveryState.DOUBT, settled_at=timezone.now())
    if answer:
        office.at_rcpt = dict.fromkeys(states(letter), answer)

    send_share(letter.pk, worker="w1")

    letter.refresh_from_db()
    assert letter.state == (LetterState.SENDING if answer else LetterState.SENT)


def test_it_is_believed_once_it_has_taken_one(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    first, *_others, last = letter.deliveries.order_by("pk").values_list("receiver__email", flat=True)
    office.at_rcpt[first] = office.at_rcpt[last] = "550 5.1.1 no such user"

    send_share(letter.pk, worker="w1")

    assert set(UndeliverableAddress.objects.values_list("email", "count")) == {(first, 1), (last, 1)}


def test_a_full_mailbox_is_no_dead_address(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    office.at_rcpt["p1@example.org"] = "552 5.2.2 mailbox full"

    send_share(letter.pk, worker="w1")

    assert states(letter)["p1@example.org"] == DeliveryState.STUCK
    assert not UndeliverableAddress.objects.exists()


def test_a_domain_with_letters_of_its_own_is_written_as_servers_read_it(larvik: Municipality, office: PostOffice) -> None:
    provider = ProviderFactory(municipality=larvik, email="post@bø.no")
    letter = released(larvik)

    send_share(letter.pk, worker="w1")

    assert states(letter)[provider.email] == DeliveryState.SENT
    assert "post@xn--b-5ga.no" in office.receivers()


def test_what_cannot_be_written_has_not_gone_out_and_keeps_nobody_else_waiting(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    Receiver.objects.filter(email="p0@example.org").update(email="pøst@example.org")

    send_share(letter.pk, worker="w1")

    assert states(letter)["pøst@example.org"] == DeliveryState.STUCK
    assert office.receivers() == ["amal@example.org", "p1@example.org", "p2@example.org"]


def test_doubts_in_a_row_stop_the_letter_before_there_are_more(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik, count=8)
    office.drop_after_data = {"amal@example.org", *(f"p{n}@example.org" for n in range(8))}

    send_share(letter.pk, worker="w1")

    letter.refresh_from_db()
    assert letter.state == LetterState.PAUSED
    assert sorted(states(letter).values()).count(DeliveryState.DOUBT) == sending.DOUBTS


def test_doubts_of_shares_that_come_to_one_message_each_are_counted_together(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik, count=8)
    office.drop_after_data = {"amal@example.org", *(f"p{n}@example.org" for n in range(8))}
    doubtful = list(letter.deliveries.order_by("pk")[: sending.DOUBTS - 1])
    for row in doubtful:
        Delivery.objects.filter(pk=row.pk).update(state=DeliveryState.DOUBT, settled_at=timezone.now())

    send_share(letter.pk, worker="w1")

    letter.refresh_from_db()
    assert letter.state == LetterState.PAUSED
    assert sorted(states(letter).values()).count(DeliveryState.DOUBT) == sending.DOUBTS


def test_a_connection_lost_before_the_text_delays(
    larvik: Municipality, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = released(larvik)
    office.drop_before_data.add("p1@example.org")

    send_share(letter.pk, worker="w1")
    assert states(letter)["p1@example.org"] == DeliveryState.WAITING

    monkeypatch.setattr(
        sending.timezone, "now", lambda: timezone.datetime.now(tz=timezone.get_current_timezone()) + timedelta(minutes=2)
    )
    send_share(letter.pk, worker="w1")
    assert office.receivers() == ["amal@example.org", "p0@example.org", "p1@example.org", "p2@example.org"]


def test_a_connection_lost_after_the_text_is_a_doubt_and_is_not_sent_again(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    office.drop_after_data.add("p1@example.org")

    for _turn in range(3):
        send_share(letter.pk, worker="w1")

    assert states(letter)["p1@example.org"] == DeliveryState.DOUBT
    assert len(office.to("p1@example.org")) == 1
    assert len(office.letters) == 4


def test_a_server_that_is_away_delays_everything(larvik: Municipality, settings: Any, start_office: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    _office, door = start_office()
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", door.port, 5
    door.stop()
    letter = released(larvik)

    tally = send_share(letter.pk, worker="w1")

    assert (tally.sent, tally.later) == (0, 1)  # the others were not even tried
    assert set(states(letter).values()) == {DeliveryState.WAITING}
    assert letter.deliveries.filter(tries=0).count() == 3


# ── workers ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_workers_share_and_leave_each_others_alone(larvik: Municipality) -> None:
    letter, now = released(larvik, count=5), timezone.now()

    first = reserve(letter, "w1", now, most=3)
    second = reserve(letter, "w2", now, most=10)

    assert (len(first), len(second)) == (3, 3)
    assert {row.pk for row in first}.isdisjoint(row.pk for row in second)
    assert not take(first[0], "w2")
    assert take(first[0], "w1")
    assert not take(first[0], "w1")


def test_what_a_dead_worker_had_reserved_is_sent_by_another(larvik: Municipality) -> None:
    letter, now = released(larvik), timezone.now()
    reserve(letter, "dead", now)

    assert reserve(letter, "w2", now) == []
    found = reserve(letter, "w2", now + timedelta(minutes=3))

    assert len(found) == 4
    assert take(found[0], "w2")


def test_what_a_dead_worker_had_in_hand_is_reported_and_not_sent_again(larvik: Municipality, office: PostOffice) -> None:
    letter, now = released(larvik), timezone.now()
    row = reserve(letter, "dead", now, most=1)[0]
    assert take(row, "dead")
    send_share(letter.pk, worker="w2")
    letter.refresh_from_db()
    assert letter.state == LetterState.SENDING

    assert sending.report_doubts(now + timedelta(minutes=5)) == 0
    tend(now + timedelta(minutes=11))

    letter.refresh_from_db()
    assert states(letter)["p0@example.org"] == DeliveryState.DOUBT
    assert letter.state == LetterState.SENT
    send_share(letter.pk, worker="w3")
    assert office.to("p0@example.org") == []


def test_a_worker_that_wakes_up_late_settles_its_own_doubt(larvik: Municipality) -> None:
    letter, now = released(larvik), timezone.now()
    row = reserve(letter, "slow", now, most=1)[0]
    take(row, "slow")
    sending.report_doubts(now + timedelta(minutes=11))

    settle(row, Answer(Outcome.TAKEN), worker="other", bounces=Bounces(letter.pk))
    assert states(letter)["p0@example.org"] == DeliveryState.DOUBT
    settle(row, Answer(Outcome.TAKEN), worker="slow", bounces=Bounces(letter.pk))
    assert states(letter)["p0@example.org"] == DeliveryState.SENT


def test_staff_decide_about_doubts(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    office.drop_after_data.update({"p0@example.org", "p1@example.org"})
    for _turn in range(4):
        send_share(letter.pk, worker="w1")
    doubts = dict(letter.deliveries.filter(state=DeliveryState.DOUBT).values_list("receiver__email", "pk"))
    assert set(doubts) == {"p0@example.org", "p1@example.org"}

    now = timezone.now()
    assert actions.decide(newsletter=letter, deliveries=[doubts["p0@example.org"]], again=True, by=None, at=now) == 1
    assert actions.decide(newsletter=letter, deliveries=[doubts["p1@example.org"]], again=False, by=None, at=now) == 1
    send_share(letter.pk, worker="w1")

    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert states(letter)["p0@example.org"] == DeliveryState.SENT
    assert states(letter)["p1@example.org"] == DeliveryState.LEFT
    assert (len(office.to("p0@example.org")), len(office.to("p1@example.org"))) == (2, 1)


def test_deciding_about_what_is_not_in_doubt_does_nothing(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    send_share(letter.pk, worker="w1")
    every = list(letter.deliveries.values_list("pk", flat=True))

    assert actions.decide(newsletter=letter, deliveries=every, again=True, by=None, at=timezone.now()) == 0
    send_share(letter.pk, worker="w1")
    assert len(office.letters) == 4


# ── stopping ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pause_stops_after_the_message_in_hand(
    larvik: Municipality, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = released(larvik)
    hand_over = sending.Envelopes.hand_over

    def and_pause(self: Any, delivery: Delivery, transport: Any) -> Answer:
        answer = hand_over(self, delivery, transport)
        Newsletter.objects.filter(pk=letter.pk).update(state=LetterState.PAUSED)
        return answer

    monkeypatch.setattr(sending.Envelopes, "hand_over", and_pause)
    send_share(letter.pk, worker="w1")
    monkeypatch.undo()

    assert len(office.letters) == 1
    assert sorted(states(letter).values()) == ["sent", "waiting", "waiting", "waiting"]
    assert not letter.deliveries.filter(worker="w1", state=DeliveryState.WAITING).exists()  # given back

    Newsletter.objects.filter(pk=letter.pk).update(state=LetterState.SENDING)
    send_share(letter.pk, worker="w2")
    assert len(office.letters) == 4


def test_what_is_cancelled_is_never_sent(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    row = reserve(letter, "w1", timezone.now())[0]
    actions.pause(newsletter=letter, by=None)

    assert actions.cancel(newsletter=letter, by=None, at=timezone.now()) == 4

    assert not take(row, "w1")
    send_share(letter.pk, worker="w1")
    assert office.letters == []
    assert set(states(letter).values()) == {DeliveryState.CANCELLED}


def test_what_is_to_come_later_is_cancelled_with_the_letter(larvik: Municipality) -> None:
    letter = released(larvik)
    row = reserve(letter, "w1", timezone.now())[0]
    assert take(row, "w1")
    actions.cancel(newsletter=letter, by=None, at=timezone.now())

    settle(row, Answer(Outcome.LATER, "451 later"), worker="w1", bounces=Bounces(letter.pk))

    row.refresh_from_db()
    assert row.state == DeliveryState.CANCELLED


def test_who_leaves_before_their_turn_gets_nothing(larvik: Municipality, office: PostOffice) -> None:
    letter = released(larvik)
    receiver = Receiver.objects.select_related("municipality").get(email="p1@example.org")
    actions.leave(receiver=receiver, newsletter_id=letter.pk, at=timezone.now())
    Receiver.objects.get(email="p2@example.org").delete()  # erased

    send_share(letter.pk, worker="w1")

    assert office.receivers() == ["amal@example.org", "p0@example.org"]
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT


def test_the_clock_starts_what_nobody_sends(larvik: Municipality, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = released(larvik)
    monkeypatch.setattr("portal.newsletters.tasks.start_sending", lambda pk: send_share(pk, worker="w1"))

    assert not at_work(letter.pk, timezone.now())
    assert tend(timezone.now()) == 1
    assert len(office.letters) == 4
    assert tend(timezone.now()) == 0
