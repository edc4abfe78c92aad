# ruff: noqa: E501  (rows of lists read better on one line each)
"""A list from one end to the other: what is made, what a second time does, what is left alone, what undoing gives back."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from directory.activities.models import Activity
from directory.listings.kinds import ConfirmedAs
from directory.places.models import Place
from directory.providers.models import Provider
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions, report
from tests.directory.sources.conftest import finish, undo, verdicts
from tests.factories.cards import make_agreement, make_offer, make_programme
from tests.factories.directory import make_municipality, org_number

pytestmark = pytest.mark.django_db
ORG = [org_number(n) for n in range(6)]
HEAD = [
    "Forening",
    "Org.nr.",
    "Aktivitet",
    "Sted",
    "Adresse",
    "Postnr",
    "Poststed",
    "Kategori",
    "Målgruppe",
    "Alder",
    "Gratis",
    "Pris",
    "Når",
    "E-post",
    "Beskrivelse",
    "Navn (arabisk)",
]
FULL = ["Tjølling Turn", ORG[0], "Barneturn", "Tjøllinghallen", "Hallveien 2", "3280", "Tjodalyng", "Idrett; 8", "Barn, ungdom", "6-12 år", "nei", "500 kr/halvår", "Tirsdager kl. 18-19.30", "Post@Example.org", "Vi turner.", ""]  # fmt: skip


def everything():
    return (
        sorted(Provider.objects.values_list("name_nb", flat=True)),
        sorted(Place.objects.values_list("name_nb", flat=True)),
        sorted(Activity.objects.values_list("name_nb", flat=True)),
    )


def test_a_row_makes_a_provider_with_a_place_and_an_activity(send, larvik):
    run = send([HEAD, FULL], source_name="Kulturkontorets liste", source_date=date(2026, 2, 1))
    assert run.summary() == {"read": 1, "made": 1, "updated": 0, "unchanged": 0, "proposed": 0, "refused": 0}
    provider, place, activity = Provider.objects.get(), Place.objects.get(), Activity.objects.get()
    assert (provider.name_nb, provider.org_number, provider.email) == ("Tjølling Turn", ORG[0], "Post@example.org")
    assert provider.email_visibility == "staff", "who may see a contact is decided by people"
    assert (place.name_nb, place.street, place.postcode, place.precision) == ("Tjøllinghallen", "Hallveien 2", "3280", "postcode")
    assert place.point is not None
    assert (activity.provider, list(activity.places.all()), activity.is_free) == (provider, [place], False)
    assert (activity.age_from, activity.age_to, int(activity.price), activity.price_per) == (6, 12, 500, "term")
    assert {c.slug for c in activity.categories.all()} == {"c2", "c8"}
    assert {t.slug for t in activity.targets.all()} == {"barn", "ungdom"}
    assert activity.description_nb == "Vi turner."
    session = activity.sessions.get()
    assert (session.weekday, f"{session.starts:%H:%M}", f"{session.ends:%H:%M}", session.place) == (2, "18:00", "19:30", place)
    for listing in (provider, place, activity):
        assert (listing.source, listing.source_name, listing.source_date) == ("sheet", "Kulturkontorets liste", date(2026, 2, 1))
        assert listing.confirmed_at is None, "an import is no confirmation"
        assert listing.live
        assert listing.slug


def test_the_same_list_again_changes_nothing(send):
    rows = [
        HEAD,
        FULL,
        [*FULL[:2], "Ungdomsturn", *FULL[3:9], "13-16", *FULL[10:]],
        ["Uten nummer", "", "", "", "", "3256", "", *[""] * 9],
    ]
    first = send(rows)
    before = everything()
    again = send(rows)
    assert first.summary()["made"] == 3
    assert again.summary() == {"read": 3, "made": 0, "updated": 0, "unchanged": 3, "proposed": 0, "refused": 0}
    assert everything() == before


def test_several_rows_of_one_activity_are_one_activity_with_several_sessions(send):
    rows = [
        HEAD,
        FULL,
        [*FULL[:3], "Svømmehallen", *FULL[4:12], "Torsdag 17-18", *FULL[13:]],
        [*FULL[:9], "13-16", *FULL[10:12], "fredag 18-20", *FULL[13:]],
    ]
    send(rows)
    assert Provider.objects.count() == 1
    small, big = Activity.objects.order_by("age_from")
    assert sorted(small.sessions.values_list("weekday", "place__name_nb")) == [(2, "Tjøllinghallen"), (4, "Svømmehallen")]
    assert small.places.count() == 2
    assert (big.age_from, list(big.sessions.values_list("weekday", flat=True))) == (13, [5])
    assert send(rows).summary()["unchanged"] == 3


def test_a_changed_row_updates_by_organisation_number_even_under_another_name(send):
    send([["Navn", "Org.nr", "Nettside"], ["Gammelt navn", ORG[0], "example.org"]])
    run = send([["Navn", "Org.nr", "Nettside"], ["Nytt navn", ORG[0], ""]], name="annen.csv")
    assert verdicts(run) == {2: "update"}
    provider = Provider.objects.get()
    assert (provider.name_nb, provider.website) == ("Nytt navn", "https://example.org"), "a blank cell erases nothing"


def test_a_changed_row_updates_by_own_id(send):
    send([["ID", "Navn", "Postnr"], ["17", "Turlaget i Stavern", "3290"]])
    assert verdicts(send([["ID", "Navn", "Postnr"], ["17", "Turlaget Stavern", "3256"]])) == {2: "update"}
    assert Provider.objects.get().postcode == "3256"


def test_running_numbers_that_moved_do_not_turn_one_association_into_another(send):
    send([["Nr", "Navn"], ["1", "Sjakklubben"], ["2", "Havpadlerne"]])
    run = send([["Nr", "Navn"], ["1", "Havpadlerne"], ["2", "Sjakklubben"]])
    assert verdicts(run) == {2: "proposed", 3: "proposed"}
    assert everything()[0] == ["Havpadlerne", "Sjakklubben"]


def test_probable_duplicates_are_proposed_and_decided_by_people(send, larvik):
    known = Provider.objects.create(municipality=larvik, name_nb="Stavern Sjakklubb", postcode="3290", live=True)
    rows = [
        ["Navn", "Postnr", "Nettside"],
        ["Stavern sjakk-klubb", "3290", "sjakk.example.org"],
        ["Stavern Sjakklubb", "", ""],
        ["Helt annet", "3290", ""],
    ]
    run = send(rows)
    assert verdicts(run) == {2: "proposed", 3: "proposed", 4: "new"}
    assert [row.candidate_pk for row in run.rows.all()] == [known.pk, known.pk, None]
    assert "Stavern Sjakklubb" in run.rows.get(number=2).remark()
    assert Provider.objects.count() == 2
    actions.decide(row=run.rows.get(number=2), decision="same")
    actions.decide(row=run.rows.get(number=3), decision="different")
    finish(run)
    assert verdicts(run) == {2: "update", 3: "new", 4: "new"}
    known.refresh_from_db()
    assert known.website == "https://sjakk.example.org"
    assert Provider.objects.count() == 3
    assert run.summary()["proposed"] == 0


def test_two_rows_about_the_same(send):
    run = send([["Navn", "Org.nr"], ["A-laget", ORG[0]], ["A laget igjen", ORG[0]], ["Bridgeklubben", ""], ["Bridgeklubben", ""]])
    assert verdicts(run) == {2: "new", 3: "refused", 4: "new", 5: "proposed"}
    assert "2" in run.rows.get(number=3).remark()
    assert Provider.objects.count() == 2


def test_refused_rows_say_why_and_the_mended_report_goes_in(send, larvik, tmp_path):
    rows = [
        ["Liste over foreninger", "", "", "", ""],
        ["Navn", "Organisasjonsnr.", "Breddegrad", "Lengdegrad", "Intern merknad"],
        ["Ærlige Ørn", "123456789", "", "", "ring Kari"],
        ["", ORG[1], "", "", ""],
        ["=HYPERLINK(\"http://x\")", "", "", "", ""],
        ["Langt borte", "", "-33.9", "18.4", ""],
        ["Byttet om", "", "10.03", "59.05", ""],
        ["Bare én", "", "59.05", "", ""],
        ["<b>Fet</b> & <script>alert(1)</script>", "", "", "", "+1"],
        ["----", "", "", "", ""],
    ]  # fmt: skip
    run = send(rows, name="foreninger.csv")
    assert verdicts(run) == {
        3: "refused",
        4: "refused",
        5: "refused",
        6: "refused",
        7: "new",
        8: "refused",
        9: "new",
        10: "refused",
    }
    assert run.summary() == {"read": 8, "made": 2, "updated": 0, "unchanged": 0, "proposed": 0, "refused": 6}
    for row in run.rows.filter(verdict="refused"):
        assert row.remark()
        assert "%(" not in row.remark()
    assert run.rows.get(number=3).cells["Intern merknad"] == "ring Kari", "what is not read is kept"
    assert Provider.objects.get(name_nb="Byttet om").point == (59.05, 10.03)
    assert Provider.objects.filter(name_nb="<b>Fet</b> & <script>alert(1)</script>").exists(), "kept as it is; pages escape it"

    out = io.StringIO()
    report.write(out, report.lines_of_run(run))
    sheet = list(csv.reader(io.StringIO(out.getvalue()), delimiter=";"))
    assert not [cell for row in sheet for cell in row if cell[:1] in ("=", "+", "-", "@", "\t")], "no cell is live"
    assert "'=HYPERLINK" in out.getvalue()
    by_name = {row[0]: row for row in sheet}
    by_name["Ærlige Ørn"][1] = ORG[2]
    by_name["Langt borte"][2:4] = ["59,1", "10,1"]
    by_name[""][0] = "Fikk et navn"
    mended = send(sheet, name="rapport.csv")
    assert mended.summary() == {"read": 8, "made": 3, "updated": 0, "unchanged": 2, "proposed": 0, "refused": 3}
    assert Provider.objects.count() == 5


def test_an_answer_written_in_the_report_counts(send, larvik):
    Provider.objects.create(municipality=larvik, name_nb="Koret Klang", live=True)
    run = send([["Navn", "Postnr"], ["Koret Klang", "3256"]])
    out = io.StringIO()
    report.write(out, report.lines_of_run(run))
    sheet = list(csv.reader(io.StringIO(out.getvalue()), delimiter=";"))
    sheet[1][-1] = "samme"
    assert verdicts(send(sheet)) == {2: "update"}
    assert Provider.objects.get().postcode == "3256"


def test_what_the_association_has_changed_or_confirmed_is_left_alone(send, django_user_model):
    user = django_user_model.objects.create_user("forening@example.org")
    head = ["ID", "Navn", "Beskrivelse"]
    send(
        [head, ["1", "Edith", "fra lista"], ["2", "Konrad", "fra lista"], ["3", "Dora", "fra lista"], ["4", "Urørt", "fra lista"]]
    )
    edited, confirmed, draft, _untouched = Provider.objects.order_by("source_key")
    edited.description_nb = "skrevet av oss"
    edited.save_revision(user=user).publish(user=user, skip_permission_checks=True)
    confirmed.confirm(by=user, as_=ConfirmedAs.PROVIDER, at=timezone.now() + timedelta(seconds=1))
    draft.description_nb = "venter"
    draft.save_revision(user=user)
    run = send(
        [head, ["1", "Edith", "ny liste"], ["2", "Konrad", "ny liste"], ["3", "Dora", "ny liste"], ["4", "Urørt", "ny liste"]]
    )
    assert verdicts(run) == {2: "unchanged", 3: "unchanged", 4: "unchanged", 5: "update"}
    assert [row.problems[0]["code"] for row in run.rows.all()] == ["edited_since", "confirmed_since", "draft_waiting", "changes"]
    assert list(Provider.objects.order_by("source_key").values_list("description_nb", flat=True)) == [
        "skrevet av oss", "fra lista", "fra lista", "ny liste",
    ]  # fmt: skip


def test_a_later_import_follows_its_own_earlier_one(send):
    """An update that leaves a revision must not look like somebody's edit next time."""
    head = ["ID", "Navn", "Beskrivelse"]
    send([head, ["1", "Laget", "en"]])
    provider = Provider.objects.get()
    provider.save_revision().publish(skip_permission_checks=True)
    Provider.objects.update(latest_revision=provider.latest_revision)
    from directory.sources.models import ImportedListing

    ImportedListing.objects.update(at=timezone.now())
    assert verdicts(send([head, ["1", "Laget", "to"]])) == {2: "update"}
    provider.refresh_from_db()
    assert provider.get_latest_revision_as_object().description_nb == "to", "the editor begins from what the import wrote"
    assert verdicts(send([head, ["1", "Laget", "tre"]])) == {2: "update"}


