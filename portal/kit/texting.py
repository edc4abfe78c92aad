"""Text messages: a link and nothing else. Where they go says SMS_URL.

file://                               files below VAR_DIR/sms that hold the link and no number; for demo and trial
https://user:password@gateway/send    a POST of the form fields `to` and `text`, and of what stands behind `?` in the address
none                                  no text messages are sent, and nobody is offered one
"""

from __future__ import annotations

import base64
import re
import secrets
from pathlib import Path
from urllib.error import URLError
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings

NORWAY = "+47"
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


class NotSent(Exception):
    """The gateway did not take it. Says nothing of number or link: what fails is written to logs."""


class _NoRedirects(HTTPRedirectHandler):
    """A number goes to the gateway that was named, and no further."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


def is_on() -> bool:
    return bool(settings.SMS_URL)


def number_in(text: str) -> str | None:
    """A telephone number as gateways want it, +4791234567; eight digits are Norwegian. None for anything else."""
    digits = re.sub(r"[\s\u00a0().-]", "", text)
    if re.fullmatch(r"[49][0-9]{7}", digits, re.ASCII):
        return NORWAY + digits
    number = "+" + digits[2:] if digits.startswith("00") else digits
    return number if NUMBER.fullmatch(number) else None


def send(number: str, link: str) -> None:
    """Hand one message to the gateway, or raise NotSent."""
    if settings.SMS_URL.startswith("file:"):
        _write(link)
        return
    parts = urlsplit(settings.SMS_URL)
    host = parts.hostname or ""
    address = urlunsplit((parts.scheme, f"{host}:{parts.port}" if parts.port else host, parts.path or "/", "", ""))
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": settings.USER_AGENT}
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    body = urlencode([*parse_qsl(parts.query), ("to", number), ("text", link)]).encode()
    try:
        request = Request(address, data=body, headers=headers, method="POST")  # noqa: S310 - http or https: environment.py
        with build_opener(_NoRedirects).open(request, timeout=settings.REMOTE_TIMEOUT) as answer:
            taken = 200 <= answer.status < 300
    except (URLError, OSError, ValueError):
        taken = False
    if not taken:
        raise NotSent("The SMS gateway did not take a message.")


def _write(link: str) -> None:
    folder = Path(settings.VAR_DIR) / "sms"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(8)}.txt"
    path.write_text(f"{link}\n", encoding="utf-8")
    path.chmod(0o600)
