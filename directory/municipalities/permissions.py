"""Which doors of the admin stand open to staff of a municipality. Default is no.

The admin has many screens that know nothing of municipalities (users, groups, sites, collections, workflows, page
type lists, the API of images …). Those are for who runs the installation. Open to staff are screens that keep to own
rows by themselves (`tenancy.staff_screen`), and the few of Wagtail's named here, on own pages, pictures and documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import ResolverMatch
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.documents.models import Document
from wagtail.documents.permissions import permission_policy as document_policy
from wagtail.images.models import Image
from wagtail.images.permissions import permission_policy as image_policy
from wagtail.models import Page

from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import TenantBulkAction, mine, row_ids, tenant_path

#: Without rows of anybody.
COMMON = {
    "wagtailadmin_home",
    "wagtailadmin_account",
    "wagtailadmin_login",
    "wagtailadmin_logout",
    "wagtailadmin_sprite",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_dismissibles",
    "wagtailadmin_choose_page_external_link",
    "wagtailadmin_choose_page_email_link",
    "wagtailadmin_choose_page_phone_link",
    "wagtailadmin_choose_page_anchor_link",
    "wagtailadmin_editing_sessions:ping",  # asks the policy of the row
    "wagtailadmin_editing_sessions:release",  # own sessions only
}
#: Lists that Wagtail itself keeps to what a user may open.
OWN_LISTS = {
    "wagtailadmin_explore_root",
    "wagtailadmin_pages:search",
    "wagtailadmin_pages:search_results",
    "wagtailadmin_choose_page",
    "wagtailadmin_choose_page_search",
    "wagtailadmin_choose_page_chosen_multiple",
    "wagtailadmin_api:pages:listing",
}
#: Pages: all but what shows groups, or pages by type, of everybody.
PAGE_SCREENS = {
    "wagtailadmin_explore",
    "wagtailadmin_explore_results",
    "wagtailadmin_choose_page_child",
    "wagtailadmin_api:pages:detail",
    "wagtailadmin_pages:add",
    "wagtailadmin_pages:preview_on_add",
    "wagtailadmin_pages:usage",
    "wagtailadmin_pages:edit",
    "wagtailadmin_pages:preview_on_edit",
    "wagtailadmin_pages:view_draft",
    "wagtailadmin_pages:add_subpage",
    "wagtailadmin_pages:delete",
    "wagtailadmin_pages:unpublish",
    "wagtailadmin_pages:move",
    "wagtailadmin_pages:move_confirm",
    "wagtailadmin_pages:set_page_position",
    "wagtailadmin_pages:copy",
    "wagtailadmin_pages:workflow_action",
    "wagtailadmin_pages:collect_workflow_action_data",
    "wagtailadmin_pages:confirm_workflow_cancellation",
    "wagtailadmin_pages:workflow_preview",
    "wagtailadmin_pages:lock",
    "wagtailadmin_pages:unlock",
    "wagtailadmin_pages:revisions_view",
    "wagtailadmin_pages:revisions_revert",
    "wagtailadmin_pages:revisions_unschedule",
    "wagtailadmin_pages:revisions_compare",
    "wagtailadmin_pages:workflow_history",
    "wagtailadmin_pages:workflow_history_detail",
    "wagtailadmin_pages:history",
    "wagtailadmin_pages:history_results",
}
FILE_SPACES = {"wagtailimages", "wagtailimages_chooser", "wagtaildocs", "wagtaildocs_chooser"}
FILE_SCREENS_CLOSED = {"wagtailimages:url_generator", "wagtailimages:url_generator_output"}

PAGE_IDS = ("page_id", "parent_page_id", "page_to_move_id", "destination_id")


def may_open(request: HttpRequest, view: Callable[..., Any], match: ResolverMatch) -> bool:
    """Whether the user may open this address of the admin at all. What happens behind it is asked there again."""
    user: Any = request.user
    if user.is_active and user.is_superuser:
        return True
    name = match.view_name
    if getattr(view, "keeps_to_own_rows", False) or name in COMMON:
        return True
    if name in OWN_LISTS or name in PAGE_SCREENS:
        asked = [match.kwargs[key] for key in PAGE_IDS if key in match.kwargs] + list(match.args[:1])
        if name.startswith("wagtailadmin_api"):
            asked += [match.kwargs["pk"]] if "pk" in match.kwargs else []
        asked += request.GET.getlist("id") + request.GET.getlist("target_pages[]")
        return all_own_pages(user, asked)
    if name == "wagtail_bulk_action":
        return may_do_to_many(request, match)
    if match.namespace in FILE_SPACES and name not in FILE_SCREENS_CLOSED:
        ids = [match.kwargs[key] for key in ("image_id", "document_id", "doc_id", "pk") if key in match.kwargs]
        return all_own_files(user, Image if "images" in match.namespace else Document, [*ids, *request.GET.getlist("id")])
    return False


def may_do_to_many(request: HttpRequest, match: ResolverMatch) -> bool:
    """Bulk actions: ours on own rows; Wagtail's own on own pages, pictures and documents, each named."""
    label, model_name = match.kwargs["app_label"], match.kwargs["model_name"]
    action = bulk_action_registry.get_bulk_action_class(label, model_name, match.kwargs["action"])
    if action is None or issubclass(action, TenantBulkAction):
        return True  # an unknown one is a 404 by itself
    ids = request.GET.getlist("id")
    if "" in ids:
        return False  # which Wagtail takes for a number
    if (label, model_name) == ("wagtailcore", "page"):
        parent = request.GET.getlist("childOf")
        return "all" not in ids and all_own_pages(request.user, [*ids, *parent])  # "all" reaches up to other municipalities
    if (label, model_name) in {("wagtailimages", "image"), ("wagtaildocs", "document")}:
        return all_own_files(request.user, Image if model_name == "image" else Document, ids)
    return False


