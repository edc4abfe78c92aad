from modeltranslation.translator import TranslationOptions, register

from portal.pages.look import SiteLook
from portal.pages.menu import MenuItem
from portal.pages.models import (
    AccessibilityStatementPage,
    GuidePage,
    HomePage,
    NewsIndexPage,
    NewsPage,
    PrivacyPage,
    SeasonPage,
    SectionPage,
    TextPage,
)

PAGE_TEXTS = ("heading", "intro", "body")


@register(HomePage)
@register(SectionPage)
@register(TextPage)
@register(NewsIndexPage)
@register(GuidePage)
@register(PrivacyPage)
class PageTranslation(TranslationOptions):
    fields = PAGE_TEXTS


@register(NewsPage)
class NewsTranslation(TranslationOptions):
    fields = (*PAGE_TEXTS, "image_alt", "who")


@register(SeasonPage)
class SeasonPageTranslation(TranslationOptions):
    fields = (*PAGE_TEXTS, "image_alt")


@register(AccessibilityStatementPage)
class AccessibilityStatementTranslation(TranslationOptions):
    fields = (*PAGE_TEXTS, "known_faults")


@register(SiteLook)
class SiteLookTranslation(TranslationOptions):
    fields = ("footer", "contact")


@register(MenuItem)
class MenuItemTranslation(TranslationOptions):
    fields = ("label",)
