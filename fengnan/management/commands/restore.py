"""`manage.py restore DIR`: a backup in the place of this registry, which must be empty unless told otherwise."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from registry.actions.backup.manifest import BackupError
from registry.actions.backup.restore import hints, restore, verify


class Command(BaseCommand):
    help = "Restores a backup: verifies every file, replaces database and files, and prints counts and hashes."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that `backup` wrote")
        parser.add_argument("--overwrite", action="store_true", help="replace a registry that holds data")
        parser.add_argument("--verify", action="store_true", help="only read the backup and compare its hashes")

    def handle(self, *args: Any, folder: Path, overwrite: bool, **options: Any) -> None:
        try:
            manifest = verify(folder) if options["verify"] else restore(folder, overwrite=overwrite)
        except (BackupError, DatabaseError) as error:
            raise CommandError(str(error).strip()) from error
        for table, count in sorted(manifest.tables.items()):
            self.stdout.write(f"{count:9d}  {table}")
        for path, stored in sorted(manifest.files.items()):
            self.stdout.write(f"{stored.sha256}  {path}")
        done = "is whole" if options["verify"] else "was restored; counts and hashes agree"
        self.stdout.write(
            f"The backup of {manifest.made_at} {done}: {manifest.rows} rows, {len(manifest.files)} files."
        )
        if not options["verify"]:
            for hint in hints(manifest):
                self.stdout.write(f"· {hint}")
