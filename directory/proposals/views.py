"""Staff screens of what waits: the queue, one proposal with its differences, one request for a page, many at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.datastructures import MultiValueDictKeyError
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView
from wagtail.admin.auth import require_admin_access
from wagtail.admin.models import EditingSession
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Revision, TaskState, WorkflowState

from directory.listings.differences import Line, differences
from directory.listings.models import Category
from directory.municipalities.tenancy import mine, staff_screen
from directory.proposals import queries
from directory.proposals.actions import approve, approve_request, send_back
from directory.proposals.answers import answers_for
from directory.proposals.forms import change_of, form_for, mended, one_line_end
from directory.proposals.queries import REQUEST, SORTS, Item, Key, Question
from directory.proposals.rules import LONGEST, Why
from directory.providers.actions import refuse_access, why_not_approve
from directory.providers.emails import lang_of
from directory.providers.models import AccessRequest, Membership, Provider
from directory.providers.rules import printed_org_number
from portal.kit.addresses import address_of as site_address
from portal.kit.exports import as_csv, as_xlsx
from portal.kit.refusals import Refused
from portal.languages import CODES

PER_PAGE = 50
MOST_AT_ONCE = 100
LOOKING = timedelta(minutes=10)  # so long somebody who opened a proposal is taken to look at it


def kind_labels() -> dict[str, str]:
    """What people call each kind of thing that waits."""
    named = {kind: str(capfirst(model._meta.verbose_name)) for kind, model in queries.models().items()}
    return named | {REQUEST: _now("Request for a page")}


def address_of(key: Key, question: Question) -> str:
    """Where one thing that waits is decided; the queue one came from stays in the address."""
    kind, pk = key
    where = reverse("proposal-request", args=[pk]) if kind == REQUEST else reverse("proposal", args=[kind, pk])
    asked = question.address()
    return f"{where}?{asked}" if asked else where


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A screen of the queue."""

    _show_breadcrumbs = True
    header_icon = "tasks"

    @cached_property
    def question(self) -> Question:
        return Question.of(self.request.GET)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        queue = {"url": f"{reverse('proposals')}?{self.question.address()}", "label": _("Proposals")}
        return [*super().get_breadcrumbs_items(), queue, {"url": "", "label": self.get_page_title()}]

    def go_on(self, after: Key) -> HttpResponse:
        """On to what follows in the queue, or back to it when nothing does."""
        following = queries.next_after(self.request.user, self.question, after)
        if following is None or following == after:
            return redirect(f"{reverse('proposals')}?{self.question.address()}")
        return redirect(address_of(following, self.question))

    def following(self, key: Key) -> str:
        """The address of what follows in the queue; empty when nothing does."""
        found = queries.next_after(self.request.user, self.question, key)
        return address_of(found, self.question) if found and found != key else ""


# ── the queue ───────────────────────────────────────────────────────────────────────────────────────────────


