"""`/desk/p/<provider>/statements/`: what was used at a provider and what it is paid for it, to be approved or objected to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from cards.offers import settling
from cards.offers.models import Settlement
from cards.offers.statements import by_offer, lines_of, pdf_of, sheet_of
from cards.offers.states import SettlementState
from directory.providers.models import Provider
from portal.desk.doors import desk_page, get_provider_for
from portal.desk.statements.loading import ROLES, get_sent, get_statement, statements_of, wrote
from portal.kit.exports import as_csv
from portal.kit.refusals import Refused
from portal.kit.texts import best


class ObjectionForm(forms.Form):
    """What is not right."""

    words = forms.CharField(
        label=gettext_lazy("What is not right?"),
        help_text=gettext_lazy("The day and what it was about is enough. Do not write names of those who visited you."),
        max_length=settling.MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def about(provider: Provider, lang: str) -> dict[str, Any]:
    return {"provider": provider, "provider_name": best(provider, "name", provider.municipality.order_for(lang))}


@desk_page
@require_GET
def statements(request: HttpRequest, slug: str) -> HttpResponse:
    """All statements, the newest first."""
    provider = get_provider_for(request, slug, ROLES)
    rows = list(statements_of(provider))
    several = len({row.municipality_id for row in rows}) > 1
    context = about(provider, request.LANGUAGE_CODE) | {"rows": rows, "several": several}  # type: ignore[attr-defined]
    return render(request, "desk/statements/statements.html", context)


@desk_page
@require_http_methods(["GET", "POST"])
def statement(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One statement, with the way to say that it is right or not."""
    settlement = get_statement(request, slug, pk)
    objects = request.POST.get("deed") == "object"
    form = ObjectionForm(request.POST if objects else None)
    if request.method == "POST":
        try:
            if objects and form.is_valid():
                settling.object_to(settlement=settlement, words=form.cleaned_data["words"], by=request.user, at=timezone.now())
                messages.success(request, _("Sent. The municipality looks into it, and sends you the statement again."))
                return redirect("desk-statement", slug, pk)
            if not objects:
                seen = request.POST.get("total_ore", "")
                seen_ore = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 16 else -1
                settling.approve(settlement=settlement, by=request.user, at=timezone.now(), total_ore=seen_ore)
                messages.success(request, _("Thank you. The municipality pays what stands here."))
                return redirect("desk-statement", slug, pk)
        except Refused as refused:
            messages.warning(request, str(refused))
            return redirect("desk-statement", slug, pk)
    lang: str = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    context = about(settlement.provider, lang) | {
        "settlement": settlement,
        "card": settlement.year.programme.text("name", settlement.municipality.order_for(lang)),
        "offers": [] if settlement.state == SettlementState.DRAFT else by_offer(lines_of(settlement, lang)),
        "to_answer": settlement.state == SettlementState.SENT,
        "in_work": settlement.state == SettlementState.DRAFT,
        "own_words": settlement.state == SettlementState.DRAFT and wrote(settlement),
        "form": form,
    }
    return render(request, "desk/statements/statement.html", context, status=422 if form.errors else 200)


@desk_page
@require_GET
def statement_pdf(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The statement to keep."""
    settlement = get_sent(request, slug, pk)
    response = HttpResponse(pdf_of(settlement), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name(settlement)}.pdf"'
    return response


@desk_page
@require_GET
def statement_csv(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The statement as a sheet."""
    settlement = get_sent(request, slug, pk)
    return as_csv(file_name(settlement), sheet_of(settlement, request.LANGUAGE_CODE))  # type: ignore[attr-defined]


def file_name(settlement: Settlement) -> str:
    return f"{settlement.municipality.slug}-{settlement.number}-{settlement.period_from}-{settlement.period_to}"
