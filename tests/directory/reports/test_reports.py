"""The form "report an error": taken once, from our own page, without cookie, and nobody's data kept."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.signing import TimestampSigner
from django.test import Client
from django.utils import timezone

from directory.reports import tokens
from directory.reports.models import ErrorReport, FormUse
from directory.reports.tokens import forget, sender_key
from tests.pages.conftest import town, town_of_the_file  # noqa: F401 - fixtures
from tests.pages.town import Town


def address(town: Town) -> str:  # noqa: F811
    return f"/nb/activities/{town.activity.slug}/report/"


def token_from(path: str) -> str:
    return re.search(r'name="token" value="([^"]+)"', Client().get(path).content.decode())[1]  # type: ignore[index]


def send(path: str, **extra: Any) -> Any:
    data = {"topic": "time", "text": "Det er klokka 19.", "token": "", **extra.pop("data", {})}
    return Client(enforce_csrf_checks=True).post(path, data, **extra)


def test_report_reaches_staff_once(town: Town) -> None:  # noqa: F811
    path = address(town)
    token = token_from(path)
    response = send(path, data={"token": token}, headers={"origin": "http://testserver"})
    assert (response.status_code, response["Location"]) == (302, f"{path}?sent=1")
    assert not response.cookies
    report = ErrorReport.objects.get()
    assert (report.municipality, report.kind, report.listing_id, report.topic, report.text, report.lang) == (
        town.municipality, "activity", town.activity.pk, "time", "Det er klokka 19.", "nb",
    )  # fmt: skip
    assert [(letter.to, town.activity.name_nb in letter.body) for letter in mail.outbox] == [(["kultur@example.org"], True)]
    again = send(path, data={"token": token})
    assert again.status_code == 422
    assert ErrorReport.objects.count() == 1


@pytest.mark.parametrize("token", ["", "nonsense", "activity:1|abc:def:ghi"])
def test_report_with_a_made_up_token_is_not_taken(token: str, town: Town) -> None:  # noqa: F811
    response = send(address(town), data={"token": token})
    assert response.status_code == 422
    assert "Det er klokka 19." in response.content.decode()  # nothing one wrote is lost
    assert not ErrorReport.objects.exists()


def test_report_token_of_another_listing_is_not_taken(town: Town) -> None:  # noqa: F811
    token = token_from(f"/nb/places/{town.place.slug}/report/")
    assert send(address(town), data={"token": token}).status_code == 422
    assert not ErrorReport.objects.exists()


def test_report_from_another_site_is_not_taken(town: Town) -> None:  # noqa: F811
    path = address(town)
    foreign = ("https://evil.example", "null", "http://[", "http://testserver@evil.example", "http://[v1.x]:y/")
    for headers in ({name: said} for name in ("origin", "referer") for said in (*foreign, "https://evil.example/testserver")):
        assert send(path, data={"token": token_from(path)}, headers=headers).status_code == 422
    assert not ErrorReport.objects.exists()


def test_report_token_is_good_for_two_hours(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    import time

    path = address(town)
    token = token_from(path)
    later = time.time() + 2 * 3600 + 5
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert send(path, data={"token": token}).status_code == 422
    assert isinstance(tokens.signer("report"), TimestampSigner)
    assert not ErrorReport.objects.exists()


def test_report_flood_from_one_address_is_stopped_and_forgotten(town: Town) -> None:  # noqa: F811
    path = address(town)
    answers = [send(path, data={"token": token_from(path)}).status_code for _n in range(tokens.MOST_AN_HOUR + 1)]
    assert answers == [302] * tokens.MOST_AN_HOUR + [422]
    assert "127.0.0.1" not in "".join(FormUse.objects.values_list("key", flat=True))
    FormUse.objects.update(at=timezone.now() - timedelta(hours=3))
    assert send(path, data={"token": token_from(path)}).status_code == 302
    assert FormUse.objects.count() == 2


def test_an_office_named_as_exempt_sends_as_many_as_it_likes_each_once(town: Town, settings: Any) -> None:  # noqa: F811
    settings.RATE_LIMIT_EXEMPT = [ipaddress.ip_network("127.0.0.0/8")]
    path = address(town)
    answers = [send(path, data={"token": token_from(path)}).status_code for _n in range(tokens.MOST_AN_HOUR + 1)]
    assert answers == [302] * (tokens.MOST_AN_HOUR + 1)
    token = token_from(path)
    assert [send(path, data={"token": token}).status_code for _n in range(2)] == [302, 422]
    assert not FormUse.objects.filter(key__startswith="from:").exists()


def test_report_from_a_program_is_thrown_away_silently(town: Town) -> None:  # noqa: F811
    path = address(town)
    assert send(path, data={"token": token_from(path), "more": "buy"}).status_code == 302
    assert not ErrorReport.objects.exists()


def test_report_says_what_is_missing(town: Town) -> None:  # noqa: F811
    path = address(town)
    page = send(path, data={"topic": "other", "text": " ", "token": token_from(path)})
    assert page.status_code == 422
    assert 'href="#id_text"' in page.content.decode()


def test_senders_behind_our_own_web_server_are_told_apart(rf) -> None:
    at = timezone.now()
    keys = {
        sender_key(rf.get("/", REMOTE_ADDR=near, HTTP_X_FORWARDED_FOR=named), at)
        for near, named in (("127.0.0.1", "203.0.113.1"), ("127.0.0.1", "made up, 203.0.113.2"), ("", "203.0.113.3"))
    }
    assert len(keys) == 3
    assert sender_key(rf.get("/", REMOTE_ADDR="81.0.0.9", HTTP_X_FORWARDED_FOR="1.1.1.1"), at) == sender_key(
        rf.get("/", REMOTE_ADDR="81.0.0.9"), at
    ), "a stranger cannot name another address"


@pytest.mark.django_db
def test_the_clock_forgets_senders_after_an_hour_and_tokens_after_two() -> None:
    at = timezone.now()
    for key, age in (("from:a", 50), ("from:b", 70), ("used:a", 70), ("used:b", 130)):
        FormUse.objects.create(key=key, at=at - timedelta(minutes=age))
    assert forget(at) == 2
    assert set(FormUse.objects.values_list("key", flat=True)) == {"from:a", "used:a"}


def test_report_token_is_of_one_form_one_listing_and_one_sending(town: Town) -> None:  # noqa: F811
    path = address(town)
    bound = f"activity:{town.activity.pk}"
    for token in (tokens.new_token("other", bound), tokens.new_token("report", f"place:{town.activity.pk}"),
                  tokens.new_token("report", f"{bound}0"), tokens.new_token("report", f"{bound}|x")):  # fmt: skip
        assert send(path, data={"token": token}).status_code == 422, token
    token = token_from(path)
    assert send(path, data={"token": f" {token} "}).status_code == 302
    for again in (token, f"{token} ", f"\n{token}"):
        assert send(path, data={"token": again}).status_code == 422
    assert ErrorReport.objects.count() == 1


def test_report_token_once_used_is_never_good_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """What is remembered of it is not forgotten a moment before it would be refused for its age."""
    path = address(town)
    token = token_from(path)
    assert send(path, data={"token": token}).status_code == 302
    soon = timezone.now() + timedelta(minutes=119)
    forget(soon)
    monkeypatch.setattr("django.core.signing.time.time", lambda: soon.timestamp())
    assert send(path, data={"token": token}).status_code == 422
    assert ErrorReport.objects.count() == 1


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "x" * 5_000])
def test_report_with_signs_no_database_holds_is_taken_without_them_or_sent_back(town: Town, text: str) -> None:  # noqa: F811
    path = address(town)
    answer = send(path, data={"token": token_from(path), "text": text})
    assert answer.status_code in {302, 422}
    assert not ErrorReport.objects.filter(text__contains="x" * 2_001).exists()
