"""What comes back: reports of mail servers, complaints, a mail service's webhook. Believed only where they name our message."""

from __future__ import annotations

import base64
import json
import mailbox
import re
import smtplib
from email import message_from_bytes
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import timezone

from directory.freshness.models import UndeliverableAddress
from directory.municipalities.models import Municipality
from portal.kit.mail import deliver, send_letter
from portal.kit.returned import address_key, ascii_form
from portal.newsletters.links import delivery_of, message_key
from portal.newsletters.mailbox import Folder, opened, read_box
from portal.newsletters.models import Delivery, Newsletter, Receiver, Subscription
from portal.newsletters.returned import News, hear, hear_report, read_report
from portal.newsletters.states import DeliveryState, LetterState
from portal.newsletters.webhooks import on_event
from tests.factories.newsletters import make_letter
from tests.portal.newsletters.conftest import PostOffice

NOW = timezone.now()


@pytest.fixture
def delivery(larvik: Municipality) -> Delivery:
    letter = make_letter(larvik)
    Newsletter.objects.filter(pk=letter.pk).update(state=LetterState.SENT, released_at=NOW)
    receiver = Receiver.objects.create(municipality=larvik, email="post@example.org")
    return Delivery.objects.create(newsletter=letter, receiver=receiver, lang="nb", state=DeliveryState.SENT, settled_at=NOW)


def report(
    *,
    message_id: str = "<other@example.org>",
    to: str = "retur@larvik.example",
    action: str = "failed",
    status: str = "5.1.1",
    kind: str = "delivery-status",
    headers_only: bool = False,
) -> bytes:
    """As mail servers write it."""
    facts = (
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; post@example.org\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <post@example.org>: no such user\n"
        if kind == "delivery-status"
        else "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Some/1.0\nVersion: 1\n"
    )
    original = "text/rfc822-headers" if headers_only else "message/rfc822"
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: {to}\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nThis is the mail system at host mx.example.\n"
        f"--b\n{facts}"
        f"--b\nContent-Type: {original}\n\nMessage-ID: {message_id}\nTo: post@example.org\nSubject: Hei\n\nHei\n--b--\n"
    ).encode()


def parsed(written: bytes) -> Any:
    return message_from_bytes(written)


def our_id(delivery: Delivery) -> str:
    return f"<{message_key(delivery.pk)}@larvik.example>"


@pytest.mark.parametrize("headers_only", [False, True])
def test_a_report_is_told_by_the_message_it_returns(delivery: Delivery, headers_only: bool) -> None:
    found = read_report(parsed(report(message_id=our_id(delivery), headers_only=headers_only)))

    assert found is not None
    assert (found.delivery, found.news) == (delivery.pk, News.RETURNED)
    assert "post@example.org" not in found.said


def test_a_report_is_told_by_the_address_it_came_to(delivery: Delivery) -> None:
    found = read_report(parsed(report(to=f"retur+{message_key(delivery.pk).upper()}@larvik.example")))

    assert found is not None
    assert found.delivery == delivery.pk


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("delivered", "2.0.0"), ("failed", "4.2.2"), ("", "")])
def test_what_is_no_failure_for_good_is_left(delivery: Delivery, action: str, status: str) -> None:
    assert read_report(parsed(report(message_id=our_id(delivery), action=action, status=status))) is None


def test_nobody_else_can_name_a_message(delivery: Delivery) -> None:
    forged = f"<nl{delivery.pk}-{'a' * 20}@larvik.example>"

    assert read_report(parsed(report(message_id=forged))) is None
    assert delivery_of(forged) is None
    assert delivery_of(message_key(delivery.pk)) == delivery.pk
    assert delivery_of(message_key(delivery.pk).replace(f"nl{delivery.pk}", f"nl{delivery.pk + 1}")) is None


def test_a_returned_message_is_written_down_once(delivery: Delivery) -> None:
    for _time in range(2):
        hear(delivery=delivery.pk, news=News.RETURNED, at=NOW, said="5.1.1 no such user")

    delivery.refresh_from_db()
    assert delivery.bounced_at == NOW
    address = UndeliverableAddress.objects.get()
    assert (address.email, address.count, address.cause) == ("post@example.org", 1, "bounced")


def test_who_complains_gets_no_more(delivery: Delivery) -> None:
    found = read_report(parsed(report(message_id=our_id(delivery), kind="feedback-report")))
    assert found is not None
    assert found.news == News.COMPLAINED

    hear(delivery=found.delivery, news=found.news, at=NOW)

    assert Receiver.objects.get().unsubscribed_at == NOW
    assert UndeliverableAddress.objects.get().cause == "complained"
    assert Delivery.objects.get().complained_at == NOW


