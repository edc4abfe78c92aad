"""What is known about texts in other languages than the one they were written in.

    Translation   one text in one language: who made it, from which words, and when
    Tally         one row in one language: how many of its texts are there, missing, out of date, made by a machine
    Changed       rows that something has happened to since they were last looked at; only ever appended to
    Spent         characters sent to the translation service, by day

The texts themselves stand in the rows, where everybody reads them. A `Translation` is told apart from what stands
there by `text_hash`: where that differs, a person has written since.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import Municipality


class Origin(models.TextChoices):
    """Who made a translation."""

    PERSON = "person", _("a person")
    MACHINE = "machine", _("a machine")


class OfRow(models.Model):
    """Something known of one row of any translated model, in one language."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField()
    lang = models.CharField(max_length=8)

    class Meta:
        abstract = True


class Translation(OfRow):
    """One text in one language: from which words, by whom, when."""

    field = models.CharField(max_length=200)  # a field of the model, or a text inside one ("body/…", pieces.py)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.PERSON)
    service = models.CharField(max_length=40, blank=True)
    source_lang = models.CharField(max_length=8)
    source_hash = models.CharField(max_length=32)
    source_text = models.TextField(blank=True)  # the words it was made from, to show what has changed since
    text_hash = models.CharField(max_length=32)
    pending = models.TextField(blank=True)  # a text inside a page that waits for the rest of the page
    before = models.JSONField(null=True, blank=True)  # what "undo" goes back to
    made_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["content_type", "object_id", "lang", "field"], name="translation_once")
        ]

    def __str__(self) -> str:
        return f"{self.content_type_id}:{self.object_id} {self.field} [{self.lang}]"


class Tally(OfRow):
    """How far one row has come in one language."""

    title = models.CharField(max_length=300)
    texts = models.PositiveIntegerField()
    missing = models.PositiveIntegerField()
    stale = models.PositiveIntegerField()
    machine = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("state of translation")
        verbose_name_plural = _("states of translation")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["content_type", "object_id", "lang"], name="tally_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["municipality", "lang", "content_type"], name="tally_board")
        ]

    def __str__(self) -> str:
        return f"{self.title} [{self.lang}]"


class Changed(models.Model):
    """Rows to be looked at anew. Appended in the transaction that changes them, so that an import pays one row a thousand.

    Never merged with a mark that stands there: that one may just be taken by a worker that does not see this change yet.
    """

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    pks = models.JSONField()
    taken_by = models.CharField(max_length=32, blank=True, default="", db_default="")  # a word of the worker that looks
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("change to look at")
        verbose_name_plural = _("changes to look at")

    def __str__(self) -> str:
        return f"{self.content_type_id}: {len(self.pks)}"


class Spent(models.Model):
    """How much the translation service was asked on one day, by all workers."""

    day = models.DateField(unique=True)
    characters = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("use of the translation service")
        verbose_name_plural = _("use of the translation service")

    def __str__(self) -> str:
        return f"{self.day}: {self.characters}"


class Offered(models.Model):
    """Into which languages the service translates from one language, as it said when it was last asked.

    Kept here so that a screen can tell without asking anybody.
    """

    address = models.CharField(max_length=32)  # a digest: the address may hold a key
    source = models.CharField(max_length=8)
    targets = models.JSONField(default=list)
    asked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("what the translation service offers")
        verbose_name_plural = _("what the translation service offers")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["address", "source"], name="offered_once")
        ]

    def __str__(self) -> str:
        return f"{self.source} → {', '.join(self.targets)}"
