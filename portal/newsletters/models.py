"""Newsletters: what is written, who sends it, to whom, and what became of each message.

Sender            a department, by name and address
Newsletter        texts, whom it is for, where it stands
  └ Edition       the finished letter in one language, made once at its release
  └ Delivery      one message to one receiver
Receiver          a mail address of a municipality, and whether it wants newsletters
Subscription      a resident's wish for news, or for what is new in a search
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail.models import PreviewableMixin

from directory.listings.models import Category, fold
from directory.municipalities.models import District, Municipality
from portal.kit.texts import Text, best
from portal.languages import CODES, NAMES
from portal.newsletters.blocks import LetterField
from portal.newsletters.states import OPEN, DeliveryState, LetterState

#: Rooms of the archive's address that no letter may have.
ROOMS = frozenset({"subscribe", "confirm", "mine", "stop", "leave", "done"})


class Sender(models.Model):
    """A department that writes newsletters."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="newsletter_senders")
    name = models.CharField(_("name"), max_length=80, help_text=_("Shown as who the letter is from."))
    address = models.EmailField(
        _("sender address"),
        blank=True,
        help_text=_("Left empty, the installation's own address is used, and answers go to the address below."),
    )
    reply_to = models.EmailField(_("answers go to"))

    class Meta:
        verbose_name = _("sender of newsletters")
        verbose_name_plural = _("senders of newsletters")
        ordering: ClassVar[list[str]] = ["name"]
        constraints = [models.UniqueConstraint(fields=["municipality", "name"], name="newsletter_sender_once")]

    def __str__(self) -> str:
        return self.name


