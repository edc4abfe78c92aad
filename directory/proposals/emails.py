"""Letters about proposals, instead of Wagtail's: to who sent one, in their language.

Wagtail tells of every decision by a signal, also of those made on its own screens, so the letters are its receivers.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin import signal_handlers
from wagtail.admin.mail import Notifier
from wagtail.models import TaskState, WorkflowState
from wagtail.signals import task_submitted, workflow_approved, workflow_rejected, workflow_submitted

from directory.listings.differences import labels
from directory.listings.models import Listing
from directory.municipalities.models import StaffRole
from directory.proposals.office import first_of_the_day
from directory.proposals.queries import Answered, answered, listing_of
from directory.providers.emails import desk_of, lang_of, send
from directory.providers.models import Membership, Provider
from portal.kit.addresses import address_of
from portal.kit.letters import Block, Button, Facts, Heading, Paragraph

RECEIVERS = (
    (task_submitted, TaskState, "group_approval_task_submitted_email_notification", "task_submission_email_notifier"),
    (workflow_submitted, WorkflowState, "workflow_state_submitted_email_notification", "workflow_submission_email_notifier"),
    (workflow_rejected, WorkflowState, "workflow_state_rejected_email_notification", "workflow_rejection_email_notifier"),
    (workflow_approved, WorkflowState, "workflow_state_approved_email_notification", "workflow_approval_email_notifier"),
)


def connect() -> None:
    """Put our letters in the place of Wagtail's. Wagtail's connects its own under these names; ours are kept out of its way."""
    for signal, sender, uid, name in RECEIVERS:
        signal.disconnect(sender=sender, dispatch_uid=uid)
        theirs = NotForListings(getattr(signal_handlers, name))
        signal.connect(theirs, sender=sender, dispatch_uid=uid, weak=False)
    workflow_approved.connect(approved, sender=WorkflowState, dispatch_uid="letter: approved")
    workflow_rejected.connect(sent_back, sender=WorkflowState, dispatch_uid="letter: sent back")
    task_submitted.connect(first_of_the_day, dispatch_uid="letter: first of the day")


class NotForListings:
    """One of Wagtail's letters, for pages only."""

    def __init__(self, notifier: Notifier) -> None:
        self.notifier = notifier

    def __call__(self, instance: Any = None, **kwargs: Any) -> Any:
        state = instance.workflow_state if isinstance(instance, TaskState) else instance
        return False if listing_of(state) else self.notifier(instance=instance, **kwargs)


def receivers_of(state: WorkflowState, listing: Listing, decided_by: Any) -> list[Any]:
    """Who is told what was decided: who wrote the newest version, unless that was staff; else who asked first.

    It concerns those who keep the page: where the sender has left, each who keeps it now is told instead. Staff's own work
    needs no letter.
    """
    revision = state.current_task_state.revision if state.current_task_state else None
    newest = listing.latest_revision.user if listing.latest_revision_id else None
    staff = set(StaffRole.objects.filter(municipality=listing.municipality_id).values_list("user", flat=True))
    wrote = [user for user in (newest, revision.user if revision else None, state.requested_by) if user is not None]
    senders = [user for user in wrote if user.pk not in staff and not user.is_superuser]
    if not senders and state.requested_by is not None:
        return []
    editors = editors_of(listing)
    found = next((user for user in senders if user in editors), None)
    return [user for user in ([found] if found else editors) if user != decided_by]


def editors_of(listing: Any) -> list[Any]:
    """Who may edit a listing by the desk now: the active editors of its provider, each once."""
    provider = listing.pk if isinstance(listing, Provider) else getattr(listing, "provider_id", None)
    rows = Membership.objects.filter(provider=provider, role=Membership.Role.EDITOR, user__is_active=True)
    return [row.user for row in rows.select_related("user").order_by("pk")]


def approved(instance: WorkflowState, user: Any = None, **kwargs: Any) -> None:
    """What you sent is published."""
    listing = listing_of(instance)
    for receiver in receivers_of(instance, listing, user) if listing else ():
        tell_approved(listing, receiver)


def tell_approved(listing: Any, receiver: Any) -> None:
    """The letter to one of them."""
    municipality = listing.municipality

    def write() -> tuple[str, list[Block]]:
        subject = _("Approved: %(name)s") % {"name": listing}
        page = address_of(municipality.site) + listing.get_absolute_url()
        blocks: list[Block] = [
            Heading(_("What you sent is published"), level=1),
            Paragraph(_("%(town)s has approved the changes of “%(name)s”.") % {"town": municipality.name, "name": listing}),
        ]
        if changed_by_staff(listing):
            blocks.append(Paragraph(_("The municipality has mended something before publishing. You see it on your pages.")))
        if listing.is_public:
            blocks.append(Button(_("See the page"), page))
        blocks.append(Button(_("To my pages"), desk_of(municipality), quiet=listing.is_public))
        return subject, blocks

    send(municipality=municipality, to=receiver.email, lang=lang_of(receiver, municipality), write=write)


def changed_by_staff(listing: Listing) -> bool:
    """Whether the version that was published is one of staff's."""
    revision = listing.get_latest_revision()
    if revision is None or revision.user is None:
        return False
    of_staff = StaffRole.objects.filter(municipality=listing.municipality_id, user=revision.user)
    return bool(revision.user.is_superuser) or of_staff.exists()


def sent_back(instance: WorkflowState, user: Any = None, **kwargs: Any) -> None:
    """What you sent has to be changed, and why."""
    listing = listing_of(instance)
    if listing is None or instance.current_task_state is None:
        return
    said = answered(instance.current_task_state)
    for receiver in receivers_of(instance, listing, user):
        tell_sent_back(listing, receiver, said)


def tell_sent_back(listing: Any, receiver: Any, said: Answered) -> None:
    """The letter to one of them."""
    municipality = listing.municipality

    def write() -> tuple[str, list[Block]]:
        subject = _("Please change: %(name)s") % {"name": listing}
        asks = _("%(town)s has looked at what you sent about “%(name)s”, and asks you to change something.")
        blocks: list[Block] = [
            Heading(_("Something has to be changed"), level=1),
            Paragraph(asks % {"town": municipality.name, "name": listing}),
        ]
        if said.text:
            blocks.append(Paragraph(said.text))
        if said.remarks:
            titles = labels(type(listing), said.remarks)
            blocks.append(Facts([(titles[name], remark) for name, remark in said.remarks.items()]))
        blocks += [
            Paragraph(_("All you wrote is kept. What residents see has not changed.")),
            Button(_("Change it and send it again"), desk_of(municipality)),
        ]
        return subject, blocks

    send(municipality=municipality, to=receiver.email, lang=lang_of(receiver, municipality), write=write)
