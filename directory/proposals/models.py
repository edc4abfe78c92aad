"""What staff answer to proposals: remarks field by field, and answers kept to be used again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.municipalities.models import Municipality
from portal.kit.texts import Text, best


class Reply(models.Model):
    """What staff said of single fields when they sent a proposal back. What they said in general is the task's own comment."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    task_state = models.OneToOneField("wagtailcore.TaskState", on_delete=models.CASCADE, related_name="+")
    remarks = models.JSONField(_("remarks, by field"), default=dict, blank=True)

    class Meta:
        verbose_name = _("answer to a proposal")
        verbose_name_plural = _("answers to proposals")

    def __str__(self) -> str:
        return ", ".join(self.remarks)


class SavedAnswer(models.Model):
    """A reason that staff give again and again, in the languages of those who get it."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("what you call it"), max_length=80)
    text = models.TextField(_("what the sender reads"), max_length=1000)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("saved answer")
        verbose_name_plural = _("saved answers")
        ordering: ClassVar[list[str]] = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["municipality", "name"], name="saved_answer_once")]

    def __str__(self) -> str:
        return self.name

    def text_in(self, order: list[str]) -> Text:
        """What the sender reads, in the first language of `order` that has it."""
        return best(self, "text", order)
