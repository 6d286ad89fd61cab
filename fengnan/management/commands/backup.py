"""`manage.py backup DIR`: the whole registry into a new folder, while it is in use."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from registry.actions.backup.create import create
from registry.actions.backup.manifest import BackupError


class Command(BaseCommand):
    help = "Writes database, media, private files and sealed events into a new folder, with a manifest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that does not exist yet, or is empty")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        begun = time.monotonic()
        try:
            manifest = create(folder)
        except (BackupError, DatabaseError) as error:
            raise CommandError(str(error).strip()) from error
        self.stdout.write(
            f"{folder}: {manifest.engine}, {manifest.rows} rows in {len(manifest.tables)} tables, "
            f"{len(manifest.files)} files, {manifest.size / 1e6:.1f} MB, {time.monotonic() - begun:.1f} s"
        )
