"""What telephones make of secrets and codes is what the server makes of them: one table through both."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cards.ledger import codes
from tests.portal.wallet.conftest import base64url

pytestmark = pytest.mark.one_database
FRONTEND = Path(__file__).resolve().parents[3] / "portal" / "frontend"
AT = datetime(2027, 2, 28, 22, 59, 59, tzinfo=UTC)
SCRIPT = """
import {readFileSync} from 'node:fs';
const keys = await import(`${process.cwd()}/js/wallet_keys.js`);
const {codes, secrets, moments, id} = JSON.parse(readFileSync(0, 'utf8'));
const out = {codes: codes.map(keys.readCode), secrets: secrets.map(keys.readSecret), keys: {}, made: []};
for (const secret of secrets.filter((text) => keys.readSecret(text) === text)) {
  const {proof, authHash, clipKey, clipBytes} = await keys.keysOf(secret);
  const shown = await Promise.all(moments.map((at) => keys.rotatingText(clipBytes, id, at)));
  out.keys[secret] = {proof, authHash, clipKey, shown};
}
for (let n = 0; n < 500; n += 1) out.made.push(keys.newSecret());
console.log(JSON.stringify(out));
"""


def in_node(table: dict[str, Any]) -> Any:
    done = subprocess.run(
        [sys.executable, str(FRONTEND / "node.py"), "--input-type=module", "-e", SCRIPT],
        input=json.dumps(table),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def spoiled(text: str, rng: random.Random) -> str:
    """One character wrong."""
    place = rng.randrange(len(text))
    return text[:place] + rng.choice(codes.ALPHABET) + text[place + 1 :]


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    rng = random.Random(7)
    right = [codes.new_code() for _ in range(40)]
    typed = [
        codes.in_groups(right[0]).lower(),
        f" {right[1]} ",
        right[2].replace("1", "l").replace("0", "o"),
        f"https://x.no/k#{right[3]}",
    ]
    odd = ["", "x", "U" * 16, "ß" * 8, "٣" * 16, "0" * 101, right[0][:15], f"{right[0]}0", "I" * 16, "\u2013".join(right[4])]
    secrets = [codes.new_secret() for _ in range(12)]
    return {
        "codes": [*right, *typed, *odd, *(spoiled(code, rng) for code in right)],
        "secrets": [*secrets, *(spoiled(secret, rng) for secret in secrets), "", "0" * 26, "Z" * 26, secrets[0].lower()],
        "moments": [int(AT.timestamp() * 1000), int(AT.timestamp() * 1000) + 1000, 0],
        "id": codes.new_public_id(),
    }


@pytest.fixture(scope="module")
def answered(table: dict[str, Any]) -> Any:
    return in_node(table)


def test_codes_are_read_alike(table, answered):
    assert dict(zip(table["codes"], answered["codes"], strict=True)) == {
        text: codes.read_code(codes.code_in(text)) for text in table["codes"]
    }
    assert None in answered["codes"]


def test_secrets_are_read_alike(table, answered):
    assert answered["secrets"] == [codes.read_secret(text) for text in table["secrets"]]


def test_keys_and_pictures_are_made_alike(table, answered):
    assert len(answered["keys"]) >= 12
    for secret, made in answered["keys"].items():
        clip_key = codes.clip_key_of(secret)
        assert made == {
            "proof": base64url(codes._derived(secret, "auth")),
            "authHash": base64url(codes.auth_hash_of(secret)),
            "clipKey": base64url(clip_key),
            "shown": [
                codes.rotating_text(clip_key, table["id"], datetime.fromtimestamp(at / 1000, tz=UTC)) for at in table["moments"]
            ],
        }


def test_secrets_made_by_telephones_are_right_and_spread(answered):
    made = answered["made"]
    assert [codes.read_secret(secret) for secret in made] == made
    assert len(set(made)) == len(made)
    for place in range(codes.SECRET_LENGTH - 1):
        assert len({secret[place] for secret in made}) > 24, "each place takes nearly all letters"
