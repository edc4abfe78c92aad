"""One question to a translation service over HTTP: JSON there, JSON back, within a time and a size."""

from __future__ import annotations

import json
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings

from portal.translating.services.base import Busy, NoService

LARGEST = 2_000_000  # bytes of an answer
#: Worth asking again: too many questions, and faults of the service itself.
LATER = {408, 425, 429, 500, 502, 503, 504, 529}


class _NoWayElsewhere(HTTPRedirectHandler):
    """A redirect would carry the key to another address."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def ask(address: str, question: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Any:
    """The answer to a question (POST), or what stands at an address (GET)."""
    body = None if question is None else json.dumps(question).encode()
    request = Request(  # noqa: S310  # the scheme was looked at when the site started
        address,
        data=body,
        headers={
            "Accept": "application/json",
            "User-Agent": settings.USER_AGENT,
            **({"Content-Type": "application/json"} if body is not None else {}),
            **(headers or {}),
        },
    )
    until = time.monotonic() + settings.TRANSLATE_TIMEOUT
    try:
        with build_opener(_NoWayElsewhere).open(request, timeout=settings.TRANSLATE_TIMEOUT) as answer:
            return json.loads(_read(answer, until))
    except HTTPError as error:
        with error:
            said = _said(error)
        if error.code in LATER:
            raise Busy(f"{error.code} {said}".strip()) from None
        raise NoService(f"{error.code} {said}".strip()) from None
    except (URLError, TimeoutError, HTTPException, OSError) as error:
        raise Busy(str(getattr(error, "reason", error)) or type(error).__name__) from None
    except ValueError:
        raise NoService("The answer is no JSON: TRANSLATE_URL may be the address of something else.") from None


def _read(answer: Any, until: float) -> bytes:
    """The body; a server that sends a byte now and then is given up like one that sends none."""
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(65536):
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise NoService("The answer is too large.")
        if time.monotonic() > until:
            raise TimeoutError("The answer took too long.")
    return b"".join(parts)


def _said(error: HTTPError) -> str:
    """What the service says of its no, in one short line."""
    try:
        answer = json.loads(error.read(4096))
        said = answer.get("error") or answer.get("message") or ""
    except (ValueError, OSError, AttributeError):
        said = ""
    return " ".join(str(said).split())[:200]
