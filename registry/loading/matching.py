"""What a file says of itself: which sheets hold rows, of what kind, and which column is which field."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry.models import KnownHeading, Load
from registry.refusals import Refused

from .columns import LOADS, LoadKind, kinds_for
from .files.reading import RawSheet
from .files.tables import Table, find_tables, letter, plain_heading, unit_of

REASON = "原因"  # the column that is added to what was refused; nobody reads it


def headings_of(kind: LoadKind) -> dict[str, str]:
    """Field by plain heading, of every heading a column is known by."""
    known: dict[str, str] = {}
    for column in kind.columns:
        for heading in column.headings:
            known.setdefault(plain_heading(heading), column.name)
    return known


def understand(load: Load, sheets: list[RawSheet], into: Path) -> list[dict]:
    """What was understood of each sheet, as `Load.sheets` keeps it. Raises Refused if no sheet can be read."""
    slugs = [load.kind] if load.kind else kinds_for(load.by)
    explained: dict[str, dict[str, str]] = {slug: {} for slug in slugs}
    for kind, heading, field in KnownHeading.objects.filter(area=load.area, kind__in=slugs).values_list(
        "kind", "heading", "field"
    ):
        explained[kind][heading] = field
    known = {heading for slug in slugs for heading in {**headings_of(LOADS[slug]), **explained[slug]}}
    headers = {int(index): given["header"] for index, given in load.corrections.items() if given.get("header")}
    tables = find_tables(sheets, into, known, headers)
    found = [_sheet(load, sheet, table, slugs, explained) for sheet, table in zip(sheets, tables, strict=True)]
    if all(sheet["skipped"] for sheet in found):
        raise Refused("no_table", sheets="、".join(sheet["name"] for sheet in found) or "—")
    return found


def _sheet(load: Load, sheet: RawSheet, table: Table, slugs: list[str], explained: dict[str, dict[str, str]]) -> dict:
    given = load.corrections.get(str(sheet.index), {})
    plain = {at: plain_heading(heading) for at, heading in table.headings.items()}
    last = {at: plain_heading(heading.split("/")[-1]) for at, heading in table.headings.items()}
    fits = {slug: _fields(plain, last, {**headings_of(LOADS[slug]), **explained[slug]}) for slug in slugs}
    slug = given.get("kind") or max(slugs, key=lambda each: _likeness(LOADS[each], fits[each]), default="")
    fields = dict(fits.get(slug, {}))
    for at, field in given.get("columns", {}).items():
        fields = {column: name for column, name in fields.items() if name != field or not field}
        fields[int(at)] = field
    return {
        "index": sheet.index, "name": sheet.name, "kind": slug, "skipped": table.skipped,
        "header": list(table.header_rows), "first": table.first_data_row, "rows": sheet.rows,
        "encoding": sheet.encoding, "format": sheet.kind,
        "columns": [
            {
                "at": at, "letter": letter(at), "heading": heading, "plain": plain[at], "unit": unit_of(heading),
                "field": fields.get(at, ""),
            }
            for at, heading in sorted(table.headings.items())
        ],
        "start": table.start, "merged": table.merged, "sums": {}, "totals": [],
    }  # fmt: skip


def _fields(plain: dict[int, str], last: dict[int, str], known: dict[str, str]) -> dict[int, str]:
    """Field by column: by the whole heading, else by its lower part. A field is taken once, by the first column."""
    fields: dict[int, str] = {}
    for heads in (plain, last):
        for at, heading in sorted(heads.items()):
            field = known.get(heading)
            if field and at not in fields and field not in fields.values():
                fields[at] = field
    return fields


def _likeness(kind: LoadKind, fields: dict[int, str]) -> tuple[int, int]:
    """How well a sheet fits a kind: required fields that are there count most, then all that are."""
    there = set(fields.values())
    missing = sum(column.name not in there for column in kind.required)
    return (-missing, len(there))


def mapping_of(sheet: dict) -> dict[int, Any]:
    """Field by column of a sheet that was understood, without the columns left out."""
    return {column["at"]: column["field"] for column in sheet["columns"] if column["field"]}


def corrections_in(load: Load, typed: Mapping[str, str]) -> dict[str, dict]:
    """What a person put right, over what was put right before: `header-<sheet>` and `field-<sheet>-<column>` of a form.
    A column that was left as it was understood is not a correction. Raises Refused."""
    corrections = {
        index: {**given, "columns": {**given.get("columns", {})}} for index, given in load.corrections.items()
    }
    for sheet in load.sheets:
        if sheet["skipped"]:
            continue
        given = corrections.setdefault(str(sheet["index"]), {"columns": {}})
        if typed.get("kind", sheet["kind"]) not in ("", sheet["kind"]):
            given["columns"] = {}  # fields of another kind
            continue
        header = typed.get(f"header-{sheet['index']}", "").strip()
        if header and header != str(max(sheet["header"])):
            given["header"] = _row_number(header, sheet)
        known = {column.name for column in LOADS[sheet["kind"]].columns} | {""}
        for column in sheet["columns"]:
            field = typed.get(f"field-{sheet['index']}-{column['at']}")
            if field in known and field != column["field"]:
                given["columns"][str(column["at"])] = field
    return corrections


def _row_number(text: str, sheet: dict) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= sheet["rows"]):
        raise Refused("header_unread", text=text, most=sheet["rows"])
    return int(text)
