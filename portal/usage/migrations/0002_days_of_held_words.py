"""Words wait for different days, not quarters of a day. What was counted in quarters is forgotten."""

from django.db import migrations


def forget_quarters(apps, schema_editor):
    apps.get_model("usage", "HeldWords").objects.filter(words="").delete()


class Migration(migrations.Migration):

    dependencies = [("usage", "0001_initial")]

    operations = [
        migrations.RunPython(forget_quarters, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField("heldwords", "last_part"),
        migrations.RenameField("heldwords", "parts", "days"),
    ]
