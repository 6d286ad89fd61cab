"""Queries whose text is kept, because writing one costs more than running it. A text depends on the declarations and
what it was asked with, never on data; values that differ from one time to the next are holes, filled when it runs."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import QuerySet

NOTHING: Mapping[str, str] = {}
MOST_KEPT = 512
Made = TypeVar("Made")


def keep_query(compile_it: Callable[..., Made]) -> Callable[..., Made]:
    """Keeps what the function compiles, by its arguments. Whoever may see what is part of a scope's identity, so that
    two accounts that see different rows never share a query."""
    return lru_cache(maxsize=MOST_KEPT)(compile_it)


def placeholder(name: str | int) -> str:
    """A text that stands in a query for a value which is not known yet; nobody can type it."""
    return f"\ue000{name}\ue001"


@dataclass(frozen=True)
class CompiledQuery:
    """A query of rows as dictionaries, written out. No `sql` stands for one that can find nothing. One that `is_packed`
    gives all rows as one JSON array. On PostgreSQL only the holes are left of the parameters."""

    using: str
    sql: str
    parameters: tuple
    names: tuple[str, ...]
    converters: tuple[tuple[str, Callable, Any], ...]
    is_packed: bool = False

    def rows(self, holes: Mapping[str, str] = NOTHING) -> list[dict[str, Any]]:
        if not self.sql:
            return []
        connection = connections[self.using]
        filled = [
            holes.get(parameter, parameter) if isinstance(parameter, str) else parameter
            for parameter in self.parameters
        ]
        with _cursor(connection) as cursor:
            cursor.execute(self.sql, filled)
            records = orjson.loads(cursor.fetchone()[0]) if self.is_packed else cursor.fetchall()
        names = self.names
        rows = [dict(zip(names, record, strict=True)) for record in records]
        for name, convert, expression in self.converters:
            for row in rows:
                row[name] = convert(row[name], expression, connection)
        return rows


def compile_query(values: QuerySet) -> CompiledQuery:
    """The text of a query made with `values()`."""
    if hasattr(values, "_require_scope"):
        values._require_scope()
    compiler = values.query.get_compiler(values.db)
    names = tuple(values.query.selected or ())
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return CompiledQuery(values.db, "", (), names, ())
    by_index = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
    converters = (
        (names[index], convert, expression)
        for index, (converts, expression) in by_index.items()
        for convert in converts
    )
    is_packed = connections[values.db].vendor == "sqlite"
    if is_packed:
        sql = _packed(sql, names)
    else:
        sql, parameters = _with_holes(connections[values.db], sql, parameters)
    return CompiledQuery(values.db, sql, tuple(parameters), names, tuple(converters), is_packed)


def _cursor(connection: Any) -> Any:
    """A cursor for SQL that was kept. PostgreSQL plans it once: planning takes longer than finding 50 rows."""
    return connection.prepared_cursor() if connection.vendor == "postgresql" else connection.cursor()


def _with_holes(connection: Any, sql: str, parameters: Iterable) -> tuple[str, list[str]]:
    """SQL for PostgreSQL with all its values but the holes, which become $1, $2 …; and the holes in this order."""
    written = connection.write_out(sql, parameters)
    holes = list(dict.fromkeys(re.findall("\ue000[^\ue001]*\ue001", written)))
    for number, hole in enumerate(holes, 1):
        written = written.replace(f"'{hole}'", f"${number}")
    return written, holes


def _packed(sql: str, names: tuple[str, ...]) -> str:
    """The query on SQLite with all its rows in one. SQLite lets go of the interpreter's lock for each row it steps to,
    which the threads of a server then fight for. An inner order is kept under the aggregates that join values."""
    columns = ", ".join(f'"{name}"' for name in names)
    return f"SELECT json_group_array(json_array({columns})) FROM ({sql})"


Statement = tuple[str, tuple]  # SQL and its parameters


def compile_rows(rows: QuerySet) -> Statement:
    """The statement of a query made with `values_list()`; an empty one for a query that can find nothing, which has no
    SQL."""
    try:
        sql, parameters = rows.query.sql_with_params()
    except EmptyResultSet:
        return "", ()
    if connection.vendor == "sqlite":
        return sql, parameters
    return connection.write_out(sql, parameters), ()  # type: ignore[attr-defined]  # fengnan/postgresql/base.py


def fetch_rows(statement: Statement) -> list[tuple]:
    sql, parameters = statement
    if not sql:
        return []
    with _cursor(connection) as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
