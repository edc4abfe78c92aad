"""Many new tables in one step of a migration.

Django builds its picture of all models that hang together anew after each operation of a migration. Ours hang together
widely, so a fresh database spent a minute on pictures and two seconds on tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Model


class NewTables(Operation):
    """Makes the tables of models that are new in a migration, as they are after its last operation.

    `operations` are those that `makemigrations` or `squashmigrations` wrote: models, and whatever is then added to these same
    models. Nothing in them may change a table that was there before, or move data; that raises ValueError.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__qualname__, [self.operations], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        before = {key: set(model.fields) for key, model in state.models.items() if key[0] == app_label}
        state.__dict__.pop("apps", None)  # built once, when the tables are made
        for operation in self.operations:
            if not operation.reduces_to_sql:
                raise ValueError(f"This does not make a table: {operation.describe()}")
            operation.state_forwards(app_label, state)
        for key, fields in before.items():
            if key not in state.models or set(state.models[key].fields) != fields:
                raise ValueError(f"This table was there before: {key[1]}")

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model in self._new(app_label, schema_editor, from_state, to_state):
            schema_editor.create_model(model)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model in reversed(self._new(app_label, schema_editor, to_state, from_state)):
            schema_editor.delete_model(model)

    def _new(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> list[type[Model]]:
        names = [name for label, name in after.models if label == app_label and (label, name) not in before.models]
        models = [after.apps.get_model(app_label, name) for name in names]
        return [model for model in models if self.allow_migrate_model(schema_editor.connection.alias, model)]

    def describe(self) -> str:
        return "New tables: " + ", ".join(operation.describe() for operation in self.operations)
