"""The registers themselves, over their open interfaces. No key is needed; we keep to their rules and to a budget.

Entities are paged by number and end at 10,000 hits; the voluntary register is paged by a cursor only.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import Request, urlopen

from django.conf import settings

from directory.geography.postcodes import all_postcodes
from directory.sources.brreg.records import entities_of, purposes_of, read_purposes

MOST_HITS = 10_000
CURSOR_PAGE = 100
WALK_QUESTIONS = 730  # what the whole voluntary register costs; asking one by one is cheaper below that
_TRIES = 3


class RegisterSilent(Exception):
    """The register did not answer, or not as documented; the message says what happened."""


class LiveRegisters:
    """Asks the two registers. `wait` is called between tries (a test waits for nothing)."""

    def __init__(self, base: str = "", *, budget: int = 0, wait: Callable[[float], None] = time.sleep) -> None:
        self.base = (base or settings.BRREG_URL).rstrip("/")
        self.left = budget or settings.BRREG_REQUEST_BUDGET
        self.wait = wait
        self.asked = 0

    # ── entities ────────────────────────────────────────────────────────────────────────────────────────────
    def entities(self, municipality: str) -> Iterator[Mapping[str, Any]]:
        """The voluntary bodies of a municipality."""
        wanted = {"kommunenummer": municipality, "registrertIFrivillighetsregisteret": "true"}
        first = self._page(wanted, 0)
        if self._total(first) <= MOST_HITS:
            yield from self._pages(wanted, first)
            return
        # The register shows no more than 10,000 hits of one question: ask postcode by postcode.
        for code in sorted(c.code for c in all_postcodes().values() if c.municipality == municipality):
            part = {**wanted, "forretningsadresse.postnummer": code}
            yield from self._pages(part, self._page(part, 0))

    def _pages(self, wanted: Mapping[str, str], first: Any) -> Iterator[Mapping[str, Any]]:
        yield from entities_of(first)
        pages = (first.get("page") or {}).get("totalPages") or 1
        for number in range(1, pages):
            yield from entities_of(self._page(wanted, number))

    def _page(self, wanted: Mapping[str, str], number: int) -> Any:
        params = {**wanted, "size": settings.BRREG_PAGE_SIZE, "page": number}
        return self._ask(f"/enhetsregisteret/api/enheter?{urlencode(params)}")

    @staticmethod
    def _total(page: Any) -> int:
        return int((page.get("page") or {}).get("totalElements") or 0) if isinstance(page, Mapping) else 0

    def entity(self, org_number: str) -> Mapping[str, Any] | None:
        """One body, also one that is deleted; None when the register knows it no more (404, 410)."""
        found = self._ask(f"/enhetsregisteret/api/enheter/{org_number}", gone_is_none=True)
        return found if isinstance(found, Mapping) else None

    # ── purposes ────────────────────────────────────────────────────────────────────────────────────────────
    def purposes(self, org_numbers: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        """The voluntary register's records of these bodies."""
        wanted = set(org_numbers)
        if len(wanted) > WALK_QUESTIONS:
            yield from (record for record in self._walk() if str(record.get("organisasjonsnummer")) in wanted)
            return
        for number in sorted(wanted):
            found = self._ask(f"/frivillighetsregisteret/api/frivillige-organisasjoner/{number}", gone_is_none=True)
            yield from purposes_of(found)

    def _walk(self) -> Iterator[Mapping[str, Any]]:
        address: str | None = f"/frivillighetsregisteret/api/frivillige-organisasjoner?size={CURSOR_PAGE}"
        seen: set[str] = set()
        while address and address not in seen:
            seen.add(address)
            page = self._ask(address)
            records = purposes_of(page)
            yield from records
            link = ((page.get("_links") or {}).get("next") or {}).get("href") if records else None
            address = self._own(link) if link else None

    def _own(self, link: str) -> str:
        """The path of a link the register gave, asked of the host we chose: an answer may not send us elsewhere."""
        parts = urlsplit(urljoin(f"{self.base}/", link))
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    # ── one question ────────────────────────────────────────────────────────────────────────────────────────
    def _ask(self, path: str, *, gone_is_none: bool = False) -> Any:
        request = Request(  # noqa: S310  # the scheme is the setting's
            f"{self.base}{path}", headers={"Accept": "application/json", "User-Agent": settings.USER_AGENT}
        )
        for attempt in range(_TRIES):
            if self.left <= 0:
                raise RegisterSilent("The budget of questions for this run is used up. Use the bulk file instead.")
            self.left -= 1
            self.asked += 1
            try:
                with urlopen(request, timeout=settings.REMOTE_TIMEOUT) as answer:  # noqa: S310
                    return json.loads(answer.read())
            except HTTPError as error:
                if error.code in {404, 410} and gone_is_none:
                    return None
                if error.code < 500 and error.code != 429:
                    raise RegisterSilent(f"The register refused the question {path} ({error.code}): {_message(error)}") from error
                trouble = f"{error.code}"
            except (URLError, TimeoutError, ConnectionError) as error:
                trouble = str(getattr(error, "reason", error))
            except ValueError as error:
                raise RegisterSilent(f"The register's answer to {path} is no JSON.") from error
            if attempt + 1 < _TRIES:
                self.wait(2.0**attempt)
        raise RegisterSilent(f"The register does not answer ({trouble}). Try again later.")


def bodies_of(
    registers: LiveRegisters, municipality: str, say: Callable[[int], None] = lambda count: None
) -> tuple[list[Mapping[str, Any]], dict[str, tuple[str, ...]]]:
    """The voluntary bodies of a municipality, and the purposes of each. `say` hears how many there are."""
    records = list(registers.entities(municipality))
    say(len(records))
    numbers = [str(record.get("organisasjonsnummer") or "") for record in records]
    return records, dict(read_purposes(record) for record in registers.purposes(filter(None, numbers)))


def _message(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read()).get("feilmelding") or "")[:200]
    except (ValueError, AttributeError):
        return ""
