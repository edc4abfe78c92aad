"""Somebody at the sign-in page, in a process of their own: for a test of limits between processes.

    python -m tests.portal.accounts.limit_process town -            a town, so that there is a page
    python -m tests.portal.accounts.limit_process ask MOMENT        from this moment on, ask for many codes for one address;
                                                                    how many of them were sent

The database is the environment's.
"""

from __future__ import annotations

import json
import os
import sys
import time

import django

ASKED = 15


def town() -> int:
    from tests.factories.directory import default_municipality

    return default_municipality().pk


def ask(moment: float) -> int:
    """Both processes begin at the same moment, each from a network of its own."""
    from django.test import Client

    client = Client(headers={"host": "127.0.0.1:8000", "x-forwarded-for": f"81.0.0.{os.getpid() % 250 + 1}"})
    client.get("/nb/desk/sign-in/")  # what is read once is read
    time.sleep(max(0.0, moment - time.time()))
    answers = [client.post("/nb/desk/sign-in/", {"email": "kari@example.org"}).status_code for _try in range(ASKED)]
    assert set(answers) <= {302, 422}, answers
    return answers.count(302)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    print(json.dumps(town() if sys.argv[1] == "town" else ask(float(sys.argv[2]))))


if __name__ == "__main__":
    main()
