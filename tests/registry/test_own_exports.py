"""What the portal exports can be sent back as a load, without naming its kind, and changes nothing."""

import csv
import json
import re
from collections import Counter
from datetime import date, datetime, timedelta
from io import BytesIO, StringIO
from itertools import product
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.utils import timezone, translation

from registry.actions.records import save_record
from registry.api.resources import RESOURCES
from registry.figures import FIGURES
from registry.kinds import KINDS
from registry.loading.messages import state_of
from registry.loading.sheet_types import SHEET_TYPES
from registry.models import CollectiveIncome, Load
from tests.conftest import TANGFANG
from tests.factories import make_named_point, make_period
from tests.loading_examples import EXAMPLES
from tests.registry.sheets import read_in_this_process

from .test_loading_files import applied, checked, undone

CASES = Path(__file__).parents[1] / "cases"
EARLIER = date(2021, 6, 30)
MANY = {"income", "organisation", "point", "visit"}  # kinds with hundreds of rows: those of one township are sent


def sources(slug: str) -> dict[str, tuple[str, ...]]:
    """The addresses that export records of a load's kind, with their formats."""
    model = SHEET_TYPES[slug].model
    pages = {f"/{kind.slug}/": kind for kind in KINDS.values() if kind.model is model and not kind.redacted}
    formats = {page: ("csv", "xlsx", "json", *(["geojson"] if kind.shape else [])) for page, kind in pages.items()}
    formats |= {
        f"/api/v1/{resource.slug}/": resource.formats for resource in RESOURCES.values() if resource.model is model
    }
    return formats


def export_file(client, address: str, file_format: str, **parameters: str) -> bytes:
    """A file as the portal hands it out; empty where the account may not have it."""
    answer = client.get(address, {"format": file_format, **parameters})
    if answer.status_code in (401, 403, 404):
        return b""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def verdicts(load: Load) -> Counter:
    return Counter(load.rows.values_list("verdict", flat=True))


def messages_of(load: Load) -> list[tuple]:
    return [(row.row, message["code"], message["details"]) for row in load.rows.all() for message in row.messages]


@pytest.fixture
def quick(monkeypatch):
    read_in_this_process(monkeypatch)


EXPORTED = sorted(slug for slug in SHEET_TYPES if sources(slug))


@pytest.mark.parametrize("slug", EXPORTED)
def test_every_export_comes_back_the_same(slug, sample, client, administrator, quick):
    EXAMPLES[slug].before() if slug in EXAMPLES else None
    today = timezone.localdate()
    narrow = {"area": TANGFANG} if slug in MANY else {}
    rows = 0
    for viewer, day, (address, formats) in product((None, administrator), (today, EARLIER), sources(slug).items()):
        client.logout() if viewer is None else client.force_login(viewer)
        for file_format in formats:
            data = export_file(client, address, file_format, as_of=day.isoformat(), **narrow)
            if not data:
                continue
            load = checked(data, administrator, f"{slug}.{file_format}", kind="")
            case = f"{address} {file_format} of {day} as {viewer}: {load.refusal} {messages_of(load)[:3]}"
            if load.state == "refused":
                assert (load.refusal["code"], rows_in(data)) == ("no_table", 0), case
                continue
            assert {*verdicts(load)} <= {"same"}, case
            assert messages_of(load) == [], case
            assert [sheet["kind"] for sheet in load.sheets] == [slug], case
            rows += load.total
    assert rows > 0 or not SHEET_TYPES[slug].model._base_manager.exists()


@pytest.mark.parametrize("name", ["export_of_incomes.csv", "export_of_funds.csv"])
def test_an_export_of_the_days_before_headings_had_units_comes_back_the_same(name, sample, administrator):
    load = checked((CASES / name).read_bytes(), administrator, name, kind="")
    assert (load.state, verdicts(load), messages_of(load)) == ("ready", {"same": 1}, [])


def test_the_rows_of_every_figure_come_back_the_same_or_are_refused_as_counted(scope, client, administrator, quick):
    client.force_login(administrator)
    ends = Counter()
    for figure in FIGURES.values():
        data = export_file(client, f"/figures/{figure.slug}/", "csv", as_of=scope.as_of.isoformat(), area=TANGFANG)
        load = checked(data, administrator, f"{figure.slug}.csv", kind="")
        loaded = figure.record_kind.model in {kind.model for kind in SHEET_TYPES.values()}
        end = load.refusal.get("code", "")
        assert {*verdicts(load)} <= {"same"} and messages_of(load) == [], figure.slug
        assert end == "" if loaded and not figure.record_kind.redacted else end.startswith("export_"), figure.slug
        ends[end] += 1
    assert ends[""] > 20


