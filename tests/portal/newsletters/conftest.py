"""A municipality that writes newsletters, and a mail server that really speaks SMTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from directory.municipalities.models import Municipality
from tests.factories.directory import default_municipality
from tests.factories.newsletters import with_newsletters


class PostOffice:
    """Keeps what it is given. `answers` says otherwise for some receivers: a reply, or what to do to the connection."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, list[str], bytes]] = []
        self.at_rcpt: dict[str, str] = {}
        self.at_data: dict[str, str] = {}
        self.drop_before_data: set[str] = set()
        self.drop_after_data: set[str] = set()
        self.connections = 0
        self.seconds = 0.0  # how long it takes over each message

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.drop_before_data:
            self.drop_before_data.discard(address)
            server.transport.abort()
            return "250 OK"
        if reply := self.at_rcpt.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        address = envelope.rcpt_tos[0]
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if reply := self.at_data.get(address):
            return reply
        self.letters.append((envelope.mail_from, list(envelope.rcpt_tos), bytes(envelope.content)))
        if address in self.drop_after_data:
            self.drop_after_data.discard(address)
            server.transport.abort()
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        """The messages that came for an address."""
        return [message_from_bytes(data, policy=policy.default) for _from, to, data in self.letters if to == [address]]  # type: ignore[misc]

    def receivers(self) -> list[str]:
        return sorted(address for _from, to, _data in self.letters for address in to)


class Door(Controller):
    """aiosmtpd as a server that takes letters as long as it likes."""

    def factory(self) -> SMTP:
        return SMTP(self.handler, enable_SMTPUTF8=False, data_size_limit=5_000_000)


@pytest.fixture
def start_office() -> Iterator[Callable[..., tuple[PostOffice, Door]]]:
    """Starts post offices on free ports, and closes them."""
    open_ones: list[Door] = []

    def start(port: int = 0) -> tuple[PostOffice, Door]:
        office = PostOffice()
        door = Door(office, hostname="127.0.0.1", port=port or free_port())
        door.start()
        open_ones.append(door)
        return office, door

    yield start
    for door in open_ones:
        if door.server is not None:
            door.stop(no_assert=True)


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def office(start_office: Any, settings: Any) -> PostOffice:
    """A post office that the site's letters go to."""
    found, door = start_office()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", door.port, 5
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    return found


@pytest.fixture
def larvik(db: None) -> Municipality:
    return with_newsletters(default_municipality())


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Releasing starts no worker: the test is the worker."""
    monkeypatch.setattr("portal.newsletters.tasks.start_sending", lambda pk: None)
