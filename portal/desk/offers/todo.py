"""What a provider's offers have to say on the front page of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cards.offers.conditions import day_of
from cards.offers.models import Offer, ProviderAgreement
from cards.offers.states import AgreementState, OfferState
from directory.municipalities.models import Municipality
from portal.desk.doors import providers_of
from portal.desk.offers.views import asks_renewal
from portal.desk.sources import name_of, shortened
from portal.desk.todo import Todo


def todos(user: Any, municipality: Municipality, at: datetime) -> Iterator[Todo]:
    """What came back, what ends, what has begun: one thing each. What is nearly used up, the till says."""
    today = day_of(at)
    providers = {row.pk: row for row in providers_of(user, municipality)}
    order = municipality.order_for(municipality.languages[0])
    agreements = ProviderAgreement.objects.filter(provider__in=providers, state=AgreementState.AGREED)
    for agreement in agreements.select_related("programme").order_by("pk"):
        provider = providers[agreement.provider_id]
        provider.municipality = municipality
        if asks_renewal(agreement, today) and agreement.valid_to >= today:
            names = {"name": name_of(provider), "card": agreement.programme.text("name", order)}
            yield Todo(
                60,
                "calendar",
                _("Should %(name)s go on taking %(card)s?") % names,
                _("The agreement ends %(day)s.") % {"day": date_format(agreement.valid_to, "DATE_FORMAT")},
                reverse("desk-offers", args=[provider.slug]),
                _("Answer"),
            )
    drafts = Offer.objects.filter(agreement__provider__in=providers, state=OfferState.DRAFT)
    for offer in drafts.select_related("agreement").order_by("pk"):
        provider, title = providers[offer.agreement.provider_id], offer.text("title", order)
        href = reverse("desk-offer", args=[provider.slug, offer.pk])
        if offer.refused_because:
            said = _("“%(name)s” came back from the municipality") % {"name": title}
            yield Todo(70, "chat", said, shortened(offer.refused_because), href, _("See what they say"))
        else:
            said = _("You have begun, and not sent it yet. Nobody else sees it.")
            yield Todo(30, "pencil", _("Continue with “%(name)s”") % {"name": title}, said, href, _("Continue"))
