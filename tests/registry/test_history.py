"""The history of a record, in words: all of it for its staff, the public part for all; and what changed lately."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from registry.actions.points import change_standing, name_point
from registry.actions.records import ChangeSet, save_record
from registry.kinds.field_visibility import Visibility, visibility_of
from registry.models import Belt, Brand, DemonstrationPoint, Event, Parameter, PartyOrganisation, Zone
from registry.overviews.event_text import VERBS
from registry.overviews.history import history_of
from registry.overviews.news import latest_news
from tests.factories import make_belt, make_named_point, make_period, make_point

PAPER = "测试〔2026〕9号"
PUBLIC = None  # who looks without an account


def lines_of(record, viewer=PUBLIC) -> list[tuple]:
    """(act, [(field, from, to)]) of each entry, oldest first, in Chinese."""
    with override("zh-hans"):
        return [
            (str(entry.act), [(str(change.label), change.before, change.after) for change in entry.changes])
            for entry in reversed(history_of(record, viewer))
        ]


def fresh(record):
    return type(record).objects.unscoped("test").get(pk=record.pk)


@pytest.mark.parametrize("statement", ["UPDATE registry_event SET reason = 'x'", "DELETE FROM registry_event"])
def test_the_database_refuses_to_change_or_delete_an_event(statement, sample, administrator):
    ChangeSet(administrator, "原因").log("change", make_belt(), {})
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Event.objects.get().reason == "原因"


def test_an_event_knows_the_area_of_its_record(sample, administrator):
    for record, area in (
        (make_named_point(area="130207114"), "130207114"),
        (Parameter.objects.unscoped("test").first(), ""),
        (Brand.objects.unscoped("test").get(code="BR-001"), "130207104"),
        (PartyOrganisation.objects.unscoped("test").get(code="O-130207108"), "130207108"),
        (make_belt().area, "130207108"),
    ):
        assert ChangeSet(administrator).log("change", record, {}).area == area


def test_a_change_is_told_in_words(sample, administrator):
    belt = make_belt()
    belt.area_id, belt.level, belt.name = "130207114", "provincial", "新的名称"
    before = Belt.objects.unscoped("test").get(pk=belt.pk).name
    save_record(belt, by=administrator, reason="调整")
    fields = [("名称", before, "新的名称"), ("级别", "区级", "省级"), ("所属区划", "唐坊镇", "大齐各庄镇")]
    [(act, changes)] = lines_of(belt)
    assert (act, sorted(changes)) == ("修改", sorted(fields))


def test_staff_of_the_area_read_who_and_why_and_the_public_does_not(sample, administrator, auditor, clerk_daqi):
    belt = make_belt()
    belt.highlights = "亮点"
    save_record(belt, by=administrator, reason="内部原因", document_no=PAPER)
    [inside] = history_of(belt, auditor)
    assert (inside.actor, inside.reason, inside.document_no) == (str(administrator), "内部原因", PAPER)
    for viewer in (PUBLIC, clerk_daqi):  # staff of another township read what everybody reads
        [entry] = history_of(belt, viewer)
        assert (entry.actor, entry.reason, entry.document_no) == ("", "", PAPER)


def test_a_field_that_no_page_shows_is_told_to_staff_only(sample, administrator):
    organisation = PartyOrganisation.objects.unscoped("test").get(code="O-130207108")
    organisation.is_combined_post = not organisation.is_combined_post
    save_record(organisation, by=administrator)
    assert lines_of(organisation) == []
    assert len(lines_of(organisation, administrator)) == 1


def test_personal_values_are_in_no_history(sample, administrator):
    organisation = PartyOrganisation.objects.unscoped("test").get(code="O-130207108")
    ChangeSet(administrator).log("change", organisation, {"phone": ["13800001234", "13900001234"]})
    assert lines_of(organisation) == []
    assert [changes for _act, changes in lines_of(organisation, administrator)] == [[("电话", "…", "…")]]


def test_only_declared_fields_are_public():
    assert visibility_of(DemonstrationPoint, "highlights") == Visibility.PUBLIC
    assert visibility_of(DemonstrationPoint, "position_illustrative") == Visibility.INTERNAL
    assert visibility_of(PartyOrganisation, "secretary") == Visibility.PERSONAL
    assert visibility_of(PartyOrganisation, "no_such_field") == Visibility.INTERNAL


def test_the_public_learns_nothing_of_the_time_before_the_naming(sample, administrator, clerk_tangfang, auditor):
    point = make_point()
    make_period(point, date(2021, 5, 1), status="notice", level="", grade="", document_no="")
    ChangeSet(clerk_tangfang).log("add", point, {"name": [None, "草稿名称"]})
    ChangeSet(clerk_tangfang).log("submit", point, {"highlights": ["", "草稿亮点"]})
    name_point(point, level="district", grade="premium", document_no=PAPER, on=date(2021, 7, 1), by=administrator)
    ChangeSet(clerk_tangfang).log("submit", point, {"highlights": ["", "尚未审核的亮点"]})
    point = fresh(point)
    point.highlights = "公开的亮点"
    save_record(point, by=administrator)
    naming = [
        ("状态", "公示中", "已命名"),
        ("级别", "—", "区级"),
        ("等次", "—", "精品"),
        ("起始日期", "—", "2021-07-01"),
    ]
    assert lines_of(point) == [("已命名（区级，精品）", naming), ("修改", [("亮点", "—", "公开的亮点")])]
    assert len(lines_of(point, auditor)) == 5


def test_a_point_named_before_there_were_events_is_public_from_its_naming(sample, administrator, clerk_tangfang):
    point = make_named_point(date(2020, 6, 1))
    ChangeSet(clerk_tangfang).log("change", point, {"highlights": ["", "第一次修改"]})
    raised = {"status": "named", "level": "district", "grade": "premium", "document_no": PAPER, "reason": "复核升等"}
    change_standing(point, on=date(2021, 7, 1), by=administrator, **raised)
    assert [act for act, _changes in lines_of(point)] == ["修改", "已命名（区级，精品）"]


def test_the_way_back_to_an_application_is_not_public(sample, administrator, clerk_tangfang):
    point = make_named_point(date(2020, 6, 1))
    ChangeSet(administrator).log("standing", point, {"status": ["named", "withdrawn"]})
    ChangeSet(clerk_tangfang).log("standing", point, {"status": ["withdrawn", "draft"]})
    assert [changes for _act, changes in lines_of(point)] == [[("状态", "已命名", "已摘牌")]]


def test_parts_are_told_by_name(sample, administrator):
    belt = make_belt()
    ChangeSet(administrator).log("parts", belt, {"beltmembership": {"added": ["1. 甲点"], "removed": ["2. 乙点"]}})
    ChangeSet(administrator).log("parts", belt, {"evidence": {"added": ["内部材料"]}})
    with override("zh-hans"):
        [entry] = history_of(belt, PUBLIC)
        assert entry.changes[0].text == "新增：1. 甲点；移除：2. 乙点"


def test_a_record_of_which_one_may_not_know_has_no_name_in_a_history(sample, administrator, auditor):
    secret = make_point(name="尚未公开的示范点")
    site = make_belt()
    ChangeSet(administrator).log("change", site, {"organisation": [None, secret.organisation_id], "point": [None, 1]})
    assert "尚未公开" not in str(lines_of(site))
    assert dict(lines_of(site))["修改"][0][2] == secret.organisation.name


def test_history_takes_one_query_and_one_for_each_kind_of_name(sample, administrator):
    belt = make_belt()
    for code in ("130207114", "130207108", "130207114"):
        belt.area_id = code
        save_record(belt, by=administrator)
    with CaptureQueriesContext(connection) as queries:
        assert len(lines_of(belt)) == 3
    assert len(queries) == 2


def test_every_act_that_is_told_has_words():
    """A new verb without words in registry/overviews/event_text.py fails here."""
    sources = [path for app in ("registry", "assessment") for path in Path(settings.BASE_DIR, app).rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    pairs = re.findall(r'log\(\s*(?:remark, )?"([\w-]+)"|_settle\(remark, "([\w-]+)"', code)
    verbs = {verb for pair in pairs for verb in pair if verb}
    assert len(verbs) > 10
    assert verbs - set(VERBS) == set()


def test_the_page_of_a_record_ends_with_its_history_and_leads_to_all_of_it(sample, client, administrator):
    belt = make_belt()
    for number in range(21):
        ChangeSet(administrator, "内部原因", PAPER).log(
            "change", belt, {"name": [f"名称{number}", f"名称{number + 1}"]}
        )
    page = client.get(f"/belts/{belt.code}/").content.decode()
    assert page.count(PAPER) == 20
    assert f"/history/belts/{belt.code}/" in page
    whole = client.get(f"/history/belts/{belt.code}/").content.decode()
    assert whole.count(PAPER) == 21
    assert "内部原因" not in page + whole
    assert str(administrator) not in page + whole


def test_the_history_of_what_one_may_not_see_is_not_there(sample, client, clerk_daqi, clerk_tangfang):
    draft = make_point(area="130207108")
    assert client.get(f"/history/points/{draft.code}/").status_code == 404
    client.force_login(clerk_daqi)
    assert client.get(f"/history/points/{draft.code}/").status_code == 404
    client.force_login(clerk_tangfang)
    assert client.get(f"/history/points/{draft.code}/").status_code == 200


def test_the_administration_shows_our_events(sample, client, administrator):
    client.force_login(administrator)
    zone = Zone.objects.unscoped("test").first()
    ChangeSet(administrator, "管理端原因").log("change", zone, {"name": ["甲", "乙"]})
    page = client.get(f"/admin/registry/zone/{zone.pk}/history/").content.decode()
    assert "管理端原因" in page
    assert "<ins>乙</ins>" in page


def test_the_desk_shows_what_changed_lately_in_the_own_area(
    sample, client, administrator, clerk_tangfang, clerk_daqi, auditor
):
    today = timezone.localdate()
    point, hidden = make_named_point(area="130207108"), make_point(area="130207114")
    for record in (point, hidden, Brand.objects.unscoped("test").first()):
        ChangeSet(administrator).log("change", record, {})

    def names(user):
        return [news.about for news in latest_news(user, today)]

    assert names(clerk_tangfang) == [point.name]
    assert names(clerk_daqi) == [hidden.name]
    assert len(names(auditor)) == 3
    assert latest_news(auditor, today + timedelta(days=15)) == []
    client.force_login(clerk_tangfang)
    page = client.get("/desk/").content.decode()
    assert f'href="/points/{point.code}/"' in page
    assert hidden.name not in page


def test_what_changed_lately_is_at_most_fifteen_and_only_what_has_a_page(sample, administrator, auditor):
    point = make_named_point()
    for _number in range(16):
        ChangeSet(administrator).log("change", point, {})
    ChangeSet(administrator).log("change", administrator, {})
    news = latest_news(auditor, timezone.localdate())
    assert len(news) == 15
    assert {item.url for item in news} == {f"/points/{point.code}/"}


def test_a_village_that_changed_leads_to_its_page(sample, administrator, auditor, client):
    village = make_named_point(area="130207108216").area
    ChangeSet(administrator).log("change", village, {})
    [news] = latest_news(auditor, timezone.localdate())
    assert news.url == "/villages/130207108216/"
    assert client.get(news.url).status_code == 200