def test_undo_removes_what_was_made_and_restores_what_was_changed(send, larvik):
    send([HEAD, FULL])

    def standing():
        columns = ("pk", "name_nb", "description_nb", "age_to", "postcode", "located_for", "lat")
        return {m: list(m.objects.order_by("pk").values(*columns)) for m in (Provider, Place, Activity)}

    before = standing()
    sessions = list(Activity.objects.get().sessions.values_list("weekday", "starts", "ends", "place"))
    changed = [*FULL]
    changed[7], changed[9], changed[12], changed[14] = "Kultur", "6-15", "onsdag 10-12", "Ny tekst."
    run = send([HEAD, changed, ["Helt ny", "", "Kor", "Kirka", "Kirkeveien 1", "3256", "Larvik", *[""] * 9]])
    assert verdicts(run) == {2: "update", 3: "new"}
    activity = Activity.objects.get(name_nb="Barneturn")
    assert (activity.age_to, activity.sessions.get().weekday) == (15, 3)
    undo(run)
    assert run.state == ImportRun.State.UNDONE
    assert standing() == before
    activity = Activity.objects.get()
    assert list(activity.sessions.values_list("weekday", "starts", "ends", "place")) == sessions
    assert {c.slug for c in activity.categories.all()} == {"c2", "c8"}
    assert all(row.undone for row in run.rows.all())


