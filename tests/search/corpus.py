"""Invented listings and questions for the contract suite: few words and values, so that they meet often."""

from hypothesis import strategies as st

from search import analysis
from search.engines.base import Doc
from search.query import SearchQuery

WORDS = {
    lang: text.split()
    for lang, text in {
        "nb": """fotball fotballen håndball svømming svømmekurs barnekor kor dans dansen ungdom ungdommer for barn hall hals
            e-sport""",
        "en": "football swimming dance dancing children choir for hall youth",
        "ar": "كرة القدم السباحة سباحة والأطفال أطفال رقص",
        "uk": "футбол плавання для дітей м'яч",
    }.items()
}
MISSPELT = """fotbal fobtall svomming svømmign danse hallen ball ungd chior دم xyzzy f kor 24/7 " *"""
ASKED = [w for words in WORDS.values() for w in words] + MISSPELT.split()
NUMBERS = ("3909", "3907", "4001")
POINTS = [(59.05 + i * 0.03, 10.02 + j * 0.05) for i in range(3) for j in range(3)]
ALL_CODES = """category:idrett category:fotball category:kultur target:barn target:eldre adapted:rullestol district:stavern
    district:kvelde free:1 volunteers:1 spoken:ar spoken:nb weekday:1 weekday:3 season:sommer card:1 card:kortet"""
CODES = ALL_CODES.split()
KINDS = ("provider", "place", "activity", "support")


@st.composite
def texts(draw, most):
    lang = draw(st.sampled_from(sorted(WORDS)))
    return lang, " ".join(draw(st.lists(st.sampled_from(WORDS[lang]), max_size=most)))


@st.composite
def docs(draw):
    title_lang, title = draw(texts(3))
    body_lang, body = draw(texts(5))
    ages = sorted(draw(st.tuples(st.integers(0, 20), st.integers(0, 90))))
    return Doc(
        kind=draw(st.sampled_from(KINDS)),
        listing_id=draw(st.integers(1, 12)),
        municipality=draw(st.sampled_from(NUMBERS)),
        slug="s",
        codes=tuple(draw(st.lists(st.sampled_from(CODES), max_size=5))),
        points=tuple(draw(st.lists(st.sampled_from(POINTS), max_size=2))),
        price=draw(st.sampled_from([None, 0, 100, 500])),
        age_from=draw(st.sampled_from([None, ages[0]])),
        age_to=draw(st.sampled_from([None, ages[1]])),
        names=((title_lang, title),) if title else (),
        title=analysis.tokens(title, title_lang),
        body=analysis.tokens(body, body_lang),
        published=draw(st.sampled_from([None, 1_700_000_000_000, 1_790_000_000_000, 1_790_000_000_001])),
    )


def some(values, most=2):
    return st.lists(st.sampled_from(values), max_size=most).map(lambda found: tuple(sorted(set(found))))


def of(param):
    return some([code.split(":")[1] for code in CODES if code.startswith(param)] + ["nowhere"], 2)


@st.composite
def questions(draw):
    few = st.sampled_from([True, False, False])
    point = draw(st.sampled_from([None, None, POINTS[4], (59.0, 10.0)]))
    sorts = ["", "relevance", "name", "newest"] + (["distance"] if point else [])
    return SearchQuery(
        text=" ".join(draw(st.lists(st.sampled_from(ASKED), max_size=3))),
        kinds=draw(some(KINDS)) if draw(few) else (),
        categories=draw(of("category")) if draw(few) else (),
        targets=draw(of("target")) if draw(few) else (),
        districts=draw(of("district")) if draw(few) else (),
        spoken=draw(of("spoken")) if draw(few) else (),
        weekdays=draw(some([1, 3, 7])) if draw(few) else (),
        cards=draw(of("card")) if draw(few) else (),
        ages=draw(some([4, 10, 70])) if draw(few) else (),
        free=draw(few) and draw(few),
        volunteers=draw(few) and draw(few),
        max_price=draw(st.sampled_from([None, None, 0, 100, 300])),
        municipalities=draw(some(NUMBERS)),
        near="somewhere" if point else "",
        point=point,
        within=draw(st.sampled_from([1.0, 5.0, 10.0])),
        sort=draw(st.sampled_from(sorts)),
        home="3909",
        lang=draw(st.sampled_from(["nb", "en", "ar"])),
    )
