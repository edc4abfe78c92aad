"""Staff screens of people: who may do what, letting in, ending it, what they did. For coordinators, of their own town."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.log_actions import log

from directory.agencies.actions import change_role, give_role, take_role
from directory.agencies.models import AgencyRole
from directory.municipalities.models import Municipality, StaffRole, TenantLogEntry
from directory.municipalities.tenancy import staff_screen
from directory.people import queries
from directory.people.actions import account_for, give_staff_role, take_everything, take_staff_role
from directory.people.forms import HandOverForm, InviteForm
from directory.people.queries import WHERE, Person, Question
from directory.providers.actions import hand_over, invite, take_away
from directory.providers.models import Invitation, Membership
from portal.kit.exports import as_csv, as_xlsx
from portal.kit.refusals import Refused

PER_PAGE = 50
MOST_EXPORTED = 50_000


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A screen about the people of one municipality that the user coordinates; a 404 for everybody else."""

    _show_breadcrumbs = True
    header_icon = "user"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not self.own:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def own(self) -> list[Municipality]:
        return list(queries.own_municipalities(self.request.user))

    @cached_property
    def municipality(self) -> Municipality:
        """The one asked for; without a question the host's, or the first. Another's is not there."""
        asked = self.request.GET.get("municipality", "")
        if asked:
            found = next((row for row in self.own if row.number == asked), None)
            if found is None:
                raise Http404
            return found
        here = getattr(self.request, "municipality", None)
        return next((row for row in self.own if row == here), self.own[0])

    def address(self, name: str, *args: Any, question: str = "") -> str:
        """An address of these screens; whose people are meant stays in it where there are several municipalities."""
        parts = [question, f"municipality={self.municipality.number}" if len(self.own) > 1 else ""]
        asked = "&".join(filter(None, parts))
        return reverse(name, args=args) + (f"?{asked}" if asked else "")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        people = {"url": self.address("people"), "label": _("People")}
        return [*super().get_breadcrumbs_items(), people, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **{"municipality": self.municipality, "municipalities": self.own, "people_address": self.address("people"), **kwargs}
        )


class PeopleView(Screen):
    """Everybody with a role. `?export=csv` or `xlsx` gives the list as a file."""

    template_name = "directory/people/people.html"
    page_title = _("People")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*WagtailAdminTemplateMixin.get_breadcrumbs_items(self), {"url": "", "label": _("People")}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        question = Question.of(request.GET)
        users = queries.users_of(self.municipality, question)
        wanted = request.GET.get("export")
        if wanted in ("csv", "xlsx"):
            people = queries.persons(self.municipality, list(users))
            narrowed = {"where": question.where, "role": question.role}  # what was looked for may be a name
            log(self.municipality, "staff.export_people", user=request.user, data={"count": len(people), **narrowed})
            table = self.table(people)
            name = f"people-{self.municipality.slug}-{timezone.localdate()}"
            return as_csv(name, table) if wanted == "csv" else as_xlsx(name, table)
        page = Paginator(users, PER_PAGE).get_page(request.GET.get("p"))
        people = queries.persons(self.municipality, list(page.object_list))
        roles = {**dict(StaffRole.Role.choices), **dict(AgencyRole.Role.choices), **dict(Membership.Role.choices)}
        context = {
            "question": question,
            "page": page,
            "rows": [(person, self.address("person", person.user.pk)) for person in people],
            "wheres": WHERE.items(),
            "roles": roles.items(),
            "exports": {kind: self.address("people", question=question.address(export=kind)) for kind in ("csv", "xlsx")},
            "invite_address": self.address("people-invite"),
            "hand_over_address": self.address("people-hand-over"),
            "next_address": self.turned(question, page.next_page_number()) if page.has_next() else "",
            "previous_address": self.turned(question, page.previous_page_number()) if page.has_previous() else "",
        }
        return self.render_to_response(self.get_context_data(**context))

    def turned(self, question: Question, number: int) -> str:
        return self.address("people", question=question.address(p=number))

    def table(self, people: list[Person]) -> list[list[Any]]:
        head = [_now("Name"), _now("Mail address"), _now("Roles"), _now("Signed in last")]
        return [head, *([person.user.name, person.user.email, "; ".join(person.roles()), seen(person.user)] for person in people)]


def seen(user: Any) -> str:
    """When somebody signed in last, as a day."""
    return date_format(timezone.localtime(user.last_login), "SHORT_DATE_FORMAT") if user.last_login else ""


