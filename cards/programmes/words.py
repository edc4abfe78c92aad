"""What the log says of deeds on cards. They name batches and card types, never a single card."""

from django.utils.translation import gettext_lazy as _

DEEDS_OF_CARDS = {
    "cards.issue": (_("Hand out cards"), _("Cards handed out")),
    "cards.reissue": (_("Replace a card"), _("A card of this batch was replaced")),
    "cards.revoke": (_("Stop a card"), _("A card of this batch was stopped")),
    "cards.suspend": (_("Pause a card"), _("A card of this batch was paused")),
    "cards.resume": (_("Take up a card again"), _("A card of this batch was taken up again")),
    "cards.rotate": (_("Make new codes"), _("New codes were made for the unused cards of this batch")),
    "cards.printed": (_("Print cards"), _("The cards were printed")),
    "cards.extra": (_("Give something extra"), _("A card of this batch got something extra")),
    "cards.line": (_("Change a line"), _("A line of the card type was changed")),
    "cards.check": (_("Ask for two cards"), _("A national number was asked about")),
    "cards.refused": (_("Refuse a card"), _("A card was refused: there is one already")),
}
