"""Searching 20,000 listings over HTTP: SQLite, one gunicorn worker, beside a Django view that does nothing.

`BENCH_VAR_DIR` keeps the database for the next run; `BENCH_LISTINGS` changes how many there are.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

BASE = Path(__file__).resolve().parent.parent.parent
LISTINGS = int(os.environ.get("BENCH_LISTINGS", "20000"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "300"))
WORDS = [
    "fotball",
    "svømming",
    "kor",
    "dans",
    "turgruppe",
    "håndball",
    "språkkafé",
    "yoga",
    "sjakk",
    "barn",
    "ungdom",
    "korps",
    "kafé",
]
CATEGORIES = ["idrett-og-fysisk-aktivitet", "kunst-og-kultur", "natur-og-friluftsliv", "rekreasjon-og-sosiale-foreninger"]
# As a browser asks, so that visits are counted and answers packed.
BROWSER = {"Accept-Encoding": "gzip", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
MADE_ANEW = {"Cookie": "made=anew"}  # a page for somebody with a cookie is never one that was kept
LIMITS = {"API": 60.0, "page": 150.0}  # milliseconds at p95, for the heaviest question


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(application: str, environment: dict[str, str]) -> Iterator[int]:
    """One gunicorn worker for the time of the block; gives its port."""
    port = free_port()
    command = ["gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "2", "--log-level", "error"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command[:1], *command[1:]], cwd=BASE, env={**environment, "PORT": str(port)}
    )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def heavy(dice: random.Random) -> str:
    """Words, two filters, all facets, nearest first."""
    where = f"{59.05 + dice.uniform(-0.05, 0.05):.5f},{10.03 + dice.uniform(-0.1, 0.1):.5f}"
    words = dice.choice(WORDS) + dice.choice(["", "", " barn"])
    filters = dice.sample([("category", dice.choice(CATEGORIES)), ("free", 1), ("weekday", dice.randint(1, 5)), ("age", 10)], 2)
    return urlencode([("q", words), *filters, ("near", where), ("within", 30), ("sort", "distance")])


QUESTIONS = {
    "words, 2 filters, distance": heavy,
    "browse": lambda dice: urlencode({"page": dice.randint(1, 40)}),
    "one word": lambda dice: urlencode({"q": dice.choice(WORDS)}),
    "misspelt": lambda dice: urlencode({"q": dice.choice(["fobtall", "svømmign", "hånball", "sjkak", "språkafe"])}),
    "by name": lambda dice: urlencode({"q": dice.choice(WORDS), "sort": "name"}),
}


def measure(port: int, paths: list[str], kept: bool = False, before: Callable[[], None] | None = None) -> tuple[list[float], int]:
    """Milliseconds for each address, over one connection, and the bytes of the last answer.

    Every page is made anew, unless `kept` allows those that were kept for the next visitor. `before` each one is not measured.
    """
    headers = {"Host": f"127.0.0.1:{port}", **BROWSER, **({} if kept else MADE_ANEW)}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken, size = [], 0
    for path in paths:
        if before is not None:
            before()
        started = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        size = len(answer.read())
        taken.append((time.perf_counter() - started) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{answer.status} for {path}")
    connection.close()
    return taken, size


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def prepare(environment: dict[str, str]) -> None:
    """A demo town and as many listings as are missing."""

    def manage(*args: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *args], cwd=BASE, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip().rsplit("\n", 1)[-1]

    manage("migrate", "--verbosity", "0")
    manage("demo_town")
    count = "from search.models import SearchDoc; print(SearchDoc.objects.count())"
    missing = LISTINGS - int(manage("shell", "--no-imports", "-c", count))
    if missing > 0:
        print(manage("make_listings", str(missing)))
    started = time.perf_counter()
    print(manage("rebuild_search"), f"({time.perf_counter() - started:.0f} s)")


def environment_in(folder: str) -> dict[str, str]:
    """What the servers and commands are started with; the folder is not used where one is kept."""
    return {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "VAR_DIR": os.environ.get("BENCH_VAR_DIR", folder),
        "SITE_URL": "http://127.0.0.1:8000",
        "GEOCODER_URL": "none",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="frittfram-bench-") as folder:
        environment = environment_in(folder)
        prepare(environment)
        return run(environment)


def run(environment: dict[str, str]) -> int:
    print(f"\nSearch: {LISTINGS} listings, SQLite, one worker, over HTTP, {REQUESTS} requests each. Milliseconds.")
    print(f"{'':34}{'median':>9}{'p95':>9}{'× bare':>9}{'kB':>8}")
    failed = False
    with served("tests.bench._bare:application", environment) as bare_port, served("portal.wsgi", environment) as port:
        measure(bare_port, ["/"] * 50)
        bare, _size = measure(bare_port, ["/"] * REQUESTS)
        base = statistics.median(bare)
        print(f"{'bare Django view':34}{base:9.2f}{p95(bare):9.2f}{1.0:9.1f}")
        measure(port, ["/api/v1/search?q=fotball", "/nb/find/?q=fotball"])
        for name, question in QUESTIONS.items():
            for label, path in (("API", "/api/v1/search?"), ("page", "/nb/find/?")):
                dice = random.Random(1)
                taken, size = measure(port, [path + question(dice) for _ in range(REQUESTS)])
                limit = LIMITS[label] if question is heavy else None
                mark = "" if limit is None else f"  p95 under {limit:.0f}: {'yes' if p95(taken) < limit else 'NO'}"
                failed |= "NO" in mark
                middle = statistics.median(taken)
                print(f"{label + ', ' + name:34}{middle:9.2f}{p95(taken):9.2f}{middle / base:9.1f}{size / 1000:8.1f}{mark}")
        taken, size = measure(port, ["/api/v1/points?" + heavy(random.Random(n)) for n in range(REQUESTS // 3)])
        middle = statistics.median(taken)
        print(f"{'API, points':34}{middle:9.2f}{p95(taken):9.2f}{middle / base:9.1f}{size / 1000:8.1f}")
        answer, _size = measure(port, ["/api/v1/points?zoom=10"] * 10)
        print(f"{'API, all points in clusters':34}{statistics.median(answer):9.2f}{p95(answer):9.2f}")
    print(json.dumps({"bare_ms": round(base, 3)}))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
