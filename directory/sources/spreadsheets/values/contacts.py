"""Organisation numbers, mail, telephone, web addresses, postcodes."""

import contextlib
import re
from urllib.parse import urlsplit, urlunsplit

from directory.providers.rules import is_org_number
from directory.sources.spreadsheets.values import NotUnderstood

_MAIL = re.compile(
    r"[A-Za-z0-9._%+'&-]{1,64}@(?:[A-Za-z0-9æøåÆØÅäöÄÖéÉ](?:[A-Za-z0-9æøåÆØÅäöÄÖéÉ-]{0,61}[A-Za-z0-9æøåÆØÅäöÄÖéÉ])?\.)+[A-Za-z]{2,24}"
)

# As Norwegians write one; not two years beside each other.
_TELEPHONE = re.compile(r"(?<!\d)(?:(?:\+|00)47[ .]?)?(?:\d{8}|\d{3}[ .]\d{2}[ .]\d{3}|\d{2}(?:[ .]\d{2}){3})(?![ .]?\d)")


def org_number(text: str) -> str:
    """Nine digits whose last one checks the others (modulus 11). "NO 987 654 321 MVA" is one too."""
    digits = re.sub(r"^NO|MVA$|[\s.\-\u00a0]", "", re.sub(r"\s+", "", text).upper())
    if re.fullmatch(r"\d{9}\.0", text.strip()):
        digits = text.strip()[:9]
    if is_org_number(digits):
        return digits
    raise NotUnderstood("org_number_wrong", text)


def email(text: str) -> str:
    """The first mail address in the cell."""
    found = _MAIL.search(text.replace("mailto:", "").replace("(at)", "@").replace(" @ ", "@"))
    if not found:
        raise NotUnderstood("email_wrong", text)
    local, _, domain = found[0].rpartition("@")
    return f"{local}@{domain.lower()}"


def phone(text: str) -> str:
    """A number that can be called, spaced as Norwegians read it; the first of several."""
    first = re.split(r"[/;,|\n]|\beller\b|\bog\b", text)[0]
    international = bool(re.match(r"\s*(\+|00)", first))
    digits = re.sub(r"\D", "", first)
    if international:
        digits = digits.removeprefix("00")
        if digits.startswith("47") and len(digits) == 10:
            digits, international = digits[2:], False
    elif len(digits) == 10 and digits.startswith("47"):
        digits = digits[2:]
    if international:
        if not 7 <= len(digits) <= 15:
            raise NotUnderstood("phone_wrong", text)
        return f"+{digits}"
    if len(digits) == 8:
        if digits[0] in "489":
            return f"{digits[:3]} {digits[3:5]} {digits[5:]}"
        return f"{digits[:2]} {digits[2:4]} {digits[4:6]} {digits[6:]}"
    if 3 <= len(digits) <= 6:
        return digits
    raise NotUnderstood("phone_wrong", text)


def reach(text: str) -> tuple[str, str, str]:
    """Name, mail address and telephone of a cell that may hold all three: "Kari Nordmann, tlf. 900 00 000, kari@example.org"."""
    mail = number = ""
    rest = text
    if found := _MAIL.search(rest):
        mail, rest = email(found[0]), rest.replace(found[0], "\n")
    if found := _TELEPHONE.search(rest):
        with contextlib.suppress(NotUnderstood):
            number, rest = phone(found[0]), rest.replace(found[0], "\n")
    if mail or number:
        rest = re.sub(r"\b(?:e-?post|mail|e-mail|tlf|tel|telefon|mobil|mob|kontakt(?:person)?)\b[ .:]*", "\n", rest, flags=re.I)
        rest = re.sub(r"\(\s*\)|<\s*>", "\n", rest)
        rest = ", ".join(part for line in rest.splitlines() if (part := line.strip(" ,;:/|-–\t")))
    return rest, mail, number


def url(text: str) -> str:
    """A web address with its scheme; nothing but http and https, and no sign-in data inside."""
    first = re.split(r"[\s;|]+|,\s", text.strip())[0].strip("<>\"',;")
    if not re.match(r"[a-z][a-z0-9+.-]*:", first, re.I) or re.match(r"[\w.-]+:\d+", first):
        first = f"https://{first.lstrip('/')}"
    try:
        parts = urlsplit(first)
        host = (parts.hostname or "").rstrip(".")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise NotUnderstood("url_wrong", text) from None
    good_host = re.fullmatch(r"(?:[\w](?:[\w-]{0,61}[\w])?\.)+[^\W\d_]{2,24}", host) is not None
    if parts.scheme.lower() not in ("http", "https") or not good_host or "@" in parts.netloc:
        raise NotUnderstood("url_wrong", text)
    return urlunsplit((parts.scheme.lower(), host + port, parts.path, parts.query, parts.fragment))


def urls(text: str) -> list[str]:
    """Every web address of the cell, in order."""
    found = []
    for piece in re.split(r"[\s;|]+|,\s*", text.strip()):
        if "." in piece or "/" in piece:
            found.append(url(piece))
    if not found:
        raise NotUnderstood("url_wrong", text)
    return list(dict.fromkeys(found))


def postcode(text: str) -> tuple[str, str]:
    """The postcode and, where it stands with it, the post town: "3256 Larvik". Norwegian ones get their lost zero back."""
    found = re.match(r"^\s*(?:N[O]?[- ])?(\d{3,6})(?:\.0)?(?:\s+(.*))?$", text)
    if not found:
        raise NotUnderstood("postcode_wrong", text)
    code = found[1].zfill(4)
    return code, (found[2] or "").strip(" ,")
