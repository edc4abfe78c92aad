"""A newsletter to 10,000 through a mail server on this machine that really speaks SMTP: how many messages a second.

`BENCH_RECEIVERS` changes how many there are, `BENCH_WORKERS` how many processes send.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

BASE = Path(__file__).resolve().parent.parent.parent
RECEIVERS = int(os.environ.get("BENCH_RECEIVERS", "10000"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "1"))
LEAST = 100.0  # messages a second, rendered and handed over
COMMAND = [sys.executable, "-m", "tests.portal.newsletters.worker_process"]


class Counts:
    """A post office that counts and throws away."""

    def __init__(self) -> None:
        self.messages = 0
        self.bytes = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.messages += 1
        self.bytes += len(envelope.content)
        return "250 taken"


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Print the table; the exit code says whether the limit was kept."""
    office = Counts()
    door = Controller(office, hostname="127.0.0.1", port=free_port())
    door.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            environment = {
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "portal.settings",
                "VAR_DIR": folder,
                "EMAIL_URL": f"smtp://127.0.0.1:{door.port}",
                "GEOCODER_URL": "none",
                "DEBUG": "no",
            }
            if "BENCH_DATABASE_URL" in os.environ:
                environment["DATABASE_URL"] = os.environ["BENCH_DATABASE_URL"]
            else:
                environment.pop("DATABASE_URL", None)

            def run(*arguments: str) -> str:
                done = subprocess.run(
                    [*arguments],
                    cwd=BASE,
                    env=environment,
                    check=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
                return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

            run(sys.executable, "manage.py", "migrate", "-v", "0")  # takes longer than the rest
            began = time.perf_counter()
            letter = run(*COMMAND, "fill", str(RECEIVERS))
            made = time.perf_counter() - began
            used = processor()
            processes = [
                subprocess.Popen([*COMMAND, "work", letter], cwd=BASE, env=environment, stdout=subprocess.PIPE)
                for _n in range(WORKERS)
            ]
            told = [json.loads((process.communicate()[0] or b"{}").splitlines()[-1]) for process in processes]
            used = processor() - used
            seconds = max(row["seconds"] for row in told)
            states = {state: len(rows) for state, rows in json.loads(run(*COMMAND, "told", letter)).items()}
    finally:
        door.stop()
    rate = office.messages / seconds
    print(f"A newsletter to {RECEIVERS:,}, {WORKERS} worker(s), {office.bytes / office.messages / 1000:.1f} kB a message")
    print(f"  released (editions, {RECEIVERS:,} rows; with starting Python)  {made:7.1f} s")
    print(f"  rendered and handed over                          {seconds:7.1f} s   {rate:6.0f} messages/s (least {LEAST:.0f})")
    print(f"  processor of the workers, with starting Python     {used:7.1f} s   {office.messages / used:6.0f} messages/s")
    print(f"  taken by the mail server: {office.messages:,}   states: {states}")
    kept = rate >= LEAST and office.messages == RECEIVERS and states == {"sent": RECEIVERS}
    print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


def processor() -> float:
    """Processor seconds of everything this process has started and seen the end of."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
