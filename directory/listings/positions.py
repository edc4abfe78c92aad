"""Where a listing is, as far as its address tells without asking anybody.

A new address gives the middle of its postcode at once; the queue finds the exact address later
(directory/geography/tasks.py). Precision is kept, so that nobody is shown a guess as a fact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from directory.geography.postcodes import postcode
from directory.listings.kinds import Precision

if TYPE_CHECKING:
    from directory.listings.models import Listing


def follow_address(listing: Listing) -> bool:
    """Give `listing` the position of its address if the address is another than the one it was found for.

    Does not save. Returns whether anything was changed.
    """
    address = listing.address_line[:300]
    if address == listing.located_for:
        return False
    found = postcode(listing.postcode)
    listing.lat, listing.lon = (found.lat, found.lon) if found else (None, None)
    listing.precision = Precision.POSTCODE if found else ""
    listing.located_for = address
    return True
