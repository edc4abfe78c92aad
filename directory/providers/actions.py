"""Deeds about who keeps a provider's page. Whatever changes who is in locks the provider first: of two last ones who leave at
the same moment, one stays.

    ask_for_access → approve_access | refuse_access | withdraw_request
    invite → accept_invitation | withdraw_invitation        hand_over: an invitation whose acceptance takes the others away
    take_away · leave · attest
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from wagtail.log_actions import log

from directory.listings.kinds import Source
from directory.municipalities.models import Municipality, StaffRole
from directory.providers import emails, rules
from directory.providers.models import AccessRequest, Attestation, Invitation, Membership, Provider
from directory.providers.queries import colleagues_of, letters_since, open_invitations, other_editors, unanswered
from directory.providers.rules import INVITATION_GOOD_FOR, Why
from portal.kit.refusals import refuse_if

EDITOR = Membership.Role.EDITOR
MOST_OPEN = 20  # invitations of one provider that nobody has answered


def locked(provider: Provider) -> Provider:
    """The provider, held until the transaction ends."""
    return Provider.objects.select_for_update(of=("self",)).select_related("municipality__site").get(pk=provider.pk)


# ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def ask_for_access(
    *,
    municipality: Municipality,
    user: Any,
    at: datetime,
    provider: Provider | None = None,
    name: str = "",
    kind: str = "",
    org_number: str = "",
    message: str = "",
) -> AccessRequest:
    """Ask the municipality to keep a listed provider's page, or for a new one."""
    get_user_model().objects.select_for_update().get(pk=user.pk)  # two presses at once are one question
    waiting = AccessRequest.objects.filter(user=user, state=AccessRequest.State.WAITING)
    same = waiting.filter(provider=provider) if provider else waiting.filter(provider=None, name__iexact=name.strip())
    refuse_if(
        rules.why_not_ask(
            keeps=provider is not None and Membership.objects.filter(user=user, provider=provider, role=EDITOR).exists(),
            asked=same.filter(municipality=municipality).exists(),
            waiting=waiting.count(),
            today=AccessRequest.objects.filter(user=user, created_at__gt=at - rules.A_DAY).count(),
            named=provider is not None or bool(name.strip()),
        )
    )
    request = AccessRequest.objects.create(
        municipality=municipality,
        user=user,
        provider=provider,
        name="" if provider else name.strip(),
        kind="" if provider else kind,
        org_number="" if provider else org_number,
        message=message.strip(),
        created_at=at,
    )
    log(request, "provider.ask_access", user=user)
    emails.tell_office(request)
    return request


def _waiting(request: AccessRequest) -> AccessRequest:
    """The request, held and still unanswered."""
    row = AccessRequest.objects.select_for_update(of=("self",)).select_related("municipality__site", "user").get(pk=request.pk)
    refuse_if(None if row.state == AccessRequest.State.WAITING else Why.DECIDED)
    return row


def _decide(request: AccessRequest, state: str, by: Any, at: datetime, answer: str = "") -> None:
    request.state, request.decided_by, request.decided_at, request.answer = state, by, at, answer
    request.save(update_fields=["state", "decided_by", "decided_at", "answer", "provider"])


@transaction.atomic
def withdraw_request(*, request: AccessRequest, by: Any, at: datetime) -> None:
    """Take a question back."""
    row = _waiting(request)
    _decide(row, AccessRequest.State.WITHDRAWN, by, at)
    log(row, "provider.withdraw_access", user=by)


@transaction.atomic
def approve_access(*, request: AccessRequest, by: Any, at: datetime) -> Membership:
    """Say yes: the person becomes an editor, of a new provider that nobody sees yet where none was named."""
    row = _waiting(request)
    own = row.user == by
    refuse_if(why_not_approve(row, by))
    provider = row.provider or _provider_for(row)
    provider = locked(provider)
    row.provider = provider
    membership, is_new = Membership.objects.get_or_create(user=row.user, provider=provider, role=EDITOR)
    _decide(row, AccessRequest.State.APPROVED, by, at)
    deed = "provider.approve_own_access" if own else "provider.approve_access"
    log(provider, deed, user=by, data={"user": row.user_id, "request": row.pk})
    emails.tell_answer(row)
    if is_new:
        emails.tell_editors(provider, row.user)
    return membership


