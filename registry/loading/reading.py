"""STUB until the branch `reading` is merged."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class RawSheet:
    index: int
    name: str
    hidden: bool
    rows: int
    columns: int
    merged: list
    kind: str
    encoding: str


def read_file(path: Path, name: str, into: Path) -> list[RawSheet]:
    raise NotImplementedError


def rows_of(into: Path, start: int = 0) -> Iterator[tuple[int, Any]]:
    raise NotImplementedError
