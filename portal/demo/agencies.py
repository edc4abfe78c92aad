"""The demo town's services that meet families, who works there, how guided families say it went, and a page on how to guide."""

from __future__ import annotations

from datetime import date
from random import Random

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import District, Municipality
from directory.providers.models import Provider
from portal.accounts.models import User
from portal.demo.pages import block, items
from portal.demo.people import telephone
from portal.demo.town import Town
from portal.frontline.models import Outcome, OutcomeSum
from portal.pages.actions import add_page
from portal.pages.models import SectionPage, TextPage

Kind = Agency.Kind
# kind, name, what families get, hours, words in other languages
AGENCIES: tuple[tuple[Kind, dict[str, str], dict[str, str], dict[str, str]], ...] = (
    (
        Kind.NAV,
        {"nb": "NAV {town}", "en": "NAV {town}", "ar": "ناف {town}", "ti": "NAV {town}"},
        {
            "nb": "Råd om arbeid, penger og bolig. Vi finner en fritidsaktivitet sammen med familien og viser hvem de kan ringe.",
            "en": "Advice about work, money and housing. We find a leisure activity together with the family and show whom to ring.",
        },
        {"nb": "Mandag til fredag 10–14. Time etter avtale.", "en": "Monday to Friday 10–14. Appointments on request."},
    ),
    (
        Kind.HEALTH,
        {
            "nb": "Helsestasjon og skolehelsetjeneste",
            "en": "Health centre and school nurses",
            "ar": "مركز الصحة والتمريض المدرسي",
        },
        {
            "nb": "Helsesykepleier på alle skoler. Vi lager lister over ting å prøve, på familiens språk.",
            "en": "A nurse at every school. We make lists of things to try, in the family's language.",
        },
        {"nb": "Mandag til fredag 8–15.30", "en": "Monday to Friday 8–15.30"},
    ),
    (
        Kind.INTRODUCTION,
        {"nb": "Introduksjonssenteret", "en": "Introduction centre", "uk": "Центр інтеграції"},
        {
            "nb": "Norskkurs og introduksjonsprogram. Alle deltakere får prøve minst to aktiviteter det første halvåret.",
            "en": "Norwegian classes and the introduction programme. Everybody tries at least two activities in the first half-year.",
        },
        {"nb": "Mandag til fredag 8–16", "en": "Monday to Friday 8–16"},
    ),
    (
        Kind.CHILD_WELFARE,
        {"nb": "Barneverntjenesten", "en": "Child welfare service"},
        {"nb": "Råd og hjelp hjemme. Støttekontakt som blir med på de første treningene.", "en": "Advice and help at home."},
        {"nb": "Mandag til fredag 9–15", "en": "Monday to Friday 9–15"},
    ),
    (
        Kind.CRISIS,
        {"nb": "Krisesenteret", "en": "Crisis centre"},
        {"nb": "Et trygt sted å bo. Barna får en egen kontakt som finner på ting sammen med dem.", "en": "A safe place to stay."},
        {"nb": "Hele døgnet", "en": "Day and night"},
    ),
    (
        Kind.VOLUNTEER_CENTRE,
        {"nb": "Frivilligsentralen", "en": "Volunteer centre"},
        {"nb": "Vi finner en følgevenn til første gang.", "en": "We find somebody to come along the first time."},
        {"nb": "Tirsdag til torsdag 10–15", "en": "Tuesday to Thursday 10–15"},
    ),
)
#: Mail address, name, and which of the agencies above they work for.
PEOPLE = (
    ("nav@example.org", "Nav Demo", 0, AgencyRole.Role.LEADER),
    ("helsesykepleier@example.org", "Helsesykepleier Demo", 1, AgencyRole.Role.WORKER),
    ("helsestasjon@example.org", "Helsestasjon Demo", 1, AgencyRole.Role.LEADER),
)
# How many of a hundred say what.
SHARES = {
    Outcome.HANDED_OVER: 100,
    Outcome.STARTED: 58,
    Outcome.NOT_YET: 9,
    Outcome.NOT_PRICE: 6,
    Outcome.NOT_FULL: 5,
    Outcome.NOT_TIME: 7,
    Outcome.NOT_FAR: 4,
    Outcome.NOT_ANSWER: 5,
    Outcome.NOT_OTHER: 2,
    Outcome.STILL: 41,
    Outcome.STOPPED_PRICE: 3,
    Outcome.STOPPED_TIME: 3,
    Outcome.STOPPED_FAR: 2,
    Outcome.STOPPED_WELCOME: 2,
    Outcome.STOPPED_LIKE: 4,
    Outcome.STOPPED_OTHER: 1,
}
GUIDE: dict[str, tuple[str, str, list[str]]] = {
    "nb": (
        "Slik veileder du en familie",
        "Tre ting å prøve er nok. Familien tar med seg lista, og sier selv fra at de kommer.",
        [
            "Spør hva barnet liker, og hvor familien bor.",
            "Søk sammen, og legg to eller tre ting på lista.",
            "Skriv et ord til hver: hvem de skal spørre etter.",
            "Velg familiens språk, og vis koden eller skriv ut.",
            "Vil familien si fra at de kommer? Vis koden, så sender de selv fra sin egen telefon.",
        ],
    ),
    "en": (
        "How to guide a family",
        "Three things to try are enough. The family takes the list along, and says itself that it is coming.",
        [
            "Ask what the child likes, and where the family lives.",
            "Search together, and put two or three things on the list.",
            "Write a word to each: whom to ask for.",
            "Choose the family's language, and show the code or print.",
            "Does the family want to say that it is coming? Show the code; they send it from their own phone.",
        ],
    ),
}


