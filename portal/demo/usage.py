"""Half a year of visits to a demo town, as sums: a week with its rhythm, a summer that is quiet, words that find nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from directory.municipalities.models import District, Municipality
from portal.demo.town import Town
from portal.usage.models import DailySum, What

DAYS = 190
#: Monday to Sunday: people look for something to do when the week begins, and on Sunday evening.
RHYTHM = (1.2, 1.1, 1.05, 1.0, 0.8, 0.75, 1.1)
LANGS = {"nb": 62, "en": 12, "uk": 9, "ar": 7, "so": 4, "pl": 4, "ti": 3, "se": 1, "nn": 1}
FOUND = (
    ("fotball", 30, "nb"), ("svømming", 26, "nb"), ("kor", 14, "nb"), ("språkkafé", 13, "nb"), ("dans", 12, "nb"),
    ("turgruppe", 10, "nb"), ("football", 9, "en"), ("yoga", 8, "nb"), ("sjakk", 7, "nb"), ("плавання", 6, "uk"),
    ("سباحة", 5, "ar"), ("strikkekafé", 5, "nb"), ("language café", 5, "en"), ("korps", 5, "nb"), ("kubbadda cagta", 4, "so"),
)  # fmt: skip
UNMET = (
    ("svømmekurs for kvinner", 9, "nb"), ("cricket", 7, "en"), ("rullestolbasket", 5, "nb"), ("padel", 5, "nb"),
    ("تعليم السياقة", 4, "ar"), ("парашут", 3, "uk"), ("gaming for jenter", 4, "nb"), ("trommekurs", 3, "nb"),
    ("boks for eldre", 3, "nb"), ("kurs na prawo jazdy", 2, "pl"), ("beachvolley", 2, "nb"),
)  # fmt: skip


def add_usage(municipality: Municipality, town: Town) -> None:
    """The sums of the days before today. The same town on the same day gives the same sums."""
    chance = Random(f"usage:{municipality.number}")
    size = 1.0 if len(town.activities) > 300 else 0.2
    parts = list(municipality.districts.filter(kind=District.Kind.NEIGHBOURHOOD).order_by("pk"))
    visits = Visits(
        municipality, chance, [row.slug for row in parts], {str(row.name_in(["nb"])): row.slug for row in parts}, town
    )
    for ago in range(DAYS, 0, -1):
        visits.spend(
            town.today - timedelta(days=ago), size * season(town.today - timedelta(days=ago)) * (1 + 0.4 * (1 - ago / DAYS))
        )
    DailySum.objects.bulk_create(visits.rows(), batch_size=2000)


def season(day: date) -> float:
    """Quiet in July and at Christmas, busy when the terms begin."""
    by_month = (1.2, 1.0, 1.0, 0.9, 0.9, 0.8, 0.45, 1.3, 1.25, 1.05, 1.0, 0.6)
    return by_month[day.month - 1] * RHYTHM[day.weekday()]


class Visits:
    """Sums of one town while they are made."""

    def __init__(
        self, municipality: Municipality, chance: Random, districts: Sequence[str], by_name: dict[str, str], town: Town
    ) -> None:
        self.municipality = municipality
        self.chance = chance
        self.districts = districts
        self.langs = {lang: LANGS.get(lang, 1) for lang in municipality.languages}
        self.home = f"page:{municipality.site.root_page_id}" if municipality.site else "page"
        listings = [
            (f"{kind}:{made.row.pk}", by_name.get(made.neighbourhood, ""))
            for kind, found in (
                ("activity", town.activities), ("provider", town.providers), ("place", town.places), ("support", town.schemes),
            )
            for made in found
        ]  # fmt: skip
        # A few are known to all, most are opened now and then, some by nobody.
        self.listings = chance.sample(listings, k=int(len(listings) * 0.7))
        self.weights = [1 / (rank + 4) for rank in range(len(self.listings))]
        self.sums: Counter[tuple[date, str, str, str, bool, str]] = Counter()

    def add(self, day: date, what: str, count: float, *, lang: str = "", district: str = "", key: str = "") -> None:
        """Add about so many, in the languages people read; some of them on the screen in the library."""
        lang = lang if lang in self.langs else self.chance.choices(list(self.langs), list(self.langs.values()))[0]
        kiosk = what == What.VIEW and self.chance.random() < 0.04
        whole = int(count + self.chance.random())
        if whole:
            self.sums[day, what, lang, district, kiosk, key] += whole

    def spend(self, day: date, busy: float) -> None:
        """One day."""
        for lang, weight in self.langs.items():
            self.add(day, What.VIEW, busy * weight * self.chance.uniform(0.7, 1.3), lang=lang, key=self.home)
            self.add(day, What.VIEW, busy * weight * self.chance.uniform(1.0, 1.6), lang=lang, key="find")
            self.add(day, What.SEARCH, busy * weight * self.chance.uniform(0.8, 1.2), lang=lang)
            self.add(day, What.NOTHING, busy * weight * self.chance.uniform(0.03, 0.1), lang=lang)
        for district in self.districts:
            self.add(day, What.SEARCH, busy * self.chance.uniform(0.5, 2.5), district=district)
            self.add(day, What.VIEW, busy * self.chance.uniform(0.2, 1.0), district=district, key="district")
        for key, district in self.chance.choices(self.listings, self.weights, k=int(55 * busy) + 2):
            self.add(day, What.VIEW, self.chance.uniform(1, 3), district=district, key=key)
        for what, words in ((What.WORDS, FOUND), (What.UNMET, UNMET)):
            for text, weight, lang in words:
                if lang in self.langs and self.chance.random() < 0.5:
                    district = self.chance.choice(["", *self.districts])
                    self.add(day, what, busy * weight * self.chance.uniform(0.05, 0.35), lang=lang, district=district, key=text)
                    if what == What.UNMET:
                        self.add(day, What.NOTHING, busy * weight * 0.2, lang=lang, district=district)

    def rows(self) -> list[Any]:
        """The sums as rows."""
        return [
            DailySum(
                municipality=self.municipality,
                day=day,
                what=what,
                lang=lang,
                district=district,
                kiosk=kiosk,
                key=key,
                count=count,
            )
            for (day, what, lang, district, kiosk, key), count in self.sums.items()
        ]
