"""A ledger of an old year is judged by the areas and organisations of its own year."""

from datetime import date

import pytest

from registry.loading.sheet_types import SHEET_TYPES
from registry.models import Area, CollectiveIncome, ConsortiumMembership, DemonstrationPoint, PartyOrganisation
from tests.factories import load_rows
from tests.loading_examples import EXAMPLES

MERGED, SUCCESSOR = "130207108399", "130207108201"
ENDED = date(2018, 7, 1)
BEFORE, AFTER = "2017", "2019"  # a row of either year; the day of a day is in June
VILLAGE = {  # where a row names a village, and its day
    "income": ({"村名": "合并前村", "村代码": ""}, "年度"),
    "fund": ({"村名": "合并前村"}, "年度"),
    "honour": ({"获得对象类型": "村", "获得对象": "合并前村", "所属乡镇": "唐坊镇"}, "授予时间"),
    "event": ({"承接地点": "合并前村"}, "日期"),
    "consortium": ({"带动村": "合并前村"}, "成立时间"),
}
TOWNSHIP = {"red-district": ("所属街道", "建成时间"), "whole-area": ("乡镇(街道)", "列入时间")}
ORGANISATION = {
    "brand": ("党组织", "创建时间"),
    "supervision": ("被督导党组织", "督导日期"),
    "accountability": ("党组织", "日期"),
    "project": ("党组织名称", "立项时间"),
}
COMMUNITY = {"community"}
PLACES = {"visit", "donation"}  # name places and units, which keep their names


@pytest.fixture
def merged(sample) -> Area:
    """A village of Tangfang that was merged into another one."""
    return Area.objects.create(
        code=MERGED, name="合并前村村委会", level="village", parent_id="130207108", valid_to=ENDED,
        successor_id=SUCCESSOR,
    )  # fmt: skip


def outcome(kind: str, row: dict[str, str], by) -> tuple[str, list[str]]:
    """The verdict of a row, and the codes of what refused it."""
    [stored] = load_rows(kind, row, by=by).rows.all()
    return stored.verdict, [message["code"] for message in stored.messages if message["level"] == "refused"]


def of_year(kind: str, column: str, year: str) -> dict[str, str]:
    """The example of the kind, of another year: whatever other day it has is later."""
    row = {**EXAMPLES[kind].row, column: year if column == "年度" else f"{year}-06-01"}
    return row | {name: "" for name in ("填报日期", "到位时间") if name in row}


def test_every_kind_that_names_areas_or_organisations_and_has_a_day_is_tried():
    assert {*VILLAGE, *TOWNSHIP, *ORGANISATION, *COMMUNITY, *PLACES} == {
        slug for slug, kind in SHEET_TYPES.items() if kind.dated
    }


@pytest.mark.parametrize("kind", VILLAGE)
def test_a_merged_village_is_named_by_the_rows_of_its_own_time(kind, merged, administrator):
    names, column = VILLAGE[kind]
    assert outcome(kind, of_year(kind, column, BEFORE) | names, administrator) == ("new", [])
    assert outcome(kind, of_year(kind, column, AFTER) | names, administrator) == ("refused", ["area_merged"])


@pytest.mark.parametrize("kind", TOWNSHIP)
def test_a_township_that_ended_is_named_by_the_rows_of_its_own_time(kind, sample, administrator):
    Area.objects.create(code="130207199", name="旧城街道", level="township", parent_id="130207", valid_to=ENDED)
    heading, column = TOWNSHIP[kind]
    also = {"主题示范区": "", "党组织": ""}.items() & {(name, "") for name in EXAMPLES[kind].row}
    for year, expected in {BEFORE: ("new", []), AFTER: ("refused", ["area_ended"])}.items():
        row = of_year(kind, column, year) | {heading: "旧城街道"} | dict(also)
        assert outcome(kind, row, administrator) == expected


@pytest.mark.parametrize("kind", COMMUNITY)
def test_a_community_that_ended_is_named_by_the_rows_of_its_own_time(kind, sample, administrator):
    parent = "130207001"
    Area.objects.create(code=f"{parent}099", name="旧城社区", level="community", parent_id=parent, valid_to=ENDED)
    for year, expected in {BEFORE: ("new", []), AFTER: ("refused", ["area_ended"])}.items():
        row = of_year(kind, "认定时间", year) | {"社区名称": "旧城社区"}
        assert outcome(kind, row, administrator) == expected


@pytest.mark.parametrize("kind", ORGANISATION)
def test_an_organisation_that_was_dissolved_is_named_by_the_rows_of_its_own_time(kind, merged, administrator):
    PartyOrganisation.objects.create(
        code="O-T-1", name="合并前村党支部", form="party_branch", kind="village", field="rural", area=merged,
        founded_on=date(2000, 1, 1), dissolved_on=ENDED,
    )  # fmt: skip
    heading, column = ORGANISATION[kind]
    row = {heading: "合并前村党支部"}
    assert outcome(kind, of_year(kind, column, BEFORE) | row, administrator) == ("new", [])
    assert outcome(kind, of_year(kind, column, AFTER) | row, administrator) == ("refused", ["place_unknown"])


def test_all_villages_of_an_old_year_report_their_income(sample, administrator):
    villages = Area.objects.public().villages(date(2014, 12, 31)).select_related("parent")
    rows = [
        {"乡镇": village.parent.name, "村名": village.name, "年度": "2014", "集体经济年收入(万元)": "6"}
        for village in villages
    ]
    assert len(rows) > Area.objects.public().villages(date.today()).count()
    load = load_rows("income", *rows, by=administrator)
    assert {row.verdict for row in load.rows.all()} == {"new"}
    assert CollectiveIncome.objects.public().filter(year=2014).count() == len(rows)


def test_a_village_owes_no_row_of_the_year_in_which_it_was_merged(merged, administrator):
    row = of_year("income", "年度", str(ENDED.year)) | VILLAGE["income"][0]
    assert outcome("income", row, administrator) == ("refused", ["area_merged"])


def test_an_old_consortium_keeps_the_village_it_was_founded_with(merged, administrator):
    names, column = VILLAGE["consortium"]
    outcome("consortium", of_year("consortium", column, BEFORE) | names, administrator)
    assert ConsortiumMembership.objects.filter(village=merged, valid_from=date(2017, 6, 1)).exists()


@pytest.mark.parametrize("kind", ["organisation", "point"])
def test_what_stands_today_moves_on_to_the_successor_with_a_warning(kind, merged, administrator):
    rows = {
        "organisation": EXAMPLES["organisation"].row | {"所属村": "合并前村"},
        "point": {
            "所属乡镇(街道)": "唐坊镇", "所属村(社区)/单位": "合并前村", "示范点名称": "合并前村党建示范点",
            "党组织名称": "合并前村党支部", "所属领域": "农村", "示范点级别": "区级", "党组织书记": "示例书记",
        },
    }  # fmt: skip
    [row] = load_rows(kind, rows[kind], by=administrator).rows.all()
    assert [message["code"] for message in row.messages if message["field"] == "village_or_unit"] == ["area_followed"]
    model = {"organisation": PartyOrganisation, "point": DemonstrationPoint}[kind]
    assert model.objects.unscoped("test").get(code=row.code).area_id == SUCCESSOR
