"""The drill: a registry in use is backed up, restored on another machine, and is the same. On both engines."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import ROOT, eventually
from tools import servers
from tools.sample_database import database_url, postgres_copy, run_sql, sqlite_sample

pytestmark = pytest.mark.processes
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(
    not servers.postgres_programs(), reason="PostgreSQL is not installed"
))]  # fmt: skip

# Writes a file, then two events that name it in one transaction.
WRITER = """
import time, uuid
from pathlib import Path
from django.conf import settings
from django.db import transaction
from registry.models import Event
folder = Path(settings.PRIVATE_ROOT, "originals")
folder.mkdir(parents=True, exist_ok=True)
while True:
    name = f"{uuid.uuid4().hex}.jpg"
    (folder / name).write_bytes(name.encode() * 500)
    with transaction.atomic():
        for _ in range(2):
            Event.objects.create(change_set=uuid.uuid4(), verb="change", kind="point", code=name[:24], area="130207114",
                                 changes={"file": [None, name]})
    time.sleep(0.002)
"""
STATE = """
import json
from collections import Counter
from pathlib import Path
from django.conf import settings
from django.test import Client
from registry.models import DemonstrationPoint, Event
files = Counter(changes["file"][1] for changes in Event.objects.values_list("changes", flat=True))
page = Client(headers={"host": "localhost"}).get("/search/", {"q": "kjz"}).content.decode()
print(json.dumps({
    "points": DemonstrationPoint._base_manager.count(),
    "events": files.total(),
    "torn": [name for name, number in files.items() if number != 2],
    "missing": [name for name in files if not Path(settings.PRIVATE_ROOT, "originals", name).is_file()],
    "found": "孔家庄" in page,
}))
"""


def manage(variables: dict[str, str], *command: str) -> subprocess.CompletedProcess:
    words = [sys.executable, "manage.py", *command]
    return subprocess.run(words, cwd=ROOT, env=variables, capture_output=True, text=True)


def succeed(variables: dict[str, str], *command: str) -> str:
    done = manage(variables, *command)
    assert done.returncode == 0, done.stderr
    return done.stdout


def state(variables: dict[str, str]) -> dict:
    return json.loads(succeed(variables, "shell", "-v0", "-c", STATE))


def place(folder: Path, database: str = "") -> dict[str, str]:
    """The environment of a registry of its own, as on a machine of its own."""
    folder.mkdir()
    return {
        "TESTING": "1", "DATA_DIR": str(folder), "DATABASE_URL": database, "PATH": os.environ["PATH"],
        "SECRET_KEY": f"{folder.name}-" + "x" * 40,
    }  # fmt: skip


@pytest.fixture(params=ENGINES)
def registries(request, tmp_path):
    """A registry with the sample data, and an empty place on another machine, with the same engine."""
    if request.param == "sqlite":
        here, there = place(tmp_path / "here"), place(tmp_path / "there")
        shutil.copy(sqlite_sample(), tmp_path / "here" / "registry.sqlite3")
        yield here, there
        return
    server = request.getfixturevalue("postgres_server")
    empty = f"empty_{uuid.uuid4().hex}"
    run_sql(server, f"CREATE DATABASE {empty}")
    with postgres_copy(server) as full:
        yield place(tmp_path / "here", full), place(tmp_path / "there", database_url(server, empty))
    run_sql(server, f"DROP DATABASE {empty} WITH (FORCE)")


@pytest.fixture
def sqlite_registry(tmp_path):
    variables = place(tmp_path / "here")
    shutil.copy(sqlite_sample(), tmp_path / "here" / "registry.sqlite3")
    return variables


@pytest.fixture(scope="module")
def whole_backup(tmp_path_factory):
    """A backup of a registry on SQLite with one photo, and an empty place; change copies alone."""
    folder = tmp_path_factory.mktemp("registry")
    variables = place(folder / "here")
    shutil.copy(sqlite_sample(), folder / "here" / "registry.sqlite3")
    (folder / "here" / "private").mkdir()
    (folder / "here" / "private" / "photo.jpg").write_text("photo")
    succeed(variables, "backup", str(folder / "full"))
    return folder / "full"


@contextmanager
def writing(variables: dict[str, str]):
    """Somebody writes all the time."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", WRITER]
    process = subprocess.Popen(command, cwd=ROOT, env=variables, start_new_session=True)
    originals = Path(variables["DATA_DIR"], "private", "originals")
    try:
        eventually(lambda: originals.is_dir() and len(list(originals.iterdir())) > 20)
        yield
        time.sleep(0.2)
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def test_a_registry_in_use_is_backed_up_and_restored_on_another_machine(registries, tmp_path):
    here, there = registries
    media = Path(here["DATA_DIR"], "media", "open-data")
    media.mkdir(parents=True)
    (media / "数据.csv").write_text("一,二\n", encoding="utf-8")
    backup = tmp_path / "backups" / "first"
    with writing(here):
        begun = time.monotonic()
        said = succeed(here, "backup", str(backup))
        print(said, f"{time.monotonic() - begun:.1f} s with the start of Python")
    manifest = json.loads((backup / "manifest.json").read_text(encoding="utf-8"))
    assert [path.name for path in backup.parent.iterdir()] == ["first"]
    moved = shutil.move(backup, tmp_path / "carried")  # to the other machine
    said = succeed(there, "restore", str(moved))
    for table, count in manifest["tables"].items():
        assert f"{count:9d}  {table}" in said
    for path, stored in manifest["files"].items():
        assert f"{stored['sha256']}  {path}" in said
    assert "SECRET_KEY differs" in said
    restored, current = state(there), state(here)
    assert restored["points"] == current["points"] > 445
    assert restored["torn"] == restored["missing"] == []
    assert 0 < restored["events"] == manifest["tables"]["registry_event"] < current["events"]
    assert restored["found"]
    assert Path(there["DATA_DIR"], "media", "open-data", "数据.csv").read_text(encoding="utf-8") == "一,二\n"
    succeed(there, "events", "--verify")
    assert "could not" not in succeed(there, "migrate", "--check")


