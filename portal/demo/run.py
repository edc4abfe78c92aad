"""`make demo`: database, demo town, background worker and site, all in the foreground until Ctrl-C.

One process sets up and then minds two children: gunicorn and the worker of the queue. When one ends, or
somebody presses Ctrl-C, both are ended.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

BASE = Path(__file__).resolve().parent.parent.parent


class Stopped(Exception):
    """Somebody asked the demo to end."""


def stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def port_is_free(port: int) -> bool:
    """Whether nobody listens on the port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def set_up() -> None:
    """Tables, texts and the demo town; quick when they are there."""
    import django
    from django.core.management import call_command

    from portal.catalogues import compile_missing

    compile_missing()
    django.setup()
    print("Setting up the database …", flush=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("demo_town", verbosity=0)


def answers(address: str) -> bool:
    """Whether the site answers at `address`."""
    try:
        with urllib.request.urlopen(address, timeout=5) as response:  # noqa: S310  (our own loopback address)
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def wait_for(process: subprocess.Popen[bytes], address: str, seconds: int = 60) -> bool:
    """Wait until the site answers; False when it ended or never did."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        if answers(address):
            return True
        time.sleep(0.2)
    return False


def how_to_sign_in(port: int) -> str:
    """One-time links for the people of the demo town."""
    from portal.accounts.links import one_time_link, why_no_links
    from portal.accounts.models import User
    from portal.demo.people import SIGN_IN

    if why := why_no_links():
        return f"  {why.label}"
    lines = []
    for email, who in SIGN_IN:
        user = User.objects.filter(email=email).first()
        if user:
            lines.append(f"  {who:<34} {one_time_link(user)}")
    return "\n".join(lines)


def main() -> int:
    port = int(os.environ.get("PORT") or 8000)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{port}")
    os.environ.setdefault("GEOCODER_URL", "none")  # the demo asks nobody outside
    os.chdir(BASE)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if not port_is_free(port):
        print(f"Port {port} is taken. Start the demo on another: make demo PORT={port + 1}")
        return 1
    children: list[subprocess.Popen[bytes]] = []
    try:
        set_up()
        gunicorn = [
            sys.executable,
            "-m",
            "gunicorn",
            "portal.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "2",
            "--threads",
            "4",
        ]
        quiet = ["--log-level", "warning", "--timeout", "120"]
        # Each child leads a group of its own, so that Ctrl-C reaches this process alone and it ends them in order.
        children.append(subprocess.Popen([*gunicorn, *quiet], start_new_session=True))
        worker = [sys.executable, "manage.py", "worker", "--queue-name", "*", "--no-reload", "--interval", "2"]
        children.append(subprocess.Popen([*worker, "-v", "0"], start_new_session=True))
        if not wait_for(children[0], f"http://127.0.0.1:{port}/healthz"):
            print("The site did not start; the reason stands above.")
            return 1
        print(
            f"""
Frittfram is running.

  Larvik            http://127.0.0.1:{port}/
  Sandefjord        http://sandefjord.localhost:{port}/
  Porsgrunn         http://porsgrunn.localhost:{port}/
  Staff screens     http://127.0.0.1:{port}/cms/

Sign in by a link that works once (another: PORT={port} .venv/bin/python manage.py sign_in_link ADDRESS):
{how_to_sign_in(port)}

Or as anybody does, by a code:  http://127.0.0.1:{port}/nb/desk/sign-in/
The letters of this demo:       http://127.0.0.1:{port}/demo/mail/

Ctrl-C ends it.""",
            flush=True,
        )
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
        print("A part of the demo has ended; ending the rest.")
        return 1
    except Stopped:
        print("\nEnding …", flush=True)
        return 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end(children)


def end(children: list[subprocess.Popen[bytes]]) -> None:
    """End the children in order, the ones that do not listen by force."""
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(timeout=8)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


if __name__ == "__main__":
    sys.exit(main())
