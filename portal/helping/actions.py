"""Acting for an editor who asks for help on the phone: it begins with a reason, is seen on every page, and ends by itself.

What is remembered is in the coordinator's session (for whom, until when) and in the log (begun, each thing written, ended),
whose rows of one time share a number. Rights are asked anew for each request.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from directory.municipalities.models import StaffRole, TenantLogEntry
from directory.providers.emails import lang_of, send
from directory.providers.models import Membership, Provider
from portal.desk.editing.steps import KINDS
from portal.helping.rules import LASTS, Ended, Why, why_not_help
from portal.kit.letters import Block, Heading, Paragraph
from portal.kit.refusals import refuse_if

KEY = "helping"  # in the session
MOST_NAMED = 50  # pages of one press
START, WRITE, END = "helping.start", "helping.write", "helping.end"


@dataclass(frozen=True, slots=True)
class Helping:
    """Who acts for whom, and until when."""

    membership: Membership
    coordinator: Any
    until: datetime
    number: uuid.UUID

    @property
    def person(self) -> Any:
        return self.membership.user

    @property
    def provider(self) -> Any:
        return self.membership.provider


def why_not(membership: Membership, by: Any, municipality: Any, reason: str | None = None) -> Why | None:
    """Whether somebody may act for this editor now."""
    person, own = membership.user, membership.provider.municipality_id
    roles = StaffRole.objects.filter(user=by, municipality=own, role=StaffRole.Role.COORDINATOR)
    return why_not_help(
        coordinates=bool(by.is_active) and roles.exists(),
        here=getattr(municipality, "pk", None) == own,
        is_editor=membership.role == Membership.Role.EDITOR,
        is_active=person.is_active,
        is_staff=person.is_superuser or person.is_staff or person.staff_roles.exists() or person == by,
        reason=reason,
    )


@transaction.atomic
def begin(*, request: HttpRequest, membership: Membership, reason: str, by: Any, at: datetime) -> Helping:
    """Begin to act for an editor. Whoever was helped before is helped no longer."""
    refuse_if(why_not(membership, by, getattr(request, "municipality", None), reason))
    stop(request=request, why=Ended.ANOTHER, at=at)
    helping = Helping(membership, by, at + LASTS, uuid.uuid4())
    said = {
        "as": membership.user_id,
        "membership": membership.pk,
        "reason": reason.strip()[:500],
        "until": helping.until.isoformat(),
    }
    log(membership.provider, START, user=by, uuid=helping.number, data=said)
    request.session[KEY] = {
        "membership": membership.pk,
        "by": by.pk,
        "until": helping.until.timestamp(),
        "number": str(helping.number),
    }
    return helping


def current(request: HttpRequest, at: datetime) -> Helping | None:
    """Who is helped in this session now; what has lost its right or its time is ended."""
    facts = request.session.get(KEY)
    if not facts:
        return None
    rows = Membership.objects.select_related("user", "provider__municipality__site")
    membership = rows.filter(pk=facts["membership"]).first()
    until = datetime.fromtimestamp(facts["until"], tz=at.tzinfo)
    user: Any = request.user
    if until <= at:
        stop(request=request, why=Ended.TIME, at=until)
        return None
    if membership is None or user.pk != facts["by"] or why_not(membership, user, getattr(request, "municipality", None)):
        stop(request=request, why=Ended.RIGHT, at=at)
        return None
    return Helping(membership, user, until, uuid.UUID(facts["number"]))


def named(provider: Provider, keys: Iterable[str]) -> dict[str, str]:
    """What a provider's own pages are called, by their keys ("activities-12"). Others are not there."""
    wanted: dict[str, set[int]] = {}
    for key in list(keys)[:MOST_NAMED]:
        kind, _dash, pk = key.rpartition("-")
        if kind in KINDS and pk.isascii() and pk.isdecimal() and len(pk) < 19:
            wanted.setdefault(kind, set()).add(int(pk))
    found: dict[str, str] = {}
    for kind, pks in wanted.items():
        of = {"pk": provider.pk} if KINDS[kind] is Provider else {"provider": provider}
        found |= {f"{kind}-{row.pk}": str(row)[:160] for row in KINDS[kind].objects.filter(**of, pk__in=pks).order_by("pk")}
    return found


def note(*, helping: Helping, deed: str, status: int, pages: Mapping[str, str]) -> None:
    """Write down that something was written for somebody, and on which of the provider's pages: key → what it is called."""
    said = {"as": helping.membership.user_id, "deed": deed, "status": status, "pages": dict(pages)}
    log(helping.provider, WRITE, user=helping.coordinator, uuid=helping.number, data=said)


def stop(*, request: HttpRequest, why: Ended, at: datetime) -> None:
    """End helping in this session, if somebody is helped."""
    if facts := request.session.pop(KEY, None):
        finish(uuid.UUID(facts["number"]), why, at)


@transaction.atomic
def finish(number: uuid.UUID, why: Ended, at: datetime) -> bool:
    """Write down the end, once, and tell the person what was done for them. Whether this was the first to say so."""
    start = TenantLogEntry.objects.select_for_update().filter(uuid=number, action=START).first()
    if start is None or TenantLogEntry.objects.filter(uuid=number, action=END).exists():
        return False
    written = TenantLogEntry.objects.filter(uuid=number, action=WRITE).count()
    said = {"as": start.data.get("as"), "why": why.value, "written": written}
    membership = (
        Membership.objects.select_related("user", "provider__municipality__site").filter(pk=start.data.get("membership")).first()
    )
    TenantLogEntry.objects.create(
        content_type_id=start.content_type_id,
        object_id=start.object_id,
        municipality_id=start.municipality_id,
        label=start.label,
        action=END,
        user_id=start.user_id,
        uuid=number,
        timestamp=at,
        data=said,
    )
    if written and membership is not None and membership.user.is_active:
        tell_helped(membership, start)
    return True


def end_what_is_over(at: datetime) -> int:
    """Write the end of those whose time was up and who did not come back; how many."""
    begun = TenantLogEntry.objects.filter(action=START, timestamp__gte=at - timedelta(days=2), timestamp__lt=at - LASTS)
    ended = TenantLogEntry.objects.filter(action=END, timestamp__gte=at - timedelta(days=2)).values("uuid")
    return sum(finish(row.uuid, Ended.TIME, row.timestamp + LASTS) for row in begun.exclude(uuid__in=ended)[:500])


def tell_helped(membership: Membership, start: TenantLogEntry) -> None:
    """The person learns who wrote for them, and why it was done."""
    provider, person = membership.provider, membership.user
    municipality = provider.municipality

    def write() -> tuple[str, list[Block]]:
        subject = _("%(town)s has helped you with “%(name)s”") % {"town": municipality.name, "name": provider}
        told = _("%(who)s wrote on the page for you, as you asked: %(reason)s")
        blocks: list[Block] = [
            Heading(subject, level=1),
            Paragraph(told % {"who": start.user_display_name, "reason": start.data.get("reason", "")}),
        ]
        if municipality.contact_email:
            wrong = _("Did you not ask for this? Write to %(address)s.")
            blocks.append(Paragraph(wrong % {"address": municipality.contact_email}))
        return subject, blocks

    send(municipality=municipality, to=person.email, lang=lang_of(person, municipality), write=write)
