"""Staff screens: listings that look like one, two of them side by side, and merges that can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from directory.listings.differences import Line, differences
from directory.listings.models import Listing
from directory.merging import actions, queries
from directory.merging.models import Comparison
from directory.merging.rules import UNDO_FOR, Sign
from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import mine, staff_screen
from portal.kit.refusals import Refused

PER_PAGE = 25
FROM_THE_OTHER = ("names", "rows")  # shapes of which both can stay


def kinds() -> dict[str, type[Listing]]:
    return {model.KIND.value: model for model in Listing.__subclasses__()}


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A screen about doubles."""

    _show_breadcrumbs = True
    header_icon = "copy"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        doubles = {"url": reverse("duplicates"), "label": _("Duplicates")}
        return [*super().get_breadcrumbs_items(), doubles, {"url": "", "label": self.get_page_title()}]

    @cached_property
    def own(self) -> list[Municipality]:
        """The municipalities somebody works for, the host's first."""
        here = getattr(self.request, "municipality", None)
        rows = list(mine(Municipality, self.request.user).defer("boundary").order_by("name"))
        return sorted(rows, key=lambda row: row != here)

    def model_of(self, kind: str) -> type[Listing]:
        found = kinds().get(kind)
        if found is None:
            raise Http404
        return found


class DuplicatesView(Screen):
    """Pairs that look like one; two chosen by hand; what was merged lately."""

    template_name = "directory/merging/duplicates.html"
    page_title = _("Duplicates")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*WagtailAdminTemplateMixin.get_breadcrumbs_items(self), {"url": "", "label": _("Duplicates")}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.own:
            raise Http404
        if request.GET.get("one") and request.GET.get("other"):
            return self.chosen()
        kind = request.GET.get("kind") or "provider"
        model = self.model_of(kind)
        words = request.GET.get("q", "").strip()[:100]
        number = request.GET.get("municipality", "")
        municipality = next((row for row in self.own if row.number == number), self.own[0])
        page = Paginator(queries.candidates(model, municipality), PER_PAGE).get_page(request.GET.get("p"))
        rows = model.objects.in_bulk({pk for pair in page.object_list for pk in (pair.one, pair.other)})
        pairs = [
            {
                "one": rows[pair.one],
                "other": rows[pair.other],
                "score": pair.score,
                "signs": [str(Sign(sign).label) for sign in pair.signs],
                "address": reverse("duplicates-compare", args=[kind, pair.one, pair.other]),
            }
            for pair in page.object_list
            if pair.one in rows and pair.other in rows
        ]
        asked = {"kind": kind, "municipality": municipality.number if len(self.own) > 1 else "", "q": words}
        merged = Comparison.objects.filter(
            municipality__in=self.own, outcome__in=[Comparison.Outcome.MERGED, Comparison.Outcome.UNDONE]
        )
        context = {
            "kind": kind,
            "kinds": [(value, capfirst(of._meta.verbose_name_plural)) for value, of in kinds().items()],
            "municipality": municipality,
            "municipalities": self.own,
            "words": words,
            "found": queries.found_by_words(model, municipality, words) if words else [],
            "page": page,
            "pairs": pairs,
            "next_address": f"?{urlencode({**asked, 'p': page.next_page_number()})}" if page.has_next() else "",
            "previous_address": f"?{urlencode({**asked, 'p': page.previous_page_number()})}" if page.has_previous() else "",
            "merged": [
                (row, row.outcome == Comparison.Outcome.MERGED and timezone.now() - row.at <= UNDO_FOR)
                for row in merged.select_related("by").order_by("-at")[:20]
            ],
        }
        return self.render_to_response(self.get_context_data(**context))

    def chosen(self) -> HttpResponse:
        """On to two that were chosen by hand."""
        params = self.request.GET
        pks = [params["one"], params["other"]]
        if not all(pk.isdecimal() and len(pk) < 19 for pk in pks):
            raise Http404
        if pks[0] == pks[1]:
            messages.error(self.request, _now("Choose two different ones."))
            asked = {name: params[name] for name in ("kind", "q", "municipality") if params.get(name)}
            return redirect(f"{reverse('duplicates')}?{urlencode(asked)}")
        return redirect("duplicates-compare", params.get("kind", ""), int(pks[0]), int(pks[1]))


