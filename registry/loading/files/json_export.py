"""The registry's own exports, sent back: JSON and GeoJSON whose rows are named values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry.loading.files.row_file import Rows
from registry.sandbox import MB, Unreadable

MOST_MB = 40


def read_json(path: Path, name: str, rows: Rows) -> Iterator[dict]:
    """The rows of an export as a sheet, its first row the names of the values, with what the file says of itself. A
    fixture is refused: it holds keys of the database, and is for `manage.py load` or `loaddata`."""
    if path.stat().st_size > MOST_MB * MB:
        raise Unreadable("file_heavy")
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("file_broken") from error
    found = _rows_in(content)
    if found and {"model", "fields"} <= found[0].keys():
        raise Unreadable("file_fixture")
    names = list(dict.fromkeys(key for row in found for key in row))
    rows.begin(0, Path(name).stem)
    rows.add(1, list(names))
    for number, row in enumerate(found, start=2):
        rows.add(number, [_cell(row.get(key)) for key in names])
    rows.flush()
    yield {
        "index": 0,
        "name": rows.name,
        "kind": "json",
        "encoding": "utf-8",
        "rows": rows.last,
        "columns": rows.columns,
        "about": _about(content, found),
    }


def _rows_in(content: Any) -> list[dict]:
    """The rows of an export or of an answer of the API, or what a GeoJSON says of its features."""
    if not isinstance(content, dict):
        found = content
    elif "features" in content:
        features = content["features"] if isinstance(content["features"], list) else [None]
        found = [feature.get("properties") if isinstance(feature, dict) else None for feature in features]
    else:
        found = content.get("rows", content.get("results"))
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreadable("file_kind")
    return found


def _about(content: Any, found: list[dict]) -> dict[str, str]:
    """What an export says of itself; of an answer of the API, the address of its first row does."""
    said = content.get("about") if isinstance(content, dict) else None
    if isinstance(said, dict):
        return {name: value for name, value in said.items() if isinstance(value, str)}
    url = found[0].get("url") if found else None
    return {"url": url} if isinstance(url, str) else {}


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return "、".join(str(each) for each in value if not isinstance(each, list | dict))
    return None if isinstance(value, dict) else value
