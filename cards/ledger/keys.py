"""Keys of cards. They stand in files of their own, outside the database and its backups.

    CARD_KEY_FILE   one key; what it is used for each has a key of its own, derived from it. Lost: no printed code opens any more,
                    and no new one is made unasked (manage.py new_card_key) where cards have been handed out.
    TAG_KEY_FILE    a key for each programme year with marks against two cards; destroyed sixty days after the year.

Neither hangs together with SECRET_KEY: changing that kills no card. Both are made at first need, by one of many processes.
"""

from __future__ import annotations

import base64
import fcntl
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

LENGTH = 32
NONCE = 12
DESTROYED = "destroyed"


class Unreadable(Exception):
    """Something was not sealed with this key, or was changed since."""


class KeyLost(ImproperlyConfigured):
    """The key file is not there, though cards have been handed out with it."""


class KeyDestroyed(Exception):
    """The key of a closed year is gone, and is not made anew."""


# ── the key of cards ────────────────────────────────────────────────────────────────────────────────────────


def key_for(purpose: str) -> bytes:
    """The key of one purpose."""
    return _key_for(str(settings.CARD_KEY_FILE), purpose)


@lru_cache(maxsize=200)
def _key_for(path: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=LENGTH, salt=None, info=f"frittfram card {purpose}".encode()).derive(_root(path))


@lru_cache(maxsize=8)
def _root(path: str) -> bytes:
    file = Path(path)
    try:
        if not file.exists():
            if is_lost():
                raise KeyLost(LOST % file)
            _make(file)
        key = base64.b64decode(file.read_text(encoding="ascii"), validate=True)
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"CARD_KEY_FILE: {file} cannot be read or made ({error}).") from error
    if len(key) != LENGTH:
        raise ImproperlyConfigured(f"CARD_KEY_FILE: {file} holds no key.")
    return key


LOST = (
    "CARD_KEY_FILE: %s is not there, and without it no card that was handed out opens. Copy it back from where it is kept; if it"
    " is lost for good, make a new one with manage.py new_card_key, and replace the cards."
)


def is_lost() -> bool:
    """Whether the file is missing that opens what the database holds."""
    file = Path(settings.CARD_KEY_FILE)
    return not file.exists() and _is_needed() and not file.exists()  # another process may just have made the first one


def _is_needed() -> bool:
    if not apps.ready or not apps.is_installed("cards"):
        return False
    card, wallet = apps.get_model("cards", "Card"), apps.get_model("cards", "Wallet")
    if not {card._meta.db_table, wallet._meta.db_table} <= set(connection.introspection.table_names()):
        return False
    return bool(card._default_manager.exclude(code_hash=None).exists() or wallet._default_manager.exists())


def make_new_key() -> None:
    """Begin anew where the old key is lost for good."""
    _make(Path(settings.CARD_KEY_FILE))


def _make(file: Path) -> None:
    """The whole file appears at once, and only where none is: of two processes the first one's key stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        _write(draft, base64.b64encode(secrets.token_bytes(LENGTH)).decode())
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def seal(plain: bytes, purpose: str) -> bytes:
    """Encrypted, and bound to what it is for."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key_for(f"seal {purpose}")).encrypt(nonce, plain, purpose.encode())


def unseal(sealed: bytes | memoryview, purpose: str) -> bytes:
    sealed = bytes(sealed)  # PostgreSQL gives a memoryview
    try:
        return AESGCM(key_for(f"seal {purpose}")).decrypt(sealed[:NONCE], sealed[NONCE:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable(purpose) from error


def kept_key(key: str) -> str:
    """The key of a deed as the journal keeps it, for ever: it may be another system's number of an order, which would tie the
    deed to who ordered. As long as that, and the same for the same key."""
    return hmac.digest(key_for("deed"), key.encode(), "sha256").hex()


# ── the keys of marks against two cards: one a year ─────────────────────────────────────────────────────────


def tag_key(year_id: int) -> bytes:
    """The key of a programme year's marks."""
    with _tag_keys() as keys:
        if keys.get(year_id) == DESTROYED:
            raise KeyDestroyed(year_id)
        if year_id not in keys:
            keys[year_id] = base64.b64encode(secrets.token_bytes(LENGTH)).decode()
        return base64.b64decode(keys[year_id])


def destroy_tag_key(year_id: int) -> None:
    """From now on nobody can tell of whom a mark of that year is."""
    with _tag_keys() as keys:
        keys[year_id] = DESTROYED


@contextmanager
def _tag_keys() -> Iterator[dict[int, str]]:
    """All keys, for one process at a time; written back where something was changed."""
    file = Path(settings.TAG_KEY_FILE)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file.with_name(f"{file.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        before = file.read_text(encoding="ascii") if file.exists() else ""
        keys = {int(year): key for year, key in (line.split() for line in before.splitlines())}
        yield keys
        after = "".join(f"{year} {key}\n" for year, key in sorted(keys.items()))
        if after != before:
            draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
            _write(draft, after)
            draft.replace(file)
    finally:
        os.close(descriptor)
