"""The admin asks nobody outside."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from directory.municipalities.models import Municipality


def test_admin_names_nobody_outside(desk: Client, town: Municipality) -> None:
    """No gravatar, no update check, no news of Wagtail: what the browser loads by itself is ours."""
    for address in (
        "/cms/",
        reverse("our-site-edit", args=[town.pk]),
        reverse("our-site-menu", args=[town.pk]),
        "/cms/images/",
        "/cms/account/",
    ):
        response = desk.get(address, follow=True)
        assert response.status_code == 200, address
        body = response.content.decode()
        loaded = re.findall(r'<(?:script|link|img|iframe|source|video|audio)\b[^>]*?\b(?:src|href|srcset)="([^"]+)"', body)
        assert loaded, address
        assert [found for found in loaded if re.match(r"(?:[a-z]+:)?//", found)] == [], address
        assert "gravatar" not in body.lower(), address
