"""The languages of the product: their own names, direction, and what Django does not know of them."""

from collections.abc import Sequence
from functools import cache

from babel import Locale
from django.conf.locale import LANG_INFO
from django.utils.translation.trans_real import parse_accept_lang_header

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
RIGHT_TO_LEFT = frozenset({"ar", "fa", "ckb", "prs", "ps", "ur"})
SCRIPTS = {"ar": "Arab", "fa": "Arab", "ti": "Ethi", "uk": "Cyrl", "ru": "Cyrl"}
LANGUAGES = list(NAMES.items())
CODES = tuple(NAMES)
# The interface is complete in these; the others offer content, and their pages show the next best language around it.
COMPLETE = ("nb", "nn", "se", "en", "sv", "fi", "pl", "uk", "ar", "fa", "so", "ti")
# Staff work in these, so their catalogues also have the texts that only staff meet.
STAFFED = ("nb", "nn", "en")

# Plural rules of the catalogues, for whole numbers, after CLDR. Django's own catalogues carry forms for fractions, which
# nobody would fill in, and a Persian rule that swaps the forms.
_SLAVIC = "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2)"
_TWO = "nplurals=2; plural=(n != 1);"
_TWO_FROM_TWO = "nplurals=2; plural=(n > 1);"
PLURALS: dict[str, str] = {
    "nb": _TWO,
    "nn": _TWO,
    "se": "nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);",
    "en": _TWO,
    "sv": _TWO,
    "fi": _TWO,
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
    "uk": f"nplurals=3; plural={_SLAVIC};",
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5);",
    "fa": _TWO_FROM_TWO,
    "so": _TWO,
    "ti": _TWO_FROM_TWO,
    "lt": "nplurals=3; plural=(n%10==1 && (n%100<11 || n%100>19) ? 0 : n%10>=2 && (n%100<11 || n%100>19) ? 1 : 2);",
    "ru": f"nplurals=3; plural={_SLAVIC};",
    "tr": _TWO,
    "ku": _TWO,
    "es": _TWO,
    "fr": _TWO_FROM_TWO,
    "de": _TWO,
}

# What browsers and other lists call our languages, and whose readers read one of ours.
ALSO_CALLED: dict[str, str] = {
    "no": "nb", "nob": "nb", "nno": "nn", "sme": "se", "eng": "en", "swe": "sv", "fin": "fi", "pol": "pl", "ukr": "uk",
    "ara": "ar", "arb": "ar", "fas": "fa", "pes": "fa", "prs": "fa", "som": "so", "tir": "ti",
    "lit": "lt", "rus": "ru", "tur": "tr", "kmr": "ku", "kur": "ku", "spa": "es", "fra": "fr", "deu": "de",
}  # fmt: skip
READ_TOO: dict[str, str] = {"nn": "nb", "nb": "nn", "da": "nb", "dan": "nb"}


def best_for(accept_language: str, offered: Sequence[str]) -> str:
    """The language of `offered` that a browser's Accept-Language asks for most; the first of them where it asks for none."""
    asked = [tag.split("-")[0] for tag, quality in parse_accept_lang_header(accept_language.lower()) if quality]
    for name in asked:
        code = ALSO_CALLED.get(name, name)
        if code in offered:
            return code
        if name == "*":
            break
        if READ_TOO.get(code) in offered:
            return READ_TOO[code]
    return offered[0]


def direction(code: str) -> str:
    """The writing direction of a language, as the HTML attribute `dir` wants it."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"


def interface_of(code: str) -> str:
    """The language of the words around a text in this one: a language that offers content only is met in bokmål."""
    return code if code in COMPLETE else "nb"


@cache
def name_in(code: str, lang: str) -> str:
    """What a language is called in another one: "Arabic" in `en`; empty where that one has no known word for it.

    Both written Norwegians are just Norwegian: it is spoken, and to whoever reads neither they are the same.
    """
    return Locale(lang).languages.get("no" if code in ("nb", "nn") else code) or ""


def script(code: str) -> str:
    """The script a language is written in, by its four letters of ISO 15924."""
    return SCRIPTS.get(code, "Latn")


def teach_django() -> None:
    """Give Django's table the languages it lacks; without this `get_language_info` raises KeyError for them."""
    for code, name in NAMES.items():
        info = LANG_INFO.setdefault(code, {"code": code, "bidi": code in RIGHT_TO_LEFT, "name": ENGLISH_NAMES.get(code, name)})
        info["name_local"] = name
