"""The triggers that keep `PointTally` equal to the points and their periods, whoever writes them and in whatever way:
an act, a load, its undo, a fixture, or plain SQL. They run in the transaction of the write.

What a point counts for follows from the point and all its periods. A trigger takes off what the changed points counted
for before the statement and adds what they count for after it. PostgreSQL does so once a statement and appends rows,
so that two writers never wait for one count; `fold` merges rows of one key later. SQLite has one writer at a time: it
does so once a row, and its counts are always merged.
"""

from collections.abc import Iterator

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from .organisations import Unit
from .points import COUNTED, DemonstrationPoint, StatusPeriod
from .tallies import DEPTHS, PointTally, Span

MODELS = (DemonstrationPoint, StatusPeriod, Unit, PointTally)
POINTS, PERIODS, UNITS, TALLIES = (model._meta.db_table for model in MODELS)
KEY = ("depth", "area", "span", "day", "field", "level", "grade", "zone", "named_in")
INSERT = f"INSERT INTO {TALLIES} ({', '.join(KEY)}, change)"
SPANS = " UNION ALL ".join(f"SELECT {depth} AS depth, '{span.value}' AS span" for depth in DEPTHS for span in Span)
NAMED = "status IN ({})".format(", ".join(f"'{status.value}'" for status in COUNTED))
DATES = {  # of a date: the first day of its year, and the year
    "sqlite": ("substr({0}, 1, 4) || '-01-01'", "CAST(substr({0}, 1, 4) AS integer)"),
    "postgresql": ("date_trunc('year', {0})::date", "extract(year FROM {0})::int"),
}
ROWS = {  # the rows that the triggers of an act see
    (PERIODS, "insert"): ("NEW",), (PERIODS, "update"): ("OLD", "NEW"), (PERIODS, "delete"): ("OLD",),
    (POINTS, "insert"): ("NEW",), (POINTS, "update"): ("OLD", "NEW"), (POINTS, "delete"): ("OLD",),
    (UNITS, "update"): ("OLD", "NEW"),
}  # fmt: skip
DECISIVE = {POINTS: ("area_id", "field", "unit_id", "voided"), UNITS: ("zone_id",)}

FIRST_NAMED = {  # the first day on which the point of a period was named; SQLite takes twice as long with a window
    "sqlite": f"(SELECT min(valid_from) FROM {PERIODS} other WHERE point_id = point.id AND {NAMED} AND voided IS NULL)",
    "postgresql": "min(period.valid_from) OVER (PARTITION BY point.id)",
}


def counts(vendor: str, points: str = POINTS, periods: str = PERIODS, units: str = UNITS, sign: int = 1) -> str:
    """What points count for: a row of the tally for each day on which a naming begins (`sign`) or ends, each area and
    span. Of `points` and `periods` at least one is a table, so that an index joins them."""
    first_day, year = DATES[vendor]
    day = "CASE edge.change WHEN 1 THEN valid_from ELSE valid_to END"
    named = (
        "SELECT point.area_id, point.field, level, grade, valid_from, valid_to, zone_id,"
        f" {FIRST_NAMED[vendor]} AS first_named"
        f" FROM {points} point JOIN {periods} period ON period.point_id = point.id"
        f" LEFT JOIN {units} unit ON unit.id = point.unit_id"
        f" WHERE period.{NAMED} AND period.voided IS NULL AND point.voided IS NULL"
    )
    return (
        "SELECT span.depth AS depth, substr(area_id, 1, span.depth) AS area, span.span AS span,"
        f" CASE span.span WHEN 'year' THEN {first_day.format(f'({day})')} ELSE {day} END AS day,"
        " field, level, grade, coalesce(zone_id, 0) AS zone,"
        f" {year.format('first_named')} AS named_in, edge.change * {sign} AS change"
        f" FROM ({named}) named CROSS JOIN (SELECT 1 AS change UNION ALL SELECT -1) edge CROSS JOIN ({SPANS}) span"
        " WHERE edge.change = 1 OR valid_to IS NOT NULL"
    )


