"""R12: moments at which a second more or less decides, and what must be said then.

Each is run through the rule, through its twin for the telephone, and through redeem and undo. The world around is wide open
unless a case says otherwise: everything runs from August 2026 to July 2028.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from cards.offers.rules import WhyNot

FIRST, LAST = date(2026, 8, 1), date(2028, 7, 31)


@dataclass(frozen=True)
class Case:
    """A moment (ISO, with its offset), what differs from the wide-open world, and the reason; None: let in."""

    name: str
    at: str
    why: WhyNot | None
    conditions: dict[str, Any] = field(default_factory=dict)
    valid_to: date = LAST
    activate_by: date | None = None  # given: the card has not been used yet
    offer: tuple[date, date] = (FIRST, LAST)
    agreement: tuple[date, date] = (FIRST, LAST)
    year: tuple[date, date] = (FIRST, LAST)
    before: tuple[str, ...] = ()  # uses of the same card and offer

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


def weekly(days: str, *spans: tuple[str, str]) -> dict[str, Any]:
    return {"hours": {day: [list(span) for span in spans] for day in days}}


MON_TO_THU = weekly("1234", ("10:00", "16:00"))
MON_TO_THU_ALL_DAY = weekly("1234", ("00:00", "24:00"))
ONE_A_DAY = {"most_per_day": 1}
CHRISTMAS = {"never": [["12-23", "01-02"]]}
FEBRUARY, ONLY_LEAP = {"only": [["02-01", "02-28"]]}, {"only": [["02-29", "02-29"]]}
WINTER = {"only": [["11-01", "03-31"]]}
JUNE_30, MARCH_31, MAY_1, MAY_31 = date(2027, 6, 30), date(2027, 3, 31), date(2027, 5, 1), date(2027, 5, 31)
YEAR_2027 = (date(2027, 1, 1), date(2027, 12, 31))
SPRING, AUTUMN, LEAP_DAY = date(2027, 3, 28), date(2027, 10, 31), date(2028, 2, 29)
NIGHT_1_2, NIGHT_2_3, NIGHT_3_4 = (weekly("7", (f"0{h}:00", f"0{h + 1}:00")) for h in (1, 2, 3))

CASES = [
    # The last day of a card, in summer time.
    Case("last day, last second", "2027-06-30T23:59:59+02:00", None, valid_to=JUNE_30),
    Case("last day, last microsecond", "2027-06-30T23:59:59.999999+02:00", None, valid_to=JUNE_30),
    Case("the second after the last day", "2027-07-01T00:00:00+02:00", WhyNot.EXPIRED, valid_to=JUNE_30),
    Case("last day told in UTC", "2027-06-30T21:59:59+00:00", None, valid_to=JUNE_30),
    Case("over in Oslo, not yet in UTC", "2027-06-30T22:00:00+00:00", WhyNot.EXPIRED, valid_to=JUNE_30),
    Case("over in Oslo, told from New York", "2027-06-30T18:00:00-04:00", WhyNot.EXPIRED, valid_to=JUNE_30),
    # First use.
    Case("first use in time", "2027-03-31T23:59:59+02:00", None, activate_by=MARCH_31),
    Case("first use a second late", "2027-04-01T00:00:00+02:00", WhyNot.LAPSED, activate_by=MARCH_31),
    Case("in use, later", "2027-04-01T00:00:00+02:00", None, activate_by=MARCH_31, before=("2027-03-31T23:59:59+02:00",)),
    # The windows of offer, agreement and year.
    Case("offer's last second", "2027-05-31T23:59:59+02:00", None, offer=(MAY_1, MAY_31)),
    Case("offer over", "2027-06-01T00:00:00+02:00", WhyNot.OFFER_CLOSED, offer=(MAY_1, MAY_31)),
    Case("offer's first second", "2027-05-01T00:00:00+02:00", None, offer=(MAY_1, MAY_31)),
    Case("before the offer", "2027-04-30T23:59:59+02:00", WhyNot.NOT_OPEN_YET, offer=(MAY_1, MAY_31)),
    Case("agreement's last second", "2027-05-31T23:59:59+02:00", None, agreement=(MAY_1, MAY_31)),
    Case("agreement over", "2027-06-01T00:00:00+02:00", WhyNot.OFFER_CLOSED, agreement=(MAY_1, MAY_31)),
    Case("before the agreement", "2027-04-30T23:59:59+02:00", WhyNot.NOT_OPEN_YET, agreement=(MAY_1, MAY_31)),
    Case("year's last second", "2027-12-31T23:59:59+01:00", None, year=YEAR_2027),
    Case("year over", "2028-01-01T00:00:00+01:00", WhyNot.YEAR_CLOSED, year=YEAR_2027),
    Case("year over in Oslo, not yet in UTC", "2027-12-31T23:00:00+00:00", WhyNot.YEAR_CLOSED, year=YEAR_2027),
    Case("before the year", "2026-12-31T23:59:59+01:00", WhyNot.NOT_OPEN_YET, year=YEAR_2027),
    Case("year's first second", "2027-01-01T00:00:00+01:00", None, year=YEAR_2027),
    Case("year's first second in UTC's old year", "2026-12-31T23:00:00+00:00", None, year=YEAR_2027),
    # The night in which the hour from 2 to 3 is left out.
    Case("spring: last second before the leap", "2027-03-28T01:59:59+01:00", None, NIGHT_1_2),
    Case("spring: one second on it is 3", "2027-03-28T03:00:00+02:00", WhyNot.WRONG_TIME, NIGHT_1_2),
    Case("spring: 2 to 3 is not, before", "2027-03-28T01:59:59+01:00", WhyNot.WRONG_TIME, NIGHT_2_3),
    Case("spring: 2 to 3 is not, after", "2027-03-28T03:00:00+02:00", WhyNot.WRONG_TIME, NIGHT_2_3),
    Case("spring: 3 to 4 begins", "2027-03-28T01:00:00+00:00", None, NIGHT_3_4),
    Case("spring: 3 to 4 ends", "2027-03-28T02:00:00+00:00", WhyNot.WRONG_TIME, NIGHT_3_4),
    Case("spring: the short day ends", "2027-03-28T21:59:59+00:00", None, valid_to=SPRING),
    Case("spring: the short day is over", "2027-03-28T22:00:00+00:00", WhyNot.EXPIRED, valid_to=SPRING),
    Case("spring: the day before is over", "2027-03-27T23:00:00+00:00", WhyNot.EXPIRED, valid_to=date(2027, 3, 27)),
    # The night that has the hour from 2 to 3 twice.
    Case("autumn: 2:30 the first time", "2027-10-31T02:30:00+02:00", None, NIGHT_2_3),
    Case("autumn: 2:30 the second time", "2027-10-31T02:30:00+01:00", None, NIGHT_2_3),
    Case("autumn: last second of the second time", "2027-10-31T02:59:59+01:00", None, NIGHT_2_3),
    Case("autumn: 3 o'clock", "2027-10-31T03:00:00+01:00", WhyNot.WRONG_TIME, NIGHT_2_3),
    Case("autumn: not yet 2", "2027-10-31T01:59:59+02:00", WhyNot.WRONG_TIME, NIGHT_2_3),
    Case(
        "autumn: one a day, in the doubled hour",
        "2027-10-31T02:30:00+01:00",
        WhyNot.PER_DAY,
        ONE_A_DAY,
        before=("2027-10-31T02:30:00+02:00",),
    ),
    Case(
        "autumn: one a day, 24 hours later on the same day",
        "2027-10-31T23:30:00+01:00",
        WhyNot.PER_DAY,
        ONE_A_DAY,
        before=("2027-10-31T00:30:00+02:00",),
    ),
    Case(
        "autumn: one a day, the next day",
        "2027-11-01T00:00:00+01:00",
        None,
        ONE_A_DAY,
        before=("2027-10-31T23:59:59+01:00",),
    ),
    Case("autumn: the long day's 25th hour", "2027-10-31T22:30:00+00:00", None, valid_to=AUTUMN),
    Case("autumn: the long day is over", "2027-10-31T23:00:00+00:00", WhyNot.EXPIRED, valid_to=AUTUMN),
    # Monday to Thursday over New Year; 31 December 2026 is a Thursday.
    Case("Thursday, New Year's Eve, last second", "2026-12-31T15:59:59+01:00", None, MON_TO_THU),
    Case("Thursday, New Year's Eve, four o'clock", "2026-12-31T16:00:00+01:00", WhyNot.WRONG_TIME, MON_TO_THU),
    Case("Friday, New Year's Day", "2027-01-01T12:00:00+01:00", WhyNot.WRONG_DAY, MON_TO_THU),
    Case("Monday, a second early", "2027-01-04T09:59:59+01:00", WhyNot.WRONG_TIME, MON_TO_THU),
    Case("Monday, ten o'clock", "2027-01-04T10:00:00+01:00", None, MON_TO_THU),
    Case("Monday, ten in UTC", "2027-01-04T10:00:00+00:00", None, MON_TO_THU),
    Case("Monday, nine in UTC", "2027-01-04T09:00:00+00:00", None, MON_TO_THU),
    Case("Thursday until midnight", "2026-12-31T23:59:59+01:00", None, MON_TO_THU_ALL_DAY),
    Case("Friday has begun, in UTC it has not", "2026-12-31T23:00:00+00:00", WhyNot.WRONG_DAY, MON_TO_THU_ALL_DAY),
    Case("Sunday's last second", "2027-01-03T23:59:59+01:00", WhyNot.WRONG_DAY, MON_TO_THU_ALL_DAY),
    Case("Monday's first second", "2027-01-04T00:00:00+01:00", None, MON_TO_THU_ALL_DAY),
    # The leap day.
    Case(
        "29 February is not in a February of 28 days",
        "2028-02-29T12:00:00+01:00",
        WhyNot.WRONG_SEASON,
        FEBRUARY,
    ),
    Case("29 February by itself", "2028-02-29T23:59:59+01:00", None, ONLY_LEAP),
    Case("no 29 February this year: the 28th", "2027-02-28T23:59:59+01:00", WhyNot.WRONG_SEASON, ONLY_LEAP),
    Case("no 29 February this year: the first", "2027-03-01T00:00:00+01:00", WhyNot.WRONG_SEASON, ONLY_LEAP),
    Case("a card until the leap day", "2028-02-29T23:59:59+01:00", None, valid_to=LEAP_DAY),
    Case("the day after the leap day", "2028-03-01T00:00:00+01:00", WhyNot.EXPIRED, valid_to=LEAP_DAY),
    Case("a week that ends on the leap day", "2028-02-29T23:59:59+01:00", None, {"only": [["2028-02-23", "2028-02-29"]]}),
    # Closed days, and seasons over the year's end.
    Case("the second before it is closed", "2026-12-22T23:59:59+01:00", None, CHRISTMAS),
    Case("closed from its first second", "2026-12-23T00:00:00+01:00", WhyNot.BLACK_OUT, CHRISTMAS),
    Case("closed over New Year", "2027-01-01T00:00:00+01:00", WhyNot.BLACK_OUT, CHRISTMAS),
    Case("closed to its last second", "2027-01-02T23:59:59+01:00", WhyNot.BLACK_OUT, CHRISTMAS),
    Case("open again", "2027-01-03T00:00:00+01:00", None, CHRISTMAS),
    Case("closed this year", "2027-05-17T23:59:59+02:00", WhyNot.BLACK_OUT, {"never": [["2027-05-17", "2027-05-17"]]}),
    Case("not closed next year", "2028-05-17T00:00:00+02:00", None, {"never": [["2027-05-17", "2027-05-17"]]}),
    Case("closed within the season", "2026-12-23T12:00:00+01:00", WhyNot.BLACK_OUT, {**WINTER, **CHRISTMAS}),
    Case("winter has not begun", "2027-10-31T23:59:59+01:00", WhyNot.WRONG_SEASON, WINTER),
    Case("winter begins", "2027-11-01T00:00:00+01:00", None, WINTER),
    Case("winter's last second", "2027-03-31T23:59:59+02:00", None, WINTER),
    Case("winter is over", "2027-04-01T00:00:00+02:00", WhyNot.WRONG_SEASON, WINTER),
    # A day's limit, and hours that touch.
    Case(
        "one a day, a second later on the next",
        "2027-06-02T00:00:00+02:00",
        None,
        ONE_A_DAY,
        before=("2027-06-01T23:59:59+02:00",),
    ),
    Case(
        "one a day, first and last second",
        "2027-06-01T23:59:59+02:00",
        WhyNot.PER_DAY,
        ONE_A_DAY,
        before=("2027-06-01T00:00:00+02:00",),
    ),
    Case("one a day, another in UTC", "2027-06-01T22:30:00+00:00", None, ONE_A_DAY, before=("2027-06-01T21:30:00+00:00",)),
    Case("open until midnight", "2027-06-01T23:59:59.999999+02:00", None, weekly("2", ("18:00", "24:00"))),
    Case("the pause begins", "2027-06-01T12:00:00+02:00", WhyNot.WRONG_TIME, weekly("2", ("10:00", "12:00"), ("12:01", "14:00"))),
    Case("the pause ends", "2027-06-01T12:01:00+02:00", None, weekly("2", ("10:00", "12:00"), ("12:01", "14:00"))),
]


@dataclass(frozen=True)
class Undo:
    """When a use was, when the till wants to take it back, and the reason; None: taken back."""

    name: str
    used: str
    at: str
    why: WhyNot | None


UNDOS = [
    Undo("at once", "2027-06-01T12:00:00+02:00", "2027-06-01T12:00:00+02:00", None),
    Undo("by a clock that is behind", "2027-06-01T12:00:00.004+02:00", "2027-06-01T12:00:00+02:00", None),
    Undo("after ten minutes", "2027-06-01T12:00:00+02:00", "2027-06-01T12:10:00+02:00", None),
    Undo("a second later", "2027-06-01T12:00:00+02:00", "2027-06-01T12:10:01+02:00", WhyNot.TOO_LATE_TO_UNDO),
    Undo("over midnight", "2027-06-01T23:55:00+02:00", "2027-06-02T00:04:59+02:00", None),
    Undo("over the year's end", "2026-12-31T23:55:00+01:00", "2027-01-01T00:05:00+01:00", None),
    Undo("over the hour left out", "2027-03-28T01:55:00+01:00", "2027-03-28T03:05:00+02:00", None),
    Undo("over the hour left out, late", "2027-03-28T01:55:00+01:00", "2027-03-28T03:05:01+02:00", WhyNot.TOO_LATE_TO_UNDO),
    Undo("into the doubled hour", "2027-10-31T02:55:00+02:00", "2027-10-31T02:05:00+01:00", None),
    Undo("the same clock an hour on", "2027-10-31T02:55:00+02:00", "2027-10-31T02:55:00+01:00", WhyNot.TOO_LATE_TO_UNDO),
    Undo("after the card's last day", "2028-07-31T23:59:59+02:00", "2028-08-01T00:09:59+02:00", None),
]
