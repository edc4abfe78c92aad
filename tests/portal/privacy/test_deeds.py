"""What the rules call: idle people, contact persons of closed pages, old drafts, sheets, the queue."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from wagtail.models import Revision

from directory.providers.models import Provider
from directory.sources.models import ImportedListing, ImportRow, ImportRun
from portal.accounts.models import User
from portal.privacy import deeds
from tests.factories.directory import MembershipFactory, ProviderFactory, default_municipality, make_staff

NOW = timezone.now()


def days(n: int) -> Any:
    return NOW - timedelta(days=n)


def aged(email: str, n: int) -> User:
    user = User.objects.create_user(email)
    User.objects.filter(pk=user.pk).update(last_login=days(n), date_joined=days(n + 1))
    return user


@pytest.mark.django_db
def test_only_idle_people_without_a_role_are_erased() -> None:
    municipality = default_municipality()
    idle, fresh, member, staff, boss = (
        aged(f"{name}@example.org", n)
        for name, n in (("idle", 731), ("fresh", 729), ("member", 2000), ("staff", 2000), ("boss", 2000))
    )
    MembershipFactory(user=member, provider=ProviderFactory(municipality=municipality))
    municipality.staff_roles.create(user=staff)
    User.objects.filter(pk=boss.pk).update(is_superuser=True)
    never = User.objects.create_user("never@example.org")
    User.objects.filter(pk=never.pk).update(last_login=None, date_joined=days(800))

    assert deeds.erase_idle_people(NOW) == 2

    left = set(User.objects.values_list("email", flat=True))
    assert left == {fresh.email, member.email, staff.email, boss.email}
    assert idle.email not in left
    assert deeds.erase_idle_people(NOW) == 0


@pytest.mark.django_db
def test_contact_persons_leave_a_page_that_has_been_closed_for_a_year() -> None:
    municipality = default_municipality()
    rows = [
        ProviderFactory(municipality=municipality, contact_name="Kari Nordmann", phone="00 00 00 01", email="k@example.org")
        for _n in range(3)
    ]
    for row in rows:
        row.save_revision()
    Provider.objects.filter(pk=rows[0].pk).update(delisted_at=days(366))
    Provider.objects.filter(pk=rows[1].pk).update(hidden_at=days(364))

    assert deeds.blank_contacts_of_gone(NOW) == 1

    found = {row.pk: row.contact_name for row in Provider.objects.all()}
    assert found == {rows[0].pk: "", rows[1].pk: "Kari Nordmann", rows[2].pk: "Kari Nordmann"}
    draft = Provider.objects.get(pk=rows[0].pk).latest_revision.content
    assert (draft["contact_name"], draft["phone"], draft["email"]) == ("", "", "")
    assert draft["name_nb"]
    assert deeds.blank_contacts_of_gone(NOW) == 0


@pytest.mark.django_db
def test_old_drafts_lose_their_persons_and_nothing_else() -> None:
    municipality = default_municipality()
    row = ProviderFactory(municipality=municipality, contact_name="Kari Nordmann", summary_nb="Før")
    old = row.save_revision()
    row.summary_nb = "Etter"
    live = row.save_revision()
    live.publish()
    row.refresh_from_db()
    row.summary_nb = "Forslag"
    waiting = row.save_revision()
    Revision.objects.update(created_at=days(731))

    assert deeds.thin_drafts(NOW) == 1

    contents = {revision.pk: revision.content for revision in Revision.objects.filter(pk__in=[old.pk, live.pk, waiting.pk])}
    assert contents[old.pk]["contact_name"] == ""
    assert contents[old.pk]["summary_nb"] == "Før"
    assert contents[live.pk]["contact_name"] == "Kari Nordmann"
    assert contents[waiting.pk]["contact_name"] == "Kari Nordmann"
    assert deeds.thin_drafts(NOW) == 0


@pytest.mark.django_db
def test_sheets_go_after_a_month_and_their_rows_after_a_year(tmp_path: Path, settings: Any) -> None:
    settings.PRIVATE_ROOT = tmp_path
    (tmp_path / "imports").mkdir()
    municipality = default_municipality()
    provider = ProviderFactory(municipality=municipality)
    runs = []
    for n in (400, 40, 1):
        (tmp_path / "imports" / f"{n}.csv").write_bytes(b"x")
        run = ImportRun.objects.create(
            municipality=municipality,
            file_name=f"{n}.csv",
            stored_as=f"{n}.csv",
            source_name="x",
            source_date=NOW.date(),
            state="done",
            samples={"Navn": ["Kari"]},
        )
        ImportRun.objects.filter(pk=run.pk).update(created_at=days(n))
        row = ImportRow.objects.create(run=run, number=2, name="Kari", cells={"Navn": "Kari"}, verdict="new")
        ImportedListing.objects.create(
            run=run, row=row, kind="provider", object_id=provider.pk, made=True, at=days(n), after={"contact_name": "Kari"}
        )
        runs.append(run)

    deeds.thin_imports(NOW)

    assert sorted(path.name for path in (tmp_path / "imports").iterdir()) == ["1.csv"]
    assert [ImportRow.objects.get(run=run).cells for run in runs] == [{}, {"Navn": "Kari"}, {"Navn": "Kari"}]
    assert [ImportRow.objects.get(run=run).verdict for run in runs] == ["new"] * 3
    assert ImportRun.objects.get(pk=runs[0].pk).samples == {}
    assert list(ImportedListing.objects.order_by("pk").values_list("run", flat=True)) == [runs[1].pk, runs[2].pk]
    assert deeds.thin_imports(NOW) == 0


@pytest.mark.django_db
def test_letters_leave_the_queue() -> None:
    def task(status: str, n: int, **more: Any) -> DBTaskResult:
        return DBTaskResult.objects.create(
            **more,
            status=status,
            task_path="portal.kit.mail.deliver",
            args_kwargs={"args": [], "kwargs": {"to": ["kari@example.org"]}},
            finished_at=days(n),
            worker_ids=[],
            queue_name="default",
            backend_name="default",
            priority=0,
            exception_class_path="",
            traceback="",
        )

    kept = [task("SUCCESSFUL", 1), task("FAILED", 29), task("RUNNING", 90), task("READY", 90)]
    task("SUCCESSFUL", 3)
    task("FAILED", 31)
    task("RUNNING", 0, started_at=days(31))
    kept.append(task("RUNNING", 0, started_at=days(29)))

    assert deeds.prune_tasks(NOW) == 3
    assert set(DBTaskResult.objects.values_list("pk", flat=True)) == {row.pk for row in kept}


@pytest.mark.django_db
def test_the_log_keeps_what_happened_without_whom() -> None:
    from wagtail.log_actions import log

    from directory.municipalities.models import TenantLogEntry
    from portal.privacy.enforcing import enforce_retention

    municipality = default_municipality()
    staff = make_staff(municipality)
    member = MembershipFactory(provider=ProviderFactory(municipality=municipality, name_nb="Lag"))
    log(member, "wagtail.create", user=staff, data={"who": "Kari"})
    log(member.provider, "wagtail.edit", user=staff)
    TenantLogEntry.objects.update(timestamp=days(1097))
    enforce_retention(NOW)
    found = {(row.action, row.user_id, row.label, str(row.data)) for row in TenantLogEntry.objects.all()}
    assert found == {("wagtail.create", None, "", "{}"), ("wagtail.edit", None, "Lag", "{}")}
