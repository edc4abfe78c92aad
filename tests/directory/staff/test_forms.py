"""What staff fill in: languages, own rows only, and errors in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext
from wagtail.models import ReferenceIndex
from wagtail.snippets.models import get_snippet_models

from directory.activities.models import Activity, Season
from directory.listings.models import Category
from directory.municipalities.models import District, Municipality, StaffRole, TenantLogEntry
from directory.places.models import Place
from directory.providers.models import Membership, Provider
from portal.accounts.models import User
from portal.languages import CODES
from tests.directory.staff.conftest import Town, editor_of
from tests.factories.directory import CategoryFactory, PlaceFactory, ProviderFactory, org_number

pytestmark = pytest.mark.one_database

VISIBLE = {"contact_name_visibility": "staff", "phone_visibility": "staff", "email_visibility": "staff"}


def url(model: Any, screen: str, *args: Any) -> str:
    return reverse(model.snippet_viewset.get_url_name(screen), args=args)


def inline(prefix: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """The fields of an inline form set."""
    found: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0, f"{prefix}-MIN_NUM_FORMS": 0}
    for number, row in enumerate(rows):
        found |= {
            f"{prefix}-{number}-{name}": value for name, value in {"id": "", "ORDER": number + 1, "DELETE": "", **row}.items()
        }
    return found


def provider_facts(**facts: Any) -> dict[str, Any]:
    return {"kind": "association", "name_nb": "Nordlys turnlag", **VISIBLE, **facts}


def activity_facts(by: Provider, *sessions: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {
        "provider": by.pk,
        "name_nb": "Turn",
        "first_contact_visibility": "staff",
        **VISIBLE,
        **inline("sessions", *sessions),
        **facts,
    }


def errors(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.headers.get("Location")
    form = response.context["form"]
    found = {name: [str(e) for e in problems] for name, problems in form.errors.items()}
    for name, formset in form.formsets.items():
        for number, child in enumerate(formset.errors):
            found |= {f"{name}-{number}-{field}": [str(e) for e in problems] for field, problems in child.items()}
    return found


# ── making ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_new_row_belongs_to_the_municipality_of_whoever_makes_it(kari: Client, here: Town, there: Town) -> None:
    response = kari.post(
        url(Provider, "add"),
        provider_facts(municipality=there.municipality.pk, org_number=org_number(1), **{"action-publish": "1"}),
    )

    assert response.status_code == 302
    provider = Provider.objects.get(name_nb="Nordlys turnlag")
    assert provider.municipality == here.municipality
    assert provider.live
    assert provider.slug == "nordlys-turnlag"


def test_organisation_number_may_be_written_in_groups(kari: Client, here: Town) -> None:
    number = org_number(1)
    kari.post(
        url(Provider, "add"), provider_facts(org_number=f"{number[:3]} {number[3:6]} {number[6:]}", **{"action-publish": "1"})
    )
    assert Provider.objects.get().org_number == number


def test_draft_needs_a_name_and_little_else(kari: Client, here: Town) -> None:
    assert kari.post(url(Provider, "add"), provider_facts()).status_code == 302
    assert not Provider.objects.get().live
    assert "name_nb" in errors(kari.post(url(Provider, "add"), provider_facts(name_nb="", name_en="Northern lights")))


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"age_from": 12, "age_to": 6}, "age_to", "The highest age must not be lower than the lowest."),
        ({"pinned_lat": "59.05"}, "pinned_lon", "Give both numbers, or neither."),
        ({"pinned_lat": "10.03", "pinned_lon": "59.05"}, "pinned_lat", "Latitude and longitude seem to have changed places."),
        ({"pinned_lat": "159", "pinned_lon": "10"}, "pinned_lat", ""),
        ({"org_number": "123456789"}, "org_number", ""),
        ({"social_links": "https://example.org/a\njavascript:alert(1)"}, "social_links", ""),
        ({"spoken": ["xx"]}, "spoken", ""),
    ],
)
def test_what_cannot_be_is_said_at_its_field(kari: Client, here: Town, facts: dict[str, Any], field: str, words: str) -> None:
    found = errors(kari.post(url(Provider, "add"), provider_facts(**facts)))
    assert list(found) == [field]
    assert not words or found[field] == [gettext(words)]
    assert not Provider.objects.exists()


def test_same_number_twice_is_said_and_is_no_fault(kari: Client, here: Town, there: Town) -> None:
    number = org_number(2)
    ProviderFactory(municipality=here.municipality, org_number=number)
    assert list(errors(kari.post(url(Provider, "add"), provider_facts(org_number=number)))) == ["org_number"]
    # in another municipality the same body may be listed too
    ProviderFactory(municipality=there.municipality, org_number=org_number(3))
    assert kari.post(url(Provider, "add"), provider_facts(org_number=org_number(3))).status_code == 302


def test_same_short_name_twice_is_said_and_is_no_fault(kari: Client, here: Town) -> None:
    CategoryFactory(municipality=here.municipality, name_nb="Idrett", slug="idrett")
    assert list(errors(kari.post(url(Category, "add"), {"name_nb": "Idrett", "position": 0}))) == ["slug"]


def test_lists_are_kept_as_lists(kari: Client, here: Town) -> None:
    kari.post(
        url(Provider, "add"),
        provider_facts(
            spoken=["nb", "ar"], social_links="https://example.org/a\n\nhttps://example.org/b", icnpo_codes="1 100\n1 200"
        ),
    )
    provider = Provider.objects.get()
    assert provider.spoken == ["nb", "ar"]
    assert provider.social_links == ["https://example.org/a", "https://example.org/b"]
    assert provider.icnpo_codes == ["1 100", "1 200"]

    kari.post(url(District, "add"), {"kind": "neighbourhood", "name_nb": "Stavern", "postcodes": "3290, 3291\n3292"})
    district = District.objects.get()
    assert (district.slug, district.postcodes) == ("stavern", ["3290", "3291", "3292"])
    assert list(errors(kari.post(url(District, "add"), {"kind": "school", "name_nb": "Berg", "postcodes": "32"}))) == [
        "postcodes"
    ]


# ── languages ───────────────────────────────────────────────────────────────────────────────────────────────


def form_of(model: Any, pk: Any) -> str:
    """Where a row is written: a page of its own where the row's own page shows more than its form."""
    try:
        return url(model, "form", pk)
    except NoReverseMatch:
        return url(model, "edit", pk)