def merged(rows: str) -> str:
    """The rows summed by their key, without those that change nothing."""
    key = ", ".join(KEY)
    return f"{INSERT} SELECT {key}, sum(change) FROM ({rows}) counted GROUP BY {key} HAVING sum(change) <> 0"


def sqlite_triggers() -> Iterator[tuple[str, str]]:
    """(name, statement) of each trigger. The unique index of the key serves ON CONFLICT."""
    conflict = f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET change = change + excluded.change"
    for (table, act), rows in ROWS.items():
        ids = ", ".join(f"{row}.{'point_id' if table == PERIODS else 'id'}" for row in rows)
        if table == UNITS:
            ids = f"SELECT id FROM {POINTS} WHERE unit_id IN ({ids})"
        points = f"(SELECT * FROM {POINTS} WHERE id IN ({ids}))"
        if table == PERIODS:
            when = " OR ".join(f"{row}.{NAMED}" for row in rows)
        elif act == "update":
            when = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in DECISIVE[table])
        else:
            when = "true"
        for moment, sign in (("before", -1), ("after", 1)):
            name = f"tally_{table}_{moment}_{act}"
            rows_of_points = counts("sqlite", points, sign=sign)
            named = f"EXISTS (SELECT 1 FROM {PERIODS} WHERE point_id IN ({ids}) AND {NAMED})"  # few new points are
            yield (
                name,
                f"CREATE TRIGGER {name} {moment} {act} ON {table} WHEN ({when}) AND {named} BEGIN"
                f" {INSERT} SELECT {', '.join(KEY)}, change FROM ({rows_of_points}) counted WHERE true {conflict}; END",
            )


