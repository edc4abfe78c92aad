"""A list as a value, words behind the `#`, and links that carry the list on."""

from __future__ import annotations

import string

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from portal.frontline.carrying import CarryMiddleware, carry_on, is_public_page
from portal.frontline.shortlists import MOST, Ref, Shortlist, ref_of, ref_of_ident
from portal.frontline.words import LONGEST, clean, fragment, read, words_in_form

pytestmark = pytest.mark.one_database
A12, P3, S4 = Ref("activity", 12), Ref("place", 3), Ref("support", 4)


def test_list_is_read_from_an_address_and_written_back():
    own = Shortlist.from_text("a12-p3-s4")
    assert own.refs == (A12, P3, S4)
    assert str(own) == "a12-p3-s4"


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("", ""),
        ("-", ""),
        ("a12-a12-p3", "a12-p3"),
        ("x9-a12", "a12"),
        ("a0-a-1-a01-a12", "a12"),
        ("a12345678901234567890-p3", "p3"),
        ("a１２-p3", "p3"),  # digits of another script
        ("A12-p3", "p3"),
        ("a12\n-p3", "p3"),
        ("'; DROP TABLE--a12", "a12"),
        ("<script>-a12", "a12"),
        ("-".join(f"a{n}" for n in range(1, 40)), "-".join(f"a{n}" for n in range(1, MOST + 1))),
    ],
)
def test_what_makes_no_sense_in_an_address_is_left_out(text, read_as):
    assert str(Shortlist.from_text(text)) == read_as


@given(st.text(max_size=400))
def test_no_address_is_an_error(text):
    own = Shortlist.from_text(text)
    assert len(own) <= MOST
    assert Shortlist.from_text(str(own)) == own


def test_things_are_added_moved_and_taken_off():
    own = Shortlist((A12, P3, S4))
    assert own.with_(A12) == own
    assert Shortlist((A12,)).with_(P3).refs == (A12, P3)
    assert own.without(P3).refs == (A12, S4)
    assert own.moved(S4, -1).refs == (A12, S4, P3)
    assert own.moved(A12, -1) == own
    assert own.moved(S4, 1) == own
    full = Shortlist(tuple(Ref("activity", n) for n in range(1, MOST + 1)))
    assert full.is_full
    assert full.with_(P3) == full


def test_address_holds_one_list_and_keeps_the_rest():
    own = Shortlist((A12,))
    assert own.in_address("/nb/find/?q=kor%26sang&l=p3&free=1#x") == "/nb/find/?q=kor%26sang&free=1&l=a12#x"
    assert Shortlist().in_address("/nb/shortlist/?l=a12") == "/nb/shortlist/?l="


def test_ref_of_a_card():
    assert ref_of_ident("activity-12") == A12
    assert ref_of_ident("nonsense-1") is None
    assert ref_of_ident("activity") is None
    assert ref_of("a12x") is None


# ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_words_go_behind_the_hash_and_come_back():
    words = {"a12": "ብዙሓት ቆልዑ ካብ ኤርትራ ኣለዉ።", "p3": 'Spør etter "Kari" & <b>ring</b> 👩‍🏫'}
    behind = fragment(words)
    assert set(behind) <= set(string.ascii_letters + string.digits + "-_=")
    assert read(behind) == words
    assert fragment({}) == ""


@pytest.mark.parametrize(
    "text", ["", "w=", "w=%%", "w=bm90IGpzb24", "w=W10", "w=" + "A" * 40_000, "x=e30", "w=eyJ4OSI6Im5laSJ9", "w=eyJhMSI6NX0"]
)
def test_strange_words_are_no_words(text):
    assert read(text) == {}


def test_words_are_one_short_line():
    assert clean("  to\r\nBcc: x@example.org\x00 \u202e snudd\u200bvidere ") == "to Bcc: x@example.org snudd videre"
    assert len(clean("ሀ" * 500)) == LONGEST
    assert clean("می‌خواهم") == "می‌خواهم"  # Persian needs its joiner