def test_a_doubt_ends_when_the_message_is_heard_of(delivery: Delivery) -> None:
    Delivery.objects.update(state=DeliveryState.DOUBT)

    hear(delivery=delivery.pk, news=News.DELIVERED, at=NOW)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.delivered_at) == (DeliveryState.SENT, NOW)


@pytest.mark.parametrize(
    ("status", "dead"),
    [("5.1.1", True), ("5.2.1", True), ("5.0.0", True), ("5.7.1", False), ("5.2.2", False), ("5.4.4", False)],
)
def test_a_message_that_came_back_for_another_reason_says_nothing_about_the_address(
    delivery: Delivery, status: str, dead: bool
) -> None:
    found = read_report(parsed(report(message_id=our_id(delivery), status=status)))
    assert found is not None

    hear_report(found, NOW)

    assert Delivery.objects.get().bounced_at == NOW
    assert UndeliverableAddress.objects.exists() is dead


def test_who_stops_by_the_mail_services_link_gets_no_news_either(delivery: Delivery, larvik: Municipality) -> None:
    Subscription.objects.create(
        municipality=larvik, email="post@example.org", lang="nb", about="news", created_at=NOW, confirmed_at=NOW, told_until=NOW
    )

    hear(delivery=delivery.pk, news=News.LEFT, at=NOW)

    assert Receiver.objects.get().unsubscribed_at == NOW
    assert not Subscription.objects.exists()


# ── letters that are no newsletters ─────────────────────────────────────────────────────────────────────────


def sent_letter(office: PostOffice, to: str) -> tuple[str, str]:
    """A letter of any room, by a real server: (its number, where it comes back to)."""
    send_letter(subject="Stemmer det?", body="Ja?", to=[to])
    came_from, _to, _data = office.letters[-1]
    return str(office.to(ascii_form(to))[-1]["Message-ID"]), came_from


def test_a_yearly_question_that_comes_back_is_heard_of(office: PostOffice, db: None, settings: Any) -> None:
    settings.BOUNCE_ADDRESS = "retur@larvik.example"
    message_id, envelope = sent_letter(office, "post@example.org")

    assert "post" not in message_id
    assert re.fullmatch(r"retur\+ml-[a-z2-7]{20}@larvik\.example", envelope)
    assert office.to("post@example.org")[0]["From"] == settings.DEFAULT_FROM_EMAIL
    for facts in ({"message_id": message_id}, {"to": envelope.upper()}):
        UndeliverableAddress.objects.all().delete()
        found = read_report(parsed(report(**facts)))  # type: ignore[arg-type]
        assert found is not None
        assert hear_report(found, NOW)
        assert UndeliverableAddress.objects.get().email == "post@example.org"


def test_by_its_key_one_can_speak_of_ones_own_address_only(office: PostOffice, db: None) -> None:
    message_id, _envelope = sent_letter(office, "eve@example.org")

    assert read_report(parsed(report(message_id=message_id))) is None  # the report says that post@… is dead


def test_a_domain_with_letters_of_its_own_is_told_by_either_form(office: PostOffice, db: None) -> None:
    message_id, _envelope = sent_letter(office, "post@bø.no")
    assert message_id.startswith(f"<{address_key('post@xn--b-5ga.no')}.")
    facts = report(message_id=message_id).decode().replace("post@example.org", "post@xn--b-5ga.no").encode()

    found = read_report(parsed(facts))

    assert found is not None
    assert found.email == "post@bø.no"


def test_two_letters_to_one_address_have_numbers_of_their_own(office: PostOffice, db: None) -> None:
    assert sent_letter(office, "post@example.org")[0] != sent_letter(office, "post@example.org")[0]


def test_a_complaint_about_another_letter_is_written_down(office: PostOffice, db: None) -> None:
    message_id, _envelope = sent_letter(office, "post@example.org")

    found = read_report(parsed(report(message_id=message_id, kind="feedback-report")))

    assert found is not None
    assert hear_report(found, NOW)
    assert UndeliverableAddress.objects.get().cause == "complained"


def test_a_refusal_at_the_door_is_written_down_and_not_tried_again(office: PostOffice, db: None) -> None:
    office.at_rcpt["post@example.org"] = "550 5.1.1 <post@example.org>: no such user"

    send_letter(subject="Hei", body="Hei", to=["post@example.org"])

    row = UndeliverableAddress.objects.get()
    assert (row.email, row.said) == ("post@example.org", "550 5.1.1 <…>: no such user")


