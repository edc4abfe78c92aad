"""The demo town's calendar: the term around a day, and the next school holiday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Holiday:
    """A school holiday. `key` names it in texts and pictures."""

    key: str
    first: date
    last: date
    names: dict[str, str]

    @property
    def slug(self) -> str:
        return f"{self.names['nb'].split()[0].lower()}-{self.first.year}"

    def weekdays(self) -> list[date]:
        """Monday to Friday within the holiday."""
        days = [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]
        return [day for day in days if day.isoweekday() <= 5]


_NAMES = {
    "winter": {
        "nb": "Vinterferien", "en": "Winter holiday", "uk": "Зимові канікули", "ar": "عطلة الشتاء",
        "so": "Fasaxa jiilaalka", "ti": "ዕረፍቲ ክረምቲ", "pl": "Ferie zimowe",
    },
    "summer": {
        "nb": "Sommerferien", "en": "Summer holiday", "uk": "Літні канікули", "ar": "عطلة الصيف",
        "so": "Fasaxa xagaaga", "ti": "ዕረፍቲ ሓጋይ", "pl": "Wakacje letnie",
    },
    "autumn": {
        "nb": "Høstferien", "en": "Autumn holiday", "uk": "Осінні канікули", "ar": "عطلة الخريف",
        "so": "Fasaxa dayrta", "ti": "ዕረፍቲ ቀውዒ", "pl": "Ferie jesienne",
    },
    "christmas": {
        "nb": "Juleferien", "en": "Christmas holiday", "uk": "Різдвяні канікули", "ar": "عطلة عيد الميلاد",
        "so": "Fasaxa kirismaska", "ti": "ዕረፍቲ ልደት", "pl": "Ferie bożonarodzeniowe",
    },
}  # fmt: skip


def _week(year: int, number: int, days: int = 5) -> tuple[date, date]:
    monday = date.fromisocalendar(year, number, 1)
    return monday, monday + timedelta(days=days - 1)


def next_holiday(today: date) -> Holiday:
    """The school holiday that goes on, or the next to come (Easter is left out: it has no programme)."""
    found = []
    for year in (today.year - 1, today.year, today.year + 1):
        found += [
            ("winter", *_week(year, 8)),
            ("summer", *_week(year, 26, 47)),
            ("autumn", *_week(year, 40)),
            ("christmas", date(year, 12, 21), date(year + 1, 1, 2)),
        ]
    key, first, last = next(holiday for holiday in sorted(found, key=lambda h: h[1]) if holiday[2] >= today)
    names = {lang: f"{name} {first.year}" for lang, name in _NAMES[key].items()}
    return Holiday(key, first, last, names)


def term(today: date) -> tuple[date, date]:
    """First and last day of the half-year that clubs keep: the one that goes on, or in summer the next."""
    if today.month in (6, 7) and today >= date(today.year, 6, 16):
        return date(today.year, 8, 17), date(today.year, 12, 15)
    if today.month >= 8 and today <= date(today.year, 12, 15):
        return date(today.year, 8, 17), date(today.year, 12, 15)
    year = today.year + 1 if today.month == 12 else today.year
    return date(year, 1, 7), date(year, 6, 15)
