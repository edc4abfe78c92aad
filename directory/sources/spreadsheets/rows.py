# ruff: noqa: E501  (tables of words and cases read better on one line each)
"""One row of cells to what it says of a provider, a place and an activity. Pure: no database, no clock.

    RowReader(table headings, fields, vocabulary).read(line) → Understood
        .provider .place .activity   drafts, those the row tells of
        .problems                    what could not be read, and what refuses the row

Who gets what, where a row names more than one listing:
- address and position: the place, where one is named; else the row's own listing; and the provider, which keeps what
  its first row says
- category, target group, age, price, times, adaptation, description: the activity, else the place or provider itself
- contact, website, organisation number: the provider
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from directory.geography.postcodes import all_postcodes
from directory.listings.kinds import SPOKEN, Kind
from directory.sources.spreadsheets.headers import OWN, OWN_DECISION, Field
from directory.sources.spreadsheets.problems import Problem
from directory.sources.spreadsheets.tables import Line, Table
from directory.sources.spreadsheets.values import NotUnderstood
from directory.sources.spreadsheets.values.ages import age, ages, backwards
from directory.sources.spreadsheets.values.answers import answer
from directory.sources.spreadsheets.values.choices import Choices
from directory.sources.spreadsheets.values.contacts import email, org_number, phone, postcode, reach, url, urls
from directory.sources.spreadsheets.values.hours import Hours, clock, hours
from directory.sources.spreadsheets.values.languages import languages
from directory.sources.spreadsheets.values.positions import kilometres, pair, position
from directory.sources.spreadsheets.values.prices import PERIODS, UNNAMED_PERIOD, Price, period_of, price
from directory.sources.spreadsheets.vocabulary import Vocabulary
from directory.sources.spreadsheets.words import fold
from portal.kit.exports import as_typed

FAR_AWAY = 60  # kilometres from the middle of the municipality; more is worth a remark
_LIMITS = {
    "summary": 300,
    "price_note": 300,
    "trial": 300,
    "contact_name": 120,
    "street": 160,
    "city": 80,
    "website": 400,
    "source_key": 120,
}
_NAME_LIMIT = 160
_FORMULA = re.compile(r"^=\s*[\w(+\-@\"']")
_POSTCODE_INSIDE = re.compile(r"^(?P<street>.*?)[,\s]+(?:N-)?(?P<code>\d{4})\s+(?P<city>[^\W\d][^\d,]*)\.?$", re.S)

# What stands in a column "Type": word → (kind of listing, kind within it)
KIND_WORDS: dict[str, tuple[Kind, str]] = {}
for _kind, _within, _words in (
    (Kind.PROVIDER, "association", "forening, lag, idrettslag, klubb, lag og forening, frivillig organisasjon, organisasjon, association, club, voluntary organisation, frivillig, sparebank, forening lag, lag forening, tilbyder, provider"),
    (Kind.PROVIDER, "informal", "uformell gruppe, gruppe, nettverk, informal group, informal"),
    (Kind.PROVIDER, "host", "møteplassvert, vert, host, meeting place host"),
    (Kind.PROVIDER, "committee", "nærmiljøutvalg, nærmiljøutvalget, neighbourhood committee, committee, grendeutvalg"),
    (Kind.PROVIDER, "volunteer-centre", "frivilligsentral, frivillighetssentral, volunteer centre, volunteer center"),
    (Kind.PROVIDER, "municipal", "kommunal tjeneste, kommunal, kommunalt tilbud, kommunal aktør, kommunal virksomhet, kommune, municipal, municipal service, offentlig"),
    (Kind.PROVIDER, "commercial", "kommersiell, privat, privat aktør, bedrift, næringsliv, commercial, private, company"),
    (Kind.PROVIDER, "faith", "trossamfunn, menighet, tros og livssynssamfunn, faith community, congregation, faith"),
    (Kind.PLACE, "venue", "anlegg, sted, lokale, hall, bane, svømmehall, badeplass, venue, place, arena, kirke, kapell, idrettsanlegg, church, swimming place, kirkebygg, bygning"),
    (Kind.PLACE, "meeting", "møteplass, møtested, meeting place, åpen møteplass, treffsted"),
    (Kind.PLACE, "lending", "utlånssted, utlånssentral, utstyrssentral, bua, lending place, lending"),
    (Kind.ACTIVITY, "", "aktivitet, tilbud, kurs, activity, course"),
):  # fmt: skip
    for _word in _words.split(","):
        KIND_WORDS.setdefault(fold(_word), (_kind, _within))


@dataclass
class Draft:
    """What one row says of one listing. Only what it says: a blank cell is no value, so it can erase nothing."""

    kind: Kind
    values: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, list[int]] = field(default_factory=dict)
    hours: Hours | None = None

    @property
    def name(self) -> str:
        """The first name there is, in the order of the columns."""
        return next((v for k, v in self.values.items() if k.startswith("name_")), "")


@dataclass
class Understood:
    """A row as read. `subject` is the listing the row is about; its owner and venue stand beside it."""

    number: int
    cells: dict[str, str]
    subject: Kind | None = None
    provider: Draft | None = None
    place: Draft | None = None
    activity: Draft | None = None
    own_id: str = ""
    source_name: str = ""
    source_date: date | None = None
    decision: str = ""
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return any(p.refuses for p in self.problems)

    @property
    def name(self) -> str:
        """What to call the row on a screen: an activity with the association beside it."""
        draft = self.draft(self.subject) if self.subject else None
        if draft is None:
            return ""
        beside = self.provider.name if self.provider and draft.kind is Kind.ACTIVITY else ""
        return f"{draft.name} · {beside}" if beside and beside != draft.name else draft.name

    def draft(self, kind: Kind | None) -> Draft | None:
        """The draft of one kind, if the row has one."""
        return {Kind.PROVIDER: self.provider, Kind.PLACE: self.place, Kind.ACTIVITY: self.activity}.get(kind) if kind else None

    def drafts(self) -> list[Draft]:
        """In the order they must be written: what others point at goes first."""
        return [d for d in (self.provider, self.place, self.activity) if d]


class RowReader:
    """Reads rows of one table. Built once; `read` is called for every line."""

    def __init__(self, table: Table, fields: Mapping[int, Field], words: Vocabulary, default_kind: str = "") -> None:
        self.table = table
        self.words = words
        self.default_kind = default_kind
        self.columns: dict[str, list[tuple[int, str]]] = {}
        for index, found in sorted(fields.items()):
            self.columns.setdefault(found.name, []).append((index, found.language or words.language))
        self.bare_name = self._what_bare_name_means()

    def _what_bare_name_means(self) -> str:
        """ "Navn" is the name of whichever the other columns do not name."""
        has = self.columns.keys()
        if "provider_name" not in has:
            return "provider" if {"activity_name", "place_name"} & has else "subject"
        if "activity_name" not in has and has & {
            "sessions",
            "weekday",
            "time",
            "price",
            "free",
            "age",
            "age_from",
            "target",
            "trial",
        }:
            return "activity"
        return (
            "activity"
            if "activity_name" not in has and self.default_kind != Kind.PLACE
            else "place"
            if "place_name" not in has
            else "contact"
        )

    def read(self, line: Line) -> Understood:
        """Everything the row says, and everything that could not be read."""
        return _Reading(self, line).result


class _Reading:
    """One row at work. The order matters: what the row is about decides where its other cells belong."""

    def __init__(self, reader: RowReader, line: Line) -> None:
        self.reader, self.words = reader, reader.words
        self.cells = [as_typed(c) for c in line.cells]
        self.result = Understood(line.number, {h: c for h, c in zip(reader.table.headers, self.cells, strict=False) if c})
        self.read_municipality()
        names = self.names()
        self.make_drafts(names)
        if self.result.refused:
            return
        self.read_identity()
        self.read_texts()
        self.read_labels()
        self.read_ages()
        self.read_money()
        self.read_contacts()
        self.read_where()
        self.read_when()

    # ── reaching cells ──────────────────────────────────────────────────────────────────────────────────────
    def cell(self, name: str) -> str:
        return next((self.at(i) for i, _l in self.reader.columns.get(name, ()) if self.at(i)), "")

    def at(self, index: int) -> str:
        return self.cells[index] if index < len(self.cells) else ""

    def heading(self, name: str) -> str:
        columns = self.reader.columns.get(name, ())
        return next((self.reader.table.headers[i] for i, _l in columns if self.at(i)), "")

    def translations(self, name: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for index, language in self.reader.columns.get(name, ()):
            if text := self.at(index):
                found.setdefault(language, text)
        return found

    def say(self, code: str, name: str = "", value: str = "", refuses: bool = False, **facts: Any) -> None:
        self.result.problems.append(Problem(code, self.heading(name) if name else "", value, refuses, facts))

    def understand(self, name: str, read: Any, refuses: bool = False) -> Any:
        """Read a cell by `read`; a cell that is not understood is told and gives None."""
        if not (text := self.cell(name)):
            return None
        try:
            return read(text)
        except NotUnderstood as why:
            self.say(why.code, name, why.value or text, refuses, **({"rest": why.rest} if why.rest else {}))
            return getattr(why, "found", None)

    # ── what the row is about ───────────────────────────────────────────────────────────────────────────────
    def names(self) -> dict[str, dict[str, str]]:
        names = {
            "provider": self.translations("provider_name"),
            "place": self.translations("place_name"),
            "activity": self.translations("activity_name"),
            "subject": {},
        }
        bare = self.translations("name")
        if self.reader.bare_name != "contact":
            names[self.reader.bare_name] = {**bare, **names[self.reader.bare_name]}
        for found in names.values():
            for language, name in list(found.items()):
                found[language] = " ".join(name.split())
                if _FORMULA.match(name):
                    self.say("name_formula", value=name, refuses=True)
                elif not any(c.isalpha() for c in name):
                    self.say("name_rubbish", value=name, refuses=True)
                elif len(found[language]) > _NAME_LIMIT:
                    self.say("name_too_long", value=name, refuses=True, count=len(name), limit=_NAME_LIMIT)
        return names

    def make_drafts(self, names: dict[str, dict[str, str]]) -> None:
        kind, within = self.read_kind()
        if subject := names["subject"]:
            names[(kind or Kind.PROVIDER).value] = {**subject, **names[(kind or Kind.PROVIDER).value]}
        elif kind is Kind.PLACE and not names["place"] and not names["activity"] and self.reader.bare_name == "provider":
            names["place"], names["provider"] = names["provider"], {}
        made = {
            k: Draft(k, {f"name_{language}": n for language, n in names[k.value].items()})
            for k in (Kind.PROVIDER, Kind.PLACE, Kind.ACTIVITY)
            if names[k.value]
        }
        result = self.result
        result.provider, result.place, result.activity = made.get(Kind.PROVIDER), made.get(Kind.PLACE), made.get(Kind.ACTIVITY)
        when = any(self.cell(n) for n in ("sessions", "weekday", "time"))
        if result.provider and not result.activity and when and kind is not Kind.PLACE:
            # An association that tells when it meets has an activity, though the list gave it no name of its own.
            result.activity = Draft(Kind.ACTIVITY, dict(result.provider.values))
        result.subject = next((d.kind for d in (result.activity, result.provider, result.place) if d), None)
        if kind is Kind.PLACE and result.place and not result.activity:
            result.subject = Kind.PLACE
        if result.subject is None:
            if not result.refused:
                self.say("name_missing", refuses=True)
        elif result.activity and not result.provider:
            self.say("activity_without_provider", value=result.activity.name, refuses=True)
        if within and kind and (draft := result.draft(kind)):
            draft.values["kind"] = within

    def read_kind(self) -> tuple[Kind | None, str]:
        default = Kind(self.reader.default_kind) if self.reader.default_kind else None
        if not (text := self.cell("kind")):
            return default, ""
        words = fold(text)
        if found := KIND_WORDS.get(words) or KIND_WORDS.get(words.split(" ")[-1]):
            # "Swimming place", "Privat barnehageanlegg": in both languages the last word says what a thing is.
            return found
        pks, _unknown = self.words.categories.read(text)
        if not pks:
            self.say("kind_unknown", "kind", text)
        return default, ""

    def read_municipality(self) -> None:
        text = self.cell("municipality")
        if not text:
            return
        if re.fullmatch(r"\d{3,4}", text):
            number = text.zfill(4)
            if number != self.words.municipality_number and number in _municipalities():
                self.say("other_municipality", "municipality", text, refuses=True)
            return
        name = re.sub(r"\b(kommune|municipality|kommun)\b", "", fold(text)).strip()
        own = fold(self.words.municipality_name)
        if name and own not in name and self.words.municipality_number not in name:
            self.say("other_municipality", "municipality", text, refuses=True)

    def read_identity(self) -> None:
        result = self.result
        result.own_id = self.cell("own_id")[: _LIMITS["source_key"]]
        result.source_name = self.cell("source")[:120]
        result.source_date = self.understand("source_date", _day)
        if (number := self.understand("org_number", org_number, refuses=True)) and result.provider:
            result.provider.values["org_number"] = number
        result.decision = _decision(next((self.at(i) for i, _l in self.reader.columns.get(OWN_DECISION, ()) if self.at(i)), ""))

    # ── texts ───────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def main(self) -> Draft:
        draft = self.result.draft(self.result.subject)
        assert draft is not None  # noqa: S101  a row without a subject was refused above
        return draft

    def put(self, draft: Draft, column: str, value: str, name: str) -> None:
        limit = _LIMITS.get(re.sub(r"_[a-z]{2}$", "", column)) or _LIMITS.get(column)
        if limit and len(value) > limit:
            self.say("too_long", name, count=len(value), limit=limit)
            value = value[: limit - 1] + "…"
        draft.values[column] = value

    def read_texts(self) -> None:
        result, main = self.result, self.main
        own = {"activity": self.translations("activity_description"), "place": self.translations("place_description")}
        texts = self.translations("description")
        # A row with an activity that has a text of its own: the other text is about the association.
        about = result.provider if result.provider and (own["activity"] or (own["place"] and main is result.place)) else main
        for language, text in texts.items():
            self.put(about, f"description_{language}", text, "description")
        for draft, kind in ((result.activity, "activity"), (result.place, "place")):
            for language, text in own[kind].items():
                self.put(draft or main, f"description_{language}", text, f"{kind}_description")
        for language, text in self.translations("summary").items():
            self.put(main, f"summary_{language}", " ".join(text.split()), "summary")
        for language, text in self.translations("easy").items():
            self.put(main, f"easy_{language}", text, "easy")
        for language, text in self.translations("trial").items():
            if result.activity:
                said = _yes(text)
                self.put(
                    result.activity, f"trial_{language}", self.heading("trial") if said else text, "trial"
                ) if said is not False else None
            else:
                self.say("no_room", "trial", text)
        for language, text in self.translations("first_contact").items():
            if result.activity:
                self.put(result.activity, f"first_steps_{language}", text, "first_contact")
            elif result.provider:
                self.put(result.provider, f"membership_note_{language}", text, "first_contact")
            else:
                self.say("no_room", "first_contact", text)
        for language, text in self.translations("equipment").items():
            if result.place:
                self.put(result.place, f"equipment_{language}", text, "equipment")
                if main is result.place:
                    result.place.values.setdefault("kind", "lending")
            else:
                self.say("no_room", "equipment", text)
        if text := self.cell("volunteers"):
            said = _yes(text)
            target = result.provider or main
            if said is not False:
                target.values["volunteers_wanted"] = True
                if said is None:
                    target.values[f"volunteers_note_{self.words.language}"] = text

    # ── words from lists ────────────────────────────────────────────────────────────────────────────────────
    def choose(self, name: str, choices: Choices, column: str, code: str) -> None:
        if text := self.cell(name):
            pks, unknown = choices.read(text)
            if pks:
                self.main.labels[column] = pks
            for word in unknown:
                self.say(code, name, word)

    def read_labels(self) -> None:
        main, words = self.main, self.words
        self.choose("category", words.categories, "categories", "category_unknown")
        if "categories" not in main.labels and (text := self.cell("kind")):
            pks, _unknown = words.categories.read(text)
            if pks:
                main.labels["categories"] = pks
        if main is not self.result.provider and self.result.provider and "categories" in main.labels:
            self.result.provider.labels["categories"] = main.labels["categories"]
        if text := self.cell("target"):
            pks, unknown = words.targets.read(text)
            if pks:
                main.labels["targets"] = pks
            if unknown and not self.ages_in(text):
                for word in unknown:
                    self.say("target_unknown", "target", word)
        self.read_adapted()
        self.choose("district", words.districts, "districts", "district_unknown")
        if text := self.cell("season"):
            pks, unknown = words.seasons.read(text)
            if pks and self.result.activity:
                self.result.activity.labels["seasons"] = pks
            else:
                self.say("no_room", "season", text)
        spoken = self.understand("languages", languages)
        if spoken:
            main.values["spoken"] = [code for code in spoken if code in SPOKEN]

    def read_adapted(self) -> None:
        text = self.cell("adapted")
        if not text or (said := _yes(text)) is False:
            return
        if said:
            # "Rullestol: ja" tells by its heading what "ja" is about.
            pks, _unknown = self.words.adaptations.read(self.heading("adapted"))
            if not pks:
                self.main.values[f"adaptation_note_{self.words.language}"] = self.heading("adapted").rstrip("?: ")
        else:
            pks, unknown = self.words.adaptations.read(text)
            if unknown:
                self.main.values[f"adaptation_note_{self.words.language}"] = text
        if pks:
            self.main.labels["adaptations"] = pks

    # ── ages and money ──────────────────────────────────────────────────────────────────────────────────────
    @staticmethod
    def ages_in(text: str) -> tuple[int | None, int | None] | None:
        try:
            return ages(text)
        except NotUnderstood:
            return None

    def read_ages(self) -> None:
        low = high = None
        span = self.understand("age", ages)
        if span is None and not self.cell("age") and any(c.isdigit() for c in self.cell("target")):
            span = self.ages_in(self.cell("target"))
            if span and backwards(self.cell("target")):
                self.say("ages_turned", "target", self.cell("target"))
        elif span and backwards(self.cell("age")):
            self.say("ages_turned", "age", self.cell("age"))
        if span:
            low, high = span
        # Two columns "Alder fra" and "Alder til" go before one; "6-12" in the first of them is a span all the same.
        for name in ("age_from", "age_to"):
            if not self.cell(name):
                continue
            try:
                value = age(self.cell(name))
            except NotUnderstood:
                if span := self.understand(name, ages):
                    low, high = span
                    if backwards(self.cell(name)):
                        self.say("ages_turned", name, self.cell(name))
                continue
            if name == "age_from":
                low = value
            else:
                high = value
        if low is not None and high is not None and low > high:
            self.say("ages_turned", "age_from", f"{low}-{high}")
            low, high = high, low
        if low is not None:
            self.main.values["age_from"] = low
        if high is not None:
            self.main.values["age_to"] = high

    def read_money(self) -> None:
        free: bool | None = None
        cost: Price | None = None
        note = ""
        if text := self.cell("free"):
            try:
                free = answer(text)
                if free is None:
                    note = text
                elif any(c.isdigit() for c in text) and len(text) > 1:
                    cost = price(text)
            except NotUnderstood:
                cost = self.understand("free", price)
        if priced := self.understand("price", price):
            cost = priced
            if free is None:
                free = True if cost.free else (False if cost.low else None)
        elif cost and free is None:
            free = cost.free
        per = cost.period if cost else ""
        if text := self.cell("price_period"):
            per, cost, beside = self.period_cell(text, cost)
            note = note or beside
            if cost and free is None:
                free = True if cost.free else (False if cost.low else None)
        elif cost and not cost.period:
            # "Pris per halvår": the heading says what the cell leaves out.
            per = period_of(fold(self.heading("price")))
            if not per and cost.low and not cost.note and re.search(rf"\b(?:{UNNAMED_PERIOD})\b", fold(self.heading("price"))):
                note = note or f"{self.heading('price')}: {self.cell('price')}"
        if free is None and cost is None and not note:
            return
        note = (cost.note if cost else "") or note
        if cost and cost.high is not None and cost.high != cost.low and not note:
            note = self.cell("price") or self.cell("free") or self.cell("price_period")
        self.put_money(free, cost, per, note)

    def period_cell(self, text: str, cost: Price | None) -> tuple[str, Price | None, str]:
        """What a column of periods says: the period, the price, and words to keep.

        "500" or "gratis" there is the price itself where no other column gives one.
        """
        words = fold(text)
        try:
            found = price(text)
        except NotUnderstood as why:
            found = None
            if why.code != "not_understood":
                self.say(why.code, "price_period", text)
                return "", cost, ""
        # "2 mnd" is a length of time, not two kroner.
        length = re.fullmatch(rf"(?:(?:per|pr|hver|every) )?(?:1[0-2]|\d) (?:{'|'.join(p for p, _ in PERIODS)})\w*", words)
        if found is None or length or (found.low is None and not found.free):
            per = "" if length and not re.search(r"\b1 ", words) else period_of(words)
            return per, cost, "" if per else text
        if cost is None:
            return found.period or period_of(fold(self.heading("price_period"))), found, ""
        if found.low != cost.low:
            self.say("period_unread", "price_period", text)
            return cost.period, cost, f"{self.heading('price_period')}: {text}"
        return found.period or cost.period, cost, ""

    def put_money(self, free: bool | None, cost: Price | None, per: str, note: str) -> None:
        main, language = self.main, self.words.language
        low = cost.low if cost else None
        if free and not low:
            low = 0
        elif free and low:
            free = False if cost and not cost.free else free
        if main is self.result.provider:
            if low is not None and (low == 0 or per in ("", "year")):
                main.values["membership_fee"] = low
                note = note if note and not note.isdigit() else ""
            else:
                note = note or self.fee_in_words(cost, per)
            if note:
                kept = main.values.get(f"membership_note_{language}", "")
                main.values[f"membership_note_{language}"] = "\n".join(filter(None, [kept, note]))
            return
        if free is not None:
            main.values["is_free"] = free
        if low is not None:
            main.values["price"] = low
        if main is self.result.activity and per:
            main.values["price_per"] = per
        elif per and not note and low:
            note = self.cell("price")
        if note:
            self.put(main, f"price_note_{language}", note, "price")

    def fee_in_words(self, cost: Price | None, per: str) -> str:
        """A fee that is no sum a year, as residents can read it: with the period, wherever that stood."""
        said = self.cell("price")
        if said and cost and per and not cost.period:
            return f"{said} ({self.cell('price_period')})" if self.cell("price_period") else f"{self.heading('price')}: {said}"
        return said or self.cell("free") or self.cell("price_period")

    # ── whom to reach ───────────────────────────────────────────────────────────────────────────────────────
    def read_contacts(self) -> None:
        owner = self.result.provider or self.main
        if value := self.understand("email", email):
            owner.values["email"] = value
        if value := self.understand("phone", phone):
            owner.values["phone"] = value
        name = self.cell("contact_name") or (self.cell("name") if self.reader.bare_name == "contact" else "")
        rest, mail, number = reach(name)
        if (mail or number) and not (mail and "email" in owner.values) and not (number and "phone" in owner.values):
            # "Contact info": one cell for all there is. A second address beside a column of its own stays where it stands.
            owner.values.update({key: value for key, value in (("email", mail), ("phone", number)) if value})
            name = rest
        if name:
            if not any(c.isalpha() for c in name) or _FORMULA.match(name):
                self.say("not_understood", "contact_name", name)
            else:
                role = self.cell("contact_role")
                self.put(owner, "contact_name", f"{name} ({role})" if role else name, "contact_name")
        if value := self.understand("website", url):
            if len(value) > _LIMITS["website"]:
                self.say("url_wrong", "website", value)
            else:
                owner.values["website"] = value
        if text := self.cell("social"):
            try:
                owner.values["social_links"] = urls(text)[:8]
            except NotUnderstood:
                self.say("url_wrong", "social", text)

    # ── where ───────────────────────────────────────────────────────────────────────────────────────────────
    def read_where(self) -> None:
        result = self.result
        street, code, town = self.cell("address"), "", self.cell("city")
        if text := self.cell("postcode") or self.cell("postcode_city"):
            try:
                code, beside = postcode(text)
                town = town or beside
            except NotUnderstood as why:
                self.say(why.code, "postcode" if self.cell("postcode") else "postcode_city", text)
        if not code and (found := _POSTCODE_INSIDE.match(street)):
            street, code, town = found["street"], found["code"], town or found["city"].strip()
        if code and code not in all_postcodes():
            self.say("postcode_unknown", next((n for n in ("postcode", "postcode_city") if self.cell(n)), "address"), code)
        street = ", ".join(part.strip(" ,") for part in street.splitlines() if part.strip(" ,"))
        where: dict[str, Any] = {"street": street, "postcode": code, "city": town}
        where = {k: v for k, v in where.items() if v}
        where.update(self.position())
        if not where:
            return
        for draft in (result.place or self.main, result.provider if self.main is not result.place else None):
            if draft and "street" not in draft.values:
                for column, value in where.items():
                    if isinstance(value, str):
                        self.put(draft, column, value, "address")
                    else:
                        draft.values[column] = value

    def position(self) -> dict[str, float]:
        lat, lon, name = self.cell("lat"), self.cell("lon"), "lat"
        if not lat and not lon and (text := self.cell("position")):
            name = "position"
            try:
                lat, lon = pair(text)
            except NotUnderstood as why:
                self.say(why.code, "position", text)
                return {}
        if not lat and not lon:
            return {}
        if not lat or not lon:
            self.say("position_half", "lat" if lat else "lon", refuses=True)
            return {}
        try:
            latitude, longitude, swapped = position(lat, lon)
        except NotUnderstood as why:
            self.say(why.code, name, why.value, refuses=True)
            return {}
        if swapped:
            self.say("swapped", name, f"{lat}, {lon}")
        if self.words.centre and (far := kilometres(self.words.centre, (latitude, longitude))) > FAR_AWAY:
            self.say("far_away", name, f"{lat}, {lon}", km=round(far))
        return {"pinned_lat": round(latitude, 7), "pinned_lon": round(longitude, 7)}

    # ── when ────────────────────────────────────────────────────────────────────────────────────────────────
    def read_when(self) -> None:
        result = self.result
        if text := self.cell("opening_hours"):
            if result.place:
                self.open_place(result.place, text, "opening_hours")
            else:
                self.say("no_room", "opening_hours", text)
        days = self.cell("sessions") or self.cell("weekday")
        times = self.cell("time")
        if not times and (start := self.understand("time_from", clock)):
            times = f"kl {start:%H:%M}"
            if end := self.understand("time_to", clock):
                times = f"{start:%H:%M}-{end:%H:%M}"
        if not days and not times:
            return
        if result.activity is None:
            if result.place:
                self.open_place(result.place, f"{days} {times}".strip(), "sessions" if self.cell("sessions") else "weekday")
            else:
                self.say("no_room", "weekday", f"{days} {times}".strip())
            return
        try:
            result.activity.hours = hours(days, times)
        except NotUnderstood as why:
            name = next(n for n in ("sessions", "weekday", "time", "time_from") if self.cell(n))
            self.say(why.code, name, why.value)
            # Residents can still read what no table can hold.
            note = f"{self.heading(name)}: {days} {times}".strip()
            column = f"description_{self.words.language}"
            kept = result.activity.values.get(column, "")
            if result.activity is self.main:
                result.activity.values[column] = "\n\n".join(filter(None, [kept, note]))

    def open_place(self, place: Draft, text: str, name: str) -> None:
        try:
            read = hours(text)
        except NotUnderstood:
            read = None
        if read and all(s.start and s.end and s.start != s.end for s in read.slots):
            place.hours = read
        if read is None or place.hours is None or read.note:
            place.values[f"opening_note_{self.words.language}"] = text


def _yes(text: str) -> bool | None:
    """Yes or no; None for words that say more."""
    try:
        return answer(text) if len(text) < 25 else None
    except NotUnderstood:
        return None


def _decision(text: str) -> str:
    word = fold(text)
    if word in ("samme", "same", "lik", "ja", "yes", "den samme"):
        return "same"
    return "different" if word in ("ny", "new", "ulik", "different", "annen", "nei", "no", "egen") else ""


def _day(text: str) -> date:
    """ "2026-02-01", "1.2.2026", "01/02/2026" (day first), with or without a time after."""
    if found := re.match(r"(\d{4})-(\d{1,2})-(\d{1,2})", text):
        year, month, day = found.groups()
    elif found := re.match(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", text):
        day, month, year = found.groups()
    else:
        raise NotUnderstood("not_understood", text)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise NotUnderstood("not_understood", text) from None


def _municipalities() -> set[str]:
    """Today's municipality numbers, as far as postcodes tell them."""
    return {p.municipality for p in all_postcodes().values() if p.municipality}


__all__ = ["OWN", "Draft", "RowReader", "Understood"]
