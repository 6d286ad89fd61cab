"""Adding many rows at once: PostgreSQL takes them as a stream, by COPY; SQLite one after the other by one statement."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from itertools import count
from operator import itemgetter
from typing import Any, TypeVar

import orjson
from django.db import connection, connections, models
from django.db.models.base import ModelState
from django.utils import timezone

STEP = 500
M = TypeVar("M", bound=models.Model)


def new(model: type[M], **values: Any) -> M:
    """A record as `model(**values)` makes it, some times faster: the model's initialiser goes through all its columns
    each time, and a load makes three records a row."""
    plain, called, related = _columns(model)
    record, state = model.__new__(model), ModelState()
    for name, key in related:
        if name in values:
            other = state.fields_cache[name] = values.pop(name)
            values[key] = other.pk if other is not None else None
    record.__dict__ = {**plain, **{name: default() for name, default in called}, **values, "_state": state}
    return record


@cache
def _columns(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable]], list[tuple[str, str]]]:
    """Of a model: its columns with what they hold unless told, those to be asked each time, its relations' keys."""
    fields = model._meta.concrete_fields
    called = [(field.attname, field.get_default) for field in fields if field.has_default() and callable(field.default)]
    plain = {field.attname: field.get_default() for field in fields}
    return plain, called, [(field.name, field.attname) for field in fields if field.is_relation]


def add_all(groups: Iterable[Sequence[models.Model]]) -> None:
    """Adds records, each group of one model and after those it refers to, and gives them their keys. Triggers, checks
    and constraints hold as for any row."""
    groups = [group for group in groups if group]
    for group in groups:
        _number(type(group[0]), group)
    for group in groups:
        model = type(group[0])
        fields = [field for field in model._meta.concrete_fields if not field.generated]
        _refer(fields, group)
        for field in fields:
            if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
                for record in group:
                    field.pre_save(record, add=True)
        read = itemgetter(*(field.attname for field in fields))
        _insert(model, fields, _ready(fields, map(read, map(vars, group))))
        alias = connection.alias
        for record in group:
            state = record._state
            state.adding, state.db = False, alias


def _refer(fields: Iterable[models.Field], records: Iterable[models.Model]) -> None:
    """What was not written yet when a record came to refer to it has its key by now."""
    keys = {field.name: field.attname for field in fields if field.is_relation}
    for record in records:
        for name, other in record._state.fields_cache.items():
            if other is not None and name in keys:
                record.__dict__[keys[name]] = other.pk


def add_values(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Adds rows nobody needs as records: `names` are those of the fields that each of `rows` gives, in that order. The
    other fields get what the model says. Triggers, checks and constraints hold as for any row."""
    given = [model._meta.get_field(name) for name in names]
    rest = [field for field in model._meta.concrete_fields if not field.primary_key and field not in given]
    now = timezone.now()
    defaults = [now if getattr(field, "auto_now_add", False) else field.get_default() for field in rest]
    ends = [field.get_db_prep_save(value, connection) for field, value in zip(rest, defaults, strict=True)]
    _insert(model, [*given, *rest], ((*row, *ends) for row in _ready(given, rows)))


def _ready(fields: Sequence[models.Field], rows: Iterable[Sequence]) -> Iterable[Sequence]:
    """The rows as the database takes them."""
    makers = [(at, make) for at, make in enumerate(map(_maker, fields)) if make]

    def made(row: Sequence) -> list:
        values = list(row)
        for at, make in makers:
            values[at] = make(values[at])
        return values

    return map(made, rows) if makers else rows


def _insert(model: type[models.Model], fields: list[models.Field], rows: Iterable[Sequence]) -> None:
    quote = connection.ops.quote_name
    table, columns = quote(model._meta.db_table), ", ".join(quote(field.column) for field in fields)
    if connection.vendor == "postgresql":
        _send(f"COPY {table} ({columns}) FROM STDIN", list(rows))
        return
    with connection.cursor() as cursor:
        holes = ", ".join(["%s"] * len(fields))
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({holes})", rows)


_sent: ContextVar[tuple[ThreadPoolExecutor, list[Future]] | None] = ContextVar("sent", default=None)


@contextmanager
def streaming() -> Iterator[None]:
    """Within it, what is added goes to PostgreSQL by a thread of its own while more is being made. Whatever else is
    asked of the database in the meantime waits for it, and the end of a transaction must be after the end of this."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # so that what it refers to is looked up on the way, too
    with ThreadPoolExecutor(1) as thread, connection.execute_wrapper(_settled):
        sent = _sent.set((thread, []))
        try:
            yield
            _settle()
        finally:
            _sent.reset(sent)


def _settle() -> None:
    """Waits for what is on its way. Raises what the database has against it."""
    _thread, sent = _sent.get() or (None, [])
    while sent:
        sent.pop(0).result()


def _settled(execute: Callable, *arguments: Any) -> Any:
    _settle()
    return execute(*arguments)


def _send(statement: str, rows: list[Sequence]) -> None:
    connection.ensure_connection()
    copy = partial(_copy, connection.connection, connection.wrap_database_errors, statement, rows)
    if sending := _sent.get():
        thread, sent = sending
        sent.append(thread.submit(copy))
    else:
        copy()


def _copy(database: Any, errors: Any, statement: str, rows: list[Sequence]) -> None:
    with errors, database.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


AS_THEY_ARE = {"AutoField", "BigAutoField", "CharField", "TextField", "ForeignKey", "IntegerField", "BooleanField"}
AS_THEY_ARE |= {"PositiveIntegerField", "PositiveSmallIntegerField"}
STREAMED = {"UUIDField", "DateField", "DecimalField"}  # those that COPY takes as they are, too


def _maker(field: models.Field) -> Callable[[Any], Any] | None:
    """How a value of the field is made ready for the database; None where it takes it as it is."""
    if isinstance(field, models.JSONField) and field.encoder is None:
        return lambda value: orjson.dumps(value).decode()
    name = field.get_internal_type()
    if field.name == "voided":
        return None  # nothing is added that is voided already
    if name in AS_THEY_ARE or (name in STREAMED and connection.vendor == "postgresql"):
        return None
    database = connections[connection.alias]
    return lambda value: field.get_db_prep_save(value, database)


def _number(model: type[models.Model], records: Sequence[models.Model]) -> None:
    """Gives the records the next keys of the table. SQLite has one writer at a time, which we are."""
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            asked = "WITH sequence AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, %s)::regclass AS name) "
            asked += "SELECT nextval(name) FROM sequence, generate_series(1, %s)"
            cursor.execute(asked, [table, key, len(records)])
            keys: Iterable[int] = [key for (key,) in cursor.fetchall()]
        else:
            cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
            keys = count(cursor.fetchone()[0] + 1)
    name = model._meta.pk.attname
    for record, each in zip(records, keys, strict=False):
        record.__dict__[name] = each
