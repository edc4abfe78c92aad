"""Staff screens of the municipality itself, its districts, and who works there."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.log_actions import log

from directory.municipalities.actions import appoint, dismiss
from directory.municipalities.forms import LinesField, NamedForm, check_postcode
from directory.municipalities.models import District, Municipality, StaffRole
from directory.municipalities.panels import tabbed
from directory.municipalities.tenancy import (
    SuperuserPolicy,
    TenantDeleteView,
    TenantFilterSet,
    TenantForm,
    TenantViewSet,
)
from portal.languages import CODES

# ── districts ───────────────────────────────────────────────────────────────────────────────────────────────


class DistrictForm(NamedForm):
    """A district is told by its postcodes, or by a boundary."""

    postcodes = LinesField(
        label=_("Postcodes"), help_text=_("One a line, or separated by commas."), check=check_postcode, commas=True
    )


class DistrictFilterSet(TenantFilterSet):
    class Meta:
        model = District
        fields = ("kind",)


class DistrictViewSet(TenantViewSet):
    model = District
    icon = "site"
    filterset_class = DistrictFilterSet
    list_display: ClassVar[list[Any]] = [
        "__str__",
        "kind",
        Column("postcodes", label=_("Postcodes"), accessor=lambda district: ", ".join(map(str, district.postcodes or []))),
    ]
    list_export: ClassVar[list[str]] = ["id", "kind", "name_*", "slug", "postcodes"]
    search_columns = (*(f"name_{code}" for code in CODES), "slug")
    ordering = "name_nb"
    edit_handler = tabbed(
        District,
        [
            MultiFieldPanel(
                [
                    FieldPanel("kind", widget=forms.RadioSelect),
                    FieldPanel("postcodes"),
                    FieldRowPanel([FieldPanel("lat"), FieldPanel("lon")]),
                    FieldPanel(
                        "boundary", help_text=_("A GeoJSON geometry (Polygon or MultiPolygon). It goes before the postcodes.")
                    ),
                    FieldPanel("slug"),
                ]
            )
        ],
        form=DistrictForm,
    )


# ── the municipality ────────────────────────────────────────────────────────────────────────────────────────


class MunicipalityPolicy(SuperuserPolicy):
    """Name, number and boundary are for who runs the installation; coordinators have "Our site". None is made or removed here."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action not in {"add", "delete"} and super().user_has_permission(user, action)


class MunicipalityViewSet(TenantViewSet):
    model = Municipality
    icon = "home"
    policy_class = MunicipalityPolicy
    list_display: ClassVar[list[Any]] = [
        "__str__",
        "number",
        Column("languages", label=_("Languages"), accessor=lambda row: ", ".join(row.languages)),
        "contact_email",
    ]
    search_columns = ("name", "number")
    ordering = "name"
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            FieldPanel("number"),
            FieldPanel("slug"),
            FieldRowPanel([FieldPanel("lat"), FieldPanel("lon")]),
            FieldPanel("boundary"),
        ],
        base_form_class=TenantForm,
    )

    def rows(self, user: Any) -> QuerySet[Municipality]:
        return Municipality.objects.all() if user.is_active and user.is_superuser else Municipality.objects.none()


# ── who works there ─────────────────────────────────────────────────────────────────────────────────────────


class StaffRoleForm(TenantForm):
    """Appointing somebody, known or new, by mail address."""

    email = forms.EmailField(label=_("Mail address of the person"), required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["email"].initial = self.instance.user.email
            self.fields["email"].disabled = True

    def save(self, commit: bool = True) -> StaffRole:
        users = get_user_model()
        email = self.cleaned_data["email"].lower()
        user = users.objects.filter(email=email).first() or users.objects.create_user(email)
        self.instance: StaffRole = appoint(user=user, municipality=self.instance.municipality, role=self.instance.role)
        return self.instance


class DismissView(TenantDeleteView):
    """Taking somebody's work away ends the access with it."""

    def delete_action(self) -> None:
        log(instance=self.object, action="wagtail.delete", deleted=True)
        dismiss(user=self.object.user, municipality=self.object.municipality)


class StaffRoleViewSet(TenantViewSet):
    model = StaffRole
    icon = "lock"
    policy_class = SuperuserPolicy
    list_display: ClassVar[list[Any]] = ["__str__", "user", "municipality", "role"]
    list_related = ("user", "municipality")
    search_columns = ("user__email", "user__name", "municipality__name")
    ordering = "municipality__name"
    edit_handler = ObjectList(
        [FieldPanel("municipality"), FieldPanel("email"), FieldPanel("role")], base_form_class=StaffRoleForm
    )

    delete_view_class = DismissView

    def rows(self, user: Any) -> QuerySet[StaffRole]:
        return StaffRole.objects.all() if user.is_active and user.is_superuser else StaffRole.objects.none()
