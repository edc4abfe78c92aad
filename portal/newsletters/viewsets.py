"""Staff screens of newsletters: the list, writing one, and who may send. What happens after writing stands in staff_views.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import HeaderButton
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Page
from wagtail.rich_text import RichText
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSetGroup

from directory.listings.forms import show_two_levels
from directory.municipalities.models import Feature, Municipality
from directory.municipalities.panels import LanguageTabs, boxes
from directory.municipalities.tenancy import (
    TenantDeleteView,
    TenantFilterSet,
    TenantForm,
    TenantPolicy,
    TenantViewSet,
    mine,
    municipality_ids,
    tenant_id,
    tenant_path,
)
from directory.providers.models import Provider
from portal.languages import CODES, NAMES
from portal.newsletters.models import Newsletter, Sender
from portal.newsletters.rules import why_not_address
from portal.newsletters.states import ASKS_STAFF, OPEN, DeliveryState
from portal.pages.blocks import QuestionBlock, parts
from portal.pages.forms import FILES, leads_to_others, may_choose, may_lead_to
from portal.pages.links import at_home
from portal.pages.lists import what_is_unknown

TEXTS = {"subject": _("Subject"), "glance": _("First line"), "body": _("Contents")}
HELP = {
    "glance": _("Mail programs show it beside the subject. May be left empty."),
    "body": _("Press + to add a text, a picture, a button or a list. Left empty, readers of this language get the next best."),
}


class LetterPolicy(TenantPolicy):
    """Whoever works for a municipality writes its newsletters, where it has any."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        if not user.is_active:
            return False
        if not hasattr(user, "_has_newsletters"):
            own = Municipality.objects.filter(pk__in=municipality_ids(user)).values_list("features", flat=True)
            user._has_newsletters = any(Feature.NEWSLETTERS in features for features in own)
        return user.is_superuser or user._has_newsletters


class NewsletterPolicy(LetterPolicy):
    """What has been released is what people got: it is not changed and not removed."""

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        if action == "delete" and instance.state not in OPEN:
            return False
        return super().user_has_permission_for_instance(user, action, instance)


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────


