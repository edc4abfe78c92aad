"""Stopping newsletters: one press, without account, cookie or name; necessary letters still come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from portal.newsletters import actions
from portal.newsletters.actions import forget_receivers
from portal.newsletters.audience import audience_of
from portal.newsletters.figures import figures_of
from portal.newsletters.links import LEAVE, leave_path, read_leaving
from portal.newsletters.models import Delivery, Newsletter, Receiver, Subscription
from portal.newsletters.sending import reserve
from portal.newsletters.states import DeliveryState, LetterState
from tests.factories.directory import ProviderFactory, make_municipality
from tests.factories.newsletters import make_letter


@pytest.fixture
def letter(larvik: Municipality) -> Newsletter:
    letter = make_letter(larvik)
    Newsletter.objects.filter(pk=letter.pk).update(state=LetterState.SENT, released_at=timezone.now())
    return letter


@pytest.fixture
def receiver(larvik: Municipality, letter: Newsletter) -> Receiver:
    row = Receiver.objects.create(municipality=larvik, email="post@example.org")
    Delivery.objects.create(newsletter=letter, receiver=row, lang="nb", state=DeliveryState.SENT)
    return row


def strict() -> Client:
    """A browser that is asked for a CSRF token wherever one is needed."""
    return Client(enforce_csrf_checks=True)


def test_looking_stops_nothing(letter: Newsletter, receiver: Receiver) -> None:
    response = strict().get(leave_path(receiver.pk, letter.pk, "nb", receiver.email))

    assert response.status_code == 200
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]
    assert "post@example.org" not in response.content.decode()
    receiver.refresh_from_db()
    assert receiver.unsubscribed_at is None


def test_one_press_stops_and_another_starts_again(letter: Newsletter, receiver: Receiver) -> None:
    path = leave_path(receiver.pk, letter.pk, "nb", receiver.email)

    assert strict().post(path, follow=True).status_code == 200
    receiver.refresh_from_db()
    assert receiver.unsubscribed_at is not None
    assert Delivery.objects.get().unsubscribed_at is not None
    strict().post(path)  # once more does nothing

    assert strict().post(path, {"again": "1"}).status_code == 302
    receiver.refresh_from_db()
    assert receiver.unsubscribed_at is None
    assert Delivery.objects.get().unsubscribed_at is None


def test_a_mail_program_stops_by_one_post(letter: Newsletter, receiver: Receiver) -> None:
    response = strict().post(
        leave_path(receiver.pk, letter.pk, "nb", receiver.email),
        "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
        headers={"origin": "https://mail.example"},
    )

    assert response.status_code == 204
    assert not response.cookies
    receiver.refresh_from_db()
    assert receiver.unsubscribed_at is not None


@pytest.mark.parametrize("token", ["x", "1.1.nb~x", "0.0.nb", "1.1.nb.mark~" + "A" * 43])
def test_a_link_of_anybody_elses_making_is_not_there(letter: Newsletter, receiver: Receiver, token: str) -> None:
    assert strict().get(f"/newsletters/leave/{token}/").status_code == 404
    assert strict().post(f"/newsletters/leave/{token}/").status_code == 404
    receiver.refresh_from_db()
    assert receiver.unsubscribed_at is None


def test_a_link_for_one_thing_is_good_for_no_other(letter: Newsletter, receiver: Receiver) -> None:
    other = signing.Signer(salt="portal.newsletters.subscription.mine", sep="~").sign(f"{receiver.pk}.{letter.pk}.nb.mark")

    assert read_leaving(other) is None
    assert read_leaving(signing.Signer(salt=LEAVE, sep="~").sign(f"{receiver.pk}.{letter.pk}.nb.mark")) is not None


def test_a_link_works_at_its_own_municipality_only(letter: Newsletter, receiver: Receiver) -> None:
    make_municipality("3907", "Sandefjord")

    response = Client(headers={"host": "sandefjord.localhost"}).post(leave_path(receiver.pk, letter.pk, "nb", receiver.email))

    assert response.status_code == 404
    receiver.refresh_from_db()
    assert receiver.unsubscribed_at is None


def test_a_link_works_when_its_language_has_been_switched_off(
    larvik: Municipality, letter: Newsletter, receiver: Receiver
) -> None:
    path = leave_path(receiver.pk, letter.pk, "ar", receiver.email)
    assert 'dir="rtl"' in strict().get(path).content.decode()
    larvik.languages = ["nb", "en"]
    larvik.save()

    response = strict().get(path)

    assert response.status_code == 200
    assert '<html lang="nb"' in response.content.decode()


def test_a_link_works_when_newsletters_have_been_switched_off(
    larvik: Municipality, letter: Newsletter, receiver: Receiver
) -> None:
    larvik.features = []
    larvik.save()

    strict().post(leave_path(receiver.pk, letter.pk, "nb", receiver.email))

    receiver.refresh_from_db()
    assert receiver.unsubscribed_at is not None


def test_a_test_letters_link_stops_nobody(letter: Newsletter, receiver: Receiver) -> None:
    path = leave_path(0, letter.pk, "nb", "")

    assert strict().get(path).status_code == 200
    assert strict().post(path).status_code == 302
    receiver.refresh_from_db()
    assert receiver.unsubscribed_at is None


def test_of_a_resident_who_leaves_nothing_is_kept(larvik: Municipality, receiver: Receiver) -> None:
    now = timezone.now()
    news = make_letter(larvik, audience="residents")
    kari = Receiver.objects.create(municipality=larvik, email="kari@example.org")
    Delivery.objects.create(newsletter=news, receiver=kari, lang="nb", state=DeliveryState.SENT)
    for email in ("kari@example.org", "post@example.org"):
        Subscription.objects.create(
            municipality=larvik, email=email, lang="nb", about="news", created_at=now, confirmed_at=now, told_until=now
        )

    for row in (kari, receiver):
        strict().post(leave_path(row.pk, news.pk, "nb", row.email))

    assert not Subscription.objects.exists()
    # An association's address is kept, to know that it wants nothing.
    assert list(Receiver.objects.values_list("email", flat=True)) == ["post@example.org"]
    assert Delivery.objects.filter(newsletter=news, receiver=None, unsubscribed_at__isnull=False).count() == 1
    assert strict().get(leave_path(kari.pk, news.pk, "nb", kari.email)).status_code == 200


def test_the_page_says_that_letters_one_needs_still_come(letter: Newsletter, receiver: Receiver) -> None:
    page: Any = strict().get(leave_path(receiver.pk, letter.pk, "nb", receiver.email)).content.decode()

    assert page.count("<button") == 1 + page.count("data-shortlist")  # one thing to press


def test_who_got_what_is_forgotten_after_a_year_and_a_no_is_not(
    larvik: Municipality, letter: Newsletter, receiver: Receiver
) -> None:
    at = timezone.now()
    said_no = Receiver.objects.create(municipality=larvik, email="nei@example.org", unsubscribed_at=at)
    recent = Receiver.objects.create(municipality=larvik, email="i-dag@example.org")
    Delivery.objects.create(newsletter=make_letter(larvik), receiver=recent, lang="nb", state=DeliveryState.SENT)
    Delivery.objects.create(newsletter=letter, receiver=said_no, lang="nb", state=DeliveryState.SENT, said="250 nei@example.org")
    year_ago = at - timedelta(days=367)
    Receiver.objects.update(created_at=year_ago)
    Newsletter.objects.filter(pk=letter.pk).update(released_at=year_ago)

    assert forget_receivers(at) == 3
    assert forget_receivers(at) == 0
    assert set(letter.deliveries.values_list("receiver", "said")) == {(None, "")}
    assert figures_of(letter).total[1].count == 2, "the figures stay"
    assert sorted(Receiver.objects.values_list("email", flat=True)) == ["i-dag@example.org", "nei@example.org"]
    assert strict().post(leave_path(receiver.pk, letter.pk, "nb", receiver.email), follow=True).status_code < 500


# ── residents' news and the letters to associations ─────────────────────────────────────────────────────────


def news_to(larvik: Municipality, email: str) -> tuple[Newsletter, Receiver]:
    """A residents' letter that went to an address which asked for news."""
    now = timezone.now()
    news = make_letter(larvik, audience="residents")
    row = Receiver.objects.get_or_create(municipality=larvik, email=email)[0]
    Delivery.objects.create(newsletter=news, receiver=row, lang="nb", state=DeliveryState.SENT)
    Subscription.objects.create(
        municipality=larvik, email=email, lang="nb", about="news", created_at=now, confirmed_at=now, told_until=now
    )
    return news, row


