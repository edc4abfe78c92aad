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
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError, Q, QuerySet, UniqueConstraint
from django.forms import Textarea
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from django_filters.filters import QuerySetRequestMixin
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.forms.choosers import BaseFilterForm, SearchFilterMixin
from wagtail.admin.panels import InlinePanel
from wagtail.admin.panels.base import get_form_for_model
from wagtail.coreutils import multigetattr
from wagtail.images.models import Image
from wagtail.images.permissions import permission_policy as image_policy
from wagtail.log_actions import log
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
from wagtail.snippets.views.snippets import DeleteView, IndexView, SnippetViewSet

from directory.municipalities.models import Municipality, StaffRole
from portal.kit.exports import harmless
from portal.languages import CODES, direction

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


def has_field(model: type[Model], name: str) -> bool:
    """Whether `model` has a column of this name."""
    return any(field.name == name for field in model._meta.concrete_fields)


def tenant_id(row: Model) -> int | None:
    """The municipality a row belongs to; None for one that has not been given any yet."""
    path = tenant_path(type(row))
    if path is None:
        raise TypeError(f"{type(row).__name__} belongs to no municipality")
    if path == "pk":
        return row.pk
    *steps, last = path.split("__")
    owner: Any = row
    for step in steps:
        owner = getattr(owner, step, None)
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


def row_ids(said: Iterable[Any]) -> list[int]:
    """The ids among what an address says. "²" is a digit and no number; thirty nines are a number and no id."""
    return [int(text) for text in map(str, said) if text.isdecimal() and len(text) < 19]


def search_rows(rows: QuerySet[Any], words: str, fields: Iterable[str]) -> QuerySet[Any]:
    """Rows where every word stands in one of `fields`. Plain text search: directory rows are in no Wagtail index."""
    for word in words.replace("\x00", " ")[:400].split()[:8]:  # databases refuse longer patterns, and NUL
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
        return self.get_object_list().filter(pk__in=row_ids(pks))


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

    def construct_view(self, view_class: Any, **kwargs: Any) -> Callable[..., HttpResponse]:
        return staff_screen(super().construct_view(view_class, **kwargs))

    def get_urlpatterns(self) -> list[URLPattern]:
        return [pattern for pattern in super().get_urlpatterns() if pattern.name != "create"]


# ── forms ───────────────────────────────────────────────────────────────────────────────────────────────────


