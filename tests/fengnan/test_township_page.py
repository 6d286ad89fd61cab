"""A township on one page: every number opens its rows, and it is shown to those who read the township."""

import re
import uuid

import pytest
from django.utils import timezone

from assessment.models import SupervisionFinding
from registry.access.scope import read_scope
from registry.actions.remarks import leave_remark
from registry.figures import FIGURES
from registry.kinds import KINDS
from registry.models import Area, Belt, DemonstrationPoint, Grade
from tests.conftest import DAQI, TANGFANG
from tests.factories import join, make_belt, make_named_point

PAGE = "/desk/township/"


def points_of(area):
    today = timezone.localdate()
    return DemonstrationPoint.objects.unscoped("test").in_area(area).named(today)


@pytest.fixture
def short_belt(sample) -> Belt:
    """A belt through 唐坊镇 with one premium point there, one that is not premium, and one elsewhere."""
    belt = make_belt(name="示例短带")
    belt.townships.add(DAQI, TANGFANG)
    join(
        belt,
        make_named_point(name="精品的点", area=TANGFANG, grade=Grade.PREMIUM),
        make_named_point(name="不够格的点", area=TANGFANG, grade=Grade.STANDARD),
        make_named_point(name="别镇的点", area=DAQI, grade=Grade.STANDARD),
    )
    return belt


def test_a_belt_that_lacks_points_comes_first_with_our_stops_that_do_not_count(client, clerk_tangfang, short_belt):
    client.force_login(clerk_tangfang)
    belts = client.get(PAGE).context["overview"].belts
    assert belts[0].belt == short_belt
    assert belts[0].verdict.missing == belts[0].verdict.minimum - 1
    assert [stop.point.name for stop in belts[0].not_counting] == ["不够格的点"]


def test_the_numbers_of_the_page_are_those_of_the_rows_they_open(client, clerk_tangfang, sample):
    client.force_login(clerk_tangfang)
    today = timezone.localdate()
    point = points_of(TANGFANG).first()
    leave_remark(KINDS["points"], point, text="请核对位置", contact="", sender="x", key=uuid.uuid4())
    SupervisionFinding.objects.create(
        code="SF-0", inspected_on=today, deadline=today, issuer="区委组织部", finding="记录不全", area=point.area,
        organisation=point.organisation,
    )  # fmt: skip
    answer = client.get(PAGE)
    overview, page = answer.context["overview"], answer.content.decode()
    scope = read_scope({"area": TANGFANG}, clerk_tangfang)
    assert overview.answers["points"].value == FIGURES["points"].answer(scope).value
    assert set(overview.premium) == set(points_of(TANGFANG).filter(standing__grade=Grade.PREMIUM))
    assert [finding.count for finding in overview.remarks] == [1]
    assert {check.slug for _day, check, _row in overview.due} >= {"remarks-waiting", "findings-open"}
    days = [day for day, _check, _row in overview.due]
    assert days == sorted(days)
    addresses = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]+)"', page)}
    numbers = {
        f"/points/?area={TANGFANG}&grade=premium": len(overview.premium),
        f"/attention/remarks-waiting/?area={TANGFANG}": 1,
    }
    assert set(numbers) <= addresses
    for address, number in numbers.items():
        context = client.get(address).context
        rows = context["page"].paginator.count if "page" in context else context["table"].count
        assert (address, rows) == (address, number)


def test_the_yearly_forms_of_a_township_are_counted_in_it_alone(client, clerk_tangfang, sample):
    client.force_login(clerk_tangfang)
    villages = Area.objects.unscoped("test").filter(code__startswith=TANGFANG, level="village").count()
    [incomes] = [c for c in client.get(PAGE).context["overview"].coverages if c.form.slug == "incomes"]
    assert 0 < incomes.expected <= villages


def test_a_township_account_opens_its_own_page_and_no_other(client, clerk_tangfang, sample):
    client.force_login(clerk_tangfang)
    assert client.get(PAGE).context["scope"].area == TANGFANG
    assert client.get(f"{PAGE}?area={DAQI}").status_code == 404
    assert PAGE in client.get("/desk/").content.decode()


def test_a_district_account_chooses_any_of_its_townships(client, leader, sample):
    client.force_login(leader)
    areas = client.get(PAGE).context["areas"]
    assert len(areas) == 16
    assert client.get(f"{PAGE}?area={areas[0].code}").context["scope"].area == areas[0].code
