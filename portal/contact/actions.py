"""What other rooms may ask of this one."""

from portal.contact.enquiries.actions import relay
from portal.contact.enquiries.receivers import are_reachable, is_reachable

__all__ = ["are_reachable", "is_reachable", "relay"]
