"""Pictures that staff send in: what is harmful or absurd is refused in words, and nothing is loaded to find out."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Pillow
from wagtail.documents.models import Document
from wagtail.images.models import Image

from directory.municipalities.models import Municipality
from tests.factories.directory import default_municipality, make_municipality, make_staff

pytestmark = pytest.mark.django_db


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_that_unpacks_to(side: int) -> bytes:
    """A small PNG of side × side one-bit pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\0" * (side // 8 + 1)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def good_png() -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (60, 40), (10, 100, 90)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def send(client):
    larvik = default_municipality()
    client.force_login(make_staff(larvik))

    def upload(name: str, content: bytes):
        return client.post(
            reverse("wagtailimages:add"),
            {"title": "Bilde", "file": SimpleUploadedFile(name, content), "collection": larvik.collection_id},
        )

    return upload


def test_an_ordinary_picture_is_taken(send):
    assert send("a.png", good_png()).status_code == 302
    assert Image.objects.get().width == 60


def named(value: object) -> str:
    """A file in the name of a test: its size, since its bytes may differ between two readings of this module."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.png", png_that_unpacks_to(20_000)),
        ("script.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("page.png", b"<html><script>alert(1)</script></html>"),
        ("cut.png", good_png()[:40]),
        ("empty.png", b""),
        ("picture.php", good_png()),
    ],
    ids=["bomb", "svg", "html", "cut off", "empty", "other ending"],
)
def test_what_is_no_ordinary_picture_is_refused_in_words(send, name, content):
    response = send(name, content)
    assert response.status_code == 200, "the form again, with what is wrong"
    assert response.context["form"].errors["file"]
    assert not Image.objects.exists()


def test_the_bomb_is_small_enough_to_get_past_the_limit_on_bytes():
    assert len(png_that_unpacks_to(20_000)) < 200_000


def test_a_stranger_fills_no_disk(client, tmp_path, settings):
    larvik = default_municipality()
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path

    def sent(path, name="large.bin"):
        return client.post(path, {"file": SimpleUploadedFile(name, b"x" * 3_000_000)}).status_code

    for path in ("/cms/login/", "/nb/find/", "/api/v1/search"):
        assert sent(path) == 413, path
    client.force_login(make_staff(larvik))
    assert sent(reverse("wagtailimages:add"), "a.png") == 200
    assert sent("/nb/find/") == 413


def test_documents_are_not_served_past_the_view_that_asks_who_may_see_them(client):
    default_municipality()
    Image.objects.create(title="a", file=SimpleUploadedFile("a.png", good_png()))
    assert client.get(Image.objects.get().file.url).status_code == 200
    assert client.get("/media/documents/a.txt").status_code == 404
    assert client.get("/media/../private/x").status_code == 404


# ── documents ───────────────────────────────────────────────────────────────────────────────────────────────
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def package(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


DOCX = package("[Content_Types].xml", "word/document.xml")


@pytest.fixture
def give(client):
    larvik = default_municipality()
    client.force_login(make_staff(larvik))

    def upload(name: str, content: bytes):
        facts = {"title": "Fil", "file": SimpleUploadedFile(name, content), "collection": larvik.collection_id}
        return client.post(reverse("wagtaildocs:add"), facts)

    return upload


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF),
        ("A.PDF", PDF),
        ("a.docx", DOCX),
        ("a.ods", package("mimetype", "content.xml")),
        ("a.txt", "Blåbær og 柿".encode()),
        ("a.csv", "navn;sted\r\nKor;Bø\r\n".encode("latin-1")),
        ("b.csv", "navn;sted\r\n".encode("utf-16")),
        ("a.vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nHei\n"),
        ("a.mp3", b"ID3\x04\x00"),
        ("a.mp4", b"\0\0\0\x18ftypmp42"),
    ],
    ids=named,
)
def test_an_ordinary_document_is_taken(give, name, content):
    assert give(name, content).status_code == 302
    assert Document.objects.get().file_size == len(content)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("page.pdf", b"<html><script>alert(1)</script></html>", "ikke en PDF-fil"),
        ("late.pdf", b"\n" + PDF, "ikke en PDF-fil"),
        ("program.pdf", b"MZ\x90\0" + PDF, "ikke en PDF-fil"),
        ("both.pdf", PDF + DOCX, "gjemt"),
        ("page-too.pdf", b"%PDF-1.7\n<script>alert(1)</script>" + PDF, "gjemt"),
        ("page.txt", b"<!DOCTYPE html><p>x", "gjemt"),
        ("picture.csv", good_png(), "ikke en CSV-fil"),
        ("any.docx", PDF, "ikke en DOCX-fil"),
        ("any.xlsx", DOCX, "skadet"),
        ("cut.docx", DOCX[:60], "skadet"),
        ("words.vtt", b"Hei", "ikke en VTT-fil"),
        ("words.mp4", b"Hei", "ikke en MP4-fil"),
    ],
    ids=named,  # a package holds the time it was made at: workers would not agree on the test's name
)
def test_what_is_not_what_its_name_says_is_refused_in_words(give, name, content, sentence):
    response = give(name, content)
    assert response.status_code == 200
    assert sentence in str(response.context["form"].errors["file"])
    assert not Document.objects.exists()


def test_a_document_is_given_out_on_its_own_host_and_as_it_is(client, give):
    larvik = Municipality.objects.get()
    sandefjord = make_municipality("3907", "Sandefjord")
    give("plan.pdf", PDF)
    found = Document.objects.get()
    client.logout()
    assert found.collection_id == larvik.collection_id

    response = client.get(found.url, headers={"accept-encoding": "gzip"})

    assert response.status_code == 200
    assert "Content-Encoding" not in response.headers
    assert response.headers["Content-Length"] == str(len(PDF))
    assert b"".join(response.streaming_content) == PDF
    there = {"host": sandefjord.site.hostname}
    assert client.get(found.url, headers=there).status_code == 404
    client.force_login(make_staff(sandefjord, "siv@example.org"))
    assert client.get(found.url, headers=there).status_code == 404
    Document.objects.update(collection=larvik.collection.get_parent())
    assert client.get(found.url, headers=there).status_code == 200, "what is nobody's is everybody's"
