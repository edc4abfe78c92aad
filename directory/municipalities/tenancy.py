"""Staff see and touch the rows of their own municipalities, and no others: one guard for every staff screen.

    mine(model, user)          the rows of `model` that `user` may work with; everything below stands on it
    TenantPolicy               what Wagtail asks before it shows a button or runs a view
    TenantViewSet              lists, forms, history, workflow … of one model; a row of another municipality is a 404
    TenantChooserViewSet       the pop-up that chooses a row
    TenantForm                 languages and foreign keys of a form kept to the row's municipality
    TenantFilterSet            filters of a list
    TenantBulkAction           deeds on many rows of a list

A model belongs to a municipality through its field `municipality`, or says the way there in `tenant_path`
("provider__municipality"). tests/directory/staff/test_foreign_rows.py walks every address made from these classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial, reduce, wraps
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.admin.utils import quote, unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, reverse
from django.utils.translation import gettext_lazy as _
from django_filters.filters import QuerySetRequestMixin
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.forms.choosers import BaseFilterForm, SearchFilterMixin
from wagtail.admin.panels import InlinePanel
from wagtail.admin.panels.base import get_form_for_model
from wagtail.images.permissions import permission_policy as image_policy
from wagtail.models import TaskState, WorkflowState
from wagtail.permissions import ModelPermissionPolicy
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction
from wagtail.snippets.models import SnippetAdminURLFinder
from wagtail.snippets.views.chooser import (
    ChooseResultsView,
    ChooseView,
    SnippetChooserViewSet,
    SnippetChosenMultipleView,
    SnippetChosenView,
)
from wagtail.snippets.views.snippets import IndexView, SnippetViewSet

from directory.municipalities.models import Municipality, StaffRole
from portal.kit.exports import harmless
from portal.languages import CODES, NAMES

# ── whose rows ──────────────────────────────────────────────────────────────────────────────────────────────


def municipality_ids(user: Any, role: str = "") -> frozenset[int]:
    """The municipalities `user` works for (in `role`, when given). Asked once a request; empty for everybody else.

    Who runs the installation is not asked here: see `mine`.
    """
    if not getattr(user, "is_active", False) or user.pk is None:
        return frozenset()
    if not hasattr(user, "_roles_by_municipality"):
        user._roles_by_municipality = dict(StaffRole.objects.filter(user=user).values_list("municipality_id", "role"))
    return frozenset(pk for pk, has in user._roles_by_municipality.items() if not role or has == role)


def tenant_path(model: type[Model]) -> str | None:
    """The lookup from a row of `model` to its municipality; None for models that belong to nobody."""
    if model is Municipality:
        return "pk"
    if path := getattr(model, "tenant_path", None):
        return str(path)
    try:
        return "municipality" if model._meta.get_field("municipality").related_model is Municipality else None
    except FieldDoesNotExist:
        return None


def tenant_id(row: Model) -> int | None:
    """The municipality a row belongs to; None for one that has not been given any yet."""
    path = tenant_path(type(row))
    if path is None:
        raise TypeError(f"{type(row).__name__} belongs to no municipality")
    if path == "pk":
        return row.pk
    *steps, last = path.split("__")
    owner = reduce(lambda obj, step: getattr(obj, step, None) if obj is not None else None, steps, row)
    return getattr(owner, f"{last}_id", None)


def mine(model: type[Model], user: Any) -> QuerySet[Any]:
    """The rows of `model` that `user` may work with as staff."""
    rows = model._default_manager.all()
    if user.is_active and user.is_superuser:
        return rows
    path = tenant_path(model)
    if path is None:
        return rows.none()
    return rows.filter(**{f"{path}__in": municipality_ids(user)})


def is_mine(row: Model, user: Any) -> bool:
    """Whether one row is the user's to work with; a new row without municipality is."""
    if user.is_active and user.is_superuser:
        return True
    owner = tenant_id(row)
    return (owner is None and row.pk is None) or owner in municipality_ids(user)


