"""Lets listings of the demo town wait for approval, as the desk does it: `python -m tests.bench._waiting 5000`."""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from directory.listings.models import Listing  # noqa: E402
from directory.municipalities.models import Municipality  # noqa: E402
from directory.proposals.queries import Question, in_order  # noqa: E402
from directory.providers.actions import ask_for_access  # noqa: E402
from directory.providers.models import Provider  # noqa: E402
from portal.accounts.models import User  # noqa: E402
from portal.demo.actions import quietly  # noqa: E402
from portal.kit.changes import told_together  # noqa: E402

AT_ONCE = 200
REQUESTS_OF = 25  # one in so many is somebody who asks for a page


def main(wanted: int) -> None:
    """Propose changes until `wanted` things wait in Larvik."""
    town = Municipality.objects.get(number="3909")
    staff = User.objects.get(email="larvik@example.org")
    member, _new = User.objects.get_or_create(email="many@example.org", defaults={"name": "Mange Demo"})
    missing = wanted - len(in_order(staff, Question()))
    asking = missing // REQUESTS_OF
    with quietly(), transaction.atomic():
        for number, provider in enumerate(Provider.objects.filter(municipality=town).order_by("pk")[:asking]):
            user, _new = User.objects.get_or_create(email=f"asks{number}@example.org")
            ask_for_access(municipality=town, user=user, provider=provider, at=timezone.now())
    rows = [
        row
        for model in Listing.__subclasses__()
        for row in model.objects.filter(municipality=town, live=True, has_unpublished_changes=False)
    ]
    rows = rows[: missing - asking]
    if len(rows) < missing - asking:
        raise SystemExit(f"Only {len(rows)} listings for {missing} proposals: set BENCH_LISTINGS higher.")
    for start in range(0, len(rows), AT_ONCE):
        with quietly(), transaction.atomic(), told_together():
            for row in rows[start : start + AT_ONCE]:
                row.summary_nb = f"{row.summary_nb or ''} Nytt."[:300]
                row.save_revision(user=member, log_action="wagtail.edit")
                row.get_workflow().start(row, member)
    print(f"{len(in_order(staff, Question()))} wait")


if __name__ == "__main__":
    main(int(sys.argv[1]))
