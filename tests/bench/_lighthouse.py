"""`make lighthouse`: the demo town's front page, results and a listing judged by Lighthouse, the median of five runs each.

Mobile preset. Installs Lighthouse below var/ and starts the demo by itself; needs a Chromium. Not a part of the tests:
the score of speed depends on the machine.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from portal.frontend.node import wheel

BASE = Path(__file__).resolve().parent.parent.parent
VERSION = "13.5.0"
RUNS = int(os.environ.get("LIGHTHOUSE_RUNS", "5"))
PORT = os.environ.get("PORT", "8093")
KINDS = ("performance", "accessibility", "best-practices", "seo")
WANTED = {"performance": 98, "accessibility": 100, "best-practices": 100}
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"


def installed(folder: Path) -> Path:
    """Lighthouse's command, installed below `folder` when it is not there."""
    command = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not command.exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        subprocess.run(
            [node(), str(npm), "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", "--silent",
             f"lighthouse@{VERSION}"],
            check=True,
        )  # fmt: skip
    return command


def node() -> str:
    return str(wheel() / "bin" / "node")


def scores(command: Path, address: str) -> dict[str, float]:
    """One run: each category's score from 0 to 100, and the largest paint in seconds."""
    out = subprocess.run(
        [node(), str(command), address, "--quiet", "--no-enable-error-reporting", "--output=json",
         f"--only-categories={','.join(KINDS)}", f"--chrome-flags={FLAGS}"],
        check=True, capture_output=True, text=True, env={**os.environ, "CHROME_PATH": shutil.which("chromium") or ""},
    ).stdout  # fmt: skip
    report = json.loads(out)
    found = {kind: 100 * (report["categories"][kind]["score"] or 0) for kind in KINDS}
    return found | {"paint": report["audits"]["largest-contentful-paint"]["numericValue"] / 1000}


def listing_address(root: str) -> str:
    with urllib.request.urlopen(f"{root}/api/v1/search?kind=activity&sort=name") as response:
        return root + str(json.load(response)["results"][0]["url"])


def main() -> int:
    command = installed(BASE / "var" / "lighthouse")
    root = f"http://127.0.0.1:{PORT}"
    demo = subprocess.Popen(
        [sys.executable, "-m", "portal.demo.run"], cwd=BASE, env={**os.environ, "PORT": PORT}, stdout=subprocess.DEVNULL
    )
    try:
        for _try in range(600):
            try:
                urllib.request.urlopen(f"{root}/healthz").close()
                break
            except OSError:
                time.sleep(0.5)
        pages = {"home": f"{root}/nb/", "results": f"{root}/nb/find/?q=tur&free=1", "listing": listing_address(root)}
        pages["listing, ar"] = pages["listing"].replace("/nb/", "/ar/")
        print(f"Lighthouse {VERSION}, mobile preset, median of {RUNS}")
        print(f"{'':14}{''.join(f'{kind:>16}' for kind in KINDS)}   largest paint")
        missed = 0
        for name, address in pages.items():
            runs = [scores(command, address) for _run in range(RUNS)]
            median = {kind: statistics.median(run[kind] for run in runs) for kind in runs[0]}
            missed += any(median[kind] < least for kind, least in WANTED.items())
            print(f"{name:14}{''.join(f'{median[kind]:16.0f}' for kind in KINDS)}{median['paint']:14.1f} s", flush=True)
        return 1 if missed else 0
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
