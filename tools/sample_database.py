"""A database with the sample data, made once for each state of what it is made from and kept under `var/test/`.

Tests and the servers that tests start get copies: SQLite a copy of one file, PostgreSQL `CREATE DATABASE … TEMPLATE`.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "test"
# What decides what a migrated database with the sample data holds.
MADE_FROM = [
    "requirements.txt", "fixtures", "registry/models", "registry/migrations", "registry/kinds",
    "registry/actions/sample.py", "registry/actions/search.py", "assessment/models", "assessment/migrations",
    "assessment/kinds.py",
]  # fmt: skip
TEMPLATE = "sample"


def fingerprint(names: Iterable[str] = MADE_FROM) -> str:
    """Changes with the content of these files and folders of the project."""
    content = hashlib.sha256()
    for name in names:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix != ".pyc":
                content.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return content.hexdigest()[:16]


def sqlite_sample() -> Path:
    """The SQLite file with the sample data; copy it, never open it for writing."""
    return make_once(FOLDER / f"sample-{fingerprint()}.sqlite3", _make_sqlite)


def postgres_sample(programs: Path) -> Path:
    """The data folder of a stopped PostgreSQL that holds the database TEMPLATE."""
    return make_once(FOLDER / f"postgres-{programs.parent.name}-{fingerprint()}", _make_postgres)


def make_once(target: Path, build: Callable[[Path], None]) -> Path:
    """Makes `target` unless it is there, by one process at a time, and removes what was made from earlier states."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    kind = target.name.partition("-")[0]
    with open(FOLDER / f"{kind}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            for old in FOLDER.glob(f"{kind}-*"):
                shutil.rmtree(old) if old.is_dir() else old.unlink()
            unfinished = FOLDER / f"{kind}-{uuid.uuid4().hex}"
            build(unfinished)
            unfinished.rename(target)
    return target


def _make_sqlite(file: Path) -> None:
    _fill(f"sqlite:///{file}")


def _make_postgres(folder: Path) -> None:
    from tools import servers  # noqa: PLC0415 (which starts from what is made here)

    with servers.new_cluster(folder) as url:
        run_sql(url, f"CREATE DATABASE {TEMPLATE}")
        _fill(database_url(url, TEMPLATE))


def _fill(url: str) -> None:
    variables = {
        "PATH": os.environ["PATH"], "TESTING": "1", "DATABASE_URL": url, "REDIS_URL": "", "DATA_DIR": str(FOLDER),
    }  # fmt: skip
    for command in (["migrate", "-v0"], ["load_sample", "-v0"]):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=variables, check=True, stdout=subprocess.DEVNULL
        )


def database_url(url: str, name: str) -> str:
    return f"{url.rpartition('/')[0]}/{name}"


def run_sql(url: str, statement: str) -> None:
    import psycopg  # noqa: PLC0415 (not installed yet when the set-up imports this)

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def postgres_copy(url: str) -> Iterator[str]:
    """A database of its own with the sample data on the server at `url`, which holds TEMPLATE; dropped afterwards."""
    name = f"copy_{uuid.uuid4().hex}"
    run_sql(url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    try:
        yield database_url(url, name)
    finally:
        run_sql(url, f"DROP DATABASE {name} WITH (FORCE)")
