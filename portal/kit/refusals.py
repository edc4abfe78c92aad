"""A "no" as a value: a reason with a sentence, carried by one exception."""

from __future__ import annotations

from typing import Any

from django.db.models import TextChoices


class Refused(Exception):
    """Something was refused. `reason` is a member of a `TextChoices`; its label is the sentence people read."""

    def __init__(self, reason: TextChoices, **facts: Any) -> None:
        self.reason = reason
        self.facts = facts
        super().__init__(reason.value)

    def __str__(self) -> str:
        return str(self.reason.label) % self.facts if self.facts else str(self.reason.label)


def refuse_if(reason: TextChoices | None, **facts: Any) -> None:
    """Raise `Refused` when a rule gave a reason; do nothing when it gave none."""
    if reason is not None:
        raise Refused(reason, **facts)
