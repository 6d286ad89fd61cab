"""Served portals for the tests in Chromium: each starts from a copy of one prepared folder of data."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.processes import ROOT, ended, prepare, serve

PASSWORD = "look at every screen"


@dataclass(frozen=True)
class Portal:
    """A served portal: its address, its folder of data, and the session key of each demo account."""

    address: str
    folder: Path
    sessions: dict[str, str]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The portal as `make run` serves it, on SQLite, with its data in `folder`."""
    return {
        "SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATA_DIR": str(folder), "DEMO": "1", "DEMO_PASSWORD": PASSWORD,
        "PATH": os.environ["PATH"], **more,
    }  # fmt: skip


def call_in_portal(folder: Path, function: str) -> dict:
    """What a function of `staged.py` returns when it runs in the portal whose data lies in `folder`."""
    code = f"import json; from tests.browser import staged; print(json.dumps(staged.{function}()))"
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment(folder), check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def prepare_signed_in(folder: Path) -> Portal:
    """The sample data, and every demo account with a session; not served yet."""
    prepare(environment(folder, DEMO="0"))  # the accounts come with their sessions
    return Portal("", folder, call_in_portal(folder, "sign_in_demo_accounts"))


def serve_copy(prepared: Portal, folder: Path) -> Iterator[Portal]:
    """A portal over a copy of `prepared`."""
    shutil.copytree(prepared.folder, folder, symlinks=True, dirs_exist_ok=True)
    process, address = serve(environment(folder))
    yield Portal(address, folder, prepared.sessions)
    ended(process)