class PersonView(Screen):
    """One person: roles to change and to end, and the way to what they did."""

    template_name = "directory/people/person.html"

    @cached_property
    def person(self) -> Person:
        user = queries.known_user(self.municipality, self.kwargs["user_id"])
        if user is None:
            raise Http404
        return queries.persons(self.municipality, [user])[0]

    def get_page_title(self) -> str:
        return str(self.person.user)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        deeds = queries.deeds_of(self.municipality, self.person.user)
        context = {
            "person": self.person,
            "seen": seen(self.person.user),
            "staff_roles": StaffRole.Role.choices,
            "agency_roles": AgencyRole.Role.choices,
            "deeds": list(deeds[:10]),
            "deeds_address": self.address("person-deeds", self.person.user.pk),
        }
        return self.render_to_response(self.get_context_data(**context))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        deed, _dash, number = request.POST.get("deed", "").partition("-")
        deeds: dict[str, Callable[[str], str]] = {
            "staff": self.change_staff,
            "nostaff": self.end_staff,
            "agency": self.change_agency,
            "noagency": self.end_agency,
            "noprovider": self.end_membership,
            "everything": self.end_everything,
        }
        if deed not in deeds:
            raise Http404
        try:
            messages.success(request, deeds[deed](number))
        except Refused as refused:
            messages.error(request, str(refused))
        except LookupError:  # somebody else was quicker
            messages.warning(request, _now("This role had been taken away already."))
        self.__dict__.pop("person", None)
        if queries.users_of(self.municipality).filter(pk=self.kwargs["user_id"]).exists():
            return redirect(self.address("person", self.kwargs["user_id"]))
        return redirect(self.address("people"))

    def one(self, rows: tuple[Any, ...], number: str) -> Any:
        """One of the person's own roles in this municipality."""
        found = next((row for row in rows if str(row.pk) == number), None)
        if found is None:
            raise LookupError
        return found

    def wanted(self, name: str, known: list[str]) -> str:
        value = self.request.POST.get(name, "")
        if value not in known:
            raise Http404
        return value

    def change_staff(self, number: str) -> str:
        role = self.wanted("staff_role", StaffRole.Role.values)
        user = self.person.user
        if not user.is_active:
            raise Http404
        give_staff_role(municipality=self.municipality, user=user, role=role, by=self.request.user)
        return _now("%(who)s is now %(role)s.") % {"who": user, "role": StaffRole.Role(role).label}

    def end_staff(self, number: str) -> str:
        if self.person.staff is None:
            raise LookupError
        take_staff_role(role=self.person.staff, by=self.request.user)
        return _now("%(who)s can no longer open the staff pages.") % {"who": self.person.user}

    def change_agency(self, number: str) -> str:
        work = self.one(self.person.agencies, number)
        role = self.wanted(f"agency_role-{number}", AgencyRole.Role.values)
        change_role(membership=work, role=role, by=self.request.user, by_staff=True)
        return _now("%(who)s is now %(role)s.") % {"who": self.person.user, "role": AgencyRole.Role(role).label}

    def end_agency(self, number: str) -> str:
        work = self.one(self.person.agencies, number)
        take_role(membership=work, by=self.request.user, by_staff=True)
        return _now("%(who)s no longer works for %(place)s here.") % {"who": self.person.user, "place": work.agency}

    def end_membership(self, number: str) -> str:
        membership = self.one(self.person.memberships, number)
        take_away(membership=membership, by=self.request.user, at=timezone.now(), by_staff=True)
        return _now("%(who)s no longer works for %(place)s here.") % {"who": self.person.user, "place": membership.provider}

    def end_everything(self, number: str) -> str:
        count = take_everything(municipality=self.municipality, user=self.person.user, by=self.request.user, at=timezone.now())
        return ngettext("%(count)d role was ended.", "%(count)d roles were ended.", count) % {"count": count}


