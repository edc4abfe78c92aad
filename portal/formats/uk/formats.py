"""Ukrainian: "1 листопада 2026 р.", the month in the genitive, days without a nought in front."""

DATE_FORMAT = "j E Y р."
MONTH_DAY_FORMAT = "j E"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j E Y р., H:i"
FIRST_DAY_OF_WEEK = 1
THOUSAND_SEPARATOR = "\xa0"
NUMBER_GROUPING = 3