@pytest.mark.parametrize("slug", ["point", "fund", "booking"])
def test_an_export_in_english_comes_back_the_same(slug, sample, client, administrator, quick):
    EXAMPLES[slug].before() if slug in EXAMPLES else None
    client.force_login(administrator)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    for address, formats in sources(slug).items():
        for file_format in formats:
            data = client.get(address, {"format": file_format}, headers={"Accept-Language": "en"})
            load = checked(b"".join(data.streaming_content) if data.streaming else data.content, administrator, kind="")
            assert ({*verdicts(load)}, messages_of(load)) == ({"same"}, []), (address, file_format)


def test_a_clerk_who_sends_the_districts_list_back_changes_nothing_and_is_refused_nothing(
    scope, client, clerk_tangfang, quick
):
    client.force_login(clerk_tangfang)
    data = export_file(client, "/points/", "csv", as_of=scope.as_of.isoformat(), level="municipal")
    load = checked(data, clerk_tangfang, "points.csv", kind="")
    assert (load.state, load.total > 20, load.total) == ("ready", True, load.same)


def test_an_export_that_the_account_does_not_load_is_refused_with_the_kind(sample, client, clerk_tangfang, quick):
    load = checked(export_file(client, "/donations/", "csv"), clerk_tangfang, "捐赠.csv", kind="")
    assert (load.state, load.refusal["code"], load.refusal["details"]["kind"]) == ("refused", "kind_unknown", "捐赠")


def test_an_export_without_its_codes_is_refused(sample, client, administrator, quick):
    load = checked(export_file(client, "/api/v1/funds/", "csv", fields="year,amount_yuan"), administrator, kind="")
    assert (load.state, load.refusal["code"]) == ("refused", "export_without_codes")


def test_an_export_that_cannot_be_loaded_is_left_out_beside_one_that_can(scope, client, administrator, quick):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for kind in ("problems", "funds"):
        data = export_file(client, f"/{kind}/", "xlsx", as_of=scope.as_of.isoformat(), area=TANGFANG)
        for sheet in openpyxl.load_workbook(BytesIO(data)):
            copy = made.create_sheet(sheet.title)
            for row in sheet.iter_rows(values_only=True):
                copy.append(row)
    written = BytesIO()
    made.save(written)
    load = checked(written.getvalue(), administrator, "两表.xlsx", kind="")
    assert (load.state, load.total > 0, load.total) == ("ready", True, load.same)
    assert [sheet["skipped"] for sheet in load.sheets] == ["own_export", ""]
    client.force_login(administrator)
    assert "该表是本系统的导出，您的账号不能导入" in client.get(load.get_absolute_url()).content.decode()


