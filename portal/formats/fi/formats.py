"""Finnish: "21. marraskuuta 2026", the month in the partitive; Django forgets it in dates without a year."""

MONTH_DAY_FORMAT = "j. E"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j. E Y, H:i"
FIRST_DAY_OF_WEEK = 1
THOUSAND_SEPARATOR = "\xa0"
NUMBER_GROUPING = 3
