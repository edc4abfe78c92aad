"""Who may act on what at a provider. Read from the rows each time it is asked; nothing is remembered."""

from __future__ import annotations

from typing import Any

from directory.providers.models import Membership, Provider


def has_role(user: Any, provider: Provider, *roles: str) -> bool:
    """Whether somebody has one of the roles at a provider now; with none named, editor."""
    if not getattr(user, "is_active", False) or user.pk is None:
        return False
    wanted = roles or (Membership.Role.EDITOR,)
    return Membership.objects.filter(user=user, provider=provider, role__in=wanted).exists()
