"""Files with nothing where something is expected, and work that breaks off: a load ends in rows or a sentence."""

import json
from datetime import date, datetime
from importlib import import_module
from io import BytesIO, StringIO
from pathlib import Path
from uuid import uuid4

import openpyxl
import pytest
from django.core.management import call_command
from django.db import DataError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from registry.actions import jobs
from registry.actions.jobs import run_one
from registry.loading import lifecycle
from registry.loading.job_steps import SHEETS as SHEETS_NOW
from registry.loading.messages import state_of
from registry.models import DemonstrationPoint, Job, Load, LoadState, User
from registry.text.refusals import Refused
from tests.api.sending import program
from tests.registry.sheets import read_in_this_process

from .test_loading_files import HEADINGS, applied, checked, site, undone, workbook

pytestmark = pytest.mark.usefixtures("old_ledgers")  # the ledgers hold titles

MIGRATION = "0009_broken_loads_have_failed"
CASES = Path(__file__).parents[1] / "cases"


def case(name: str) -> tuple[bytes, str]:
    return (CASES / name).read_bytes(), name


def new_points() -> int:
    return DemonstrationPoint.objects.unscoped("test").filter(name__startswith="唐坊镇新立").count()


# Files


def test_a_blank_sheet_beside_a_good_one_is_left_out_and_named(sample, administrator):
    data, name = case("good_sheet_and_sheet2_with_one_space.xlsx")
    load = checked(data, administrator, name)
    assert (load.state, load.new, load.refused) == ("ready", 1, 0)
    assert state_of(load)["skipped_sheets"] == ["Sheet2"]


def test_headings_are_found_below_any_number_of_blank_rows(sample, administrator):
    data, name = case("first_filled_row_12.xlsx")
    load = checked(data, administrator, name)
    assert (load.state, load.sheets[0]["header"], load.sheets[0]["first"], load.total) == ("ready", [12, 12], 13, 1)


def test_a_file_of_blanks_and_unknown_words_has_no_table(sample, administrator):
    data, name = case("spaces_then_unknown.csv")
    load = checked(data, administrator, name)
    assert (load.state, load.refusal["code"], load.is_working) == ("refused", "no_table", False)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (workbook(), "空.xlsx"), (workbook([" "], ["\u3000", "\u00a0"]), "空白.xlsx"),
        (workbook([], [], merges=[(0, 0, 3, 3, "")]), "只有合并.xlsx"),
        (b" \n", "空白.csv"), (b",,,\n,,\n", "逗号.csv"), ("\ufeff".encode(), "标记.csv"), (b"\n" * 40, "空行.csv"),
        (b"<table></table>", "空表.xls"), (b"<table><tr><td> </td></tr></table>", "空格.xls"),
        (b"[]", "空.json"), (b'{"rows": []}', "空.json"), (b"[{}]", "空.json"), (b'{"features": []}', "空.geojson"),
    ],
)  # fmt: skip
def test_a_file_with_nothing_in_it_is_refused_with_a_sentence(content, name, sample, administrator):
    load = checked(content, administrator, name)
    assert (load.state, load.refusal["code"]) == ("refused", "no_table")
    assert "没有" in str(Refused(load.refusal["code"], **load.refusal["details"]))


def test_a_blank_row_that_is_said_to_hold_the_headings_names_no_column_and_can_be_said_anew(sample, administrator):
    load = checked(workbook([], HEADINGS, site()), administrator)
    load = lifecycle.correct(load, {"0": {"header": 1}}, by=administrator)
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, load.sheets[0]["header"], load.sheets[0]["columns"]) == ("ready", [1, 1], [])
    load = lifecycle.correct(load, {"0": {"header": 2}}, by=administrator)
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, load.new) == ("ready", 1)


def test_a_workbook_of_more_than_64_sheets_is_read_to_its_end(sample, administrator, monkeypatch):
    sheets = {f"表{number}": [HEADINGS, site(示范点名称=f"唐坊镇新立{number}号示范点")] for number in range(69)}
    load = applied(checked(workbook(HEADINGS, site(), sheets=sheets), administrator))
    assert (load.state, load.new, new_points()) == ("applied", 70, 70)


