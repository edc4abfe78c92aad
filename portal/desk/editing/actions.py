"""What a provider does with its own words: keep, send, take back, discard; begin something new; take last season up again.

keep ──▶ a draft (a revision) that nobody sees        what is published stays as it is
  send ──▶ the municipality's approval, or public at once for those it trusts
    take_back ──▶ a draft again                        discard ──▶ what is published, once more
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import ProtectedError, TextChoices
from django.utils.translation import gettext_lazy as _
from modeltranslation.translator import translator
from wagtail.log_actions import log
from wagtail.models import TaskState, WorkflowState

from directory.activities.models import Activity, Session
from directory.listings.differences import contents
from directory.listings.kinds import ConfirmedAs, Source
from directory.providers.models import Provider
from portal.desk.editing.states import approval_of
from portal.kit.refusals import Refused, refuse_if
from portal.kit.wording import digest

ONE_SITTING = timedelta(hours=2)  # so long a person's draft is written over instead of being kept beside the last one
MOST_LISTINGS = 400  # of one provider: a school has fewer; more is a program
MOST_SESSIONS = 120


class Why(TextChoices):
    """Why something of one's own cannot be changed or sent now."""

    WAITING = "waiting", _("This waits for the municipality. Take it back to change more.")
    MOVED = "moved", _("This has been changed since you opened the page. Look at it once more, and send it then.")
    NOTHING = "nothing", _("Nothing has been changed.")
    NAMELESS = "nameless", _("It needs a name first.")
    NO_SUMMARY = "no-summary", _("Say in one sentence what it is.")
    NO_CATEGORY = "no-category", _("Choose at least one category, so that people find it.")
    NO_ALT = "no-alt", _("Say what the picture shows, for those who cannot see it.")
    NOT_WAITING = "not-waiting", _("This does not wait for the municipality.")
    NEVER_OUT = "never-out", _("This page has never been public: there is nothing to go back to.")
    MANY = "many", _("You have very many pages already. Ask the municipality.")
    CLOSED = "closed", _("This page is closed. Ask the municipality to open it again first.")
    NEEDED = "needed", _("Something stands on this page, such as an offer for the activity card. Close that first.")
    NO_OFFICE = "no-office", _("Nobody can receive this yet. Write to the municipality.")


def draft_of(listing: Any) -> Any:
    """The newest words: of the draft where there is one, else the row as it is."""
    if not listing.has_unpublished_changes or listing.latest_revision_id is None:
        return listing
    draft = listing.get_latest_revision_as_object()
    draft.municipality = listing.municipality
    return draft


def _locked(listing: Any) -> Any:
    """The row, held until the transaction ends."""
    row = type(listing).objects.select_for_update(of=("self",)).get(pk=listing.pk)
    row.municipality = listing.municipality
    return row


def held(listing: Any) -> Any:
    """The row as it stands now, held until the transaction ends. A draft that is to be kept is read from it: of two who write at
    the same moment, the second one writes on what the first has kept."""
    row = _locked(listing)
    if not isinstance(row, Provider):
        row.provider = listing.provider
    return row


def why_not_change(approval: WorkflowState | None, listing: Any) -> Why | None:
    """Whether the words of a listing may be changed now: staff approve what they have looked at."""
    if approval is not None and approval.status == WorkflowState.STATUS_IN_PROGRESS:
        return Why.WAITING
    return Why.CLOSED if listing.delisted_at else None


@transaction.atomic
def keep(*, draft: Any, by: Any, at: datetime) -> None:
    """Keep what has been written so far. In one sitting it is written over; what others or staff have seen is not.

    The draft was read from the row that is `held`.
    """
    row = _locked(draft)
    refuse_if(why_not_change(approval_of(row), row))
    newest = row.latest_revision
    again = (
        newest is not None
        and row.has_unpublished_changes
        and newest.user_id == by.pk
        and newest.created_at > at - ONE_SITTING
        and newest.pk != row.live_revision_id
        and not TaskState.objects.filter(revision=newest).exists()
    )
    draft.latest_revision = newest
    # Each step has checked its own answers; a fault an import left elsewhere must not stop somebody from mending another thing.
    draft.save_revision(user=by, clean=False, log_action="wagtail.edit", overwrite_revision=newest if again else None)


def why_not_send(draft: Any) -> Why | None:
    """What a page lacks before anybody should look at it."""
    first = draft.municipality.languages[0]
    if not (getattr(draft, f"name_{first}", "") or "").strip():
        return Why.NAMELESS
    if not (getattr(draft, f"summary_{first}", "") or "").strip():
        return Why.NO_SUMMARY
    if not draft.categories.all():
        return Why.NO_CATEGORY
    return Why.NO_ALT if draft.image_id and not (getattr(draft, f"image_alt_{first}", "") or "").strip() else None


def mark_of(draft: Any) -> str:
    """What tells a draft from what it was or will be. Its number does not: in one sitting a revision is written over."""
    content = draft.serializable_data()
    said = {one.name: content.get(one.name) for one in contents(type(draft))}
    return digest(json.dumps(said, cls=DjangoJSONEncoder, sort_keys=True))