def postgres_triggers() -> Iterator[tuple[str, str]]:
    """(name, statements) of each function with its trigger of the same name. A function begins with the `ids` of the
    points whose counts may change, as an array, for which indexes are used however many they are. It locks them and
    their units: who changes one of them meanwhile counts what is written here too."""
    bodies = {PERIODS: _of_periods, POINTS: _of_points, UNITS: _of_units}
    for (table, act), rows in ROWS.items():
        name = f"tally_{table}_{act}"
        transitions = " ".join(f"{row} TABLE AS {row.lower()}_rows" for row in rows)
        ids, *sides = bodies[table](rows)
        yield (
            name,
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE ids bigint[];"
            f" BEGIN ids := ARRAY({ids});"
            " IF cardinality(ids) > 0 THEN"
            f" PERFORM 1 FROM {POINTS} WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;"
            f" PERFORM 1 FROM {UNITS} WHERE id IN (SELECT unit_id FROM {POINTS} WHERE id = ANY (ids))"
            " ORDER BY id FOR SHARE;"
            f" {merged(' UNION ALL '.join(sides))};"
            " END IF; RETURN NULL; END $$;"
            f" CREATE TRIGGER {name} AFTER {act} ON {table} REFERENCING {transitions}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        )


SIGN = {"OLD": -1, "NEW": 1}
POINTS_BY_ID = f"(SELECT * FROM {POINTS} WHERE id = ANY (ids))"


def _of_periods(rows: tuple[str, ...]) -> Iterator[str]:
    yield " UNION ".join(f"SELECT point_id FROM {row}_rows WHERE {NAMED}" for row in rows)
    before = f"SELECT * FROM {PERIODS} WHERE point_id = ANY (ids)"
    if "NEW" in rows:
        before += " AND id NOT IN (SELECT id FROM new_rows)"
    if "OLD" in rows:
        before += " UNION ALL SELECT * FROM old_rows WHERE point_id = ANY (ids)"
    yield counts("postgresql", periods=f"({before})", sign=-1)
    yield counts("postgresql", POINTS_BY_ID)


def _of_points(rows: tuple[str, ...]) -> Iterator[str]:
    if len(rows) == 1:
        yield f"SELECT id FROM {rows[0]}_rows point WHERE EXISTS (SELECT 1 FROM {PERIODS} WHERE point_id = point.id)"
    else:
        yield _decisive(POINTS)
    for row in rows:
        yield counts("postgresql", f"(SELECT * FROM {row}_rows WHERE id = ANY (ids))", sign=SIGN[row])


def _of_units(rows: tuple[str, ...]) -> Iterator[str]:
    yield f"SELECT id FROM {POINTS} WHERE unit_id IN ({_decisive(UNITS)})"
    for row in rows:
        yield counts("postgresql", POINTS_BY_ID, units=f"{row}_rows", sign=SIGN[row])


def _decisive(table: str) -> str:
    """The rows of an update that changed in what counts depend on."""
    changed = " OR ".join(f"old_row.{name} IS DISTINCT FROM new_row.{name}" for name in DECISIVE[table])
    return f"SELECT old_row.id FROM old_rows old_row JOIN new_rows new_row ON new_row.id = old_row.id WHERE {changed}"


TRIGGERS = {"sqlite": tuple(sqlite_triggers()), "postgresql": tuple(postgres_triggers())}


def missing_triggers(connection: BaseDatabaseWrapper) -> set[str]:
    """The names of the triggers that the database lacks."""
    catalogue = {"sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'"}
    with connection.cursor() as cursor:
        cursor.execute(catalogue.get(connection.vendor, "SELECT tgname FROM pg_trigger"))
        there = {name for (name,) in cursor.fetchall()}
    return {name for name, _statement in TRIGGERS[connection.vendor]} - there


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    """A migration on SQLite makes tables anew, which fails while a trigger reads them."""
    missing = missing_triggers(connection)
    with connection.cursor() as cursor:
        for name, _statement in TRIGGERS[connection.vendor]:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")  # and its trigger
            elif name not in missing:
                cursor.execute(f"DROP TRIGGER {name}")


def install_triggers(connection: BaseDatabaseWrapper) -> None:
    """Creates the triggers where one is missing, and counts anew what was written without them."""
    if not missing_triggers(connection):
        return
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        drop_triggers(connection)
        if connection.vendor == "sqlite":
            cursor.execute(f"DELETE FROM {TALLIES}")
            cursor.execute(f"CREATE UNIQUE INDEX IF NOT EXISTS tally_key ON {TALLIES} ({', '.join(KEY)})")
        for _name, statement in TRIGGERS[connection.vendor]:
            cursor.execute(statement)
        rebuild(connection)


def rebuild(connection: BaseDatabaseWrapper) -> None:
    """Counts all points anew, while nobody writes them."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {POINTS}, {PERIODS} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"DELETE FROM {TALLIES}")
        cursor.execute(merged(counts(connection.vendor)))


def fold(connection: BaseDatabaseWrapper) -> None:
    """Merges the rows of each key into one, in one statement, so that no sum changes at any moment."""
    key = ", ".join(KEY)
    same = " AND ".join(f"tally.{name} = several.{name}" for name in KEY)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DELETE FROM {TALLIES} WHERE change = 0")
            return
        cursor.execute(
            f"WITH gone AS (DELETE FROM {TALLIES} tally USING (SELECT {key} FROM {TALLIES} GROUP BY {key}"
            f" HAVING count(*) > 1 OR sum(change) = 0) several WHERE {same} RETURNING tally.*)"
            f" {INSERT} SELECT {key}, sum(change) FROM gone GROUP BY {key} HAVING sum(change) <> 0"
        )


def wrong_counts(connection: BaseDatabaseWrapper) -> int:
    """How many counts differ from what the points and their periods give; reads them all."""
    key = ", ".join(KEY)
    rows = f"SELECT {key}, change FROM {TALLIES} UNION ALL {counts(connection.vendor, sign=-1)}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM ({rows}) together GROUP BY {key} HAVING sum(change) <> 0) wrong"
        )
        return cursor.fetchone()[0]
