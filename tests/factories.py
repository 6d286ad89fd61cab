"""Small makers of rows: each says only what a test does not care about."""

from datetime import date
from itertools import count

from registry.models import Belt, BeltMembership, DemonstrationPoint, PartyOrganisation, StatusPeriod

_number = count(1)


def make_point(*, area: str = "130207108", field: str = "government", **more) -> DemonstrationPoint:
    """A point without any period: it has no status yet."""
    number = next(_number)
    organisation = more.pop("organisation", None) or PartyOrganisation.objects.unscoped("test").get(
        code=f"O-{area[:9]}"
    )
    more = {"code": f"T-{number}", "name": f"测试示范点{number}", **more}
    return DemonstrationPoint.objects.create(area_id=area, field=field, organisation=organisation, **more)


def make_period(point: DemonstrationPoint, since: date, until: date | None = None, **more) -> StatusPeriod:
    more = {"status": "named", "level": "district", "grade": "standard", "document_no": "测试〔2021〕1号", **more}
    return StatusPeriod.objects.create(point=point, valid_from=since, valid_to=until, **more)


def make_named_point(since: date = date(2021, 6, 1), until: date | None = None, **more) -> DemonstrationPoint:
    grade = more.pop("grade", "standard")
    point = make_point(**more)
    make_period(point, since, until, grade=grade)
    return point


def make_belt(built_on: date | None = date(2021, 6, 1), **more) -> Belt:
    number = next(_number)
    more = {"code": f"TB-{number}", "name": f"测试示范带{number}", "level": "district", **more}
    return Belt.objects.create(area_id="130207108", planned_on=date(2020, 1, 1), built_on=built_on, **more)


def join(belt: Belt, *points: DemonstrationPoint, since: date = date(2021, 6, 1)) -> None:
    for position, point in enumerate(points, start=1):
        BeltMembership.objects.create(belt=belt, point=point, position=position, valid_from=since)