@pytest.mark.usefixtures("quiet")
def test_who_stopped_the_letters_to_associations_and_asks_for_news_gets_the_news(
    larvik: Municipality, letter: Newsletter, receiver: Receiver
) -> None:
    ProviderFactory(municipality=larvik, email="post@example.org")
    strict().post(leave_path(receiver.pk, letter.pk, "nb", receiver.email))
    news, _row = news_to(larvik, "post@example.org")

    assert [person.email for person in audience_of(news).people] == ["post@example.org"]
    assert audience_of(make_letter(larvik)).people == ()
    Delivery.objects.filter(newsletter=news).delete()
    actions.release(newsletter=news, by=None, at=timezone.now())
    assert [row.receiver.email for row in reserve(news, "w1", timezone.now()) if row.receiver] == ["post@example.org"]

    page = strict().get(leave_path(receiver.pk, news.pk, "nb", receiver.email)).content.decode()
    assert 'name="again"' not in page, "something comes, and can be stopped"


def test_news_that_were_stopped_meanwhile_are_not_sent(larvik: Municipality, quiet: None) -> None:
    news, _row = news_to(larvik, "kari@example.org")
    Delivery.objects.all().delete()
    actions.release(newsletter=news, by=None, at=timezone.now())
    Subscription.objects.all().delete()  # by the page of one's subscriptions

    assert reserve(news, "w1", timezone.now()) == []


