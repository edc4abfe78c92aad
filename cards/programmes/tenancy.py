"""Whose rows of the activity card staff see, and whose they may work with. A programme may be of several municipalities.

    shared      programmes, years, card types, offers: read by the staff of every municipality of the programme; worked with by
                the municipality that looks after it (an offer: by the one under whose agreement it stands)
    one's own   quotas of agencies, batches, agreements, stock, uses to decide, and the journal of these: of one municipality

Coordinators do everything here. Editors read what is shared, without prices, and change nothing: all of it is counted, or
money. Only staff of municipalities that use the card have these screens at all.

    towns_with_card(user)      municipalities that use the card, for which the user works; with a role, in that role
    programmes_of(user)        the programmes these take part in
    CardViewSet                the screens of one model: `rows` are seen, `rows_to_change` are worked with
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.functional import cached_property
from wagtail.admin.ui.tables import BaseColumn, Column, TitleColumn
from wagtail.snippets.views.snippets import IndexView

from cards.programmes.models import Programme, ProgrammeMember
from directory.municipalities.models import Feature, Municipality, StaffRole
from directory.municipalities.tenancy import (
    TenantChooseResultsView,
    TenantChooserViewSet,
    TenantChooseView,
    TenantChosenMultipleView,
    TenantChosenView,
    TenantIndexView,
    TenantPolicy,
    TenantViewSet,
    municipality_ids,
    staff_screen,
    tenant_path,
)

COORDINATOR = StaffRole.Role.COORDINATOR


# ── whose rows ──────────────────────────────────────────────────────────────────────────────────────────────


def is_boss(user: Any) -> bool:
    """Who runs the installation."""
    return bool(user.is_active and user.is_superuser)


def towns_with_card(user: Any, role: str = "") -> frozenset[int]:
    """The municipalities for which the user works (in `role`, when given) and that use the card. Asked once a request."""
    if not hasattr(user, "_towns_with_card"):
        found = Municipality.objects.all() if is_boss(user) else Municipality.objects.filter(pk__in=municipality_ids(user))
        user._towns_with_card = frozenset(
            pk for pk, features in found.values_list("pk", "features") if Feature.CARDS in (features or [])
        )
    towns: frozenset[int] = user._towns_with_card
    return towns if is_boss(user) or not role else towns & municipality_ids(user, role)


def programmes_of(user: Any, role: str = "") -> QuerySet[Programme]:
    """The programmes that the user's municipalities look after or take part in."""
    if is_boss(user):
        return Programme.objects.all()
    towns = towns_with_card(user, role)
    members = ProgrammeMember.objects.filter(municipality__in=towns).values("programme")
    return Programme.objects.filter(Q(municipality__in=towns) | Q(pk__in=members))


def own_rows_of(model: type[Model], user: Any, role: str = COORDINATOR) -> QuerySet[Any]:
    """The rows that belong to the user's municipalities, as coordinator."""
    rows = model._default_manager.all()
    return rows if is_boss(user) else rows.filter(**{f"{tenant_path(model)}__in": towns_with_card(user, role)})


def sees_money(user: Any) -> bool:
    """Coordinators see prices; for editors they are left out."""
    return is_boss(user) or bool(towns_with_card(user, COORDINATOR))


class CardPolicy(TenantPolicy):
    """Decided by the role in the municipality alone; the rows are those of the viewset."""

    #: Editors read along.
    editors_read: ClassVar[bool] = False
    #: Nothing that was counted is ever deleted.
    deletes: ClassVar[bool] = False
    adds: ClassVar[bool] = True

    def user_has_permission(self, user: Any, action: str) -> bool:
        if not user.is_active or (action == "delete" and not self.deletes) or (action == "add" and not self.adds):
            return False
        role = "" if action == "view" and self.editors_read else COORDINATOR
        return is_boss(user) or bool(towns_with_card(user, role))

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Model) -> bool:
        if not self.user_has_permission(user, action):
            return False
        viewset = self.model.snippet_viewset
        rows = viewset.rows(user) if action == "view" else viewset.rows_to_change(user)
        return instance.pk is None or bool(rows.filter(pk=instance.pk).exists())

    def instances_user_has_any_permission_for(self, user: Any, actions: Any) -> QuerySet[Any]:
        viewset = self.model.snippet_viewset
        return viewset.rows(user) if self.user_has_any_permission(user, actions) else self.model._default_manager.none()


class SharedPolicy(CardPolicy):
    editors_read = True


# ── choosing ────────────────────────────────────────────────────────────────────────────────────────────────


