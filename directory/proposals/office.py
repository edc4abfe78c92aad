"""The letter that tells the office that something waits: at most one a day, with the first that comes."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import TaskState

from directory.listings.models import Listing
from directory.proposals.queries import listing_of, states
from directory.providers.emails import send
from portal.kit.addresses import address_of
from portal.kit.letters import Block, Button, Facts, Heading, Paragraph


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