def why_not_approve(request: AccessRequest, by: Any) -> Why | None:
    """Whether somebody may say yes to a request: to one's own only where nobody else could."""
    coordinates = StaffRole.objects.filter(user=by, municipality=request.municipality_id, role=StaffRole.Role.COORDINATOR)
    return rules.why_not_approve(
        is_own=request.user == by,
        runs_it=bool(by.is_superuser) or coordinates.exists(),
        has_colleagues=colleagues_of(by, request.municipality).exists(),
    )


def _provider_for(request: AccessRequest) -> Provider:
    """The provider a request for a new page means: one that has come with this number meanwhile, or a new one."""
    if request.org_number:
        there = Provider.objects.filter(municipality=request.municipality, org_number=request.org_number).first()
        if there is not None:
            return there
    first = request.municipality.languages[0]
    provider = Provider(
        municipality=request.municipality,
        live=False,
        kind=request.kind or Provider.ProviderKind.ASSOCIATION,
        org_number=request.org_number,
        source=Source.PROVIDER,
        **{f"name_{first}": request.name},
    )
    provider.save()
    return provider


@transaction.atomic
def refuse_access(*, request: AccessRequest, by: Any, at: datetime, reason: str) -> None:
    """Say no, in words."""
    row = _waiting(request)
    _decide(row, AccessRequest.State.REFUSED, by, at, reason.strip()[:1000])
    log(row, "provider.refuse_access", user=by)
    emails.tell_answer(row)


# ── inviting ────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def invite(*, provider: Provider, email: str, by: Any, at: datetime, role: str = EDITOR, takes_over: bool = False) -> Invitation:
    """Ask somebody by mail to take a role. An older invitation to the same address is replaced by one that takes over."""
    provider, email = locked(provider), email.strip().lower()
    has = Membership.objects.filter(provider=provider, user__email=email, role=role).exists()
    refuse_if(Why.HAS_ROLE if has and not takes_over else None)
    same = unanswered(provider).filter(email=email, role=role)
    valid = open_invitations(provider, at).filter(email=email, role=role, takes_over=takes_over)
    refuse_if(Why.INVITED if valid.exists() else None)
    same.update(withdrawn_at=at)
    refuse_if(Why.MANY_INVITED if open_invitations(provider, at).count() >= MOST_OPEN else None)
    refuse_if(_why_not_write(provider, email, by, at))
    invitation = Invitation.objects.create(
        provider=provider, email=email, role=role, takes_over=takes_over, invited_by=by, sent_at=at
    )
    log(provider, "provider.invite", user=by, data={"invitation": invitation.pk, "role": role, "takes_over": takes_over})
    emails.send_invitation(invitation)
    return invitation


def _why_not_write(provider: Provider, email: str, by: Any, at: datetime) -> Why | None:
    """Whether one more invitation may go out today: what was taken back was sent all the same."""
    is_staff = bool(by.is_superuser) or StaffRole.objects.filter(user=by, municipality=provider.municipality_id).exists()
    return rules.why_not_write(**letters_since(provider, since=at - rules.A_DAY, by=by, email=email), is_staff=is_staff)


@transaction.atomic
def send_again(*, invitation: Invitation, by: Any, at: datetime) -> None:
    """Send an invitation once more; the link of the first letter works no longer."""
    provider = locked(invitation.provider)
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    refuse_if(Why.SPENT if row.accepted_at or row.withdrawn_at else None)
    refuse_if(Why.INVITED if (at - row.sent_at).total_seconds() < 600 else None)
    refuse_if(_why_not_write(provider, row.email, by, at))
    row.provider, row.sent_at = provider, at
    row.save(update_fields=["sent_at"])
    log(provider, "provider.invite", user=by, data={"invitation": row.pk, "role": row.role, "takes_over": row.takes_over})
    emails.send_invitation(row)


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: Any, at: datetime) -> None:
    """Take an invitation back: its link works no longer."""
    provider = locked(invitation.provider)
    count = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None).update(withdrawn_at=at)
    if count:
        log(provider, "provider.withdraw_invitation", user=by, data={"invitation": invitation.pk})


