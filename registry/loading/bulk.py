"""Adds many rows at once. Triggers, checks and constraints apply as for any row."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.utils import timezone

STEP = 500
TEXT = (models.CharField, models.TextField)


def add_all(groups: Iterable[Sequence[models.Model]]) -> None:
    """Adds records, one group per model, each after the groups it refers to. The database assigns the keys."""
    for group in groups:
        if group:
            _refer_again(group)
            type(group[0])._base_manager.bulk_create(group, batch_size=STEP)


def _refer_again(records: Sequence[models.Model]) -> None:
    """Takes the keys of what the records refer to: an attempt that was rolled back left other keys there."""
    for field in records[0]._meta.concrete_fields:
        for record in records if field.is_relation else ():
            other = record._state.fields_cache.get(field.name)
            if other is not None and other.pk != getattr(record, field.attname):
                setattr(record, field.name, other)


def check_references_at_once() -> None:
    """Until the end of the transaction, a row with a broken reference is refused when it is written. PostgreSQL would
    otherwise refuse at commit, too late to know which row it was; SQLite always refuses at once."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def add_values(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence], **same: Any) -> None:
    """Adds rows without creating model instances. `names` are the fields of each row, in that order; `same` are the
    values of fields that all rows share; other fields get their defaults. PostgreSQL takes the rows as a stream, by
    COPY."""
    columns = {field.name: field for field in model._meta.concrete_fields}
    named = [columns[name] for name in names]
    rest = [field for field in model._meta.concrete_fields if not field.primary_key and field not in named]
    now = timezone.now()
    defaults = {field.name: now if getattr(field, "auto_now_add", False) else field.get_default() for field in rest}
    ends = _prepared(rest, [(defaults | same)[field.name] for field in rest])
    # all of them before COPY begins: what makes a row may ask the database, which hears nothing else in the meantime
    prepared = [[*_prepared(named, row), *ends] for row in rows]
    _insert(model, [*named, *rest], prepared)


def _prepared(fields: Sequence[models.Field], values: Sequence) -> list:
    """The values as the database takes them. A text in a column of text is one already, and most are."""
    return [
        value if type(value) is str and isinstance(field, TEXT) else field.get_db_prep_save(value, connection)
        for field, value in zip(fields, values, strict=True)
    ]


def _insert(model: type[models.Model], fields: Sequence[models.Field], rows: list[list]) -> None:
    quote = connection.ops.quote_name
    table, columns = quote(model._meta.db_table), ", ".join(quote(str(field.column)) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
