"""Letters about proposals, instead of Wagtail's: to who sent one, in their language; and to the office, at most one a day.

Wagtail tells of every decision by a signal, also of those made on its own screens, so the letters are its receivers.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin import signal_handlers
from wagtail.admin.mail import Notifier
from wagtail.models import TaskState, WorkflowState
from wagtail.signals import task_submitted, workflow_approved, workflow_rejected, workflow_submitted

from directory.listings.differences import labels
from directory.listings.models import Listing
from directory.municipalities.models import StaffRole
from directory.proposals.queries import answered, states
from directory.providers.emails import desk_of, lang_of, send
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


def listing_of(state: WorkflowState) -> Any:
    """The listing a workflow is about; None for a page."""
    model: Any = state.base_content_type.model_class()
    if model is None or not issubclass(model, Listing):
        return None
    # Read anew: what the workflow holds may be older than what has just been published.
    return model.objects.select_related("municipality__site", "latest_revision__user").filter(pk=state.object_id).first()


def receiver_of(state: WorkflowState, listing: Listing, decided_by: Any) -> Any:
    """Who sent what was decided: who wrote the newest version, unless that was staff; then who asked first."""
    revision = state.current_task_state.revision if state.current_task_state else None
    newest = listing.latest_revision.user if listing.latest_revision_id else None
    staff = set(StaffRole.objects.filter(municipality=listing.municipality_id).values_list("user", flat=True))
    for user in (newest, revision.user if revision else None, state.requested_by):
        if user is not None and user.pk not in staff and not user.is_superuser:
            return user if user.is_active and user != decided_by else None
    return None


def approved(instance: WorkflowState, user: Any = None, **kwargs: Any) -> None:
    """What you sent is published."""
    listing = listing_of(instance)
    receiver = receiver_of(instance, listing, user) if listing else None
    if receiver is None:
        return
    municipality = listing.municipality

    def write() -> tuple[str, list[Block]]:
        subject = _("Approved: %(name)s") % {"name": listing}
        page = address_of(municipality.site) + listing.get_absolute_url()
        blocks: list[Block] = [
            Heading(_("What you sent is published"), level=1),
            Paragraph(_("%(town)s has approved the changes of “%(name)s”.") % {"town": municipality.name, "name": listing}),
        ]
        if changed_by_staff(listing, receiver):
            blocks.append(Paragraph(_("The municipality has mended something before publishing. You see it on your pages.")))
        if listing.is_public:
            blocks.append(Button(_("See the page"), page))
        blocks.append(Button(_("To my pages"), desk_of(municipality), quiet=listing.is_public))
        return subject, blocks

    send(municipality=municipality, to=receiver.email, lang=lang_of(receiver, municipality), write=write)


def changed_by_staff(listing: Listing, sender: Any) -> bool:
    """Whether the version that was published is another one's than the sender's."""
    revision = listing.get_latest_revision()
    return revision is not None and revision.user_id not in (None, sender.pk)


def sent_back(instance: WorkflowState, user: Any = None, **kwargs: Any) -> None:
    """What you sent has to be changed, and why."""
    listing = listing_of(instance)
    receiver = receiver_of(instance, listing, user) if listing else None
    if receiver is None or instance.current_task_state is None:
        return
    municipality, said = listing.municipality, answered(instance.current_task_state)

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


def first_of_the_day(instance: TaskState, **kwargs: Any) -> None:
    """The office learns that something waits, once a day: with the first that comes."""
    listing = listing_of(instance.workflow_state)
    if listing is None or not listing.municipality.contact_email:
        return
    municipality = listing.municipality
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(instance.started_at), time.min))
    earlier = TaskState.objects.filter(started_at__gte=midnight, workflow_state__workflow=municipality.workflow_id)
    if earlier.exclude(pk=instance.pk).exists():
        return
    waiting = sum(
        states(model).filter(row__in=model.objects.filter(municipality=municipality).values("pk")).count()
        for model in Listing.__subclasses__()
    )

    def write() -> tuple[str, list[Block]]:
        return _("Something waits for approval"), [
            Heading(_("Something waits for approval"), level=1),
            Facts([(_("Came in now"), str(listing)), (_("Waiting in all"), str(waiting + 1))]),
            Button(_("Open the queue"), address_of(municipality.site) + reverse("proposals")),
            Paragraph(_("You get this letter at most once a day.")),
        ]

    send(municipality=municipality, to=municipality.contact_email, lang=municipality.languages[0], write=write)
