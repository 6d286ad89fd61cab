"""The connection: what it asks the server before each request, and queries that the server plans once."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """What logs and tests read of a query. One with $1 stays as it is: Django cannot write its values in."""
        return sql if isinstance(cursor, psycopg.RawCursor) else super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations

    def close_if_health_check_failed(self) -> None:
        """Asks the server whether it is there only where something waits to be read. A server that went away has closed
        the connection, and a connection at rest has nothing to say otherwise."""
        if self.connection is not None and self._is_at_rest():
            self.health_check_done = True
        super().close_if_health_check_failed()

    def _is_at_rest(self) -> bool:
        try:
            waiting = select.poll()
            waiting.register(self.connection.fileno(), select.POLLIN)
            return not waiting.poll(0)
        except psycopg.Error:
            return False

    def prepared_cursor(self) -> Any:
        """A cursor for SQL with $1 in place of values, which the server plans once for a connection."""
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(psycopg.RawCursor(self.connection))  # type: ignore[attr-defined]  # of Django

    def write_out(self, sql: str, parameters: Any) -> str:
        """The SQL with its values in it."""
        self.ensure_connection()
        with self.wrap_database_errors:
            return psycopg.ClientCursor(self.connection).mogrify(sql, parameters)
