"""Where nothing is looked for, the index of listings is not written, which is half of what making one costs, nor the framework's
of pages and pictures; nor is its index of what refers to what, where nothing asks for that.

In a room that looks for nothing, a test that does has the mark `indexed`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from modelsearch import signal_handlers
from modelsearch.tasks import insert_or_update_object_task
from wagtail.signal_handlers import reference_index_auto_update_disabled

from portal.kit.changes import listing_changed
from search.apps import index_listings

TESTS = Path(__file__).resolve().parent
RECEIVER = "search: index listings"
#: Rooms that look for no listing, and what in them does. Never one that walks through the tables: what is not written there
#: cannot be found there.
SILENT = (
    *("cards", "directory", "portal/accounts", "portal/contact", "portal/desk", "portal/handing", "portal/helping"),
    *("portal/newsletters", "portal/theme", "portal/till", "portal/wallet"),
)
LOOKING = (
    *("cards/offers/test_offering.py", "directory/freshness/test_clock.py", "directory/merging", "directory/test_listings.py"),
    *("directory/sources/test_real_lists.py", "portal/contact/test_wishes.py", "portal/accounts/test_sessions.py"),
    *("portal/newsletters/test_html.py", "portal/newsletters/test_release.py", "portal/newsletters/test_subscriptions.py"),
    *("portal/till/test_state.py", "cards/programmes/test_tags.py", "cards/test_season.py"),
)
#: Rooms that ask what refers to a picture or a row.
REFERRING = ("portal/privacy", "portal/leaving", "portal/pages", "pages", "journeys")


class Unwritten:
    """Stands where the framework's index is written."""

    @staticmethod
    def enqueue(*_which: str) -> None:
        """Write nothing."""


def switch(item: pytest.Item) -> None:
    """Before anything is made for a test or for its file."""

    def is_in(rooms: tuple[str, ...]) -> bool:
        return any(item.path.is_relative_to(TESTS / room) for room in rooms)

    reference_index_auto_update_disabled.value = not is_in(REFERRING)
    if is_in(SILENT) and not is_in(LOOKING) and not item.get_closest_marker("indexed"):
        listing_changed.disconnect(dispatch_uid=RECEIVER)
        signal_handlers.insert_or_update_object_task = Unwritten
    else:
        listing_changed.connect(index_listings, dispatch_uid=RECEIVER)
        signal_handlers.insert_or_update_object_task = insert_or_update_object_task
