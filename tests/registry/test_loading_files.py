"""A ledger as townships really send it, from the file to the registry: each messy case of STANDARDS section 5."""

from datetime import date
from io import BytesIO
from uuid import uuid4

import pytest
import xlsxwriter

from registry.actions.jobs import run_one
from registry.figures import FIGURES
from registry.loading.loads import apply_load, send_load, undo_load
from registry.models import DemonstrationPoint

HEADINGS = [
    "所属乡镇",
    "所属村",
    "示范点名称",
    "党组织名称",
    "所属领域",
    "示范点级别",
    "等次",
    "书记",
    "党员人数",
    "命名时间",
    "命名文号",
]
SITE = [
    "唐坊镇",
    "",
    "唐坊镇新立党建示范点",
    "唐坊镇新立党支部",
    "农村",
    "区级",
    "精品",
    "示例书记",
    36,
    "2021年7月",
    "丰组字〔2021〕示1号",
]


def workbook(*rows, merges=(), sheet="农村") -> bytes:
    written = BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
        for area in merges:
            page.merge_range(*area[:4], area[4])
    return written.getvalue()


def site(**changed) -> list:
    known = dict(zip(HEADINGS, SITE, strict=True))
    return list((known | {HEADINGS[[h for h in HEADINGS].index(k)]: v for k, v in changed.items()}).values())


def checked(data: bytes, by, name="台账.xlsx", kind="point"):
    load = send_load(name, data, kind=kind, key=uuid4(), by=by)
    run_one(load.job_id)
    load.refresh_from_db()
    return load


def applied(load):
    load = apply_load(load, by=load.by)
    run_one(load.job_id)
    load.refresh_from_db()
    return load


def undone(load):
    load = undo_load(load, by=load.by)
    run_one(load.job_id)
    load.refresh_from_db()
    return load


def refusals(load) -> dict[int, list[tuple[str, str]]]:
    return {
        row.row: [(each["column"] + str(row.row), each["code"]) for each in row.messages if each["level"] == "refused"]
        for row in load.rows.filter(verdict="refused")
    }


def test_a_ledger_with_title_rows_and_totals_is_read_as_it_is(scope, administrator):
    before = FIGURES["points"].answer(scope).value
    data = workbook(
        ["丰南区党建示范点台账"], ["填报单位:唐坊镇", "", "填报时间:2021.12"], HEADINGS, SITE,
        site(示范点名称="唐坊镇新立二号示范点"), ["合 计", "", "", "", "", "", "", "", 72], ["注:人数含预备党员"],
        merges=[(0, 0, 0, 10, "丰南区党建示范点台账")],
    )  # fmt: skip
    load = checked(data, administrator)
    assert (load.state, load.new, load.refused, refusals(load)) == ("ready", 2, 0, {})
    assert applied(load).state == "applied"
    assert FIGURES["points"].answer(scope).value == before + 2
    assert undone(load).state == "undone"
    assert FIGURES["points"].answer(scope).value == before
