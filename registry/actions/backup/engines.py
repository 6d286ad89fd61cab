"""The database part of a backup, for each engine: a consistent copy while others write, and its restoration in one
transaction."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection, connections

from .manifest import BackupError

DROP_ALL = """
SET LOCAL lock_timeout = '30s';
SET LOCAL client_min_messages = 'warning';
DO $$
DECLARE found record;
BEGIN
  FOR found IN
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END
             AS kind, oid::regclass::text AS name, CASE relkind WHEN 'S' THEN 2 ELSE 1 END AS step
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    UNION ALL
    SELECT 'ROUTINE', oid::regprocedure::text, 3
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    ORDER BY step
  LOOP
    EXECUTE format('DROP %s IF EXISTS %s CASCADE', found.kind, found.name);
  END LOOP;
END $$;
"""
OWN = "sqlite_"  # tables that SQLite keeps for itself
SERVER_FOLDERS = Path("/usr/lib/postgresql")
CHUNK = 1 << 20


def count_rows(database: Any) -> dict[str, int]:
    """The rows of each table, over a Django connection."""
    with database.cursor() as cursor:
        listed = database.introspection.get_table_list(cursor)
        tables = sorted(table.name for table in listed if table.type in {"t", "p"} and not table.name.startswith(OWN))
        return {table: _count(cursor.execute, cursor.fetchone, database.ops.quote_name(table)) for table in tables}


def _count(execute: Callable, fetch_one: Callable, table: str) -> int:
    execute(f"SELECT COUNT(*) FROM {table}")
    return fetch_one()[0]


class SQLite:
    name = "sqlite"
    file_name = "database.sqlite3"

    def version(self) -> str:
        return sqlite3.sqlite_version

    def size(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
            return cursor.fetchone()[0]

    def dump(self, target: Path) -> dict[str, int]:
        """Copies the database in one read transaction, which in WAL mode stops no writer. Returns the rows by table."""
        connection.ensure_connection()
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            [verdict] = copy.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise BackupError(f"The copy of the database is damaged: {verdict}.")
            tables = [name for [name] in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
            cursor = copy.cursor()
            return {
                table: _count(cursor.execute, cursor.fetchone, f'"{table}"')
                for table in tables
                if not table.startswith(OWN)
            }

    def restore(self, source: Path) -> None:
        """Replaces the content of the database in one transaction, also for processes that have it open."""
        connection.ensure_connection()
        try:
            with closing(sqlite3.connect(f"{source.as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
                copy.backup(connection.connection)
        except sqlite3.Error as error:
            raise BackupError(f"The database was not replaced: {error}. Stop the portal first.") from error
        connection.close()


class PostgreSQL:
    name = "postgresql"
    file_name = "database.dump"

    def version(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return cursor.fetchone()[0]

    def size(self) -> int:
        """An upper bound: the dump is compressed."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return cursor.fetchone()[0]

    def dump(self, target: Path) -> dict[str, int]:
        """Dumps one snapshot, and counts the rows of the same snapshot."""
        command, variables = self._client("pg_dump")
        database = connections.create_connection("default")  # of its own: the snapshot lives in its transaction
        try:
            with database.cursor() as cursor:
                cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                cursor.execute("SELECT pg_export_snapshot()")
                snapshot = cursor.fetchone()[0]
            options = ["--format=custom", f"--snapshot={snapshot}", f"--file={target}"]
            done = subprocess.run([*command, *options], env=variables, capture_output=True, text=True)
            if done.returncode:
                raise BackupError(f"pg_dump failed: {_last_line(done.stderr)}")
            return count_rows(database)
        finally:
            database.close()

    def restore(self, source: Path) -> None:
        """Replaces all tables in one transaction: when anything fails, the old content stays."""
        reader = [program("pg_restore"), "--no-owner", "--no-acl", "--file=-", str(source)]
        command, variables = self._client("psql")
        options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
        connection.close()
        with (
            subprocess.Popen(reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as dump,
            subprocess.Popen(
                [*command, *options, "--command", DROP_ALL, "--file=-"],
                env=variables, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
            ) as client,
        ):  # fmt: skip
            failure = self._feed(dump, client)
        if failure:
            raise BackupError(f"The database was not replaced: {failure}")

    def _feed(self, dump: subprocess.Popen, client: subprocess.Popen) -> str:
        """Sends the statements to psql, which commits at their end only if all were read. Returns what went wrong."""
        assert dump.stdout and dump.stderr and client.stdin and client.stderr
        try:
            # newer releases set this, older servers do not know it
            client.stdin.write(dump.stdout.read(CHUNK).replace(b"\nSET transaction_timeout = 0;", b"", 1))
            shutil.copyfileobj(dump.stdout, client.stdin, CHUNK)
            client.stdin.flush()
        except BrokenPipeError:
            dump.kill()
            return _last_line(client.stderr.read().decode())
        if dump.wait():
            client.kill()  # before its input ends: nothing is committed
            return _last_line(dump.stderr.read().decode())
        client.stdin.close()
        message = client.stderr.read().decode()
        return _last_line(message) if client.wait() else ""

    def _client(self, name: str) -> tuple[list[str], dict[str, str]]:
        """A program of PostgreSQL with the arguments and variables that connect it."""
        arguments, variables = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
        return [program(name), *arguments[1:]], {**os.environ, **(variables or {})}


def program(name: str) -> str:
    """The path of a program of PostgreSQL. Raises BackupError where it is not installed."""
    folders = sorted(SERVER_FOLDERS.glob("*/bin"), key=lambda folder: int(folder.parent.name))
    paths = [str(folder / name) for folder in reversed(folders) if (folder / name).exists()]
    path = shutil.which(name) or next(iter(paths), None)
    if path is None:
        raise BackupError(
            f"{name} is not installed. Install the client programs of PostgreSQL, of the server's release or later "
            "(Debian and Ubuntu: apt install postgresql-client)."
        )
    return path


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line or "error:" in line]
    return next(iter(errors or lines[-1:]), "no reason was given")


def engine() -> SQLite | PostgreSQL:
    return SQLite() if connection.vendor == "sqlite" else PostgreSQL()
