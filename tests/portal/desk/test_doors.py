"""Every address of the desk, walked by those it is not for. The default is no, and it is the same no everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from cards.offers.models import Offer, ProviderAgreement, Settlement
from cards.offers.states import SettlementState
from cards.programmes.models import Programme
from directory.activities.models import Activity
from directory.places.models import Place
from directory.providers import actions
from directory.providers.models import Invitation, Membership
from portal.accounts.models import User
from tests.factories.cards import make_offer, make_programme, make_settlement
from tests.factories.directory import MembershipFactory, PlaceFactory
from tests.portal.desk.conftest import Desk

#: Behind sign-in, and about nobody in particular.
OWN = {"desk", "desk-join", "desk-join-new"}
#: Answers by itself whom it is for; its tests are in test_people.py.
BY_LINK = {"desk-invitation"}
#: A listed provider of the municipality: anybody may ask for it.
FOR_ANYBODY = {"desk-join-ask"}
#: Who keeps the provider's money may see what it is paid.
OF_MONEY = ("desk-statement", "desk-leave")
POSTED = {"name_nb": "hack", "summary_nb": "hack", "email": "hack@example.org", "role": "editor", "until": "2099-01-01"}


def patterns(found: list[Any]) -> Iterator[URLPattern]:
    for one in found:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns)
        else:
            yield one


def names() -> list[str]:
    from portal.desk import urls

    return sorted({one.name for one in patterns(urls.urlpatterns) if one.name and one.name.startswith("desk")})


def addresses(desk: Desk) -> dict[str, str]:
    """An address of the provider's own things for each name."""
    place = Place.objects.get(pk=desk.place.pk)
    membership = Membership.objects.get(user=desk.editor)
    invitation = Invitation.objects.filter(provider=desk.provider).first() or actions.invite(
        provider=desk.provider, email="x@example.org", by=desk.editor, at=timezone.now()
    )
    request = actions.ask_for_access(
        municipality=desk.municipality, user=desk.editor, name=f"Lag {timezone.now()}", kind="informal", at=timezone.now()
    )
    programme = Programme.objects.order_by("pk").first() or make_programme(desk.municipality)
    offer = Offer.objects.order_by("pk").first() or make_offer(provider=desk.provider)
    agreement = offer.agreement
    statement = Settlement.objects.order_by("pk").first() or make_settlement(agreement, state=SettlementState.SENT)
    values = {
        "card": programme.slug,
        "slug": desk.provider.slug,
        "kind": "activities",
        "pk": desk.activity.pk,
        "word": "name",
        "number": "0",
        "code": "ar",
    }
    special: dict[str, dict[str, Any]] = {
        "desk-take-away": {"pk": membership.pk},
        "desk-invitation-deed": {"pk": invitation.pk},
        "desk-request-withdraw": {"pk": request.pk},
        "desk-join-ask": {"pk": desk.provider.pk},
        "desk-new": {"kind": "places"},
        **{name: {"pk": offer.pk, "word": "what"} for name in names() if name.startswith("desk-offer-")},
        "desk-offer": {"pk": offer.pk},
        "desk-offer-deed": {"pk": offer.pk, "word": "close"},
        **{name: {"pk": agreement.pk} for name in names() if name.startswith("desk-agreement-")},
        **{name: {"pk": statement.pk} for name in names() if name.startswith("desk-statement")},
    }
    assert place.provider_id == desk.provider.pk
    found = {}
    for one in all_patterns():
        if one.name in names() and one.name not in BY_LINK:
            wanted = one.pattern.converters if hasattr(one.pattern, "converters") else {}
            arguments = {key: (values | special.get(one.name, {}))[key] for key in needed(one.name, wanted)}
            found[one.name] = reverse(one.name, kwargs=arguments)
    return found


def all_patterns() -> list[URLPattern]:
    from portal.desk import urls

    return list(patterns(urls.urlpatterns))


def needed(name: str, _own: Any) -> list[str]:
    """The arguments of an address, those of what it is included in too."""
    ways = get_resolver().reverse_dict.getlist(name)
    return sorted({argument for possibilities, *_rest in ways for _path, arguments in possibilities for argument in arguments})


def test_every_address_is_walked(desk: Desk) -> None:
    assert set(addresses(desk)) == set(names()) - BY_LINK
    assert len(names()) > 30
    editor = desk.client()
    reached = {name: editor.get(path).status_code for name, path in addresses(desk).items()}
    assert {name for name, status in reached.items() if status not in (200, 302, 405)} == set()


def test_without_sign_in_one_is_sent_to_sign_in(desk: Desk) -> None:
    for name, path in addresses(desk).items():
        for response in (Client().get(path), Client().post(path, POSTED)):
            if response.status_code != 405:
                assert response.status_code == 302, name
                assert "next=" in response.headers["Location"], name
    assert Client().get("/nb/desk/").headers["Location"].startswith("/nb/desk/sign-in/")


