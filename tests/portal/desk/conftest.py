"""A municipality with two associations, each with somebody who keeps its page, and a neighbour with one more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from directory.activities.models import Activity, Session
from directory.listings.actions import give_labels
from directory.listings.models import Category
from directory.municipalities.models import Municipality
from directory.places.models import Place
from directory.providers.models import Provider
from portal.accounts.models import User
from tests.factories.directory import (
    ActivityFactory,
    MembershipFactory,
    PlaceFactory,
    ProviderFactory,
    UserFactory,
    default_municipality,
    make_municipality,
    make_staff,
)
from tests.made_before import made_before


@dataclass
class Desk:
    """Who and what the tests speak of."""

    municipality: Municipality
    provider: Provider
    activity: Activity
    place: Place
    editor: User
    staff: User
    others: Provider  # of the same municipality, kept by `stranger`
    stranger: User
    abroad: Provider  # of another municipality
    newcomer: User

    def client(self, user: User | None = None) -> Client:
        client = Client()
        client.force_login(user or self.editor)
        return client

    def path(self, name: str = "", row: Any = None) -> str:
        """An address about one page of the provider: `path("name")` is a step of the activity."""
        row = row or self.activity
        kind = {Provider: "page", Activity: "activities", Place: "places"}[type(row)]
        return f"/nb/desk/p/{self.provider.slug}/{kind}/{row.pk}/{f'{name}/' if name else ''}"

    @property
    def sending(self) -> str:
        """The address where all that was changed is looked over and sent."""
        return f"/nb/desk/p/{self.provider.slug}/send/"

    def looked_over(self, client: Client, *rows: Any) -> dict[str, Any]:
        """What the form holds that somebody sees who wants to send these pages."""
        lines = [line for line in client.get(self.sending).context["lines"] if line["row"] in rows]
        return {"page": [line["key"] for line in lines], **{f"seen-{line['key']}": line["mark"] for line in lines}}

    def send(self, *rows: Any) -> Any:
        """Look over and send."""
        client = self.client()
        return client.post(self.sending, self.looked_over(client, *rows))


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


@made_before
def make_desk() -> Desk:
    municipality = default_municipality(contact_email="kontoret@example.org")
    give_labels(municipality=municipality)
    sport = Category.objects.filter(municipality=municipality, parent=None).order_by("position").first()
    provider = ProviderFactory(
        municipality=municipality, name_nb="Nanset turn", summary_nb="Turn for alle.", categories=[sport], org_number="310000019"
    )
    place = PlaceFactory(
        municipality=municipality, name_nb="Turnhallen", summary_nb="En hall.", provider=provider, categories=[sport]
    )
    activity = ActivityFactory(
        municipality=municipality,
        provider=provider,
        name_nb="Turn for nybegynnere",
        summary_nb="For deg som aldri har prøvd.",
        categories=[sport],
        places=[place],
        sessions=[Session(weekday=2, starts="17:00", ends="18:00")],
    )
    editor = UserFactory(email="leder@example.org", name="Kari Leder")
    MembershipFactory(user=editor, provider=provider)
    others = ProviderFactory(municipality=municipality, name_nb="Hedrum korps", summary_nb="Vi spiller.")
    stranger = UserFactory(email="annen@example.org")
    MembershipFactory(user=stranger, provider=others)
    neighbour = make_municipality("3907", "Sandefjord")
    abroad = ProviderFactory(municipality=neighbour, name_nb="Sandefjord bordtennis")
    return Desk(
        municipality=municipality,
        provider=provider,
        activity=activity,
        place=place,
        editor=editor,
        staff=make_staff(municipality),
        others=others,
        stranger=stranger,
        abroad=abroad,
        newcomer=UserFactory(email="ny@example.org"),
    )
