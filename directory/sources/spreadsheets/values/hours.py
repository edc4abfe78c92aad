# ruff: noqa: E501  (tables of words and cases read better on one line each)
"""When: "Tirsdager kl. 18–19.30", "man og ons 17:00-18:00", "Hverdager 10-15, lørdag 11-14"."""

import datetime
import re
from dataclasses import dataclass

from directory.sources.spreadsheets.values import NotUnderstood
from directory.sources.spreadsheets.words import fold

_DAYS = {
    1: "mandag mandager man mandagar monday mondays mon ma maanantai",
    2: "tirsdag tirsdager tir tirs tysdag tysdagar tuesday tuesdays tue tues ti",
    3: "onsdag onsdager ons onsdagar wednesday wednesdays wed on",
    4: "torsdag torsdager tor tors torsdagar thursday thursdays thu thur thurs to",
    5: "fredag fredager fre fredagar friday fridays fri fr",
    6: "lordag lordager lor laurdag laurdagar saturday saturdays sat lo lau",
    7: "sondag sondager son sundag sundagar sunday sundays sun so",
}
_DAY_OF = {word: number for number, words in _DAYS.items() for word in words.split()}
_SETS = {
    "hverdag": (1, 2, 3, 4, 5), "hverdager": (1, 2, 3, 4, 5), "ukedager": (1, 2, 3, 4, 5), "kvardagar": (1, 2, 3, 4, 5), "weekdays": (1, 2, 3, 4, 5),
    "helg": (6, 7), "helger": (6, 7), "weekend": (6, 7), "weekends": (6, 7), "helgene": (6, 7),
    "daglig": (1, 2, 3, 4, 5, 6, 7), "dagleg": (1, 2, 3, 4, 5, 6, 7), "daily": (1, 2, 3, 4, 5, 6, 7), "hver dag": (1, 2, 3, 4, 5, 6, 7), "alle dager": (1, 2, 3, 4, 5, 6, 7), "every day": (1, 2, 3, 4, 5, 6, 7),
}  # fmt: skip
_DAY_WORD = "|".join(sorted((*_DAY_OF, *_SETS), key=len, reverse=True))
_CLOCK = r"(?:kl\.?\s*)?(\d{1,2})(?:[:.](\d{2})|(?<=\d)(\d{2})(?=\D|$))?(?!\d)"
_SPAN = re.compile(rf"{_CLOCK}\s*(?:-|til|to)\s*{_CLOCK}", re.I)
_START = re.compile(
    r"(?:kl\.?\s*|fra\s+(?:kl\.?\s*)?|from\s+)(\d{1,2})(?:[:.](\d{2})|(\d{2}))?(?!\d)|\b(\d{1,2})[:.](\d{2})\b", re.I
)
_TOKEN = re.compile(rf"\b({_DAY_WORD})\b", re.I)
_WEEKS = (
    ("odd", re.compile(r"oddetall|odde uke|odd week")),
    ("even", re.compile(r"partall|like uke|even week")),
    ("first", re.compile(r"forste \w+ i (?:hver )?(?:maned|mnd)|first \w+ (?:of|in) (?:the|every|each) month")),
    ("last", re.compile(r"siste \w+ i (?:hver )?(?:maned|mnd)|last \w+ (?:of|in) (?:the|every|each) month")),
)


@dataclass(frozen=True)
class Slot:
    """One weekday and its time; `end` None where only the beginning was said, both None where only the day was."""

    weekday: int
    start: datetime.time | None = None
    end: datetime.time | None = None


@dataclass(frozen=True)
class Hours:
    """What was understood, and the words themselves where they say more."""

    slots: tuple[Slot, ...]
    weeks: str = "every"  # a value of Session.Weeks
    note: str = ""


def hours(text: str, times: str = "") -> Hours:
    """Read days and times from one cell, or days from one and times from another."""
    plain = _plain(f"{text} {times}".strip())
    spans = [(m.start(), m.end(), "span", m) for m in _SPAN.finditer(plain)]
    # "6:30 to 8:00": "to" is Thursday only where it stands outside a time.
    days_said = [
        (m.start(), m.end(), "days", m) for m in _TOKEN.finditer(plain) if not any(a <= m.start() < b for a, b, *_x in spans)
    ]
    events = sorted(days_said + spans, key=lambda e: e[0])
    if not any(kind == "span" for *_x, kind, _m in events):
        events = sorted(events + [(m.start(), m.end(), "start", m) for m in _START.finditer(plain)], key=lambda e: e[0])
    slots: list[Slot] = []
    days: list[int] = []
    fresh = True  # the next day word begins a new group
    last_end, last_day = 0, None
    for at, end, kind, match in events:
        if kind == "days":
            word = match[1].lower()
            numbers = list(_SETS[word]) if word in _SETS else [_DAY_OF[word]]
            if fresh:
                days, fresh = [], False
            elif last_day and len(numbers) == 1 and re.fullmatch(r"\s*(?:-|til|t\.?o\.?m\.?|to)\s*", plain[last_end:at]):
                numbers = [(last_day + n - 1) % 7 + 1 for n in range(1, (numbers[0] - last_day) % 7 + 1)]
            days += [n for n in numbers if n not in days]
            last_day = numbers[-1]
        else:
            clock = _clocks(match, kind)
            if clock is None:
                raise NotUnderstood("not_understood", text or times)
            slots += [Slot(day, *clock) for day in days]
            fresh = True
        last_end = end
    if days and not fresh:
        slots += [Slot(day) for day in days]
    slots = list(dict.fromkeys(slots))
    if not slots or len(slots) > 60:
        raise NotUnderstood("not_understood", f"{text} {times}".strip())
    left = _START.sub(" ", _SPAN.sub(" ", _TOKEN.sub(" ", plain)))
    left = re.sub(r"\b(kl|og|and|hver|every|fra|til|klokka|klokken|from|at|på)\b|[\W_]", " ", left, flags=re.I)
    weeks = next((name for name, pattern in _WEEKS if pattern.search(plain)), "every")
    return Hours(tuple(slots), weeks, note=f"{text} {times}".strip() if left.strip() else "")


def clock(text: str) -> datetime.time:
    """One time of day: "18", "18.30", "1830", "kl. 18:30"."""
    plain = _plain(text)
    found = re.fullmatch(r"(?:kl\.?\s*)?(\d{1,2})(?:[:.](\d{2})|(\d{2}))?(?::\d{2})?", plain, re.I)
    if found and (value := _time(found[1], found[2] or found[3])):
        return value
    raise NotUnderstood("not_understood", text)


def _plain(text: str) -> str:
    """Hyphens made one, letters folded, digits and their signs left as they are."""
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", text)
    return re.sub(r"\w+", lambda m: fold(m[0]) or m[0], text).lower()


def _clocks(match: re.Match[str], kind: str) -> tuple[datetime.time | None, datetime.time | None] | None:
    g = match.groups()
    if kind == "start":
        start = _time(g[0] or g[3], g[1] or g[2] or g[4])
        return (start, None) if start else None
    start, end = _time(g[0], g[1] or g[2]), _time(g[3], g[4] or g[5])
    if start is None or end is None:
        return None
    return (start, end)


def _time(hour: str, minute: str | None) -> datetime.time | None:
    h, m = int(hour), int(minute or 0)
    if h == 24 and m == 0:
        return datetime.time(23, 59)
    return datetime.time(h, m) if h < 24 and m < 60 else None
