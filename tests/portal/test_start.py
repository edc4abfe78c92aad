"""The product as it is started: after `migrate`, gunicorn alone serves everything; the demo starts and ends cleanly."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.one_database


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(folder: Path, **values: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    return {**kept, "VAR_DIR": str(folder), "GEOCODER_URL": "none", **values}


def ask(address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, dict(response.headers), response.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def wait_until_it_answers(process: subprocess.Popen, address: str, seconds: int) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert process.poll() is None, "it ended"
        try:
            if ask(address)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.3)
    raise AssertionError(f"no answer from {address} in {seconds} s")


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[tuple[str, str, subprocess.Popen]]:
    """The demo, started as `make demo` starts it: (address, what it printed, process)."""
    folder = tmp_path_factory.mktemp("demo")
    port = free_port()
    log = (folder / "printed").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.demo.run"],
        cwd=BASE,
        env=clean_environment(folder / "var", PORT=str(port)),
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_it_answers(process, f"{address}/healthz", 900)  # how long it takes is measured, not tested
        for _ in range(50):
            log.flush()
            if "Ctrl-C ends it" in (folder / "printed").read_text():
                break
            time.sleep(0.2)
        yield address, (folder / "printed").read_text(), process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


def test_the_demo_prints_what_to_open_and_links_that_sign_in_once(demo):
    address, printed, _process = demo
    assert f"{address}/" in printed
    link = re.search(rf"{address}/cms/sign-in/\S+", printed)
    assert link, printed
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(link.group(0), timeout=30) as response:
        assert response.status == 200
        assert response.url.startswith(f"{address}/cms/")
        assert "/login/" not in response.url
    status, _headers, _body = ask(link.group(0))
    assert status in {403, 404, 410}, "the link has been used"


def test_the_town_is_there_whole(demo, tmp_path_factory):
    (file,) = tmp_path_factory.getbasetemp().glob("demo[0-9]/var/db.sqlite3")
    rows = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    municipality = "(SELECT id FROM directory_municipality WHERE number = '3909')"
    public = f"live AND hidden_at IS NULL AND delisted_at IS NULL AND paused_at IS NULL AND municipality_id = {municipality}"
    tables = ("directory_provider", "directory_place", "directory_activity", "directory_supportscheme")
    found = [rows.execute(f"SELECT count(*) FROM {table} WHERE {public}").fetchone()[0] for table in tables]  # noqa: S608  (our own tables)
    assert found == [320, 60, 600, 12]
    assert rows.execute("SELECT count(*) FROM search_searchdoc WHERE municipality = '3909'").fetchone()[0] == sum(found)
    assert rows.execute("SELECT count(*) FROM directory_municipality WHERE NOT is_demo").fetchone()[0] == 0
    assert rows.execute("SELECT count(*) FROM cards_redemption").fetchone()[0] > 50, "a season of the card"
    rows.close()


def test_a_visitor_finds_a_free_activity(demo):
    address, _printed, _process = demo
    status, headers, body = ask(f"{address}/nb/find/?free=1&kind=activity")
    assert status == 200
    assert "Set-Cookie" not in headers
    assert re.search(rb'href="/nb/activities/[\w-]+/', body)


def test_static_files_are_served_compressed_and_for_ever_without_a_collecting_step(demo):
    address, _printed, _process = demo
    _status, _headers, body = ask(f"{address}/nb/")
    sheet = re.search(rb'href="(/static/portal/build/site-[\w-]+\.css)"', body).group(1).decode()
    status, headers, _body = ask(address + sheet, **{"Accept-Encoding": "br"})
    assert (status, headers.get("Content-Encoding")) == (200, "br")
    assert "immutable" in headers["Cache-Control"]
    assert ask(f"{address}/static/wagtailadmin/css/core.css")[0] == 200


def test_a_taken_port_is_said_in_a_sentence(demo):
    address, _printed, _process = demo
    port = address.rsplit(":", 1)[1]
    result = subprocess.run(
        [sys.executable, "-m", "portal.demo.run"],
        cwd=BASE,
        env={**clean_environment(Path("/nowhere")), "PORT": port},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 1
    assert f"Port {port} is taken" in result.stdout


def test_the_demo_ends_cleanly_on_ctrl_c(demo):
    """Last in this file: it ends what the others use."""
    address, _printed, process = demo
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout.split()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 0
    for child in children:
        assert not Path(f"/proc/{child}/cmdline").exists() or not Path(f"/proc/{child}/cmdline").read_bytes()
    with pytest.raises(OSError, match="refused"):
        ask(f"{address}/healthz")
