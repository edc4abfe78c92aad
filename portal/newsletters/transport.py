"""Handing messages to the mail server: many over one connection, and what became of each.

What matters is whether a message can have been taken. Until the line that ends it has been sent, it cannot: whatever goes
wrong before is LATER. From there until the answer nobody knows: UNKNOWN, which is never tried again by itself.
"""

from __future__ import annotations

import re
import smtplib
import socket
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, Self

from anymail.exceptions import (
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend as SMTP
from requests import ConnectTimeout
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from portal.kit.returned import ascii_form, nobody_there

LONGEST = 200
#: What keeps us from reaching a service at all. A connection that broke later may have carried the message.
NOT_REACHED = (ConnectionRefusedError, socket.gaierror, NewConnectionError, ConnectTimeoutError, ConnectTimeout)
#: A message that cannot be written as the service wants it; found out before anything is sent.
UNWRITABLE = (AnymailInvalidAddress, AnymailUnsupportedFeature, AnymailSerializationError, UnicodeEncodeError)


class Outcome(Enum):
    """What became of one message."""

    TAKEN = "taken"  # the server has it
    LATER = "later"  # it has not, and may take it another time
    NO_SUCH = "no-such"  # there is nobody at this address
    NEVER = "never"  # it will not have this message, or not from us
    UNKNOWN = "unknown"  # it was on its way when the connection broke


@dataclass(frozen=True, slots=True)
class Answer:
    outcome: Outcome
    said: str = ""


class Transport:
    """A connection to the mail server, opened at need and again after it has broken."""

    def __init__(self) -> None:
        self.backend: Any = get_connection()
        self.is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Part from the server."""
        self.is_open = False
        with suppress(Exception):
            self.backend.close()

    def send(self, message: EmailMultiAlternatives, envelope: str) -> Answer:
        """Hand over one message to its one receiver. `envelope` is where it comes back to."""
        is_smtp = isinstance(self.backend, SMTP)
        try:
            # Before the server is asked: what cannot be written has not gone out. Domains with an ø are written in ASCII.
            receiver, sender = ascii_form(message.to[0]), ascii_form(envelope)
            data = message.message().as_bytes(linesep="\r\n") if is_smtp else b""  # type: ignore[call-arg]
        except ValueError as error:
            return Answer(Outcome.NEVER, type(error).__name__)
        try:
            if not self.is_open:
                self.backend.open()
                self.is_open = True
                if is_smtp:
                    at_once(self.backend.connection)
        except Exception as error:  # whatever keeps us from the server, the message has not gone
            self.close()
            return Answer(Outcome.LATER, told(error))
        if not is_smtp:
            return self._send_otherwise(message)
        answer = over_smtp(self.backend.connection, sender, receiver, data)
        if not alive(self.backend.connection):
            self.close()
        return answer

    def _send_otherwise(self, message: EmailMultiAlternatives) -> Answer:
        """Services with an interface of their own, and files. Their fault says whether the message can have been taken."""
        try:
            self.backend.send_messages([message])
        except UNWRITABLE as error:
            return Answer(Outcome.NEVER, told(error))
        except AnymailRecipientsRefused as error:
            return Answer(Outcome.NO_SUCH, told(error))
        except Exception as error:
            self.close()
            status = getattr(error, "status_code", None)
            if status in (429, 503) or (status is None and was_not_reached(error)):
                return Answer(Outcome.LATER, told(error))
            if status is not None and 400 <= status < 500:
                return Answer(Outcome.NEVER, told(error))
            return Answer(Outcome.UNKNOWN, told(error))
        return Answer(Outcome.TAKEN)


def at_once(server: Any) -> None:
    """Send each line as it is written: the one that ends a message would wait 40 ms for the receipt of the one before."""
    with suppress(OSError):
        server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def was_not_reached(error: BaseException | None) -> bool:
    """Whether a connection was never made, so that nothing can have gone out. Libraries wrap what happened several times."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, NOT_REACHED):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def over_smtp(server: Any, sender: str, receiver: str, data: bytes) -> Answer:
    """One message by SMTP, step by step, so that it is known how far it came."""
    try:
        server.ehlo_or_helo_if_needed()
        options = ["body=8bitmime"] if server.has_extn("8bitmime") else []
        code, words = server.mail(sender, options)
        if code != 250:
            return _reset(server, code, words, refused=Outcome.NEVER)
        code, words = server.rcpt(receiver)
        if code not in (250, 251):
            nobody = nobody_there(code, words.decode("utf-8", "replace"))
            return _reset(server, code, words, refused=Outcome.NO_SUCH if nobody else Outcome.NEVER)
        code, words = server.docmd("data")
        if code != 354:
            return _reset(server, code, words, refused=Outcome.NEVER)
        body = re.sub(rb"(?m)^\.", b"..", data)
        server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
    except (smtplib.SMTPException, OSError) as error:
        return Answer(Outcome.LATER, told(error))
    except ValueError as error:  # what cannot be said to a server; the line that ends the message was not sent
        server.close()
        return Answer(Outcome.NEVER, type(error).__name__)
    try:
        server.send(b".\r\n")
        code, words = server.getreply()
    except (smtplib.SMTPException, OSError) as error:
        return Answer(Outcome.UNKNOWN, told(error))
    if code == 250:
        return Answer(Outcome.TAKEN, said(code, words))
    return _reset(server, code, words, refused=Outcome.NEVER)


def _reset(server: Any, code: int, words: bytes, *, refused: Outcome) -> Answer:
    """The server said no to this message; the next one begins anew."""
    if code == 421 or code < 0:  # it parts from us
        with suppress(Exception):
            server.close()
    else:
        with suppress(smtplib.SMTPException, OSError):
            server.rset()
    return Answer(refused if 500 <= code < 600 else Outcome.LATER, said(code, words))


def alive(server: Any) -> bool:
    """Whether the connection is still there."""
    return getattr(server, "sock", None) is not None


def said(code: int, words: bytes) -> str:
    return printable(f"{code} {words.decode('utf-8', 'replace')}")


def told(error: Exception) -> str:
    return printable(f"{type(error).__name__}: {error}")


def printable(text: str) -> str:
    """What a server said, on one line and not without end. Mail addresses in it are taken out: they are kept elsewhere."""
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return re.sub(r"[^\s<>@]+@[^\s<>@]+", "…", " ".join(text.split()))[:LONGEST]
