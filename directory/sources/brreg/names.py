"""Names and addresses of web pages, as the register writes them and as people do."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

# Short names that are said letter by letter; those without a vowel are recognised by that.
_LETTERS = {
    "IL", "IF", "IK", "AIL", "TIL", "BUL", "UL", "KFUM", "KFUK", "AS", "SA", "BA", "ANS", "KF", "IKS", "DA", "NUF", "LO", "NAV",
    "USA", "UNICEF",
    "EU", "FN", "UH", "UK", "OK", "AK", "IFK", "IBK", "BIL", "GIL", "HIL", "SIL", "LIL", "NIF", "NAAF", "AKKS", "FAU",
    "SFO", "BUA", "NOAH", "ADHD", "II", "III", "IV", "VI", "VII", "VIII", "IX", "XI",
}  # fmt: skip
_SMALL = {
    "i", "og", "på", "av", "ved", "de", "den", "det", "for", "til", "under", "over", "mellom", "med", "mot", "fra", "the", "of",
    "and", "und", "von", "van", "m", "u",
}  # fmt: skip
# Common nouns are written small in a Norwegian name, unless they begin it: "Fjordbyen idrettslag".
_COMMON = re.compile(
    r"(?:lag|laget|forening|foreningen|klubb|klubben|klubber|korps|korpset|kor|koret|krets|menighet|menigheten|råd|rådet|utvalg|utvalget"
    r"|gruppe|gruppa|gruppen|avdeling|fond|fondet|stiftelse|stiftelsen|sentral|sentralen|teater|orkester|vel|velet|venner|forbund|fellesråd"
    r"|skole|skoles|museum|historielag|bibliotek|barnehage|samfunnshus|grendehus|ungdomshus)$"
)


def readable_name(name: str) -> str:
    """ "LARVIK OG OMEGN IDRETTSLAG" → "Larvik og omegn idrettslag" as far as that can be told; mixed case is left alone."""
    name = " ".join(name.split())
    if not name.isupper():
        return name
    words = name.split(" ")
    return " ".join(_word(word, first=n == 0) for n, word in enumerate(words))


def _word(word: str, *, first: bool) -> str:
    if word in _LETTERS:
        return word
    parts = re.split(r"([-/])", word)
    if len(parts) > 1:
        return "".join(part if part in "-/" else _word(part, first=True) for part in parts if part)
    bare = word.strip(".,()\"'&")
    if not bare or any(c.isdigit() for c in bare):
        return word
    if bare in _LETTERS or (
        1 < len(bare) <= 5 and not re.search("[AEIOUYÆØÅÄÖÉ]", bare) and bare not in {"ST", "DR", "MR", "JR", "SR"}
    ):
        return word
    small = word.lower()
    if not first and (small.strip("().,") in _SMALL or _COMMON.search(small.strip("().,"))):
        return small
    start = re.search(r"\w", small)
    return small if start is None else small[: start.start()] + small[start.start()].upper() + small[start.start() + 1 :]


_check_url = URLValidator(schemes=["http", "https"])
_SOCIAL = ("facebook.com", "fb.com", "instagram.com", "tiktok.com", "youtube.com", "x.com", "twitter.com", "snapchat.com")


def repaired_url(written: str) -> str:
    """A web address out of the register's field, which lacks the scheme and may hold anything; empty when it is none."""
    text = re.split(r"[\s;]+", written.strip().strip("\"'<>.,"), maxsplit=1)[0].rstrip(",")
    text = re.sub(r"^(?:h?t+ps?)\s*[:;]?/*", "", text, flags=re.I) if re.match(r"(?i)h?t+ps?[:;/]", text) else text
    text = re.sub(r"^www[,;:]\.?", "www.", text, flags=re.I)
    if not text or "@" in text.split("/", 1)[0] or "." not in text:
        return ""
    scheme = "http" if re.match(r"(?i)http:", written.strip()) else "https"
    host, slash, rest = text.partition("/")
    url = f"{scheme}://{host.lower()}{slash}{rest}"
    try:
        _check_url(url)
    except ValidationError:
        return ""
    named = (urlsplit(url).hostname or "").removeprefix("www.")
    if not re.search(r"\w\.[^\W\d_]{2,}$", named) or len(url) > 400:
        return ""
    return url


def is_social(url: str) -> bool:
    """Whether an address is a page on somebody else's platform rather than a site of one's own."""
    host = (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("nb-no.")
    return host in _SOCIAL
