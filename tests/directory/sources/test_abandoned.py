"""Imports whose worker is gone: killed, silent, or ended by an error."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from directory.providers.models import Provider
from directory.sources import claims
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import actions, tasks
from portal.timetable import JOBS
from tests.directory.sources.brreg.recorded import entity
from tests.directory.sources.brreg.test_import import run as run_register
from tests.directory.sources.conftest import finish, undo, verdicts
from tests.directory.sources.test_claims import LIST, waiting
from tests.factories.directory import make_staff

pytestmark = pytest.mark.django_db
State = ImportRun.State


def cut_off(run, monkeypatch, *, after):
    """Apply a run whose worker is killed after so many chunks: no handler runs, everything stands as it was left."""
    monkeypatch.setattr(actions, "CHUNK", 2)
    written = []

    class Killed(BaseException):
        pass

    def told(done, total):
        written.append(done)
        if len(written) == after:
            raise Killed

    with monkeypatch.context() as context:
        context.setattr(claims, "give_up", lambda *args: False)
        assert actions.start(run, from_=["planned", "failed", "done"], to="applying")
        with pytest.raises(Killed):
            actions.apply_run(run=run, told=told)


def minutes_later(minutes):
    return timezone.now() + timedelta(minutes=minutes)


def test_a_killed_import_is_stopped_by_the_clock_and_goes_on(send, monkeypatch):
    run = send(LIST, apply=False)
    cut_off(run, monkeypatch, after=2)
    run.refresh_from_db()
    assert (run.state, run.claim is None, Provider.objects.count()) == (State.APPLYING, False, 4)
    assert claims.stop_abandoned(minutes_later(1)) == 0
    assert claims.stop_abandoned(minutes_later(4)) == 1
    run.refresh_from_db()
    assert (run.state, run.claim, run.summary()["read"], run.made) == (State.FAILED, None, 4, 4)
    assert run.refusal
    finish(run)
    assert (run.made, run.read, Provider.objects.count(), run.refusal) == (10, 10, 10, "")


def test_a_killed_import_can_be_undone(send, monkeypatch):
    run = send(LIST, apply=False)
    cut_off(run, monkeypatch, after=2)
    claims.stop_abandoned(minutes_later(4))
    assert undo(run).state == State.UNDONE
    assert not Provider.objects.exists()


def test_what_another_has_written_meanwhile_is_not_counted_as_ours(send, monkeypatch):
    run = send(LIST, apply=False)
    cut_off(run, monkeypatch, after=2)
    claims.stop_abandoned(minutes_later(4))
    assert send(LIST).made == 6
    finish(run)
    assert (run.made, run.unchanged, Provider.objects.count()) == (4, 6, 10)
    assert list(verdicts(run).values()) == ["new"] * 4 + ["unchanged"] * 6


def test_one_that_was_believed_dead_writes_no_more(send, monkeypatch):
    monkeypatch.setattr(actions, "CHUNK", 2)
    run = send(LIST, apply=False)
    assert actions.start(run, from_=["planned"], to="applying")
    with pytest.raises(claims.Lost):
        actions.apply_run(run=run, told=lambda done, total: claims.stop_abandoned(minutes_later(4)))
    run.refresh_from_db()
    assert (run.state, run.made, Provider.objects.count()) == (State.FAILED, 2, 2)


def test_an_error_stops_the_run_at_once(send, monkeypatch):
    run = send(LIST, apply=False)
    assert actions.start(run, from_=["planned"], to="applying")
    monkeypatch.setattr(actions, "Writer", lambda run: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tasks.apply_import.call(run.pk)
    run.refresh_from_db()
    assert (run.state, run.claim, run.made) == (State.FAILED, None, 0)
    assert run.refusal


def test_a_register_that_falls_silent_leaves_a_stopped_run_with_what_it_wrote(larvik):
    def records():
        yield from (entity(n) for n in range(1, 121))
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        run_register(larvik, records())
    run = ImportRun.objects.get()
    assert (run.state, run.claim, run.made, Provider.objects.count()) == (State.FAILED, None, 100, 100)


def test_stopped_planning_can_be_asked_for_again(send):
    run = send(LIST, apply=False)
    ImportRun.objects.filter(pk=run.pk).update(state=State.PLANNING, heartbeat_at=minutes_later(-4))
    assert claims.stop_abandoned(timezone.now()) == 1
    run.refresh_from_db()
    assert (run.state, bool(run.refusal)) == (State.RECEIVED, True)
    actions.plan_run(run=run)
    run.refresh_from_db()
    assert (run.state, run.refusal) == (State.PLANNED, "")


def test_what_waits_in_the_queue_is_left_there(send, queue):
    run = send(LIST, apply=False)
    assert actions.start(run, from_=["planned"], to="applying")
    tasks.apply_import.enqueue(run.pk)
    assert claims.stop_abandoned(minutes_later(30)) == 0
    waiting().delete()
    assert claims.stop_abandoned(minutes_later(30)) == 1


def test_the_clock_asks_every_minute():
    assert (timedelta(minutes=1), claims.stop_abandoned) in JOBS


def test_the_screen_of_a_stopped_run_has_its_buttons(send, larvik, client, monkeypatch):
    run = send(LIST, apply=False)
    cut_off(run, monkeypatch, after=2)
    client.force_login(make_staff(larvik))
    address = reverse(ImportRun.snippet_viewset.get_url_name("edit"), args=[run.pk])
    assert "Refresh" in client.get(address)
    claims.stop_abandoned(minutes_later(4))
    answer = client.get(address)
    page = answer.content.decode()
    assert "Refresh" not in answer
    for name in ("apply", "undo"):
        assert reverse(ImportRun.snippet_viewset.get_url_name(name), args=[run.pk]) in page
