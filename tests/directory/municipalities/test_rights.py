"""What staff may do follows from the version in use."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db.models.signals import post_migrate

from directory.municipalities.actions import staff_permissions
from tests.factories.directory import default_municipality


@pytest.mark.django_db
def test_rights_of_an_earlier_version_are_taken_away_after_migrating():
    group = default_municipality().staff_group
    group.permissions.add(Permission.objects.get(codename="delete_membership"))
    group.permissions.remove(Permission.objects.get(codename="change_provider"))

    post_migrate.send(
        sender=apps.get_app_config("auth"),
        app_config=apps.get_app_config("auth"),
        verbosity=0,
        interactive=False,
        using="default",
    )

    assert set(group.permissions.all()) == set(staff_permissions())
    assert not group.permissions.filter(codename="delete_membership").exists()
    assert group.permissions.filter(codename="change_provider").exists()