@dataclass(frozen=True, slots=True)
class Choice:
    """A field in which the two differ, and whose value is to stay."""

    line: Line
    chosen: str

    @property
    def both_possible(self) -> bool:
        return self.line.shape in FROM_THE_OTHER


class CompareView(Screen):
    """Two side by side: which stays, and field by field which value wins."""

    template_name = "directory/merging/compare.html"

    @cached_property
    def pair(self) -> tuple[Any, Any]:
        """The one that stays and the other; both the user's own, of one municipality."""
        model = self.model_of(self.kwargs["kind"])
        wanted = (self.kwargs["listing_id"], self.kwargs["other_id"])
        rows = {row.pk: row for row in mine(model, self.request.user).select_related("municipality").filter(pk__in=wanted)}
        if len(rows) != 2:
            raise Http404
        keep, other = (rows[pk] for pk in wanted)
        if keep.municipality_id != other.municipality_id:
            raise Http404
        return keep, other

    def get_page_title(self) -> str:
        return _now("Two side by side")

    def choices(self, data: Any = None) -> list[Choice]:
        keep, other = self.pair
        found = []
        for line in differences(actions.newest(keep), actions.newest(other), keep.municipality.languages):
            if line.name == "slug":
                continue
            said = (data or {}).get(f"field-{line.name}", "")
            both = line.shape in FROM_THE_OTHER
            allowed = ("keep", "other", "both") if both else ("keep", "other")
            empty = not line.before and not any(line.pictures[:1]) and not line.gone and line.shape != "rows"
            usual = "both" if both else "other" if empty else "keep"
            found.append(Choice(line, said if said in allowed else usual))
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.choices())

    def show(self, choices: list[Choice]) -> HttpResponse:
        keep, other = self.pair
        viewset = keep.snippet_viewset  # type: ignore[attr-defined]
        kind = self.kwargs["kind"]
        context = {
            "keep": keep,
            "other": other,
            "kind": capfirst(keep._meta.verbose_name),
            "choices": choices,
            "swap": reverse("duplicates-compare", args=[kind, other.pk, keep.pk]),
            "addresses": [reverse(viewset.get_url_name("edit"), args=[row.pk]) for row in (keep, other)],
            "back": f"{reverse('duplicates')}?{urlencode({'kind': kind})}",
        }
        return self.render_to_response(self.get_context_data(**context))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        keep, other = self.pair
        back = f"{reverse('duplicates')}?{urlencode({'kind': self.kwargs['kind']})}"
        deed = request.POST.get("deed", "")
        if deed == "different":
            actions.mark_different(one=keep, other=other, by=request.user, at=timezone.now())
            messages.success(request, _now("Remembered: these are two. They are not shown as duplicates again."))
            return redirect(back)
        if deed != "merge":
            raise Http404
        choices = self.choices(request.POST)
        try:
            actions.merge(
                keep=keep,
                gone=other,
                choices={choice.line.name: choice.chosen for choice in choices if choice.chosen != "keep"},
                by=request.user,
                at=timezone.now(),
            )
        except Refused as refused:
            messages.error(request, str(refused))
            return self.show(choices)
        sentence = _now("“%(other)s” is now part of “%(keep)s”. Its old address leads there. You can undo this for 30 days.")
        messages.success(request, sentence % {"other": other, "keep": keep})
        return redirect(back)


class UndoView(Screen):
    """Undo one merge: asked once more, then done."""

    template_name = "directory/merging/undo.html"
    page_title = _("Undo a merge")

    @cached_property
    def comparison(self) -> Comparison:
        found = mine(Comparison, self.request.user).filter(pk=self.kwargs["comparison_id"]).exclude(outcome="different").first()
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(comparison=self.comparison))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            actions.undo(comparison=self.comparison, by=request.user, at=timezone.now())
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _now("Undone: they are two again."))
        return redirect("duplicates")


def door(view: type[TemplateView]) -> Any:
    """A screen in the admin that keeps to own rows."""
    return staff_screen(require_admin_access(view.as_view()))


urlpatterns = [
    path("duplicates/", door(DuplicatesView), name="duplicates"),
    path("duplicates/undo/<int:comparison_id>/", door(UndoView), name="duplicates-undo"),
    path("duplicates/<str:kind>/<int:listing_id>/<int:other_id>/", door(CompareView), name="duplicates-compare"),
]