class NewsletterForm(TenantForm):
    """A letter: its texts in each language, and whom it is for. Nothing in it is another municipality's."""

    named_by: ClassVar[str] = "subject"

    roles = forms.MultipleChoiceField(
        label=_("Which of their addresses"),
        choices=Newsletter.Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them but tills. Each address gets one letter, however often it occurs."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Kinds"), choices=Provider.ProviderKind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    receiver_languages = forms.MultipleChoiceField(
        label=_("Languages of the receivers"),
        choices=list(NAMES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only those who read one of these. None chosen: everybody, each in their own."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("receiver_languages"):
            field.choices = [(code, NAMES[code]) for code in self.offered()]
        if field := self.fields.get("categories"):
            show_two_levels(field)
        if field := self.fields.get("slug"):
            field.required = False

    def full_clean(self) -> None:
        with at_home(self.home()):
            super().full_clean()

    def home(self) -> Municipality | None:
        """The municipality of the letter, as far as it is settled."""
        return Municipality.objects.select_related("site").filter(pk=self.for_tenant).first() if self.for_tenant else None

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        home = values.get("municipality") or self.home()
        for name, value in list(values.items()):
            if name.startswith("body_") and value and home is not None:
                for fault in self.faults_of(value, home, name.removeprefix("body_")):
                    self.add_error(name, fault)
        if "slug" in values and not values["slug"]:
            values["slug"] = self.instance.slug  # made when it is saved
        return values

    def faults_of(self, body: Any, home: Municipality, lang: str) -> Iterable[str]:
        """What in the blocks is not this municipality's to send, in words."""
        for block, value in parts(body, body.stream_block):
            if value is None or value == "":
                continue
            if isinstance(block, QuestionBlock):
                yield from what_is_unknown(value, home, lang)
            elif isinstance(value, RichText):
                if leads_to_others(value.source, municipality_id=home.pk, user=self.for_user):
                    yield str(
                        _("A link in the text leads to something that is gone or belongs to another municipality. Remove it.")
                    )
            elif not self.may_send(value, home):
                yield str(_("Something chosen here belongs to another municipality. Choose one of your own."))

    def may_send(self, value: Any, home: Municipality) -> bool:
        """Whether what was chosen in a block is this municipality's."""
        if isinstance(value, Page):
            return may_lead_to(value, home.pk, self.for_user)
        if isinstance(value, Image | Document):
            return may_choose(value, FILES[type(value)], self.for_user)
        return not hasattr(value, "_meta") or not tenant_path(type(value)) or tenant_id(value) == home.pk


def letter_tabs() -> LanguageTabs:
    """A tab for each language, then whom it is for and who sends it."""
    languages = [
        ObjectList(
            [FieldPanel(f"{field}_{code}", heading=label, help_text=HELP.get(field, "")) for field, label in TEXTS.items()],
            heading=name,
        )
        for code, name in NAMES.items()
    ]
    facts = ObjectList(
        [
            FieldPanel("municipality"),
            FieldPanel("sender", widget=forms.Select),
            MultiFieldPanel(
                [
                    FieldPanel("audience", widget=forms.RadioSelect),
                    FieldPanel("receiver_languages"),
                ],
                heading=_("Who gets it"),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("roles"),
                    FieldPanel("kinds"),
                    boxes("categories"),
                    boxes("districts"),
                    FieldPanel("confirmed", widget=forms.RadioSelect),
                    FieldPanel("card_offers"),
                ],
                heading=_("Which associations and others"),
                help_text=_("Nothing chosen means all. Of several things in one list one is enough; the lists must all fit."),
            ),
            FieldRowPanel([FieldPanel("in_archive"), FieldPanel("slug")]),
        ],
        heading=_("To whom, from whom"),
    )
    return LanguageTabs([*languages, facts], base_form_class=NewsletterForm)


class GoesOnToSending:
    """After saving, the next step is to look at who gets it."""

    def get_success_url(self) -> str:
        row: Any = self.object  # type: ignore[attr-defined]
        return reverse(Newsletter.snippet_viewset.get_url_name("send"), args=[row.pk])  # type: ignore[attr-defined]


class NewsletterCreateView(GoesOnToSending, CreateView):
    pass


class NewsletterEditView(GoesOnToSending, EditView):
    """A letter that has gone out is not written any more."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = mine(Newsletter, request.user).filter(pk=self.kwargs["pk"]).first()
        if row is not None and row.state not in OPEN:
            if request.method == "POST":
                messages.error(request, _("This letter has been released. It can no longer be changed."))
            return redirect(self.viewset_address("send", row.pk))
        return super().dispatch(request, *args, **kwargs)

    @staticmethod
    def viewset_address(name: str, pk: int) -> str:
        return reverse(Newsletter.snippet_viewset.get_url_name(name), args=[pk])  # type: ignore[attr-defined]

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        return [
            HeaderButton(_("Send it"), url=self.viewset_address("send", self.object.pk), icon_name="mail"),
            *super().header_more_buttons,
        ]

    def save_instance(self) -> Any:
        """Written at the same moment as it is released, the release wins: what went out is what stands."""
        still_open = Newsletter.objects.select_for_update().filter(pk=self.object.pk, state__in=list(OPEN)).exists()
        if not still_open:
            raise PermissionDenied
        return super().save_instance()


class NewsletterDeleteView(TenantDeleteView):
    """Removes what was never released. The rest is what people got."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not mine(Newsletter, request.user).filter(pk=self.kwargs["pk"], state__in=list(OPEN)).exists():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class NewsletterFilterSet(TenantFilterSet):
    class Meta:
        model = Newsletter
        fields = ("state", "sender", "audience")


def progress(row: Any) -> str:
    """ "312 of 320"; empty before release."""
    return f"{row.gone} / {row.all_messages}" if row.all_messages else ""


class NewsletterViewSet(TenantViewSet):
    model = Newsletter
    icon = "mail"
    menu_label = _("Newsletters")
    policy_class = NewsletterPolicy
    add_view_class = NewsletterCreateView
    edit_view_class = NewsletterEditView
    delete_view_class = NewsletterDeleteView
    filterset_class = NewsletterFilterSet
    list_related = ("sender", "municipality")
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column("state", label=_("State"), accessor=lambda row: row.get_state_display(), sort_key="state"),
        Column("sender", label=_("Sender"), accessor=lambda row: str(row.sender)),
        Column("gone", label=_("Sent"), accessor=progress),
        Column("asks", label=_("For you to decide"), accessor=lambda row: row.asks or ""),
        Column("released_at", label=_("Released"), accessor="released_at", sort_key="released_at"),
    ]
    list_export: ClassVar[list[str]] = [
        "id",
        "subject_*",
        "state",
        "sender",
        "audience",
        "released_at",
        "finished_at",
        "all_messages",
    ]
    search_columns = tuple(f"subject_{code}" for code in CODES)
    ordering = "-created_at"
    copy_view_enabled = False
    edit_handler = letter_tabs()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Newsletter]:
        bodies = [f"body_{code}" for code in CODES]
        return (
            super()
            .get_queryset(request)
            .defer("body", *bodies, "municipality__boundary")
            .annotate(
                all_messages=Count("deliveries"),
                gone=Count("deliveries", filter=Q(deliveries__state=DeliveryState.SENT)),
                asks=Count("deliveries", filter=Q(deliveries__state__in=ASKS_STAFF)),
            )
        )

    def get_urlpatterns(self) -> list[URLPattern]:
        from portal.newsletters.staff_views import DEEDS, ReceiversView, SendView

        conv = self.pk_path_converter
        return [
            *super().get_urlpatterns(),
            path(f"send/<{conv}:pk>/", self.construct_view(SendView), name="send"),
            path(f"receivers/<{conv}:pk>/", self.construct_view(ReceiversView), name="receivers"),
            *(path(f"{name}/<{conv}:pk>/", self.construct_view(view), name=name) for name, view in DEEDS.items()),
        ]


# ── who sends ───────────────────────────────────────────────────────────────────────────────────────────────


class SenderForm(TenantForm):
    """A department. Its address must be of a domain that the installation may send from."""

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        home = values.get("municipality") or Municipality.objects.filter(pk=self.for_tenant or 0).first()
        if home and why_not_address(home.number, values.get("address") or ""):
            self.add_error("address", _("Letters may not be sent from this domain. Leave it empty, or ask who runs the site."))
        return values


class SenderViewSet(TenantViewSet):
    model = Sender
    icon = "user"
    menu_label = _("Senders")
    policy_class = LetterPolicy
    list_display: ClassVar[list[Any]] = ["__str__", "address", "reply_to"]
    list_export: ClassVar[list[str]] = ["id", "name", "address", "reply_to"]
    search_columns = ("name", "address", "reply_to")
    ordering = "name"
    edit_handler = ObjectList(
        [FieldPanel("municipality"), FieldPanel("name"), FieldPanel("address"), FieldPanel("reply_to")],
        base_form_class=SenderForm,
    )


class Newsletters(SnippetViewSetGroup):
    items = (NewsletterViewSet, SenderViewSet)
    menu_label = _("Newsletters")
    menu_icon = "mail"
    menu_name = "newsletters"
    menu_order = 165
