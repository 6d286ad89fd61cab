"""`manage.py prepare`: all that `make run` needs before it serves, in one process."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

from fengnan.static_files import ServedFilesConfig

STAMP = "static.stamp"


class Command(BaseCommand):
    help = (
        "Collects the static files and migrates, where something changed since; loads the sample into an empty "
        "registry (with DEMO=0 only makes the first account)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with ThreadPoolExecutor(1) as beside:  # most of it is compression, which leaves the interpreter free
            collection = beside.submit(collect_static)
            call_command("migrate", verbosity=0)
            collection.result()
        call_command("own_events", if_can=True)
        if settings.DEMO:
            call_command("load_sample", if_empty=True, living=True)
        else:
            call_command("first_account", if_none=True)


def collect_static() -> None:
    """Collects the static files unless that was done with the same files before."""
    stamp, fingerprint = Path(settings.DATA_DIR) / STAMP, _static_fingerprint()
    is_collected = (Path(settings.STATIC_ROOT) / "staticfiles.json").exists()
    if is_collected and stamp.exists() and stamp.read_text(encoding="ascii") == fingerprint:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint, encoding="ascii")


def _static_fingerprint() -> str:
    """What tells whether a file to collect was added, removed or written since, or is collected elsewhere now."""
    ignored = ServedFilesConfig.ignore_patterns
    files = [Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list(ignored)]
    stats = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr((settings.STATIC_ROOT, sorted(stats))).encode()).hexdigest()
