"""Facts of the directory for tests. A state (approved, imported) is reached by doing the deeds, not here."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory
from wagtail.models import Collection, Locale, Page, Site

from directory.activities.models import Activity, Season
from directory.listings.models import Adaptation, Category, TargetGroup
from directory.municipalities.actions import appoint, set_up_municipality
from directory.municipalities.models import District, Municipality
from directory.places.models import Place
from directory.providers.models import Membership, Provider
from directory.providers.rules import check_digit
from directory.support.models import SupportScheme
from portal.accounts.models import User
from portal.pages.models import HomePage
from tests.made_before import made_before


def cms_root() -> Page:
    """The root page, made again where a test's flush has taken away what migrations made."""
    Locale.objects.get_or_create(language_code="nb")
    if Collection.get_first_root_node() is None:
        Collection.add_root(name="Root")
    return Page.get_first_root_node() or Page.add_root(title="Root", slug="root")


@made_before
def make_municipality(
    number: str = "3909", name: str = "Larvik", host: str = "", is_default: bool = False, **fields: Any
) -> Municipality:
    """A municipality with front page, site, group, collection and workflow. `host` default: <slug>.localhost."""
    root = cms_root()
    slug = name.lower()
    page = root.add_child(
        instance=HomePage(title=name, slug=f"home-{number}", heading_nb=f"Hva har du lyst til å gjøre i {name}?")
    )
    fields.setdefault("languages", ["nb", "en", "ar", "uk"])
    return set_up_municipality(
        number=number, name=name, slug=slug, host=host or f"{slug}.localhost", port=80, root=page, is_default=is_default, **fields
    )


@made_before
def default_municipality(**fields: Any) -> Municipality:
    """Larvik as the default site: what answers at any host, so also to the test client."""
    Site.objects.filter(is_default_site=True).delete()
    return make_municipality(host="testserver", is_default=True, **fields)


def make_staff(municipality: Municipality, email: str = "") -> User:
    """A coordinator of the municipality."""
    user = User.objects.create_user(email or f"staff-{municipality.number}@example.org", "a-long-password-1", name="Staff")
    appoint(user=user, municipality=municipality)
    return user


def org_number(n: int) -> str:
    """The n-th made-up organisation number (series 3) with a valid check digit."""
    found = 0
    for stem in range(31_000_000, 39_999_999):
        digit = check_digit(str(stem))
        if digit is None:
            continue
        if found == n:
            return f"{stem}{digit}"
        found += 1
    raise ValueError("no more numbers")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")


class CategoryFactory(DjangoModelFactory):
    class Meta:
        model = Category

    slug = factory.Sequence(lambda n: f"category-{n}")
    name_nb = factory.Sequence(lambda n: f"Kategori {n}")


class TargetGroupFactory(DjangoModelFactory):
    class Meta:
        model = TargetGroup

    slug = factory.Sequence(lambda n: f"target-{n}")
    name_nb = factory.Sequence(lambda n: f"Målgruppe {n}")


class AdaptationFactory(DjangoModelFactory):
    class Meta:
        model = Adaptation

    slug = factory.Sequence(lambda n: f"adaptation-{n}")
    name_nb = factory.Sequence(lambda n: f"Tilrettelegging {n}")


class DistrictFactory(DjangoModelFactory):
    class Meta:
        model = District

    slug = factory.Sequence(lambda n: f"district-{n}")
    name_nb = factory.Sequence(lambda n: f"Bydel {n}")


class SeasonFactory(DjangoModelFactory):
    class Meta:
        model = Season

    slug = factory.Sequence(lambda n: f"season-{n}")
    name_nb = factory.Sequence(lambda n: f"Ferie {n}")


class LabelledFactory(DjangoModelFactory):
    """A listing; `categories=[…]`, `targets=[…]`, `adaptations=[…]`, `districts=[…]` are set and saved."""

    class Meta:
        abstract = True
        skip_postgeneration_save = True

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        many = {
            name: kwargs.pop(name)
            for name in ("categories", "targets", "adaptations", "districts", "places", "seasons", "sessions", "opening_times")
            if name in kwargs
        }
        listing = model_class(*args, **kwargs)
        for name, values in many.items():
            setattr(listing, name, values)
        listing.save()
        return listing


class ProviderFactory(LabelledFactory):
    class Meta:
        model = Provider

    name_nb = factory.Sequence(lambda n: f"Lag {n}")


class PlaceFactory(LabelledFactory):
    class Meta:
        model = Place

    name_nb = factory.Sequence(lambda n: f"Sted {n}")


class ActivityFactory(LabelledFactory):
    class Meta:
        model = Activity

    name_nb = factory.Sequence(lambda n: f"Aktivitet {n}")
    provider = factory.LazyAttribute(lambda o: ProviderFactory(municipality=o.municipality))


class SupportSchemeFactory(LabelledFactory):
    class Meta:
        model = SupportScheme

    name_nb = factory.Sequence(lambda n: f"Ordning {n}")


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
