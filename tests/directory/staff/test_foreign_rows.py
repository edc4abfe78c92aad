"""Staff of one municipality at every address of the admin, with rows of another: nothing is seen and nothing is changed.

The addresses are read from the URL resolver, so a new screen is walked without a new test. The one that looks at
objects wants 404 (or 403); the one that looks at lists wants the marker nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from wagtail.admin.models import EditingSession
from wagtail.models import Page, Revision, TaskState, WorkflowState
from wagtail.snippets.models import get_snippet_models

from directory.municipalities import tenancy
from directory.municipalities.tenancy import TenantViewSet
from tests.directory.staff.conftest import MARK, Town, read_again

pytestmark = pytest.mark.one_database


@pytest.fixture
def here(towns_of_the_file: tuple[Town, Town], db: None) -> Town:
    return read_again(towns_of_the_file[0])


@pytest.fixture
def own(here: Town) -> Town:
    return here


@pytest.fixture
def there(towns_of_the_file: tuple[Town, Town], db: None) -> Town:
    return read_again(towns_of_the_file[1])


def addresses() -> list[tuple[str, str, str]]:
    """(name, prefix of the path, pattern) of every named address below /cms/."""

    def walk(resolver: URLResolver, spaces: tuple[str, ...], path: str) -> Iterator[tuple[str, str, str]]:
        for pattern in resolver.url_patterns:
            here = path + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern, (*spaces, pattern.namespace) if pattern.namespace else spaces, here)
            elif isinstance(pattern, URLPattern):
                yield ":".join([*spaces, pattern.name or ""]), here, str(pattern.pattern)

    return [found for found in walk(get_resolver(), (), "") if found[1].startswith("cms/")]


def viewset_of(name: str) -> TenantViewSet | None:
    """The viewset an address belongs to: its screens, or its chooser."""
    space = name.rpartition(":")[0]
    for model in get_snippet_models():
        viewset = model.snippet_viewset
        if isinstance(viewset, TenantViewSet) and space in {viewset.url_namespace, viewset.get_chooser_admin_url_namespace()}:
            return viewset
    return None


def filled(name: str, path: str, there: Town) -> str | None:
    """The address with foreign ids in it; None when it takes none."""
    viewset = viewset_of(name)
    row = there.rows.get(viewset.model) if viewset else None
    page = there.municipality.site.root_page
    provider = there.row("Provider")
    if row is None or not hasattr(row, "latest_revision"):
        revision = provider.latest_revision
        state = WorkflowState.objects.filter(object_id=str(provider.pk)).get(base_content_type__model="provider")
    else:
        revision = row.latest_revision
        state = WorkflowState.objects.get(object_id=str(row.pk), base_content_type__model=row._meta.model_name)
    task = state.current_task_state
    page_revision = page.latest_revision
    values = {
        "pk": row.pk if row else page.pk if "page" in name else there.staff.pk if "users" in name else 1,
        "revision_id": revision.pk if row else page_revision.pk,
        "revision_id_a": revision.pk,
        "revision_id_b": "latest",
        "action_name": "approve",
        "task_state_id": task.pk,
        "workflow_state_id": state.pk,
        "task_id": task.task_id,
        "page_id": page.pk,
        "parent_page_id": page.pk,
        "page_to_move_id": page.pk,
        "destination_id": page.pk,
        "page_pk": page.pk,
        "workflow_pk": there.municipality.workflow.pk,
        "image_id": there.image.pk,
        "document_id": there.document.pk,
        "doc_id": there.document.pk,
        "uploaded_file_id": 1,
        "collection_id": there.municipality.collection.pk,
        "redirect_id": 1,
        "content_type_app_name": "pages",
        "content_type_model_name": "homepage",
        "app_label": "directory",
        "model_name": "provider",
        "app_name": "taggit",
        "object_id": provider.pk,
        "session_id": there.session.pk,
        "lang": "en",
        "filter_spec": "width-10",
        "action": "publish",
        "municipality_id": there.municipality.pk,
        "kind": "provider",
        "listing_id": provider.pk,
        "other_id": there.other.pk,
        "request_id": there.request.pk,
        "comparison_id": there.comparison.pk,
        "user_id": there.staff.pk,
        "membership_id": there.row("Membership").pk,
        "uidb64": "x",
        "token": "x",
    }
    if "wagtailimages_chooser" in name or "wagtaildocs_chooser" in name:
        values["pk"] = there.image.pk if "image" in name else there.document.pk
    if "workflows" in name:
        values["pk"] = task.task_id if "task" in name else there.municipality.workflow.pk
    if "collections" in name:
        values["pk"] = there.municipality.collection.pk
    if "groups" in name:
        values["pk"] = there.municipality.staff_group.pk
    if "sites" in name:
        values["pk"] = there.municipality.site.pk
    if name.endswith(("wagtailadmin_pages:revisions_compare",)):
        return f"/cms/pages/{page.pk}/revisions/compare/{page_revision.pk}...latest/"
    if name == "wagtail_bulk_action":
        return f"/cms/bulk/directory/provider/publish/?id={provider.pk}"

    wanted = re.findall(r"<(?:\w+:)?(\w+)>", path)
    if not wanted:
        return None
    address = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", path))
    return "/" + address.replace("^", "").replace("$", "").replace(r"\.", ".")


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of the directory, of the cards and of drafts, to see that nothing moved."""
    models: list[type[Model]] = [
        *apps.get_app_config("directory").get_models(),
        *apps.get_app_config("cards").get_models(),
        Revision,
        WorkflowState,
        TaskState,
        EditingSession,
        apps.get_model("accounts.User"),
    ]
    found = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
    for user in found["User"]:
        user.pop("last_login")
    found["Page"] = list(Page.objects.order_by("pk").values("pk", "path", "title", "live", "locked", "latest_revision"))
    return found


