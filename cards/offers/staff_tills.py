"""Staff screens of tills, which providers enrol and the municipality can stop."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from cards.offers import offering, tills
from cards.offers.deeds import DEEDS_OF_TILLS
from cards.offers.models import Device
from cards.offers.staff_forms import Reason
from cards.offers.staff_words import listing_address
from cards.programmes.staff_screens import Cell, Deed, Fact, Page, Table
from cards.programmes.staff_views import day
from directory.municipalities.models import TenantLogEntry
from directory.providers.models import Provider
from portal.kit.refusals import refuse_if


def stopped_on(till: Device) -> str:
    return day(timezone.localdate(till.revoked_at)) if till.revoked_at else ""


class StopTill(Deed):
    key = "stop"
    label = _("Stop this till")
    help = _(
        "A phone that is lost, or that somebody takes along who no longer works here: its next press is refused."
        " What it has counted stays counted."
    )
    serious = True
    form_class = Reason

    def is_offered(self) -> bool:
        return self.row.revoked_at is None

    def do(self, said: dict[str, Any], at: datetime) -> str:
        provider = self.row.provider
        refuse_if(offering.why_not_decide(self.user, provider.municipality, provider))
        tills.revoke(device=self.row, by=self.user, at=at, reason=said["reason"])
        return _now("“%(name)s” is stopped. It takes no more cards.") % {"name": self.row.name}


class TillPage(Page):
    """A till, and what was done with it. Nothing here tells what was let in there."""

    related = ("provider__municipality",)
    deeds = (StopTill,)

    def facts(self) -> Iterable[Fact]:
        row: Device = self.row
        yield Fact(_("Provider"), row.provider, href=listing_address(row.provider))
        yield Fact(capfirst(_("enrolled")), day(row.enrolled_on))
        yield Fact(capfirst(_("last used")), day(row.seen_on))
        yield Fact(_("Stopped"), stopped_on(row))

    def tables(self) -> Iterable[Table]:
        row: Device = self.row
        words = {name: said for name, (_label, said) in DEEDS_OF_TILLS.items()}
        of_provider = {"content_type": ContentType.objects.get_for_model(Provider), "object_id": str(row.provider_id)}
        entries = TenantLogEntry.objects.filter(**of_provider, action__in=words, data__till=row.pk).select_related("user")
        yield Table(
            "deeds",
            _("What was changed"),
            (_("When"), _("What"), _("Why"), _("By")),
            [
                (
                    Cell(date_format(timezone.localtime(entry.timestamp), "SHORT_DATETIME_FORMAT")),
                    Cell(words[entry.action]),
                    Cell((entry.data or {}).get("reason", "")),
                    Cell(str(entry.user or "")),
                )
                for entry in entries.order_by("-timestamp", "-pk")[:50]
            ],
            empty=_("Nothing yet."),
        )
