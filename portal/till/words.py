"""What a counter is told, and what the till's script says: here it is translated; the page carries it along as data."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from cards.ledger.money import in_kroner
from cards.offers.models import Offer, Redemption
from cards.offers.rules import WhyNot
from cards.programmes.states import Unit
from portal.kit.texts import Text
from portal.languages import interface_of


def let_in_words(offer: Offer, order: list[str]) -> Text | str:
    """What the counter is told: the sentence of the provider, or one with the offer's name."""
    return offer.text("let_in", order) or _("Let in: %(what)s") % {"what": offer.text("title", order)}


def let_in_now(use: Redemption, offer: Offer, order: list[str]) -> Text:
    """The whole sentence for one use, in the first of these languages: what, for how many, and what was taken if not one clip."""
    lang = interface_of(order[0])
    with override(lang):
        what = let_in_words(offer, order)
    lang = getattr(what, "lang", lang)
    with override(interface_of(lang)):
        many = people_words(use.people) if use.people > 1 else f"× {use.clips}" if use.clips > 1 else ""
        return Text(" · ".join(filter(None, [str(what), in_kroner(use.clips) if use.unit == Unit.ORE else many])), lang)


def said_by_script() -> dict[str, str]:
    """By the name the script knows them by; %(name)s is filled in there."""
    return {
        "left": _("Left on the card: %(count)s"),
        "left_kroner": _("Left on the card: %(count)s kr"),
        "codes": _("Hand over this code:"),
        "reversed": _("This was taken back. Nothing is counted."),
        "practice": _("Practice: it works. Nothing was counted."),
        "practice_says": _("A real card says what to let in, like this: %(what)s"),
        "undone": _("Taken back"),
        "undone_more": _("The card has its clips back."),
        "twice": _("This card was used here a moment ago"),
        "twice_more": _("Is it one more, or the same picture read twice?"),
        "no": _("Not this time"),
        "no_network": _("No network"),
        "no_network_more": _("We do not know whether it was counted. Try again: it is never counted twice."),
        "not_sent_more": _("Nothing was counted. Try again."),
        "many": _("Too many wrong codes"),
        "many_more": _("Wait some minutes. If the card is right, ask the municipality."),
        "kept_more": _("Let in. It is counted when there is network."),
        "waiting": _("Waiting for the network: %(count)s"),
        "slip": _("There is a slip in the code. Look at it once more."),
        "short": _("Signs typed: %(count)s of 16"),
        "no_code": _("This is no code of a card."),
        "no_storage": _("This browser keeps nothing, perhaps since its window is private. Use another one."),
        "asking": _("One moment …"),
        "camera_asks": _("The browser asks whether it may use the camera. Say yes."),
        "camera_none": _("No camera can be used here. Type the code instead."),
        "camera_off": _("Turn the camera on"),
        "camera_on": _("Turn the camera off"),
        "enrolled": _("Ready. This is now a till."),
        "no_offers": _("Nothing can be used here today. Ask who looks after your offers."),
        "told_ok": _("counted"),
        "told_wait": _("the municipality decides"),
        "told_no": _("not counted"),
        "forget": _("Is this browser to be a till no more?"),
        "forget_yes": _("Yes, no more"),
        "forget_later": _("Try again when there is network."),
        "undo_of": _("Take back: %(what)s at %(time)s"),
    }


def people_words(count: int) -> str:
    """How many were let in."""
    return ngettext("%(n)s person", "%(n)s people", count) % {"n": count}


def reasons() -> dict[str, str]:
    """Every "no" in a sentence."""
    return {reason.value: str(reason.label) for reason in WhyNot}
