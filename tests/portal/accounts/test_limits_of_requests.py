"""Limits as somebody meets them who guesses: thousands of requests, and several processes that share one count."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from directory.municipalities.models import Municipality
from portal.accounts import codes
from portal.accounts.limits import ASKED_FOR, ASKED_FROM, TRIED_FOR
from portal.accounts.models import LimitUse
from tests.portal.accounts.conftest import CODE, ask
from tests.shared_database import database_url  # noqa: F401 - a fixture

BASE = Path(__file__).resolve().parents[3]
MANY = 200  # in the short run; the long one sends ten thousand


@pytest.mark.second_at_night
@pytest.mark.django_db
def test_of_ten_thousand_guesses_at_one_address_twenty_are_looked_at(
    larvik: Municipality, monkeypatch: pytest.MonkeyPatch, thorough: bool
) -> None:
    """Each guess from a network of its own, and a new code asked for whenever one has ended."""
    looked_at: list[str] = []
    monkeypatch.setattr(codes, "compare_user_code", lambda *, actual, expected: bool(looked_at.append(actual)))
    client = Client()
    ask(client, "kari@example.org")
    for n in range(10_000 if thorough else MANY):
        network = {"x-forwarded-for": f"81.{n // 65536}.{n // 256 % 256}.{n % 256}"}
        answer = client.post(CODE, {"code": "BBBB-BBBB"}, headers=network)
        if answer.status_code == 302:
            ask(client, "kari@example.org", headers=network)

    assert len(looked_at) == TRIED_FOR.most
    assert len(mail.outbox) == ASKED_FOR.most
    assert "kari" not in "".join(LimitUse.objects.values_list("key", flat=True))


@pytest.mark.second_at_night
@pytest.mark.django_db
def test_of_ten_thousand_addresses_one_network_gets_thirty_codes_sent(larvik: Municipality, thorough: bool) -> None:
    many = 10_000 if thorough else MANY
    answers = [ask(Client(), f"p{n}@example.org", headers={"x-forwarded-for": "81.0.0.1"}).status_code for n in range(many)]

    assert answers == [302] * ASKED_FROM.most + [422] * (many - ASKED_FROM.most)
    assert len(mail.outbox) == ASKED_FROM.most
    assert LimitUse.objects.filter(key__startswith=f"{ASKED_FROM.name}:").count() == ASKED_FROM.most


@pytest.mark.first_at_night
def test_two_processes_have_one_count(database_url: str, tmp_path: Path) -> None:  # noqa: F811
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "EMAIL_URL": "memorymail://",
        "SITE_URL": "http://127.0.0.1:8000",
        "GEOCODER_URL": "none",
    }

    def begin(*words: str) -> subprocess.Popen[Any]:
        command = [sys.executable, "-m", "tests.portal.accounts.limit_process", *words]
        return subprocess.Popen(command, cwd=BASE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def answer(process: subprocess.Popen[Any]) -> int:
        told, wrong = process.communicate(timeout=300)
        assert process.returncode == 0, wrong[-3000:]
        return int(json.loads(told.strip().splitlines()[-1]))

    answer(begin("town", "-"))
    moment = str(time.time() + 8)
    sent = [answer(process) for process in [begin("ask", moment), begin("ask", moment)]]

    assert sum(sent) == ASKED_FOR.most, sent
