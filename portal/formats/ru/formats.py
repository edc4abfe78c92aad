"""Russian: "21 ноября 2026 г.", the month in the genitive; Django forgets it in dates without a year."""

MONTH_DAY_FORMAT = "j E"
TIME_FORMAT = "H:i"
FIRST_DAY_OF_WEEK = 1
THOUSAND_SEPARATOR = "\xa0"
NUMBER_GROUPING = 3
