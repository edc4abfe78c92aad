"""What cannot be said in one line of retention.toml. Each deed may be run as often as one likes; it gives the rows it touched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q
from django.db.models.functions import Coalesce
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from wagtail.models import Revision

from directory.agencies.models import AgencyRole
from directory.listings.models import Listing
from directory.municipalities.models import StaffRole
from directory.providers.models import AccessRequest, Membership
from directory.sources.models import ImportedListing, ImportRow, ImportRun
from directory.sources.spreadsheets.actions import erase_file
from portal.accounts.models import User

#: Whom one asks for: what a listing says about persons.
CONTACT = ("contact_name", "phone", "email", "first_contact_name", "first_contact_phone", "first_contact_email")
AT_A_TIME = 200

IDLE = timedelta(days=730)
HISTORY = timedelta(days=730)
GONE = timedelta(days=365)
SHEET_FILE = timedelta(days=30)
SHEET_ROWS = timedelta(days=365)
TASK_DONE = timedelta(days=2)
TASK_FAILED = timedelta(days=30)


def erase_idle_people(at: datetime) -> int:
    """Accounts without any role that nobody has signed in to for two years: nothing is left that they are for."""
    from portal.privacy.erasing import erase

    rows = User.objects.annotate(seen=Coalesce("last_login", "date_joined")).filter(
        ~Exists(Membership.objects.filter(user=OuterRef("pk"))),
        ~Exists(AgencyRole.objects.filter(user=OuterRef("pk"))),
        ~Exists(StaffRole.objects.filter(user=OuterRef("pk"))),
        ~Exists(AccessRequest.objects.filter(user=OuterRef("pk"), state=AccessRequest.State.WAITING)),
        seen__lt=at - IDLE,
        is_superuser=False,
    )
    count = 0
    for user in rows.order_by("pk")[:AT_A_TIME]:
        erase(user, at=at, by=None)
        count += 1
    return count


def listings() -> list[type[Listing]]:
    """The models of listings."""
    return sorted(Listing.__subclasses__(), key=lambda model: model.__name__)


def blank_contacts_of_gone(at: datetime) -> int:
    """Contact persons of pages that have been closed or hidden for a year: nobody is going to ask them."""
    count = 0
    for model in listings():
        names = [name for name in CONTACT if any(field.name == name for field in model._meta.concrete_fields)]
        gone = Q(delisted_at__lt=at - GONE) | Q(hidden_at__lt=at - GONE)
        held = Q()
        for name in names:
            held |= ~Q(**{name: ""})
        pks = list(model._default_manager.filter(gone & held).values_list("pk", flat=True))
        for start in range(0, len(pks), AT_A_TIME):
            some = pks[start : start + AT_A_TIME]
            with transaction.atomic():
                model._default_manager.filter(pk__in=some).update(**dict.fromkeys(names, ""))
                for revision in _revisions_of(model, some):
                    if _without_contact(revision.content):
                        Revision.objects.filter(pk=revision.pk).update(content=revision.content)
        count += len(pks)
    return count


def _revisions_of(model: type[Model], pks: list[int]) -> Iterator[Revision]:
    content_type = ContentType.objects.get_for_model(model)
    rows = Revision.objects.filter(base_content_type=content_type, object_id__in=[str(pk) for pk in pks])
    yield from rows.iterator(chunk_size=AT_A_TIME)


def thin_drafts(at: datetime) -> int:
    """Old versions of a page stay, so that one can see what changed, but without the persons that stood on it.

    The version that is public, the newest, and those that wait for approval or for their hour keep what they have.
    """
    count = 0
    for model in listings():
        content_type = ContentType.objects.get_for_model(model)
        current = model._default_manager.values("latest_revision")
        live = model._default_manager.values("live_revision")
        rows = (
            Revision.objects.filter(base_content_type=content_type, created_at__lt=at - HISTORY, approved_go_live_at=None)
            .exclude(pk__in=current.exclude(latest_revision=None))
            .exclude(pk__in=live.exclude(live_revision=None))
            .exclude(task_states__status="in_progress")
        )
        held = Q()
        for name in CONTACT[:3]:
            held |= ~Q(**{f"content__{name}": ""})
        for name in CONTACT[3:] if model.__name__ == "Activity" else ():
            held |= ~Q(**{f"content__{name}": ""})
        for revision in rows.filter(held).order_by("pk").iterator(chunk_size=AT_A_TIME):
            if _without_contact(revision.content):
                Revision.objects.filter(pk=revision.pk).update(content=revision.content)
                count += 1
    return count


def _without_contact(content: Any) -> bool:
    """Empty the contact columns of a draft; whether there was anything in them."""
    found = False
    for name in CONTACT:
        if isinstance(content, dict) and content.get(name):
            content[name] = ""
            found = True
    return found


def thin_imports(at: datetime) -> int:
    """Sheets that were sent in: the file goes after a month, the rows as they were read after a year.

    What an import last wrote into a listing stays as long as the listing: by it the next import knows what is its own. Older
    notes of it, and those of listings that are gone, go with the rows.
    """
    count = 0
    for run in ImportRun.objects.exclude(stored_as="").filter(created_at__lt=at - SHEET_FILE).exclude(state__in=ImportRun.BUSY):
        erase_file(run)
        count += 1
    old = ImportRun.objects.filter(created_at__lt=at - SHEET_ROWS).exclude(state__in=ImportRun.BUSY)
    ImportRun.objects.filter(pk__in=old.values("pk")).exclude(samples={}, above=[]).update(samples={}, above=[])
    held = ImportRow.objects.filter(run__in=old.values("pk")).exclude(cells={}, name="", problems=[])
    count += held.update(cells={}, name="", problems=[])
    newer = ImportedListing.objects.filter(kind=OuterRef("kind"), object_id=OuterRef("object_id"), pk__gt=OuterRef("pk"))
    count += ImportedListing.objects.filter(Exists(newer), run__in=old.values("pk")).delete()[0]
    for model in listings():
        gone = ImportedListing.objects.filter(kind=model.KIND).exclude(object_id__in=model._default_manager.values("pk"))
        count += gone.filter(at__lt=at - SHEET_ROWS).delete()[0]
    return count


def prune_tasks(at: datetime) -> int:
    """Work of the queue that is done, or that no worker has ended: letters stand in it, with who got them."""
    done = Q(status=TaskResultStatus.SUCCESSFUL, finished_at__lt=at - TASK_DONE)
    failed = Q(status=TaskResultStatus.FAILED, finished_at__lt=at - TASK_FAILED)
    stuck = Q(status=TaskResultStatus.RUNNING, started_at__lt=at - TASK_FAILED)
    return DBTaskResult.objects.filter(done | failed | stuck).delete()[0]
