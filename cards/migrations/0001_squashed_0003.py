"""The tables of the card as their first three migrations leave them, in one step, and what the database itself refuses."""

from importlib import import_module

from django.db import migrations

from cards.ledger.guards import put_up, take_down
from portal.kit.new_tables import NewTables

first = import_module("cards.migrations.0001_cards").Migration


class Migration(migrations.Migration):
    initial = True

    replaces = [("cards", "0001_cards"), ("cards", "0002_guards"), ("cards", "0003_kept_keys")]

    dependencies = first.dependencies

    operations = [NewTables(first.operations), migrations.RunPython(put_up, take_down)]
