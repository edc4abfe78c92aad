"""Registers the cards' staff screens with the admin, and what its history says."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from cards.offers.bulk_actions import AcceptMany, TurnDownMany
from cards.offers.dashboard import queues
from cards.offers.deeds import DEEDS_OF_OFFERS, DEEDS_OF_TILLS
from cards.offers.settlement_viewsets import SettlementViewSet
from cards.offers.settlement_words import DEEDS_OF_ENDS, DEEDS_OF_SETTLEMENTS
from cards.offers.staff_figures import menu_items, urlpatterns
from cards.offers.viewsets import (
    AgreementViewSet,
    ClosingYearViewSet,
    JournalViewSet,
    OfferViewSet,
    StockViewSet,
    TillViewSet,
    UseViewSet,
)
from cards.programmes.staff_words import DEEDS_OF_KEEPING
from cards.programmes.viewsets import BatchViewSet, CardTypeViewSet, ProgrammeViewSet, QuotaViewSet
from cards.programmes.words import DEEDS_OF_CARDS
from directory.municipalities.dashboard import MORE_QUEUES
from directory.municipalities.models import TenantLogEntry
from directory.municipalities.tenancy import tenant_path


class ActivityCard(SnippetViewSetGroup):
    """The activity card, what is done daily first."""

    items = (
        OfferViewSet,
        UseViewSet,
        SettlementViewSet,
        AgreementViewSet,
        StockViewSet,
        TillViewSet,
        QuotaViewSet,
        BatchViewSet,
        CardTypeViewSet,
        ClosingYearViewSet,
        ProgrammeViewSet,
        JournalViewSet,
    )
    menu_label = _("Activity card")
    menu_icon = "tag"
    menu_name = "activity-card"
    menu_order = 145

    def get_submenu_items(self) -> list[Any]:
        return [*menu_items(), *super().get_submenu_items()]


register_snippet(ActivityCard)
for action in (AcceptMany, TurnDownMany):
    hooks.register("register_bulk_action", action, order=10)
MORE_QUEUES.append(queues)
hooks.register("register_admin_urls", urlpatterns)


@hooks.register("register_log_actions", order=10)
def register_logs(actions: Any) -> None:
    for model in apps.get_app_config("cards").get_models():
        if tenant_path(model):
            actions.register_model(model, TenantLogEntry)
    words = (DEEDS_OF_CARDS, DEEDS_OF_KEEPING, DEEDS_OF_OFFERS, DEEDS_OF_TILLS, DEEDS_OF_SETTLEMENTS, DEEDS_OF_ENDS)
    for deeds in words:
        for name, (label, said) in deeds.items():
            actions.register_action(name, label, said)


@hooks.register("insert_global_admin_css")
def staff_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("cards/staff.css"))
