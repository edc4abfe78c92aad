"""Generated listings for measuring: many, quick to make, spread as a real directory is.

Kinds, ages, prices, weekdays, languages and labels come in the proportions of the demo town. Texts are its texts; names get
a word and a number, so that each is different and words repeat as they do in life.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.db import transaction
from django.utils import timezone, translation

from directory.activities.models import Activity, Session
from directory.geography.boundaries import all_boundaries
from directory.geography.postcodes import Postcode, all_postcodes
from directory.listings.actions import give_labels
from directory.listings.kinds import ConfirmedAs, Precision, Source
from directory.listings.models import Adaptation, Category, Listing, TargetGroup
from directory.municipalities.actions import set_up_municipality
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from directory.support.models import SupportScheme
from portal.demo import texts
from portal.demo.rows import Made, Slugs, blank, put_words, write
from portal.demo.texts import phrase
from portal.demo.town import ADAPTED, KINDS, PER, SPOKEN, SPOKEN_AT, opening_times, read_ages, targets_of

CHUNK = 1000
SHARES = {"provider": 0.28, "place": 0.06, "activity": 0.65, "support": 0.01}
WORDS = (
    "Bjørk", "Havørn", "Granitt", "Fjord", "Nordlys", "Svaberg", "Brisling", "Eikenøtt", "Tiur", "Kveld", "Solside", "Lynge",
    "Måke", "Furu", "Kvist", "Brygge", "Åkerland", "Elvebredd", "Stjerne", "Blåne", "Rogn", "Tårn", "Vårbekk", "Sjøbod", "Løvetann",
    "Morgen", "Torg", "Skogholt", "Heggen", "Dugg", "Lerke", "Isbjørn", "Kompass", "Mølle", "Vindharpe", "Bekkefar", "Tinde", "Skjell",
)  # fmt: skip


def make_listings(
    count: int, *, municipalities: list[Municipality], today: date, say: Callable[[str], None] = lambda line: None
) -> None:
    """Add `count` listings, evenly over `municipalities`."""
    share, rest = divmod(count, len(municipalities))
    done = 0
    for order, municipality in enumerate(municipalities):
        crowd = Crowd(municipality, today=today)
        with translation.override("nb"):
            for chunk in crowd.chunks(share + (order < rest)):
                with transaction.atomic():
                    write(chunk, at=crowd.now)
                done += len(chunk)
                say(f"{done} of {count}")


def choose_municipalities(count: int, default: Municipality) -> list[Municipality]:
    """The default municipality, then those that are there, then new ones without a site, by number."""
    chosen = [default, *Municipality.objects.exclude(pk=default.pk).order_by("number")][:count]
    there = {m.number for m in chosen}
    for number, boundary in sorted(all_boundaries().items()):
        if len(chosen) == count:
            break
        if number not in there and any(code.municipality == number for code in all_postcodes().values()):
            with transaction.atomic():
                new = set_up_municipality(
                    number=number,
                    name=boundary.name,
                    host="",
                    slug=f"m{number}",
                    lat=boundary.middle[0],
                    lon=boundary.middle[1],
                    is_demo=True,
                )
                give_labels(municipality=new)
            chosen.append(new)
    return chosen


class Crowd:
    """Makes listings for one municipality."""

    def __init__(self, municipality: Municipality, *, today: date) -> None:
        self.municipality = municipality
        self.now = timezone.make_aware(datetime.combine(today, time(7, 30)))
        self.today = today
        self.start = Provider._base_manager.filter(municipality=municipality).count()
        self.chance = Random(f"crowd:{municipality.number}:{self.start}")
        self.codes = [c for c in all_postcodes().values() if c.municipality == municipality.number and c.has_streets]
        self.codes = self.codes or [c for c in all_postcodes().values() if c.municipality == municipality.number]
        # Few postcodes hold most of what there is.
        self.weights = [1 / (n + 1) ** 0.7 for n in range(len(self.codes))]
        self.categories = {c.slug: c for c in Category.objects.filter(municipality=municipality)}
        self.targets = {t.slug: t for t in TargetGroup.objects.filter(municipality=municipality)}
        self.adaptations = {a.slug: a for a in Adaptation.objects.filter(municipality=municipality)}
        taken: list[tuple[int, str, str]] = []
        for model in (Provider, Place, Activity, SupportScheme):
            taken += [
                (municipality.pk, model.KIND.value, slug)
                for slug in model._base_manager.filter(municipality=municipality).values_list("slug", flat=True)
            ]
        self.slugs = Slugs(taken)
        self.number = self.start
        self.providers = list(Provider._base_manager.filter(municipality=municipality).only("pk", "name_nb")[:0])
        self.places: list[Place] = []
        self.kinds = list(texts.kinds_of_activity().items())
        self.words = {key: texts.words("activities", key) for key, _entry in self.kinds}
        self.provider_kinds = list(texts.kinds_of_provider().items())
        self.provider_words = {key: texts.words("providers", key) for key, _entry in self.provider_kinds}
        self.hosts: dict[str, list[Provider]] = {}

    def chunks(self, count: int) -> Iterator[list[Made]]:
        """The listings in chunks of one kind, those first that others refer to."""
        sizes = {kind: round(count * share) for kind, share in SHARES.items()}
        if count and not sizes["provider"]:
            sizes["provider"] = 1
        sizes["activity"] = max(0, count - sizes["provider"] - sizes["place"] - sizes["support"])
        makers: dict[str, Callable[[], Made]] = {
            "provider": self.provider, "place": self.place, "activity": self.activity, "support": self.scheme,
        }  # fmt: skip
        for kind, size in sizes.items():
            for start in range(0, size, CHUNK):
                yield [makers[kind]() for _n in range(min(CHUNK, size - start))]

    def name(self, base: str) -> str:
        self.number += 1
        return f"{base} {self.chance.choice(WORDS)} {self.number}"

    def put_common(self, row: Listing) -> None:
        chance = self.chance
        row.source, row.source_name, row.source_key = (
            Source.DEMO,
            "Generated",
            f"{row.KIND.value}:{self.number}:{chance.getrandbits(48):x}",
        )
        row.source_date = self.today - timedelta(days=chance.randint(5, 300))
        if chance.random() < 0.7:
            row.confirmed_at = self.now - timedelta(days=chance.randint(1, 350))
            row.confirmed_as = ConfirmedAs.PROVIDER
        row.slug = self.slugs.give(self.municipality, row.KIND.value, row.name_nb)

    def put_point(self, row: Listing) -> None:
        code: Postcode = self.chance.choices(self.codes, weights=self.weights)[0]
        row.postcode, row.city = code.code, code.town
        angle, reach = self.chance.uniform(0, math.tau), self.chance.expovariate(160)
        row.lat = round(code.lat + reach * math.sin(angle) * 0.5, 5)
        row.lon = round(code.lon + reach * math.cos(angle), 5)
        row.precision = Precision.STREET
        row.located_for = row.address_line[:300]

    def provider(self) -> Made:
        key, entry = self.chance.choice(self.provider_kinds)
        row = blank(Provider, municipality=self.municipality, kind=KINDS[entry["kind"]])
        row.name_nb = self.name(self.chance.choice(entry["names"]))
        put_words(row, self.provider_words[key], with_name=False)
        self.put_point(row)
        row.spoken = ["nb", *SPOKEN_AT.get(key, [])]
        row.volunteers_wanted = self.chance.random() < 0.2
        self.put_common(row)
        self.hosts.setdefault(key, []).append(row)
        self.providers.append(row)
        return Made(row, categories=[self.categories[entry["category"]]])

    def place(self) -> Made:
        key, entry = self.chance.choice(list(texts.kinds_of_place().items()))
        row = blank(Place, municipality=self.municipality, kind=entry["kind"], is_free=entry.get("free"))
        row.name_nb = self.name(self.chance.choice(entry["names"]))
        put_words(row, texts.words("places", key), with_name=False)
        self.put_point(row)
        self.put_common(row)
        self.places.append(row)
        adapted = [self.adaptations[slug] for slug in entry.get("adapted", [])]
        return Made(
            row,
            categories=[self.categories[entry["category"]]],
            adaptations=adapted,
            children=opening_times(entry.get("open", "")),
        )

    def activity(self) -> Made:
        chance = self.chance
        key, entry = chance.choice(self.kinds)
        host = chance.choice([h for by in entry["by"] for h in self.hosts.get(by, [])] or self.providers)
        ages = chance.choice(entry["ages"])
        age_from, age_to = read_ages(ages)
        row = blank(Activity, municipality=self.municipality, provider=host, age_from=age_from, age_to=age_to)
        put_words(row, self.words[key])
        row.name_nb = self.name(row.name_nb)
        if row.name_en:
            row.name_en = f"{row.name_en} {self.number}"
        if age_to is not None and age_from is not None:
            row.bring_nb = phrase("nb", "age", age_from, age_to)
        price = entry.get("price", 0)
        if chance.random() < 0.04:
            row.is_free, row.price, row.price_per = None, None, ""
        else:
            price = round(price * chance.uniform(0.5, 1.5) / 10) * 10 if price else 0
            row.is_free, row.price, row.price_per = price == 0, Decimal(price), PER[entry.get("per", "time")] if price else ""
        row.low_threshold = price == 0
        row.spoken = list(dict.fromkeys(["nb", *(SPOKEN.get(code, code) for code in entry.get("spoken", []))]))
        row.volunteers_wanted = bool(entry.get("volunteers"))
        place = chance.choice(self.places) if self.places and chance.random() < 0.7 else None
        if place is not None:
            for name in ("postcode", "city", "lat", "lon", "precision", "located_for"):
                setattr(row, name, getattr(place, name))
        else:
            self.put_point(row)
        self.put_common(row)
        hour, minute = map(int, entry["at"].split(":"))
        start = hour * 60 + minute
        end = min(start + entry["minutes"], 23 * 60 + 45)
        sessions = [
            Session(weekday=day, starts=time(start // 60, start % 60), ends=time(end // 60, end % 60), place=place)
            for day in entry["days"]
        ]
        return Made(
            row,
            categories=[self.categories[entry["category"]]],
            targets=[self.targets[slug] for slug in targets_of(key, age_from, age_to)],
            adaptations=[self.adaptations[ADAPTED[name]] for name in entry.get("adapted", [])],
            places=[place] if place is not None else [],
            children=list(sessions),
        )

    def scheme(self) -> Made:
        key, entry = self.chance.choice(list(texts.schemes().items()))
        row = blank(SupportScheme, municipality=self.municipality, applicant=entry["applicant"])
        put_words(row, texts.words("support", key))
        row.name_nb = self.name(row.name_nb)
        if self.providers:
            row.provider = self.chance.choice(self.providers)
        self.put_common(row)
        return Made(row, categories=[self.categories[slug] for slug in entry["categories"]])
