"""Questions that are asked all the time: the SQL of a queryset made once, and asked again with other values.

Django makes the SQL of a queryset anew each time, which takes a till's use of a card longer than the database needs for it.

    @asked_often(pk=int)
    def card_of(pk: int) -> QuerySet[Card]:
        return Card.objects.filter(pk=pk).select_related("batch")

    card_of(pk=7)                                    a list of cards

What is named (whole numbers, bytes, text, moments) may be another value each time and must stand in the SQL as a value; all else
is as it was the first time. A change is a pair of rows and what is written to them, and answers how many rows it changed. An
addition is a new row.

Asking is Django's: its compiler is kept, for each thread and its connection, and told what it has made before. PostgreSQL keeps
its plan too (`prepare_threshold` of the connection; None where a pooler gives each transaction another connection). Rows become
objects without `__init__` and its signals: what a queryset's models do there is for objects that are made, not for those read.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX, SQLiteCursorWrapper
from django.db.models import CharField, DateField, Field, ForeignKey, IntegerField, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.fields import AutoFieldMixin
from django.db.models.query import ModelIterable
from django.db.models.query_utils import DeferredAttribute
from django.db.models.sql import InsertQuery, UpdateQuery

Value = int | bytes | str | datetime
M = TypeVar("M", bound=Model)
A = TypeVar("A")
FIRST = 4_503_599_627_370_496  # a number that stands in no question by itself
BEFORE_ALL = datetime(1907, 5, 17, tzinfo=UTC)  # so does this moment
_forgotten = 0


def forget() -> None:
    """Make all SQL anew: for tests that change how a queryset is built."""
    global _forgotten
    _forgotten += 1


def stand_in(kind: type, number: int) -> Value:
    """What stands for a value while the SQL is made."""
    if kind is int:
        return FIRST + number
    if kind is datetime:
        return BEFORE_ALL + timedelta(seconds=number)
    text = f"stands for value {number} of a question"
    return text.encode() if kind is bytes else text


@contextmanager
def prepared(connection: Any) -> Iterator[None]:
    """What is asked meanwhile goes to PostgreSQL with its values apart, so that it need not be read and planned each time."""
    if connection.vendor != "postgresql":
        yield
        return
    from django.db.backends.postgresql.base import ServerBindingCursor

    connection.ensure_connection()
    driver = connection.connection
    usual, driver.cursor_factory = driver.cursor_factory, ServerBindingCursor
    try:
        yield
    finally:
        driver.cursor_factory = usual


class KeptCursor(SQLiteCursorWrapper):
    """SQLite's own, that turns the marks of each SQL once."""

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        return in_question_marks(query) if param_names is None else super().convert_query(query, param_names=param_names)

    def close(self) -> None:
        """Not when a compiler has asked: it is asked again."""

    def let_go(self) -> None:
        super().close()


