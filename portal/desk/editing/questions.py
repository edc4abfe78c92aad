"""What the desk asks, in the words of people who do this twice a year: field → (question, help)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

QUESTIONS: dict[str, tuple[Words, Words]] = {
    "name": (_("Name"), _("As people know it.")),
    "summary": (_("In one sentence"), _("What is it, and for whom? This stands on the card in the lists.")),
    "description": (_("Tell more"), _("What happens, who comes, what it is like the first time.")),
    "easy": (_("In easy words"), _("Short sentences and common words. Shown first, marked as easy to read.")),
    "categories": (_("What is it about?"), _("Choose all that fit. People find you by them.")),
    "targets": (_("Whom is it for?"), ""),
    "adaptations": (_("What makes it possible to take part?"), _("Tick only what holds every time.")),
    "adaptation_note": (_("More about this"), ""),
    "spoken": (_("Which languages do those who lead it speak?"), ""),
    "age_from": (_("From which age?"), _("Leave empty if there is no lower limit.")),
    "age_to": (_("To which age?"), _("Leave empty if there is no upper limit.")),
    "low_threshold": (_("One can just turn up: no sign-up, no skills needed"), ""),
    "website": (_("Website"), _("The whole address, with https://")),
    "social_links": (_("Social media"), _("One address a line.")),
    "contact_name": (_("Contact person"), ""),
    "phone": (_("Telephone"), ""),
    "email": (_("Mail address"), ""),
    "contact_name_visibility": (_("Who may see the name?"), ""),
    "phone_visibility": (_("Who may see the telephone number?"), ""),
    "email_visibility": (_("Who may see the mail address?"), ""),
    "street": (_("Street and number"), _("Leave empty if it is somebody's home.")),
    "postcode": (_("Postcode"), ""),
    "city": (_("Town"), ""),
    "getting_there": (_("How does one get there?"), _("Bus, parking, which door.")),
    "volunteers_wanted": (_("We would like more volunteers"), ""),
    "volunteers_note": (_("What can volunteers do?"), ""),
    "membership_fee": (_("Membership fee a year, in kroner"), _("Leave empty if there is none.")),
    "membership_note": (_("How does one become a member?"), ""),
    "founded": (_("Founded in which year?"), ""),
    "kind": (_("What kind is it?"), ""),
    "is_free": (_("Does it cost anything?"), ""),
    "price": (_("How many kroner?"), ""),
    "price_per": (_("The price is for"), ""),
    "price_note": (_("More about the price"), _("Discounts, siblings, what is included.")),
    "trial": (_("Can one try first?"), _("For example: the first three times are free.")),
    "first_steps": (_("How does one start?"), _("One step a line, from the first message to the first time.")),
    "bring": (_("What should one bring?"), ""),
    "first_contact_name": (_("Whom does one ask for the first time?"), _("A first name is enough.")),
    "first_contact_phone": (_("Their telephone"), ""),
    "first_contact_email": (_("Their mail address"), ""),
    "first_contact_visibility": (_("Who may see this person?"), ""),
    "opening_note": (_("More about opening hours"), _("Holidays, how to get a key.")),
    "equipment": (_("What can be borrowed?"), ""),
    "loan_terms": (_("How does borrowing work?"), ""),
    "image_alt": (
        _("What does the picture show?"),
        _("One sentence for those who cannot see it: “Six children on a football pitch, laughing”."),
    ),
    "logo": (_("Logo"), ""),
    "places": (_("Where is it?"), ""),
}

#: Said beside each choice of who may see a contact field.
SEEN_BY: dict[str, tuple[Words, Words]] = {
    "public": (_("Everybody"), _("It stands on the open page. Choose this only if the person wants it.")),
    "providers": (
        _("Other associations"),
        _("Those who have signed in to keep a page of their own see it, and the municipality."),
    ),
    "staff": (_("Only the municipality"), _("Nobody else. People can still write to you through a form on the page.")),
}
