"""The environment of a local registry: what `make run` and `manage.py` in a clone use where nothing is set.

The secret key is made once and kept in the data folder. Standard library only: it runs before anything is installed.
"""

import os
import secrets
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEY_FILE = "secret-key"
# Variables of an installation. Where one of them is set, no secret key is invented: settings.py refuses the start.
INSTALLATION = {
    "ALLOWED_HOSTS", "BEHIND_PROXY", "CSRF_TRUSTED_ORIGINS", "DATABASE_URL", "HTTPS_ONLY", "REDIS_URL", "SITE_URL",
}  # fmt: skip


def data_folder(variables: Mapping[str, str]) -> Path:
    return Path(variables.get("DATA_DIR", "").strip() or ROOT / "var").resolve()


def environment(data: Path) -> dict[str, str]:
    """The environment of `make run` with the data folder `data`. Variables that are set keep their values."""
    _make_private(data)
    defaults = {"DATA_DIR": str(data), "DEMO": "1", "SECRET_KEY": _secret_key(data), "PYTHONUNBUFFERED": "1"}
    if not is_demonstration(os.environ):
        defaults["HTTPS_ONLY"] = "0"  # it is served on this machine, without a certificate
    return {**defaults, **os.environ}


def is_demonstration(variables: Mapping[str, str]) -> bool:
    """Whether sample data and demo accounts are made: not with DEMO=0."""
    return variables.get("DEMO", "1").strip().lower() in {"1", "true", "yes"}


def use_local_environment() -> None:
    """Sets the variables that `make run` sets, for this process, if this is a local registry: one with a kept secret
    key, or a clone in which nothing is set. Elsewhere nothing changes, and settings.py refuses a missing SECRET_KEY."""
    if "SECRET_KEY" in os.environ or "TESTING" in os.environ:
        return
    data = data_folder(os.environ)
    is_new = not (data / KEY_FILE).exists()
    is_clone = (ROOT / ".git").exists() or (ROOT / ".venv").exists()  # an image of the Dockerfile has neither
    if is_new and (not is_clone or INSTALLATION & os.environ.keys()):
        return
    os.environ.update(environment(data))
    if is_new:
        print(f"· No SECRET_KEY is set: using a local registry in {data}, as `make run` does.", file=sys.stderr)


def _secret_key(data: Path) -> str:
    """The key of the folder, made on first use."""
    file = data / KEY_FILE
    if not file.exists():
        with open(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as opened:
            opened.write(secrets.token_urlsafe(50))
    return file.read_text()


def _make_private(data: Path) -> None:
    """The data folder, for this account alone; one that an earlier version left open is closed."""
    os.umask(0o077)
    data.mkdir(parents=True, exist_ok=True)
    if not data.stat().st_mode & stat.S_IWOTH:  # a folder that everybody writes to is not ours to close
        data.chmod(0o700)
    for file in data.glob("*.sqlite3*"):
        file.chmod(0o600)
