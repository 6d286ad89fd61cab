"""The generation of the data on PostgreSQL: whatever the order in which transactions begin, write and end."""

import random
from contextlib import ExitStack

import psycopg
import pytest

from registry.models.generation import PRUNE, READ

WRITE = "UPDATE registry_area SET name = name WHERE code = '130207'"
INSERT = "INSERT INTO registry_areaalias (name, kind, area_id) SELECT %s, 'short', code FROM registry_area LIMIT 1"
WRITERS, STEPS = 4, 400


@pytest.fixture
def connections(postgres_database):
    with ExitStack() as on_exit:
        opened = [on_exit.enter_context(psycopg.connect(postgres_database)) for _writer in range(WRITERS)]
        reader = on_exit.enter_context(psycopg.connect(postgres_database, autocommit=True))
        yield opened, reader


def read(reader: psycopg.Connection) -> str:
    [row] = reader.execute(READ["postgresql"]).fetchall()
    return row[0]


def test_it_moves_with_each_commit_in_whatever_order(connections, seed):
    """Two states of the data never share a generation, and at rest nothing but a commit moves it."""
    writers, reader = connections
    chance, wrote, commits, seen = random.Random(seed), set(), 0, {}
    for number in range(STEPS):
        writer = chance.randrange(WRITERS)
        act = chance.choice(["write", "commit", "roll back", "read", "prune"])
        if act == "write":
            writers[writer].execute(INSERT, [f"G-{writer}-{number}"])
            wrote.add(writer)
        elif act == "commit":
            writers[writer].commit()
            commits += writer in wrote
            wrote.discard(writer)
        elif act == "roll back":
            writers[writer].rollback()
            wrote.discard(writer)
        elif act == "prune":
            reader.execute(PRUNE)
        assert seen.setdefault(read(reader), commits) == commits
    for writer in writers:
        writer.rollback()
    at_rest = read(reader)
    assert seen.setdefault(at_rest, commits) == commits
    reader.execute("CREATE TABLE of_another_program (id int)")
    assert read(reader) == at_rest


def test_rows_that_come_by_copy_move_it(connections):
    [writer, *_others], reader = connections
    before = read(reader)
    with writer.cursor().copy("COPY registry_areaalias (name, kind, area_id) FROM STDIN") as rows:
        rows.write_row(("G-copied", "short", "130207"))
    writer.commit()
    assert read(reader) != before


def test_a_restored_backup_of_another_cluster_does_not_stop_it(connections):
    """Its rows have numbers that this cluster has not reached."""
    [writer, *_others], reader = connections
    reader.execute("INSERT INTO registry_generation (xid) VALUES ('9000000000')")
    before = read(reader)
    writer.execute(WRITE)
    assert read(reader) == before
    writer.commit()
    assert read(reader) != before
