"""Front page, results and listing pages at 20,000 listings over HTTP: SQLite, one gunicorn worker, beside a bare Django view.

Each page is made anew, as for the first visitor who asks for it; the last line is the front page as the next ones get it.

`BENCH_VAR_DIR` keeps the database for the next run; `BENCH_LISTINGS` and `BENCH_REQUESTS` change how much.
"""

from __future__ import annotations

import http.client
import json
import random
import statistics
import sys
import tempfile
from urllib.parse import quote, urlencode

from tests.bench.search import LISTINGS, REQUESTS, WORDS, environment_in, heavy, measure, p95, prepare, served

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


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="frittfram-bench-") as folder:
        environment = environment_in(folder)
        prepare(environment)
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
        pages = {
            "home": ["/nb/"] * REQUESTS,
            "home, Arabic": ["/ar/"] * REQUESTS,
            "results, all": ["/nb/find/"] * REQUESTS,
            "results, one word": [f"/nb/find/?{urlencode({'q': dice.choice(WORDS)})}" for _ in range(REQUESTS)],
            "results, words, 2 filters, distance": [f"/nb/find/?{heavy(dice)}" for _ in range(REQUESTS)],
            **{f"listing, {kind}": listings(port, kind, dice, REQUESTS) for kind in ("activity", "provider", "place", "support")},
            "home, kept": ["/nb/"] * REQUESTS,
        }
        for name, paths in pages.items():
            kept = name.endswith("kept")
            measure(port, paths[:3], kept)
            taken, size = measure(port, paths, kept)
            good = p95(taken) < LIMIT
            failed |= not good
            middle = statistics.median(taken)
            mark = "" if good else f"  p95 under {LIMIT:.0f}: NO"
            print(f"{name:34}{middle:9.2f}{p95(taken):9.2f}{middle / base:9.1f}{size / 1000:8.1f}{mark}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
