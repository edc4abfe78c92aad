"""Letters of every room: one message for each receiver, no header from a text, text and HTML from the same blocks."""

from __future__ import annotations

import pytest
from django.core import mail

from portal.kit.letters import Button, Code, Entries, Entry, Facts, Heading, Paragraph, Points, Rich, Small, plain, write_letter
from portal.kit.mail import make_message, send_letter

BLOCKS = [
    Heading("Hei & <velkommen>", level=1),
    Paragraph("Første linje\nandre linje"),
    Rich('<p>Se <a href="https://example.org/?a=1&amp;b=2">her</a>.</p><ul><li>en</li><li>to</li></ul>'),
    Button("Alt stemmer", "https://example.org/ja/"),
    Code("123 456"),
    Facts([("Når", "tirsdag")]),
    Points(["ring", "skriv"], numbered=True),
    Entries([Entry("مرحبا", "https://example.org/ar/", text="نص", note="", lang="ar")]),
]


def test_each_receiver_gets_a_message_that_names_nobody_else() -> None:
    send_letter(subject="Hei", body="Tekst", to=["a@example.org", "b@example.org", "a@example.org"])

    assert [message.to for message in mail.outbox] == [["a@example.org"], ["b@example.org"]]
    assert all("b@example.org" not in str(message.message()) for message in mail.outbox[:1])


def test_no_header_can_be_smuggled_in() -> None:
    evil = "Hei\r\nBcc: offer@example.org\n\tmer"
    message = make_message(
        subject=evil,
        body="x",
        to="a@example.org",
        headers={"X-Thing": "1\r\nBcc: offer@example.org"},
        reply_to=["b@example.org\nBcc: offer@example.org", "c@example.org"],
        sender="Navn\r\nBcc: offer@example.org <a@example.org>",
    )

    written = message.message()

    assert written["Bcc"] is None
    assert "\n" not in str(written["Subject"])
    assert written["Reply-To"] == "c@example.org"
    assert "\nBcc:" not in written.as_string().replace("\r", "")


def test_an_address_that_is_none_is_left_out() -> None:
    send_letter(subject="Hei", body="Tekst", to=["", "a@example.org, b@example.org", "x\r\nBcc: y@example.org", "c@example.org"])

    assert [message.to for message in mail.outbox] == [["c@example.org"]]


def test_a_letter_says_that_no_person_wrote_it_and_in_which_language() -> None:
    send_letter(subject="Hei", body="Tekst", to=["a@example.org"], html="<p>Tekst</p>", lang="nb", headers={"List-Id": "<x>"})

    message = mail.outbox[0].message()

    assert message["Auto-Submitted"] == "auto-generated"
    assert (message["Content-Language"], message["List-Id"]) == ("nb", "<x>")
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_text_and_html_come_from_the_same_blocks() -> None:
    text, html = write_letter(BLOCKS, "nb", sender="Larvik", foot=[Small("Hvorfor", "https://example.org/slutt/", "Slutt")])

    for word in ("Hei", "andre linje", "https://example.org/ja/", "123 456", "tirsdag", "مرحبا", "https://example.org/slutt/"):
        assert word in text, word
        assert word in html, word
    assert "Hei & <velkommen>" in text
    assert "Hei &amp; &lt;velkommen&gt;" in html
    assert "her (https://example.org/?a=1&b=2)" in text
    assert "1. ring" in text
    assert "* en" in text


def test_html_carries_its_rules_its_language_and_dark_mode() -> None:
    _text, html = write_letter(BLOCKS, "ar", title="عنوان")

    assert '<html lang="ar" dir="rtl">' in html
    assert 'class="ground outer" dir="rtl" lang="ar"' in html
    assert '<p style="' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert html.index('<meta charset="utf-8">') < 1000
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "src=" not in html


def test_a_block_in_another_language_says_so() -> None:
    _text, html = write_letter([Paragraph("مرحبا", lang="ar")], "nb")

    assert 'dir="rtl"' in html
    assert 'lang="ar"' in html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "* a\n  * b"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ('<p><a href="mailto:a@example.org">skriv</a></p>', "skriv (a@example.org)"),
        ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
        ("", ""),
    ],
)
def test_formatted_text_can_be_read_plain(html: str, text: str) -> None:
    assert plain(html) == text
