"""The way from a listing's page to whoever stands behind it."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from portal.contact.enquiries.receivers import is_reachable

register = template.Library()


@register.simple_tag
def write_href(listing: Any) -> str:
    """Where one writes to the provider of a listing; empty where nobody can be reached, or in a preview without an address."""
    if not listing.slug or not is_reachable(listing):
        return ""
    return reverse(f"{listing.KIND.value}-write", args=[listing.slug])
