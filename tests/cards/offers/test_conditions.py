"""Conditions as data: read with care, told in words, and through a form and back."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.offers import conditions
from cards.offers.conditions import Conditions, Days, read
from cards.offers.conditions_form import ConditionsForm, days_text, hours_text, read_days_text, read_hours_text

FULL = {
    "hours": {"1": [["10:00", "16:00"]], "2": [["10:00", "16:00"]], "3": [["10:00", "16:00"]], "6": [["09:30", "24:00"]]},
    "only": [["06-15", "08-15"], ["2027-02-20", "2027-02-28"]],
    "never": [["12-23", "01-02"], ["2027-07-01", "2027-07-01"]],
    "most_per_day": 1,
    "most_per_visit": 2,
    "age_from": 6,
    "age_to": 12,
}


@pytest.mark.parametrize("data", [{}, None, FULL, {"never": [["02-29", "02-29"]]}, {"hours": {"7": [["00:00", "24:00"]]}}])
def test_conditions_are_kept_as_they_were_read(data):
    assert read(data).as_json() == (data or {})


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"colour": 1}, "__all__"),
        ({"hours": []}, "hours"),
        ({"hours": {"8": [["10:00", "11:00"]]}}, "hours"),
        ({"hours": {"1": []}}, "hours"),
        ({"hours": {"1": [["16:00", "10:00"]]}}, "hours"),
        ({"hours": {"1": [["10:00", "10:00"]]}}, "hours"),
        ({"hours": {"1": [["10:00", "24:01"]]}}, "hours"),
        ({"hours": {"1": [["10:00", "12:00"], ["11:59", "13:00"]]}}, "hours"),
        ({"hours": {"1": [["10:00"]]}}, "hours"),
        ({"hours": {"1": [[10, 11]]}}, "hours"),
        ({"only": ["06-15"]}, "only"),
        ({"only": [["06-15", "2027-08-15"]]}, "only"),
        ({"only": [["2027-08-15", "2027-06-15"]]}, "only"),
        ({"never": [["02-30", "03-01"]]}, "never"),
        ({"never": [["2027-02-29", "2027-03-01"]]}, "never"),
        ({"never": [["24.12", "26.12"]]}, "never"),
        ({"most_per_day": 0}, "most_per_day"),
        ({"most_per_day": True}, "most_per_day"),
        ({"most_per_visit": "2"}, "most_per_visit"),
        ({"age_from": -1}, "age_from"),
        ({"age_from": 12, "age_to": 6}, "age_to"),
    ],
)
def test_a_fault_is_told_at_its_field(data, field):
    with pytest.raises(ValidationError) as told:
        read(data)
    assert set(told.value.message_dict) == {field}


def test_words_gather_neighbouring_days():
    with translation.override("en"):
        said = read({**FULL, "hours": {**FULL["hours"], "4": [["10:00", "16:00"]]}}).words()
    assert [line.replace("\u2060", "").replace("\u2066", "").replace("\u2069", "") for line in said] == [
        "Monday to Thursday 10–16",
        "Saturday 9:30–24",
        "Only from 15 June to 15 August and from 20 February 2027 to 28 February 2027",
        "Not from 23 December to 2 January and 1 July 2027",
        "At most 1 clip a day",
        "At most 2 clips a visit",
        "Ages 6–12",
    ]
    assert Conditions().words() == []


def test_a_yearly_period_goes_over_new_year_and_over_the_leap_day():
    winter, feast = Days("12-23", "01-02"), Days("02-28", "02-29")
    days = [date(2026, 12, 22), date(2026, 12, 23), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3)]
    assert [day in winter for day in days] == [False, True, True, True, True, False]
    assert [day in feast for day in (date(2027, 2, 28), date(2027, 3, 1), date(2028, 2, 29), date(2028, 3, 1))] == [
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("offer", "card", "fits"),
    [
        ((None, None), (None, None), True),
        ((6, 12), (None, None), True),
        ((6, 12), (12, 18), True),
        ((6, 12), (13, 18), False),
        ((13, None), (0, 12), False),
        ((None, 12), (13, None), False),
        ((0, 0), (0, 5), True),
    ],
)
def test_ages_fit_where_they_have_one_in_common(offer, card, fits):
    assert Conditions(age_from=offer[0], age_to=offer[1]).fits(*card) is fits


@pytest.mark.parametrize(
    ("text", "shown"),
    [("10-16", "10–16"), ("10:30 – 14", "10:30–14"), ("18–24,9.15-12", "9:15–12, 18–24"), ("", ""), ("0-24", "0–24")],
)
def test_hours_are_read_as_people_write_them(text, shown):
    assert hours_text(read_hours_text(text)) == shown


@pytest.mark.parametrize("text", ["10", "ten to four", "16-10", "10-25", "10:60-12", "10-12, 11-13", "1-2,3-4,5-6,7-8"])
def test_hours_that_make_no_sense_are_told(text):
    with pytest.raises(ValidationError):
        read_hours_text(text)


@pytest.mark.parametrize(
    ("text", "days", "shown"),
    [
        ("24.12", Days("12-24", "12-24"), "24.12"),
        ("24.12.", Days("12-24", "12-24"), "24.12"),
        ("15.6-15.8", Days("06-15", "08-15"), "15.6–15.8"),
        ("15. 6 – 15. 8", Days("06-15", "08-15"), "15.6–15.8"),
        ("20.2.2027–28.2.2027", Days("2027-02-20", "2027-02-28"), "20.2.2027–28.2.2027"),
        ("2027-02-20", Days("2027-02-20", "2027-02-20"), "20.2.2027"),
    ],
)
def test_days_are_read_as_people_write_them(text, days, shown):
    assert read_days_text(text) == days
    assert days_text(days) == shown


@pytest.mark.parametrize("text", ["Christmas", "30.2", "1.1-2.1-3.1", "29.2.2027", "15.6–15.8.2027", "20.2.2027–19.2.2027"])
def test_days_that_make_no_sense_are_told(text):
    with pytest.raises(ValidationError):
        read_days_text(text)


def posted(form: ConditionsForm) -> dict:
    """What a browser sends for a form as it is shown."""
    out = {}
    for bound in form:
        value = bound.value()
        value = "\n".join(value) if bound.name in {"only", "never"} and isinstance(value, list) else value
        out[bound.name] = "" if value is None else value
    return out


SPANS = st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), min_size=1, max_size=2).filter(
    lambda spans: all(a < b for a, b in spans) and (len(spans) < 2 or sorted(spans)[0][1] <= sorted(spans)[1][0])
)
YEARLY = st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda day: f"{day:%m-%d}")
ONCE = st.dates(date(2026, 1, 1), date(2030, 12, 31)).map(date.isoformat)
ENDS = st.one_of(st.tuples(YEARLY, YEARLY).map(list), st.tuples(ONCE, ONCE).map(sorted))
PERIODS = st.lists(ENDS, max_size=3, unique_by=tuple)


@settings(max_examples=60, deadline=None)
@given(
    hours=st.dictionaries(st.sampled_from("1234567"), SPANS, max_size=6),
    only=PERIODS,
    never=PERIODS,
    most=st.one_of(st.none(), st.integers(1, 9)),
)
def test_a_form_shown_and_sent_back_changes_nothing(hours, only, never, most):
    data = {
        "hours": {
            day: [[conditions.clock(a), conditions.clock(b)] for a, b in sorted(spans)] for day, spans in sorted(hours.items())
        },
        "only": only,
        "never": never,
        "most_per_day": most,
    }
    value = read({name: part for name, part in data.items() if part})
    form = ConditionsForm(posted(ConditionsForm(conditions=value)))
    assert form.is_valid(), form.errors
    assert form.value == value


def test_hours_of_a_day_that_is_not_chosen_are_told():
    form = ConditionsForm({"weekdays": ["1"], "hours": "10-16", "hours_3": "12-14"})
    assert not form.is_valid()
    assert list(form.errors) == ["weekdays"]
