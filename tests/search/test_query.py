"""The question as a value: read from an address and written to one."""

from dataclasses import replace

from django.http import QueryDict
from hypothesis import given, settings

from search.query import CHOICES, SearchQuery
from tests.search.corpus import questions


def read(address, **known):
    return SearchQuery.from_params(QueryDict(address), home="3909", **known)


def write(query):
    out = QueryDict(mutable=True)
    for param, value in query.to_params():
        out.appendlist(param, value)
    return out.urlencode()


class Somewhere:
    lat, lon, label = 59.05, 10.03, "Torstrand"


@settings(max_examples=150, deadline=None)
@given(questions())
def test_what_is_written_is_read_again(query):
    if query.point:
        query = replace(query, near=f"{query.point[0]},{query.point[1]}")
    query, _notices = read(write(replace(query, municipalities=query.municipalities or ("3909",))))
    again, notices = read(write(query))
    assert again == query
    assert notices == ()


@settings(max_examples=80, deadline=None)
@given(questions())
def test_a_chip_takes_away_what_it_says_and_nothing_else(query):
    query = replace(query, near="59.05,10.03" if query.point else "")
    for param, value in query.chosen():
        left = query.without(param, value)
        assert (param, value) not in left.chosen()
        assert [pair for pair in left.chosen() if pair[0] != param] == [pair for pair in query.chosen() if pair[0] != param]


def test_usual_values_are_left_out_of_addresses():
    query, _ = read("sort=relevance&page=1&within=10&municipality=3909&q=kor")
    assert query.to_params() == [("q", "kor")]
    assert query.address("/nb/find/") == "/nb/find/?q=kor"
    assert read("")[0].address("/nb/find/") == "/nb/find/"


def test_everywhere_and_home():
    assert read("")[0].scope == ("3909",)
    everywhere = read("municipality=all")[0]
    assert everywhere.scope == ()
    assert everywhere.to_params() == [("municipality", "all")]
    assert everywhere.without("municipality").scope == ("3909",)


def test_a_place_by_name_is_kept_as_written():
    query, notices = read("near=Torstrand&within=2,5", locate=lambda text: Somewhere())
    assert (query.point, query.near_label, query.within, query.order) == ((59.05, 10.03), "Torstrand", 2.5, "distance")
    assert query.to_params() == [("near", "Torstrand"), ("within", "2.5")]
    assert notices == ()
    assert query.without("near").point is None
    unknown, notices = read("near=Atlantis", locate=lambda text: None)
    assert unknown.point is None
    assert [notice.param for notice in notices] == ["near"]


def test_distance_needs_a_place():
    query, notices = read("sort=distance")
    assert query.order == "newest"
    assert [notice.param for notice in notices] == ["sort"]


def test_description_names_every_choice():
    query, _ = read("q=kor&free=1&age=10&maxprice=200&near=59.05,10.03")
    assert len(query.describe().split(" · ")) == 5
    assert {param for param, _ in query.chosen()} <= set(CHOICES)
