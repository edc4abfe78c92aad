"""Staff screens of freshness, below /cms/freshness/: how true the directory is, and six lists of what is to be seen to.

    TruthView         figures, over time, by part of town, category and kind
    NobodyView        pages a year old about which nobody can be asked: somebody telephones, and confirms them here
    AskedView         who was asked, and what they answered
    ClosedView        who says that they have closed: staff take the pages away, or keep them
    AddressesView     mail addresses that letters come back from
    LinksView         websites that do not answer
    TakenOffView      what is off the lists because a register or somebody else said so; it can be put back

Each shows one municipality of the user's own; a row is loaded from it again before anything is done with it. Lists are
filtered, searched, sorted and exported; a deed is done to the rows that are marked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise, cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.log_actions import log

from directory.freshness import answers, bounces, dead_links
from directory.freshness.figures import report_of
from directory.freshness.models import Asking, LinkCheck, UndeliverableAddress, WeeklyTruth
from directory.freshness.queries import MODEL_OF, MODELS, answer_of, nobody_to_ask, receivers_by_provider
from directory.freshness.rules import age_of, since_of
from directory.listings.kinds import ConfirmedAs, Kind
from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import mine, staff_screen
from directory.providers.models import Membership, Provider
from directory.sources.brreg.actions import FORMAT as REGISTER_FORMAT
from directory.sources.brreg.records import Closed
from directory.sources.models import ImportRun
from portal.kit.exports import harmless
from portal.kit.sheets import FORMATS, as_file

PER_PAGE = 100
MOST_ROWS = 500  # done to in one press
Word = str | Promise


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a list: said, sorted by, and where it leads."""

    said: str
    by: Any = ""
    href: str = ""
    lang: str = ""

    @property
    def sort(self) -> Any:
        return self.by if self.by != "" else self.said.casefold()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list; `key` names it when something is done to it, `words` is what a search looks in."""

    key: str
    cells: tuple[Cell, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be done to marked rows."""

    key: str
    label: Word
    serious: bool = False


def day_cell(day: date | datetime | None) -> Cell:
    """A day, sorted by itself; empty where there is none."""
    if isinstance(day, datetime):
        day = timezone.localdate(day)
    return Cell(date_format(day, "SHORT_DATE_FORMAT"), day.toordinal()) if day else Cell("", 0)


def edit_address(row: Any) -> str:
    """Where staff change a listing."""
    return reverse(row.snippet_viewset.get_url_name("edit"), args=[row.pk])


def listing_cell(row: Any) -> Cell:
    """A listing's name, leading to its form."""
    return Cell(str(row), href=edit_address(row))


class FreshnessScreen(WagtailAdminTemplateMixin, TemplateView):
    """One municipality of the user's own, chosen by `?municipality=`; without a question the host's."""

    name: ClassVar[str] = ""
    header_icon = "date"
    _show_breadcrumbs = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.own and not request.user.is_superuser:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    @cached_property
    def own(self) -> list[Municipality]:
        return list(mine(Municipality, self.request.user).defer("boundary").select_related("site").order_by("name"))

    @cached_property
    def municipality(self) -> Municipality:
        """The one asked for; another's is not there."""
        asked = self.request.GET.get("municipality", "")
        if asked:
            found = next((row for row in self.own if str(row.pk) == asked), None)
            if found is None:
                raise Http404
            return found
        here = getattr(self.request, "municipality", None)
        found = next((row for row in self.own if row == here), None) or next(iter(self.own), None)
        if found is None:
            raise Http404
        return found

    @property
    def today(self) -> date:
        return timezone.localdate()

    def scope(self) -> dict[str, str]:
        """What every link of these screens carries along."""
        return {"municipality": str(self.municipality.pk)} if len(self.own) > 1 else {}

    def link(self, name: str, **more: str) -> str:
        """The address of one of these screens, or of this one otherwise."""
        params = {**self.scope(), **{key: value for key, value in more.items() if value}}
        return reverse(name) + (f"?{urlencode(params)}" if params else "")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **{
                "municipality": self.municipality,
                "towns": self.own if len(self.own) > 1 else [],
                "tabs": [
                    {"href": self.link(view.name), "label": view.page_title, "here": view is type(self)} for view in SCREENS
                ],
                "here": reverse(self.name),
                "exports": {form: self.link(self.name, **{**self.asked(), "export": form}) for form in FORMATS},
                **kwargs,
            }
        )

    def asked(self) -> dict[str, str]:
        """What was asked for in the address, without the municipality and the page."""
        return {key: str(value) for key, value in self.request.GET.items() if key not in ("municipality", "p", "export")}

    def file_name(self) -> str:
        return f"{self.municipality.slug}-{self.name}-{self.today}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]