class QueueView(Screen):
    """Everything that waits. `?export=csv` or `xlsx` gives all of it as a file."""

    template_name = "directory/proposals/queue.html"
    page_title = _("Proposals")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*WagtailAdminTemplateMixin.get_breadcrumbs_items(self), {"url": "", "label": _("Proposals")}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = queries.in_order(request.user, self.question)
        wanted = request.GET.get("export")
        if wanted in ("csv", "xlsx"):
            table = self.table(queries.items(request.user, found))
            name = f"proposals-{timezone.localdate()}"
            return as_csv(name, table) if wanted == "csv" else as_xlsx(name, table)
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
        rows = queries.items(request.user, page.object_list)
        return self.render_to_response(self.get_context_data(**self.shown(page, rows)))

    def shown(self, page: Any, rows: list[Item]) -> dict[str, Any]:
        asked = self.question.address()
        kinds = kind_labels()
        municipalities = {row.municipality for row in rows}
        return {
            "question": self.question,
            "page": page,
            "rows": [(row, kinds[row.kind], address_of((row.kind, row.pk), self.question)) for row in rows],
            "kinds": kinds.items(),
            "categories": self.categories(),
            "sorts": SORTS.items(),
            "several": len(municipalities) > 1,
            "provider": next((row.provider for row in rows if row.provider_id == self.question.provider), ""),
            "without_provider": f"?{self.question.address(provider='')}",
            "many_address": f"{reverse('proposals-approve')}?{asked}",
            "exports": {kind: f"?{self.question.address(export=kind)}" for kind in ("csv", "xlsx")},
            "next_address": f"?{self.question.address(p=page.next_page_number())}" if page.has_next() else "",
            "previous_address": f"?{self.question.address(p=page.previous_page_number())}" if page.has_previous() else "",
        }

    def categories(self) -> list[tuple[str, str]]:
        """The categories to choose from, children below their parents; of one municipality where somebody has hundreds."""
        rows = mine(Category, self.request.user)
        here = getattr(self.request, "municipality", None)
        if self.request.user.is_superuser and here is not None:
            rows = rows.filter(municipality=here)
        texts = [f"name_{code}" for code in CODES]
        named: dict[int, tuple[int | None, str, str]] = {}
        for row in rows.order_by("position", "pk").values("pk", "slug", "parent", *texts):
            name = next((row[text] for text in texts if row[text]), row["slug"])
            named[row["pk"]] = (row["parent"], row["slug"], name)
        found: dict[str, str] = {}
        for pk, (parent, slug, name) in named.items():
            if parent is None:
                found.setdefault(slug, name)
                found |= {s: f"– {n}" for above, s, n in named.values() if above == pk and s not in found}
        return list(found.items())

    def table(self, rows: list[Item]) -> list[list[Any]]:
        """All that waits, as cells."""
        kinds = kind_labels()
        head = (_("Name"), _("Kind"), _("Provider"), _("Sent by"), _("Waits since"), _("New"), _("Municipality"))
        return [
            list(map(str, head)),
            *(
                [
                    row.name,
                    kinds[row.kind],
                    row.provider,
                    row.sender,
                    date_format(timezone.localtime(row.since), "SHORT_DATETIME_FORMAT"),
                    _now("yes") if row.is_new else _now("no"),
                    row.municipality,
                ]
                for row in rows
            ),
        ]


# ── one proposal ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Shown:
    """A difference, with what staff can do about it: mend it here, or say what is wrong with it."""

    line: Line
    field: Any = None  # a bound field of the form
    rows: Any = None  # a formset
    remark: str = ""

    @property
    def has_errors(self) -> bool:
        return bool(self.field and self.field.errors) or bool(self.rows and self.rows.total_error_count())


