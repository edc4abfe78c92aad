"""Letters that come back: naming whom a message went to, without saying it, and telling what a refusal means.

address_key(email)         stands in Message-ID and in the sender's envelope; nobody can read an address in it
address_named(text, […])   which of some addresses a returned message was for: the one that has this key
nobody_there(code, words)  whether a mail server says that there is nobody at the address, or something else
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from email.utils import parseaddr

from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode

ADDRESS = "portal.kit.returned.address"
_KEY = re.compile(r"\bml-([a-z2-7]{20})\b", re.IGNORECASE)
#: "5.1.1" as servers write it at the beginning of their answer; some put a sign before it.
_ENHANCED = re.compile(r"^\W*[245]\.(\d{1,3})\.(\d{1,3})\b")
#: Nobody there, no such domain, moved away, takes no mail. 5.1.7 to 5.1.9 speak of the sender, not of the receiver.
_NO_SUCH = frozenset({(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 10), (2, 1)})
#: What a server without such a number says when it has something against us or the letter, and nothing against the address.
_AGAINST_US = re.compile(
    r"relay|spam|block|black ?list|reputation|polic|denied|authenti|not (?:allowed|permitted)"
    r"|quota|\b(?:full|rate|spf|dkim)\b",
    re.IGNORECASE,
)


def address_key(email: str) -> str:
    """Names an address so that only we can. The same for every letter to it; what it names cannot be read from it."""
    digest = salted_hmac(ADDRESS, ascii_form(email).lower(), algorithm="sha256").digest()[:13]
    return f"ml-{base64.b32encode(digest).decode().lower()[:20]}"


def address_named(text: str, candidates: Iterable[str]) -> str | None:
    """That of some addresses whose key stands in a Message-ID or an envelope address; None where it is none of them's."""
    keys = [found[0].lower() for found in _KEY.finditer(text)]
    if not keys:
        return None
    for candidate in candidates:
        email = readable_form(candidate)
        if "@" in email and any(hmac.compare_digest(address_key(email), key) for key in keys):
            return email
    return None


def ascii_form(email: str) -> str:
    """An address as mail servers write it: `post@bø.no` is `post@xn--b-5ga.no`. ValueError where it cannot be written so."""
    name, at, domain = parseaddr(email)[1].strip().rpartition("@")
    if not at or not name.isascii():
        raise ValueError("This address cannot be written as mail servers read it.")
    return f"{name}@{punycode(domain)}"


def readable_form(email: str) -> str:
    """An address as people write it, in lower case: the other way round."""
    name, at, domain = parseaddr(email)[1].strip().lower().rpartition("@")
    try:
        return f"{name}{at}{domain.encode('ascii').decode('idna')}"
    except UnicodeError:
        return f"{name}{at}{domain}"


def enhanced(words: str) -> tuple[int, int] | None:
    """The last two figures of `5.1.1`, where an answer begins with such."""
    found = _ENHANCED.match(words)
    return (int(found[1]), int(found[2])) if found else None


def nobody_there(code: int, words: str, *, by_number_only: bool = False) -> bool:
    """Whether a refusal says that there is nobody at the address. Policy, full mailboxes and relaying are something else.

    Servers that give no number of their own are believed by their code and words, unless `by_number_only`.
    """
    if not 500 <= code < 600:
        return False
    status = enhanced(words)
    if status is not None:
        return status in _NO_SUCH
    return not by_number_only and code in (550, 551, 553) and not _AGAINST_US.search(words)
