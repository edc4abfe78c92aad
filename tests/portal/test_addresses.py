"""Which municipality, which language, and what is not there."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from tests.factories.directory import default_municipality, make_municipality, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def larvik():
    return default_municipality()


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ("", "/nb/"),
        ("ar,en;q=0.5", "/ar/"),
        ("no", "/nb/"),
        ("so;q=0.9, uk", "/uk/"),
        ("xx,,;;" * 500, "/nb/"),
        ("en-GB", "/en/"),
    ],
)
def test_the_root_goes_to_the_readers_language(client, larvik, header, path):
    response = client.get("/", HTTP_ACCEPT_LANGUAGE=header)
    assert (response.status_code, response["Location"]) == (302, path)
    assert response["Vary"] == "Accept-Language"
    assert not response.cookies


def test_a_language_the_municipality_does_not_offer_is_not_there(client, larvik):
    assert client.get("/nb/").status_code == 200
    assert client.get("/so/").status_code == 404
    make_municipality("3907", "Sandefjord", languages=["nb", "so"])
    assert client.get("/so/", headers={"host": "sandefjord.localhost"}).status_code == 200
    assert client.get("/ar/", headers={"host": "sandefjord.localhost"}).status_code == 404


def test_an_unknown_address_without_language_is_a_plain_404(client, larvik):
    for path in ("/find/", "/api/v1/nothing", "/nothing"):
        assert client.get(path).status_code == 404, path


def test_each_host_is_its_own_municipality(client, larvik):
    make_municipality("3907", "Sandefjord")
    assert "Sandefjord" in client.get("/nb/", headers={"host": "sandefjord.localhost"}).content.decode()
    assert "Sandefjord" not in client.get("/nb/").content.decode()


def test_public_pages_set_no_cookie_and_follow_the_strict_policy(client, larvik):
    for path in ("/nb/", "/nb/find/", "/en/find/?q=x", "/api/v1/search", "/healthz", "/nb/nothing/"):
        response = client.get(path)
        assert response.cookies == {}, path
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert "Cookie" not in response.get("Vary", ""), path


def test_the_admin_has_a_policy_of_its_own_that_names_nobody_outside(client, larvik):
    client.force_login(make_staff(larvik))
    policy = client.get("/cms/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy.replace("https:", "http:").replace("'self'", "")


def test_health_says_ok_and_degraded_and_down(client, larvik, monkeypatch):
    response = client.get("/healthz")
    assert (response.status_code, response.json()["checks"]["database"]) == (200, "ok")
    monkeypatch.setattr("portal.health.search_state", lambda: "degraded")
    assert client.get("/healthz").json()["status"] == "degraded"

    def gone():
        raise OperationalError

    monkeypatch.setattr("portal.health.connection.cursor", gone)
    response = client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (503, "down")


def test_an_absent_database_gets_a_page_that_says_so(client, larvik, monkeypatch):
    def gone(request):
        raise OperationalError("no such host")

    monkeypatch.setattr("portal.middleware.municipality_of", gone)
    response = client.get("/nb/")
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "Vent et minutt" in response.content.decode()
    assert "no such host" not in response.content.decode()


def test_a_full_disk_gets_a_page_that_says_so(client, larvik, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("portal.pages.models.HomePage.get_context", full)
    assert client.get("/nb/").status_code == 503


def test_the_api_answers_in_json_even_where_the_answer_is_no(client, larvik):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/api/v1/search", {"q": "x"})
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")
    response = strict.get("/api/v1/nothing")
    assert (response.status_code, response["Content-Type"]) == (404, "application/json")


def test_a_notice_names_the_filter_as_the_page_does(client, larvik):
    page = client.get("/nb/find/?near=9999&category=zzz").content.decode()
    assert "<b>Nær:" in page
    assert "<b>Kategori:" in page
