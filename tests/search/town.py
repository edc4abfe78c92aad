"""A small town with every kind of listing, for tests of pages and API. The same for a seed."""

import random
from datetime import date, time, timedelta

from directory.activities.models import Session
from directory.places.models import OpeningTime
from tests.factories.directory import (
    ActivityFactory,
    AdaptationFactory,
    CategoryFactory,
    DistrictFactory,
    PlaceFactory,
    ProviderFactory,
    SeasonFactory,
    SupportSchemeFactory,
    TargetGroupFactory,
)

NAMES = ["Fotball", "Barnekor", "Svømmekurs", "Håndball", "Språkkafé", "Turgruppe", "Sjakk", "E-sport", "Strikkekveld", "Dans"]
WHO = ["for barn", "for ungdom", "i Stavern", "for alle", "på tirsdager", "for eldre", ""]
ENGLISH = {"Fotball": "Football", "Barnekor": "Children's choir", "Svømmekurs": "Swimming lessons", "Dans": "Dance"}
ARABIC = {"Fotball": "كرة القدم", "Svømmekurs": "دروس السباحة"}
CENTRE = (59.053, 10.035)


def make_town(municipality, seed=1, providers=8, places=6, activities=24, support=3):
    """Labels and listings; returns all listings."""
    dice = random.Random(seed)
    sport = CategoryFactory(municipality=municipality, slug="idrett", name_nb="Idrett", drawing="sport")
    football = CategoryFactory(
        municipality=municipality, slug="fotball", parent=sport, name_nb="Fotball", name_ar="كرة القدم", synonyms_nb="ballspill"
    )
    culture = CategoryFactory(municipality=municipality, slug="kultur", name_nb="Kultur", name_en="Culture", drawing="art")
    categories = [sport, football, culture]
    targets = [TargetGroupFactory(municipality=municipality, slug=s, name_nb=s.title()) for s in ("barn", "ungdom", "eldre")]
    adaptations = [AdaptationFactory(municipality=municipality, slug=s, name_nb=s.title()) for s in ("rullestol", "teleslynge")]
    districts = [DistrictFactory(municipality=municipality, slug=s, name_nb=s.title()) for s in ("stavern", "nanset")]
    season = SeasonFactory(
        municipality=municipality, slug="sommer", name_nb="Sommerferie", starts=date(2030, 6, 20), ends=date(2030, 8, 15)
    )

    def some(values, most=2):
        return dice.sample(values, dice.randint(0, min(most, len(values))))

    def facts():
        name = dice.choice(NAMES)
        ages = sorted((dice.randint(0, 30), dice.randint(0, 90)))
        return {
            "municipality": municipality,
            "name_nb": f"{name} {dice.choice(WHO)}".strip(),
            "name_en": ENGLISH.get(name, "") if dice.random() < 0.7 else "",
            "name_ar": ARABIC.get(name, "") if dice.random() < 0.7 else "",
            "summary_nb": f"Kom og bli med på {dice.choice(NAMES).lower()}.",
            "categories": some(categories),
            "targets": some(targets),
            "adaptations": some(adaptations),
            "districts": some(districts, 1),
            "spoken": some(["nb", "ar", "en"]),
            "age_from": dice.choice([None, ages[0]]),
            "age_to": dice.choice([None, ages[1]]),
            "volunteers_wanted": dice.random() < 0.3,
            "city": "Larvik",
        } | where()

    def where():
        if dice.random() < 0.3:
            return {}
        return {"pinned_lat": CENTRE[0] + dice.uniform(-0.1, 0.1), "pinned_lon": CENTRE[1] + dice.uniform(-0.2, 0.2)}

    def price():
        return dice.choice(
            [{"is_free": True}, {"is_free": None}, {"is_free": False}, {"price": 100}, {"price": 450}, {"price": 0}]
        )

    def session(venues):
        when = (
            {"weekday": dice.randint(1, 7)} if dice.random() < 0.8 else {"date": date.today() + timedelta(dice.randint(-9, 60))}
        )
        hour = dice.randint(9, 20)
        return Session(
            **when,
            starts=time(hour, 30),
            ends=time(hour + 1),
            place=dice.choice([None, *venues]),
            weeks=dice.choice(Session.Weeks.values) if "weekday" in when else "every",
        )

    def opening():
        return OpeningTime(weekday=dice.randint(1, 7), opens=time(10), closes=time(15))

    made = [ProviderFactory(**facts(), membership_fee=dice.choice([None, 0, 300])) for _ in range(providers)]
    clubs = list(made)
    venues = [
        PlaceFactory(**facts(), **price(), kind=dice.choice(["venue", "meeting", "lending"]), opening_times=[opening()])
        for _ in range(places)
    ]
    made += venues
    for _ in range(activities):
        made.append(
            ActivityFactory(
                **facts(),
                **price(),
                provider=dice.choice(clubs),
                places=some(venues),
                seasons=[season] if dice.random() < 0.2 else [],
                low_threshold=dice.random() < 0.2,
                sessions=[session(venues) for _ in range(dice.randint(0, 3))],
            )
        )
    made += [SupportSchemeFactory(**facts()) for _ in range(support)]
    return made


def random_address(dice):
    """A question as it stands in an address; now and then nonsense."""
    pairs = []
    if dice.random() < 0.6:
        words = [*NAMES, "fotbal", "barn", "kor", "football", "السباحة", "ballspill", "idrett", "xyzzy", "Stavern"]
        pairs.append(("q", " ".join(dice.sample(words, dice.choice([1, 1, 2])))))
    values = {
        "kind": ["activity", "provider", "place", "support"],
        "category": ["idrett", "fotball", "kultur", "finnes-ikke"],
        "target": ["barn", "ungdom"],
        "adapted": ["rullestol"],
        "district": ["stavern", "nanset"],
        "age": ["5", "10", "67", "500"],
        "spoken": ["ar", "nb"],
        "weekday": ["1", "2", "3", "9"],
        "season": ["sommer"],
        "card": ["1", "finnes-ikke"],
        "free": ["1"],
        "volunteers": ["1"],
        "maxprice": ["0", "100", "-5"],
        "municipality": ["all", "3907", "3909"],
    }
    for param, choices in values.items():
        if dice.random() < 0.15:
            pairs += [(param, value) for value in dice.sample(choices, min(len(choices), dice.choice([1, 1, 2])))]
    if dice.random() < 0.3:
        pairs.append(("near", f"{CENTRE[0]},{CENTRE[1]}"))
        if dice.random() < 0.5:
            pairs.append(("within", dice.choice(["2", "5", "12.5"])))
    if dice.random() < 0.5:
        pairs.append(("sort", dice.choice(["relevance", "name", "distance", "newest", "sideways"])))
    return pairs
