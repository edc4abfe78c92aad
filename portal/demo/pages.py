"""The demo town's pages: what a new site begins with, news, guides, the holiday programme, and a page of every block."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from directory.activities.models import Season
from directory.municipalities.models import Municipality
from portal.demo.pictures import SCENES
from portal.demo.texts import read
from portal.demo.town import Town
from portal.pages.actions import add_page, make_starter_pages
from portal.pages.models import AccessibilityStatementPage, GuidePage, NewsIndexPage, NewsPage, SeasonPage, SectionPage, TextPage

Blocks = list[dict[str, Any]]


def add_pages(municipality: Municipality, town: Town) -> None:
    """Make the pages below the front page of a demo town."""
    if municipality.site is None:
        return
    home = municipality.site.root_page
    make_starter_pages(home, municipality)
    AccessibilityStatementPage.objects.descendant_of(home).update(updated=town.today)
    entries = read("pages")
    add_news(municipality, town, entries["news"])
    add_guides(municipality, town, entries["guide"])
    add_season(municipality, town, entries["season"])
    add_section(municipality, entries["section"])


def words_of(entry: dict[str, Any], municipality: Municipality, *fields: str) -> dict[str, str]:
    """The plain texts of an entry as columns, in the languages offered."""
    return {
        f"{field}_{code}": entry[code][field].replace("{town}", municipality.name)
        for code in municipality.languages
        for field in fields
        if field in entry.get(code, {})
    }


def block(key: str, kind: str, value: Any) -> dict[str, Any]:
    """A block as it is kept, with the same number each time."""
    return {"type": kind, "value": value, "id": str(uuid5(NAMESPACE_URL, f"demo:{key}:{kind}"))}


def items(key: str, values: list[Any]) -> list[dict[str, Any]]:
    """The rows of a list inside a block."""
    return [
        {"type": "item", "value": value, "id": str(uuid5(NAMESPACE_URL, f"demo:{key}:{n}"))} for n, value in enumerate(values)
    ]


def picture(town: Town, scene: str) -> dict[str, Any]:
    """A drawn picture and what it shows, in the languages it is told in."""
    image = town.pictures.of(scene, Random(f"pages:{scene}"))
    if image is None:
        return {}
    alt = {f"image_alt_{code}": text for code, text in SCENES[scene].alt.items() if code in town.municipality.languages}
    return {"image": image, **alt}


def add_news(municipality: Municipality, town: Town, entries: list[dict[str, Any]]) -> None:
    """News of the last weeks, two of them grants."""
    index = NewsIndexPage.objects.descendant_of(municipality.site.root_page).get()  # type: ignore[union-attr]
    for entry in entries:
        page = NewsPage(
            slug=entry["slug"],
            date=town.today - timedelta(days=entry["days_ago"]),
            deadline=town.today + timedelta(days=entry["deadline_in"]) if "deadline_in" in entry else None,
            amount=Decimal(entry["amount"]) if "amount" in entry else None,
            apply_at=entry.get("apply", ""),
            **picture(town, entry["scene"]),
            **words_of(entry, municipality, "heading", "intro", "who"),
        )
        for code in municipality.languages:
            if texts := entry.get(code):
                setattr(page, f"body_{code}", news_blocks(f"{municipality.number}:{entry['key']}:{code}", texts))
        add_page(index, page)


def news_blocks(key: str, texts: dict[str, Any]) -> Blocks:
    """What a piece of news holds in one language."""
    blocks = [block(key, "text", texts["text"])] if "text" in texts else []
    if "question" in texts:
        value = {"heading": texts["question_heading"], "question": texts["question"], "limit": "3"}
        blocks.append(block(key, "listings", value))
    return blocks


def add_guides(municipality: Municipality, town: Town, entries: list[dict[str, Any]]) -> None:
    """Guides to those of the schemes that the town has."""
    section = SectionPage.objects.descendant_of(municipality.site.root_page).get(slug="hjelp")  # type: ignore[union-attr]
    schemes = {made.key: made.row for made in town.schemes}
    helps = read("pages")["section"]  # the same people answer as for newcomers
    for entry in entries:
        if (scheme := schemes.get(entry["scheme"])) is None:
            continue
        page = GuidePage(slug=entry["slug"], scheme=scheme, **words_of(entry, municipality, "heading", "intro"))
        for code in municipality.languages:
            if rows := entry.get(code, {}).get("questions"):
                key = f"{municipality.number}:{entry['slug']}:{code}"
                questions = items(key, [{"question": question, "answer": answer} for question, answer in rows])
                body = [block(key, "questions", {"heading": "", "questions": questions})]
                setattr(page, f"body_{code}", [*body, block(key, "contact", volunteer_centre(helps[code]["contact"]))])
        add_page(section, page)


def volunteer_centre(role: str) -> dict[str, str]:
    """Whom to ask, and what they do."""
    facts = {"name": "Frivilligsentralen", "role": role, "phone": "00 00 00 42"}
    return facts | {"email": "frivilligsentralen@example.org", "hours": "", "where": ""}


def add_season(municipality: Municipality, town: Town, entry: dict[str, Any]) -> None:
    """The page of the holiday programme."""
    season = Season.objects.filter(municipality=municipality).first()
    if season is not None:
        texts = words_of(entry, municipality, "heading", "intro")
        page = SeasonPage(slug=entry["slug"], season=season, **picture(town, entry["scene"]), **texts)
        add_page(municipality.site.root_page, page)  # type: ignore[union-attr]


def add_section(municipality: Municipality, entry: dict[str, Any]) -> None:
    """A page for newcomers, with a block of most kinds."""
    page = TextPage(slug=entry["slug"], **words_of(entry, municipality, "heading", "intro"))
    for code in municipality.languages:
        if (texts := entry.get(code)) and "steps" in texts:
            key = f"{municipality.number}:new-here:{code}"
            setattr(
                page,
                f"body_{code}",
                [
                    block(key, "steps", {"heading": texts["steps_heading"], "steps": items(key, texts["steps"])}),
                    block(key, "action", {"text": "", "label": texts["button"], "page": None, "address": "/find/?free=1"}),
                    block(key, "listings", {"heading": texts["listings"], "question": "kind=activity&free=1", "limit": "6"}),
                    block(key, "map", {"heading": texts["map"], "question": "kind=place"}),
                    block(key, "categories", {"heading": texts["categories"], "categories": []}),
                    block(key, "contact", volunteer_centre(texts["contact"])),
                ],
            )
    add_page(municipality.site.root_page, page)  # type: ignore[union-attr]
