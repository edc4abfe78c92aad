"""10,000 spreadsheet rows into an empty town, the same again, and undone: SQLite, search index and all, through the command.

`BENCH_ROWS` changes how many there are.
"""

from __future__ import annotations

import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent.parent
ROWS = int(os.environ.get("BENCH_ROWS", "10000"))
LIMIT = 60.0  # seconds for 10,000 rows, of which a quarter make an activity at a place too
HEADINGS = ["Forening", "Postnr", "Adresse", "Kategori", "Aktivitet", "Sted", "Alder", "Gratis", "Når", "Beskrivelse", "E-post"]
WORDS = [
    "Fjell",
    "Dal",
    "Sjø",
    "Havn",
    "Skog",
    "Elv",
    "Bekk",
    "Tun",
    "Berg",
    "Nes",
    "Vik",
    "Strand",
    "Hage",
    "Torg",
    "Bro",
    "Eng",
]
SET_UP = """
import django; django.setup()
from directory.listings.actions import give_labels
from directory.municipalities.actions import set_up_municipality
larvik = set_up_municipality(number="3909", name="Larvik", host="larvik.localhost", lat=59.05, lon=10.03)
give_labels(municipality=larvik)
"""
UNDO = """
import django; django.setup()
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions
run = ImportRun.objects.filter(made__gt=0).first()
actions.start(run, from_=["done"], to="undoing")
actions.undo_run(run=run)
from directory.providers.models import Provider
assert not Provider.objects.exists()
"""


def write_list(path: Path) -> None:
    """A town's list of associations, the same every time."""
    dice = random.Random(1)
    with path.open("w", encoding="cp1252", newline="") as file:
        sheet = csv.writer(file, delimiter=";")
        sheet.writerow(HEADINGS)
        for n in range(ROWS):
            name = f"{dice.choice(WORDS)}{dice.choice(WORDS).lower()} {dice.choice(WORDS).lower()}{dice.choice(WORDS).lower()}"
            meets = n % 4 == 0
            sheet.writerow(
                [
                    f"{name} {dice.choice(['IL', 'kor', 'korps', 'forening', 'turlag'])} {n}",
                    dice.choice(["3256", "3290", "3280", "3264"]),
                    f"Storgata {n}",
                    dice.choice(["Kultur", "Idrett", "1"]),
                    "Trening" if meets else "",
                    f"Hallen {n % 300}" if meets else "",
                    dice.choice(["6-12 år", "alle", "voksne"]),
                    dice.choice(["ja", "nei"]),
                    "Tirsdager kl. 18-19.30" if meets else "",
                    "Vi møtes og har det fint sammen. " * 8,
                    f"post{n}@example.org",
                ]
            )


def processor() -> float:
    """Processor seconds of everything this process has started and seen the end of."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Print the table; the exit code says whether the limit was kept."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "VAR_DIR": folder,
            "GEOCODER_URL": "none",
            "DEBUG": "no",
        }
        environment.pop("DATABASE_URL", None)
        sheet = Path(folder) / "liste.csv"
        write_list(sheet)

        def run(*arguments: str) -> tuple[float, float]:
            """Seconds on the clock and seconds of the processor: on a busy machine only the second says something."""
            began, used = time.perf_counter(), processor()
            subprocess.run([sys.executable, *arguments], cwd=BASE, env=environment, check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - began, processor() - used

        run("manage.py", "migrate", "-v0")
        run("-c", SET_UP)
        bare = run("manage.py", "check", "-v0")
        figures = [
            ("first import, search index and all", run("manage.py", "import_listings", str(sheet), "--municipality", "3909")),
            ("the same list again", run("manage.py", "import_listings", str(sheet), "--municipality", "3909")),
            ("undone", run("-c", UNDO)),
        ]
    print(f"\nImport of {ROWS} rows, SQLite (starting Python and Django alone: {bare[0]:.1f} s)")
    for what, (seconds, cpu) in figures:
        print(f"  {what:<36} {seconds:7.1f} s   {ROWS / seconds:7.0f} rows/s   processor {cpu:6.1f} s")
    kept = figures[0][1][0] < LIMIT * ROWS / 10_000
    print(f"  limit for the first: {LIMIT * ROWS / 10_000:.0f} s, {'kept' if kept else 'NOT KEPT'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
