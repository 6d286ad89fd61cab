"""Exports of all points: first byte and last, against the bare database writing all columns of the same table as csv:
COPY on PostgreSQL, a reader of the table on SQLite."""

import csv
import sqlite3
import time
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path

import psycopg

from bench.asking import Server
from bench.states import Registry

TABLE = "registry_demonstrationpoint"


def export(server: Server, address: str) -> tuple[float, float]:
    """Seconds to the first byte of a file and to its last."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=600)
    start = time.perf_counter()
    connection.request("GET", address, headers={"Host": "localhost"})
    answer = connection.getresponse()
    answer.read(1)
    first = time.perf_counter() - start
    while answer.read(1 << 20):
        pass
    whole = time.perf_counter() - start
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{address}: {answer.status}")
    return first, whole


def bare_export(registry: Registry) -> float:
    """Seconds that the bare database takes."""
    start = time.perf_counter()
    if url := registry.variables.get("DATABASE_URL"):
        copying = f"COPY {TABLE} TO STDOUT (FORMAT csv)"
        with psycopg.connect(url) as connection, connection.cursor().copy(copying) as copy:
            for _block in copy:
                pass
    else:
        with sqlite3.connect(Path(registry.variables["DATA_DIR"]) / "registry.sqlite3") as connection:
            csv.writer(StringIO()).writerows(connection.execute(f"SELECT * FROM {TABLE}"))
    return time.perf_counter() - start
