"""A coordinator's day without a developer; each deed is looked at from outside, as a resident sees it.

In the morning a new page in three languages, its preview, its place in the menu. Then a colour, a language, an error report
and the figures. At last, whoever runs the installation gives a fourth municipality a site.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from playwright.sync_api import expect

from directory.municipalities.models import Municipality
from directory.reports.models import ErrorReport
from portal.accounts.models import User
from portal.languages import direction
from portal.pages.models import TextPage
from portal.usage.middleware import tally
from portal.usage.models import DailySum, What
from portal.usage.queries import last_day
from tests.factories.directory import make_municipality
from tests.journeys.conftest import PASSWORD, sign_in, wait_until
from tests.pages.conftest import Look, Site

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.usefixtures("kept_on")]
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"  # what has no head is no reader
LANGUAGES = ["nb", "en", "ar"]
HEADINGS = {"nb": "Svømmekurs i høst", "en": "Swimming lessons this autumn", "ar": "دروس السباحة هذا الخريف"}
TEXTS = {"nb": "Alle kan lære å svømme.", "en": "Everybody can learn to swim.", "ar": "يمكن للجميع تعلم السباحة."}
BUTTONS = {"nb": "Meld deg på", "en": "Sign up", "ar": "سجّل الآن"}
TABS = {"nb": "Norsk bokmål", "en": "English", "ar": "العربية"}


@pytest.fixture
def larvik(site: Site) -> Municipality:
    """With three languages, so that one can be switched on."""
    municipality = Municipality.objects.get(pk=site.town.municipality.pk)
    municipality.languages, municipality.checked_languages = LANGUAGES, ["nb", "en"]
    municipality.save()
    return municipality


@pytest.fixture
def desk(larvik: Municipality, look: Look, coordinator: User) -> Any:
    page = look(watched=False)
    sign_in(page, coordinator)
    return page


def tab(desk: Any, name: str) -> Any:
    """Open a tab of the form; gives its panel."""
    desk.get_by_role("tab", name=name).click()
    return desk.locator(".w-tabs__panel:visible")


def add_block(panel: Any, desk: Any, name: str) -> None:
    panel.locator("button.c-sf-add-button").last.click()
    desk.locator(".w-combobox__option").get_by_text(name, exact=True).click()


def write_text(panel: Any, desk: Any, text: str) -> None:
    """Write into the text block; the editor hands what is written to the form a quarter of a second later."""
    editor = panel.get_by_role("textbox").and_(panel.locator("[contenteditable]")).first
    editor.click()
    expect(editor).to_be_focused()
    desk.keyboard.type(text)
    form = panel.locator("[name$='-0-value']")
    wait_until(lambda: text in json.dumps(json.loads(form.input_value() or "null"), ensure_ascii=False), desk)


def write_page(desk: Any) -> None:
    """Heading, a text and a button in each language; in Norwegian also what one can do now."""
    for code in LANGUAGES:
        panel = tab(desk, TABS[code])
        panel.locator(f"[name=heading_{code}]").fill(HEADINGS[code])
        add_block(panel, desk, "Tekst")
        write_text(panel, desk, TEXTS[code])
        add_block(panel, desk, "Knapp")
        panel.locator(f"[name=body_{code}-1-value-label]").fill(BUTTONS[code])
        panel.locator(f"[name=body_{code}-1-value-address]").fill("https://example.org/svomming")
    panel = tab(desk, TABS["nb"])
    add_block(panel, desk, "Liste over oppføringer")
    panel.locator("[name=body_nb-2-value-heading]").fill("Dette skjer nå")
    panel.locator("[name=body_nb-2-value-question]").fill("http://larvik.localhost/nb/find/?q=nybegynnere")


def test_a_page_in_three_languages(desk: Any, larvik: Municipality, look: Look) -> None:
    resident = look(390, 844)
    assert resident.goto("/nb/svommekurs-i-host/").status == 404

    desk.goto("/cms/pages/")
    desk.goto(f"/cms/pages/{larvik.site.root_page_id}/add_subpage/")  # type: ignore[union-attr]
    expect(desk.locator("main")).to_contain_text("En vanlig side med tekst")
    desk.get_by_role("link", name="Tekstside").first.click()
    write_page(desk)

    # Its preview, in a language and at a width, before anybody else sees it.
    desk.locator("[data-side-panel-toggle=preview]").click()
    aside = desk.locator("[data-side-panel=preview]")
    aside.get_by_label("Forhåndsvisning på").select_option("ar")
    preview = desk.frame_locator("[data-side-panel=preview] iframe:not([aria-hidden])").last
    expect(preview.locator("h1")).to_have_text(HEADINGS["ar"])
    expect(preview.locator("html")).to_have_attribute("dir", "rtl")
    window = "html => html.ownerDocument.defaultView.innerWidth"
    assert preview.locator("html").evaluate(window) < 400
    aside.locator("label", has=desk.locator("input[name=preview-size]")).nth(1).click()
    expect(preview.locator("h1")).to_have_text(HEADINGS["ar"])
    wait_until(lambda: preview.locator("html").evaluate(window) > 400, desk)
    assert resident.goto("/ar/svommekurs-i-host/").status == 404

    # Every tab can still be reached beside the preview, and the framework's own scripts speak Norwegian.
    expect(desk.get_by_role("button", name="Lukk alle").first).to_be_visible()
    desk.set_viewport_size({"width": 1000, "height": 900})
    expect(tab(desk, "Publisering")).to_contain_text("Den siste delen av adressen")
    desk.set_viewport_size({"width": 1280, "height": 900})
    desk.get_by_role("button", name="Flere handlinger").click()
    desk.get_by_role("button", name="Publiser").click()
    desk.wait_for_url("**/cms/pages/*/")
    expect(desk.locator(".messages")).to_contain_text("Svømmekurs i høst")

    for code in LANGUAGES:
        assert resident.goto(f"/{code}/svommekurs-i-host/").status == 200
        expect(resident.locator("h1")).to_have_text(HEADINGS[code])
        expect(resident.locator("html")).to_have_attribute("dir", direction(code))
        expect(resident.locator("main")).to_contain_text(TEXTS[code])
        expect(resident.get_by_role("link", name=BUTTONS[code])).to_have_attribute("href", "https://example.org/svomming")
    resident.goto("/nb/svommekurs-i-host/")
    expect(resident.locator("main .card h3, main .card h2").filter(has_text="Turn for nybegynnere")).to_be_visible()

    # Its place in the menu, in the reader's language without a word written for it.
    page = TextPage.objects.get(slug="svommekurs-i-host")
    desk.get_by_role("link", name="Vårt nettsted").click()
    desk.locator("main").get_by_role("link", name="Meny", exact=True).click()
    desk.wait_for_url("**/menu/")  # until it is there to its end: the last entry is the empty one
    last = desk.locator("fieldset").last
    last.locator("select[name$=-target]").select_option(f"page:{page.pk}")
    last.locator("input[name$=-place]").fill("1")
    desk.locator("main form").get_by_role("button", name="Lagre").click()
    expect(desk.locator(".messages")).to_contain_text("Menyen")
    for code in LANGUAGES:
        resident.goto(f"/{code}/")
        entry = resident.locator("header a", has_text=HEADINGS[code])
        assert urlsplit(entry.first.get_attribute("href")).path == f"/{code}/svommekurs-i-host/"


def test_colour_language_report_and_figures(desk: Any, larvik: Municipality, look: Look, site: Site, coordinator: User) -> None:
    tally.waiting.clear()
    resident = look(390, 844, user_agent=PERSON)
    resident.goto("/nb/")
    button = "getComputedStyle(document.documentElement).getPropertyValue('--ds-color-accent-base-default').trim().toLowerCase()"
    ours = resident.evaluate(button)

    # A colour nobody can read is refused with a sentence, a good one is taken.
    desk.get_by_role("link", name="Vårt nettsted").click()
    desk.get_by_label("Hovedfarge").first.fill("#ffee00")
    desk.locator("main form").get_by_role("button", name="Lagre").click()
    refusal = desk.get_by_role("alert").first
    expect(refusal).to_contain_text("Hovedfarge")
    expect(refusal).to_contain_text("Kontrasten er 1")
    resident.reload()
    assert resident.evaluate(button) == ours
    desk.get_by_label("Hovedfarge").first.fill("#7b2d8e")
    desk.locator("main form").get_by_role("button", name="Lagre").click()
    expect(desk.locator(".messages")).to_contain_text("Lagret")
    resident.goto("/nb/")
    assert resident.evaluate(button) == "#7b2d8e" != ours

    # A language is switched on, and answers at once: nobody has checked it, and the page says so.
    assert resident.goto("/so/").status == 404
    desk.get_by_label("Tilby Soomaali").check()
    desk.locator("main form").get_by_role("button", name="Lagre").click()
    expect(desk.locator(".messages")).to_contain_text("Lagret")
    assert resident.goto("/so/").status == 200
    expect(resident.locator("html")).to_have_attribute("lang", "so")
    resident.goto("/nb/")
    assert resident.locator("a[hreflang=so]").count() > 0

    # A resident tells of a fault; the coordinator finds it on the first screen, mends it and takes it out.
    resident.goto(site.town.paths("so")["activity"])
    resident.locator("main a[href$='/report/']").click()
    mail.outbox.clear()
    resident.locator("input[name=topic][value=time]").check()
    resident.locator("#id_text").fill("Waqtigu waa khalad")
    resident.locator("#content form button").click()
    resident.wait_for_url("**/report/?sent=1")
    assert [letter.to for letter in mail.outbox] == [["kultur@example.org"]]
    desk.goto("/cms/")
    desk.get_by_role("link", name="Feilmeldinger fra innbyggere").click()
    row = desk.locator("table.listing tbody tr").filter(has_text="Waqtigu waa khalad")
    row.locator("a").filter(visible=True).first.click()
    desk.locator("dl a").first.click()
    desk.wait_for_url(f"**/activity/edit/{site.town.activity.pk}/")
    desk.get_by_role("tab", name="Norsk bokmål").click()
    desk.locator("[name=summary_nb]").fill("Vi begynner klokka 18.")
    desk.get_by_role("button", name="Flere handlinger").click()
    desk.get_by_role("button", name="Publiser").click()
    desk.wait_for_url("**/snippets/directory/activity/**")
    resident.goto(site.town.paths("nb")["activity"])
    expect(resident.locator("main")).to_contain_text("Vi begynner klokka 18.")
    report = ErrorReport.objects.get()
    desk.goto(f"/cms/snippets/directory/errorreport/edit/{report.pk}/")
    desk.locator("input[name=done]").check()
    with desk.expect_navigation():
        desk.locator("form button[type=submit]").last.click()
    report.refresh_from_db()
    assert (report.handled_by, report.handled_at is not None) == (coordinator, True)
    desk.goto("/cms/")
    expect(desk.get_by_role("link", name="Feilmeldinger fra innbyggere")).to_have_count(0)

    # What was read is in the figures when its week is over.
    tally.flush()
    assert DailySum.objects.filter(what=What.VIEW, lang="so").exists()
    DailySum.objects.update(day=last_day(), count=10)
    views = 10 * DailySum.objects.filter(what=What.VIEW).count()
    desk.get_by_role("link", name="Statistikk").first.click()
    expect(desk.locator(".statistics-figures").first).to_contain_text(str(views))
    languages = desk.get_by_role("table").filter(has=desk.get_by_role("columnheader", name="Språk"))
    expect(languages.first.get_by_role("row").filter(has_text="Soomaali")).to_be_visible()
    assert desk.locator("main svg[role=img]").count() > 0


def test_a_fourth_municipality(desk: Any, look: Look, site: Site) -> None:
    make_municipality("3907", "Sandefjord")
    make_municipality("4001", "Porsgrunn")
    User.objects.create_superuser("runs@example.org", PASSWORD, name="Drift")
    host = f"horten.localhost:{urlsplit(site.url).port}"
    resident = look(390, 844, base_url=f"http://{host}")
    desk.context.clear_cookies()
    sign_in(desk, User.objects.get(email="runs@example.org"))
    desk.get_by_role("link", name="Vårt nettsted").click()
    desk.get_by_role("link", name="En ny kommune").click()

    # A number that is nobody's is told, and nothing is made.
    desk.get_by_label("Kommunenummer").fill("9999")
    desk.get_by_label("Vertsnavn").fill(host)
    desk.get_by_label("العربية").check()
    desk.locator("main form button[type=submit]").click()
    expect(desk.get_by_role("alert").first).to_contain_text("9999")
    assert Municipality.objects.count() == 3
    desk.get_by_label("Kommunenummer").fill("3901")
    desk.get_by_label("E-postadressen til koordinatoren").fill("horten@example.org")
    desk.locator("main form button[type=submit]").click()
    expect(desk.locator(".messages")).to_contain_text("Horten")
    assert Municipality.objects.count() == 4

    headings = set()
    for code in ("nb", "en", "ar"):
        assert resident.goto(f"/{code}/").status == 200
        expect(resident.locator("html")).to_have_attribute("lang", code)
        expect(resident.locator("header")).to_contain_text("Horten")
        headings.add(resident.locator("h1").inner_text())
        links = {urlsplit(str(a.get_attribute("href"))).path for a in resident.locator("footer a").all()}
        own = sorted(path for path in links if path.startswith(f"/{code}/") and path.count("/") == 3)
        own.remove(f"/{code}/desk/")  # its sign-in sets a cookie, as the statement on cookies says
        assert own
        for path in own:
            assert resident.goto(path).status == 200, path
    assert len(headings) == 3
    assert resident.goto("/so/").status == 404, "only what was ticked is offered"


def test_the_account_asks_for_what_is_kept(desk: Any, coordinator: User) -> None:
    desk.goto("/cms/account/")
    desk.get_by_role("textbox", name="Navn").fill("Kari Demo")
    desk.locator("main form").get_by_role("button", name="Lagre").click()
    expect(desk.locator(".messages")).to_be_visible()
    coordinator.refresh_from_db()
    assert coordinator.name == "Kari Demo"
