"""Workbooks that go out to be filled in or mended, and come back."""

import csv
from collections import Counter
from io import BytesIO, StringIO

import openpyxl
import pytest

from registry.loading.columns import LOADS, kinds_for
from registry.loading.matching import headings_of
from registry.loading.tables import plain_heading
from registry.loading.templates import EXPLANATION, LISTS, template
from registry.models import DemonstrationPoint
from tests.factories import load_rows

TANGFANG = "130207108"


def book(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(content))


def rows_in(sheet, header: int) -> list[dict[str, str]]:
    """The rows below the row of headings, as {heading: text}."""
    headings, *rows = sheet.iter_rows(min_row=header, values_only=True)
    return [dict(zip(headings, ("" if cell is None else str(cell) for cell in row), strict=True)) for row in rows]


def verdicts(load) -> Counter:
    return Counter(load.rows.values_list("verdict", flat=True))


def warnings(load) -> Counter:
    return Counter(message["code"] for row in load.rows.all() for message in row.messages)


def test_a_filled_template_that_is_loaded_back_changes_nothing(scope, administrator):
    rows = rows_in(book(template("point", administrator, filled=True)).worksheets[0], header=2)
    count = DemonstrationPoint.objects.unscoped("test").count()
    load = load_rows("point", *rows, by=administrator)
    assert verdicts(load) == {"same": count}
    assert warnings(load) == {}


def test_a_clerks_filled_template_holds_the_own_township_and_no_telephone(sample, clerk_tangfang):
    rows = rows_in(book(template("point", clerk_tangfang, filled=True)).worksheets[0], header=2)
    points = DemonstrationPoint.objects.unscoped("test").in_area(TANGFANG)
    assert {row["编号"] for row in rows} == set(points.values_list("code", flat=True))
    assert {row["联系电话"] for row in rows} == {""}
    assert verdicts(load_rows("point", *rows, by=clerk_tangfang)) == {"same": points.count()}


def test_the_export_of_a_list_that_is_loaded_back_changes_nothing(scope, client, administrator):
    client.force_login(administrator)
    answer = client.get("/points/", {"format": "csv", "as_of": scope.as_of.isoformat()})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[1:]
    rows = list(csv.DictReader(StringIO("\n".join(lines))))
    known = headings_of(LOADS["point"]).keys() & {plain_heading(name) for name in rows[0]}
    assert len(known) == len(rows[0]) - 1, "all but the mark of illustrative rows is understood"
    taken = [{name: text for name, text in row.items() if plain_heading(name) in known} for row in rows]
    load = load_rows("point", *taken, by=administrator)
    assert verdicts(load) == {"same": len(rows)}
    assert len(rows) == DemonstrationPoint.objects.public().named(scope.as_of).count()


def test_a_template_has_pick_lists_notes_and_locked_codes(sample, clerk_tangfang):
    made = book(template("point", clerk_tangfang))
    sheet = made.worksheets[0]
    assert (made.sheetnames[1:], made[LISTS].sheet_state) == ([EXPLANATION, LISTS], "hidden")
    headings = {cell.value: cell for cell in sheet[2]}
    named, code, township = headings["示范点名称*"], headings["编号"], headings["所属乡镇(街道)*"]
    assert sheet.protection.sheet
    locked = [each.max for each in sheet.column_dimensions.values() if each.protection.locked]
    assert locked == [code.column]
    assert named.comment.text.startswith("必填。")
    lists = {str(rule.sqref).split(":")[0][:-1]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    at = township.column_letter
    assert lists[at] == f"'{LISTS}'!${at}$1:${at}$1"
    assert made[LISTS][f"{at}1"].value == "唐坊镇"


@pytest.mark.parametrize("slug", sorted(LOADS))
def test_every_column_is_explained_and_takes_its_own_example(sample, administrator, slug):
    explained = rows_in(book(template(slug, administrator))[EXPLANATION], header=1)
    columns = {column.heading: column for column in LOADS[slug].columns}
    assert [row["列"] for row in explained] == [each for each in columns if each != "序号"]
    for row in explained:
        assert not row["示例"] or columns[row["列"]].read(row["示例"]) is not None


def test_the_kinds_of_a_clerk_are_those_a_township_keeps(clerk_tangfang, administrator):
    assert set(kinds_for(clerk_tangfang)) == {slug for slug, kind in LOADS.items() if kind.by_clerks}
    assert set(kinds_for(administrator)) == set(LOADS)
