"""Northern Sami, which Django does not know: "skábmamánu 21. b. 2026", the month in the genitive."""

DATE_FORMAT = r"E j. \b. Y"
MONTH_DAY_FORMAT = r"E j. \b."
YEAR_MONTH_FORMAT = "F Y"
SHORT_DATE_FORMAT = "d.m.Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = r"E j. \b. Y, H:i"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
FIRST_DAY_OF_WEEK = 1
DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "\xa0"
NUMBER_GROUPING = 3
