"""How a text stands in one language."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Of one text in one language."""

    MISSING = "missing", _("missing")
    STALE = "stale", _("out of date")
    COMPLETE = "complete", _("complete")
    OPTIONAL = "optional", _("may be left empty")


class Shown(models.TextChoices):
    """What the board is asked to show."""

    TODO = "todo", _("missing or out of date")
    MISSING = "missing", _("missing")
    STALE = "stale", _("out of date")
    MACHINE = "machine", _("made by a machine")
    COMPLETE = "complete", _("complete")
