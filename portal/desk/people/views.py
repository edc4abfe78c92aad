"""Who keeps a page: invited, taken away, handed over; and what they say of certificates."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from directory.listings.loading import municipality_of
from directory.providers import actions
from directory.providers.emails import invitation_of
from directory.providers.models import Attestation, Invitation, Membership, Provider
from directory.providers.permissions import has_role
from directory.providers.queries import meets_children, members_of, open_invitations, other_editors
from directory.providers.rules import is_attested, why_not_accept
from portal.desk.doors import desk_page, get_provider_for, person
from portal.desk.people.forms import AttestationForm, BoardForm, InviteForm
from portal.kit.refusals import Refused
from portal.kit.texts import Text, best

ALL_ROLES = tuple(Membership.Role.values)


def name_of(provider: Provider, request: HttpRequest) -> Text:
    return best(provider, "name", provider.municipality.order_for(request.LANGUAGE_CODE))  # type: ignore[attr-defined]


@desk_page
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Who keeps the page, who is invited, and room to invite one more."""
    provider = get_provider_for(request, slug)
    at = timezone.now()
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.invite(provider=provider, by=request.user, at=at, **form.cleaned_data)
            messages.success(request, _("The invitation is on its way to %(address)s.") % {"address": form.cleaned_data["email"]})
            return redirect("desk-people", slug)
        except Refused as refused:
            form.add_error("email", str(refused))
    context = {
        "provider": provider,
        "provider_name": name_of(provider, request),
        "members": members_of(provider),
        "invitations": open_invitations(provider, at),
        "form": form,
        "alone": not other_editors(provider, request.user),
    }
    return render(request, "desk/people/people.html", context, status=422 if form.errors else 200)


@desk_page
@require_http_methods(["GET", "POST"])
def take_away(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """End somebody's role, after a question."""
    provider = get_provider_for(request, slug)
    membership = Membership.objects.select_related("user").filter(pk=pk, provider=provider).first()
    if membership is None:
        raise Http404
    if request.method == "POST":
        try:
            actions.take_away(membership=membership, by=request.user, at=timezone.now())
            if membership.user == request.user and membership.role == Membership.Role.EDITOR:
                messages.success(request, _("You no longer keep this page. Thank you for what you have done."))
                return redirect("desk")
            messages.success(request, _("Taken away. The person is out from now on."))
        except Refused as refused:
            messages.warning(request, str(refused))
        return redirect("desk-people", slug)
    context = {"provider": provider, "provider_name": name_of(provider, request), "membership": membership}
    return render(request, "desk/people/take_away.html", context)


@desk_page
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Let go of one's own roles at a provider, whatever they are."""
    provider = get_provider_for(request, slug, roles=ALL_ROLES)
    if request.method == "POST":
        try:
            actions.leave(provider=provider, user=person(request), at=timezone.now())
            messages.success(request, _("You no longer keep this page. Thank you for what you have done."))
            return redirect("desk")
        except Refused as refused:
            messages.warning(request, str(refused))
            return redirect("desk-people", slug)
    context = {
        "provider": provider,
        "provider_name": name_of(provider, request),
        "alone": not other_editors(provider, request.user),
        "is_editor": Membership.objects.filter(provider=provider, user=person(request), role=Membership.Role.EDITOR).exists(),
    }
    return render(request, "desk/people/leave.html", context)


@desk_page
@require_POST
def invitation_deed(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Send an invitation once more, or take it back."""
    provider = get_provider_for(request, slug)
    invitation = Invitation.objects.filter(pk=pk, provider=provider).first()
    if invitation is None:
        raise Http404
    try:
        if request.POST.get("deed") == "again":
            actions.send_again(invitation=invitation, by=request.user, at=timezone.now())
            messages.success(request, _("The invitation is on its way to %(address)s.") % {"address": invitation.email})
        else:
            actions.withdraw_invitation(invitation=invitation, by=request.user, at=timezone.now())
            messages.success(request, _("The invitation is taken back."))
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect("desk-people", slug)


@desk_page
@require_http_methods(["GET", "POST"])
def new_board(request: HttpRequest, slug: str) -> HttpResponse:
    """The board has changed: the new ones are invited, the old ones go, the page stays."""
    provider = get_provider_for(request, slug)
    form = BoardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = form.cleaned_data["when"] == "now"
        try:
            sent = actions.hand_over(
                provider=provider,
                addresses=form.cleaned_data["emails"],
                by=request.user,
                at=timezone.now(),
                at_once=now,
            )
            words = ngettext("One invitation is on its way.", "%(count)s invitations are on their way.", len(sent))
            messages.success(request, words % {"count": len(sent)})
            keeps = has_role(request.user, provider)
            return redirect("desk-people", slug) if keeps else redirect("desk")
        except Refused as refused:
            form.add_error("emails", str(refused))
    context = {
        "provider": provider,
        "provider_name": name_of(provider, request),
        "form": form,
        "members": members_of(provider),
    }
    return render(request, "desk/people/new_board.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, link: str) -> HttpResponse:
    """What an invitation is about; accepting is a press of its own, by who has signed in with the invited address.

    Looking needs no sign-in, so that the letter can be understood before a code is asked for.
    """
    municipality = municipality_of(request)
    found = invitation_of(link)
    if found is None or found.provider.municipality_id != municipality.pk:
        return render(request, "desk/people/invitation.html", {"found": None}, status=404)
    found.provider.municipality = municipality
    at = timezone.now()
    is_open = found.accepted_at is None and found.withdrawn_at is None
    mine = request.user.email if request.user.is_authenticated else found.email
    reason = why_not_accept(invited=found.email, mine=mine, sent_at=found.sent_at, is_open=is_open, at=at)
    if request.method == "POST" and request.user.is_authenticated:
        try:
            actions.accept_invitation(invitation=found, by=request.user, at=at)
            messages.success(request, _("Welcome! The page is yours to keep now."))
            if found.role == Membership.Role.EDITOR:
                return redirect("desk-provider", found.provider.slug)
            return redirect("desk")
        except Refused as refused:
            reason = refused.reason  # type: ignore[assignment]
    context = {
        "found": found,
        "provider_name": name_of(found.provider, request),
        "reason": reason.label if reason else "",
        "other_address": reason is not None and reason.value == "other-address",
    }
    return render(request, "desk/people/invitation.html", context, status=200 if request.method == "GET" or not reason else 409)


@desk_page
@require_http_methods(["GET", "POST"])
def certificates(request: HttpRequest, slug: str) -> HttpResponse:
    """That police certificates have been seen: the day, and who says so. Never the certificates."""
    provider = get_provider_for(request, slug)
    rows = list(Attestation.objects.filter(provider=provider).select_related("recorded_by")[:20])
    if request.method == "POST" and (pk := request.POST.get("remove", "")):
        row = next((row for row in rows if str(row.pk) == pk), None)
        if row is not None:
            row.provider = provider
            actions.take_back_attestation(attestation=row, by=request.user)
            messages.success(request, _("Taken away."))
        return redirect("desk-certificates", slug)
    form = AttestationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.attest(provider=provider, by=request.user, at=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Written down."))
            return redirect("desk-certificates", slug)
        except Refused as refused:
            form.add_error("seen_on", str(refused))
    today = timezone.localdate()
    context = {
        "provider": provider,
        "provider_name": name_of(provider, request),
        "form": form,
        "rows": [(row, is_attested(row.seen_on, today)) for row in rows],
        "children": meets_children(provider),
    }
    return render(request, "desk/people/certificates.html", context, status=422 if form.errors else 200)