class ProposalView(Screen):
    """What a proposal changes, field by field; approve, mend and approve, or send back."""

    template_name = "directory/proposals/proposal.html"

    @cached_property
    def model(self) -> Any:
        found = queries.models().get(self.kwargs["kind"])
        if found is None:
            raise Http404
        return found

    @cached_property
    def listing(self) -> Any:
        rows = mine(self.model, self.request.user).select_related("municipality__site", "latest_revision__user")
        found = rows.filter(pk=self.kwargs["listing_id"]).first()
        if found is None:
            raise Http404
        return found

    @property
    def key(self) -> Key:
        return self.kwargs["kind"], self.listing.pk

    def get_page_title(self) -> str:
        return str(self.draft or self.listing)

    def get_page_subtitle(self) -> str:
        return str(capfirst(self.model._meta.verbose_name))

    @cached_property
    def state(self) -> WorkflowState | None:
        """The newest workflow of the listing, whatever has become of it."""
        rows = WorkflowState.objects.for_instance(self.listing).select_related("current_task_state__finished_by", "requested_by")
        return rows.order_by("-created_at", "-pk").first()

    @property
    def task(self) -> TaskState | None:
        """The task that waits for staff; None when nothing does."""
        waits = self.state is not None and self.state.status == WorkflowState.STATUS_IN_PROGRESS
        return self.state.current_task_state if waits and self.state else None

    @cached_property
    def draft(self) -> Any:
        """The newest version; None when nothing waits."""
        return self.listing.latest_revision.as_object() if self.task and self.listing.latest_revision_id else None

    @cached_property
    def lines(self) -> list[Line]:
        if self.draft is None:
            return []
        return differences(self.listing if self.listing.live else None, self.draft, self.listing.municipality.languages)

    def forget_what_was_read(self) -> None:
        for name in ("listing", "state", "draft", "lines"):
            self.__dict__.pop(name, None)

    # reading
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show()

    def show(self, form: Any = None, data: Any = None, typed: list[tuple[str, str]] | None = None) -> HttpResponse:
        listing, names = self.listing, [line.name for line in self.lines]
        others = look_together(listing, self.request.user) if self.task else []
        if self.draft is not None and form is None:
            form = form_for(self.draft, self.request.user, names)
        data = data or {}
        shown = [self.with_form(line, form, data) for line in self.lines]
        viewset = listing.snippet_viewset
        sender = self.sender()
        lang = lang_of(sender, listing.municipality)
        context = {
            "listing": listing,
            "task": self.task,
            "revision": listing.latest_revision_id,
            "decided": self.decided(),
            "shown": shown,
            "form": form,
            "sender": sender,
            "provider": getattr(self.draft or listing, "provider", None),
            "waited": timesince(self.task.started_at, depth=1) if self.task else "",
            "others": others,
            "earlier": queries.earlier_answers(listing),
            "answers": answers_for(listing.municipality, lang),
            "answer_lang": lang,
            "reason": data.get("reason", ""),
            "typed": typed or [],
            "longest": LONGEST,
            "edit_address": reverse(viewset.get_url_name("edit"), args=[listing.pk]),
            "history_address": reverse(viewset.get_url_name("history"), args=[listing.pk]),
            "preview_address": self.preview_address(),
            "public_address": self.public_address(),
            "following": self.following(self.key),
            "queue_address": f"{reverse('proposals')}?{self.question.address()}",
            "media": form.media if form is not None else "",
        }
        return self.render_to_response(self.get_context_data(**context))

    def with_form(self, line: Line, form: Any, data: Any) -> Shown:
        return Shown(
            line,
            field=form[line.name] if line.name in form.fields else None,
            rows=form.formsets.get(line.name),
            remark=data.get(f"remark-{line.name}", ""),
        )

    def sender(self) -> Any:
        """Who sent the newest version."""
        revision = self.listing.latest_revision
        return (revision.user if revision else None) or (self.state.requested_by if self.state else None)

    def decided(self) -> str:
        """What became of the newest proposal, when it waits no longer."""
        if self.task or self.state is None:
            return ""
        task = self.state.current_task_state
        who = task.finished_by if task and task.finished_by else _now("somebody")
        when = date_format(timezone.localtime(task.finished_at), "SHORT_DATETIME_FORMAT") if task and task.finished_at else ""
        sentence = {
            WorkflowState.STATUS_APPROVED: _now("Approved by %(who)s, %(when)s."),
            WorkflowState.STATUS_NEEDS_CHANGES: _now("Sent back by %(who)s, %(when)s."),
        }.get(self.state.status, _now("Taken back by who sent it."))
        return sentence % {"who": who, "when": when}

    def preview_address(self) -> str:
        if self.draft is None:
            return ""
        name = self.listing.snippet_viewset.get_url_name("revisions_view")
        return reverse(name, args=[self.listing.pk, self.listing.latest_revision_id])

    def public_address(self) -> str:
        site = self.listing.municipality.site
        if not self.listing.is_public or site is None:
            return ""
        with translation.override(self.listing.municipality.languages[0]):
            return site_address(site) + str(self.listing.get_absolute_url())

    # deciding
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        data = one_line_end(request.POST)
        deed = data.get("deed", "")
        if deed not in ("approve", "send-back"):
            raise Http404
        seen = data.get("revision", "")
        revision = int(seen) if seen.isdecimal() and len(seen) < 19 else None
        form = None
        try:
            if deed == "approve":
                change = None
                if self.draft is not None and revision == self.listing.latest_revision_id:
                    form = form_for(self.draft, request.user, [line.name for line in self.lines], data)
                    if not valid(form):
                        messages.error(request, _now("Something you changed cannot be kept. It is marked below."))
                        return self.show(form=form, data=data)
                    change = change_of(form)
                approve(listing=self.listing, revision=revision, by=request.user, change=change)
                done = _now("“%(name)s” is approved, with your changes.") if change else _now("“%(name)s” is approved.")
            else:
                remarks = {
                    name.removeprefix("remark-"): str(value)
                    for name, value in data.items()
                    if name.startswith("remark-") and name.removeprefix("remark-") in {line.name for line in self.lines}
                }
                send_back(listing=self.listing, revision=revision, by=request.user, text=data.get("reason", ""), remarks=remarks)
                done = _now("“%(name)s” is sent back, with your reason.")
        except Refused as refused:
            messages.error(request, str(refused))
            typed: list[tuple[str, str]] = []
            if refused.reason not in (Why.NO_REASON, Why.TOO_LONG):
                typed = self.what_was_typed(data, revision)
                self.forget_what_was_read()
                if self.task is None and (reason := data.get("reason", "").strip()):
                    typed.append((_now("Reason"), reason))
            return self.show(data=data, typed=typed)
        messages.success(request, done % {"name": self.get_page_title()})
        return self.go_on(self.key)

    def what_was_typed(self, data: Any, revision: int | None) -> list[tuple[str, str]]:
        """What staff had written on a page that is no longer right: nothing is lost, and nothing written over what came since."""
        found: list[tuple[str, str]] = []
        of_listing = Revision.objects.for_instance(self.listing).filter(pk=revision).first()
        if of_listing is not None:
            old = of_listing.as_object()
            lines = differences(self.listing if self.listing.live else None, old, self.listing.municipality.languages)
            form = form_for(old, self.request.user, [line.name for line in lines], data)
            if valid(form):
                titles = {line.name: line.title for line in lines}
                found = [(titles[name], str(data.get(name, ""))) for name in sorted(mended(form)) if name in form.fields]
            said = ((line.title, str(data.get(f"remark-{line.name}", ""))) for line in lines)
            found += [(title, remark) for title, remark in said if remark]
        return found


