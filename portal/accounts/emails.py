"""The letters of sign-in: the code, and a word whenever something changed in how somebody signs in."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.kit.letters import Block, Code, Heading, Paragraph, Small, write_letter
from portal.kit.mail import send_letter
from portal.languages import interface_of


class Notice(TextChoices):
    """What a person is told of at once, in case it was somebody else."""

    PASSKEY_ADDED = "passkey-added", gettext_lazy("A passkey was added to your account.")
    PASSKEY_REMOVED = "passkey-removed", gettext_lazy("A passkey was removed from your account.")
    APP_ADDED = "app-added", gettext_lazy("An app for codes was set up for your account.")
    APP_REMOVED = "app-removed", gettext_lazy("The app for codes was removed from your account.")
    NEW_RECOVERY = "new-recovery", gettext_lazy("New recovery codes were made for your account.")
    CONNECTED = "connected", gettext_lazy("You can now sign in another way: your account was linked to a sign-in service.")
    DISCONNECTED = "disconnected", gettext_lazy("A sign-in service no longer opens your account.")
    NEW_ADDRESS = (
        "new-address",
        gettext_lazy("Your account has got another e-mail address. Letters and codes go there from now on."),
    )
    TRIED = "tried", gettext_lazy("Somebody who can read your e-mail has tried to sign in as you, and did not get in.")


def language_of(user: User | None, municipality: Municipality | None, asked_in: str = "") -> str:
    """The language of a letter: the receiver's own, else the one they asked in, else the municipality's first."""
    own = user.lang if user else ""
    return interface_of(own or asked_in or (municipality.languages[0] if municipality else "nb"))


def send_code(*, email: str, code: str, lang: str, municipality: Municipality | None) -> None:
    """The letter with the code. It holds no link: nobody learns to press on links that claim to be a sign-in."""
    name = municipality.name if municipality else "Frittfram"
    with translation.override(lang):
        blocks: list[Block] = [
            Heading(_("Your code"), level=1),
            Paragraph(_("Type this code on the page where you asked for it:")),
            Code(code),
            Paragraph(_("It works for ten minutes, and once.")),
            Small(_("You did not ask for it? Then you need not do anything. Give the code to nobody: we never ask for it.")),
        ]
        subject = _("%(code)s is your code for %(name)s") % {"code": code, "name": name}
        text, html = write_letter(blocks, lang, sender=name, glance=_("It works for ten minutes, and once."))
    send_letter(subject=subject, body=text, html=html, to=[email], lang=lang)


def send_notice(user: User, what: Notice, municipality: Municipality | None = None, *, to: str = "") -> None:
    """Tell somebody what changed in how they sign in, at their address or at one they had before."""
    lang = language_of(user, municipality)
    name = municipality.name if municipality else "Frittfram"
    with translation.override(lang):
        blocks: list[Block] = [
            Heading(str(what.label), level=1),
            Paragraph(_("Was it you? Then all is well.")),
            Paragraph(
                _("If it was not you: tell the municipality at once.")
                if what == Notice.NEW_ADDRESS
                else _(
                    "If it was not you: sign in, choose “Your account” and end all other sessions. Then tell the municipality."
                )
            ),
        ]
        text, html = write_letter(blocks, lang, sender=name)
        subject = str(what.label)
    send_letter(subject=subject, body=text, html=html, to=[to or user.email], lang=lang)
