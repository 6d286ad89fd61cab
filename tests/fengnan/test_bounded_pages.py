"""No page grows without end: whatever there are many of comes in pages, or is bounded with a way to the rest."""

import re
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from assessment.models import Review, SecretaryProject, Standard, SupervisionFinding
from registry.models import (
    Belt,
    BeltMembership,
    Booking,
    DemonstrationPoint,
    Draft,
    Event,
    Honour,
    Load,
    PartyOrganisation,
    Remark,
    StatusPeriod,
    TeachingSite,
    User,
    Zone,
    ZoneMembership,
)
from registry.views import paging
from tests.conftest import DISTRICT, TANGFANG, shared_by_tests

MANY, SHOWN, BYTES = 300, 100, 300_000
NAMES = [f"批量{n:03}" for n in range(MANY)]


def points_with(status: str, prefix: str, since: date) -> list[DemonstrationPoint]:
    organisation = PartyOrganisation.objects.unscoped("test").get(code=f"O-{TANGFANG}")
    place = {"lng": Decimal("118.1"), "lat": Decimal("39.5"), "coordinate_system": "cgcs2000"}
    like = {"area_id": TANGFANG, "organisation": organisation, "field": "rural", **place}
    points = [DemonstrationPoint(code=f"{prefix}-{n}", name=f"{name}{prefix}", **like) for n, name in enumerate(NAMES)]
    points = DemonstrationPoint.objects.bulk_create(points)
    period = {"status": status, "level": "district", "grade": "premium", "document_no": "〔2020〕1号"}
    StatusPeriod.objects.bulk_create(StatusPeriod(point=point, valid_from=since, **period) for point in points)
    return points


def make_staff() -> dict[str, User]:
    """One of each: who sees most of the desk, and who fills in drafts."""
    return {
        role: User.objects.create(username=f"bounded-{role}", role=role, read_prefix=area, write_prefix=area)
        for role, area in (("admin", DISTRICT), ("reviewer", DISTRICT), ("head", TANGFANG), ("clerk", TANGFANG))
    }


@pytest.fixture(scope="module")
def staff(django_db_setup, django_db_blocker):
    """The accounts, in a registry with 300 of everything."""
    with shared_by_tests(django_db_blocker):
        accounts = make_staff()
        make_many(accounts["clerk"])
        yield accounts


def make_many(clerk: User) -> None:
    """300 of everything that people register, in one township."""
    today, old = timezone.localdate(), date(2020, 1, 1)
    named, checked, scored = (
        points_with("named", "N", old),
        points_with("checked", "C", today),
        points_with("scored", "S", today),
    )
    organisation, area = named[0].organisation, {"area_id": TANGFANG}
    belt, zone = Belt.objects.public().get(code="B-01"), Zone.objects.public().get(code="Z-01")
    BeltMembership.objects.bulk_create(
        BeltMembership(belt=belt, point=point, position=100 + n, valid_from=old) for n, point in enumerate(named)
    )
    ZoneMembership.objects.bulk_create(ZoneMembership(zone=zone, point=point, valid_from=old) for point in named)
    days, level = {"planned_on": old, "built_on": old}, {"level": "district"}
    belts = [Belt(code=f"MB-{name}", name=name, **level, **area, **days) for name in NAMES]
    zones = [Zone(code=f"MZ-{name}", name=name, kind="comprehensive", **level, **area, **days) for name in NAMES]
    for kept in (Belt.objects.bulk_create(belts), Zone.objects.bulk_create(zones)):
        through = type(kept[0]).townships.through
        key = type(kept[0])._meta.model_name
        through.objects.bulk_create(through(**{f"{key}_id": one.pk, "area_id": TANGFANG}) for one in kept)
    Honour.objects.bulk_create(
        Honour(code=f"MH-{name}", title=name, granted_on=old, point=named[0], **level, **area) for name in NAMES
    )
    site = TeachingSite.objects.public().first()
    Booking.objects.bulk_create(
        Booking(code=f"MK-{name}", site=site, booked_for=today, visitor=name, headcount=1) for name in NAMES
    )
    about = {"kind": "points", "record_code": named[0].code, "due_on": today, "text": "留言", **area}
    Remark.objects.bulk_create(Remark(code=f"MR-{name}", record_name=name, **about) for name in NAMES)
    SupervisionFinding.objects.bulk_create(
        SupervisionFinding(
            code=f"MF-{name}", inspected_on=today, deadline=today, issuer="区委", finding=name,
            organisation=organisation, **area,
        )
        for name in NAMES
    )  # fmt: skip
    standard = Standard.objects.public().first()
    Review.objects.bulk_create(
        Review(code=f"MV-{point.code}", point=point, standard=standard, opened_on=today)
        for point in (*checked, *scored)
    )
    SecretaryProject.objects.bulk_create(
        SecretaryProject(
            code=f"MP-{name}", name=name, year=2031, organisation=organisation, opened_on=today,
            deadline=today + timedelta(days=9), **area,
        )
        for name in NAMES
    )  # fmt: skip
    for state in ("submitted", "open"):
        Draft.objects.bulk_create(
            Draft(state=state, values={"name": f"{name}{state}"}, submitted_at=timezone.now(), **area) for name in NAMES
        )
    Load.objects.bulk_create(Load(kind="point", by=clerk, file_name=name, state="ready", **area) for name in NAMES)
    User.objects.bulk_create(
        User(username=f"many-{name}", display_name=name, role="clerk", read_prefix=TANGFANG, write_prefix=TANGFANG)
        for name in NAMES
    )
    Event.objects.bulk_create(
        Event(
            verb="change", kind="demonstrationpoint", code=named[0].code, area=TANGFANG, reason=name, change_set=uuid4()
        )
        for name in NAMES
    )


