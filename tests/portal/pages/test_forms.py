"""Staff write pages: in their municipality's languages, with its own things, and at addresses that answer."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from wagtail.models import Page, Workflow, WorkflowPage
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from directory.municipalities.models import Municipality
from portal.languages import NAMES
from portal.pages.forms import leads_to_others
from portal.pages.links import href_of, tidy_address
from portal.pages.lists import tidy_question
from portal.pages.models import GuidePage, NewsIndexPage, NewsPage, SectionPage, TextPage
from portal.pages.owners import reserved_slugs
from tests.factories.directory import (
    CategoryFactory,
    SupportSchemeFactory,
    default_municipality,
    make_municipality,
    make_staff,
)
from tests.factories.pages import add, document, home_of, picture

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

LANGUAGES = ("nb", "en", "ar", "uk")


@pytest.fixture
def larvik() -> Municipality:
    return default_municipality(languages=list(LANGUAGES))


@pytest.fixture
def kari(larvik: Municipality, client: Client) -> Client:
    client.force_login(make_staff(larvik))
    return client


def posted(blocks: list[tuple[str, Any]] = (), **fields: Any) -> dict[str, Any]:  # type: ignore[assignment]
    """What the form of a page sends; `blocks` are the Norwegian ones."""
    data: dict[str, Any] = {}
    for code in LANGUAGES:
        data |= {f"heading_{code}": "", f"intro_{code}": "", f"body_{code}": streamfield(blocks if code == "nb" else [])}
    return nested_form_data({**data, "slug": "", "action-publish": "1", **fields})


def send(browser: Client, parent: Page, kind: str = "textpage", **fields: Any) -> Any:
    return browser.post(reverse("wagtailadmin_pages:add", args=["pages", kind, parent.pk]), posted(**fields))


def faults(response: Any) -> str:
    assert response.status_code == 200, response.headers.get("Location")
    return json.dumps(response.context["form"].errors.as_json()) + response.content.decode()


def test_page_is_written_and_published(kari: Client, larvik: Municipality) -> None:
    blocks = [("text", rich_text("<p>Hei <b>du</b></p>", features=["bold"]))]

    response = send(kari, home_of(larvik), heading_nb="Ny side om bæring", heading_ar="صفحة", blocks=blocks)

    assert response.status_code == 302, faults(response)
    page = TextPage.objects.get()
    assert (page.title, page.slug, page.heading_ar, page.live) == ("Ny side om bæring", "ny-side-om-baering", "صفحة", True)
    assert "Hei <b>du</b>" in Client().get("/nb/ny-side-om-baering/").content.decode()


def test_draft_is_kept_and_nobody_sees_it(kari: Client, larvik: Municipality) -> None:
    data = posted(heading_nb="Kladd")
    del data["action-publish"]

    response = kari.post(reverse("wagtailadmin_pages:add", args=["pages", "textpage", home_of(larvik).pk]), data)

    assert response.status_code == 302, faults(response)
    page = TextPage.objects.get()
    assert (page.title, page.slug, page.live) == ("Kladd", "kladd", False)
    assert Client().get("/nb/kladd/").status_code == 404
    edited = kari.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), posted(heading_nb="Ferdig", slug="kladd"))
    assert edited.status_code == 302, faults(edited)
    page.refresh_from_db()
    assert (page.title, page.live) == ("Ferdig", True)


def test_form_has_the_languages_of_the_municipality_only(kari: Client, larvik: Municipality) -> None:
    response = kari.get(reverse("wagtailadmin_pages:add", args=["pages", "newspage", add_index(larvik).pk]))
    fields = set(response.context["form"].fields)
    assert {"heading_nb", "body_ar", "who_uk"} <= fields
    assert not {"heading_so", "body_fi", "who_de", "title", "municipality"} & fields
    assert response.context["form"].fields["heading_ar"].widget.attrs["dir"] == "rtl"


def test_tabs_stand_in_the_order_of_the_municipality(kari: Client, larvik: Municipality) -> None:
    larvik.languages = ["uk", "nb", "ar", "en"]
    larvik.save()
    page = kari.get(reverse("wagtailadmin_pages:add", args=["pages", "textpage", home_of(larvik).pk])).content.decode()
    tabs = re.findall(r'<a id="tab-label-[^"]*"[^>]*>\s*([^<]*?)\s*<', page)
    assert tabs == [*(NAMES[code] for code in larvik.languages), "Publisering"]


def test_texts_in_languages_that_are_off_stay(kari: Client, larvik: Municipality) -> None:
    page = add(home_of(larvik), TextPage, heading_nb="Side", heading_so="Bog", body_so=[("text", "<p>Waa kan</p>")])

    kari.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), posted(heading_nb="Ny", slug="side"))

    page.refresh_from_db()
    assert (page.heading_nb, page.heading_so, page.body_so[0].value.source) == ("Ny", "Bog", "<p>Waa kan</p>")


def add_index(larvik: Municipality) -> NewsIndexPage:
    return add(home_of(larvik), NewsIndexPage, heading_nb="Nyheter")


def test_heading_is_needed_in_the_first_language(kari: Client, larvik: Municipality) -> None:
    assert "heading_nb" in faults(send(kari, home_of(larvik), heading_en="Only English"))
    assert not TextPage.objects.exists()


def test_addresses_of_the_site_itself_are_refused(kari: Client, larvik: Municipality) -> None:
    for slug in ("find", "till", "cms", "nb"):
        assert slug in faults(send(kari, home_of(larvik), heading_nb="Side", slug=slug))
    assert not TextPage.objects.exists()
    section = add(home_of(larvik), SectionPage, heading_nb="Hjelp")
    assert send(kari, section, heading_nb="Side", slug="find").status_code == 302, "further down the address is free"


def test_every_address_of_the_design_is_kept_free() -> None:
    wanted = "find providers places activities support districts shortlist desk till cms api k w healthz theme static media nb ar"
    assert set(wanted.split()) <= reserved_slugs()


def test_heading_that_would_give_a_taken_address_gets_another(kari: Client, larvik: Municipality) -> None:
    send(kari, home_of(larvik), heading_nb="Find")
    assert TextPage.objects.get().slug == "find-2"


def test_page_cannot_be_moved_or_copied_to_a_taken_address(kari: Client, larvik: Municipality) -> None:
    home = home_of(larvik)
    section = add(home, SectionPage, heading_nb="Hjelp")
    page = add(section, TextPage, heading_nb="Side", slug="find")

    moved = kari.post(reverse("wagtailadmin_pages:move_confirm", args=[page.pk, home.pk]), follow=True)
    copied = kari.post(
        reverse("wagtailadmin_pages:copy", args=[section.pk]),
        {"new_title": "x", "new_slug": "till", "new_parent_page": home.pk, "copy_subpages": "", "publish_copies": ""},
        follow=True,
    )

    for response in (moved, copied):
        assert "er en adresse nettstedet selv bruker" in response.content.decode()
    assert Page.objects.child_of(home).count() == 1


HOSTILE = (
    '<p>Fint</p><script>alert(1)</script><iframe src="https://evil.example/"></iframe><p onclick="x()">a</p>'
    '<p><a href="javascript:alert(1)">b</a></p><embed embedtype="media" url="https://www.youtube.com/watch?v=1"/>'
    '<img src=x onerror="alert(1)"><style>*{}</style><p style="position:fixed">c</p>'
)


def test_hostile_text_is_made_harmless(kari: Client, larvik: Municipality) -> None:
    evil = json.dumps(
        {
            "blocks": [
                {"key": "a", "text": "klikk", "type": "unstyled", "depth": 0, "inlineStyleRanges": [], "data": {},
                 "entityRanges": [{"offset": 0, "length": 5, "key": 0}]},
                {"key": "b", "text": "<script>alert(1)</script>", "type": "unstyled", "depth": 0, "inlineStyleRanges": [],
                 "entityRanges": [], "data": {}},
                {"key": "c", "text": " ", "type": "atomic", "depth": 0, "inlineStyleRanges": [], "data": {},
                 "entityRanges": [{"offset": 0, "length": 1, "key": 1}]},
            ],
            "entityMap": {
                "0": {"type": "LINK", "mutability": "MUTABLE", "data": {"url": "javascript:alert(1)"}},
                "1": {"type": "EMBED", "mutability": "IMMUTABLE", "data": {"url": "https://www.youtube.com/watch?v=1"}},
            },
        }
    )  # fmt: skip
    response = send(kari, home_of(larvik), heading_nb="Fiendtlig <script>", blocks=[("text", evil)])
    assert response.status_code == 302, faults(response)
    page = Client().get("/nb/fiendtlig-script/").content.decode()
    assert "klikk" in page
    for bad in ("javascript:", "<script>alert", "youtube", "<iframe", "<embed", "Fiendtlig <script>"):
        assert bad not in page, bad


def test_text_that_was_put_into_a_block_by_hand_is_made_harmless_by_the_form(larvik: Municipality) -> None:
    from portal.pages.blocks import harmless

    clean = harmless(HOSTILE)
    for bad in ("<script", "<iframe", "onclick", "javascript:", "youtube", "<img", "<style", "style="):
        assert bad not in clean, bad


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "http://evil.example/",
        "https://user:pass@evil.example/",
        "https://evil",
        "ftp://evil.example/",
        "evil.example",
        "https://[::1",
        "\u202ehttps://evil.example/",
        "x" * 700,
    ],
)
def test_addresses_are_own_paths_and_https_only(address: str) -> None:
    with pytest.raises(ValidationError):
        tidy_address(address)
    assert href_of(address, "nb") == "", "nor is it shown where it got in by another way"


@pytest.mark.parametrize(
    ("written", "kept", "shown"),
    [
        ("/nb/find/?free=1", "/find/?free=1", "/ar/find/?free=1"),
        ("/documents/3/a.pdf", "/documents/3/a.pdf", "/documents/3/a.pdf"),
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("/healthz", "/healthz", "/healthz"),
        ("/sitemap.xml", "/sitemap.xml", "/sitemap.xml"),
        ("", "", ""),
    ],
)
def test_own_path_follows_the_readers_language(written: str, kept: str, shown: str) -> None:
    assert tidy_address(written) == kept
    assert href_of(kept, "ar") == shown


@pytest.mark.parametrize("written", ["http://testserver/nb/find/?free=1", "https://TESTSERVER:8443/ar/find/?free=1"])
def test_whole_address_of_the_own_site_is_kept_as_a_path(kari: Client, larvik: Municipality, written: str) -> None:
    blocks = [("action", {"text": "", "label": "Trykk", "page": "", "address": written})]
    response = send(kari, home_of(larvik), heading_nb="Side", blocks=blocks)
    assert response.status_code == 302, faults(response)
    assert TextPage.objects.get().body_nb[0].value["address"] == "/find/?free=1"
    assert 'href="/ar/find/?free=1"' in Client().get("/ar/side/").content.decode()
    with pytest.raises(ValidationError):
        tidy_address("http://testserver/nb/find/")  # what is one's own is known only while a form of theirs is read


def test_address_of_a_neighbours_site_leads_there(kari: Client, larvik: Municipality) -> None:
    make_municipality("3907", "Sandefjord", host="aktiv.sandefjord.example")
    blocks = [("action", {"text": "", "label": "Trykk", "page": "", "address": "https://aktiv.sandefjord.example/nb/find/"})]
    assert send(kari, home_of(larvik), heading_nb="Side", blocks=blocks).status_code == 302
    assert TextPage.objects.get().body_nb[0].value["address"] == "https://aktiv.sandefjord.example/nb/find/"


def test_button_to_an_address_that_is_none_is_refused(kari: Client, larvik: Municipality) -> None:
    blocks = [("action", {"text": "", "label": "Trykk", "page": "", "address": "javascript:alert(1)"})]
    assert "https://" in faults(send(kari, home_of(larvik), heading_nb="Side", blocks=blocks))
    assert not TextPage.objects.exists()


def test_news_applies_to_own_paths_and_https_only(kari: Client, larvik: Municipality) -> None:
    index = add_index(larvik)
    extra = {"date": "2026-11-21", "deadline": "2026-12-01", "amount": "100", "image": ""}
    extra |= {f"{field}_{code}": "" for field in ("image_alt", "who") for code in LANGUAGES}
    assert "apply_at" in faults(send(kari, index, "newspage", heading_nb="N", apply_at="javascript:alert(1)", **extra))
    assert send(kari, index, "newspage", heading_nb="N", apply_at="http://testserver/nb/support/", **extra).status_code == 302
    assert NewsPage.objects.get().apply_at == "/support/"


def test_button_wants_a_page_or_an_address(kari: Client, larvik: Municipality) -> None:
    home = home_of(larvik)
    for page, address in (("", ""), (home.pk, "/find/")):
        blocks = [("action", {"text": "", "label": "Trykk", "page": page, "address": address})]
        assert "en av delene" in faults(send(kari, home, heading_nb="Side", blocks=blocks))


def test_picture_needs_words_for_those_who_cannot_see_it(kari: Client, larvik: Municipality) -> None:
    blocks = [("image", {"image": picture(larvik).pk, "alt": "", "caption": ""})]
    faults(send(kari, home_of(larvik), heading_nb="Side", blocks=blocks))
    assert not TextPage.objects.exists()


def test_film_needs_a_transcript_and_a_file_does_not(kari: Client, larvik: Municipality) -> None:
    home = home_of(larvik)

    def film(file: Any, transcript: str) -> list[tuple[str, Any]]:
        written = rich_text(transcript, features=["bold"])
        return [("film", {"title": "T", "document": file, "captions": "", "address": "", "transcript": written})]

    faults(send(kari, home, heading_nb="Film", blocks=film(document(larvik).pk, "")))
    assert not TextPage.objects.exists()
    assert send(kari, home, heading_nb="Film", blocks=film(document(larvik).pk, "<p>Hei</p>")).status_code == 302
    assert send(kari, home, heading_nb="Fil", blocks=film(document(larvik, "a.pdf").pk, "")).status_code == 302


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("http://testserver/nb/find/?free=1&q=turn&page=3", "q=turn&free=1"),
        ("/ar/find/?kind=place", "kind=place"),
        ("?kind=activity&utm_source=x", "kind=activity"),
        ("age=8", "age=8"),
        ("https://www.larvik.example/nb/find/", ""),
        ("", ""),
    ],
)
def test_address_of_a_search_is_kept_as_its_question(pasted: str, kept: str) -> None:
    assert tidy_question(pasted) == kept


@pytest.mark.parametrize(
    "pasted", ["https://example.org/", "hva som helst", "?kind=spaceship", "?age=tusen", "?category=finnes-ikke"]
)
def test_address_that_is_no_search_is_refused(kari: Client, larvik: Municipality, pasted: str) -> None:
    blocks = [("map", {"heading": "", "question": pasted})]
    faults(send(kari, home_of(larvik), heading_nb="Side", blocks=blocks))
    assert not TextPage.objects.exists()


def test_nothing_of_another_municipality_can_be_chosen(kari: Client, larvik: Municipality) -> None:
    other = make_municipality("3907", "Sandefjord")
    home = home_of(larvik)
    foreign_page = add(home_of(other), TextPage, heading_nb="Fremmed")
    for blocks in (
        [("image", {"image": picture(other).pk, "alt": "x", "caption": ""})],
        [("action", {"text": "", "label": "x", "page": foreign_page.pk, "address": ""})],
        [("categories", {"heading": "", "categories": items([CategoryFactory(municipality=other).pk])})],
        [("film", {"title": "x", "document": document(other, "a.pdf").pk, "captions": "", "address": "", "transcript": "null"})],
    ):
        assert "annen kommune" in faults(send(kari, home, heading_nb="Side", blocks=blocks)), blocks
    scheme = SupportSchemeFactory(municipality=other)
    faults(send(kari, home, "guidepage", heading_nb="Guide", scheme=scheme.pk))
    assert not TextPage.objects.child_of(home).exists()
    assert not GuidePage.objects.exists()


LINKS = ["link", "document-link"]


def in_text(link: str) -> list[tuple[str, Any]]:
    return [("text", rich_text(f"<p>Se <a {link}>her</a></p>", features=LINKS))]


def in_answer(link: str) -> list[tuple[str, Any]]:
    answer = rich_text(f"<p>Se <a {link}>her</a></p>", features=["link"])
    return [("questions", {"heading": "", "questions": items([{"question": "Hvor?", "answer": answer}])})]


def test_text_leads_to_nothing_of_another_municipality(kari: Client, larvik: Municipality) -> None:
    other = make_municipality("3907", "Sandefjord")
    home = home_of(larvik)
    secret = add(home_of(other), TextPage, heading_nb="Hemmelig", live=False)
    for blocks in (
        in_text(f'linktype="page" id="{secret.pk}"'),
        in_answer(f'linktype="page" id="{secret.pk}"'),
        in_text(f'linktype="document" id="{document(other, "a.pdf").pk}"'),
        in_text('linktype="page" id="99999"'),
    ):
        assert "annen kommune" in faults(send(kari, home, heading_nb="Side", blocks=blocks)), blocks
    assert not TextPage.objects.child_of(home).exists()

    own = add(home, SectionPage, heading_nb="Vår")
    both = in_text(f'linktype="page" id="{own.pk}"') + in_text(f'linktype="document" id="{document(larvik, "a.pdf").pk}"')
    response = send(kari, home, heading_nb="Side", blocks=both)
    assert response.status_code == 302, faults(response)
    page = Client().get("/nb/side/").content.decode()
    assert '/nb/var/"' in page
    assert "/documents/" in page


def test_link_to_what_has_gone_since_does_not_stop_the_work(kari: Client, larvik: Municipality) -> None:
    home = home_of(larvik)
    blocks = in_text('linktype="page" id="99999"')
    page = add(home, TextPage, heading_nb="Side", body_nb=[("text", '<p>Se <a linktype="page" id="99999">her</a></p>')])
    sent = posted(heading_nb="Ny", slug="side", blocks=blocks)
    assert kari.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), sent).status_code == 302


@pytest.mark.parametrize("of_other", [True, False])
def test_what_a_text_leads_to_is_asked_by_whoever_writes_one(larvik: Municipality, of_other: bool) -> None:
    """As the translation board does, where no form of a page is."""
    owner = make_municipality("3907", "Sandefjord") if of_other else larvik
    user = make_staff(larvik)
    page, image = add(home_of(owner), TextPage, heading_nb="Side"), picture(owner)
    for html in (
        f'<a linktype="page" id="{page.pk}">x</a>',
        f'<a linktype="document" id="{document(owner, "a.pdf").pk}">x</a>',
        f'<embed embedtype="image" id="{image.pk}" alt="" format="left"/>',
    ):
        assert leads_to_others(html, municipality_id=larvik.pk, user=user) is of_other, html
    assert leads_to_others('<a linktype="page">x</a>', municipality_id=larvik.pk, user=user)
    assert not leads_to_others('<a href="https://example.org/">x</a>', municipality_id=larvik.pk, user=user)


def test_many_pages_are_not_moved_to_a_taken_address(kari: Client, larvik: Municipality) -> None:
    home = home_of(larvik)
    section = add(home, SectionPage, heading_nb="Hjelp")
    page, free = (add(section, TextPage, heading_nb="Side", slug=slug) for slug in ("find", "fri"))
    address = f"/cms/bulk/wagtailcore/page/move/?id={page.pk}&id={free.pk}&next=/cms/"

    response = kari.post(address, {"chooser": home.pk}, follow=True)

    assert "er en adresse nettstedet selv bruker" in response.content.decode()
    assert Page.objects.child_of(section).count() == 2
    kari.post(f"/cms/bulk/wagtailcore/page/move/?id={free.pk}&next=/cms/", {"chooser": home.pk})
    assert Page.objects.child_of(home).count() == 2, "the other one may"


def items(values: list[Any]) -> dict[str, Any]:
    """A list inside a block, as its form sends it."""
    found: dict[str, Any] = {"count": str(len(values))}
    for n, value in enumerate(values):
        found[str(n)] = {"value": value, "order": str(n), "deleted": ""}
    return found


def test_preview_shows_the_draft_in_each_language_and_width(kari: Client, larvik: Municipality) -> None:
    headings = {"nb": "Utkast", "en": "Draft", "ar": "مسودة", "uk": "Чернетка"}
    address = reverse("wagtailadmin_pages:preview_on_add", args=["pages", "textpage", home_of(larvik).pk])
    panel = kari.get(reverse("wagtailadmin_pages:add", args=["pages", "textpage", home_of(larvik).pk])).content.decode()
    data = posted(**{f"heading_{code}": text for code, text in headings.items()})
    assert kari.post(address, data).json() == {"is_valid": True, "is_available": True}
    for lang, heading in headings.items():
        page = kari.get(address, {"mode": lang}).content.decode()
        assert f"<h1>{heading}</h1>" in page
        assert f'<html lang="{lang}"' in page
        assert f'<option value="{lang}"' in panel, "a language to choose"
    assert 'data-device-width="375"' in panel, "widths to choose"


def test_pages_wait_for_nobodys_approval(larvik: Municipality, kari: Client) -> None:
    approval = Workflow.objects.create(name="Moderators approval", active=True)
    WorkflowPage.objects.update_or_create(page=Page.get_first_root_node(), defaults={"workflow": approval})
    page = add(home_of(larvik), TextPage, heading_nb="Om oss")

    form = kari.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()

    assert (page.has_workflow, page.get_workflow()) == (False, None)
    assert "action-publish" in form
    assert "Moderators approval" not in form
