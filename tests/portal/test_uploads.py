"""Pictures that staff send in: what is harmful or absurd is refused in words, and nothing is loaded to find out."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Pillow
from wagtail.images.models import Image

from tests.factories.directory import default_municipality, make_staff

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
