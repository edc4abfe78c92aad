"""Every column that can hold personal data has a rule, every rule can be kept, and the documents say what the rules say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone
from django.utils.module_loading import import_string

from portal.leaving.scope import every, installed
from portal.privacy.enforcing import blank, due, enforce, enforce_retention
from portal.privacy.retention import Policy, Rule, Then, column, expanded, is_installed, policy, read
from portal.privacy.tables import between_marks, table
from tests.factories.anything import row_of, value_of

BASE = Path(__file__).resolve().parents[2]
#: Tables and columns that one of our databases lacks.
ONE_DATABASE_ONLY = {
    "wagtailsearch.SQLiteFTSIndexEntry",
    "wagtailsearch.IndexEntry.title_text",
    "wagtailsearch.IndexEntry.body_text",
}

#: (rule, model) of which no row can be made here that its time is up for, and why.
CANNOT_BE_MADE: dict[tuple[str, str], str] = {}

RULES = {rule.name: rule for rule in policy().rules}
AUTOMATIC = [name for name, rule in RULES.items() if rule.then in (Then.ERASE, Then.BLANK)]


def uncovered(found: Policy) -> list[str]:
    """Columns of installed models that nobody has said anything about."""
    return sorted(
        f"{model._meta.label}.{field.name}"
        for model in installed()
        for field in model._meta.local_concrete_fields
        if field.name not in found.personal(model) | found.plain(model)
    )


def test_every_column_is_listed() -> None:
    assert uncovered(policy()) == [], "Say in portal/privacy/retention.toml what these hold: a rule, or [not_personal]."


def test_a_forgotten_column_is_seen() -> None:
    """The walk above, with one column taken out of the file."""
    plain = {**policy().not_personal, "directory.Membership": frozenset()}
    assert uncovered(Policy(policy().rules, plain)) == ["directory.Membership.id", "directory.Membership.provider"]


def test_nothing_is_listed_that_does_not_exist() -> None:
    wrong = []
    for label, names in [
        *((label, names) for rule in policy().rules for label, names in rule.fields.items()),
        *policy().not_personal.items(),
    ]:
        if not is_installed(label):
            wrong += [label] if label not in ONE_DATABASE_ONLY else []
            continue
        model = apps.get_model(label)
        there = {field.name for field in model._meta.local_concrete_fields}
        wrong += [whole for name in names if name not in there and (whole := f"{label}.{name}") not in ONE_DATABASE_ONLY]
    assert wrong == []


def test_no_column_is_both_personal_and_not() -> None:
    both = [f"{model._meta.label}.{name}" for model in installed() for name in policy().personal(model) & policy().plain(model)]
    assert both == []


def test_columns_that_speak_of_people_are_under_a_rule() -> None:
    """What is named like a person's, or points at one, must not stand among what is not personal."""
    words = ("email", "phone", "contact_name", "first_name", "last_name", "birth")
    found = []
    for model in installed():
        for field in model._meta.local_concrete_fields:
            points = getattr(field, "related_model", None) is not None and field.related_model._meta.label == "accounts.User"
            if (points or any(word in field.name for word in words)) and field.name not in policy().personal(model):
                found.append(f"{model._meta.label}.{field.name}")
    assert found == []


@pytest.mark.parametrize("name", list(RULES))
def test_a_rule_says_everything_in_two_languages(name: str) -> None:
    rule = RULES[name]
    for said in (rule.what, rule.whose, rule.why, rule.keep):
        assert set(said) == {"nb", "en"}
        assert all(text.strip() and "|" not in text for text in said.values())
    assert rule.basis
    if rule.then is Then.CALL:
        assert callable(import_string(rule.by))
    if rule.then in (Then.ERASE, Then.BLANK):
        assert rule.since
        assert rule.days
    if rule.then is Then.BLANK:
        for model in rule.models():
            for one in expanded(model, rule.fields[model._meta.label]):
                assert blank(model, one) is not None or column(model, one).null


