"""The scheduled backup: one each day under BACKUP_DIR, kept for BACKUP_KEEP days."""

import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from .create import create, is_backup

NAME = "registry-%Y-%m-%dT%H%M%S"
PATTERN = re.compile(r"registry-\d{4}-\d\d-\d\dT\d{6}")
UNFINISHED = timedelta(days=1)  # after which a folder that was never finished is taken away


def back_up_daily() -> Path | None:
    """Makes a backup, then removes the old ones. Does nothing where BACKUP_DIR is not set."""
    if settings.BACKUP_DIR is None:
        return None
    now = timezone.localtime()
    made = backups(settings.BACKUP_DIR)
    target = settings.BACKUP_DIR / now.strftime(NAME)
    if target not in made:
        create(target, previous=made[-1] if made else None)
    prune(settings.BACKUP_DIR, now)
    return target


def backups(folder: Path) -> list[Path]:
    """The whole backups of the schedule, oldest first."""
    return sorted(path for path in folder.glob("registry-*") if PATTERN.fullmatch(path.name) and is_backup(path))


def made_at(backup: Path) -> datetime:
    return timezone.make_aware(datetime.strptime(backup.name, NAME))


def prune(folder: Path, now: datetime) -> list[Path]:
    """Removes backups older than BACKUP_KEEP days, never the newest one, and what was left unfinished."""
    before = now - timedelta(days=settings.BACKUP_KEEP)
    old = [backup for backup in backups(folder)[:-1] if made_at(backup) < before]
    for path in folder.glob(".registry-*.unfinished"):
        if path.stat().st_mtime < (now - UNFINISHED).timestamp():
            old.append(path)
    for path in old:
        shutil.rmtree(path)
    return old