class TruthView(FreshnessScreen):
    name = "freshness"
    template_name = "directory/freshness/staff/truth.html"
    page_title = _("How true the directory is")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.own:  # a new installation, and nothing to show
            return HttpResponseRedirect(reverse("wagtailadmin_home"))
        part, key = request.GET.get("part", ""), request.GET.get("key", "")
        part = part if part in WeeklyTruth.Part.values else WeeklyTruth.Part.ALL
        report = report_of(self.municipality, self.today, part=part, key=key)
        wanted = request.GET.get("export")
        if wanted in FORMATS:
            return as_file(report.sheets(), form=wanted, name=self.file_name())
        return self.render_to_response(
            self.get_context_data(report=report, part=part, key=key, whole=self.link(self.name) + "#chart-truth-time")
        )


class ListScreen(FreshnessScreen):
    """A list. Says its columns, its rows, its choices (a filter of one question) and what can be done."""

    template_name = "directory/freshness/staff/list.html"
    intro: ClassVar[Word] = ""
    empty: ClassVar[Word] = _("Nothing here.")
    columns: ClassVar[tuple[Word, ...]] = ()
    choices: ClassVar[tuple[tuple[str, Word], ...]] = ()  # values of `?show=`; the first is the usual one
    deeds: ClassVar[tuple[Deed, ...]] = ()
    by_kind: ClassVar[bool] = False

    def rows(self, show: str, kind: str) -> Iterable[Row]:
        raise NotImplementedError

    def do(self, deed: str, keys: list[str]) -> str:
        """Do it to the rows named, those of them that are the municipality's; a sentence that says what was done."""
        raise NotImplementedError

    @cached_property
    def show(self) -> str:
        wanted = self.request.GET.get("show", "")
        return wanted if wanted in dict(self.choices) else (self.choices[0][0] if self.choices else "")

    @cached_property
    def kind(self) -> str:
        wanted = self.request.GET.get("kind", "")
        return wanted if self.by_kind and wanted in MODEL_OF else ""

    def found(self) -> list[Row]:
        """The rows asked for, in the order asked for."""
        words = self.request.GET.get("q", "").replace("\x00", " ").casefold().split()[:8]
        rows = [
            row
            for row in self.rows(self.show, self.kind)
            if all(word in (row.words or " ".join(cell.said for cell in row.cells)).casefold() for word in words)
        ]
        sort = self.request.GET.get("sort", "")
        column = sort.lstrip("-")
        if column.isdecimal() and len(column) < 3 and int(column) < len(self.columns):
            rows.sort(key=lambda row: row.cells[int(column)].sort, reverse=sort.startswith("-"))
        return rows

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.own:
            return HttpResponseRedirect(reverse("wagtailadmin_home"))
        rows = self.found()
        wanted = request.GET.get("export")
        if wanted in FORMATS:
            table = [
                [str(column) for column in self.columns],
                *([harmless(cell.said) for cell in row.cells] for row in rows),
            ]
            return as_file([(str(self.page_title), table)], form=wanted, name=self.file_name())
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
        asked = self.asked()
        return self.render_to_response(
            self.get_context_data(
                intro=self.intro,
                empty=self.empty,
                page=page,
                deeds=self.deeds,
                show=self.show,
                kind=self.kind,
                q=request.GET.get("q", ""),
                choices=self.choices if len(self.choices) > 1 else (),
                kinds=[(kind.value, capfirst(str(kind.label))) for kind in Kind] if self.by_kind else [],
                headings=[
                    {
                        "label": label,
                        "href": self.link(self.name, **{**asked, "sort": f"-{n}" if asked.get("sort") == str(n) else str(n)}),
                        "sorted": {str(n): "ascending", f"-{n}": "descending"}.get(asked.get("sort", ""), ""),
                    }
                    for n, label in enumerate(self.columns)
                ],
                pages={
                    "earlier": self.link(self.name, **asked, p=str(page.previous_page_number())) if page.has_previous() else "",
                    "later": self.link(self.name, **asked, p=str(page.next_page_number())) if page.has_next() else "",
                },
                post_to=self.link(self.name, **asked),
            )
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        deed, keys = request.POST.get("deed", ""), request.POST.getlist("row")[:MOST_ROWS]
        if deed not in {one.key for one in self.deeds}:
            raise Http404
        if not keys:
            messages.warning(request, _("Mark one or more rows first."))
        else:
            messages.success(request, self.do(deed, keys))
        return HttpResponseRedirect(self.link(self.name, **self.asked()))

    def providers(self, keys: Iterable[str]) -> list[Provider]:
        """The municipality's own providers among numbers that somebody sent."""
        ids = [int(key) for key in keys if key.isdecimal() and len(key) < 19]
        rows = list(Provider.objects.filter(municipality=self.municipality, pk__in=ids))
        for row in rows:
            row.municipality = self.municipality
        return rows


class NobodyView(ListScreen):
    name = "freshness-nobody"
    page_title = _("Nobody to ask")
    intro = _(
        "Pages that are a year old or more and have no provider, or none with a mail address that works. Telephone somebody, "
        "or look for yourself; then mark the pages that are right. Better still: give the provider a mail address."
    )
    empty = _("There is somebody to ask about every page.")
    columns = (_("Page"), _("Kind"), _("Provider"), _("Telephone"), _("Town"), _("Counted from"), _("State"))
    by_kind = True
    deeds = (Deed("confirm", _("They are right: confirm")),)

    def rows(self, show: str, kind: str) -> Iterable[Row]:
        for model in MODELS:
            if kind and model.KIND.value != kind:
                continue
            found = nobody_to_ask(model, [self.municipality.pk], self.today)
            if model is not Provider:
                found = found.select_related("provider")
            for row in found:
                owner = row if model is Provider else row.provider
                since = since_of(row)
                state = _now("hidden") if row.hidden_at else str(age_of(since, self.today).label)
                yield Row(
                    answers.name_of(row),
                    (
                        listing_cell(row),
                        Cell(capfirst(str(row.KIND.label))),
                        listing_cell(owner) if owner else Cell(""),
                        Cell(row.phone or (owner.phone if owner else "")),
                        Cell(row.city),
                        day_cell(since),
                        Cell(state),
                    ),
                )

    def do(self, deed: str, keys: list[str]) -> str:
        count, at = 0, timezone.now()
        for model in MODELS:
            ids = [int(key.partition(":")[2]) for key in keys if is_key(key, model.KIND.value)]
            for row in model.objects.filter(municipality=self.municipality, pk__in=ids):  # type: ignore[attr-defined]
                row.confirm(by=self.request.user, as_=ConfirmedAs.STAFF, at=at)
                log(row, "directory.confirm", user=self.request.user)
                count += 1
        return ngettext("%(count)s page is confirmed.", "%(count)s pages are confirmed.", count) % {"count": count}


def is_key(key: str, kind: str) -> bool:
    """Whether a text names a row as "activity:12"."""
    said, _colon, number = key.partition(":")
    return said == kind and number.isdecimal() and len(number) < 19


class AskedView(ListScreen):
    name = "freshness-asked"
    page_title = _("Asked")
    intro = _(
        "Providers that were asked by mail whether their pages are still right. If you have spoken with one on the telephone, "
        "mark it and confirm for it."
    )
    empty = _("Nobody of these.")
    columns = (_("Provider"), _("First letter"), _("Letters sent"), _("Last letter"), _("Answer"), _("Answered"))
    choices = (
        ("waiting", _("no answer yet")),
        ("confirmed", _("all is still right")),
        ("changed", _("something was changed")),
        ("closed", _("we have closed")),
        ("all", _("all")),
    )
    deeds = (Deed("confirm", _("Everything is right: confirm")),)

    def rows(self, show: str, kind: str) -> Iterable[Row]:
        latest: dict[int, list[Asking]] = {}
        rows = Asking.objects.filter(provider__municipality=self.municipality, provider__delisted_at=None)
        for row in rows.select_related("provider").order_by("round", "pk"):
            held = latest.setdefault(row.provider_id, [])
            if held and held[0].round != row.round:
                held.clear()
            held.append(row)
        for letters in latest.values():
            said = answer_of(letters)
            if show != "all" and (said.answer if said else "waiting") != show:
                continue
            last = max(row.sent_at for row in letters)
            yield Row(
                str(letters[0].provider_id),
                (
                    listing_cell(letters[0].provider),
                    day_cell(letters[0].round),
                    Cell(", ".join(str(row.get_step_display()) for row in letters), len(letters)),
                    day_cell(last),
                    Cell(str(said.get_answer_display()) if said else _now("no answer yet")),
                    day_cell(said.answered_at if said else None),
                ),
            )

    def do(self, deed: str, keys: list[str]) -> str:
        found = self.providers(keys)
        pages = sum(
            answers.confirm_all(provider=row, by=self.request.user, as_=ConfirmedAs.STAFF, at=timezone.now()) for row in found
        )
        return ngettext("%(count)s page is confirmed.", "%(count)s pages are confirmed.", pages) % {"count": pages}


class ClosedView(ListScreen):
    name = "freshness-closed"
    page_title = _("Say they have closed")
    intro = _(
        "Somebody with the link of a letter, or an editor, says that these have closed. Make sure, then take them off the lists "
        "with what they offer. Places stay. What is taken off can be put back."
    )
    empty = _("Nobody says so just now.")
    columns = (_("Provider"), _("Said"), _("Pages"), _("Telephone"), _("Mail"))
    deeds = (
        Deed("delist", _("It has closed: take off the lists"), serious=True),
        Deed("keep", _("It is still there: keep")),
    )

    def rows(self, show: str, kind: str) -> Iterable[Row]:
        for asking in said_closed([self.municipality.pk]):
            provider = asking.provider
            pages = 1 + sum(model.objects.filter(provider=provider).count() for model in MODELS if model is not Provider)  # type: ignore[attr-defined]
            yield Row(
                str(provider.pk),
                (
                    listing_cell(provider),
                    day_cell(asking.answered_at),
                    Cell(str(pages), pages),
                    Cell(provider.phone),
                    Cell(provider.email),
                ),
            )

    def do(self, deed: str, keys: list[str]) -> str:
        at, user = timezone.now(), self.request.user
        if deed == "delist":
            count = sum(answers.take_at_their_word(provider=row, by=user, at=at) for row in self.providers(keys))
            return ngettext("%(count)s is taken off the lists.", "%(count)s are taken off the lists.", count) % {"count": count}
        count = sum(answers.keep_open(provider=row, by=user) for row in self.providers(keys))
        return ngettext("%(count)s is kept.", "%(count)s are kept.", count) % {"count": count}


def said_closed(municipalities: Iterable[int]) -> QuerySet[Asking]:
    """Answers "we have closed" that nobody has looked into."""
    rows = Asking.objects.filter(
        provider__municipality__in=list(municipalities), provider__delisted_at=None, answer=Asking.Answer.CLOSED
    )
    return rows.select_related("provider").order_by("answered_at")


class AddressesView(ListScreen):
    name = "freshness-addresses"
    page_title = _("Letters come back")
    intro = _(
        "Mail addresses of your providers and their people that letters come back from: nothing is sent there. And those whose "
        "owner reported a letter as unwanted: they get necessary letters only. Write the right address in the provider's form "
        "or role; or, if the address is right after all, mark it as corrected."
    )
    empty = _("No letters come back.")
    columns = (
        _("Address"),
        _("Provider"),
        _("Cause"),
        _("What the mail server said"),
        _("Since"),
        _("How often"),
        _("Who is asked instead"),
    )
    deeds = (Deed("correct", _("Corrected: send there again")),)

    def rows(self, show: str, kind: str) -> Iterable[Row]:
        whose = owners_of_addresses(self.municipality)
        instead = receivers_by_provider({provider.pk for found in whose.values() for provider in found})
        for row in UndeliverableAddress.objects.filter(email__in=list(whose)).order_by("-last_at"):
            owners = list({provider.pk: provider for provider in whose[row.email]}.values())
            others = sorted({one.email for provider in owners for one in instead.get(provider.pk, [])})
            yield Row(
                str(row.pk),
                (
                    Cell(row.email),
                    Cell(", ".join(map(str, owners)), href=edit_address(owners[0])),
                    Cell(str(row.get_cause_display())),
                    Cell(row.said),
                    day_cell(row.since),
                    Cell(str(row.count), row.count),
                    Cell(", ".join(others) or _now("nobody")),
                ),
            )

    def do(self, deed: str, keys: list[str]) -> str:
        ids = [int(key) for key in keys if key.isdecimal() and len(key) < 19]
        whose, count = owners_of_addresses(self.municipality), 0
        for row in UndeliverableAddress.objects.filter(pk__in=ids, email__in=list(whose)):
            for provider in {provider.pk: provider for provider in whose[row.email]}.values():
                log(provider, "freshness.correct", user=self.request.user)
            count += bounces.correct(email=row.email)
        return ngettext("%(count)s address is used again.", "%(count)s addresses are used again.", count) % {"count": count}


def owners_of_addresses(municipality: Municipality) -> dict[str, list[Provider]]:
    """Undeliverable addresses that a municipality's providers or their people have → whose they are."""
    known = set(UndeliverableAddress.objects.values_list("email", flat=True))
    found: dict[str, list[Provider]] = {}
    if not known:
        return found
    for provider in Provider.objects.filter(municipality=municipality).exclude(email="").order_by("pk"):
        if (email := bounces.tidy(provider.email)) in known:
            found.setdefault(email, []).append(provider)
    members = Membership.objects.filter(provider__municipality=municipality, user__email__in=known)
    for row in members.select_related("provider", "user").order_by("pk"):
        found.setdefault(bounces.tidy(row.user.email), []).append(row.provider)
    return found


class LinksView(ListScreen):
    name = "freshness-links"
    page_title = _("Websites")
    intro = _(
        "Each website of a public page is asked once a month whether it answers. One that has not answered on three different "
        "days is dead: residents are not shown it, and the provider is told when it signs in."
    )
    empty = _("None of these.")
    columns = (_("Page"), _("Kind"), _("Website"), _("Answer"), _("State"), _("Failures in a row"), _("Asked"))
    choices = (("dead", _("dead")), ("doubt", _("in doubt")), ("fine", _("answers")), ("all", _("all")))
    by_kind = True
    deeds = (Deed("ask", _("Ask again now")),)

    def checks(self) -> QuerySet[LinkCheck]:
        return LinkCheck.objects.filter(municipality=self.municipality)

    def rows(self, show: str, kind: str) -> Iterable[Row]:
        wanted = {
            "dead": Q(is_dead=True),
            "doubt": Q(is_dead=False, failures__gt=0),
            "fine": Q(failures=0) & ~Q(status=""),
            "all": Q(),
        }[show]
        found = list(self.checks().filter(wanted, **({"kind": kind} if kind else {})))
        listings = {
            (name, row.pk): row
            for name, model in MODEL_OF.items()
            for row in model.objects.filter(
                municipality=self.municipality, pk__in=[one.listing_id for one in found if one.kind == name]
            )
        }
        for one in found:
            row = listings.get((one.kind, one.listing_id))
            if row is None:
                continue
            state = _now("dead") if one.is_dead else _now("in doubt") if one.failures else _now("answers") if one.status else ""
            yield Row(
                str(one.pk),
                (
                    listing_cell(row),
                    Cell(capfirst(str(row.KIND.label))),
                    Cell(one.url, href=one.url),
                    Cell(status_in_words(one.status)),
                    Cell(state),
                    Cell(str(one.failures), one.failures),
                    day_cell(one.asked_at),
                ),
            )

    def do(self, deed: str, keys: list[str]) -> str:
        at, ids = timezone.now(), [int(key) for key in keys if key.isdecimal() and len(key) < 19]
        claimed = [
            pk
            for row in self.checks().filter(pk__in=ids)
            if (pk := dead_links.claim(self.municipality, row.kind, row.listing_id, row.url, at)) is not None
        ]
        if claimed and not self.municipality.is_demo:
            dead_links.check_links.enqueue(claimed, at.isoformat())
        return ngettext("%(count)s website is being asked.", "%(count)s websites are being asked.", len(claimed)) % {
            "count": len(claimed)
        }


WORDS: dict[str, Word] = {
    "": _("not asked yet"),
    "no-address": _("no web address"),
    "no-host": _("no such host"),
    "private": _("leads into a closed network"),
    "timeout": _("no answer in time"),
    "refused": _("cannot be reached"),
    "certificate": _("its certificate is not valid"),
    "too-many-redirects": _("sends on for ever"),
    "garbled": _("answers something else than a website"),
    "404": _("page not found (404)"),
    "410": _("page is gone (410)"),
}


def status_in_words(status: str) -> str:
    """What a website answered, as people read it."""
    if status in WORDS:
        return str(WORDS[status])
    if status.isdecimal() and int(status) >= 500:
        return _now("the website has a fault (%(status)s)") % {"status": status}
    return _now("answers (%(status)s)") % {"status": status}


class TakenOffView(ListScreen):
    name = "freshness-off"
    page_title = _("Taken off the lists")
    empty = _("None of these.")
    columns = (_("Provider"), _("Organisation number"), _("Why"), _("Taken off"))
    choices = (("register", _("by the register")), ("other", _("for another reason")), ("all", _("all")))
    deeds = (Deed("back", _("Put back on the lists")),)

    @property
    def intro(self) -> str:  # type: ignore[override]
        """Whether and when the registers were asked."""
        runs = ImportRun.objects.filter(municipality=self.municipality, format=REGISTER_FORMAT)
        last = runs.order_by("-created_at").values_list("created_at", flat=True).first()
        asked = (
            _now("The registers were last asked on %(day)s.") % {"day": date_format(timezone.localtime(last), "DATE_FORMAT")}
            if last
            else _now("The registers have not been asked yet.")
        )
        how = (
            _now("They are asked once a week; each time stands among the imports.")
            if settings.BRREG_SYNC
            else _now("They are not asked by themselves: whoever runs the installation can switch it on (BRREG_SYNC).")
        )
        return f"{asked} {how}"

    def rows(self, show: str, kind: str) -> Iterable[Row]:
        words = dict(Closed.choices)
        found = Provider.objects.filter(municipality=self.municipality).exclude(delisted_at=None).order_by("-delisted_at")
        by_register = Q(delisted_reason__in=Closed.values)
        for row in found.filter({"register": by_register, "other": ~by_register, "all": Q()}[show]):
            why = str(words.get(row.delisted_reason, row.delisted_reason))
            yield Row(str(row.pk), (listing_cell(row), Cell(row.org_number), Cell(why), day_cell(row.delisted_at)))

    def do(self, deed: str, keys: list[str]) -> str:
        count = sum(answers.put_back(provider=row, by=self.request.user) for row in self.providers(keys))
        return ngettext("%(count)s is on the lists again.", "%(count)s are on the lists again.", count) % {"count": count}


SCREENS: tuple[type[FreshnessScreen], ...] = (
    TruthView,
    NobodyView,
    AskedView,
    ClosedView,
    AddressesView,
    LinksView,
    TakenOffView,
)


def addresses() -> list[URLPattern]:
    """The addresses of these screens, each kept to own rows."""
    return [
        path(
            "freshness/" + (f"{word}/" if (word := view.name.partition("-")[2]) else ""),
            staff_screen(view.as_view()),
            name=view.name,
        )
        for view in SCREENS
    ]
