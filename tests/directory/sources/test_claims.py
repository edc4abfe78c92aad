"""One import of a municipality at a time."""

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from directory.providers.models import Provider
from directory.sources import claims
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions, tasks
from tests.directory.sources.brreg.recorded import entity
from tests.directory.sources.brreg.test_import import run as run_register
from tests.directory.sources.openreferral.test_import import run as run_package
from tests.directory.sources.openreferral.test_import import small

pytestmark = pytest.mark.django_db
LIST = [["Navn", "Postnr"], *([f"Lag {n} {'abcdefghij'[n] * 6}", "3256"] for n in range(10))]
State = ImportRun.State


def waiting():
    return DBTaskResult.objects.filter(task_path__startswith="directory.sources.spreadsheets.tasks.")


def test_the_database_lets_one_run_a_municipality_work(send):
    first, second = send(LIST, apply=False), send(LIST, apply=False)
    with claims.at_work(first):
        with pytest.raises(claims.Busy), claims.at_work(second):
            pass
        with pytest.raises(IntegrityError), transaction.atomic():
            ImportRun.objects.filter(pk=second.pk).update(claim=first.claim)
    with claims.at_work(second):
        pass


def test_the_second_waits_in_the_queue_and_sees_what_the_first_wrote(send, queue):
    first, second = send(LIST, apply=False), send(LIST, apply=False)
    for run in (first, second):
        assert actions.start(run, from_=["planned"], to="applying")
    with claims.at_work(first):
        tasks.apply_import.call(second.pk)
        second.refresh_from_db()
        assert (second.state, Provider.objects.count()) == (State.APPLYING, 0)
        again = waiting().get()
        assert (again.args_kwargs["args"], again.task_path) == ([second.pk], "directory.sources.spreadsheets.tasks.apply_import")
        assert again.run_after > timezone.now()
        actions.apply_run(run=first)
    tasks.apply_import.call(second.pk)
    second.refresh_from_db()
    assert (second.state, second.made, second.unchanged, Provider.objects.count()) == (State.DONE, 0, 10, 10)


@pytest.mark.parametrize("state", ["planning", "undoing"])
def test_planning_and_undoing_wait_too(send, queue, state):
    first, second = send(LIST, apply=False), send(LIST)
    ImportRun.objects.filter(pk=second.pk).update(state=state)
    task = tasks.plan_import if state == "planning" else tasks.undo_import
    with claims.at_work(first):
        task.call(second.pk)
        second.refresh_from_db()
        assert (second.state, waiting().count()) == (state, 1)
    task.call(second.pk)
    second.refresh_from_db()
    assert second.state == ("planned" if state == "planning" else "undone")


def test_a_second_worker_in_the_middle_of_the_first_does_not_double_the_list(send, monkeypatch):
    monkeypatch.setattr(actions, "CHUNK", 2)
    first, second = send(LIST, apply=False), send(LIST, apply=False)
    for run in (first, second):
        assert actions.start(run, from_=["planned"], to="applying")

    def meanwhile(done, total):
        for run in (second, ImportRun.objects.get(pk=first.pk)):
            run.claim = None  # as another process had read it before
            with pytest.raises(claims.Busy):
                actions.apply_run(run=run)

    actions.apply_run(run=first, told=meanwhile)
    actions.apply_run(run=second)
    assert Provider.objects.count() == 10
    assert sorted(ImportRun.objects.values_list("state", "made")) == [("done", 0), ("done", 10)]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_not_double_the_list(send):
    if connection.vendor == "sqlite":
        pytest.skip("the tests' database in memory refuses a second thread instead of letting it wait")
    runs = [send(LIST, apply=False) for _ in range(2)]
    together, refused = threading.Barrier(2), []

    def work(run):
        try:
            actions.start(run, from_=["planned"], to="applying")
            together.wait()
            actions.apply_run(run=run)
        except claims.Busy:
            refused.append(run)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[run]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run in refused:
        actions.apply_run(run=run)
    assert Provider.objects.count() == 10
    assert sorted(ImportRun.objects.values_list("state", "made")) == [("done", 0), ("done", 10)]


def test_commands_say_that_another_is_at_work(send, larvik, tmp_path):
    (sheet := tmp_path / "liste.csv").write_text("Navn;Postnr\nLaget;3256\n")
    (package := tmp_path / "p.json").write_text('{"organizations": [{"id": "1", "name": "Laget"}]}')
    (entities := tmp_path / "e.json").write_text("[]")
    with claims.at_work(send(LIST, apply=False)):
        for command in (("import_listings", sheet), ("import_hsds", package), ("import_brreg", entities)):
            with pytest.raises(CommandError, match=r"Another import|annen import"):
                call_command(*map(str, command), municipality="3909")
        assert ImportRun.objects.count() == 1, "those that were refused left nothing behind"
    call_command("import_listings", str(sheet), municipality="3909")
    assert Provider.objects.count() == 1
    assert not ImportRun.objects.exclude(claim=None).exists()


def test_registers_and_packages_have_the_turn_while_they_work(send, larvik):
    run = send(LIST, apply=False)
    met = []

    def meanwhile(_done):
        with pytest.raises(claims.Busy), claims.at_work(run):
            pass
        met.append(ImportRun.objects.exclude(claim=None).get().format)

    run_register(larvik, [entity(1)], progress=meanwhile)
    run_package(larvik, small(), progress=meanwhile)
    assert set(met) == {"brreg", "hsds"}
    assert not ImportRun.objects.exclude(claim=None).exists()
