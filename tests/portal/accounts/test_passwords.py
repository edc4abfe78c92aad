"""Guessing passwords leads nowhere."""

from __future__ import annotations

import pytest
from django.urls import reverse

from directory.reports.models import FormUse
from portal.accounts.forms import MOST_WRONG_AN_HOUR
from tests.factories.directory import default_municipality, make_staff

pytestmark = pytest.mark.django_db


def sign_in(client, password, **extra):
    return client.post(reverse("wagtailadmin_login"), {"username": "staff-3909@example.org", "password": password}, **extra)


def test_after_a_dozen_wrong_tries_even_the_right_password_waits(client):
    make_staff(default_municipality())
    for _ in range(MOST_WRONG_AN_HOUR):
        assert sign_in(client, "wrong").status_code == 200
    assert sign_in(client, "a-long-password-1").status_code == 200, "not looked at any more"
    assert sign_in(client, "a-long-password-1", REMOTE_ADDR="81.0.0.9").status_code == 302, "somebody else is not kept out"
    assert not FormUse.objects.filter(key__contains="127.0.0.1").exists()


def test_the_right_password_signs_in(client):
    make_staff(default_municipality())
    assert sign_in(client, "wrong").status_code == 200
    assert sign_in(client, "a-long-password-1").status_code == 302
