"""One organisation number is one provider of a municipality, on whatever way it comes: form, draft, approval, import."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from django.test import Client
from django.urls import reverse

from directory.providers.models import Provider
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions
from tests.directory.staff.conftest import Town
from tests.directory.staff.test_forms import provider_facts, url
from tests.factories.directory import ProviderFactory, org_number

NUMBER = org_number(5)


def clash(town: Town) -> tuple[Provider, Provider]:
    """A provider with a draft that takes a number, and another that has got the number since."""
    drafted = ProviderFactory(municipality=town.municipality, name_nb="Først", live=True)
    drafted.org_number = NUMBER
    drafted.save_revision(user=town.staff)
    other = ProviderFactory(municipality=town.municipality, name_nb="Siden", live=True, org_number=NUMBER)
    return Provider.objects.get(pk=drafted.pk), other


def test_publishing_a_draft_whose_number_is_taken_says_so(kari: Client, here: Town) -> None:
    drafted, _other = clash(here)

    response = kari.post(
        url(Provider, "edit", drafted.pk), provider_facts(name_nb="Først", org_number=NUMBER, **{"action-publish": "1"})
    )

    assert response.status_code == 200
    assert "org_number" in response.context["form"].errors
    assert Provider.objects.filter(org_number=NUMBER).count() == 1


def test_publishing_many_drafts_leaves_those_whose_number_is_taken(kari: Client, here: Town) -> None:
    drafted, _other = clash(here)
    fine = ProviderFactory(municipality=here.municipality, name_nb="Uten feil", live=False)

    response = kari.post(
        f"/cms/bulk/directory/provider/publish/?id={drafted.pk}&id={fine.pk}&next=/cms/snippets/directory/provider/", follow=True
    )

    assert response.status_code == 200
    assert "Først" in response.content.decode()
    assert Provider.objects.get(pk=fine.pk).live
    assert Provider.objects.filter(org_number=NUMBER).count() == 1


def test_approving_a_draft_whose_number_is_taken_is_no_fault(kari: Client, here: Town) -> None:
    drafted, _other = clash(here)
    state = drafted.get_workflow().start(drafted, here.staff)

    address = reverse(
        Provider.snippet_viewset.get_url_name("workflow_action"), args=[drafted.pk, "approve", state.current_task_state.pk]
    )
    response = kari.post(address, follow=True)

    assert response.status_code == 200
    assert "samme nummer" in response.content.decode() or "same number" in response.content.decode()
    state.refresh_from_db()
    assert state.status == "in_progress", "it still waits, so that it can be mended"
    assert Provider.objects.filter(org_number=NUMBER).count() == 1


def send(town: Town, source: str, *lines: str, **options: Any) -> ImportRun:
    text = "\n".join(("Forening;Org.nr;Telefon;Postnr", *lines))
    run = actions.receive(
        municipality=town.municipality, file=io.BytesIO(text.encode()), file_name="a.csv", source_name=source,
        source_date=date(2026, 3, 1), **options,
    )  # fmt: skip
    actions.plan_run(run=run)
    run.refresh_from_db()
    actions.start(run, from_=[ImportRun.State.PLANNED], to=ImportRun.State.APPLYING)
    actions.apply_run(run=run)
    run.refresh_from_db()
    return run


def test_two_sources_about_one_association_make_one(here: Town, there: Town) -> None:
    send(here, "Kontoret", f"Stavern kor;{NUMBER};33112233;3290")
    second = send(here, "Frivilligsentralen", f"Stavern Kor og Orkester;{NUMBER};44556677;3290")
    send(there, "Kontoret", f"Nabokoret;{NUMBER};90000000;3210")

    ours = Provider.objects.get(municipality=here.municipality, org_number=NUMBER)
    assert (second.made, second.updated, ours.phone) == (0, 1, "445 56 677"), "the newest list is right, as its preview said"
    assert Provider.objects.get(municipality=there.municipality, org_number=NUMBER).name_nb == "Nabokoret"
    again = send(here, "Kontoret", f"Stavern kor;{NUMBER};33112200;3290")
    ours.refresh_from_db()
    assert (again.updated, ours.phone) == (1, "33 11 22 00")


def test_two_plans_made_at_once_make_one_provider(here: Town) -> None:
    """Both previews say "new"; the second to be imported finds what the first has made."""
    runs = []
    for source in ("Kontoret", "Frivilligsentralen"):
        text = f"Forening;Org.nr;Postnr\nStavern kor;{NUMBER};3290\n"
        run = actions.receive(
            municipality=here.municipality, file=io.BytesIO(text.encode()), file_name="a.csv", source_name=source
        )
        actions.plan_run(run=run)
        run.refresh_from_db()
        assert run.made == 1
        runs.append(run)
    for run in runs:
        actions.start(run, from_=[ImportRun.State.PLANNED], to=ImportRun.State.APPLYING)
        actions.apply_run(run=run)
        run.refresh_from_db()
    assert Provider.objects.filter(org_number=NUMBER).count() == 1
    assert [run.made for run in runs] == [1, 0]


def test_number_that_a_waiting_draft_wants_can_be_imported(here: Town) -> None:
    drafted = ProviderFactory(municipality=here.municipality, name_nb="Først", live=True)
    drafted.org_number = NUMBER
    drafted.save_revision(user=here.staff)
    run = send(here, "Kontoret", f"Noe helt annet;{NUMBER};33112233;3290")
    assert (run.state, Provider.objects.filter(org_number=NUMBER).count()) == ("done", 1)
