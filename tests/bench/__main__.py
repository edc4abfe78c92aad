"""`make bench [WHAT="search imports"]`: run the benchmarks, one after the other, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LONG = {"visitors"}  # ten minutes: `make nightly` runs it, `make bench WHAT=visitors` too
FOLDER = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    all_names = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_") and path.stem != "ground")
    if unknown := set(names) - set(all_names):
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(all_names)}.")
        return 2
    codes = [
        subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False).returncode
        for name in names or [n for n in all_names if n not in LONG]
    ]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
