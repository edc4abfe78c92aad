"""Facts of a listing in words: ages, prices, ranges. In the active language."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import get_language_bidi, ngettext
from django.utils.translation import gettext as _

from directory.listings.kinds import SPOKEN, PricePer
from portal.kit.texts import Text
from portal.languages import interface_of, name_in


def isolated(text: str) -> str:
    """A piece written left to right, kept whole inside a line that runs from the right."""
    return f"\u2066{text}\u2069" if get_language_bidi() else text


def spoken_in_words(code: str, lang: str) -> Text:
    """What a spoken language is called in the reader's; by its own name where the reader's has no known word for it."""
    reader = interface_of(lang)
    name = {"nsl": lambda: _("Norwegian Sign Language"), "prs": lambda: _("Dari")}.get(code, lambda: name_in(code, reader))()
    if name:
        return Text(name[:1].upper() + name[1:], reader)
    return Text(SPOKEN.get(code, code), code)


def ages_in_words(age_from: int | None, age_to: int | None) -> str:
    """ "6–12 years", "from 13 years", "up to 5 years"; empty when nothing is known."""
    if age_from and age_to is not None and age_to < 100:
        if age_from == age_to:
            return ngettext("%(age)s year", "%(age)s years", age_to) % {"age": age_to}
        return _("%(ages)s years") % {"ages": isolated(f"{age_from}–{age_to}")}
    if age_from:
        return _("from %(age)s years") % {"age": age_from}
    if age_to is not None and age_to < 100:
        return _("up to %(age)s years") % {"age": age_to}
    if age_from == 0 or age_to is not None:
        return _("all ages")
    return ""


def kroner(amount: Decimal) -> str:
    """ "1 200 kr"; øre only where there are any."""
    whole = amount == amount.to_integral_value()
    return isolated(
        f"{number_format(amount.quantize(Decimal(1)) if whole else amount, 0 if whole else 2, force_grouping=True)}\u00a0kr"
    )


PER = {
    PricePer.TIME: lambda: _("%(price)s each time"),
    PricePer.MONTH: lambda: _("%(price)s a month"),
    PricePer.TERM: lambda: _("%(price)s for half a year"),
    PricePer.YEAR: lambda: _("%(price)s a year"),
    PricePer.COURSE: lambda: _("%(price)s for the whole course"),
}


def price_in_words(is_free: bool | None, price: Decimal | None, per: str = "") -> str:
    """ "Free", "500 kr a year", "Costs something"; empty when nobody has said."""
    if is_free or (price is not None and price == 0):
        return _("Free")
    if price is None:
        return _("Costs something") if is_free is False else ""
    sentence = PER[PricePer(per)]() if per in PER else "%(price)s"
    return sentence % {"price": kroner(price)}
