"""Letters about agreements and offers, each in its receiver's language, put into the queue with the deed they tell of.

A provider's letters go to all who keep its page; the municipality's to its own address. No letter names a card or who holds one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cards.ledger.money import in_kroner
from cards.offers.approved import values_of
from cards.offers.changes import between
from cards.offers.models import Ceiling, Device, Offer, ProviderAgreement
from cards.offers.states import OfferState, Renewal
from directory.municipalities.models import Municipality, TenantLogEntry
from directory.providers.emails import lang_of, send
from directory.providers.models import Membership, Provider
from portal.kit.addresses import address_of
from portal.kit.letters import Block, Button, Facts, Heading, Paragraph
from portal.kit.texts import best

Writer = Callable[[], tuple[str, list[Block]]]


def day_words(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def receivers_of(provider: Provider) -> list[Any]:
    """Who keeps a provider's page now."""
    rows = Membership.objects.filter(provider=provider, role=Membership.Role.EDITOR, user__is_active=True)
    return [row.user for row in rows.select_related("user").order_by("pk")]


def to_provider(agreement: ProviderAgreement, write: Writer, *, but: Any = None) -> None:
    provider = agreement.provider
    for user in receivers_of(provider):
        if but is None or user.pk != but.pk:
            send(municipality=provider.municipality, to=user.email, lang=lang_of(user, provider.municipality), write=write)


def to_office(municipality: Municipality, write: Writer) -> None:
    if municipality.contact_email:
        send(municipality=municipality, to=municipality.contact_email, lang=municipality.languages[0], write=write)


def desk_button(agreement: ProviderAgreement) -> Block:
    provider = agreement.provider
    path = reverse("desk-offers", args=[provider.slug])
    return Button(_("To our offers"), address_of(provider.municipality.site) + path)


def staff_button(municipality: Municipality) -> Block:
    return Button(_("Open the staff pages"), f"{address_of(municipality.site)}/cms/")


def titled(offer: Offer) -> str:
    municipality = offer.agreement.municipality
    return str(best(offer, "title", municipality.order_for(municipality.languages[0])))


# ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────


def period_of(agreement: ProviderAgreement) -> tuple[str, str]:
    days = {"first": day_words(agreement.valid_from), "last": day_words(agreement.valid_to)}
    return _("Period"), _("%(first)s to %(last)s") % days


def tell_office_of_agreement(agreement: ProviderAgreement) -> None:
    """A provider would like to take the card."""

    def write() -> tuple[str, list[Block]]:
        subject = _("%(name)s would like to take the activity card") % {"name": agreement.provider}
        facts = [(_("Card"), str(agreement.programme)), period_of(agreement)]
        return subject, [
            Heading(subject, level=1),
            Facts(facts),
            *([Paragraph(agreement.terms)] if agreement.terms else []),
            staff_button(agreement.municipality),
        ]

    to_office(agreement.municipality, write)


def tell_agreed(agreement: ProviderAgreement) -> None:
    """The municipality has said yes to an agreement."""

    def write() -> tuple[str, list[Block]]:
        subject = _("You can now take %(card)s") % {"card": agreement.programme}
        said = _("%(town)s has said yes to your agreement. Write what a card can be used for at your place, and send it.")
        return subject, [
            Heading(subject, level=1),
            Paragraph(said % {"town": agreement.municipality.name}),
            Facts([period_of(agreement)]),
            desk_button(agreement),
        ]

    to_provider(agreement, write)


def tell_agreement_changed(agreement: ProviderAgreement, changed: Iterable[str], by: Any) -> None:
    """The municipality has changed what is agreed."""
    names = set(changed)

    def write() -> tuple[str, list[Block]]:
        subject = _("Changed: %(name)s") % {"name": agreement.programme}
        facts = [period_of(agreement)] if names & {"valid_from", "valid_to"} else []
        if "ceiling_ore" in names:
            facts.append((_("Ceiling"), "–" if agreement.ceiling_ore is None else in_kroner(agreement.ceiling_ore)))
        if "renewal" in names:
            facts.append((_("And then?"), str(Renewal(agreement.renewal).label)))
        return subject, [
            Heading(subject, level=1),
            Paragraph(_("%(town)s has changed what is agreed.") % {"town": agreement.municipality.name}),
            *([Facts(facts)] if facts else []),
            *([Paragraph(agreement.terms)] if "terms" in names and agreement.terms else []),
            desk_button(agreement),
        ]

    to_provider(agreement, write, but=by)


def tell_ended(agreement: ProviderAgreement, reason: str) -> None:
    """The municipality has ended an agreement."""

    def write() -> tuple[str, list[Block]]:
        subject = _("The agreement about %(card)s has ended") % {"card": agreement.programme}
        said = _("%(town)s has ended the agreement. Cards can no longer be used at your place. What was used will be settled.")
        return subject, [
            Heading(subject, level=1),
            Paragraph(said % {"town": agreement.municipality.name}),
            *([Paragraph(reason)] if reason else []),
            desk_button(agreement),
        ]

    to_provider(agreement, write)