class Newsletter(PreviewableMixin, models.Model):
    """One letter to many."""

    class Audience(models.TextChoices):
        PROVIDERS = "providers", _("associations and others in the directory")
        RESIDENTS = "residents", _("residents who asked for news")

    class Role(models.TextChoices):
        CONTACT = "contact", _("the mail address on the page")
        EDITOR = "editor", _("editors of the page")
        TREASURER = "treasurer", _("treasurers")
        TILL = "till", _("tills")

    class Confirmed(models.TextChoices):
        ANY = "", _("confirmed or not")
        NOT = "not", _("not confirmed in the last 12 months")
        NEVER = "never", _("never confirmed")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="newsletters")
    sender = models.ForeignKey(Sender, on_delete=models.PROTECT, related_name="newsletters", verbose_name=_("sender"))
    subject = models.CharField(_("subject"), max_length=120)
    glance = models.CharField(
        _("first line"), max_length=160, blank=True, help_text=_("Mail programs show it beside the subject.")
    )
    body = LetterField(verbose_name=_("contents"), null=True, blank=True)
    slug = models.SlugField(_("short name for addresses"), max_length=80, blank=True)

    audience = models.CharField(_("who gets it"), max_length=10, choices=Audience.choices, default=Audience.PROVIDERS)
    roles = models.JSONField(_("which of their addresses"), default=list, blank=True)
    kinds = models.JSONField(_("kinds"), default=list, blank=True)
    categories = models.ManyToManyField(Category, blank=True, related_name="+", verbose_name=_("categories"))
    districts = models.ManyToManyField(District, blank=True, related_name="+", verbose_name=_("districts"))
    receiver_languages = models.JSONField(_("languages of the receivers"), default=list, blank=True)
    confirmed = models.CharField(_("confirmed"), max_length=6, choices=Confirmed.choices, blank=True, default=Confirmed.ANY)
    card_offers = models.BooleanField(_("only those with an offer for the activity card"), default=False)

    in_archive = models.BooleanField(
        _("show it on the site"), default=False, help_text=_("Everybody can read it there once it has been sent.")
    )
    state = models.CharField(_("state"), max_length=10, choices=LetterState.choices, default=LetterState.DRAFT, editable=False)
    send_at = models.DateTimeField(_("to be sent"), null=True, blank=True, editable=False)
    released_at = models.DateTimeField(_("released"), null=True, blank=True, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("newsletter")
        verbose_name_plural = _("newsletters")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "slug"], name="newsletter_slug_once"),
            models.CheckConstraint(
                condition=Q(released_at__isnull=False) | Q(state__in=sorted(OPEN)), name="newsletter_released_before_sent"
            ),
        ]

    def __str__(self) -> str:
        return best(self, "subject", CODES).value or str(_("newsletter"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a letter without an address gets one, which nobody else in the municipality has."""
        if not self.slug:
            self.slug = self.free_slug()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Where it stands in the archive, in the active language."""
        return reverse("newsletter", args=[self.slug])

    def free_slug(self) -> str:
        """A short name made from the subject and the year."""
        stem = (slugify(fold(str(self)))[:60] or "letter") + f"-{timezone.localdate():%Y}"
        rows = Newsletter.objects.filter(municipality=self.municipality_id, slug__startswith=stem).exclude(pk=self.pk)
        taken = set(rows.values_list("slug", flat=True)) | ROOMS
        return next(slug for n in range(1, len(taken) + 2) if (slug := stem if n == 1 else f"{stem}-{n}") not in taken)

    # ── texts ───────────────────────────────────────────────────────────────────────────────────────────────
    def order(self, lang: str) -> list[str]:
        """Languages in which to look for a text for a reader of `lang`."""
        return self.municipality.order_for(lang)

    def text(self, field: str, order: Iterable[str]) -> Text:
        return best(self, field, order)

    def body_for(self, lang: str) -> tuple[Any, str]:
        """The blocks for a reader of `lang`, and the language they are in."""
        for code in self.order(lang):
            if body := getattr(self, f"body_{code}", None):
                return body, code
        return [], self.order(lang)[0]

    def written_in(self) -> list[str]:
        """The languages of the municipality in which there are contents."""
        return [code for code in self.municipality.languages if getattr(self, f"body_{code}", None)]

    @property
    def is_open(self) -> bool:
        """Whether it can still be changed."""
        return self.state in OPEN

    # ── preview ─────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def preview_modes(self) -> list[tuple[str, str]]:
        municipality = self.municipality if self.municipality_id else None
        return [(code, NAMES[code]) for code in (municipality.languages if municipality else ["nb", "en"])]

    @property
    def full_url(self) -> str | None:
        """The preview is asked from the municipality's own host."""
        site = self.municipality.site if self.municipality_id else None
        return f"{site.root_url}/" if site else None

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from portal.newsletters.staff_views import preview  # stands on this module

        code = mode_name if mode_name in dict(self.preview_modes) else self.preview_modes[0][0]
        with translation.override(code):
            return preview(request, self, code)


class Edition(models.Model):
    """A newsletter as its readers of one language get it: made once, when it is released."""

    tenant_path = "newsletter__municipality"

    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="editions")
    lang = models.CharField(max_length=5)  # of the readers
    text_lang = models.CharField(max_length=5)  # of the texts: the same, or the next best there is
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    blocks = models.JSONField(null=True)  # its parts for the page of the letter; links without the site's own address

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [models.UniqueConstraint(fields=["newsletter", "lang"], name="newsletter_edition_once")]

    def __str__(self) -> str:
        return f"{self.newsletter_id} · {self.lang}"


class Receiver(models.Model):
    """A mail address that newsletters of a municipality have gone to, or that wants none. Known by its number in links."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(_("mail address"))
    unsubscribed_at = models.DateTimeField(_("wants no newsletters since"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("receiver of newsletters")
        verbose_name_plural = _("receivers of newsletters")
        constraints = [models.UniqueConstraint(fields=["municipality", "email"], name="newsletter_receiver_once")]

    def __str__(self) -> str:
        return self.email


class Delivery(models.Model):
    """One message of a newsletter to one receiver. The receiver may be erased; the figures stay."""

    tenant_path = "newsletter__municipality"

    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="deliveries")
    receiver = models.ForeignKey(Receiver, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    lang = models.CharField(max_length=5)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    worker = models.CharField(max_length=40, blank=True)  # who has it in hand
    reserved_until = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)  # not before
    settled_at = models.DateTimeField(null=True, blank=True)
    said = models.CharField(_("what the mail server said"), max_length=200, blank=True)
    # Heard of afterwards
    delivered_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("message of a newsletter")
        verbose_name_plural = _("messages of newsletters")
        constraints = [models.UniqueConstraint(fields=["newsletter", "receiver"], name="newsletter_delivery_once")]
        indexes = [models.Index(fields=["newsletter", "state", "id"], name="newsletter_delivery_queue")]

    def __str__(self) -> str:
        return f"{self.newsletter_id} · {self.pk} · {self.state}"


class Subscription(models.Model):
    """What a resident wants to be told of. Erased when they want it no more; unconfirmed after seven days."""

    class About(models.TextChoices):
        NEWS = "news", _("news")
        SEARCH = "search", _("what is new in a search")

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(_("mail address"))
    lang = models.CharField(_("language"), max_length=5)
    about = models.CharField(_("about"), max_length=6, choices=About.choices)
    query = models.CharField(_("search"), max_length=1000, blank=True)
    created_at = models.DateTimeField(_("asked"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    told_until = models.DateTimeField(null=True, blank=True)  # what is newer has not been told

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "email", "about", "query"], name="newsletter_subscription_once")
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.about}"
