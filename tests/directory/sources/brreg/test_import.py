"""A municipality's associations from the registers: made, followed, closed, revived, and nothing private kept."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.management import CommandError, call_command
from django.utils import timezone

from directory.activities.models import Activity
from directory.listings.actions import give_labels
from directory.listings.kinds import Precision, Source
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from directory.sources.brreg.actions import Outcome, import_entities
from directory.sources.brreg.live import LiveRegisters, RegisterSilent
from directory.sources.brreg.records import read_purposes
from directory.sources.models import ImportedListing, ImportRow, ImportRun
from tests.directory.sources.brreg.recorded import SECRET, Registers, entity, purposes, serving
from tests.factories.directory import ProviderFactory, default_municipality, org_number

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(datetime(2026, 3, 1, 12))


@pytest.fixture
def larvik() -> Municipality:
    town = default_municipality()
    give_labels(municipality=town)
    return town


def run(
    larvik: Municipality,
    records: list[dict[str, Any]],
    voluntary: list[dict[str, Any]] | None = None,
    *,
    days: int = 0,
    **options: Any,
) -> Outcome:
    joined = dict(read_purposes(record) for record in voluntary or [])
    outcome = import_entities(
        municipality=larvik, records=records, purposes=joined, at=NOW + timedelta(days=days), file_name="enheter.json", **options
    )
    counts = outcome.log.counts()
    assert counts["read"] == sum(counts.values()) - counts["read"] == len(outcome.log.rows)
    return outcome


def counts(outcome: Outcome) -> tuple[int, ...]:
    return tuple(outcome.log.counts().values())


def test_body_becomes_a_provider_with_the_register_as_source(larvik: Municipality) -> None:
    outcome = run(larvik, [entity(1, "LARVIK FOTBALLKLUBB")], [purposes(1, "1200", "13100")])
    club = Provider.objects.get()
    assert counts(outcome) == (1, 1, 0, 0, 0, 0)
    assert (club.name_nb, club.register_name, club.register_form) == ("Larvik fotballklubb", "LARVIK FOTBALLKLUBB", "FLI")
    assert (club.org_number, club.icnpo_codes, club.founded) == (org_number(1), ["1200", "13100"], 1921)
    assert (club.source, club.source_name, club.source_key) == (Source.REGISTER, "Brønnøysundregistrene", org_number(1))
    assert (club.source_date, club.confirmed_at, club.register_seen_at) == (NOW.date(), None, NOW)
    assert {c.slug for c in club.categories.all()} >= {"idrett-og-fysisk-aktivitet", "fotball", "rekreasjon-og-sosiale"}
    assert {t.slug for t in club.targets.all()} == {"barn", "ungdom"}
    assert club.live
    assert club.slug == "larvik-fotballklubb"


def test_register_address_is_never_plotted_as_a_meeting_place(larvik: Municipality) -> None:
    run(larvik, [entity(1)])
    club = Provider.objects.get()
    assert (club.street, club.postcode, club.city, club.precision) == ("", "3256", "Larvik", Precision.POSTCODE)


def test_nothing_private_is_kept_anywhere(larvik: Municipality, tmp_path: Path) -> None:
    trader = entity(2, f"{SECRET} ENKELTPERSON", organisasjonsform={"kode": "ENK"})
    outcome = run(larvik, [entity(1), trader, entity(3, konkurs=True)], [purposes(1, "1200"), purposes(3, "1100")])
    outcome.log.write_report(tmp_path / "report.csv")
    kept = serializers.serialize(
        "json", [*Provider.objects.all(), *ImportRun.objects.all(), *ImportRow.objects.all(), *ImportedListing.objects.all()]
    )
    assert SECRET not in kept
    assert SECRET not in (tmp_path / "report.csv").read_text()
    assert org_number(2) not in kept
    assert counts(outcome) == (3, 1, 0, 0, 0, 2)


def test_second_run_changes_nothing(larvik: Municipality) -> None:
    records, voluntary = [entity(n) for n in range(1, 6)], [purposes(n, "1200") for n in range(1, 6)]
    run(larvik, records, voluntary)
    before = {p.pk: (p.name_nb, p.slug, p.source_date) for p in Provider.objects.all()}
    outcome = run(larvik, records, voluntary, days=7)
    assert counts(outcome) == (5, 0, 0, 5, 0, 0)
    assert {p.pk: (p.name_nb, p.slug, p.source_date) for p in Provider.objects.all()} == before
    assert set(Provider.objects.values_list("register_seen_at", flat=True)) == {NOW + timedelta(days=7)}


def test_news_of_the_register_are_followed(larvik: Municipality) -> None:
    run(larvik, [entity(1, "GAMLE NAVN")])
    outcome = run(larvik, [entity(1, "NYE NAVN", hjemmeside="www.ny.no")], days=7)
    club = Provider.objects.get()
    assert counts(outcome) == (1, 0, 1, 0, 0, 0)
    assert (club.name_nb, club.register_name, club.website) == ("Nye Navn", "NYE NAVN", "https://www.ny.no")
    assert club.source_date == (NOW + timedelta(days=7)).date()


def test_associations_own_texts_are_left_alone(larvik: Municipality) -> None:
    own = ProviderFactory(
        municipality=larvik,
        name_nb="Vårt eget navn",
        description_nb="Våre ord",
        org_number=org_number(1),
        website="https://vi.no",
        source=Source.PROVIDER,
    )
    outcome = run(larvik, [entity(1, "REGISTERETS NAVN")], [purposes(1, "1200")])
    own.refresh_from_db()
    assert (own.name_nb, own.description_nb, own.website, own.postcode) == ("Vårt eget navn", "Våre ord", "https://vi.no", "")
    assert (own.register_name, own.register_form, own.icnpo_codes, own.founded) == ("REGISTERETS NAVN", "FLI", ["1200"], 1921)
    assert (own.source, own.source_date) == (Source.PROVIDER, None)
    assert counts(outcome) == (1, 0, 1, 0, 0, 0)


def test_text_somebody_has_changed_since_is_left_alone(larvik: Municipality) -> None:
    run(larvik, [entity(1, "GAMLE NAVN")])
    club = Provider.objects.get()
    club.name_nb = "Rettet for hånd"
    club.save()
    run(larvik, [entity(1, "NYE NAVN", hjemmeside="www.ny.no")], days=7)
    club.refresh_from_db()
    assert (club.name_nb, club.register_name, club.website) == ("Rettet for hånd", "NYE NAVN", "https://www.ny.no")


def test_provider_edited_in_the_staff_screens_gets_register_facts_only(larvik: Municipality) -> None:
    run(larvik, [entity(1, "GAMLE NAVN")])
    club = Provider.objects.get()
    club.save_revision().publish()
    outcome = run(larvik, [entity(1, "NYE NAVN", hjemmeside="www.ny.no")], days=7)
    club.refresh_from_db()
    assert (club.name_nb, club.website, club.register_name) == ("Gamle Navn", "https://www.lag1.no", "NYE NAVN")
    assert outcome.log.told("register_facts_only") == 1


@pytest.mark.parametrize("changes", [{"konkurs": True}, {"underAvvikling": True}, {"slettedato": "2026-01-01"}])
def test_closed_body_is_taken_off_with_what_it_offers_and_comes_back(larvik: Municipality, changes: dict[str, Any]) -> None:
    run(larvik, [entity(1)])
    club = Provider.objects.get()
    activity = Activity(municipality=larvik, provider=club, name_nb="Trening")
    activity.save()
    closed = run(larvik, [entity(1, **changes)], days=7)
    assert (closed.delisted, counts(closed)) == (1, (1, 0, 1, 0, 0, 0))
    assert not Provider.objects.public().exists()
    assert not Activity.objects.public().exists()
    again = run(larvik, [entity(1, **changes)], days=8)
    assert (again.delisted, counts(again)) == (0, (1, 0, 0, 1, 0, 0))
    alive = run(larvik, [entity(1)], days=14)
    assert (alive.revived, counts(alive)) == (1, (1, 0, 1, 0, 0, 0))
    assert Provider.objects.public().exists()
    assert Activity.objects.public().exists()


def test_what_staff_took_off_is_not_put_back_by_the_register(larvik: Municipality) -> None:
    run(larvik, [entity(1)])
    Provider.objects.update(delisted_at=NOW, delisted_reason="Etter ønske")
    run(larvik, [entity(1)], days=7)
    assert not Provider.objects.public().exists()


def test_closed_body_that_is_not_listed_is_refused(larvik: Municipality) -> None:
    outcome = run(larvik, [entity(1, konkurs=True)])
    assert counts(outcome) == (1, 0, 0, 0, 0, 1)
    assert not Provider.objects.exists()


def test_body_missing_from_the_extract_is_taken_off(larvik: Municipality) -> None:
    run(larvik, [entity(n) for n in range(1, 4)])
    outcome = run(larvik, [entity(1), entity(2)], days=7)
    assert (outcome.delisted, counts(outcome)) == (1, (3, 0, 1, 2, 0, 0))
    assert Provider.objects.get(org_number=org_number(3)).delisted_reason == "Enhetsregisteret: ikke lenger registrert"


def test_half_an_extract_does_not_empty_the_list(larvik: Municipality) -> None:
    run(larvik, [entity(n) for n in range(1, 21)])
    outcome = run(larvik, [entity(1)], days=7)
    assert (outcome.delisted, outcome.missing_left) == (0, 19)
    assert Provider.objects.public().count() == 20
    assert run(larvik, [entity(1)], days=8, complete=True).delisted == 19


def test_body_the_register_has_never_told_of_is_not_missed(larvik: Municipality) -> None:
    ProviderFactory(municipality=larvik, org_number=org_number(9))
    assert run(larvik, [entity(1)]).delisted == 0


def test_body_that_moved_away_is_taken_off(larvik: Municipality) -> None:
    run(larvik, [entity(1)])
    away = {"postnummer": "3210", "poststed": "SANDEFJORD", "landkode": "NO", "kommunenummer": "3907"}
    outcome = run(larvik, [entity(1, forretningsadresse=away), entity(2, forretningsadresse=away)], days=7)
    assert (outcome.delisted, outcome.elsewhere) == (1, 1)
    assert Provider.objects.get().delisted_reason == "Enhetsregisteret: flyttet til en annen kommune"


def test_other_municipalities_and_companies_are_passed_over(larvik: Municipality) -> None:
    oslo = {"postnummer": "0150", "poststed": "OSLO", "landkode": "NO", "kommunenummer": "0301"}
    company = entity(2, registrertIFrivillighetsregisteret=False, organisasjonsform={"kode": "AS"})
    outcome = run(larvik, [entity(1, forretningsadresse=oslo), company, entity(3, registrertIFrivillighetsregisteret=None)])
    assert (outcome.elsewhere, outcome.not_voluntary, counts(outcome)) == (1, 2, (0, 0, 0, 0, 0, 0))


def test_record_of_the_voluntary_register_makes_a_body_voluntary(larvik: Municipality) -> None:
    assert counts(run(larvik, [entity(1, registrertIFrivillighetsregisteret=None)], [purposes(1, "8200")])) == (1, 1, 0, 0, 0, 0)
    assert Provider.objects.get().kind == Provider.ProviderKind.VOLUNTEER_CENTRE


def test_wrong_numbers_doubles_and_nameless_bodies_are_refused_with_reasons(larvik: Municipality) -> None:
    outcome = run(larvik, [entity(1, organisasjonsnummer="310000011"), entity(2), entity(2), entity(3, navn=" ")])
    assert counts(outcome) == (4, 1, 0, 0, 0, 3)
    assert [row.problems[-1].code for row in outcome.log.rows] == ["org_number_wrong", "new", "id_twice", "name_missing"]


def test_lookalike_without_a_number_is_proposed_and_the_decision_holds(larvik: Municipality) -> None:
    listed = ProviderFactory(municipality=larvik, name_nb="Fjordbyen Idrettslag", postcode="3256")
    outcome = run(larvik, [entity(1, "FJORDBYEN IDRETTSLAG")])
    assert counts(outcome) == (1, 0, 0, 0, 1, 0)
    assert Provider.objects.count() == 1
    row = ImportRow.objects.get()
    assert (row.candidate_kind, row.candidate_pk) == ("provider", listed.pk)
    row.decision = ImportRow.Decision.SAME
    row.save()
    assert counts(run(larvik, [entity(1, "FJORDBYEN IDRETTSLAG")], days=1)) == (1, 0, 1, 0, 0, 0)
    listed.refresh_from_db()
    assert (listed.org_number, listed.register_name) == (org_number(1), "FJORDBYEN IDRETTSLAG")
    assert counts(run(larvik, [entity(1, "FJORDBYEN IDRETTSLAG")], days=2)) == (1, 0, 0, 1, 0, 0)


def test_lookalike_decided_as_another_is_made(larvik: Municipality) -> None:
    ProviderFactory(municipality=larvik, name_nb="Fjordbyen Idrettslag", postcode="3256")
    run(larvik, [entity(1, "FJORDBYEN IDRETTSLAG")])
    ImportRow.objects.update(decision=ImportRow.Decision.DIFFERENT)
    assert counts(run(larvik, [entity(1, "FJORDBYEN IDRETTSLAG")], days=1)) == (1, 1, 0, 0, 0, 0)


def test_dry_run_tells_the_same_and_writes_nothing(larvik: Municipality) -> None:
    run(larvik, [entity(1), entity(2)])
    news = [entity(1, "NYTT NAVN"), entity(2, konkurs=True), entity(3)]
    dry = run(larvik, news, days=7, dry_run=True)
    assert (Provider.objects.count(), Provider.objects.public().count(), ImportRun.objects.count()) == (2, 2, 1)
    wet = run(larvik, news, days=7)
    assert counts(dry) == counts(wet) == (3, 1, 2, 0, 0, 0)


def test_two_municipalities_do_not_meet(larvik: Municipality) -> None:
    other = Municipality.objects.create(number="3907", name="Sandefjord", slug="sandefjord")
    ProviderFactory(municipality=other, org_number=org_number(1), name_nb="Deres")
    assert counts(run(larvik, [entity(1)])) == (1, 1, 0, 0, 0, 0)
    assert Provider.objects.get(municipality=other).name_nb == "Deres"


def test_row_the_database_refuses_takes_no_others_with_it(larvik: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import IntegrityError

    real = Provider.save

    def save(self: Provider, *args: Any, **kwargs: Any) -> None:
        if self.org_number == org_number(2):
            raise IntegrityError("no")
        real(self, *args, **kwargs)

    monkeypatch.setattr(Provider, "save", save)
    outcome = run(larvik, [entity(1), entity(2), entity(3)])
    assert counts(outcome) == (3, 2, 0, 0, 0, 1)
    assert outcome.log.rows[1].problems[-1].code == "not_saved"


def test_queries_for_bodies_that_stand_there_grow_only_with_the_bodies(
    larvik: Municipality, django_assert_max_num_queries: Any
) -> None:
    records = [entity(n) for n in range(1, 11)]
    run(larvik, records)
    with django_assert_max_num_queries(45 + 10 * 9):
        run(larvik, records, days=7)


# ── the command and the live registers ──────────────────────────────────────────────────────────────────────
def command(*args: str) -> str:
    out = io.StringIO()
    call_command("import_brreg", *args, "--municipality", "3909", stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_command_imports_files_and_writes_a_report(larvik: Municipality, tmp_path: Path) -> None:
    (tmp_path / "enheter.json").write_text(json.dumps([entity(1), entity(2, "=HYPERLINK(1)"), entity(3, konkurs=True)]))
    (tmp_path / "frivillige.json").write_text(json.dumps({"_embedded": {"frivilligeOrganisasjoner": [purposes(1, "1100")]}}))
    files = [
        str(tmp_path / "enheter.json"),
        "--voluntary",
        str(tmp_path / "frivillige.json"),
        "--report",
        str(tmp_path / "ut.csv"),
    ]
    assert "Nothing was written" in command(*files, "--dry-run")
    assert not Provider.objects.exists()
    assert "Read 3: 2 made, 0 updated, 0 unchanged, 0 proposed as duplicates, 1 refused." in command(*files)
    assert Provider.objects.get(org_number=org_number(1)).icnpo_codes == ["1100"]
    rows = list(csv.reader((tmp_path / "ut.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert len(rows) == 4
    assert not [cell for row in rows for cell in row if cell.startswith("=")]
    assert "konkurs" in rows[3][2] or "bankrupt" in rows[3][2]
    kept = ImportRun.objects.get()
    assert kept.summary() == {"read": 3, "made": 2, "updated": 0, "unchanged": 0, "proposed": 0, "refused": 1}
    assert kept.state == ImportRun.State.DONE


@pytest.mark.parametrize("args", [[], ["x.json", "--live"], ["missing.json"]])
def test_command_says_what_is_wrong(larvik: Municipality, args: list[str]) -> None:
    with pytest.raises(CommandError):
        command(*args)


def test_live_registers_are_paged_by_their_rules(larvik: Municipality, settings: Any) -> None:
    settings.BRREG_PAGE_SIZE = 2
    registers = Registers([entity(n) for n in range(1, 6)], [purposes(n, "1200") for n in range(1, 5)])
    with serving(registers) as settings.BRREG_URL:
        out = command("--live")
    assert "Read 5: 5 made" in out
    assert [p.split("page=")[1] for p in registers.asked if "page=" in p] == ["0", "1", "2"]
    assert registers.agents == {settings.USER_AGENT}
    assert Provider.objects.filter(icnpo_codes=["1200"]).count() == 4


def test_live_register_is_asked_about_those_it_no_longer_lists(larvik: Municipality, settings: Any) -> None:
    registers = Registers([entity(n) for n in range(1, 6)], [])
    with serving(registers) as settings.BRREG_URL:
        command("--live")
        registers.gone = {org_number(2): 410, org_number(3): 404}
        registers.entities[3] = entity(4, registrertIFrivillighetsregisteret=False)
        registers.entities[4] = entity(5, slettedato="2026-01-01", registrertIFrivillighetsregisteret=None)
        out = command("--live")
    assert "Taken off the list: 3." in out
    assert sorted(Provider.objects.public().values_list("org_number", flat=True)) == [org_number(1), org_number(4)]
    assert Provider.objects.get(org_number=org_number(5)).delisted_reason == "Enhetsregisteret: slettet"


def test_voluntary_register_is_walked_by_its_cursor_on_our_host_only(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("directory.sources.brreg.live.WALK_QUESTIONS", 3)
    registers = Registers([], [purposes(n, "1200") for n in range(1, 251)])
    with serving(registers) as base:
        found = list(LiveRegisters(base).purposes([org_number(n) for n in (1, 120, 250, 251)]))
    assert [record["organisasjonsnummer"] for record in found] == [org_number(1), org_number(120), org_number(250)]
    assert len(registers.asked) == 4  # three pages of a hundred and the empty one


def test_more_hits_than_the_register_shows_are_asked_for_by_postcode(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("directory.sources.brreg.live.MOST_HITS", 3)
    registers = Registers([entity(n) for n in range(1, 6)], [])
    with serving(registers) as base:
        found = list(LiveRegisters(base).entities("3909"))
    assert len(found) == 5
    assert any("forretningsadresse.postnummer=3256" in path for path in registers.asked)


def test_silent_register_is_asked_again_and_then_said_so(settings: Any) -> None:
    registers = Registers([entity(1)], [])
    waited: list[float] = []
    with serving(registers) as base:
        registers.failures = [503, 429]
        assert len(list(LiveRegisters(base, wait=waited.append).entities("3909"))) == 1
        assert waited == [1.0, 2.0]
        registers.failures = [500, 500, 500]
        with pytest.raises(RegisterSilent, match="does not answer"):
            list(LiveRegisters(base, wait=waited.append).entities("3909"))
        registers.failures = [400]
        with pytest.raises(RegisterSilent, match="prøv igjen"):
            list(LiveRegisters(base, wait=waited.append).entities("3909"))


def test_budget_ends_a_run(settings: Any) -> None:
    registers = Registers([entity(n) for n in range(1, 6)], [])
    settings.BRREG_PAGE_SIZE = 1
    with serving(registers) as base, pytest.raises(RegisterSilent, match="budget"):
        list(LiveRegisters(base, budget=2).entities("3909"))
    assert len(registers.asked) == 2


def test_register_out_of_reach_leaves_everything_as_it_was(
    larvik: Municipality, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(larvik, [entity(1)])
    monkeypatch.setattr("directory.sources.brreg.live.time.sleep", lambda seconds: None)
    settings.BRREG_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="does not answer"):
        command("--live")
    assert Provider.objects.public().count() == 1
