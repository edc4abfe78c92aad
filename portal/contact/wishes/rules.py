"""What the words of a wish may not hold: whatever tells who wished."""

from __future__ import annotations

import re

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from portal.contact.enquiries.rules import holds_personal_number

MOST_AN_HOUR = 60  # from one network: two school classes, each on its own tablets
MOST_OF_TOWN = 600  # an hour in a municipality


class WishRefusal(TextChoices):
    """Why a wish is not taken as it stands, and what to do."""

    MAIL = "mail", _("Take out the mail address. We do not need to know who you are.")
    PHONE = "phone", _("Take out the telephone number. We do not need to know who you are.")
    PERSONAL_NUMBER = "personal-number", _("Take out the number with eleven digits. Never send a national identity number.")
    LINK = "link", _("Take out the link. Write with your own words instead.")
    FULL = "full", _("Very many have sent a wish just now. Wait an hour, and send it once more.")


_MAIL = re.compile(r"\S@\S|\bkrøllalfa\b|[(\[]at[)\]]", re.IGNORECASE)
_PHONE = re.compile(r"(?:\d[ .\-/]?){7,}\d|\+\d[\d ]{6,}")
_LINK = re.compile(r"https?:|www\.|\b\w+\.(?:no|com|net|org|io|me|tv|gg)\b", re.IGNORECASE)
#: Digits of other scripts are digits too.
_DIGITS = str.maketrans({chr(start + n): str(n) for start in (0x660, 0x6F0, 0x966) for n in range(10)})


def why_not_words(text: str) -> WishRefusal | None:
    """Whether words tell who wished, as far as a program can see."""
    plain = text.translate(_DIGITS)
    if _MAIL.search(plain):
        return WishRefusal.MAIL
    if holds_personal_number(plain):
        return WishRefusal.PERSONAL_NUMBER
    if _PHONE.search(plain):
        return WishRefusal.PHONE
    return WishRefusal.LINK if _LINK.search(plain) else None
