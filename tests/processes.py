"""Real processes for tests: the web server and what a test needs to wait for it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg

from tools.sample_database import FOLDER, fingerprint, make_once, sqlite_sample
from tools.serve import SERVER
from tools.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
# What decides which static files a server sends.
STATIC_MADE_FROM = ["requirements.txt", "fengnan/settings.py", "fengnan/static_files.py", "static"]


def prepare(variables: dict[str, str]) -> None:
    """Static files, tables and sample data for the environment `variables`, and demo accounts where it sets DEMO.

    SQLite gets a copy of the sample database. A PostgreSQL database may be empty or a copy of the sample database.
    """
    data = Path(variables["DATA_DIR"])
    (data / "static").symlink_to(static_files(), target_is_directory=True)
    database = variables.get("DATABASE_URL")
    if not database:
        shutil.copy(sqlite_sample(), data / "registry.sqlite3")
    elif not _has_tables(database):
        manage(variables, "migrate", "-v0")
        manage(variables, "load_sample", "-v0")
        return
    if variables.get("DEMO") == "1":
        manage(variables, "load_sample", "--if-empty", "-v0")


def static_files() -> Path:
    """The folder of all static files as production serves them, collected once; do not write to it."""
    return make_once(FOLDER / f"static-{fingerprint(STATIC_MADE_FROM)}", _collect_static)


def _collect_static(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=FOLDER) as data:
        variables = {"PATH": os.environ["PATH"], "SECRET_KEY": "only-for-this-" + "x" * 40, "DATA_DIR": data}
        manage(variables, "collectstatic", "--noinput", "-v0")
        (Path(data) / "static").rename(folder)


def _has_tables(database: str) -> bool:
    with psycopg.connect(database) as connection:
        [table] = connection.execute("SELECT to_regclass('registry_area')").fetchone()
        return table is not None


def production(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a production start that keeps its data in `folder`, where everything is prepared."""
    env = {
        "SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATA_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": "",
        "DEMO": "0", "TESTING": "0", "PATH": os.environ["PATH"], **more,
    }  # fmt: skip
    prepare(env)
    return env


def manage(variables: dict[str, str], *command: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=variables, check=True, stdout=subprocess.DEVNULL
    )


def serve(variables: dict[str, str]) -> tuple[subprocess.Popen, str]:
    """The production server on a free port; returns the process and its address once it answers."""
    port = free_port()
    options = ["--port", str(port), "--workers", "1", "--log-level", "error"]
    variables = {"HTTPS_ONLY": "0", **variables}  # nothing in front of it speaks TLS
    process = started(variables, *SERVER, *options, "fengnan.wsgi:application")
    address = f"http://127.0.0.1:{port}"
    eventually(lambda: get(f"{address}/healthz")[0] == 200)
    return process, address


def started(variables, *command: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=variables, start_new_session=True)


def ended(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        kill(process)


def kill(process: subprocess.Popen) -> None:
    """Kills the process and its children at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def get(address: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def eventually(true, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def sql(env: dict[str, str], statement: str) -> list[tuple] | None:
    """The rows that PostgreSQL answers to `statement`; None if it is not a query."""
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


SIGN_IN = """
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from registry.models import User
role, area = {role!r}, {area!r}
own = dict(role=role, read_prefix=area, write_prefix=area)
user = User.objects.get_or_create(username=f"live {{role}}", defaults=own)[0]
session = SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[-1]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print("key", session.session_key)
"""


MAKE_TOKEN = """
from registry.actions.tokens import make_token
from registry.models import User
role, area = {role!r}, {area!r}
own = {{"role": role, "read_prefix": area, "write_prefix": area}}
user, is_new = User.objects.get_or_create(username=f"program {{role}}", defaults=own)
if is_new:
    user.set_password("a long enough password")
    user.save()
token = {{"name": "live", "scopes": ["read", "write", "load"], "password": "a long enough password", "by": user}}
print("token", make_token(user, **token)[1])
"""


def token_of(variables: dict[str, str], role: str, area: str) -> str:
    """The text of a token of the account of this role."""
    return shell(variables, MAKE_TOKEN.format(role=role, area=area))


def shell(variables: dict[str, str], code: str) -> str:
    """The last word that `code` prints in the portal's shell."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=variables, check=True, capture_output=True, text=True)
    return done.stdout.split()[-1]


def signed_in(variables: dict[str, str], role: str, area: str) -> str:
    """The cookie of a session of the account of this role."""
    return f"sessionid={shell(variables, SIGN_IN.format(role=role, area=area))}"
