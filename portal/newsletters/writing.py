"""A newsletter's blocks as a letter: once for each language its readers have.

    edition_of(newsletter, lang) → subject, plain text, HTML

The texts are the reader's language's own, or the next best in the municipality's order; then one line in the reader's
language says so. What differs from receiver to receiver is one word: the token of the link that stops newsletters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.rich_text import expand_db_html

from directory.listings.cards import Card
from directory.municipalities.models import Municipality
from portal.kit.letters import Block, Button, Entries, Entry, Heading, Ink, Paragraph, Picture, Rich, Small, write_letter
from portal.kit.mail import one_line
from portal.kit.texts import Text, best
from portal.languages import interface_of
from portal.newsletters.frozen import frozen
from portal.newsletters.links import home_of
from portal.newsletters.models import Newsletter
from portal.pages.links import href_of
from portal.pages.lists import found
from portal.pages.look import look_of
from portal.pages.models import NewsPage
from portal.pages.news import in_order, news_card
from portal.pages.owners import reachable
from portal.theme.scales import scale
from search.engines import get_engine
from search.presenters import Paths, card_from
from search.vocabulary import Vocabulary

#: Stands where each receiver's own token comes.
TOKEN = "0.0.xx~THE-TOKEN-OF-THE-RECEIVER"  # noqa: S105  (a place, not a secret)
SHOWN_WIDTH = 550  # pixels of a picture in a letter


@dataclass(frozen=True, slots=True)
class Written:
    """A finished letter in one language."""

    lang: str
    text_lang: str
    subject: str
    text: str
    html: str


def edition_of(newsletter: Newsletter, lang: str) -> Written:
    """The letter for readers of `lang`."""
    body, text_lang = newsletter.body_for(lang)
    order = newsletter.order(lang)
    subject = newsletter.text("subject", order)
    title = newsletter.text("subject", newsletter.order(text_lang))
    blocks: list[Block] = [Heading(title.value, level=1, lang=other(title.lang, text_lang))]
    with override(interface_of(text_lang)):
        blocks += Composer(newsletter.municipality, text_lang, lang).blocks(body)
    with override(interface_of(lang)):
        note = not_in(lang, text_lang)
        foot = list(foot_of(newsletter, lang))
    words = other(interface_of(lang), text_lang)
    text, html = write_letter(
        [*([Paragraph(note, lang=words)] if note else []), *blocks],
        text_lang,
        title=title.value,
        sender=f"{newsletter.sender.name} · {newsletter.municipality.name}",
        foot=[with_lang(block, words) for block in foot],
        ink=ink_of(newsletter.municipality),
        glance=newsletter.text("glance", order).value,
    )
    return Written(lang, text_lang, one_line(subject.value), text, html)


def parts_of(newsletter: Newsletter, lang: str) -> list[dict[str, Any]]:
    """The letter's parts for its page on the site, as they are now."""
    body, text_lang = newsletter.body_for(lang)
    with override(interface_of(text_lang)):
        return frozen(Composer(newsletter.municipality, text_lang, lang, base="").blocks(body))


def other(lang: str, around: str) -> str:
    """The language of a part, where it differs from what stands around it."""
    return "" if lang == around else lang


def with_lang(block: Block, lang: str) -> Block:
    """The block marked with a language of its own."""
    return replace(block, lang=lang) if lang else block


def not_in(lang: str, text_lang: str) -> str:
    """What is said, in the reader's language, above a letter that is not written in it."""
    return "" if interface_of(lang) == interface_of(text_lang) else _("This letter is not translated into your language yet.")


