"""What is deployed: the compose file holds together, and a weak secret stops the start."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECRETS = {"SECRET_KEY": "x" * 50, "POSTGRES_PASSWORD": "y" * 20}


def compose() -> list[str] | None:
    """The compose client of this machine; it needs no engine to check a file."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if shutil.which("docker") and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        return ["docker", "compose"]
    return None


needs_compose = pytest.mark.skipif(compose() is None, reason="no compose client is installed")


def configured(*arguments: str, **secrets: str) -> subprocess.CompletedProcess:
    known = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    command = [*(compose() or []), "-f", "docker-compose.yml", "config", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**known, **secrets}, capture_output=True, text=True)


@needs_compose
def test_the_compose_file_holds_together_and_names_every_part():
    done = configured("--services", **SECRETS)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"db", "redis", "migrate", "web", "worker", "beat", "proxy"}


@needs_compose
@pytest.mark.parametrize("missing", SECRETS)
def test_a_missing_secret_is_refused_by_name(missing):
    done = configured("-q", **{name: value for name, value in SECRETS.items() if name != missing})
    assert done.returncode != 0
    assert missing in done.stderr


@pytest.mark.parametrize("key", ["", "short"])
def test_production_refuses_a_missing_or_weak_secret_key_and_says_why(key):
    known = {"PATH": os.environ["PATH"], "SECRET_KEY": key}
    done = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=known, capture_output=True, text=True)
    assert done.returncode != 0
    assert "SECRET_KEY is missing or shorter than 40 characters" in done.stderr


def test_a_wrong_value_stops_the_start_with_its_name():
    known = {"PATH": os.environ["PATH"], "TESTING": "1", "DATABASE_URL": "mysql://nowhere/x"}
    done = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=known, capture_output=True, text=True)
    assert "DATABASE_URL must begin with sqlite: or postgresql:" in done.stderr
