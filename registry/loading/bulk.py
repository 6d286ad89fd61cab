"""Adding many rows at once: where the database can take them as a stream, by COPY; elsewhere as Django does it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models

STEP = 500


def add_all(model: type[models.Model], records: Sequence[models.Model]) -> None:
    """Adds `records` of one model and gives them their keys. Triggers, checks and constraints hold as for any row."""
    if connection.vendor != "postgresql" or len(records) < STEP // 5:
        model._base_manager.bulk_create(records, batch_size=STEP)
        return
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    readers = [(field.attname, _writer(field)) for field in fields]
    for record in records:
        record._prepare_related_fields_for_save(operation_name="bulk_create")  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        _number(cursor, model, records)
        names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        table = connection.ops.quote_name(model._meta.db_table)
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for record in records:
                copy.write_row([write(record) if write else getattr(record, name) for name, write in readers])
    for record in records:
        record._state.adding, record._state.db = False, connection.alias


AS_THEY_ARE = {"AutoField", "BigAutoField", "CharField", "TextField", "ForeignKey", "IntegerField", "UUIDField"}
AS_THEY_ARE |= {"PositiveIntegerField", "PositiveSmallIntegerField", "BooleanField", "DateField"}


def _writer(field: models.Field) -> Callable[[models.Model], Any] | None:
    """How the field's value is written; None where the database takes it as it is."""
    if field.get_internal_type() in AS_THEY_ARE:
        return None
    return lambda record: field.get_db_prep_save(field.pre_save(record, add=True), connection)


def _number(cursor, model: type[models.Model], records: Sequence[models.Model]) -> None:
    """The next keys of the table's own sequence."""
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
        [model._meta.db_table, model._meta.pk.column, len(records)],
    )
    for record, (key,) in zip(records, cursor.fetchall(), strict=True):
        record.pk = key
