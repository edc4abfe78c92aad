"""Setting up a municipality, and giving people work in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Site,
    Workflow,
    WorkflowTask,
)

from directory.listings.models import fold
from directory.municipalities.models import Municipality, StaffRole

if TYPE_CHECKING:
    from portal.accounts.models import User


# What staff of a municipality may do, model by model; which rows is decided by tenancy.py.
STAFF_MODELS = (
    "provider",
    "place",
    "activity",
    "supportscheme",
    "district",
    "category",
    "targetgroup",
    "adaptation",
    "season",
    "errorreport",
    "importrun",
)
READ_MODELS = ("membership",)  # roles are given and ended by deeds that tell who is concerned
DRAFTED_MODELS = ("provider", "place", "activity", "supportscheme")


@transaction.atomic
def set_up_municipality(
    *, number: str, name: str, host: str, port: int = 443, root: Page | None = None, is_default: bool = False, **fields: Any
) -> Municipality:
    """Make a municipality with its site, group, collection and workflow of its own.

    `root` is the page its site starts at (the portal gives a front page). Made again for the same number, it
    returns what is there.
    """
    if existing := Municipality.objects.filter(number=number).first():
        return existing
    slug = fields.pop("slug", "") or slugify(fold(name))
    municipality = Municipality(number=number, name=name, slug=slug, **fields)
    group = Group.objects.create(name=f"{name} ({number})")
    group.permissions.set(staff_permissions())
    collection = Collection.get_first_root_node().add_child(name=f"{name} ({number})")
    GroupCollectionPermission.objects.bulk_create(
        GroupCollectionPermission(group=group, collection=collection, permission=permission)
        for app, model in (("wagtailimages", "image"), ("wagtaildocs", "document"))
        for permission in permissions_of(app, *(f"{deed}_{model}" for deed in ("add", "change", "choose")))
    )
    with translation.override("nb"):  # staff read it in their lists
        approval = _("%(name)s: approval") % {"name": name}
    task = GroupApprovalTask.objects.create(name=approval)
    task.groups.add(group)
    workflow = Workflow.objects.create(name=approval)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    if root is not None:
        if is_default:
            Site.objects.filter(is_default_site=True).delete()
        municipality.site = Site.objects.create(
            hostname=host, port=port, site_name=name, root_page=root, is_default_site=is_default
        )
        let_staff_write(group, root)
    municipality.workflow, municipality.collection, municipality.staff_group = workflow, collection, group
    municipality.full_clean(exclude=["site", "workflow", "collection", "staff_group"])
    municipality.save()
    return municipality


def let_staff_write(group: Group, front_page: Page) -> None:
    """Let a municipality's staff write the pages of its site."""
    there = set(GroupPagePermission.objects.filter(group=group, page=front_page).values_list("permission", flat=True))
    wanted = permissions_of("wagtailcore", "add_page", "change_page", "publish_page", "lock_page", "unlock_page")
    GroupPagePermission.objects.bulk_create(
        GroupPagePermission(group=group, page=front_page, permission=permission)
        for permission in wanted
        if permission.pk not in there
    )


def permissions_of(app: str, *codenames: str) -> list[Permission]:
    """The permissions of these names; one that is missing is a fault of the installation."""
    found = list(Permission.objects.filter(content_type__app_label=app, codename__in=codenames))
    if len(found) != len(codenames):
        raise Permission.DoesNotExist(f"{app}: {set(codenames) - {permission.codename for permission in found}}")
    return found


def staff_permissions() -> list[Permission]:
    """Every model permission that staff of a municipality have."""
    wanted = {f"{deed}_{model}" for model in STAFF_MODELS for deed in ("add", "change", "delete", "view")}
    wanted |= {f"view_{model}" for model in READ_MODELS}
    wanted |= {f"{deed}_{model}" for model in DRAFTED_MODELS for deed in ("publish", "lock", "unlock")}
    return [
        Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"),
        *Permission.objects.filter(content_type__app_label="directory", codename__in=wanted),
    ]


def renew_rights(**_signal: Any) -> None:
    """Give the staff of every municipality the rights of the version in use: what an earlier one gave besides is taken away."""
    if Municipality._meta.db_table not in connection.introspection.table_names():
        return  # migrated no further than to here
    groups = Group.objects.filter(pk__in=Municipality.objects.exclude(staff_group=None).values("staff_group"))
    wanted = set(staff_permissions()) if groups.exists() else set()
    for group in groups:
        if set(group.permissions.all()) != wanted:
            group.permissions.set(wanted)


@transaction.atomic
def appoint(*, user: User, municipality: Municipality, role: str = StaffRole.Role.COORDINATOR) -> StaffRole:
    """Give a person work in a municipality's staff screens."""
    staff_role, _created = StaffRole.objects.update_or_create(user=user, municipality=municipality, defaults={"role": role})
    if municipality.staff_group:
        user.groups.add(municipality.staff_group)
    return staff_role


@transaction.atomic
def dismiss(*, user: User, municipality: Municipality) -> None:
    """End a person's work for a municipality; access ends at once."""
    StaffRole.objects.filter(user=user, municipality=municipality).delete()
    if municipality.staff_group:
        user.groups.remove(municipality.staff_group)