def test_form_offers_the_languages_of_the_municipality(kari: Client, own: Town) -> None:
    for model in get_snippet_models():
        viewset = model.snippet_viewset
        if "name_nb" not in {f.name for f in model._meta.get_fields()} or model not in own.rows:
            continue
        for address in (url(model, "add"), form_of(model, own.rows[model].pk)):
            fields = kari.get(address).context["form"].fields
            shown = {code for code in CODES if f"name_{code}" in fields}
            assert shown == set(own.municipality.languages), (model, address)
            assert fields["name_ar"].widget.attrs["dir"] == "rtl"
            assert viewset.model is model


def test_saving_leaves_languages_that_are_not_offered(kari: Client, here: Town) -> None:
    provider = ProviderFactory(municipality=here.municipality, name_nb="Før", name_so="Waa hore", description_pl="Opis")
    kari.post(url(Provider, "edit", provider.pk), provider_facts(name_nb="Etter", name_so="", **{"action-publish": "1"}))
    provider.refresh_from_db()
    assert (provider.name_nb, provider.name_so, provider.description_pl) == ("Etter", "Waa hore", "Opis")


def test_publishing_an_old_draft_leaves_confirmation_and_position(kari: Client, here: Town) -> None:
    provider = ProviderFactory(municipality=here.municipality, name_nb="Lag", postcode="3290", city="Stavern")
    kari.post(url(Provider, "edit", provider.pk), provider_facts(name_nb="Kladd", postcode="3290", city="Stavern"))
    at = timezone.make_aware(datetime(2026, 1, 2))
    Provider.objects.filter(pk=provider.pk).update(
        confirmed_at=at, confirmed_as="provider", lat=59.5, lon=10.5, precision="address"
    )

    kari.post(
        url(Provider, "edit", provider.pk),
        provider_facts(name_nb="Kladd", postcode="3290", city="Stavern", **{"action-publish": "1"}),
    )

    provider.refresh_from_db()
    assert (provider.name_nb, provider.live) == ("Kladd", True)
    assert (provider.confirmed_at, provider.lat, provider.precision) == (at, 59.5, "address")


