"""What clips.py does beside the site: `python -m tests.bench._clips make CARDS CLIPS | rates SECONDS | check`.

`rates` measures in one process, in turns of half a second, so that neither has the quieter machine: the bare transaction (a card
found by its code, the journal row, two conditional updates, one of them only for a card in use, the commit; by the database's own
driver, on the real tables with their guards), the very statements of `redeem` by the driver, and `redeem`; all with the same
durability, and with the plans that PostgreSQL keeps of statements that come again.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from cards.ledger.codes import hash_code  # noqa: E402
from cards.offers.actions import redeem_shown  # noqa: E402
from cards.offers.finding import find_card  # noqa: E402
from cards.offers.models import Offer, Redemption  # noqa: E402
from cards.programmes.actions import issue  # noqa: E402
from cards.programmes.models import Card  # noqa: E402
from cards.programmes.states import Way  # noqa: E402
from portal.kit.statements import prepared  # noqa: E402
from tests.factories.cards import (  # noqa: E402
    journal_faults,
    make_agreement,
    make_card_type,
    make_offer,
    make_programme,
    make_till,
)
from tests.factories.directory import ProviderFactory, default_municipality  # noqa: E402

TURN = 0.5
IN_USE = "EXISTS (SELECT 1 FROM cards_card c WHERE c.id = cards_allowance.card_id AND c.state IN ('issued', 'active'))"


def make(cards: int, clips: int) -> dict[str, Any]:
    """A programme, an offer, a till, and so many cards on paper with so many clips each."""
    town = default_municipality()
    programme = make_programme(town)
    offer = make_offer(make_agreement(programme, ProviderFactory(municipality=town)))
    kind = make_card_type(lines=[(offer, clips)])
    issued = issue(
        card_type=kind, municipality=town, agency=None, count=cards, way=Way.PRINT, key=uuid.uuid4(), by=None, at=timezone.now()
    )
    _device, token = make_till(offer.agreement.provider)
    return {"token": token, "offer": offer.pk, "codes": [card.code for card in issued.cards]}


def bare_transaction(offer: Offer) -> Callable[[str], None]:
    """A clip without the ORM."""
    connection.ensure_connection()
    driver = connection.connection
    is_postgres = connection.vendor == "postgresql"
    mark = "%s" if is_postgres else "?"

    def ask(sql: str, *values: Any) -> Any:
        return driver.execute(sql.replace("?", mark), values)

    columns = [field.column for field in Redemption._meta.concrete_fields if field.column != "id"]
    names = ", ".join(columns)
    like = ask(f"SELECT {names} FROM cards_redemption WHERE offer_id = ?", offer.pk).fetchone()  # noqa: S608
    places = {name: columns.index(name) for name in ("key", "mark", "allowance_id", "body")}
    insert = f"INSERT INTO cards_redemption ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    find = "SELECT c.id, a.id FROM cards_card c JOIN cards_allowance a ON a.card_id = c.id WHERE c.code_hash = ?"
    if is_postgres:
        from psycopg.types.json import Jsonb

        like = [Jsonb(value) if isinstance(value, dict) else value for value in like]

    take = f"UPDATE cards_allowance SET used = used + 1 WHERE id = ? AND used < quantity AND {IN_USE}"  # noqa: S608
    free = "UPDATE cards_offer SET used = used + 1 WHERE id = ? AND (released IS NULL OR used < released)"

    def clip(code: str) -> None:
        with prepared(connection):
            ask("BEGIN" if is_postgres else "BEGIN IMMEDIATE")
            found = ask(find, hash_code(code)).fetchone()
            row = list(like)
            row[places["key"]], row[places["mark"]], row[places["allowance_id"]] = (
                uuid.uuid4().hex,
                uuid.uuid4().hex[:22],
                found[1],
            )
            ask(insert, *row)
            if ask(take, found[1]).rowcount != 1 or ask(free, offer.pk).rowcount != 1:
                raise SystemExit("a card of the benchmark is used up: make more")
            ask("COMMIT")

    return clip


def same_statements(through_orm: Callable[[str], None], codes: list[str]) -> Callable[[str], None]:
    """What `redeem` asks of the database, word for word, by the driver: what is left to it is Python's part."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        through_orm(codes[-1])
    asked = [(sql, params or ()) for sql, params in asked if not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    was = find_card(codes[-1], at=timezone.now()).card
    use = Redemption.objects.order_by("pk").last()
    assert use is not None
    assert use.allowance_id == was.pk, "cards and allowances have the same numbers here"
    cards = {bytes(code_hash): pk for code_hash, pk in Card.objects.values_list("code_hash", "pk")}
    is_postgres = connection.vendor == "postgresql"
    driver = connection.connection

    def clip(code: str) -> None:
        hashed = hash_code(code)
        values = {use.key: uuid.uuid4().hex, use.mark: uuid.uuid4().hex[:22], was.pk: cards[hashed]}
        with prepared(connection):
            driver.execute("BEGIN" if is_postgres else "BEGIN IMMEDIATE")
            for sql, params in asked:
                changed = [values.get(value, value) if isinstance(value, str | int) else value for value in params]
                changed = [hashed if is_bytes(value, was.code_hash) else value for value in changed]
                cursor = driver.execute(sql if is_postgres else sql.replace("%s", "?"), changed)
                if cursor.description:
                    cursor.fetchall()
            driver.execute("COMMIT")

    return clip


def is_bytes(value: Any, other: Any) -> bool:
    value = getattr(value, "obj", value)  # what PostgreSQL's driver is given
    return isinstance(value, bytes | memoryview) and bytes(value) == bytes(other)


def rates(facts: dict[str, Any], seconds: float) -> dict[str, dict[str, float]]:
    offer = Offer.objects.select_related("agreement__provider").get(pk=facts["offer"])
    dice = random.Random(1)

    def through_orm(code: str) -> None:
        redeem_shown(key=uuid.uuid4().hex, shown=code, offer=offer, at=timezone.now())

    for code in facts["codes"]:  # a card is taken into use once in its life, and the bare transaction does nothing of the kind
        through_orm(code)
    same = same_statements(through_orm, facts["codes"])
    ways = {"bare": bare_transaction(offer), "same": same, "orm": through_orm}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        for _warm in range(20):
            way(dice.choice(facts["codes"]))
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for name, way in ways.items():
            over = time.perf_counter() + TURN
            while (begun := time.perf_counter()) < over:
                way(dice.choice(facts["codes"]))
                taken[name].append((time.perf_counter() - begun) * 1000)
    return {name: {"rate": 1000 * len(all_) / sum(all_), "p99": p99(all_)} for name, all_ in taken.items()}


def p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def main(command: str, *numbers: str) -> None:
    if command == "make":
        answer: Any = make(int(numbers[0]), int(numbers[1]))
    elif command == "rates":
        answer = rates(json.load(sys.stdin), float(numbers[0]))
    else:
        answer = {"faults": journal_faults(), "uses": Redemption.objects.count()}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