class TenantPolicy(ModelPermissionPolicy):
    """Model permissions as Django has them, and of these only for rows of one's own municipalities."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        if not super().user_has_permission(user, action):
            return False
        return user.is_superuser or bool(municipality_ids(user))

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Model) -> bool:
        return self.user_has_permission(user, action) and is_mine(instance, user)

    def instances_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> QuerySet[Any]:
        return mine(self.model, user) if self.user_has_any_permission(user, actions) else self.model._default_manager.none()

    def users_with_any_permission_for_instance(self, actions: Iterable[str], instance: Model) -> QuerySet[Any]:
        staff = Q(staff_roles__municipality=tenant_id(instance)) | Q(is_superuser=True)
        return self.users_with_any_permission(actions).filter(staff).distinct()


# ── choosing ────────────────────────────────────────────────────────────────────────────────────────────────


def search_rows(rows: QuerySet[Any], words: str, fields: Iterable[str]) -> QuerySet[Any]:
    """Rows where every word stands in one of `fields`. Plain text search: directory rows are in no Wagtail index."""
    for word in words.split()[:8]:
        rows = rows.filter(reduce(Q.__or__, (Q(**{f"{field}__icontains": word}) for field in fields)))
    return rows


class TenantSearchForm(SearchFilterMixin, BaseFilterForm):
    """The search field of a chooser."""

    def filter(self, objects: QuerySet[Any]) -> QuerySet[Any]:
        if words := self.cleaned_data.get("q"):
            objects = search_rows(objects, words, objects.model.snippet_viewset.search_columns)
            self.is_searching, self.search_query = True, words
        return objects


class MineToChoose:
    """The rows a chooser shows or hands over."""

    def get_object_list(self) -> QuerySet[Any]:
        return mine(self.model_class, self.request.user)  # type: ignore[attr-defined]

    def get_object(self, pk: Any) -> Model:
        try:
            row = self.get_object_list().filter(pk=pk).first()
        except (TypeError, ValueError):
            row = None
        if row is None:
            raise Http404
        return row

    def get_objects(self, pks: Iterable[Any]) -> QuerySet[Any]:
        return self.get_object_list().filter(pk__in=[pk for pk in pks if str(pk).isdigit()])


class TenantChooseView(MineToChoose, ChooseView):
    filter_form_class = TenantSearchForm


class TenantChooseResultsView(MineToChoose, ChooseResultsView):
    filter_form_class = TenantSearchForm


class TenantChosenView(MineToChoose, SnippetChosenView):
    pass


class TenantChosenMultipleView(MineToChoose, SnippetChosenMultipleView):
    pass


class TenantChooserViewSet(SnippetChooserViewSet):
    """Chooses among one's own rows. Rows are made on their own screens, so there is no "create" here."""

    choose_view_class = TenantChooseView
    choose_results_view_class = TenantChooseResultsView
    chosen_view_class = TenantChosenView
    chosen_multiple_view_class = TenantChosenMultipleView

    def get_urlpatterns(self) -> list[URLPattern]:
        return [pattern for pattern in super().get_urlpatterns() if pattern.name != "create"]


# ── forms ───────────────────────────────────────────────────────────────────────────────────────────────────


