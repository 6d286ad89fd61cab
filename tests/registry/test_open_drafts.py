"""Drafts after a load: what each lacks, positions of many at once, and submitting all that are complete in one act."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.models import Area, DemonstrationPoint, Draft, PartyOrganisation
from registry.overviews.draft_form import DraftForm
from registry.overviews.open_drafts import OpenDraft, draft_forms, positions_in
from registry.overviews.tasks import tasks_of
from tests.conftest import DAQI
from tests.factories import again, make_draft
from tests.registry.test_loading_files import applied, checked, codes, undone, workbook

HEADINGS = ["所属乡镇", "所属村", "示范点名称", "党组织名称", "所属领域", "示范点级别", "书记", "党员人数", "主要做法"]


def villages_of_daqi(count: int) -> list[Area]:
    """Villages without a site whose organisation the registry knows."""
    organised = PartyOrganisation.objects.unscoped("test").filter(unit=None).values("area")
    occupied = DemonstrationPoint.objects.unscoped("test").values("area")
    villages = Area.objects.unscoped("test").filter(code__startswith=DAQI, level="village", pk__in=organised)
    return list(villages.exclude(pk__in=occupied).order_by("pk")[:count])


def row_of(village: Area, **changed) -> list:
    organisation = PartyOrganisation.objects.unscoped("test").filter(area=village, unit=None).order_by("code").first()
    row = [
        "大齐各庄镇", village.name, f"{village.short_name}党建示范点", organisation.name, "农村", "区级", "示例书记",
        36, "支部引领网格化治理，服务群众。",
    ]  # fmt: skip
    return [changed.get(heading, cell) for heading, cell in zip(HEADINGS, row, strict=True)]


@pytest.fixture
def load(sample, clerk_daqi):
    """Three new sites of a township, loaded by its clerk."""
    return applied(checked(workbook(HEADINGS, *map(row_of, villages_of_daqi(3))), clerk_daqi))


def drafts_of(load) -> list[Draft]:
    return list(Draft.objects.unscoped("test").filter(pk__in=load.drafts()).order_by("pk"))


def form_of(load, **typed: str) -> dict[str, str]:
    positions = {f"position-{draft.key}": f"118.1{number}, 39.5" for number, draft in enumerate(drafts_of(load))}
    return {**positions, "coordinate_system": "cgcs2000", "confirmed": "1", "reason-no_photo": "照片随后补", **typed}


def test_the_page_of_the_load_says_what_its_drafts_lack_and_the_desk_has_one_line(load, client, clerk_daqi):
    client.force_login(clerk_daqi)
    page = client.get(load.get_absolute_url()).content.decode()
    assert "3 个草稿还差位置、照片" in page, page[page.index("doubt") :][:300]
    [task] = [task for task in tasks_of(clerk_daqi, timezone.localdate()) if task.url == reverse("drafts")]
    assert "3" in task.about
    page = client.get(f"{reverse('drafts')}?load={load.key}").content.decode()
    assert all(f"position-{draft.key}" in page for draft in drafts_of(load))


def test_positions_and_submitting_of_all_are_one_act(load, client, clerk_daqi):
    client.force_login(clerk_daqi)
    answer = client.post(reverse("drafts"), {**form_of(load), "act": "submit"})
    assert answer.status_code == 302, answer.content.decode()
    assert [draft.state for draft in drafts_of(load)] == ["submitted"] * 3
    assert [draft.overruled["no_photo"] for draft in drafts_of(load)] == ["照片随后补"] * 3


def test_what_is_incomplete_stays_a_draft_with_all_that_was_typed(load, client, clerk_daqi):
    client.force_login(clerk_daqi)
    first, *others = drafts_of(load)
    answer = client.post(reverse("drafts"), {**form_of(load), f"position-{first.key}": "没有", "act": "submit"})
    assert answer.status_code == 200
    assert (again(first).state, [again(draft).state for draft in others]) == ("open", ["submitted"] * 2)
    assert (again(first).values["position"], again(first).overruled, again(first).confirmed) == ("没有", {}, {})
    assert 'value="没有"' in answer.content.decode() and 'value="照片随后补"' in answer.content.decode()


def test_nothing_is_submitted_without_a_reason_or_before_the_stored_facts_were_looked_at(load, client, clerk_daqi):
    client.force_login(clerk_daqi)
    phone = "0315-0000000"
    PartyOrganisation.objects.unscoped("test").filter(area__in=[d.area_id for d in drafts_of(load)]).update(phone=phone)
    for left_out in ("confirmed", "reason-no_photo"):
        typed = form_of(load, act="submit")
        del typed[left_out]
        page = client.post(reverse("drafts"), typed).content.decode()
        assert {draft.state for draft in drafts_of(load)} == {"open"}
        assert ('name="confirmed"' in page, phone in page) == (True, False)


def test_positions_are_pasted_from_a_sheet_by_the_name_of_the_village(load, client, clerk_daqi):
    client.force_login(clerk_daqi)
    first, second, third = drafts_of(load)
    lines = f"{first.area.name}\t118.11\t39.51\n{second}，118°12′，39°30′\n\n{third.area.short_name} 39.53 118.13"
    client.post(reverse("drafts"), {"positions": lines, "coordinate_system": "gcj02", "act": "save"})
    assert [DraftForm(draft).read[0]["position"] for draft in drafts_of(load)] == [
        (118.11, 39.51), (118.2, 39.5), (118.13, 39.53)
    ]  # fmt: skip
    assert {draft.values["coordinate_system"] for draft in drafts_of(load)} == {"gcj02"}


def test_a_line_that_names_no_draft_is_said_and_stays_in_the_form(load, client, clerk_daqi):
    client.force_login(clerk_daqi)
    first, *_others = drafts_of(load)
    lines = f"{first.area.name} 118.11 39.51\n无此村 118.1 39.5\n118.1 39.5\n乱写"
    answer = client.post(reverse("drafts"), {"positions": lines, "act": "submit", **form_of(load)})
    text = answer.content.decode()
    assert (answer.status_code, "第 2 行" in text, "第 3 行" in text, "第 4 行" in text) == (400, True, True, True)
    assert "无此村 118.1 39.5" in text and {draft.state for draft in drafts_of(load)} == {"open"}


def test_a_name_of_two_drafts_is_no_name(load):
    entries = [OpenDraft(form) for form in draft_forms(drafts_of(load))]
    draft = entries[0].draft
    draft.values["name"] = str(entries[1].draft)
    assert positions_in(f"{draft} 118.1 39.5", entries)[0] == {}


def test_a_township_sees_its_own_drafts_only(load, client, clerk_tangfang):
    client.force_login(clerk_tangfang)
    assert str(drafts_of(load)[0].key) not in client.get(f"{reverse('drafts')}?load={load.key}").content.decode()
    client.post(reverse("drafts"), {**form_of(load), "act": "submit"})
    assert {draft.state for draft in drafts_of(load)} == {"open"}


def test_many_drafts_are_listed_with_few_queries(sample, client, clerk_daqi):
    counts = []
    client.force_login(clerk_daqi)
    for village in villages_of_daqi(6):
        make_draft(clerk_daqi, village.pk)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("drafts"))
        counts.append(len(queries))
    assert counts[1] == counts[-1]


def test_a_village_whose_draft_is_open_gets_no_second_one(load, clerk_daqi):
    village = drafts_of(load)[0].area
    second = checked(workbook(HEADINGS, row_of(village, 党员人数=41)), clerk_daqi)
    assert ("name", "draft_changed") in codes(second.rows.get(), "warning")
    second = applied(second)
    [draft] = Draft.objects.unscoped("test").filter(area=village)
    assert draft.values["member_count"] == "41"
    undone(second)
    assert again(draft).values["member_count"] == "36"


def test_a_draft_of_another_name_or_one_that_waits_to_be_checked_is_told(load, client, clerk_daqi):
    village = drafts_of(load)[0].area
    other = checked(workbook(HEADINGS, row_of(village, 示范点名称="红色驿站教育基地")), clerk_daqi)
    assert codes(other.rows.get(), "refused") == [("name", "draft_otherwise")]
    client.force_login(clerk_daqi)
    client.post(reverse("drafts"), {**form_of(load), "act": "submit"})
    again_sent = checked(workbook(HEADINGS, row_of(village)), clerk_daqi)
    assert Draft.objects.unscoped("test").filter(area=village).count() == 1
    assert again_sent.new == 0


def test_two_rows_about_one_village_and_a_village_that_has_a_site_are_told(sample, clerk_daqi):
    [village] = villages_of_daqi(1)
    twice = checked(workbook(HEADINGS, row_of(village), row_of(village, 示范点名称="红色驿站教育基地")), clerk_daqi)
    assert codes(twice.rows.get(row=3), "refused") == [("village_or_unit", "place_twice_in_file")]
    site = DemonstrationPoint.objects.unscoped("test").filter(
        area__code__startswith=DAQI, area__level="village", unit=None).first()  # fmt: skip
    if site:
        told = checked(workbook(HEADINGS, row_of(site.area, 示范点名称="红色驿站教育基地")), clerk_daqi)
        assert ("name", "site_there") in codes(told.rows.get(), "warning")
