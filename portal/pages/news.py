"""News: what is new in the municipality, and which grants one can apply for until when."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, F, IntegerField, QuerySet, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from directory.listings.words import kroner
from portal.pages.base import TranslatedPage
from portal.pages.cards import PageCard
from portal.pages.links import MOST, check_address, href_of, leads_away, tidy_address
from portal.pages.owners import reachable
from portal.pages.panels import page_tabs

ON_A_PAGE = 12
ON_FRONT_PAGE = 3


def today() -> datetime.date:
    return timezone.localdate()


class NewsIndexPage(TranslatedPage):
    """All news: grants one can still apply for first, then the newest."""

    page_description = _("Shows all news, grants one can still apply for first. One is enough for a site.")

    parent_page_types: ClassVar[list[str]] = ["pages.HomePage", "pages.SectionPage"]
    subpage_types: ClassVar[list[str]] = ["pages.NewsPage"]
    template = "pages/news_index.html"

    class Meta:
        verbose_name = _("list of news")
        verbose_name_plural = _("lists of news")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        rows = in_order(NewsPage.objects.child_of(self).live(), today())
        shown = Paginator(rows.select_related("image"), ON_A_PAGE).get_page(request.GET.get("page"))
        return super().get_context(request, *args, **kwargs) | {
            "cards": [news_card(row, today(), self.municipality) for row in shown],
            "shown": shown,
        }


class NewsPage(TranslatedPage):
    """One piece of news; with a deadline it is a grant one can apply for."""

    page_description = _("One piece of news. With a deadline it is a grant one can apply for.")

    date = models.DateField(_("date"), default=today)
    image = models.ForeignKey(
        "wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("picture")
    )
    image_alt = models.CharField(_("what the picture shows"), max_length=250, blank=True)
    deadline = models.DateField(_("last day to apply"), null=True, blank=True)
    amount = models.DecimalField(
        _("up to, kroner"), max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(1)]
    )
    who = models.CharField(_("who may apply"), max_length=300, blank=True)
    apply_at = models.CharField(
        _("address of the application"),
        max_length=MOST,
        blank=True,
        validators=[check_address],
        help_text=_("A page of this site (/…) or of another (https://…)."),
    )

    parent_page_types: ClassVar[list[str]] = ["pages.NewsIndexPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "pages/news.html"
    edit_handler = page_tabs(
        [
            FieldRowPanel([FieldPanel("date"), FieldPanel("image")]),
            MultiFieldPanel(
                [FieldRowPanel([FieldPanel("deadline"), FieldPanel("amount")]), FieldPanel("apply_at")],
                heading=_("A grant to apply for"),
            ),
        ],
        texts={"image_alt": _("What the picture shows"), "who": _("Who may apply (for a grant)")},
    )

    class Meta:
        verbose_name = _("piece of news")
        verbose_name_plural = _("news")

    def clean(self) -> None:
        super().clean()
        self.apply_at = tidy_address(self.apply_at)
        if self.deadline is None and (self.amount or self.apply_at):
            raise ValidationError({"deadline": _("A grant has a last day to apply. Write it here.")})
        if self.image_id and not any(getattr(self, f"image_alt_{code}") for code in self.order()):
            raise ValidationError(_("Write in one language at least what the picture shows."))

    def is_open(self, day: datetime.date) -> bool:
        """Whether one can still apply."""
        return self.deadline is not None and self.deadline >= day

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        lang = self.order()[0]
        return context | {
            "image_alt": self.text("image_alt"),
            "who": self.text("who"),
            "amount": kroner(self.amount) if self.amount else "",
            "open": self.is_open(today()),
            "apply_href": href_of(self.apply_at, lang),
            "apply_away": leads_away(self.apply_at),
            "facts": article_facts(self, request, context),
        }


def in_order(rows: QuerySet[Any], day: datetime.date) -> QuerySet[Any]:
    """Grants that are open first, the one that closes soonest at the top; then everything else, newest first."""
    return rows.annotate(
        rank=Case(When(deadline__gte=day, then=0), default=1, output_field=IntegerField()),
        soonest=Case(When(deadline__gte=day, then=F("deadline"))),
    ).order_by("rank", F("soonest").asc(nulls_last=True), "-date", "-pk")


def news_card(row: NewsPage, day: datetime.date, municipality: Any = None) -> PageCard:
    """A piece of news in a list."""
    if municipality is not None:
        row._municipality = municipality
    return PageCard(
        href=row.url or "",
        heading=row.name(),
        intro=row.text("intro"),
        image=row.image,
        day=row.date,
        deadline=row.deadline,
        is_open=row.is_open(day),
    )


def latest(municipality: Any) -> tuple[list[PageCard], str]:
    """The front page's news, and where the rest stands; nothing where there is none."""
    if municipality.site is None:
        return [], ""
    root = municipality.site.root_page
    rows = in_order(reachable(NewsPage.objects.descendant_of(root).live()), today()).select_related("image")[:ON_FRONT_PAGE]
    cards = [news_card(row, today(), municipality) for row in rows]
    index = reachable(NewsIndexPage.objects.descendant_of(root).live()).first() if cards else None
    return cards, (index.url or "") if index else ""


def article_facts(page: NewsPage, request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The news for search engines."""
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": str(context["heading"]),
        "inLanguage": context["heading"].lang,
        "datePublished": page.date.isoformat(),
        "url": request.build_absolute_uri(request.path),
    }
    if page.last_published_at:
        facts["dateModified"] = page.last_published_at.isoformat()
    if context["intro"]:
        facts["description"] = str(context["intro"])
    if page.municipality:
        facts["publisher"] = {"@type": "GovernmentOrganization", "name": page.municipality.name}
    if page.image:
        facts["image"] = request.build_absolute_uri(page.image.get_rendition("fill-1200x675|format-webp").url)
    return facts
