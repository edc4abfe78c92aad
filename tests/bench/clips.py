"""Clips at the till, on SQLite and PostgreSQL: the bare transaction, `redeem` through the ORM, and over HTTP with two workers.

Ratios are of one run; they are goals, shown and not judged. Over HTTP: 20 clips a second by the clock (time counts from when a
clip was due, so a server that falls behind cannot hide it), then 8 clients, each one clip after the other. At the end every
counter must agree with the journal, and the journal with what was answered.

`DURATION` seconds by the clock (60), `RATE` clips a second (20), `CLIENTS` (8), `BENCH_DATABASES` "sqlite postgresql". Goals hold
for a quiet machine; on one that does something else only errors and counts are judged, and the last line says so.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from queue import Queue
from typing import Any

from tests.bench.search import BASE, environment_in, free_port
from tests.bench.visitors import came_to_rest
from tests.run import postgres

DURATION = float(os.environ.get("DURATION", "60"))
RATE = float(os.environ.get("RATE", "20"))
CLIENTS = int(os.environ.get("CLIENTS", "8"))
DATABASES = os.environ.get("BENCH_DATABASES", "sqlite postgresql").split()
JUDGED = os.environ.get("JUDGE_TIME", "yes") != "no"
CARDS, CLIPS = 1000, 1000
ASKING = 16  # threads that ask by the clock
AGAIN = 20  # one clip in so many is sent twice
LIMIT, LEAST, ORM_SHARE, HTTP_SHARE = 150.0, 60.0, 0.5, 0.25

WAYS = {"bare": "bare transaction", "same": "the statements of redeem", "orm": "redeem through the ORM"}


class Till:
    """A till's connection: uses cards, and keeps how long it took and what went wrong."""

    def __init__(self, port: int, facts: dict[str, Any]) -> None:
        self.port, self.facts = port, facts
        self.taken: list[float] = []
        self.wrong: list[str] = []
        self.counted: set[str] = set()  # marks of what was told to be in the journal
        self.twice = 0

    def use(self, connection: http.client.HTTPConnection, code: str, due: float) -> None:
        question = json.dumps({"key": uuid.uuid4().hex, "code": code, "offer": self.facts["offer"]})
        told = self.ask(connection, question)
        self.taken.append((time.perf_counter() - due) * 1000)
        if told and len(self.taken) % AGAIN == 0:
            self.twice += 1
            again = self.ask(connection, question)
            if again and (again["redemption"], again["left"]) != (told["redemption"], told["left"]):
                self.wrong.append(f"told {told} and then {again}")

    def ask(self, connection: http.client.HTTPConnection, question: str) -> dict[str, Any] | None:
        """What the till is told, or None where something went wrong."""
        headers = {"Authorization": f"Bearer {self.facts['token']}", "Content-Type": "application/json"}
        try:
            connection.request("POST", "/api/v1/till/redeem", question, {"Host": f"127.0.0.1:{self.port}", **headers})
            answer = connection.getresponse()
            said = answer.read()
            if answer.will_close:
                connection.close()
            if answer.status != 200:
                self.wrong.append(f"{answer.status} {said[:120]!r}")
                return None
            told: dict[str, Any] = json.loads(said)
            self.counted.add(told["redemption"])
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            connection.close()
            self.wrong.append(repr(error))
            return None
        return told

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def by_the_clock(self, seconds: float, rate: float) -> None:
        waiting: Queue[tuple[float, str] | None] = Queue()

        def ask() -> None:
            connection = self.connection()
            while (job := waiting.get()) is not None:
                self.use(connection, job[1], job[0])

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(ASKING)]
        for thread in threads:
            thread.start()
        dice, began = random.Random(2), time.perf_counter()
        for number in range(int(seconds * rate)):
            due = began + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            waiting.put((due, dice.choice(self.facts["codes"])))
        for _ in threads:
            waiting.put(None)
        for thread in threads:
            thread.join(120)

    def one_after_the_other(self, seconds: float, clients: int) -> float:
        """Clips a second."""
        before, again, began = len(self.taken), self.twice, time.perf_counter()

        def ask(number: int) -> None:
            connection, dice = self.connection(), random.Random(number)
            while (now := time.perf_counter()) < began + seconds:
                self.use(connection, dice.choice(self.facts["codes"]), now)

        threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (len(self.taken) - before + self.twice - again) / (time.perf_counter() - began)


