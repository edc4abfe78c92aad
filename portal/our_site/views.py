"""Staff screens: our site, its menu, and (for who runs the installation) a site for a new municipality."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin import messages as admin_messages
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from directory.municipalities.models import Municipality, StaffRole
from directory.municipalities.tenancy import municipality_ids, staff_screen
from portal.kit.refusals import Refused
from portal.our_site.actions import (
    Opened,
    change_menu,
    change_site,
    look_for,
    mark_of_menu,
    no_password_yet,
    open_site,
    write_menu,
)
from portal.our_site.forms import MenuFormSet, NewSiteForm, OurSiteForm, entries_of, initial_of, targets_of
from portal.pages.menu import MenuItem, Spot
from portal.pages.navigation import DEFAULT
from portal.theme.scales import scale
from portal.translating.permissions import kinds_of
from portal.translating.queries import readiness


def own_sites(user: Any) -> Any:
    """The municipalities whose site this person looks after, with a site to look after."""
    rows = Municipality.objects.filter(site__isnull=False).select_related("site__root_page").defer("boundary")
    if user.is_active and user.is_superuser:
        return rows
    return rows.filter(pk__in=municipality_ids(user, StaffRole.Role.COORDINATOR))


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A screen about one own municipality; another's is a 404."""

    _show_breadcrumbs = True
    header_icon = "home"

    @cached_property
    def municipality(self) -> Municipality:
        found = own_sites(self.request.user).filter(pk=self.kwargs["municipality_id"]).first()
        if found is None:
            raise Http404
        return found  # type: ignore[no-any-return]

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("our-site"), "label": _("Our site")},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    def get_page_subtitle(self) -> str:
        return str(self.municipality) if "municipality_id" in self.kwargs else ""

    def address_of_site(self) -> str:
        return f"{self.municipality.site.root_url}/{self.municipality.languages[0]}/"  # type: ignore[union-attr]


class SitesView(Screen):
    """Straight on to the own site; a list for who looks after several."""

    template_name = "our_site/sites.html"
    page_title = _("Our site")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*WagtailAdminTemplateMixin.get_breadcrumbs_items(self), {"url": "", "label": _("Our site")}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = list(own_sites(request.user))
        if not rows and not request.user.is_superuser:
            raise Http404
        if len(rows) == 1 and not request.user.is_superuser:
            return redirect("our-site-edit", rows[0].pk)
        return self.render_to_response(self.get_context_data(municipalities=rows))


class OurSiteView(Screen):
    """Languages, colours, logo, words, parts."""

    template_name = "our_site/edit.html"
    page_title = _("Languages and look")

    def form(self, data: Any = None) -> OurSiteForm:
        return OurSiteForm(data, municipality=self.municipality, look=look_for(self.municipality), user=self.request.user)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.show(form)
        values = form.cleaned_data
        try:
            changed = change_site(municipality=self.municipality, values=values, by=request.user, seen=values["seen"])  # type: ignore[arg-type]
        except Refused as refused:
            form.add_error(None, str(refused))
            form.look_anew()
            return self.show(form)
        messages.success(request, _now("Saved. The site has changed at once.") if changed else _now("Nothing was changed."))
        return redirect("our-site-edit", self.municipality.pk)

    def show(self, form: OurSiteForm) -> HttpResponse:
        look = form.look
        shown = [
            {"label": field.label, "light": scale(colour, "light"), "dark": scale(colour, "dark")}
            for field, colour in zip(form.colour_fields(), (look.accent, look.brand, look.neutral), strict=True)
            if colour
        ]
        form.translated = readiness(self.municipality, kinds_of(self.request.user, self.municipality))
        context = {"form": form, "municipality": self.municipality, "shown": shown, "site_address": self.address_of_site()}
        return self.render_to_response(self.get_context_data(**context))


