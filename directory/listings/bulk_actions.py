"""Deeds on many listings at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.functional import classproperty
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.actions.unpublish import UnpublishAction
from wagtail.log_actions import log
from wagtail.snippets.models import get_snippet_models

from directory.listings.kinds import ConfirmedAs
from directory.listings.models import Listing
from directory.municipalities.tenancy import TenantBulkAction, TenantViewSet
from portal.kit.refusals import Refused


class DeleteMany(TenantBulkAction):
    """Delete. What others stand on is left, and said."""

    display_name = _("Delete")
    action_type = "delete"
    aria_label = _("Delete what is marked")
    template_name = "directory/listings/staff/many.html"
    question = _("Delete these for good?")
    yes = _("Yes, delete")
    action_priority = 90
    classes: ClassVar[set[str]] = {"serious"}
    permission = "delete"

    @classproperty
    def models(cls) -> list[Any]:
        return [model for model in get_snippet_models() if isinstance(getattr(model, "snippet_viewset", None), TenantViewSet)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "question": self.question,
            "yes": self.yes,
            "serious": "serious" in self.classes,
        }

    @classmethod
    def execute_action(cls, objects: Iterable[Any], user: Any = None, **context: Any) -> tuple[int, int]:
        action, done = context["self"], 0
        action.left = []
        for row in objects:
            try:
                with transaction.atomic():
                    log(row, "wagtail.delete", user=action.request.user, deleted=True)
                    row.delete()
                done += 1
            except ProtectedError:
                action.left.append(str(row))
        return done, 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        told = ngettext("%(count)d was deleted.", "%(count)d were deleted.", num_parent_objects) % {"count": num_parent_objects}
        if self.left:
            told += " " + str(_("Still in use, and left: %(names)s.")) % {"names": ", ".join(self.left)}
        return told


class ListingBulkAction(TenantBulkAction):
    """A deed on the marked listings."""

    template_name = "directory/listings/staff/many.html"
    question: Any = ""
    yes: Any = ""

    @classproperty
    def models(cls) -> list[Any]:
        return [model for model in get_snippet_models() if issubclass(model, Listing)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "question": self.question,
            "yes": self.yes,
            "serious": "serious" in self.classes,
        }

    @classmethod
    def execute_action(cls, objects: Iterable[Any], user: Any = None, **context: Any) -> tuple[int, int]:
        action, done = context["self"], 0
        action.left = []
        for listing in objects:
            try:
                with transaction.atomic():
                    cls.do(listing, action.request.user)
                done += 1
            except (IntegrityError, Refused):  # a draft may want an organisation number that another has got since
                action.left.append(str(listing))
        return done, 0

    @classmethod
    def do(cls, listing: Any, user: Any) -> None:
        """The deed on one listing."""
        raise NotImplementedError

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        told = ngettext("Done for %(count)d.", "Done for %(count)d.", num_parent_objects) % {"count": num_parent_objects}
        if self.left:
            names = ", ".join(self.left)
            told += " " + str(
                _("Another one in the municipality has the same number or address already, so these were left: %(names)s.")
                % {"names": names}
            )
        return told


class PublishMany(ListingBulkAction):
    """Publish the newest draft of each."""

    display_name = _("Publish")
    action_type = "publish"
    aria_label = _("Publish what is marked")
    question = _("Publish the newest version of these?")
    yes = _("Yes, publish")
    action_priority = 10
    permission = "publish"

    @classmethod
    def do(cls, listing: Any, user: Any) -> None:
        from directory.proposals.actions import approve  # stands on this room

        if listing.workflow_in_progress:  # who sent it hears that it was approved
            approve(listing=listing, revision=listing.latest_revision_id, by=user)
            return
        revision = listing.latest_revision if listing.has_unpublished_changes else None
        (revision or listing.save_revision(user=user)).publish(user=user)


class UnpublishMany(ListingBulkAction):
    """Take back what is public."""

    display_name = _("Unpublish")
    action_type = "unpublish"
    aria_label = _("Take back what is marked")
    question = _("Take these back, so that residents no longer see them?")
    yes = _("Yes, take back")
    action_priority = 20
    classes: ClassVar[set[str]] = {"serious"}
    permission = "publish"

    @classmethod
    def do(cls, listing: Any, user: Any) -> None:
        if listing.live:
            UnpublishAction(listing, user=user).execute(skip_permission_checks=True)  # asked for by `check_perm`


class ConfirmMany(ListingBulkAction):
    """Say that they are right, as the municipality."""

    display_name = _("Confirm")
    action_type = "confirm"
    aria_label = _("Confirm that what is marked is right")
    question = _("Confirm, as the municipality, that these are right today? Residents see the date.")
    yes = _("Yes, they are right")
    action_priority = 30

    @classmethod
    def do(cls, listing: Any, user: Any) -> None:
        listing.confirm(by=user, as_=ConfirmedAs.STAFF, at=timezone.now())
        log(listing, "directory.confirm", user=user)


class VolunteersWanted(ListingBulkAction):
    """Mark that volunteers are wanted."""

    display_name = _("Volunteers wanted")
    action_type = "volunteers-wanted"
    aria_label = _("Mark that volunteers are wanted")
    question = _("Mark that these look for volunteers?")
    yes = _("Yes, volunteers are wanted")
    action_priority = 40
    wanted = True

    @classmethod
    def do(cls, listing: Any, user: Any) -> None:
        waits = listing.live and listing.has_unpublished_changes
        if listing.live:
            type(listing).objects.filter(pk=listing.pk).update(volunteers_wanted=cls.wanted)
        # The draft too, else publishing it would undo this; a draft that waits is not published on the way.
        draft = listing.get_latest_revision_as_object()
        draft.volunteers_wanted = cls.wanted
        revision = draft.save_revision(user=user, log_action="wagtail.edit")
        if listing.live and not waits:
            revision.publish(user=user, log_action=False)


class NoVolunteersWanted(VolunteersWanted):
    """Mark that no volunteers are wanted now."""

    display_name = _("No volunteers wanted")
    action_type = "no-volunteers-wanted"
    aria_label = _("Mark that no volunteers are wanted now")
    question = _("Mark that these do not look for volunteers now?")
    yes = _("Yes, none are wanted")
    action_priority = 50
    wanted = False


BULK_ACTIONS = (DeleteMany, PublishMany, UnpublishMany, ConfirmMany, VolunteersWanted, NoVolunteersWanted)
