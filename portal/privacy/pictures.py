"""Pictures that somebody sent in from the desk and that no page shows any more.

Every picture from the desk is stored under the municipality's number (portal/desk/editing/pictures.py); what staff put into their
library stands under names of its own, may wait there for its page, and is theirs to take away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from wagtail.images.models import Image
from wagtail.models import ReferenceIndex, Revision

from portal.privacy.deeds import listings

UNUSED = timedelta(days=30)
FROM_THE_DESK = r"(^|/)[0-9]{4}(_[A-Za-z0-9]+)?\.(jpg|png)$"
AT_A_TIME = 200


def erase_unused_pictures(at: datetime) -> int:
    """Erase pictures from the desk, with their files, that no page, no draft and nothing that waits for approval names."""
    rows = Image.objects.filter(created_at__lt=at - UNUSED, file__regex=FROM_THE_DESK)
    used = _used()
    count = 0
    for image in rows.exclude(pk__in=used).order_by("pk")[:AT_A_TIME]:
        if not ReferenceIndex.get_references_to(image).exists():
            image.delete()
            count += 1
    return count


def _used() -> set[int]:
    """Pictures of listings as they are public, as they were written last, and as they wait."""
    found: set[int] = set()
    for model in listings():
        names = [one.name for one in model._meta.concrete_fields if one.related_model is Image]
        for name in names:
            found |= set(model._default_manager.exclude(**{name: None}).values_list(f"{name}_id", flat=True))
        kept = Q(pk__in=model._default_manager.exclude(latest_revision=None).values("latest_revision"))
        kept |= Q(pk__in=model._default_manager.exclude(live_revision=None).values("live_revision"))
        kept |= Q(task_states__status="in_progress") | ~Q(approved_go_live_at=None)
        content_type = ContentType.objects.get_for_model(model)
        revisions = Revision.objects.filter(kept, base_content_type=content_type)
        for name in names:
            found |= {pk for pk in revisions.values_list(f"content__{name}", flat=True) if isinstance(pk, int)}
    return found
