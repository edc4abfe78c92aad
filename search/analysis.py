"""Text to tokens: the one place that knows languages. Pure, and the same for every engine.

A field (text and its language) becomes tokens of two sorts:
    fotball         the folded word: no accents, no case, æ>ae ø>o å>a, Arabic letters evened out
    _no_fotbal      its stem, tagged with the stemmer, so that an English stem never meets a Norwegian word
A query becomes a list of `Word`: alternatives of which one must be in the listing.

How words lose their endings in each language: stems.py. What letters are evened out: `_LETTERS` below.
Compounds are split by a short list of words that activities are made of, so the tokens of a text never depend on what else is
in the index.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from search.stems import LIGHT, SNOWBALL, snowball

# Raise this when tokens change, or what else a document holds: an index of another version is rebuilt by the next `migrate`.
VERSION = 4

MAX_TOKEN = 60
MAX_WORDS = 10
MIN_PREFIX = 2
MIN_INFIX = 3

# nb and nn share one stemmer and one tag: readers of the one search in the other.
_TAGS = {"nb": "no", "nn": "no", **{tag: tag for tag in (*SNOWBALL, *LIGHT) if tag != "no"}}
_ARABIC = ("ar", "fa")
_CYRILLIC = ("ru", "uk")
_ETHIOPIC = ("ti",)
_LATIN = tuple(sorted({*_TAGS.values()} - {*_ARABIC, *_CYRILLIC, *_ETHIOPIC}))


def _row(first: str, instead: str) -> dict[str, str]:
    """The eight letters of an Ethiopic consonant, each read as the same letter of another."""
    return {chr(ord(first) + n): chr(ord(instead) + n) for n in range(8)}


_LETTERS = str.maketrans(
    {
        "æ": "ae", "ø": "o", "å": "a", "ð": "d", "đ": "d", "ŋ": "n", "ŧ": "t", "ł": "l", "ı": "i", "œ": "oe", "þ": "th",
        # Arabic script: one alef, one ya, one ha, one kaf, whatever the keyboard; no tatweel.
        "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ة": "ه", "ۀ": "ه", "ە": "ه", "ک": "ك", "ڪ": "ك", "ـ": "", "ء": "",
        # Ukrainian and Russian keyboards swap these.
        "ґ": "г", "ё": "е",
        # Said alike in Tigrinya, and spelt now one way, now the other.
        **_row("ሠ", "ሰ"), **_row("ኀ", "ሐ"), **_row("ፀ", "ጸ"),
    }
)  # fmt: skip
WORD = re.compile(r"[^\W_]+")
_CHUNK = re.compile(r"[^\W_]+(?:[-‐‑&/+.][^\W_]+)*")
_MARKS = re.compile("[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200c\u200d\u00ad'’ʼ`´‘]")


def _word_list(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BAD = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_ONLY_ARABIC = re.compile(r"[\u0600-\u06ff]")
_ONLY_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_ONLY_ETHIOPIC = re.compile(r"[\u1200-\u139f]")

_STOP = _word_list(
    """
    og i på for til med av en et ei den det de som er om å eller ved hos fra the and in of to a an at is or with och att
    till för ja tai w z na do dla та і й в у з до для на или и с iyo oo ee ku ka u leat lea dihte
    في من على مع و أو الى إلى در از به برای با ናይ ኣብ ምስ ወይ ካብ
    """
)

# What the words for activities are made of, folded. Both ends are tried, so «barnekor» is found by «kor» and by «barn».
_NORDIC = _word_list(
    """
    aften aktivitet akademi allsang balett ball ballett band bane barn barne basar bibliotek bok brett bridge buss by
    bygg cafe cup dame dans disko drift drama eldre familie fest film fiske folke forening fot fotball fri friluft
    frivillig gard gruppe gutte gym gymnastikk hage hall hand handball helse hest historie hobby hund idrett ishockey
    jakt jente jobb junior kafe kamp kajakk kino kirke klatre klatring klubb kor korps kultur kunst kurs kveld kvinne
    lag lekse lek leir leker loppe lunsj lop marked mat matte maling musikk musikal mote natur norsk orienterings
    orkester park pensjonist pike prat rad ride riding roing ro rulle rullestol sal sang seil seiling senter senior
    sjakk skate ski skole skog skyte slalom speider spill sprak stall stevne stue strikke svomme svomming sykkel sykling
    syng teater tennis tilbud tilbod time tog trening trim tur turn ungdom ungdoms utlan utstyr uke vakt vandring
    veiledning verksted volley volleyball yoga simning sim fotboll handboll innebandy idrott idrotts gympa grupp traning
    skola forskola lager utflykt odling tradgard sprak lasning bocker slojd simskola hjalp laxa laxhjalp scout
    """
)
_FINNISH = _word_list(
    """
    aikuis halli hiihto ilta jalkapallo jooga jumppa kahvila kerho kielikahvila kilpailu kirja kirjasto koira koripallo
    koulu kulttuuri kurssi kuoro lapsi lasten laulu leikki leiri lento lentopallo liikunta luistelu luonto maila musiikki
    nuori nuoriso nuorten opisto paiva pallo perhe peli pyora retki ryhma salibandy senioori seura soitto taide tanssi
    tapaaminen teatteri tyopaja uima uinti ulkoilu urheilu vanhempi vauva venyttely voimistelu
    """
)
_PARTS = {"no": _NORDIC, "sv": _NORDIC, "fi": _FINNISH}


@dataclass(frozen=True)
class Word:
    """One word of a question: any of `exact` must be in the listing, or begin with one of `prefixes`."""

    raw: str
    exact: tuple[str, ...]
    prefixes: tuple[str, ...] = ()

    @property
    def plain(self) -> str:
        """The folded word itself, for spelling help."""
        return self.exact[0]


def clean(text: str) -> str:
    """Text without what no database column takes: NUL, control characters, lone surrogates."""
    return _BAD.sub(" ", text)


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """A word without case, accents and keyboard differences."""
    word = word.casefold().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", word).casefold().translate(_LETTERS)
    # Nothing but letters and digits may reach an engine; this drops accents too. Digits are Western, whoever typed them.
    return "".join(_western(c) for c in plain if c.isalnum())[:MAX_TOKEN]


def _western(character: str) -> str:
    return character if character.isascii() or not character.isdecimal() else str(unicodedata.decimal(character))


def _variants(folded: str) -> tuple[str, ...]:
    """The same word with aa, oe spelled out: Haakon and Håkon, svoemming and svømming."""
    other = folded.replace("aa", "a").replace("oe", "o")
    return (other,) if other != folded and other else ()


@lru_cache(maxsize=50_000)
def stem(word: str, tag: str) -> str:
    """The folded stem of a word in the language of a tag."""
    if tag in LIGHT:
        folded = fold(word)
        return LIGHT[tag](folded) if folded else ""
    return fold(snowball(word.casefold(), tag))


@lru_cache(maxsize=50_000)
def _compound_parts(folded: str, tag: str) -> tuple[str, ...]:
    found = []
    words = _PARTS[tag]
    for cut in range(3, len(folded) - 2):
        head, tail = folded[:cut], folded[cut:]
        if tail in words:
            # A linking s or e stands between the parts: «barn-e-kor», «ungdom-s-klubb».
            known = [h for h in (head, head[:-1]) if h in words and len(h) >= 3]
            if not known and len(tail) == 3 and tail != "kor":
                continue  # «forslag» is no «lag»
            found.append(tail)
            found.extend(known)
            if len(head) >= 5:
                found.append(head)
        elif head in words and len(head) >= 4 and len(tail) >= 4:
            found.append(head)
    return tuple(dict.fromkeys(found))


def _chunks(text: str) -> list[str]:
    """What stands between spaces. Vowel signs and apostrophes go first, or they would cut words in pieces."""
    return _CHUNK.findall(_MARKS.sub("", unicodedata.normalize("NFKC", clean(text))))


def _joined(chunk: str) -> tuple[list[str], str | None]:
    """The words of a chunk and, for «e-sport», «24/7» or «R&B», what they make when written together."""
    parts = WORD.findall(chunk)
    return parts, "".join(parts) if len(parts) > 1 else None


def tokens(text: str, language: str) -> dict[str, str]:
    """All tokens of a text, each with the word it came from as people write it (empty for stems)."""
    found: dict[str, str] = {}
    tag = _TAGS.get(language)
    for chunk in _chunks(text):
        parts, together = _joined(chunk)
        if together and len(together) <= MAX_TOKEN:
            parts = [*parts, together]
        for part in parts:
            folded = fold(part)
            if not folded:
                continue
            shown = part.casefold()[:MAX_TOKEN]
            found.setdefault(folded, shown)
            for variant in _variants(folded):
                found.setdefault(variant, shown)
            if tag is None:
                continue
            found.setdefault(f"_{tag}_{stem(part, tag)}", "")
            if tag in _PARTS and len(folded) >= 6:
                for piece in _compound_parts(folded, tag):
                    # Parts are for finding, never to be proposed as a spelling.
                    found.setdefault(f"_{tag}_{stem(piece, tag)}", "")
                    found.setdefault(f"_p_{piece}", "")
    return found


def _script_tags(word: str) -> Iterable[str]:
    """The languages a word can be of, by its letters."""
    if _ONLY_ARABIC.search(word):
        return _ARABIC
    if _ONLY_CYRILLIC.search(word):
        return _CYRILLIC
    if _ONLY_ETHIOPIC.search(word):
        return _ETHIOPIC
    return _LATIN if any(c.isalpha() for c in word) else ()


def _word(raw: str, *, last: bool) -> Word | None:
    folded = fold(raw)
    if not folded:
        return None
    plain = (folded, *_variants(folded))
    exact = dict.fromkeys(plain)
    for tag in _script_tags(raw):
        exact[f"_{tag}_{stem(raw, tag)}"] = None
    for form in plain:
        exact[f"_p_{form}"] = None
    prefixes = tuple(form for form in plain if last and len(form) >= MIN_PREFIX)
    return Word(raw=raw.casefold(), exact=tuple(exact), prefixes=prefixes)


def question(text: str) -> tuple[Word, ...]:
    """The words of a question. Little words are left out unless there is nothing else; at most ten words count."""
    raw: list[str] = []
    for chunk in _chunks(text):
        parts, together = _joined(chunk)
        if together and any(len(part) < 3 for part in parts):
            raw.append(together)
        else:
            raw.extend(parts)
    kept = [word for word in raw if word.casefold() not in _STOP] or raw
    unique = list(dict.fromkeys(kept))[:MAX_WORDS]
    words = [_word(word, last=index == len(unique) - 1) for index, word in enumerate(unique)]
    return tuple(word for word in words if word is not None)


def allowed_edits(word: str) -> int:
    """How many slips of the finger a word may have: none below three letters, one below six, then two."""
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


@lru_cache(maxsize=100_000)
def collation_key(text: str, language: str) -> tuple[str, str]:
    """What a list in a language is sorted by: æ, ø, å (å, ä, ö in Swedish and Finnish) stand last."""
    lowered = unicodedata.normalize("NFC", text).casefold()
    if language in ("sv", "fi"):
        order = {"å": "z\ue001", "ä": "z\ue002", "æ": "z\ue002", "ö": "z\ue003", "ø": "z\ue003"}
    else:
        order = {"æ": "z\ue001", "ä": "z\ue001", "ø": "z\ue002", "ö": "z\ue002", "å": "z\ue003"}
    lowered = "".join(order.get(c, c) for c in lowered)
    plain = "".join(c for c in unicodedata.normalize("NFKD", lowered) if unicodedata.category(c) != "Mn")
    return plain.lstrip(" \"'«»“”(.-"), lowered


def fold_all(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return [fold(part) for chunk in _chunks(text) for part in WORD.findall(chunk)]
