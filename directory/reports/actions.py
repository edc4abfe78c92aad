"""Taking in a visitor's word that something is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from wagtail.log_actions import log

from directory.reports.emails import send_report
from directory.reports.models import ErrorReport
from directory.reports.tokens import use_up
from portal.kit.refusals import refuse_if


@transaction.atomic
def file_report(
    *, listing: Any, topic: str, text: str, lang: str, url: str, request: HttpRequest, token: str, at: datetime
) -> ErrorReport:
    """Keep the report for staff and tell the office, once per token."""
    refuse_if(use_up(request, token, at))
    report = ErrorReport.objects.create(
        municipality=listing.municipality,
        kind=listing.KIND.value,
        listing_id=listing.pk,
        listing_name=str(listing)[:160],
        topic=topic,
        text=text,
        lang=lang,
    )
    send_report(report, url)
    return report


@transaction.atomic
def mark_handled(*, report: ErrorReport, done: bool, by: Any, at: datetime, note: str | None = None) -> None:
    """Take a report out of the queue, or put it back, with a word on what was done. Marked twice, the first stays named.

    Every note stands in the history of the report, with who wrote it.
    """
    report = ErrorReport.objects.select_for_update().get(pk=report.pk)
    is_new_note = note is not None and note != report.note
    if done == (report.handled_at is not None) and not is_new_note:
        return
    if done != (report.handled_at is not None):
        report.handled_at, report.handled_by = (at, by) if done else (None, None)
    if is_new_note:
        report.note = note or ""
    report.save(update_fields=["handled_at", "handled_by", "note"])
    log(report, "report.handle", user=by, content_changed=True, data={"done": done, "note": report.note})
