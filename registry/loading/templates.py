"""Workbooks to fill in: a sheet of one type with pick lists, notes and locked keys, empty or prefilled; and a sheet
that explains each column."""

import re
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import xlsxwriter
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name

from registry.loading.sheet_types import DISTRICT, SHEET_TYPES, SheetColumn, SheetType, Use
from registry.loading.stored_texts import own_values, reads, text_for
from registry.models import Area, AreaLevel, district_area
from registry.models.district import is_larger_area
from registry.text.area_codes import is_below_district
from registry.text.validators import dated, yes_no

WHY = "names of areas are public"
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
EXPLANATION, LISTS = "填表说明", "选项"  # sheet names in the district's files, in Chinese like the headings
TITLE, HEADINGS, FIRST = 0, 1, 2  # rows
ROOM = 2000  # empty rows with pick lists
VILLAGES = [AreaLevel.VILLAGE, AreaLevel.COMMUNITY]
PLACES = {"township": [AreaLevel.TOWNSHIP], "village": VILLAGES, "village_or_unit": VILLAGES}
NUMBERS = ("36", "118.09", "39.58", "2021")


def townships_for(by: Any) -> list[tuple[str, str]]:
    """(code, name) of the townships the account may get a template for: those it writes in."""
    rows = Area.objects.unscoped(WHY).in_area(by.write_prefix or district_area())
    rows = rows.filter(level=AreaLevel.TOWNSHIP, valid_to=None).order_by("code")
    return list(rows.values_list("code", "name"))


def sheet_name(name: str, used: set[str]) -> str:
    """A valid, unique sheet name: short, without forbidden characters."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:28] or "Sheet1"
    unused = next(
        candidate for candidate in (plain, *(f"{plain} {number}" for number in range(2, 100))) if candidate not in used
    )
    used.add(unused)
    return unused


def template(kind: str, by: Any, township: str = "", filled: bool = False) -> bytes:
    """The workbook of a type for a township, or for all areas of the account."""
    declared = SHEET_TYPES[kind]
    area = township or by.write_prefix or district_area()
    columns = [column for column in declared.columns if column.use is not Use.IGNORE]
    columns = [column for column in columns if column is not DISTRICT or is_larger_area()]
    rows = prefilled_rows(declared, by, area) if filled else []
    written = BytesIO()
    with xlsxwriter.Workbook(written, OPTIONS) as book:
        sheet = book.add_worksheet(sheet_name(str(declared.label), {EXPLANATION, LISTS}))
        explained, lists = book.add_worksheet(EXPLANATION), book.add_worksheet(LISTS)
        lists.hide()
        words = {column.name: column_words(column, area) for column in columns}
        _head(book, sheet, declared, columns, area)
        last = _fill(sheet, columns, rows) + ROOM
        _pick_lists(sheet, lists, columns, words, last)
        _explain(book, explained, columns, words)
        sheet.protect("", dict.fromkeys(("format_columns", "format_rows", "insert_rows", "sort", "autofilter"), True))
    return written.getvalue()


def may_be_filled(kind: SheetType) -> bool:
    """Whether a template may be prefilled: its rows have codes, so that loading it back finds the same records."""
    if kind.lines:
        return True
    return kind.column("code") is not None and hasattr(kind.model._default_manager, "visible_to")


def prefilled_rows(kind: SheetType, by: Any, area: str) -> Iterable[dict[str, Any]]:
    """The current values of the area, {column: value}, ordered by code, without abolished villages."""
    if kind.lines:
        return kind.lines(by, area)
    rows = kind.model._default_manager.visible_to(by).order_by("code")  # type: ignore[attr-defined]
    if is_below_district(area) or kind.model is Area:  # else the district's own records, which have no area, too
        rows = rows.in_area(area)
    if "area" in {field.name for field in kind.model._meta.concrete_fields}:
        rows = rows.filter(Q(area=None) | Q(area__valid_to=None)).select_related("area")
    return kind.prefill(rows) if kind.prefill else (own_values(kind, record) for record in rows)


def _head(book: Any, sheet: Any, kind: SheetType, columns: list[SheetColumn], area: str) -> None:
    """Writes title and headings with their notes, and each column's format: text, so that no code or telephone loses
    digits."""
    place = Area.objects.unscoped(WHY).get(code=area)
    bold = book.add_format({"bold": True, "font_size": 14})
    required = book.add_format({"bold": True, "bg_color": "#FBF0F0", "border": 1, "text_wrap": True})
    optional = book.add_format({"bold": True, "bg_color": "#F6F7F8", "border": 1, "text_wrap": True})
    text, number = (book.add_format({"num_format": form, "locked": False}) for form in ("@", "General"))
    key = book.add_format({"num_format": "@", "font_color": "#515A63", "bg_color": "#EEF0F2"})
    sheet.write_string(TITLE, 0, f"{place} {kind.label} {timezone.localdate().isoformat()}", bold)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, 18, key if column.name == "code" else number if column.numeric else text)
        heading = f"{column.heading}*" if column.required else column.heading
        sheet.write_string(HEADINGS, at, heading, required if column.required else optional)
        if note := "\n".join(_notes(column)):
            sheet.write_comment(HEADINGS, at, note)
    sheet.freeze_panes(FIRST, 0)


def _notes(column: SheetColumn) -> list[str]:
    notes = [_("Required.")] if column.required else []
    if column.follows:
        notes.append(_("Left empty, it follows %(source)s.") % {"source": column.follows})
    if column.name == "code" and not column.required:
        notes.append(_("Given by the registry: leave it as it is, and empty for a new record."))
    if column.use is Use.COMPARE:
        notes.append(_("Only compared with what the registry holds."))
    if column.unit:
        notes.append(_("A number alone counts in %(unit)s.") % {"unit": column.unit})
    return [*notes, str(column.hint)] if column.hint else notes


def _fill(sheet: Any, columns: list[SheetColumn], rows: Iterable[dict[str, Any]]) -> int:
    """Writes the rows. Returns the number of the last one."""
    last = FIRST
    for last, values in enumerate(rows, start=FIRST):
        for at, column in enumerate(columns):
            if text := text_for(column, values.get(column.name)):
                sheet.write_string(last, at, text)
    return last


def column_words(column: SheetColumn, area: str) -> list[str]:
    """The choices of a column: its words, or the names of the area's townships or villages."""
    if column.words:
        return [str(word) for word in column.words]
    levels = PLACES.get(column.name, [])
    rows = Area.objects.unscoped(WHY).in_area(area).filter(level__in=levels, valid_to=None).order_by("code")
    return list(dict.fromkeys(rows.values_list("name", flat=True))) if levels else []


