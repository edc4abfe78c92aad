"""Other associations and the list of contacts on the desk, and the list behind a link for somebody outside."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from directory.listings.loading import municipality_of
from directory.municipalities.models import Municipality
from portal.contact.board.forms import districts_for
from portal.contact.enquiries.forms import tidy
from portal.contact.sharing.actions import give_consent, revoke_list, share_list, withdraw_consent
from portal.contact.sharing.models import ContactConsent, SharedList
from portal.contact.sharing.queries import (
    A_PAGE,
    Contact,
    Narrowed,
    categories_for,
    consented,
    contacts,
    providers_shown,
)
from portal.contact.standing import standing_of
from portal.desk.doors import desk_page, get_provider_for
from portal.kit.exports import harmless
from portal.kit.sheets import FORMATS, as_file

signer = Signer(salt="portal.contact.sharing")


class ShareForm(forms.Form):
    """For whom a link is made. What it shows is what the list shows."""

    whom_for = forms.CharField(
        label=_("For whom?"), max_length=120, error_messages={"required": _("Write for whom the link is.")}
    )

    def clean_whom_for(self) -> str:
        return " ".join(tidy(self.cleaned_data["whom_for"]).split())


def choices(municipality: Municipality, asked: Narrowed) -> dict[str, Any]:
    """What the filters of a list offer."""
    return {"asked": asked, "categories": categories_for(municipality), "districts": districts_for(municipality)}


@desk_page
def neighbours(request: HttpRequest) -> HttpResponse:
    """The other associations of the municipality, each with the contacts it shows to others."""
    municipality = standing_of(request).municipality
    asked = Narrowed.of(request.GET.dict())
    page = Paginator(providers_shown(municipality, asked), A_PAGE).get_page(request.GET.get("page"))
    params = request.GET.copy()
    params.pop("page", None)
    context = choices(municipality, asked) | {
        "page": page,
        "rows": contacts(municipality, page.object_list),
        "query": params.urlencode(),
    }
    return render(request, "contact/sharing/neighbours.html", context)


@desk_page
def contact_list(request: HttpRequest) -> HttpResponse:
    """The municipality's list of contacts: of those who said yes. To read, to print, and as a file."""
    standing = standing_of(request)
    municipality = standing.municipality
    asked = Narrowed.of(request.GET.dict())
    rows = consented(municipality, asked)
    form = request.GET.get("export", "")
    if form in FORMATS:
        name = f"{municipality.slug}-contacts-{timezone.localdate()}"
        return as_file([(_now("List of contacts"), as_rows(rows))], form=form, name=name)
    params = request.GET.copy()
    own = ContactConsent.objects.filter(provider__in=standing.providers, withdrawn_at=None).values_list("provider", flat=True)
    in_list = set(own)
    context = choices(municipality, asked) | {
        "rows": rows,
        "is_staff": standing.is_staff,
        "own": [(provider, provider.pk in in_list) for provider in standing.providers],
        "links": links_of(request, municipality) if standing.is_staff else [],
        "form": ShareForm(),
        "exports": {form: "?" + _with(params, export=form) for form in FORMATS},
        "query": params.urlencode(),
    }
    return render(request, "contact/sharing/contact_list.html", context)


def _with(params: Any, **values: str) -> str:
    changed = params.copy()
    for name, value in values.items():
        changed[name] = value
    return changed.urlencode()


def as_rows(rows: list[Contact]) -> list[list[str]]:
    """The list as a table."""
    headings = [
        _now("Name"), _now("Kind"), _now("Part of town"), _now("Contact person"), _now("Telephone"), _now("Mail"),
        _now("Website"),
    ]  # fmt: skip
    found = [
        (str(row.name), row.kind, ", ".join(map(str, row.districts)), row.contact_name, row.phone, row.email, row.website)
        for row in rows
    ]
    return [headings, *([harmless(value) for value in row] for row in found)]


@desk_page
def consent(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether a provider stands in the list: shown as it would stand there, and one button."""
    provider = get_provider_for(request, slug)
    given = ContactConsent.objects.filter(provider=provider, withdrawn_at=None).first()
    if request.method == "POST":
        if request.POST.get("say") == "yes":
            give_consent(provider=provider, by=request.user, at=timezone.now())
            messages.success(request, _now("You stand in the list of contacts."))
        else:
            withdraw_consent(provider=provider, by=request.user, at=timezone.now())
            messages.success(request, _now("You stand in the list of contacts no more."))
        return redirect("desk-contact-list")
    row = contacts(provider.municipality, [provider])[0]
    return render(request, "contact/sharing/consent.html", {"provider": provider, "given": given, "row": row})


# ── links for somebody outside ────────────────────────────────────────────────────────────────────────────────
def address_for(shared: SharedList) -> str:
    """The path a link leads to."""
    return reverse("shared-list", args=[signer.sign(str(shared.pk))])


def links_of(request: HttpRequest, municipality: Municipality) -> list[tuple[SharedList, str]]:
    """The links that still lead to the list, with their addresses."""
    rows = SharedList.objects.filter(municipality=municipality, revoked_at=None, expires_at__gt=timezone.now())
    return [(row, request.build_absolute_uri(address_for(row))) for row in rows.select_related("district")]


@desk_page
@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """Staff make a link to what the list shows just now."""
    standing = standing_of(request)
    if not standing.is_staff:
        raise Http404("Staff only.")
    form = ShareForm(request.POST)
    asked = Narrowed.of(request.POST.dict())
    if form.is_valid():
        district = standing.municipality.districts.filter(slug=asked.district).first() if asked.district else None
        if asked.district and district is None:
            raise Http404("No such part of town.")  # a link for the whole town was not asked for
        share_list(
            municipality=standing.municipality,
            by=request.user,
            at=timezone.now(),
            whom_for=form.cleaned_data["whom_for"],
            category=asked.category[:80],  # one that does not exist shows nobody, as in the list
            district=district,
            words=asked.words,
        )
        messages.success(request, _now("The link is ready. It works for 30 days."))
    else:
        messages.error(request, _now("Write for whom the link is."))
    return redirect(reverse("desk-contact-list") + "#links")


@desk_page
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Staff take a link back."""
    standing = standing_of(request)
    shared = SharedList.objects.filter(municipality=standing.municipality, pk=pk).first() if standing.is_staff else None
    if shared is None:
        raise Http404("No such link.")
    revoke_list(shared=shared, by=request.user, at=timezone.now())
    messages.success(request, _now("The link leads nowhere any more."))
    return redirect(reverse("desk-contact-list") + "#links")


def shared_list(request: HttpRequest, token: str) -> HttpResponse:
    """The list behind a link: read only, for no search engine, kept by nobody in between. 404 for every other link."""
    municipality = municipality_of(request)
    try:
        pk = int(signer.unsign(token))
    except (BadSignature, ValueError):
        raise Http404("No such list.") from None
    shared = SharedList.objects.filter(pk=pk, municipality=municipality).select_related("district").first()
    if shared is None or not shared.is_open(timezone.now()):
        return render(request, "contact/sharing/link_over.html", status=410 if shared else 404)
    asked = Narrowed(shared.words, shared.category, shared.district.slug if shared.district else "")
    response = render(request, "contact/sharing/shared_list.html", {"shared": shared, "rows": consented(municipality, asked)})
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "private, no-store"
    return response