CELLS = st.sampled_from(
    [
        "", " ", "\u3000", None, "示范点名称", "所属乡镇(街道)", "所属乡镇\n", "名称*", "金额(万元)", "收入", "单位:元",
        "合计", "小计", "注:", "填报单位:唐坊镇", "唐坊镇", "编号", "FN-0001", "年度", 2021, 0, -1.5, 1e300, True, "是",
        "50万元", "约3", "=1/0", "#N/A", "'=1", "# 数据: 示范点", "截至: 2021-12-31", "Rows: x (incomes)",
        "As of: 2021-02-30", date(2021, 7, 1), datetime(2021, 7, 1, 12, 30), "2021.1", "长" * 300,
    ]
)  # fmt: skip
FUNDS = ["年度", "资金类别", "来源级别", "金额", "用途", "所属乡镇"]
STAMP = ["# 数据: 资金; 截至: 2021-12-31; 区域: 丰南区 (130207)"]
EXPORTED = ["编号", "年", "类别", "来源", "区域", "金额", "用途"]
KNOWN_ROWS = st.sampled_from(
    [HEADINGS, site(), FUNDS, [2021, "创建资金", "乡", 12.5, "示例", "唐坊镇"], STAMP, EXPORTED, ["F-2021-01", 2021]]
)
TABLES = st.lists(st.just([]) | KNOWN_ROWS | st.lists(CELLS, max_size=6), max_size=14)
MERGES = st.lists(st.tuples(*[st.integers(1, 8)] * 4), max_size=3)
SHEETS = st.lists(st.tuples(TABLES, MERGES, st.integers(0, 12), st.booleans()), min_size=1, max_size=3)
SMALL = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def book_of(sheets) -> bytes:
    """A workbook of sheets (rows, merged ranges, blank rows and columns before, whether a note hangs on its first
    cell)."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for number, (rows, merges, before, has_note) in enumerate(sheets):
        sheet = made.create_sheet(f"表{number}")
        for at, row in enumerate(rows, start=before + 1):
            for place, cell in enumerate(row, start=before % 4 + 1):
                sheet.cell(at, place, cell)
        for top, left, bottom, right in merges:
            sheet.merge_cells(
                start_row=min(top, bottom), end_row=max(top, bottom), start_column=min(left, right),
                end_column=max(left, right),
            )  # fmt: skip
        if has_note:
            sheet.cell(1, 1).comment = openpyxl.comments.Comment("批注", "某")
    written = BytesIO()
    made.save(written)
    return written.getvalue()


def ends_well(data: bytes, name: str, by, kind: str) -> None:
    load = lifecycle.send_load(name, data, kind=kind, key=uuid4(), by=by, at_once=name.startswith("直接"))
    run_one(load.job_id)
    load.refresh_from_db()
    job = Job.objects.get(pk=load.job_id)
    assert (load.state in ("ready", "applied", "refused"), job.state) == (True, "done"), job.message
    if load.state == "refused":
        assert str(Refused(load.refusal["code"], **load.refusal["details"]))
    else:
        assert load.total == load.rows.count()
        assert state_of(load)["message"] == "" or load.doubts


@pytest.mark.parametrize(("kind", "name"), [("", "表.xlsx"), ("point", "表.xlsx"), ("fund", "直接.xlsx")])
def test_any_small_workbook_ends_in_rows_or_a_sentence(kind, name, sample, administrator, monkeypatch):
    read_in_this_process(monkeypatch)

    @SMALL
    @given(SHEETS)
    def holds(sheets):
        ends_well(book_of(sheets), name, administrator, kind)

    holds()


@pytest.mark.parametrize("kind", ["", "income"])
def test_any_small_text_file_ends_in_rows_or_a_sentence(kind, sample, administrator, monkeypatch):
    read_in_this_process(monkeypatch)

    @SMALL
    @given(TABLES, st.sampled_from([",", "\t", ";"]), st.sampled_from(["\n", "\r\n", "\n\n"]))
    def holds(rows, delimiter, end):
        lines = end.join(delimiter.join("" if cell is None else str(cell) for cell in row) for row in rows)
        ends_well((lines + end).encode(), "表.csv", administrator, kind)

    holds()


VALUES = st.none() | st.booleans() | st.integers(-9, 10**20) | st.sampled_from(["", "编号", "FN-0001", "收入"])
OBJECTS = st.dictionaries(
    st.sampled_from(["code", "amount_yuan", "name", "year", "url", "properties", ""]),
    VALUES | st.lists(VALUES, max_size=2) | st.dictionaries(st.just("code"), VALUES), max_size=4,
)  # fmt: skip


def test_any_small_json_ends_in_rows_or_a_sentence(sample, administrator, monkeypatch):
    read_in_this_process(monkeypatch)
    wrapped = st.sampled_from(["rows", "results", "features", ""])
    about = VALUES | st.dictionaries(st.sampled_from(["数据", "截至", "Rows", "As of"]), VALUES)

    @SMALL
    @given(st.lists(OBJECTS | VALUES, max_size=4), wrapped, about)
    def holds(rows, key, about):
        content = {key: rows, "about": about} if key else rows
        try:
            ends_well(json.dumps(content).encode(), "表.json", administrator, "")
        except Refused as refusal:  # a file that is refused before it becomes a load
            assert str(refusal)

    holds()


# Work that breaks off


def torn(*_arguments, **_options):
    raise ValueError("max() iterable argument is empty")


def reading(administrator, monkeypatch) -> Load:
    """A load whose reading breaks off."""
    load = lifecycle.send_load("台账.xlsx", workbook(HEADINGS, site()), kind="point", key=uuid4(), by=administrator)
    monkeypatch.setattr("registry.loading.lifecycle.understand", torn)
    return load


def checking(administrator, monkeypatch) -> Load:
    load = lifecycle.send_load("台账.xlsx", workbook(HEADINGS, site()), kind="point", key=uuid4(), by=administrator)
    monkeypatch.setattr("registry.loading.job_steps.validate", torn)
    return load


def applying(administrator, monkeypatch) -> Load:
    load = lifecycle.apply_load(checked(workbook(HEADINGS, site()), administrator), by=administrator)
    monkeypatch.setattr("registry.loading.job_steps.write_rows", torn)
    return load


def at_once(administrator, monkeypatch) -> Load:
    load = lifecycle.send_load(
        "台账.xlsx", workbook(HEADINGS, site()), kind="point", key=uuid4(), by=administrator, at_once=True
    )
    monkeypatch.setattr("registry.loading.job_steps.write_rows", torn)
    return load


def undoing(administrator, monkeypatch) -> Load:
    load = lifecycle.undo_load(applied(checked(workbook(HEADINGS, site()), administrator)), by=administrator)
    monkeypatch.setattr("registry.loading.job_steps.undo_rows", torn)
    return load


STAGES = {
    reading: ("read_failed", "ready"), checking: ("read_failed", "ready"), applying: ("apply_failed", "applied"),
    at_once: ("apply_failed", "applied"), undoing: ("undo_failed", "undone"),
}  # fmt: skip
each_stage = pytest.mark.parametrize("stage", STAGES, ids=[stage.__name__ for stage in STAGES])


@each_stage
def test_a_load_whose_work_breaks_off_is_failed_says_so_and_goes_on_when_told(
    stage, sample, administrator, monkeypatch
):
    code, end = STAGES[stage]
    load = stage(administrator, monkeypatch)
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, load.is_working, load.refusal["code"]) == ("failed", False, code)
    assert "max()" not in state_of(load)["message"] and str(load.job_id) in state_of(load)["message"]
    monkeypatch.undo()
    load = lifecycle.retry_load(load, by=administrator)
    assert (load.is_working, load.refusal) == (True, {})
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, load.new, new_points()) == (end, 1, int(end == "applied"))


@each_stage
def test_a_load_that_failed_is_told_on_its_page_and_on_the_list(stage, sample, client, administrator, monkeypatch):
    load = stage(administrator, monkeypatch)
    run_one(load.job_id)
    client.force_login(administrator)
    page = client.get(load.get_absolute_url()).content.decode()
    load.refresh_from_db()
    assert state_of(load)["message"][:12] == str(Refused(STAGES[stage][0], job=0, done=0, total=0))[:12]
    assert state_of(load)["message"] in page and "hx-trigger" not in page
    assert reverse("load-retry", args=[load.key]) in page
    assert "已中断" in client.get(reverse("loads")).content.decode()


@each_stage
def test_a_load_that_failed_is_told_to_programs(stage, sample, administrator, monkeypatch):
    load = stage(administrator, monkeypatch)
    run_one(load.job_id)
    detail = program(administrator).get(f"loads/{load.key}/")
    assert (detail["state"], detail["is_working"]) == ("failed", False)
    assert detail["message"].endswith("管理员。")


def test_the_command_says_that_a_load_failed_and_ends_with_1(sample, tmp_path, monkeypatch):
    User.objects.create_superuser("root", password="a long enough password")
    path = tmp_path / "台账.xlsx"
    path.write_bytes(workbook(HEADINGS, site()))
    monkeypatch.setattr("registry.loading.lifecycle.understand", torn)
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("load", str(path), "--dry-run", stdout=output)
    assert (ended.value.code, "failed" in output.getvalue(), "max()" in output.getvalue()) == (1, True, False)


def test_a_failed_load_can_be_put_away_and_one_that_broke_off_while_writing_is_taken_back(
    sample, administrator, monkeypatch
):
    read, written = reading(administrator, monkeypatch), None
    run_one(read.job_id)
    monkeypatch.undo()
    assert lifecycle.cancel_load(read, by=administrator).state == "cancelled"
    monkeypatch.setattr("registry.loading.job_steps.CHUNK", 2)
    rows = [site(示范点名称=f"唐坊镇新立{number}号示范点") for number in range(5)]
    written = lifecycle.apply_load(checked(workbook(HEADINGS, *rows), administrator), by=administrator)
    job = jobs.claim(written.job_id)
    jobs.take_step(job, {})
    monkeypatch.setattr("registry.loading.job_steps.write_rows", torn)
    jobs.run(job)
    written.refresh_from_db()
    assert (written.state, new_points()) == ("failed", 2)
    monkeypatch.undo()
    written = lifecycle.cancel_load(written, by=administrator)
    run_one(written.job_id)
    written.refresh_from_db()
    assert (written.state, new_points()) == ("undone", 0)


def test_what_was_written_before_work_broke_off_can_be_undone_after_it_went_on(sample, administrator, monkeypatch):
    monkeypatch.setattr("registry.loading.job_steps.CHUNK", 2)
    rows = [site(示范点名称=f"唐坊镇新立{number}号示范点") for number in range(5)]
    load = lifecycle.apply_load(checked(workbook(HEADINGS, *rows), administrator), by=administrator)
    job = jobs.claim(load.job_id)
    jobs.take_step(job, {})
    with monkeypatch.context() as broken:
        broken.setattr("registry.loading.job_steps.write_rows", torn)
        jobs.run(job)
    load = lifecycle.retry_load(Load.objects.unscoped("test").get(pk=load.pk), by=administrator)
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, load.new, new_points()) == ("applied", 5, 5)
    assert (undone(load).state, new_points()) == ("undone", 0)


def test_a_load_is_failed_too_when_its_worker_was_killed_too_often(sample, administrator):
    load = lifecycle.send_load("台账.xlsx", workbook(HEADINGS, site()), key=uuid4(), by=administrator)
    for _attempt in range(jobs.MOST_ATTEMPTS):
        jobs.claim(load.job_id)
        Job.objects.update(lease_until=None)
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, load.is_working) == ("failed", False)


@pytest.mark.parametrize(("error", "state"), [(DataError, "failed"), (OperationalError, "running")])
def test_what_the_database_will_never_take_fails_at_once_and_one_that_is_busy_is_asked_again(
    error, state, sample, administrator, monkeypatch
):
    load = lifecycle.send_load("台账.xlsx", workbook(HEADINGS, site()), key=uuid4(), by=administrator)

    def step(cursor, payload, memory):
        raise error("no")

    monkeypatch.setitem(jobs.STEPS, "load-read", step)
    try:
        run_one(load.job_id)
    except OperationalError:
        assert error is OperationalError
    load.refresh_from_db()
    assert (Job.objects.get(pk=load.job_id).state, load.state) == (
        state, LoadState.FAILED if state == "failed" else LoadState.READING
    )  # fmt: skip


def test_loads_that_broke_off_in_days_before_get_their_state_and_sentence(sample, administrator):
    load = lifecycle.send_load("台账.xlsx", workbook(HEADINGS, site()), key=uuid4(), by=administrator)
    Job.objects.filter(pk=load.job_id).update(state="failed", cursor=7 * 64 + 3)
    apps = MigrationExecutor(connection).loader.project_state(("registry", MIGRATION)).apps
    import_module(f"registry.migrations.{MIGRATION}").mark(apps, None)
    load.refresh_from_db()
    assert (load.state, load.refusal["code"], load.job.cursor) == ("failed", "read_failed", 7 * SHEETS_NOW + 3)
