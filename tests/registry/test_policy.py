"""Special actions with their records, village elections, policy documents, and the funds of townships."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from registry.actions.records import save_record
from registry.actions.voiding import mark_entered_in_error
from registry.kinds import KINDS
from registry.models import (
    Attachment,
    Fund,
    Honour,
    PolicyDocument,
    SearchEntry,
    SpecialAction,
    StatusPeriod,
    Term,
    VillageElection,
)
from registry.overviews.citations import citing
from registry.overviews.special_actions import items_with_records
from registry.text.paper_numbers import plain_paper_number
from tests.conftest import DAQI, TANGFANG
from tests.factories import load_rows, make_point

NAMING = "丰组字〔2021〕示6号"
FUND = {
    "年度": "2022", "资金类别": "创建资金", "来源级别": "乡", "金额(万元)": "12.5", "用途": "示例阵地建设",
    "到位时间": "2022-06-01", "所属乡镇": "唐坊镇",
}  # fmt: skip


def of(model, code: str):
    return model.objects.unscoped("test").get(code=code)


def counts(action: str, scope) -> list[int]:
    return [entry.count for entry in items_with_records(of(SpecialAction, action), scope)]


def refusals(load) -> list[str]:
    messages = [message for row in load.rows.all() for message in row.messages]
    return [f"{message['field']} {message['code']}" for message in messages if message["level"] == "refused"]


def attach(code: str, kind: str = "honours", **more) -> Attachment:
    item = of(SpecialAction, "SA-01").items.get(number=1)
    return Attachment(code="SR-T", item=item, kind=kind, target_code=code, area_id=TANGFANG, **more)


def test_an_action_shows_its_items_each_with_the_records_attached_on_the_day(scope, administrator):
    before = counts("SA-01", scope)
    assert len(before) == 4 and all(before)
    save_record(attach("H-006", valid_from=date(2021, 12, 31)), by=administrator)
    assert counts("SA-01", scope) == [before[0] + 1, *before[1:]]
    assert counts("SA-01", scope.at(date(2021, 12, 30))) == before


def test_a_record_that_was_detached_or_entered_in_error_is_not_among_them(scope, administrator):
    before = counts("SA-01", scope)[0]
    attachment = save_record(attach("H-006", valid_from=date(2021, 5, 1)), by=administrator)
    attachment.valid_to = date(2021, 12, 31)
    save_record(attachment, by=administrator)
    assert counts("SA-01", scope)[0] == before
    attachment.valid_to = None
    save_record(attachment, by=administrator)
    mark_entered_in_error(of(Honour, "H-006"), by=administrator, reason="录入错误", document_no="示例1号")
    assert counts("SA-01", scope)[0] == before


def test_an_action_that_is_voided_takes_its_items_and_attachments_with_it(scope, administrator):
    mark_entered_in_error(of(SpecialAction, "SA-01"), by=administrator, reason="录入错误", document_no="示例1号")
    assert not KINDS["attachments"].on(scope).filter(item__action__code="SA-01").exists()
    assert KINDS["attachments"].on(scope).exists()


def test_only_what_everybody_may_read_can_be_attached(sample, administrator):
    make_point(code="T-DRAFT", name="未公开示范点")
    for code in ("T-DRAFT", "NO-SUCH"):
        with pytest.raises(ValidationError) as refusal:
            save_record(attach(code, "points", valid_from=date(2021, 5, 1)), by=administrator)
        assert "target_code" in refusal.value.message_dict
        row = {"专项行动": "三提一创", "行动要素": "组织提力", "记录类别": "党建示范点", "记录编号": code}
        assert refusals(load_rows("attachment", row, by=administrator)) == ["target_code place_unknown"]


def test_an_unknown_item_is_refused_with_those_there_are(sample, administrator):
    row = {"专项行动": "三提一创", "行动要素": "组织提优", "记录类别": "荣誉", "记录编号": "H-006"}
    [refused] = load_rows("attachment", row, by=administrator).rows.get().messages[-1:]
    assert refused["code"] == "not_a_choice" and "组织提力、队伍提优" in refused["details"]["choices"]


def test_the_page_of_a_record_leads_to_the_actions_it_belongs_to(sample, client):
    attachment = Attachment.objects.public().filter(kind="points").first()
    page = client.get(f"/points/{attachment.target_code}/").content.decode()
    assert f'href="/special-actions/{attachment.action.code}/"' in page


def test_an_election_counts_from_its_day(scope):
    held = VillageElection.objects.public().order_by("held_on").first()
    assert KINDS["elections"].on(scope.at(held.held_on)).filter(pk=held.pk).exists()
    assert not KINDS["elections"].on(scope.at(date(2020, 12, 31))).exists()


@pytest.mark.parametrize(
    "typed", ["丰组字[2021]示6号", "丰组字【2021】示6号", "丰组字(2021)示6号", " 丰组字〔2021〕 示6号"]
)
def test_a_number_of_a_paper_is_one_number_however_its_brackets_are_typed(typed):
    assert plain_paper_number(typed) == NAMING


def test_a_document_shows_the_points_that_were_named_by_it(scope):
    document = PolicyDocument.objects.public().get(number=NAMING)
    named = StatusPeriod.objects.filter(document_no=NAMING, valid_from__lte=scope.as_of).values("point").distinct()
    [points] = [group for group in citing(document, scope) if group.kind.slug == "points"]
    assert (points.count, len(points.records), points.more) == (named.count(), named.count(), 0)
    assert citing(document, scope.at(date(2021, 6, 1))) == []


def test_a_record_cites_a_document_by_its_number_and_leads_to_it(scope, administrator, client):
    fund = of(Fund, f"F-2021-{TANGFANG}")
    fund.document_no = "丰组字[2021]示6号"
    save_record(fund, by=administrator, reason="补文号")
    groups = citing(PolicyDocument.objects.public().get(number=NAMING), scope)
    assert [record.code for group in groups if group.kind.slug == "funds" for record in group.records] == [fund.code]
    assert 'href="/policy-documents/PD-004/"' in client.get(f"/funds/{fund.code}/").content.decode()


def test_a_document_without_a_number_is_cited_by_nobody(scope):
    assert of(PolicyDocument, "PD-001").number == "" and citing(of(PolicyDocument, "PD-001"), scope) == []


def test_a_document_is_found_by_its_title(sample):
    assert SearchEntry.objects.matching("shifanchuangjian").filter(kind="policy-documents", code="PD-001").exists()


def test_a_township_enters_its_creation_funds(scope, clerk_tangfang):
    assert refusals(load_rows("fund", FUND, by=clerk_tangfang)) == []
    fund = Fund.objects.public().get(purpose="示例阵地建设")
    assert (fund.area_id, fund.category, fund.amount_yuan) == (TANGFANG, "creation", 125_000)


def test_without_a_township_the_money_is_the_senders_own(sample, clerk_tangfang):
    row = {heading: text for heading, text in FUND.items() if heading != "所属乡镇"}
    load_rows("fund", row, by=clerk_tangfang)
    assert Fund.objects.public().get(purpose="示例阵地建设").area_id == TANGFANG


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"资金类别": "其他"}, "category"),
        ({"资金类别": "区财政"}, "category"),
        ({"来源级别": "区"}, "level"),
    ],
)
def test_a_township_enters_no_money_of_the_district(change, why, sample, clerk_tangfang):
    assert refusals(load_rows("fund", FUND | change, by=clerk_tangfang)) == [f"{why} fund_not_of_township"]


def test_a_township_changes_no_money_that_the_district_passed_down(sample, clerk_daqi):
    code = f"F-2021-QJ-{DAQI}"
    row = {"编号": code, "年度": "2021", "资金类别": "创建资金", "来源级别": "乡", "金额(万元)": "1"}
    assert refusals(load_rows("fund", row, by=clerk_daqi)) == ["category fund_not_of_township"]
    assert of(Fund, code).category == "other"


def test_the_lists_of_an_earlier_registry_become_actions_and_end_as_lists(sample):
    """The migration, on the models as it sees them."""
    SpecialAction._base_manager.filter(code="SA-01").update(code="SA-T")
    SearchEntry.objects.filter(code="SA-01").delete()
    for position, name in enumerate(("组织提力", "队伍提优"), start=1):
        Term.objects.create(
            code=f"TE-T-{position}", list="three_lifts_one_creation", position=position, name=name,
            valid_from=date(2017, 1, 1),
        )  # fmt: skip
    loader = MigrationLoader(connection)
    node = next(node for node in loader.graph.nodes if node[1].endswith("lists_become_special_actions"))
    migration = loader.get_migration(*node)
    migration.operations[0].code(loader.project_state(migration.dependencies).apps, None)
    action = of(SpecialAction, "SA-01")
    assert (action.name, [item.name for item in action.items.all()]) == ("三提一创", ["组织提力", "队伍提优"])
    assert (action.area_id, action.started_on) == ("130207", date(2017, 1, 1))
    assert not Term.objects.public().of("three_lifts_one_creation", date.today()).exists()
    assert of(Term, "TE-T-1").valid_to is not None
    SearchEntry.objects.filter(code="SA-01").add_pairs()  # as a later migration does
    assert SearchEntry.objects.matching("三提一创").filter(kind="special-actions", code="SA-01").exists()