class CardsToChoose:
    """A chooser hands over what may be worked with."""

    def get_object_list(self) -> QuerySet[Any]:
        return self.model_class.snippet_viewset.rows_to_change(self.request.user)  # type: ignore[attr-defined]


class CardChooseView(CardsToChoose, TenantChooseView):
    pass


class CardChooseResultsView(CardsToChoose, TenantChooseResultsView):
    pass


class CardChosenView(CardsToChoose, TenantChosenView):
    pass


class CardChosenMultipleView(CardsToChoose, TenantChosenMultipleView):
    pass


class CardChooserViewSet(TenantChooserViewSet):
    choose_view_class = CardChooseView
    choose_results_view_class = CardChooseResultsView
    chosen_view_class = CardChosenView
    chosen_multiple_view_class = CardChosenMultipleView


# ── screens ─────────────────────────────────────────────────────────────────────────────────────────────────


class CardIndexView(TenantIndexView):
    """A list whose rows lead to the page of the row, for everybody who may see it; money stands in it for coordinators."""

    @property
    def viewset(self) -> CardViewSet:
        return self.model.snippet_viewset  # type: ignore[no-any-return]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if not sees_money(request.user):
            self.list_export = [name for name in self.list_export if name not in self.viewset.money]

    @cached_property
    def columns(self) -> list[Any]:
        found: list[BaseColumn] = super().columns
        left_out = set() if sees_money(self.request.user) else set(self.viewset.money)
        left_out |= set() if self.viewset.many else {"bulk_actions"}
        shown = [column for column in found if column.name not in left_out]
        place = next((place for place, column in enumerate(shown) if column.name != "bulk_actions"), None)
        if place is not None and type(shown[place]) is Column:
            shown[place] = self.way_in(shown[place])
        return shown

    def way_in(self, column: Column) -> TitleColumn:
        """A list's first column, as the link to the row's page."""
        return TitleColumn(
            column.name, label=column.label, accessor=column.accessor, sort_key=column.sort_key, get_url=self.get_edit_url
        )

    def _get_title_column(self, *args: Any, **kwargs: Any) -> Any:
        column = super()._get_title_column(*args, **kwargs)
        column.sort_key = column.sort_key or self.viewset.ordering.removeprefix("-")
        return column

    def get_edit_url(self, instance: Model) -> str:
        return reverse(self.viewset.get_url_name("edit"), args=[instance.pk])

    def get_list_more_buttons(self, instance: Model) -> list[Any]:
        return []  # everything that can be done stands on the row's page


class CardViewSet(TenantViewSet):
    """Staff screens of one model of the cards. The row's own page stands at "edit", and does what can be done."""

    index_view_class = CardIndexView
    chooser_viewset_class = CardChooserViewSet
    policy_class = CardPolicy
    page_class: ClassVar[Any] = None
    new_class: ClassVar[Any] = None
    money: ClassVar[frozenset[str]] = frozenset()  # columns and exported cells that editors do not see
    many: ClassVar[bool] = False  # whether there are deeds on many rows of the list
    exclude_form_fields: ClassVar[list[str]] = []  # own screens stand in for Wagtail's forms, which still ask for panels

    def rows(self, user: Any) -> QuerySet[Any]:
        return own_rows_of(self.model, user)

    def rows_to_change(self, user: Any) -> QuerySet[Any]:
        """Of the rows one sees, those one may work with."""
        return own_rows_of(self.model, user)

    def construct_view(self, view_class: Any, **kwargs: Any) -> Callable[..., HttpResponse]:
        view = super().construct_view(view_class, **kwargs)
        if getattr(view_class, "reads", False) or issubclass(view_class, IndexView):
            return view

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kw: Any) -> HttpResponse:
            if "pk" in kw and not self.may_change(request.user, kw["pk"]):
                raise Http404
            return view(request, *args, **kw)

        return staff_screen(guarded)

    def may_change(self, user: Any, pk: Any) -> bool:
        try:
            return bool(self.rows_to_change(user).filter(pk=pk).exists())
        except (TypeError, ValueError):
            return False

    @property
    def edit_view(self) -> Any:
        return self.construct_view(self.page_class)

    @property
    def add_view(self) -> Any:
        return self.construct_view(self.new_class) if self.new_class else super().add_view

    #: Addresses of Wagtail's that these rows have no use for.
    left_out: ClassVar[frozenset[str]] = frozenset({"delete", "usage"})

    def get_urlpatterns(self) -> list[URLPattern]:
        shut = self.left_out | (set() if self.policy_class.adds else {"add"})
        return [pattern for pattern in super().get_urlpatterns() if pattern.name not in shut]
