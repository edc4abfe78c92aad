"""A question on its way to a provider, and what is left of it when its time is over: that there was one."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import Kind
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.contact.board.models import Notice
from portal.languages import direction

#: So long the words, the name and the address of an enquiry are kept.
KEPT = timedelta(days=90)


class Channel(models.TextChoices):
    """Where an enquiry came from."""

    LISTING = "listing", _("question from a page")
    HANDOVER = "handover", _("somebody new who would like to begin")
    PROVIDER = "provider", _("message from another association")
    NOTICE = "notice", _("answer on the notice board")


#: What anybody may send, known to us or not.
OPEN_TO_ALL = (Channel.LISTING, Channel.HANDOVER)


class AnswerBy(models.TextChoices):
    """How the asker wants to be answered."""

    MAIL = "mail", _("By mail")
    PHONE = "phone", _("By telephone")


class EnquiryState(models.TextChoices):
    """Where an enquiry is."""

    OPEN = "open", _("passed on")
    HELD = "held", _("held back for a look")
    THROWN = "thrown", _("thrown away")


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    def passed_on(self) -> Self:
        """What the receiver may see."""
        return self.filter(state=EnquiryState.OPEN)

    def unanswered(self) -> Self:
        """What waits for an answer, and still says what was asked."""
        return self.passed_on().filter(answered_at=None, erased_at=None)

    def held(self) -> Self:
        """What staff must look at."""
        return self.filter(state=EnquiryState.HELD, erased_at=None)


class Enquiry(models.Model):
    """Somebody asks a provider something. The words, the name and the addresses are erased after `KEPT`; the count stays."""

    wagtail_reference_index_ignore = True

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="enquiries")
    channel = models.CharField(_("way"), max_length=10, choices=Channel.choices, default=Channel.LISTING)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, blank=True)
    listing_id = models.PositiveBigIntegerField(null=True, blank=True)
    listing_name = models.CharField(_("about"), max_length=160, blank=True)
    provider = models.ForeignKey(
        Provider, on_delete=models.SET_NULL, null=True, blank=True, related_name="enquiries", verbose_name=_("to")
    )
    notice = models.ForeignKey(Notice, on_delete=models.SET_NULL, null=True, blank=True, related_name="answers")
    # Who receives it where no provider does: who put up a notice without one.
    to_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    from_provider = models.ForeignKey(Provider, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    from_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    text = models.TextField(_("what was asked"), max_length=2000, blank=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    answer_by = models.CharField(_("how to answer"), max_length=6, choices=AnswerBy.choices, default=AnswerBy.MAIL)
    email = models.EmailField(_("mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=20, blank=True)
    lang = models.CharField(_("language"), max_length=8, blank=True)

    state = models.CharField(_("state"), max_length=8, choices=EnquiryState.choices, default=EnquiryState.OPEN)
    suspicions = models.JSONField(_("why it was held back"), default=list, blank=True)
    digest = models.CharField(max_length=40, blank=True, db_index=True)  # of the words, to know the same text again
    created_at = models.DateTimeField(_("received"), db_index=True)
    relayed_at = models.DateTimeField(_("passed on"), null=True, blank=True)
    failed_at = models.DateTimeField(_("could not be delivered"), null=True, blank=True)  # and staff were told
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    decided_at = models.DateTimeField(_("looked at"), null=True, blank=True)
    told_at = models.DateTimeField(_("staff were told"), null=True, blank=True)  # that it is held back
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        verbose_name = _("enquiry held back")
        verbose_name_plural = _("enquiries held back")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["provider", "state", "answered_at"], name="enquiry_waiting"),
            models.Index(fields=["municipality", "created_at"], name="enquiry_of_town"),
            models.Index(fields=["kind", "listing_id", "created_at"], name="enquiry_about"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="enquiry_erased_is_empty",
                condition=Q(erased_at=None) | Q(text="", name="", email="", phone="", digest="", from_user=None, to_user=None),
            )
        ]

    def __str__(self) -> str:
        return self.listing_name or self.get_channel_display()

    @property
    def dir(self) -> str:
        """The direction of the words that were written."""
        return direction(self.lang) if self.lang else "auto"
