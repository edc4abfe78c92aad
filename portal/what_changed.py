"""What of public pages changed between two stamps (portal/stamps.py): the addresses of listings, or that it may be anything.

A listing is indexed anew in the transaction that changes it, with a higher number, so those above the earlier stamp's number
are what changed. A page shows one of them if it links to it or is it: every card and every mention is a link.
"""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils.translation import override
from wagtail.models import ModelLogEntry

from cards.offers.models import Offer, ProviderAgreement
from directory.listings.models import Listing
from directory.municipalities.models import TenantLogEntry
from search.models import SearchDoc, SearchRemoval

MOST = 20  # more changes at once: an import, and it may be anything


def what_changed(before: str, after: str) -> tuple[bytes, ...] | None:
    """The addresses, without language, of listings that changed; None where anything may have.

    Anything may have, if the index was made anew, a day or a site page is another, more than listings was edited, a listing
    is gone, or many changed. A listing that is new stands on no page yet.
    """
    old, new = before.split("|"), after.split("|")
    if len(old) != len(new) or len(old) != 6:
        return None
    epoch, last, pages, models, tenants, day = zip(old, new, strict=True)
    if any(was != now for was, now in (epoch, pages, day)) or _beside_listings(models, tenants):
        return None
    first, until = int(last[0]), int(last[1])
    changed = list(SearchDoc.objects.filter(seq__gt=first, seq__lte=until).values_list("kind", "slug")[: MOST + 1])
    earlier = SearchRemoval.objects.filter(removed__lte=first, at__gt=first, at__lte=until).count()
    if len(changed) > MOST or earlier > len(changed):
        return None
    with override("nb"):
        return tuple(reverse(kind, args=[slug]).removeprefix("/nb").encode() for kind, slug in changed)


def _beside_listings(models: tuple[str, str], tenants: tuple[str, str]) -> bool:
    """Whether staff have done anything else than working on listings, or on offers: an offer's listings are indexed with it."""
    told = (*Listing.__subclasses__(), Offer, ProviderAgreement)
    kinds = [found.pk for found in ContentType.objects.get_for_models(*told).values()]
    for log, (was, now) in ((ModelLogEntry, models), (TenantLogEntry, tenants)):
        if was != now and log.objects.filter(pk__gt=_number(was), pk__lte=_number(now)).exclude(content_type__in=kinds).exists():
            return True
    return False


def _number(said: str) -> int:
    return 0 if said == "None" else int(said)