class MenuView(Screen):
    """The entries of the menu, put in order by number."""

    template_name = "our_site/menu.html"
    page_title = _("Menu")

    def formset(self, data: Any = None) -> Any:
        rows = MenuItem.objects.filter(municipality=self.municipality).order_by("sort_order", "pk")
        kwargs = {
            "municipality": self.municipality,
            "targets": targets_of(self.municipality),
            "known": {item.pk: item for item in rows},
        }
        if data is not None:  # each entry says itself which it was
            return MenuFormSet(data, form_kwargs=kwargs, prefix="entry")
        items = sorted(rows, key=lambda item: item.spot != Spot.TOP)
        if not any(item.spot == Spot.TOP for item in items):
            items = [MenuItem(spot=Spot.TOP, fixed=fixed) for fixed in DEFAULT[Spot.TOP]] + items
        if not any(item.spot == Spot.FOOT for item in items):
            items += [MenuItem(spot=Spot.FOOT, fixed=fixed) for fixed in DEFAULT[Spot.FOOT]]
        initial = [initial_of(item, place) for place, item in enumerate(items, 1)]
        return MenuFormSet(initial=initial, form_kwargs=kwargs, prefix="entry")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.formset())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "begin-again" in request.POST:
            write_menu(municipality=self.municipality, entries=[], by=request.user)  # type: ignore[arg-type]
            messages.success(request, _now("The menu is as every site begins."))
            return redirect("our-site-menu", self.municipality.pk)
        formset = self.formset(request.POST)
        seen = request.POST.get("seen", "")
        if not formset.is_valid():
            return self.show(formset, seen=seen)
        try:
            change_menu(municipality=self.municipality, entries=entries_of(formset), by=request.user, seen=seen)  # type: ignore[arg-type]
        except Refused as refused:
            return self.show(formset, refused=str(refused))
        messages.success(request, _now("Saved. The menu has changed at once."))
        return redirect("our-site-menu", self.municipality.pk)

    def show(self, formset: Any, seen: str = "", refused: str = "") -> HttpResponse:
        context = {
            "formset": formset,
            "seen": seen or mark_of_menu(self.municipality),
            "refused": refused,
            "municipality": self.municipality,
            "site_address": self.address_of_site(),
        }
        return self.render_to_response(self.get_context_data(**context))


class NewSiteView(Screen):
    """A site for a municipality that has none."""

    template_name = "our_site/new.html"
    page_title = _("A new municipality")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.is_superuser:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=NewSiteForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NewSiteForm(request.POST)
        if form.is_valid():
            try:
                opened = open_site(**form.cleaned_data, by=request.user)  # type: ignore[arg-type]
            except Refused as refused:
                form.refuse(refused)
            else:
                said = _now("%(name)s has a site now.") if opened.is_new else _now("%(name)s had a site. What lacked was added.")
                messages.success(request, said % {"name": opened.municipality})
                self.say_what_next(opened)
                for note in opened.notes:
                    messages.warning(request, note)
                return redirect("our-site-edit", opened.municipality.pk)
        return self.render_to_response(self.get_context_data(form=form))

    def say_what_next(self, opened: Opened) -> None:
        """Where the site is, and how whoever looks after it gets in."""
        address = f"{opened.municipality.site.root_url}/{opened.municipality.languages[0]}/"  # type: ignore[union-attr]
        site = _now("Its address is %(address)s") % {"address": address}
        admin_messages.info(self.request, site, buttons=[admin_messages.button(address, _now("See the site"))])
        user = opened.coordinator
        if user is None:
            if not StaffRole.objects.filter(municipality=opened.municipality, role=StaffRole.Role.COORDINATOR).exists():
                lacking = _now("Nobody looks after it yet. Fill in this form once more, with the coordinator's mail address.")
                again = admin_messages.button(reverse("our-site-new"), _now("A new municipality"))
                admin_messages.warning(self.request, lacking, buttons=[again])
        elif not user.has_usable_password():
            edit = admin_messages.button(reverse("wagtailusers_users:edit", args=[user.pk]), str(user))
            admin_messages.warning(self.request, no_password_yet(user), buttons=[edit])
        else:
            known = _now("%(mail)s can sign in at %(address)s, with the same password as before.")
            there = f"{opened.municipality.site.root_url}/cms/"  # type: ignore[union-attr]
            admin_messages.info(self.request, known % {"mail": user.email, "address": there})


def door(view: type[TemplateView]) -> Any:
    """A screen in the admin that keeps to own rows."""
    return staff_screen(require_admin_access(view.as_view()))


urlpatterns = [
    path("our-site/", door(SitesView), name="our-site"),
    path("our-site/new/", door(NewSiteView), name="our-site-new"),
    path("our-site/<int:municipality_id>/", door(OurSiteView), name="our-site-edit"),
    path("our-site/<int:municipality_id>/menu/", door(MenuView), name="our-site-menu"),
]