def add_agencies(municipality: Municipality, town: Town, *, people: bool) -> None:
    """The services of a demo town. `people`: who signs in, in the first town only."""
    made = []
    for n, (kind, names, offers, hours) in enumerate(AGENCIES):
        texts = {
            f"{field}_{code}": words.replace("{town}", municipality.name)
            for field, found in (("name", names), ("offers", offers), ("hours", hours))
            for code, words in found.items()
            if code in municipality.languages
        }
        slug = names["nb"].split()[0].lower()
        address = {"phone": telephone(4200 + n), "email": f"{slug}.{municipality.slug}@example.org"}
        row, _new = Agency.objects.get_or_create(
            municipality=municipality, kind=kind, defaults={**texts, **address, "sort_order": n}
        )
        made.append(row)
    for email, name, n, role in PEOPLE if people else ():
        user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
        AgencyRole.objects.get_or_create(user=user, agency=made[n], defaults={"role": role})
    add_outcomes(municipality, town.today)
    add_guide(municipality)


def add_outcomes(municipality: Municipality, today: date) -> None:
    """A year of answers."""
    if OutcomeSum.objects.filter(municipality=municipality).exists():
        return
    chance = Random(f"outcomes:{municipality.number}")
    districts = list(
        District.objects.filter(municipality=municipality, kind="neighbourhood").order_by("pk").values_list("slug", flat=True)
    )
    kinds = [Provider.ProviderKind.ASSOCIATION] * 4 + [Provider.ProviderKind.HOST, Provider.ProviderKind.VOLUNTEER_CENTRE]
    rows = []
    for back in range(12, 0, -1):
        at = today.year * 12 + today.month - 1 - back
        cells: dict[tuple[str, str, str], int] = {}
        for _family in range(chance.randint(14, 34)):
            kind, district = chance.choice(kinds), chance.choice(districts or [""])
            for outcome in Outcome:
                if chance.random() * 100 < SHARES[outcome]:
                    cells[kind, district, outcome] = cells.get((kind, district, outcome), 0) + 1
        rows += [
            OutcomeSum(
                municipality=municipality,
                month=date(at // 12, at % 12 + 1, 1),
                provider_kind=kind,
                district=district,
                outcome=outcome,
                count=number,
            )
            for (kind, district, outcome), number in sorted(cells.items())
        ]
    OutcomeSum.objects.bulk_create(rows)


def add_guide(municipality: Municipality) -> None:
    """A page for those who guide; the desk leads to it."""
    if municipality.site is None:
        return
    section = SectionPage.objects.descendant_of(municipality.site.root_page).filter(slug="hjelp").first()
    if section is None or section.get_children().filter(slug="veilede-en-familie").exists():
        return
    offered = {code: words for code, words in GUIDE.items() if code in municipality.languages}
    page = TextPage(
        slug="veilede-en-familie",
        **{f"heading_{code}": words[0] for code, words in offered.items()},
        **{f"intro_{code}": words[1] for code, words in offered.items()},
    )
    for code, (heading, _intro, steps) in offered.items():
        key = f"{municipality.number}:guiding:{code}"
        setattr(page, f"body_{code}", [block(key, "steps", {"heading": heading, "steps": items(key, list(steps))})])
    add_page(section, page)