def test_undo_keeps_what_somebody_has_touched_since_and_says_so(send, django_user_model):
    user = django_user_model.objects.create_user("forening@example.org")
    run = send([["Navn", "Postnr"], ["Rediget", "3256"], ["Bekreftet", "3256"], ["Bygget på", "3256"], ["Urørt", "3256"]])
    rows = {p.name_nb: p for p in Provider.objects.all()}
    rows["Rediget"].summary_nb = "Vårt eget"
    rows["Rediget"].save_revision(user=user).publish(user=user, skip_permission_checks=True)
    rows["Bekreftet"].confirm(by=user, as_=ConfirmedAs.PROVIDER)
    Activity.objects.create(municipality=run.municipality, provider=rows["Bygget på"], name_nb="Egen aktivitet", live=True)
    undo(run)
    assert sorted(Provider.objects.values_list("name_nb", flat=True)) == ["Bekreftet", "Bygget på", "Rediget"]
    said = {row.name: row.undone for row in run.rows.all()}
    assert len(set(said.values())) == 4


def test_undo_keeps_what_cards_are_used_at(send):
    """An agreement or an offer keeps its provider, activity or place: the rest of the import is taken back nonetheless."""
    other = ["Borte IL", ORG[1], "Kor", "Kirka", "Kirkeveien 1", "3256", "Larvik", *[""] * 9]
    run = send([HEAD, FULL, other])
    kept = Provider.objects.get(name_nb="Tjølling Turn")
    make_offer(
        make_agreement(make_programme(run.municipality), kept),
        activity=Activity.objects.get(name_nb="Barneturn"),
        place=Place.objects.get(name_nb="Tjøllinghallen"),
    )
    undo(run)
    assert run.state == ImportRun.State.UNDONE
    assert everything() == (["Tjølling Turn"], ["Tjøllinghallen"], ["Barneturn"])