def beside(environment: dict[str, str], *words: str, told: Any = None) -> Any:
    """What _clips.py answers."""
    command = [sys.executable, "-m", "tests.bench._clips", *words]
    text = json.dumps(told) if told else ""
    done = subprocess.run(command, cwd=BASE, env=environment, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout.strip().rsplit("\n", 1)[-1])


@contextmanager
def served(environment: dict[str, str]) -> Iterator[int]:
    """The site as the README starts it: two workers."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--workers", "2", "--threads", "4", "--keep-alive", "30"]
    command += ["--timeout", "120"]  # until a busy machine has started them
    process = subprocess.Popen([*command, "--bind", f"127.0.0.1:{port}", "--log-level", "error"], cwd=BASE, env=environment)
    try:
        for _ in range(300):
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def run(database: str, environment: dict[str, str]) -> bool:
    """Print the figures of one database; whether they are good enough."""
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=BASE, env=environment, check=True)
    facts = beside(environment, "make", str(CARDS), str(CLIPS))
    idle = JUDGED and came_to_rest(30)
    rates = beside(environment, "rates", str(max(3.0, DURATION / 10)), told=facts)
    before = beside(environment, "check")["uses"]
    with served(environment) as port:
        till = Till(port, facts)
        till.by_the_clock(3, RATE)  # both workers are warm
        warm = len(till.taken)
        till.by_the_clock(DURATION, RATE)
        paced = till.taken[warm:]
        rate = till.one_after_the_other(max(3.0, DURATION / 6), CLIENTS)
    checked = beside(environment, "check")
    bare = rates["bare"]["rate"]
    slow = p99(paced)
    lost = before + len(till.counted) - checked["uses"]
    print(f"\nClips on {database}: {CARDS} cards, {DURATION:g} s at {RATE:g} a second, then {CLIENTS} clients.")
    for name, label in WAYS.items():
        one = rates[name]
        print(f"  {label:26}{one['rate']:8.0f} a second {one['rate'] / bare:6.0%} of bare   p99 {one['p99']:7.1f} ms")
    print(f"  {f'over HTTP, {CLIENTS} clients':26}{rate:8.0f} a second {rate / bare:6.0%} of bare")
    label = f"over HTTP, {RATE:g} a second"
    print(f"  {label:26}  median {statistics.median(paced):.1f}   p99 {slow:.1f}   worst {max(paced):.1f} ms")
    print(
        f"  {len(till.taken)} clips, {till.twice} of them sent twice, {len(till.wrong)} errors; "
        f"{len(till.counted)} told, {lost} fewer in the journal"
    )
    for line in [*till.wrong[:5], *checked["faults"][:5]]:
        print(f"    {line}")
    right = not till.wrong and lost == 0 and len(till.counted) == len(till.taken) and not checked["faults"]
    print(f"  no error, nothing lost or counted twice, every counter as its journal says: {'yes' if right else 'NO'}")
    goals = {
        f"ORM at least {ORM_SHARE:.0%} of bare": rates["orm"]["rate"] >= ORM_SHARE * bare,
        f"HTTP at least {HTTP_SHARE:.0%} of bare": rate >= HTTP_SHARE * bare,
    }
    limits = {f"p99 under {LIMIT:g} ms": slow < LIMIT, f"at least {LEAST:g} a second": rate >= LEAST}
    for goal, kept in (goals | limits).items():
        print(f"  {goal}: {'yes' if kept else 'no'}")
    if not idle:
        why = "the machine did something else when this began. Run it again on a quiet one." if JUDGED else "JUDGE_TIME=no."
        print(f"  NOT JUDGED by time: {why}")
    return right and (all(limits.values()) or not idle)


def p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def main() -> int:
    good = True
    for database in DATABASES:
        with tempfile.TemporaryDirectory(prefix="frittfram-bench-") as folder, started(database) as url:
            environment = environment_in(folder) | {"VAR_DIR": folder} | ({"DATABASE_URL": url} if url else {})
            good &= run(database, environment)
    return int(not good)


def started(database: str) -> Any:
    if database != "postgresql":
        return nullcontext("")
    return nullcontext(ready) if (ready := os.environ.get("BENCH_POSTGRES")) else postgres()


if __name__ == "__main__":
    sys.exit(main())