@pytest.mark.parametrize("name", AUTOMATIC)
def test_what_is_old_enough_goes_and_what_is_not_stays(db: Any, town_rows: Any, name: str) -> None:
    rule, at = RULES[name], timezone.now()
    for model in rule.models():
        old, fresh = (_row(model, rule, at - timedelta(days=rule.days + extra), town_rows) for extra in (2, -2))
        is_due = due(rule, model, at).filter(pk=old.pk).exists()
        assert is_due is ((name, model._meta.label) not in CANNOT_BE_MADE), model._meta.label
        if not is_due:
            continue
        assert not due(rule, model, at).filter(pk=fresh.pk).exists()

        assert enforce(rule, at) >= 1

        left = every(model).filter(pk=old.pk).values().first()
        if rule.then is Then.ERASE:
            assert left is None
        else:
            for one in expanded(model, rule.fields[model._meta.label]) - {rule.since}:
                assert left[column(model, one).attname] == blank(model, one), one
        assert every(model).filter(pk=fresh.pk).exists()
        assert enforce(rule, at) == 0, "a second run finds nothing"


def _row(model: Any, rule: Rule, moment: Any, find: Any) -> Any:
    row = row_of(model, find)
    values: dict[str, Any] = {}
    if "__" not in rule.since:
        values[rule.since] = moment if column(model, rule.since).get_internal_type() == "DateTimeField" else moment.date()
    else:
        pointer, _dash, name = rule.since.partition("__")
        every(column(model, pointer).related_model).filter(pk=getattr(row, f"{pointer}_id")).update(**{name: moment})
    if rule.then is Then.BLANK:  # what is to be emptied must hold something
        for one in expanded(model, rule.fields[model._meta.label]) - {rule.since}:
            field = column(model, one)
            if field.get_internal_type() == "JSONField":
                values[one] = {"x": "y"}
            elif getattr(row, field.attname) in (None, ""):
                values[one] = value_of(field, find, "ord")
    for key, value in rule.where.items():
        if key == "content_type__model__in":
            from django.contrib.contenttypes.models import ContentType

            values["content_type"] = ContentType.objects.filter(model__in=value).first()
    every(model).filter(pk=row.pk).update(**values)
    return row


@pytest.fixture
def town_rows(db: Any) -> Any:
    """Gives the row that a column is to point at."""
    from tests.factories.directory import default_municipality, make_staff

    municipality = default_municipality()
    staff = make_staff(municipality)
    known = {
        "directory.Municipality": municipality,
        "accounts.User": staff,
        "wagtailcore.Site": municipality.site,
        "wagtailcore.Collection": municipality.collection,
        "wagtailcore.Workflow": municipality.workflow,
        "wagtailcore.Page": municipality.site.root_page,
    }
    making: set[str] = set()

    def find(model: Any) -> Any:
        label = model._meta.label
        if label in known or label in making:  # tables that point at each other
            return known.get(label)
        if found := every(model).order_by("pk").first():
            return found
        making.add(label)
        try:
            return row_of(model, find)
        finally:
            making.remove(label)

    return find


def test_all_rules_can_be_enforced_together(db: Any) -> None:
    from tests.factories.directory import default_municipality

    default_municipality()
    called = [name for name, rule in RULES.items() if rule.then is not Then.WITH]
    assert sorted(enforce_retention(timezone.now())) == sorted(called)


def test_a_rule_that_fails_does_not_stop_the_others(db: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    broken = [rule for rule in policy().rules if rule.name in {"sheets", "undeliverable"}]
    monkeypatch.setattr("portal.privacy.deeds.thin_imports", lambda at: 1 / 0)
    done = enforce_retention(timezone.now(), found=Policy(tuple(broken), {}))
    assert list(done) == ["undeliverable"]
    assert "sheets" in caplog.text


def test_the_worker_enforces_every_day() -> None:
    from portal.timetable import JOBS

    assert (timedelta(hours=24), enforce_retention) in JOBS


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("document", ["records-of-processing", "impact-assessment"])
def test_documents_say_what_the_rules_say(document: str, lang: str) -> None:
    text = (BASE / f"docs/privacy/{document}.{lang}.md").read_text(encoding="utf-8")
    if document == "records-of-processing":
        assert between_marks(text) == table(lang), f"Run manage.py enforce_retention --tables {lang}"
    for blank_space in ("TODO", "TBD", "[...]", "XXX", "…fyll"):
        assert blank_space not in text


def test_reading_the_file_knows_shared_lists() -> None:
    said = {
        "shared": {"who": ["a", "b"]},
        "rule": {
            "x": {
                "what": {},
                "whose": {},
                "why": {},
                "keep": {},
                "basis": "x",
                "then": "with",
                "fields": {"m.M": "@who c"},
            }
        },
        "not_personal": {"m.M": "d @who"},
    }
    found = read(said)
    assert found.rules[0].fields == {"m.M": ("a", "b", "c")}
    assert found.not_personal == {"m.M": frozenset("dab")}
