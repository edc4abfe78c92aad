"""The notice board: for providers, frontline workers and staff of the municipality, and for nobody else."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory.listings.pages import reader_lang
from portal.contact.board.actions import close_notice, report_notice, save_notice
from portal.contact.board.forms import NoticeForm, ReportNoticeForm, districts_for
from portal.contact.board.models import Notice, NoticeKind
from portal.contact.board.queries import A_PAGE, Asked, notices_for, whose
from portal.contact.board.rules import is_own
from portal.contact.enquiries.actions import answer_notice
from portal.contact.enquiries.forms import MessageForm
from portal.contact.standing import Standing, standing_of
from portal.desk.doors import desk_page
from portal.kit.refusals import Refused


def get_notice(request: HttpRequest, pk: int, standing: Standing, *, own: bool = False) -> Notice:
    """A notice somebody may open: one that hangs, or one of their own. 404 for every other."""
    rows = Notice.objects.select_related("district", "provider", "agency", "municipality__site", "author")
    notice = rows.filter(municipality=standing.municipality, pk=pk).first()
    if notice is None or not (is_own(notice, standing) or (notice.is_up and not own)):
        raise Http404("No such notice.")
    return notice


def described(notice: Notice, standing: Standing, order: list[str]) -> dict[str, Any]:
    """A notice as a list or a page shows it."""
    return {
        "notice": notice,
        "whose": whose(notice, order),
        "district": notice.district.name_in(order) if notice.district else None,
        "own": is_own(notice, standing),
    }


@desk_page
def board(request: HttpRequest) -> HttpResponse:
    """What hangs on the board."""
    standing = standing_of(request)
    order = standing.municipality.order_for(reader_lang())
    asked = Asked.of(request.GET)
    page = Paginator(notices_for(standing, asked), A_PAGE).get_page(request.GET.get("page"))
    params = request.GET.copy()
    params.pop("page", None)
    context = {
        "asked": asked,
        "page": page,
        "rows": [described(notice, standing, order) for notice in page],
        "kinds": NoticeKind.choices,
        "districts": districts_for(standing.municipality),
        "query": params.urlencode(),
    }
    return render(request, "contact/board/board.html", context)


@desk_page
def notice_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One notice, with the form that answers it."""
    standing = standing_of(request)
    notice = get_notice(request, pk, standing)
    own = is_own(notice, standing)
    form = MessageForm(request.POST or None, own=standing.choices())
    refusal = ""
    if request.method == "POST" and not own and form.is_valid():
        provider, _agency = standing.behalf(form.cleaned_data.get("on_behalf", ""))
        try:
            answer_notice(
                notice=notice,
                by=request.user,
                by_provider=provider,
                text=form.cleaned_data["text"],
                lang=reader_lang(),
                at=timezone.now(),
            )
            messages.success(request, _("Your message is on its way. The answer comes to your mail address."))
            return redirect("desk-board")
        except Refused as refused:
            refusal = str(refused)
    row = described(notice, standing, standing.municipality.order_for(reader_lang()))
    context = row | {
        "row": row,
        "form": form,
        "report_form": ReportNoticeForm(),
        "refusal": refusal,
    }
    return render(request, "contact/board/notice.html", context, status=422 if request.method == "POST" else 200)


@desk_page
def edit_notice(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Put up a notice, or change one's own."""
    standing = standing_of(request)
    notice = get_notice(request, pk, standing, own=True) if pk is not None else None
    own = standing.choices()
    initial: dict[str, Any] = {}
    if notice is not None:
        initial = {name: getattr(notice, name) for name in ("kind", "title", "text", "until")}
        initial["district"] = notice.district.slug if notice.district else ""
        initial["on_behalf"] = next((value for value, _name in own if standing.behalf(value) == behalf_of(notice)), "")
    form = NoticeForm(request.POST or None, initial=initial or None, municipality=standing.municipality, own=own)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        provider, agency = standing.behalf(form.cleaned_data.get("on_behalf", ""))
        try:
            saved = save_notice(
                municipality=standing.municipality,
                by=request.user,
                at=timezone.now(),
                said=form.cleaned_data,
                lang=reader_lang(),
                provider=provider,
                agency=agency,
                notice=notice,
            )
            messages.success(request, _("Your notice hangs on the board."))
            return redirect("desk-notice", saved.pk)
        except Refused as refused:
            refusal = str(refused)
    context = {"form": form, "notice": notice, "refusal": refusal}
    return render(request, "contact/board/edit.html", context, status=422 if request.method == "POST" else 200)


def behalf_of(notice: Notice) -> tuple[Any, Any]:
    """On whose behalf a notice hangs, as `Standing.behalf` gives it."""
    return notice.provider, notice.agency


@desk_page
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own notice down."""
    standing = standing_of(request)
    notice = get_notice(request, pk, standing, own=True)
    close_notice(notice=notice, by=request.user, at=timezone.now())
    messages.success(request, _("Your notice has been taken down."))
    return redirect("desk-board")


@desk_page
@require_POST
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell staff about a notice."""
    standing = standing_of(request)
    notice = get_notice(request, pk, standing)
    form = ReportNoticeForm(request.POST)
    if form.is_valid():
        report_notice(notice=notice, by=request.user, text=form.cleaned_data["text"], at=timezone.now())
        messages.success(request, _("Thank you. The municipality has got your message and will look at it."))
        return redirect("desk-board")
    row = described(notice, standing, standing.municipality.order_for(reader_lang()))
    context = row | {"row": row, "form": MessageForm(own=standing.choices()), "report_form": form}
    return render(request, "contact/board/notice.html", context, status=422)
