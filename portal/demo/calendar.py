"""What the calendars of the demo towns show beside the sessions: days off, and that only one of the towns uses it."""

from __future__ import annotations

from datetime import date, timedelta

from directory.activities.models import Activity, Session
from directory.activities.rules import planned_days
from directory.listings.models import tell
from directory.municipalities.models import Feature, Municipality
from portal.demo.town import Town

WITH_CALENDAR = "3907"
DAYS_OFF = {(12, 24), (12, 25), (12, 26), (12, 31), (1, 1), (5, 1), (5, 17)}
HALF_A_YEAR = timedelta(days=183)


def add_calendar(municipality: Municipality, town: Town) -> None:
    """Nobody meets on public holidays; one town turns its calendar on."""
    changed = []
    for session in Session.objects.filter(activity__municipality=municipality, date=None).order_by("pk"):
        session.cancelled = [day.isoformat() for day in days_off(session, town.today)]
        if session.cancelled:
            changed.append(session)
    Session.objects.bulk_update(changed, ["cancelled"], batch_size=200)
    tell(Activity, sorted({session.activity_id for session in changed}))
    if municipality.number == WITH_CALENDAR:
        municipality.features = [*municipality.features, Feature.CALENDAR.value]
        municipality.save(update_fields=["features"])


def days_off(session: Session, today: date) -> list[date]:
    """The public holidays of the coming half year on which a session would meet."""
    return [day for day in planned_days(session, today, today + HALF_A_YEAR) if (day.month, day.day) in DAYS_OFF]
