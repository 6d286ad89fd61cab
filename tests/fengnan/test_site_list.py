"""The list of an account's sites at the desk: paged, filtered, sorted, with views that are saved under a name."""

import re
from datetime import date

import pytest
from django.utils import timezone

from registry.actions.drafts import send_back
from registry.kinds.showcase import SITES
from registry.models import DemonstrationPoint, PartyOrganisation, StatusPeriod
from tests.factories import make_draft, make_submitted

LIST, VIEWS = "/desk/points/", "/desk/points/views/"
TANGFANG = "130207108"


def sites_of(answer) -> list[str]:
    return re.findall(r'<li class="site" id="site-([^"]+)"', answer.content.decode())


@pytest.fixture
def desk(sample, client, clerk_tangfang):
    client.force_login(clerk_tangfang)
    return client


@pytest.fixture
def many(sample):
    """120 more named sites of the clerk's township."""
    organisation = PartyOrganisation.objects.unscoped("test").filter(area__code__startswith=TANGFANG).first()
    like = {"area_id": TANGFANG, "organisation": organisation, "field": "rural"}
    points = [DemonstrationPoint(code=f"MANY-{n:03}", name=f"批量示范点{n:03}", **like) for n in range(120)]
    points = DemonstrationPoint.objects.bulk_create(points)
    period = {"status": "named", "level": "district", "grade": "standard", "document_no": "〔2020〕1号"}
    StatusPeriod.objects.bulk_create(
        StatusPeriod(point=point, valid_from=date(2020, 1, 1), **period) for point in points
    )
    return points


def test_sites_come_in_pages_of_fifty_and_each_once(desk, many):
    pages = [sites_of(desk.get(LIST, {"page": page})) for page in (1, 2, 3)]
    assert [len(page) for page in pages[:2]] == [50, 50]
    shown = [code for page in pages for code in page]
    assert len(shown) == len(set(shown)) == desk.get(LIST).context["table"].count
    assert sites_of(desk.get(LIST, {"page": 99})) == pages[2]


def test_a_status_a_name_and_an_order_narrow_and_sort_the_sites(desk, many, clerk_tangfang):
    submitted = make_submitted(clerk_tangfang).point
    assert sites_of(desk.get(LIST, {"status": "submitted"})) == [submitted.code]
    assert sites_of(desk.get(LIST, {"search": "批量示范点007"})) == ["MANY-007"]
    assert sites_of(desk.get(LIST, {"search": submitted.name, "status": "submitted"})) == [submitted.code]
    assert sites_of(desk.get(LIST, {"search": "批量示范点", "ordering": "-name"}))[:2] == ["MANY-119", "MANY-118"]
    assert desk.get(LIST, {"status": "gone"}).status_code == 400


def test_every_column_is_offered_to_sort_by_in_both_directions(desk, many):
    page = desk.get(LIST, {"ordering": "-grade"}).content.decode()
    offered = re.findall(
        r'<option value="(-?[a-z_]*)"( selected)?', page.partition('id="id_ordering"')[2].partition("</select>")[0]
    )
    names = [column.name for column in SITES.columns]
    assert [name for name, _mark in offered] == ["", *(sign + name for name in names for sign in ("", "-"))]
    assert [name for name, mark in offered if mark] == ["-grade"]
    for name, _mark in offered:
        assert len(sites_of(desk.get(LIST, {"ordering": name}))) == 50


def test_the_sites_to_be_confirmed_are_a_filter_that_the_task_opens(desk, many):
    address = next(task.url for task, _late in desk.get("/desk/").context["tasks"] if LIST in task.url)
    page = desk.get(address)
    assert page.context["table"].count == page.context["left"] > 0
    code = sites_of(page)[0]
    desk.post(f"{LIST}{code}/confirm/")
    assert code not in sites_of(desk.get(address)) and code in sites_of(desk.get(LIST, {"confirmation": "done"}))


def test_returned_applications_stand_first_and_only_above_the_whole_list(desk, clerk_tangfang, head_tangfang):
    begun = make_draft(clerk_tangfang)
    returned = send_back(make_submitted(clerk_tangfang).point, remarks={"highlights": "请写清"}, by=head_tangfang)
    page = desk.get(LIST)
    assert [draft.pk for draft in page.context["drafts"]][:1] == [returned.pk]
    assert begun.pk in [draft.pk for draft in page.context["drafts"]]
    assert returned.point.code not in sites_of(page)
    filtered = desk.get(LIST, {"status": "submitted"})
    assert (filtered.context["drafts"], sites_of(filtered)) == ([], [returned.point.code])


def test_a_view_is_saved_under_a_name_stands_as_a_link_and_is_removed(desk, clerk_tangfang):
    desk.post(VIEWS, {"name": "精品", "query": "grade=premium&ordering=-name&unknown=1"})
    address = f"{LIST}?grade=premium&amp;ordering=-name"
    assert (
        f'<a href="{address}" aria-current="page">精品</a>' in desk.get(address.replace("&amp;", "&")).content.decode()
    )
    assert f'<a href="{address}">精品</a>' in desk.get(LIST).content.decode()
    desk.post(VIEWS, {"name": "精品", "remove": ""})
    assert "精品</a>" not in desk.get(LIST).content.decode()
    clerk_tangfang.refresh_from_db()
    assert clerk_tangfang.saved_views == {}


def test_saved_views_are_the_accounts_own_and_show_its_own_rows_only(desk, clerk_daqi):
    desk.post(VIEWS, {"name": "全部已命名", "query": "status=named"})
    desk.force_login(clerk_daqi)
    assert "全部已命名" not in desk.get(LIST).content.decode()
    shown = DemonstrationPoint.objects.unscoped("test").filter(code__in=sites_of(desk.get(LIST, {"status": "named"})))
    assert {point.area_id[:9] for point in shown} == {clerk_daqi.write_prefix}


@pytest.mark.parametrize("name", ["", "  "])
def test_a_view_without_a_name_is_refused(desk, name):
    assert desk.post(VIEWS, {"name": name, "query": "status=named"}).status_code == 409


def test_an_account_has_a_bounded_number_of_views(desk, clerk_tangfang):
    for number in range(20):
        desk.post(VIEWS, {"name": f"视图{number}", "query": "status=named"})
    assert desk.post(VIEWS, {"name": "再一个", "query": "status=named"}).status_code == 409
    assert desk.post(VIEWS, {"name": " 视图3 ", "query": "status=draft"}).status_code == 302
    clerk_tangfang.refresh_from_db()
    assert (len(clerk_tangfang.saved_views), clerk_tangfang.saved_views["视图3"]) == (20, "status=draft")


def test_what_was_named_this_year_needs_no_confirmation(desk, many):
    today = timezone.localdate()
    StatusPeriod.objects.filter(point__code="MANY-001").update(valid_from=today)
    address = {"search": "批量示范点001", "confirmation": "open"}
    assert sites_of(desk.get(LIST, address)) == []


def test_a_township_is_no_filter_inside_one_township(desk, reviewer):
    assert 'name="township"' not in desk.get(LIST).content.decode()
    assert 'name="township"' in desk.get("/points/").content.decode()
