"""A demo town, made from the texts: which providers there are, where, and what one can take part in with them.

    Town(municipality, …).make()
      ├─ districts, season         ├─ places            ├─ providers, one committee per neighbourhood
      ├─ activities with sessions  └─ support schemes, holiday programme

Everything that looks like chance comes from `Random` seeded with the town and the key, so that a day gives one town.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone
from django.utils.text import slugify
from wagtail.images.models import Image

from directory.activities.models import Activity, Season, Session
from directory.listings.kinds import ConfirmedAs, PricePer, Source, Visibility
from directory.listings.models import Adaptation, Category, Listing, TargetGroup, fold
from directory.municipalities.models import District, Municipality
from directory.places.models import OpeningTime, Place
from directory.providers.models import Provider
from directory.providers.rules import check_digit
from directory.support.models import SupportScheme
from portal.demo import texts
from portal.demo.days import Holiday, next_holiday, term
from portal.demo.easy import put_easy_words
from portal.demo.ground import Address, Ground
from portal.demo.people import somebody, telephone
from portal.demo.rows import Made, Slugs, blank, put_address, put_words, write
from portal.demo.texts import LANGUAGES, Words, phrase

KINDS = {
    "association": Provider.ProviderKind.ASSOCIATION,
    "informal_group": Provider.ProviderKind.INFORMAL,
    "meeting_place_host": Provider.ProviderKind.HOST,
    "volunteer_centre": Provider.ProviderKind.VOLUNTEER_CENTRE,
    "municipal_service": Provider.ProviderKind.MUNICIPAL,
    "commercial": Provider.ProviderKind.COMMERCIAL,
    "faith_community": Provider.ProviderKind.FAITH,
}
ADAPTED = {
    "wheelchair": "rullestol",
    "hearing-loop": "teleslynge",
    "sign-language": "tegnsprak",
    "subtitles": "teksting",
    "quiet": "rolig",
    "slow-pace": "rolig-tempo",
    "companion": "ledsager",
    "easy-language": "lett-norsk",
    "interpreter": "tolk",
}
PER = {"time": PricePer.TIME, "month": PricePer.MONTH, "halfyear": PricePer.TERM, "year": PricePer.YEAR}
SPOKEN = {"sgn": "nsl"}
BRING = {
    "hall": "bring_indoor", "gym": "bring_indoor", "studio": "bring_indoor", "pool": "bring_swim", "outdoors": "bring_outdoor",
    "harbour": "bring_outdoor", "stable": "bring_outdoor", "field": "bring_play", "lending": "bring_nothing",
}  # fmt: skip
DAY_NAMED = re.compile(r"mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag", re.IGNORECASE)
# The languages that providers of some kinds speak beside Norwegian.
SPOKEN_AT = {
    "culture-syria": ["ar", "en"], "culture-somali": ["so", "en"], "culture-eritrea": ["ti", "en"], "culture-ukraine": ["uk", "ru"],
    "culture-poland": ["pl"], "culture-mixed": ["en", "es", "ta", "ku", "fa"], "mosque": ["ar", "so", "en"],
    "women-group": ["ar", "so", "ti", "en"], "language-cafe": ["en", "uk", "ar"], "refugee-guide": ["en", "uk", "ti"],
    "library": ["en", "uk", "ar", "so", "pl"], "adult-learning": ["en", "uk", "ar", "ti", "so"], "other-faith": ["en", "pl", "th"],
    "congregation": ["en"], "volunteer-centre": ["en"], "youth-club": ["en", "so"], "disability-rights": ["nsl"],
}  # fmt: skip
COMMITTEE = {
    "nb": Words(
        "Nærmiljøutvalget for {0}",
        "Folk som bor i {0} og tar imot ideer til området.",
        "Vi møtes en gang i måneden, og alle kan komme. Fortell oss om lekeplassen, stien, bussen eller noe du savner. Vi kjenner foreningene her og hjelper deg til riktig sted.",
    ),
    "en": Words(
        "Neighbourhood committee of {0}",
        "People who live in {0} and take ideas for the area.",
        "We meet once a month, and anyone may come. Tell us about the playground, the path, the bus or something you miss. We know the associations here and help you to the right place.",
    ),
    "uk": Words(
        "Комітет району {0}",
        "Мешканці району {0}, які збирають ідеї для нього.",
        "Ми зустрічаємося раз на місяць, прийти може кожен. Ми знаємо тутешні товариства й підкажемо, куди звернутися.",
    ),
    "ar": Words(
        "لجنة حي {0}",
        "سكان من {0} يستقبلون الأفكار لتحسين الحي.",
        "نجتمع مرة في الشهر، والحضور مفتوح للجميع. نعرف الجمعيات هنا ونرشدك إلى المكان المناسب.",
    ),
    "so": Words(
        "Guddiga xaafadda {0}",
        "Dad deggan {0} oo qaabila fikradaha xaafadda.",
        "Bishii mar ayaan kulannaa, qof walbana wuu iman karaa. Ururrada halkan ka jira waan naqaan, meesha saxda ahna waan ku tusaynaa.",
    ),
    "ti": Words(
        "ሽማግለ ከባቢ {0}",
        "ኣብ {0} ዝነብሩ፡ ንከባቢ ዝኸውን ሓሳባት ዝቕበሉ ሰባት።",
        "ኣብ ወርሒ ሓንሳብ ንራኸብ፡ ኩሉ ሰብ ክመጽእ ይኽእል። ነቶም ማሕበራት ንፈልጦም ኢና፡ ናብ ቅኑዕ ቦታ ድማ ንሕግዘኩም።",
    ),
    "pl": Words(
        "Rada osiedla {0}",
        "Mieszkańcy {0}, którzy przyjmują pomysły dla okolicy.",
        "Spotykamy się raz w miesiącu i każdy może przyjść. Znamy tutejsze stowarzyszenia i wskażemy właściwe miejsce.",
    ),
}


class Pictures:
    """The pictures at hand: scene → images, and a maker of logos. Empty ones for towns without pictures."""

    def __init__(self, scenes: dict[str, list[Image]] | None = None, logo: Callable[[str], Image | None] | None = None) -> None:
        self.scenes = scenes or {}
        self.logo = logo or (lambda name: None)

    def of(self, scene: str, chance: Random) -> Image | None:
        found = self.scenes.get(scene)
        return chance.choice(found) if found else None


class Town:
    """Makes one town. Sizes are exact: `providers` includes a committee for every neighbourhood."""

    def __init__(
        self,
        municipality: Municipality,
        *,
        today: date,
        providers: int,
        places: int,
        activities: int,
        schemes: int,
        pictures: Pictures | None = None,
        first_number: int = 0,
        suffix: str = "",
    ) -> None:
        self.municipality = municipality
        self.today = today
        self.now = timezone.make_aware(datetime.combine(today, time(7, 30)))
        self.sizes = {"providers": providers, "places": places, "activities": activities, "schemes": schemes}
        self.pictures = pictures or Pictures()
        self.ground = Ground(municipality.number, municipality.slug)
        self.suffix = suffix
        self.slugs = Slugs()
        self.numbers = made_up_numbers(first_number)
        self.telephones = itertools.count(first_number * 7 + 100)
        self.categories = {c.slug: c for c in Category.objects.filter(municipality=municipality)}
        self.targets = {t.slug: t for t in TargetGroup.objects.filter(municipality=municipality)}
        self.adaptations = {a.slug: a for a in Adaptation.objects.filter(municipality=municipality)}
        self.districts: dict[str, District] = {}
        self.places: list[Made] = []
        self.providers: list[Made] = []
        self.activities: list[Made] = []
        self.schemes: list[Made] = []

    def make(self) -> None:
        """Make and write everything."""
        self.make_districts()
        self.make_places()
        self.make_providers()
        write(self.providers, at=self.now)
        self.give_places_hosts()
        write(self.places, at=self.now)
        season, holiday = self.make_season()
        self.make_activities()
        self.make_holiday_programme(season, holiday)
        write(self.activities, at=self.now)
        self.make_schemes()
        write(self.schemes, at=self.now)

    def chance(self, *key: object) -> Random:
        """Chance that is the same every time for the same key."""
        return Random(f"{self.municipality.number}:" + ":".join(map(str, key)))

    # ── frame ───────────────────────────────────────────────────────────────────────────────────────────────
    def make_districts(self) -> None:
        entries = [(District.Kind.NEIGHBOURHOOD, e) for e in self.ground.neighbourhoods]
        entries += [(District.Kind.SCHOOL, e) for e in self.ground.schools]
        for kind, entry in entries:
            boundary, lat, lon = self.ground.outline(entry["postcodes"])
            self.districts[entry["name"]] = District.objects.create(
                municipality=self.municipality,
                kind=kind,
                name_nb=entry["name"],
                intro_nb=entry.get("intro", ""),
                intro_en=entry.get("intro_en", ""),
                slug=slugify(fold(entry["name"])),
                boundary=boundary,
                postcodes=entry["postcodes"],
                lat=lat,
                lon=lon,
            )

    def make_season(self) -> tuple[Season, Holiday]:
        holiday = next_holiday(self.today)
        intro_nb = "Gratis og billige aktiviteter i skoleferien. Ta med en venn."
        intro_en = "Free and cheap activities in the school holiday. Bring a friend."
        season = Season.objects.create(
            municipality=self.municipality,
            slug=holiday.slug,
            starts=holiday.first,
            ends=holiday.last,
            intro_nb=intro_nb,
            intro_en=intro_en,
            **{f"name_{lang}": name for lang, name in holiday.names.items()},
        )
        return season, holiday

    # ── places ──────────────────────────────────────────────────────────────────────────────────────────────
    def make_places(self) -> None:
        wanted = [(key, name) for key, entry in texts.kinds_of_place().items() for name in entry["names"]]
        if len(wanted) > self.sizes["places"]:  # a smaller town: one of each kind first
            firsts = [(key, entry["names"][0]) for key, entry in texts.kinds_of_place().items()]
            wanted = (firsts + [pair for pair in wanted if pair not in firsts])[: self.sizes["places"]]
        for key, name in wanted:
            self.places.append(self.place(key, name))

    def place(self, key: str, name: str) -> Made:
        entry = texts.kinds_of_place()[key]
        chance = self.chance("place", key, name)
        row = blank(
            Place,
            municipality=self.municipality,
            kind=entry["kind"],
            name_nb=name + self.suffix,
            is_free=entry.get("free"),
            price=Decimal(entry["price"]) if "price" in entry else None,
            spoken=["nb", "en"],
        )
        if "price" in entry:
            row.is_free = False
        put_words(row, texts.words("places", key), with_name=False)
        neighbourhood = self.ground.pick_neighbourhood(chance, name)
        put_address(row, self.ground.address(chance, neighbourhood, numbered=True))
        row.equipment_nb, row.equipment_en = entry.get("equipment_nb", ""), entry.get("equipment_en", "")
        row.loan_terms_nb, row.loan_terms_en = entry.get("loan_nb", ""), entry.get("loan_en", "")
        row.getting_there_nb = chance.choice(_WAYS)[0]
        row.getting_there_en = next(en for nb, en in _WAYS if nb == row.getting_there_nb)
        self.put_contact(row, chance)
        self.put_picture(row, entry["picture"], chance)
        self.put_state(row, f"place:{key}:{name}", chance, steady=True)
        row.slug = self.slugs.give(self.municipality, "place", row.name_nb)
        adapted = [self.adaptations[slug] for slug in entry.get("adapted", [])]
        if "rullestol" in entry.get("adapted", []):
            for lang in LANGUAGES:
                setattr(row, f"adaptation_note_{lang}", phrase(lang, "wheel_note"))
        return Made(
            row,
            categories=[self.categories[entry["category"]]],
            adaptations=adapted,
            children=opening_times(entry.get("open", "")),
            key=key,
            neighbourhood=neighbourhood,
        )

    def give_places_hosts(self) -> None:
        """A place is run by the provider of its name where there is one, else by a municipal service now and then."""
        by_name = {made.row.name_nb: made.row for made in self.providers}
        for made in self.places:
            made.row.provider = by_name.get(made.row.name_nb)
            if made.row.provider is None and made.key in ("lending", "library", "pool", "youth-house"):
                kind = {"lending": "lending", "library": "library", "pool": "pool", "youth-house": "youth-club"}[made.key]
                made.row.provider = next((p.row for p in self.providers if p.key == kind), None)

    def near_place(self, kinds: Sequence[str], address: Address | Listing, chance: Random) -> Place | None:
        """A place of one of the kinds, near an address: one of the two nearest."""
        wanted = {*kinds, *(["youth-house"] if "house" in kinds else [])}
        fitting = [made.row for made in self.places if made.key in wanted]
        fitting.sort(key=lambda place: distance(place, address))
        return chance.choice(fitting[:2]) if fitting else None

    # ── providers ───────────────────────────────────────────────────────────────────────────────────────────
    def make_providers(self) -> None:
        for entry in self.ground.neighbourhoods:
            self.providers.append(self.committee(entry["name"]))
        wanted = [(key, name) for key, entry in texts.kinds_of_provider().items() for name in entry["names"]]
        room = self.sizes["providers"] - len(self.providers)
        if room < len(wanted):  # a smaller town: kinds spread evenly, other names than its neighbour's where there are
            wanted = self.spread(wanted, room)
        for key, name in wanted[:room]:
            self.providers.append(self.provider(key, name))

    def spread(self, wanted: list[tuple[str, str]], room: int) -> list[tuple[str, str]]:
        """`room` of the providers: every kind of body stays, in the proportions it has."""
        by_kind: dict[str, list[tuple[str, str]]] = {}
        for key, name in wanted:
            by_kind.setdefault(texts.kinds_of_provider()[key]["kind"], []).append((key, name))
        chosen: list[tuple[str, str]] = []
        for pairs in by_kind.values():
            self.chance("spread", pairs[0][0]).shuffle(pairs)
            chosen += pairs[: max(1, round(room * len(pairs) / len(wanted)))]
        rest = [pair for pair in wanted if pair not in chosen]
        return (chosen + rest)[:room]

    def committee(self, neighbourhood: str) -> Made:
        chance = self.chance("committee", neighbourhood)
        row = blank(
            Provider,
            municipality=self.municipality,
            kind=Provider.ProviderKind.COMMITTEE,
            committee_of=self.districts[neighbourhood],
        )
        for lang, words in COMMITTEE.items():
            setattr(row, f"name_{lang}", words.name.format(neighbourhood))
            setattr(row, f"summary_{lang}", words.summary.format(neighbourhood))
            setattr(row, f"description_{lang}", words.description)
        put_address(row, self.ground.address(chance, neighbourhood))
        row.volunteers_wanted = True
        row.spoken = ["nb", "en"]
        self.put_contact(row, chance)
        self.put_picture(row, "neighbours", chance)
        self.put_state(row, f"committee:{neighbourhood}", chance, steady=True)
        row.slug = self.slugs.give(self.municipality, "provider", row.name_nb)
        category = [self.categories["naermiljoutvalg"]]
        district = [self.districts[neighbourhood]]
        return Made(row, categories=category, districts=district, key="neighbourhood-committee", neighbourhood=neighbourhood)

    def provider(self, key: str, name: str) -> Made:
        entry = texts.kinds_of_provider()[key]
        chance = self.chance("provider", key, name)
        neighbourhood = self.ground.pick_neighbourhood(chance, name)
        full = name + self.suffix
        row = blank(Provider, municipality=self.municipality, kind=KINDS[entry["kind"]], name_nb=full)
        put_words(row, texts.words("providers", key), with_name=False)
        put_address(row, self.ground.address(chance, neighbourhood, numbered=chance.random() < 0.3))
        row.spoken = ["nb", *SPOKEN_AT.get(key, ["en"] if chance.random() < 0.45 else [])]
        if entry["kind"] not in ("informal_group",) and chance.random() < 0.85:
            row.org_number = next(self.numbers)
        if entry["kind"] == "association":
            row.founded = chance.choice([None, chance.randint(1898, self.today.year - 1)])
            row.membership_fee = Decimal(chance.choice([0, 100, 150, 200, 300, 450, 600]))
            row.membership_note_nb = "Meld deg inn når du har prøvd. Du får en velkomst på e-post."
            row.membership_note_en = "Join when you have tried. You get a welcome by e-mail."
        row.volunteers_wanted = (
            entry["kind"] in ("volunteer_centre", "association", "meeting_place_host") and chance.random() < 0.35
        )
        if row.volunteers_wanted:
            for lang in LANGUAGES:
                setattr(row, f"volunteers_note_{lang}", phrase(lang, "volunteers"))
        row.publishes_at_once = chance.random() < 0.1
        self.put_contact(row, chance)
        self.put_picture(row, scene_of(self.categories[entry["category"]]), chance, share=0.5)
        if chance.random() < 0.5:
            row.logo = self.pictures.logo(full)
        self.put_state(row, f"provider:{key}:{name}", chance)
        row.slug = self.slugs.give(self.municipality, "provider", full)
        adapted = [self.adaptations["rullestol"]] if chance.random() < 0.4 else []
        if key in ("adapted-sport", "disability-rights", "senior-centre"):
            adapted = [self.adaptations[slug] for slug in ("rullestol", "ledsager", "teleslynge")]
        return Made(
            row,
            categories=[self.categories[entry["category"]]],
            adaptations=adapted,
            key=key,
            neighbourhood=neighbourhood,
        )

    # ── activities ──────────────────────────────────────────────────────────────────────────────────────────
    def make_activities(self) -> None:
        """Each provider gets something to take part in; then kinds take turns until the town is full."""
        kinds = texts.kinds_of_activity()
        hosts: dict[str, list[Made]] = {}
        for made in self.providers:
            hosts.setdefault(made.key, []).append(made)
        candidates: dict[str, list[tuple[Made, str]]] = {}
        for key, entry in kinds.items():
            pairs = [(host, ages) for ages in entry["ages"] for by in entry["by"] for host in hosts.get(by, [])]
            self.chance("order", key).shuffle(pairs)
            candidates[key] = pairs
        room = self.sizes["activities"] - self.holiday_count
        given: Counter[int] = Counter()
        used: Counter[tuple[int, str]] = Counter()
        chosen: list[tuple[str, Made, str]] = []

        def take(key: str, host: Made, ages: str) -> None:
            chosen.append((key, host, ages))
            candidates[key].remove((host, ages))
            given[host.row.pk] += 1
            used[host.row.pk, key] += 1

        order = {key: n for n, key in enumerate(kinds)}
        taken_of: Counter[str] = Counter()
        for host in self.providers:
            if len(chosen) == room:
                break
            possible = sorted(
                (taken_of[key] - head_start_of(key), order[key], key)
                for key, pairs in candidates.items()
                if any(h is host for h, _a in pairs)
            )
            if possible:
                key = possible[0][2]
                take(key, host, next(ages for h, ages in candidates[key] if h is host))
                taken_of[key] += 1
        most = 6
        while len(chosen) < room and any(candidates.values()):
            before = len(chosen)
            for key in sorted(kinds, key=lambda k: (taken_of[k] - head_start_of(k), order[k])):
                if len(chosen) == room:
                    break
                pair = next(((h, a) for h, a in candidates[key] if given[h.row.pk] < most and used[h.row.pk, key] < 2), None)
                if pair:
                    take(key, *pair)
                    taken_of[key] += 1
            if len(chosen) == before:
                most += 4
        names = Counter((key, ages) for key, _host, ages in chosen)
        per_host = Counter((key, host.row.pk) for key, host, _ages in chosen)
        for key, host, ages in chosen:
            shared = names[key, ages] > 1
            self.activities.append(self.activity(key, host, ages, shared=shared, several=per_host[key, host.row.pk] > 1))

    def activity(self, key: str, host: Made, ages: str, *, shared: bool, several: bool) -> Made:
        entry = texts.kinds_of_activity()[key]
        chance = self.chance("activity", key, host.row.name_nb, ages)
        age_from, age_to = read_ages(ages)
        place = self.near_place(entry["at_place"], host.row, chance)
        row = blank(Activity, municipality=self.municipality, provider=host.row, age_from=age_from, age_to=age_to)
        words = texts.words("activities", key)
        for lang, said in words.items():
            name = said.name
            if age_to is not None and age_to <= 35 and age_from is not None:
                name += comma(lang) + phrase(lang, "age", age_from, age_to)
            elif several and age_from:
                name += comma(lang) + phrase(lang, "from_age", age_from)
            if shared and place is not None and not several:
                name += f" – {short_place(place)}"
            setattr(row, f"name_{lang}", name[:160])
            setattr(row, f"summary_{lang}", said.summary)
            setattr(row, f"description_{lang}", said.description)
        nb, en = chance.choice(_CLOSERS)
        row.description_nb += f" {nb}"
        row.description_en += f" {en}"
        self.put_price(row, entry, chance)
        self.put_start(row, entry, chance, words)
        spoken = ["nb", *(SPOKEN.get(code, code) for code in entry.get("spoken", [])), *(c for c in host.row.spoken if c != "nb")]
        row.spoken = list(dict.fromkeys(spoken))
        row.volunteers_wanted = bool(entry.get("volunteers")) and chance.random() < 0.75
        if row.volunteers_wanted:
            for lang in words:
                setattr(row, f"volunteers_note_{lang}", phrase(lang, "volunteers"))
        self.put_contact(row, chance)
        self.put_first_contact(row, chance)
        self.put_picture(row, scene_of(self.categories[entry["category"]], key), chance, share=0.62)
        self.put_state(row, f"activity:{key}:{host.row.slug}:{ages}", chance)
        row.slug = self.slugs.give(self.municipality, "activity", row.name_nb)
        if place is not None:
            copy_address(row, place)
        else:
            copy_address(row, host.row)
        sessions = self.sessions(entry, place, chance)
        adapted = {ADAPTED[name] for name in entry.get("adapted", [])}
        if place is not None and chance.random() < 0.35:
            adapted.add("rullestol")
        return Made(
            row,
            categories=self.categories_of(entry["category"], host, chance),
            targets=[self.targets[slug] for slug in targets_of(key, age_from, age_to)],
            adaptations=[self.adaptations[slug] for slug in sorted(adapted)],
            places=[s.place for s in sessions if s.place],
            children=list(sessions),
            key=key,
            neighbourhood=host.neighbourhood,
        )

    def categories_of(self, own: str, host: Made, chance: Random) -> list[Category]:
        """Its own category, and now and then its provider's, when that is another."""
        found = [self.categories[own]]
        host_category = host.categories[0]
        if host_category.slug != own and chance.random() < 0.4:
            found.append(host_category)
        return found

    def sessions(self, entry: dict[str, Any], place: Place | None, chance: Random) -> list[Session]:
        """When it meets: its days, sometimes moved a little; now and then a second day in a second place."""
        hour, minute = map(int, entry["at"].split(":"))
        start = hour * 60 + minute + chance.choice([0, 0, 0, 30, -30, 15])
        first, last = term(self.today)
        days = list(entry["days"])
        # "Friday club" meets on Fridays, and what is paid by the term meets every week.
        steady = bool(DAY_NAMED.search(entry["nb"]))
        weekly = steady or entry.get("per") in {"month", "halfyear"} or len(days) > 1
        if len(days) == 1 and not steady:
            days = [(days[0] - 1 + chance.choice([0, 0, 0, 1, 2])) % 5 + 1] if days[0] <= 5 else days
        weeks = chance.choices(list(Session.Weeks), weights=[86, 4, 4, 4, 2])[0] if not weekly else Session.Weeks.EVERY
        kept = Session.Weeks(weeks)
        made = [self.session(day, start, entry["minutes"], place, kept, first, last) for day in days]
        if len(days) == 1 and not steady and chance.random() < 0.22:
            other = self.near_place(entry["at_place"], place, chance) if place is not None else None
            day = (days[0] + 1) % 5 + 1
            made.append(
                self.session(day, min(start + 30, 20 * 60), entry["minutes"], other or place, Session.Weeks.EVERY, first, last)
            )
        return sorted(made, key=lambda session: session.weekday or 0)

    def session(self, day: int, start: int, minutes: int, place: Place | None, weeks: str, first: date, last: date) -> Session:
        end = min(start + minutes, 23 * 60 + 45)
        return Session(
            weekday=day,
            starts=time(start // 60, start % 60),
            ends=time(end // 60, end % 60),
            place=place,
            weeks=weeks,
            first_day=first,
            last_day=last,
        )

    # ── holiday programme ───────────────────────────────────────────────────────────────────────────────────
    @property
    def holiday_count(self) -> int:
        """How many of the activities belong to the holiday programme."""
        return 24 if self.sizes["activities"] >= 300 else 6

    def make_holiday_programme(self, season: Season, holiday: Holiday) -> None:
        entries = [(key, e) for key, e in texts.holiday_activities().items() if holiday.key in e.get("seasons", [holiday.key])]
        hosts = [made for made in self.providers if made.key in ("holiday-club", "youth-club", "volunteer-centre", "library")]
        hosts = hosts or self.providers[-3:]
        days = [day for day in holiday.weekdays() if day >= self.today] or holiday.weekdays()
        for n in range(self.holiday_count):
            key, entry = entries[n % len(entries)]
            host = hosts[n % len(hosts)]
            self.activities.append(self.holiday_activity(key, entry, host, n, days, season))

    def holiday_activity(self, key: str, entry: dict[str, Any], host: Made, n: int, days: list[date], season: Season) -> Made:
        chance = self.chance("holiday", key, n)
        age_from, age_to = read_ages(entry["ages"])
        at = self.ground.pick_neighbourhood(chance)
        place = self.near_place([entry["at_place"]], self.ground.address(chance, at), chance)
        row = blank(Activity, municipality=self.municipality, provider=host.row, age_from=age_from, age_to=age_to)
        words = texts.words("holidays", key)
        for lang, said in words.items():
            setattr(row, f"name_{lang}", said.name + (f" – {short_place(place)}" if place is not None else ""))
            setattr(row, f"summary_{lang}", said.summary)
            setattr(row, f"description_{lang}", said.description)
        self.put_price(row, {"price": entry["price"], "per": "time"}, chance, sure=True)
        self.put_start(row, entry | {"at_place": [entry["at_place"]]}, chance, words)
        row.spoken = ["nb", "en"]
        self.put_contact(row, chance)
        self.put_first_contact(row, chance)
        self.put_picture(row, scene_of(self.categories[entry["category"]], key), chance, share=0.9)
        self.put_state(row, f"holiday:{key}:{n}", chance, steady=True)
        row.slug = self.slugs.give(self.municipality, "activity", row.name_nb)
        copy_address(row, place if place is not None else host.row)
        start = int(entry["at"][:2]) * 60 + int(entry["at"][3:])
        end = start + entry["minutes"]
        picked = sorted(chance.sample(days, min(len(days), chance.choice([1, 2, 3, 5]))))
        sessions = [
            Session(date=day, starts=time(start // 60, start % 60), ends=time(end // 60, end % 60), place=place) for day in picked
        ]
        adapted = [self.adaptations[ADAPTED[name]] for name in entry.get("adapted", [])]
        return Made(
            row,
            categories=[self.categories[entry["category"]], self.categories["ferieaktiviteter"]],
            targets=[self.targets[slug] for slug in targets_of(key, age_from, age_to)],
            adaptations=adapted,
            places=[place] if place is not None else [],
            seasons=[season],
            children=list(sessions),
            key=key,
            neighbourhood=host.neighbourhood,
        )

    # ── support schemes ─────────────────────────────────────────────────────────────────────────────────────
    def make_schemes(self) -> None:
        for key, entry in list(texts.schemes().items())[: self.sizes["schemes"]]:
            chance = self.chance("scheme", key)
            age_from, age_to = read_ages(entry.get("ages", ""))
            row = blank(
                SupportScheme, municipality=self.municipality, applicant=entry["applicant"], age_from=age_from, age_to=age_to
            )
            put_words(row, texts.words("support", key))
            for lang in ("nb", "en"):
                setattr(row, f"who_may_apply_{lang}", entry[f"who_{lang}"])
                setattr(row, f"covers_{lang}", entry[f"covers_{lang}"])
                setattr(row, f"how_to_apply_{lang}", entry[f"how_{lang}"])
            row.max_amount = Decimal(entry["amount"]) if "amount" in entry else None
            if entry["applicant"] == "association":
                row.deadline = self.today + timedelta(days=chance.randint(20, 90))
            host = next((made for made in self.providers if made.key == entry["by"]), self.providers[0])
            row.provider = host.row
            row.spoken = ["nb", "en"]
            copy_address(row, host.row)
            self.put_contact(row, chance)
            self.put_picture(row, "hands", chance)
            self.put_state(row, f"support:{key}", chance, steady=True)
            row.slug = self.slugs.give(self.municipality, "support", row.name_nb)
            self.schemes.append(Made(row, categories=[self.categories[slug] for slug in entry["categories"]], key=key))

    # ── facts that all rows have ────────────────────────────────────────────────────────────────────────────
    def put_contact(self, row: Listing, chance: Random) -> None:
        row.contact_name = somebody(chance)
        row.contact_name_visibility = chance.choice([Visibility.PUBLIC, Visibility.PROVIDERS, Visibility.STAFF])
        row.phone = telephone(next(self.telephones))
        row.phone_visibility = chance.choices([Visibility.PUBLIC, Visibility.PROVIDERS, Visibility.STAFF], weights=[6, 2, 2])[0]
        stem = slugify(fold(row.name_nb))[:40] or "post"
        row.email = f"{stem.strip('-')}@example.org"
        row.email_visibility = chance.choices([Visibility.PUBLIC, Visibility.STAFF], weights=[8, 2])[0]
        if chance.random() < 0.7:
            row.website = f"https://example.org/{stem}"
        if chance.random() < 0.3:
            row.social_links = [f"https://example.org/social/{stem}"]

    def put_first_contact(self, row: Activity, chance: Random) -> None:
        row.first_contact_name = somebody(chance)
        row.first_contact_phone = telephone(next(self.telephones))
        row.first_contact_email = f"{slugify(fold(row.first_contact_name.split()[0]))}@example.org"
        row.first_contact_visibility = chance.choices([Visibility.PUBLIC, Visibility.STAFF], weights=[8, 2])[0]

    def put_price(self, row: Activity, entry: dict[str, Any], chance: Random, *, sure: bool = False) -> None:
        price = entry.get("price", 0)
        if not sure and chance.random() < 0.04:
            row.is_free, row.price, row.price_per = None, None, ""  # nobody has said
            return
        if price:
            price = max(10, round(price * chance.choice([0.7, 0.85, 1, 1, 1.15]) / 10) * 10)
        row.is_free, row.price = price == 0, Decimal(price)
        row.price_per = PER[entry.get("per", "time")] if price else ""
        if price >= 300:
            for lang in LANGUAGES:
                setattr(row, f"price_note_{lang}", phrase(lang, "free_place"))

    def put_start(self, row: Activity, entry: dict[str, Any], chance: Random, words: dict[str, Words]) -> None:
        """How one begins: what costs little is open to all, the rest can be tried."""
        row.low_threshold = not entry.get("price") and chance.random() < 0.75
        steps = ("step_turn_up", "step_ask", "step_stay") if row.low_threshold else ("step_message", "step_meet", "step_decide")
        trial = chance.choice(["first_free", "month_free"]) if entry.get("price") else "trial_open"
        bring = BRING.get(entry["at_place"][0], "bring_nothing")
        for lang in words:
            setattr(row, f"first_steps_{lang}", "\n".join(phrase(lang, step) for step in steps))
            setattr(row, f"trial_{lang}", phrase(lang, trial))
            setattr(row, f"bring_{lang}", phrase(lang, bring))

    def put_picture(self, row: Listing, scene: str, chance: Random, share: float = 1.0) -> None:
        if chance.random() <= share and (image := self.pictures.of(scene, chance)) is not None:
            from portal.demo.pictures import SCENES

            row.image = image
            for lang, alt in SCENES[scene].alt.items():
                setattr(row, f"image_alt_{lang}", alt)

    def put_state(self, row: Listing, key: str, chance: Random, *, steady: bool = False) -> None:
        """Where it comes from and when it was confirmed. Most are well kept; some are asked about, marked or hidden."""
        put_easy_words(row, key)
        row.source, row.source_name, row.source_key = Source.DEMO, "Frittfram demo", key[:120]
        row.source_date = self.today - timedelta(days=chance.randint(10, 300))
        state = chance.random()
        if steady or state < 0.72:
            self.put_confirmed(row, chance, chance.randint(3, 330))
        elif state < 0.82:  # from elsewhere, never confirmed
            row.source, row.source_name = chance.choice(
                [(Source.REGISTER, "Frivillighetsregisteret (demo)"), (Source.SHEET, "Foreningslisten 2024 (demo)")]
            )
        elif state < 0.88:
            self.put_confirmed(row, chance, chance.randint(366, 450))
        elif state < 0.92:
            self.put_confirmed(row, chance, chance.randint(460, 540))
        elif state < 0.96 and self.suffix:  # the big town's numbers are those of its public pages
            self.put_confirmed(row, chance, chance.randint(560, 700))
            row.hidden_at = self.now - timedelta(days=chance.randint(1, 20))

    def put_confirmed(self, row: Listing, chance: Random, days: int) -> None:
        row.confirmed_at = self.now - timedelta(days=days, minutes=chance.randint(0, 600))
        row.confirmed_as = chance.choices([ConfirmedAs.PROVIDER, ConfirmedAs.STAFF], weights=[7, 3])[0]


def head_start_of(key: str) -> int:
    """What is written in more languages is met more often: a newcomer's first search should find it."""
    return 3 if len(texts.words("activities", key)) > 2 else 0


def made_up_numbers(first: int) -> Any:
    """Organisation numbers of series 3, which no real body has, with valid check digits."""
    return (f"{stem}{digit}" for stem in range(31_000_000 + first, 40_000_000) if (digit := check_digit(str(stem))) is not None)


def read_ages(ages: str) -> tuple[int | None, int | None]:
    """ "6-8" → (6, 8); "18-" → (18, None); "" → (None, None)."""
    low, _dash, high = ages.partition("-")
    return int(low) if low else None, int(high) if high else None


def targets_of(key: str, age_from: int | None, age_to: int | None) -> list[str]:
    """Target groups that follow from ages, and from what it is."""
    low, high = age_from or 0, 120 if age_to is None else age_to
    everybody = age_from is None and age_to is None
    found = []
    if low <= 3 and not everybody:
        found.append("smabarn")
    if everybody or (low <= 12 and high >= 5 and age_to is not None):
        found.append("barn")
    if everybody or (low <= 18 and high >= 13):
        found.append("ungdom")
    if everybody or (high >= 25 and low < 55):
        found.append("voksne")
    if everybody or low >= 50:
        found.append("eldre")
    if everybody or (age_to is not None and age_to <= 6):
        found.append("familier")
    if any(word in key for word in ("women", "girls", "self-defence")):
        found.append("kvinner")
    if any(
        word in key
        for word in ("language", "newcomer", "guide-friend", "norwegian", "form-help", "easy-reading", "guidance", "open-nursery")
    ):
        found.append("nye-i-norge")
    if any(word in key for word in ("adapted", "wheelchair", "boccia", "deaf", "special")):
        found.append("nedsatt-funksjon")
    return found


def opening_times(text: str) -> list[Session | OpeningTime]:
    """ "1-5 10:00-17:00; 6 11:00-15:00" → one row a weekday."""
    found: list[Session | OpeningTime] = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        days, hours = part.split(" ")
        first, _dash, last = days.partition("-")
        opens, closes = (time.fromisoformat(hour) for hour in hours.split("-"))
        found += [OpeningTime(weekday=day, opens=opens, closes=closes) for day in range(int(first), int(last or first) + 1)]
    return found


def distance(place: Listing, other: Address | Listing) -> float:
    """Near enough for choosing the nearest: degrees, longitude squeezed."""
    return math.hypot((place.lat or 0) - (other.lat or 0), ((place.lon or 0) - (other.lon or 0)) * 0.515)


def copy_address(row: Listing, other: Listing) -> None:
    """The address and position of `other`."""
    for name in ("street", "postcode", "city", "lat", "lon", "precision", "located_for"):
        setattr(row, name, getattr(other, name))


def comma(lang: str) -> str:
    """What stands between a name and its ages."""
    return {"ar": "، ", "ti": "፡ "}.get(lang, ", ")


def short_place(place: Place) -> str:
    return place.name_nb.split(" demo")[0]


# Scenes of pictures.py by drawing of the category; some activities and categories have a scene of their own.
_SCENES = {
    "art": "stage", "sport": "hall", "nature": "forest", "faith": "church", "interest": "circle", "humanitarian": "hands",
    "immigrant": "circle", "recreation": "table", "meeting": "house", "town": "library",
}  # fmt: skip
_OWN_SCENES = {
    "kor-og-sang": "music", "korps-og-orkester": "music", "band-og-musikk": "music", "dans": "studio", "tegning-og-maling": "paint",
    "husflid": "workshop", "litteratur-og-lesing": "library", "fotball": "field", "svomming": "pool", "svommehall": "pool",
    "ski-og-skoyter": "winter", "ridning": "farm", "sykkel": "cycling", "klatring": "mountain", "padling-og-seiling": "harbour",
    "jakt-og-fiske": "harbour", "hage-og-dyrking": "garden", "speider": "camp", "mat-og-gjenbruk": "table", "velforening": "neighbours",
    "naermiljoutvalg": "neighbours", "ungdomsklubb": "house", "utlan-av-utstyr": "lending", "leksehjelp": "school",
    "sprak-og-norsk": "circle", "handarbeid": "workshop", "historielag": "harbour", "friidrett-og-loping": "field", "dyr": "farm",
    "ferieaktiviteter": "camp", "kurs-og-verksted": "table", "kulturskole": "music", "film-og-foto": "stage", "spill": "table",
    "turgrupper": "forest", "racketsport": "hall",
}  # fmt: skip


def scene_of(category: Category, key: str = "") -> str:
    """Which picture suits a listing of this category."""
    return _OWN_SCENES.get(category.slug) or _SCENES.get(category.drawing, "house")


_WAYS = (
    (
        "Bussen stopper to minutter unna, og det er sykkelstativ ved døra.",
        "The bus stops two minutes away, and there is a bicycle stand by the door.",
    ),
    (
        "Gå inn gjennom porten og følg de gule pilene. Parkering bak huset.",
        "Walk through the gate and follow the yellow arrows. Parking behind the house.",
    ),
    (
        "Fra torget er det ti minutter å gå på fortau hele veien.",
        "From the square it is a ten-minute walk on pavements all the way.",
    ),
    (
        "Det er best å sykle eller samkjøre, for det er få parkeringsplasser.",
        "It is best to cycle or share a car, since parking is scarce.",
    ),
    ("Inngangen er på baksiden. Ring på, så kommer vi og åpner.", "The entrance is at the back. Ring the bell and we will open."),
)
_CLOSERS = (
    ("Vi holder til i første etasje og har plass til barnevogn.", "We are on the ground floor and have room for prams."),
    ("Bussen stopper rett utenfor.", "The bus stops right outside."),
    (
        "De fleste kommer alene første gang, og går hjem med noen.",
        "Most people come alone the first time, and go home with somebody.",
    ),
    ("Norsken din er god nok.", "Your Norwegian is good enough."),
    (
        "Har du ikke råd, finner vi en løsning uten at andre får vite det.",
        "If you cannot afford it, we find a way without others knowing.",
    ),
    ("Ta gjerne med en venn eller en bestemor.", "Feel free to bring a friend or a grandmother."),
    ("Det lukter alltid litt kaffe her.", "It always smells a little of coffee here."),
    ("Vi svarer på meldinger samme dag.", "We answer messages the same day."),
    (
        "Trenger du skyss, så si fra. Noen kjører nesten alltid forbi.",
        "If you need a lift, say so. Somebody is nearly always driving past.",
    ),
    (
        "I skoleferiene tar vi pause, men gruppa treffes ofte likevel.",
        "We take a break in school holidays, but the group often meets anyway.",
    ),
    ("Nye er med på lik linje fra første dag.", "Newcomers are equals from the first day."),
    ("Vi avslutter alltid med å rydde sammen.", "We always end by tidying up together."),
    ("Ingen kan alt, og det er det som er så fint.", "Nobody can do everything, and that is the beauty of it."),
    ("Spør oss om hva som helst.", "Ask us anything."),
)
