"""Adding many rows at once: PostgreSQL takes them as a stream, by COPY; SQLite one after the other by one statement."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from operator import attrgetter
from typing import Any

import orjson
from django.db import connection, connections, models
from django.utils import timezone

STEP = 500


def add_all(model: type[models.Model], records: Sequence[models.Model]) -> None:
    """Adds `records` of one model and gives them their keys. Triggers, checks and constraints hold as for any row."""
    if len(records) < STEP // 5:
        model._base_manager.bulk_create(records, batch_size=STEP)
        return
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    readers = [_reader(field) for field in fields]
    for record in records:
        record._prepare_related_fields_for_save(operation_name="bulk_create")  # type: ignore[attr-defined]
    _number(model, records)
    _insert(model, fields, ([read(record) for read in readers] for record in records))
    for record in records:
        record._state.adding, record._state.db = False, connection.alias


def add_values(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Adds rows nobody needs as records: `names` are those of the fields that each of `rows` gives, in that order. The
    other fields get what the model says. Triggers, checks and constraints hold as for any row."""
    given = [model._meta.get_field(name) for name in names]
    rest = [field for field in model._meta.concrete_fields if not field.primary_key and field not in given]
    now = timezone.now()
    defaults = [now if getattr(field, "auto_now_add", False) else field.get_default() for field in rest]
    ends = [field.get_db_prep_save(value, connection) for field, value in zip(rest, defaults, strict=True)]
    makers = [(at, make) for at, make in enumerate(map(_maker, given)) if make]

    def made(row: Sequence) -> list:
        values = [*row, *ends]
        for at, make in makers:
            values[at] = make(values[at])
        return values

    _insert(model, [*given, *rest], map(made, rows))


def _insert(model: type[models.Model], fields: list[models.Field], rows: Iterable[list]) -> None:
    quote = connection.ops.quote_name
    rows = list(rows)  # making one may ask the database, which answers nothing in the middle of a COPY
    table, columns = quote(model._meta.db_table), ", ".join(quote(field.column) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            holes = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({holes})", rows)


AS_THEY_ARE = {"AutoField", "BigAutoField", "CharField", "TextField", "ForeignKey", "IntegerField", "BooleanField"}
AS_THEY_ARE |= {"PositiveIntegerField", "PositiveSmallIntegerField"}
STREAMED = {"UUIDField", "DateField"}  # those that COPY takes as they are, too


def _maker(field: models.Field) -> Callable[[Any], Any] | None:
    """How a value of the field is made ready for the database; None where it takes it as it is."""
    if isinstance(field, models.JSONField) and field.encoder is None:
        return lambda value: orjson.dumps(value).decode()
    name = field.get_internal_type()
    if name in AS_THEY_ARE or (name in STREAMED and connection.vendor == "postgresql"):
        return None
    database = connections[connection.alias]
    return lambda value: field.get_db_prep_save(value, database)


def _reader(field: models.Field) -> Callable[[models.Model], Any]:
    """Reads the field's value from a record, ready for the database."""
    make = _maker(field)
    return (lambda record: make(field.pre_save(record, add=True))) if make else attrgetter(field.attname)


def _number(model: type[models.Model], records: Sequence[models.Model]) -> None:
    """Gives the records the next keys of the table. SQLite has one writer at a time, which we are."""
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            asked = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
            cursor.execute(asked, [table, key, len(records)])
            keys: Iterable[int] = [key for (key,) in cursor.fetchall()]
        else:
            cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
            keys = count(cursor.fetchone()[0] + 1)
    for record, each in zip(records, keys, strict=False):
        record.pk = each
