"""A registry of an earlier release is brought up to date with all its rows and events, on both engines."""

import base64
import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.processes import ROOT, manage
from tools.sample_database import database_url, postgres_copy, run_sql, sqlite_sample
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


OLD = json.loads((ROOT / "tests" / "cases" / "registry_0010.json").read_text(encoding="utf-8"))
OLD_STATE = {"registry": "0010_terms_for_old_ledgers", "assessment": "0002_nothing_public_is_deleted"}
FILL = f"""
import json
from django.db import connection, transaction
from django.core.management.color import no_style
from django.db.migrations.loader import MigrationLoader
old = json.load(open("tests/cases/registry_0010.json", encoding="utf-8"))
state = MigrationLoader(connection).project_state(list({OLD_STATE!r}.items())).apps
models = {{model._meta.db_table: model for model in state.get_models(include_auto_created=True)}}
with transaction.atomic(), connection.cursor() as cursor:
    for table, content in old["tables"].items():
        columns = {{field.column: field for field in models[table]._meta.concrete_fields}}
        names = ", ".join(connection.ops.quote_name(name) for name in content["columns"])
        marks = ", ".join(["%s"] * len(content["columns"]))
        for row in content["rows"]:
            fields = [columns[name] for name in content["columns"]]
            values = [
                value if isinstance(value, str) and field.get_internal_type() == "JSONField"
                else field.get_db_prep_save(field.to_python(value), connection)
                for field, value in zip(fields, row)
            ]
            cursor.execute(f"INSERT INTO {{table}} ({{names}}) VALUES ({{marks}})", values)
    for statement in connection.ops.sequence_reset_sql(no_style(), [models[table] for table in old["tables"]]):
        cursor.execute(statement)
"""
LOST = """
import json
from django.apps import apps
from registry.models import Evidence
old = json.load(open("tests/cases/registry_0010.json", encoding="utf-8"))
models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
lost = []
for table, content in old["tables"].items():
    columns = {field.column: field for field in models[table]._meta.concrete_fields}
    key = models[table]._meta.pk
    rows = {row.pk: row for row in models[table]._base_manager.all()}
    for values in (dict(zip(content["columns"], row)) for row in content["rows"]):
        row = rows.get(key.to_python(values[key.column]))
        for name, value in values.items():
            field = columns.get(name)
            if row is None or field is None:
                lost.append([table, name, value])
                continue
            is_json = isinstance(value, str) and field.get_internal_type() == "JSONField"
            was = json.loads(value) if is_json else field.to_python(value)
            now = getattr(row, field.attname)
            if (str(was) if hasattr(now, "storage") else was) != (str(now) if hasattr(now, "storage") else now):
                lost.append([table, name, value, str(now)])
proof = Evidence._base_manager.get()
print(json.dumps([lost, [len(file.read()) > 0 for file in (proof.original, proof.shown)]]))
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_registry_written_by_an_earlier_release_keeps_its_rows_events_and_files(engine, tmp_path):
    """The rows were written by that release itself, by its own acts."""
    variables = {"SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATA_DIR": str(tmp_path), "PATH": os.environ["PATH"]}
    for name, content in OLD["files"].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(base64.b64decode(content))
    if engine == "sqlite":
        _upgrade_old(variables)
        return
    with postgres() as server:
        run_sql(server, "CREATE DATABASE before")
        _upgrade_old(variables | {"DATABASE_URL": database_url(server, "before")})


def _upgrade_old(variables: dict[str, str]) -> None:
    for app in ("registry", "assessment"):
        manage(variables, "migrate", app, OLD_STATE[app], "-v0")
    output_of(variables, "shell", "-v0", "-c", FILL)
    manage(variables, "migrate", "-v0")
    lost, files = json.loads(output_of(variables, "shell", "-v0", "-c", LOST))
    assert (lost, files) == ([], [True, True])
    events = len(OLD["tables"]["registry_event"]["rows"])
    assert f"{events} events in" in output_of(variables, "events", "--verify")
    assert "as written" in output_of(variables, "frozen", "2020")
