"""Values that a sheet need not repeat in every row: the township of the account, of a title or of a line such as
填报单位, the year in a title or a name, and what a person chose for all rows."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from registry.loading.lookups import Areas
from registry.loading.sheet_types import SheetColumn, SheetType, Use
from registry.text.area_codes import is_township

YEARS = re.compile(r"(?<!\d)((?:19[5-9]|20\d)\d)(?:年度?|(?=\D{0,2}$))")
RANGE = re.compile(r"\d{4}年?[-—–―~至到]+\d{2,4}")
FROM_ACCOUNT = "given_account"


def year_in(text: str) -> str:
    """The one year that a title or a name gives: 2020年…统计表; empty if it gives none or several."""
    plain = unicodedata.normalize("NFKC", re.sub(r"\s+", "", text))
    years = set(YEARS.findall(plain))
    return years.pop() if len(years) == 1 and not RANGE.search(plain) else ""


def known_values(
    kind: SheetType, fields: Iterable[str], texts: Mapping[str, list[str]], by: Any, areas: Areas
) -> dict[str, dict[str, str]]:
    """The values for all rows of a sheet by field, {"text", "code"}: of columns that it lacks, and the township also
    for blank cells. `texts` are its titles, its name and the file's by source."""
    there, values = set(fields), {}
    township = _township(texts, by, areas) if kind.column("township") else {}
    if township and ("township" not in there or township["code"] == FROM_ACCOUNT):
        values["township"] = township
    year = _year(texts)
    for name in kind.year_columns if year else ():
        if name not in there:
            values[name] = year
    return values


def _township(texts: Mapping[str, list[str]], by: Any, areas: Areas) -> dict[str, str]:
    if is_township(by.write_prefix or ""):
        return {"text": areas.names.get(by.write_prefix, by.write_prefix), "code": FROM_ACCOUNT}
    for source, lines in texts.items():
        for line in lines:
            if code := areas.township_in(line):
                return {"text": areas.names[code], "code": f"given_{source}"}
    return {}


def _year(texts: Mapping[str, list[str]]) -> dict[str, str]:
    for source, lines in texts.items():
        years = {year for line in lines if (year := year_in(line))}
        if len(years) == 1:
            return {"text": years.pop(), "code": f"given_{source}"}
    return {}


def missing_columns(kind: SheetType, sheet: Mapping[str, Any]) -> list[SheetColumn]:
    """The required columns that a sheet lacks and that nothing else gives; once they are there, those that
    followed from others for some rows only. None of an own export, whose rows are known."""
    if sheet.get("export"):
        return []
    there = {column["field"] for column in sheet["columns"]} | sheet.get("given", {}).keys()
    absent = [column for column in kind.columns if column.use is Use.STORE and column.name not in there]
    missing = [column for column in absent if (column.required and not column.follows) or column.needed_with in there]
    return missing or [column for column in absent if column.name in sheet.get("lacking", ())]
