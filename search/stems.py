"""What is left of a word when its endings are taken off, by language. Pure; analysis.py alone uses it.

Where Snowball has a good stemmer it is used; Arabic, Northern Sami, Somali, Tigrinya and Ukrainian have light rules of our
own: endings are taken off a *folded* word while enough of it is left. They are made for finding, not for grammar: two
words that belong together must meet, and it does no harm if what they meet in is no word.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import snowballstemmer

SNOWBALL = {
    "no": "norwegian",
    "en": "english",
    "sv": "swedish",
    "fi": "finnish",
    "pl": "polish",
    "lt": "lithuanian",
    "ru": "russian",
    "tr": "turkish",
    "es": "spanish",
    "fr": "french",
    "de": "german",
    "fa": "persian",
}
_FIXPOINT = {"no", "sv"}
_local = threading.local()


def snowball(word: str, tag: str) -> str:
    """The stem of a lower-case word by Snowball, with what it leaves undone mended."""
    if tag == "fa":
        word = word.translate(_PERSIAN)
    stemmer = _stemmer(tag)
    result = str(stemmer.stemWord(word))
    while tag in _FIXPOINT and result != word:  # dansen > dans > dan, as dans > dan
        word, result = result, str(stemmer.stemWord(result))
    if tag in _FIXPOINT:
        noun = "ing" if tag == "no" else "ning"  # svømming, simning
        if result.endswith(noun) and len(result) >= 7:
            result = result.removesuffix(noun)
        if result.endswith(("mm", "nn")):  # undoubling ll would join hall and hals
            result = result[:-1]
    if tag == "fa" and len(result) >= 5 and result.endswith("ی"):  # ورزشی > ورزش
        result = result[:-1]
    return result


def _stemmer(tag: str) -> Any:
    # The pure Python stemmers keep state in themselves, so each thread has its own.
    stemmers = _local.__dict__.setdefault("stemmers", {})
    if tag not in stemmers:
        stemmers[tag] = snowballstemmer.stemmer(SNOWBALL[tag])
    return stemmers[tag]


# An Arabic keyboard's letters in a Persian word.
_PERSIAN = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "أ": "ا", "إ": "ا"})


def _without(word: str, endings: tuple[str, ...], least: int) -> str:
    """The word without the first of `endings` that leaves `least` letters."""
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            return word[: -len(ending)]
    return word


def _again(word: str, endings: tuple[str, ...], least: int) -> str:
    """The word without any of `endings`, as often as they come."""
    while (shorter := _without(word, endings, least)) != word:
        word = shorter
    return word


def _longest_first(endings: str) -> tuple[str, ...]:
    return tuple(sorted(endings.split(), key=len, reverse=True))


_AR_PREFIXES = ("وال", "بال", "كال", "فال", "لل", "ال", "و")
_AR_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")


def arabic(word: str) -> str:
    """Light stripping after Larkey's light10: Snowball leaves السباحة and سباحة apart."""
    for prefix in _AR_PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= (3 if prefix == "و" else 2):
            word = word[len(prefix) :]
            break
    return _again(word, _AR_SUFFIXES, 2)


# After folding й is и and ї is і.
_UK_ENDINGS = _longest_first(
    """
    ання анню анням анні ення енню енням енні іння увати ювати ати яти ити іти ують юють уть ать аємо емо имо
    ами ями ах ях ам ям ом ем єм ою ею єю ові еві єві ів еи ого ому ими их им іи ии ої оі їх ьма
    ськии ська ське ські а я у ю е є о і и ь
    """
)


def ukrainian(word: str) -> str:
    """Cases, numbers and the noun of a verb: футболу > футбол, плавання and плавати > плав, занять > занят."""
    word = _without(_without(word, _UK_ENDINGS, 3), ("ь", "н"), 4)
    return word[:-1] if word[-2:] in ("тт", "нн", "лл", "дд") else word


_SE_ENDINGS = _longest_first("iiguin iidda iidi iin iid ide ama mis min id in is it ii an s t n")
_VOWELS = tuple("aeiou")


def northern_sami(word: str) -> str:
    """Cases and, roughly, the strong and the weak grade: mánná, mánát and mánáide meet."""
    word = _again(_without(word, _SE_ENDINGS, 3), _VOWELS, 3)
    return "".join(c for n, c in enumerate(word) if n == 0 or c != word[n - 1])


_SO_ARTICLES = ("yaasha", "yaalka", "ooyinka", "ooyin", "yaal", "aha", "sha", "dha", "ka", "ga", "ha", "ta", "da")


def somali(word: str) -> str:
    """The article and the plural, which stand behind the word: kooxda and kooxaha > koox."""
    word = _without(_without(word, _SO_ARTICLES, 3), ("yo",), 3)
    return _again(word, _VOWELS, 3)


_TI_PREFIXES = ("ን", "ብ", "ዝ")
_TI_PLURALS = ("ታት", "ት")


def tigrinya(word: str) -> str:
    """The little words written in front and the plural behind; the last letter without its vowel: ንህጻናት > ህጻን."""
    if word.startswith(_TI_PREFIXES) and len(word) >= 4:
        word = word[1:]
    while True:
        shorter = _without(_vowelless(word), _TI_PLURALS, 2)
        if shorter == word:
            return word
        word = shorter


def _vowelless(word: str) -> str:
    """The last letter in its sixth form: the letters of a consonant stand eight in a row."""
    last = ord(word[-1])
    if 0x1200 <= last <= 0x1357:
        return word[:-1] + chr(last - last % 8 + 5)
    return word


LIGHT: dict[str, Callable[[str], str]] = {
    "ar": arabic,
    "se": northern_sami,
    "so": somali,
    "ti": tigrinya,
    "uk": ukrainian,
}
