"""Staff screens of imports: send in → say which column is which → see every row's verdict → import → undo.

One screen follows a run through all of it (`RunView`). The work is done by the queue; while it runs the screen asks
for itself again every few seconds, which needs no script.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, ClassVar

import django_filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from directory.listings.kinds import Kind
from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import TenantFilterSet, TenantIndexView, TenantPolicy, TenantViewSet, mine
from directory.sources.forms import LimitedUpload, SendInForm
from directory.sources.models import ImportRow, ImportRun, Verdict
from directory.sources.spreadsheets import actions, headers, labels, report, tasks
from directory.sources.spreadsheets.problems import Unreadable
from directory.sources.spreadsheets.queries import MODELS

State = ImportRun.State
PER_PAGE = 50
REFRESH = 3  # seconds


class RunPolicy(TenantPolicy):
    """A run is the memory of what was done; it is undone, never deleted."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "delete" and super().user_has_permission(user, action)


class RunFilterSet(TenantFilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=State.choices)

    class Meta:
        model = ImportRun
        fields = ("state",)


class RunIndexView(TenantIndexView):
    @cached_property
    def header_buttons(self) -> list[Any]:
        if not self.permission_policy.user_has_permission(self.request.user, "add"):
            return []
        return [HeaderButton(_("Send in a spreadsheet"), url=self.get_add_url(), icon_name="upload")]


class StaffScreen(WagtailAdminTemplateMixin, TemplateView):
    """A screen of our own inside the admin, with its permission and its way back."""

    permission: ClassVar[str] = "change"
    _show_breadcrumbs = True
    header_icon = "table"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.viewset.permission_policy.user_has_permission(request.user, self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    @property
    def viewset(self) -> ImportRunViewSet:
        return ImportRun.snippet_viewset  # type: ignore[attr-defined]

    def address(self, name: str, *args: Any) -> str:
        return reverse(self.viewset.get_url_name(name), args=args)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": self.address("list"), "label": _("Imports")},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    @cached_property
    def run(self) -> ImportRun:
        """The guard of the viewset has let only own rows through; it is asked again here, where the row is loaded."""
        found = mine(ImportRun, self.request.user).select_related("municipality").filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def back(self) -> HttpResponse:
        return redirect(self.address("edit", self.run.pk))


class SendInView(StaffScreen):
    """Send a spreadsheet in."""

    permission = "add"
    template_name = "directory/sources/staff/send_in.html"
    page_title = _("Send in a spreadsheet")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Before anything reads the form: 200 MB must neither fill the memory nor the disk.
        self.upload = LimitedUpload(request)
        request.upload_handlers = [self.upload]
        return checked(super().dispatch)(request, *args, **kwargs)

    def form(self, data: Any = None, files: Any = None) -> SendInForm:
        return SendInForm(data, files, municipalities=mine(Municipality, self.request.user), upload=self.upload)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"form": self.form(), **kwargs})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            status = 413 if self.upload.too_large else 422
            return self.render_to_response(self.get_context_data(form=form), status=status)
        said = form.cleaned_data
        file = said.pop("file")
        run = actions.receive(by=request.user, file=file, file_name=file.name, **said)
        if run.state == State.FAILED:
            actions.erase_file(run)
        log(instance=run, action="wagtail.create", user=request.user)
        return redirect(self.address("edit", run.pk))


def checked(view: Any) -> Any:
    """CSRF protection for a bound method."""
    return csrf_protect(lambda request, *args, **kwargs: view(request, *args, **kwargs))


