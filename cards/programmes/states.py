"""States of programme years and cards, and which may follow which."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class YearState(models.TextChoices):
    """Of a programme year. Whether it has begun is told by its dates."""

    OPEN = "open", _("open")
    CLOSING = "closing", _("being closed")  # no new cards; settled, and cut from the cards by a worker
    CLOSED = "closed", _("closed")


YEAR_MOVES = {YearState.OPEN: {YearState.CLOSING}, YearState.CLOSING: {YearState.CLOSED, YearState.OPEN}, YearState.CLOSED: set()}


class CardState(models.TextChoices):
    """Of a card. Lapsed (not activated in time) and expired are told by its dates, never stored."""

    ISSUED = "issued", _("handed out, not used yet")
    ACTIVE = "active", _("in use")
    SUSPENDED = "suspended", _("paused")
    REVOKED = "revoked", _("stopped")


CARD_MOVES = {
    CardState.ISSUED: {CardState.ACTIVE, CardState.REVOKED},
    CardState.ACTIVE: {CardState.SUSPENDED, CardState.REVOKED},
    CardState.SUSPENDED: {CardState.ACTIVE, CardState.REVOKED},
    CardState.REVOKED: set(),
}


class Medium(models.TextChoices):
    """How a card is carried: told at its first use, or at once for cards that an association keeps."""

    UNKNOWN = "", _("not known yet")
    DIGITAL = "digital", _("on a telephone")
    PAPER = "paper", _("on paper")
    ASSOCIATION = "association", _("kept by an association")


class Unit(models.TextChoices):
    """What an allowance counts."""

    CLIP = "clip", _("clips")
    ORE = "ore", _("an amount")  # in øre


class Way(models.TextChoices):
    """How a batch of cards came to people."""

    SCREEN = "screen", _("shown on the screen")
    PRINT = "print", _("printed")
    SMS = "sms", _("link by text message")
    CODE = "code", _("code read out")
    ASSOCIATION = "association", _("through an association")