def valid(form: Any) -> bool:
    """Whether the form holds; 400 for what no form of ours sends."""
    try:
        return bool(form.is_valid())
    except MultiValueDictKeyError:
        raise BadRequest from None


def look_together(listing: Any, user: Any) -> list[tuple[Any, str]]:
    """Who else has opened this in the last minutes, and how long ago; and that this person has."""
    now = timezone.now()
    here = {"content_type": ContentType.objects.get_for_model(listing), "object_id": str(listing.pk)}
    EditingSession.objects.filter(**here, last_seen_at__lt=now - EditingSession.STALE_TIMEOUT).delete()
    own = EditingSession.objects.filter(**here, user=user, is_editing=False).first()
    if own is None:
        EditingSession.objects.create(**here, user=user, last_seen_at=now)
    else:
        EditingSession.objects.filter(pk=own.pk).update(last_seen_at=now)
    others = (
        EditingSession.objects.filter(**here, last_seen_at__gte=now - LOOKING)
        .exclude(user=user)
        .select_related("user")
        .order_by("-last_seen_at")
    )
    return list({session.user_id: (session.user, timesince(session.last_seen_at, now, depth=1)) for session in others}.values())


# ── one request for a page ──────────────────────────────────────────────────────────────────────────────────


class RequestView(Screen):
    """Who asks for which page, what is known of both; say yes or no."""

    template_name = "directory/proposals/request.html"

    @cached_property
    def asked(self) -> AccessRequest:
        rows = mine(AccessRequest, self.request.user).select_related("municipality__site", "provider", "user", "decided_by")
        found = rows.filter(pk=self.kwargs["request_id"]).first()
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return str(self.asked.provider or self.asked.name)

    def get_page_subtitle(self) -> str:
        return _now("Request for a page")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show()

    def show(self, data: Any = None) -> HttpResponse:
        asked, provider = self.asked, self.asked.provider
        municipality = asked.municipality
        lang = lang_of(asked.user, municipality)
        keeps = Membership.objects.filter(user=asked.user, provider__municipality=municipality).select_related("provider")
        editors = Membership.objects.filter(provider=provider).select_related("user") if provider else []
        before = AccessRequest.objects.filter(user=asked.user, municipality=municipality).exclude(pk=asked.pk)
        context = {
            "asked": asked,
            "provider": provider,
            "waits": asked.state == AccessRequest.State.WAITING,
            "why_not": why_not_approve(asked, self.request.user),
            "waited": timesince(asked.created_at, depth=1),
            "keeps": keeps,
            "editors": editors,
            "before": before.select_related("provider").order_by("-created_at")[:5],
            "alike": queries.alike(asked) if provider is None else [],
            "org_number": printed_org_number(provider.org_number if provider else asked.org_number),
            "signs": queries.signs(asked),
            "answers": answers_for(municipality, lang),
            "answer_lang": lang,
            "reason": (data or {}).get("reason", ""),
            "instead": (data or {}).get("instead", ""),
            "longest": LONGEST,
            "following": self.following((REQUEST, asked.pk)),
            "queue_address": f"{reverse('proposals')}?{self.question.address()}",
        }
        return self.render_to_response(self.get_context_data(**context))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        data = one_line_end(request.POST)
        deed, reason = data.get("deed", ""), data.get("reason", "").strip()
        if deed not in ("approve", "refuse"):
            raise Http404
        if deed == "refuse" and (not reason or len(reason) > LONGEST):
            wrong = str(Why.TOO_LONG.label) if reason else _now("Write why, so that the person knows what to do.")
            messages.error(request, wrong)
            return self.show(data)
        at = timezone.now()
        try:
            if deed == "approve":
                approve_request(request=self.asked, by=request.user, at=at, instead=self.instead(data))
                done = _now("%(who)s can now keep the page of “%(name)s”.")
            else:
                refuse_access(request=self.asked, by=request.user, at=at, reason=reason)
                done = _now("%(who)s has been told that the answer is no.")
        except Refused as refused:
            messages.error(request, str(refused))
            self.__dict__.pop("asked", None)
            return self.show(data)
        messages.success(request, done % {"who": self.asked.user, "name": self.get_page_title()})
        return self.go_on((REQUEST, self.asked.pk))

    def instead(self, data: Any) -> Provider | None:
        """The listed provider that was chosen instead of a new one; own ones only."""
        said = data.get("instead", "")
        if not said:
            return None
        pk = int(said) if said.isdecimal() and len(said) < 19 else 0
        found = Provider.objects.filter(municipality=self.asked.municipality, pk=pk, delisted_at=None).first()
        if found is None:
            raise Http404
        return found