def test_undo_and_in_again(send):
    rows = [HEAD, FULL]
    undo(send(rows))
    assert everything() == ([], [], [])
    assert send(rows).summary()["made"] == 1


def test_an_import_that_stopped_is_taken_up_again(send, monkeypatch):
    rows = [["Navn", "Org.nr"], *[[f"Lag nummer {n}", ""] for n in range(30)]]
    run = send(rows, apply=False)
    monkeypatch.setattr(actions, "CHUNK", 10)
    written = actions._write
    calls = []

    def stops(writer, chunk, kept, progress):
        calls.append(1)
        if len(calls) == 2:
            raise OSError("the power went")
        return written(writer, chunk, kept, progress)

    monkeypatch.setattr(actions, "_write", stops)
    actions.start(run, from_=["planned"], to="applying")
    with pytest.raises(OSError, match="power"):
        actions.apply_run(run=run)
    run.refresh_from_db()
    assert (run.state, run.made, Provider.objects.count()) == ("failed", 10, 10)
    finish(run)
    assert (run.state, run.summary()["made"], Provider.objects.count()) == ("done", 30, 30)


def test_one_row_the_database_refuses_takes_no_others_with_it(send, larvik, monkeypatch):
    from directory.sources.spreadsheets.writing import Writer

    make = Writer.make

    def fragile(self, fresh):
        if any("Ødelagt" in p.label for p in fresh):
            raise IntegrityError("CHECK constraint failed")
        return make(self, fresh)

    monkeypatch.setattr(Writer, "make", fragile)
    run = send([["Navn"], ["God"], ["Ødelagt"], ["Bra"]])
    assert verdicts(run) == {2: "new", 3: "refused", 4: "new"}
    assert run.summary()["refused"] == 1