@transaction.atomic
def accept_invitation(*, invitation: Invitation, by: Any, at: datetime) -> Membership:
    """Take the role. With one that takes over, those who had roles before go, and their open invitations too."""
    provider = locked(invitation.provider)
    row = Invitation.objects.select_for_update(of=("self",)).select_related("invited_by").get(pk=invitation.pk)
    refuse_if(
        rules.why_not_accept(
            invited=row.email,
            mine=by.email,
            sent_at=row.sent_at,
            is_open=row.accepted_at is None and row.withdrawn_at is None,
            at=at,
        )
    )
    row.provider, row.accepted_at = provider, at
    row.save(update_fields=["accepted_at"])
    membership, is_new = Membership.objects.get_or_create(user=by, provider=provider, role=row.role)
    log(provider, "provider.accept", user=by, data={"invitation": row.pk, "role": row.role})
    if row.takes_over:
        _clear_out(provider, by, row, at)
    elif is_new and row.role == EDITOR:
        emails.tell_editors(provider, by)
    emails.tell_accepted(row)
    return membership


def _clear_out(provider: Provider, newcomer: Any, invitation: Invitation, at: datetime) -> None:
    """The first of a new board is in: the old one goes. Others of the new board keep their invitations, as plain ones."""
    board = Invitation.objects.filter(
        provider=provider, takes_over=True, withdrawn_at=None, sent_at__gte=at - INVITATION_GOOD_FOR
    )
    stays = {newcomer.email, *board.values_list("email", flat=True)}  # who is asked anew and keeps the page already
    for old in Membership.objects.filter(provider=provider).exclude(user__email__in=stays).select_related("user"):
        _end(provider, old, by=newcomer, at=at, why="new-board")
    unanswered(provider).filter(takes_over=False).update(withdrawn_at=at)
    unanswered(provider).update(takes_over=False)


def _end(provider: Provider, membership: Membership, *, by: Any, at: datetime, why: str) -> None:
    """End a role. With the last word on the pages go the invitations through which the person could come back."""
    user, data = membership.user, {"user": membership.user_id, "role": membership.role, "why": why}
    membership.delete()
    if not Membership.objects.filter(provider=provider, user=user, role=EDITOR).exists():
        data["withdrawn"] = forget_invitations_of(provider, user, at, even_takes_over=why == "taken-away")
    log(provider, "provider.end_role", user=by, data=data)
    if user != by:
        emails.tell_gone(provider, user)


def forget_invitations_of(provider: Provider, user: Any, at: datetime, *, even_takes_over: bool = False) -> list[int]:
    """Withdraw what somebody who keeps the page no more has sent out, or has got; which invitations those were.

    A hand-over goes on when who began it has left: that is its meaning. It ends with who was taken away, whose second address
    may stand in it.
    """
    rows = unanswered(provider).filter(Q(invited_by=user) | Q(email=user.email.lower()))
    if not even_takes_over:
        rows = rows.filter(takes_over=False)
    pks = sorted(rows.values_list("pk", flat=True))
    Invitation.objects.filter(pk__in=pks).update(withdrawn_at=at)
    return pks


# ── leaving ─────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def take_away(*, membership: Membership, by: Any, at: datetime, by_staff: bool = False) -> None:
    """End somebody's role: one's own (leaving), or another's. Staff may leave a page without editors; editors may not."""
    provider = locked(membership.provider)
    row = Membership.objects.select_related("user").filter(pk=membership.pk).first()
    if row is None:
        return  # somebody else was quicker
    if not by_staff:
        refuse_if(rules.why_not_go(is_editor=row.role == EDITOR, other_editors=other_editors(provider, row.user)))
    _end(provider, row, by=by, at=at, why="left" if row.user == by else "taken-away")


