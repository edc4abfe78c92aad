"""Polish: "21 listopada 2026", thousands held together."""

SHORT_DATE_FORMAT = "d.m.Y"
TIME_FORMAT = "H:i"
FIRST_DAY_OF_WEEK = 1
THOUSAND_SEPARATOR = "\xa0"
NUMBER_GROUPING = 3
