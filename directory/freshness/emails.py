"""The letter that asks whether everything is still right: one for all pages of a provider, in the receiver's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from directory.freshness.facts import Page, pages_of
from directory.freshness.links import token_for
from directory.freshness.queries import Receiver, listings_of
from directory.freshness.rules import Step
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.kit.addresses import address_of
from portal.kit.letters import Block, Button, Entries, Entry, Heading, Paragraph, Small, write_letter
from portal.kit.mail import send_letter
from portal.kit.texts import best
from portal.languages import interface_of

MOST_LISTED = 25  # pages in one letter; all of them stand behind its link


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it is sent."""

    subject: str
    text: str
    html: str
    lang: str


def send_question(*, provider: Provider, round: Any, step: Step, receivers: list[Receiver]) -> None:
    """Put the letter of one step in the queue for each receiver."""
    by_lang: dict[str, Letter] = {}
    for receiver in receivers:
        lang = language_of(receiver, provider.municipality)
        if lang not in by_lang:
            by_lang[lang] = write_question(provider, round, step, lang)
        letter = by_lang[lang]
        send_letter(subject=letter.subject, body=letter.text, html=letter.html, to=[receiver.email], lang=letter.lang)


def language_of(receiver: Receiver, municipality: Municipality) -> str:
    """The receiver's language where the municipality offers it, else the municipality's first."""
    return receiver.lang if receiver.lang in municipality.languages else municipality.languages[0]


def write_question(provider: Provider, round: Any, step: Step, lang: str) -> Letter:
    """The letter of one step in one language; the page behind its link is in that language too."""
    municipality = provider.municipality
    with translation.override(lang):
        base = address_of(municipality.site)
        pages = pages_of(listings_of(provider), lang)
        if step == Step.HIDDEN:
            pages = [page for page in pages if page.is_hidden]
        name = str(best(provider, "name", municipality.order_for(lang)))
        link = base + reverse("still-right", args=[token_for(provider.pk, round)])
        blocks: list[Block] = [
            Heading(heading(step), level=1),
            Paragraph(opening(step, name, municipality.name)),
            Button(_("Yes, everything is still right"), link),
            Paragraph(_("You need not sign in. The button opens a page with all that is written now; there you press once.")),
            Button(_("Something has changed"), base + desk_path(provider), quiet=True),
            Button(_("We have closed"), base + reverse("still-right-closed", args=[token_for(provider.pk, round)]), quiet=True),
            Heading(_("What is written now"), level=2),
            Entries([entry(page, base, lang) for page in pages[:MOST_LISTED]]),
        ]
        if len(pages) > MOST_LISTED:
            blocks.append(Paragraph(_("More pages behind the button: %(count)s") % {"count": len(pages) - MOST_LISTED}))
        foot: list[Block] = [
            Small(
                _(
                    "You get this letter because your mail address stands at %(name)s in the directory of %(town)s. We ask "
                    "once a year, and remind you when we hear nothing. Anybody in the association may use the link."
                )
                % {"name": name, "town": municipality.name}
            )
        ]
        if municipality.contact_email:
            foot.append(
                Small(
                    _("Is this not for you? Write to %(email)s, and we ask somebody else.")
                    % {"email": municipality.contact_email}
                )
            )
        text, html = write_letter(
            blocks, interface_of(lang), sender=municipality.name, foot=foot, glance=_("One press is enough.")
        )
        return Letter(subject(step, name), text, html, interface_of(lang))


def subject(step: Step, name: str) -> str:
    """What stands in the list of a mail program."""
    return {
        Step.ASK: _("Is everything still right? %(name)s"),
        Step.REMIND: _("Reminder: is everything still right? %(name)s"),
        Step.LAST: _("Last reminder: is everything still right? %(name)s"),
        Step.HIDDEN: _("Hidden from residents: %(name)s"),
    }[step] % {"name": name}


def heading(step: Step) -> str:
    """The letter's title."""
    return _("Your pages are hidden") if step == Step.HIDDEN else _("Is everything still right?")


def opening(step: Step, name: str, town: str) -> str:
    """Why one gets this letter now."""
    facts = {"name": name, "town": town}
    if step == Step.ASK:
        return (
            _(
                "Residents of %(town)s find %(name)s in the municipality's directory. Nobody has confirmed all of it for a year. "
                "Is it still right?"
            )
            % facts
        )
    if step == Step.REMIND:
        return (
            _(
                "We wrote a month ago and have not heard from you. Are the pages of %(name)s in the directory of %(town)s "
                "still right?"
            )
            % facts
        )
    if step == Step.LAST:
        return (
            _(
                "This is our last reminder about %(name)s in the directory of %(town)s. Pages that nobody has confirmed for 15 "
                "months are marked as perhaps out of date. After 18 months residents no longer see them."
            )
            % facts
        )
    return (
        _(
            "Nobody has confirmed these pages of %(name)s for a year and a half, so residents of %(town)s no longer see "
            "them. Are they right? Then one press brings them back."
        )
        % facts
    )


def entry(page: Page, base: str, lang: str) -> Entry:
    """One page with its key facts."""
    return Entry(
        title=str(page.name),
        href=base + page.path if page.path else "",
        text="\n".join(f"{word}: {said}" for word, said in page.facts),
        note=" · ".join(filter(None, [page.kind, page.known, _("hidden from residents") if page.is_hidden else ""])),
        lang=page.name.lang if page.name.lang != interface_of(lang) and not page.facts else "",
    )


def desk_path(provider: Provider) -> str:
    """Where somebody changes what is written, after signing in."""
    try:
        return reverse("desk-provider", args=[provider.slug])
    except NoReverseMatch:
        return reverse("desk")
