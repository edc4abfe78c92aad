"""Letters of a demo: kept as files below VAR_DIR/mail, and read in the browser where nothing but demo towns is loaded.

On one's own machine no letter leaves it. `KeptMail` writes each as it would have gone out; `/demo/mail/` shows them, so that
whoever tries the product finds the code that was sent to them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

NAME = re.compile(r"\d{8}-\d{6}-\d{6}-[0-9a-f]{6}")
MOST = 200  # letters in the list
KEPT = "portal.accounts.mailbox.KeptMail"


def folder() -> Path:
    """Where the letters stand."""
    return Path(settings.VAR_DIR) / "mail"


class KeptMail(BaseEmailBackend):
    """Writes letters to files instead of sending them."""

    def send_messages(self, email_messages: Iterable[EmailMessage]) -> int:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        count = 0
        for message in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(3)}"
            part = folder() / f"{name}.part"
            part.write_bytes(message.message().as_bytes())
            part.rename(folder() / f"{name}.eml")  # whole or not at all
            count += 1
        return count


@dataclass(frozen=True, slots=True)
class Letter:
    """One kept letter."""

    name: str
    at: datetime
    subject: str
    to: str
    sender: str
    lang: str
    text: str
    html: str


def letters_can_be_read() -> bool:
    """Only where letters are kept here, and only where every municipality is a demo town."""
    from portal.accounts.links import why_no_links

    return settings.EMAIL_BACKEND == KEPT and why_no_links() is None


def letters() -> list[Letter]:
    """The newest letters first."""
    if not folder().is_dir():
        return []
    names = sorted((path.stem for path in folder().glob("*.eml") if NAME.fullmatch(path.stem)), reverse=True)
    return [found for name in names[:MOST] if (found := letter(name))]


def letter(name: str) -> Letter | None:
    """One letter; None where there is none of this name."""
    path = folder() / f"{name}.eml"
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    parsed: Any = message_from_bytes(path.read_bytes(), policy=policy.default)
    return Letter(
        name=name,
        at=datetime.strptime(name[:22], "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC),
        subject=str(parsed["Subject"] or ""),
        to=str(parsed["To"] or ""),
        sender=str(parsed["From"] or ""),
        lang=str(parsed["Content-Language"] or ""),
        text=_part(parsed, "plain"),
        html=_part(parsed, "html"),
    )


def _part(parsed: Parsed, kind: str) -> str:
    body = parsed.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
