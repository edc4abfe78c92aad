"""What would become of every row, before anything is written. Pure: rows and known listings in, one verdict a row out.

    make_plan(rows, register, present) → Plan
        Plan.rows[n]      verdict, reasons, and which listings the row is about
        Plan.listings     every listing the sheet tells of, once, with what several rows say of it put together

Rows are met in order. A listing is the same as one that is known by its organisation number, by its own id in the
same source, or, within the same source, by its name. Anything weaker is a proposal, for a person to decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from directory.listings.kinds import Kind, Source
from directory.sources.models import Verdict
from directory.sources.spreadsheets.problems import Problem
from directory.sources.spreadsheets.rows import Draft, Understood
from directory.sources.spreadsheets.rules import Known, Register, Since, same_address, similarity, why_leave_alone
from directory.sources.spreadsheets.words import fold


@dataclass
class Planned:
    """One listing the sheet tells of: known (`pk`) or new, and what is to be written."""

    kind: Kind
    ref: int  # the pk of a known listing; a negative number for one that is new
    row: int
    draft: Draft
    source_name: str
    source_date: date | None = None
    source_key: str = ""
    owner: Planned | None = None
    venues: list[Planned] = field(default_factory=list)
    slots: list[tuple[Any, Planned | None]] = field(default_factory=list)  # (Slot, where), of every row that tells one
    weeks: dict[Any, str] = field(default_factory=dict)
    hours_note: str = ""
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    left_alone: str = ""
    is_subject: bool = False  # a row of its own is about it; else it only stands beside one
    label: str = ""
    rows: set[int] = field(default_factory=set)

    @property
    def is_new(self) -> bool:
        return self.ref < 0


@dataclass
class PlannedRow:
    """One row: its verdict, why, and its listings."""

    row: Understood
    verdict: Verdict
    problems: list[Problem]
    listings: list[Planned] = field(default_factory=list)
    candidate: Known | None = None
    decision: str = ""


@dataclass
class Plan:
    """Everything an import would do."""

    rows: list[PlannedRow] = field(default_factory=list)
    listings: list[Planned] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The summary; it adds up because every row has one verdict."""
        found = Counter(r.verdict for r in self.rows)
        return {
            "read": len(self.rows),
            "made": found[Verdict.NEW],
            "updated": found[Verdict.UPDATE],
            "unchanged": found[Verdict.UNCHANGED],
            "proposed": found[Verdict.PROPOSED],
            "refused": found[Verdict.REFUSED],
        }


class Present(Protocol):
    """What stands in the directory now."""

    def prepare(self, listings: Iterable[Planned]) -> None:
        """Read what the other two will be asked about."""
        ...

    def since(self, kind: Kind, pk: int) -> Since:
        """What has happened to a listing since imports began."""
        ...

    def differences(self, planned: Planned) -> dict[str, tuple[Any, Any]]:
        """Column → (what stands there, what the sheet says), for those that differ."""
        ...


@dataclass(frozen=True)
class Decided:
    """What staff said of a probable duplicate, and which listing they were shown."""

    decision: str
    kind: str = ""
    pk: int | None = None


def make_plan(
    rows: Iterable[Understood],
    *,
    register: Register,
    present: Present,
    source_name: str,
    decisions: Mapping[int, Decided] | None = None,
) -> Plan:
    """Give every row its verdict."""
    planner = _Planner(register, source_name, decisions or {})
    for row in rows:
        planner.meet(row)
    planner.settle(present)
    return planner.plan


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class _Proposed(Exception):
    def __init__(self, known: Known, why: tuple[str, ...]) -> None:
        self.known, self.why = known, why


