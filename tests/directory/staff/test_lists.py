"""Lists of staff: what they show, find, filter and export, and what many rows cost."""

from __future__ import annotations

import csv
import io
from datetime import time, timedelta
from itertools import product
from typing import Any
from urllib.parse import quote, urlencode

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.snippets.models import get_snippet_models

from directory.activities.models import Activity, Session
from directory.listings.kinds import ConfirmedAs
from directory.municipalities.tenancy import TenantViewSet
from directory.places.models import Place
from directory.providers.models import Membership, Provider
from directory.reports.models import ErrorReport
from portal.kit.exports import as_typed
from tests.directory.staff.conftest import MAKERS, Town
from tests.factories.directory import (
    ActivityFactory,
    CategoryFactory,
    DistrictFactory,
    MembershipFactory,
    PlaceFactory,
    ProviderFactory,
    SupportSchemeFactory,
    org_number,
)


def url(model: Any) -> str:
    return reverse(model.snippet_viewset.get_url_name("list"))


def shown(response: Any) -> list[str]:
    assert response.status_code == 200
    return [str(row) for row in response.context["object_list"]]


def exported(browser: Client, model: Any, **params: Any) -> list[dict[str, str]]:
    response = browser.get(url(model), {"export": "csv", **params})
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


# ── cost ────────────────────────────────────────────────────────────────────────────────────────────────────


def queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert browser.get(address).status_code == 200
    return len(caught)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("factory", "export"),
    [
        pytest.param(factory, export, marks=[] if (number % 2 == export) else [pytest.mark.nightly])
        for number, factory in enumerate([ProviderFactory, ActivityFactory, PlaceFactory, SupportSchemeFactory])
        for export in (False, True)
    ],
)
def test_list_costs_the_same_for_one_and_for_twenty(kari: Client, here: Town, factory: Any, export: bool) -> None:
    district = DistrictFactory(municipality=here.municipality)
    category = CategoryFactory(municipality=here.municipality)

    def make() -> None:
        listing = factory(municipality=here.municipality, districts=[district], categories=[category])
        listing.save_revision(user=here.staff)
        listing.get_workflow().start(listing, here.staff)

    model = factory._meta.model
    address = url(model) + ("?export=csv" if export else "")
    make()
    kari.get(address)
    one = queries(kari, address)
    for _n in range(19):
        make()
    assert len(shown(kari.get(url(model)))) == 20
    assert queries(kari, address) == one


def test_other_lists_cost_the_same_for_one_and_for_more(kari: Client, own: Town) -> None:
    models = [m for m in get_snippet_models() if isinstance(m.snippet_viewset, TenantViewSet) and m.__name__ in MAKERS]
    models = [
        m
        for m in models
        if m.__name__ in {"Category", "TargetGroup", "Adaptation", "District", "Season", "Membership", "ErrorReport"}
    ]
    for model in models:
        kari.get(url(model))
    before = {model: queries(kari, url(model)) for model in models}
    for n in range(5):
        for model in models:
            MAKERS[model.__name__](own, f"Nummer{n}")
    assert {model: queries(kari, url(model)) for model in models} == before


# ── finding ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_search_looks_in_every_language_and_number(kari: Client, here: Town) -> None:
    ProviderFactory(municipality=here.municipality, name_nb="Turnlaget", name_ar="نادي", org_number=org_number(1))
    ProviderFactory(municipality=here.municipality, name_nb="Korpset", city="Stavern")
    assert shown(kari.get(url(Provider), {"q": "نادي"})) == ["Turnlaget"]
    assert shown(kari.get(url(Provider), {"q": "korps stavern"})) == ["Korpset"]
    assert shown(kari.get(url(Provider), {"q": org_number(1)[:7]})) == ["Turnlaget"]
    assert shown(kari.get(url(Provider), {"q": "korps turn"})) == []


