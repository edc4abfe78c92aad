"""The translation board of the admin: what lacks, one row to fill, sheets for translators outside.

Every screen asks here, where it loads, whose row it is: `get_row` and `own_municipalities` (permissions.py).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from directory.municipalities.models import Municipality
from portal.kit.refusals import Refused
from portal.kit.wording import Part, changes, digest
from portal.languages import NAMES, direction
from portal.translating import queries, sheets
from portal.translating.actions import Why, leads_astray, still_right, tidy, undo, write_texts
from portal.translating.looking import titles_of
from portal.translating.machine import unoffered
from portal.translating.models import Tally
from portal.translating.permissions import get_row, kinds_of, own_municipalities
from portal.translating.pieces import Row, kind_name
from portal.translating.rules import Standing, standings
from portal.translating.states import Shown, State
from portal.translating.tasks import take_in_lines

PER_PAGE = 40
AT_ONCE = 300  # lines of a sheet written while somebody waits; the rest from the queue


class Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


@dataclass(frozen=True, slots=True)
class Question:
    """What the board is asked: one municipality, and what to show of it. `kinds`: those that the user may change."""

    municipality: Municipality
    kinds: tuple[Any, ...]
    lang: str
    kind: Any
    state: str
    words: str

    @classmethod
    def of(cls, request: HttpRequest) -> Question | None:
        """The question in the address; None for somebody who works nowhere."""
        own = list(own_municipalities(request.user))
        if not own:
            return None
        params = request.GET
        asked = params.get("municipality", "")
        host = getattr(request, "municipality", None)
        start = next((one for one in own if host and one.pk == host.pk), own[0])
        municipality = next((one for one in own if one.number == asked), start)
        lang = params.get("lang", "")
        kinds = kinds_of(request.user, municipality)
        kind = next((model for model in kinds if model._meta.label_lower == params.get("kind")), None)
        state = params.get("state", "")
        return cls(
            municipality,
            kinds,
            lang if lang in municipality.languages else "",
            kind,
            state if state in Shown.values else Shown.TODO if state != "all" else "all",
            params.get("q", "").strip()[:100],
        )

    @property
    def kind_label(self) -> str:
        return str(self.kind._meta.label_lower) if self.kind else ""

    @property
    def asked(self) -> tuple[Any, ...]:
        """The kinds to show."""
        return (self.kind,) if self.kind else self.kinds

    def rows(self) -> Any:
        return queries.tallies(self.municipality, kinds=self.asked, lang=self.lang, state=self.state, words=self.words)

    def address(self, **other: str) -> str:
        """The same question with something else in it, as the end of an address."""
        own = {
            "municipality": self.municipality.number,
            "lang": self.lang,
            "kind": self.kind_label,
            "state": self.state,
            "q": self.words,
        }
        return urlencode({name: value for name, value in (own | other).items() if value})


class BoardScreen(WagtailAdminTemplateMixin, TemplateView):
    """A screen of the board, with its way back."""

    _show_breadcrumbs = True
    header_icon = "globe"

    @cached_property
    def question(self) -> Question:
        found = Question.of(self.request)
        if found is None:
            raise Http404
        return found

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not own_municipalities(request.user).exists():
            raise Http404
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        board = {"url": reverse("translation-board"), "label": _("Translations")}
        return [*super().get_breadcrumbs_items(), board, {"url": "", "label": self.get_page_title()}]


class BoardView(BoardScreen):
    """What is complete, missing, out of date and made by a machine; and the rows with something to do."""

    template_name = "translating/board.html"
    page_title = _("Translations")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return super().get_breadcrumbs_items()[:-1]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        question = self.question
        municipality = question.municipality
        page = Paginator(question.rows(), PER_PAGE).get_page(self.request.GET.get("p"))
        without = unoffered(municipality.languages[0], municipality.languages) if settings.TRANSLATE_URL else None
        return super().get_context_data(**kwargs) | {
            "question": question,
            "municipalities": list(own_municipalities(self.request.user)),
            "languages": [(sums, question.address(lang=sums.key)) for sums in queries.by_language(municipality, question.asked)],
            "kinds": [
                (sums, question.address(kind=sums.key)) for sums in queries.by_kind(municipality, question.kinds, question.lang)
            ],
            "language_choices": [(code, NAMES[code]) for code in municipality.languages],
            "kind_choices": [(model._meta.label_lower, kind_name(model)) for model in question.kinds],
            "state_choices": [*((one.value, capfirst(one.label)) for one in Shown), ("all", _("All"))],
            "page": page,
            "rows": [self.as_row(one) for one in page],
            "has_service": bool(settings.TRANSLATE_URL),
            "without_machine": [NAMES[code] for code in without or ()],
            "next_address": question.address(p=str(page.next_page_number())) if page.has_next() else "",
            "previous_address": question.address(p=str(page.previous_page_number())) if page.has_previous() else "",
            "export_address": f"{reverse('translation-export')}?{question.address()}",
        }

    def as_row(self, one: Tally) -> dict[str, Any]:
        model: Any = one.content_type.model_class()
        return {
            "title": one.title,
            "address": f"{address_of(one)}?{self.question.address()}",
            "kind": capfirst(str(model._meta.verbose_name)),
            "lang": one.lang,
            "lang_name": NAMES[one.lang],
            "tally": one,
            "complete": one.texts - one.missing - one.stale,
        }


def address_of(one: Tally) -> str:
    """Where one row is translated into one language."""
    kind = one.content_type
    return reverse("translation-fill", args=[kind.app_label, kind.model, one.object_id, one.lang])


@dataclass(frozen=True, slots=True)
class Line:
    """One text of the page that fills a row."""

    name: str  # of the form's fields
    one: Standing
    value: str
    error: str
    parts: list[Part]
    can_undo: bool

    @property
    def label(self) -> str:
        return capfirst(str(self.one.piece.label))

    @property
    def state(self) -> str:
        return str(State(self.one.state).label)

    @property
    def source_dir(self) -> str:
        return direction(self.one.source_lang)

    @property
    def was(self) -> str:
        return digest(self.one.text)

    @property
    def source_digest(self) -> str:
        return digest(self.one.source)

    @property
    def rows(self) -> int:
        return max(2, min(14, len(self.one.source) // 55 + 1 + self.one.source.count("\n")))


class FillView(BoardScreen):
    """One row in one language, text by text: the source on one side, the translation on the other."""

    template_name = "translating/fill.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.load()
        self.errors: dict[str, str] = {}
        return super().dispatch(request, *args, **kwargs)

    def load(self) -> None:
        if not self.request.user.is_authenticated:
            raise Http404
        self.row: Row
        self.row, self.municipality = get_row(self.request.user, **self.kwargs)
        self.lang: str = self.kwargs["lang"]
        self.found = [one for one in standings(self.row, self.municipality.languages) if one.lang == self.lang]

    @cached_property
    def title(self) -> str:
        return titles_of(self.row.model, [self.row.pk]).get(self.row.pk, "")

    def get_page_title(self) -> str:
        return f"{self.title} · {NAMES[self.lang]}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = [self.as_line(number, one) for number, one in enumerate(self.found)]
        instance = self.row.model._base_manager.get(pk=self.row.pk)
        following = self.following()
        return super().get_context_data(**kwargs) | {
            "lines": lines,
            "lang": self.lang,
            "lang_name": NAMES[self.lang],
            "lang_dir": direction(self.lang),
            "kind": capfirst(str(self.row.model._meta.verbose_name)),
            "edit_address": AdminURLFinder(self.request.user).get_edit_url(instance),
            "has_draft": getattr(instance, "has_unpublished_changes", False),
            "following": f"{address_of(following)}?{self.question.address()}" if following else "",
            "board_address": f"{reverse('translation-board')}?{self.question.address()}",
            "first_open": next((line.name for line in lines if line.error), None)
            or next((line.name for line in lines if line.one.state in (State.MISSING, State.STALE)), None),
        }

    def as_line(self, number: int, one: Standing) -> Line:
        name = f"text-{number}"
        return Line(
            name,
            one,
            self.request.POST.get(name, one.text) if one.piece.field in self.errors else one.text,
            self.errors.get(one.piece.field, ""),
            changes(one.old_source, one.source) if one.old_source else [],
            bool(one.known and one.known.before and (one.known.before["text"] or one.known.pending or not one.piece.column)),
        )

    def following(self) -> Tally | None:
        here = Tally.objects.filter(
            content_type__app_label=self.kwargs["app_label"],
            content_type__model=self.kwargs["model_name"],
            object_id=self.row.pk,
            lang=self.lang,
        ).first()
        kinds = kinds_of(self.request.user, self.municipality)
        question = replace(self.question, municipality=self.municipality, kinds=kinds, lang=self.question.lang or self.lang)
        return queries.after(question.rows(), here) if here else None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        deed, _sep, which = request.POST.get("deed", "").partition(":")
        number = int(which) if which.isdecimal() and int(which) < len(self.found) else None
        if deed in ("right", "undo") and number is not None:
            self.settle(deed, self.found[number], number)
        elif deed in ("save", "next"):
            self.save([number] if number is not None else range(len(self.found)))
        if self.errors:
            self.load()
            return self.render_to_response(self.get_context_data())
        if deed == "next" and (following := self.following()):
            return redirect(f"{address_of(following)}?{self.question.address()}")
        return redirect(f"{request.path}?{self.question.address()}#{f'line-{number}' if number is not None else 'lines'}")

    def settle(self, deed: str, one: Standing, number: int) -> None:
        """ "Still right", or back to what stood there before."""
        seen = {name: self.request.POST.get(f"{name}-{number}", "") for name in ("source", "was")}
        facts: dict[str, Any] = {"model": self.row.model, "pk": self.row.pk, "field": one.piece.field, "lang": self.lang} | seen
        try:
            if deed == "right":
                still_right(**facts, by=self.request.user, at=timezone.now())
                messages.success(self.request, _("Marked as right."))
            elif undo(**facts, by=self.request.user, at=timezone.now()):
                messages.success(self.request, _("Taken back."))
            else:
                messages.error(self.request, _("There is nothing to take back."))
        except Refused as refused:
            messages.error(self.request, str(refused))

    def save(self, numbers: Any) -> None:
        """Save what was changed; a text that somebody else changed meanwhile is left, and said."""
        given = self.request.POST
        texts: dict[tuple[str, str], str] = {}
        sources: dict[tuple[str, str], str] = {}
        for number in numbers:
            one = self.found[number]
            text = tidy(one.piece, given.get(f"text-{number}", one.text))
            if one.piece.whole or f"text-{number}" not in given or digest(text) == given.get(f"was-{number}", ""):
                continue
            if digest(one.text) not in (given.get(f"was-{number}", ""), digest(text)):
                self.errors[one.piece.field] = _now("Somebody else has changed this text meanwhile: “%(text)s”") % {
                    "text": one.text
                }
                continue
            texts[one.piece.field, self.lang] = text
            sources[one.piece.field, self.lang] = given.get(f"source-{number}", "")
        count = waiting = 0
        for key, text in texts.items():
            one = next(one for one in self.found if one.piece.field == key[0])
            if (limit := one.piece.limit) and len(text) > limit:
                self.errors[key[0]] = _now("This text is too long: at most %(limit)d characters.") % {"limit": limit}
            elif leads_astray(one, text, municipality=self.municipality.pk, by=self.request.user):
                self.errors[key[0]] = str(Why.FOREIGN.label)
            elif sources[key] != digest(one.source):
                self.errors[key[0]] = _now("The text it is made from has changed meanwhile. Look at it again, then save.")
        good = {key: text for key, text in texts.items() if key[0] not in self.errors}
        try:
            done = write_texts(
                model=self.row.model, pk=self.row.pk, texts=good, sources=sources, by=self.request.user, at=timezone.now()
            )
            count, waiting = len(done.texts), len(done.waiting)
        except Refused as refused:
            self.errors |= {key[0]: str(refused) for key in good}
        if count:
            messages.success(self.request, ngettext("%(count)d text saved.", "%(count)d texts saved.", count) % {"count": count})
        if waiting:
            sentence = _("Kept. The page's contents appear in this language when all of their texts are translated.")
            messages.info(self.request, sentence)


def export(request: HttpRequest) -> StreamingHttpResponse:
    """What is missing or out of date, as CSV for a translator outside."""
    question = Question.of(request)
    if question is None:
        raise Http404
    every = question.state in ("all", Shown.MACHINE, Shown.COMPLETE)
    writer = csv.writer(Echo())
    lines = (writer.writerow(cells) for cells in sheets.lines(question.municipality, question.rows(), every=every))
    response = StreamingHttpResponse(_with_mark(lines), content_type="text/csv; charset=utf-8")
    name = f"{question.municipality.slug}-{question.lang or 'all'}-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _with_mark(lines: Any) -> Any:
    yield "\ufeff"  # spreadsheet programs take UTF-8 for something else without it
    yield from lines


class TakeInView(BoardScreen):
    """A sheet comes back from a translator."""

    template_name = "translating/take_in.html"
    page_title = _("Take in translations")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        file = request.FILES.get("file")
        context: dict[str, Any] = {}
        if file is None:
            context["error"] = _("Choose the file first.")
        else:
            try:
                rows = sheets.read(file.read(sheets.LARGEST + 1))
            except Refused as refused:
                context["error"] = str(refused)
            else:
                context["report"] = sheets.take_in(rows[:AT_ONCE], by=request.user, at=timezone.now())
                later = rows[AT_ONCE:]
                for start in range(0, len(later), AT_ONCE):
                    take_in_lines.enqueue(later[start : start + AT_ONCE], int(request.user.pk or 0))
                context["later"] = len(later)
        return self.render_to_response(self.get_context_data(**context))