# ── many at once ────────────────────────────────────────────────────────────────────────────────────────────


class ApproveManyView(Screen):
    """Approve what is marked: shown once more with how much it changes, then done, each by itself."""

    template_name = "directory/proposals/many.html"
    page_title = _("Approve many")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(f"{reverse('proposals')}?{self.question.address()}")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        marked = self.marked()
        if not marked:
            messages.warning(request, _now("Nothing was marked."))
            return self.get(request)
        if "yes" not in request.POST:
            return self.render_to_response(self.get_context_data(**self.shown(marked)))
        done, left = 0, []
        for listing, revision in marked:
            try:
                approve(listing=listing, revision=revision, by=request.user)
                done += 1
            except Refused as refused:
                left.append(f"{listing}: {refused}")
        if done:
            messages.success(request, ngettext("%(count)d was approved.", "%(count)d were approved.", done) % {"count": done})
        for sentence in left:
            messages.error(request, sentence)
        return self.get(request)

    def marked(self) -> list[tuple[Any, int]]:
        """The listings that were marked, each with the version that was on the screen. Foreign ones are not there."""
        wanted: dict[str, dict[int, int]] = {}
        for said in self.request.POST.getlist("marked")[:MOST_AT_ONCE]:
            kind, _dash, rest = said.partition("-")
            pk, _dash, revision = rest.partition("-")
            if kind in queries.models() and all(part.isdecimal() and len(part) < 19 for part in (pk, revision)):
                wanted.setdefault(kind, {})[int(pk)] = int(revision)
        found = []
        for kind, revisions in wanted.items():
            rows = mine(queries.models()[kind], self.request.user).select_related("municipality", "latest_revision")
            found += [(row, revisions[row.pk]) for row in rows.filter(pk__in=revisions)]
        return found

    def shown(self, marked: list[tuple[Any, int]]) -> dict[str, Any]:
        kinds = kind_labels()
        rows = []
        for listing, revision in marked:
            draft = listing.latest_revision.as_object() if listing.latest_revision_id else listing
            lines = differences(listing if listing.live else None, draft, listing.municipality.languages)
            key = (listing.KIND.value, listing.pk)
            rows.append(
                {
                    "name": str(draft),
                    "kind": kinds[key[0]],
                    "value": f"{key[0]}-{key[1]}-{revision}",
                    "address": address_of(key, self.question),
                    "is_new": not listing.live,
                    "changed": [line.title for line in lines][:8],
                    "more": max(0, len(lines) - 8),
                    "opens": any(line.opens for line in lines),
                }
            )
        return {"rows": rows, "queue_address": f"{reverse('proposals')}?{self.question.address()}"}


def door(view: type[TemplateView]) -> Any:
    """A screen in the admin that keeps to own rows."""
    return staff_screen(require_admin_access(view.as_view()))


urlpatterns = [
    path("proposals/", door(QueueView), name="proposals"),
    path("proposals/approve/", door(ApproveManyView), name="proposals-approve"),
    path("proposals/request/<int:request_id>/", door(RequestView), name="proposal-request"),
    path("proposals/<str:kind>/<int:listing_id>/", door(ProposalView), name="proposal"),
]
