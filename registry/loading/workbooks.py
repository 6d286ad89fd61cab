"""The refused rows in the sender's own workbook, with the reason beside each; corrected, it can be sent again."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import openpyxl
import xlsxwriter
from django.utils.translation import gettext as _
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, PatternFill

from registry.loading.job_steps import table_of
from registry.loading.lifecycle import rows_file
from registry.loading.sheet_types import SHEET_TYPES
from registry.models import Load, RowVerdict

from .files.limits import MOST_COLUMNS
from .files.tables import DataRow, data_rows, is_number, plain_heading, text_of
from .matching import REASON, mapping_of
from .messages import sentence
from .templates import OPTIONS, sheet_name

MOST_ROWS = 5000  # for the sender's own workbook, which takes memory per cell
BAD, WIDTH = "FBE3E4", 48


@dataclass
class Refusals:
    """The refusals of one sheet: the reason of each refused row by its number, and its bad cells by row and column."""

    sheet: dict
    reasons: dict[int, str] = field(default_factory=dict)
    cells: dict[int, dict[int, str]] = field(default_factory=dict)

    @property
    def header(self) -> int:
        return max(self.sheet["header"])

    @property
    def place_of_reason(self) -> int:
        """The column of the reasons, counted from 0: the one from an earlier round, else after the last."""
        places = [column["at"] for column in self.sheet["columns"] if column["plain"] == plain_heading(REASON)]
        return places[0] if places else max((column["at"] for column in self.sheet["columns"]), default=-1) + 1


def refused_workbook(load: Load) -> bytes:
    """The header rows and the refused rows: of a workbook with its formats, of any other file as a new workbook."""
    refusals = list(_refusals(load))
    is_own = all(refusal.sheet["format"] == "xlsx" for refusal in refusals)
    if is_own and sum(sheet["rows"] for sheet in load.sheets) <= MOST_ROWS:
        return _own(load, refusals)
    return _new(load, refusals)


def _refusals(load: Load) -> Iterator[Refusals]:
    rows = list(load.rows.filter(verdict=RowVerdict.REFUSED))
    for sheet in load.sheets:
        result = Refusals(sheet)
        places = {name: at for at, name in mapping_of(sheet).items()}
        kind = SHEET_TYPES.get(sheet["kind"])
        for row in (row for row in rows if row.sheet == sheet["index"]):
            sentences = []
            for message in (message for message in row.messages if message["level"] == "refused"):
                column = kind.column(message["field"]) if kind else None
                sentences.append(f"{column.heading}{_(': ')}{sentence(message)}" if column else sentence(message))
                if message["field"] in places:
                    result.cells.setdefault(row.row, {})[places[message["field"]]] = sentence(message)
            result.reasons[row.row] = "\n".join(sentences)
        if result.reasons:
            yield result


def _rows(load: Load, refusals: Refusals) -> Iterator[DataRow]:
    """The refused rows as they were read, with the values of merged cells."""
    rows = data_rows(table_of(refusals.sheet), rows_file(load), 0, refusals.sheet["rows"])
    return (row for row in rows if row.number in refusals.reasons)


def _own(load: Load, refusals: list[Refusals]) -> bytes:
    book = openpyxl.load_workbook(load.file.path, keep_links=False)
    by_name = {refusal.sheet["name"]: refusal for refusal in refusals}
    for name in book.sheetnames:
        if name in by_name:
            _reduce(book[name], load, by_name[name])
        else:
            del book[name]
    book.active = 0
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _reduce(sheet: Any, load: Load, refusals: Refusals) -> None:
    """Moves the refused rows up below the header and deletes the rest. Formulas become their last value, because the
    rows they refer to are gone."""
    header = refusals.header
    for merged in [cells for cells in sheet.merged_cells.ranges if cells.max_row > header]:
        sheet.unmerge_cells(str(merged))
    sheet.auto_filter.ref = None
    sheet.tables.clear()
    reason = refusals.place_of_reason + 1
    _say(sheet.cell(header, reason), REASON)
    sheet.column_dimensions[sheet.cell(header, reason).column_letter].width = WIDTH
    last, width = header, min(sheet.max_column, MOST_COLUMNS)
    for last, row in enumerate(_rows(load, refusals), start=header + 1):
        _move(sheet, row, last, width)
        for at, text in refusals.cells.get(row.number, {}).items():
            cell = sheet.cell(last, at + 1)
            cell.fill, cell.comment = PatternFill("solid", fgColor=BAD), Comment(text, REASON)
        cell = sheet.cell(last, reason)
        _say(cell, refusals.reasons[row.number])
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    if sheet.max_row > last:
        sheet.delete_rows(last + 1, sheet.max_row - last)


def _move(sheet: Any, row: DataRow, to: int, width: int) -> None:
    """Moves the cells of a row up; always upwards, so that no row is overwritten before it is moved."""
    for old in (sheet.cell(row.number, at) for at in range(1, width + 1)):
        new, value = sheet.cell(to, old.column), row.cells.get(old.column - 1)
        if old.data_type == "f" or (old.value is None and value is not None):
            text = text_of(value)
            content, data_type = (float(text), "n") if is_number(value) else (text, "s")
        else:
            content, data_type = old.value, old.data_type
        new.value, new._style, new.comment = content, copy(old._style), None
        if data_type == "s" and content:
            new.data_type = "s"  # otherwise text that begins like a formula becomes one
    sheet.row_dimensions[to].height = sheet.row_dimensions[row.number].height
    sheet.row_dimensions[to].hidden = False


def _say(cell: Any, text: str) -> None:
    cell.value = text
    cell.data_type = "s"


def _new(load: Load, refusals: list[Refusals]) -> bytes:
    written = BytesIO()
    with xlsxwriter.Workbook(written, OPTIONS) as book:
        bold, bad = book.add_format({"bold": True}), book.add_format({"bg_color": f"#{BAD}", "num_format": "@"})
        text, wrapped = book.add_format({"num_format": "@"}), book.add_format({"text_wrap": True})
        names: set[str] = set()
        for refusal in refusals:
            sheet = book.add_worksheet(sheet_name(refusal.sheet["name"], names))
            reason = refusal.place_of_reason
            for column in refusal.sheet["columns"]:
                sheet.write_string(0, column["at"], column["heading"], bold)
            sheet.write_string(0, reason, REASON, bold)
            sheet.set_column(reason, reason, WIDTH)
            for place, row in enumerate(_rows(load, refusal), start=1):
                reasons = refusal.cells.get(row.number, {})
                for at in sorted(row.cells.keys() | reasons.keys()):
                    why = reasons.get(at)
                    sheet.write_string(place, at, text_of(row.cells.get(at)), bad if why else text)
                    if why:
                        sheet.write_comment(place, at, why)
                sheet.write_string(place, reason, refusal.reasons[row.number], wrapped)
    return written.getvalue()