# ── own rows only ───────────────────────────────────────────────────────────────────────────────────────────


def test_every_choice_in_every_form_is_own(kari: Client, own: Town, there: Town) -> None:
    looked_at = 0
    for model, row in own.rows.items():
        viewset = model.snippet_viewset
        if not viewset.permission_policy.user_has_permission(own.staff, "change"):
            continue
        context = kari.get(form_of(model, row.pk)).context
        if "form" not in context:
            continue
        form = context["form"]
        formsets = getattr(form, "formsets", {}).values()
        children = [child for formset in formsets for child in (*formset.forms, formset.empty_form)]
        for one in (form, *children):
            for name, field in one.fields.items():
                if hasattr(field, "queryset") and field.queryset.model in there.rows:
                    looked_at += 1
                    assert there.rows[field.queryset.model] not in field.queryset, (model, name)
    assert looked_at > 20


@pytest.mark.parametrize("field", ["provider", "categories", "targets", "adaptations", "districts", "places", "seasons", "image"])
def test_foreign_row_posted_is_refused(kari: Client, own: Town, there: Town, field: str) -> None:
    foreign = {
        "provider": there.row("Provider"),
        "categories": there.row("Category"),
        "targets": there.row("TargetGroup"),
        "adaptations": there.row("Adaptation"),
        "districts": there.row("District"),
        "places": there.row("Place"),
        "seasons": there.row("Season"),
        "image": there.image,
    }[field]
    response = kari.post(url(Activity, "add"), activity_facts(own.row("Provider"), **{field: foreign.pk}))
    assert list(errors(response)) == [field]


def test_foreign_place_in_a_session_is_refused(kari: Client, own: Town, there: Town) -> None:
    session = {"weekday": 2, "weeks": "every", "place": there.row("Place").pk}
    response = kari.post(url(Activity, "add"), activity_facts(own.row("Provider"), session))
    assert list(errors(response)) == ["sessions-0-place"]


def test_own_place_in_a_session_is_kept(kari: Client, own: Town) -> None:
    session = {"weekday": 2, "weeks": "every", "starts": "18:00", "place": own.row("Place").pk}
    response = kari.post(url(Activity, "add"), activity_facts(own.row("Provider"), session, **{"action-publish": "1"}))
    assert response.status_code == 302
    (kept,) = Activity.objects.get(name_nb="Turn").sessions.all()
    assert (kept.weekday, kept.place) == (2, own.row("Place"))


@pytest.mark.parametrize("session", [{"weeks": "every"}, {"weekday": 2, "date": "2026-05-05", "weeks": "every"}])
def test_session_is_a_weekday_or_a_date(kari: Client, own: Town, session: dict[str, Any]) -> None:
    response = kari.post(url(Activity, "add"), activity_facts(own.row("Provider"), session))
    assert list(errors(response)) == ["sessions-0-date"]


@pytest.mark.parametrize("field", ["first_day", "last_day"])
@pytest.mark.parametrize("day", ["9999-12-31", "0026-05-05"])
def test_a_year_that_makes_no_sense_is_refused(kari: Client, own: Town, field: str, day: str) -> None:
    response = kari.post(url(Activity, "add"), activity_facts(own.row("Provider"), {"weekday": 2, "weeks": "every", field: day}))
    assert list(errors(response)) == [f"sessions-0-{field}"]
    assert "1900" in str(errors(response))