@pytest.mark.parametrize("place", ["page", "member"])
def test_the_no_of_an_address_that_stands_at_a_provider_is_kept(larvik: Municipality, place: str) -> None:
    news, row = news_to(larvik, "kari@example.org")
    provider = ProviderFactory(municipality=larvik, email="Kari@example.org" if place == "page" else "")
    if place == "member":
        provider.memberships.create(user=User.objects.create_user("kari@example.org"), role="editor")

    strict().post(leave_path(row.pk, news.pk, "nb", row.email))

    assert Receiver.objects.get().unsubscribed_at is not None
    assert audience_of(make_letter(larvik)).people == ()


def test_who_wants_news_after_all_gets_them(larvik: Municipality, receiver: Receiver) -> None:
    news, _row = news_to(larvik, "post@example.org")
    path = leave_path(receiver.pk, news.pk, "nb", receiver.email)
    strict().post(path)
    assert not Subscription.objects.exists()

    strict().post(path, {"again": "1"})

    row = Subscription.objects.get()
    assert (row.email, row.about, row.lang) == ("post@example.org", "news", "nb")
    assert row.confirmed_at is not None
    receiver.refresh_from_db()
    assert receiver.unsubscribed_at is None
    assert [person.email for person in audience_of(make_letter(larvik, audience="residents")).people] == ["post@example.org"]


def test_a_letter_to_associations_brings_no_news_to_who_never_asked(
    larvik: Municipality, letter: Newsletter, receiver: Receiver
) -> None:
    path = leave_path(receiver.pk, letter.pk, "nb", receiver.email)
    strict().post(path)
    assert "/nb/newsletters/subscribe/" in strict().get(path).content.decode()

    strict().post(path, {"again": "1"})

    assert not Subscription.objects.exists()


def test_a_link_of_years_ago_stops_the_letters_of_today(larvik: Municipality, letter: Newsletter, receiver: Receiver) -> None:
    path = leave_path(receiver.pk, letter.pk, "nb", receiver.email)
    Receiver.objects.all().delete()  # forgotten after a year
    assert 'name="again"' not in strict().get(path).content.decode()
    anew = Receiver.objects.create(municipality=larvik, email="post@example.org")
    page = strict().get(path).content.decode()
    assert f'<form method="post" action="{path}"' in page

    strict().post(path)

    anew.refresh_from_db()
    assert anew.unsubscribed_at is not None
    assert 'name="again"' in strict().get(path).content.decode()


def test_a_link_of_years_ago_stops_letters_that_would_come(larvik: Municipality, letter: Newsletter, receiver: Receiver) -> None:
    path = leave_path(receiver.pk, letter.pk, "nb", receiver.email)
    Receiver.objects.all().delete()
    ProviderFactory(municipality=larvik, email="Post@example.org")
    assert [person.email for person in audience_of(make_letter(larvik)).people] == ["post@example.org"]

    strict().post(path)

    assert Receiver.objects.get().unsubscribed_at is not None
    assert audience_of(make_letter(larvik)).people == ()


def test_a_link_whose_number_is_anothers_by_now_is_for_nobody_else(
    larvik: Municipality, letter: Newsletter, receiver: Receiver
) -> None:
    strict().post(leave_path(receiver.pk, letter.pk, "nb", "somebody-else@example.org"))

    receiver.refresh_from_db()
    assert receiver.unsubscribed_at is None


def test_no_address_can_be_read_in_the_link(letter: Newsletter, receiver: Receiver) -> None:
    path = leave_path(receiver.pk, letter.pk, "nb", receiver.email)

    assert "post" not in path
    assert "example" not in path
