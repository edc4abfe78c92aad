"""What the history says of deeds about who keeps a page: a short name, and a sentence."""

from django.utils.translation import gettext_lazy as _

DEEDS_OF_PROVIDERS = {
    "provider.ask_access": (_("Ask for a page"), _("Asked to keep a page")),
    "provider.withdraw_access": (_("Take a question back"), _("Took back the question for a page")),
    "provider.approve_access": (_("Give a page"), _("Gave somebody the page to keep")),
    "provider.approve_own_access": (
        _("Give oneself a page"),
        _("Gave themselves the page to keep: no colleague could answer"),
    ),
    "provider.refuse_access": (_("Refuse a page"), _("Refused somebody the page")),
    "provider.invite": (_("Invite"), _("Invited somebody to the page")),
    "provider.withdraw_invitation": (_("Take an invitation back"), _("Took back an invitation")),
    "provider.accept": (_("Accept an invitation"), _("Accepted an invitation to the page")),
    "provider.end_role": (_("End a role"), _("Somebody keeps the page no more")),
    "provider.hand_over": (_("Hand over"), _("Handed the page over to a new board")),
    "provider.trust": (_("Trust"), _("Lets the provider publish without approval")),
    "provider.end_trust": (_("End trust"), _("Approves again what the provider writes, before it is public")),
    "provider.attest": (_("Certificates seen"), _("Wrote down that police certificates have been seen")),
    "provider.take_back_attestation": (_("Take back certificates"), _("Took back that police certificates have been seen")),
    "listing.pause": (_("Break"), _("Put on a break")),
    "listing.resume": (_("End the break"), _("Ended the break")),
    "listing.close": (_("Close"), _("Closed by its provider")),
    "listing.ask_reopen": (_("Ask to reopen"), _("Asked to open it again")),
    "listing.ask_merge": (_("Ask to merge"), _("Asked to merge it with another page")),
    "listing.discard": (_("Discard a draft"), _("Discarded the draft")),
}