class RunView(StaffScreen):
    """Everything about one run, whatever state it is in."""

    template_name = "directory/sources/staff/run.html"

    def get_page_title(self) -> str:
        return self.run.file_name

    def get_page_subtitle(self) -> str:
        return self.run.get_state_display()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run
        ours = bool(run.mapping) or run.state in (State.RECEIVED, State.PLANNED)  # not from a register or a package
        return super().get_context_data(
            run=run,
            figures=self.figures(),
            percent=min(100, 100 * run.progress // run.read) if run.read else None,
            columns=self.columns() if ours and run.state in (State.RECEIVED, State.PLANNED) else [],
            sheets=run.sheets if len(run.sheets) > 1 and run.state in (State.RECEIVED, State.PLANNED) else [],
            field_choices=labels.choices(run.municipality.languages) if ours else [],
            can_apply=run.state == State.PLANNED,
            can_apply_decided=run.state == State.DONE
            and ours
            and run.rows.filter(verdict=Verdict.PROPOSED).exclude(decision="").exists(),
            can_resume=run.state == State.FAILED and bool(run.mapping) and run.rows.exists(),
            waits=run.is_busy and run.claim is None,
            can_undo=run.state in (State.DONE, State.FAILED) and run.written.filter(undone=False).exists(),
            can_decide=run.state in (State.PLANNED, State.DONE) and ours,
            page=(page := self.rows()),
            numbers=page.paginator.get_elided_page_range(page.number),
            verdict=self.verdict,
            addresses={name: self.address(name, run.pk) for name in ("columns", "sheet", "apply", "decide", "undo", "report")},
            **kwargs,
        )

    @property
    def verdict(self) -> str:
        asked = self.request.GET.get("verdict", "")
        return asked if asked in Verdict.values else ""

    def figures(self) -> list[dict[str, Any]]:
        run = self.run
        told = [(_("read"), run.read, ""), *((Verdict(v).label, count, v.value) for v, count in zip(
            (Verdict.NEW, Verdict.UPDATE, Verdict.UNCHANGED, Verdict.PROPOSED, Verdict.REFUSED),
            (run.made, run.updated, run.unchanged, run.proposed, run.refused),
            strict=True,
        ))]  # fmt: skip
        return [{"label": label, "count": count, "verdict": verdict} for label, count, verdict in told]

    def columns(self) -> list[dict[str, Any]]:
        run = self.run
        return [
            {
                "index": index,
                "heading": heading,
                "key": (key := run.mapping.get(heading, "")),
                "own": key in (headers.OWN, headers.OWN_DECISION),
                "label": labels.label(key) if key else "",
                "samples": run.samples.get(heading, []),
            }
            for index, heading in enumerate(run.headers)
        ]

    def rows(self) -> Any:
        rows = self.run.rows.all()
        if self.verdict:
            rows = rows.filter(verdict=self.verdict)
        page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("page"))
        found = list(page.object_list)
        candidates = self.candidates(found)
        listings = self.listings(found)
        stopped = self.run.state == State.FAILED and self.run.mapping and not self.run.finished_at
        all_rows = {row.pk for row in found}
        written = set(self.run.written.filter(row__in=found).values_list("row", flat=True)) if stopped else all_rows
        for row in found:
            row.listings = listings.get(row.pk, [])  # type: ignore[attr-defined]
            row.waits = row.verdict in (Verdict.NEW, Verdict.UPDATE) and row.pk not in written  # type: ignore[attr-defined]
            row.candidate = candidates.get((row.candidate_kind, row.candidate_pk))  # type: ignore[attr-defined]
        page.object_list = found
        return page

    def candidates(self, rows: list[ImportRow]) -> dict[tuple[str, int | None], dict[str, str]]:
        """The listings that rows look like, with the way to their screens; of this municipality only."""
        found = {}
        for kind, model in MODELS.items():
            pks = [row.candidate_pk for row in rows if row.candidate_kind == kind and row.candidate_pk and row.candidate_pk > 0]
            for obj in model._default_manager.filter(pk__in=pks, municipality=self.run.municipality) if pks else ():
                url = reverse(model.snippet_viewset.get_url_name("edit"), args=[obj.pk])  # type: ignore[attr-defined]
                found[(str(Kind(kind)), obj.pk)] = {"name": str(obj), "url": url, "address": obj.address_line}
        return found

    def listings(self, rows: list[ImportRow]) -> dict[int, list[dict[str, str]]]:
        """What each row wrote, with the way to its screen, as long as it stands there."""
        found: dict[int, list[dict[str, str]]] = {}
        written = list(self.run.written.filter(row__in=rows, undone=False).values_list("row", "kind", "object_id"))
        for kind, model in MODELS.items():
            pks = [pk for _row, of, pk in written if of == kind]
            there = model._default_manager.filter(pk__in=pks, municipality=self.run.municipality).in_bulk() if pks else {}
            for row, of, pk in written:
                if of == kind and pk in there:
                    url = reverse(model.snippet_viewset.get_url_name("edit"), args=[pk])  # type: ignore[attr-defined]
                    found.setdefault(row, []).append({"name": str(there[pk]), "url": url, "kind": str(kind.label)})
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        if self.run.is_busy:
            response["Refresh"] = str(REFRESH)
        return response