@pytest.mark.parametrize("said", ["554 5.7.1 relay access denied", "550 no", "451 4.7.1 greylisted"])
def test_any_other_refusal_fails_so_that_it_is_tried_again(office: PostOffice, db: None, said: str) -> None:
    office.at_rcpt["post@example.org"] = said

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        deliver.func(subject="Hei", body="Hei", to=["post@example.org"])

    assert not UndeliverableAddress.objects.exists()


# ── the mailbox ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_mailbox_is_read_and_what_is_no_report_is_left_for_people(delivery: Delivery, tmp_path: Path) -> None:
    box = mailbox.Maildir(str(tmp_path / "Maildir"))
    box.add(report(message_id=our_id(delivery)))
    box.add(report(message_id="<forged@example.org>"))
    box.add(b"\xff\x00 no letter at all")
    letter = MIMEText("Hva mener dere?")
    letter["Subject"] = f"Re: nl{delivery.pk}"
    box.add(letter)

    with opened(f"maildir://{tmp_path}/Maildir") as found:
        assert read_box(found, NOW) == 1
        assert read_box(found, NOW) == 0

    assert len(mailbox.Maildir(str(tmp_path / "Maildir"))) == 3
    assert list(Folder(tmp_path / "Maildir").letters()) == []
    assert UndeliverableAddress.objects.count() == 1


