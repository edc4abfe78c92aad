"""Passing an enquiry on, from the queue. One task for each receiver, so that trying again sends nobody a second letter."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from portal.contact.enquiries.emails import letter_for
from portal.contact.enquiries.models import Enquiry, EnquiryState
from portal.contact.enquiries.receivers import receivers_of
from portal.kit.mail import hand_over


@task()
def pass_on(*, enquiry_id: int, tag: str) -> None:
    """Send it to one receiver. A failure leaves the task FAILED, and the sweep tries again; after a day staff are told."""
    related = ("municipality__site", "provider", "from_provider", "to_user", "notice__agency")
    enquiry = Enquiry.objects.filter(pk=enquiry_id).select_related(*related).first()
    if enquiry is None or enquiry.erased_at or enquiry.state != EnquiryState.OPEN:
        return
    receiver = next((one for one in receivers_of(enquiry) if one.tag == tag), None)
    if receiver is None:  # has left since, or letters come back: whoever is left has a task of their own
        return
    if not hand_over(letter_for(enquiry, receiver)):
        return  # nobody is at the address: it is written down, and staff are told after a day
    Enquiry.objects.filter(pk=enquiry.pk, relayed_at=None).update(relayed_at=timezone.now())
