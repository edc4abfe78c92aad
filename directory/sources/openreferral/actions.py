"""Bringing a package into a municipality: providers first, then places, then what refers to them.

Each listing is found again by the package's own id under the same source name, a provider also by its organisation
number; what only looks like one that is listed is proposed. A fact is written where nobody else has said anything: the
column is empty, or still holds what this source wrote last. Listings with a history of their own are left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from directory.activities.models import Activity, Session
from directory.geography.actions import model_of
from directory.geography.tasks import asked_together
from directory.listings.kinds import Kind, Source, Visibility
from directory.listings.models import Listing
from directory.municipalities.models import Municipality
from directory.places.models import OpeningTime, Place
from directory.providers.models import Provider
from directory.sources.models import ImportRow, Verdict
from directory.sources.openreferral.package import Package, text
from directory.sources.openreferral.reading import Draft, Reader
from directory.sources.runs import RunLog, Told, Written, facts_of, last_written, still_ours, write_facts
from directory.sources.spreadsheets.queries import register, vocabulary
from directory.sources.spreadsheets.rules import Known, same_address
from directory.sources.spreadsheets.words import fold

FORMAT = "hsds"
CHUNK = 100
INACTIVE = "Open Referral: "  # what staff see before the package's own word for it
Progress = Callable[[int], None]
_KINDS = (Kind.PROVIDER, Kind.PLACE, Kind.ACTIVITY, Kind.SUPPORT)


@dataclass
class Outcome:
    """What a run did: its rows, and what the package held besides."""

    log: RunLog = field(default_factory=RunLog)
    unread: dict[str, int] = field(default_factory=dict)
    not_in_package: int = 0


def import_package(
    *,
    municipality: Municipality,
    package: Package,
    source_name: str,
    at: datetime,
    file_name: str,
    lang: str = "",
    contacts: str = Visibility.STAFF,
    dry_run: bool = False,
    progress: Progress = lambda done: None,
) -> Outcome:
    """Import a package whose texts are in `lang` (default: the municipality's first language).

    `contacts` says who sees telephone and mail of what is made. A dry run does everything and takes it back.
    """
    log = RunLog()
    source_name, file_name = text(source_name), text(file_name)  # PostgreSQL holds no NUL
    with asked_together():
        if dry_run:
            with transaction.atomic():
                deed = _Import(municipality, package, source_name, at, lang or municipality.languages[0], contacts, log)
                deed.all_of(progress)
                transaction.set_rollback(True)
        else:
            with log.in_turn(
                municipality=municipality, file_name=file_name, format=FORMAT, source_name=source_name, source_date=at.date()
            ):
                deed = _Import(municipality, package, source_name, at, lang or municipality.languages[0], contacts, log)
                deed.all_of(progress)
    return deed.outcome


class _Import:
    def __init__(
        self,
        municipality: Municipality,
        package: Package,
        source_name: str,
        at: datetime,
        lang: str,
        contacts: str,
        log: RunLog,
    ) -> None:
        self.municipality, self.package, self.source_name, self.at = municipality, package, source_name, at
        self.lang, self.contacts = lang, contacts
        self.outcome = Outcome(log=log, unread=package.unread)
        self.reader = Reader(package, vocabulary(municipality), lang)
        self.register = register(municipality)
        self.known: dict[tuple[Kind, str], int] = {}
        self.written: dict[Kind, dict[int, dict[str, Any]]] = {}
        for kind in _KINDS:
            rows = model_of(kind).objects.filter(municipality=municipality, source=Source.OPEN_REFERRAL, source_name=source_name)
            self.known |= {(kind, key): pk for key, pk in rows.values_list("source_key", "pk")}
            self.written[kind] = last_written(kind, [pk for (k, _key), pk in self.known.items() if k is kind], source_name)
        self.by_number = dict(
            Provider.objects.filter(municipality=municipality).exclude(org_number="").values_list("org_number", "pk")
        )
        self.decided = {
            cells.get("id", ""): (decision, kind, pk)
            for cells, decision, kind, pk in ImportRow.objects.filter(
                run__municipality=municipality, run__format=FORMAT, run__source_name=source_name
            )
            .exclude(decision="")
            .order_by("pk")
            .values_list("cells", "decision", "candidate_kind", "candidate_pk")
        }
        self.made: dict[tuple[str, str], int] = {}  # ("organization" | "location", id in the package) → listing

    def all_of(self, progress: Progress) -> None:
        """Every row of the package, in the order in which they point at each other."""
        met = set()
        for drafts in (self.reader.organizations(), self.reader.locations(), self.reader.services()):
            waiting = list(drafts)
            for start in range(0, len(waiting), CHUNK):
                with transaction.atomic():
                    for draft in waiting[start : start + CHUNK]:
                        met.add((draft.kind, draft.key))
                        self.settle(draft)
                    self.outcome.log.flush()
                progress(len(self.outcome.log.rows))
        with transaction.atomic():
            for table, key, row, why in self.reader.alone():
                cells = {"table": table, **{name: text(value) for name, value in row.items() if text(value)}}
                self.outcome.log.add(
                    Told(f"{table} {text(row.get('name'))}".strip(), key, Verdict.REFUSED, cells=cells, problems=[why])
                )
            self.outcome.log.flush()
        # A service may be an activity in one version and a scheme in the next; it is in the package all the same.
        keys = {key for _kind, key in met}
        self.outcome.not_in_package = sum(key not in keys for _kind, key in self.known)
        progress(len(self.outcome.log.rows))

    # ── one row ─────────────────────────────────────────────────────────────────────────────────────────────
    def settle(self, draft: Draft) -> None:
        """Write what one row says, and give it its verdict."""
        row = self.outcome.log.add(Told(draft.name, draft.key, Verdict.REFUSED, cells={"id": draft.key, **draft.cells}))
        row.problems = draft.problems
        if draft.refused:
            return
        try:
            with transaction.atomic():
                self.place(draft, row)
        except DatabaseError as error:
            row.verdict, row.written = Verdict.REFUSED, []
            draft.say("not_saved", value=str(error), refuses=True)

    def place(self, draft: Draft, row: Told) -> None:
        """Find the listing the row is about, or make it."""
        pk = self.known_as(draft)
        if pk is None:
            if not draft.is_active:
                draft.say("inactive", value=draft.status, refuses=True)
                return
            if self.owner_is_missing(draft):
                return
            pk = self.propose(draft, row)
            if row.verdict is Verdict.PROPOSED:
                return
        if pk is None:
            pk = self.make(draft, row)
        else:
            self.follow(draft, pk, row)
        if draft.kind in (Kind.PROVIDER, Kind.PLACE):
            self.made["organization" if draft.kind is Kind.PROVIDER else "location", draft.key] = pk
        if number := draft.facts.get("org_number"):
            self.by_number.setdefault(number, pk)

    def known_as(self, draft: Draft) -> int | None:
        kinds = (Kind.ACTIVITY, Kind.SUPPORT) if draft.kind in (Kind.ACTIVITY, Kind.SUPPORT) else (draft.kind,)
        for kind in kinds:
            if (pk := self.known.get((kind, draft.key))) is not None:
                draft.kind = kind  # once a scheme, always a scheme
                return pk
        return self.by_number.get(draft.facts.get("org_number", "")) if draft.kind is Kind.PROVIDER else None

    def owner_is_missing(self, draft: Draft) -> bool:
        """An activity cannot stand without its provider; a place and a scheme can."""
        if draft.kind is not Kind.ACTIVITY or ("organization", draft.provider_key) in self.made:
            return False
        if not draft.provider_key:
            draft.say("no_provider", refuses=True)
        elif draft.provider_key in self.package.table("organization"):
            draft.say("owner_missing", refuses=True)
        else:
            draft.say("reference_missing", "organization_id", draft.provider_key, refuses=True)
        return True

    def propose(self, draft: Draft, row: Told) -> int | None:
        """A listing from elsewhere that is probably the same: for a person to decide. What was decided holds."""
        decision, kind, pk = self.decided.get(draft.key, ("", "", None))
        if decision == ImportRow.Decision.SAME and kind == draft.kind:
            return pk if model_of(kind).objects.filter(pk=pk, municipality=self.municipality).exists() else None
        if decision == ImportRow.Decision.DIFFERENT or draft.kind is Kind.SUPPORT:
            return None
        facts = draft.facts
        alike = self.register.alike(
            Known(
                draft.kind,
                0,
                frozenset({fold(draft.name)}),
                draft.name,
                org_number=facts.get("org_number", ""),
                postcode="" if draft.kind is Kind.ACTIVITY else facts.get("postcode", ""),
                website=same_address(facts.get("website", "")),
                owner=self.made.get(("organization", draft.provider_key)) if draft.kind is Kind.ACTIVITY else None,
            )
        )
        # Two rows of one package with the same name are two: its publisher tells them apart by their ids.
        if alike is None or (alike[0].source == Source.OPEN_REFERRAL and alike[0].source_name == self.source_name):
            return None
        other, why = alike
        row.verdict, row.candidate = Verdict.PROPOSED, (draft.kind, other.pk)
        draft.say("looks_like", name=other.label, why=list(why))
        return None

    def make(self, draft: Draft, row: Told) -> int:
        model = model_of(draft.kind)
        now = timezone.now()
        listing: Any = model(
            municipality=self.municipality,
            source=Source.OPEN_REFERRAL,
            source_name=self.source_name,
            source_key=draft.key,
            source_date=self.at.date(),
            phone_visibility=self.contacts,
            email_visibility=self.contacts,
            contact_name_visibility=Visibility.STAFF,  # a person's name is nobody's business unless they say so
            first_published_at=now,
            last_published_at=now,
        )
        if draft.kind is Kind.ACTIVITY:
            listing.first_contact_visibility = Visibility.STAFF
        write_facts(listing, draft.facts)
        if draft.kind is not Kind.PROVIDER:
            listing.provider_id = self.made.get(("organization", draft.provider_key))
        self.put_times(listing, draft)
        listing.save()
        row.verdict = Verdict.NEW
        draft.say("new")
        row.written.append(Written(draft.kind, listing.pk, True, {}, dict(draft.facts)))
        return int(listing.pk)

    def follow(self, draft: Draft, pk: int, row: Told) -> None:
        """Bring a listing that stands there into line, without touching what somebody else has written."""
        listing: Any = model_of(draft.kind).objects.select_related("municipality").get(pk=pk)
        touched = bool(listing.latest_revision_id or listing.has_unpublished_changes)
        present = facts_of(listing, draft.facts)
        differing = [name for name, value in draft.facts.items() if present[name] != value]
        wanted = {} if touched else still_ours(present, draft.facts, self.written[draft.kind].get(pk, {}))
        before = {name: present[name] for name in wanted}
        ours = listing.source == Source.OPEN_REFERRAL and listing.source_name == self.source_name
        hours = None if touched or not ours else self.changed_times(listing, draft, self.written[draft.kind].get(pk, {}))
        if wanted or hours:
            write_facts(listing, wanted)
            if hours:
                column, was, will = hours
                before[column], wanted = was, {**wanted, column: will}
                self.put_times(listing, draft)
            if ours:
                listing.source_date = self.at.date()
            listing.save()
            row.verdict = Verdict.UPDATE
            draft.say("changes", fields=", ".join(sorted(wanted)))
            row.written.append(Written(draft.kind, pk, False, before, wanted))
        else:
            row.verdict = Verdict.UNCHANGED
            if not differing:
                draft.say("unchanged")
        if left := [name for name in differing if name not in wanted]:
            draft.say("edited_since", fields=", ".join(sorted(left)))
        if ours:
            self.visibility(listing, draft, row)

    def visibility(self, listing: Listing, draft: Draft, row: Told) -> None:
        """A service that is not active is off the public list, and back when it is."""
        rows = type(listing)._default_manager.filter(pk=listing.pk)
        if not draft.is_active and listing.delisted_at is None:
            rows.update(delisted_at=self.at, delisted_reason=f"{INACTIVE}{draft.status}"[:200])
            row.verdict = Verdict.UPDATE
            draft.say("inactive", value=draft.status)
            draft.say("delisted")
        elif draft.is_active and listing.delisted_at is not None and listing.delisted_reason.startswith(INACTIVE):
            rows.update(delisted_at=None, delisted_reason="")
            row.verdict = Verdict.UPDATE
            draft.say("shown_again")

    # ── when and where ──────────────────────────────────────────────────────────────────────────────────────
    def put_times(self, listing: Any, draft: Draft) -> None:
        """Put places, sessions or opening times on a listing; it is not saved."""
        if isinstance(listing, Activity):
            places = {key: self.made[("location", key)] for key in draft.place_keys if ("location", key) in self.made}
            if places:
                listing.places = list(Place.objects.filter(pk__in=places.values()))
            for key in draft.place_keys:
                if key not in places and key not in self.package.table("location"):
                    draft.say("reference_missing", "location_id", key)
            if draft.times:
                listing.sessions = [
                    Session(
                        weekday=m.weekday,
                        date=m.date,
                        starts=m.starts,
                        ends=m.ends,
                        weeks=m.weeks,
                        first_day=m.first_day,
                        last_day=m.last_day,
                        note=m.note,
                        place_id=places.get(key),
                        sort_order=n,
                    )
                    for n, (m, key) in enumerate(draft.times)
                ]
        elif isinstance(listing, Place) and draft.times:
            fitting = [m for m, _key in draft.times if m.weekday and m.starts and m.ends and m.weeks == "every"]
            listing.opening_times = [
                OpeningTime(weekday=m.weekday, opens=m.starts, closes=m.ends, note=m.note, sort_order=n)
                for n, m in enumerate(fitting)
            ]

    def changed_times(self, listing: Any, draft: Draft, written: dict[str, Any]) -> tuple[str, list[Any], list[Any]] | None:
        """(column, as it is, as it will be) where the package has other times; kept as the undoing of imports reads them."""
        if not isinstance(listing, Activity | Place) or not draft.times:
            return None
        column = "sessions" if isinstance(listing, Activity) else "opening_times"
        present = _times_of(listing)
        planned = type(listing)()
        self.put_times(planned, Draft(draft.kind, draft.key, {}, place_keys=draft.place_keys, times=draft.times))
        wanted = _times_of(planned)
        if present == wanted or (present and column in written and present_short(present) != written[column]):
            return None
        return column, present_short(present), present_short(wanted)


def _times_of(listing: Any) -> list[list[Any]]:
    if isinstance(listing, Activity):
        rows = [
            [
                s.weekday,
                _clock(s.starts),
                _clock(s.ends),
                s.weeks,
                s.place_id,
                _day(s.date),
                _day(s.first_day),
                _day(s.last_day),
                s.note,
            ]
            for s in listing.sessions.all()
        ]
    else:
        rows = [
            [o.weekday, _clock(o.opens), _clock(o.closes), "every", None, None, None, None, o.note]
            for o in listing.opening_times.all()
        ]
    return sorted(rows, key=str)


def present_short(times: list[list[Any]]) -> list[list[Any]]:
    """The weekly part of some times, as imports keep it: weekday, from, to, weeks, place."""
    return [row[:5] for row in times if row[0] is not None]


def _clock(value: Any) -> str | None:
    return value.strftime("%H:%M") if value else None


def _day(value: Any) -> str | None:
    return value.isoformat() if value else None
