"""What else can be done with a page: a break, an end, a new season, one page of two."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from directory.activities.models import Activity
from directory.activities.rules import why_not_day
from directory.providers import pausing
from directory.reports.models import ErrorReport
from portal.desk.doors import desk_page, get_provider_for
from portal.desk.editing import actions
from portal.desk.editing.loading import get_listing, pages_of
from portal.desk.editing.steps import KIND_OF
from portal.desk.editing.views import address, shared, shut
from portal.kit.choices import MarkedSelect
from portal.kit.refusals import Refused
from portal.kit.texts import best


def day_field(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def words_field(label: Any, *, required: bool = False, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=1000, help_text=help_text, widget=forms.Textarea(attrs={"rows": 3})
    )


class BreakForm(forms.Form):
    """Until when."""

    until = day_field(gettext_lazy("On which day are you back?"))


class ReasonForm(forms.Form):
    """Why, in a few words."""

    reason = words_field(gettext_lazy("Why? The municipality reads it."))

    def clean_reason(self) -> str:
        return str(self.cleaned_data["reason"]).replace("\x00", "").strip()


class SeasonForm(forms.Form):
    """The days of the new season, and whether it gets a page of its own."""

    first_day = day_field(gettext_lazy("The first time"))
    last_day = day_field(gettext_lazy("The last time"))
    page = forms.ChoiceField(
        label=gettext_lazy("Where should the new dates stand?"),
        choices=(
            ("same", gettext_lazy("On this page. Links that people have still work.")),
            ("new", gettext_lazy("On a new page, beside this one.")),
        ),
        initial="same",
        widget=forms.RadioSelect,
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        today = timezone.localdate()
        for name in ("first_day", "last_day"):
            if years := why_not_day(values.get(name), today):
                self.add_error(name, _("Write a year from %(first)s to %(last)s.") % {"first": years[0], "last": years[1]})
        first, last = values.get("first_day"), values.get("last_day")
        if first and last and first > last:
            self.add_error("last_day", _("The last day comes before the first."))
        return values


class MergeForm(ReasonForm):
    """Two of one's own pages that are one thing."""

    one = forms.ChoiceField(label=gettext_lazy("Which page should stay?"), widget=MarkedSelect)
    other = forms.ChoiceField(label=gettext_lazy("Which page is the same thing?"), widget=MarkedSelect)
    field_order = ("one", "other", "reason")


@desk_page
@require_http_methods(["GET", "POST"])
def take_break(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """A break until a day, or another day for a break."""
    row = get_listing(request, slug, kind, pk)
    form = BreakForm(request.POST or None, initial={"until": row.paused_until})
    if request.method == "POST" and form.is_valid():
        try:
            pausing.pause(listing=row, until=form.cleaned_data["until"], by=request.user, at=timezone.now())
            messages.success(request, _("You are on a break. The page says so, and comes back by itself."))
            return redirect(address("desk-listing", row))
        except Refused as refused:
            form.add_error("until", str(refused))
    context = shared(row, row) | {"form": form}
    return render(request, "desk/editing/break.html", context, status=422 if form.errors else 200)


@desk_page
@require_POST
def come_back(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """End a break now."""
    row = get_listing(request, slug, kind, pk)
    pausing.resume(listing=row, by=request.user)
    messages.success(request, _("Welcome back. People find the page again."))
    return redirect(address("desk-listing", row))


@desk_page
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """It has ended: the page is taken off the lists."""
    row = get_listing(request, slug, kind, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            pausing.close(listing=row, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
            messages.success(request, _("The page is closed. Nobody finds it any more."))
        except Refused as refused:
            messages.warning(request, str(refused))
        return redirect(address("desk-listing", row))
    return render(request, "desk/editing/close.html", shared(row, row) | {"form": form}, status=422 if form.errors else 200)


@desk_page
@require_http_methods(["GET", "POST"])
def reopen(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """Ask staff to open a closed page again."""
    row = get_listing(request, slug, kind, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        ask(request, pausing.ask_to_reopen, listing=row, reason=form.cleaned_data["reason"])
        return redirect(address("desk-listing", row))
    asked = pausing.asked_for(row, ErrorReport.Topic.REOPEN)
    context = shared(row, row) | {"form": form, "asked": asked}
    return render(request, "desk/editing/reopen.html", context, status=422 if form.errors else 200)


def ask(request: HttpRequest, deed: Any, *, listing: Any, **facts: Any) -> None:
    """Put a question to staff, and say that they have it."""
    url = request.build_absolute_uri(listing.get_absolute_url())
    lang = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    try:
        deed(listing=listing, by=request.user, url=url, lang=lang, **facts)
        messages.success(request, _("The municipality has got your question. The answer stands here when it comes."))
    except Refused as refused:
        messages.warning(request, str(refused))


@desk_page
@require_http_methods(["GET", "POST"])
def season(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """The same activity in a new season: what stands there is kept, the days are new."""
    row = get_listing(request, slug, kind, pk)
    if not isinstance(row, Activity):
        raise Http404
    if closed := shut(request, row):
        return closed
    form = SeasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            new = actions.next_season(
                activity=row,
                first_day=facts["first_day"],
                last_day=facts["last_day"],
                as_new=facts["page"] == "new",
                by=request.user,
                at=timezone.now(),
            )
            new.provider = row.provider
            messages.success(request, _("The days are moved. Look at each, and send when it is right."))
            return redirect(address("desk-step", new, "when"))
        except Refused as refused:
            form.add_error(None, str(refused))
    context = shared(row, actions.draft_of(row)) | {"form": form, "count": actions.draft_of(row).sessions.count()}
    return render(request, "desk/editing/season.html", context, status=422 if form.errors else 200)


@desk_page
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask staff to make one page of two of one's own."""
    provider = get_provider_for(request, slug)
    order = provider.municipality.order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    rows = {f"{KIND_OF[type(row)]}-{row.pk}": row for row in pages_of(provider) if row is not provider and row.live}
    form = MergeForm(request.POST or None)
    for name in ("one", "other"):
        field: Any = form.fields[name]
        field.choices = [("", _("Choose a page"))] + [(key, best(row, "name", order)) for key, row in rows.items()]
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        ask(request, pausing.ask_to_merge, listing=rows[facts["one"]], other=rows[facts["other"]], reason=facts["reason"])
        return redirect("desk-provider", slug)
    context = {
        "provider": provider,
        "provider_name": best(provider, "name", order),
        "form": form,
        "enough": len(rows) > 1,
    }
    return render(request, "desk/editing/merge.html", context, status=422 if form.errors else 200)
