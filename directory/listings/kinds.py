"""Closed lists that listings share."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """The four kinds of listing; the values are those of the search parameter `kind`."""

    PROVIDER = "provider", _("association or provider")
    PLACE = "place", _("place")
    ACTIVITY = "activity", _("activity")
    SUPPORT = "support", _("support scheme")


class Visibility(TextChoices):
    """Who may see a contact field."""

    PUBLIC = "public", _("everybody")
    PROVIDERS = "providers", _("other providers")
    STAFF = "staff", _("municipal staff only")


class Precision(TextChoices):
    """How well a position on the map is known, best first."""

    EXACT = "exact", _("set by hand")
    ADDRESS = "address", _("the address")
    STREET = "street", _("the street")
    POSTCODE = "postcode", _("about here: the middle of the postcode")
    MUNICIPALITY = "municipality", _("somewhere in the municipality")


class ConfirmedAs(TextChoices):
    """In what capacity somebody confirmed that a listing is right."""

    PROVIDER = "provider", _("the association itself")
    STAFF = "staff", _("the municipality")


class PricePer(TextChoices):
    """What a price pays for."""

    TIME = "time", _("each time")
    MONTH = "month", _("a month")
    TERM = "term", _("half a year")
    YEAR = "year", _("a year")
    COURSE = "course", _("the whole course")


class Source(TextChoices):
    """Where a listing came from."""

    STAFF = "staff", _("written by the municipality")
    PROVIDER = "provider", _("written by the association")
    SHEET = "sheet", _("spreadsheet")
    REGISTER = "register", _("public register")
    OPEN_REFERRAL = "hsds", _("Open Referral package")
    DEMO = "demo", _("demo data")


# Languages people speak at an activity; more than the interface has. ISO 639 codes, names as their speakers write them.
SPOKEN: dict[str, str] = {
    "nb": "Norsk",
    "en": "English",
    "ar": "العربية",
    "uk": "Українська",
    "so": "Soomaali",
    "ti": "ትግርኛ",
    "pl": "Polski",
    "fa": "فارسی",
    "prs": "دری",
    "ps": "پښتو",
    "ku": "Kurmancî",
    "ckb": "سۆرانی",
    "tr": "Türkçe",
    "ru": "Русский",
    "lt": "Lietuvių",
    "ro": "Română",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "sw": "Kiswahili",
    "am": "አማርኛ",
    "my": "မြန်မာ",
    "th": "ไทย",
    "vi": "Tiếng Việt",
    "ur": "اردو",
    "ta": "தமிழ்",
    "sv": "Svenska",
    "fi": "Suomi",
    "da": "Dansk",
    "se": "Davvisámegiella",
    "nsl": "Norsk tegnspråk",
}
