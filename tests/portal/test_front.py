"""What the templates' own filters make of texts."""

from __future__ import annotations

from portal.kit.texts import Text
from portal.templatetags.front import begun, breakable


def test_breakable_divides_long_compounds_and_leaves_the_rest() -> None:
    assert breakable("Innvandrerorganisasjoner") == "Innvandrer\u00adorganisasjoner"
    assert breakable("Humanitære og ideelle organisasjoner") == "Humanitære og ideelle organisasjoner"
    assert breakable(Text("Idrett og fysisk aktivitet", "nb")) == "Idrett og fysisk aktivitet"


def test_begun_raises_the_first_letter_and_keeps_the_language() -> None:
    assert begun(Text("forening", "nb")) == Text("Forening", "nb")
    assert begun("IL Nordavind") == "IL Nordavind"
    assert begun("") == ""
