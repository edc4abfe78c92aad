"""Keys: made once, by one of many; kept where nobody else reads; gone when they are destroyed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from cards.ledger import keys

pytestmark = pytest.mark.one_database

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
