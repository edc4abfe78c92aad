"""Staff screens of the municipality itself, its districts, and who works there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
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
    TenantPolicy,
    TenantViewSet,
    municipality_ids,
)
from portal.languages import CODES, NAMES

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


class MunicipalityPolicy(TenantPolicy):
    """Coordinators look after a few fields of their own municipality. Making and removing one is no work of the screens."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        if action in {"add", "delete"}:
            return False
        return user.is_active and (user.is_superuser or bool(municipality_ids(user, StaffRole.Role.COORDINATOR)))

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Model) -> bool:
        if not self.user_has_permission(user, action):
            return False
        return user.is_superuser or instance.pk in municipality_ids(user, StaffRole.Role.COORDINATOR)

    def users_with_any_permission_for_instance(self, actions: Iterable[str], instance: Model) -> QuerySet[Any]:
        users = get_user_model().objects.filter(is_active=True)
        coordinators = users.filter(staff_roles__municipality=instance.pk, staff_roles__role=StaffRole.Role.COORDINATOR)
        return (coordinators | users.filter(is_superuser=True)).distinct()


def check_language(code: str) -> None:
    """One of the languages of the product."""
    if code not in CODES:
        raise forms.ValidationError(_("Not a language of the product."))


class MunicipalityForm(TenantForm):
    """Coordinators: how to reach the office, and the languages. Who runs the installation: the rest too."""

    FOR_COORDINATORS: ClassVar[set[str]] = {"contact_email", "languages", "checked_languages"}

    languages = LinesField(
        label=_("Languages, in the order they are offered"),
        required=True,
        check=check_language,
        commas=True,
        help_text=_("One code a line, your own first. The codes: %(codes)s.")
        % {"codes": ", ".join(f"{c} {n}" for c, n in NAMES.items())},
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    checked_languages = forms.MultipleChoiceField(
        label=_("Languages a speaker has checked"),
        help_text=_("Pages in other languages say that nobody has checked the translation."),
        choices=list(NAMES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not (self.for_user and self.for_user.is_superuser):
            for name in set(self.fields) - self.FOR_COORDINATORS:
                del self.fields[name]


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
            FieldPanel("contact_email"),
            FieldPanel("languages"),
            FieldPanel("checked_languages"),
            MultiFieldPanel(
                [
                    FieldPanel("name"),
                    FieldPanel("number"),
                    FieldPanel("slug"),
                    FieldRowPanel([FieldPanel("lat"), FieldPanel("lon")]),
                    FieldPanel("boundary"),
                ],
                heading=_("The municipality"),
            ),
        ],
        base_form_class=MunicipalityForm,
    )

    def rows(self, user: Any) -> QuerySet[Municipality]:
        rows = Municipality.objects.all()
        return (
            rows
            if user.is_active and user.is_superuser
            else rows.filter(pk__in=municipality_ids(user, StaffRole.Role.COORDINATOR))
        )


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
