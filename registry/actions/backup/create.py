"""Makes a backup while the portal is in use."""

import os
import shutil
import uuid
from pathlib import Path

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from .engines import engine
from .manifest import NAME, BackupError, Manifest, files_under, key_fingerprint, source_folders, stored_file

RESERVE = 1.05  # free space asked for, as a multiple of what is copied


def create(target: Path, *, previous: Path | None = None) -> Manifest:
    """Writes a backup into `target`, a folder that does not exist yet or is empty. Files that `previous`, an earlier
    backup on the same disk, holds unchanged become hard links."""
    target = target.absolute()
    _check_target(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _check_space(target.parent)
    unfinished = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.unfinished"
    unfinished.mkdir(mode=0o700)
    try:
        manifest = _write(unfinished, previous)
        os.sync()  # what is renamed next is on the disk
        unfinished.rename(target)
    except OSError as error:
        raise BackupError(f"The backup could not be written: {error}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def _check_target(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupError(f"{target} exists and is not empty. Name a folder that is not there yet.")
    for folder in source_folders().values():
        if target.is_relative_to(folder.absolute()):
            raise BackupError(f"{target} lies in {folder}, which is backed up itself. Choose another place.")


def _check_space(parent: Path) -> None:
    needed = engine().size()
    needed += sum(path.stat().st_size for folder in source_folders().values() for path in files_under(folder))
    free = shutil.disk_usage(parent).free
    if free < needed * RESERVE:
        raise BackupError(f"{parent} has {free / 1e6:.0f} MB left; the backup needs up to {needed / 1e6:.0f} MB.")


def _write(folder: Path, previous: Path | None) -> Manifest:
    """Files, then the database, then the files that came in between: no row names a file that is missing."""
    _copy_files(folder, previous)
    database = engine()
    tables = database.dump(folder / database.file_name)
    _copy_files(folder, None)
    manifest = Manifest(
        engine=database.name,
        server=database.version(),
        made_at=timezone.localtime().isoformat(timespec="seconds"),
        tables=tables,
        migrations=sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations()),
        key=key_fingerprint(),
        files={path.relative_to(folder).as_posix(): stored_file(path) for path in sorted(files_under(folder))},
    )
    manifest.write(folder)
    return manifest


def _copy_files(folder: Path, previous: Path | None) -> None:
    for name, source in source_folders().items():
        for path in files_under(source):
            relative = Path(name) / path.relative_to(source)
            try:
                _copy(path, folder / relative, previous / relative if previous else None)
            except FileNotFoundError:
                continue  # deleted in the meantime


def _copy(source: Path, target: Path, earlier: Path | None) -> None:
    """Copies a file that is not there yet or was written to since, with its time."""
    if target.exists():
        if _is_same(source, target):
            return
        target.unlink()  # which leaves an earlier backup with the same file alone
    target.parent.mkdir(parents=True, exist_ok=True)
    if earlier is not None and earlier.exists() and _is_same(source, earlier):
        try:
            target.hardlink_to(earlier)
        except OSError:
            pass  # another disk, or one without links
        else:
            return
    shutil.copy2(source, target)


def _is_same(one: Path, other: Path) -> bool:
    first, second = one.stat(), other.stat()
    return (first.st_size, first.st_mtime_ns) == (second.st_size, second.st_mtime_ns)


def is_backup(folder: Path) -> bool:
    return (folder / NAME).is_file()
