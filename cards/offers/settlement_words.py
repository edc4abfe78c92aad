"""What the history says of deeds about settlements and years: a short name, and a sentence."""

from django.utils.translation import gettext_lazy as _

DEEDS_OF_SETTLEMENTS = {
    "settlement.make": (_("Make a settlement"), _("Made the settlement")),
    "settlement.send": (_("Send a settlement"), _("Sent the statement to the provider")),
    "settlement.approve": (_("Approve a settlement"), _("Said that the statement is right")),
    "settlement.object": (_("Object to a settlement"), _("Said that something in the statement is not right")),
    "settlement.close": (_("Close a settlement"), _("Closed the settlement: it has been paid")),
}

DEEDS_OF_ENDS = {
    "year.close": (_("Close a year"), _("Began to close the year")),
    "year.reopen": (_("Open a year again"), _("Opened the year again")),
    "year.closed": (_("Year closed"), _("The year was added up, and its cards were deleted")),
}
