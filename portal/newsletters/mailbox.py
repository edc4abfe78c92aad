"""The mailbox that returned letters come to: read from the queue now and then, by IMAP, POP3 or as a folder (Maildir).

What is a report on one of our messages is dealt with and removed. Everything else is left for people, and not looked at
again where the mailbox can remember that (IMAP and Maildir; POP3 has no way to, so its newest are looked at each time).
"""

from __future__ import annotations

import imaplib
import logging
import mailbox
import poplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone
from django_tasks import task

from portal.newsletters.returned import LARGEST, hear_report, read_report

log = logging.getLogger("portal.newsletters")
MOST = 200  # letters of one turn
TIMEOUT = 30  # seconds


class Box(Protocol):
    """A mailbox, whatever it is spoken to by."""

    def letters(self) -> Iterator[tuple[str, bytes]]: ...
    def done(self, key: str) -> None: ...
    def leave(self, key: str) -> None: ...


@task()
def read_returned_letters() -> int:
    """Read what has come back."""
    if not settings.BOUNCE_MAILBOX_URL:
        return 0
    with opened(settings.BOUNCE_MAILBOX_URL) as box:
        return read_box(box, timezone.now())


def look_for_returned_letters(at: datetime) -> None:
    """By the clock: ask the queue to read the mailbox, where there is one."""
    if settings.BOUNCE_MAILBOX_URL:
        read_returned_letters.enqueue()


def read_box(box: Box, at: datetime) -> int:
    """Deal with the reports in a mailbox; how many said something new.

    A letter that cannot be read, and a report that cannot be written down, is left where it is and keeps no other waiting.
    """
    heard = 0
    for key, data in box.letters():
        report = None
        try:
            message = message_from_bytes(data[:LARGEST], policy=policy.compat32)
            report = read_report(message)
        except Exception:  # letters come from anywhere and may be anything
            log.exception("A letter in the mailbox of returned letters could not be read.")
        if report is None:
            box.leave(key)
            continue
        try:
            with transaction.atomic():
                heard += hear_report(report, at)
        except OperationalError:  # the database is away: all of it is for the next turn
            raise
        except Exception:  # something in this one report that nobody thought of
            log.exception("A report in the mailbox of returned letters could not be written down.")
            box.leave(key)
            continue
        box.done(key)
    return heard


@contextmanager
def opened(url: str) -> Iterator[Box]:
    """The mailbox at an address such as `imaps://user:password@host/INBOX`."""
    parts = urlsplit(url)
    if parts.scheme == "maildir":
        yield Folder(Path(unquote(parts.path)))
    elif parts.scheme in ("imap", "imaps"):
        with imap(parts) as box:
            yield box
    else:
        with pop(parts) as box:
            yield box


class Folder:
    """A Maildir."""

    def __init__(self, path: Path) -> None:
        self.box = mailbox.Maildir(str(path), create=False)

    def letters(self) -> Iterator[tuple[str, bytes]]:
        new = [key for key in self.box.iterkeys() if self.box.get_message(key).get_subdir() == "new"]
        for key in sorted(new)[:MOST]:
            with suppress(KeyError):  # another worker was quicker
                yield key, self.box.get_bytes(key)

    def done(self, key: str) -> None:
        with suppress(KeyError, FileNotFoundError):
            self.box.remove(key)

    def leave(self, key: str) -> None:
        with suppress(KeyError, FileNotFoundError):
            message = self.box[key]
            message.set_subdir("cur")
            self.box[key] = message


class Imap:
    """A folder on an IMAP server."""

    def __init__(self, server: imaplib.IMAP4) -> None:
        self.server = server

    def letters(self) -> Iterator[tuple[str, bytes]]:
        _ok, found = self.server.uid("search", "UNSEEN", "UNDELETED")
        for uid in (found[0] or b"").split()[:MOST]:
            _ok, parts = self.server.uid("fetch", uid.decode(), f"(BODY.PEEK[]<0.{LARGEST}>)")
            data = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if data is not None:
                yield uid.decode(), data

    def done(self, key: str) -> None:
        self.server.uid("store", key, "+FLAGS", "(\\Seen \\Deleted)")

    def leave(self, key: str) -> None:
        self.server.uid("store", key, "+FLAGS", "(\\Seen)")


@contextmanager
def imap(parts: SplitResult) -> Iterator[Imap]:
    host, folder = parts.hostname or "", unquote(parts.path.strip("/")) or "INBOX"
    server: imaplib.IMAP4
    if parts.scheme == "imaps":
        server = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
    else:
        server = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT)
    try:
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        server.select(f'"{folder}"')
        yield Imap(server)
        server.expunge()
    finally:
        with suppress(Exception):
            server.logout()


class Pop:
    """A POP3 mailbox. It keeps no marks: what is left is met again."""

    def __init__(self, server: poplib.POP3) -> None:
        self.server = server

    def letters(self) -> Iterator[tuple[str, bytes]]:
        count = len(self.server.list()[1])
        for number in range(count, max(0, count - MOST), -1):
            yield str(number), b"\r\n".join(self.server.retr(number)[1])

    def done(self, key: str) -> None:
        self.server.dele(int(key))

    def leave(self, key: str) -> None:
        """Nothing can be done."""


@contextmanager
def pop(parts: SplitResult) -> Iterator[Pop]:
    host = parts.hostname or ""
    server: poplib.POP3
    if parts.scheme == "pop3s":
        server = poplib.POP3_SSL(host, parts.port or 995, timeout=TIMEOUT, context=ssl.create_default_context())
    else:
        server = poplib.POP3(host, parts.port or 110, timeout=TIMEOUT)
    try:
        server.user(unquote(parts.username or ""))
        server.pass_(unquote(parts.password or ""))
        yield Pop(server)
    finally:
        with suppress(Exception):
            server.quit()
