# ruff: noqa: E501  (tables of words and cases read better on one line each)
"""Yes and no, as people answer."""

from directory.sources.spreadsheets.values import NotUnderstood
from directory.sources.spreadsheets.words import fold

_YES = {"ja", "j", "yes", "y", "x", "true", "sann", "sant", "1", "ok", "selvfolgelig", "jepp", "sure", "gratis", "free", "kostnadsfritt", "alltid", "always", "oui", "si", "kyllä", "kylla"} | {
    "ja takk", "ja gratis", "helt gratis", "ja alle", "ja alltid", "ja det er gratis", "uten kostnad", "ingen kostnad",
}  # fmt: skip
_NO = {"nei", "n", "no", "false", "usann", "usant", "0", "aldri", "never", "ikke", "nope", "ei", "nej", "non"} | {
    "nei takk", "ikke gratis", "ikke aktuelt", "not free", "ja nei",
}  # fmt: skip
_MAYBE = (
    "pa foresporsel",
    "etter avtale",
    "delvis",
    "noe",
    "on request",
    "by agreement",
    "partly",
    "limited",
    "begrenset",
    "kanskje",
    "maybe",
    "avhenger",
    "varierer",
)
_TICKS, _CROSSES = set("✓✔☑✅●•×xX"), set("✗✘☐❌-–—")


def answer(text: str) -> bool | None:
    """True, False, or None for an answer in between ("på forespørsel"), which stays a text."""
    if (stripped := text.strip()) in _TICKS:
        return True
    if stripped in _CROSSES:
        return False
    words = fold(text)
    if words in _YES:
        return True
    if words in _NO:
        return False
    if any(words.startswith(m) for m in _MAYBE):
        return None
    first = words.split(" ", 1)[0] if words else ""
    if first in ("ja", "yes"):
        return True
    if first in ("nei", "no", "ikke"):
        return False
    raise NotUnderstood("not_understood", text)
