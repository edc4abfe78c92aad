"""A municipality leaves one installation and comes to another: all of it is there, and nothing of anybody else."""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from wagtail.images.models import Image
from wagtail.models import Page, Revision, Site

from cards.ledger.models import CountChange
from cards.offers.approved import values_of
from cards.offers.models import Offer, Stock, UseSum
from cards.offers.settling import make_settlement
from cards.offers.unlinking import cut_entries, reconcile
from cards.programmes.actions import revoke
from cards.programmes.models import AgencyQuota, CardSum, CardTypeLine, LineSum, Programme
from directory.activities.models import Activity
from directory.municipalities.models import Municipality, StaffRole, TenantLogEntry
from directory.providers.models import Membership, Provider
from directory.reports.models import ErrorReport
from directory.sources.models import ImportedListing
from portal.accounts.models import User
from portal.leaving import scope as scopes
from portal.leaving.reading import import_municipality
from portal.leaving.scope import Scope, every, label_of
from portal.leaving.values import columns
from portal.pages.base import TranslatedPage
from tests.factories.cards import (
    make_agency,
    make_agreement,
    make_card,
    make_card_type,
    make_offer,
    make_programme,
    make_quota,
    make_stock,
    make_use,
)
from tests.factories.directory import ProviderFactory, make_municipality
from tests.portal.leaving.conftest import AT, Town, contents, empty_everything, empty_folders, export, furnish, rows

#: Models of which no row can be made here.
WITHOUT_ROWS: set[str] = set()


def different(one: Path, other: Path) -> list[str]:
    """Names of files in two exports that are not the same; of files of rows, the line too."""
    first, second = contents(one), contents(other)
    found = [f"only in one: {name}" for name in sorted(set(first) ^ set(second))]
    for name in sorted(set(first) & set(second)):
        if first[name] != second[name]:
            pairs = zip(first[name].splitlines(), second[name].splitlines(), strict=False)
            found.append(f"{name}: " + next((f"{a!r:.900} ≠ {b!r:.900}" for a, b in pairs if a != b), "length"))
    return found


def as_people_see_it(number: str) -> dict[str, Any]:
    """Who points at whom, told by names: independent of the code that writes and reads files."""
    town = Municipality.objects.get(number=number)
    seen: dict[str, Any] = {"rights": sorted(town.staff_group.user_set.values_list("email", flat=True))}
    for revision in Revision.objects.order_by("created_at", "object_str"):
        row = revision.content_object
        if row is None or getattr(row, "municipality", None) != town:
            continue
        draft = revision.as_object()
        facts = {
            "image": str(getattr(draft, "image", None)),
            "municipality": draft.municipality.number if draft.municipality else "",
        }
        for name in ("categories", "targets", "adaptations", "districts", "places", "seasons"):
            if hasattr(draft, name):
                facts[name] = sorted(map(str, getattr(draft, name).all()))
        for name in ("sessions", "opening_times"):
            if hasattr(draft, name):
                facts[name] = [(one.weekday, str(getattr(one, "place", ""))) for one in getattr(draft, name).all()]
        if isinstance(draft, TranslatedPage):
            facts["named"] = named_in(draft)
            facts["path"] = draft.url_path
        seen[f"draft of {revision.object_str} {revision.created_at.isoformat()} by {revision.user}"] = facts
    for page in Page.objects.filter(path__startswith=town.site.root_page.path).specific():
        seen[f"page {page.slug}"] = (page.title, page.depth, named_in(page), page.get_parent().slug if page.depth > 2 else "")
    for report in ErrorReport.objects.filter(municipality=town).order_by("pk"):
        model = {"activity": Activity, "provider": Provider}[report.kind]
        seen[f"report {report.listing_name} {report.pk}".rsplit(" ", 1)[0]] = str(
            model.objects.filter(pk=report.listing_id).first()
        )
    for note in ImportedListing.objects.filter(run__municipality=town, kind="activity"):
        activity = Activity.objects.get(pk=note.object_id)
        seen["import"] = (
            str(activity),
            set(note.after["categories"]) <= set(activity.categories.values_list("pk", flat=True)),
            note.after["provider"] == activity.provider_id,
            note.after["sessions"][0][4] == activity.sessions.get().place_id,
        )
    for listing in (*Provider.objects.filter(municipality=town), *Activity.objects.filter(municipality=town)):
        live = listing.latest_revision
        seen[f"listing {listing}"] = (
            str(listing.image),
            sorted(map(str, listing.categories.all())),
            live.object_str if live else "",
            str(listing.current_workflow_state.current_task_state.task) if listing.current_workflow_state else "",
        )
    return seen