def _pick_lists(sheet: Any, lists: Any, columns: list[SheetColumn], words: dict[str, list[str]], last: int) -> None:
    """Pick lists are on a sheet of their own, because a list inside a cell's rule holds at most 255 characters."""
    for at, column in enumerate(columns):
        if not words[column.name]:
            continue
        lists.write_column(0, at, words[column.name])
        name = xl_col_to_name(at, col_abs=True)
        source = f"='{LISTS}'!{name}$1:{name}${len(words[column.name])}"
        rule = {"validate": "list", "source": source, "error_type": "warning", "ignore_blank": True}
        sheet.data_validation(FIRST, at, last, at, rule)


def _explain(book: Any, sheet: Any, columns: list[SheetColumn], words: dict[str, list[str]]) -> None:
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    titles = [_("Column"), _("Required"), _("Unit"), _("What it takes"), _("Example")]
    sheet.write_row(0, 0, titles, bold)
    sheet.set_column(0, 2, 16, wrapped)
    sheet.set_column(3, 3, 70, wrapped)
    sheet.set_column(4, 4, 24, wrapped)
    for number, column in enumerate(columns, start=1):
        takes = "、".join(map(str, column.words)) or str(column.hint)
        required = _("yes") if column.required else ""
        cells = [column.heading, required, column.unit, takes, example(column, words[column.name])]
        for at, text in enumerate(cells):
            sheet.write_string(number, at, text)


def example(column: SheetColumn, words: list[str]) -> str:
    """A text this column accepts; empty if any text will do."""
    if words:
        return words[0]
    if column.read is dated:
        return "2021-07-01"
    if column.read is yes_no:
        return "是"
    numbers = NUMBERS if column.numeric else ()
    return next((number for number in numbers if reads(column, number) is not None), "")
