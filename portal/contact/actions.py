"""What other rooms may ask of this one."""

from portal.contact.enquiries.actions import relay

__all__ = ["relay"]