def named_in(page: Any) -> list[str]:
    """What the blocks of a page point at, found by Wagtail itself."""
    found = []
    for field in page._meta.concrete_fields:
        if hasattr(field, "extract_references") and getattr(page, field.name):
            for model, pk, _path, _content in field.extract_references(getattr(page, field.name)):
                target = model._default_manager.filter(pk=pk).first()
                found.append(f"{field.name}: {model.__name__} {getattr(target, 'title', target)}")
    return sorted(found)


def addresses(number: str) -> list[str]:
    """Pages of the site in two languages."""
    town = Municipality.objects.get(number=number)
    root = town.site.root_page
    tails = [page.url_path[len(root.url_path) :] for page in Page.objects.filter(path__startswith=root.path).live()]
    tails += [f"providers/{slug}/" for slug in Provider.objects.filter(municipality=town).values_list("slug", flat=True)]
    tails += [f"activities/{slug}/" for slug in Activity.objects.filter(municipality=town).values_list("slug", flat=True)]
    return [f"/{lang}/{tail}" for lang in ("nb", "ar") for tail in sorted(tails)]


def as_visitors_see_it(number: str) -> dict[str, tuple[int, str]]:
    """The pages themselves, without what differs by nature: numbers of rows in addresses, tokens, stamps."""
    found = {}
    for address in addresses(number):
        response = Client().get(address)
        body = response.content.decode()
        body = re.sub(r'name="token" value="[^"]*"|/documents/\d+/|content="[^"]*social[^"]*"|/social/[^"]*', "", body)
        body = re.sub(r'http://testserver|data-listing="\w+-\d+"|\?l=\w+#list-\w+-\d+', "", body)
        found[address] = (response.status_code, re.sub(r"data-[a-z-]*id=\"\d+\"|\b(?:id|for|aria-[a-z]+)=\"[^\"]*\"", "", body))
    return found


def test_every_model_is_taken_along_or_stays_for_a_reason() -> None:
    assert scopes.unknown() == [], "New models: give them a way to their municipality, or a line in portal/leaving/scope.py"
    labels = {label_of(model) for model in scopes.installed()}
    one_database_only = {"wagtailsearch.SQLiteFTSIndexEntry"}
    assert set(scopes.LEFT_OUT) - labels - one_database_only == set()
    assert set(scopes.ROWS) - labels == set()
    assert not set(scopes.ROWS) & set(scopes.LEFT_OUT)


def test_no_column_hides_the_id_of_a_row() -> None:
    """Whole numbers and words that look like a row's id must be declared, or they would point at strangers."""
    from portal.leaving.references import BY_KIND, pairs_of

    found = []
    for model in scopes.taken():
        known = {*BY_KIND.get(label_of(model), {}), *pairs_of(model)} | scopes.NO_REFERENCES.get(label_of(model), frozenset())
        for field in columns(model):
            if not field.is_relation and re.search(r"(^|_)(pk|pks|ids?)$", field.name) and field.name not in known:
                found.append(f"{label_of(model)}.{field.name}")
    assert found == [], "Say in BY_KIND of portal/leaving/scope.py what these name, or in NO_REFERENCES that they name nothing."


