"""The translation board, as a coordinator uses it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from directory.municipalities.models import Municipality, StaffRole
from directory.providers.models import Provider
from portal.accounts.models import User
from portal.pages.look import SiteLook
from portal.pages.menu import MenuItem
from portal.translating.actions import Why
from portal.translating.looking import look_at_changes
from portal.translating.models import Origin, Tally, Translation
from tests.factories.directory import CategoryFactory, ProviderFactory, make_municipality
from tests.portal.translating.test_knowledge import write

pytestmark = pytest.mark.one_database


@pytest.fixture
def desk(kari: User, client: Client) -> Client:
    client.force_login(kari)
    return client


@pytest.fixture
def club(larvik: Municipality) -> Provider:
    club = ProviderFactory(
        municipality=larvik, name_nb="Måken", summary_nb="Vi seiler.", summary_en="We sail.", description_nb="Hver dag & natt."
    )
    look_at_changes()
    return club


def fill(club: Any, lang: str = "ar") -> str:
    return reverse("translation-fill", args=[club._meta.app_label, club._meta.model_name, club.pk, lang])


def form_of(body: str) -> dict[str, str]:
    """The hidden fields of the form."""
    return dict(re.findall(r'<input type="hidden" name="((?:was|source)-\d+)" value="(\w*)"', body))


def number_of(body: str, label: str) -> int:
    """Which line of the form a text is, by what stands in its source."""
    before = body.split(label, 1)[0]
    return int(re.findall(r'id="line-(\d+)"', before)[-1])


def test_board_counts_filters_and_pages(desk: Client, club: Provider, larvik: Municipality) -> None:
    ProviderFactory.create_batch(45, municipality=larvik, summary_nb="Hei")
    CategoryFactory(municipality=larvik, name_nb="Idrett", name_en="Sports", name_ar="رياضة")
    look_at_changes()
    body = desk.get(reverse("translation-board"), {"q": "k"}).content.decode()
    assert "Måken" in body
    assert "Idrett" not in body  # complete

    body = desk.get(
        reverse("translation-board"), {"state": "complete", "lang": "ar", "kind": "directory.category"}
    ).content.decode()
    assert "Idrett" in body
    assert "Måken" not in body

    second = desk.get(reverse("translation-board"), {"lang": "ar", "p": "2"}).content.decode()
    assert 'rel="prev"' in second
    found = desk.get(reverse("translation-board"), {"q": "måk", "lang": "ar"}).content.decode()
    assert fill(club) in found
    for nonsense in ({"p": "x"}, {"lang": "zz"}, {"kind": "auth.user"}, {"state": "'"}, {"municipality": "9999"}):
        assert desk.get(reverse("translation-board"), nonsense).status_code == 200


def test_board_asks_the_same_number_of_questions_for_few_and_many(
    desk: Client, club: Provider, larvik: Municipality, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    desk.get(reverse("translation-board"))
    counts = []
    for many in (2, 20):
        ProviderFactory.create_batch(many, municipality=larvik, summary_nb="Hei")
        look_at_changes()
        with CaptureQueriesContext(connection) as queries:
            desk.get(reverse("translation-board"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_row_is_filled_text_by_text_and_all_at_once(desk: Client, club: Provider, kari: User) -> None:
    body = desk.get(fill(club)).content.decode()
    line = number_of(body, "Hver dag &amp; natt.")
    other = number_of(body, "Vi seiler.")
    assert 'lang="ar" dir="rtl"' in body

    texts = {f"text-{line}": "كل يوم", f"text-{other}": "نبحر"}
    desk.post(fill(club), {**form_of(body), **texts, "deed": f"save:{line}"})
    club.refresh_from_db()
    assert (club.description_ar, club.summary_ar) == ("كل يوم", None)
    assert Translation.objects.get(field="description", lang="ar").by == kari

    response = desk.post(fill(club), {**form_of(body), **texts, "deed": "save"}, follow=True)
    club.refresh_from_db()
    assert club.summary_ar == "نبحر"
    assert "1 tekst" in response.content.decode() or "1 text" in response.content.decode()
    assert 'value="undo:' in response.content.decode()

    desk.post(fill(club), {**form_of(response.content.decode()), "deed": f"undo:{other}"})
    club.refresh_from_db()
    assert not club.summary_ar


def test_saving_all_leaves_machine_texts_that_nobody_touched(desk: Client, club: Provider) -> None:
    write(club, origin=Origin.MACHINE, description_ar="كل يوم")
    body = desk.get(fill(club)).content.decode()
    line = number_of(body, "Hver dag &amp; natt.")
    desk.post(fill(club), {**form_of(body), f"text-{line}": "كل يوم", "deed": "save"})
    assert Translation.objects.get(field="description", lang="ar").origin == Origin.MACHINE

    desk.post(fill(club), {**form_of(body), "deed": f"right:{line}"})
    assert Translation.objects.get(field="description", lang="ar").origin == Origin.PERSON


def test_deeds_on_a_text_that_has_changed_meanwhile_do_nothing_and_say_so(desk: Client, club: Provider) -> None:
    write(club, origin=Origin.MACHINE, description_ar="كل يوم")
    body = desk.get(fill(club)).content.decode()
    line = number_of(body, "Hver dag &amp; natt.")
    write(club, description_ar="ثانية")
    answer = desk.post(fill(club), {**form_of(body), "deed": f"undo:{line}"}, follow=True).content.decode()
    club.refresh_from_db()
    assert club.description_ar == "ثانية"
    assert str(Why.CHANGED.label) in answer or "endret denne teksten" in answer


def test_out_of_date_text_shows_what_has_changed(desk: Client, club: Provider) -> None:
    Provider.objects.filter(pk=club.pk).update(summary_nb="Vi <ror>.")
    look_at_changes()
    body = desk.get(fill(club, "en")).content.decode()
    assert "<del>seiler.</del><ins>&lt;ror&gt;.</ins>" in body
    desk.post(fill(club, "en"), {**form_of(body), "deed": f"right:{number_of(body, '<del>')}"})
    assert "<del>" not in desk.get(fill(club, "en")).content.decode()


def test_text_changed_by_somebody_else_and_source_changed_meanwhile_are_said(desk: Client, club: Provider) -> None:
    body = desk.get(fill(club)).content.decode()
    line, other = number_of(body, "Hver dag &amp; natt."), number_of(body, "Vi seiler.")
    write(club, description_ar="ثانية")
    Provider.objects.filter(pk=club.pk).update(summary_nb="Vi ror.")

    answer = desk.post(fill(club), {**form_of(body), f"text-{line}": "أولى", f"text-{other}": "نبحر", "deed": "save"})

    text = answer.content.decode()
    assert text.count('role="alert"') >= 2
    assert "أولى" in text  # what was typed is still there
    assert "نبحر" in text
    club.refresh_from_db()
    assert (club.description_ar, club.summary_ar) == ("ثانية", None)


def test_save_and_next_goes_on_to_the_next_row(desk: Client, club: Provider, larvik: Municipality) -> None:
    other = ProviderFactory(municipality=larvik, name_nb="Ørna", summary_nb="Hei")
    look_at_changes()
    answer = desk.post(fill(club) + "?lang=ar&kind=directory.provider", {"deed": "next"})
    assert answer["Location"].startswith(fill(other))


@pytest.mark.parametrize(
    "path",
    [
        "directory/provider/999999/ar",
        "directory/provider/99999999999999999999/ar",
        "auth/user/1/ar",
        "directory/provider/{}/fi",
        "directory/provider/{}/xx",
    ],
)
def test_unknown_rows_models_and_languages_are_not_there(desk: Client, club: Provider, path: str) -> None:
    assert desk.get(f"/cms/translations/{path.format(club.pk)}/").status_code == 404


def test_foreign_rows_are_neither_shown_nor_exported_nor_taken_in(desk: Client, club: Provider) -> None:
    there = make_municipality("3907", "Sandefjord", languages=["nb", "en", "ar"])
    foreign = ProviderFactory(municipality=there, name_nb="Fremmed", summary_nb="Vi seiler.")  # the source's digest fits
    look_at_changes()
    assert "Fremmed" not in desk.get(reverse("translation-board"), {"municipality": "3907"}).content.decode()
    exported = b"".join(desk.get(reverse("translation-export"), {"municipality": "3907"}).streaming_content).decode()
    assert "Fremmed" not in exported
    own = next(line for line in exported.splitlines() if f"directory.provider:{club.pk}:summary,ar" in line)
    sheet = "\n".join(
        [
            exported.splitlines()[0].lstrip("\ufeff"),
            own.replace(f":{club.pk}:", f":{foreign.pk}:").replace("Vi seiler.,,", "Vi seiler.,x,"),
        ]
    )
    answer = desk.post(reverse("translation-take-in"), {"file": SimpleUploadedFile("x.csv", sheet.encode())})
    assert answer.status_code == 200
    assert f"directory.provider:{foreign.pk}:summary" in answer.content.decode()
    foreign.refresh_from_db()
    assert not foreign.summary_ar
    # The same line with the own row's key is taken: nothing but the tenant stood in the way.
    desk.post(
        reverse("translation-take-in"),
        {"file": SimpleUploadedFile("x.csv", sheet.replace(f":{foreign.pk}:", f":{club.pk}:").encode())},
    )
    club.refresh_from_db()
    assert club.summary_ar == "x"


def test_editors_are_not_led_to_what_only_coordinators_may_change(desk: Client, larvik: Municipality, kari: User) -> None:
    item = MenuItem.objects.create(municipality=larvik, address="/find/", label_nb="Gratis")
    SiteLook.objects.create(municipality=larvik, footer_nb="Alt på ett sted")
    look_at_changes()
    addresses = (reverse("translation-board"), reverse("translation-board") + "?kind=pages.menuitem")
    for address in addresses:
        assert fill(item) in desk.get(address).content.decode()
    assert "Alt på ett sted" in b"".join(desk.get(reverse("translation-export")).streaming_content).decode()
    assert "lang=ar" in desk.get("/cms/").content.decode()

    StaffRole.objects.filter(user=kari).update(role=StaffRole.Role.EDITOR)
    assert desk.get(fill(item)).status_code == 404
    for address in addresses:
        body = desk.get(address).content.decode()
        assert fill(item) not in body
        assert "pages.menuitem" not in body
    assert "Alt på ett sted" not in b"".join(desk.get(reverse("translation-export")).streaming_content).decode()
    Tally.objects.exclude(content_type__model__in=["menuitem", "sitelook"]).delete()
    assert "lang=ar" not in desk.get("/cms/").content.decode()


def test_sheet_goes_out_and_comes_back(desk: Client, club: Provider, larvik: Municipality) -> None:
    formula = ProviderFactory(municipality=larvik, name_nb="Regn", summary_nb="=1+1")
    look_at_changes()
    exported = b"".join(desk.get(reverse("translation-export"), {"lang": "ar"}).streaming_content).decode()
    assert exported.startswith("\ufeffkey,lang,")
    assert ",'=1+1," in exported

    import csv
    import io

    rows = list(csv.DictReader(io.StringIO(exported.lstrip("\ufeff"))))
    for row in rows:
        row["translation"] = f"ar {row['source']}" if "summary" in row["key"] else ""
    Provider.objects.filter(pk=formula.pk).update(summary_nb="=2+2")  # changed while the sheet was away
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    answer = desk.post(
        reverse("translation-take-in"), {"file": SimpleUploadedFile("x.csv", ("\ufeff" + out.getvalue()).encode())}
    )

    text = answer.content.decode()
    club.refresh_from_db()
    assert club.summary_ar == "ar Vi seiler."
    assert f"directory.provider:{formula.pk}:summary" in text  # not taken, and said


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"a,b\n1,2\n",
        "nøkkel".encode("latin-1") + b"\n\xe6",
        b'key,lang,translation,source_hash\n"x:1:y",ar,z,h\n',
    ],
)
def test_sheet_that_is_none_is_refused_in_words(desk: Client, raw: bytes) -> None:
    answer = desk.post(reverse("translation-take-in"), {"file": SimpleUploadedFile("x.csv", raw)})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert 'role="alert"' in text or "<td>2</td>" in text


def test_first_page_of_the_admin_says_what_lacks(desk: Client, club: Provider) -> None:
    body = desk.get("/cms/").content.decode()
    assert "lang=ar" in body


def test_strangers_and_people_without_work_see_nothing(client: Client, club: Provider) -> None:
    for address in (reverse("translation-board"), fill(club), reverse("translation-export"), reverse("translation-take-in")):
        assert client.get(address).status_code in (302, 404)
    client.force_login(User.objects.create_user("nobody@example.org"))
    for address in (reverse("translation-board"), fill(club), reverse("translation-export"), reverse("translation-take-in")):
        assert client.get(address).status_code in (302, 403, 404)
