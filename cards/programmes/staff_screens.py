"""What the staff screens of the cards are made of: a page for a row, with facts, tables, and the deeds that can be done now.

    Page       one row: GET shows it to whoever may see it, POST does one deed, for whoever may work with it
    Deed       one thing that can be done: when it is offered, what it asks, what it does
    FormScreen a form by itself: something new, or a longer change

A deed is offered only while it can be done, so a second press finds it gone and says so. What is made anew carries a key
hidden in the form, which the database keeps UNIQUE.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cards.programmes.staff_forms import StaffForm
from cards.programmes.tenancy import CardViewSet
from portal.kit.refusals import Refused

Word = str | Promise


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about the row: what it is called, what it is, and when it is good to know more, a line below."""

    label: Word
    said: Any
    more: Word = ""
    href: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a table, and where it leads. `was` is what stood there before."""

    said: Any
    href: str = ""
    was: Any = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below one another, with what is said when there are none."""

    key: str
    heading: Word
    head: tuple[Word, ...]
    rows: list[tuple[Cell, ...]]
    empty: Word = ""
    note: Word = ""
    links: tuple[tuple[Word, str], ...] = field(default=())  # (what it says, address), below the table


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A screen of ours inside the admin, of one model's viewset, with its permission and its way back."""

    model: Any = None
    permission: ClassVar[str] = "change"
    _show_breadcrumbs = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.viewset.permission_policy.user_has_permission(request.user, self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    @property
    def viewset(self) -> CardViewSet:
        return self.model.snippet_viewset  # type: ignore[no-any-return]

    @property
    def user(self) -> Any:
        return self.request.user

    def address(self, name: str, *args: Any) -> str:
        return reverse(self.viewset.get_url_name(name), args=args)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": self.address("list"), "label": self.viewset.menu_label},
            *self.on_the_way(),
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    def on_the_way(self) -> list[dict[str, Any]]:
        return []


def address_of(row: Model) -> str:
    """The page of a row in the admin."""
    return reverse(row.snippet_viewset.get_url_name("edit"), args=[row.pk])  # type: ignore[attr-defined]


class OneRow(Screen):
    """A screen about one row. The guard of the viewset has let only visible rows through; here it is loaded by the same rule."""

    related: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def row(self) -> Any:
        rows = self.viewset.rows(self.user).select_related(*self.related)
        found = rows.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    @cached_property
    def may_change(self) -> bool:
        policy = self.viewset.permission_policy
        return bool(policy.user_has_permission_for_instance(self.user, "change", self.row))

    @property
    def may_act(self) -> bool:
        """Whether there is anything that the user may do here."""
        return self.may_change

    def get_page_title(self) -> str:
        return str(self.row)


class Deed:
    """One thing that can be done with the row of a page."""

    key: ClassVar[str] = ""
    label: ClassVar[Word] = ""
    help: ClassVar[Word] = ""
    serious: ClassVar[bool] = False
    first: ClassVar[bool] = False  # what is most likely to be done next
    form_class: ClassVar[type[forms.Form]] = StaffForm

    def __init__(self, page: Page) -> None:
        self.page, self.row, self.user = page, page.row, page.user

    def is_offered(self) -> bool:
        return True

    def form_kwargs(self) -> dict[str, Any]:
        return {}

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return self.form_class(data, files, prefix=self.key, **self.form_kwargs())

    def do(self, said: dict[str, Any], at: datetime) -> Any:
        """Does it; returns what to say, or an answer of its own."""
        raise NotImplementedError

    def back(self) -> str:
        return self.page.address("edit", self.row.pk)


@dataclass(frozen=True, slots=True)
class Offered:
    """A deed as the template shows it."""

    deed: Deed
    form: forms.Form

    @property
    def asks(self) -> bool:
        """Whether there is anything to read or fill in before it is done."""
        return bool(self.deed.help) or bool(self.form.visible_fields())

    @property
    def is_open(self) -> bool:
        return bool(self.form.errors)


class Page(OneRow):
    """The page of a row."""

    reads = True
    permission: ClassVar[str] = "view"
    template_name = "cards/staff/page.html"
    deeds: ClassVar[tuple[type[Deed], ...]] = ()

    def facts(self) -> Iterable[Fact]:
        return ()

    def tables(self) -> Iterable[Table]:
        return ()

    def notices(self) -> Iterable[Word]:
        """What one should know before doing anything."""
        return ()

    def links(self) -> Iterable[tuple[Word, str]]:
        """Where else to go from here: (what it says, address)."""
        return ()

    def offered(self) -> list[Deed]:
        if not self.may_act:
            return []
        return [deed for deed in (deed(self) for deed in self.deeds) if deed.is_offered()]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        bound: forms.Form | None = kwargs.pop("bound", None)
        deeds = [
            Offered(deed, bound if bound is not None and bound.prefix == deed.key else deed.form()) for deed in self.offered()
        ]
        media = forms.Media()
        for one in deeds:
            media += one.form.media
        return super().get_context_data(
            row=self.row,
            facts=[fact for fact in self.facts() if fact.said not in (None, "")],
            tables=list(self.tables()),
            notices=list(self.notices()),
            links=list(self.links()),
            presses=[one for one in deeds if not one.asks],
            deeds=[one for one in deeds if one.asks],
            form_media=media,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_act:
            raise Http404
        wanted = request.POST.get("deed", "")
        if wanted not in {deed.key for deed in self.deeds}:
            raise Http404
        deed = next((deed for deed in self.offered() if deed.key == wanted), None)
        if deed is None:
            messages.warning(request, _now("That has been done already, or can no longer be done."))
            return redirect(self.address("edit", self.row.pk))
        form = deed.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(bound=form), status=422)
        try:
            said = deed.do(form.cleaned_data, timezone.now())
        except Refused as refused:
            return self.refused(deed, form, refused)
        if isinstance(said, HttpResponse):
            return said
        if said:
            messages.success(request, said)
        return redirect(deed.back())

    def refused(self, deed: Deed, form: forms.Form, refused: Refused) -> HttpResponse:
        """Says why not: in the deed's form, or above the page if the deed can no longer be done."""
        self.__dict__.pop("row", None)
        if deed.key in {one.key for one in self.offered()} and Offered(deed, form).asks:
            form.add_error(None, str(refused))
            return self.render_to_response(self.get_context_data(bound=form), status=422)
        messages.error(self.request, str(refused))
        return redirect(self.address("edit", self.row.pk))


class FormScreen(Screen):
    """A form by itself."""

    template_name = "cards/staff/form.html"
    form_class: ClassVar[type[forms.Form]] = StaffForm
    button: ClassVar[Word] = _("Save")
    intro: ClassVar[Word] = ""

    def form_kwargs(self) -> dict[str, Any]:
        return {}

    def form(self, data: Any = None, files: Any = None) -> Any:
        return self.form_class(data, files, **self.form_kwargs())

    def lacking(self) -> Word:
        """What has to be there first, if it is not."""
        return ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        may = self.viewset.permission_policy.user_has_permission(request.user, self.permission)
        if may and (why := self.lacking()):
            context = Screen.get_context_data(self, why=why, back=self.address("list"), view=self)
            return TemplateResponse(request, "cards/staff/nothing.html", context)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or self.form()
        return super().get_context_data(
            form=form, form_media=form.media, button=self.button, intro=self.intro, back=self.back(), **kwargs
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST, request.FILES)
        if form.is_valid():
            try:
                return self.save(form, timezone.now())
            except Refused as refused:
                form.add_error(None, str(refused))
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def save(self, form: Any, at: datetime) -> HttpResponse:
        raise NotImplementedError

    def back(self) -> str:
        return self.address("list")


class NewScreen(FormScreen):
    """Something new."""

    permission: ClassVar[str] = "add"
    button: ClassVar[Word] = _("Make it")

    def get_page_title(self) -> str:
        return _now("New: %(what)s") % {"what": self.model._meta.verbose_name}

    def go_to(self, row: Model) -> HttpResponse:
        messages.success(self.request, capfirst(_now("%(row)s is in place.") % {"row": row}))
        return redirect(address_of(row))