def test_form_gives_words_of_things_on_the_list_only():
    fields = {"word-a12": " hei ", "word-p3": "", "word-s4": "uvedkommende"}
    assert words_in_form(fields, Shortlist((A12, P3))) == {"a12": "hei"}


# ── carrying on ────────────────────────────────────────────────────────────────────────────────────────────────
def request(path: str = "/nb/find/?q=kor&l=a12"):
    made = RequestFactory().get(path)
    made.shortlist = Shortlist.from_text(made.GET.get("l", ""))
    return made


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="/nb/activities/kor/">', '<a href="/nb/activities/kor/?l=a12">'),
        ("<a class='x' href='/nb/find/?q=a&amp;free=1#c'>", "<a class='x' href='/nb/find/?q=a&amp;free=1&amp;l=a12#c'>"),
        ('<a\n title="a > b" href="/ti/">', '<a\n title="a > b" href="/ti/?l=a12">'),
        ('<a href="http://testserver/ar/find/">', '<a href="/ar/find/?l=a12">'),
        ('<a href="?page=2">', '<a href="/nb/find/?page=2&amp;l=a12">'),
        ('<form action="/nb/find/">', '<form action="/nb/find/"><input type="hidden" name="l" value="a12">'),
        ('<form>', '<form><input type="hidden" name="l" value="a12">'),
    ],
)  # fmt: skip
def test_links_and_forms_of_public_pages_carry_the_list(before, after):
    assert carry_on(before, request()) == after


@pytest.mark.parametrize(
    "tag",
    [
        '<a href="#content">',
        '<a href="https://example.org/nb/find/">',
        '<a href="//example.org/nb/find/">',
        '<a href="mailto:a@example.org">',
        '<a href="tel:00000000">',
        '<a href="javascript:alert(1)">',
        '<a href="/cms/">',
        '<a href="/nb/desk/">',
        '<a href="/nb/embed/">',
        '<a href="/media/images/x.jpg">',
        '<a href="/nb/activities/kor/calendar.ics">',
        '<a href="/nb/shortlist/?l=a12-p3">',  # a list of its own
        '<a href="/nb/shortlist/?l=">',
        '<a data-href="/nb/find/">',
        '<link rel="alternate" href="/ar/find/">',
        '<form method="post" action="/nb/shortlist/">',
        '<form action="https://example.org/">',
    ],
)
def test_other_links_stay_as_they_are(tag):
    assert carry_on(tag, request()) == tag


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/nb/", True),
        ("/ti/find/", True),
        ("/nb/desk/", False),
        ("/cms/", False),
        ("/nb/find/qr.svg", False),
        ("/xx/find/", False),
    ],
)
def test_public_pages_are_told_by_their_path(path, is_one):
    assert is_public_page(path) is is_one


def through(path: str, response: HttpResponse) -> HttpResponse:
    return CarryMiddleware(lambda request: response)(RequestFactory().get(path))


def test_page_without_a_list_is_left_alone():
    html = '<a href="/nb/find/">'
    response = through("/nb/", HttpResponse(html))
    assert response.content.decode() == html
    assert not response.has_header("X-Robots-Tag")


def test_redirect_takes_the_list_along():
    moved = HttpResponse(status=301, headers={"Location": "/nb/activities/ny/"})
    assert through("/nb/activities/gammel/?l=a12", moved)["Location"] == "/nb/activities/ny/?l=a12"
    away = HttpResponse(status=302, headers={"Location": "https://example.org/"})
    assert through("/nb/x/?l=a12", away)["Location"] == "https://example.org/"


def test_page_with_a_list_is_for_no_search_engine_and_no_store():
    response = through("/nb/find/?l=a12", HttpResponse("<p>hei</p>"))
    assert (response["X-Robots-Tag"], response["Cache-Control"]) == ("noindex", "no-cache")