def tell_renewed(agreement: ProviderAgreement) -> None:
    """An agreement goes on."""

    def write() -> tuple[str, list[Block]]:
        subject = _("The agreement about %(card)s goes on") % {"card": agreement.programme}
        return subject, [
            Heading(subject, level=1),
            Facts([period_of(agreement)]),
            Paragraph(_("Your offers keep their own days. Copy those of last season, look them over, and send them.")),
            desk_button(agreement),
        ]

    to_provider(agreement, write)


def tell_office_of_wish(agreement: ProviderAgreement) -> None:
    """What a provider answers about going on."""
    until = agreement.wished_to

    def write() -> tuple[str, list[Block]]:
        if until:
            subject = _("%(name)s would like to go on with the activity card") % {"name": agreement.provider}
        else:
            subject = _("%(name)s does not go on with the activity card") % {"name": agreement.provider}
        facts = [(_("Card"), str(agreement.programme)), period_of(agreement)]
        return subject, [
            Heading(subject, level=1),
            Facts([*facts, *([(_("Until"), day_words(until))] if until else [])]),
            staff_button(agreement.municipality),
        ]

    to_office(agreement.municipality, write)


def ask_renewal(agreement: ProviderAgreement) -> None:
    """Both are told in time that the period ends, and what happens then."""

    def write(to_staff: bool) -> tuple[str, list[Block]]:
        last = {"card": agreement.programme, "day": day_words(agreement.valid_to), "name": agreement.provider}
        subject = _("The agreement about %(card)s ends %(day)s") % last
        what = {
            Renewal.RENEW: _("It goes on by itself for another year. If it should not, say so before that day."),
            Renewal.ASK: _("Should it go on? Say yes or no; it takes one press."),
            Renewal.NONE: _("It will not go on. After that day cards can no longer be used."),
        }[Renewal(agreement.renewal)]
        whose = [(_("Provider"), str(agreement.provider))] if to_staff else []
        button = staff_button(agreement.municipality) if to_staff else desk_button(agreement)
        return subject, [Heading(subject, level=1), Facts([*whose, period_of(agreement)]), Paragraph(what), button]

    to_provider(agreement, lambda: write(False))
    to_office(agreement.municipality, lambda: write(True))


# ── offers ──────────────────────────────────────────────────────────────────────────────────────────────────


def tell_office_of_offer(offer: Offer, at: datetime) -> None:
    """An offer waits; at most one letter a day, with the first that comes."""
    municipality = offer.agreement.municipality
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(at), time.min))
    sent = TenantLogEntry.objects.filter(municipality=municipality, action="offer.send", timestamp__gte=midnight)
    if sent.count() > 1:  # this one is there already
        return
    waiting = Offer.objects.filter(agreement__municipality=municipality, state=OfferState.OFFERED).count()

    def write() -> tuple[str, list[Block]]:
        subject = _("An offer for the activity card waits for approval")
        came = f"{titled(offer)} ({offer.agreement.provider})"
        return subject, [
            Heading(subject, level=1),
            Facts([(_("Came in now"), came), (_("Waiting in all"), str(waiting))]),
            staff_button(municipality),
            Paragraph(_("You get this letter at most once a day.")),
        ]

    to_office(municipality, write)


def tell_approved(offer: Offer) -> None:
    """An offer is approved, and published later."""

    def write() -> tuple[str, list[Block]]:
        subject = _("Approved: %(name)s") % {"name": titled(offer)}
        said = _("%(town)s has approved your offer. It can be used as soon as it is published.")
        return subject, [
            Heading(_("Your offer is approved"), level=1),
            Paragraph(said % {"town": offer.agreement.municipality.name}),
            desk_button(offer.agreement),
        ]

    to_provider(offer.agreement, write)


def tell_published(offer: Offer, by: Any) -> None:
    """Cards can be used for an offer; who pressed knows it."""

    def write() -> tuple[str, list[Block]]:
        subject = _("Cards can now be used: %(name)s") % {"name": titled(offer)}
        days = {"first": day_words(offer.valid_from), "last": day_words(offer.valid_to)}
        return subject, [
            Heading(_("Your offer is published"), level=1),
            Facts([(_("Offer"), titled(offer)), (_("Days"), _("%(first)s to %(last)s") % days)]),
            Paragraph(_("Tell those who stand at the counter. There is a guide of one page for them.")),
            desk_button(offer.agreement),
        ]

    to_provider(offer.agreement, write, but=by)