class TenantForm(WagtailAdminModelForm):
    """A form on a tenant's row, or on a child of one.

    Languages the municipality does not offer are taken out of the form, so that what stands in them stays.
    Foreign keys offer own rows only, and refuse others however they are posted.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if tenant_path(type(self.instance)) == "municipality":
            self._settle_municipality()
        self._leave_out_languages()
        self._keep_to_own_rows()

    # which municipality
    def _settle_municipality(self) -> None:
        if self.instance.municipality_id:
            self.fields.pop("municipality", None)
        elif (own := self._own_municipalities()) and len(own) == 1:
            self.instance.municipality = own[0]
            self.fields.pop("municipality", None)
        elif field := self.fields.get("municipality"):
            field.queryset = Municipality.objects.filter(pk__in=[municipality.pk for municipality in own])
            field.required = True
            # A row without municipality cannot be kept even as a draft.
            self._meta.defer_required_on_fields = [name for name in self._meta.defer_required_on_fields if name != "municipality"]

    def _own_municipalities(self) -> list[Municipality]:
        if self.for_user is None:
            return []
        if not hasattr(self.for_user, "_own_municipalities"):
            self.for_user._own_municipalities = list(mine(Municipality, self.for_user))
        return self.for_user._own_municipalities

    # which languages
    def offered(self) -> list[str]:
        """The languages of the row's municipality; of all the user's own while it has none."""
        owner = tenant_id(self.instance)
        own = [municipality for municipality in self._own_municipalities() if owner in (None, municipality.pk)]
        return list(dict.fromkeys(code for municipality in own for code in municipality.languages)) or list(settings_languages())

    def _leave_out_languages(self) -> None:
        offered = set(self.offered())
        for name in list(self.fields):
            stem, _sep, code = name.rpartition("_")
            if stem and code in CODES and code not in offered and is_translated(type(self.instance), stem):
                del self.fields[name]

    # which rows
    def _keep_to_own_rows(self) -> None:
        user = self.for_user
        several = len(self._own_municipalities()) > 1 and not tenant_id(self.instance)
        for name, field in self.fields.items():
            rows = getattr(field, "queryset", None)
            if rows is None or name == "municipality":
                continue
            if tenant_path(rows.model) is not None:
                rows = rows.filter(pk__in=mine(rows.model, user)) if user is not None else rows.none()
                if (owner := tenant_id(self.instance)) and tenant_path(rows.model) == "municipality":
                    rows = rows.filter(municipality=owner)
                field.queryset = rows.select_related("municipality") if several and hasattr(rows.model, "municipality") else rows
                if several:
                    field.label_from_instance = with_municipality
            elif rows.model._meta.label == "wagtailimages.Image" and user is not None:
                allowed = image_policy.instances_user_has_permission_for(user, "choose")
                current = Q(pk=self.initial.get(name)) if self.initial.get(name) else Q(pk=None)
                field.queryset = rows.filter(Q(pk__in=allowed) | current)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        chosen = values.get("municipality") if "municipality" in self.fields else None
        owner = chosen.pk if chosen else tenant_id(self.instance)
        if owner is not None:
            for name, value in values.items():
                rows = [value] if isinstance(value, Model) else value if isinstance(value, QuerySet) else []
                for row in rows:
                    if name != "municipality" and tenant_path(type(row)) and tenant_id(row) != owner:
                        self.add_error(
                            name, ValidationError(_("“%(row)s” belongs to another municipality."), params={"row": row})
                        )
                        break
        return values


def with_municipality(row: Any) -> str:
    """A row's label for staff of several municipalities."""
    return f"{row} ({row.municipality})" if hasattr(row, "municipality") else str(row)


def settings_languages() -> tuple[str, ...]:
    """What a form offers where no municipality tells: the interface's own languages."""
    return tuple(code for code, _name in settings.WAGTAILADMIN_PERMITTED_LANGUAGES)


def is_translated(model: type[Model], field: str) -> bool:
    """Whether `field` exists in every language."""
    from modeltranslation.translator import NotRegistered, translator

    try:
        return field in translator.get_options_for_model(model).all_fields
    except NotRegistered:
        return False


class TenantInlinePanel(InlinePanel):
    """Children in their parent's form, with foreign keys kept to own rows."""

    def get_form_options(self) -> dict[str, Any]:
        options = super().get_form_options()
        child = self.child_edit_handler.get_form_options()
        options["formsets"][self.relation_name] |= {
            "form": get_form_for_model(
                self.db_field.related_model,
                form_class=self.child_form_class(),
                defer_required_on_fields=child.get("defer_required_on_fields", []),
            ),
            "inherit_kwargs": ["for_user"],
        }
        return options

    def child_form_class(self) -> type[TenantForm]:
        """The form of one child: the model's own `base_form_class` where it names one."""
        return getattr(self.db_field.related_model, "base_form_class", TenantForm)


# ── screens ─────────────────────────────────────────────────────────────────────────────────────────────────


class TenantIndexView(IndexView):
    """A list that is searched by plain text in the viewset's `search_columns`, and exports harmless cells."""

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.is_searching:
            queryset = search_rows(queryset, self.search_query, self.model.snippet_viewset.search_columns)
        return queryset

    @property
    def is_searchable(self) -> bool:  # type: ignore[override]
        return bool(self.model.snippet_viewset.search_columns)

    def preprocess_field_value(self, field: str, value: Any, export_format: str) -> Any:
        return harmless(super().preprocess_field_value(field, value, export_format))


