"""The staff screens of imports, from the upload to the undoing."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from directory.providers.models import Provider
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions, tables
from tests.factories.directory import make_municipality, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
LIST = "Oversikt\n\nNavn;Postnr;Hemmelig\nStavern kor;3290;x\nGalt org;abc;\n;3256;\n<script>alert(1)</script>;3256;\n"


def address(name, *args):
    return reverse(ImportRun.snippet_viewset.get_url_name(name), args=args)


@pytest.fixture
def staff(larvik):
    client = Client()
    client.force_login(make_staff(larvik))
    return client


def post_file(client, content=None, **fields):
    file = SimpleUploadedFile("liste.csv", content or LIST.encode())
    data = {
        "file": file,
        "source_name": "Kontoret",
        "source_date": "2026-02-01",
        "contacts": "staff",
        "default_kind": "",
        **fields,
    }
    return client.post(address("add"), data)


def test_from_upload_to_undo(staff, larvik):
    assert staff.get(address("add")).status_code == 200
    answer = post_file(staff, municipality=larvik.pk)
    run = ImportRun.objects.get()
    assert answer.url == address("edit", run.pk)
    page = staff.get(answer.url).content.decode()
    assert "Oversikt" in page
    assert 'name="column-2"' in page
    assert not run.rows.exists(), "nothing is read before the columns are agreed upon"

    columns = {"column-0": "name", "column-1": "postcode", "column-2": ""}
    staff.post(address("columns", run.pk), columns)
    run.refresh_from_db()
    assert (run.state, run.summary()["read"], Provider.objects.count()) == ("planned", 4, 0)
    page = staff.get(address("edit", run.pk)).content.decode()
    assert "<script>alert(1)" not in page
    assert "Stavern kor" in page
    refused = staff.get(address("edit", run.pk) + "?verdict=refused").content.decode().partition('id="rows"')[2]
    assert "3256" in refused
    assert "Stavern kor" not in refused

    staff.post(address("apply", run.pk))
    run.refresh_from_db()
    assert (run.state, Provider.objects.count()) == ("done", 3)
    report = b"".join(staff.get(address("report", run.pk)).streaming_content).decode()
    assert report.count("\r\n") == 5
    assert "Hemmelig" in report

    assert staff.get(address("undo", run.pk)).status_code == 200
    assert Provider.objects.count() == 3, "asking is not doing"
    staff.post(address("undo", run.pk))
    run.refresh_from_db()
    assert (run.state, Provider.objects.count()) == ("undone", 0)
    assert staff.get(address("edit", run.pk)).status_code == 200
    assert staff.get(address("list")).status_code == 200


def test_duplicates_are_decided_on_the_screen(staff, larvik):
    known = Provider.objects.create(municipality=larvik, name_nb="Stavern kor", postcode="3290", live=True)
    post_file(staff, b"Navn;Postnr;Nettside\nStavern kor;3290;kor.example.org\n", municipality=larvik.pk)
    run = ImportRun.objects.get()
    staff.post(address("columns", run.pk))
    page = staff.get(address("edit", run.pk)).content.decode()
    assert 'name="row-2"' in page
    assert reverse(Provider.snippet_viewset.get_url_name("edit"), args=[known.pk]) in page
    staff.post(address("decide", run.pk), {"row": "2", "row-2": "same"})
    staff.post(address("apply", run.pk))
    known.refresh_from_db()
    assert (Provider.objects.count(), known.website) == (1, "https://kor.example.org")


def test_busy_screens_ask_again_without_script(staff, larvik):
    post_file(staff, municipality=larvik.pk)
    run = ImportRun.objects.get()
    assert "Refresh" not in staff.get(address("edit", run.pk))
    ImportRun.objects.update(state=ImportRun.State.APPLYING)
    assert staff.get(address("edit", run.pk))["Refresh"] == "3"


def test_a_file_that_cannot_be_read_says_why_and_is_not_kept(staff, larvik):
    post_file(staff, b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 99, municipality=larvik.pk)
    run = ImportRun.objects.get()
    assert run.state == ImportRun.State.FAILED
    assert run.refusal in staff.get(address("edit", run.pk)).content.decode().replace("&quot;", '"')
    assert not run.stored_as


def test_the_file_lies_where_nothing_is_served(staff, larvik, settings):
    post_file(staff, municipality=larvik.pk)
    path = actions.stored(ImportRun.objects.get())
    assert path.is_file()
    assert settings.MEDIA_ROOT not in path.parents
    assert path.stat().st_mode & 0o077 == 0


class Endless(io.RawIOBase):
    """A multipart body of `size` bytes that nobody has in memory."""

    def __init__(self, size):
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\nContent-Type: text/csv\r\n\r\n'
        self.parts, self.left, self.size, self.read_so_far = [head], size, len(head) + size + 10, 0
        self.tail = b"\r\n--b--\r\n\n"

    def read(self, n=-1):
        n = 65536 if n is None or n < 0 else n
        if self.parts:
            piece, self.parts[0] = self.parts[0][:n], self.parts[0][n:]
            if not self.parts[0]:
                self.parts = []
        elif self.left:
            piece = b"a" * min(n, self.left)
            self.left -= len(piece)
        else:
            piece, self.tail = self.tail[:n], self.tail[n:]
        self.read_so_far += len(piece)
        return piece


def test_an_upload_of_200_mb_is_refused_politely_and_stored_nowhere(staff, larvik, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    body = Endless(200 * 1024**2)
    staff.raise_request_exception = True
    request = {"wsgi.input": body, "CONTENT_LENGTH": str(body.size), "CONTENT_TYPE": "multipart/form-data; boundary=b"}
    answer = staff.generic("POST", address("add"), b"", content_type="multipart/form-data; boundary=b", **request)
    assert answer.status_code == 413
    page = answer.content.decode()
    assert "200 MB" in page
    assert str(tables.MAX_BYTES // 1024**2) in page
    assert not ImportRun.objects.exists()
    assert not list(tmp_path.iterdir())


def test_the_token_is_asked_for(larvik):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff(larvik))
    assert post_file(client, municipality=larvik.pk).status_code == 403
    run = actions.receive(municipality=larvik, file=io.BytesIO(LIST.encode()), file_name="a.csv")
    assert client.post(address("undo", run.pk)).status_code == 403


def test_staff_of_another_municipality_see_and_do_nothing(staff, larvik):
    other = make_municipality("3907", "Sandefjord")
    run = actions.receive(municipality=other, file=io.BytesIO(LIST.encode()), file_name="FREMMED.csv")
    actions.plan_run(run=run)
    for name in ("edit", "columns", "sheet", "apply", "decide", "undo", "report"):
        assert staff.get(address(name, run.pk)).status_code == 404, name
        assert staff.post(address(name, run.pk), {"column-0": "name"}).status_code == 404, name
    assert "FREMMED" not in staff.get(address("list")).content.decode()
    post_file(staff, municipality=other.pk)
    assert ImportRun.objects.filter(municipality=other).count() == 1
    run.refresh_from_db()
    assert run.state == ImportRun.State.PLANNED


def workbook(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_staff_are_told_of_several_sheets_and_choose(staff, larvik):
    file = workbook(
        Lag=[["Navn", "Postnr", "Nettside"], ["Kor", "3290", "kor.example.org"]], Steder=[["Navn", "Sted"], ["Hallen", "Hallen"]],
        Tom=[["Bare en tekst"]],
    )  # fmt: skip
    post_file(staff, file, municipality=larvik.pk)
    run = ImportRun.objects.get()
    assert (run.sheet, run.sheets) == ("Lag", ["Lag", "Steder", "Tom"])
    staff.post(address("columns", run.pk), {"column-0": "name", "column-1": "postcode", "column-2": "website"})
    page = staff.get(address("edit", run.pk)).content.decode()
    assert "<option selected>Lag</option><option>Steder</option>" in page

    for nonsense in ("Tom", "Borte", "", "x" * 9_000, "\x00"):
        staff.post(address("sheet", run.pk), {"sheet": nonsense})
        run.refresh_from_db()
        assert (run.sheet, run.state, run.read) == ("Lag", "planned", 1), nonsense

    staff.post(address("sheet", run.pk), {"sheet": "Steder"})
    run.refresh_from_db()
    assert (run.sheet, run.state, run.read, run.headers) == ("Steder", "received", 0, ["Navn", "Sted"])
    assert not run.rows.exists()
    staff.post(address("columns", run.pk), {"column-0": "name", "column-1": "place_name"})
    staff.post(address("apply", run.pk))
    run.refresh_from_db()
    assert run.state == "done"
    staff.post(address("sheet", run.pk), {"sheet": "Lag"})
    run.refresh_from_db()
    assert run.sheet == "Steder", "what is imported stands"


def test_one_sheet_gives_no_choice(staff, larvik):
    post_file(staff, workbook(Lag=[["Navn", "Postnr"], ["Kor", "3290"]]), municipality=larvik.pk)
    assert 'name="sheet"' not in staff.get(address("edit", ImportRun.objects.get().pk)).content.decode()


def test_columns_given_twice_or_without_a_name_are_told(staff, larvik):
    post_file(staff, municipality=larvik.pk)
    run = ImportRun.objects.get()
    for columns in ({"column-0": "name", "column-1": "name"}, {"column-0": "", "column-1": "postcode"}, {"column-0": "nonsense"}):
        staff.post(address("columns", run.pk), columns)
        run.refresh_from_db()
        assert run.state == ImportRun.State.RECEIVED
