"""Real processes for tests: the web server and what a test needs to wait for it."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tools.servers import free_port

ROOT = Path(__file__).resolve().parent.parent


COLLECTED: list[Path] = []  # static files are the same for every server of a run


def prepare(known: dict[str, str]) -> None:
    """Static files, tables and sample data for the environment `known`."""
    static = Path(known["DATA_DIR"]) / "static"
    if COLLECTED:
        shutil.copytree(COLLECTED[0], static)
    else:
        manage(known, "collectstatic", "--noinput", "-v0")
        COLLECTED.append(static)
    manage(known, "migrate", "-v0")
    manage(known, "load_sample")


def manage(known: dict[str, str], *command: str) -> None:
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=known, check=True, capture_output=True)


def serve(known: dict[str, str]) -> tuple[subprocess.Popen, str]:
    """The production server on a free port; returns the process and its address once it answers."""
    port = free_port()
    options = ["--interface", "wsgi", "--port", str(port), "--workers", "1", "--no-ws", "--log-level", "error"]
    process = started(known, "-m", "granian", *options, "fengnan.wsgi:application")
    address = f"http://127.0.0.1:{port}"
    eventually(lambda: get(f"{address}/healthz")[0] == 200)
    return process, address


def started(known, *command: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=known, start_new_session=True)


def ended(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


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
        time.sleep(0.2)


SIGN_IN = """
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from registry.models import User
role, area = {role!r}, {area!r}
user = User.objects.create(username=f"live {{role}}", role=role, read_prefix=area, write_prefix=area)
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
user = User.objects.create(username=f"program {{role}}", role=role, read_prefix=area, write_prefix=area)
print("token", make_token(user, name="live", scopes=["read", "write", "load"], by=user)[1])
"""


def token_of(known: dict[str, str], role: str, area: str) -> str:
    """The text of a token of a new account."""
    return shell(known, MAKE_TOKEN.format(role=role, area=area))


def shell(known: dict[str, str], code: str) -> str:
    """The last word that `code` prints in the portal's shell."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    return subprocess.run(command, cwd=ROOT, env=known, check=True, capture_output=True, text=True).stdout.split()[-1]


def signed_in(known: dict[str, str], role: str, area: str) -> str:
    """The cookie of a new account's session."""
    return f"sessionid={shell(known, SIGN_IN.format(role=role, area=area))}"
