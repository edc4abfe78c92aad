"""A database made today and one that came here step by step are the same."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState

from portal.kit.new_tables import NewTables

OURS = {"cards", "directory", "pages"}  # whose history is shortened


def state(**options: bool) -> ProjectState:
    """Every table as the migrations leave it."""
    return MigrationLoader(None, **options).project_state()


def differences(one: ProjectState, other: ProjectState) -> dict[str, list[Migration]]:
    """What would still have to be done, per app of ours. (Wagtail's short history leaves tables of its past away.)"""
    changes = MigrationAutodetector(one, other)._detect_changes()
    return {label: found for label, found in changes.items() if label in OURS}


def test_the_shortened_history_ends_where_the_whole_one_does():
    short, whole = state(), state(replace_migrations=False)
    assert {label for label, _name in whole.models} >= OURS
    assert differences(short, whole) == {}
    assert differences(whole, short) == {}


def test_the_comparison_sees_one_changed_field():
    changed = state()
    changed.models["directory", "invitation"].fields["email"] = models.EmailField(max_length=99)
    assert differences(state(), changed).keys() == {"directory"}


def test_a_fresh_database_uses_the_shortened_history():
    loader = MigrationLoader(None)
    assert ("directory", "0001_squashed_0008") in loader.graph.nodes
    assert ("directory", "0002_easy_words_and_features") not in loader.graph.nodes
    assert ("cards", "0001_squashed_0003") in loader.graph.nodes


NEW = [
    migrations.CreateModel("One", [("id", models.BigAutoField(primary_key=True)), ("word", models.CharField(max_length=9))]),
    migrations.CreateModel(
        "Two", [("id", models.BigAutoField(primary_key=True)), ("many", models.ManyToManyField("new_tables.one"))]
    ),
    migrations.AddField("One", "two", models.ForeignKey("new_tables.two", models.CASCADE, null=True)),
    migrations.AddIndex("One", models.Index(fields=["word"], name="one_word_index")),
    migrations.AddConstraint("One", models.UniqueConstraint(fields=["word"], name="one_word_once")),
]


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


def names_of_rules(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, table))


@pytest.mark.django_db(transaction=True)
def test_new_tables_are_made_whole_and_taken_away_again():
    migration = Migration("0001", "new_tables")
    migration.operations = [NewTables(NEW)]
    before = set(connection.introspection.table_names())
    executor = MigrationExecutor(connection)
    with connection.schema_editor(atomic=True) as editor:
        migration.apply(executor.loader.project_state(), editor)
    try:
        made = set(connection.introspection.table_names()) - before
        assert made == {"new_tables_one", "new_tables_two", "new_tables_two_many"}
        assert columns("new_tables_one") == {"id", "word", "two_id"}
        assert {"one_word_index", "one_word_once"} <= names_of_rules("new_tables_one")
    finally:
        with connection.schema_editor(atomic=True) as editor:
            migration.unapply(executor.loader.project_state(), editor)
    assert set(connection.introspection.table_names()) == before


@pytest.mark.parametrize(
    ("later", "why"),
    [
        (migrations.AddField("Old", "more", models.TextField(default="")), "was there before"),
        (migrations.DeleteModel("Old"), "was there before"),
        (migrations.RunPython(migrations.RunPython.noop), "does not make a table"),
    ],
)
def test_what_makes_no_table_is_refused(later, why):
    state = ProjectState()
    migrations.CreateModel("Old", [("id", models.BigAutoField(primary_key=True))]).state_forwards("new_tables", state)
    with pytest.raises(ValueError, match=why):
        NewTables([*NEW, later]).state_forwards("new_tables", state)
