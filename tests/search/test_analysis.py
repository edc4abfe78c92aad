"""What a reader writes meets what an association wrote."""

import pytest

from search import analysis


def meets(asked, asked_words, lang):
    """Whether every word of a question is in a text."""
    tokens = analysis.tokens(asked_words, lang)
    return all(
        any(t in word.exact or t.startswith(word.prefixes) for t in tokens)
        if word.prefixes
        else any(t in word.exact for t in tokens)
        for word in analysis.question(asked)
    )


@pytest.mark.parametrize(
    ("asked", "written", "lang"),
    [
        ("svommekurs", "Svømmekurs", "nb"),
        ("svoemmekurs", "Svømmekurs", "nb"),
        ("Håkon", "Haakons vei", "nb"),
        ("as", "Ås", "nb"),
        ("dans", "dansen", "nb"),
        ("dansen", "dans", "nn"),
        ("kurset", "kurs", "nb"),
        ("korps", "korpset", "nb"),
        ("ungdommer", "ungdom", "nb"),
        ("svømming", "Vi svømmer", "nb"),
        ("klatre", "klatring", "nb"),
        ("kor", "Barnekor", "nb"),
        ("trening", "fotballtrening", "nb"),
        ("fotball", "fotballtrening", "nb"),
        ("ungdom", "ungdomsklubb", "nb"),
        ("swimming", "Swim with us", "en"),
        ("children", "Children’s choir", "en"),
        ("السباحة", "سباحة", "ar"),
        ("أطفال", "والأطفال", "ar"),
        ("مدرس", "مُدَرِّس", "ar"),
        ("м'яч", "м’яч", "uk"),
        ("piłka", "Pilka nozna", "pl"),
        ("esport", "E-sport", "nb"),
        ("e-sport", "esport", "nb"),
        ("24/7", "Åpent 24/7", "nb"),
        ("fot", "fotball", "nb"),
        ("fotball for barn", "Fotball, barn", "nb"),
    ],
)
def test_question_meets_text(asked, written, lang):
    assert meets(asked, written, lang)


@pytest.mark.parametrize(
    ("asked", "written", "lang"),
    [("hall", "hals", "nb"), ("lag", "forslag", "nb"), ("dans barn", "dans", "nb"), ("fot ball", "fotspor", "nb")],
)
def test_question_misses_text(asked, written, lang):
    assert not meets(asked, written, lang)


def test_tokens_are_letters_and_digits_only():
    for text in ('fotball"', "a\x00b", "ﷺ", "½ ² ẞ ǅ", "C++ R&B", "\ud800x", "😀", "' OR 1=1 --", "مُدَرِّس"):
        for token in analysis.tokens(text, "nb"):
            assert token.replace("_", "").isalnum()
        for word in analysis.question(text):
            assert all(token.replace("_", "").isalnum() for token in (*word.exact, *word.prefixes))


def test_questions_are_bounded():
    assert len(analysis.question(" ".join(f"ord{n}" for n in range(50)))) == analysis.MAX_WORDS
    assert all(len(token) <= analysis.MAX_TOKEN + 8 for word in analysis.question("a" * 10_000) for token in word.exact)
    assert [word.raw for word in analysis.question("for og")] == ["for", "og"]


def test_norwegian_names_sort_as_norwegians_sort():
    names = ["Ås", "Ørn", "Ærlig", "Zoo", "Alm", "«Bok»"]
    assert sorted(names, key=lambda name: analysis.collation_key(name, "nb")) == ["Alm", "«Bok»", "Zoo", "Ærlig", "Ørn", "Ås"]
    assert sorted(["ö", "ä", "å"], key=lambda name: analysis.collation_key(name, "sv")) == ["å", "ä", "ö"]
