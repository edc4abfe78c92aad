"""What the log says of deeds on agencies."""

from django.utils.translation import gettext_lazy as _

DEEDS_OF_AGENCIES = {
    "agency.change": (_("Change an agency"), _("Agency changed")),
    "agency.give_role": (_("Give a role at an agency"), _("Role at an agency given")),
    "agency.change_role": (_("Change a role at an agency"), _("Role at an agency changed")),
    "agency.take_role": (_("End a role at an agency"), _("Role at an agency ended")),
}
