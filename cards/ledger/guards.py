"""What the database itself refuses, whoever asks: triggers on both databases. Migrations put them up.

A use (`Redemption`) is added and never deleted or edited. Five things may happen to it afterwards, each once:

    it is settled       `settlement` is set, on a draft of the same municipality, provider and year; never taken out again
    it is decided       a disputed claim is accepted or turned down, with stock, ceiling, price and answer of that moment
    it is taken back    by another row that is its mirror; not once its settlement is closed, nor once its card was cut off
    its till is gone    `device` becomes NULL
    it is cut off       allowance, card type, agency, device, time and step become NULL, body and answer empty; never set anew.
                        With the time the number goes that the outside knows it by: another one takes its place

A `CountChange` is added; only who did it may be forgotten, and taken out of the words of why. One about a batch, which may be a
single card, loses its day and its place among the others once (cards/offers/unlinking.py), and goes with the batch when the year
is closed.

SQLite loses the triggers of a table that a migration rebuilds, and cannot rename a table that a trigger of another one names. A
migration that alters these tables or settlements begins with `take_down` and ends with `put_up`; the tests of the guards fail
where that was forgotten.
"""

# ruff: noqa: S608 - all names are this file's own

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Func

USE, CHANGE, SETTLEMENT = "cards_redemption", "cards_countchange", "cards_settlement"

FIXED = (
    "id",
    "key",
    "year_id",
    "municipality_id",
    "provider_id",
    "offer_id",
    "way",
    "day",
    "clips",
    "unit",
    "people",
    "reversal_of_id",
)
DECIDED = ("stock_id", "ceiling_id", "unit_ore", "total_ore")
CUT = ("allowance_id", "card_type_id", "agency_id", "device_id", "at", "step")
MIRRORED = (
    "year_id",
    "municipality_id",
    "provider_id",
    "offer_id",
    "stock_id",
    "ceiling_id",
    "allowance_id",
    "card_type_id",
    "agency_id",
    "unit",
    "people",
    "unit_ore",
)
CHANGE_FIXED = ("what", "ref", "kind", "before", "after", "rows")
CHANGE_CUT = ("id", "at")


class AnotherMark(Func):
    """A number that nobody was told, for each row one of its own."""

    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, tuple[str | int, ...]]:
        return "lower(hex(randomblob(11)))", ()

    def as_postgresql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, tuple[str | int, ...]]:
        return "substr(replace(gen_random_uuid()::text, '-', ''), 1, 22)", ()


#: What unlinking sets on a use: the fields of CUT, what was asked and answered, and the number of the use.
CUT_OFF: dict[str, Any] = {
    "mark": AnotherMark(),
    "allowance": None,
    "card_type": None,
    "agency": None,
    "device": None,
    "at": None,
    "step": None,
    "body": b"",
    "answer": {},
}

DECIDING = "(OLD.state = 'disputed' AND NEW.state IN ('accepted', 'turned-down'))"


def _differ(names: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f'OLD."{name}" {differs} NEW."{name}"' for name in names)


def _use_update(vendor: str) -> dict[str, str]:
    """What an UPDATE of a use must not do, each with its sentence."""
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    empty = "'{}'::jsonb" if vendor == "postgresql" else "'{}'"
    return {
        "a use is never edited": _differ(FIXED, differs),
        "what was cut off a use is not set anew": " OR ".join(
            f'(NEW."{name}" IS NOT NULL AND OLD."{name}" {differs} NEW."{name}")' for name in CUT
        ),
        "the number of a use is not edited": "OLD.mark <> NEW.mark AND NOT (OLD.at IS NOT NULL AND NEW.at IS NULL)",
        "what was asked for a use is not edited": "OLD.body <> NEW.body AND length(NEW.body) > 0",
        "what was answered to a use is not edited": f"OLD.answer <> NEW.answer AND NEW.answer <> {empty} AND NOT {DECIDING}",
        "a claim is decided once": f"OLD.state <> NEW.state AND NOT {DECIDING}",
        "the price of a use is not edited": f"({_differ(DECIDED, differs)}) AND NOT {DECIDING}",
        "a use is settled once, on a draft of its own": f"""OLD.settlement_id {differs} NEW.settlement_id AND NOT (
            OLD.settlement_id IS NULL AND NEW.state IN ('ok', 'accepted') AND EXISTS (
                SELECT 1 FROM {SETTLEMENT} s WHERE s.id = NEW.settlement_id AND s.state = 'draft'
                AND s.municipality_id = NEW.municipality_id AND s.provider_id = NEW.provider_id AND s.year_id = NEW.year_id))""",
    }