def tell_sent_back(offer: Offer) -> None:
    """An offer has to be changed, and why."""

    def write() -> tuple[str, list[Block]]:
        subject = _("Please change: %(name)s") % {"name": titled(offer)}
        said = _("%(town)s has looked at your offer “%(name)s”, and asks you to change something.")
        return subject, [
            Heading(_("Something has to be changed"), level=1),
            Paragraph(said % {"town": offer.agreement.municipality.name, "name": titled(offer)}),
            Paragraph(offer.refused_because),
            Paragraph(_("All you wrote is kept.")),
            desk_button(offer.agreement),
        ]

    to_provider(offer.agreement, write)


def tell_changed(offer: Offer, before: Mapping[str, Any], reason: str, by: Any) -> None:
    """The municipality has changed an offer that is in use."""
    now = values_of(offer)
    if before == now:
        return

    def write() -> tuple[str, list[Block]]:
        subject = _("Changed: %(name)s") % {"name": titled(offer)}
        facts = [(line.label, f"{line.before or '–'} → {line.now or '–'}") for line in between(before, now)]
        return subject, [
            Heading(subject, level=1),
            Paragraph(_("%(town)s has changed what is agreed.") % {"town": offer.agreement.municipality.name}),
            Facts(facts),
            *([Paragraph(reason)] if reason else []),
            desk_button(offer.agreement),
        ]

    to_provider(offer.agreement, write, but=by)


def tell_closed(offer: Offer, reason: str, *, by_provider: bool) -> None:
    """One side has ended an offer; the other is told."""
    agreement = offer.agreement

    def write() -> tuple[str, list[Block]]:
        subject = _("Closed: %(name)s") % {"name": titled(offer)}
        who = agreement.provider if by_provider else agreement.municipality.name
        button = staff_button(agreement.municipality) if by_provider else desk_button(agreement)
        return subject, [
            Heading(subject, level=1),
            Paragraph(_("%(who)s has closed this offer. Cards can no longer be used for it.") % {"who": who}),
            *([Paragraph(reason)] if reason else []),
            button,
        ]

    if by_provider:
        to_office(agreement.municipality, write)
    else:
        to_provider(agreement, write)


# ── tills ───────────────────────────────────────────────────────────────────────────────────────────────────


def tell_till_stopped(till: Device, reason: str) -> None:
    """The municipality has stopped a till."""
    provider = till.provider

    def write() -> tuple[str, list[Block]]:
        subject = _("“%(name)s” is stopped. It takes no more cards.") % {"name": till.name}
        return subject, [
            Heading(subject, level=1),
            Paragraph(_("The municipality says")),
            Paragraph(reason),
            Button(_("To our offers"), address_of(provider.municipality.site) + reverse("desk-offers", args=[provider.slug])),
        ]

    for user in receivers_of(provider):
        send(municipality=provider.municipality, to=user.email, lang=lang_of(user, provider.municipality), write=write)


# ── before something ends ───────────────────────────────────────────────────────────────────────────────────


def warn_of_offer(offer: Offer) -> None:
    """Few are left of what is released."""
    left = (offer.released or 0) - offer.used

    def write(to_staff: bool) -> tuple[str, list[Block]]:
        subject = _("Few are left: %(name)s") % {"name": titled(offer)}
        facts = [(_("Released"), str(offer.released)), (_("Used"), str(offer.used)), (_("Left"), str(left))]
        if offer.quantity is not None and offer.released is not None and offer.quantity > offer.released:
            facts.append((_("Not released yet"), str(offer.quantity - offer.released)))
        whose = [(_("Provider"), str(offer.agreement.provider))] if to_staff else []
        button = staff_button(offer.agreement.municipality) if to_staff else desk_button(offer.agreement)
        return subject, [
            Heading(subject, level=1),
            Facts([*whose, *facts]),
            Paragraph(_("When none are left, cards are turned away at the counter. Release more, or let it end.")),
            button,
        ]

    to_provider(offer.agreement, lambda: write(False))
    to_office(offer.agreement.municipality, lambda: write(True))


def warn_of_ceiling(ceiling: Ceiling) -> None:
    """What the municipality pays in a month is nearly used up."""
    agreement = ceiling.agreement

    def write(to_staff: bool) -> tuple[str, list[Block]]:
        subject = _("The ceiling of %(month)s is nearly reached") % {"month": date_format(ceiling.month, "F Y")}
        facts = [
            (_("Ceiling"), in_kroner(ceiling.quantity)),
            (_("Used"), in_kroner(ceiling.used)),
            (_("Left"), in_kroner(ceiling.left)),
        ]
        whose = [(_("Provider"), str(agreement.provider))] if to_staff else []
        button = staff_button(agreement.municipality) if to_staff else desk_button(agreement)
        return subject, [
            Heading(subject, level=1),
            Facts([*whose, (_("Card"), str(agreement.programme)), *facts]),
            Paragraph(_("When it is reached, cards are turned away until the next month begins.")),
            button,
        ]

    to_provider(agreement, lambda: write(False))
    to_office(agreement.municipality, lambda: write(True))
