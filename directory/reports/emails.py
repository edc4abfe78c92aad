"""The letter that brings a visitor's report to the coordinator's office."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from directory.reports.models import ErrorReport
from portal.kit.mail import send_letter


def send_report(report: ErrorReport, url: str) -> None:
    """Tell the municipality, in its own first language, that something on a page is said to be wrong."""
    municipality = report.municipality
    if not municipality.contact_email:
        return
    with translation.override(municipality.languages[0]):
        body = "\n\n".join(
            filter(
                None,
                [
                    f"{report.listing_name}\n{url}",
                    str(report.get_topic_display()),
                    report.text,
                    _("You find it among the error reports in the staff pages."),
                ],
            )
        )
        send_letter(
            subject=_("Error report: %(name)s") % {"name": report.listing_name}, body=body, to=[municipality.contact_email]
        )
