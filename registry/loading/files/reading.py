"""Turns an uploaded file into rows, or a refusal. A separate process opens it."""

import json
import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from registry import sandbox
from registry.sandbox import MB
from registry.text.refusals import Refused

from .limits import MOST_MB, seconds_for


@dataclass(frozen=True)
class RawSheet:
    """A sheet of the file. `rows` is the number of its last filled row, from 1; `columns` the widest row, `start` the
    byte of the rows file where its rows begin.

    `merged` holds [first row, first column, last row, last column], rows from 1 and columns from 0. Of a hidden sheet
    only the name is read. `about` is what a JSON file says about itself. `from_1904` says that bare numbers of
    days count from 1904.
    """

    index: int
    name: str
    kind: str
    rows: int = 0
    columns: int = 0
    start: int = 0
    hidden: bool = False
    merged: list[list[int]] = field(default_factory=list)
    encoding: str = ""
    about: dict[str, str] = field(default_factory=dict)
    from_1904: bool = False


class RawRow(NamedTuple):
    """A non-empty row: its number as shown in a spreadsheet, and its cells (see `read_file`)."""

    sheet: int
    number: int
    cells: list[Any]


def read_file(path: Path, name: str, into: Path, most_mb: int = MOST_MB) -> list[RawSheet]:
    """Reads the file at `path`, uploaded as `name`. Returns its sheets; writes its rows into `into` for `rows_of`.

    A cell is null, text, a number, {"d": day}, {"t": day and time}, {"b": yes or no}, {"e": error}, {"f": formula
    without value} or {"v": value, "f": true}. Raises Refused with a code that begins with file_.
    """
    size = path.stat().st_size
    if not size:
        raise Refused("file_empty", name=name)
    if size > most_mb * MB:
        raise Refused("file_size", name=name, size=-(-size // MB), most=most_mb)
    arguments = (str(path.resolve()), name, str(into.resolve()))
    code, output = sandbox.run("registry.loading.files.reader_process", *arguments, seconds=seconds_for(size))
    if code == 0:
        return [RawSheet(**sheet) for sheet in json.loads(output)]
    into.unlink(missing_ok=True)
    reason, details = _reason(code, output)
    raise Refused(reason, name=name, **details)


def _reason(code: int, output: bytes) -> tuple[str, dict[str, Any]]:
    """Why the child process refused or ended: from its output, else from its exit code."""
    if code == sandbox.REFUSED:
        reason, details = json.loads(output)
        return reason, details
    if code in sandbox.OUT_OF_TIME:
        return "file_slow", {}
    return ("file_heavy" if code == -signal.SIGABRT else "file_broken"), {}


def rows_of(into: Path, start: int = 0, only: Collection[int] | None = None) -> Iterator[tuple[int, RawRow]]:
    """The rows from byte `start` on, each with the byte after it, where reading can continue later.

    If `only` is given, other row numbers are skipped without parsing.
    """
    with into.open("rb") as file:
        file.seek(start)
        for line in file:
            start += len(line)
            if only is None or int(line.split(b",", 2)[1]) in only:
                yield start, RawRow(*orjson.loads(line))
