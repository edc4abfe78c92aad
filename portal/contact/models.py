"""The models of all rooms of this app; each stands in its room."""

from portal.contact.board.models import Notice, NoticeReport
from portal.contact.enquiries.models import Enquiry
from portal.contact.sharing.models import ContactConsent, SharedList
from portal.contact.wishes.models import Wish

__all__ = ["ContactConsent", "Enquiry", "Notice", "NoticeReport", "SharedList", "Wish"]