def test_a_report_that_cannot_be_written_down_is_left_and_blocks_no_other(
    delivery: Delivery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from portal.newsletters import mailbox as reader

    box = mailbox.Maildir(str(tmp_path / "Maildir"))
    bad = Delivery.objects.create(newsletter=delivery.newsletter, lang="nb", state=DeliveryState.SENT)
    for row in (bad, delivery, bad):
        box.add(report(message_id=our_id(row)))
    hear = reader.hear_report

    def in_trouble(found: Any, at: Any) -> bool:
        if found.delivery == bad.pk:
            Delivery.objects.filter(pk=bad.pk).update(said="half of it")
            Delivery.objects.filter(pk=bad.pk).update(newsletter=None)  # the database itself will not have it
        return hear(found, at)

    monkeypatch.setattr(reader, "hear_report", in_trouble)
    with opened(f"maildir://{tmp_path}/Maildir") as found:
        assert read_box(found, NOW) == 1
        assert read_box(found, NOW) == 0  # they are not looked at again

    assert len(mailbox.Maildir(str(tmp_path / "Maildir"))) == 2
    assert len([entry for entry in caplog.records if entry.levelname == "ERROR"]) == 2
    bad.refresh_from_db()
    assert bad.said == ""


def test_a_database_that_is_away_leaves_all_of_it_for_the_next_turn(
    delivery: Delivery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.newsletters import mailbox as reader

    mailbox.Maildir(str(tmp_path / "Maildir")).add(report(message_id=our_id(delivery)))

    def away(found: Any, at: Any) -> bool:
        raise OperationalError("the connection was closed")

    monkeypatch.setattr(reader, "hear_report", away)
    with opened(f"maildir://{tmp_path}/Maildir") as found, pytest.raises(OperationalError):
        read_box(found, NOW)
    monkeypatch.undo()
    with opened(f"maildir://{tmp_path}/Maildir") as found:
        assert read_box(found, NOW) == 1


class FakePop:
    """What `Pop` asks of a POP3 server."""

    def __init__(self, letters: list[bytes]) -> None:
        self.kept = dict(enumerate(letters, start=1))

    def list(self) -> tuple[bytes, list[bytes], int]:
        return b"+OK", [b"%d 1" % number for number in self.kept], 0

    def retr(self, number: int) -> tuple[bytes, list[bytes], int]:
        return b"+OK", self.kept[number].splitlines(), 0

    def dele(self, number: int) -> None:
        del self.kept[number]


class FakeImap:
    """What `Imap` asks of an IMAP server."""

    def __init__(self, letters: list[bytes]) -> None:
        self.letters = {str(number): letter for number, letter in enumerate(letters, start=1)}
        self.flags: dict[str, str] = {}

    def uid(self, command: str, *words: str) -> tuple[str, list[Any]]:
        if command == "search":
            return "OK", [" ".join(uid for uid in self.letters if uid not in self.flags).encode()]
        if command == "fetch":
            return "OK", [(b"1 (BODY[]<0> {9}", self.letters[words[0]]), b")"]
        self.flags[words[0]] = words[2]
        return "OK", []


def test_a_mailbox_is_read_by_pop_and_by_imap(delivery: Delivery) -> None:
    from portal.newsletters.mailbox import Imap, Pop

    letters = [report(message_id=our_id(delivery)), b"Subject: Hei\r\n\r\nHei"]
    pop, imap = FakePop(letters), FakeImap(letters)

    assert read_box(Pop(pop), NOW) == 1  # type: ignore[arg-type]
    assert list(pop.kept) == [2]
    assert read_box(Imap(imap), NOW) == 0  # type: ignore[arg-type]  # heard of already
    assert imap.flags == {"1": "(\\Seen \\Deleted)", "2": "(\\Seen)"}


# ── a mail service ──────────────────────────────────────────────────────────────────────────────────────────

SECRET = "a-long-random-name:a-long-random-word"


def told_by_postmark(kind: str, key: str, secret: str = SECRET, named: str = "delivery") -> int:
    """A service's call, as it comes; gives the status of our answer."""
    fact: dict[str, Any] = {"RecordType": kind, "MessageID": "x", "Metadata": {named: key}, "Recipient": "post@example.org"}
    if kind == "Bounce":
        fact |= {"Type": "HardBounce", "TypeCode": 1, "Details": "no such user", "Email": "post@example.org"}
        fact |= {"BouncedAt": "2026-11-21T10:00:00Z", "ID": 1, "Inactive": True}
    elif kind == "SpamComplaint":
        fact |= {
            "Type": "SpamComplaint",
            "TypeCode": 512,
            "Email": "post@example.org",
            "BouncedAt": "2026-11-21T10:00:00Z",
            "ID": 2,
        }
    else:
        fact |= {"DeliveredAt": "2026-11-21T10:00:00Z", "Details": "ok"}
    request = RequestFactory().post(
        "/newsletters/heard/postmark/tracking/",
        json.dumps(fact),
        content_type="application/json",
        headers={"authorization": "Basic " + base64.b64encode(secret.encode()).decode()},
    )
    view = PostmarkTrackingWebhookView.as_view()
    try:
        return view(request).status_code
    except Exception as error:
        return 400 if type(error).__name__ in ("AnymailWebhookValidationFailure", "SuspiciousOperation") else 500


@pytest.fixture(autouse=True)
def _secret(settings: Any) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


def test_a_mail_service_tells_by_its_webhook(delivery: Delivery) -> None:
    key = message_key(delivery.pk)

    assert told_by_postmark("Delivery", key) == 200
    assert told_by_postmark("Bounce", key) == 200
    assert told_by_postmark("SpamComplaint", key) == 200

    delivery.refresh_from_db()
    assert None not in (delivery.delivered_at, delivery.bounced_at, delivery.complained_at)
    assert Receiver.objects.get().unsubscribed_at is not None


def test_a_webhook_without_the_secret_or_about_another_message_changes_nothing(delivery: Delivery) -> None:
    assert told_by_postmark("Bounce", message_key(delivery.pk), secret="x:y") == 400
    assert told_by_postmark("Bounce", f"nl{delivery.pk}-{'a' * 20}") == 200

    delivery.refresh_from_db()
    assert delivery.bounced_at is None
    assert not UndeliverableAddress.objects.exists()


def test_a_mail_service_tells_of_other_letters_by_the_key_of_the_address(db: None) -> None:
    assert told_by_postmark("Bounce", address_key("eve@example.org"), named="address") == 200
    assert not UndeliverableAddress.objects.exists()

    assert told_by_postmark("Bounce", address_key("post@example.org"), named="address") == 200
    assert UndeliverableAddress.objects.get().email == "post@example.org"


@pytest.mark.parametrize(
    ("reason", "answer", "dead"),
    [
        ("bounced", "", True),
        ("invalid", "", True),
        ("bounced", "550 5.1.1 no such user", True),
        ("blocked", "", False),
        ("spam", "", False),
        ("other", "550 5.1.1 no such user", True),
        ("bounced", "554 5.7.1 policy", False),
        ("bounced", "552 5.2.2 full", False),
    ],
)
def test_what_a_mail_service_blocks_is_no_dead_address(delivery: Delivery, reason: str, answer: str, dead: bool) -> None:
    on_event(
        None,
        AnymailTrackingEvent(
            event_type="bounced",
            recipient="post@example.org",
            reject_reason=reason,
            mta_response=answer,
            metadata={"delivery": message_key(delivery.pk)},
        ),
        "some",
    )

    delivery.refresh_from_db()
    assert delivery.bounced_at is not None
    assert UndeliverableAddress.objects.exists() is dead
