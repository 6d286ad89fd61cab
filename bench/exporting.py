"""Exports of all points: first byte and last, against the bare database writing all columns of the same table as csv:
COPY on PostgreSQL, a reader of the table on SQLite."""

import csv
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path

import psycopg

from bench.asking import Server, Unanswered
from bench.states import Registry

TABLE = "registry_demonstrationpoint"


Seconds = tuple[float, float]  # to the first byte of a file and to its last


def export_all(files: list[Callable[[], Seconds]], rounds: int) -> list[list[Seconds]]:
    """What each of `files` takes, in turns."""
    for file in files:
        file()  # for warming up
    turns = [[file() for file in files] for _round in range(rounds)]
    return [list(seconds) for seconds in zip(*turns, strict=True)]


def export(server: Server, address: str) -> Seconds:
    """The file of an address."""
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=600)) as connection:
        start = time.perf_counter()
        connection.request("GET", address, headers={"Host": "localhost"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise Unanswered(f"{address}: {answer.status}")
        answer.read(1)
        first = time.perf_counter() - start
        while answer.read(1 << 20):
            pass
        return first, time.perf_counter() - start


def bare_export(registry: Registry) -> Seconds:
    """The table by the bare database."""
    start = time.perf_counter()
    if url := registry.variables.get("DATABASE_URL"):
        copying = f"COPY {TABLE} TO STDOUT (FORMAT csv)"
        with psycopg.connect(url) as connection, connection.cursor().copy(copying) as copy:
            for _block in copy:
                pass
    else:
        with closing(sqlite3.connect(Path(registry.variables["DATA_DIR"]) / "registry.sqlite3")) as connection:
            csv.writer(StringIO()).writerows(connection.execute(f"SELECT * FROM {TABLE}"))
    return 0.0, time.perf_counter() - start