def foot_of(newsletter: Newsletter, lang: str) -> Iterator[Block]:
    """Why one gets the letter, how to get no more, and what comes all the same. In the active language."""
    base, town = home_of(newsletter.municipality), newsletter.municipality.name
    yield Small(f"{newsletter.sender.name}, {town} · {newsletter.sender.reply_to}")
    leave = base + reverse("newsletter-leave", args=[TOKEN])
    if newsletter.audience == Newsletter.Audience.RESIDENTS:
        yield Small(_("You get this letter because you asked for news from %(town)s.") % {"town": town})
        yield Small("", leave, _("Stop these letters"))
    else:
        yield Small(
            _("You get this letter because an association or offer you look after is in the activity directory of %(town)s.")
            % {"town": town}
        )
        yield Small("", leave, _("Stop these letters"))
        yield Small(_("Letters you need still come: codes to sign in, questions whether your page is right, and deadlines."))
    if newsletter.in_archive and newsletter.slug:
        yield Small("", f"{base}/{lang}/newsletters/{newsletter.slug}/", _("Read this letter in the browser"))


def ink_of(municipality: Municipality) -> Ink:
    """The municipality's own colour on buttons and links; the product's where it has chosen none."""
    look = look_of(municipality)
    if look is None or not look.accent:
        return Ink()
    light, dark = scale(look.accent, "light"), scale(look.accent, "dark")
    return Ink(
        button=light["base-default"],
        on_button=light["base-contrast-default"],
        link=light["text-subtle"],
        dark_button=dark["base-default"],
        dark_on_button=dark["base-contrast-default"],
        dark_link=dark["text-subtle"],
    )


