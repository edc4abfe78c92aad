"""States of agreements, offers, redemptions and settlements, and which may follow which."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AgreementState(models.TextChoices):
    """Of an agreement. Whether it runs is told by its dates."""

    PROPOSED = "proposed", _("proposed")
    AGREED = "agreed", _("agreed")
    ENDED = "ended", _("ended")


class Renewal(models.TextChoices):
    """What happens when an agreement's period is over."""

    NONE = "none", _("it ends")
    ASK = "ask", _("both are asked in time")
    RENEW = "renew", _("it goes on for another year")


class WhyNotMerge(models.TextChoices):
    """Why a provider cannot be made one with another (directory/merging): what was used and paid is never moved."""

    AGREEMENT = (
        "card-agreement",
        _("“%(name)s” has an agreement about the activity card. Keep that one and let the other go, or end the agreement first."),
    )


class OfferState(models.TextChoices):
    """Of an offer: the provider offers, the coordinator approves and publishes."""

    DRAFT = "draft", _("draft")
    OFFERED = "offered", _("waits for the municipality")
    APPROVED = "approved", _("approved, not published yet")
    PUBLISHED = "published", _("published")
    CLOSED = "closed", _("closed")


OFFER_MOVES = {
    OfferState.DRAFT: {OfferState.OFFERED, OfferState.CLOSED},
    OfferState.OFFERED: {OfferState.APPROVED, OfferState.DRAFT, OfferState.CLOSED},
    OfferState.APPROVED: {OfferState.PUBLISHED, OfferState.DRAFT, OfferState.CLOSED},
    OfferState.PUBLISHED: {OfferState.APPROVED, OfferState.DRAFT, OfferState.CLOSED},
    OfferState.CLOSED: {OfferState.DRAFT},
}


class StockKind(models.TextChoices):
    """Who paid for what an offer gives."""

    BOUGHT = "bought", _("bought beforehand")
    DONATED = "donated", _("given for free")


class UseWay(models.TextChoices):
    """How a use was told."""

    SCAN = "scan", _("telephone scanned")
    PAPER = "paper", _("paper scanned or typed")
    TAP = "tap", _("pressed on the telephone")
    OFFLINE = "offline", _("told later by a till without network")
    ASSOCIATION = "association", _("by the association that keeps the card")


class UseState(models.TextChoices):
    """Of a redemption. Only one told later by a till can be disputed."""

    OK = "ok", _("counted")
    DISPUTED = "disputed", _("to be decided")
    ACCEPTED = "accepted", _("accepted by the coordinator")
    TURNED_DOWN = "turned-down", _("not accepted")


class SettlementState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SENT = "sent", _("sent to the provider")
    APPROVED = "approved", _("approved")
    CLOSED = "closed", _("closed")


#: What people call these states: a statement that is closed has been paid.
SETTLEMENT_WORDS = {state: state.label for state in SettlementState} | {SettlementState.CLOSED: _("paid")}
SETTLEMENT_MOVES = {
    SettlementState.DRAFT: {SettlementState.SENT},
    SettlementState.SENT: {SettlementState.APPROVED, SettlementState.DRAFT},
    SettlementState.APPROVED: {SettlementState.CLOSED, SettlementState.DRAFT},
    SettlementState.CLOSED: set(),
}