def test_filters(kari: Client, here: Town) -> None:
    now, town = timezone.now(), here.municipality
    district = DistrictFactory(municipality=town, postcodes=["3290"])
    sport = CategoryFactory(municipality=town)
    ball = CategoryFactory(municipality=town, parent=sport)
    fresh = {"confirmed_at": now - timedelta(days=3), "confirmed_as": ConfirmedAs.STAFF}
    ProviderFactory(municipality=town, name_nb="Fersk", categories=[ball], volunteers_wanted=True, **fresh)
    ProviderFactory(municipality=town, name_nb="Gammel", confirmed_at=now - timedelta(days=500), hidden_at=now, postcode="3290")
    ProviderFactory(municipality=town, name_nb="Kladd", live=False, districts=[district])
    ProviderFactory(municipality=town, name_nb="Slettet", delisted_at=now, kind="faith", pinned_lat=59.0, pinned_lon=10.0)
    waiting = ProviderFactory(municipality=town, name_nb="Venter")
    waiting.save_revision(user=here.staff)
    waiting.get_workflow().start(waiting, here.staff)
    ActivityFactory(municipality=town, name_nb="Annet", provider=waiting)

    def found(**params: Any) -> set[str]:
        return set(shown(kari.get(url(Provider), params)))

    assert found(status="live") == {"Fersk", "Venter"}
    assert found(status="draft") == {"Kladd"}
    assert found(status="hidden") == {"Gammel"}
    assert found(status="delisted") == {"Slettet"}
    assert found(status="waiting") == {"Venter"}
    assert found(confirmed="never") == {"Kladd", "Slettet", "Venter"}
    assert found(confirmed="12") == found(confirmed="15") == {"Gammel"}
    assert found(confirmed="year") == {"Fersk"}
    assert found(categories=sport.pk) == {"Fersk"}
    assert found(district=district.pk) == {"Gammel", "Kladd"}
    assert found(volunteers_wanted="true") == {"Fersk"}
    assert found(kind="faith") == {"Slettet"}
    assert found(located="exact") == {"Slettet"}
    assert found(located="rough") == {"Gammel"}
    assert found(located="no") == {"Fersk", "Kladd", "Venter"}
    assert found(status="live", volunteers_wanted="true") == {"Fersk"}


def test_filter_of_a_foreign_category_finds_nothing(kari: Client, own: Town, there: Town) -> None:
    response = kari.get(url(Provider), {"categories": there.row("Category").pk})
    assert there.row("Category").name_nb not in response.content.decode()


@pytest.mark.parametrize(
    "field", ["name_nb", "-name_nb", "kind", "city", "live", "confirmed_at", "volunteers_wanted", "nonsense"]
)
def test_ordering(kari: Client, here: Town, field: str) -> None:
    ProviderFactory(municipality=here.municipality, name_nb="A", city="Stavern")
    ProviderFactory(municipality=here.municipality, name_nb="B", city="Larvik")
    rows = shown(kari.get(url(Provider), {"ordering": field}))
    assert sorted(rows) == ["A", "B"]
    if field in {"-name_nb", "city"}:
        assert rows == ["B", "A"]


# ── exporting ───────────────────────────────────────────────────────────────────────────────────────────────

LIVE = ['=HYPERLINK("http://example.org","x")', "+1", "-1+1", "@SUM(A1)", "\t=1", "＝1"]