class TenantFilterSet(WagtailFilterSet):
    """Filters of a list; those that offer rows offer own rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for by in self.filters.values():
            model = getattr(by.queryset, "model", None) if isinstance(by, QuerySetRequestMixin) else None
            if model is not None and tenant_path(model):
                by.queryset = partial(own_rows, model)


def own_rows(model: type[Model], request: HttpRequest) -> QuerySet[Any]:
    """`mine`, as a filter wants it."""
    return mine(model, request.user)


class TenantURLFinder(SnippetAdminURLFinder):
    """Knows no address of foreign rows; Wagtail then hides their names ("usage" of shared objects)."""

    def __init__(self, user: Any = None) -> None:
        super().__init__(user)
        self.user = user

    def get_edit_url(self, instance: Model) -> str | None:
        if self.user is not None and not is_mine(instance, self.user):
            return None
        return super().get_edit_url(instance)


View = Callable[..., HttpResponse]


class TenantViewSet(SnippetViewSet):
    """Staff screens of one model. Inherit, name the model, the list and the panels; the guard comes with it."""

    index_view_class = TenantIndexView
    chooser_viewset_class = TenantChooserViewSet
    chooser_per_page = 25
    policy_class: ClassVar[type[TenantPolicy]] = TenantPolicy
    search_columns: ClassVar[tuple[str, ...]] = ()  # columns, name_xx among them, that the list and the chooser search
    list_related: ClassVar[tuple[str, ...]] = ()  # foreign keys the list shows
    list_prefetch: ClassVar[tuple[Any, ...]] = ()  # many-to-many relations the list shows
    copy_view_enabled = False
    add_to_admin_menu = True
    list_per_page = 50
    search_backend_name = None

    @property
    def permission_policy(self) -> TenantPolicy:
        return self.policy_class(self.model)

    @property
    def url_finder_class(self) -> type[TenantURLFinder]:
        return type("_TenantURLFinder", (TenantURLFinder,), {"model": self.model})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the list."""
        return mine(self.model, request.user).select_related(*self.list_related).prefetch_related(*self.list_prefetch)

    def construct_view(self, view_class: Any, **kwargs: Any) -> View:
        view = super().construct_view(view_class, **kwargs)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kw: Any) -> HttpResponse:
            if "pk" in kw:
                self.refuse_foreign(request, unquote(str(kw["pk"])), kw)
            return view(request, *args, **kw)

        return guarded

    def refuse_foreign(self, request: HttpRequest, pk: str, kw: dict[str, Any]) -> None:
        """404 unless the row is the user's, and whatever else the address names belongs to that row."""
        try:
            if not mine(self.model, request.user).filter(pk=pk).exists():
                raise Http404
        except (TypeError, ValueError):
            raise Http404 from None
        of_row = {"base_content_type": ContentType.objects.get_for_model(self.model), "object_id": pk}
        states = WorkflowState.objects.filter(**of_row)
        if "workflow_state_id" in kw and not states.filter(pk=kw["workflow_state_id"]).exists():
            raise Http404
        tasks = TaskState.objects.filter(workflow_state__in=states)
        if "task_state_id" in kw and not tasks.filter(pk=kw["task_state_id"]).exists():
            raise Http404
        if "task_id" in kw and not tasks.filter(task=kw["task_id"]).exists():
            raise Http404


class SuperuserPolicy(TenantPolicy):
    """Screens for who runs the installation only."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return user.is_active and user.is_superuser


# ── deeds on many rows ──────────────────────────────────────────────────────────────────────────────────────


class TenantBulkAction(SnippetBulkAction):
    """A deed on the marked rows of a list: of own rows only. "All" means all that the list's search and filters show."""

    permission: ClassVar[str] = "change"

    def get_all_objects_in_listing_query(self, parent_id: Any) -> list[int]:
        viewset = self.model.snippet_viewset
        rows = viewset.get_queryset(self.request)
        params = QueryDict(urlsplit(self.next_url).query)
        if viewset.filterset_class is not None:
            filters = viewset.filterset_class(params, request=self.request)
            rows = filters.filter_queryset(rows) if filters.is_valid() else rows.none()
        if words := params.get("q"):
            rows = search_rows(rows, words, viewset.search_columns)
        return list(rows.values_list("pk", flat=True).distinct())

    def get_queryset(self, model: type[Model], object_ids: Iterable[Any]) -> list[Any]:  # type: ignore[override]
        rows = list(mine(model, self.request.user).filter(pk__in=[pk for pk in object_ids if str(pk).isdigit()]))
        if not rows:
            raise Http404
        return rows

    def check_perm(self, obj: Model) -> bool:
        policy = self.model.snippet_viewset.permission_policy
        return policy.user_has_permission_for_instance(self.request.user, self.permission, obj)

    def get_usage_url(self, row: Model) -> str:
        return reverse(row.snippet_viewset.get_url_name("usage"), args=(quote(row.pk),)) + "?describe_on_delete=1"


def language_headings() -> list[tuple[str, str]]:
    """Code and own name of every language that has a tab."""
    return [(code, NAMES[code]) for code in CODES]
