"""The cast and the stage: the same people in every test, and a registry that holds the sample data."""

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextlib import closing as closed_after
from datetime import date, timedelta
from functools import partial

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from registry.access.scope import Scope
from registry.actions.take_overs import open_take_over
from registry.actions.years import close_year
from registry.figures.frozen import take_year
from registry.models import Area, FrozenYear, Role, TakeOver, User, district
from tools import servers
from tools.sample_database import postgres_copy, sqlite_sample

DISTRICT, DAQI, TANGFANG = "130207", "130207114", "130207108"
LAST_DAY = date(2021, 12, 31)


@pytest.fixture(autouse=True)
def no_pause_between_steps(monkeypatch):
    """The worker waits between the steps of a job on SQLite, for the sake of pages that nobody opens here."""
    monkeypatch.setattr("registry.actions.jobs.PAUSE", 0)


@pytest.fixture(autouse=True)
def names_of_the_district():
    """A process keeps the names of its district; a test that changes them leaves them to no other."""
    before = [(memory, vars(memory).copy()) for memory in (district.memory, district.marks)]
    yield
    for memory, known in before:
        vars(memory).update(known)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    """Each process of a run has a copy of the sample database; what a test changes is rolled back."""
    with django_db_blocker.unblock(), ExitStack() as stack:
        connection.close()
        if connection.vendor == "sqlite":
            connection.settings_dict["NAME"] = "file:tests?mode=memory&cache=shared"
            connection.ensure_connection()
            with closed_after(sqlite3.connect(sqlite_sample())) as made:
                made.backup(connection.connection)
            stack.enter_context(_closed_when_asked())
        else:
            copy = stack.enter_context(postgres_copy(os.environ["DATABASE_URL"]))
            connection.settings_dict["NAME"] = copy.rpartition("/")[2]
        district.current_district(), district.holds_illustrative()
        yield
        connection.close()


@contextmanager
def _closed_when_asked() -> Iterator[None]:
    """Any further connection closes when it is asked to. Django keeps those to a database in memory open; the garbage
    collector then closes them, perhaps within a statement, which waits for itself for ever."""
    create = connections.create_connection

    def create_connection(alias: str) -> BaseDatabaseWrapper:
        made = create(alias)
        made.close = partial(BaseDatabaseWrapper.close, made)
        return made

    connections.create_connection = create_connection
    yield
    connections.create_connection = create


def pytest_collection_modifyitems(items):
    """Marks what never touches the database: it is the same on each engine and runs on one."""
    for item in items:
        if not {"db", "django_db_setup"} & set(item.fixturenames):
            item.add_marker(pytest.mark.no_database)


@pytest.fixture(scope="session")
def postgres_server():
    """The address of a PostgreSQL with the sample database: that of `make test`, or one of this session."""
    if servers.postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with ExitStack() as stack:
        yield os.environ.get("TEST_DATABASE_URL") or stack.enter_context(servers.postgres())


@pytest.fixture(scope="module")
def postgres_database(postgres_server):
    """The address of a PostgreSQL database of this file, a copy of the sample database."""
    with postgres_copy(postgres_server) as database:
        yield database


@pytest.fixture(scope="session")
def redis_server(worker_id):
    """The address of an empty Redis of this session: a numbered database of the one that `make test` started, or one
    of its own."""
    if servers.redis_program() is None:
        pytest.skip("Redis is not installed")
    with ExitStack() as stack:
        server = os.environ.get("TEST_REDIS_URL") or stack.enter_context(servers.redis())
        number = 1 + int(worker_id.removeprefix("gw") if worker_id != "master" else 0)
        yield f"{server.rpartition('/')[0]}/{number}"


@pytest.fixture
def seed() -> int:
    """For what a test takes at random: another in each run, unless SEED names one."""
    number = int(os.environ.get("SEED") or random.randrange(10**6))
    print(f"\nseed {number}")
    return number


@pytest.fixture
def sample(db):
    """The sample data of the session."""


@pytest.fixture
def client(client, monkeypatch):
    """Django's test client; an answer nobody read to its end is closed after the test, as a server does."""
    answers, request = [], client.request

    def request_and_remember(**options):
        answers.append(request(**options))
        return answers[-1]

    monkeypatch.setattr(client, "request", request_and_remember)
    yield client
    for answer in answers:
        close_answer(answer)


def close_answer(answer) -> None:
    """Closes what an answer was streamed from; the connection, with the transaction of the test, stays open."""
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)


@contextmanager
def shared_by_tests(blocker) -> Iterator[None]:
    """What is written inside stands for all tests of a module, in a transaction around theirs."""
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def year_closed(django_db_setup, django_db_blocker) -> Iterator[int]:
    """Closes the last year of the sample once for a module; its key."""
    with shared_by_tests(django_db_blocker):
        yield close_year(
            LAST_DAY.year, take_year, by=_account("who closes", Role.ADMIN, DISTRICT, DISTRICT), edition=0
        ).pk


@pytest.fixture
def closing(year_closed, db) -> FrozenYear:
    return FrozenYear.objects.public().get(pk=year_closed)


@pytest.fixture
def scope(sample) -> Scope:
    """The district on the last day of the sample data, as the public sees it."""
    return Scope(as_of=LAST_DAY, area=DISTRICT, default_as_of=LAST_DAY)


def _account(name: str, role: Role, read: str, write: str = "") -> User:
    staff = role == Role.ADMIN
    return User.objects.create_user(
        name, password="a long enough password", role=role, read_prefix=read, write_prefix=write, is_staff=staff
    )


@pytest.fixture
def clerk_tangfang(db) -> User:
    return _account("clerk of Tangfang", Role.CLERK, TANGFANG, TANGFANG)


@pytest.fixture
def clerk_daqi(db) -> User:
    return _account("clerk of Daqi", Role.CLERK, DAQI, DAQI)


@pytest.fixture
def head_tangfang(db) -> User:
    return _account("head of Tangfang", Role.HEAD, TANGFANG, TANGFANG)


@pytest.fixture
def reviewer(db) -> User:
    return _account("reviewer", Role.REVIEWER, DISTRICT, DISTRICT)


@pytest.fixture
def administrator(db) -> User:
    return _account("administrator", Role.ADMIN, DISTRICT, DISTRICT)


@pytest.fixture
def leader(db) -> User:
    return _account("leader", Role.LEADER, DISTRICT)


@pytest.fixture
def auditor(db) -> User:
    return _account("auditor", Role.AUDITOR, DISTRICT)


@pytest.fixture
def old_ledgers(sample) -> TakeOver:
    """A term in which titles of old ledgers of the district are entered."""
    by = _account("who opens terms", Role.ADMIN, DISTRICT, DISTRICT)
    area = Area.objects.unscoped("test").get(code=DISTRICT)
    return open_take_over(area, ends_on=timezone.localdate() + timedelta(days=30), reason="历史台账补录", by=by)
