"""Handing messages to the mail server: many over one connection, and what became of each.

What matters is whether a message can have been taken. Until the line that ends it has been sent, it cannot: whatever goes
wrong before is LATER. From there until the answer nobody knows: UNKNOWN, which is never tried again by itself.
"""

from __future__ import annotations

import re
import smtplib
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from enum import Enum
from types import TracebackType
from typing import Any, Self

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend as SMTP

LONGEST = 200


class Outcome(Enum):
    """What became of one message."""

    TAKEN = "taken"  # the server has it
    LATER = "later"  # it has not, and may take it another time
    NO_SUCH = "no-such"  # there is nobody at this address
    NEVER = "never"  # it will not have this message, whoever it is for
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
        try:
            if not self.is_open:
                self.backend.open()
                self.is_open = True
        except Exception as error:  # whatever keeps us from the server, the message has not gone
            self.close()
            return Answer(Outcome.LATER, told(error))
        if not isinstance(self.backend, SMTP):
            return self._send_otherwise(message)
        data = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        answer = over_smtp(self.backend.connection, envelope, parseaddr(message.to[0])[1], data)
        if answer.outcome in (Outcome.LATER, Outcome.UNKNOWN) and not alive(self.backend.connection):
            self.close()
        return answer

    def _send_otherwise(self, message: EmailMultiAlternatives) -> Answer:
        """Services with an interface of their own, and files. Their fault says whether the message can have been taken."""
        try:
            self.backend.send_messages([message])
        except ConnectionRefusedError as error:
            self.close()
            return Answer(Outcome.LATER, told(error))
        except Exception as error:
            self.close()
            status = getattr(error, "status_code", None)
            if type(error).__name__ == "AnymailRecipientsRefused":
                return Answer(Outcome.NO_SUCH, told(error))
            if status in (429, 503):
                return Answer(Outcome.LATER, told(error))
            if status is not None and 400 <= status < 500:
                return Answer(Outcome.NEVER, told(error))
            return Answer(Outcome.UNKNOWN, told(error))
        return Answer(Outcome.TAKEN)


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
            return _reset(server, code, words, refused=Outcome.NO_SUCH)
        code, words = server.docmd("data")
        if code != 354:
            return _reset(server, code, words, refused=Outcome.NEVER)
        body = re.sub(rb"(?m)^\.", b"..", data)
        server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
    except (smtplib.SMTPException, OSError) as error:
        return Answer(Outcome.LATER, told(error))
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
