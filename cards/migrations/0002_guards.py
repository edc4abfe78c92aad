"""What the database itself refuses: cards/ledger/guards.py."""

from django.db import migrations

from cards.ledger.guards import put_up, take_down


class Migration(migrations.Migration):
    dependencies = [("cards", "0001_cards")]

    operations = [migrations.RunPython(put_up, take_down)]
