"""What the history says of looking after programmes: a short name, and a sentence."""

from django.utils.translation import gettext_lazy as _

DEEDS_OF_KEEPING = {
    "programme.let_in": (_("Let a municipality take part"), _("Let a municipality take part in the programme")),
    "programme.let_go": (_("Take a municipality out"), _("Took a municipality out of the programme")),
    "year.open": (_("New year"), _("Opened the year")),
    "year.change": (_("Move the days of a year"), _("Moved the first or last day")),
    "card_type.open": (_("Let a card be handed out"), _("Let the card be handed out")),
    "card_type.shut": (_("Hand out no more"), _("No more of these cards are handed out")),
    "quota.give": (_("Give a quota"), _("Gave the agency a quota")),
    "offer.withdraw_codes": (_("Withdraw codes"), _("Withdrew ready-made codes that nobody had got")),
}