@pytest.mark.second_at_night
def test_a_model_without_a_line_stops_the_export(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(scopes.LEFT_OUT, "sessions.Session")
    with pytest.raises(scopes.Unknown, match=r"sessions\.Session"):
        export(town.municipality, tmp_path / "a.zip")
    assert not list(tmp_path.glob("a.zip*"))


@pytest.mark.second_at_night
def test_every_model_has_a_row_in_this_test(town: Town, tmp_path: Path) -> None:
    done = export(town.municipality, tmp_path / "a.zip")
    assert {label for label, count in done.rows.items() if not count} == WITHOUT_ROWS
    assert done.missing == []


def test_what_went_out_comes_back_whole(town: Town, files: Path, tmp_path: Path) -> None:
    """Every row and every file, compared byte by byte; then by names, and as visitors see it."""
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    make_municipality("3907", "Sandefjord")  # with one site only, links would be shorter
    call_command("rebuild_search", verbosity=0)  # rows of this test were written past it
    export(town.municipality, first)
    names, pages = as_people_see_it("3909"), as_visitors_see_it("3909")
    assert any(status == 200 for status, _body in pages.values())
    assert any("Image Felles bilde" in str(value) or "Document" in str(value) for value in names.values())
    empty_everything(files)
    make_municipality("4001", "Porsgrunn")  # so that no id is what it was
    furnish(Municipality.objects.get(number="4001"))
    empty_folders(files)  # else the files could not have the names they had

    done = import_municipality(first, host="testserver:80")

    assert done.municipality is not None
    Site.objects.filter(is_default_site=True).update(is_default_site=False)
    Site.objects.filter(municipality=done.municipality).update(is_default_site=True)
    export(Municipality.objects.get(number="3909"), second)
    found = different(first, second)
    assert not found, "\n".join(found)
    assert as_people_see_it("3909") == names
    seen = as_visitors_see_it("3909")
    assert set(seen) == set(pages)
    lines = [
        f"{address}: {line}"
        for address in pages
        for line in difflib.unified_diff(pages[address][1].splitlines(), seen[address][1].splitlines(), lineterm="", n=0)
        if pages[address] != seen[address] and not line.startswith(("---", "+++", "@@"))
    ]
    assert not lines, "\n".join(lines)[:6000]


CHANGES: list[Callable[[], Any]] = [
    lambda: Provider.objects.filter(municipality__number="3909").update(phone="12345678"),
    lambda: every(Activity).filter(municipality__number="3909").update(summary_ar="غير"),
    lambda: Membership.objects.filter(provider__municipality__number="3909").update(role="till"),
    lambda: ErrorReport.objects.filter(municipality__number="3909").first().delete(),  # type: ignore[union-attr]
    lambda: Provider.objects.get(municipality__number="3909", name_nb="Bjørkelia IL").categories.through.objects.first().delete(),
    lambda: default_storage.delete(Image.objects.filter(collection__name="Larvik (3909)").first().file.name),
]


@pytest.mark.second_at_night
def test_the_comparison_sees_one_changed_field(town: Town, tmp_path: Path) -> None:
    before = tmp_path / "before.zip"
    export(town.municipality, before)
    for number, change in enumerate(CHANGES):
        with transaction.atomic():
            change()
            export(town.municipality, tmp_path / f"{number}.zip")
            transaction.set_rollback(True)
        assert different(before, tmp_path / f"{number}.zip"), f"change {number} is not seen"


@pytest.mark.second_at_night
def test_nothing_of_a_neighbour_is_in_the_file(town: Town, neighbour: Municipality, tmp_path: Path) -> None:
    Provider.objects.filter(municipality=neighbour).update(name_nb="Zxqvmerke", summary_nb="Zxqvmerke", email="zxqv@example.org")
    User.objects.filter(email="stab-3907@example.org").update(name="Zxqvmerke")
    export(town.municipality, tmp_path / "a.zip")
    everything = b"".join(contents(tmp_path / "a.zip").values())
    assert b"Bj\xc3\xb8rkelia IL" in everything
    assert b"Zxqvmerke" not in everything
    assert b"zxqv@" not in everything
    assert b"stab-3907" not in everything


@pytest.mark.second_at_night
def test_no_secret_is_in_the_file(town: Town, tmp_path: Path) -> None:
    town.staff.set_password("et langt hemmelig passord")
    town.staff.is_superuser = True
    town.staff.save()
    export(town.municipality, tmp_path / "a.zip")
    users = rows(tmp_path / "a.zip", "accounts.User")
    assert town.staff.email in {row["email"] for row in users}
    assert not {"password", "is_superuser", "is_staff"} & set(users[0])
    assert town.staff.password.encode() not in b"".join(contents(tmp_path / "a.zip").values())
    names = set(contents(tmp_path / "a.zip"))
    assert not names & {"rows/sessions.session.jsonl", "rows/mfa.authenticator.jsonl", "rows/accounts.opensession.jsonl"}


@pytest.mark.second_at_night
def test_people_come_without_power_over_the_installation(town: Town, files: Path, tmp_path: Path) -> None:
    User.objects.filter(pk=town.staff.pk).update(is_superuser=True, is_staff=True)
    export(town.municipality, tmp_path / "a.zip")
    empty_everything(files)
    make_municipality("4001", "Porsgrunn")
    import_municipality(tmp_path / "a.zip")
    user = User.objects.get(email=town.staff.email)
    assert not user.is_superuser
    assert not user.is_staff
    assert not user.has_usable_password()
    assert StaffRole.objects.filter(user=user, municipality__number="3909").exists()


@pytest.mark.second_at_night
def test_somebody_known_here_keeps_their_account(town: Town, files: Path, tmp_path: Path) -> None:
    export(town.municipality, tmp_path / "a.zip")
    empty_everything(files)
    make_municipality("4001", "Porsgrunn")
    known = User.objects.create_user(town.staff.email, "a-long-password-1", name="Som før")
    done = import_municipality(tmp_path / "a.zip")
    known.refresh_from_db()
    assert known.name == "Som før"
    assert known.check_password("a-long-password-1")
    assert done.known_people == [town.staff.email]
    assert StaffRole.objects.filter(user=known, municipality__number="3909").count() == 1


@pytest.mark.second_at_night
def test_commands_tell_what_they_did(town: Town, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "larvik.zip"
    call_command("export_municipality", "3909", str(out))
    assert "Larvik (3909)" in capsys.readouterr().out
    assert out.stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="is there already"):
        call_command("export_municipality", "3909", str(out))
    with pytest.raises(CommandError, match="There are: 3909"):
        call_command("export_municipality", "9999", str(tmp_path / "x.zip"))
    with pytest.raises(CommandError, match="3909 here already"):
        call_command("import_municipality", str(out))
    empty_everything(files)
    make_municipality("4001", "Porsgrunn")
    before = {label_of(model): every(model).count() for model in scopes.installed()}
    call_command("import_municipality", str(out), "--dry-run")
    assert "would be read" in capsys.readouterr().out
    assert {label_of(model): every(model).count() for model in scopes.installed()} == before
    assert not [path for path in (files / "media_root").rglob("*") if path.is_file() and "porsgrunn" not in path.name.lower()]
    call_command("import_municipality", str(out), "--as-number", "3910", "--host", "proeve.localhost:8000")
    town_again = Municipality.objects.get(number="3910")
    assert (town_again.site.hostname, town_again.site.port) == ("proeve.localhost", 8000)


@pytest.mark.second_at_night
def test_the_readme_names_every_file_of_rows(town: Town, tmp_path: Path) -> None:
    export(town.municipality, tmp_path / "a.zip")
    found = contents(tmp_path / "a.zip")
    readme, schema = found["README.md"].decode(), json.loads(found["schema.json"])
    for name in found:
        if name.startswith("rows/"):
            label = name.removeprefix("rows/").removesuffix(".jsonl")
            assert f"`{label}`" in readme
            assert label in schema
    for label in scopes.LEFT_OUT:
        assert f"`{label}`" in readme


@pytest.mark.second_at_night
def test_sheets_open_in_spreadsheet_programs_without_running_anything(town: Town, tmp_path: Path) -> None:
    export(town.municipality, tmp_path / "a.zip")
    text = contents(tmp_path / "a.zip")["sheets/providers.csv"].decode("utf-8-sig")
    found = {row["name_nb"]: row for row in csv.DictReader(io.StringIO(text))}
    row = found["Bjørkelia IL"]
    assert row["summary_nb"].startswith("'=1+1")
    assert row["categories"] == "idrett; fotball"
    assert row["name_ar"] == "نادي"
    assert Scope(town.municipality).rows(Provider).count() == len(found)


def test_cards_that_are_out_stay_and_of_quantities_comes_what_was_left(town: Town, files: Path, tmp_path: Path) -> None:
    offer = town.rows["offer"]
    stock = Stock.objects.get(offer=offer)
    card, _code = make_card(offer=offer, clips=3)
    at = datetime.combine(timezone.localdate().replace(day=1) - timedelta(days=3), time(12), UTC)
    use = make_use(card, offer, at=at, clips=2)
    for _card in range(2):
        revoke(card=make_card(offer=offer, clips=3)[0], by=town.staff, at=at)
    cut_entries(timezone.now() + timedelta(days=40))  # what the log says of batches has lost its row and its place
    year = offer.agreement.programme.years.get()
    for months, tickets in ((0, 3), (5, 10)):  # of this month, not rounded yet; of one that is
        month = (timezone.localdate().replace(day=1) - timedelta(days=31 * months)).replace(day=1)
        UseSum.objects.create(
            year=year, municipality=town.municipality, month=month, card_type=card.batch.card_type, tickets=tickets
        )
    entries = TenantLogEntry.objects.filter(municipality=town.municipality).count()
    last = at.date()
    statement = make_settlement(
        municipality=town.municipality,
        provider=offer.agreement.provider,
        year=offer.agreement.programme.years.get(),
        first=last.replace(day=1),
        last=last,
        by=town.staff,
        at=timezone.now(),
    )
    export(town.municipality, tmp_path / "a.zip")
    found = contents(tmp_path / "a.zip")
    assert not [
        name for name in found if re.match(r"rows/cards\.(card|allowance|batch|redemption|wallet|device|settlement)\.", name)
    ]
    assert card.public_id.encode() not in b"".join(found.values())
    assert use.mark.encode() not in b"".join(found.values())
    sheet = list(csv.DictReader(io.StringIO(found["sheets/card-statements.csv"].decode("utf-8-sig"))))
    assert [(row["number"], row["offer"], row["day"], row["tickets"]) for row in sheet] == [
        (str(statement.number), "Ett bad", last.isoformat(), "2")
    ]
    empty_everything(files)
    make_programme(make_municipality("4001", "Porsgrunn"), slug="kort-3909", name_nb="Et annet kort")

    done = import_municipality(tmp_path / "a.zip")

    made = Offer.objects.get(title_nb="Ett bad")
    assert (made.quantity, made.released, made.used) == (38, 28, 0)
    assert made.approved_values["activity_id"] == made.activity_id is not None
    assert made.approved_values == values_of(made), "what was approved came along, and nothing differs from it"
    assert Stock.objects.get().quantity == stock.quantity - 2
    assert made.agreement.programme.slug == "kort-3909-2"
    assert {CountChange.objects.get(what="offer").ref, CountChange.objects.get(what="stock").ref} == {
        made.pk,
        Stock.objects.get().pk,
    }
    assert len(done.notes) == 1
    assert reconcile(timezone.now()) == []
    assert sorted(UseSum.objects.values_list("tickets", flat=True)) == [10, 15]
    assert TenantLogEntry.objects.filter(municipality__number=town.municipality.number).count() >= entries
    assert TenantLogEntry.objects.filter(object_id="").count() == 2


def test_of_another_towns_programme_go_ones_own_numbers_and_their_journal_as_sheets(
    town: Town, files: Path, tmp_path: Path
) -> None:
    """What hangs on a programme that a neighbour looks after can have no rows; a neighbour's offer on one's own card stays."""
    neighbour = make_municipality("3907", "Sandefjord")
    theirs = make_programme(neighbour, town.municipality, slug="felles", name_nb="Felleskortet")
    year = theirs.years.get()
    kind = make_card_type(year, name="Ungdom")
    quota = make_quota(make_agency(town.municipality, name_nb="NAV Larvik"), kind, 20)
    strange = make_quota(make_agency(neighbour, name_nb="Zxqv NAV"), kind, 30)
    AgencyQuota.objects.filter(pk=quota.pk).update(used=7)
    here = make_offer(make_agreement(theirs, town.rows["provider"]), title_nb="Ett bad her", quantity=9, unit_ore=4000)
    stock = make_stock(here, 5, funder="=Banken")
    there = make_offer(make_agreement(theirs, ProviderFactory(municipality=neighbour)), title_nb="Zxqv hos dem")
    make_stock(there, 4, funder="Zxqv")
    own = town.rows["offer"].agreement.programme
    foreign = make_offer(make_agreement(own, ProviderFactory(municipality=neighbour)), title_nb="Zxqv der")
    CardTypeLine.objects.create(card_type=own.years.get().card_types.first(), offer=foreign, quantity=1)
    rows: tuple[tuple[Any, str, str], ...] = (
        (quota, "quota", "Flere unge"),
        (here, "offer-price", "Dyrere"),
        (stock, "stock", "Gave"),
        (strange, "quota", "Zxqv"),
        (there, "offer", "Zxqv"),
    )
    for row, what, why in rows:
        CountChange.objects.create(what=what, ref=row.pk, kind="raise", before=1, after=2, reason=why, at=AT)
    for whose, cards in ((town.municipality, 7), (neighbour, 30)):
        CardSum.objects.create(year=year, municipality=whose, month=date(2020, 5, 1), way="print", cards=cards)
        LineSum.objects.create(year=year, municipality=whose, offer=here, issued=cards, used=2)
        for month in (date(2020, 5, 1), timezone.localdate().replace(day=1)):  # one that is rounded, and one that is not
            UseSum.objects.create(year=year, municipality=whose, month=month, card_type=kind, tickets=cards * 10)

    done = export(town.municipality, tmp_path / "a.zip")

    assert not [label for label in done.dropped if label.startswith("cards.")]
    found = contents(tmp_path / "a.zip")
    assert b"Zxqv" not in b"".join(found.values())
    sheets = {
        name.removeprefix("sheets/card-joint-").removesuffix(".csv"): list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))[1:]
        for name, text in found.items()
        if name.startswith("sheets/card-joint-")
    }
    called = str(year)
    day = [here.valid_from.isoformat(), here.valid_to.isoformat()]
    at = "2026-11-21T12:00:00+00:00"
    assert sheets == {
        "quotas": [[called, "Ungdom", "NAV Larvik", "20", "7", "13"]],
        "offers": [["Felleskortet", "Bjørkelia IL", "Ett bad her", "published", *day, "4000", "9", "9", "0"]],
        "tickets": [["Felleskortet", "Bjørkelia IL", "Ett bad her", "bought", "'=Banken", "0", "", "5", "0"]],
        "cards": [[called, "2020-05-01", "print", "", "7", "0", "0"]],
        "lines": [[called, "Ett bad her", "", "clip", "7", "0", "2", "0"]],
        "uses": [[called, "2020-05-01", "Ungdom", "", "70", "0", "0"]],
        "journal": [
            [at, "card-joint-quotas", "NAV Larvik · Ungdom", "quota", "raise", "1", "2", "1", "Flere unge"],
            [at, "card-joint-offers", "Ett bad her", "offer-price", "raise", "1", "2", "1", "Dyrere"],
            [at, "card-joint-tickets", "Ett bad her · =Banken", "stock", "raise", "1", "2", "1", "Gave"],
        ],
    }
    assert b"sheets/card-joint-*.csv" in found["README.md"]
    empty_everything(files)
    make_municipality("4001", "Porsgrunn")
    import_municipality(tmp_path / "a.zip")
    assert list(Programme.objects.values_list("name_nb", flat=True)) == ["Bjørkekortet"]
    assert CardTypeLine.objects.count() == 2
    export(Municipality.objects.get(number="3909"), tmp_path / "b.zip")
    assert contents(tmp_path / "b.zip")["sheets/card-joint-quotas.csv"].count(b"\n") == 1, "nothing of it is made up again"