def text_of(response: Any) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode(errors="replace")


def walk_objects(browser: Client, there: Town, methods: tuple[str, ...] = ("get", "post"), only: str = "") -> list[str]:
    """Every address that takes an id (of `only` these names), with foreign ids, read and written. What is wrong, in words."""
    wrong = []
    for address, name in {
        address: name for name, path, _pattern in addresses() if only in name and (address := filled(name, path, there))
    }.items():
        if "password_reset" in name or name == "wagtailadmin_editing_sessions:release":
            continue  # these answer the same whatever is asked; that nothing moved is seen afterwards
        for method in methods:
            response = getattr(browser, method)(address)
            # 405: asked in a way that it never answers
            if response.status_code not in {403, 404, 405}:
                wrong.append(f"{method} {name} {address}: {response.status_code} {response.headers.get('Location', '')}")
            elif MARK in text_of(response):
                wrong.append(f"{method} {name} {address}: the marker")
    return wrong


def test_no_address_with_an_id_opens_for_a_foreign_row(kari: Client, there: Town) -> None:
    before = everything()
    walked = [name for name, path, _pattern in addresses() if filled(name, path, there)]
    assert len(walked) > 200, "the walk has lost its way"

    assert walk_objects(kari, there) == []

    assert everything() == before


def test_walk_finds_a_hole(kari: Client, there: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the guard of one screen left out, the walk above must not be content."""
    monkeypatch.setattr(type(there.row("Place").snippet_viewset), "refuse_foreign", lambda *args: None)

    found = walk_objects(kari, there, methods=("get",), only="_p")  # places, providers and what else begins so

    assert any("directory_place:history" in line for line in found)
    assert any("directory_place:edit" in line for line in found)
    assert not any("directory_provider" in line for line in found)


def test_own_rows_open_at_the_same_addresses(kari: Client, own: Town) -> None:
    """The walk would be content with an admin that opens nothing."""
    for model, row in own.rows.items():
        viewset = model.snippet_viewset
        if not viewset.permission_policy.user_has_permission(own.staff, "change"):
            continue
        for screen in {"edit", "history", "usage", "run"} & {pattern.name for pattern in viewset.get_urlpatterns()}:
            response = kari.get(reverse(viewset.get_url_name(screen), args=[row.pk]))
            assert response.status_code == 200, (model, screen)


def test_no_list_shows_foreign_rows(kari: Client, own: Town, there: Town) -> None:
    call_command("rebuild_references_index", verbosity=0)
    wrong, walked = [], 0
    for name, path, _pattern in addresses():
        if (
            "<" in path
            or "(" in path
            or "logout" in path
            or "failwhale" in path
            or "password_reset" in path
            or name.endswith(":")
        ):
            continue
        address = "/" + path.replace("^", "").replace("$", "")
        exported = name.endswith((":list", ":index", ":workflow", ":workflow_tasks", ":site_history"))
        for query in ("", *(("?export=csv",) if exported else ())):
            response = kari.get(address + query, follow=True)
            walked += 1
            if response.status_code not in {200, 404, 403, 405}:
                wrong.append(f"{address}{query}: {response.status_code}")
            elif MARK.lower() in text_of(response).lower():
                wrong.append(f"{address}{query}: the marker")
    assert walked > 100
    assert not wrong, "\n".join(wrong)


def test_no_search_finds_foreign_rows(kari: Client, own: Town, there: Town) -> None:
    """Whoever knows the name finds nothing by it. (The name asked for is repeated in the answer, so links are looked at.)"""
    for model, row in there.rows.items():
        viewset = model.snippet_viewset
        if not viewset.permission_policy.user_has_permission(own.staff, "view"):
            continue
        for address in (
            reverse(viewset.get_url_name("list")),
            reverse(viewset.get_url_name("list_results")),
            reverse(f"{viewset.get_chooser_admin_url_namespace()}:choose"),
            reverse(f"{viewset.get_chooser_admin_url_namespace()}:choose_results"),
        ):
            body = text_of(kari.get(address, {"q": MARK}))
            assert f"/{row.pk}/" not in body, address


def test_chooser_hands_over_no_foreign_row(kari: Client, own: Town, there: Town) -> None:
    for model, row in there.rows.items():
        space = model.snippet_viewset.get_chooser_admin_url_namespace()
        assert kari.get(reverse(f"{space}:chosen", args=[row.pk])).status_code == 404
        many = kari.get(reverse(f"{space}:chosen_multiple"), {"id": [row.pk]})
        assert MARK not in text_of(many)


def test_usage_of_a_shared_thing_names_no_foreign_row(boss: Client, kari: Client, own: Town, there: Town) -> None:
    """A picture used in both municipalities: its "usage" shows whoever asks their own rows only."""
    provider, foreign = own.row("Provider"), there.row("Provider")
    for listing in (provider, foreign):
        listing.image = own.image
        listing.save()
    call_command("rebuild_references_index", verbosity=0)

    address = reverse("wagtailimages:image_usage", args=[own.image.pk])

    assert MARK in text_of(boss.get(address))
    body = text_of(kari.get(address))
    assert "Larvikting" in body
    assert MARK not in body


BULK = [
    (model._meta.app_label, model._meta.model_name, action)
    for model, actions in (
        ("provider", ("delete", "publish", "unpublish", "confirm", "volunteers-wanted", "no-volunteers-wanted")),
        ("activity", ("delete", "publish", "unpublish", "confirm")),
        ("category", ("delete",)),
        ("membership", ("delete",)),
        ("errorreport", ("delete", "handle", "reopen")),
    )
    for model in [apps.get_model("directory", model)]
    for action in actions
] + [("cards", "redemption", "accept"), ("cards", "redemption", "turn-down"), ("cards", "programme", "delete")]


@pytest.mark.parametrize(("app", "model", "action"), BULK)
def test_bulk_action_leaves_foreign_rows(kari: Client, own: Town, there: Town, app: str, model: str, action: str) -> None:
    foreign = next(row for kind, row in there.rows.items() if kind._meta.model_name == model)
    before = everything()
    address = f"/cms/bulk/{app}/{model}/{action}/?id={foreign.pk}"

    for response in (kari.get(address), kari.post(address)):
        assert response.status_code == 404

    assert everything() == before


def test_bulk_action_on_all_means_all_own(kari: Client, own: Town, there: Town) -> None:
    response = kari.get("/cms/bulk/directory/provider/delete/?id=all&next=/cms/snippets/directory/provider/")
    assert "Larvikting" in text_of(response)
    assert MARK not in text_of(response)


@pytest.mark.parametrize("model", ["wagtailimages/image", "wagtaildocs/document", "wagtailcore/page", "accounts/user"])
@pytest.mark.parametrize("ids", ["foreign", "all"])
def test_bulk_action_of_wagtail_names_nothing_foreign(kari: Client, own: Town, there: Town, model: str, ids: str) -> None:
    foreign = {
        "wagtailimages/image": there.image.pk,
        "wagtaildocs/document": there.document.pk,
        "wagtailcore/page": there.municipality.site.root_page.pk,
        "accounts/user": there.staff.pk,
    }[model]
    chosen = foreign if ids == "foreign" else "all"
    for method in ("get", "post"):
        response = getattr(kari, method)(f"/cms/bulk/{model}/delete/?id={chosen}&next=/cms/")
        assert response.status_code == 404
        assert MARK not in text_of(response)
    there.image.refresh_from_db()
    there.document.refresh_from_db()


def test_task_of_another_row_is_refused_at_an_own_address(kari: Client, own: Town, there: Town) -> None:
    """An own row in the address does not open somebody else's workflow named after it."""
    mine, foreign = own.row("Provider"), there.row("Provider")
    state = WorkflowState.objects.get(object_id=str(foreign.pk), base_content_type__model="provider")
    viewset = mine.snippet_viewset
    for address in (
        reverse(viewset.get_url_name("workflow_action"), args=[mine.pk, "approve", state.current_task_state.pk]),
        reverse(viewset.get_url_name("collect_workflow_action_data"), args=[mine.pk, "approve", state.current_task_state.pk]),
        reverse(viewset.get_url_name("workflow_history_detail"), args=[mine.pk, state.pk]),
        reverse(viewset.get_url_name("workflow_preview"), args=[mine.pk, state.current_task_state.task_id]),
        reverse(viewset.get_url_name("revisions_revert"), args=[mine.pk, foreign.latest_revision.pk]),
        reverse(viewset.get_url_name("revisions_view"), args=[mine.pk, foreign.latest_revision.pk]),
        reverse(viewset.get_url_name("revisions_compare"), args=[mine.pk, foreign.latest_revision.pk, "latest"]),
    ):
        for method in ("get", "post"):
            response = getattr(kari, method)(address)
            assert response.status_code in {404, 405}, address
            assert MARK not in text_of(response)


def test_every_screen_inherits_the_guard() -> None:
    for app in ("directory", "cards"):
        models = [model for model in get_snippet_models() if model._meta.app_label == app]
        assert models
        assert all(isinstance(model.snippet_viewset, TenantViewSet) for model in models)
        # The journal of bounds names its rows by table and number: they say whose it is (cards/offers/journal.py).
        assert {model.__name__ for model in models if not tenancy.tenant_path(model)} <= {"CountChange"}
