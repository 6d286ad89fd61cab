"""Rows of a ledger of demonstration points: what becomes new, changed, same or refused, and what is written."""

from registry.actions.drafts import draft_of, save_fields
from registry.figures import FIGURES
from registry.loading.undo import undo_rows
from registry.models import Area, DemonstrationPoint, Draft, Event, PartyOrganisation, StatusPeriod
from tests.factories import load_rows

NEW = {
    "所属乡镇(街道)*": "唐坊镇",
    "所属村": "",
    "示范点名称": "唐坊镇新立党建示范点",
    "党组织名称": "唐坊镇新立党支部",
    "所属领域": "农村",
    "级别": "区级",
    "等次": "精品",
    "书记": "示例书记",
    "党员人数": "36",
    "命名时间": "2021年7月",
    "命名文号": "丰组字〔2021〕示1号",
}


def outcome(load):
    return {
        row.row: (
            row.verdict,
            [(message["field"], message["code"]) for message in row.messages if message["level"] == "refused"],
        )
        for row in load.rows.all()
    }


def points():
    return DemonstrationPoint.objects.unscoped("test")


def test_a_new_named_point_counts_from_the_day_of_its_naming(scope, administrator, old_ledgers):
    before = FIGURES["points"].answer(scope).value
    load = load_rows("point", NEW, by=administrator)
    assert outcome(load) == {2: ("new", [])}
    point = points().get(name=NEW["示范点名称"])
    period = StatusPeriod.objects.get(point=point)
    assert (period.status, period.level, period.grade, period.since) == ("named", "district", "premium", "2021-07")
    assert FIGURES["points"].answer(scope).value == before + 1


def test_the_same_row_again_changes_nothing(sample, administrator, old_ledgers):
    load_rows("point", NEW, by=administrator)
    events = Event.objects.count()
    load = load_rows("point", NEW, by=administrator)
    assert outcome(load) == {2: ("same", [])}
    assert Event.objects.count() == events


def test_a_changed_fact_of_the_organisation_is_written_with_its_event(sample, administrator, old_ledgers):
    load_rows("point", NEW, by=administrator)
    load = load_rows("point", {**NEW, "党员人数": "37人"}, by=administrator)
    assert outcome(load) == {2: ("changed", [])}
    organisation = PartyOrganisation.objects.unscoped("test").get(name=NEW["党组织名称"])
    assert organisation.member_count == 37
    event = Event.objects.get(change_set=load.change_set)
    assert (event.code, event.changes) == (organisation.code, {"member_count": [36, 37]})


def test_a_load_that_is_undone_leaves_the_figures_as_they_were(scope, administrator):
    before = FIGURES["points"].answer(scope).value, points().count(), PartyOrganisation.objects.unscoped("t").count()
    load = load_rows("point", NEW, {**NEW, "示范点名称": "唐坊镇新立二号党建示范点"}, by=administrator)
    undo_rows(load, list(load.rows.order_by("-pk")))
    after = FIGURES["points"].answer(scope).value, points().count(), PartyOrganisation.objects.unscoped("t").count()
    assert after == before


def test_a_clerks_row_becomes_a_draft_and_no_title(sample, clerk_tangfang):
    load = load_rows("point", NEW, {**NEW, "所属乡镇(街道)*": "大齐镇"}, by=clerk_tangfang)
    assert outcome(load) == {2: ("new", []), 3: ("refused", [("township", "outside")])}
    assert not points().filter(name=NEW["示范点名称"]).exists()
    [draft] = Draft.objects.unscoped("test")
    assert draft.values["name"] == NEW["示范点名称"]


def test_a_clerks_load_that_is_undone_leaves_no_draft(sample, clerk_tangfang):
    load = load_rows("point", NEW, by=clerk_tangfang)
    undo_rows(load, list(load.rows.all()))
    assert not Draft.objects.unscoped("test").exists()
    assert [row.left for row in load.rows.all()] == [False]


def test_a_load_into_a_draft_that_was_begun_before_gives_it_back_as_it_was(sample, clerk_tangfang):
    site = points().in_area("130207108").order_by("code").first()
    draft = save_fields(
        draft_of(site, by=clerk_tangfang), {"highlights": "手写的亮点"}, was={}, by=clerk_tangfang
    ).draft
    load = load_rows("point", {"编号": site.code, "特色亮点": "台账里的亮点"}, by=clerk_tangfang)
    assert Draft.objects.unscoped("test").get().values["highlights"] == "台账里的亮点"
    undo_rows(load, list(load.rows.all()))
    again = Draft.objects.unscoped("test").get()
    assert (again.values, again.stamps) == (draft.values, draft.stamps)
    assert not Event.objects.filter(change_set=load.change_set).exists()


def test_what_is_no_number_is_refused_as_it_was_typed(sample, administrator):
    load = load_rows("point", {**NEW, "党员人数": "很多"}, by=administrator)
    (message,) = (message for message in load.rows.get().messages if message["level"] == "refused")
    assert (message["code"], message["details"]["text"]) == ("not_a_number", "很多")


def test_of_two_sites_of_one_name_in_a_township_the_code_says_which(sample, administrator, old_ledgers):
    load_rows("point", NEW, by=administrator)
    first = points().get(name=NEW["示范点名称"])
    village = Area.objects.unscoped("test").filter(code__startswith=first.area_id, level="village")[0]
    other = DemonstrationPoint.objects.create(
        code="FN-X", name=first.name, area=village, field=first.field, organisation=first.organisation
    )
    row = {name: NEW[name] for name in ("所属乡镇(街道)*", "示范点名称", "所属领域")}
    load = load_rows("point", row | {"编号": other.code, "备注": "第二个"}, by=administrator)
    assert outcome(load) == {2: ("changed", [])}
    assert [point.remark for point in (points().get(pk=first.pk), points().get(pk=other.pk))] == ["", "第二个"]
