# ruff: noqa: E501  (rows of lists read better on one line each)
"""A municipality with the default lists, and one call that sends a sheet all the way through."""

import csv
import io

import pytest

from directory.listings.models import Adaptation, Category, TargetGroup
from directory.municipalities.models import District
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions
from tests.factories.directory import make_municipality

CATEGORIES = [
    "Kunst og kultur", "Idrett og fysisk aktivitet", "Natur og friluftsliv", "Tro- og livssynsorganisasjoner", "Interesseorganisasjoner",
    "Humanitære og ideelle organisasjoner", "Innvandrerorganisasjoner", "Rekreasjon og sosiale foreninger",
    "Frivilligsentraler, velforeninger og åpne møteplasser", "Private og kommunale aktører som har aktivitet",
]  # fmt: skip


@pytest.fixture
def larvik(db):
    municipality = make_municipality("3909", "Larvik", lat=59.0533, lon=10.0352, languages=["nb", "en", "sv", "fi", "ar"])
    for number, name in enumerate(CATEGORIES, start=1):
        Category.objects.create(municipality=municipality, slug=f"c{number}", name_nb=name, position=number)
    sport = Category.objects.get(municipality=municipality, slug="c2")
    Category.objects.create(municipality=municipality, slug="fotball", name_nb="Fotball", parent=sport)
    for slug, name in (("barn", "Barn"), ("ungdom", "Ungdom"), ("voksne", "Voksne"), ("eldre", "Eldre"), ("alle", "Alle")):
        TargetGroup.objects.create(municipality=municipality, slug=slug, name_nb=name)
    Adaptation.objects.create(municipality=municipality, slug="rullestol", name_nb="Rullestol")
    Adaptation.objects.create(municipality=municipality, slug="teleslynge", name_nb="Teleslynge")
    District.objects.create(municipality=municipality, slug="stavern", name_nb="Stavern")
    return municipality


@pytest.fixture
def send(larvik):
    """send(rows or bytes, **options) → the run, applied."""

    def send(content, name="liste.csv", *, apply=True, municipality=larvik, decisions=None, given=None, **options):
        if not isinstance(content, bytes):
            out = io.StringIO()
            csv.writer(out, delimiter=";").writerows(content)
            content = out.getvalue().encode("utf-8-sig")
        run = actions.receive(municipality=municipality, file=io.BytesIO(content), file_name=name, given=given, **options)
        if run.state == ImportRun.State.FAILED:
            return run
        actions.plan_run(run=run)
        run.refresh_from_db()
        for number, decision in (decisions or {}).items():
            actions.decide(row=run.rows.get(number=number), decision=decision)
        if apply:
            finish(run)
        return run

    return send


@pytest.fixture
def queue(settings):
    """Tasks are put into the queue and stay there."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}


def finish(run):
    """Apply a planned run, or apply it again."""
    assert actions.start(run, from_=["planned", "done", "failed"], to="applying")
    actions.apply_run(run=run)
    run.refresh_from_db()
    assert run.state == ImportRun.State.DONE, run.refusal
    return run


def undo(run):
    assert actions.start(run, from_=["done", "failed"], to="undoing")
    actions.undo_run(run=run)
    run.refresh_from_db()
    return run


def verdicts(run):
    return {row.number: str(row.verdict) for row in run.rows.all()}
