"""What loading costs: `python -m bench.loading ROWS` loads into the registry of DATABASE_URL, which holds the sample,
and prints what it measured as JSON; `make bench ARGS="loads --rows ROWS"` does it for both engines and sizes.

A ledger of new sites, each with its title, is loaded whole: read by the child process, checked, written with an event a
record, indexed for the search. On PostgreSQL it is compared with COPY of the very same rows, in the same run: into the
table of points alone, and into all tables that a load writes.
"""

import csv
import json
import os
import resource
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from uuid import uuid4

MOST = 50_000  # rows a file; more come in several files, as a file of 20 MB is the largest that is taken
HEADINGS = [
    "所属乡镇", "所属村", "示范点名称", "党组织名称", "所属领域", "示范点级别", "等次", "是否精品", "书记", "联系电话",
    "党员人数", "阵地面积", "特色亮点", "申报时间", "命名时间", "命名文号", "批次", "经度", "纬度", "坐标系", "状态",
    "备注",
]  # fmt: skip
WRITTEN = {  # table: which of its rows the load wrote
    "registry_partyorganisation": "code ~ '-N'",
    "registry_demonstrationpoint": "name ~ '第[0-9]+示范点$'",
    "registry_statusperiod": "document_no = '测量〔2021〕1号'",
    "registry_event": "reason = 'bench.csv'",
    "registry_searchentry": "name ~ '第[0-9]+示范点$'",
    "registry_loadrow": "true",
}


def row(number: int, villages: list[tuple[str, str]]) -> list:
    township, village = villages[number % len(villages)]
    premium = number % 3 == 0
    return [
        township, village, f"{village}第{number}示范点", f"{village}第{number // 3}党支部", "农村", "区级",
        "精品" if premium else "达标", "是" if premium else "否", f"书记{number % 997}", "031588120001",
        30 + number % 50, 120.5, f"支部带头流转土地,第{number}户就业。", "2020-03-01", "2021-06-28", "测量〔2021〕1号",
        "第1批",
        round(118.1 + number * 1e-7, 6), round(39.5 + number * 1e-7, 6), "CGCS2000", "命名", "",
    ]  # fmt: skip


def ledger(rows: int, as_text: bool, first: int = 0) -> bytes:
    """The ledger as csv or xlsx, or the part of it that begins with the row `first`."""
    import xlsxwriter  # noqa: PLC0415 (Django comes first)

    from registry.models import Area  # noqa: PLC0415

    areas = Area.objects.unscoped("measured").filter(code__startswith="130207", valid_to=None)
    towns = dict(areas.filter(level="township").values_list("code", "name"))
    rows_of_villages = areas.filter(level="village").order_by("code").values_list("code", "name")
    villages = [(towns[code[:9]], name) for code, name in rows_of_villages]
    with tempfile.NamedTemporaryFile("w+", encoding="utf-8", newline="") as text:
        if as_text:
            numbers = range(first, first + rows)
            csv.writer(text).writerows([HEADINGS, *(row(number, villages) for number in numbers)])
            text.flush()
            return Path(text.name).read_bytes()
    written = BytesIO()
    with xlsxwriter.Workbook(written, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("农村")
        for number in range(-1, rows):
            sheet.write_row(number + 1, 0, HEADINGS if number < 0 else row(number, villages))
    return written.getvalue()


def open_term() -> None:
    """The ledger holds titles: an administrator takes it over."""
    from django.utils.timezone import localdate  # noqa: PLC0415

    from registry.actions.take_overs import open_take_over  # noqa: PLC0415
    from registry.models import Area, User  # noqa: PLC0415

    by = User.objects.create(username="bench", role="admin", read_prefix="130207", write_prefix="130207")
    open_take_over(Area.objects.public().get(code="130207"), ends_on=localdate(), reason="bench", by=by)


def load(name: str, data: bytes) -> tuple[float, float]:
    """Seconds and queries a row of one whole load, applied at once."""
    from django.db import connection  # noqa: PLC0415

    from registry.actions.jobs import run_one  # noqa: PLC0415
    from registry.loading import lifecycle  # noqa: PLC0415
    from registry.models import User  # noqa: PLC0415

    queries, by = 0, User.objects.get(username="bench")

    def count(execute, *arguments):
        nonlocal queries
        queries += 1
        return execute(*arguments)

    start = time.perf_counter()
    with connection.execute_wrapper(count):
        sent = lifecycle.send_load(name, data, kind="point", key=uuid4(), by=by, at_once=True)
        run_one(sent.job_id)
    seconds = time.perf_counter() - start
    sent.refresh_from_db()
    assert (sent.state, sent.refused) == ("applied", 0), (sent.state, sent.refusal, sent.refused)
    return seconds, queries / sent.total


def undo() -> float:
    """Seconds it takes to take back the first load."""
    from registry.actions.jobs import run_one  # noqa: PLC0415
    from registry.loading import lifecycle  # noqa: PLC0415
    from registry.models import Load  # noqa: PLC0415

    load = Load.objects.unscoped("measured").order_by("pk")[0]
    start = time.perf_counter()
    run_one(lifecycle.undo_load(load, by=load.by).job_id)
    seconds = time.perf_counter() - start
    load.refresh_from_db()
    assert (load.state, load.rows.filter(left=True).count()) == ("undone", 0), load.state
    return seconds


def copied(tables: dict[str, str]) -> dict[str, float]:
    """Seconds that COPY takes for the rows the load wrote, table by table, into the same tables with all indexes."""
    import psycopg  # noqa: PLC0415

    seconds = {}
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, tempfile.TemporaryDirectory() as folder:
        for table, condition in tables.items():
            with connection.cursor().copy(f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT") as copy:
                (Path(folder) / table).write_bytes(b"".join(copy))
        connection.execute("SET session_replication_role = replica")  # so that events can be taken away
        for table, condition in reversed(tables.items()):
            connection.execute(f"DELETE FROM {table} WHERE {condition}")
        connection.execute("SET session_replication_role = origin")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        for table in tables:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # what counts and marks costs is not COPY's
            data = (Path(folder) / table).read_bytes()
            start = time.perf_counter()
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(data)
            seconds[table] = time.perf_counter() - start
    return seconds


def measure(rows: int) -> dict[str, float]:
    """Seconds and more of one load of so many rows; see docs/BENCHMARKS.md."""
    import django  # noqa: PLC0415

    django.setup()
    from django.db import connection  # noqa: PLC0415

    open_term()
    parts = [(first, min(MOST, rows - first)) for first in range(0, rows, MOST)]
    loaded = [load("bench.csv", ledger(count, as_text=True, first=first)) for first, count in parts]
    seconds = sum(number for number, _queries in loaded)
    made = {
        "seconds": seconds,
        "rows": rows,
        "queries": sum(number for _seconds, number in loaded) / len(loaded),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if connection.vendor == "postgresql":
        raw = copied(WRITTEN)
        made |= {"copy": sum(raw.values()) / seconds, "copy_points": raw["registry_demonstrationpoint"] / seconds}
    if len(parts) == 1:
        made["again"], _queries = load("bench.xlsx", ledger(rows, as_text=False))
        made["undone"] = undo()
    return made


if __name__ == "__main__":
    json.dump(measure(int(sys.argv[1])), sys.stdout)