def own_pages(user: Any) -> Q:
    """Pages below the front pages of the user's municipalities."""
    roots = mine(Municipality, user).filter(site__isnull=False).values_list("site__root_page__path", flat=True)
    return reduce(Q.__or__, (Q(path__startswith=path) for path in roots), Q(pk__in=[]))


def all_own_pages(user: Any, ids: Iterable[Any]) -> bool:
    """Whether every page named is the user's own. The root above all municipalities shows nobody's and may be passed through."""
    wanted = set(map(str, ids)) - {""}
    if len(row_ids(wanted)) < len(wanted):
        return False
    allowed = Page.objects.filter(Q(depth=1) | own_pages(user), pk__in=wanted).count()
    return allowed == len(wanted)


def all_own_files(user: Any, model: type[Image | Document], ids: Iterable[Any]) -> bool:
    """Whether every picture or document named stands in a collection of the user's."""
    wanted = set(map(str, ids)) - {""}
    if len(row_ids(wanted)) < len(wanted):
        return False
    policy = image_policy if model is Image else document_policy
    allowed = policy.instances_user_has_any_permission_for(user, ["change", "delete", "choose"])
    return allowed.filter(pk__in=wanted).distinct().count() == len(wanted)


def pages_to_choose(pages: Any, request: HttpRequest) -> Any:
    """Wagtail's page chooser, kept to own pages."""
    return pages if request.user.is_superuser else pages.filter(own_pages(request.user))


def rows_of_workflow(user: Any, models: Iterable[Any], prefix: str = "") -> Q:
    """Workflow states (or, with `prefix`, task states) of the user's own rows."""
    from django.contrib.contenttypes.models import ContentType
    from django.db.models import CharField
    from django.db.models.functions import Cast

    found = Q(pk__in=[])
    for model in models:
        if tenant_path(model):
            ids = mine(model, user).order_by().annotate(as_text=Cast("pk", CharField())).values("as_text")
            content_type = ContentType.objects.get_for_model(model)
            found |= Q(**{f"{prefix}base_content_type": content_type, f"{prefix}object_id__in": ids})
    return found
