"""Which texts exist in every language."""

from modeltranslation.translator import TranslationOptions, register

from cards.offers.models import Offer
from cards.programmes.models import Programme


@register(Programme)
class ProgrammeTranslation(TranslationOptions):
    fields = ("name", "intro")


@register(Offer)
class OfferTranslation(TranslationOptions):
    fields = ("title", "note", "let_in")
