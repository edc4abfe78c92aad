"""A coordinator meets no English: what Wagtail lacks in Norwegian stands in our catalogues, in its scripts too."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import get_language, trans_real

from directory.reports.models import ErrorReport
from tests.factories.directory import make_staff
from tests.pages.town import make_town

pytestmark = pytest.mark.one_database

# Asked for and never shown: names of fields no screen has, what the search below a list compares with, units of files.
UNSEEN = {"exact", "What's new in Wagtail %(version)s", "%(size)d byte"}


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every text that was asked for in Norwegian and answered in English."""
    found: set[str] = set()
    gettext, ngettext = trans_real.DjangoTranslation.gettext, trans_real.DjangoTranslation.ngettext

    def one(self: Any, text: str) -> str:
        if get_language() == "nb" and text and not self._catalog.get(text):
            found.add(text.split("\x04")[-1])
        return str(gettext(self, text))

    def many(self: Any, singular: str, plural: str, number: int) -> str:
        answer = str(ngettext(self, singular, plural, number))
        if get_language() == "nb" and answer in (singular, plural):
            found.add(singular)
        return answer

    monkeypatch.setattr(trans_real.DjangoTranslation, "gettext", one)
    monkeypatch.setattr(trans_real.DjangoTranslation, "ngettext", many)
    return found


@pytest.mark.django_db
def test_no_english_on_a_coordinators_screens(client: Client, lacking: set[str]) -> None:
    town = make_town()
    municipality, home, rows = town.municipality, town.municipality.site.root_page_id, "/cms/snippets/directory/"  # type: ignore[union-attr]
    report = ErrorReport.objects.create(
        municipality=municipality, kind="activity", listing_id=town.activity.pk, listing_name="Turn", topic="time", text="Feil"
    )
    page = next(iter(town.pages.values())).pk
    sign_in = client.get("/nb/desk/sign-in/spare-key/")
    assert [field.label for field in sign_in.context["form"]] == ["E-postadresse", "Passord"]
    assert "Password" not in sign_in.content.decode()
    client.force_login(make_staff(municipality))

    for path in (
        "/cms/",
        "/cms/account/",
        f"/cms/pages/{home}/",
        f"/cms/pages/{home}/?q=finnes-ikke",
        f"/cms/pages/{home}/add_subpage/",
        f"/cms/pages/add/pages/textpage/{home}/",
        *(f"/cms/pages/{page}/{deed}/" for deed in ("edit", "history", "unpublish", "move", "copy", "usage")),
        f"/cms/bulk/wagtailcore/page/publish/?id={page}",
        "/cms/images/add/",
        "/cms/images/chooser/",
        "/cms/documents/",
        "/cms/choose-page/",
        "/cms/reports/site-history/",
        f"/cms/our-site/{municipality.pk}/",
        f"/cms/our-site/{municipality.pk}/menu/",
        "/cms/translations/",
        "/cms/statistics/",
        f"{rows}activity/edit/{town.activity.pk}/",
        f"{rows}activity/history/{town.activity.pk}/",
        f"{rows}errorreport/edit/{report.pk}/",
    ):
        assert client.get(path).status_code == 200, path

    assert {text for text in lacking if text not in UNSEEN and "authenticate using a password" not in text} == set()


@pytest.mark.django_db
def test_the_frameworks_scripts_speak_norwegian(client: Client) -> None:
    client.force_login(make_staff(make_town().municipality))
    script = client.get("/cms/jsi18n/").content.decode()
    words = json.loads(re.search(r"newcatalog = (\{.*?\n  \});", script, re.DOTALL)[1])  # type: ignore[index]
    assert words["Collapse all"] == "Lukk alle"
    assert words["Insert a block"] == "Sett inn en blokk"
