"""Websites that no longer answer, asked of a real server on this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from directory.freshness import dead_links, web
from directory.freshness.dead_links import ask_links, check, claim
from directory.freshness.models import LinkCheck
from directory.freshness.web import Answer, ask, is_open
from directory.listings.kinds import Visibility
from directory.municipalities.models import Municipality
from tests.factories.directory import ActivityFactory, ProviderFactory


class Server:
    """Answers as its address says, and writes down what it was asked."""

    def __init__(self) -> None:
        outer = self
        self.asked: list[tuple[str, str, str]] = []
        self.down: set[str] = set()

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                outer.asked.append((self.command, self.path, self.headers.get("User-Agent", "")))
                word = self.path.split("?")[0].strip("/")
                if word in outer.down:
                    self.send_error(404)
                elif word == "get-only" and self.command == "HEAD":
                    self.send_error(405)
                elif word == "hang-up" and self.command == "HEAD":
                    self.connection.shutdown(socket.SHUT_RDWR)
                elif word == "slow":
                    time.sleep(2)
                elif word.startswith("to-"):
                    self.send_response(302)
                    self.send_header("Location", f"/{word[3:]}")
                    self.end_headers()
                elif word == "loop":
                    self.send_response(301)
                    self.send_header("Location", "/loop")
                    self.end_headers()
                elif word == "inward":
                    self.send_response(302)
                    self.send_header("Location", "http://127.0.0.2/secret")
                    self.end_headers()
                elif word == "file":
                    self.send_response(302)
                    self.send_header("Location", "file:///etc/passwd")
                    self.end_headers()
                elif word == "garbled":
                    self.wfile.write(b"SSH-2.0-nothing\r\n\r\n")
                elif word.isdecimal():
                    self.send_response(int(word))
                    self.end_headers()
                else:
                    self.send_response(200)
                    self.end_headers()
                    if self.command == "GET":
                        self.wfile.write(b"x" * 100_000)

            do_GET = do_HEAD = answer

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.LINK_CHECK_ALLOW = ("127.0.0.1",)
    running = Server()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.mark.parametrize(
    ("word", "status", "methods"),
    [
        ("fine", "200", "HEAD"),
        ("404", "404", "HEAD GET"),
        ("500", "500", "HEAD GET"),
        ("403", "403", "HEAD GET"),
        ("get-only", "200", "HEAD GET"),
        ("hang-up", "200", "HEAD GET"),
        ("to-fine", "200", "HEAD HEAD"),
        ("to-404", "404", "HEAD HEAD GET"),
        ("loop", "too-many-redirects", " ".join(["HEAD"] * 7)),
        ("inward", "private", "HEAD"),
        ("file", "no-address", "HEAD"),
        ("garbled", "garbled", "HEAD GET"),
        ("blåbær og æøå?ø=å", "200", "HEAD"),
    ],
)
def test_what_a_website_answers(server: Server, word: str, status: str, methods: str) -> None:
    waits: list[int] = []
    assert ask(f"{server.url}/{word}", lambda: waits.append(1)).status == status
    assert " ".join(method for method, _path, _agent in server.asked) == methods
    assert len(waits) >= len(server.asked) - 1, "one is polite between two questions"
    assert {agent for _m, _p, agent in server.asked} == {"Frittfram (open-source activity directory)"}


def test_one_that_never_answers_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "TIMEOUT", 0.3)
    before = time.monotonic()
    assert ask(f"{server.url}/slow").status == "timeout"
    assert time.monotonic() - before < 2


def test_one_that_drips_is_cut_off(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece comes in time; the whole never would."""
    settings.LINK_CHECK_ALLOW = ("127.0.0.1",)
    monkeypatch.setattr(web, "WHOLE", 0.5)
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        taken, _address = listener.accept()
        try:
            taken.sendall(b"HTTP/1.1 200 OK\r\n")
            for n in range(100):
                taken.sendall(f"X-{n}: y\r\n".encode())
                time.sleep(0.1)
        except OSError:
            pass

    threading.Thread(target=drip, daemon=True).start()
    before = time.monotonic()
    assert ask(f"http://127.0.0.1:{listener.getsockname()[1]}/").status == "timeout"
    assert time.monotonic() - before < 4
    listener.close()


def test_nobody_listens(settings: Any) -> None:
    settings.LINK_CHECK_ALLOW = ("127.0.0.1",)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert ask(f"http://127.0.0.1:{port}/").status == "refused"


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://no-such-host.invalid/", "no-host"),
        ("ftp://example.org/", "no-address"),
        ("javascript:alert(1)", "no-address"),
        ("http://[::1", "no-address"),
        ("http://example.org:99999/", "no-address"),
        ("", "no-address"),
        (f"http://{'a' * 300}.example/", "no-host"),
    ],
)
def test_what_is_no_address(url: str, status: str) -> None:
    assert ask(url).status == status


