"""A season of the activity card, played through the real deeds: two towns with one card, from last year's cards to today.

    Stage        whose card, who takes it, who hands it out: of a demo town, or of a test's own few rows
    Season       plays it day by day: handing out, first use, use, "no" at the counter, taking back, replacing, settling; and
                 what the worker does by the clock (what lapsed flows back, uses are cut from cards, a year is closed)

Chance is the same every time for the same day and size, so that a day gives one season.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from cards.ledger.codes import auth_hash_of, clip_key_of, new_secret, rotating_text
from cards.offers import offering, settling, tills
from cards.offers.actions import find_card, redeem, undo
from cards.offers.closing import close_years, count_cards_of_years
from cards.offers.models import Device, Offer, ProviderAgreement, Redemption
from cards.offers.states import SettlementState, StockKind, UseWay
from cards.offers.unlinking import unlink
from cards.programmes import actions, keeping
from cards.programmes.actions import activate, return_lapsed
from cards.programmes.keeping import LineSaid
from cards.programmes.models import Card, CardType, Programme, ProgrammeYear
from cards.programmes.states import Medium, Unit, Way
from directory.activities.models import Activity
from directory.agencies.models import Agency
from directory.listings.models import Category
from directory.municipalities.models import Feature, Municipality
from directory.providers.models import Membership, Provider
from portal.accounts.models import User
from portal.demo.days import next_holiday
from portal.demo.town import Town
from portal.kit.changes import told_together
from portal.kit.refusals import Refused

WITH_CARDS = ("3909", "3907")  # the first looks after the card
POPCORN = {"nb": "Popkorn til filmen", "en": "Popcorn", "uk": "Попкорн", "ar": "فشار", "pl": "Popcorn"}
NAME = {
    "nb": "Opplevelseskortet",
    "en": "The experience card",
    "uk": "Картка вражень",
    "ar": "بطاقة التجارب",
    "pl": "Karta przeżyć",
}
INTRO = {
    "nb": "Bad, kino, klatring og mer. Vis kortet på telefonen eller på papir, så er dere inne.",
    "en": "Swimming, cinema, climbing and more. Show the card on your phone or on paper, and you are in.",
    "uk": "Басейн, кіно, скелелазіння та інше. Покажіть картку на телефоні або на папері — і ви всередині.",
    "ar": "سباحة وسينما وتسلق وغير ذلك. اعرضوا البطاقة على الهاتف أو على الورق وتفضلوا بالدخول.",
    "pl": "Basen, kino, wspinaczka i nie tylko. Pokaż kartę w telefonie lub na papierze i wchodź.",
}


@dataclass(frozen=True, slots=True)
class OfferSaid:
    """An offer of the season: at whom, what, for how much, and under which conditions."""

    key: str
    at: str  # the key of the provider
    activity: str
    title: dict[str, str]
    let_in: str
    kroner: int
    conditions: dict[str, Any] = field(default_factory=dict)
    companions: int = 0
    quantity: int | None = None
    stock: tuple[str, str, int, int] | None = None  # kind, funder, number, kroner each
    codes: int = 0


OFFERS = (
    OfferSaid(
        "swim", "pool", "family-swim",
        {"nb": "Bading med garderobe", "en": "Swimming", "uk": "Плавання", "ar": "سباحة", "pl": "Basen"},
        "Slipp inn. Lån ut badetøy om de spør.", 60,
        {"hours": {str(day): [["10:00", "20:00"]] for day in range(1, 8)}, "most_per_visit": 4}, companions=3,
        stock=("bought", "Sparebankstiftelsen", 8, 45),
    ),
    OfferSaid(
        "cinema", "cinema", "baby-cinema",
        {"nb": "Kinobillett", "en": "Cinema ticket", "uk": "Квиток у кіно", "ar": "تذكرة سينما", "pl": "Bilet do kina"},
        "Gi ut en billett til valgfri film.", 120,
        {"hours": {str(day): [["11:00", "22:00"]] for day in (1, 2, 3, 4, 7)}}, companions=1,
        stock=("donated", "Kinoen", 12, 0),
    ),
    OfferSaid(
        "climb", "climbing", "climbing-open",
        {"nb": "Klatring med utstyr", "en": "Climbing with equipment", "uk": "Скелелазіння", "ar": "تسلق مع المعدات", "pl": "Wspinaczka"},
        "Slipp inn, og vis hvor utstyret henger.", 80,
        {"hours": {"2": [["16:00", "21:00"]], "4": [["16:00", "21:00"]], "6": [["10:00", "16:00"]]}, "age_from": 6},
    ),
    OfferSaid(
        "bowling", "activity-centre", "bowling",
        {"nb": "Bowling i en time", "en": "An hour of bowling", "uk": "Година боулінгу", "ar": "ساعة بولينغ", "pl": "Godzina kręgli"},
        "Gi dem en bane i en time, og sko.", 95, {"most_per_day": 2}, companions=2, quantity=400,
    ),
    OfferSaid(
        "trampoline", "activity-centre", "trampoline",
        {"nb": "Trampolinepark", "en": "Trampoline park", "uk": "Батутний парк", "ar": "حديقة الترامبولين", "pl": "Park trampolin"},
        "Slipp inn en time. Sokker er med.", 110, {"most_per_day": 1, "age_from": 5}, quantity=300,
    ),
    OfferSaid(
        "online", "cinema", "",
        {"nb": "Kino på nett", "en": "Film at home", "uk": "Кіно вдома", "ar": "فيلم في المنزل", "pl": "Film w domu"},
        "Koden står på skjermen.", 0, stock=("bought", "Sparebanken", 40, 55), codes=40,
    ),
)  # fmt: skip

#: Name, lines (offer → how many; "øre": kroner for a category), from age, to age, and its part of a hundred cards.
TYPES: tuple[tuple[str, dict[str, int], int | None, int | None, int], ...] = (
    ("Familie", {"swim": 3, "cinema": 2, "climb": 1}, None, None, 46),
    ("Ungdom", {"cinema": 2, "bowling": 2, "trampoline": 1, "online": 1}, 13, 18, 26),
    ("Velkommen", {"swim": 2, "cinema": 1}, None, None, 18),
    ("Fri bruk", {"øre": 400}, None, None, 10),
)
#: What comes to the counter, and how often of a hundred: which way a card is carried.
CARRIED = {Medium.DIGITAL: 68, Medium.PAPER: 32}
AWAKE = 72  # of a hundred cards handed out, so many are used at all
WANTED = {"swim": 38, "cinema": 28, "bowling": 12, "climb": 10, "trampoline": 8, "online": 4}
OPEN_AT = {"swim": 13, "cinema": 18, "climb": 17, "bowling": 16, "trampoline": 12, "online": 20}


@dataclass(slots=True)
class Stage:
    """One municipality of the card: who takes it and who hands it out. `providers` and `activities` by the keys above."""

    municipality: Municipality
    providers: dict[str, Provider]
    activities: dict[str, Activity]
    agencies: list[Agency]
    category: Category | None = None


@dataclass(slots=True)
class Held:
    """A card as somebody carries it. `code` is for paper, `secret` for a telephone."""

    card: Card
    code: str
    holder: int
    secret: str = ""


@dataclass(slots=True)
class Played:
    """What the season did this year, counted beside the deeds: tests compare it with the figures."""

    cards: int = 0
    awake: set[int] = field(default_factory=set)  # holders whose card was first used, on a telephone or at a counter
    used: Counter[int] = field(default_factory=Counter)  # holder → tickets
    ore: int = 0
    refused: int = 0
    undone: int = 0
    replaced: int = 0
    stopped: int = 0

    @property
    def tickets(self) -> int:
        return sum(self.used.values())

    @property
    def holders(self) -> int:
        return sum(tickets > 0 for tickets in self.used.values())


class Season:
    """One programme in its towns. `size` is the number of cards in the first town."""

    def __init__(
        self, stages: list[Stage], *, today: date, size: int, coordinator: Any = None, slug: str = "opplevelseskortet"
    ) -> None:
        self.stages, self.today, self.size, self.coordinator, self.slug = stages, today, size, coordinator, slug
        self.by = None  # the deeds are done by nobody, but for what only a person does
        self.home = stages[0].municipality
        self.chance = Random(f"cards:{self.home.number}:{today}")
        self.played = Played()
        self.first_day = self._months_back(8)
        self.last_day = self._months_back(-4) - timedelta(days=1)
        self.offers: dict[int, dict[str, Offer]] = {}
        self.tills: dict[int, Device] = {}
        self.held: dict[int, list[Held]] = {}
        self.whose: dict[str, int] = {}  # the mark of a use → holder
        self.keys = 0

    def _months_back(self, months: int) -> date:
        number = self.today.year * 12 + self.today.month - 1 - months
        return date(number // 12, number % 12 + 1, 1)

    def at(self, day: date, hour: int = 12, minute: int = 0) -> datetime:
        return timezone.make_aware(datetime.combine(day, time(hour, minute)))

    def key(self) -> UUID:
        self.keys += 1
        return UUID(int=self.chance.getrandbits(122) << 6 | 1)

    # ── the frame ───────────────────────────────────────────────────────────────────────────────────────────
    def play(self) -> Played:
        """Last year's few cards, then this year's until today. The search index is told of the offers once."""
        with transaction.atomic(), told_together():
            self.play_last_year()
            for day in self.days():
                self.live(day)
            self.clock(self.today)
        return self.played

    def play_last_year(self) -> None:
        """Until the card's new year begins."""
        self.programme = self.found()
        before = self._months_back(20)
        self.before = self.open(before.year, before, self.first_day - timedelta(days=1))
        for stage in self.stages:
            self.open_town(stage, before)
        home = self.stages[0]
        self.hand_out(home, self.make_types(home, self.before, before), before, max(self.size // 16, 4))
        for month in (17, 14, 11):
            self.use_some(home, self._months_back(month) + timedelta(days=8), max(self.size // 30, 3))
        self.year = self.open(self.first_day.year, self.first_day, self.last_day)
        self.types = {stage.municipality.pk: self.make_types(stage, self.year, self.first_day) for stage in self.stages}
        self.settle(self.first_day, self.before, before)
        self.held, self.played = {}, Played()  # what is compared is of this year

    def found(self) -> Programme:
        towns = [stage.municipality for stage in self.stages]
        for town in towns:
            town.features = sorted({*town.features, Feature.CARDS.value})
            town.save(update_fields=["features"])
        texts = {f"{name}_{code}": text for name, found in (("name", NAME), ("intro", INTRO)) for code, text in found.items()}
        programme = Programme.objects.create(
            municipality=towns[0], slug=self.slug, help_phone="00 00 42 00", help_email="kort@example.org", **texts
        )
        keeping.found(programme=programme)
        for town in towns[1:]:
            keeping.let_in(programme=programme, number=town.number, by=self.by)
        return programme

    def open(self, year: int, opens: date, closes: date) -> ProgrammeYear:
        return keeping.open_year(programme=self.programme, year=year, opens=opens, closes=closes, by=self.by)

    def open_town(self, stage: Stage, day: date) -> None:
        """Agreements, offers and tills of a town."""
        at, until = self.at(day, 9), self.last_day + timedelta(days=60)
        agreements: dict[str, ProviderAgreement] = {}
        self.offers[stage.municipality.pk] = offers = {}
        for said in OFFERS:
            provider = stage.providers.get(said.at)
            if provider is None:
                continue
            if said.at not in agreements:
                agreement = offering.propose_agreement(
                    programme=self.programme,
                    municipality=stage.municipality,
                    provider=provider,
                    valid_from=day,
                    valid_to=until,
                    by=self.by,
                    at=at,
                    ceiling_ore=2_500_000 if said.at == "activity-centre" else None,
                )
                agreements[said.at] = offering.agree(agreement=agreement, by=self.by, at=at)
                invited = tills.invite(provider=provider, name="Kasse 1", by=self.by, at=at)
                self.tills[provider.pk] = tills.enrol(invitation_token=invited.code, at=at).device
            offers[said.key] = self.publish(agreements[said.at], said, stage, at, until)

    def publish(self, agreement: ProviderAgreement, said: OfferSaid, stage: Stage, at: datetime, until: date) -> Offer:
        activity = stage.activities.get(said.activity)
        values = {
            **{f"title_{code}": text for code, text in said.title.items()},
            "let_in_nb": said.let_in,
            "activity_id": activity.pk if activity and activity.provider_id == agreement.provider_id else None,
            "valid_from": timezone.localdate(at),
            "valid_to": until,
            "conditions": said.conditions,
            "companions": said.companions,
            "companion_clips": 1 if said.companions else 0,
            "unit_ore": said.kroner * 100,
            "deals_codes": bool(said.codes),
            "quantity": said.quantity,
            "released": said.quantity,
        }
        offer = offering.save_offer(agreement=agreement, values=values, by=None, at=at)
        offering.send_offer(offer=offer, by=None, at=at)
        offer = offering.approve_offer(offer=offer, by=self.by, at=at, publish_now=True)
        if said.stock:
            kind, funder, number, kroner = said.stock
            stock = offering.add_stock(
                offer=offer,
                kind=StockKind(kind),
                funder=funder,
                quantity=number,
                unit_ore=kroner * 100,
                expires=until,
                by=self.by,
                at=at,
            )
            if said.codes:
                codes = [f"KINO-{stage.municipality.number}-{number:04d}" for number in range(said.codes)]
                offering.load_codes(offer=offer, codes=codes, stock=stock, by=self.by, at=at)
        return offer

    def pick(self, stage: Stage, key: str) -> Offer | None:
        """A town's own offer, or that of the town which looks after the card."""
        return self.offers[stage.municipality.pk].get(key) or self.offers[self.home.pk].get(key)

    def make_types(self, stage: Stage, year: ProgrammeYear, day: date) -> list[CardType]:
        """A town's card types of a year, and how many of each its agencies may hand out."""
        found = []
        for name, lines, age_from, age_to, _share in TYPES:
            picked = {key: self.pick(stage, key) for key in lines}
            said = [LineSaid(quantity=lines[key], offer=offer) for key, offer in picked.items() if offer is not None]
            if "øre" in lines and stage.category is not None:
                said.append(LineSaid(quantity=lines["øre"] * 100, unit=Unit.ORE, category=stage.category))
            if not said:
                continue
            made = keeping.make_card_type(
                year=year,
                key=self.key(),
                targets=[],
                lines=said,
                by=self.by,
                name=name if stage is self.stages[0] else f"{name} {stage.municipality}",
                age_from=age_from,
                age_to=age_to,
                activate_by=year.closes - timedelta(days=30),
                valid_to=year.closes,
            )
            found.append(made)
            for agency in stage.agencies:
                quantity = max(self.size, 20)
                keeping.give_quota(agency=agency, card_type=made, quantity=quantity, by=self.by, at=self.at(day, 10))
        return found

    # ── day by day ──────────────────────────────────────────────────────────────────────────────────────────
    def days(self) -> Iterator[date]:
        day = self.first_day
        while day < self.today:
            yield day
            day += timedelta(days=1)

    def live(self, day: date) -> None:
        """What happens on a day in all towns."""
        for number, stage in enumerate(self.stages):
            part = self.size if number == 0 else max(self.size // 5, 4)
            if day.day in (3, 12, 21):
                self.hand_out(stage, self.types[stage.municipality.pk], day, max(part // 24, 1))
            if day.weekday() in (1, 3, 5) or day.day == 15:
                self.use_some(stage, day, self.uses_on(day, part))
        if day.day == 9:
            self.help_some(self.stages[0], day)
            self.take_back_one(self.stages[0], day)
        if day.day == 1:
            self.clock(day)
            if day > self.first_day:
                self.settle(day, self.year, (day - timedelta(days=1)).replace(day=1))
        if day == self.first_day + timedelta(days=20):
            self.film_week(day)

    def uses_on(self, day: date, part: int) -> int:
        """Holidays fill the pool."""
        usual = part / 70
        holiday = next_holiday(day)
        much = usual * (2.2 if holiday.first <= day else 1)
        whole = int(much)
        return whole + (self.chance.random() < much - whole)

    def clock(self, day: date) -> None:
        """What the worker does in the night before a day."""
        at = self.at(day, 3)
        return_lapsed(at)
        unlink(at)
        count_cards_of_years(at)
        close_years(at)

    def hand_out(self, stage: Stage, types: list[CardType], day: date, count: int) -> None:
        """The agencies hand out some cards; now and then the coordinator sends out a welcome pack."""
        shares = {name: share for name, *_rest, share in TYPES}
        weights = [next(share for name, share in shares.items() if kind.name.startswith(name)) for kind in types]
        for number in range(count):
            kind = self.chance.choices(types, weights)[0]
            agency = None if self.chance.random() < 0.15 else self.chance.choice(stage.agencies)
            several = self.chance.choice((1, 1, 1, 2, 3))
            way = self.chance.choices([Way.SCREEN, Way.PRINT, Way.SMS, Way.CODE], (60, 22, 12, 6))[0]
            self.issue(stage, kind, agency, several, way, day, number)

    def issue(
        self, stage: Stage, kind: CardType, agency: Agency | None, count: int, way: Way, day: date, number: int, **asked: Any
    ) -> None:
        issued = actions.issue(
            card_type=kind,
            municipality=stage.municipality,
            agency=agency,
            count=count,
            way=way,
            key=self.key(),
            by=self.by,
            at=self.at(day, 9 + number % 7, number % 60),
            **asked,
        )
        for one in issued.cards:
            self.played.cards += 1
            if self.chance.random() * 100 < AWAKE:
                held = Held(one.card, one.code, self.played.cards)
                if self.chance.random() * 100 < CARRIED[Medium.DIGITAL]:
                    self.to_phone(held, day + timedelta(days=self.chance.randint(0, 3)))
                self.held.setdefault(stage.municipality.pk, []).append(held)

    def to_phone(self, held: Held, day: date) -> None:
        day = min(day, self.today)
        secret = new_secret()
        activate(code=held.code, auth_hash=auth_hash_of(secret), clip_key=clip_key_of(secret), at=self.at(day, 17))
        held.secret = secret
        self.played.awake.add(held.holder)

    def use_some(self, stage: Stage, day: date, count: int) -> None:
        """Some holders come to some counters. The same few cards come often, as in life."""
        held = self.held.get(stage.municipality.pk, [])
        for number in range(count if held else 0):
            one = held[min(int(self.chance.random() ** 1.6 * len(held)), len(held) - 1)]
            key = self.chance.choices(list(WANTED), list(WANTED.values()))[0]
            if (offer := self.pick(stage, key)) is not None:
                at = self.at(day, OPEN_AT[key], (number * 7 + self.chance.randint(0, 6)) % 60)
                self.use(one, offer, at, people=2 if offer.companions and self.chance.random() < 0.25 else 1)

    def use(self, held: Held, offer: Offer, at: datetime, people: int = 1) -> Redemption | None:
        """One card at one counter; what the till says is taken as it is."""
        till = self.tills[offer.agreement.provider_id]
        shown = held.code
        if held.secret:
            shown = rotating_text(clip_key_of(held.secret), held.card.public_id, at)
        try:
            found = find_card(shown, at=at, offer=offer)
            way = UseWay.TAP if held.secret and self.chance.random() < 0.2 else found.way
            use = redeem(
                key=self.key().hex,
                card=found.card,
                offer=offer,
                way=way,
                at=at,
                device=None if way == UseWay.TAP else till,
                people=people,
                step=None if way == UseWay.TAP else found.step,
            )
        except Refused:
            self.played.refused += 1
            return None
        row = Redemption.objects.get(mark=use.mark)
        tickets = row.clips if row.unit == Unit.CLIP else 1
        self.whose[row.mark] = held.holder
        self.played.awake.add(held.holder)
        self.played.used[held.holder] += tickets
        self.played.ore += row.total_ore
        if row.device_id and self.chance.random() < 0.04:
            undo(key=self.key().hex, redemption=row, at=at + timedelta(minutes=4), by_device=till)
            self.played.undone += 1
            self.played.used[held.holder] -= tickets
            self.played.ore -= row.total_ore
        return row

    def help_some(self, stage: Stage, day: date) -> None:
        """A lost card is replaced, another is stopped, one gets something extra."""
        held = self.held.get(stage.municipality.pk, [])
        at = self.at(day, 14)
        if len(held) < 6:
            return
        lost = self.chance.choice(held)
        new = actions.reissue(card=lost.card, by=self.by, at=at, key=self.key()).cards[0]
        held[held.index(lost)] = Held(new.card, new.code, lost.holder)
        self.played.replaced += 1
        if day.month % 3 == 0:
            stopped = held.pop()
            actions.revoke(card=stopped.card, by=self.by, at=at)
            self.played.stopped += 1
        extra = self.chance.choice(held)
        if (offer := self.pick(stage, "swim")) is not None:
            actions.add_extra(card=extra.card, offer=offer, quantity=1, by=self.by, at=at, key=self.key())

    def take_back_one(self, stage: Stage, day: date) -> None:
        """The coordinator takes back a use of some days ago, that a settlement may have sent to the provider already."""
        uses = Redemption.objects.filter(
            municipality=stage.municipality, year=self.year, day__gte=day - timedelta(days=20), reversal_of=None, reversal=None
        ).exclude(settlement__state=SettlementState.CLOSED)
        row = uses.filter(allowance__isnull=False).order_by("pk").first()
        if row is None or self.coordinator is None:
            return
        undo(key=self.key().hex, redemption=row, at=self.at(day, 15), by_user=self.coordinator)
        self.played.undone += 1
        self.played.used[self.whose[row.mark]] -= row.clips if row.unit == Unit.CLIP else 1
        self.played.ore -= row.total_ore

    def film_week(self, day: date) -> None:
        """A batch with a last day for its first use: "free cinema, grade 10". Half of it is used in time, the rest flows back."""
        offer = self.offers[self.home.pk].get("cinema")
        if offer is None:
            return
        kind = keeping.make_card_type(
            year=self.year,
            key=self.key(),
            targets=[],
            lines=[LineSaid(quantity=1, offer=offer)],
            by=self.by,
            name="Kino for tiende trinn",
            age_from=15,
            age_to=16,
            activate_by=day + timedelta(days=7),
            valid_to=self.year.closes,
        )
        count = max(self.size // 10, 4)
        issued = actions.issue(
            card_type=kind,
            municipality=self.home,
            agency=None,
            count=count,
            way=Way.PRINT,
            key=self.key(),
            by=self.by,
            at=self.at(day, 9),
            purpose="Tiende trinn, filmuka",
        )
        for number, one in enumerate(issued.cards):
            self.played.cards += 1
            if number < count // 2:
                self.to_phone(Held(one.card, one.code, self.played.cards), day + timedelta(days=self.chance.randint(0, 7)))

    def settle(self, day: date, year: ProgrammeYear, first: date) -> None:
        """What is over: sent, approved, paid; what is newest still waits."""
        for stage in self.stages:
            made = settling.make_settlements(
                municipality=stage.municipality,
                year=year,
                first=first,
                last=day - timedelta(days=1),
                by=self.by,
                at=self.at(day, 11),
            )
            for number, row in enumerate(made.rows):
                settling.send(settlement=row, total_ore=row.total_ore, by=self.by, at=self.at(day, 11, 5))
                if (self.today - day).days > 20 or number % 2:
                    settling.approve(settlement=row, by=self.by, at=self.at(day, 11, 9))
                if (self.today - day).days > 50 and row.state == SettlementState.APPROVED:
                    settling.close(settlement=row, by=self.by, at=self.at(day, 11, 30))


# ── the demo town ───────────────────────────────────────────────────────────────────────────────────────────
def stage_of(municipality: Municipality, town: Town) -> Stage:
    """Who takes the card in a demo town."""
    keys = {said.at for said in OFFERS}
    providers: dict[str, Provider] = {}
    for made in town.providers:
        if made.key in keys and made.row.live:
            providers.setdefault(made.key, made.row)
    by_pk = {row.pk for row in providers.values()}
    activities: dict[str, Activity] = {}
    for made in town.activities:
        if made.row.provider_id in by_pk:
            activities.setdefault(made.key, made.row)
    category = Category.objects.filter(municipality=municipality, slug="kultur").first()
    agencies = list(Agency.objects.filter(municipality=municipality, is_active=True).order_by("sort_order", "pk"))
    return Stage(
        municipality, providers, activities, agencies[:5], category or Category.objects.filter(municipality=municipality).first()
    )


def add_cards(towns: list[tuple[Municipality, Town]], *, today: date, size: int = 40) -> Played | None:
    """The season of those towns that use the card, and what waits today. The letters its deeds would send are not sent."""
    stages = [stage_of(municipality, town) for municipality, town in towns if municipality.number in WITH_CARDS]
    if not stages:
        return None
    before, hooks = set(DBTaskResult.objects.values_list("pk", flat=True)), list(connection.run_on_commit)
    coordinator = User.objects.filter(email=f"{stages[0].municipality.slug}@example.org").first()
    season = Season(stages, today=today, size=size, coordinator=coordinator)
    played = season.play()
    leave_some_waiting(season)
    connection.run_on_commit = hooks
    DBTaskResult.objects.exclude(pk__in=before).delete()
    return played


def leave_some_waiting(season: Season) -> None:
    """Something for the coordinator to decide, and somebody who looks after the pool, its tills and its statements."""
    home = season.stages[0]
    if pool := home.providers.get("pool"):
        keeper, _new = User.objects.get_or_create(email="badet@example.org", defaults={"name": "Badet Demo"})
        Membership.objects.get_or_create(user=keeper, provider=pool, defaults={"role": Membership.Role.EDITOR})
    agreement = ProviderAgreement.objects.filter(municipality=home.municipality, provider=home.providers.get("cinema")).first()
    if agreement is None:
        return
    at = season.at(season.today, 7)
    values = {
        **{f"title_{code}": text for code, text in POPCORN.items()},
        "let_in_nb": "Gi ut en boks popkorn.",
        "valid_from": season.today,
        "valid_to": agreement.valid_to,
        "unit_ore": 4500,
        "quantity": 100,
        "released": 40,
    }
    offering.send_offer(offer=offering.save_offer(agreement=agreement, values=values, by=None, at=at), by=None, at=at)
