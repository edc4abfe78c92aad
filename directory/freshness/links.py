"""The link of a letter that asks: signed, bound to a provider and a round, good for 120 days without signing in.

It names no person, so it may be passed on within an association. Whoever has it may say that what stands there is right, and
may tell that the association has closed, which staff then look into; it changes no text and opens nothing else. It is
dead when its round is answered: see `read`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from directory.freshness.models import Asking
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.kit.refusals import Refused, refuse_if

GOOD_FOR = timedelta(days=120)
_signer = TimestampSigner(salt="directory.freshness", sep=":")


class Why(TextChoices):
    """Why a link from a letter does not work."""

    BROKEN = "broken", _("This link is not whole. Open it from the letter once more, or copy all of it.")
    OLD = "old", _("This link has expired. Sign in to confirm your pages, or wait for our next letter.")
    NEWER = "newer", _("We have sent a newer letter since. Use the link in that one.")
    GONE = "gone", _("This page is no longer in our lists. Write to the municipality if that is wrong.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link is about: a provider, and the letters of its round."""

    provider: Provider
    round: date
    letters: list[Asking]

    @property
    def answer(self) -> Asking | None:
        """The letter that was answered for good: all is right, or closed."""
        return next((row for row in self.letters if row.answer in (Asking.Answer.CONFIRMED, Asking.Answer.CLOSED)), None)


def token_for(provider: int, round: date) -> str:
    """What a letter's link carries."""
    return _signer.sign(f"{provider}.{round:%Y%m%d}")


def read(token: str, municipality: Municipality) -> Asked:
    """What a link is about, in this municipality; raises `Refused` where it does not hold."""
    value = ""
    try:
        value = _signer.unsign(token, max_age=GOOD_FOR)
    except SignatureExpired:
        refuse_if(Why.OLD)
    except BadSignature:
        refuse_if(Why.BROKEN)
    number, _dot, day = value.partition(".")
    provider = Provider.objects.filter(pk=int(number), municipality=municipality).first()
    if provider is None:
        raise Refused(Why.BROKEN)
    refuse_if(Why.GONE if provider.delisted_at or not provider.live else None)
    provider.municipality = municipality
    round = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    letters = list(Asking.objects.filter(provider=provider).order_by("round", "pk"))
    of_round = [row for row in letters if row.round == round]
    refuse_if(Why.BROKEN if not of_round else None)
    refuse_if(Why.NEWER if letters[-1].round > round else None)
    return Asked(provider, round, of_round)