class DeedsView(PersonView):
    """What somebody did in this municipality. `?export=csv` or `xlsx` gives it as a file."""

    template_name = "directory/people/deeds.html"

    def get_page_title(self) -> str:
        return _now("What %(who)s did") % {"who": self.person.user}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = queries.deeds_of(self.municipality, self.person.user).select_related("content_type")
        wanted = request.GET.get("export")
        if wanted in ("csv", "xlsx"):
            log(self.municipality, "staff.export_deeds", user=request.user, data={"user": self.person.user.pk})
            head = [_now("When"), _now("What"), _now("About"), _now("Kind"), _now("Details")]
            table = [head, *(cells_of(entry) for entry in rows[:MOST_EXPORTED])]
            name = f"deeds-{self.municipality.slug}-{timezone.localdate()}"
            return as_csv(name, table) if wanted == "csv" else as_xlsx(name, table)
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
        here = ("person-deeds", self.person.user.pk)
        context = {
            "person": self.person,
            "page": page,
            "rows": [cells_of(entry) for entry in page.object_list],
            "person_address": self.address("person", self.person.user.pk),
            "exports": {kind: self.address(*here, question=f"export={kind}") for kind in ("csv", "xlsx")},
            "next_address": self.address(*here, question=f"p={page.next_page_number()}") if page.has_next() else "",
            "previous_address": self.address(*here, question=f"p={page.previous_page_number()}") if page.has_previous() else "",
        }
        return self.render_to_response(self.get_context_data(**context))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404


def cells_of(entry: TenantLogEntry) -> list[str]:
    """A line of the log, in words."""
    kind = entry.content_type.model_class() if entry.content_type else None
    return [
        date_format(timezone.localtime(entry.timestamp), "SHORT_DATETIME_FORMAT"),
        str(entry.formatter.label if entry.formatter else entry.action),
        entry.label,
        str(kind._meta.verbose_name) if kind else "",
        str(entry.message or ""),
    ]


class InviteView(Screen):
    """Let somebody in."""

    template_name = "directory/people/invite.html"
    page_title = _("Let somebody in")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(InviteForm(municipality=self.municipality))

    def show(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, media=form.media))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = InviteForm(request.POST, municipality=self.municipality)
        if not form.is_valid():
            return self.show(form)
        try:
            told = self.let_in(form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
            return self.show(form)
        messages.success(request, told)
        return redirect(self.address("people"))

    def let_in(self, said: dict[str, Any]) -> str:
        at, by, email = timezone.now(), self.request.user, said["email"].strip().lower()
        if said["where"] == "provider":
            invite(provider=said["provider"], email=email, by=by, at=at, role=said["provider_role"] or Membership.Role.EDITOR)
            sentence = _now("%(mail)s has been asked by mail. The role begins when the person says yes.")
            return sentence % {"mail": email}
        user = account_for(email, name=said["name"], lang=said["lang"])
        if said["where"] == "agency":
            give_role(agency=said["agency"], email=email, role=said["agency_role"] or AgencyRole.Role.WORKER, by=by, at=at)
        else:
            role = said["staff_role"] or StaffRole.Role.EDITOR
            give_staff_role(municipality=self.municipality, user=user, role=role, by=by)
        return _now("%(mail)s is in, and has been told by mail.") % {"mail": email}


class HandOverView(InviteView):
    """Give a page to a new board: for pages whose keepers have gone."""

    template_name = "directory/people/hand_over.html"
    page_title = _("Hand a page over")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(HandOverForm(municipality=self.municipality))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = HandOverForm(request.POST, municipality=self.municipality)
        if not form.is_valid():
            return self.show(form)
        said = form.cleaned_data
        try:
            asked = hand_over(
                provider=said["provider"],
                addresses=said["addresses"],
                by=request.user,
                at=timezone.now(),
                at_once=said["at_once"],
            )
        except Refused as refused:
            form.add_error(None, str(refused))
            return self.show(form)
        told = ngettext("%(count)d person has been asked by mail.", "%(count)d people have been asked by mail.", len(asked))
        messages.success(request, told % {"count": len(asked)})
        return redirect(self.address("people"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        waiting = Invitation.objects.filter(
            provider__municipality=self.municipality, takes_over=True, accepted_at=None, withdrawn_at=None
        )
        rows = waiting.select_related("provider").order_by("-sent_at")[:20]
        return super().get_context_data(**{"waiting": rows, **kwargs})


def door(view: type[TemplateView]) -> Any:
    """A screen in the admin that keeps to own rows."""
    return staff_screen(require_admin_access(view.as_view()))


urlpatterns = [
    path("people/", door(PeopleView), name="people"),
    path("people/invite/", door(InviteView), name="people-invite"),
    path("people/hand-over/", door(HandOverView), name="people-hand-over"),
    path("people/<int:user_id>/", door(PersonView), name="person"),
    path("people/<int:user_id>/deeds/", door(DeedsView), name="person-deeds"),
]
