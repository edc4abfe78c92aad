"""What the history says of deeds about agreements and offers: a short name, and a sentence."""

from django.utils.translation import gettext_lazy as _

DEEDS_OF_OFFERS = {
    "agreement.propose": (_("Propose an agreement"), _("Proposed an agreement for the activity card")),
    "agreement.agree": (_("Agree"), _("Agreed")),
    "agreement.change": (_("Change an agreement"), _("Changed the agreement")),
    "agreement.end": (_("End an agreement"), _("Ended the agreement")),
    "agreement.wish": (_("Ask to go on"), _("Asked to go on with the agreement")),
    "agreement.renew": (_("Renew"), _("Renewed the agreement")),
    "agreement.ask": (_("Ask about renewal"), _("Both were asked whether the agreement goes on")),
    "offer.send": (_("Send an offer"), _("Sent the offer to the municipality")),
    "offer.take_back": (_("Take an offer back"), _("Took the offer back")),
    "offer.send_back": (_("Send an offer back"), _("Sent the offer back to the provider")),
    "offer.change": (_("Change an offer"), _("Changed the offer")),
    "offer.approve": (_("Approve an offer"), _("Approved the offer")),
    "offer.publish": (_("Publish an offer"), _("Published the offer")),
    "offer.unpublish": (_("Take an offer down"), _("Took the offer down")),
    "offer.close": (_("Close an offer"), _("Closed the offer")),
    "offer.reopen": (_("Open an offer again"), _("Opened the offer again")),
    "offer.release": (_("Release"), _("Changed how many are released")),
    "offer.add_stock": (_("Add tickets"), _("Added bought or given tickets")),
    "offer.decide": (_("Decide about a use"), _("Decided about a use that a till told of later")),
    "offer.undo": (_("Take a use back"), _("Took a use of the offer back")),
    "offer.load_codes": (_("Load codes"), _("Loaded ready-made codes")),
}

DEEDS_OF_TILLS = {
    "till.invite": (_("Invite a till"), _("Made a code for a new till")),
    "till.enrol": (_("Enrol a till"), _("A browser became a till")),
    "till.rename": (_("Rename a till"), _("Gave a till another name")),
    "till.revoke": (_("Stop a till"), _("Stopped a till")),
    "till.words": (_("Send the words"), _("Chose where the words of the week are sent")),
}
