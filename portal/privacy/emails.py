"""Letters about being erased."""

from __future__ import annotations

from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from directory.municipalities.models import Municipality
from directory.providers.models import Membership, Provider
from portal.accounts.links import address_of
from portal.accounts.models import User
from portal.kit.letters import Button, Heading, Paragraph, write_letter
from portal.kit.mail import send_letter
from portal.kit.texts import best
from portal.privacy.models import ErasureRequest


def tell_of_wish(request: ErasureRequest) -> None:
    """That somebody asked to be erased, and how to undo it: a borrowed telephone must not erase anybody."""
    user = request.user
    town = town_of(user)
    lang = user.lang or (town.languages[0] if town else "nb")
    with translation.override(lang):
        day = formats.date_format(timezone.localtime(request.due_at), "DATE_FORMAT")
        text, html = write_letter(
            [
                Heading(_("You will be erased"), level=1),
                Paragraph(_("You have asked us to erase you. We do it on %(day)s.") % {"day": day}),
                Paragraph(_("Was it not you, or have you thought better of it? Press the button before that day.")),
                Button(_("I want to stay"), address_of(town.site if town else None) + reverse("my_data")),
            ],
            lang,
            sender=town.name if town else "",
        )
        send_letter(subject=_("You will be erased on %(day)s") % {"day": day}, body=text, html=html, to=[user.email], lang=lang)


def tell_who_is_left_alone(municipality: Municipality, providers: list[Provider]) -> None:
    """To the office: pages that nobody keeps any more. Who kept them is not said."""
    if not municipality.contact_email:
        return
    lang = municipality.languages[0]
    with translation.override(lang):
        names = [best(provider, "name", municipality.order_for(lang)).value for provider in providers]
        text, html = write_letter(
            [
                Heading(_("Nobody keeps these pages any more"), level=1),
                Paragraph(_("Their only editor has been erased. Find out who leads them now, and let them in:")),
                *(Paragraph(name) for name in names),
                Button(_("People"), address_of(municipality.site) + reverse("people")),
            ],
            lang,
            sender=municipality.name,
        )
        subject = _("Nobody keeps these pages any more")
    send_letter(subject=subject, body=text, html=html, to=[municipality.contact_email], lang=lang)


def town_of(user: User) -> Municipality | None:
    """A municipality that somebody has to do with: where they keep a page, or work."""
    member = Membership.objects.filter(user=user).select_related("provider__municipality__site").first()
    if member:
        return member.provider.municipality
    agency = user.agency_roles.select_related("agency__municipality__site").first()
    if agency:
        return agency.agency.municipality
    role = user.staff_roles.select_related("municipality__site").first()
    return role.municipality if role else Municipality.objects.filter(site__is_default_site=True).first()
