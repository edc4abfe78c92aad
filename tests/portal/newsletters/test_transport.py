"""What an answer of a mail server or a mail service means, and whether a message can have gone out."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import requests
from django.utils import timezone

from directory.freshness.models import UndeliverableAddress
from directory.municipalities.models import Municipality
from portal.kit.mail import make_message
from portal.kit.returned import nobody_there
from portal.newsletters import actions, sending
from portal.newsletters.sending import send_share
from portal.newsletters.states import DeliveryState, LetterState
from portal.newsletters.transport import Outcome, Transport
from tests.factories.directory import ProviderFactory
from tests.factories.newsletters import make_letter
from tests.portal.newsletters.conftest import free_port


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        (550, "5.1.1 <x@y.no>: no such user", True),
        (550, "5.1.10 null MX", True),
        (550, "#5.1.0 Address rejected", True),
        (554, "5.2.1 mailbox disabled", True),
        (550, "No such user here", True),
        (553, "unknown", True),
        (551, "User not local", True),
        (550, "5.7.1 Relay access denied", False),
        (554, "5.7.1 policy", False),
        (550, "5.1.8 sender's domain does not exist", False),
        (552, "5.2.2 mailbox full", False),
        (550, "relay not permitted", False),
        (550, "mailbox full", False),
        (550, "blocked by Spamhaus", False),
        (554, "no", False),
        (530, "5.7.0 log in first", False),
        (450, "4.1.1 not now", False),
        (0, "", False),
    ],
)
def test_only_nobody_there_is_nobody_there(code: int, words: str, expected: bool) -> None:
    assert nobody_there(code, words) is expected


def test_where_it_must_be_certain_the_number_of_the_standard_is_asked_for() -> None:
    assert nobody_there(550, "5.1.1 no such user", by_number_only=True)
    assert not nobody_there(550, "no such user", by_number_only=True)


def test_each_line_to_a_mail_server_is_sent_at_once(office: Any) -> None:
    message = make_message(subject="Hei", body="Hei", to="a@example.org", sender="Larvik <post@larvik.example>")
    with Transport() as transport:
        assert transport.send(message, "post@larvik.example").outcome is Outcome.TAKEN
        assert transport.backend.connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


# ── a mail service ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def service(settings: Any) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x", "POSTMARK_API_URL": f"http://127.0.0.1:{free_port()}/"}


def outcome_of(to: str = "a@example.org") -> Outcome:
    message = make_message(subject="Hei", body="Hei", to=to, sender="Larvik <post@larvik.example>")
    with Transport() as transport:
        return transport.send(message, "post@larvik.example").outcome


def test_a_service_that_is_not_reached_delays(service: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome_of() == Outcome.LATER  # nobody listens there

    def unknown_name(*_words: Any, **_more: Any) -> Any:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown_name)
    assert outcome_of() == Outcome.LATER


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (requests.ConnectTimeout(), Outcome.LATER),
        (requests.ReadTimeout(), Outcome.UNKNOWN),
        (requests.ConnectionError("Connection aborted."), Outcome.UNKNOWN),
    ],
)
def test_a_connection_that_broke_may_have_carried_the_message(
    service: None, monkeypatch: pytest.MonkeyPatch, fault: Exception, expected: Outcome
) -> None:
    def broken(*_words: Any, **_more: Any) -> Any:
        raise fault

    monkeypatch.setattr(requests.Session, "request", broken)

    assert outcome_of() == expected


@pytest.mark.parametrize(
    ("status", "expected"), [(429, "later"), (503, "later"), (500, "unknown"), (401, "never"), (422, "never")]
)
def test_what_a_service_answers(service: None, monkeypatch: pytest.MonkeyPatch, status: int, expected: str) -> None:
    def answer(*_words: Any, **_more: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response._content = status, b"{}"
        return response

    monkeypatch.setattr(requests.Session, "request", answer)

    assert outcome_of().value == expected


def test_an_address_that_cannot_be_written_is_not_sent_to(service: None) -> None:
    assert outcome_of("pøst@example.org") == Outcome.NEVER


@pytest.mark.usefixtures("quiet")
def test_a_service_that_is_away_makes_no_doubts(larvik: Municipality, service: None) -> None:
    for n in range(12):
        ProviderFactory(municipality=larvik, email=f"p{n}@example.org")
    letter = make_letter(larvik)
    actions.release(newsletter=letter, by=None, at=timezone.now())

    send_share(letter.pk, worker="w1")

    assert set(letter.deliveries.values_list("state", flat=True)) == {DeliveryState.WAITING}


@pytest.mark.usefixtures("quiet")
def test_a_service_that_breaks_off_makes_few_doubts(larvik: Municipality, service: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_words: Any, **_more: Any) -> Any:
        raise requests.ReadTimeout("no answer")

    monkeypatch.setattr(requests.Session, "request", broken)
    for n in range(12):
        ProviderFactory(municipality=larvik, email=f"p{n}@example.org")
    letter = make_letter(larvik)
    actions.release(newsletter=letter, by=None, at=timezone.now())

    for worker in ("w1", "w2", "w3"):
        send_share(letter.pk, worker=worker)

    letter.refresh_from_db()
    assert letter.state == LetterState.PAUSED
    assert letter.deliveries.filter(state=DeliveryState.DOUBT).count() == sending.DOUBTS
    assert not UndeliverableAddress.objects.exists()
