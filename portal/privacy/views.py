"""One's own data: see what there is, take it along, be erased."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from directory.agencies.models import AgencyRole
from directory.municipalities.models import StaffRole
from directory.providers.models import Membership
from portal.desk.doors import desk_page, person
from portal.kit.refusals import Refused
from portal.privacy.erasing import REGRET, ask_to_be_erased, kept_alone, think_better_of_it, why_not_erase
from portal.privacy.models import ErasureRequest
from portal.privacy.person import packed


@desk_page
@require_GET
def my_data(request: HttpRequest) -> HttpResponse:
    """What is kept, how to have it, and what being erased would mean."""
    user = person(request)
    context = {
        "wish": ErasureRequest.objects.filter(user=user).first(),
        "memberships": Membership.objects.filter(user=user).select_related("provider").order_by("provider__name_nb"),
        "agencies": AgencyRole.objects.filter(user=user).select_related("agency"),
        "staff_roles": StaffRole.objects.filter(user=user).select_related("municipality"),
        "alone": kept_alone(user),
        "why_not": why_not_erase(user),
        "days": REGRET.days,
    }
    return render(request, "privacy/my_data.html", context)


@desk_page
@require_POST
def take_along(request: HttpRequest) -> HttpResponse:
    """The file."""
    at = timezone.now()
    content = packed(person(request), at=at, lang=request.LANGUAGE_CODE)
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="about-me-{timezone.localtime(at):%Y-%m-%d}.zip"'
    return response


@desk_page
@require_POST
def be_erased(request: HttpRequest) -> HttpResponse:
    """Ask to be erased; the tick says that one has read what happens."""
    if request.POST.get("sure") != "yes":
        messages.error(request, _("Tick the box to say that you want to be erased."))
        return redirect("my_data")
    try:
        ask_to_be_erased(person(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("my_data")


@desk_page
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Take the wish back."""
    if think_better_of_it(person(request)):
        messages.success(request, _("Good. You stay, and nothing is erased."))
    return redirect("my_data")
