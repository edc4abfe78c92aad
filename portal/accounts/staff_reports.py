"""For who runs the installation: every sign-in of the last year."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from wagtail.admin.auth import require_admin_access

from portal.accounts.models import How, Result, SignIn

PER_PAGE = 100


@require_admin_access
@require_GET
def sign_ins_report(request: HttpRequest) -> HttpResponse:
    """The list, by person, way and outcome. Not of one municipality, so for superusers only."""
    if not request.user.is_superuser:
        raise PermissionDenied
    rows = SignIn.objects.select_related("user")
    words = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    if words:
        rows = rows.filter(Q(user__email__icontains=words) | Q(user__name__icontains=words))
    how, outcome = request.GET.get("how", ""), request.GET.get("outcome", "")
    if how in How.values:
        rows = rows.filter(how=how)
    if outcome in Result.values:
        rows = rows.filter(outcome=outcome)
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("p")),
        "q": words,
        "how": how,
        "outcome": outcome,
        "hows": How.choices,
        "outcomes": Result.choices,
    }
    return render(request, "accounts/staff/sign_ins.html", context)
