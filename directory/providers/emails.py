"""Letters about who keeps a page. Each is written in its receiver's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from directory.municipalities.models import Municipality
from directory.providers.models import AccessRequest, Invitation, Membership, Provider
from portal.kit.addresses import address_of
from portal.kit.letters import Block, Button, Heading, Paragraph, Small, write_letter
from portal.kit.mail import send_letter

SALT = "directory.providers.invitation"


def lang_of(user: Any, municipality: Municipality) -> str:
    """The language in which somebody reads letters: their own where the municipality offers it, else its first."""
    own = getattr(user, "lang", "")
    return own if own in municipality.languages else municipality.languages[0]


def send(
    *, municipality: Municipality, to: str, lang: str, write: Callable[[], tuple[str, list[Block]]], foot: Iterable[Block] = ()
) -> None:
    """Send what `write` says in the receiver's language: a subject and the blocks of the letter."""
    with translation.override(lang):
        subject, blocks = write()
        text, html = write_letter(blocks, lang, sender=municipality.name, foot=list(foot))
    send_letter(subject=subject, body=text, html=html, to=[to], lang=lang)


def desk_of(municipality: Municipality) -> str:
    """The address of the desk, in the language that is active."""
    return address_of(municipality.site) + reverse("desk")


def tell_office(request: AccessRequest) -> None:
    """Somebody asks to keep a page."""
    municipality = request.municipality
    if not municipality.contact_email:
        return
    name = str(request.provider) if request.provider else request.name

    def write() -> tuple[str, list[Block]]:
        asks = (
            _("%(who)s asks to keep the page of %(name)s.") if request.provider else _("%(who)s asks for a new page: %(name)s.")
        )
        blocks: list[Block] = [
            Heading(_("Somebody asks for a page"), level=1),
            Paragraph(asks % {"who": request.user.email, "name": name}),
        ]
        if request.message:
            blocks.append(Paragraph(request.message))
        blocks.append(Button(_("Open the staff pages"), f"{address_of(municipality.site)}/cms/"))
        return _("Asks for a page: %(name)s") % {"name": name}, blocks

    send(municipality=municipality, to=municipality.contact_email, lang=municipality.languages[0], write=write)


def tell_answer(request: AccessRequest) -> None:
    """What the municipality has answered somebody who asked for a page."""
    municipality = request.municipality
    name = str(request.provider) if request.provider else request.name
    approved = request.state == AccessRequest.State.APPROVED

    def write() -> tuple[str, list[Block]]:
        if approved:
            subject = _("You can now keep the page of %(name)s") % {"name": name}
            blocks: list[Block] = [
                Heading(subject, level=1),
                Paragraph(_("%(town)s has said yes. Sign in with this mail address.") % {"town": municipality.name}),
            ]
        else:
            subject = _("About the page of %(name)s") % {"name": name}
            blocks = [
                Heading(subject, level=1),
                Paragraph(_("%(town)s could not give you this page.") % {"town": municipality.name}),
            ]
        if request.answer:
            blocks.append(Paragraph(request.answer))
        if not approved and municipality.contact_email:
            blocks.append(Paragraph(_("Is this wrong? Write to %(address)s.") % {"address": municipality.contact_email}))
        blocks.append(Button(_("To my pages"), desk_of(municipality)))
        return subject, blocks

    send(municipality=municipality, to=request.user.email, lang=lang_of(request.user, municipality), write=write)


def tell_editors(provider: Provider, newcomer: Any) -> None:
    """Those who keep a page learn that somebody else may too: nobody gets in unseen."""
    municipality = provider.municipality
    rows = Membership.objects.filter(provider=provider, role=Membership.Role.EDITOR, user__is_active=True)
    for membership in rows.exclude(user=newcomer).select_related("user"):

        def write() -> tuple[str, list[Block]]:
            subject = _("One more person keeps the page of %(name)s") % {"name": provider}
            return subject, [
                Heading(subject, level=1),
                Paragraph(_("%(who)s can now change the page too.") % {"who": newcomer.email}),
                Paragraph(_("Is this wrong? You can take the person away yourself.")),
                Button(_("Who keeps the page"), address_of(municipality.site) + reverse("desk-people", args=[provider.slug])),
            ]

        send(municipality=municipality, to=membership.user.email, lang=lang_of(membership.user, municipality), write=write)


def link_of(invitation: Invitation) -> str:
    """What the link of an invitation carries: the row and when it was sent, so that an older letter no longer fits."""
    return signing.dumps([invitation.pk, int(invitation.sent_at.timestamp())], salt=SALT)


def invitation_of(link: str) -> Invitation | None:
    """The invitation a link was written for; None for a link that is not ours or not the newest."""
    try:
        pk, sent = signing.loads(link, salt=SALT)
    except signing.BadSignature:
        return None
    row = Invitation.objects.select_related("provider__municipality__site", "invited_by").filter(pk=pk).first()
    return row if row and int(row.sent_at.timestamp()) == sent else None


def send_invitation(invitation: Invitation) -> None:
    """Ask somebody to keep a page."""
    provider, municipality = invitation.provider, invitation.provider.municipality
    user = get_user_model().objects.filter(email=invitation.email.lower()).first()

    def write() -> tuple[str, list[Block]]:
        subject = _("Will you keep the page of %(name)s?") % {"name": provider}
        asks = (
            _("You are asked to take over the page of %(name)s in %(town)s's list of activities.")
            if invitation.takes_over
            else _("You are asked to help with the page of %(name)s in %(town)s's list of activities.")
        )
        return subject, [
            Heading(subject, level=1),
            Paragraph(asks % {"name": provider, "town": municipality.name}),
            Paragraph(_("You need no password: you sign in with a code that comes to this address.")),
            Button(
                _("See the invitation"),
                address_of(municipality.site) + reverse("desk-invitation", args=[link_of(invitation)]),
            ),
            Small(_("The link works once, for 14 days. If this is not for you, you need do nothing.")),
        ]

    send(municipality=municipality, to=invitation.email, lang=lang_of(user, municipality), write=write)


def tell_accepted(invitation: Invitation) -> None:
    """Who invited learns that somebody said yes."""
    inviter = invitation.invited_by
    if inviter is None or not inviter.is_active:
        return
    provider, municipality = invitation.provider, invitation.provider.municipality

    def write() -> tuple[str, list[Block]]:
        subject = _("%(who)s now keeps the page of %(name)s") % {"who": invitation.email, "name": provider}
        return subject, [Heading(subject, level=1), Paragraph(_("The invitation has been accepted. You need do nothing more."))]

    send(municipality=municipality, to=inviter.email, lang=lang_of(inviter, municipality), write=write)


def tell_gone(provider: Provider, user: Any) -> None:
    """Somebody learns that they keep a page no more."""
    municipality = provider.municipality

    def write() -> tuple[str, list[Block]]:
        subject = _("You no longer keep the page of %(name)s") % {"name": provider}
        blocks: list[Block] = [
            Heading(subject, level=1),
            Paragraph(_("Others look after it now. Thank you for what you have done.")),
        ]
        if municipality.contact_email:
            blocks.append(Paragraph(_("Is this wrong? Write to %(address)s.") % {"address": municipality.contact_email}))
        return subject, blocks

    send(municipality=municipality, to=user.email, lang=lang_of(user, municipality), write=write)
