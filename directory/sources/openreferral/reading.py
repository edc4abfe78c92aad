"""What the rows of a package say of listings. Pure: rows and the municipality's words in, drafts out.

    organization → provider      location (physical) → place      service → activity, or support scheme
    phone, contact, language, address, accessibility, schedule, cost_option, attribute → facts of what they belong to

A service is a support scheme where its name or its terms say that it gives money or the loan of something; everything
else one can take part in is an activity. What cannot be read is told beside the row; what belongs to nothing is a row
of its own in the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from directory.listings.kinds import SPOKEN, Kind
from directory.providers.rules import is_org_number
from directory.sources.openreferral.package import WITHOUT_PLACE, Package, Row, text
from directory.sources.openreferral.schedules import Meeting, read_schedule
from directory.sources.spreadsheets.problems import Problem, shorten
from directory.sources.spreadsheets.values import NotUnderstood
from directory.sources.spreadsheets.values.contacts import email, phone, url
from directory.sources.spreadsheets.values.languages import languages
from directory.sources.spreadsheets.values.positions import position
from directory.sources.spreadsheets.values.prices import period_of, price
from directory.sources.spreadsheets.vocabulary import Vocabulary
from directory.sources.spreadsheets.words import fold

_MONEY = re.compile(
    r"\b(stonad|stotteordning\w*|tilskudd\w*|okonomisk (?:stotte|hjelp)|kontingentkass\w*|fritidskort\w*|aktivitetskort\w*"
    r"|stipend\w*|fritidsfond\w*|utlan av utstyr|financial (?:assistance|help|aid|support)|grants?|bursar(?:y|ies)"
    r"|subsid(?:y|ies)|vouchers?|fee waiver|income support|equipment loan)\b"
)
ACTIVE = {"active", ""}
# Tables whose rows are facts of what they belong to
_FACTS = ("service_at_location", "address", "phone", "contact", "schedule", "language", "accessibility", "cost_option", "url")
_PARTS = (*_FACTS, "organization_identifier", "location")


@dataclass
class Draft:
    """What the package says of one listing. `facts` are its columns and labels; `times` where and when it is on."""

    kind: Kind
    key: str
    cells: dict[str, str]
    name: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    provider_key: str = ""
    place_keys: list[str] = field(default_factory=list)
    times: list[tuple[Meeting, str]] = field(default_factory=list)
    status: str = ""
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return any(problem.refuses for problem in self.problems)

    @property
    def is_active(self) -> bool:
        return self.status.casefold() in ACTIVE

    def say(self, code: str, column: str = "", value: str = "", *, refuses: bool = False, **facts: Any) -> None:
        """Add something to tell of this row."""
        self.problems.append(Problem(code, column, value, refuses, facts))

    def put(self, column: str, value: Any, limit: int = 0) -> None:
        """Set a fact; nothing is no fact, and a text that is too long is cut and told."""
        if value in (None, "", []):
            return
        if limit and len(value) > limit:
            self.say("too_long", column, count=len(value), limit=limit)
            value = value[: limit - 1].rstrip() + "…"
        self.facts[column] = value


class Reader:
    """Reads the drafts of one package. `lang` is the language its texts are in."""

    def __init__(self, package: Package, words: Vocabulary, lang: str) -> None:
        self.package, self.words, self.lang = package, words, lang
        self.parts = {name: package.belonging_to(name) for name in _PARTS}
        self.terms: dict[str, list[Row]] = {}
        for row in package.table("attribute").values():
            term = package.table("taxonomy_term").get(text(row.get("taxonomy_term_id")))
            self.terms.setdefault(text(row.get("link_id")), []).append(term or row)
        self.adaptation_words = {word: pk for word, pk in words.adaptations.by_word.items() if len(word) > 4}

    def of(self, part: str, owner: str, key: str) -> list[Row]:
        """The rows of a table that belong to one owner."""
        return self.parts[part].get(owner, {}).get(key, [])

    # ── providers ───────────────────────────────────────────────────────────────────────────────────────────
    def organizations(self) -> Iterator[Draft]:
        for key, row in self.package.table("organization").items():
            draft = self._begin(Kind.PROVIDER, key, row, required=("name", "description"))
            draft.put(f"description_{self.lang}", self._paragraphs(row, "description", also="alternate_name"))
            self._website(draft, [text(row.get("website")), text(row.get("url")), *self._urls("organization", key)])
            self._contact(draft, row, "organization", key)
            draft.put("org_number", self._org_number(key, row))
            year = re.search(r"\b(1[0-9]{3}|20[0-9]{2})\b", text(row.get("year_incorporated")))
            draft.put("founded", int(year[1]) if year else None)
            homes = [r for r in self.of("location", "organization", key) if _is_physical(r)]
            if len(homes) == 1:
                self._address(draft, text(homes[0].get("id")))
            self._labels(draft, key)
            yield draft

    def _org_number(self, key: str, row: Row) -> str:
        written = [text(r.get("identifier")) for r in self.of("organization_identifier", "organization", key)]
        for value in [*written, text(row.get("tax_id"))]:
            digits = re.sub(r"[\s.]|^NO|MVA$", "", value.upper())
            if is_org_number(digits):
                return digits
        return ""

    # ── places ──────────────────────────────────────────────────────────────────────────────────────────────
    def locations(self) -> Iterator[Draft]:
        for key, row in self.package.table("location").items():
            owner = self.package.table("organization").get(text(row.get("organization_id")), {})
            addresses = self.of("address", "location", key)
            name = next(
                filter(
                    None,
                    [
                        text(row.get("name")),
                        text(row.get("alternate_name")),
                        *(text(a.get("address_1")) for a in addresses),
                        text(owner.get("name")),
                    ],
                ),
                "",
            )
            draft = self._begin(Kind.PLACE, key, {**row, "name": name}, required=("name",))
            if not _is_physical(row):
                draft.say("not_a_place", value=text(row.get("location_type")), refuses=True)
            draft.put(f"description_{self.lang}", self._paragraphs(row, "description", also="alternate_name"))
            draft.put(f"getting_there_{self.lang}", text(row.get("transportation")))
            self._website(draft, [text(row.get("url")), *self._urls("location", key)])
            self._contact(draft, row, "location", key)
            self._address(draft, key)
            self._position(draft, row)
            self._accessibility(draft, [key])
            self._labels(draft, key)
            draft.provider_key = text(row.get("organization_id"))
            for schedule in self.of("schedule", "location", key):
                if not text(schedule.get("service_id")) and not text(schedule.get("service_at_location_id")):
                    self._times(draft, schedule, "")
            yield draft

    def _position(self, draft: Draft, row: Row) -> None:
        lat, lon = text(row.get("latitude")), text(row.get("longitude"))
        if not lat and not lon:
            return
        if not lat or not lon:
            draft.say("position_half", value=lat or lon)
            return
        try:
            found_lat, found_lon, swapped = position(lat, lon)
        except NotUnderstood as error:
            draft.say(error.code, value=f"{lat}, {lon}")
            return
        draft.facts |= {"pinned_lat": found_lat, "pinned_lon": found_lon}
        if swapped:
            draft.say("swapped", value=f"{lat}, {lon}")

    # ── activities and support schemes ──────────────────────────────────────────────────────────────────────
    def services(self) -> Iterator[Draft]:
        for key, row in self.package.table("service").items():
            terms = " ".join(text(term.get("name")) for term in self.terms.get(key, []))
            kind = Kind.SUPPORT if _MONEY.search(fold(f"{text(row.get('name'))} {terms}")) else Kind.ACTIVITY
            draft = self._begin(kind, key, row, required=("name", "status"))
            draft.status = text(row.get("status"))
            draft.provider_key = text(row.get("organization_id"))
            self._website(draft, [text(row.get("url")), *self._urls("service", key)])
            self._contact(draft, row, "service", key)
            self._ages(draft, row)
            self._spoken(draft, key)
            self._labels(draft, key)
            at = self.of("service_at_location", "service", key)
            draft.place_keys = list(dict.fromkeys(filter(None, (text(r.get("location_id")) for r in at))))
            if kind is Kind.SUPPORT:
                self._scheme(draft, row)
            else:
                self._activity(draft, row, key, at)
            yield draft

    def _activity(self, draft: Draft, row: Row, key: str, at: list[Row]) -> None:
        more = ("alert", "description", "eligibility_description", "interpretation_services", "accreditations")
        draft.put(f"description_{self.lang}", self._paragraphs(row, *more, also="alternate_name"))
        steps = [text(row.get("application_process")), text(row.get("wait_time"))]
        draft.put(f"first_steps_{self.lang}", "\n".join(filter(None, steps)))
        self._price(draft, row, key)
        if people := self.of("contact", "service", key):
            draft.put("first_contact_name", text(people[0].get("name")), 120)
            draft.put("first_contact_phone", self._phone(draft, self.of("phone", "contact", text(people[0].get("id")))))
            draft.put("first_contact_email", draft.facts.get("email") if text(people[0].get("email")) else None)
        only_place = draft.place_keys[0] if len(draft.place_keys) == 1 else ""
        seen: set[str] = set()
        for place in at:
            for schedule in self.of("schedule", "service_at_location", text(place.get("id"))):
                seen.add(text(schedule.get("id")))
                self._times(draft, schedule, text(place.get("location_id")))
        for schedule in self.of("schedule", "service", key):
            if text(schedule.get("id")) not in seen:
                self._times(draft, schedule, text(schedule.get("location_id")) or only_place)

    def _scheme(self, draft: Draft, row: Row) -> None:
        draft.put(f"description_{self.lang}", self._paragraphs(row, "alert", "description", also="alternate_name"))
        draft.put(f"who_may_apply_{self.lang}", text(row.get("eligibility_description")))
        draft.put(f"how_to_apply_{self.lang}", text(row.get("application_process")))
        draft.put(f"covers_{self.lang}", text(row.get("fees_description")))

    def _price(self, draft: Draft, row: Row, key: str) -> None:
        options = self.of("cost_option", "service", key)
        amounts: list[float] = []
        notes = []
        foreign = False
        for option in options:
            amount, currency = text(option.get("amount")), text(option.get("currency")).upper()
            said = [
                text(option.get("option")),
                f"{amount} {currency}".strip() if amount else "",
                text(option.get("amount_description")),
            ]
            notes.append(" ".join(filter(None, said)))
            try:
                amounts.append(float(amount.replace(",", ".")))
            except ValueError:
                continue
            # Only kroner are kroner; another currency, and one that is not said, stays in words.
            foreign = foreign or (currency not in ("NOK", "KR", "KRONER") and amounts[-1] != 0)
        words = [text(row.get("fees_description")), text(row.get("fees"))]
        for sentence in filter(None, words):
            try:
                if price(sentence).free and not any(amounts):
                    draft.facts["is_free"] = True
            except NotUnderstood:
                continue
        if amounts and not any(amounts):
            draft.facts["is_free"] = True
        elif amounts and not foreign and 0 < max(amounts) < 100_000:
            draft.facts |= {"is_free": False, "price": max(amounts)}
            draft.put("price_per", period_of(fold(" ".join(notes))))
        elif any(amounts):
            draft.facts["is_free"] = False
        draft.put(f"price_note_{self.lang}", "; ".join(filter(None, [*notes, *dict.fromkeys(words)])), 300)

    def _times(self, draft: Draft, schedule: Row, place_key: str) -> None:
        meetings, left = read_schedule(schedule)
        draft.times += [(meeting, place_key) for meeting in meetings]
        if left:
            draft.cells["schedule"] = " · ".join(filter(None, [draft.cells.get("schedule", ""), left]))
            draft.say("schedule_unread", value=shorten(left, 200))

    def _ages(self, draft: Draft, row: Row) -> None:
        ages: list[int | None] = []
        for name in ("minimum_age", "maximum_age"):
            written = text(row.get(name))
            found = re.match(r"^(\d{1,3})(?:\.0+)?$", written)
            ages.append(int(found[1]) if found and int(found[1]) <= 120 else None)
            if written and ages[-1] is None:
                draft.say("not_understood", name, written)
        low, high = ages
        if low is not None and high is not None and low > high:
            low, high = high, low
        draft.put("age_from", low)
        draft.put("age_to", high)

    def _spoken(self, draft: Draft, key: str) -> None:
        codes = []
        for row in self.of("language", "service", key):
            code, name = text(row.get("code")).casefold(), text(row.get("name"))
            code = {"no": "nb", "nob": "nb", "nor": "nb", "eng": "en"}.get(code, code)
            if code in SPOKEN:
                codes.append(code)
                continue
            try:
                codes += languages(name or code) if name or code else []
            except NotUnderstood:
                draft.say("not_understood", "language", name or code)
        draft.put("spoken", list(dict.fromkeys(codes)))

    # ── what several kinds have ─────────────────────────────────────────────────────────────────────────────
    def _begin(self, kind: Kind, key: str, row: Row, required: tuple[str, ...]) -> Draft:
        cells = {name: text(value) for name, value in row.items() if text(value)}
        draft = Draft(kind, key, cells, name=" ".join(text(row.get("name")).split()))
        for name in required:
            if not text(row.get(name)):
                draft.say("key_missing", value=name, refuses=name == "name")
        if draft.name and not re.search(r"\w", draft.name):
            draft.say("name_rubbish", value=draft.name, refuses=True)
        if len(key) > 120:
            draft.say("too_long", "id", refuses=True, count=len(key), limit=120)
        draft.put(f"name_{self.lang}", draft.name, 160)
        return draft

    def _paragraphs(self, row: Row, *names: str, also: str) -> str:
        parts = [text(row.get(name)) for name in names]
        other = text(row.get(also))
        return "\n\n".join(filter(None, [*parts, other if other != text(row.get("name")) else ""]))

    def _urls(self, owner: str, key: str) -> list[str]:
        return [text(row.get("url")) for row in self.of("url", owner, key)]

    def _website(self, draft: Draft, written: list[str]) -> None:
        found = []
        for value in filter(None, written):
            try:
                found.append(url(value))
            except NotUnderstood:
                draft.say("url_wrong", value=value)
        draft.put("website", next((u for u in found if len(u) <= 400), ""))

    def _contact(self, draft: Draft, row: Row, owner: str, key: str) -> None:
        people = self.of("contact", owner, key)
        numbers = list(self.of("phone", owner, key))
        for part, of in (("contact", people), ("service_at_location", self.of("service_at_location", owner, key))):
            numbers += [number for row_of in of for number in self.of("phone", part, text(row_of.get("id")))]
        draft.put("phone", self._phone(draft, numbers))
        for value in filter(None, [text(row.get("email")), *(text(person.get("email")) for person in people)]):
            try:
                draft.put("email", email(value))
                break
            except NotUnderstood:
                draft.say("email_wrong", value=value)
        if people:
            draft.put("contact_name", text(people[0].get("name")), 120)

    def _phone(self, draft: Draft, rows: list[Row]) -> str:
        for row in sorted(rows, key=lambda r: text(r.get("type")).casefold() in ("fax", "tty", "modem")):
            number = text(row.get("number")).strip("\"' ")
            if not number:
                continue
            try:
                extension = text(row.get("extension"))
                return f"{phone(number)} ({extension})"[:40] if extension else phone(number)[:40]
            except NotUnderstood:
                draft.say("phone_wrong", value=number)
        return ""

    def _address(self, draft: Draft, location: str) -> None:
        rows = self.of("address", "location", location)
        rows.sort(key=lambda r: text(r.get("address_type")) == "postal")
        if rows:
            row = rows[0]
            draft.put("street", ", ".join(filter(None, [text(row.get("address_1")), text(row.get("address_2"))])), 160)
            draft.put("postcode", text(row.get("postal_code"))[:10])
            draft.put("city", text(row.get("city"))[:80])

    def _accessibility(self, draft: Draft, locations: list[str]) -> None:
        rows = [row for key in locations for row in self.of("accessibility", "location", key)]
        said = [
            "\n".join(filter(None, [text(r.get("description") or r.get("accessibility")), text(r.get("details"))])) for r in rows
        ]
        draft.put(f"adaptation_note_{self.lang}", "\n\n".join(filter(None, said)))
        folded = f" {fold(' '.join(said))} "
        negated = re.search(r"\b(not|no|ikke|ingen)\b", folded)  # "no wheelchair access": left to the words
        if said and not negated:
            draft.put("adaptations", sorted({pk for word, pk in self.adaptation_words.items() if f" {word} " in folded}))

    def _labels(self, draft: Draft, key: str) -> None:
        categories: list[int] = []
        targets: list[int] = []
        for term in self.terms.get(key, []):
            name = text(term.get("name")) or text(term.get("term")) or text(term.get("label")) or text(term.get("value"))
            if not name:
                continue
            known, unknown = self.words.categories.read(name)
            meant, _rest = self.words.targets.read(name)
            categories += known
            targets += meant
            if unknown and not meant:
                draft.say("term_unknown", value=name)
        draft.put("categories", sorted(set(categories)))
        draft.put("targets", sorted(set(targets)))

    # ── what belongs to nothing ─────────────────────────────────────────────────────────────────────────────
    def alone(self) -> Iterator[tuple[str, str, Row, Problem]]:
        """Rows that no listing gets anything from: (table, id, row, why)."""
        owners = ("service", "organization", "location", "service_at_location", "contact", "phone")
        for table in _FACTS:
            for key, row in self.package.table(table).items():
                named = {owner: text(row.get(f"{owner}_id")) for owner in owners if text(row.get(f"{owner}_id"))}
                if not any(value in self.package.table(owner) for owner, value in named.items()):
                    missing = ", ".join(named.values())
                    yield (
                        table,
                        key,
                        row,
                        Problem("reference_missing", value=missing, refuses=True)
                        if missing
                        else Problem("part_alone", refuses=True),
                    )
        linkable = {key for name, rows in self.package.tables.items() if name != "attribute" for key in rows}
        for key, row in self.package.table("attribute").items():
            if text(row.get("link_id")) not in linkable:
                yield "attribute", key, row, Problem("reference_missing", value=text(row.get("link_id")), refuses=True)
        for table, key, row in self.package.doubles:
            if table not in WITHOUT_PLACE:
                yield table, key, row, Problem("id_twice", value=key, refuses=True)
        for table, row in self.package.nameless:
            if table not in WITHOUT_PLACE:
                yield table, "", row, Problem("key_missing", value="id", refuses=True)


def _is_physical(row: Row) -> bool:
    return text(row.get("location_type")).casefold() in ("physical", "")
