"""The staff's queue with 5,000 waiting, over HTTP, signed in: SQLite, one gunicorn worker, beside a view that does nothing.

`BENCH_VAR_DIR` keeps the database for the next run; `BENCH_WAITING` and `BENCH_REQUESTS` change how much.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

from tests.bench.search import BASE, LISTINGS, REQUESTS, environment_in, measure, p95, prepare, served

WAITING = int(os.environ.get("BENCH_WAITING", "5000"))
LIMIT = 200.0  # milliseconds at p95, on a quiet machine
PAGES = {
    "queue, the oldest first": "/cms/proposals/",
    "queue, page 60": "/cms/proposals/?p=60",
    "queue, one kind": "/cms/proposals/?kind=activity",
    "queue, one category": "/cms/proposals/?category=idrett-og-fysisk-aktivitet",
    "queue, words": "/cms/proposals/?q=lag",
    "queue, by name": "/cms/proposals/?sort=name",
    "queue, by provider": "/cms/proposals/?sort=provider",
}
# Timed and not judged: the first page of all, and all of it as a file.
BESIDE = {"first page of the admin": "/cms/", "all as CSV": "/cms/proposals/?export=csv"}


def signed_in(port: int, environment: dict[str, str]) -> str:
    """The cookie of Larvik's coordinator, by the demo's link."""
    command = [sys.executable, "manage.py", "sign_in_link", "larvik@example.org"]
    told = subprocess.run(command, cwd=BASE, env=environment, check=True, capture_output=True, text=True).stdout
    link = urlsplit(re.findall(r"https?://\S+", told)[-1]).path
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", link, headers={"Host": f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    answer.read()
    cookies = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    connection.close()
    return "; ".join(cookies)


def timed(port: int, path: str, cookie: str, many: int) -> tuple[list[float], int]:
    """Milliseconds of each answer, and the bytes of the last."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Host": f"127.0.0.1:{port}", "Cookie": cookie, "Accept-Encoding": "gzip"}
    taken, size = [], 0
    for number in range(many + 2):
        started = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        size = len(answer.read())
        if answer.status != 200:
            raise SystemExit(f"{answer.status} for {path}: {answer.headers.get('Location', '')}")
        if number >= 2:  # the first ones warm up
            taken.append((time.perf_counter() - started) * 1000)
    connection.close()
    return taken, size


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="frittfram-bench-") as folder:
        environment = environment_in(folder)
        prepare(environment)
        subprocess.run([sys.executable, "-m", "tests.bench._waiting", str(WAITING)], cwd=BASE, env=environment, check=True)
        return run(environment)


def run(environment: dict[str, str]) -> int:
    """Print the table; the exit code says whether the limit was kept."""
    many = max(20, REQUESTS // 5)
    print(
        f"\nProposals: {WAITING} waiting, {LISTINGS} listings, SQLite, one worker, over HTTP, {many} requests each. Milliseconds."
    )
    print(f"{'':34}{'median':>9}{'p95':>9}{'× bare':>9}{'kB':>8}")
    failed = False
    with served("tests.bench._bare:application", environment) as bare_port, served("portal.wsgi", environment) as port:
        measure(bare_port, ["/"] * 50)
        bare, _size = measure(bare_port, ["/"] * REQUESTS)
        base = statistics.median(bare)
        print(f"{'bare Django view':34}{base:9.2f}{p95(bare):9.2f}{1.0:9.1f}")
        cookie = signed_in(port, environment)
        for name, path in {**PAGES, **BESIDE}.items():
            taken, size = timed(port, path, cookie, many if name in PAGES else 5)
            good = p95(taken) < LIMIT or name in BESIDE
            failed |= not good
            middle = statistics.median(taken)
            mark = "" if good else f"  p95 under {LIMIT:.0f}: NO"
            print(f"{name:34}{middle:9.2f}{p95(taken):9.2f}{middle / base:9.1f}{size / 1000:8.1f}{mark}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