class Deed(StaffScreen):
    """Something done to a run by pressing a button; a visit to its address only leads back."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.back()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.do(self.run)
        return self.back()

    def do(self, run: ImportRun) -> None:
        raise NotImplementedError


class ColumnsView(Deed):
    """Say which column is which, and have the rows read."""

    def do(self, run: ImportRun) -> None:
        if run.state not in (State.RECEIVED, State.PLANNED):
            messages.warning(self.request, _("The import has begun already; its columns stand as they are."))
            return
        if "column-0" in self.request.POST:
            chosen = {heading: self.request.POST.get(f"column-{index}", "") for index, heading in enumerate(run.headers)}
            own = {h: key for h, key in run.mapping.items() if key in (headers.OWN, headers.OWN_DECISION)}
            try:
                actions.map_columns(run=run, mapping={**chosen, **own})
            except Unreadable as why:
                messages.error(self.request, str(why))
                return
        if actions.start(run, from_=[State.RECEIVED, State.PLANNED], to=State.PLANNING):
            tasks.plan_import.enqueue(run.pk)


class SheetView(Deed):
    """Read another sheet of the workbook."""

    def do(self, run: ImportRun) -> None:
        try:
            actions.choose_sheet(run=run, sheet=self.request.POST.get("sheet", ""))
        except Unreadable as why:
            messages.error(self.request, str(why))


class DecideView(Deed):
    """Say of probable duplicates whether they are the same."""

    def do(self, run: ImportRun) -> None:
        if run.state not in (State.PLANNED, State.DONE):
            return
        decided = 0
        for row in run.rows.filter(
            verdict=Verdict.PROPOSED, number__in=[n for n in self.request.POST.getlist("row") if n.isdigit()]
        ):
            choice = self.request.POST.get(f"row-{row.number}", "")
            if choice != row.decision:
                actions.decide(row=row, decision=choice)
                decided += 1
        if decided:
            messages.success(self.request, _("Your answers are kept. They take effect when you press Import."))

    def back(self) -> HttpResponse:
        verdict = self.request.POST.get("verdict", "")
        number = self.request.POST.get("page", "")
        query = f"?verdict={verdict if verdict in Verdict.values else ''}&page={number if number.isdigit() else 1}#rows"
        return redirect(self.address("edit", self.run.pk) + query)


class ApplyView(Deed):
    """Import."""

    def do(self, run: ImportRun) -> None:
        if run.state == State.DONE and not run.rows.filter(verdict=Verdict.PROPOSED).exclude(decision="").exists():
            return
        if not run.rows.exists() or not run.mapping:
            return
        if actions.start(run, from_=[State.PLANNED, State.DONE, State.FAILED], to=State.APPLYING):
            log(instance=run, action="directory.import", user=self.request.user)
            tasks.apply_import.enqueue(run.pk)


class UndoView(Deed):
    """Undo the whole import, after asking once."""

    template_name = "directory/sources/staff/undo.html"

    def get_page_title(self) -> str:
        return _now("Undo the import of %(file)s?") % {"file": self.run.file_name}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        run = self.run
        if run.state not in (State.DONE, State.FAILED):
            return self.back()
        written = run.written.filter(undone=False)
        made = written.filter(made=True).count()
        context = self.get_context_data(
            run=run,
            made=made,
            changed=written.count() - made,
            undo=self.address("undo", run.pk),
            back=self.address("edit", run.pk),
        )
        return self.render_to_response(context)

    def do(self, run: ImportRun) -> None:
        if actions.start(run, from_=[State.DONE, State.FAILED], to=State.UNDOING):
            log(instance=run, action="directory.undo_import", user=self.request.user)
            tasks.undo_import.enqueue(run.pk)


class ReportView(StaffScreen):
    """The report as a sheet that can be mended and sent again."""

    permission = "view"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        class Echo:
            def write(self, text: str) -> str:
                return text

        writer = csv.writer(Echo(), delimiter=";", lineterminator="\r\n")
        only = request.GET.get("verdict", "")
        rows = self.run.rows.filter(verdict=only) if only in Verdict.values else self.run.rows.all()

        def lines() -> Iterator[str]:
            yield "\ufeff"
            for line in report.lines_of_run(self.run, rows.iterator(1000)):
                yield writer.writerow(line)

        response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{self.run.pk}.csv"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


class ImportRunViewSet(TenantViewSet):
    model = ImportRun
    icon = "table"
    menu_label = _("Imports")
    menu_order = 170
    policy_class = RunPolicy
    index_view_class = RunIndexView
    filterset_class = RunFilterSet
    search_columns = ("file_name", "source_name")
    list_display: ClassVar[list[Any]] = [
        Column("file_name", label=_("File")),
        "source_name",
        "state",
        "created_at",
        "read",
        "made",
        "updated",
        "proposed",
        "refused",
    ]
    list_related = ("municipality", "by")
    list_export: ClassVar[list[str]] = [
        *("id", "file_name", "source_name", "source_date", "state", "created_at"),
        *("read", "made", "updated", "unchanged", "proposed", "refused"),
    ]
    ordering = "-created_at"
    inspect_view_enabled = False
    # Own screens stand in for the forms; Wagtail still asks for panels.
    exclude_form_fields: ClassVar[list[str]] = []

    @property
    def add_view(self) -> Any:
        # `SendInView` checks the token itself, once its limit on the upload is in place.
        return csrf_exempt(self.construct_view(SendInView))

    @property
    def edit_view(self) -> Any:
        return self.construct_view(RunView)

    def get_urlpatterns(self) -> list[URLPattern]:
        conv = self.pk_path_converter
        own = {
            "columns": ColumnsView,
            "sheet": SheetView,
            "decide": DecideView,
            "apply": ApplyView,
            "undo": UndoView,
            "report": ReportView,
        }
        return [
            *(p for p in super().get_urlpatterns() if p.name not in ("delete", "usage")),
            *(path(f"{name}/<{conv}:pk>/", self.construct_view(view), name=name) for name, view in own.items()),
        ]
