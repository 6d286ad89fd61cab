"""Throw-away PostgreSQL and Redis for tests: on free ports of this machine, gone when the tests are."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools import sample_database

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl, or None where PostgreSQL is not installed."""
    initdb = shutil.which("initdb")
    folders = [Path(initdb).resolve().parent] if initdb else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


def redis_program() -> str | None:
    return shutil.which("redis-server")


def chromium_program() -> str | None:
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


@contextmanager
def postgres(origin: Path | None = None) -> Iterator[str]:
    """A throw-away PostgreSQL whose database `sample_database.TEMPLATE` holds the sample data, or a copy of the one in
    the folder `origin`; gives its address."""
    programs = postgres_programs()
    assert programs is not None
    with tempfile.TemporaryDirectory(prefix="registry-pg-", ignore_cleanup_errors=True) as name:
        data = Path(name) / "data"
        shutil.copytree(origin or sample_database.postgres_sample(programs), data)
        with _running(programs, data) as url:
            yield url


@contextmanager
def new_cluster(data: Path, origin: Path | None = None) -> Iterator[str]:
    """A new PostgreSQL in the folder `data`, which stays: empty or a copy of that in `origin`. Gives its address."""
    programs = postgres_programs()
    assert programs is not None
    data.mkdir(mode=0o700)
    locale = ["-E", "UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "--no-sync"]
    with tempfile.TemporaryDirectory(prefix="registry-pg-") as name:  # where whoever PostgreSQL runs as may write
        made = Path(name) / "data"
        if origin:
            shutil.copytree(origin, made)
        else:
            made.mkdir()
            _as_postgres(made, programs / "initdb", "-D", made, "-U", "registry", "-A", "trust", *locale)
        with _running(programs, made) as url:
            yield url
        shutil.copytree(made, data, dirs_exist_ok=True)


@contextmanager
def _running(programs: Path, data: Path) -> Iterator[str]:
    """The cluster of `data` on a free port; what it holds need not survive a power cut."""
    port, folder = free_port(), data.parent
    unsafe = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal -c max_wal_senders=0"
    unsafe += " -c max_wal_size=128MB"  # what is kept of it is copied again and again
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} {unsafe}"
    control = [programs / "pg_ctl", "-D", data, "-w"]
    _as_postgres(data, *control, "-o", options, "-l", folder / "log", "start")
    try:
        yield f"postgresql://registry@127.0.0.1:{port}/postgres"
    finally:
        _as_postgres(data, *control, "-m", "fast", "stop")


def _as_postgres(data: Path, *command: str | Path) -> None:
    """Runs a program of PostgreSQL, which refuses to run as root: then as `nobody`, who gets `data` and its folder."""
    user = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (data.parent, *data.rglob("*"), data):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data.chmod(0o700)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=data.parent, **user)


@contextmanager
def redis() -> Iterator[str]:
    """A new, empty Redis that keeps nothing; gives its address."""
    port = free_port()
    command = [redis_program(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _attempt in range(50):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)
