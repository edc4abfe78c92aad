"""What stands for a card: printed codes, numbers on stubs, secrets of wallets, rotating pictures.

All are written in Crockford's base 32 (no I, L, O, U). A code is 15 random characters (75 bits) and a check character; it is kept
as a keyed hash only. A wallet's secret is 128 random bits and 2 check bits in 26 characters, and stays on the telephone:

    auth hash   SHA-256(HKDF(secret, "auth"))                       what the server knows a wallet by
    clip key    HKDF(secret, "clip")                                what makes its rotating code
    HKDF        SHA-256, no salt, 32 bytes; secret is the 26 characters as ASCII
    rotating    FF1.<public id>.<step>.<mac>     step = seconds since 1970 // 30, in digits
                mac = the first 40 bits of HMAC-SHA256(clip key, "<public id>|<step>"), in 8 characters

The check character is a weighted sum over GF(32), x⁵+x²+1, in Horner's form: it finds every single wrong character, every two
that changed places, wherever they stand, and every twin error, in texts of up to 31 characters.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cards.ledger.keys import key_for

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
CODE_LENGTH, SECRET_LENGTH, PUBLIC_LENGTH, MAC_LENGTH = 16, 26, 8, 8
LONGEST_TYPED = 100  # nobody types a longer code, whatever stands between its characters
STEP_SECONDS = 30
ROTATING = re.compile(r"FF1\.([0-9A-HJKMNP-TV-Z]{8})\.([0-9]{1,11})\.([0-9A-HJKMNP-TV-Z]{8})", re.ASCII)
_READ = str.maketrans("ILOilo", "110110", " -\t\r\n\u00a0\u2010\u2011\u2012\u2013\u2014")


def _sum(values: list[int]) -> int:
    total = 0
    for value in values:
        total <<= 1
        total = (total ^ 0b100101 if total & 32 else total) ^ value
    return total


def check_character(text: str) -> str:
    """The character that makes the whole text right."""
    return ALPHABET[_sum([*(VALUES[letter] for letter in text), 0])]


def _random(length: int) -> str:
    number = secrets.randbits(5 * length)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(length))


def normalised(text: str, longest: int = LONGEST_TYPED) -> str:
    """Capitals of the alphabet only; empty where something else stands in the text."""
    if len(text) > longest:
        return ""
    read = text.translate(_READ)
    if not read.isascii():  # before capitals are made: some foreign letters have ours as theirs
        return ""
    read = read.upper()
    return read if all(letter in VALUES for letter in read) else ""


# ── codes on paper ──────────────────────────────────────────────────────────────────────────────────────────


def new_code() -> str:
    stem = _random(CODE_LENGTH - 1)
    return stem + check_character(stem)


def in_groups(code: str) -> str:
    """Four and four, as it is printed and read aloud."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def read_code(text: str) -> str | None:
    """A code as somebody typed it, in its one form; None where it cannot be a code."""
    read = normalised(text)
    return read if len(read) == CODE_LENGTH and _sum([VALUES[letter] for letter in read]) == 0 else None


def hash_code(code: str) -> bytes:
    """What a code is found by. Without the key file it tells nothing."""
    return hmac.digest(key_for("code"), code.encode("ascii"), "sha256")


def new_public_id() -> str:
    """The number on a stub. It finds a card for its agency and opens nothing."""
    return _random(PUBLIC_LENGTH)


# ── wallets ─────────────────────────────────────────────────────────────────────────────────────────────────


def _check_bits(characters: list[int]) -> int:
    """Two bits over the 128: of the sum of the text in which they are nought."""
    return _sum([*characters[:-1], characters[-1] & 0b11100, 0]) & 0b11


def new_secret() -> str:
    number = secrets.randbits(128) << 2
    values = [number >> 5 * (SECRET_LENGTH - 1 - place) & 31 for place in range(SECRET_LENGTH)]
    values[-1] |= _check_bits(values)
    return "".join(ALPHABET[value] for value in values)


def read_secret(text: str) -> str | None:
    """A wallet's secret in its one form; None where it cannot be one."""
    read = normalised(text)
    values = [VALUES[letter] for letter in read]
    return read if len(read) == SECRET_LENGTH and values[-1] & 0b11 == _check_bits(values) else None


def _derived(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode("ascii"))


def auth_hash_of(secret: str) -> bytes:
    return hashlib.sha256(_derived(secret, "auth")).digest()


def clip_key_of(secret: str) -> bytes:
    return _derived(secret, "clip")


# ── rotating codes ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Rotating:
    """What a telephone's picture says: which card, when, and the proof."""

    public_id: str
    step: int
    mac: str


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def step_mac(clip_key: bytes, public_id: str, step: int) -> str:
    digest = hmac.digest(clip_key, f"{public_id}|{step}".encode("ascii"), "sha256")
    number = int.from_bytes(digest[:5], "big")
    return "".join(ALPHABET[number >> 5 * (MAC_LENGTH - 1 - place) & 31] for place in range(MAC_LENGTH))


def is_mac(clip_key: bytes, rotating: Rotating) -> bool:
    return hmac.compare_digest(step_mac(clip_key, rotating.public_id, rotating.step), rotating.mac)


def rotating_text(clip_key: bytes, public_id: str, at: datetime) -> str:
    """What a telephone shows at a moment."""
    step = step_of(at)
    return f"FF1.{public_id}.{step}.{step_mac(clip_key, public_id, step)}"


def read_rotating(text: str) -> Rotating | None:
    found = ROTATING.fullmatch(text.strip()) if len(text) <= LONGEST_TYPED else None
    return Rotating(found[1], int(found[2]), found[3]) if found else None


def code_in(text: str) -> str:
    """The code of a printed picture's address (https://HOST/k#CODE), or the text itself."""
    _address, hash_sign, fragment = text[:300].partition("#")
    return fragment if hash_sign else text
