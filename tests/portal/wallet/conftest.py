"""Telephones, as the script of the wallet is one: a secret, and what is sent of it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from cards.ledger.codes import _derived, auth_hash_of, clip_key_of, new_secret
from cards.programmes.models import Card


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Phone:
    """A telephone with a secret of its own."""

    secret: str = field(default_factory=new_secret)
    client: Client = field(default_factory=Client)
    host: str = "127.0.0.1"

    @property
    def proof(self) -> str:
        return base64url(_derived(self.secret, "auth"))

    def ask(self, what: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """A question with the telephone's proof: GET without a body."""
        headers = {"authorization": f"Wallet {self.proof}", "host": self.host} | headers
        address = f"/api/v1/wallet/{what}?lang=nb"
        if body is None:
            return self.client.get(address, headers=headers)
        return self.client.post(address, json.dumps(body), content_type="application/json", headers=headers)

    def add(self, code: str) -> Any:
        keys = {"auth_hash": base64url(auth_hash_of(self.secret)), "clip_key": base64url(clip_key_of(self.secret))}
        return self.ask("add", {"code": code, **keys})

    def cards(self) -> list[str]:
        return [card["number"] for card in self.ask("cards").json()["cards"]]

    def transfer(self, card: Card) -> str:
        code: str = self.ask("transfer", {"card": card.public_id}).json()["code"]
        return code


@pytest.fixture
def phone(db: None) -> Phone:
    return Phone()


@pytest.fixture
def other(db: None) -> Phone:
    return Phone()
