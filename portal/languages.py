"""The languages of the product: their own names, direction, and what Django does not know of them."""

from django.conf.locale import LANG_INFO

# Own names; Django's list lacks so, ti, se and ku, and names some in a way their readers would not look for.
NAMES: dict[str, str] = {
    "nb": "Norsk bokmål",
    "nn": "Norsk nynorsk",
    "se": "Davvisámegiella",
    "en": "English",
    "sv": "Svenska",
    "fi": "Suomi",
    "pl": "Polski",
    "uk": "Українська",
    "ar": "العربية",
    "fa": "فارسی",
    "so": "Soomaali",
    "ti": "ትግርኛ",
    "lt": "Lietuvių",
    "ru": "Русский",
    "tr": "Türkçe",
    "ku": "Kurmancî",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
}
ENGLISH_NAMES = {
    "nb": "Norwegian Bokmål",
    "nn": "Norwegian Nynorsk",
    "se": "Northern Sami",
    "so": "Somali",
    "ti": "Tigrinya",
    "ku": "Kurdish (Kurmanji)",
}
RIGHT_TO_LEFT = frozenset({"ar", "fa"})
LANGUAGES = list(NAMES.items())
CODES = tuple(NAMES)


def direction(code: str) -> str:
    """The writing direction of a language, as the HTML attribute `dir` wants it."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"


def teach_django() -> None:
    """Give Django's table the languages it lacks; without this `get_language_info` raises KeyError for them."""
    for code, name in NAMES.items():
        info = LANG_INFO.setdefault(code, {"code": code, "bidi": code in RIGHT_TO_LEFT, "name": ENGLISH_NAMES.get(code, name)})
        info["name_local"] = name
