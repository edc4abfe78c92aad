"""Who may offer, and who may decide about what is offered. Read from the rows each time it is asked; the default is no."""

from __future__ import annotations

from typing import Any

from directory.municipalities.models import Municipality, StaffRole
from directory.providers.models import Membership, Provider
from directory.providers.permissions import has_role


def may_offer(user: Any, provider: Provider) -> bool:
    """Those who keep a provider's page also write what it offers."""
    return has_role(user, provider)


def keeps_till(user: Any, provider: Provider) -> bool:
    """Those who keep a provider's page, or its till."""
    return has_role(user, provider, Membership.Role.EDITOR, Membership.Role.TILL)


def is_coordinator(user: Any, municipality: Municipality) -> bool:
    """Coordinators of the municipality, and who runs the installation."""
    if not getattr(user, "is_active", False) or user.pk is None:
        return False
    role = StaffRole.objects.filter(user=user, municipality=municipality, role=StaffRole.Role.COORDINATOR)
    return bool(user.is_superuser) or role.exists()


def may_decide(user: Any, municipality: Municipality, provider: Provider) -> bool:
    """Coordinators, but about nothing that a provider offers whose page they keep themselves; a service of the municipality's
    own (its swimming pool) has nobody else. `None` is the system: commands and what runs by the clock.
    """
    if user is None:
        return True
    if not is_coordinator(user, municipality):
        return False
    return provider.kind == Provider.ProviderKind.MUNICIPAL or not may_offer(user, provider)
