"""Registers the cards' staff screens with the admin, and what its history says."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from wagtail import hooks

from cards.offers.deeds import DEEDS_OF_OFFERS, DEEDS_OF_TILLS
from cards.offers.settlement_words import DEEDS_OF_ENDS, DEEDS_OF_SETTLEMENTS
from cards.programmes.words import DEEDS_OF_CARDS
from directory.municipalities.models import TenantLogEntry
from directory.municipalities.tenancy import tenant_path


@hooks.register("register_log_actions", order=10)
def register_logs(actions: Any) -> None:
    for model in apps.get_app_config("cards").get_models():
        if tenant_path(model):
            actions.register_model(model, TenantLogEntry)
    for deeds in (DEEDS_OF_CARDS, DEEDS_OF_OFFERS, DEEDS_OF_TILLS, DEEDS_OF_SETTLEMENTS, DEEDS_OF_ENDS):
        for name, (label, said) in deeds.items():
            actions.register_action(name, label, said)
