from modeltranslation.translator import TranslationOptions, register

from portal.pages.models import HomePage


@register(HomePage)
class HomePageTranslation(TranslationOptions):
    fields = ("heading", "intro")
