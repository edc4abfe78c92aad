"""Staff screens of providers, and of who may act for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.log_actions import log

from directory.listings.forms import ListingForm
from directory.listings.panels import listing_tabs
from directory.listings.viewsets import CONFIRMED, LISTING_FILTERS, STATUS, VOLUNTEERS, WHERE, ListingFilterSet, ListingViewSet
from directory.municipalities.forms import LinesField
from directory.municipalities.tenancy import TenantFilterSet, TenantPolicy, TenantViewSet
from directory.providers.models import Membership, Provider
from directory.providers.rules import printed_org_number
from portal.languages import CODES


class ProviderForm(ListingForm):
    """An organisation number may be written as people write it."""

    icnpo_codes = LinesField(
        label=_("Purposes in the voluntary register (ICNPO)"),
        help_text=_("One code a line."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("org_number"):
            field.max_length = 20
            field.widget.attrs["maxlength"] = 20
            field.validators = [check for check in field.validators if getattr(check, "limit_value", None) != 9]
            field.to_python = lambda value: "".join(str(value or "").split())

    def save(self, commit: bool = True) -> Provider:
        """Trust stands outside the draft: it is given or taken at once, and publishes nothing that its provider has not sent."""
        row = super().save(commit)
        if row.pk and "publishes_at_once" in self.changed_data:
            Provider.objects.filter(pk=row.pk).update(publishes_at_once=row.publishes_at_once)
            log(row, "provider.trust" if row.publishes_at_once else "provider.end_trust", user=self.for_user)
        return row


class ProviderFilterSet(ListingFilterSet):
    class Meta:
        model = Provider
        fields = ("kind", *LISTING_FILTERS)


class ProviderViewSet(ListingViewSet):
    model = Provider
    icon = "group"
    menu_order = 110
    filterset_class = ProviderFilterSet
    list_display: ClassVar[list[Any]] = [
        "__str__",
        "kind",
        Column(
            "org_number",
            label=_("Organisation number"),
            accessor=lambda row: printed_org_number(row.org_number),
            sort_key="org_number",
        ),
        WHERE,
        STATUS,
        CONFIRMED,
        VOLUNTEERS,
    ]
    search_columns = (*ListingViewSet.search_columns, "org_number")
    list_export: ClassVar[list[str]] = [*ListingViewSet.list_export[:3], "kind", "org_number", *ListingViewSet.list_export[3:]]
    export_filename = "providers"
    edit_handler = listing_tabs(
        Provider,
        form=ProviderForm,
        about=[
            FieldPanel("kind"),
            FieldPanel("org_number"),
            FieldPanel("committee_of", widget=forms.Select),
            FieldPanel("publishes_at_once", help_text=_("Holds as soon as you save, whether you publish or not.")),
        ],
        more=[
            MultiFieldPanel(
                [
                    FieldPanel("logo"),
                    FieldRowPanel([FieldPanel("membership_fee"), FieldPanel("founded")]),
                    FieldPanel("icnpo_codes"),
                ],
                heading=_("The organisation"),
            )
        ],
    )


class ReadingPolicy(TenantPolicy):
    """Staff read who keeps which page. Roles are given and ended by deeds that write letters: "People", and the desk."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and super().user_has_permission(user, action)


class MembershipFilterSet(TenantFilterSet):
    class Meta:
        model = Membership
        fields = ("role",)


class MembershipViewSet(TenantViewSet):
    model = Membership
    icon = "user"
    policy_class = ReadingPolicy
    filterset_class = MembershipFilterSet
    list_display: ClassVar[list[Any]] = ["__str__", "user", "provider", "role", "since"]
    list_related = ("user", "provider")
    list_export: ClassVar[list[str]] = ["user.email", "provider", "role", "since"]
    export_headings: ClassVar[dict[str, Any]] = {"user.email": _("mail address")}
    search_columns = ("user__email", "user__name", *(f"provider__name_{code}" for code in CODES))
    ordering = "-since"
    edit_handler = ObjectList([])  # nothing is written here, and no form lists people