def test_rows_of_another_municipality_are_refused(send):
    run = send([["Navn", "Kommunenr"], ["Vårt", "3909"], ["Oslos", "0301"], ["Gammelt nummer", "0709"]])
    assert verdicts(run) == {2: "new", 3: "refused", 4: "new"}


def test_another_municipality_has_its_own_listings(send):
    other = make_municipality("3907", "Sandefjord")
    rows = [["ID", "Navn", "Org.nr"], ["1", "Felles navn", ORG[0]]]
    send(rows)
    run = send(rows, municipality=other)
    assert verdicts(run) == {2: "new"}
    assert Provider.objects.filter(org_number=ORG[0]).count() == 2


def test_the_summary_always_adds_up_in_the_database_too(send):
    run = send([["Navn"], ["En"]])
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRun.objects.filter(pk=run.pk).update(made=5)


def test_own_words_for_columns(send):
    run = send([["Hvem", "Xyz"], ["Laget", "3256"]], given={"name": "Hvem", "postcode": "xyz"})
    assert Provider.objects.get().postcode == "3256"
    assert run.mapping == {"Hvem": "name", "Xyz": "postcode"}


def test_command(larvik, tmp_path, capsys):
    sheet, out = tmp_path / "liste.csv", tmp_path / "ut.csv"
    sheet.write_text("Navn;Org.nr;Hemmelig\nLaget;;x\nGalt;123456789;\n", encoding="cp1252")
    call_command("import_listings", str(sheet), "--municipality", "3909", "--dry-run", "--report", str(out))
    assert (Provider.objects.count(), ImportRun.objects.count()) == (0, 0)
    assert "123456789" in out.read_text("utf-8-sig")
    call_command("import_listings", str(sheet), "--municipality", "3909", "--report", str(out), "--map", "name=Navn")
    run = ImportRun.objects.get()
    assert run.summary() == {"read": 2, "made": 1, "updated": 0, "unchanged": 0, "proposed": 0, "refused": 1}
    assert not list(actions.stored(run).parent.glob("3909-*")) or not run.stored_as
    for arguments, match in (
        ([str(sheet), "--municipality", "9999"], "9999"),
        ([str(tmp_path / "borte.csv"), "--municipality", "3909"], "."),
        ([str(sheet), "--municipality", "3909", "--map", "name=Borte"], "Borte"),
        ([str(sheet), "--municipality", "3909", "--map", "tull"], "tull"),
    ):
        with pytest.raises(CommandError, match=match):
            call_command("import_listings", *arguments)


def test_prices_under_headings_with_a_period_and_unknown_postcodes_reach_the_listing_and_the_report(send):
    run = send(
        [
            ["Forening", "Aktivitet", "Pris pr. halvår", "Postnr", "Sist oppdatert av"],
            ["Turlaget", "Tur", "Gratis", "9999", "Kari Nordmann"],
            ["Koret", "", "gratis", "3256", "Kari Nordmann"],
            ["Korpset", "", "-50", "3256", "Kari Nordmann"],
        ]
    )
    assert Activity.objects.get().is_free is True
    fees = dict(Provider.objects.values_list("name_nb", "membership_fee"))
    assert (fees["Koret"], fees["Korpset"]) == (0, None)
    remarks = {row.number: row.remark() for row in run.rows.all()}
    assert "9999" in remarks[2]
    assert "-50" in remarks[4]
    provider = Provider.objects.get(name_nb="Turlaget")
    assert (provider.postcode, provider.point) == ("9999", None)
