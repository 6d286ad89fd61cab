"""Verifies a backup, and puts it in the place of the registry of the settings."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from .engines import count_rows, engine
from .manifest import BackupError, Manifest, files_under, key_fingerprint, source_folders, stored_file

PREFIXES = ("registry_", "assessment_")
NOT_DATA = {"registry_scheduledrun", "registry_job", "registry_generation"}  # what an empty registry writes by itself
SEALED = "events"  # exports of finished days: those that are there already are kept


def verify(folder: Path) -> Manifest:
    """Reads every file of a backup. Raises BackupError with the first one that is missing or not as it was written."""
    manifest = Manifest.read(folder)
    for path, stored in manifest.files.items():
        file = folder / path
        if not file.is_file():
            raise BackupError(f"{folder} is not whole: {path} is missing. Nothing was restored.")
        if stored_file(file) != stored:
            raise BackupError(f"{folder} is damaged: {path} is not as it was written. Nothing was restored.")
    if engine_file(manifest) not in manifest.files:
        raise BackupError(f"{folder} is not whole: it holds no database. Nothing was restored.")
    return manifest


def engine_file(manifest: Manifest) -> str:
    return "database.sqlite3" if manifest.engine == "sqlite" else "database.dump"


def restore(folder: Path, *, overwrite: bool = False) -> Manifest:
    """Replaces database and files by those of the backup. Everything is checked before anything is replaced, and the
    database is replaced in one transaction."""
    folder = folder.absolute()
    manifest = Manifest.read(folder)
    _check_fits(manifest)
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    if not overwrite and (held := data_held()):
        raise BackupError(
            f"This registry holds data ({held}). Nothing was restored; to replace it all, repeat with --overwrite."
        )
    manifest = verify(folder)
    try:
        prepared = {name: _prepare(folder / name, place) for name, place in source_folders().items() if name != SEALED}
        engine().restore(folder / engine_file(manifest))
        for name, new in prepared.items():
            _swap(new, source_folders()[name])
        _add_sealed(folder / SEALED, source_folders()[SEALED])
    except OSError as error:
        raise BackupError(f"The files could not be restored: {error}.") from error
    finally:
        for place in source_folders().values():
            shutil.rmtree(_new(place), ignore_errors=True)  # what was not put in place
    _check_result(manifest)
    return manifest


def _check_fits(manifest: Manifest) -> None:
    own = engine().name
    if manifest.engine != own:
        raise BackupError(
            f"This backup is of {manifest.engine}, the registry here is on {own}. Restore it with a DATABASE_URL of "
            f"{manifest.engine}; a backup does not move between engines."
        )
    unknown = sorted(
        name for name in set(manifest.migrations) - own_migrations() if name.startswith(("registry.", "assessment."))
    )
    if unknown:
        raise BackupError(f"This backup is of a later release (it has {unknown[0]}). Install that release first.")


def own_migrations() -> set[str]:
    """All migrations of this release."""
    return {".".join(key) for key in MigrationLoader(None).disk_migrations}


def data_held() -> str:
    """What the registry of the settings holds, in a few words; empty for one that was only migrated."""
    counted = count_rows(connection)
    rows = sum(count for table, count in counted.items() if table.startswith(PREFIXES) and table not in NOT_DATA)
    folders = {name: place for name, place in source_folders().items() if name != SEALED}
    files = sum(1 for place in folders.values() for _ in files_under(place))
    return f"{rows} rows, {files} files" if rows or files else ""


def _prepare(source: Path, place: Path) -> Path:
    """Copies a folder of the backup beside its place, on the same disk."""
    new = _new(place)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True, mode=0o700)
    for path in files_under(source):
        target = new / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return new


def _new(place: Path) -> Path:
    return place.with_name(f".{place.name}.restored")


def _swap(new: Path, place: Path) -> None:
    old = place.with_name(f".{place.name}.replaced")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    new.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _add_sealed(source: Path, place: Path) -> None:
    for path in files_under(source):
        target = place / path.relative_to(source)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)


def _check_result(manifest: Manifest) -> None:
    """What is there now is what the manifest says."""
    wrong = [table for table, count in count_rows(connection).items() if manifest.tables.get(table) != count]
    for path, stored in manifest.files.items():
        name, _, rest = path.partition("/")
        if rest and name != SEALED and stored_file(source_folders()[name] / rest) != stored:
            wrong.append(path)
    if wrong:
        raise BackupError(f"What was restored differs from the backup: {', '.join(sorted(wrong)[:5])}. Restore again.")


def hints(manifest: Manifest) -> Iterator[str]:
    """What is left to do after a restore."""
    if own_migrations() - set(manifest.migrations):
        yield "The backup is of an earlier release: run `python manage.py migrate`."
    if manifest.key != key_fingerprint():
        yield (
            "SECRET_KEY differs from that of the backup: everybody signs in again, and secrets of web hooks change. "
            "Set the old key to keep them."
        )
    if manifest.engine == "postgresql":
        yield "All tables belong to the role that restored: where the portal has another, run `own_events` again."
    yield "Compare the events: `python manage.py events --verify`. Then start web and worker."
