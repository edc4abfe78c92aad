"""What cannot be sent, and what staff look at before it goes on. Asks nothing of people: no puzzle, no account.

A suspicion never loses a message. It is held back, staff see it with the reason, and pass it on with one press.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import TextChoices
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

LEAST_SECONDS = 4  # from the page to the sending; nobody reads and writes faster
MOST_SAME = 4  # the same words in a day; a parent may well ask four clubs the same
MOST_AN_HOUR = 20  # to one listing; more are held back, so that nobody's letter box is flooded
MOST_OF_TOWN = 300  # an hour in a municipality; more are refused
MOST_A_DAY = 20  # messages of one person who is signed in


class EnquiryRefusal(TextChoices):
    """Why an enquiry is not taken."""

    PERSONAL_NUMBER = "personal-number", _("Take out the number with eleven digits. Never send a national identity number.")
    FULL = "full", _("Very many messages are on their way just now. Wait an hour, and send it once more.")
    MANY = "many", _("You have sent many messages today. You can send more tomorrow.")
    NOBODY = "nobody", _("Nobody can be reached here just now.")
    OVER = "over", _("This notice has been taken down.")


class Suspicion(TextChoices):
    """Why a message is held back."""

    FAST = "fast", _("sent faster than anybody writes")
    LINKS = "links", _("many links, or little else than a link")
    MARKUP = "markup", _("code of web pages")
    REPEATED = "repeated", _("the same words to many")
    SELLING = "selling", _("words of advertisers")
    MANY = "many", _("very many messages to the same receiver")


_LINK = re.compile(
    r"https?://|www\.|(?<![\w@.-])[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|biz|ru|cn|xyz|top|shop|site|online|click|link)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"\[/?url|\[/?link|<\s*a\s|<\s*(?:script|img|iframe)\b|&lt;a\s", re.IGNORECASE)
_SELLING = re.compile(
    r"\b(?:seo|backlinks?|casino|crypto(?:currency)?|bitcoin|forex|viagra|cialis|escort|guest post|web ?design (?:service|agency)"
    r"|rank(?:ing)? (?:on|in) google|lån uten sikkerhet|payday|make money|onlyfans)\b",
    re.IGNORECASE,
)
# Day and month first, then five digits: what a national identity number looks like.
_PERSONAL = re.compile(r"(?<!\d)[0-7]\d[0-5]\d{3}[ .\-]?\d{5}(?!\d)")


def holds_personal_number(*texts: str) -> bool:
    """Whether something that looks like a national identity number stands in a text."""
    return any(_PERSONAL.search(text) for text in texts)


def why_not_words(*texts: str) -> EnquiryRefusal | None:
    """Whether words may be sent at all."""
    return EnquiryRefusal.PERSONAL_NUMBER if holds_personal_number(*texts) else None


def suspicions(*, text: str, name: str, seconds: float | None, same: int, this_hour: int) -> list[str]:
    """Why a message should be looked at first; empty for nearly all. `same`: how often these words were sent in a day."""
    links = len(_LINK.findall(text))
    rest = len(re.sub(r"\S*(?:https?://|www\.)\S*", "", text).strip())
    found: Iterable[tuple[bool, Suspicion]] = (
        (seconds is not None and seconds < LEAST_SECONDS, Suspicion.FAST),
        (links > 2 or (links > 0 and rest < 30) or bool(_LINK.search(name)), Suspicion.LINKS),
        (bool(_MARKUP.search(text) or _MARKUP.search(name)), Suspicion.MARKUP),
        (same >= MOST_SAME, Suspicion.REPEATED),
        (bool(_SELLING.search(text)), Suspicion.SELLING),
        (this_hour >= MOST_AN_HOUR, Suspicion.MANY),
    )
    return [suspicion.value for is_so, suspicion in found if is_so]


def digest_of(text: str) -> str:
    """Tells whether two texts are the same words, whatever stands between them. Nobody without the key reads it."""
    folded = " ".join(re.findall(r"\w+", text.casefold()))
    return salted_hmac("portal.contact.enquiries", folded, algorithm="sha256").hexdigest()[:40]
