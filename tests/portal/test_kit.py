"""The floor: exported cells."""

from __future__ import annotations

import csv
import io

import pytest

from portal.kit.exports import as_typed, harmless

pytestmark = pytest.mark.one_database

HARMFUL = ["=1+1", "+47 00", "-cmd", "@SUM(A1)", "\t=1", "＝1+1", "﹦1", "a;=1+1", "a,@SUM(A1)", "x\t=2", "en\n=2"]


@pytest.mark.parametrize("text", HARMFUL)
@pytest.mark.parametrize(("written", "read"), [(",", ";"), (";", ","), (",", ","), (";", "\t")])
def test_no_cell_comes_alive_whatever_separator_the_reader_uses(text, written, read):
    out = io.StringIO()
    csv.writer(out, delimiter=written).writerow(["403", harmless(text), "x"])
    for row in csv.reader(io.StringIO(out.getvalue()), delimiter=read):
        for cell in row:
            assert not cell.lstrip('"').startswith(("=", "+", "-", "@", "＝", "﹦")), row


@pytest.mark.parametrize("text", [*HARMFUL, "200,-", "Fotball, 6–12 år", "kl. 18-19", "a;b", "", "'quoted'"])
def test_what_was_made_harmless_comes_back_as_it_was(text):
    assert as_typed(harmless(text)) == text


@pytest.mark.parametrize("text", ["200,-", "Fotball; håndball, dans", "6-12 år", "post@example.org", "a - b"])
def test_ordinary_texts_stay_as_they_are(text):
    assert harmless(text) == text