@lru_cache(maxsize=500)
def in_question_marks(query: str) -> str:
    return str(FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%"))


class Asking:
    """A thread's connection as a kept compiler sees it: its cursor is kept too, and on PostgreSQL asks as `prepared` tells.

    Whoever asks reads all there is before the next asks.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.driver: Any = None
        self.kept: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def cursor(self) -> Any:
        connection = self.connection
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        if self.driver is not connection.connection:
            with connection.wrap_database_errors:
                self.kept, self.driver = kept_cursor(connection), connection.connection
        return connection._prepare_cursor(self.kept)

    def rows(self, sql: str, params: Sequence[Any]) -> list[Any]:
        with self.read_through():
            cursor = self.cursor()
            cursor.execute(sql, params)
            return list(cursor.fetchall())

    def changed(self, sql: str, params: Sequence[Any]) -> int:
        """How many rows were."""
        with self.read_through():
            cursor = self.cursor()
            cursor.execute(sql, params)
            return int(cursor.rowcount)

    @contextmanager
    def read_through(self) -> Iterator[None]:
        """An answer that was not read to its end would hold SQLite's file as it was then, for all that this thread asks later."""
        try:
            yield
        except BaseException:
            kept, self.kept, self.driver = self.kept, None, None
            with suppress(Exception):  # the connection may be gone
                kept.let_go()
            raise


def kept_cursor(connection: Any) -> Any:
    if connection.vendor == "sqlite":
        return connection.connection.cursor(factory=KeptCursor)
    with prepared(connection):
        kept = connection.create_cursor()
    kept.let_go, kept.close = kept.close, lambda: None  # as KeptCursor's
    return kept


class Reader:
    """Makes an object of its columns of a row, and those that are joined to it. `suits`: columns are values and nothing more."""

    def __init__(self, info: dict[str, Any], select: Sequence[Any]) -> None:
        self.model: type[Model] = info["model"]
        self.names = [select[place][0].target.attname for place in info["select_fields"]]
        first, last = info["select_fields"][0], info["select_fields"][-1]
        self.columns = slice(first, last + 1)
        self.key = self.names.index(self.model._meta.pk.attname)
        joined = info.get("related_klass_infos", [])
        self.joined = [(Reader(one, select), one["local_setter"], one["remote_setter"]) for one in joined]
        self.suits: bool = (
            len(self.names) == last + 1 - first
            and all(is_plain(self.model, name) for name in self.names)
            and all(reader.suits for reader, *_setters in self.joined)
        )

    def __call__(self, row: Sequence[Any]) -> Any:
        values = row[self.columns]
        if values[self.key] is None:
            return None
        made = self.model.__new__(self.model)
        made.__dict__.update(zip(self.names, values, strict=True))
        made._state = ModelState()
        made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
        for reader, put, put_back in self.joined:
            put(made, other := reader(row))
            if other is not None:
                put_back(other, made)
        return made


def is_plain(model: type[Model], name: str) -> bool:
    """Whether a column's value is all that an object keeps of it."""
    return isinstance(inspect.getattr_static(model, name), DeferredAttribute)


def changes_itself(field: Any) -> bool:
    """Whether a field has a value of its own making when it is written."""
    if isinstance(field, DateField):
        return bool(field.auto_now or field.auto_now_add)
    return type(field).pre_save is not Field.pre_save


class Made:
    """The SQL of one question on one connection."""

    def __init__(self, rows: QuerySet[Any], changes: dict[str, Any] | None, values: dict[str, Value]) -> None:
        self.rows = rows.all()
        self.connection = connections[DEFAULT_DB_ALIAS]
        query = self.rows.query
        if changes is not None:
            query = query.chain(UpdateQuery)  # type: ignore[arg-type]
            query.add_update_values(changes)  # type: ignore[attr-defined]
            query.clear_select_clause()
        self.compiler: Any = query.get_compiler(DEFAULT_DB_ALIAS)
        self.compiler.connection = self.asking = Asking(self.connection)
        self.locks = query.select_for_update and self.connection.features.has_select_for_update
        self.sql, params = self.compiler.as_sql()
        self.params: list[Any] = list(params)
        self.places = {
            name: [place for place, param in enumerate(params) if same(param, self.prepared(value))]
            for name, value in values.items()
        }
        if missing := [name for name, places in self.places.items() if not places]:
            raise TypeError(f"{missing} stand in the question in another form")
        self.compiler.as_sql = self.as_sql
        self.reader: Reader | None = None
        if changes is None:
            self.converters = self.compiler.get_converters([column[0] for column in self.compiler.select])
            self.compiler.get_converters = lambda _columns: self.converters
            query.get_compiler = lambda *_where, **_how: self.compiler  # type: ignore[method-assign]
            if self.rows._iterable_class is ModelIterable:  # type: ignore[attr-defined]
                reader = Reader(self.compiler.klass_info, self.compiler.select)
                self.reader = reader if reader.suits else None

    def all(self) -> list[Any]:
        """The rows, as objects or as what the queryset makes of them."""
        if self.reader is None:
            with self.asking.read_through():
                return list(cast("Iterable[Any]", self.rows._iterable_class(self.rows)))  # type: ignore[attr-defined]
        rows = self.ask(self.asking.rows)
        if self.converters:
            rows = list(self.compiler.apply_converters(rows, self.converters))
        found = [self.reader(row) for row in rows]
        for name, place in self.compiler.annotation_col_map.items():
            for one, row in zip(found, rows, strict=True):
                one.__dict__[name] = row[place]
        return found

    def ask(self, answer: Callable[[str, Sequence[Any]], A]) -> A:
        return answer(*self.as_sql())

    def as_sql(self, *_how: Any, **_more: Any) -> tuple[str, tuple[Any, ...]]:
        if self.locks and self.connection.get_autocommit():
            raise transaction.TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        return self.sql, tuple(self.params)

    def put(self, values: dict[str, Value]) -> None:
        for name, value in values.items():
            param = self.prepared(value)
            for place in self.places[name]:
                self.params[place] = param

    def prepared(self, value: Value) -> Any:
        """As the driver is given it."""
        if isinstance(value, bytes):
            return self.connection.Database.Binary(value)  # type: ignore[attr-defined]
        return self.connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def same(param: Any, value: Any) -> bool:
    """Whether a value of the SQL is what stands in for one; bytes are wrapped for the driver, some numbers have a type of it."""
    param, value = getattr(param, "obj", param), getattr(value, "obj", value)
    if isinstance(value, bytes | memoryview):
        return isinstance(param, bytes | memoryview) and bytes(param) == bytes(value)
    return isinstance(param, type(value)) and bool(param == value)


class Asked:
    """A question with values."""

    def __init__(self, build: Callable[..., Any], kinds: dict[str, type]) -> None:
        self.build, self.kinds = build, kinds
        self.__wrapped__ = build
        self.kept = threading.local()

    def made(self, values: dict[str, Value]) -> Made:
        if values.keys() != self.kinds.keys():
            raise TypeError(f"asked with {sorted(self.kinds)}")
        mark = (_forgotten, getattr(self.build, "__code__", None), connections[DEFAULT_DB_ALIAS])
        if getattr(self.kept, "mark", None) != mark:
            stand_ins = {name: stand_in(kind, number) for number, (name, kind) in enumerate(self.kinds.items())}
            built = self.build(**stand_ins)
            rows, changes = built if isinstance(built, tuple) else (built, None)
            self.kept.made, self.kept.mark = Made(rows, changes, stand_ins), mark
        made: Made = self.kept.made
        made.put(values)
        return made


class Question(Asked, Generic[M]):
    """Rows."""

    def __call__(self, **values: Value) -> list[M]:
        return self.made(values).all()

    def first(self, **values: Value) -> M | None:
        return next(iter(self(**values)), None)


class Change(Asked):
    """Rows, and what is written to them; how many were changed."""

    def __call__(self, **values: Value) -> int:
        made = self.made(values)
        with transaction.mark_for_rollback_on_error(using=DEFAULT_DB_ALIAS):
            return made.ask(made.asking.changed)


def asked_often(**kinds: type) -> Callable[[Callable[..., QuerySet[Any]]], Question[Any]]:
    return lambda build: Question(build, kinds)


def done_often(**kinds: type) -> Callable[[Callable[..., tuple[QuerySet[Any], dict[str, Any]]]], Change]:
    return lambda build: Change(build, kinds)


class Addition(Generic[M]):
    """A new row of a table, as `objects.create` makes it; no signal is sent. Facts are told by column ("offer_id") or by field,
    by column is faster."""

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self.kept = threading.local()

    def __call__(self, **facts: Any) -> M:
        kept: Adding | None = getattr(self.kept, "adding", None)
        if kept is None or kept.connection is not connections[DEFAULT_DB_ALIAS]:
            kept = self.kept.adding = Adding(self.model)
        row = kept.row(facts)
        with transaction.mark_for_rollback_on_error(using=DEFAULT_DB_ALIAS):
            (returned,) = kept.asking.rows(kept.sql, kept.params(row))
        row.__dict__.update(zip(kept.returned, returned, strict=True))
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
        return cast("M", row)


class Adding:
    """The INSERT of one table on one connection."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        self.connection = connections[DEFAULT_DB_ALIAS]
        self.asking = Asking(self.connection)
        fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
        if bent := [field.name for field in fields if not is_plain(model, field.attname) or changes_itself(field)]:
            raise TypeError(f"{bent} of {model.__name__} are more than their values")
        self.defaults = {field.attname: field.get_default for field in fields}
        self.writers = [(field.attname, self.writer(field)) for field in fields]
        query = InsertQuery(model)
        query.insert_values(fields, [model()])
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        compiler.returning_fields = model._meta.db_returning_fields
        self.returned = [field.attname for field in compiler.returning_fields]
        ((self.sql, params),) = compiler.as_sql()
        if len(params) != len(fields):
            raise TypeError(f"{model.__name__} is not written field by field")

    def row(self, facts: dict[str, Any]) -> Any:
        """An object of the facts and the defaults."""
        if not facts.keys() <= self.defaults.keys():
            return self.model(**facts)
        row = self.model.__new__(self.model)
        values = {name: facts[name] if name in facts else default() for name, default in self.defaults.items()}
        row.__dict__.update(values, _state=ModelState())
        row.__dict__[cast("Any", self.model._meta.pk).attname] = None
        return row

    def params(self, row: Any) -> list[Any]:
        values = row.__dict__
        return [None if (value := values[name]) is None else write(value) for name, write in self.writers]

    def writer(self, field: Any) -> Callable[[Any], Any]:
        """What the driver is given of a value; the short way for numbers and texts, which is most."""
        save, connection = field.get_db_prep_save, self.connection
        target = field
        while target.remote_field:
            target = target.target_field
        if type(field).get_db_prep_save not in {Field.get_db_prep_save, ForeignKey.get_db_prep_save}:
            return lambda value: save(value, connection)
        if isinstance(target, AutoFieldMixin):
            return lambda value: value if type(value) is int else save(value, connection)
        if prepares_as(target, IntegerField):
            kind, adapt = target.get_internal_type(), connection.ops.adapt_integerfield_value
            return lambda value: adapt(value, kind) if type(value) is int else save(value, connection)
        if prepares_as(target, CharField):
            return lambda value: value if type(value) is str else save(value, connection)
        return lambda value: save(value, connection)


def prepares_as(field: Any, usual: type[Field[Any, Any]]) -> bool:
    """Whether a field makes of its values for the driver what a usual one makes, and nothing else."""
    parts = ("get_prep_value", "get_db_prep_value", "get_db_prep_save")
    return all(getattr(type(field), part) is getattr(usual, part) for part in parts)