def state_of_everything() -> list[Any]:
    from wagtail.models import Revision, WorkflowState

    return [
        list(Activity.objects.order_by("pk").values()),
        list(Membership.objects.order_by("pk").values()),
        list(Invitation.objects.order_by("pk").values()),
        list(ProviderAgreement.objects.order_by("pk").values()),
        list(Offer.objects.order_by("pk").values()),
        list(Settlement.objects.order_by("pk").values()),
        Revision.objects.count(),
        WorkflowState.objects.count(),
    ]


@pytest.mark.parametrize("who", ["another association's editor", "the neighbour's staff", "staff", "inactive", "treasurer"])
def test_others_find_nothing_at_any_address(desk: Desk, who: str) -> None:
    walked = addresses(desk)
    user: User = desk.stranger
    if who == "staff":
        user = desk.staff
    elif who == "the neighbour's staff":
        from tests.factories.directory import make_staff

        user = make_staff(desk.abroad.municipality)
    elif who == "treasurer":
        MembershipFactory(user=desk.newcomer, provider=desk.provider, role=Membership.Role.TREASURER)
        user = desk.newcomer
    client = desk.client(user)
    if who == "inactive":
        client = desk.client()
        User.objects.filter(pk=desk.editor.pk).update(is_active=False)
    before = state_of_everything()
    for name, path in walked.items():
        if name in OWN or name in FOR_ANYBODY or (name.startswith(OF_MONEY) and who == "treasurer"):
            continue
        for response in (client.get(path), client.post(path, POSTED)):
            wanted = (302, 405) if who == "inactive" else (404, 405)
            assert response.status_code in wanted, (name, path)
            assert "Nanset turn" not in response.content.decode(), name
    assert state_of_everything() == before


def test_one_s_own_address_does_not_open_others_things(desk: Desk) -> None:
    """The own provider's slug with somebody else's numbers."""
    client = desk.client(desk.stranger)
    slug = desk.others.slug
    others_place = PlaceFactory(municipality=desk.municipality, name_nb="Uten tilbyder")
    membership = Membership.objects.get(user=desk.editor)
    invitation = actions.invite(provider=desk.provider, email="x@example.org", by=desk.editor, at=timezone.now())
    for path in (
        f"/nb/desk/p/{slug}/activities/{desk.activity.pk}/",
        f"/nb/desk/p/{slug}/activities/{desk.activity.pk}/name/",
        f"/nb/desk/p/{slug}/places/{desk.place.pk}/name/",
        f"/nb/desk/p/{slug}/places/{others_place.pk}/name/",
        f"/nb/desk/p/{slug}/page/{desk.provider.pk}/name/",
        f"/nb/desk/p/{slug}/people/{membership.pk}/take-away/",
        f"/nb/desk/p/{slug}/support/1/",
        f"/nb/desk/p/{slug}/nothing/1/",
    ):
        assert client.get(path).status_code == 404, path
    assert client.post(f"/nb/desk/p/{slug}/invitations/{invitation.pk}/", {"deed": "withdraw"}).status_code == 404
    assert Invitation.objects.get(pk=invitation.pk).withdrawn_at is None
    client.post(f"/nb/desk/p/{slug}/send/", {"page": f"activities-{desk.activity.pk}"})
    assert client.get(f"/nb/desk/join/{desk.abroad.pk}/").status_code == 404


def test_another_host_knows_nothing_of_the_provider(desk: Desk) -> None:
    client = Client(headers={"host": "sandefjord.localhost"})
    client.force_login(desk.editor)
    assert client.get(f"/nb/desk/p/{desk.provider.slug}/").status_code == 404
    assert "Nanset turn" not in client.get("/nb/desk/").content.decode()


def test_writing_needs_the_page_s_own_token(desk: Desk) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.editor)
    assert client.post(desk.path("name"), {"name_nb": "hack", "summary_nb": ""}).status_code == 403


def test_what_is_far_too_large_is_not_read(desk: Desk) -> None:
    path = desk.path("picture")
    assert desk.client().post(path, b"x" * 14_100_000, content_type="application/octet-stream").status_code == 413
    assert Client().post(path, b"x" * 1_100_000, content_type="application/octet-stream").status_code == 413


def test_the_desk_asks_about_as_much_for_three_pages_as_for_twelve(desk: Desk, django_assert_max_num_queries: Any) -> None:
    from tests.factories.directory import ActivityFactory

    client = desk.client()
    client.get("/nb/desk/")
    with django_assert_max_num_queries(70) as few:
        client.get(f"/nb/desk/p/{desk.provider.slug}/")
    for _n in range(9):
        ActivityFactory(municipality=desk.municipality, provider=desk.provider)
    with django_assert_max_num_queries(len(few)):
        client.get(f"/nb/desk/p/{desk.provider.slug}/")
