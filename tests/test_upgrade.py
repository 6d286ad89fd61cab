"""A registry of an earlier release is brought up to date with all its rows and events, on both engines."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.processes import ROOT, manage
from tools.sample_database import postgres_copy, sqlite_sample
from tools.servers import postgres, postgres_programs

pytestmark = pytest.mark.processes
BEFORE = {"registry": "0002", "assessment": "0001"}  # the last release in which events had no chain
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(
    not postgres_programs(), reason="PostgreSQL is not installed"
))]  # fmt: skip
OLD_EVENT = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute(
        "INSERT INTO registry_event (change_set, at, verb, kind, code, area, changes, reason, document_no) "
        "VALUES ('5b7c2f6e7f4b4c269a553f5f2f0b8f11', '2026-01-01 00:00:00+00:00', 'change', 'belt', 'B-01', "
        "'130207108', '{}', 'of the old release', '')"
    )
"""
STATE = """
import json
from django.db import DatabaseError, connection, transaction
from registry.models import *
from assessment.models import LedgerEntry
from registry.figures import FIGURES, answer_all
from registry.access.scope import Scope
from datetime import date
def refuses(statement):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        return True
    return False
replace = "INSERT OR REPLACE INTO registry_event SELECT * FROM registry_event"
scope = Scope(as_of=date(2021, 12, 31), area="130207")
print(json.dumps({
    "rows": [model._base_manager.count() for model in (DemonstrationPoint, StatusPeriod, BeltMembership, LedgerEntry)],
    "figures": {slug: answer.value for slug, answer in answer_all(FIGURES.values(), scope).items()},
    "reason": Event.objects.get().reason,
    "stays": [refuses("UPDATE registry_event SET reason = 'x'"), refuses("DELETE FROM registry_event"),
              refuses("TRUNCATE registry_event" if connection.vendor == "postgresql" else replace)],
}, default=str))
"""


def output_of(variables: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_an_earlier_registry_is_brought_up_to_date_and_loses_nothing(engine, tmp_path):
    variables = {"SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATA_DIR": str(tmp_path), "PATH": os.environ["PATH"]}
    if engine == "sqlite":
        shutil.copy(sqlite_sample(), tmp_path / "registry.sqlite3")
        _upgrade(variables)
        return
    with postgres() as server, postgres_copy(server) as database:
        _upgrade(variables | {"DATABASE_URL": database})


def _upgrade(variables: dict[str, str]) -> None:
    for app in ("assessment", "registry"):
        manage(variables, "migrate", app, BEFORE[app], "-v0")
    output_of(variables, "shell", "-v0", "-c", OLD_EVENT)
    manage(variables, "migrate", "-v0")
    state = json.loads(output_of(variables, "shell", "-v0", "-c", STATE))
    assert state["figures"]["points"] == 445
    assert state["figures"]["problems-solved"] == 25
    assert state["rows"][0] > 445
    assert state["reason"] == "of the old release"
    assert state["stays"] == [True, True, True]
    assert "1 were not covered yet" in output_of(variables, "events", "--verify")
    assert "1 events in 1 links" in output_of(variables, "events", "--verify")
