"""A coordinator changes the own site, at once and with an entry in the log; nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from directory.municipalities.actions import appoint
from directory.municipalities.models import Feature, Municipality, StaffRole, TenantLogEntry
from portal.accounts.models import User
from portal.our_site.actions import give_pages, look_for, mark_of_menu, mark_of_site
from portal.our_site.forms import SWITCHES
from portal.pages.look import SiteLook, renew_stamp
from portal.pages.menu import MenuItem, Spot
from portal.translating.looking import look_at_everything
from tests.factories.directory import CategoryFactory

pytestmark = pytest.mark.one_database


def said(town: Municipality, **changes: Any) -> dict[str, Any]:
    """The form as it stands, with some answers changed. None: a box without a tick."""
    town = Municipality.objects.get(pk=town.pk)
    look = look_for(town)
    answers: dict[str, Any] = {"contact_email": town.contact_email, "seen": mark_of_site(town, look)}
    answers |= {name: getattr(look, name) for name in ("accent", "brand", "neutral")}
    answers |= {
        f"{text}_{code}": getattr(look, f"{text}_{code}") or "" for text in ("footer", "contact") for code in town.languages
    }
    answers |= {f"part_{feature.value}": "on" for feature in SWITCHES if town.has(feature)}
    for place, code in enumerate(town.languages, 1):
        answers |= {f"offer_{code}": "on", f"place_{code}": place}
    answers |= {f"checked_{code}": "on" for code in town.checked_languages}
    answers |= changes
    return {name: value for name, value in answers.items() if value is not None}


def edit(desk: Client, town: Municipality, **changes: Any) -> Any:
    return desk.post(reverse("our-site-edit", args=[town.pk]), said(town, **changes))


# ── languages ───────────────────────────────────────────────────────────────────────────────────────────────


def test_language_switched_on_is_there_at_once_and_off_is_gone(desk: Client, town: Municipality) -> None:
    assert desk.get("/so/").status_code == 404

    assert edit(desk, town, offer_so="on", place_so="2", offer_uk=None).status_code == 302

    town.refresh_from_db()
    assert town.languages == ["nb", "en", "so", "ar"]
    assert desk.get("/so/").status_code == 200
    assert desk.get("/uk/").status_code == 404


def test_first_language_is_where_the_site_opens(desk: Client, town: Municipality) -> None:
    edit(desk, town, place_nb="2", place_en="1")
    assert Client().get("/").headers["Location"] == "/en/"


def test_norwegian_stays(desk: Client, town: Municipality) -> None:
    response = edit(desk, town, offer_nb=None)
    assert response.status_code == 200
    assert "bokmål" in str(response.context["form"].non_field_errors())
    town.refresh_from_db()
    assert town.languages == ["nb", "en", "ar", "uk"]
    assert edit(desk, town, offer_nb=None, offer_nn="on", place_nn="1").status_code == 302


def test_checked_language_carries_no_note_any_more(desk: Client, town: Municipality) -> None:
    assert b"page-notice" in Client().get("/ar/").content
    edit(desk, town, checked_ar="on")
    assert b"page-notice" not in Client().get("/ar/").content


def test_language_switched_on_later_brings_its_pages(desk: Client, town: Municipality) -> None:
    give_pages(town)

    edit(desk, town, offer_so="on")

    page = Client().get("/so/personvern/").content.decode()
    assert "<h1>Asturnaanta</h1>" in page
    assert "Bogaggan waad isticmaali kartaa" in page


def test_beside_each_language_stands_how_much_is_translated(desk: Client, town: Municipality) -> None:
    for n in range(4):
        CategoryFactory(municipality=town, name_nb=f"Sport {n}", name_so="Ciyaar" if n == 0 else None)
    look_at_everything()

    shown = desk.get(reverse("our-site-edit", args=[town.pk]))

    percent = {row.code: row.percent for row in shown.context["form"].language_rows()}
    assert (percent["nb"], percent["so"], percent["pl"]) == (100, 25, 0)
    assert "25 % oversatt" in shown.content.decode()
    assert f"?municipality={town.number}&amp;lang=ar" in shown.content.decode()


# ── two at once ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_somebody_else_saved_meanwhile_is_not_undone(desk: Client, town: Municipality) -> None:
    mine = said(town, accent="#0b5c7a", footer_nb="Skrevet av Kari")
    assert edit(desk, town, offer_so="on", part_calendar="on").status_code == 302
    SiteLook.objects.filter(municipality=town).update(footer_so="Qoraal")
    address = reverse("our-site-edit", args=[town.pk])

    refused = desk.post(address, mine)

    assert refused.status_code == 200
    assert "Noen andre har endret dette" in refused.content.decode()
    town.refresh_from_db()
    assert "so" in town.languages
    assert SiteLook.objects.get().accent == ""
    form = refused.context["form"]
    assert (form["accent"].value(), form["footer_nb"].value()) == ("#0b5c7a", "Skrevet av Kari"), "nothing typed is lost"
    assert form["footer_so"].value() == "Qoraal", "what came meanwhile, where nothing was typed"

    again = mine | {"seen": form["seen"].value(), "offer_so": "on", "part_calendar": "on", "footer_so": "Qoraal"}
    assert desk.post(address, again).status_code == 302
    look = SiteLook.objects.get()
    assert (look.accent, look.footer_nb, look.footer_so) == ("#0b5c7a", "Skrevet av Kari", "Qoraal")


def test_page_published_meanwhile_stops_nobody(desk: Client, town: Municipality) -> None:
    mine = said(town, contact_email="ny@example.org")
    renew_stamp(town.pk)
    assert desk.post(reverse("our-site-edit", args=[town.pk]), mine).status_code == 302


def test_form_without_the_mark_of_what_it_showed_is_refused(desk: Client, town: Municipality) -> None:
    assert edit(desk, town, seen=None, contact_email="ny@example.org").status_code == 200
    assert desk.post(reverse("our-site-menu", args=[town.pk]), rows({"spot": "top", "target": "fixed:find"})).status_code == 200
    assert not MenuItem.objects.exists()


def test_menu_that_somebody_else_changed_meanwhile_is_not_undone(desk: Client, town: Municipality) -> None:
    for order, (label, resting) in enumerate((("Finn", "Знайти"), ("Hjelp", "Допомога"))):
        MenuItem.objects.create(
            municipality=town, spot=Spot.TOP, sort_order=order, fixed="find", label_nb=label, label_uk=resting
        )
    edit(desk, town, offer_uk=None)
    address = reverse("our-site-menu", args=[town.pk])
    shown = desk.get(address).context
    mine = [
        {"place": n, **{k: "" if v is None else v for k, v in form.initial.items() if k in form.fields}}
        for n, form in enumerate(shown["formset"].initial_forms, 1)
    ]
    mine[1]["label_nb"] = "Få hjelp"
    MenuItem.objects.filter(label_nb="Finn").update(label_nb="Søk", sort_order=9)

    refused = desk.post(address, rows(*mine, before=len(mine)) | {"seen": shown["seen"]})

    assert refused.status_code == 200
    assert "Noen andre har endret dette" in refused.content.decode()
    assert "Få hjelp" in refused.content.decode(), "nothing typed is lost"
    assert set(MenuItem.objects.values_list("label_nb", flat=True)) == {"Søk", "Hjelp"}

    assert desk.post(address, rows(*mine, before=len(mine)) | {"seen": refused.context["seen"]}).status_code == 302
    found = MenuItem.objects.filter(municipality=town, spot=Spot.TOP).order_by("sort_order", "pk")
    assert list(found.values_list("label_nb", "label_uk")) == [("Finn", "Знайти"), ("Få hjelp", "Допомога")]


# ── colours, words, parts ───────────────────────────────────────────────────────────────────────────────────


def test_colours_are_linked_and_served_for_good(desk: Client, town: Municipality) -> None:
    assert b"/theme/" not in Client().get("/nb/").content

    edit(desk, town, accent="#0B5C7A", neutral="#24303A")

    look = SiteLook.objects.get(municipality=town)
    assert f'<link rel="stylesheet" href="{look.theme_address}">' in Client().get("/nb/").content.decode()
    sheet = Client().get(look.theme_address)
    assert sheet.status_code == 200
    assert "immutable" in sheet.headers["Cache-Control"]
    assert sheet.headers["Content-Type"].startswith("text/css")
    assert b"--ds-color-accent-base-default:#0b5c7a" in sheet.content
    assert not sheet.cookies


def test_address_of_yesterdays_colours_leads_to_todays(desk: Client, town: Municipality) -> None:
    edit(desk, town, accent="#0b5c7a")
    old = SiteLook.objects.get().theme_address
    edit(desk, town, accent="#7b4a86")
    response = Client().get(old)
    assert (response.status_code, response.headers["Location"]) == (302, SiteLook.objects.get().theme_address)
    assert "immutable" not in response.headers.get("Cache-Control", "")
    edit(desk, town, accent="")
    assert Client().get(old).status_code == 404
    assert Client().get("/theme/nowhere-0123456789ab.css").status_code == 404


def test_colour_that_cannot_be_read_is_refused_with_one_that_can(desk: Client, town: Municipality) -> None:
    response = edit(desk, town, accent="#ffd400")
    (fault,) = response.context["form"].errors["accent"]
    nearest = fault.split()[-1].rstrip(".")
    assert nearest.startswith("#")
    assert edit(desk, town, accent=nearest).status_code == 302


@pytest.mark.parametrize("wrong", ["red", "#12", "#12345g", "0b5c7a", "#0b5c7a}body{display:none"])
def test_what_is_no_colour_is_refused(desk: Client, town: Municipality, wrong: str) -> None:
    assert "accent" in edit(desk, town, accent=wrong).context["form"].errors


def test_words_stand_at_the_foot_in_the_readers_language_and_harmless(desk: Client, town: Municipality) -> None:
    edit(desk, town, footer_nb="<script>alert(1)</script> Velkommen", footer_ar="أهلا", contact_nb="Ring 00 00 00 00")
    norwegian, english = Client().get("/nb/").content.decode(), Client().get("/en/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Velkommen" in norwegian
    assert "<script>alert" not in norwegian
    assert '<p lang="nb" dir="ltr">Ring 00 00 00 00</p>' in english
    assert "أهلا" in Client().get("/ar/").content.decode()


def test_only_installed_parts_are_switched_and_the_rest_stays(desk: Client, town: Municipality) -> None:
    Municipality.objects.filter(pk=town.pk).update(features=["cards"])
    edit(desk, town, part_calendar="on", part_claims="on")
    town.refresh_from_db()
    assert town.has(Feature.CALENDAR)
    assert sorted(town.features) == ["calendar", "cards"]


def test_change_is_in_the_log_and_no_change_is_not(desk: Client, town: Municipality, kari: User) -> None:
    edit(desk, town)
    assert not TenantLogEntry.objects.filter(action="site.change").exists()

    edit(desk, town, contact_email="ny@example.org")

    entry = TenantLogEntry.objects.get(action="site.change")
    assert (entry.user, entry.municipality) == (kari, town)
    assert entry.data["changes"] == {"contact_email": ["", "ny@example.org"]}


# ── whose ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("screen", ["our-site-edit", "our-site-menu"])
def test_site_of_another_is_not_there(desk: Client, neighbour: Municipality, screen: str) -> None:
    address = reverse(screen, args=[neighbour.pk])
    assert desk.get(address).status_code == 404
    assert desk.post(address, said(neighbour, contact_email="x@example.org")).status_code == 404
    neighbour.refresh_from_db()
    assert neighbour.contact_email == ""


def test_editor_has_no_site_to_look_after(town: Municipality) -> None:
    user, client = User.objects.create_user("ed@example.org"), Client()
    appoint(user=user, municipality=town, role=StaffRole.Role.EDITOR)
    client.force_login(user)
    for address in ("/cms/our-site/", "/cms/our-site/new/", reverse("our-site-edit", args=[town.pk])):
        assert client.get(address).status_code == 404
    assert 'href="/cms/our-site/"' not in client.get("/cms/").content.decode()


def test_coordinator_comes_straight_to_the_own_site(desk: Client, town: Municipality) -> None:
    assert desk.get("/cms/our-site/").headers["Location"] == reverse("our-site-edit", args=[town.pk])
    assert desk.get(reverse("our-site-edit", args=[town.pk])).status_code == 200
    assert desk.get("/cms/our-site/new/").status_code == 404


# ── the menu ────────────────────────────────────────────────────────────────────────────────────────────────


def rows(*entries: dict[str, Any], before: int = 0, seen: Municipality | None = None) -> dict[str, Any]:
    facts: dict[str, Any] = {"entry-TOTAL_FORMS": len(entries), "entry-INITIAL_FORMS": before}
    facts |= {"seen": mark_of_menu(seen)} if seen else {}
    for n, entry in enumerate(entries):
        facts |= {f"entry-{n}-{name}": value for name, value in entry.items()}
    return facts


def test_menu_is_written_and_read(desk: Client, town: Municipality) -> None:
    home = town.site.root_page  # type: ignore[union-attr]
    page = home.add_child(instance=Page(title="Om oss", slug="om-oss"))
    address = reverse("our-site-menu", args=[town.pk])

    response = desk.post(
        address,
        rows(
            {"place": 3, "spot": "top", "address": "https://example.org/plan", "label_nb": "Planen"},
            {"place": 1, "spot": "top", "target": f"page:{page.pk}", "label_nb": "Om oss", "label_ar": "عنا"},
            {"place": 2, "spot": "top", "target": "fixed:find"},
            {"place": 4, "spot": "foot", "address": "http://testserver/nb/find/?free=1", "label_nb": "Gratis"},
            seen=town,
        ),
    )

    assert response.status_code == 302
    body = Client().get("/ar/").content.decode()
    top = body[body.index("site-header__nav") : body.index("</nav>")]
    assert [part.split('"')[0] for part in top.split('<a href="')[1:]] == ["/ar/om-oss/", "/ar/find/", "https://example.org/plan"]
    assert "عنا" in top
    assert '<span lang="nb" dir="ltr">Planen</span>' in top
    assert 'href="/ar/find/?free=1"' in body
    assert TenantLogEntry.objects.filter(action="site.menu", municipality=town).count() == 1

    shown = desk.get(address).context["formset"]
    assert [form.initial["target"] for form in shown.initial_forms] == [f"page:{page.pk}", "fixed:find", "", ""]


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": "fixed:find", "address": "/find/"},
        {"address": "javascript:alert(1)", "label_nb": "x"},
        {"address": "//evil.example", "label_nb": "x"},
        {"address": "/\\evil.example", "label_nb": "x"},
        {"address": "http://example.org", "label_nb": "x"},
        {"address": "https://user@evil.example", "label_nb": "x"},
        {"address": "/find/"},
        {"label_nb": "leads nowhere"},
        {"target": "fixed:nothing"},
    ],
)
def test_entry_that_leads_nowhere_good_is_refused(desk: Client, town: Municipality, wrong: dict[str, Any]) -> None:
    response = desk.post(reverse("our-site-menu", args=[town.pk]), rows({"place": 1, "spot": "top"} | wrong, seen=town))
    assert response.status_code == 200
    assert response.context["formset"].total_error_count() == 1
    assert not MenuItem.objects.exists()


def test_page_of_another_municipality_is_no_target(desk: Client, town: Municipality, neighbour: Municipality) -> None:
    foreign = neighbour.site.root_page.add_child(instance=Page(title="Hemmelig", slug="hemmelig"))  # type: ignore[union-attr]
    own = reverse("our-site-menu", args=[town.pk])
    assert "Hemmelig" not in desk.get(own).content.decode()
    response = desk.post(own, rows({"place": 1, "spot": "top", "target": f"page:{foreign.pk}"}, seen=town))
    assert response.context["formset"].total_error_count() == 1


def test_menu_follows_the_page(desk: Client, town: Municipality) -> None:
    page = town.site.root_page.add_child(instance=Page(title="Om oss", slug="om-oss"))  # type: ignore[union-attr]
    desk.post(reverse("our-site-menu", args=[town.pk]), rows({"spot": "top", "target": f"page:{page.pk}"}, seen=town))
    assert 'href="/nb/om-oss/"' in Client().get("/nb/").content.decode()

    page.slug = "om"
    page.save_revision().publish()
    assert 'href="/nb/om/"' in Client().get("/nb/").content.decode()

    page.unpublish()
    assert "Om oss" not in Client().get("/nb/").content.decode()

    page.delete()
    assert Client().get("/nb/").status_code == 200
    assert not MenuItem.objects.exists()


def test_language_that_rests_keeps_its_words(desk: Client, town: Municipality) -> None:
    MenuItem.objects.create(municipality=town, spot=Spot.TOP, fixed="find", label_nb="Finn", label_uk="Знайти")
    edit(desk, town, offer_uk=None)
    shown = desk.get(reverse("our-site-menu", args=[town.pk])).context["formset"]
    entries = [
        {"place": n, **{k: "" if v is None else v for k, v in form.initial.items() if k in form.fields}}
        for n, form in enumerate(shown.initial_forms, 1)
    ]
    desk.post(reverse("our-site-menu", args=[town.pk]), rows(*entries, before=len(entries), seen=town))
    assert MenuItem.objects.filter(municipality=town, label_nb="Finn", label_uk="Знайти").exists()


def test_beginning_again_gives_the_menu_every_site_has(desk: Client, town: Municipality) -> None:
    before = Client().get("/nb/").content
    desk.post(
        reverse("our-site-menu", args=[town.pk]), rows({"spot": "top", "target": "fixed:find", "label_nb": "Se"}, seen=town)
    )
    assert Client().get("/nb/").content != before
    desk.post(reverse("our-site-menu", args=[town.pk]), {"begin-again": "1"})
    assert not MenuItem.objects.exists()
    assert "Se</span>" not in Client().get("/nb/").content.decode()


def test_without_the_guard_the_neighbours_site_would_open(
    desk: Client, neighbour: Municipality, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the 404 above is the guard's, and not another's."""
    monkeypatch.setattr("portal.our_site.views.own_sites", lambda user: Municipality.objects.select_related("site__root_page"))
    assert desk.get(reverse("our-site-edit", args=[neighbour.pk])).status_code == 200
