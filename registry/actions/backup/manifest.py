"""The manifest of a backup: what it holds, with the rows of each table and the hash of each file."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import file_digest
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils.crypto import salted_hmac

NAME = "manifest.json"
FORMAT = 1


class BackupError(Exception):
    """Why a backup cannot be made or restored, as a sentence."""


@dataclass(frozen=True)
class StoredFile:
    sha256: str
    size: int


@dataclass
class Manifest:
    """`migrations` are the applied ones as `app.name`; `key` tells whether two registries have the same SECRET_KEY."""

    engine: str
    server: str
    made_at: str
    tables: dict[str, int]
    migrations: list[str]
    key: str
    files: dict[str, StoredFile] = field(default_factory=dict)
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Raises BackupError for a folder that is no whole backup, or one of a later format."""
        try:
            content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BackupError(f"{folder} is no whole backup: its {NAME} cannot be read.") from error
        if content.get("format") != FORMAT:
            raise BackupError(f"{folder} has format {content.get('format')}; this release reads format {FORMAT}.")
        try:
            files = {_checked(path): StoredFile(**stored) for path, stored in content.pop("files").items()}
            return cls(**content, files=files)
        except (KeyError, TypeError, AttributeError) as error:
            raise BackupError(f"{folder} is no whole backup: its {NAME} lacks a part.") from error

    @property
    def rows(self) -> int:
        return sum(self.tables.values())

    @property
    def size(self) -> int:
        return sum(stored.size for stored in self.files.values())


def key_fingerprint() -> str:
    """Says whether two secret keys are the same, and nothing about the key."""
    return salted_hmac("registry.backup", "key", algorithm="sha256").hexdigest()[:16]


def source_folders() -> dict[str, Path]:
    """The folders that belong to a registry, by their name in a backup."""
    return {"media": Path(settings.MEDIA_ROOT), "private": Path(settings.PRIVATE_ROOT), "events": settings.EVENTS_DIR}


def stored_file(path: Path) -> StoredFile:
    with path.open("rb") as opened:
        return StoredFile(file_digest(opened, "sha256").hexdigest(), path.stat().st_size)


def files_under(folder: Path) -> Iterator[Path]:
    """All files below a folder, without following links."""
    for parent, _folders, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            if path.is_file() and not path.is_symlink():
                yield path


def _checked(path: str) -> str:
    """A path inside the backup; one that leads elsewhere is refused."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith("/") or (len(parts) > 1 and parts[0] not in source_folders()):
        raise BackupError(f"The manifest names a file outside the backup: {path!r}.")
    return path
