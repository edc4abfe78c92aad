"""The ten minutes after a newsletter: 3,000 visitors with five pages each, 25 pages a second, at one gunicorn worker.

Each visitor opens the front page, searches for words, opens two listings and one more page of the site. Pages are asked
for by the clock, whether the server keeps up or not, and the time counts from when the page was due: a server that falls
behind cannot hide it. Four of five listings opened are among the twelve the newsletter tells of, and every fifth address carries
what letters and networks put behind it to know their readers again. Once a minute somebody on the staff saves a listing, so that
pages are made anew as in life. At the end every page must have been counted, too.

`DURATION` seconds (600), `RATE` pages a second (25); `BENCH_VAR_DIR` and `BENCH_LISTINGS` as in search.py. Judged are: no page
fails; what a page costs the processor leaves the worker room at this pace; p95 is under 150 ms. The last only where the
machine came to rest within two minutes before it began: on one that does something else it says nothing about the product, and
the last line says so.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from urllib.parse import urlencode

from tests.bench.pages import listings
from tests.bench.search import BASE, BROWSER, LISTINGS, WORDS, environment_in, free_port, p95, prepare

DURATION = float(os.environ.get("DURATION", "600"))
RATE = float(os.environ.get("RATE", "25"))
PAGES = 5
ASKING = 24  # threads that ask: more wait at once only when the server is seconds behind
LIMIT = 150.0
IN_LETTER = 12
MINUTE = 60.0


def tracked(path: str, dice: random.Random) -> str:
    """Every fifth address as a letter or a network hands it on: with a number for each reader."""
    if dice.random() >= 0.2:
        return path
    mark = f"{dice.getrandbits(40):x}"
    more = dice.choice([{"utm_source": "brev", "utm_medium": "email", "mc_eid": mark}, {"fbclid": mark}])
    return f"{path}{'&' if '?' in path else '?'}{urlencode(more)}"


def visits(dice: random.Random, opened: list[str], more: list[str]) -> Iterator[str]:
    """The pages of visitors, one after the other."""
    while True:
        lang = dice.choices(["nb", "en", "ar", "uk"], [70, 12, 9, 9])[0]
        yield tracked(f"/{lang}/", dice)
        yield tracked(f"/{lang}/find/?{urlencode({'q': dice.choice(WORDS)})}", dice)
        two = (dice.choice(opened[:IN_LETTER] if dice.random() < 0.8 else opened) for _ in range(2))
        for path in (*two, dice.choice(more)):
            yield tracked(path.replace("/nb/", f"/{lang}/", 1), dice)


def press(port: int, paths: Iterator[str], seconds: float) -> tuple[list[float], list[str]]:
    """Ask for pages by the clock: milliseconds of each, and what went wrong."""
    due: Queue[tuple[float, str, int] | None] = Queue()
    taken: list[float] = []
    wrong: list[str] = []

    def ask() -> None:
        connection: http.client.HTTPConnection | None = None
        while (job := due.get()) is not None:
            at, path, cut_off = job
            try:
                # A connection lives as long as a visitor's: five pages and a little more.
                connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                connection.request("GET", path, headers={"Host": f"127.0.0.1:{port}", **BROWSER})
                answer = connection.getresponse()
                answer.read()
                taken.append((time.perf_counter() - at) * 1000)
                if answer.status != 200:
                    wrong.append(f"{answer.status} {path}")
                if answer.will_close:
                    connection.close()
                    connection = None
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # The server closed a connection that lay idle, as it may; a browser asks again on a new one.
                connection = None
                if cut_off > 2:
                    wrong.append(f"cut off: {path}")
                else:
                    due.put((at, path, cut_off + 1))
            except OSError as error:
                wrong.append(f"{type(error).__name__} {path}")
                connection = None

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(ASKING)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    for number in range(int(seconds * RATE)):
        at = began + number / RATE
        time.sleep(max(0.0, at - time.perf_counter()))
        due.put((at, next(paths), 0))
    until = time.perf_counter() + 60
    while len(taken) + len(wrong) < int(seconds * RATE) and time.perf_counter() < until:
        time.sleep(0.1)
    for _ in threads:
        due.put(None)
    if missing := int(seconds * RATE) - len(taken) - len(wrong):
        wrong += ["never answered"] * missing
    return taken, wrong


def serve(application: str, environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """One gunicorn worker as the README starts it; the process and its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"]
    process = subprocess.Popen(
        [*command, "--keep-alive", "30", "--log-level", "error"], cwd=BASE, env={**environment, "PORT": str(port)}
    )
    for _ in range(300):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
            break
        except OSError:
            time.sleep(0.1)
    return process, port