class _Planner:
    def __init__(self, register: Register, source_name: str, decisions: Mapping[int, Decided]) -> None:
        self.register, self.source_name, self.decisions = register, source_name, decisions
        self.plan = Plan()
        self.by_ref: dict[tuple[Kind, int], Planned] = {}  # pk of a known listing, or a negative number of our own
        self.subjects: dict[tuple[Kind, str, str], int] = {}  # (kind, what, value) → row that had it first
        self.taken: set[tuple[Kind, int]] = set()  # listings that a row of their own is about
        self.last_ref = 0

    # ── one row ─────────────────────────────────────────────────────────────────────────────────────────────
    def meet(self, row: Understood) -> None:
        planned = PlannedRow(row, Verdict.REFUSED, list(row.problems))
        self.plan.rows.append(planned)
        if row.refused:
            return
        decided = self.decisions.get(row.number) or Decided(row.decision)
        planned.decision = decided.decision
        try:
            # Nothing is kept of a row before all of it is settled.
            matched = self.match(row, decided)
        except _Refused as refusal:
            planned.problems.append(refusal.problem)
            return
        except _Proposed as proposal:
            planned.verdict = Verdict.PROPOSED
            planned.candidate = proposal.known
            code = "looks_like_row" if proposal.known.pk < 0 else "looks_like"
            planned.problems.append(
                Problem(code, facts={"name": proposal.known.label, "row": proposal.known.row, "why": list(proposal.why)})
            )
            return
        self.take(row, matched, planned)

    def match(self, row: Understood, decided: Decided) -> dict[Kind, Known | None]:
        """The known listing each draft is, None for a new one. Raises when the row is refused or to be proposed."""
        found: dict[Kind, Known | None] = {}
        source = row.source_name or self.source_name
        for draft in row.drafts():
            is_subject = draft.kind is row.subject
            owner = found.get(Kind.PROVIDER) if draft.kind is Kind.ACTIVITY else None
            if draft.kind is Kind.ACTIVITY and owner is None:
                # A new association's activities are new; those earlier in the sheet have a reference by now.
                found[Kind.ACTIVITY] = self.by_own_id(draft, row, source, decided) if row.own_id else None
                continue
            found[draft.kind] = self.match_one(draft, row, source, decided, is_subject, owner)
        self.refuse_second(row, found)
        return found

    def match_one(
        self, draft: Draft, row: Understood, source: str, decided: Decided, is_subject: bool, owner: Known | None
    ) -> Known | None:
        one = self.known_of(draft, row.own_id if is_subject else "", source, owner.pk if owner else None)
        if draft.kind is Kind.PROVIDER and one.org_number and (found := self.register.by_org.get(one.org_number)):
            return found
        if is_subject and row.own_id and (found := self.by_own_id(draft, row, source, decided)):
            return found
        shown = self.register.known.get((draft.kind, decided.pk)) if decided.pk and decided.kind == draft.kind else None
        if decided.decision == "same" and shown:
            return shown
        named = [k for name in one.names for k in self.register.by_name.get((draft.kind, name), ())]
        if draft.kind is Kind.ACTIVITY:
            return self.match_activity(one, draft, named)
        exact = [k for k in named if self.agrees(one, k)]
        if not is_subject:
            # An owner or a venue is meant by its name; only an unclear one is asked about.
            exact = [k for k in exact if k.pk < 0] or exact
            if exact:
                return exact[0]
        else:
            # Those of our own earlier import, each once, and one that stands in the sheet as somebody's owner.
            ours = [k for k in exact if k.pk < 0 or (self.same_source(k, source) and not (row.own_id and k.source_key))]
            if ours := [k for k in ours if (draft.kind, k.pk) not in self.taken]:
                return ours[0]
        if decided.decision == "different":
            return None
        if alike := self.register.alike(one):
            if decided.decision == "same":
                return alike[0]
            if is_subject or alike[1][0] == "same_name" or "same_postcode" in alike[1]:
                raise _Proposed(*alike)
        return None

    def by_own_id(self, draft: Draft, row: Understood, source: str, decided: Decided) -> Known | None:
        found = self.register.by_key.get((draft.kind, fold(source), row.own_id))
        if found is None:
            return None
        names = {fold(n) for k, n in draft.values.items() if k.startswith("name_")}
        number = draft.values.get("org_number", "")
        if number and found.org_number and number != found.org_number:
            raise _Refused(Problem("id_of_other", value=row.own_id, refuses=True, facts={"name": found.label}))
        likeness = max((similarity(a, b) for a in names for b in found.names), default=0)
        if likeness < 45 and not (number and number == found.org_number) and not decided.decision:
            # Running numbers move when a list is sorted anew; the id alone must not turn one association into another.
            raise _Proposed(found, ("same_id",))
        return None if decided.decision == "different" else found

    def match_activity(self, one: Known, draft: Draft, named: list[Known]) -> Known | None:
        """The activity of that name at that provider; where there are several, the one for the same people."""
        own = [k for k in named if k.owner == one.owner]
        same_people = [
            k for k in own if (planned := self.by_ref.get((Kind.ACTIVITY, k.pk))) and _people(planned.draft) == _people(draft)
        ]
        if same_people:
            return same_people[0]
        untouched = [k for k in own if (Kind.ACTIVITY, k.pk) not in self.by_ref]
        exact = [k for k in untouched if k.postcode == _people_key(draft)]
        return next(iter(exact or untouched), None)

    @staticmethod
    def agrees(one: Known, other: Known) -> bool:
        """Of the same name, and nothing else speaks against it."""
        if one.org_number and other.org_number and one.org_number != other.org_number:
            return False
        return not (one.postcode and other.postcode and one.postcode != other.postcode)

    @staticmethod
    def same_source(known: Known, source: str) -> bool:
        return known.pk > 0 and known.source == Source.SHEET and fold(known.source_name) == fold(source)

    def refuse_second(self, row: Understood, found: Mapping[Kind, Known | None]) -> None:
        """Two rows about the same association or place cannot both be right."""
        if row.subject is None or row.subject is Kind.ACTIVITY:
            return
        draft = row.draft(row.subject)
        marks = [("id", row.own_id), ("organisation number", draft.values.get("org_number", "") if draft else "")]
        known = found.get(row.subject)
        if known is not None:
            marks.append(("listing", str(known.pk)))
        for what, value in marks:
            if not value:
                continue
            first = self.subjects.setdefault((row.subject, what, value), row.number)
            if first != row.number:
                raise _Refused(Problem("twice_in_sheet", value=value, refuses=True, facts={"what": what, "row": first}))

    # ── putting together ────────────────────────────────────────────────────────────────────────────────────
    def take(self, row: Understood, matched: Mapping[Kind, Known | None], planned_row: PlannedRow) -> None:
        source = row.source_name or self.source_name
        made: dict[Kind, Planned] = {}
        for draft in row.drafts():
            owner = made.get(Kind.PROVIDER)
            if draft.kind is Kind.ACTIVITY and matched[Kind.ACTIVITY] is None and owner is not None:
                # Only now the owner has a reference, so an earlier row's activity can be found by it.
                one = self.known_of(draft, row.own_id, source, owner.ref)
                named = [k for name in one.names for k in self.register.by_name.get((Kind.ACTIVITY, name), ()) if k.pk < 0]
                own = [
                    k for k in named if k.owner == one.owner and _people(self.by_ref[Kind.ACTIVITY, k.pk].draft) == _people(draft)
                ]
                known = own[0] if own and not row.own_id else None
            else:
                known = matched[draft.kind]
            made[draft.kind] = self.listing(draft, known, row, source, is_subject=draft.kind is row.subject, owner=owner)
        if (activity := made.get(Kind.ACTIVITY)) and (place := made.get(Kind.PLACE)) and place not in activity.venues:
            activity.venues.append(place)
        for listing in made.values():
            said = row.draft(listing.kind)
            if said and said.hours:
                where = made.get(Kind.PLACE) if listing.kind is Kind.ACTIVITY else None
                for slot in said.hours.slots:
                    if (slot, where) not in listing.slots:
                        listing.slots.append((slot, where))
                        listing.weeks[slot] = said.hours.weeks
                listing.hours_note = said.hours.note
            listing.rows.add(row.number)
        planned_row.listings = list(made.values())
        if row.subject:
            made[row.subject].is_subject = True
            self.taken.add((row.subject, made[row.subject].ref))

    def listing(
        self, draft: Draft, known: Known | None, row: Understood, source: str, *, is_subject: bool, owner: Planned | None
    ) -> Planned:
        if known is not None and (planned := self.by_ref.get((draft.kind, known.pk))):
            for column, value in draft.values.items():
                planned.draft.values.setdefault(column, value)
            for name, pks in draft.labels.items():
                kept = planned.draft.labels.setdefault(name, [])
                kept += [pk for pk in pks if pk not in kept]
            return planned
        key = row.own_id if is_subject else ""
        if known is None:
            self.last_ref -= 1
            if (draft.kind, fold(source), key) in self.register.by_key:
                key = ""  # staff said that this is another one, and an id can name only one
        planned = Planned(
            kind=draft.kind,
            ref=known.pk if known is not None else self.last_ref,
            row=row.number,
            draft=Draft(draft.kind, dict(draft.values), {k: list(v) for k, v in draft.labels.items()}),
            source_name=source,
            source_date=row.source_date,
            source_key=key,
            owner=owner if draft.kind is not Kind.PROVIDER else None,
            label=draft.name,
        )
        self.plan.listings.append(planned)
        self.by_ref[draft.kind, planned.ref] = planned
        if planned.is_new:
            self.register.add(
                self.known_of(
                    draft,
                    key,
                    source,
                    owner.ref if owner and draft.kind is not Kind.PROVIDER else None,
                    pk=planned.ref,
                    row_number=row.number,
                )
            )
        return planned

    @staticmethod
    def known_of(draft: Draft, key: str, source: str, owner: int | None, *, pk: int = 0, row_number: int = 0) -> Known:
        values = draft.values
        return Known(
            kind=draft.kind,
            pk=pk,
            names=frozenset(n for k, v in values.items() if k.startswith("name_") and (n := fold(v))),
            label=draft.name,
            org_number=values.get("org_number", ""),
            postcode=_people_key(draft) if draft.kind is Kind.ACTIVITY else values.get("postcode", ""),
            website=same_address(values.get("website", "")),
            email=values.get("email", "").lower(),
            phone=values.get("phone", ""),
            source=Source.SHEET,
            source_name=source,
            source_key=key,
            owner=owner,
            row=row_number,
        )

    # ── verdicts ────────────────────────────────────────────────────────────────────────────────────────────
    def settle(self, present: Present) -> None:
        """Compare with what stands there, once every row has been met, and give each row its verdict."""
        present.prepare(self.plan.listings)
        for listing in self.plan.listings:
            if listing.is_new:
                continue
            differences = present.differences(listing)
            if differences and (why := why_leave_alone(present.since(listing.kind, listing.ref))):
                listing.left_alone = why
            listing.changes = differences
        for row in self.plan.rows:
            if row.verdict is Verdict.PROPOSED or not row.listings:
                continue
            subject = next(p for p in row.listings if p.kind is row.row.subject)
            touched = [p for p in row.listings if p.is_new or (p.changes and not p.left_alone)]
            if subject.is_new:
                row.verdict = Verdict.NEW
            else:
                row.verdict = Verdict.UPDATE if touched else Verdict.UNCHANGED
            for listing in row.listings:
                if listing.left_alone and listing.row == row.row.number:
                    row.problems.append(
                        Problem(listing.left_alone, facts={"fields": list(listing.changes), "name": listing.label})
                    )
                elif listing.changes and listing.row == row.row.number:
                    row.problems.append(Problem("changes", facts={"fields": list(listing.changes)}))
            if row.verdict is Verdict.UNCHANGED and not any(p.left_alone for p in row.listings):
                row.problems.append(Problem("unchanged"))


def _people(draft: Draft) -> tuple[Any, ...]:
    """Whom an activity is for: two of one name for different people are two."""
    return (draft.values.get("age_from"), draft.values.get("age_to"))


def _people_key(draft: Draft) -> str:
    return people_key(*_people(draft))


def people_key(age_from: int | None, age_to: int | None) -> str:
    """Whom an activity is for, as a word: an activity's register entry keeps it where others keep the postcode."""
    return f"{age_from if age_from is not None else ''}-{age_to if age_to is not None else ''}"