PUBLIC = [
    "/", "/points/", "/points/?search=批量", "/belts/", "/zones/", "/honours/", "/townships/",
    f"/townships/{TANGFANG}/",
    "/belts/B-01/", "/zones/Z-01/", "/points/N-0/", "/history/points/N-0/", "/map/", "/map/?view=coordinates",
    "/map/data/", "/search/?q=批量", "/attention/", "/figures/points/", "/figures/belts/",
    "/projects/?as_of=2031-12-31",
    "/coverage/", "/lists/", "/brief/", "/report/2021/", "/wall/", "/brand-matrix/", "/guarantee/",
]  # fmt: skip
DESK = [
    ("admin", "/desk/"), ("head", "/desk/"), ("clerk", "/desk/"), ("clerk", "/desk/points/"),
    ("head", "/desk/points/?status=named"), ("clerk", "/desk/drafts/"), ("head", "/desk/reviews/"),
    ("reviewer", "/desk/reviews/"), ("admin", "/desk/reviews/"), ("reviewer", "/desk/rechecks/"),
    ("admin", "/desk/notices/new/"), ("admin", "/desk/supervision/"), ("head", "/desk/supervision/"),
    ("admin", "/desk/remarks/"), ("head", "/desk/remarks/"), ("admin", "/desk/bookings/"), ("admin", "/desk/belts/"),
    ("admin", "/desk/zones/"),
    ("clerk", "/desk/loads/"), ("admin", "/desk/accounts/"), ("admin", "/desk/projects/?year=2031"),
    ("admin", "/desk/projects/?year=2031&view=timeline"), ("admin", "/desk/schemes/"), ("admin", "/desk/records/"),
    ("admin", "/desk/records/honour/"), ("admin", "/desk/areas/"), ("admin", f"/desk/areas/{TANGFANG}/"),
    ("admin", "/desk/years/2021/"), ("admin", "/attention/"), ("clerk", "/desk/points/new/"),
]  # fmt: skip


@pytest.fixture
def reader(staff, db):
    def read(role: str, address: str):
        client = Client()
        if role:
            client.force_login(staff[role])
        return client.get(address)

    return read


@pytest.mark.parametrize(("role", "address"), [*(("", address) for address in PUBLIC), *DESK])
def test_a_page_shows_a_bounded_number_of_what_there_are_many_of(role, address, reader):
    answer = reader(role, address)
    page = answer.content.decode()
    assert answer.status_code == 200
    shown = {
        kind: len(set(re.findall(pattern, page)))
        for kind, pattern in {"rows": r"批量\d{3}", "links": r'<a [^>]*?href="([^"]+)"'}.items()
    }
    assert shown["rows"] <= SHOWN and shown["links"] <= 6 * SHOWN and len(answer.content) <= BYTES, shown


@pytest.mark.parametrize(
    ("role", "address"),
    [("", f"/townships/{TANGFANG}/?points="), ("", "/belts/B-01/?page="), ("head", "/desk/reviews/?drafts=")],
)
def test_the_next_page_of_a_part_shows_others(role, address, reader):
    pages = [set(re.findall(r"批量\d{3}", reader(role, f"{address}{number}").content.decode())) for number in (1, 2)]
    assert pages[0] and pages[1] and pages[0] != pages[1]


def test_the_rows_of_a_check_come_in_pages_and_none_is_said_to_be_hidden(reader, monkeypatch):
    monkeypatch.setattr(paging, "COUNTED", SHOWN)
    pages = [reader("admin", f"/attention/points-without-highlights/?page={number}") for number in (1, 2)]
    names = [set(re.findall(r"批量\d{3}", page.content.decode())) for page in pages]
    assert 0 < len(names[0] | names[1]) <= SHOWN
    assert names[0] != names[1]
    assert [page.context["hidden"] for page in pages] == [0, 0]
