"""The staff's screens: axe finds nothing of ours, and nothing is asked of anybody outside.

What Wagtail's own admin is known for stands in KNOWN by rule and selector; nothing else is excused.
"""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from directory.activities.models import Activity
from directory.agencies.models import Agency
from directory.reports.models import ErrorReport
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions
from portal.accounts.models import User
from portal.frontline.models import OutcomeSum
from portal.translating.looking import look_at_everything
from tests.directory.proposals.conftest import ask, propose
from tests.factories.directory import MembershipFactory, ProviderFactory, make_staff
from tests.pages.conftest import Look, Site, Watch, told, violations

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db]

# Rule and selector → the screens that are Wagtail's own in this.
KNOWN = {
    # Its search in the menu and its search above a list have one name.
    "landmark-unique .w-h-\\[42px\\]:": {"first screen", "list", "reports", "imports", "pages", "saved answers"},
    # Its forms name the row in the trail of links, not in a heading.
    "page-has-heading-one html:": {"form", "new provider", "place", "support scheme", "report", "agency"},
}
SHEET = b"Navn;Postnr;Slag;Egen\nStavern turnforening;3290;forening;a\nNytt lag;3290;forening;b\n;9999999;;\n"


@pytest.fixture
def run(site: Site) -> ImportRun:
    found = actions.receive(
        municipality=site.town.municipality,
        file=io.BytesIO(SHEET),
        file_name="lag.csv",
        source_name="Kontoret",
        source_date=date(2026, 11, 1),
    )
    actions.plan_run(run=found)
    return found


@pytest.fixture
def screens(site: Site, run: ImportRun) -> dict[str, str]:
    town = site.town
    report = ErrorReport.objects.create(
        municipality=town.municipality,
        kind="activity",
        listing_id=town.activity.pk,
        listing_name="Turn",
        topic="time",
        text="Feil tid",
    )
    member = User.objects.create_user("medlem@example.org", name="Medlem Demo")
    membership = MembershipFactory(user=member, provider=town.activity.provider)
    activity = propose(
        Activity.objects.get(pk=town.activity.pk),
        member,
        summary_nb="Ny setning",
        description_ar="نص",
        first_contact_phone="1",
        first_contact_visibility="public",
        sessions=[],
        spoken=["uk"],
    )
    new = ProviderFactory(municipality=town.municipality, name_nb=f"{town.provider.name_nb} IL", live=False)
    asked = ask(town.municipality, member, name=str(town.provider), kind="association", message="Ny leder")
    agency = Agency.objects.create(municipality=town.municipality, name_nb="NAV")
    look_at_everything()
    month = date.today().replace(day=1) - timedelta(days=20)
    for kind in ("", "association", "host"):
        OutcomeSum.objects.create(
            municipality=town.municipality, month=month.replace(day=1), provider_kind=kind, outcome="started", count=9
        )
    rows = "/cms/snippets/directory/"
    return {
        "first screen": "/cms/",
        "list": f"{rows}activity/",
        "form": f"{rows}activity/edit/{town.activity.pk}/",
        "new provider": f"{rows}provider/add/",
        "place": f"{rows}place/edit/{town.place.pk}/",
        "support scheme": f"{rows}supportscheme/edit/{town.support.pk}/",
        "reports": f"{rows}errorreport/",
        "report": f"{rows}errorreport/edit/{report.pk}/",
        "imports": f"{rows}importrun/",
        "sheet to send": f"{rows}importrun/add/",
        "import": f"{rows}importrun/edit/{run.pk}/",
        "translations": "/cms/translations/?state=all",
        "translating": f"/cms/translations/directory/activity/{town.activity.pk}/ar/",
        "translations back": "/cms/translations/take-in/",
        "statistics": "/cms/statistics/?time=26",
        "our site": f"/cms/our-site/{town.municipality.pk}/",
        "our menu": f"/cms/our-site/{town.municipality.pk}/menu/",
        "account": "/cms/account/",
        "proposals": "/cms/proposals/",
        "proposal": f"/cms/proposals/activity/{activity.pk}/",
        "request": f"/cms/proposals/request/{asked.pk}/",
        "duplicates": "/cms/duplicates/?q=e",
        "side by side": f"/cms/duplicates/provider/{town.provider.pk}/{new.pk}/",
        "people": "/cms/people/",
        "person": f"/cms/people/{member.pk}/",
        "deeds": f"/cms/people/{member.pk}/deeds/",
        "let in": "/cms/people/invite/",
        "hand over": "/cms/people/hand-over/",
        "help": f"/cms/helping/{membership.pk}/",
        "helped": "/cms/helping/",
        "saved answers": f"{rows}savedanswer/",
        "agency": f"{rows}agency/edit/{agency.pk}/",
        "how it went": "/cms/how-it-went/",
        "figures": "/cms/statistics/",
        "pages": f"/cms/pages/{town.municipality.site.root_page_id}/",  # type: ignore[union-attr]
        "what kind of page": f"/cms/pages/{town.municipality.site.root_page_id}/add_subpage/",  # type: ignore[union-attr]
        "new page": f"/cms/pages/add/pages/textpage/{town.municipality.site.root_page_id}/",  # type: ignore[union-attr]
        "page": f"/cms/pages/{town.pages['text'].pk if 'text' in town.pages else next(iter(town.pages.values())).pk}/edit/",
    }


def signed_in(page: Any, site: Site) -> Any:
    client = Client()
    client.force_login(make_staff(site.town.municipality))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    return page


def ours(screen: str, faults: list[str]) -> list[str]:
    """The faults that Wagtail's own templates do not answer for."""
    return [fault for fault in faults if not any(fault.startswith(known) and screen in where for known, where in KNOWN.items())]


@pytest.mark.parametrize("scheme", ["light", "dark"])  # loaded anew for each: Wagtail fades its colours from one to the other
def test_axe_finds_nothing_of_ours(scheme: str, site: Site, screens: dict[str, str], look: Look, thorough: bool) -> None:
    """Each screen in one scheme; the long run looks at all in both."""
    page = signed_in(look(watched=False, color_scheme=scheme), site)
    watch = Watch(site.url)
    watch.attach(page.context)
    wrong = {}
    for number, (name, path) in enumerate(screens.items()):
        if not thorough and number % 2 != (scheme == "dark"):
            continue
        answer = page.goto(path)
        assert answer.status == 200, name
        assert "/login/" not in page.url
        if found := ours(name, violations(page)):
            wrong[name] = found
    assert not wrong, told(wrong)
    assert watch.faults == []
