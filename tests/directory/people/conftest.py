"""The town, its staff and members as for proposals."""

from tests.directory.proposals.conftest import kari, member, provider, staff, town

__all__ = ["kari", "member", "provider", "staff", "town"]