def as_a_spreadsheet_saves(data: bytes) -> list[list]:
    """What a spreadsheet program makes of a csv that is opened and saved: numbers and days become such."""
    rows = list(csv.reader(StringIO(data.decode("utf-8-sig"))))
    return [
        [
            float(cell) if re.fullmatch(r"-?\d+(\.\d+)?", cell)
            else datetime.fromisoformat(cell) if re.fullmatch(r"\d{4}-\d\d-\d\d", cell)
            else cell
            for cell in row
        ]
        for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("slug", ["income", "fund", "point", "visit", "project", "wage-rule", "donation"])
def test_an_export_that_a_spreadsheet_saved_anew_comes_back_the_same(slug, scope, client, administrator, quick):
    address = next(iter(sources(slug)))
    data = export_file(
        client, address, "csv", as_of=scope.as_of.isoformat(), **({"area": TANGFANG} if slug in MANY else {})
    )
    rows = as_a_spreadsheet_saves(data)
    made, text = openpyxl.Workbook(), StringIO()
    for row in rows:
        made.active.append(row)
    day = lambda cell: f"{cell:%Y}/{cell.month}/{cell.day}" if isinstance(cell, datetime) else cell  # noqa: E731
    whole = lambda cell: f"{cell:.15g}" if isinstance(cell, float) else cell  # noqa: E731
    csv.writer(text).writerows([[whole(day(cell)) for cell in row] for row in rows])
    written = BytesIO()
    made.save(written)
    for name, content in (("存.xlsx", written.getvalue()), ("存.csv", text.getvalue().encode("gb18030"))):
        load = checked(content, administrator, name, kind="")
        assert (load.state, {*verdicts(load)}, messages_of(load)) == ("ready", {"same"}, []), name


def income() -> CollectiveIncome:
    return CollectiveIncome.objects.unscoped("test").get(code="CI-130207100201-2021")


def exported(client, as_of: date | None = None, file_format: str = "csv") -> str:
    """The incomes of a township, of whom one is looked at."""
    day = {"as_of": as_of.isoformat()} if as_of else {}
    return export_file(client, "/incomes/", file_format, area="130207100", **day).decode()


def test_money_carries_its_unit_in_the_heading(sample, client):
    for address, headings in (
        ("/incomes/", "编号,村,乡镇（街道）,年,收入(元),标记"),
        ("/api/v1/donations/", "编号,捐赠方,日期,金额(元),物资,数量,受赠方,区划代码,捐赠方编号,标记"),
        ("/wage-rules/", "编号,职务,高于标准(%),生效日期,标记"),
        ("/villages/", "编号,名称,乡镇（街道）,收入年份,集体经济收入(元),标记"),
    ):
        assert export_file(client, address, "csv").decode().splitlines()[1] == headings
    assert json.loads(export_file(client, "/incomes/", "json"))["about"]["单位"] == "amount_yuan: 元"


def test_what_somebody_changed_in_an_export_is_taken_and_nothing_else(scope, client, administrator):
    before = income().amount_yuan
    text = exported(client, scope.as_of)
    line = next(line for line in text.splitlines() if line.startswith(income().code))
    text = text.replace(line, line.replace(f"{before}", "1200000"))
    load = applied(checked(text.encode(), administrator, "收入.csv", kind=""))
    assert verdicts(load)["changed"] == 1 and verdicts(load)["refused"] == 0
    assert load.rows.get(verdict="changed").changes == {"amount_yuan": [f"{before:.0f}", "1200000"]}
    assert (income().amount_yuan, undone(load).state) == (1_200_000, "undone")
    assert income().amount_yuan == before


def test_a_row_that_somebody_adds_to_an_export_is_judged_like_any_other(scope, client, administrator):
    text = exported(client, scope.as_of) + ",孔家庄,唐坊镇,2026,86000,\n"
    load = checked(text.encode(), administrator, "收入.csv", kind="")
    assert verdicts(load)["new"] == 1
    assert load.rows.get(verdict="new").changes == {} or load.rows.get(verdict="new").messages == []
    applied(load)
    assert (
        CollectiveIncome.objects.unscoped("test").get(year=2026, area__name__startswith="孔家庄").amount_yuan == 86000
    )


def test_a_code_that_is_not_known_here_is_refused(scope, client, administrator):
    text = exported(client, scope.as_of).replace(income().code, "CI-999")
    load = checked(text.encode(), administrator, "收入.csv", kind="")
    assert [code for _row, code, _details in messages_of(load)] == ["code_unknown"]
    assert (load.refused, load.same) == (1, load.total - 1)


def test_what_was_counted_and_is_changed_in_an_export_is_left_out_and_said(scope, client, administrator):
    text = export_file(client, "/belts/", "csv", as_of=scope.as_of.isoformat()).decode()
    first = text.splitlines()[2].split(",")
    changed = text.replace(",".join(first[:4]), ",".join([*first[:3], "99"]))
    load = checked(changed.encode(), administrator, "带.csv", kind="")
    assert verdicts(load) == {"same": load.total}
    assert messages_of(load) == [(3, "not_loaded", {"heading": "示范点"})]


def test_what_was_so_on_the_day_of_the_export_and_is_otherwise_now_is_not_written_back(
    scope, client, administrator, quick
):
    """A site that is demoted later, a belt that grows: the past is no change."""
    point = make_named_point(since=date(2021, 6, 1), until=date(2022, 3, 1), grade="premium", name="曾经的精品示范点")
    make_period(point, date(2022, 3, 1), grade="standard")
    for address, file_format in product(("/points/", "/api/v1/points/"), ("csv", "xlsx", "json")):
        data = export_file(client, address, file_format, as_of=scope.as_of.isoformat(), area=TANGFANG)
        load = checked(data, administrator, f"points.{file_format}", kind="")
        assert (verdicts(load), messages_of(load)) == ({"same": load.total}, []), (address, file_format)
        [note] = state_of(load)["notes"]
        assert scope.as_of.isoformat() in note and "1 行" in _in_chinese(load)


def _in_chinese(load: Load) -> str:
    with translation.override("zh-hans"):
        return state_of(load)["notes"][0]


@pytest.mark.parametrize("file_format", ["csv", "json"])
def test_a_value_that_was_put_right_after_the_export_is_not_put_wrong_again(file_format, scope, client, administrator):
    """The export is an hour old, of the same day: what it says was so when it was made."""
    text = exported(client, scope.as_of, file_format)
    record = income()
    record.amount_yuan = 1_200_000
    save_record(record, by=administrator)
    load = checked(text.encode(), administrator, f"收入.{file_format}", kind="")
    assert (verdicts(load), load.sheets[0]["past"]) == ({"same": load.total}, 1)


def test_an_old_value_that_somebody_types_into_a_new_export_is_a_change(scope, client, administrator):
    record, before = income(), income().amount_yuan
    record.amount_yuan = 1_200_000
    save_record(record, by=administrator)
    text = exported(client, scope.as_of).replace("1200000.00", f"{before}")
    text = text.replace(_made_at(text), (timezone.now() + timedelta(seconds=5)).isoformat(timespec="seconds"))
    load = checked(text.encode(), administrator, "收入.csv", kind="")
    assert verdicts(load)["changed"] == 1


def _made_at(text: str) -> str:
    return re.search(r"导出时间: ([^;\n\"]+)", text)[1]


def rows_in(data: bytes) -> int:
    """How many rows a file of JSON holds."""
    content = json.loads(data)
    return len(content.get("rows", content.get("results", content.get("features"))))
