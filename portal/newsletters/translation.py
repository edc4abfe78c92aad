from modeltranslation.translator import TranslationOptions, register

from portal.newsletters.models import Newsletter


@register(Newsletter)
class NewsletterTranslation(TranslationOptions):
    fields = ("subject", "glance", "body")
