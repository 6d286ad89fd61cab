"""The cast and the stage: the same people in every test, and a registry that holds the sample data."""

from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection

from registry.models import Role, User
from registry.scope import Scope

DISTRICT, DAQI, TANGFANG = "130207", "130207114", "130207108"
LAST_DAY = date(2021, 12, 31)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Every test begins with the sample data; what a test changes is rolled back."""
    with django_db_blocker.unblock():
        call_command("load_sample", verbosity=0, stdout=open("/dev/null", "w"))  # noqa: SIM115
        _let_tests_empty_the_events()


def _let_tests_empty_the_events() -> None:
    """SQLite empties a table by DELETE, which events refuse: between tests alone their trigger steps aside."""
    if connection.vendor != "sqlite":
        return
    plain = connection.ops.sql_flush
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'event_no_delete'")
        trigger = cursor.fetchone()[0]
    connection.ops.sql_flush = lambda *args, **options: [
        "DROP TRIGGER event_no_delete", *plain(*args, **options), trigger
    ]  # fmt: skip


@pytest.fixture
def sample(db):
    """The sample data of the session."""


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
