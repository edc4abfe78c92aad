"""What a reader writes meets what an association wrote."""

import pytest

from portal.languages import CODES
from search import analysis
from search.apps import made_by_another_version, make_postings
from search.engines import get_engine
from search.models import SearchState
from tests.factories.directory import ActivityFactory, make_municipality


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
        # Northern Sami: letters, cases, the two grades
        ("spabbaciekcan", "Spábbačiekčan", "se"),
        ("mánát", "mánáide", "se"),
        ("mánná", "mánáid", "se"),
        ("vuodjan", "vuodjama", "se"),
        ("giela", "gielat", "se"),
        ("ŋ", "Ŋ", "se"),
        # Swedish
        ("simning", "Vi simmar på simskolan", "sv"),
        ("barn", "Barnens kör", "sv"),
        ("kor", "Barnkör", "sv"),
        ("grupp", "Ungdomsgrupp", "sv"),
        ("läxhjälp", "laxhjalp", "sv"),
        # Finnish
        ("uinti", "uintia", "fi"),
        ("lapset", "lapsille", "fi"),
        ("kerho", "kerhoon", "fi"),
        ("kuoro", "Lastenkuoro", "fi"),
        ("seura", "Jalkapalloseura", "fi"),
        ("aiti", "Äiti", "fi"),
        # Polish
        ("pływanie", "Zajęcia z pływania", "pl"),
        ("nożna", "w piłkę nożną", "pl"),
        ("zajecia", "Zajęć", "pl"),
        ("dzieci", "dzieciom", "pl"),
        # Ukrainian
        ("футбол", "грати у футболу", "uk"),
        ("плавання", "плавати", "uk"),
        ("дітей", "дітям", "uk"),
        ("музика", "музикою", "uk"),
        ("заняття", "занять", "uk"),
        # Arabic: signs, alef, ta marbuta, digits
        ("إفطار", "الافطار", "ar"),
        ("مدرسة", "المدرسه", "ar"),
        ("نشاطات", "نشاط", "ar"),
        ("24", "مفتوح ٢٤ ساعة", "ar"),
        # Persian: the letters of an Arabic keyboard, plural with and without the joiner, digits
        ("كتاب", "کتاب‌ها", "fa"),
        ("کودک", "کودکان", "fa"),
        ("ورزش", "فعالیت ورزشی", "fa"),
        ("۱۲", "12 ساله", "fa"),
        # Somali: article and plural behind the word
        ("koox", "kooxda", "so"),
        ("kooxaha", "koox", "so"),
        ("carruur", "carruurta", "so"),
        ("ciyaar", "ciyaaraha", "so"),
        ("kubbad", "Kubbadda cagta", "so"),
        ("dhalinyaro", "dhalinyarada", "so"),
        ("dugsi", "dugsiga", "so"),
        # Tigrinya: letters said alike, little words in front, plural
        ("ሠናይ", "ሰናይ", "ti"),
        ("ፀሓይ", "ጸሓይ", "ti"),
        ("ህጻን", "ንህጻናት", "ti"),
        ("መንእሰይ", "መንእሰያት", "ti"),
        ("ትምህርቲ", "ትምህርትታት", "ti"),
        ("ምሕንባስ", "ንምሕንባስ", "ti"),
    ],
)
def test_question_meets_text(asked, written, lang):
    assert meets(asked, written, lang)


@pytest.mark.parametrize(
    ("asked", "written", "lang"),
    [
        ("hall", "hals", "nb"),
        ("lag", "forslag", "nb"),
        ("dans barn", "dans", "nb"),
        ("fot ball", "fotspor", "nb"),
        ("koor", "koox", "so"),
        ("ህዝቢ", "ህጻን", "ti"),
        ("سوق", "سباحة", "ar"),
        ("guolli", "giella", "se"),
        ("kuoro", "kurssi", "fi"),
    ],
)
def test_question_misses_text(asked, written, lang):
    assert not meets(asked, written, lang)


def test_tokens_are_letters_and_digits_only():
    assert {code for code in CODES if code not in analysis._TAGS} == {"ku"}
    for text in ('fotball"', "a\x00b", "ﷺ", "½ ² ẞ ǅ", "C++ R&B", "\ud800x", "😀", "' OR 1=1 --", "مُدَرِّس"):
        for code in CODES:
            for token in analysis.tokens(text, code):
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


@pytest.mark.django_db
def test_an_index_with_other_tokens_is_made_anew_when_the_database_is_migrated():
    ActivityFactory(municipality=make_municipality("3909", "Larvik"), name_nb="Svømmekurs")
    SearchState.objects.update(version=analysis.VERSION - 1)
    assert made_by_another_version()
    assert not get_engine().status().ready
    epoch = SearchState.objects.get().epoch
    make_postings()
    state = SearchState.objects.get()
    assert (state.version, get_engine().status().ready) == (analysis.VERSION, True)
    make_postings()
    assert SearchState.objects.get().epoch == state.epoch != epoch