def test_a_registry_with_data_is_replaced_only_when_told_to(registries, tmp_path):
    here, there = registries
    succeed(there, "migrate", "-v0")
    succeed(here, "backup", str(tmp_path / "full"))
    succeed(there, "backup", str(tmp_path / "empty"))
    assert "rows" in succeed(there, "restore", str(tmp_path / "full"))  # migrated, but without data
    refused = manage(there, "restore", str(tmp_path / "empty"))
    assert refused.returncode == 1
    assert "This registry holds data" in refused.stderr and "--overwrite" in refused.stderr
    old = Path(there["DATA_DIR"], "private", "old.jpg")
    old.parent.mkdir(exist_ok=True)
    old.write_text("of the registry that is replaced")
    succeed(there, "restore", str(tmp_path / "empty"), "--overwrite")
    assert state(there)["points"] == 0
    assert sorted(path.name for path in Path(there["DATA_DIR"]).iterdir() if path.is_dir()) == ["media", "private"]
    assert not old.exists()


def test_a_restore_that_fails_leaves_the_old_registry(registries, tmp_path):
    """The hashes agree and the database cannot be read all the same."""
    here, _there = registries
    succeed(here, "backup", str(tmp_path / "full"))
    [database] = (tmp_path / "full").glob("database.*")
    content = database.read_bytes()
    database.write_bytes(content[: len(content) // 2])
    refused = manage(here, "restore", str(tmp_path / "full"), "--overwrite")
    assert f"{database.name} is not as it was written" in refused.stderr
    manifest = json.loads((tmp_path / "full" / "manifest.json").read_text())
    from registry.actions.backup.manifest import stored_file

    manifest["files"][database.name] = vars(stored_file(database))
    (tmp_path / "full" / "manifest.json").write_text(json.dumps(manifest))
    refused = manage(here, "restore", str(tmp_path / "full"), "--overwrite")
    assert refused.returncode == 1
    assert "The database was not replaced" in refused.stderr
    assert list(Path(here["DATA_DIR"]).glob(".*")) == []
    assert state(here)["points"] > 445


DAMAGES = {
    "other engine": ("manifest.json", '"engine": "sqlite"', '"engine": "postgresql"', "the registry here is on sqlite"),
    "later release": ("manifest.json", "registry.0001", "registry.9001", "is of a later release"),
    "path outside": ("manifest.json", "private/photo.jpg", "../photo.jpg", "outside the backup"),
    "broken manifest": ("manifest.json", "{", "", "is no whole backup"),
    "file changed": ("private/photo.jpg", "photo", "phota", "private/photo.jpg is not as it was written"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_a_whole_backup_of_this_engine_is_refused(whole_backup, tmp_path, damage):
    name, old, new, sentence = DAMAGES[damage]
    folder = shutil.copytree(whole_backup, tmp_path / "full")
    file = folder / name
    file.write_text(file.read_text().replace(old, new, 1))
    there = place(tmp_path / "there")
    refused = manage(there, "restore", str(folder))
    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not Path(there["DATA_DIR"], "private").exists()


def test_a_missing_file_is_refused_and_a_whole_backup_is_verified_without_a_registry(whole_backup, tmp_path):
    folder = shutil.copytree(whole_backup, tmp_path / "full")
    there = place(tmp_path / "there")
    assert "is whole" in succeed(there, "restore", "--verify", str(folder))
    (folder / "private" / "photo.jpg").unlink()
    assert "private/photo.jpg is missing" in manage(there, "restore", "--verify", str(folder)).stderr


def test_a_backup_goes_into_a_new_folder_outside_of_what_it_copies(sqlite_registry, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    assert "exists and is not empty" in manage(sqlite_registry, "backup", str(tmp_path / "taken")).stderr
    inside = Path(sqlite_registry["DATA_DIR"], "media", "backup")
    assert "which is backed up itself" in manage(sqlite_registry, "backup", str(inside)).stderr
    (tmp_path / "empty").mkdir()
    succeed(sqlite_registry, "backup", str(tmp_path / "empty"))
    assert (tmp_path / "empty" / "manifest.json").exists()


def test_without_the_client_programs_a_sentence_says_what_to_install(monkeypatch, tmp_path):
    from registry.actions.backup import engines
    from registry.actions.backup.manifest import BackupError

    monkeypatch.setattr(engines, "SERVER_FOLDERS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="pg_dump is not installed"):
        engines.program("pg_dump")
