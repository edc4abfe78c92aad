"""Front page, results and listing pages at 20,000 listings over HTTP: SQLite, one gunicorn worker, beside a bare Django view.

Each page is made anew, as for the first visitor who asks for it. What the front page and the calendar keep between visitors lasts
until a listing changes: "after a change" is the first visitor after each, the lines above it those that follow. The last line is
the front page given again as it was.

`BENCH_VAR_DIR` keeps the database for the next run; `BENCH_LISTINGS` and `BENCH_REQUESTS` change how much.
"""

from __future__ import annotations

import http.client
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode

from tests.bench.search import BASE, LISTINGS, REQUESTS, WORDS, environment_in, heavy, measure, p95, prepare, served

LIMIT = 150.0  # milliseconds at p95, on a quiet machine


def ask(port: int, path: str) -> dict[str, object]:
    """An answer of the API."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Host": f"127.0.0.1:{port}"})
    found: dict[str, object] = json.loads(connection.getresponse().read())
    connection.close()
    return found


def listings(port: int, kind: str, dice: random.Random, many: int) -> list[str]:
    """Addresses of listings of one kind, spread over all there are."""
    pages = int(str(ask(port, f"/api/v1/search?kind={kind}")["pages"]))
    found: list[str] = []
    for _ in range(-(-many // 20)):
        answer = ask(port, f"/api/v1/search?kind={kind}&page={dice.randint(1, pages)}")
        found += [quote(row["url"], safe="/%") for row in answer["results"]]  # type: ignore[attr-defined]
    return found[:many]


# One visitor a minute meets the first; a file is fetched by programs once a day; a month with 20,000 listings is a long page.
AFTER_A_CHANGE = ", after a change"
TIMED_ONLY = ("calendar, month", "calendar file")


def changed(environment: dict[str, str]) -> None:
    """The index says that a listing has changed, as after each save."""
    with sqlite3.connect(Path(environment["VAR_DIR"]) / "db.sqlite3", timeout=30) as database:
        database.execute("UPDATE search_searchstate SET last_seq = last_seq + 1")


def with_calendar(environment: dict[str, str]) -> None:
    """The calendar is on; the menu leads to it."""
    turn_on = (
        "from directory.municipalities.models import Feature, Municipality\n"
        "for row in Municipality.objects.all():\n"
        "    row.features = sorted({*row.features, Feature.CALENDAR.value}); row.save()"
    )
    subprocess.run([sys.executable, "manage.py", "shell", "--no-imports", "-c", turn_on], cwd=BASE, env=environment, check=True)


def district_paths(port: int) -> list[str]:
    """The parts of town that have most in them."""
    facets: dict[str, list[dict[str, object]]] = ask(port, "/api/v1/search")["facets"]  # type: ignore[assignment]
    most = sorted(facets["district"], key=lambda row: -int(str(row["count"])))
    return [f"/nb/districts/{row['value']}/" for row in most[:3]]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="frittfram-bench-") as folder:
        environment = environment_in(folder)
        prepare(environment)
        with_calendar(environment)
        return run(environment)


def run(environment: dict[str, str]) -> int:
    """Print the table; the exit code says whether the limit was kept."""
    print(f"\nPages: {LISTINGS} listings, SQLite, one worker, over HTTP, {REQUESTS} requests each. Milliseconds.")
    print(f"{'':34}{'median':>9}{'p95':>9}{'× bare':>9}{'kB':>8}")
    failed = False
    with served("tests.bench._bare:application", environment) as bare_port, served("portal.wsgi", environment) as port:
        measure(bare_port, ["/"] * 50)
        bare, _size = measure(bare_port, ["/"] * REQUESTS)
        base = statistics.median(bare)
        print(f"{'bare Django view':34}{base:9.2f}{p95(bare):9.2f}{1.0:9.1f}")
        dice = random.Random(1)
        district_paths_found = district_paths(port)
        few = max(20, REQUESTS // 10)
        pages = {
            "home": ["/nb/"] * REQUESTS,
            "home, Arabic": ["/ar/"] * REQUESTS,
            "results, all": ["/nb/find/"] * REQUESTS,
            "results, one word": [f"/nb/find/?{urlencode({'q': dice.choice(WORDS)})}" for _ in range(REQUESTS)],
            "results, words, 2 filters, distance": [f"/nb/find/?{heavy(dice)}" for _ in range(REQUESTS)],
            **{f"listing, {kind}": listings(port, kind, dice, REQUESTS) for kind in ("activity", "provider", "place", "support")},
            "part of town": [path for _ in range(REQUESTS) for path in district_paths_found][:REQUESTS],
            "calendar, week": ["/nb/calendar/"] * REQUESTS,
            "calendar, month": [f"/nb/calendar/?month={date.today():%Y-%m}"] * REQUESTS,
            **{
                name + AFTER_A_CHANGE: [path] * few
                for name, path in {
                    "home": "/nb/",
                    "part of town": district_paths_found[0],
                    "calendar, month": f"/nb/calendar/?month={date.today():%Y-%m}",
                }.items()
            },
            "calendar file": ["/nb/calendar.ics"] * few,
            "home, kept": ["/nb/"] * REQUESTS,
        }
        for name, paths in pages.items():
            kept = name.endswith("kept")
            before = (lambda: changed(environment)) if name.endswith(AFTER_A_CHANGE) else None
            measure(port, paths[:3], kept)
            taken, size = measure(port, paths, kept, before)
            good = p95(taken) < LIMIT or name.endswith(AFTER_A_CHANGE) or name in TIMED_ONLY
            failed |= not good
            middle = statistics.median(taken)
            mark = "" if good else f"  p95 under {LIMIT:.0f}: NO"
            print(f"{name:34}{middle:9.2f}{p95(taken):9.2f}{middle / base:9.1f}{size / 1000:8.1f}{mark}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
