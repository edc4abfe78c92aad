"""Letters of a demo are kept here and can be read; of any other installation never."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from directory.municipalities.models import Municipality
from portal.accounts import mailbox
from portal.kit.mail import send_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(larvik: Municipality, settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.EMAIL_BACKEND = mailbox.KEPT
    Municipality.objects.update(is_demo=True)


@pytest.fixture
def kept(demo: None) -> str:
    html = "<p>Hei <script>alert(1)</script></p>"
    send_letter(subject="Æøå <b>x</b>", body="Hei\nhttps://example.org/x", html=html, to=["kari@example.org"], lang="ar")
    return mailbox.letters()[0].name


def test_a_letter_is_kept_and_shown_and_nothing_in_it_runs(kept: str) -> None:
    client = Client()
    page = client.get("/demo/mail/").content.decode()
    assert "Æøå &lt;b&gt;x&lt;/b&gt;" in page
    assert "kari@example.org" in page
    answer = client.get(f"/demo/mail/{kept}/")
    assert "sandbox" in answer.content.decode()
    assert "https://example.org/x" in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()
    frame = client.get(f"/demo/mail/{kept}/html/")
    assert "default-src 'none'" in frame["Content-Security-Policy"]
    assert "script-src 'none'" in frame["Content-Security-Policy"]
    assert not client.cookies


def test_the_sign_in_page_of_a_demo_says_where_letters_are(demo: None) -> None:
    assert "/demo/mail/" in Client().get("/nb/desk/sign-in/").content.decode()


@pytest.mark.parametrize("why", ["one town is real", "letters are sent"])
def test_nothing_is_shown_where_anything_is_real(kept: str, settings: Any, why: str) -> None:
    if why == "one town is real":
        Municipality.objects.update(is_demo=False)
    else:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    for path in ("", f"{kept}/", f"{kept}/html/"):
        assert Client().get(f"/demo/mail/{path}").status_code == 404, path
    assert "/demo/mail/" not in Client().get("/nb/desk/sign-in/").content.decode()


@pytest.mark.parametrize("name", ["..", "x", "20261121-113000-000000-abcdef", "....//....//db", "%2e%2e%2fdb"])
def test_only_letters_have_an_address(kept: str, name: str) -> None:
    assert Client().get(f"/demo/mail/{name}/").status_code == 404


def test_a_broken_file_is_no_fault_of_the_list(kept: str) -> None:
    (mailbox.folder() / "20261121-113000-000000-abcdef.eml").write_bytes(b"\xff\x00 no letter")
    assert Client().get("/demo/mail/").status_code == 200
