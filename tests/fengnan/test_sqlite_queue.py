"""On SQLite a transaction waits for its turn, and gives it back however it ends."""

import fcntl

import pytest
from django.db import DatabaseError, connection, transaction

from fengnan.sqlite.base import DatabaseWrapper


@pytest.fixture
def database(tmp_path, django_db_blocker):
    """A connection to a database of its own, in a file."""
    wrapper = DatabaseWrapper(connection.settings_dict | {"NAME": tmp_path / "registry.sqlite3"}, "other")
    with django_db_blocker.unblock():
        wrapper.cursor().execute("CREATE TABLE row (number integer)")
        yield wrapper
        wrapper.close()


def is_free(database) -> bool:
    with open(f"{database.settings_dict['NAME']}-queue", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@pytest.fixture(autouse=True)
def only_on_sqlite():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no such queue")


def write(database) -> None:
    database.cursor().execute("INSERT INTO row VALUES (1)")
    assert not is_free(database)


@pytest.fixture
def atomic(database, monkeypatch):
    monkeypatch.setitem(transaction.connections._settings, "other", database.settings_dict)
    monkeypatch.setattr(transaction.connections._connections, "other", database, raising=False)
    return lambda: transaction.atomic(using="other")


def test_others_wait_until_a_transaction_is_committed(database, atomic):
    with atomic():
        write(database)
    assert is_free(database)


def test_others_wait_until_a_transaction_is_taken_back(database, atomic):
    with pytest.raises(ZeroDivisionError), atomic():
        write(database)
        raise ZeroDivisionError
    assert is_free(database)


def test_a_connection_that_is_closed_gives_its_turn_back(database, atomic):
    with atomic():
        write(database)
        database.close()
        assert is_free(database)


def test_a_transaction_that_cannot_begin_gives_its_turn_back(database, atomic):
    database.transaction_mode = "NO SUCH MODE"
    with pytest.raises(DatabaseError), atomic():
        write(database)
    assert is_free(database)
