"""Areas over time: added, renamed, merged and ended on a day; figures of past days stay as they were."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from registry.access.scope import Scope
from registry.actions import areas as acts
from registry.actions.dependents import relations_of
from registry.actions.mergers import MOVING, REASONS, Merger, end_area, merge_areas, plan_of
from registry.figures import FIGURES, answer_all
from registry.models import (
    Area,
    AreaAlias,
    Attachment,
    CollectiveIncome,
    ConsortiumMembership,
    DemonstrationPoint,
    Draft,
    Event,
    Honour,
    PartyOrganisation,
    Record,
    SearchEntry,
    SpecialActionItem,
    User,
)
from registry.overviews.history import history_of
from registry.text.refusals import Refused
from tests.conftest import LAST_DAY
from tests.factories import load_rows, make_named_point

TANGFANG, DISTRICT = "130207108", "130207"
ON = date(2026, 3, 1)
PAPER = {"reason": "村庄合并", "document_no": "示例〔2026〕3号"}


def area(code: str) -> Area:
    return Area.objects.unscoped("test").get(code=code)


@pytest.fixture
def villages(sample) -> list[Area]:
    """Three villages of one township: the first two merge into the third."""
    return list(Area.objects.public().villages(ON).in_area(TANGFANG).order_by("code")[:3])


@pytest.fixture
def merger(villages) -> Merger:
    return Merger(villages[:2], villages[2], ON)


def refusal(act, *args, **options) -> str:
    with pytest.raises(Refused) as caught:
        act(*args, **options)
    return caught.value.code


def test_what_is_in_force_goes_to_the_successor_and_what_was_before_stays(merger, administrator):
    old, into = merger.areas[0], merger.into
    point = make_named_point(area=old.code, code="T-M")
    gone = PartyOrganisation.objects.create(
        code="O-T-G", name="已撤销党支部", form="party_branch", kind="village", area=old,
        founded_on=date(2000, 1, 1), dissolved_on=date(2020, 1, 1),
    )  # fmt: skip
    clerk = User.objects.create(username="village", role="clerk", read_prefix=old.code, write_prefix=old.code)
    draft = Draft.objects.create(area=old)
    incomes = CollectiveIncome.objects.public().filter(area=old).count()
    merge_areas(merger, by=administrator, **PAPER)
    for row in (point, gone, clerk, draft, old):
        row.refresh_from_db()
    assert (point.area_id, draft.area_id, clerk.read_prefix, clerk.write_prefix) == (into.code,) * 4
    assert (gone.area_id, CollectiveIncome.objects.public().filter(area=old).count()) == (old.code, incomes)
    assert incomes > 0
    assert (old.valid_to, old.successor_id) == (ON, into.code)
    assert SearchEntry.objects.get(kind="points", code="T-M").area_id == into.code
    assert not PartyOrganisation.objects.public().existing(ON).filter(area__in=merger.codes).exists()


def test_what_is_attached_to_a_special_action_stays_with_its_record(merger, administrator):
    old, into = merger.areas[0], merger.into
    item = SpecialActionItem.objects.filter(action__code="SA-01").first()
    point = make_named_point(area=old.code, code="T-M")
    honour = Honour.objects.create(
        code="H-T", title="示例荣誉", level="district", granted_on=date(2020, 1, 1), area=old, place=old
    )
    for kind, record in (("points", point), ("honours", honour)):
        values = {"kind": kind, "target_code": record.code, "valid_from": date(2021, 1, 1), "area": old}
        Attachment.objects.create(code=f"SR-{record.code}", item=item, **values)
    merge_areas(merger, by=administrator, **PAPER)
    areas = dict(Attachment.objects.public().filter(code__startswith="SR-").values_list("target_code", "area_id"))
    assert (areas["T-M"], areas["H-T"]) == (into.code, old.code)


def test_every_kind_of_record_in_a_village_moves_or_stays_for_a_reason():
    of_townships = {
        "accountabilityaction", "district", "externalresult", "frozenyear", "notice", "policydocument",
        "scheme", "schemeresult", "specialaction", "wagerule", "wholeareatownship", "yeardeclaration",
    }  # fmt: skip
    of_their_day = {"villageelection"}
    lying = {
        relation.related_model._meta.model_name
        for relation in relations_of(Area)
        if relation.field.name == "area" and issubclass(relation.related_model, Record)
    }
    assert lying - MOVING.keys() - REASONS.keys() - of_townships - of_their_day == set()


def test_every_row_that_moves_has_an_event_with_reason_and_paper(merger, administrator):
    make_named_point(area=merger.areas[0].code, code="T-M")
    merge_areas(merger, by=administrator, **PAPER)
    events = Event.objects.filter(document_no=PAPER["document_no"])
    assert set(events.values_list("reason", flat=True)) == {PAPER["reason"]}
    assert len(set(events.values_list("change_set", flat=True))) == 1
    assert events.get(kind="demonstrationpoint", code="T-M").changes == {
        "area": [merger.areas[0].code, merger.into.code]
    }
    merged = events.filter(kind="area", verb="merge-area")
    assert set(merged.values_list("code", flat=True)) == {*merger.codes, merger.into.code}
    [entry, *_rest] = history_of(area(merger.into.code), None)
    assert (entry.document_no, entry.reason) == (PAPER["document_no"], PAPER["reason"])


def answers(day: date, code: str, viewer) -> dict:
    scope = Scope(as_of=day, area=code, viewer=viewer)
    return {slug: (one.value, one.part, one.whole) for slug, one in answer_all(FIGURES.values(), scope).items()}


@pytest.mark.parametrize("day", [LAST_DAY, ON - timedelta(days=1)])
def test_no_figure_of_a_past_day_changes(day, merger, administrator):
    make_named_point(area=merger.areas[0].code, code="T-M")
    places = [DISTRICT, TANGFANG]
    before = [answers(day, code, administrator) for code in places]
    merge_areas(merger, by=administrator, **PAPER)
    assert [answers(day, code, administrator) for code in places] == before


def test_the_villages_of_the_district_are_fewer_from_the_day(merger, administrator):
    def counts() -> list[int]:
        return [Area.objects.public().villages(day).count() for day in (ON - timedelta(days=1), ON)]

    before = counts()
    merge_areas(merger, by=administrator, **PAPER)
    assert counts() == [before[0], before[1] - 2]


def test_villages_merge_into_a_new_one(villages, administrator):
    new = Area(code=f"{TANGFANG}299", name="新合村村委会", level="village", valid_from=ON)
    merge_areas(Merger(villages, new, ON), by=administrator, **PAPER)
    assert (area(new.code).parent_id, area(new.code).exists_on(ON)) == (TANGFANG, True)
    assert {village.successor_id for village in map(area, (village.code for village in villages))} == {new.code}
    assert SearchEntry.objects.filter(kind="villages", code=new.code).exists()


def test_the_plan_is_what_happens(merger, administrator):
    make_named_point(area=merger.areas[0].code, code="T-M")
    plan = plan_of(merger)
    merge_areas(merger, by=administrator, **PAPER)
    moved = Event.objects.filter(document_no=PAPER["document_no"], verb="move")
    planned = {group.slug: group.count for group in plan.moving}
    assert {slug: moved.filter(kind=slug).count() for slug in planned} == planned
    assert "demonstrationpoint" in planned
    stays = {group.slug: group.count for group in plan.staying}
    assert stays["collectiveincome"] == CollectiveIncome.objects.public().filter(area__in=merger.codes).count()
    assert all(group.why for group in plan.staying)


def test_what_is_to_stay_is_left_and_the_plan_says_so(villages, administrator):
    make_named_point(area=villages[0].code, code="T-M")
    merger = Merger(villages[:2], villages[2], ON, leave={"demonstrationpoint"})
    assert "demonstrationpoint" in {group.slug for group in plan_of(merger).staying}
    merge_areas(merger, by=administrator, **PAPER)
    assert DemonstrationPoint.objects.public().get(code="T-M").area_id == villages[0].code


@pytest.mark.parametrize("belongs", [True, False], ids=["a member", "no member"])
def test_a_consortium_keeps_its_village_until_the_day_and_its_successor_from_then(belongs, sample, administrator):
    members = ConsortiumMembership.objects.filter(valid_to=None, valid_from__lt=ON)
    member = members.select_related("village", "consortium").order_by("pk")[0]
    others = Area.objects.public().villages(ON).filter(parent_id=member.village.parent_id)
    into = others.exclude(pk=member.village_id).order_by("code")[0]
    own = ConsortiumMembership.objects.filter(consortium=member.consortium, village=into)
    own.delete()
    if belongs:
        own.create(consortium=member.consortium, village=into, role="led", valid_from=date(2019, 1, 1))
    merge_areas(Merger([member.village], into, ON), by=administrator, **PAPER)
    member.refresh_from_db()
    assert member.valid_to == ON
    assert own.get().valid_from == (date(2019, 1, 1) if belongs else ON)
    assert own.get().role == ("led" if belongs else member.role)


def test_a_successor_that_has_the_same_organisation_already_stops_the_merger(merger, administrator):
    for place, code in ((merger.areas[0], "O-T-1"), (merger.into, "O-T-2")):
        PartyOrganisation.objects.create(
            code=code, name="同名示例党支部", form="party_branch", kind="village", area=place
        )
    with pytest.raises(ValidationError):
        merge_areas(merger, by=administrator, **PAPER)
    assert area(merger.codes[0]).valid_to is None


def test_what_cannot_be_merged_is_refused(merger, villages, administrator):
    elsewhere = Area.objects.public().villages(ON).in_area("130207114")[0]
    merge = lambda areas, into, on=ON: refusal(merge_areas, Merger(areas, into, on), by=administrator, **PAPER)  # noqa: E731
    assert merge([elsewhere], villages[2]) == "merge_across"
    assert merge([villages[2]], villages[2]) == "merge_itself"
    assert merge([], villages[2]) == "merge_itself"
    assert merge([area(TANGFANG)], villages[2]) == "merge_level"
    assert merge(villages[:1], villages[2], timezone.localdate() + timedelta(days=1)) == "in_future"
    merge_areas(merger, by=administrator, **PAPER)
    assert merge(villages[:1], villages[2]) == "area_is_over"
    assert merge([villages[2]], villages[0]) == "merge_into_none"


def test_only_an_administrator_of_the_district_keeps_areas(merger, reviewer, clerk_tangfang):
    for account in (reviewer, clerk_tangfang):
        assert refusal(merge_areas, merger, by=account, **PAPER) == "not_allowed"
        assert refusal(acts.rename_area, merger.into, name="新名村委会", on=ON, by=account, **PAPER) == "not_allowed"


def test_a_renamed_area_keeps_the_name_it_had(villages, administrator):
    village, name = villages[0], villages[0].name
    acts.rename_area(village, name="新名村村委会", on=ON, by=administrator, **PAPER)
    alias = AreaAlias.objects.get(area=village, name=name)
    assert (area(village.code).name, alias.kind, alias.valid_to) == ("新名村村委会", "former", ON)
    entry = SearchEntry.objects.get(kind="villages", code=village.code)
    assert {"新名村村委会", name} <= set(entry.names.split("\n"))
    assert refusal(acts.rename_area, village, name="再改村委会", on=ON, by=administrator, **PAPER) == "stale"


def test_an_area_in_which_nothing_is_in_force_ends(villages, administrator):
    new = acts.add_area(
        Area(code=f"{TANGFANG}298", name="空村村委会", level="village", valid_from=date(2026, 1, 1)), by=administrator
    )
    end_area(new, on=ON, by=administrator, **PAPER)
    assert area(new.code).valid_to == ON
    make_named_point(area=villages[0].code, code="T-M")
    assert refusal(end_area, villages[0], on=ON, by=administrator, **PAPER) == "area_in_use"
    assert refusal(end_area, area(TANGFANG), on=ON, by=administrator, **PAPER) == "area_in_use"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("130208100", "area_beyond"),
        (f"{TANGFANG}201", "area_exists"),
        ("130207999201", "area_without_parent"),
        (DISTRICT, "area_exists"),
    ],
)
def test_an_area_is_added_only_where_it_belongs(code, why, sample, administrator):
    assert refusal(acts.add_area, Area(code=code, name="示例", level="village"), by=administrator) == why


def test_a_file_adds_a_township_with_its_villages(sample, administrator):
    rows = [
        {"区划代码": "130207199", "区划名称": "新设镇", "设立日期": "2020-01-01"},
        {"区划代码": "130207199201", "区划名称": "甲村村委会", "设立日期": "2021-01-01"},
        {"区划代码": "130207199001", "区划名称": "乙社区居委会", "设立日期": "2021-01-01"},
        {"区划代码": "130207198201", "区划名称": "无处村村委会"},
        {"区划代码": "1302071", "区划名称": "错码镇"},
    ]
    load = load_rows("area", *rows, by=administrator)
    assert [row.verdict for row in load.rows.all()] == ["new"] * 3 + ["refused"] * 2
    added = Area.objects.public().filter(code__startswith="130207199").values_list("code", "level", "parent_id")
    assert set(added) == {
        ("130207199", "township", DISTRICT),
        ("130207199201", "village", "130207199"),
        ("130207199001", "community", "130207199"),
    }
    codes = [message["code"] for row in load.rows.all() for message in row.messages if message["level"] == "refused"]
    assert codes == ["area_without_parent", "not_an_area_code"]