def test_a_date_and_a_season_in_thousands_of_years_are_refused(kari: Client, own: Town) -> None:
    dated = activity_facts(own.row("Provider"), {"date": "9026-05-05", "weeks": "every"})
    assert list(errors(kari.post(url(Activity, "add"), dated))) == ["sessions-0-date"]
    season = {"name_nb": "Sommer", "starts": "2026-06-20", "ends": "9999-12-31"}
    assert list(errors(kari.post(url(Season, "add"), season))) == ["ends"]


def test_cancelled_days_are_written_as_people_write_them(kari: Client, own: Town) -> None:
    session = {"weekday": 4, "weeks": "every", "cancelled": "31.12.2026\n2026-12-24, 24.12.26"}
    response = kari.post(url(Activity, "add"), activity_facts(own.row("Provider"), session, **{"action-publish": "1"}))
    assert response.status_code == 302
    turn = Activity.objects.get(name_nb="Turn")
    assert [kept.cancelled for kept in turn.sessions.all()] == [["2026-12-24", "2026-12-31"]]
    assert "24.12.2026\n31.12.2026" in kari.get(url(Activity, "edit", turn.pk)).content.decode().replace("\r", "")


def test_a_cancelled_day_that_is_no_day_is_refused(kari: Client, own: Town) -> None:
    session = {"weekday": 4, "weeks": "every", "cancelled": "31.2.2026"}
    response = kari.post(url(Activity, "add"), activity_facts(own.row("Provider"), session))
    assert list(errors(response)) == ["sessions-0-cancelled"]


def test_staff_of_two_municipalities_choose_one_and_mix_none(client: Client, own: Town, there: Town) -> None:
    client.force_login(editor_of(own.municipality, there.municipality))

    assert "municipality" in client.get(url(Provider, "add")).context["form"].fields
    assert "municipality" in errors(client.post(url(Provider, "add"), provider_facts()))

    mixed = provider_facts(municipality=own.municipality.pk, categories=there.row("Category").pk)
    assert list(errors(client.post(url(Provider, "add"), mixed))) == ["categories"]
    session = {"weekday": 2, "weeks": "every", "place": there.row("Place").pk}
    mixed = activity_facts(own.row("Provider"), session, municipality=own.municipality.pk)
    assert "sessions-0-place" in errors(client.post(url(Activity, "add"), mixed))

    right = provider_facts(municipality=there.municipality.pk, categories=there.row("Category").pk)
    assert client.post(url(Provider, "add"), right).status_code == 302
    assert Provider.objects.get(name_nb="Nordlys turnlag").municipality == there.municipality


def test_row_does_not_move_to_another_municipality(boss: Client, own: Town, there: Town) -> None:
    provider = ProviderFactory(municipality=own.municipality)
    boss.post(url(Provider, "edit", provider.pk), provider_facts(municipality=there.municipality.pk, **{"action-publish": "1"}))
    provider.refresh_from_db()
    assert (provider.name_nb, provider.municipality) == ("Nordlys turnlag", own.municipality)


# ── people and the municipality ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ["coordinator", "editor", "superuser"])
def test_nobody_gives_or_takes_a_page_without_those_who_keep_it_being_told(
    client: Client, boss: Client, own: Town, role: str
) -> None:
    """The list of who keeps what is for reading: roles are given and ended by deeds that write letters."""
    if role == "superuser":
        client = boss
    else:
        client.force_login(own.staff if role == "coordinator" else editor_of(own.municipality))
    row, provider = own.row("Membership"), own.row("Provider")
    before = list(Membership.objects.values("pk", "user", "provider", "role"))
    me = {"provider": provider.pk, "email": "both@example.org", "role": "editor", "user": own.staff.pk}
    for address in (url(Membership, "add"), url(Membership, "edit", row.pk), url(Membership, "delete", row.pk)):
        client.post(address, me)
        client.get(address)
    client.post(f"/cms/bulk/directory/membership/delete/?id={row.pk}")
    assert list(Membership.objects.values("pk", "user", "provider", "role")) == before
    page = client.get(url(Membership, "list"))
    assert page.status_code == 200
    assert str(row) in page.content.decode()
    assert url(Membership, "add") not in page.content.decode()
    assert url(Membership, "edit", row.pk) not in page.content.decode()