@transaction.atomic
def send(*, listing: Any, by: Any, at: datetime, seen: str | None = None) -> bool:
    """Hand a draft in; whether it became public at once. Pressed twice, it is handed in once.

    `seen` is the mark of the words that somebody looked over: others are not sent for them.
    """
    row = _locked(listing)
    approval = approval_of(row)
    if approval is not None and approval.status == WorkflowState.STATUS_IN_PROGRESS:
        return False
    refuse_if(why_not_change(approval, row))
    refuse_if(Why.MOVED if seen is not None and seen != mark_of(draft_of(row)) else None)
    if row.live and not row.has_unpublished_changes:
        refuse_if(None if approval else Why.NOTHING)
    draft = draft_of(row)
    refuse_if(why_not_send(draft))
    if row.latest_revision_id is None or not row.has_unpublished_changes:
        draft.save_revision(user=by, clean=False)
        row.refresh_from_db()
    provider = row if isinstance(row, Provider) else row.provider
    if provider.publishes_at_once:
        if approval is not None:
            approval.cancel(user=by)
        row.latest_revision.publish(user=by, skip_permission_checks=True)
        type(row).objects.get(pk=row.pk).confirm(by=by, as_=ConfirmedAs.PROVIDER, at=at)
        return True
    if approval is not None:
        approval.resume(by)
        return False
    workflow = row.get_workflow()
    if workflow is None:
        raise Refused(Why.NO_OFFICE)
    workflow.start(row, by)
    return False


@transaction.atomic
def take_back(*, listing: Any, by: Any) -> None:
    """Take back what waits for the municipality: it is a draft again."""
    row = _locked(listing)
    approval = approval_of(row)
    if approval is None:
        raise Refused(Why.NOT_WAITING)
    approval.cancel(user=by)


@transaction.atomic
def discard(*, listing: Any, by: Any) -> bool:
    """Throw the draft away: what is published is all there is. What was never public goes altogether; whether it did."""
    row = _locked(listing)
    approval = approval_of(row)
    if not row.live and row.first_published_at is None:
        refuse_if(Why.NEVER_OUT if isinstance(row, Provider) else None)
        if approval is not None:
            approval.cancel(user=by)
        log(row, "listing.discard", user=by, deleted=True)
        try:
            row.delete()
        except ProtectedError as error:
            raise Refused(Why.NEEDED) from error
        return True
    if approval is not None:
        approval.cancel(user=by)
    elif not row.has_unpublished_changes:
        return False
    # A revision of today's row, so that the next draft begins from what is public and not from an older one.
    row.save_revision(user=by, changed=False, clean=False)
    row.has_unpublished_changes = False
    row.save(update_fields=["has_unpublished_changes"])
    log(row, "listing.discard", user=by)
    return False


# ── something new ───────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def begin(*, model: type[Any], provider: Provider, name: str, by: Any) -> Any:
    """A new activity or place that nobody sees until it is sent and approved."""
    Provider.objects.select_for_update(of=("self",)).get(pk=provider.pk)
    refuse_if(Why.MANY if model.objects.filter(provider=provider).count() >= MOST_LISTINGS else None)
    first = provider.municipality.languages[0]
    listing = model(
        municipality=provider.municipality,
        provider=provider,
        live=False,
        source=Source.PROVIDER,
        **{f"name_{first}": name.strip()},
    )
    listing.save()
    log(listing, "wagtail.create", user=by)
    return listing


def moved(sessions: Iterable[Session], first_day: date, last_day: date) -> list[Session]:
    """Last season's sessions in a new one: weekly ones run from its first day to its last, single days move by whole weeks."""
    old = list(sessions)
    starts = [day for session in old if (day := session.first_day or session.date)]
    weeks = timedelta(days=round((first_day - min(starts)).days / 7) * 7) if starts else timedelta()
    new = []
    for session in old:
        copy = Session(**{name: getattr(session, name) for name in SESSION_FACTS})
        copy.place_id = session.place_id
        copy.cancelled = []
        if session.date:
            copy.date = session.date + weeks
        else:
            copy.first_day, copy.last_day = first_day, last_day
        new.append(copy)
    return new


SESSION_FACTS = ("weekday", "date", "starts", "ends", "weeks", "first_day", "last_day", "note", "sort_order")
#: What a copy of an activity takes along; facts of its own (confirmation, position, age) begin anew.
LINKS = ("categories", "targets", "adaptations", "districts", "places")
LEFT = frozenset(
    {
        *(name.removesuffix("_id") for name in Activity.OUTSIDE_DRAFT),
        *("id", "slug", "live", "has_unpublished_changes", "first_published_at", "last_published_at", "live_revision"),
        *(
            "latest_revision",
            "go_live_at",
            "expire_at",
            "expired",
            "locked",
            "locked_at",
            "locked_by",
            "created_at",
            "updated_at",
        ),
    }
)


@transaction.atomic
def next_season(*, activity: Activity, first_day: date, last_day: date, as_new: bool, by: Any, at: datetime) -> Activity:
    """Take an activity up again with new dates: on its own page, which keeps its address, or as a page of its own."""
    draft = draft_of(held(activity))
    sessions = moved(draft.sessions.all(), first_day, last_day)
    if not as_new:
        draft.sessions = sessions
        keep(draft=draft, by=by, at=at)
        return activity
    refuse_if(Why.MANY if Activity.objects.filter(provider=activity.provider_id).count() >= MOST_LISTINGS else None)
    texts = set(translator.get_options_for_model(Activity).all_fields)
    columns = {
        field.attname: getattr(draft, field.attname)
        for field in Activity._meta.concrete_fields
        if field.name not in LEFT and field.name not in texts
    }
    copy = Activity(**columns, live=False, source=Source.PROVIDER)
    copy.municipality = activity.municipality
    for name in LINKS:
        setattr(copy, name, list(getattr(draft, name).all()))
    copy.sessions = sessions
    copy.save()
    log(copy, "wagtail.create", user=by, data={"copy_of": activity.pk})
    return copy