class Composer:
    """Makes the parts of a letter of the blocks staff wrote. `lang`: what they are written in; `reader`: where links lead.

    `base` stands before the paths of the own site: its address in a mail, nothing on the site itself.
    """

    def __init__(self, municipality: Municipality, lang: str, reader: str, *, base: str | None = None) -> None:
        self.municipality, self.lang, self.reader = municipality, lang, reader
        self.base = home_of(municipality) if base is None else base
        self.order = municipality.order_for(lang)
        self.day = timezone.localdate()

    def blocks(self, body: Iterable[Any]) -> Iterator[Block]:
        """All parts, in order. What a block names and is gone, is left out."""
        for child in body:
            yield from getattr(self, f"from_{child.block_type}")(child.value)

    # ── addresses ───────────────────────────────────────────────────────────────────────────────────────────

    def absolute(self, path: str) -> str:
        """An address that works in a mail: at the municipality's own host, in the reader's language."""
        site = self.municipality.site
        if site is not None and path.startswith(f"{site.root_url}/"):
            path = path.removeprefix(site.root_url)
        if not path.startswith("/") or path.startswith("//"):
            return path
        if path == f"/{self.lang}" or path.startswith(f"/{self.lang}/"):
            path = f"/{self.reader}{path.removeprefix(f'/{self.lang}')}"
        return self.base + path

    def absolute_html(self, html: str) -> str:
        """The same for every link of a formatted text."""
        return re.sub(r'(<a\b[^>]*?\bhref=")([^"]*)(")', lambda hit: hit[1] + self.absolute(hit[2]) + hit[3], html)

    # ── what staff wrote ────────────────────────────────────────────────────────────────────────────────────

    def from_heading(self, value: str) -> Iterator[Block]:
        yield Heading(value)

    def from_text(self, value: Any) -> Iterator[Block]:
        if html := self.absolute_html(expand_db_html(value.source)).strip():
            yield Rich(html)

    def from_image(self, value: Any) -> Iterator[Block]:
        image = value.get("image")
        if image is None:
            return
        try:
            made = image.get_rendition("max-1200x1200|format-jpeg|jpegquality-80")
        except OSError:  # its file is gone
            return
        width = min(SHOWN_WIDTH, made.width)
        height = max(1, round(made.height * width / made.width))
        yield Picture(self.absolute(made.url), value.get("alt") or "", width, height, value.get("caption") or "")

    def from_action(self, value: Any) -> Iterator[Block]:
        page = value.get("page")
        if page is not None:
            href = (page.url or "") if page.live else ""
        else:
            href = href_of(value.get("address") or "", self.reader)
        if value.get("text"):
            yield Paragraph(value["text"])
        if href:
            yield Button(value["label"], self.absolute(href))

    def from_listings(self, value: Any) -> Iterator[Block]:
        answer = found(value.get("question") or "", self.municipality, self.lang, int(value.get("limit") or 6))
        yield from self.listed(value.get("heading"), answer.cards)
        if answer.total > len(answer.cards):
            yield Button(_("See all %(count)s") % {"count": answer.total}, self.absolute(answer.href), quiet=True)

    def from_chosen(self, value: Any) -> Iterator[Block]:
        paths = Paths(Vocabulary.cached(self.municipality, self.lang), self.lang)
        cards: list[Card] = []
        for kind, name in (("activity", "activities"), ("provider", "providers"), ("place", "places")):
            pks = [row.pk for row in value.get(name) or [] if row is not None and row.municipality_id == self.municipality.pk]
            docs = get_engine().listed(kind, pks) if pks else []
            cards += [card_from(doc, self.lang, self.day, url=paths.of(doc)) for doc in docs]
        yield from self.listed(value.get("heading"), cards)

    def listed(self, heading: str | None, cards: Iterable[Card]) -> Iterator[Block]:
        items = [
            Entry(
                str(card.title),
                self.absolute(card.url),
                text=" · ".join(filter(None, [card.who, card.when, card.where, card.price])),
                note=str(card.by or ""),
                lang=other(card.title.lang, self.lang),
            )
            for card in cards
        ]
        if items:
            if heading:
                yield Heading(heading)
            yield Entries(items)

    def news(self) -> Any:
        """The municipality's own published news."""
        if self.municipality.site is None:
            return NewsPage.objects.none()
        return reachable(NewsPage.objects.descendant_of(self.municipality.site.root_page).live())

    def from_news(self, value: Any) -> Iterator[Block]:
        chosen = [page.pk for page in value.get("pages") or [] if page is not None]
        rows = self.news()
        if chosen:
            by_pk = {row.pk: row for row in rows.filter(pk__in=chosen)}
            pages = [by_pk[pk] for pk in chosen if pk in by_pk]
        else:
            pages = list(rows.order_by("-date", "-pk")[: int(value.get("latest") or 3)])
        items = [self.news_entry(page) for page in pages]
        if items:
            if value.get("heading"):
                yield Heading(value["heading"])
            yield Entries(items)

    def news_entry(self, page: Any) -> Entry:
        card = news_card(page, self.day, self.municipality)
        heading, intro = best(page, "heading", self.order) or Text(page.title, self.lang), best(page, "intro", self.order)
        note = ""
        if card.deadline and card.is_open:
            note = _("Last day to apply: %(day)s") % {"day": date_format(card.deadline, "DATE_FORMAT")}
        return Entry(heading.value, self.absolute(card.href), text=intro.value, note=note, lang=other(heading.lang, self.lang))

    def from_deadlines(self, value: Any) -> Iterator[Block]:
        lines: list[tuple[Any, Entry]] = []
        if value.get("with_grants"):
            for page in in_order(self.news().filter(deadline__gte=self.day), self.day)[:20]:
                heading = best(page, "heading", self.order) or Text(page.title, self.lang)
                note = date_format(page.deadline, "DATE_FORMAT")
                entry = Entry(heading.value, self.absolute(page.url or ""), note=note, lang=other(heading.lang, self.lang))
                lines.append((page.deadline, entry))
        for line in value.get("lines") or []:
            href = href_of(line.get("address") or "", self.reader)
            entry = Entry(line["text"], self.absolute(href) if href else "", note=date_format(line["day"], "DATE_FORMAT"))
            lines.append((line["day"], entry))
        if lines:
            yield Heading(value.get("heading") or _("Deadlines"))
            yield Entries([entry for _day, entry in sorted(lines, key=lambda pair: pair[0])])


def sender_line(newsletter: Newsletter) -> str:
    """ "Kulturavdelingen <kultur@…>": the department's own address, or the installation's with the department's name."""
    address = newsletter.sender.address or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return formataddr((one_line(newsletter.sender.name), address))