def processor(pid: int) -> float:
    """Processor seconds that gunicorn's worker has used so far."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return 0.0  # not Linux: not measured
    fields = [Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split() for child in children.read_text().split()]
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


# Saves one listing for each line it is given; started beforehand, so that starting Django is no part of the ten minutes.
STAFF = """
import sys
import django; django.setup()
from directory.activities.models import Activity
rows = list(Activity.objects.public().order_by("pk")[:50])
print("ready", flush=True)
for number, _line in enumerate(sys.stdin):
    row = rows[number % len(rows)]
    row.summary_nb = f"{row.summary_nb} ".strip()[:200] + "." * (number % 2)
    row.save()
"""


@contextmanager
def staff(environment: dict[str, str]) -> Iterator[None]:
    """Somebody saves a listing once a minute for the time of the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", STAFF], cwd=BASE, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    over = threading.Event()

    def save() -> None:
        while not over.wait(MINUTE):
            process.stdin.write("\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]

    thread = threading.Thread(target=save, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        process.stdin.close()
        if process.wait(timeout=30):
            raise SystemExit("The staff's saving failed.")


def came_to_rest(seconds: float = 120) -> bool:
    """Whether the machine does nothing else. What has just prepared the run is given some time to fade from the average."""
    until = time.monotonic() + seconds
    while os.getloadavg()[0] >= 1.0:
        if time.monotonic() > until:
            return False
        time.sleep(2)
    return True


def counted(environment: dict[str, str]) -> int:
    """How many views stand in the sums."""
    with sqlite3.connect(Path(environment["VAR_DIR"]) / "db.sqlite3") as database:
        return int(database.execute("SELECT COALESCE(SUM(count), 0) FROM usage_dailysum WHERE what = 'view'").fetchone()[0])


def pages_of_the_site(port: int) -> list[str]:
    """What the front page leads to besides searches: news, support schemes, parts of town …"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/nb/", headers={"Host": f"127.0.0.1:{port}"})
    found = set(re.findall(r'href="(/nb/[^"?#]+)"', connection.getresponse().read().decode()))
    good = []
    for path in sorted(found - {"/nb/", "/nb/find/"}):
        connection.request("GET", path, headers={"Host": f"127.0.0.1:{port}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200 and answer.getheader("Content-Type", "").startswith("text/html"):
            good.append(path)
    connection.close()
    return good


def run(environment: dict[str, str]) -> int:
    """Print what happened; the exit code says whether it was good enough."""
    idle = came_to_rest()
    bare, port = serve("tests.bench._bare:application", environment)
    try:
        press(port, iter(lambda: "/", ""), 2)
        plain, _wrong = press(port, iter(lambda: "/", ""), min(10.0, DURATION))
    finally:
        bare.terminate()
        bare.wait()

    site, port = serve("portal.wsgi", environment)
    try:
        dice = random.Random(1)
        opened = [path for kind in ("activity", "provider", "place") for path in listings(port, kind, dice, 100)]
        dice.shuffle(opened)
        more = pages_of_the_site(port)
        press(port, visits(dice, opened, more), 2)  # its caches are warm, as those of a site in use
        time.sleep(7)
        before = counted(environment)
        with staff(environment):
            used = processor(site.pid)
            taken, wrong = press(port, visits(dice, opened, more), DURATION)
            used = processor(site.pid) - used
    finally:
        site.terminate()  # writes what it has counted and not written yet
        site.wait()
    pages = len(taken)
    seen = counted(environment) - before
    each = used * 1000 / max(pages, 1)
    room = 1000 / RATE
    print(f"\nVisitors: {RATE:g} pages a second for {DURATION:g} s, {LISTINGS} listings, one worker. Milliseconds.")
    print(f"  {'bare Django view':24} median {statistics.median(plain):8.1f}   p95 {p95(plain):8.1f}")
    print(f"  {'pages':24} median {statistics.median(taken):8.1f}   p95 {p95(taken):8.1f}   slowest {max(taken):8.1f}")
    print(f"  {pages} pages ({pages // PAGES} visitors), {len(wrong)} errors, {seen} counted")
    print(f"  processor {each:.1f} ms a page, of {room:.0f} there are: {'enough' if each < room else 'TOO MUCH'}")
    kept = p95(taken) < LIMIT
    print(f"  p95 under {LIMIT:.0f}: {'yes' if kept else 'NO'}")
    if not idle:
        print("  NOT JUDGED: the machine did something else when this began, so p95 says nothing. Run it again on a quiet one.")
    for line in wrong[:10]:
        print(f"    {line}")
    return int(bool(wrong) or each >= room or seen != pages or (idle and not kept))


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="frittfram-bench-") as folder:
        environment = environment_in(folder)
        prepare(environment)
        return run(environment)


if __name__ == "__main__":
    sys.exit(main())
