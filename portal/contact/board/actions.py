"""Putting up, changing and taking down notices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from wagtail.log_actions import log

from directory.agencies.models import Agency
from directory.municipalities.models import District, Municipality
from directory.providers.models import Provider
from portal.contact import office
from portal.contact.board.models import Notice, NoticeReport
from portal.contact.board.rules import MOST_UP, NoticeRefusal, why_not_until
from portal.contact.enquiries.rules import holds_personal_number
from portal.kit.refusals import refuse_if

#: So long after it came down a notice is kept; then it is gone with its reports.
KEPT = timedelta(days=90)
PUT_UP, CHANGE, CLOSE, REMOVE, REPORT = (f"notice.{deed}" for deed in ("put_up", "change", "close", "remove", "report"))


@transaction.atomic
def save_notice(
    *,
    municipality: Municipality,
    by: Any,
    at: datetime,
    said: dict[str, Any],
    lang: str,
    provider: Provider | None,
    agency: Agency | None,
    notice: Notice | None = None,
) -> Notice:
    """A new notice, or a changed one. `said`: kind, title, text, district, until."""
    refuse_if(why_not_until(said["until"], timezone.localdate(at)))
    if holds_personal_number(said["title"], said["text"]):
        refuse_if(NoticeRefusal.PERSONAL_NUMBER)
    is_new = notice is None
    if notice is None:
        up = Notice.objects.hanging().filter(municipality=municipality, author=by).count()
        refuse_if(NoticeRefusal.MANY if up >= MOST_UP else None)
        notice = Notice(municipality=municipality, author=by, created_at=at)
    else:
        notice = Notice.objects.select_for_update().get(pk=notice.pk)
        refuse_if(NoticeRefusal.OVER if notice.removed_at else None)
        notice.closed_at = None  # a changed notice hangs again
    district: District | None = said.get("district")
    notice.kind, notice.title, notice.text = said["kind"], said["title"], said["text"]
    notice.district, notice.until, notice.lang = district, said["until"], lang
    notice.provider, notice.agency, notice.changed_at = provider, agency, at
    notice.save()
    log(notice, PUT_UP if is_new else CHANGE, user=by)
    return notice


@transaction.atomic
def close_notice(*, notice: Notice, by: Any, at: datetime) -> bool:
    """Its owner takes it down. Twice does nothing."""
    done = Notice.objects.filter(pk=notice.pk, closed_at=None, removed_at=None).update(closed_at=at)
    if done:
        log(notice, CLOSE, user=by)
    return bool(done)


@transaction.atomic
def remove_notice(*, notice: Notice, by: Any, reason: str, at: datetime) -> bool:
    """Staff take it down, with a reason that its owner reads. Of two who do, one does."""
    done = Notice.objects.filter(pk=notice.pk, removed_at=None).update(removed_at=at, removed_by=by, removed_reason=reason)
    if done:
        notice.refresh_from_db()
        log(notice, REMOVE, user=by)
    return bool(done)


@transaction.atomic
def put_back(*, notice: Notice, by: Any) -> bool:
    """Staff hang it up again."""
    done = (
        Notice.objects.filter(pk=notice.pk).exclude(removed_at=None).update(removed_at=None, removed_by=None, removed_reason="")
    )
    if done:
        notice.refresh_from_db()
        log(notice, CHANGE, user=by)
    return bool(done)


def report_notice(*, notice: Notice, by: Any, text: str, at: datetime) -> bool:
    """A member tells staff about a notice, once."""
    try:
        with transaction.atomic():
            NoticeReport.objects.create(notice=notice, user=by, text=text, created_at=at)
            office.tell_of_reported(notice.municipality, notice.title)
    except IntegrityError:
        return False
    return True


def forget_notices(at: datetime) -> int:
    """By the clock: what has been down for 90 days is gone. Does no harm twice."""
    before = at - KEPT
    over = Notice.objects.filter(until__lt=timezone.localdate(before))
    down = Notice.objects.filter(closed_at__lt=before) | Notice.objects.filter(removed_at__lt=before)
    rows = list({*over.values_list("pk", flat=True), *down.values_list("pk", flat=True)})
    Notice.objects.filter(pk__in=rows).delete()
    return len(rows)
