"""Which texts exist in every language."""

from modeltranslation.translator import TranslationOptions, register

from directory.activities.models import Activity, Season
from directory.agencies.models import Agency
from directory.listings.models import Adaptation, Category, TargetGroup
from directory.municipalities.models import District
from directory.places.models import Place
from directory.proposals.models import SavedAnswer
from directory.providers.models import Provider
from directory.support.models import SupportScheme

LISTING_TEXTS = ("name", "summary", "easy", "description", "image_alt", "adaptation_note", "volunteers_note", "getting_there")


@register(District)
class DistrictTranslation(TranslationOptions):
    fields = ("name", "intro")


@register(Category)
@register(TargetGroup)
@register(Adaptation)
class LabelTranslation(TranslationOptions):
    fields = ("name", "synonyms")


@register(Season)
class SeasonTranslation(TranslationOptions):
    fields = ("name", "intro")


@register(Provider)
class ProviderTranslation(TranslationOptions):
    fields = (*LISTING_TEXTS, "membership_note")


@register(Place)
class PlaceTranslation(TranslationOptions):
    fields = (*LISTING_TEXTS, "price_note", "opening_note", "equipment", "loan_terms")


@register(Activity)
class ActivityTranslation(TranslationOptions):
    fields = (*LISTING_TEXTS, "price_note", "trial", "first_steps", "bring")


@register(SupportScheme)
class SupportSchemeTranslation(TranslationOptions):
    fields = (*LISTING_TEXTS, "who_may_apply", "covers", "how_to_apply")


@register(Agency)
class AgencyTranslation(TranslationOptions):
    fields = ("name", "offers", "hours")


@register(SavedAnswer)
class SavedAnswerTranslation(TranslationOptions):
    fields = ("text",)