def _use_insert(vendor: str) -> dict[str, str]:
    """What a new use must not be."""
    same = "IS NOT DISTINCT FROM" if vendor == "postgresql" else "IS"
    mirrored = " AND ".join(f'o."{name}" {same} NEW."{name}"' for name in MIRRORED)
    return {
        "a use begins unsettled and undecided": "NEW.settlement_id IS NOT NULL OR NEW.state NOT IN ('ok', 'disputed')",
        "a use begins with its card and its time": "NEW.allowance_id IS NULL OR NEW.at IS NULL",
        "a use taken back is the mirror of the use": f"""NEW.reversal_of_id IS NOT NULL AND NOT (NEW.state = 'ok' AND EXISTS (
            SELECT 1 FROM {USE} o WHERE o.id = NEW.reversal_of_id AND o.reversal_of_id IS NULL
            AND o.state IN ('ok', 'accepted') AND o.clips = -NEW.clips AND o.total_ore = -NEW.total_ore AND {mirrored}
            AND NOT EXISTS (SELECT 1 FROM {SETTLEMENT} s WHERE s.id = o.settlement_id AND s.state = 'closed')))""",
    }


def _change_update(vendor: str) -> dict[str, str]:
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    forgotten = f"NEW.by_id IS NOT NULL AND OLD.by_id {differs} NEW.by_id"
    cut = f"({_differ(CHANGE_CUT, differs)}) AND NOT (OLD.what = 'batch' AND OLD.id > 0 AND NEW.id < 0 AND NEW.at <= OLD.at)"
    return {"a change of a quantity is never edited": f"{_differ(CHANGE_FIXED, differs)} OR ({forgotten}) OR ({cut})"}


def _guards(vendor: str) -> list[tuple[str, str, str, dict[str, str]]]:
    """Name, table, deed, and what is refused of it."""
    return [
        ("guard_use_insert", USE, "INSERT", _use_insert(vendor)),
        ("guard_use_update", USE, "UPDATE", _use_update(vendor)),
        ("guard_use_delete", USE, "DELETE", {"a use is never deleted": ""}),
        ("guard_change_update", CHANGE, "UPDATE", _change_update(vendor)),
        (
            "guard_change_delete",
            CHANGE,
            "DELETE",
            {"a change of a quantity is never deleted": "NOT (OLD.what = 'batch' AND OLD.id < 0)"},
        ),
    ]


def up(vendor: str) -> list[str]:
    """The statements that put the guards up."""
    return [
        sql for guard in _guards(vendor) for sql in (_on_postgresql(*guard) if vendor == "postgresql" else _on_sqlite(*guard))
    ]


def down(vendor: str) -> list[str]:
    """The statements that take them down."""
    if vendor == "postgresql":
        return [f"DROP FUNCTION IF EXISTS {name}() CASCADE" for name, *_rest in _guards(vendor)]
    return [
        f"DROP TRIGGER IF EXISTS {name}_{number}"
        for name, _table, _deed, refused in _guards(vendor)
        for number in range(len(refused))
    ]


def _on_sqlite(name: str, table: str, deed: str, refused: dict[str, str]) -> list[str]:
    return [
        f"CREATE TRIGGER {name}_{number} BEFORE {deed} ON {table} FOR EACH ROW {f'WHEN {when}' if when else ''} "
        f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        for number, (sentence, when) in enumerate(refused.items())
    ]


def _on_postgresql(name: str, table: str, deed: str, refused: dict[str, str]) -> list[str]:
    checks = " ".join(
        f"IF {when or 'true'} THEN RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
        for sentence, when in refused.items()
    )
    row = "OLD" if deed == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {checks} RETURN {row}; END $$",
        f"CREATE TRIGGER {name} BEFORE {deed} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def put_up(apps: Any, schema_editor: Any) -> None:
    """For migrations."""
    for sql in up(schema_editor.connection.vendor):
        schema_editor.execute(sql)


def take_down(apps: Any, schema_editor: Any) -> None:
    for sql in down(schema_editor.connection.vendor):
        schema_editor.execute(sql)
