"""Which texts must be translated, and what a catalogue is held to."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Message

from portal import messages
from portal.audience import of_staff, staff_lines
from portal.framework import of_framework
from portal.languages import COMPLETE, STAFFED
from tests.check import wrong_values

pytestmark = pytest.mark.one_database

MODEL = """
class Place(models.Model):
    class Kind(models.TextChoices):
        VENUE = "venue", _("venue")

    class Role(models.TextChoices):
        EDITOR = "editor", _("editor")

    name = models.CharField(
        _("name"), help_text=_("short")
    )
    lines = LinesField(label=_("public label"), help_text=_("staff hint"))

    class Meta:
        verbose_name = _("place")

    def words(self):
        return _("Open")
"""


def told_apart(source: str, **options: bool) -> tuple[set[str], set[str]]:
    """The quoted last words of the public lines and of those of staff."""
    lines = staff_lines(source, **options)
    texts = {number: line.split('"')[-2] for number, line in enumerate(source.split("\n"), 1) if "_(" in line}
    return {t for n, t in texts.items() if n not in lines}, {t for n, t in texts.items() if n in lines}


def test_labels_of_fields_are_staffs_and_labels_of_kinds_are_everybodys():
    public, staff = told_apart(MODEL)
    assert public == {"venue", "Open"}
    assert staff == {"editor", "short", "staff hint", "place"}


def test_hints_in_forms_of_the_public_are_everybodys():
    public, _staff = told_apart('class F(forms.Form):\n    a = forms.CharField(help_text=_("hint"))', forms=True)
    assert public == {"hint"}


@pytest.mark.parametrize(
    ("path", "staff"),
    [
        ("templates/directory/reports/staff/report.html", True),
        ("templates/directory/reports/report.html", False),
        ("templates/wagtailadmin/login.html", True),
        ("directory/listings/viewsets.py", True),
        ("directory/management/commands/import_listings.py", True),
        ("directory/sources/spreadsheets/problems.py", True),
        ("directory/listings/words.py", False),
        ("portal/middleware.py", False),
    ],
)
def test_where_a_text_stands_says_who_reads_it(path, staff):
    assert of_staff(path, 0, messages.BASE) is staff


def test_a_text_used_in_both_is_everybodys():
    catalogue, public = messages.found()
    both = catalogue.get("Free")
    assert any(of_staff(path, 0, messages.BASE) is False for path, _line in both.locations)
    assert ("Free", None) in public
    # Files called viewsets only speak to staff.
    only_staff = [m for m in catalogue if m.id and all("viewsets.py" in path for path, _line in m.locations)]
    assert only_staff
    assert not {messages.key_of(m) for m in only_staff} & public


def test_languages_must_have_what_their_readers_meet():
    public = len(messages.found()[1])
    everything = len([m for m in messages.extracted() if m.id])
    for code in COMPLETE:
        own = len(messages.wanted(code)) - len(of_framework(code))
        assert own == (everything if code in STAFFED else public)
    assert everything > public > 200


def test_the_frameworks_words_are_asked_for_where_the_framework_has_none():
    assert {"Monday", "This field is required."} <= {text for text, _c in of_framework("ti")}
    assert of_framework("en") == of_framework("nb") == of_framework("ar") == []
    # Django writes "Poniedziałek" with a capital.
    assert ("Monday", None) in of_framework("pl")


@pytest.mark.parametrize("code", ["nn", "ar", "ti"])
def test_what_a_translator_gets_is_what_is_missing_and_can_be_read_back(code, tmp_path):
    written = tmp_path / "piece.po"
    written.write_text('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n' + messages.fragment(code))
    with written.open("rb") as file:
        back = {messages.key_of(m) for m in messages.read_po(file) if m.id}
    assert back == {messages.key_of(m) for m in messages.missing(code)}


@pytest.mark.parametrize("code", ["nb", "se", "ar"])
def test_bringing_a_catalogue_up_to_date_twice_changes_nothing_and_loses_no_translation(code, tmp_path):
    po = tmp_path / code / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text(messages.po_of(code).read_text(encoding="utf-8"), encoding="utf-8")
    messages.bring_up_to_date(po, messages.extracted())
    once = po.read_text(encoding="utf-8")
    messages.bring_up_to_date(po, messages.extracted())
    assert po.read_text(encoding="utf-8") == once
    with po.open("rb") as file:
        after = {messages.key_of(m): messages.forms_of(m) for m in messages.read_po(file) if m.id}
    fresh = {messages.key_of(m) for m in messages.extracted() if m.id}
    for message in messages.read(code):
        if message.id and messages.key_of(message) in fresh and any(messages.forms_of(message)):
            assert after[messages.key_of(message)] == messages.forms_of(message)


@pytest.mark.parametrize(
    ("original", "translated", "faults"),
    [
        ("%(n)s km", "%(n)s km", 0),
        ("%(n)s km", "noen km", 1),
        ("%(n)s km", "%(m)s km", 1),
        ("%(n)s km", "", 0),
        (("%(n)s hit", "%(n)s hits"), ("ett treff", "%(n)s treff"), 0),
        (("%(n)s hit", "%(n)s hits"), ("ett treff", "%(m)s treff"), 1),
    ],
)
def test_a_translation_that_loses_a_value_is_a_fault(original, translated, faults):
    assert len(list(wrong_values(Message(original, translated)))) == faults