@transaction.atomic
def leave(*, provider: Provider, user: Any, at: datetime) -> None:
    """Let go of all of one's own roles at a provider, or of none: the last one who edits stays."""
    provider = locked(provider)
    rows = list(Membership.objects.filter(provider=provider, user=user).select_related("user"))
    is_editor = any(row.role == EDITOR for row in rows)
    refuse_if(rules.why_not_go(is_editor=is_editor, other_editors=other_editors(provider, user)))
    for row in rows:
        _end(provider, row, by=user, at=at, why="left")


@transaction.atomic
def hand_over(*, provider: Provider, addresses: list[str], by: Any, at: datetime, at_once: bool = False) -> list[Invitation]:
    """A new board: invite it; the old one goes when the first of the new accepts, or at once.

    Who is named and keeps the page already stays, without a letter. Where nobody named does, who presses goes last: the page is
    not left without anybody. Staff use it too, where nobody is left. Of two hand-overs the later one holds.
    """
    provider = locked(provider)
    board = list(dict.fromkeys(address.strip().lower() for address in addresses))
    editors = Membership.objects.filter(provider=provider, role=EDITOR, user__is_active=True, user__email__in=board)
    staying = set(editors.values_list("user__email", flat=True))
    asked = set(open_invitations(provider, at).filter(takes_over=True).values_list("email", flat=True))
    same = bool(asked) and asked == set(board) - staying  # pressed twice
    refuse_if(Why.INVITED if same and not at_once else None)
    _forget_hand_over(provider, board, at)
    unanswered(provider).filter(email__in=staying).update(withdrawn_at=at)
    for email in staying:  # remembered, so that the first newcomer's yes does not put them out
        Invitation.objects.create(provider=provider, email=email, takes_over=True, invited_by=by, sent_at=at, accepted_at=at)
    invitations = [
        invite(provider=provider, email=email, by=by, at=at, takes_over=True) for email in board if email not in staying
    ]
    log(provider, "provider.hand_over", user=by, data={"invitations": [row.pk for row in invitations], "at_once": at_once})
    if at_once or not invitations:
        going = Membership.objects.filter(provider=provider).exclude(user__email__in=staying)
        if not staying:
            going = going.exclude(user=by, role=EDITOR)
        for old in going.select_related("user"):
            _end(provider, old, by=by, at=at, why="new-board")
        unanswered(provider).filter(takes_over=False).update(withdrawn_at=at)  # of the old board, to whomever
    return invitations


def _forget_hand_over(provider: Provider, board: list[str], at: datetime) -> None:
    """What an earlier hand-over began: its invitations end, but for who is named again, and nobody stays because of it."""
    earlier = Invitation.objects.filter(provider=provider, takes_over=True)
    earlier.filter(accepted_at=None, withdrawn_at=None).exclude(email__in=board).update(withdrawn_at=at)
    earlier.update(takes_over=False)  # who is named again gets a new letter


# ── certificates ────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def attest(*, provider: Provider, seen_on: date, said_by: str, by: Any, at: datetime) -> Attestation:
    """Write down that police certificates have been seen: when and by whom. No document, no name of who was checked."""
    refuse_if(rules.why_not_attest(seen_on, timezone.localdate(at)))
    row = Attestation.objects.create(provider=provider, seen_on=seen_on, said_by=said_by.strip(), recorded_by=by, recorded_at=at)
    log(provider, "provider.attest", user=by, data={"seen_on": seen_on.isoformat()})
    return row


@transaction.atomic
def take_back_attestation(*, attestation: Attestation, by: Any) -> None:
    """Take away what was written by mistake."""
    log(attestation.provider, "provider.take_back_attestation", user=by, data={"seen_on": attestation.seen_on.isoformat()})
    attestation.delete()
