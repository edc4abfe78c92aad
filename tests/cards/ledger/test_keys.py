"""Keys: made once, by one of many; kept where nobody else reads; gone when they are destroyed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from cards.ledger import keys
from cards.ledger.checks import check_key
from cards.ledger.codes import hash_code, new_code
from cards.offers.finding import find_card
from portal.kit.refusals import Refused
from tests.factories.cards import make_card, make_offer, make_till

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

MAKE = """
import sys
from django.conf import settings
settings.configure(CARD_KEY_FILE=sys.argv[1], TAG_KEY_FILE=sys.argv[2])
from cards.ledger.keys import key_for, tag_key
print(key_for("code").hex(), tag_key(7).hex())
"""


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> Path:
    settings.CARD_KEY_FILE, settings.TAG_KEY_FILE = tmp_path / "keys" / "card.key", tmp_path / "keys" / "tag.keys"
    return tmp_path / "keys"


def test_keys_are_made_once_and_only_we_may_read_them(files: Path) -> None:
    first = keys.key_for("code")
    assert first == keys.key_for("code") != keys.key_for("body")
    keys._root.cache_clear(), keys._key_for.cache_clear()
    assert keys.key_for("code") == first
    keys.tag_key(1)
    assert {path.name: path.stat().st_mode & 0o777 for path in files.iterdir()} == {
        "card.key": 0o600,
        "tag.keys": 0o600,
        "tag.keys.lock": 0o600,
    }
    assert files.stat().st_mode & 0o077 == 0


def test_processes_that_begin_together_have_the_same_keys(files: Path) -> None:
    asked = [sys.executable, "-c", MAKE, str(files / "card.key"), str(files / "tag.keys")]
    running = [subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) for _number in range(6)]
    assert len({process.communicate(timeout=60)[0] for process in running}) == 1


def test_a_file_that_holds_no_key_is_said(files: Path) -> None:
    files.mkdir()
    (files / "card.key").write_text("bm90IGEga2V5\n")
    with pytest.raises(ImproperlyConfigured, match="CARD_KEY_FILE"):
        keys.key_for("code")


def test_what_is_sealed_is_opened_by_the_same_purpose_only() -> None:
    sealed = keys.seal(b"KINO-1", "external-code")
    assert b"KINO" not in sealed
    assert keys.unseal(sealed, "external-code") == b"KINO-1"
    assert keys.seal(b"KINO-1", "external-code") != sealed
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for wrong, purpose in (
        (sealed, "clip-key"),
        (changed, "external-code"),
        (b"", "external-code"),
        (sealed[:20], "external-code"),
    ):
        with pytest.raises(keys.Unreadable):
            keys.unseal(wrong, purpose)


def test_a_years_key_is_its_own_and_is_never_made_anew(files: Path) -> None:
    one, other = keys.tag_key(1), keys.tag_key(2)
    assert one == keys.tag_key(1) != other
    keys.destroy_tag_key(1)
    with pytest.raises(keys.KeyDestroyed):
        keys.tag_key(1)
    assert keys.tag_key(2) == other
    assert one.hex() not in (files / "tag.keys").read_text()


# ── a key that is lost ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def handed_out(files: Path) -> str:
    """A card handed out; its code."""
    return make_card()[1]


@pytest.fixture
def lost(handed_out: str, files: Path) -> Iterator[bytes]:
    """The file is gone, and no process remembers it; what stood in it."""
    content = (files / "card.key").read_bytes()
    (files / "card.key").unlink()
    keys._root.cache_clear(), keys._key_for.cache_clear()
    yield content
    keys._root.cache_clear(), keys._key_for.cache_clear()


def test_no_key_is_made_where_cards_hang_on_the_one_that_is_lost(handed_out: str, lost: bytes, files: Path) -> None:
    with pytest.raises(keys.KeyLost, match=r"card\.key"):
        hash_code(handed_out)
    assert not (files / "card.key").exists()
    (files / "card.key").write_bytes(lost)
    assert find_card(handed_out, at=timezone.now()).card.pk, "found again as soon as the file is back, without a new start"


def test_where_no_card_was_handed_out_a_key_is_made(files: Path) -> None:
    keys.key_for("code")
    assert (files / "card.key").exists()


def test_a_lost_key_is_said_by_the_check_by_the_state_and_to_tills(lost: bytes, client: Client) -> None:
    assert [found.id for found in check_key(None)] == ["cards.E001"]
    state = client.get("/healthz").json()
    assert (state["status"], state["checks"]["cards"]) == ("degraded", "degraded")
    offer = make_offer()
    body = {"key": "12345678", "code": new_code(), "offer": offer.pk}
    headers = {"Authorization": f"Bearer {make_till(offer.agreement.provider)[1]}"}
    answer = client.post("/api/v1/till/redeem", json.dumps(body), content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (503, "busy")


def test_with_its_key_nothing_is_said(handed_out: str, client: Client) -> None:
    assert check_key(None) == []
    assert client.get("/healthz").json()["checks"]["cards"] == "ok"


def test_a_new_key_is_made_only_when_somebody_says_that_the_old_cards_stop(handed_out: str, lost: bytes, files: Path) -> None:
    with pytest.raises(CommandError, match="--old-cards-stop"):
        call_command("new_card_key")
    call_command("new_card_key", old_cards_stop=True, stdout=StringIO())
    assert (files / "card.key").read_bytes() != lost
    with pytest.raises(Refused):
        find_card(handed_out, at=timezone.now())
    with pytest.raises(CommandError, match="is there"):
        call_command("new_card_key", old_cards_stop=True)