# ── never into our own network ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("address", "opened"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False), ("127.8.8.8", False), ("10.0.0.1", False), ("172.16.5.4", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("::1", False), ("::", False), ("fe80::1", False), ("fc00::1", False), ("ff02::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:10.1.1.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False),
    ],
)  # fmt: skip
def test_which_addresses_are_of_the_open_internet(address: str, opened: bool) -> None:
    assert is_open(address) is opened


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "2130706433", "[::ffff:127.0.0.1]"])
def test_our_own_network_is_never_asked(host: str) -> None:
    running = Server()
    try:
        assert ask(f"http://{host}:{running.server.server_port}/").status in ("private", "no-host")
        assert running.asked == []
    finally:
        running.server.shutdown()


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def two(*args: Any, **kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.5")]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    assert ask("http://two-faced.example/").status == "private"


def test_a_name_is_looked_up_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the address that was judged: a name that answers differently the second time gains nothing."""
    real, asked = socket.getaddrinfo, []

    def first_open_then_private(host: str, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        return real("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", first_open_then_private)
    monkeypatch.setattr(web, "is_open", lambda address: True)
    assert ask(f"http://rebinding.example:{server.server.server_port}/").status == "200"
    assert [host for host in asked if host == "rebinding.example"] == ["rebinding.example"]


# ── the job ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def town(db: None) -> Municipality:
    from tests.factories.directory import default_municipality

    return default_municipality()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_links, "BETWEEN", 0)


def days(n: int) -> datetime:
    return timezone.now() + timedelta(days=n)


def settle(n: int) -> None:
    """As if what was asked now had been asked `n` days ago."""
    for row in LinkCheck.objects.all():
        LinkCheck.objects.filter(pk=row.pk).update(asked_at=row.asked_at - timedelta(days=n))


def test_three_bad_days_make_a_dead_link(server: Server, town: Municipality, client: Client) -> None:
    activity = ActivityFactory(municipality=town, name_nb="Turn", website=f"{server.url}/club")
    page = activity.get_absolute_url()

    assert ask_links(timezone.now()) == 1
    assert LinkCheck.objects.get().status == "200"
    assert ask_links(timezone.now()) == 0, "once a month"

    server.down.add("club")
    settle(31)
    for failures in (1, 2, 3):
        assert ask_links(timezone.now()) == 1
        assert ask_links(timezone.now()) == 0, "not twice on one bad day"
        row = LinkCheck.objects.get()
        assert (row.status, row.failures, row.is_dead) == ("404", failures, failures == 3)
        assert (f"{server.url}/club" in client.get(page).content.decode()) == (failures < 3)
        settle(1)

    assert ask_links(timezone.now()) == 0, "a dead one is asked monthly"
    server.down.clear()
    settle(30)
    assert ask_links(timezone.now()) == 1
    assert not LinkCheck.objects.get().is_dead
    assert f"{server.url}/club" in client.get(page).content.decode()


def test_one_good_day_forgets_the_bad_ones(server: Server, town: Municipality) -> None:
    ActivityFactory(municipality=town, website=f"{server.url}/club")
    server.down.add("club")
    for _day in (1, 2):
        ask_links(timezone.now())
        settle(1)
    server.down.clear()
    ask_links(timezone.now())
    assert LinkCheck.objects.get().failures == 0


def test_a_new_address_begins_anew(server: Server, town: Municipality) -> None:
    activity = ActivityFactory(municipality=town, website=f"{server.url}/old")
    ask_links(timezone.now())
    activity.website = f"{server.url}/new"
    activity.save()
    assert ask_links(timezone.now()) == 1
    assert LinkCheck.objects.get().url.endswith("/new"), "what nobody links to any more is forgotten"


def test_only_public_pages_of_real_towns_are_asked(server: Server, town: Municipality, settings: Any) -> None:
    ActivityFactory(municipality=town, website=f"{server.url}/draft", live=False)
    ProviderFactory(municipality=town, website=f"{server.url}/hidden", hidden_at=timezone.now())
    assert ask_links(timezone.now()) == 0

    ActivityFactory(municipality=town, website=f"{server.url}/fine")
    Municipality.objects.filter(pk=town.pk).update(is_demo=True)
    assert ask_links(timezone.now()) == 0
    Municipality.objects.filter(pk=town.pk).update(is_demo=False)
    settings.LINK_CHECKS = False
    assert ask_links(timezone.now()) == 0
    assert server.asked == []


def test_a_task_that_runs_twice_counts_once(server: Server, town: Municipality) -> None:
    server.down.add("club")
    activity = ActivityFactory(municipality=town, website=f"{server.url}/club")
    at = timezone.now()
    pk = claim(town, "activity", activity.pk, activity.website, at)
    assert pk is not None
    assert claim(town, "activity", activity.pk, activity.website, at) is None, "another worker at the same moment"

    assert check([pk], at, wait=lambda: None) == 1
    assert check([pk], at, wait=lambda: None) == 0
    assert LinkCheck.objects.get().failures == 1


def test_two_workers_with_the_same_claim_write_one_answer(town: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    activity = ActivityFactory(municipality=town, website="https://example.org/")
    at = timezone.now()
    pk = claim(town, "activity", activity.pk, activity.website, at)
    assert pk is not None

    def meanwhile(url: str, wait: Any) -> Answer:
        monkeypatch.setattr(web, "ask", lambda url, wait: Answer("404"))
        check([pk], at, wait=lambda: None)
        return Answer("404")

    monkeypatch.setattr(web, "ask", meanwhile)
    check([pk], at, wait=lambda: None)
    assert LinkCheck.objects.get().failures == 1


def test_one_website_of_many_pages_is_asked_once(server: Server, town: Municipality) -> None:
    for _n in range(3):
        ActivityFactory(municipality=town, website=f"{server.url}/club", email_visibility=Visibility.PUBLIC)
    assert ask_links(timezone.now()) == 3
    assert len(server.asked) == 1
    assert LinkCheck.objects.filter(status="200").count() == 3