@pytest.mark.parametrize("text", LIVE)
def test_exported_cells_are_never_formulas(kari: Client, here: Town, text: str) -> None:
    town = here.municipality
    provider = ProviderFactory(
        municipality=town,
        name_nb=text,
        city=text[:80],
        contact_name=text[:120],
        categories=[CategoryFactory(municipality=town, name_nb=text)],
    )
    ActivityFactory(municipality=town, name_nb=text, provider=provider)
    MembershipFactory(provider=provider, user__name=text)
    ErrorReport.objects.create(municipality=town, kind="provider", listing_id=1, listing_name=text, topic="other", text=text)
    provider.save_revision(user=here.staff, log_action="wagtail.edit")
    for model in (Provider, Activity, Membership, ErrorReport):
        (row,) = exported(kari, model)
        cells = [value for value in row.values() if value]
        assert any(text in as_typed(value) for value in cells), model
        assert not [value for value in cells if value.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))], model
        sheet = openpyxl.load_workbook(io.BytesIO(kari.get(url(model), {"export": "xlsx"}).getvalue())).active
        assert not [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
        assert any(str(cell.value).startswith("'") for line in sheet.iter_rows() for cell in line)
    history = kari.get("/cms/reports/site-history/?export=csv")
    assert "\n=" not in b"".join(history.streaming_content).decode().replace(",=", "\n=").replace(',"=', "\n=")


def test_export_is_what_the_filters_show(kari: Client, here: Town) -> None:
    ProviderFactory(municipality=here.municipality, name_nb="Ja", volunteers_wanted=True, membership_fee=None)
    ProviderFactory(municipality=here.municipality, name_nb="Nei")
    (row,) = exported(kari, Provider, volunteers_wanted="true")
    assert "Ja" in row.values()


def test_export_holds_every_text_in_the_languages_of_the_municipality_and_when_it_meets(kari: Client, here: Town) -> None:
    here.municipality.languages = ["nb", "ti"]
    here.municipality.save()
    activity = ActivityFactory(
        municipality=here.municipality, name_nb="Kor", name_ti="መዘምራን", description_ti="ንኹሉ", easy_nb="Vi synger."
    )
    Session.objects.all().delete()
    Session.objects.create(activity=activity, weekday=2, starts=time(18), ends=time(19, 30))
    (row,) = exported(kari, Activity)
    cells = list(row.values())
    assert {"Kor", "መዘምራን", "ንኹሉ", "Vi synger."} <= set(cells)
    assert any("18:00–19:30" in cell for cell in cells), cells
    assert not any("[fr]" in heading or "[en]" in heading for heading in row)


# ── deeds on many ───────────────────────────────────────────────────────────────────────────────────────────


def do(browser: Client, model: str, action: str, *rows: Any, **params: Any) -> Any:
    ids = [("id", row.pk if hasattr(row, "pk") else row) for row in rows]
    query = "&".join(f"{name}={value}" for name, value in [*ids, *params.items()])
    address = f"/cms/bulk/directory/{model}/{action}/?{query}"
    assert browser.get(address).status_code == 200
    response = browser.post(address)
    assert response.status_code == 302
    return response


def test_publish_unpublish_confirm(kari: Client, here: Town) -> None:
    one = ProviderFactory(municipality=here.municipality, name_nb="Før", hidden_at=timezone.now())
    one.name_nb = "Etter"
    one.save_revision(user=here.staff)
    other = ProviderFactory(municipality=here.municipality, live=False)

    do(kari, "provider", "publish", one, other)
    for row in (one, other):
        row.refresh_from_db()
    assert (one.name_nb, one.live, other.live) == ("Etter", True, True)

    do(kari, "provider", "confirm", one)
    one.refresh_from_db()
    assert (one.confirmed_by, one.confirmed_as, one.hidden_at) == (here.staff, "staff", None)

    do(kari, "provider", "unpublish", one, other)
    assert not Provider.objects.filter(live=True).exists()


def test_volunteers_wanted_stays_when_a_draft_is_published_later(kari: Client, here: Town) -> None:
    place = PlaceFactory(municipality=here.municipality, name_nb="Live")
    place.name_nb = "Kladd"
    place.save_revision(user=here.staff)

    do(kari, "place", "volunteers-wanted", place)

    place.refresh_from_db()
    assert (place.name_nb, place.volunteers_wanted) == ("Live", True), "the draft is not published on the way"
    do(kari, "place", "publish", place)
    place.refresh_from_db()
    assert (place.name_nb, place.volunteers_wanted) == ("Kladd", True)
    do(kari, "place", "no-volunteers-wanted", place)
    place.refresh_from_db()
    assert not place.volunteers_wanted
    assert not place.get_latest_revision_as_object().volunteers_wanted


def test_all_means_all_that_the_filters_show(kari: Client, here: Town) -> None:
    for n in range(4):
        ProviderFactory(municipality=here.municipality, name_nb=f"Lag {n}", volunteers_wanted=n < 2)
    do(kari, "provider", "delete", "all", next=url(Provider) + "%3Fvolunteers_wanted=true%26q=lag")
    assert sorted(Provider.objects.values_list("name_nb", flat=True)) == ["Lag 2", "Lag 3"]


def test_delete_leaves_what_is_in_use_and_says_so(kari: Client, here: Town) -> None:
    parent = CategoryFactory(municipality=here.municipality, name_nb="Idrett")
    child = CategoryFactory(municipality=here.municipality, name_nb="Fotball", parent=parent)
    alone = CategoryFactory(municipality=here.municipality, name_nb="Kunst")
    do(kari, "category", "delete", parent, alone)
    assert set(type(parent).objects.all()) == {parent, child}


def test_error_reports_are_dealt_with_and_put_back(kari: Client, own: Town) -> None:
    report = own.row("ErrorReport")
    do(kari, "errorreport", "handle", report)
    report.refresh_from_db()
    assert report.handled_by == own.staff
    do(kari, "errorreport", "reopen", report)
    report.refresh_from_db()
    assert report.handled_at is None

    address = reverse(ErrorReport.snippet_viewset.get_url_name("edit"), args=[report.pk])
    assert own.row("Provider").name_nb in kari.get(address).content.decode()
    kari.post(address, {"done": "on", "listing_name": "Annet", "text": "Annet"})
    report.refresh_from_db()
    assert (report.handled_by, report.text) == (own.staff, "Larvikting")
    assert kari.get(reverse(ErrorReport.snippet_viewset.get_url_name("add"))).status_code in {302, 403}

    kari.post(address, {"done": "on", "note": " Ringte laget. Tida er rettet. "})
    kari.post(address, {"note": "Likevel feil."})
    report.refresh_from_db()
    assert (report.note, report.handled_at) == ("Likevel feil.", None)
    history = kari.get(reverse(ErrorReport.snippet_viewset.get_url_name("history"), args=[report.pk])).content.decode()
    assert "håndtert: Ringte laget. Tida er rettet." in history
    assert "ikke ferdig behandlet: Likevel feil." in history
    do(kari, "errorreport", "handle", report)
    report.refresh_from_db()
    assert report.note == "Likevel feil.", "what many are marked with takes no note away"


def test_dashboard_tells_what_waits(kari: Client, own: Town, there: Town) -> None:
    Provider.objects.update(confirmed_at=timezone.now() - timedelta(days=400))
    panels = {queue.label: queue.count for queue in waiting(kari)}
    assert panels == {
        "Forslag og forespørsler": 5,  # four listings, and somebody who asks for a page
        "Feilmeldinger fra innbyggere": 1,
        "Sider uten noen å spørre": 1,
        "Tilbydere som ikke er bekreftet på et år": 2,
    }


def waiting(browser: Client) -> list[Any]:
    from directory.municipalities.dashboard import queues

    request = browser.get("/cms/").wsgi_request
    return [queue for queue in queues(request.user) if queue.count]


def test_place_list_is_found_by_street(kari: Client, here: Town) -> None:
    PlaceFactory(municipality=here.municipality, name_nb="Hallen", street="Storgata 1")
    assert shown(kari.get(url(Place), {"q": "storgata"})) == ["Hallen"]


@pytest.mark.parametrize("end", ["", "&export=csv"])
def test_no_order_reaches_into_other_tables(kari: Client, own: Town, end: str) -> None:
    """An order that can be asked for is a question that is answered: by sorting, a password is guessed letter by letter."""
    orders = ["municipality__staff_roles__user__password", "-user__password", "latest_revision__user__email", "?", "x" * 3_000]
    for asked, name in product(orders, ("Provider", "Activity", "ErrorReport", "ImportRun", "Membership", "Category")):
        model = type(own.row(name))
        with CaptureQueriesContext(connection) as asked_for:
            assert kari.get(f"{url(model)}?ordering={asked}{end}").status_code == 200, (name, asked)
        used = [query["sql"].partition("ORDER BY")[2] for query in asked_for if f'FROM "{model._meta.db_table}"' in query["sql"]]
        assert used
        assert not any("password" in order or "RAND" in order or "accounts_user" in order for order in used), asked


def test_no_words_fell_a_search(kari: Client, own: Town) -> None:
    provider = Provider.snippet_viewset  # type: ignore[attr-defined]
    chooser = reverse(f"{provider.get_chooser_admin_url_namespace()}:choose_results")
    for words in ("a\x00b", "\x00", "x" * 100_000, "%" * 60_000, "a " * 50_000):
        for address in (url(Provider), chooser):
            assert kari.get(address, {"q": words}).status_code == 200, words[:9]


def test_ids_that_are_none_are_no_fault(kari: Client, own: Town) -> None:
    space = Provider.snippet_viewset.get_chooser_admin_url_namespace()  # type: ignore[attr-defined]
    for said in ("²", "\x00", "9" * 40, "-1", "x", "٩٩٩٩٩", ""):
        query = urlencode({"id": said})
        assert kari.get(f"{reverse(f'{space}:chosen_multiple')}?{query}").status_code == 200, said
        for address in (
            f"/cms/bulk/directory/provider/delete/?{query}", f"/cms/bulk/wagtailimages/image/delete/?{query}",
            f"/cms/snippets/directory/provider/edit/{quote(said)}x/", f"{reverse(f'{space}:chosen', args=['x'])}",
        ):  # fmt: skip
            assert kari.get(address).status_code in {302, 400, 404}, address
