"""What stood in the journal before keys were kept as hashes: the migration changes it, and a retry still gets its answer."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from cards.ledger.guards import put_up, take_down
from cards.ledger.keys import kept_key
from cards.offers.models import Redemption
from cards.offers.unlinking import cut_uses
from tests.factories.cards import make_card, make_offer, make_till, make_use

pytestmark = pytest.mark.django_db


def test_keys_that_were_kept_as_they_were_sent_become_hashes_and_answer_as_before() -> None:
    offer = make_offer()
    till, _token = make_till(offer.agreement.provider)
    card, _code = make_card(offer=offer)
    at = timezone.now()
    make_use(card, offer, at=at - timedelta(days=40), device=till, key="order-1")
    young = make_use(card, offer, at=at, device=till, key="order-2")
    cut_uses(at)
    old = Redemption.objects.get(at=None)
    connection.check_constraints()  # nothing waits for the end of the transaction
    with connection.cursor() as cursor:
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        take_down(apps, editor)
        Redemption.objects.filter(pk=old.pk).update(key="order-1")
        Redemption.objects.filter(mark=young.mark).update(key="order-2")
        import_module("cards.migrations.0003_kept_keys").keep(apps, editor)
        put_up(apps, editor)

    assert set(Redemption.objects.values_list("key", flat=True)) == {kept_key("order-1"), kept_key("order-2")}
    again = make_use(card, offer, at=at, device=till, key="order-2")
    assert (again.mark, again.replayed) == (young.mark, True)
    assert Redemption.objects.get(pk=old.pk).mark != old.mark
