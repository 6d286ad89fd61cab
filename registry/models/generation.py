"""The generation of the data: a text that changes with each commit that changes what a public page may show. Two states
of the data never share one, also after a backup was restored.

Triggers of the database move it, so that no way of writing can forget it: an act, a load by COPY, the admin, a
command, another program. No writer waits for another: on PostgreSQL each transaction adds a row of its own; SQLite has
one writer at a time, who changes the one row there is.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from registry.query_cache import Statement, fetch_rows

APPS = ("registry", "assessment")
UNWATCHED = {  # what no public page shows; test_pages.py asks each page
    "registry_user", "registry_apitoken", "registry_keptanswer", "registry_proposal", "registry_takeover",
    "registry_draft", "registry_draft_writers", "registry_fieldremark", "registry_upload", "registry_unsentform",
    "registry_load", "registry_loadrow", "registry_knownheading", "registry_job", "registry_scheduledrun",
    "registry_webhook", "registry_hookhost", "registry_delivery", "registry_eventlink",
    "registry_pointtally",  # follows the points, and is folded where nothing changes
    "registry_searchpair",  # goes with an entry, which is watched
    "registry_event",  # shown with its record only, which the same transaction writes
}  # fmt: skip
# A trigger of SQLite runs for each row, and a load writes its entries one by one. They go with their record, which is
# watched; what builds the index anew says so itself.
UNWATCHED_ON_SQLITE = {"registry_searchentry"}
TABLE, TRIGGER = "registry_generation", "registry_moves_generation"
MOST_ANSWERS = 64  # of dear statements, which a process keeps
MAKE = {
    "sqlite": [
        f"CREATE TABLE IF NOT EXISTS {TABLE} (mark INTEGER NOT NULL)",
        f"INSERT INTO {TABLE} SELECT random() WHERE NOT EXISTS (SELECT 1 FROM {TABLE})",
    ],
    "postgresql": [
        f"CREATE TABLE IF NOT EXISTS {TABLE} (xid xid8 PRIMARY KEY DEFAULT pg_current_xact_id(),"
        " mark uuid NOT NULL DEFAULT gen_random_uuid())",
        f"GRANT SELECT ON {TABLE} TO PUBLIC",
        # with the rights of its owner: the application may have none in a table that was made just now
        f"CREATE OR REPLACE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = public, pg_temp AS"
        f" $$ BEGIN INSERT INTO {TABLE} DEFAULT VALUES ON CONFLICT DO NOTHING; RETURN NULL; END $$",
    ],
}
MOVE = {
    "sqlite": f"UPDATE {TABLE} SET mark = random()",
    "postgresql": f"INSERT INTO {TABLE} DEFAULT VALUES ON CONFLICT DO NOTHING",
}
# Of the rows that the snapshot sees, the one of the highest transaction; and which transactions below it are still
# open, because their commit changes the data without a higher one. Rows of another cluster's future, which a restored
# backup may hold, do not count.
READ = {
    "sqlite": f"SELECT mark FROM {TABLE}",
    "postgresql": "SELECT newest.mark || ARRAY(SELECT open FROM pg_snapshot_xip(seen) open WHERE open < xid)::text"
    f" FROM pg_current_snapshot() seen, LATERAL (SELECT xid, mark FROM {TABLE} WHERE xid < pg_snapshot_xmax(seen)"
    " ORDER BY xid DESC LIMIT 1) newest",
}
PRUNE = (  # rows below the one that counts
    f"DELETE FROM {TABLE} WHERE xid <"
    f" (SELECT max(xid) FROM {TABLE} WHERE xid < pg_snapshot_xmin(pg_current_snapshot()))"
)


def current_generation() -> str | None:
    """The generation of the data; None inside a transaction, which may have changed data that nobody else sees yet, and
    in a database that has none."""
    if connection.in_atomic_block:
        return None
    try:
        rows = fetch_rows((READ[connection.vendor], ()))
    except DatabaseError:
        return None
    return str(rows[0][0]) if rows else None


def fetch_once(statement: Statement) -> list[tuple]:
    """The rows of a dear statement that reads watched tables alone: asked once in a generation, whoever asks."""
    generation = current_generation()
    return fetch_rows(statement) if generation is None else _fetch_in(generation, statement)


@lru_cache(maxsize=MOST_ANSWERS)
def _fetch_in(_generation: str, statement: Statement) -> list[tuple]:
    return fetch_rows(statement)


def move_generation() -> None:
    """Says that the index of the search was built anew; PostgreSQL has a trigger for it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(MOVE["sqlite"])


def prune_generations() -> int:
    """Deletes the rows of earlier generations; the number of rows."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(PRUNE)
        return cursor.rowcount


def watch_tables(using: str = "default", **_signal: Any) -> None:
    """Makes the triggers that are missing: all of them in a new database, those of a new table, and those that SQLite
    lost when a migration made a table anew."""
    database = connections[using]
    with transaction.atomic(using), database.cursor() as cursor:
        missing = sorted(_watched(database, cursor) - _triggers(database, cursor))
        for table in missing:
            for statement in _make_triggers(database.vendor, table):
                cursor.execute(statement)
        if missing:
            cursor.execute(MOVE[database.vendor])


def _watched(database: BaseDatabaseWrapper, cursor: Any) -> set[str]:
    models = [model for app in APPS for model in apps.get_app_config(app).get_models(include_auto_created=True)]
    there = set(database.introspection.table_names(cursor))
    unwatched = UNWATCHED | UNWATCHED_ON_SQLITE if database.vendor == "sqlite" else UNWATCHED
    return ({model._meta.db_table for model in models} & there) - unwatched


def _triggers(database: BaseDatabaseWrapper, cursor: Any) -> set[str]:
    """The tables that have their triggers. Makes what the triggers need."""
    for statement in MAKE[database.vendor]:
        cursor.execute(statement)
    if database.vendor == "sqlite":
        cursor.execute(f"SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '{TRIGGER}_insert%'")
    else:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname = %s", [TRIGGER]
        )
    return {table for [table] in cursor.fetchall()}


def _make_triggers(vendor: str, table: str) -> Iterator[str]:
    if vendor == "sqlite":
        for act in ("insert", "update", "delete"):
            yield f"CREATE TRIGGER {TRIGGER}_{act}_{table} AFTER {act} ON {table} BEGIN {MOVE[vendor]}; END"
    else:
        yield (
            f"CREATE TRIGGER {TRIGGER} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {TRIGGER}()"
        )
