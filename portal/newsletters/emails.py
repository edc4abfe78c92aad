"""Letters to residents who subscribe: confirm, you do already, and what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from portal.kit.letters import Block, Button, Entries, Entry, Heading, Paragraph, Small, write_letter
from portal.kit.mail import send_letter
from portal.languages import interface_of
from portal.newsletters.links import confirm_token, home_of, mine_token
from portal.newsletters.models import Subscription
from portal.pages.lists import asked_of
from search.vocabulary import Vocabulary


def named(row: Subscription, lang: str) -> str:
    """What is subscribed to, in words."""
    town = row.municipality.name
    if row.about == Subscription.About.NEWS:
        return _("News from %(town)s") % {"town": town}
    query, _notices = asked_of(row.query, row.municipality, lang)
    words = query.describe(Vocabulary.cached(row.municipality, lang))
    return _("New in %(town)s: %(search)s") % {"town": town, "search": words or _("everything")}


def own_language(row: Subscription) -> str:
    """The language of letters to this subscriber; one the municipality has stopped offering gives way to its first."""
    return row.lang if row.lang in row.municipality.languages else row.municipality.languages[0]


def _address(row: Subscription, lang: str, name: str, token: str) -> str:
    with override(lang):
        return home_of(row.municipality) + reverse(name, args=[token])


def send_confirmation(row: Subscription) -> None:
    """The first letter: nothing comes before its button was pressed."""
    lang = own_language(row)
    with override(interface_of(lang)):
        about = named(row, lang)
        blocks: list[Block] = [
            Heading(_("Do you want these letters?"), level=1),
            Paragraph(_("Somebody wrote your mail address on our site to get this once a week, when there is something new:")),
            Paragraph(about),
            Button(_("Yes, send them to me"), _address(row, lang, "newsletter-confirm", confirm_token(row))),
            Paragraph(_("Was it not you? Then do nothing: no more letters come, and your address is erased after seven days.")),
        ]
        text, html = write_letter(blocks, interface_of(lang), sender=row.municipality.name)
        subject = _("Confirm: %(about)s") % {"about": about}
    send_letter(subject=subject, body=text, html=html, to=[row.email], lang=interface_of(lang))


def send_known_already(row: Subscription) -> None:
    """Somebody asked for what they get already."""
    lang = own_language(row)
    with override(interface_of(lang)):
        about = named(row, lang)
        blocks: list[Block] = [
            Heading(_("You get these letters already"), level=1),
            Paragraph(about),
            Paragraph(_("A letter comes once a week, and only when there is something new.")),
            Button(_("See or stop my letters"), _address(row, lang, "newsletter-mine", mine_token(row)), quiet=True),
        ]
        text, html = write_letter(blocks, interface_of(lang), sender=row.municipality.name)
        subject = _("You get these letters already")
    send_letter(subject=subject, body=text, html=html, to=[row.email], lang=interface_of(lang))


def send_digest(row: Subscription, lang: str, items: Sequence[Entry], total: int) -> None:
    """What is new since the last one."""
    around = interface_of(lang)
    with override(around):
        about = named(row, lang)
        mine = _address(row, lang, "newsletter-mine", mine_token(row))
        blocks: list[Block] = [
            Heading(about, level=1),
            Entries([mark_language(item, lang, around) for item in items]),
        ]
        if row.about == Subscription.About.SEARCH:
            with override(lang):
                path = reverse("find") + (f"?{row.query}" if row.query else "")
            blocks.append(Button(_("See them all"), home_of(row.municipality) + path, quiet=True))
        foot = [
            Small(_("You get this letter because you asked for it on the site of %(town)s.") % {"town": row.municipality.name}),
            Small("", mine, _("See or stop my letters")),
        ]
        text, html = write_letter(blocks, around, sender=row.municipality.name, foot=foot)
        subject = ngettext("%(about)s (%(count)s new)", "%(about)s (%(count)s new)", total) % {"about": about, "count": total}
    host = home_of(row.municipality).partition("//")[2].partition(":")[0]
    send_letter(
        subject=subject,
        body=text,
        html=html,
        to=[row.email],
        lang=around,
        headers={
            "List-Id": f"<subscriptions.{row.municipality.slug}.{host}>",
            "List-Unsubscribe": f"<{home_of(row.municipality)}{reverse('newsletter-stop', args=[mine_token(row)])}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def mark_language(item: Entry, lang: str, around: str) -> Entry:
    """An entry in the reader's language says so, where the words around it are in another."""
    return item if item.lang or lang == around else replace(item, lang=lang)
