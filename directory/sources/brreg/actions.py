"""Bringing a municipality's associations into line with the public registers.

    import_entities(records, …)
        joined on the organisation number → one Entity → one row of the log
            unknown        → a new provider, or a proposal where one like it is listed already
            known          → the register's facts; texts only where nobody but the register has written them
            closed         → off the public list, with what it offers; back again when it lives again
        those the register has told of before and now does not → asked about, or taken off

What the register says is never a confirmation. `register_seen_at` follows every run; `source_date`, where the clock of
freshness starts, only moves when the register brings something new.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import DatabaseError, transaction

from directory.freshness.actions import delist_provider, relist_provider
from directory.geography.tasks import asked_together
from directory.listings.kinds import Kind, Source
from directory.listings.models import Category, TargetGroup
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from directory.providers.rules import is_org_number
from directory.sources.brreg.icnpo import category_slugs, target_slugs
from directory.sources.brreg.names import is_social
from directory.sources.brreg.records import Closed, Entity, is_elsewhere, is_sole_trader, read_entity
from directory.sources.models import ImportRow, Verdict
from directory.sources.runs import RunLog, Told, Written, facts_of, last_written, still_ours, write_facts
from directory.sources.spreadsheets.problems import Problem
from directory.sources.spreadsheets.rules import Known, Register, same_address
from directory.sources.spreadsheets.words import fold
from portal.languages import CODES

SOURCE_NAME = "Brønnøysundregistrene"  # the attribution the licence (NLOD) asks for
FORMAT = "brreg"
CHUNK = 100
Progress = Callable[[int], None]
Ask = Callable[[str], Mapping[str, Any] | None]

_PROBLEM_OF = {
    Closed.DELETED: "closed_deleted",
    Closed.BANKRUPT: "closed_bankrupt",
    Closed.DISSOLVING: "closed_dissolving",
    Closed.FORCED: "closed_forced",
    Closed.MISSING: "closed_missing",
    Closed.MOVED: "closed_moved",
}


class TooManyMissing(Exception):
    """An extract that lacks many known bodies is more likely a part than the news that they are all gone."""


@dataclass
class Outcome:
    """What a run did: its rows, and how many records were none of its business."""

    log: RunLog = field(default_factory=RunLog)
    elsewhere: int = 0
    not_voluntary: int = 0
    delisted: int = 0
    revived: int = 0
    missing_left: int = 0


def import_entities(
    *,
    municipality: Municipality,
    records: Iterable[Mapping[str, Any]],
    purposes: Mapping[str, tuple[str, ...]],
    at: datetime,
    file_name: str,
    dry_run: bool = False,
    ask: Ask | None = None,
    complete: bool = False,
    progress: Progress = lambda done: None,
) -> Outcome:
    """Import the records of the register of entities, joined with `purposes` (organisation number → ICNPO codes).

    `ask` looks one body up in the register (live); without it a body that is missing from the records is taken for
    gone, unless so many are missing that the file is more likely a part (`complete` says that it is not). A dry run
    does everything and takes it back.
    """
    deed = _Import(municipality, purposes, at)
    with asked_together():
        if dry_run:
            with transaction.atomic():
                deed.prepare()
                deed.all_of(records, ask, complete, progress)
                transaction.set_rollback(True)
        else:
            with deed.outcome.log.in_turn(
                municipality=municipality, file_name=file_name, format=FORMAT, source_name=SOURCE_NAME, source_date=at.date()
            ):
                deed.prepare()
                deed.all_of(records, ask, complete, progress)
    return deed.outcome


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


class _Import:
    def __init__(self, municipality: Municipality, purposes: Mapping[str, tuple[str, ...]], at: datetime) -> None:
        self.municipality, self.purposes, self.at = municipality, purposes, at
        self.outcome = Outcome()
        self.met: set[str] = set()

    def prepare(self) -> None:
        """What stands in the directory, by a few queries however many bodies there are."""
        self.providers = {
            p.org_number: p.pk for p in Provider.objects.filter(municipality=self.municipality).exclude(org_number="")
        }
        self.alike = _known_providers(self.municipality)
        self.written = last_written(Kind.PROVIDER, list(self.providers.values()), SOURCE_NAME)
        self.categories = {c.slug: c for c in Category.objects.filter(municipality=self.municipality)}
        self.targets = {t.slug: t.pk for t in TargetGroup.objects.filter(municipality=self.municipality)}
        self.children = _children_words(self.categories.values())
        self.decided = {
            cells.get("organisasjonsnummer", ""): (decision, kind, pk)
            for cells, decision, kind, pk in ImportRow.objects.filter(run__municipality=self.municipality, run__format=FORMAT)
            .exclude(decision="")
            .order_by("pk")
            .values_list("cells", "decision", "candidate_kind", "candidate_pk")
        }

    def all_of(self, records: Iterable[Mapping[str, Any]], ask: Ask | None, complete: bool, progress: Progress) -> None:
        for chunk in _chunks(records, CHUNK):
            with transaction.atomic():
                for record in chunk:
                    self.meet(record)
                self.outcome.log.flush()
                self.outcome.log.still_there()
            progress(len(self.outcome.log.rows))
        self.missing(ask, complete)
        progress(len(self.outcome.log.rows))

    # ── one record ──────────────────────────────────────────────────────────────────────────────────────────
    def meet(self, record: Mapping[str, Any]) -> None:
        log = self.outcome.log
        if is_sole_trader(record):
            # Nothing that tells of the person is kept, not even in the report.
            if record.get("registrertIFrivillighetsregisteret") is True:
                log.add(Told("", "", Verdict.REFUSED, problems=[Problem("sole_trader", refuses=True)]))
            else:
                self.outcome.not_voluntary += 1
            return
        known = self.providers.get(str(record.get("organisasjonsnummer") or "").replace(" ", ""))
        if known is None and is_elsewhere(record, self.municipality.number):
            self.outcome.elsewhere += 1  # nearly all of the bulk extract ends here
            return
        entity = read_entity(record)
        entity = entity.with_purposes(self.purposes.get(entity.org_number))
        if entity.municipality != self.municipality.number:
            if known is None:
                self.outcome.elsewhere += 1
                return
            if entity.municipality and entity.closed is None:
                entity = replace(entity, closed=Closed.MOVED)
        if not entity.voluntary and known is None:
            self.outcome.not_voluntary += 1
            return
        row = Told(entity.name, entity.org_number, Verdict.REFUSED, cells=_cells(entity))
        log.add(row)
        if not is_org_number(entity.org_number):
            row.problems.append(Problem("org_number_wrong", "organisasjonsnummer", entity.org_number, refuses=True))
            return
        if entity.org_number in self.met:
            row.problems.append(Problem("id_twice", value=entity.org_number, refuses=True))
            return
        self.met.add(entity.org_number)
        if not entity.name:
            row.problems.append(Problem("name_missing", refuses=True))
            return
        try:
            with transaction.atomic():
                self.settle(entity, known, row)
        except DatabaseError as error:
            row.verdict, row.written = Verdict.REFUSED, []
            row.problems.append(Problem("not_saved", value=str(error), refuses=True))

    def settle(self, entity: Entity, known: int | None, row: Told) -> None:
        """Write what the register says of one body, and give its row the verdict."""
        if known is None:
            if entity.closed is not None:
                row.problems.append(Problem(_PROBLEM_OF[entity.closed], refuses=True))
                return
            known = self.propose(entity, row)
            if row.verdict is Verdict.PROPOSED:
                return
        if known is None:
            self.make(entity, row)
        else:
            self.follow(entity, known, row)

    def propose(self, entity: Entity, row: Told) -> int | None:
        """A listing without a number that is probably this body: for a person to decide. What was decided holds."""
        decision, kind, pk = self.decided.get(entity.org_number, ("", "", None))
        if decision == ImportRow.Decision.SAME and kind == Kind.PROVIDER:
            return pk if Provider.objects.filter(pk=pk, municipality=self.municipality, org_number="").exists() else None
        if decision == ImportRow.Decision.DIFFERENT:
            return None
        alike = self.alike.alike(
            Known(
                Kind.PROVIDER,
                0,
                frozenset({fold(entity.name), fold(entity.register_name)}),
                entity.name,
                org_number=entity.org_number,
                postcode=entity.postcode,
                website=same_address(entity.website),
            )
        )
        if alike is None:
            return None
        other, why = alike
        row.verdict, row.candidate = Verdict.PROPOSED, (Kind.PROVIDER, other.pk)
        row.problems.append(Problem("looks_like", facts={"name": other.label, "why": list(why)}))
        return None

    def make(self, entity: Entity, row: Told) -> None:
        facts = {**self.texts(entity), **self.labels(entity)}
        provider = Provider(
            municipality=self.municipality,
            org_number=entity.org_number,
            kind=_kind(entity),
            source=Source.REGISTER,
            source_name=SOURCE_NAME,
            source_key=entity.org_number,
            source_date=self.at.date(),
            **_register_facts(entity, self.at),
        )
        write_facts(provider, facts)
        provider.save()
        row.verdict = Verdict.NEW
        row.problems.append(Problem("new"))
        row.written.append(Written(Kind.PROVIDER, provider.pk, True, {}, facts))
        self.providers[entity.org_number] = provider.pk

    def follow(self, entity: Entity, pk: int, row: Told) -> None:
        """Bring a listing that stands there into line, without touching what somebody has written."""
        provider = Provider.objects.select_related("municipality").get(pk=pk)
        facts = _register_facts(entity, self.at)
        changed = [name for name, value in facts.items() if name != "register_seen_at" and getattr(provider, name) != value]
        if not provider.org_number:
            facts["org_number"] = entity.org_number  # staff have said that it is the same
            changed.append("org_number")
        before = {name: getattr(provider, name) for name in changed}
        # Somebody has opened it in the staff screens or proposed a change: a draft stands there, and all texts are theirs.
        touched = bool(provider.latest_revision_id or provider.has_unpublished_changes)
        mine = {} if touched else self.wanted(entity, provider)
        present = facts_of(provider, mine)
        wanted = still_ours(present, mine, self.written.get(pk, {}))
        left = [name for name in mine if present[name] != mine[name] and name not in wanted and mine[name] not in ("", [], None)]
        if wanted:
            write_facts(provider, {**facts, **wanted})
            if provider.source == Source.REGISTER:
                provider.source_date = self.at.date()
            provider.save()
        else:
            # What the register calls it is in no search: the index need not hear of it.
            Provider._base_manager.filter(pk=pk).update(**facts)
        self.visibility(entity, provider, row)
        if wanted or changed:
            row.verdict = Verdict.UPDATE
            row.problems.append(Problem("changes", facts={"fields": ", ".join(sorted([*wanted, *changed]))}))
        elif row.verdict is not Verdict.UPDATE:
            row.verdict = Verdict.UNCHANGED
            row.problems.append(Problem("unchanged"))
        if left or touched:
            row.problems.append(Problem("register_facts_only"))
        if wanted or changed:
            after = {**{name: facts[name] for name in changed}, **wanted}
            row.written.append(Written(Kind.PROVIDER, pk, False, {**before, **{name: present[name] for name in wanted}}, after))

    def wanted(self, entity: Entity, provider: Provider) -> dict[str, Any]:
        """What the register would write: everything on its own listings, what is a register's business on others."""
        if provider.source == Source.REGISTER:
            return {**self.texts(entity), **self.labels(entity)}
        return {"icnpo_codes": list(entity.icnpo), "founded": entity.founded}

    def visibility(self, entity: Entity, provider: Provider, row: Told) -> None:
        if entity.closed is not None:
            if provider.delisted_at is None:
                delist_provider(provider=provider, reason=entity.closed, at=self.at)
                row.verdict = Verdict.UPDATE
                row.problems += [Problem(_PROBLEM_OF[entity.closed]), Problem("delisted")]
                self.outcome.delisted += 1
        elif provider.delisted_at is not None and relist_provider(provider=provider, reasons=tuple(Closed.values)):
            row.verdict = Verdict.UPDATE
            row.problems.append(Problem("revived"))
            self.outcome.revived += 1

    # ── those that are not there any more ───────────────────────────────────────────────────────────────────
    def missing(self, ask: Ask | None, complete: bool) -> None:
        """Bodies the register has told of before and now has not."""
        seen_before = Provider.objects.filter(municipality=self.municipality).exclude(register_seen_at=None)
        known = dict(seen_before.exclude(org_number="").values_list("org_number", "pk"))
        listed = set(seen_before.filter(delisted_at=None).values_list("org_number", flat=True))
        gone = sorted((set(known) & listed) - self.met) if ask is None else sorted(set(known) - self.met)
        if ask is None and not complete and len(gone) > max(5, len(known) // 5):
            self.outcome.missing_left = len(gone)
            return
        for chunk in _chunks(gone, CHUNK):
            answers = {number: self.answer(number, ask) for number in chunk}  # outside the transaction: it takes time
            with transaction.atomic():
                for number in chunk:
                    self.one_missing(number, known[number], answers[number], asked=ask is not None)
                self.outcome.log.flush()

    def answer(self, number: str, ask: Ask | None) -> Mapping[str, Any] | None:
        self.outcome.log.still_there()
        return ask(number) if ask else None

    def one_missing(self, number: str, pk: int, answer: Mapping[str, Any] | None, *, asked: bool) -> None:
        if answer is not None and is_sole_trader(answer):
            answer = None
        if answer is not None:
            entity = read_entity(answer).with_purposes(self.purposes.get(number))
            if entity.closed is None and entity.municipality and entity.municipality != self.municipality.number:
                entity = replace(entity, closed=Closed.MOVED)
            if entity.org_number == number and entity.name:
                row = self.outcome.log.add(Told(entity.name, number, Verdict.UNCHANGED, cells=_cells(entity)))
                self.follow(entity, pk, row)
                return
            if entity.closed is None:
                return
            reason = entity.closed
        else:
            reason = Closed.MISSING
        provider = Provider.objects.get(pk=pk)
        row = self.outcome.log.add(Told(str(provider), number, Verdict.UNCHANGED, cells={"organisasjonsnummer": number}))
        if provider.delisted_at is None:
            delist_provider(provider=provider, reason=reason, at=self.at)
            row.verdict = Verdict.UPDATE
            row.problems += [Problem(_PROBLEM_OF[reason]), Problem("delisted")]
            self.outcome.delisted += 1
        else:
            row.problems.append(Problem("unchanged"))

    # ── what the register says, as columns ──────────────────────────────────────────────────────────────────
    @staticmethod
    def texts(entity: Entity) -> dict[str, Any]:
        social = bool(entity.website) and is_social(entity.website)
        return {
            "name_nb": entity.name,
            f"description_{entity.lang}": entity.about,
            "website": "" if social else entity.website,
            "social_links": [entity.website] if social else [],
            # No street: the business address is often somebody's home. The postcode's middle is as near as we show it.
            "postcode": entity.postcode,
            "city": entity.city,
            "founded": entity.founded,
            "icnpo_codes": list(entity.icnpo),
        }

    def labels(self, entity: Entity) -> dict[str, Any]:
        found = [self.categories[slug] for slug in category_slugs(entity.icnpo) if slug in self.categories]
        name = f" {fold(entity.name)} "
        children = [
            pk for parent in found for pk, words in self.children.get(parent.pk, ()) if any(word in name for word in words)
        ]
        pks = sorted({*(category.pk for category in found), *children})
        targets = sorted(self.targets[slug] for slug in target_slugs(entity.icnpo) if slug in self.targets)
        return {"categories": pks, "targets": targets}


def _register_facts(entity: Entity, at: datetime) -> dict[str, Any]:
    return {"register_name": entity.register_name, "register_form": entity.form, "register_seen_at": at}


def _cells(entity: Entity) -> dict[str, str]:
    return {
        "organisasjonsnummer": entity.org_number,
        "navn": entity.register_name,
        "organisasjonsform": entity.form,
        "postnummer": entity.postcode,
        "poststed": entity.city,
        "hjemmeside": entity.website,
        "icnpo": ", ".join(entity.icnpo),
    }


def _kind(entity: Entity) -> str:
    kinds = Provider.ProviderKind
    primary = entity.icnpo[0] if entity.icnpo else ""
    if entity.form == "KIRK" or primary == "10100":
        return kinds.FAITH
    return kinds.VOLUNTEER_CENTRE if primary == "8200" else kinds.ASSOCIATION


def _children_words(categories: Iterable[Category]) -> dict[int, list[tuple[int, list[str]]]]:
    """Parent → its children with the words that name them: "fotball" in a name says more than "idrett"."""
    found: dict[int, list[tuple[int, list[str]]]] = {}
    for category in categories:
        if category.parent_id:
            texts = [getattr(category, column) or "" for column in ("name_nb", "synonyms_nb")]
            words = [word for text in texts for word in re.split(r"\bog\b|[,/]", text.casefold())]
            keys = [key for word in words if len(key := fold(word)) >= 4]
            found.setdefault(category.parent_id, []).append((category.pk, keys))
    return found


def _known_providers(municipality: Municipality) -> Register:
    """The providers that have no organisation number, as something a body may look like."""
    register = Register()
    names = [f"name_{code}" for code in CODES]
    for row in Provider.objects.filter(municipality=municipality, org_number="").values("pk", "postcode", "website", *names):
        said = [row[name] for name in names if row[name]]
        register.add(
            Known(
                Kind.PROVIDER,
                row["pk"],
                frozenset(fold(name) for name in said),
                said[0] if said else "",
                postcode=row["postcode"],
                website=same_address(row["website"]),
            )
        )
    return register
