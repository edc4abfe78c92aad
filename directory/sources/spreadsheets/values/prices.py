# ruff: noqa: E501  (tables of words and cases read better on one line each)
"""Prices as people write them: "Gratis", "kr 1 200,-", "500 kr/halvår", "100–200", "50 kr per gang"."""

import re
from dataclasses import dataclass
from decimal import Decimal

from directory.sources.spreadsheets.values import NotUnderstood
from directory.sources.spreadsheets.words import fold

#: How people write what a price is for → the value of `PricePer`, or empty where the directory has no word for it
#: (then the person's own words are kept as the note).
PERIODS: tuple[tuple[str, str], ...] = (
    (r"gang|time|session|besok|billett|inngang|dropp? ?inn|kveld|oppmote|visit|ganger|entry", "time"),
    (r"mnd|maned|maneden|md|month|manad", "month"),
    (r"halvar|halvaret|semester|semesteret|termin|half year|term", "term"),
    (r"kurs|kurset|course", "course"),
    (r"dag|dagen|day|uke|uka|week|sesong|sesongen|season", ""),
    (r"ar|aret|arlig|year|annum|yearly|arskontingent|kalenderar", "year"),
)
#: Those that the directory has no word for.
UNNAMED_PERIOD = next(pattern for pattern, period in PERIODS if not period)
_FREE = re.compile(
    r"\b(gratis|free|kostnadsfri\w*|ingen kostnad|koster ingenting|no charge|uten kostnad|vederlagsfri\w*|maksuton|avgiftsfri\w*)\b"
)
_NOT_FREE = re.compile(
    r"\b(ikke|not|ikkje|delvis) (gratis|free)\b|\bgratis (prove\w*|forste|trial|utlan av)\b|\bforste \w+ (er )?gratis\b|\b(free trial|first \w+ (is )?free)\b"
)
_NEGATIVE = re.compile(r"(?:kr\.?|nok)?\s*-(?:\d.*|\s*\d[\d ]*(?:[.,]\d+)?\s*(?:kr\.?|nok|kroner|,-)?)", re.I)
_NUMBER = r"\d{1,3}(?:[ .\u00a0]\d{3})+(?:,\d{1,2})?|\d+(?:[.,]\d{1,2})?"


@dataclass(frozen=True)
class Price:
    """What taking part costs. `low` is the least anybody pays; both None where only words were given."""

    free: bool
    low: int | None = None
    high: int | None = None
    period: str = ""
    note: str = ""


def price(text: str) -> Price:
    """Read a price cell. Anything beyond one plain price is kept whole as a note beside the figures."""
    plain = re.sub(r"[\u2010-\u2015\u2212]", "-", text)
    words = fold(text)
    if not words and "-" not in plain:
        raise NotUnderstood("not_understood", text)
    if _NEGATIVE.fullmatch(plain.strip()):
        raise NotUnderstood("price_negative", text)
    free = bool(_FREE.search(words)) and not _NOT_FREE.search(words)
    figures = _figures(plain)
    period = period_of(re.sub(r"\b\d{1,2} ar\b", " ", words))  # "6-12 år" is an age, not a year's price
    if not figures:
        if free:
            return Price(free=True, low=0, high=0, note="" if len(words.split()) <= 2 else text)
        if (
            words
            in (
                "medlemskap",
                "etter avtale",
                "varierer",
                "ta kontakt",
                "se nettside",
                "se nettsiden",
                "ulike priser",
                "on request",
                "varies",
                "kontingent",
            )
            or len(words.split()) > 3
        ):
            return Price(free=False, note=text)
        raise NotUnderstood("not_understood", text)
    low, high = min(figures), max(figures)
    if high > 1_000_000:
        raise NotUnderstood("not_understood", text)
    if high == 0:
        return Price(free=True, low=0, high=0)
    if free and low > 0:
        # "Gratis for barn, 50 kr for voksne": free for some is not free; the words say for whom.
        return Price(free=False, low=0, high=high, period=period, note=text)
    return Price(free=False, low=low, high=high, period=period, note="" if _says_no_more(words) else text)


def period_of(words: str) -> str:
    """The period in folded words; empty where none is said."""
    for pattern, period in PERIODS:
        if re.search(rf"\b(?:{pattern})\b", words):
            return period
    return ""


def _figures(plain: str) -> list[int]:
    # Ages, group sizes and grades stand beside prices; they are not prices.
    plain = re.sub(
        r"\b\d{1,3}\s*(?:-\s*\d{1,3}\s*)?(?:år\b|ar\b|years?\b|åring\w*|personer|pers\b|barn\b|timer|ganger|%|prosent|\.\s*trinn)(?!\s*:)",
        " ",
        plain,
        flags=re.I,
    )
    plain = re.sub(r"(\d)\s*(?:,-|:-|,–|,—|\.-)", r"\1 ", plain)
    return [
        int(
            Decimal(
                n.replace(" ", "").replace("\u00a0", "").replace(".", "").replace(",", ".")
                if re.search(r"[ .\u00a0]\d{3}", n)
                else n.replace(",", ".")
            ).to_integral_value()
        )
        for n in re.findall(_NUMBER, plain)
    ]


def _says_no_more(words: str) -> bool:
    """True where nothing is said but figures, currency and a period."""
    if re.search(rf"\b(?:{UNNAMED_PERIOD})\b", words):
        return False
    left = re.sub(r"\b(\d+|kr|nok|kroner|per|pr|i|a|fra|til|og|ca|from|to|koster|pris)\b", " ", words)
    for pattern, _period in PERIODS:
        left = re.sub(rf"\b(?:{pattern})\b", " ", left)
    return not left.strip()
