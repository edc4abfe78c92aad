from modeltranslation.translator import TranslationOptions, register

from portal.pages.look import SiteLook
from portal.pages.menu import MenuItem
from portal.pages.models import HomePage


@register(HomePage)
class HomePageTranslation(TranslationOptions):
    fields = ("heading", "intro")


@register(SiteLook)
class SiteLookTranslation(TranslationOptions):
    fields = ("footer", "contact")


@register(MenuItem)
class MenuItemTranslation(TranslationOptions):
    fields = ("label",)
