"""Everybody who is here already was let in by staff at a known address: nobody is asked to prove it a second time."""

from django.db import migrations


def prove(apps, schema_editor):
    EmailAddress = apps.get_model("account", "EmailAddress")
    known = set(EmailAddress.objects.values_list("user_id", flat=True))
    users = apps.get_model("accounts", "User").objects.exclude(pk__in=known).values_list("pk", "email")
    rows = (EmailAddress(user_id=pk, email=email.lower(), verified=True, primary=True) for pk, email in users.iterator())
    EmailAddress.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_sign_in"),
        ("account", "0009_emailaddress_unique_primary_email"),
        # Not needed here. Run after the directory's, they would make our wide models anew.
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [migrations.RunPython(prove, migrations.RunPython.noop)]
