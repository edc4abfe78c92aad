"""What is counted, and which words of searches may ever be written down."""

from __future__ import annotations

import re
import unicodedata

#: Words are written down when they were asked for so many times, on so many different days. Nobody is known here, so it may
#: have been one person each time: what somebody types and comes back to once or twice stays unwritten, a name that is asked
#: for day after day does not.
ENOUGH = 5
ENOUGH_DAYS = 3
#: So long a keyed hash waits for others to ask the same. Then it is forgotten.
HELD_DAYS = 60
#: Words nobody has asked for so long are forgotten too.
WORDS_DAYS = 365
#: So many different words are held for a municipality at once; a flood of nonsense fills no disk. What was asked for least,
#: longest ago, makes room.
MOST_HELD = 20_000
#: Sums are kept so long.
KEPT_DAYS = 3 * 366

LONGEST = 60
ROBOT = re.compile(
    r"(?<!cu)bot(?:\b|[/;_-])|crawl|spider|slurp|archiver|facebookexternalhit|whatsapp|preview|monitor|uptime|pingdom|lighthouse"
    r"|curl|wget|python|httpx|aiohttp|okhttp|java/|go-http|libwww|perl|ruby|scrapy|feed|validator|checker|fetch",
    re.IGNORECASE,
)


def is_robot(agent: str) -> bool:
    """Whether a browser's own words say that no person sits at it. They are looked at here and kept nowhere."""
    return not agent or ROBOT.search(agent) is not None


def normalised(words: str) -> str:
    """Words of a search as they are told apart: small letters, single spaces, nothing around them.

    Empty for what could be about a person whatever its frequency: mail addresses, web addresses, telephone and other long
    numbers, and sentences.
    """
    text = unicodedata.normalize("NFKC", words)
    if "@" in text or "://" in text or sum(sign.isdigit() for sign in text) >= 5:
        return ""
    text = " ".join(
        "".join(sign if sign.isalnum() or sign in "-'’" or unicodedata.category(sign)[0] == "M" else " " for sign in text).split()
    )
    text = text.casefold()
    return text if len(text) <= LONGEST and len(text.split()) <= 5 else ""


def may_be_written_down(*, count: int, days: int) -> bool:
    """Whether the words were asked for so often that staff may read them."""
    return count >= ENOUGH and days >= ENOUGH_DAYS