class TenantForm(WagtailAdminModelForm):
    """A form on a tenant's row, or on a child of one.

    Languages the municipality does not offer are taken out of the form, so that what stands in them stays.
    Foreign keys offer own rows only, and refuse others however they are posted.
    """

    #: The translated field without which there is no row; asked for in the municipality's first language.
    named_by: ClassVar[str] = "name"
    #: Fields set for the user, which constraints are asked about though they are not in the form.
    settled: ClassVar[frozenset[str]] = frozenset({"municipality"})

    def __init__(self, *args: Any, for_tenant: int | None = None, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        # The municipality of the row, or of the row that this one is a child of. Children are built from it below.
        self.for_tenant = for_tenant or (tenant_id(instance) if instance is not None else None)
        self.always_required: set[str] = set()
        super().__init__(*args, **kwargs)
        if tenant_path(type(self.instance)) == "municipality":
            self._settle_municipality()
        self._keep_to_languages()
        self._keep_to_own_rows()

    def defer_required_fields(self) -> None:
        """What a draft may lack. A row without a name or a municipality cannot be kept even as a draft."""
        super().defer_required_fields()
        for name in self.always_required & set(self.fields):
            self.fields[name].required = True

    # which municipality
    def _settle_municipality(self) -> None:
        own = self._own_municipalities()
        if self.instance.municipality_id:
            self.fields.pop("municipality", None)
        elif len(own) == 1:
            self.instance.municipality = own[0]
            self.for_tenant = own[0].pk
            self.fields.pop("municipality", None)
        elif field := self.fields.get("municipality"):
            field.queryset = Municipality.objects.filter(pk__in=[municipality.pk for municipality in own])
            self.always_required.add("municipality")

    def _own_municipalities(self) -> list[Municipality]:
        if self.for_user is None:
            return []
        if not hasattr(self.for_user, "_own_municipalities"):
            self.for_user._own_municipalities = list(mine(Municipality, self.for_user))
        return self.for_user._own_municipalities

    # which languages
    def offered(self) -> list[str]:
        """The languages of the row's municipality; of all the user's own while it has none."""
        own = [municipality for municipality in self._own_municipalities() if self.for_tenant in (None, municipality.pk)]
        return list(dict.fromkeys(code for municipality in own for code in municipality.languages)) or interface_languages()

    def _keep_to_languages(self) -> None:
        offered = self.offered()
        model = type(self.instance)
        for name in list(self.fields):
            stem, _sep, code = name.rpartition("_")
            if not stem or code not in CODES or not is_translated(model, stem):
                continue
            if code not in offered:
                del self.fields[name]
            else:
                self.fields[name].widget.attrs |= {"lang": code, "dir": direction(code)}
                if isinstance(self.fields[name].widget, Textarea):
                    self.fields[name].widget.attrs["rows"] = 3  # it grows with what is written
        if (first := f"{self.named_by}_{offered[0]}") in self.fields:
            self.fields[first].required = True
            self.always_required.add(first)

    # which rows
    def _keep_to_own_rows(self) -> None:
        user = self.for_user
        several = self.for_tenant is None and len(self._own_municipalities()) > 1
        for name, field in self.fields.items():
            rows = getattr(field, "queryset", None)
            if rows is None or name == "municipality":
                continue
            path = tenant_path(rows.model)
            if path is not None:
                rows = rows.filter(pk__in=mine(rows.model, user)) if user is not None else rows.none()
                if self.for_tenant is not None:
                    rows = rows.filter(**{path: self.for_tenant})
                if several:
                    rows = rows.select_related("municipality") if path == "municipality" else rows
                    field.label_from_instance = with_municipality
                field.queryset = rows
            elif rows.model is Image and user is not None:
                allowed = Q(pk__in=image_policy.instances_user_has_permission_for(user, "choose"))
                field.queryset = rows.filter(allowed | Q(pk=getattr(self.instance, f"{name}_id", None)))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        chosen = values.get("municipality") if "municipality" in self.fields else None
        owner = chosen.pk if chosen else self.for_tenant
        if owner is not None:
            for form in [self, *(form for formset in self.formsets.values() for form in formset.forms if form.is_valid())]:
                form.refuse_rows_of_others(owner)
        return values

    def refuse_rows_of_others(self, owner: int) -> None:
        """Errors for whatever was chosen that is not the municipality's own. The lists offer own rows; this is for all else."""
        for name, value in list(self.cleaned_data.items()):
            rows = [value] if isinstance(value, Model) else value if isinstance(value, QuerySet) else []
            foreign = [row for row in rows if name != "municipality" and tenant_path(type(row)) and tenant_id(row) != owner]
            if foreign and name in self.fields:
                sentence = _("“%(row)s” belongs to another municipality.")
                self.add_error(name, ValidationError(sentence, params={"row": foreign[0]}))

    # what must not be there twice
    def validate_unique(self) -> None:
        """Django leaves out constraints with a column that is no field of the form. The municipality never is one."""
        super().validate_unique()
        excluded = self._get_validation_exclusions() - self.settled
        for constraint in self.instance._meta.constraints:
            if not isinstance(constraint, UniqueConstraint) or not self.settled & set(constraint.fields):
                continue
            try:
                constraint.validate(type(self.instance), self.instance, exclude=excluded)
            except ValidationError:
                field = next(
                    (name for name in reversed(constraint.fields) if name in self.fields and name != "municipality"), None
                )
                self.add_error(field, _("Another one in the municipality has this already."))


def with_municipality(row: Any) -> str:
    """A row's label for staff of several municipalities."""
    return f"{row} ({row.municipality})" if hasattr(row, "municipality") else str(row)


def interface_languages() -> list[str]:
    """What a form offers where no municipality tells: the languages of the staff screens."""
    return [code for code, _name in settings.WAGTAILADMIN_PERMITTED_LANGUAGES]


def is_translated(model: type[Model], field: str) -> bool:
    """Whether `field` exists in every language."""
    from modeltranslation.translator import NotRegistered, translator

    try:
        return field in translator.get_options_for_model(model).all_fields
    except NotRegistered:
        return False


class TenantInlinePanel(InlinePanel):
    """Children in their parent's form, with foreign keys kept to own rows."""

    def __init__(self, *args: Any, form_class: type[TenantForm] = TenantForm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form_class = form_class

    def clone_kwargs(self) -> dict[str, Any]:
        return super().clone_kwargs() | {"form_class": self.form_class}

    def get_form_options(self) -> dict[str, Any]:
        options = super().get_form_options()
        child = self.child_edit_handler.get_form_options()
        form = get_form_for_model(
            self.db_field.related_model,
            form_class=self.form_class,
            fields=child.get("fields", []),
            widgets=child.get("widgets", {}),
            defer_required_on_fields=child.get("defer_required_on_fields", []),
        )
        options["formsets"][self.relation_name] |= {"form": form, "inherit_kwargs": ["for_user", "for_tenant"]}
        return options


# ── screens ─────────────────────────────────────────────────────────────────────────────────────────────────


class TenantIndexView(IndexView):
    """A list that is searched by plain text in the viewset's `search_columns`, and exports harmless cells.

    In `list_export`, `name_*` stands for that text in every language of the user's municipalities.
    """

    list_export: list[str]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if request.GET.get("export") and any(field.endswith("_*") for field in self.list_export):
            own = mine(Municipality, request.user).values_list("languages", flat=True)
            codes = list(dict.fromkeys(code for languages in own for code in languages))
            self.list_export = [
                name
                for field in self.list_export
                for name in ([f"{field[:-1]}{code}" for code in codes] if field.endswith("_*") else [field])
            ]

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.is_searching:
            queryset = search_rows(queryset, self.search_query, self.model.snippet_viewset.search_columns)
        return queryset

    def _get_title_column(self, *args: Any, **kwargs: Any) -> Any:
        column = super()._get_title_column(*args, **{"width": "28%"} | kwargs)
        column.sort_key = column.sort_key or next((name for name in ("name_nb", "name") if has_field(self.model, name)), None)
        return column

    @property
    def is_searchable(self) -> bool:  # type: ignore[override]
        return bool(self.model.snippet_viewset.search_columns)

    def to_row_dict(self, item: Any) -> dict[str, Any]:
        made = self.model.snippet_viewset.export_made
        return {field: made[field](item) if field in made else multigetattr(item, field) for field in self.list_export}

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


class TenantDeleteView(DeleteView):
    """Deleting one row; what others stand on is left, and said. (Wagtail's own count of uses is as old as the queue.)"""

    def delete_action(self) -> None:
        with transaction.atomic():
            log(instance=self.object, action="wagtail.delete", deleted=True)
            self.object.delete()

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except ProtectedError as error:
            names = ", ".join(sorted({str(row) for row in error.protected_objects})[:5])
            messages.error(
                self.request, _("Still in use, and therefore not deleted. It is used by: %(names)s") % {"names": names}
            )
            return redirect(self.get_success_url())


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


def staff_screen(view: View) -> View:
    """Marks a view that keeps staff to own rows by itself. Unmarked views below /cms/ are not for staff (permissions.py)."""
    view.keeps_to_own_rows = True  # type: ignore[attr-defined]
    return view


class TenantViewSet(SnippetViewSet):
    """Staff screens of one model. Inherit, name the model, the list and the panels; the guard comes with it."""

    index_view_class = TenantIndexView
    delete_view_class = TenantDeleteView
    chooser_viewset_class = TenantChooserViewSet
    chooser_per_page = 25
    policy_class: ClassVar[type[TenantPolicy]] = TenantPolicy
    search_columns: ClassVar[tuple[str, ...]] = ()  # columns, name_xx among them, that the list and the chooser search
    export_made: ClassVar[dict[str, Callable[[Any], Any]]] = {}  # exported cells that are no plain attribute
    list_related: ClassVar[tuple[str, ...]] = ()  # foreign keys the list shows
    list_prefetch: ClassVar[tuple[Any, ...]] = ()  # many-to-many relations the list shows
    copy_view_enabled = False
    list_per_page = 50
    search_backend_name = None

    @property
    def permission_policy(self) -> TenantPolicy:
        return self.policy_class(self.model)

    @property
    def url_finder_class(self) -> type[TenantURLFinder]:
        return type("_TenantURLFinder", (TenantURLFinder,), {"model": self.model})

    def rows(self, user: Any) -> QuerySet[Any]:
        """The rows these screens are about. Every list and every guard stands on it."""
        return mine(self.model, user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the list, with what the list shows of them."""
        return self.rows(request.user).select_related(*self.list_related).prefetch_related(*self.list_prefetch)

    def construct_view(self, view_class: Any, **kwargs: Any) -> View:
        view = super().construct_view(view_class, **kwargs)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kw: Any) -> HttpResponse:
            if "pk" in kw:
                self.refuse_foreign(request, unquote(str(kw["pk"])), kw)
            try:
                return view(request, *args, **kw)
            except IntegrityError:
                # Approving publishes a draft that no form has looked at; another row may have its number by now.
                if request.method != "POST" or "pk" not in kw:
                    raise
                messages.error(
                    request, _("Another one in the municipality has the same number or address already. Nothing was published.")
                )
                return redirect(self.get_url_name("edit"), kw["pk"])

        return staff_screen(guarded)

    def refuse_foreign(self, request: HttpRequest, pk: str, kw: dict[str, Any]) -> None:
        """404 unless the row is the user's, and whatever else the address names belongs to that row."""
        try:
            if not self.rows(request.user).filter(pk=pk).exists():
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
        rows = list(
            model.snippet_viewset.rows(  # type: ignore[attr-defined]
                self.request.user
            ).filter(pk__in=row_ids(object_ids))
        )
        if not rows:
            raise Http404
        return rows

    def check_perm(self, obj: Model) -> bool:
        policy = self.model.snippet_viewset.permission_policy
        return policy.user_has_permission_for_instance(self.request.user, self.permission, obj)
