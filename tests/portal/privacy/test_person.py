"""A person sees everything that is kept about them, and after being erased nothing of them is left."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session as LoginSession
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import CharField, JSONField, TextField
from django.db.models.functions import Cast
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.fields import StreamField
from wagtail.log_actions import log
from wagtail.models import Revision

from directory.municipalities.models import Municipality, TenantLogEntry
from directory.providers.models import Membership, Provider
from directory.sources.models import ImportRow, ImportRun
from portal.accounts.models import User
from portal.kit.refusals import Refused
from portal.leaving.scope import every, installed
from portal.privacy.erasing import ask_to_be_erased, erase, erase_who_asked
from portal.privacy.models import ErasureRequest
from portal.privacy.person import about, packed
from portal.privacy.retention import policy
from portal.privacy.traces import SECRETS
from tests.factories.anything import row_of
from tests.factories.directory import MembershipFactory, ProviderFactory, default_municipality, make_staff

EMAIL, NAME = "bjorg.zxqvåsen@example.org", "Bjørg Zxqvåsen"
NOW = timezone.now()


@pytest.fixture
def here(db: Any) -> Municipality:
    return default_municipality()


@pytest.fixture
def bjorg(here: Municipality) -> User:
    """Somebody who has been everywhere."""
    user = User.objects.create_user("bjorg.zxqv@example.org", name=NAME)
    provider = ProviderFactory(
        municipality=here,
        name_nb="Turlaget",
        contact_name=NAME,
        email=user.email,
        contact_name_visibility="public",
        email_visibility="public",
    )
    MembershipFactory(user=user, provider=provider)
    draft = provider.get_latest_revision_as_object()
    draft.summary_nb = f"Skriv til {user.email}"
    draft.save_revision(user=user, log_action="wagtail.edit")
    draft.get_workflow().start(draft, user)
    log(Membership.objects.get(user=user), "wagtail.create", user=user, data={"who": NAME, "to": [user.email.upper()]})
    run = ImportRun.objects.create(municipality=here, file_name="x", source_name="x", source_date=NOW.date(), by=user)
    ImportRow.objects.create(run=run, number=1, name=NAME, cells={"Kontakt": f"{NAME} <{user.email}>"}, verdict="new")
    return user


def places_with(*words: str) -> list[str]:
    """Every text column of the database in which a word stands: told by the database, not by our code."""
    found = []
    for model in installed():
        for field in model._meta.local_concrete_fields:
            if not isinstance(field, CharField | TextField | JSONField | StreamField):
                continue
            rows, name = every(model), field.name
            if isinstance(field, JSONField | StreamField):
                rows, name = rows.annotate(as_text=Cast(field.name, TextField())), "as_text"
            for word in words:
                for form in {word, json.dumps(word)[1:-1]}:
                    if rows.filter(**{f"{name}__icontains": form}).exists():
                        found.append(f"{model._meta.label}.{field.name}: {form}")
    with connection.cursor() as cursor:  # what has no model: the words of the search
        for table in connection.introspection.table_names(cursor):
            if "post" in table and "search" in table:
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                if any(word.lower() in str(row).lower() for row in cursor.fetchall() for word in words):
                    found.append(table)
    return sorted(set(found))


@pytest.mark.second_at_night
def test_after_erasure_no_text_holds_mail_or_name(here: Municipality, bjorg: User) -> None:
    """A row of every model is made that names the person in every personal column for words; then she is erased."""
    email, number = bjorg.email, bjorg.pk
    fill_personal_columns(here, bjorg)
    before = places_with(email, NAME)
    assert len(before) > 40, "the walk has lost its way"

    done = erase(bjorg, at=NOW, by=None)

    assert places_with(email, NAME) == []
    assert done.pseudonym == f"former user {number}"
    assert done.scrubbed.left == []
    provider = Provider.objects.get(name_nb="Turlaget")
    assert (provider.contact_name, provider.email, provider.live) == ("", "", True)
    assert provider.latest_revision.content["summary_nb"] == f"Skriv til former user {number}"
    said = TenantLogEntry.objects.filter(action="wagtail.create", content_type__model="membership").first()
    assert said.data["who"] == f"former user {number}"
    assert said.label.startswith(f"former user {number} · Turlaget")


def fill_personal_columns(here: Municipality, user: User) -> None:
    """For each model with personal columns for words, one row in which address and name stand in all of them."""

    def find(model: Any) -> Any:
        known = {"directory.Municipality": here, "wagtailcore.Site": here.site, "wagtailcore.Collection": here.collection}
        if model._meta.label in known:
            return known[model._meta.label]
        if model is User:
            return None
        return every(model).order_by("pk").first()

    for model in installed():
        hidden = SECRETS.get(model._meta.label, frozenset())
        names = policy().personal(model) - policy().prose(model) - hidden
        fields = [
            f for f in model._meta.local_concrete_fields if f.name in names and isinstance(f, CharField | TextField | JSONField)
        ]
        fields = [f for f in fields if not f.choices and not f.primary_key]
        if not fields or model in (User, Revision) or model._meta.parents:  # a draft has columns of its own, and stands above
            continue
        row = here if model is Municipality else row_of(model, find)
        for field in fields:
            value: Any = f"{NAME} <{user.email}>"
            longest = getattr(field, "max_length", None)
            if isinstance(field, JSONField):
                value = {"who": [NAME], user.email: {"to": user.email}}
            elif longest and len(value) > longest:
                value = user.email if len(user.email) <= longest else None
            elif "email" in field.name or field.name in {"address", "reply_to"}:
                value = user.email
            if value is not None:
                every(model).filter(pk=row.pk).update(**{field.name: value})


def test_somebody_with_a_similar_name_or_address_is_left_alone(here: Municipality, bjorg: User) -> None:
    other = User.objects.create_user("other.bjorg.zxqv@example.org", name=f"{NAME}-Hansen")
    longer = User.objects.create_user("bjorg.zxqv@example.org.uk", name=f"Anne {NAME[:-2]}")
    erase(bjorg, at=NOW, by=None)
    for user in (other, longer):
        fresh = User.objects.get(pk=user.pk)
        assert (fresh.email, fresh.name) == (user.email, user.name)


def test_a_name_in_a_text_for_everybody_is_told_and_not_touched(here: Municipality, bjorg: User) -> None:
    choir = ProviderFactory(municipality=here, name_nb=f"{NAME} minnekor", summary_nb="Sang")
    done = erase(bjorg, at=NOW, by=None)
    choir.refresh_from_db()
    assert choir.name_nb == f"{NAME} minnekor"
    assert any(f"directory.Provider {choir.pk} name_nb" in place for place in done.scrubbed.left)


def test_a_name_of_one_word_is_not_taken_out_of_other_words(here: Municipality) -> None:
    user = User.objects.create_user("tur@example.org", name="Tur")
    provider = ProviderFactory(municipality=here, name_nb="Tur og fjell", contact_name="Tur")
    member = MembershipFactory(user=user, provider=provider)
    log(member, "wagtail.create", user=user)
    erase(user, at=NOW, by=None)
    provider.refresh_from_db()
    assert (provider.name_nb, provider.contact_name) == ("Tur og fjell", "")
    label = TenantLogEntry.objects.get(content_type__model="membership").label
    assert label.startswith(f"former user {user.pk} · Tur og fjell")
    assert "Tur og fjell" in label


def test_erasure_ends_every_role_and_every_session_at_once(here: Municipality, bjorg: User) -> None:
    browser, other = Client(), Client()
    browser.force_login(bjorg)
    staff = make_staff(here)
    other.force_login(staff)
    assert browser.get(reverse("my_data")).status_code == 200
    erase(bjorg, at=NOW, by=staff)
    assert browser.get(reverse("my_data")).status_code == 302
    assert other.get(reverse("my_data")).status_code == 200
    assert LoginSession.objects.count() == 1
    assert not Membership.objects.filter(user_id=bjorg.pk).exists()
    entry = TenantLogEntry.objects.get(action="privacy.erase")
    assert (entry.user, entry.data["last_editor"]) == (staff, True)


def test_what_somebody_wrote_stays_without_them(here: Municipality, bjorg: User) -> None:
    revisions = Revision.objects.filter(user=bjorg).count()
    assert revisions
    total = Revision.objects.count()
    erase(bjorg, at=NOW, by=None)
    assert Revision.objects.count() == total
    assert TenantLogEntry.objects.filter(action="wagtail.edit").exists()


def test_who_runs_the_installation_alone_cannot_be_erased(db: Any) -> None:
    from portal.kit.refusals import Refused

    boss = User.objects.create_superuser("boss@example.org")
    with pytest.raises(Refused):
        erase(boss, at=NOW, by=None)
    User.objects.create_superuser("second@example.org")
    erase(boss, at=NOW, by=None)
    assert not User.objects.filter(email="boss@example.org").exists()


# ── the wish ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_wish_waits_fourteen_days_and_can_be_taken_back(here: Municipality, bjorg: User, client: Client) -> None:
    client.force_login(bjorg)
    assert client.post(reverse("my_data_erase")).status_code == 302
    assert not ErasureRequest.objects.exists(), "without the tick nothing happens"

    client.post(reverse("my_data_erase"), {"sure": "yes"})

    wish = ErasureRequest.objects.get(user=bjorg)
    assert wish.due_at - wish.asked_at == timedelta(days=14)
    assert [letter.to for letter in mail.outbox] == [[bjorg.email]]
    assert erase_who_asked(wish.due_at - timedelta(minutes=1)) == 0
    body = client.get(reverse("desk")).content.decode()
    assert reverse("my_data") in body
    client.post(reverse("my_data_stay"))
    assert not ErasureRequest.objects.exists()
    assert erase_who_asked(wish.due_at) == 0
    assert User.objects.filter(pk=bjorg.pk).exists()


def test_a_wish_is_carried_out_when_its_day_has_come(here: Municipality, bjorg: User) -> None:
    wish = ask_to_be_erased(bjorg, at=NOW)
    assert ask_to_be_erased(bjorg, at=NOW + timedelta(days=5)).due_at == wish.due_at
    assert erase_who_asked(wish.due_at) == 1
    assert not User.objects.filter(email="bjorg.zxqv@example.org").exists()
    assert erase_who_asked(wish.due_at) == 0


def test_the_last_editor_is_told_what_happens(here: Municipality, bjorg: User, client: Client) -> None:
    client.force_login(bjorg)
    alone = client.get(reverse("my_data")).content.decode()
    assert alone.count("Turlaget") == 2
    MembershipFactory(provider=Provider.objects.get(name_nb="Turlaget"))
    assert client.get(reverse("my_data")).content.decode().count("Turlaget") == 1


def test_my_data_is_for_those_who_have_signed_in(here: Municipality, client: Client) -> None:
    for name in ("my_data", "my_data_file", "my_data_erase", "my_data_stay"):
        for response in (client.get(reverse(name)), client.post(reverse(name), {"sure": "yes"})):
            assert response.status_code == 302
            assert "sign-in" in response["Location"]


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_file_holds_everything_about_a_person_and_no_secret(here: Municipality, bjorg: User, client: Client) -> None:
    bjorg.set_password("et langt hemmelig passord")
    bjorg.save()
    stranger = MembershipFactory(provider=ProviderFactory(municipality=here, name_nb="Fremmedlaget"))
    client.force_login(bjorg)
    response = client.post(reverse("my_data_file"))
    assert response["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        facts = json.loads(archive.read("about-me.json"))
        page = archive.read("about-me.html").decode()
    tables = {part["table"] for part in facts["tables"]}
    assert {
        "accounts.User",
        "directory.Membership",
        "directory.TenantLogEntry",
        "wagtailcore.Revision",
        "directory.Provider",
    } <= tables
    text = json.dumps(facts, ensure_ascii=False)
    assert NAME in text
    assert "Turlaget" in page
    assert bjorg.password not in text + page
    assert stranger.user.email not in text + page
    assert "Fremmedlaget" not in text + page
    assert "<script" not in page


def test_each_row_in_the_file_says_what_it_is(here: Municipality, bjorg: User) -> None:
    with zipfile.ZipFile(io.BytesIO(packed(bjorg, at=NOW, lang="nb"))) as archive:
        tables = {part["table"]: part["rows"] for part in json.loads(archive.read("about-me.json"))["tables"]}
        page = archive.read("about-me.html").decode()
    assert "Turlaget" in tables["directory.Membership"][0]["what"]
    assert tables["directory.Membership"][0]["columns"]["provider"] == "Turlaget"
    for rows in tables.values():
        for row in rows:
            assert set(row) == {"what", "columns"}
            assert row["what"]
            assert all(row["columns"])
    assert f"<strong><bdi>{tables['directory.Membership'][0]['what']}</bdi></strong>" in page


def test_hostile_names_stay_words_in_the_file(here: Municipality) -> None:
    user = User.objects.create_user("x@example.org", name="<script>alert(1)</script>")
    with zipfile.ZipFile(io.BytesIO(packed(user, at=NOW, lang="ar"))) as archive:
        page = archive.read("about-me.html").decode()
    assert "<script" not in page
    assert 'dir="rtl"' in page


def test_every_column_that_points_at_a_person_is_in_the_file(here: Municipality, bjorg: User) -> None:
    """Made for each model that points at people, also those nobody has thought of yet."""

    def find(model: Any) -> Any:
        known = {"directory.Municipality": here, "wagtailcore.Site": here.site, "wagtailcore.Collection": here.collection}
        return bjorg if model is User else known.get(model._meta.label) or every(model).order_by("pk").first()

    wanted = set()
    for model in installed():
        columns = [f for f in model._meta.local_concrete_fields if getattr(f, "related_model", None) is User]
        if columns and not model._meta.auto_created and not model._meta.parents:
            unique = any(f.unique for f in columns)
            if not unique or not every(model).filter(**{columns[0].name: bjorg}).exists():
                row_of(model, find)
            wanted |= {(model._meta.label, f.name) for f in columns}
    found = {(part["table"], part["because"]) for part in about(bjorg)}
    assert wanted - found <= {("privacy.ErasureRequest", "")} or wanted <= found


def test_commands_for_those_who_cannot_do_it_themselves(
    here: Municipality, bjorg: User, tmp_path: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "om-meg.zip"
    call_command("export_person", bjorg.email.upper(), str(out))
    assert zipfile.is_zipfile(out)
    assert out.stat().st_mode & 0o077 == 0
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="say --yes"):
        call_command("erase_person", bjorg.email)
    call_command("erase_person", bjorg.email, "--yes")
    said = capsys.readouterr().out
    assert "Nobody else keeps the page of Turlaget" in said
    assert "former user" in said
    assert not User.objects.filter(pk=bjorg.pk).exists()


# ── whose words are whose ───────────────────────────────────────────────────────────────────────────────────
def test_who_confirmed_a_page_gets_no_contact_of_others(here: Municipality, bjorg: User) -> None:
    leader = {"contact_name": "Ola Leder", "phone": "99 88 77 66", "email": "ola.leder@example.org"}
    ProviderFactory(municipality=here, name_nb="Bridgeklubben", confirmed_by=bjorg, **leader)
    # Her address stands on this one still.
    Provider.objects.filter(name_nb="Turlaget").update(phone="11 22 33 44", contact_name="Ola Leder")

    told = json.dumps(about(bjorg), default=str, ensure_ascii=False)

    assert "Bridgeklubben" in told
    assert "Turlaget" in told
    assert [word for word in (*leader.values(), "11 22 33 44") if word in told] == []
    assert bjorg.email in told


def test_the_telephone_of_who_is_erased_goes_with_the_name(here: Municipality, bjorg: User) -> None:
    page = Provider.objects.get(name_nb="Turlaget")
    Provider.objects.filter(pk=page.pk).update(contact_name=f"{NAME}, leder", phone="11 22 33 44", email="lag@example.org")
    draft = page.get_latest_revision_as_object()
    draft.contact_name, draft.phone, draft.email = NAME, "55 66 77 88", "lag@example.org"
    draft.save_revision()
    others = ProviderFactory(municipality=here, contact_name="Ola Leder", phone="99 88 77 66", email="ola@example.org")

    erase(bjorg, at=NOW, by=None)

    page.refresh_from_db()
    others.refresh_from_db()
    assert (page.contact_name, page.phone, page.email) == ("", "", "")
    assert [page.latest_revision.content[name] for name in ("contact_name", "phone", "email")] == ["", "", ""]
    assert others.phone == "99 88 77 66"


def test_the_last_coordinator_stays_until_there_is_another(here: Municipality) -> None:
    last = make_staff(here, "siste@example.org")
    browser = Client()
    browser.force_login(last)
    with pytest.raises(Refused):
        ask_to_be_erased(last, at=NOW)
    assert 'name="sure"' not in browser.get(reverse("my_data")).content.decode()
    make_staff(here, "neste@example.org")
    assert ask_to_be_erased(last, at=NOW).user == last


def test_the_office_is_told_of_a_page_that_nobody_keeps(here: Municipality, bjorg: User) -> None:
    Municipality.objects.filter(pk=here.pk).update(contact_email="kultur@example.org")
    mail.outbox.clear()
    erase(bjorg, at=NOW, by=None)
    letter = next(letter for letter in mail.outbox if letter.to == ["kultur@example.org"])
    assert "Turlaget" in str(letter.body)
    assert NAME not in str(letter.body)