def test_trust_is_taken_at_once_and_publishes_nothing_unsent(kari: Client, here: Town) -> None:
    provider = ProviderFactory(municipality=here.municipality, name_nb="Korpset", publishes_at_once=True)
    unsent = Provider.objects.get(pk=provider.pk)
    unsent.name_nb = "Ikke sendt"
    unsent.save_revision()

    kari.post(url(Provider, "edit", provider.pk), provider_facts(name_nb="Ikke sendt"))  # kept as a draft, not published

    provider.refresh_from_db()
    assert (provider.publishes_at_once, provider.name_nb) == (False, "Korpset")
    assert TenantLogEntry.objects.filter(action="provider.end_trust", user=here.staff).count() == 1
    kari.post(url(Provider, "edit", provider.pk), provider_facts(name_nb="Ikke sendt", publishes_at_once="on"))
    old = Provider.objects.get(pk=provider.pk).latest_revision
    kari.post(url(Provider, "edit", provider.pk), provider_facts(name_nb="Ikke sendt"))
    old.publish()  # said yes to trust when it was written
    provider.refresh_from_db()
    assert (provider.publishes_at_once, provider.name_nb) == (False, "Ikke sendt")


def test_number_and_name_of_the_municipality_are_for_who_runs_the_installation(kari: Client, boss: Client, here: Town) -> None:
    address = url(Municipality, "edit", here.municipality.pk)
    facts = {"name": "Larvik kommune", "number": "3909", "slug": "larvik", "lat": "59", "lon": "10", "boundary": "null"}

    assert kari.post(address, facts).status_code == 404
    assert boss.post(address, facts).status_code == 302

    here.municipality.refresh_from_db()
    assert here.municipality.name == "Larvik kommune"
    assert here.municipality.languages == ["nb", "en", "ar", "uk"], "what the form does not ask for stays"


def test_editor_does_not_look_after_the_municipality(client: Client, here: Town) -> None:
    client.force_login(editor_of(here.municipality))
    assert client.get(url(Municipality, "edit", here.municipality.pk)).status_code == 404
    assert client.get(url(Provider, "list")).status_code == 200


def test_appointing_and_dismissing(boss: Client, here: Town) -> None:
    boss.post(url(StaffRole, "add"), {"municipality": here.municipality.pk, "email": "ny@example.org", "role": "editor"})
    person, browser = User.objects.get(email="ny@example.org"), Client()
    browser.force_login(person)
    assert browser.get(url(Provider, "list")).status_code == 200

    boss.post(url(StaffRole, "delete", StaffRole.objects.get(user=person).pk))

    assert browser.get(url(Provider, "list")).status_code in {302, 403}
    assert not person.groups.exists()


def test_place_in_use_is_told_of_and_category_with_children_is_left(kari: Client, here: Town) -> None:
    parent = CategoryFactory(municipality=here.municipality, name_nb="Idrett")
    CategoryFactory(municipality=here.municipality, name_nb="Fotball", parent=parent)
    ReferenceIndex.objects.all().delete()  # as old as the queue; without it only the database knows
    response = kari.post(url(Category, "delete", parent.pk), follow=True)
    assert Category.objects.filter(pk=parent.pk).exists()
    (message,) = response.context["messages"]
    assert "Fotball" in str(message)


def test_opening_hours(kari: Client, here: Town) -> None:
    place = PlaceFactory(municipality=here.municipality, name_nb="Hallen")
    facts = {"kind": "venue", "name_nb": "Hallen", **VISIBLE}
    shut = inline("opening_times", {"weekday": 1, "opens": "10:00", "closes": "10:00"})
    assert list(errors(kari.post(url(Place, "edit", place.pk), facts | shut))) == ["opening_times-0-closes"]
    late = inline("opening_times", {"weekday": 5, "opens": "22:00", "closes": "02:00"})
    assert kari.post(url(Place, "edit", place.pk), facts | late | {"action-publish": "1"}).status_code == 302
    assert [(o.weekday, str(o.closes)) for o in place.opening_times.all()] == [(5, "02:00:00")]
