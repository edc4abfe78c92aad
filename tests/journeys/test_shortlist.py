"""A nurse makes a list in Tigrinya for a family: search, three things, a word, a code; the family opens it on their own phone,
and sends the club one line themselves. Nobody's server, mail or log learns who helped them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from playwright.sync_api import expect

from directory.agencies.models import Agency, AgencyRole
from directory.municipalities.models import Municipality
from directory.providers.models import Membership, Provider
from portal.contact.enquiries.models import Enquiry
from portal.frontline.models import Nudge, OutcomeSum
from portal.frontline.words import read
from tests.factories.directory import UserFactory
from tests.pages.conftest import Look, Site, violations

pytestmark = [pytest.mark.browser, pytest.mark.one_database]
WORDS = "ን ካሪ ሕተቱ። ብትግርኛ ትዛረብ እያ።"


@pytest.fixture
def club(site: Site) -> None:
    user = UserFactory(email="styret@example.org", name="Styret")
    Membership.objects.create(user=user, provider=Provider.objects.get(pk=site.town.provider.pk), role=Membership.Role.EDITOR)


def add(page: Any, ident: str) -> None:
    page.locator(f"[data-listing='{ident}'] .add-to-list a").click()
    page.wait_for_url(f"**#list-{ident}")


def test_from_the_nurses_search_to_the_familys_own_sending(site: Site, look: Look, club: None) -> None:
    town = site.town
    agency = Agency.objects.create(
        municipality=Municipality.objects.get(pk=town.municipality.pk), kind="health", name_nb="Helsestasjonen på Torget"
    )
    AgencyRole.objects.create(user=UserFactory(email="sykepleier@example.org", name="Helga"), agency=agency)

    nurse = look(1280)
    asked: list[str] = []
    nurse.context.on("request", lambda request: asked.append(f"{request.url} {request.headers.get('referer', '')}"))
    nurse.goto("/nb/find/?q=turn")
    add(nurse, f"activity-{town.activity.pk}")
    add(nurse, f"provider-{town.provider.pk}")
    # The list goes along through the search …
    nurse.locator("#find-q").fill("Stavernhallen")
    nurse.locator("#find-q").press("Enter")
    expect(nurse.locator(f"[data-listing='place-{town.place.pk}']")).to_be_visible()
    add(nurse, f"place-{town.place.pk}")
    expect(nurse.locator(".list-bar")).to_contain_text("3")
    nurse.locator(".list-bar a").click()
    nurse.wait_for_url("**/nb/shortlist/**")
    expect(nurse.locator(".shortlist__item")).to_have_count(3)

    # … a word of her own goes behind the `#`, the code follows, and the family's language is chosen
    first = nurse.locator(".shortlist__item").first
    first.locator("summary").click()
    with nurse.expect_response(lambda response: "qr.svg" in response.url and response.request.method == "POST"):
        first.locator("textarea").fill(WORDS)
    expect(nurse.locator("[data-code]")).to_have_attribute("src", re.compile("^data:image/svg"))
    expect(first.locator(".shortlist__words")).to_have_text(WORDS)
    nurse.locator(".shortlist__foot .languages a[hreflang=ti], .shortlist__foot .languages a[lang=ti]").click()
    nurse.wait_for_url("**for=ti**")
    expect(nurse.locator(".shortlist__words").first).to_have_text(WORDS)
    address = nurse.locator("#list-address").input_value()
    assert urlsplit(address).path == "/ti/shortlist/"
    assert read(urlsplit(address).fragment) == {f"a{town.activity.pk}": WORDS}
    assert violations(nurse) == []

    # Nothing that was asked for held the words, and nothing is kept.
    behind = urlsplit(address).fragment
    assert len(asked) > 5
    assert [url for url in asked if behind in url or "ካሪ" in url] == []
    assert nurse.context.cookies() == []
    assert nurse.evaluate("localStorage.length + sessionStorage.length") == 0

    # The family opens it on a phone of their own.
    phone = look(390, 844)
    phone.goto(address)
    assert phone.locator("html").get_attribute("lang") == "ti"
    expect(phone.locator(".shortlist__words").first).to_have_text(WORDS)
    expect(phone.locator(".shortlist__item")).to_have_count(3)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(phone) == []

    # The nurse fills in what the club needs, and shows a code; a surname is refused.
    nurse.locator(".shortlist__item").first.locator("a[href*='hand-over']").click()
    nurse.locator("#id_name").fill("Selam Tesfay")
    nurse.locator("#id_age").select_option("10-12")
    nurse.locator("#id_answer_in").select_option("ti")
    nurse.locator("#id_reach").fill("mor@example.org")
    nurse.locator("button[value=code]").click()
    expect(nurse.locator("#name-error")).to_contain_text("Anna-Lisa")
    nurse.locator("#id_name").fill("Selam")
    nurse.locator("button[value=code]").click()
    draft = nurse.locator("#draft-address").input_value()
    assert "Selam" not in draft
    assert violations(nurse) == []
    assert mail.outbox == []
    assert not Enquiry.objects.exists()

    # The guardian reads it on the own phone, and presses send.
    phone.goto(draft)
    phone.locator("button[value=send]").wait_for()
    assert "#" not in phone.url
    expect(phone.locator(".quoted")).to_contain_text("Selam")
    assert violations(phone) == []
    phone.locator("#id_nudge").check()
    phone.locator("#id_nudge_email").fill("mor@example.org")
    phone.locator("button[value=send]").click()
    phone.wait_for_url("**sent=1")

    assert [letter.to for letter in mail.outbox] == [["styret@example.org"]]
    letter = mail.outbox[0]
    whole = letter.message().as_string() + letter.body
    assert "Selam" in letter.body
    for word in ("Tesfay", "Helga", "sykepleier@", "Helsestasjonen", "Torget", "agency"):
        assert word not in whole, word
    assert letter.reply_to == ["mor@example.org"]
    assert Nudge.objects.get().lang == "ti"
    assert OutcomeSum.objects.get().count == 1
    assert phone.context.cookies() == []

    # The same code once more does nothing.
    again = look(390, 844)
    again.goto(draft)
    again.locator("button[value=send]").click()
    expect(again.locator("[role=alert]")).to_be_visible()
    assert len(mail.outbox) == 1


def test_without_script_words_are_shown_printed_and_given_away(site: Site, look: Look) -> None:
    page = look(390, 844, java_script_enabled=False)
    page.goto("/nb/find/?q=nybegynnere")
    page.locator(".card .add-to-list a").first.click()
    page.locator(".list-bar a").click()
    item = page.locator(".shortlist__item").first
    item.locator("summary").click()
    item.locator("textarea").fill("Spør etter Kari")
    item.locator("button").click()
    expect(item.locator(".shortlist__words")).to_have_text("Spør etter Kari")
    address = page.locator("#list-address").input_value()
    assert read(urlsplit(address).fragment) == {f"a{site.town.activity.pk}": "Spør etter Kari"}
    assert (page.locator("[data-code]").get_attribute("src") or "").startswith("data:image/svg")
    assert "Kari" not in page.url

    other = look(390, 844)
    other.goto(address)
    expect(other.locator(".shortlist__words").first).to_have_text("Spør etter Kari")


def test_hostile_words_are_words(site: Site, look: Look) -> None:
    from portal.frontline.words import fragment

    ref = f"a{site.town.activity.pk}"
    page = look()
    for said in ("<img src=x onerror=alert(1)>", "'\"></p><script>alert(1)</script>", "\u202egnirts"):
        page.goto("about:blank")
        page.goto(f"/nb/shortlist/?l={ref}#{fragment({ref: said})}")
        expect(page.locator(".shortlist__words").first).to_be_visible()
        assert page.locator(".shortlist__words img, .shortlist__words script").count() == 0
    for hash_ in ("w=AAAA", "w=", "w=" + "A" * 29_999, "w=W10", "d=AAAA", "%E0%A4%A"):
        page.goto("about:blank")
        page.goto(f"/nb/shortlist/?l={ref}#{hash_}")
        expect(page.locator(".shortlist__words").first).to_be_hidden()


def test_words_follow_when_things_are_moved_and_taken_off(site: Site, look: Look) -> None:
    from portal.frontline.words import fragment

    one, two = f"a{site.town.activity.pk}", f"p{site.town.place.pk}"
    page = look()
    page.goto(f"/nb/shortlist/?l={one}-{two}#{fragment({one: 'først', two: 'så'})}")
    page.locator(f"#item-{two} .shortlist__moves a").first.click()
    page.wait_for_url(f"**?l={two}-{one}*")
    expect(page.locator(".shortlist__words")).to_have_text(["så", "først"])
    page.locator(f"#item-{two} .shortlist__moves a").last.click()
    page.wait_for_url(f"**?l={one}#*")
    expect(page.locator(".shortlist__words")).to_have_text(["først"])
    assert read(urlsplit(page.url).fragment) == {one: "først"}
    # A step to a part of the page does not lose them, and neither does a walk through the site.
    page.evaluate("location.hash = '#content'")
    page.wait_for_function("location.hash.includes('w=')")
    page.locator(".shortlist__item h2 a").click()
    page.locator(".list-bar a").click()
    expect(page.locator(".shortlist__words")).to_have_text(["først"])


@pytest.mark.parametrize("lang", ["ar", "ti"])
def test_printed_sheet_is_one_page(lang: str, site: Site, look: Look) -> None:
    from directory.activities.models import Activity

    found = list(Activity.objects.filter(live=True, delisted_at=None).values_list("pk", flat=True))[:6]
    page = look()
    page.goto(f"/{lang}/shortlist/?l={'-'.join(f'a{pk}' for pk in found)}")
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 1
