"""A process that uses cards and takes uses back, for tests of what holds between several. It reads one question a line.

    python -m tests.cards.offers.racer

    {"deed": "fill", …}    cards with clips of one offer, and a till            → their numbers
    {"deed": "calls", …}   deeds one after the other, from a moment on          → what each was told, and when
    {"deed": "hatch", …}   a process beside it that uses cards until it is killed, noting down in a file each use it was told of
    {"deed": "move", …}    to another database of the same kind
    {"deed": "slots", …}   what an agency has handed out and may hand out
    {"deed": "state"}      counters that differ from their journal, uses by card, what the database says of itself

The database is the environment's. `naive` calls do what somebody writes who has not heard of races: no locks, and read, look,
write. They are there so that it can be seen that the tests see.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import django

Facts = dict[str, Any]


def fill(
    cards: int = 1,
    clips: int = 3,
    codes: int = 0,
    stock_codes: int = 0,
    ceiling_ore: int | None = None,
    slots: int | None = None,
    **offer: Any,
) -> Facts:
    """A programme, an offer and cards handed out as they are handed out. `slots`: an agency handed them out, none was taken into
    use in time, and so many slots are left to the agency."""
    from django.utils import timezone

    from cards.offers import ready_made
    from cards.offers.models import ExternalCode, Offer
    from cards.programmes.actions import issue
    from cards.programmes.models import Allowance
    from tests.factories import cards as factory

    agreement = factory.make_agreement(ceiling_ore=ceiling_ore, offline_allowed=True)
    stock = offer.pop("stock", 0)
    made = factory.make_offer(agreement, **offer)
    if stock:
        factory.make_stock(made, stock)
    with_codes = factory.make_stock(made, stock_codes) if stock_codes else None
    for number in range(codes + stock_codes):
        text, of = uuid.uuid4().hex, with_codes if number < stock_codes else None
        ExternalCode.objects.create(offer=made, stock=of, code=ready_made.sealed(text), fingerprint=ready_made.fingerprint(text))
    offers = [made] if slots is None else [made, factory.make_offer(agreement)]
    card_type = factory.make_card_type(agreement.programme.years.get(), lines=[(one, clips) for one in offers])
    quota = None if slots is None else factory.make_quota(factory.make_agency(agreement.municipality), card_type, cards)
    issued = issue(
        card_type=card_type,
        municipality=agreement.municipality,
        agency=quota and quota.agency,
        count=cards,
        way="print",
        key=uuid.uuid4(),
        by=None,
        at=timezone.now(),
    )
    pks = [one.card.pk for one in issued.cards]
    till, token = factory.make_till(agreement.provider)
    if quota is not None:
        lapse(pks)
        type(quota).objects.filter(pk=quota.pk).update(quantity=slots)
    assert Offer.objects.filter(pk=made.pk).exists()
    assert Allowance.objects.filter(card__in=pks).count() == cards * len(offers)
    shown = [one.code for one in issued.cards]
    facts = {"cards": pks, "shown": shown, "offer": made.pk, "till": till.pk, "token": token}
    if quota is None:
        return facts
    # Nothing but the slot is common to two tills: not the offer, whose lock would have one wait for the other.
    return facts | {"other_till": factory.make_till(agreement.provider)[0].pk, "other_offer": offers[1].pk, "quota": quota.pk}


def lapse(cards: list[int]) -> None:
    """Today was the last day to take them into use, and it is tomorrow."""
    from datetime import timedelta

    from django.utils import timezone

    from cards.offers.conditions import day_of
    from cards.programmes.actions import return_lapsed
    from cards.programmes.models import Card

    Card.objects.filter(pk__in=cards).update(activate_by=day_of(timezone.now()))
    assert return_lapsed(timezone.now() + timedelta(days=1)) == len(cards)


def held(card: int) -> int:
    """What is left on a card and on those that have replaced it."""
    from cards.programmes.models import Allowance, Card

    left, row = 0, Card.objects.get(pk=card)
    while row is not None:
        left += sum(allowance.left for allowance in Allowance.objects.filter(card=row))
        row = row.replaced_by  # type: ignore[assignment]
    return left


def slots(quota: int) -> list[int]:
    """How many cards an agency has handed out, and how many it may."""
    from cards.programmes.models import AgencyQuota

    row = AgencyQuota.objects.get(pk=quota)
    return [row.used, row.quantity]


@contextmanager
def naively() -> Iterator[None]:
    from django.db.models import QuerySet

    from cards.ledger import counter
    from portal.kit import statements

    def careless(row: Any, amount: int, *, bound: str = "quantity") -> bool:
        """By what was read when the deed began."""
        most, used = getattr(row, bound), row.used + amount
        if most is not None and used > most:
            return False
        type(row)(pk=row.pk, used=used).save(update_fields=["used"])
        return True

    with patch.object(counter, "take", careless), patch.object(QuerySet, "select_for_update", lambda rows, **_how: rows):
        statements.forget()
        yield
    statements.forget()


def calls(calls: list[Facts], begin: float = 0.0, naive: bool = False) -> list[Facts]:
    """What each call was told, with the moments between which it was done."""
    from django.db import connection

    connection.ensure_connection()
    with naively() if naive else nullcontext():
        while (wait := begin - time.monotonic()) > 0:
            time.sleep(wait - 0.002 if wait > 0.004 else 0)
        return [_call(asked) for asked in calls]


def _call(asked: Facts) -> Facts:
    from django.db import DatabaseError

    from portal.kit.refusals import Refused

    began = time.monotonic()
    try:
        told = {"said": "ok"} | _deed(**asked)
    except Refused as no:
        told = {"said": no.reason.value}
    except DatabaseError as error:
        told = {"said": "error", "error": str(error)[:300]}
    return told | {"began": began, "ended": time.monotonic()}


def _deed(deed: str = "redeem", key: str = "", card: int = 0, **asked: Any) -> Facts:
    from django.utils import timezone

    from cards.ledger.keys import kept_key
    from cards.offers.actions import redeem, redeem_shown, undo
    from cards.offers.models import Device, Offer, Redemption
    from cards.programmes.actions import reissue
    from cards.programmes.models import Card

    at = timezone.now()
    device = known(Device, asked.pop("till"), "provider") if "till" in asked else None
    if deed == "reissue":
        made = reissue(card=Card.objects.get(pk=card), by=None, at=at, key=uuid.UUID(key))
        return {"card": made.cards[0].card.pk if made.cards else None}
    if deed == "undo":
        which = {"key": kept_key(asked["use"])} if "use" in asked else {"mark": asked["mark"]}
        row = Redemption.objects.filter(**which).first()
        if row is None:
            return {"said": "nothing"}
        use = undo(key=key, redemption=row, by_device=device, at=at)
        return {"mark": use.mark, "left": use.left, "replayed": use.replayed, "undone": False}
    if deed in {"tell", "decide"}:
        return _told(deed, key, device, at, **asked)
    if deed == "issue":
        return _issued(key, at, **asked)
    offer = known(Offer, asked.pop("offer"), "agreement__provider")
    if "shown" in asked:
        use = redeem_shown(key=key, offer=offer, at=at, device=device, **asked)
    else:
        use = redeem(key=key, card=Card(pk=card), offer=offer, at=at, device=device, **{"way": "paper"} | asked)
    return {
        "mark": use.mark,
        "left": use.left,
        "replayed": use.replayed,
        "undone": use.undone,
        "codes": list(use.codes),
    }


def _told(
    deed: str, key: str, device: Any, at: Any, offer: int, shown: str = "", number: int = 1, mark: str = "", taken: str = ""
) -> Facts:
    """A till tells of a use without network, which it took at this moment or when it says; the coordinator accepts one."""
    from datetime import datetime

    from cards.offers.models import Redemption
    from cards.offers.telling import Claim, decide_disputed, tell

    if deed == "decide":
        return {"mark": decide_disputed(redemption=Redemption.objects.get(mark=mark), accept=True, by=None, at=at).mark}
    took = datetime.fromisoformat(taken) if taken else at
    (told,) = tell(device=device, claims=[Claim(key=key, number=number, offer=offer, shown=shown, at=took, knew=took)], at=at)
    return {"said": told.reason.value if told.reason else "ok", "mark": told.mark, "left": told.left}


def _issued(key: str, at: Any, quota: int, **_more: Any) -> Facts:
    """The agency hands out another card."""
    from cards.programmes.actions import issue
    from cards.programmes.models import AgencyQuota

    row = known(AgencyQuota, quota, "agency__municipality", "card_type")
    asked: Facts = {"municipality": row.agency.municipality, "agency": row.agency, "way": "print", "by": None, "at": at}
    return {"card": issue(card_type=row.card_type, count=1, key=uuid.UUID(key), **asked).cards[0].card.pk}


KNOWN: dict[tuple[Any, int], Any] = {}


def known(model: Any, pk: int, *along: str) -> Any:
    """A row that does not change in a race, looked up once: what is raced with is what stands behind the locks."""
    if (model, pk) not in KNOWN:
        KNOWN[model, pk] = model.objects.select_related(*along).get(pk=pk)
    return KNOWN[model, pk]


def hatch(**what: Any) -> int:
    """A writer, up at once; the number of its process."""
    from django.db import connections

    connections.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for its end
    pid = os.fork()
    if pid == 0:
        try:
            write(**what)
        finally:
            os._exit(1)
    return pid


def write(file: str, cards: list[int], offer: int, till: int, seed: int) -> None:
    """Uses until somebody kills it: "?" and the key before each, "!" and the key once it was told that it was counted."""
    dice = random.Random(seed)
    with open(file, "a", buffering=1) as notes:
        while True:
            key = uuid.uuid4().hex
            notes.write(f"? {key}\n")
            told = _call({"key": key, "card": dice.choice(cards), "offer": offer, "till": till})
            if told["said"] == "ok":
                notes.write(f"! {key}\n")
            elif told["said"] == "error":
                notes.write(f"- {told['error']}\n".replace("\n", " ") + "\n")
                from django.db import connection

                connection.close()
                time.sleep(0.05)


def keys(of: list[str]) -> list[str]:
    """Those of the keys under which a use was counted."""
    from cards.ledger.keys import kept_key
    from cards.offers.models import Redemption

    known = set(Redemption.objects.values_list("key", flat=True))
    return [key for key in of if kept_key(key) in known]


def card_of(key: str) -> int:
    from cards.ledger.keys import kept_key
    from cards.offers.models import Redemption

    return Redemption.objects.values_list("allowance__card", flat=True).get(key=kept_key(key))


def state() -> Facts:
    from django.db import connection
    from django.db.models import Count, Sum
    from django.utils import timezone

    from cards.offers.models import Redemption
    from cards.offers.unlinking import reconcile
    from tests.factories.cards import journal_faults

    healthy = True
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            healthy = cursor.fetchall() == [("ok",)]
    by_card = Redemption.objects.values_list("allowance__card").annotate(clips=Sum("clips"), rows=Count("pk"))
    return {
        "faults": journal_faults() + [str(found) for found in reconcile(timezone.now())],
        "uses": Redemption.objects.count(),
        "clips": {str(card): clips for card, clips, _rows in by_card},
        "healthy": healthy,
    }


def move(url: str) -> None:
    from django.contrib.contenttypes.models import ContentType
    from django.core.cache import cache
    from django.db import connection
    from environ import Env

    KNOWN.clear()
    connection.close()
    connection.settings_dict["NAME"] = Env.db_url_config(url)["NAME"]
    cache.clear()
    ContentType.objects.clear_cache()


DEEDS = {
    deed.__name__: deed  # type: ignore[attr-defined]
    for deed in (fill, move, calls, hatch, state, keys, held, slots, card_of)
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(DEEDS[asked.pop("deed")](**asked)), flush=True)


if __name__ == "__main__":
    main()
