"""Keys of deeds become keyed hashes, and uses that were cut off their cards get another number than the one they were told by.

The guards let neither pass, and stand up again as they are today (cards/ledger/guards.py). What is done here cannot be undone.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

from cards.ledger.guards import AnotherMark, put_up, take_down
from cards.ledger.keys import kept_key


def keep(apps: Any, schema_editor: Any) -> None:
    uses = apps.get_model("cards", "Redemption").objects.using(schema_editor.connection.alias).order_by("pk")
    for pk, key in list(uses.values_list("pk", "key")):
        uses.filter(pk=pk).update(key=kept_key(key))
    uses.filter(at=None).update(mark=AnotherMark())


class Migration(migrations.Migration):
    dependencies = [("cards", "0002_guards")]

    operations = [
        migrations.RunPython(take_down, migrations.RunPython.noop),
        migrations.RunPython(keep, migrations.RunPython.noop),
        migrations.RunPython(put_up, migrations.RunPython.noop),
    ]
