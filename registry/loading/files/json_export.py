"""Reads the registry's own JSON and GeoJSON exports, whose rows are named values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry.loading.files.row_file import Rows
from registry.sandbox import MB, Unreadable

MOST_MB = 40


def read_json(path: Path, name: str, rows: Rows) -> Iterator[dict]:
    """Reads the rows of an export as a sheet whose first row holds the names, with what the file says about itself. A
    fixture is refused: it holds database keys, and is for `manage.py load` or `loaddata`."""
    if path.stat().st_size > MOST_MB * MB:
        raise Unreadable("file_heavy")
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("file_broken") from error
    named_rows = _rows_in(content)
    if named_rows and {"model", "fields"} <= named_rows[0].keys():
        raise Unreadable("file_fixture")
    names = list(dict.fromkeys(key for row in named_rows for key in row))
    rows.begin(0, Path(name).stem)
    rows.add(1, list(names))
    for number, row in enumerate(named_rows, start=2):
        rows.add(number, [_cell(row.get(key)) for key in names])
    rows.flush()
    yield {
        "index": 0,
        "name": rows.name,
        "kind": "json",
        "encoding": "utf-8",
        "rows": rows.last,
        "columns": rows.columns,
        "about": _about(content, named_rows),
    }


def _rows_in(content: Any) -> list[dict]:
    """The rows of an export or of an API answer, or the properties of GeoJSON features."""
    if not isinstance(content, dict):
        rows = content
    elif "features" in content:
        features = content["features"] if isinstance(content["features"], list) else [None]
        rows = [feature.get("properties") if isinstance(feature, dict) else None for feature in features]
    else:
        rows = content.get("rows", content.get("results"))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable("file_kind")
    return rows


def _about(content: Any, rows: list[dict]) -> dict[str, str]:
    """What an export says about itself; for an API answer, the URL of its first row."""
    about = content.get("about") if isinstance(content, dict) else None
    if isinstance(about, dict):
        return {name: value for name, value in about.items() if isinstance(value, str)}
    url = rows[0].get("url") if rows else None
    return {"url": url} if isinstance(url, str) else {}


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return "、".join(str(item) for item in value if not isinstance(item, list | dict))
    return None if isinstance(value, dict) else value
