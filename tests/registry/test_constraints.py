"""What must never be, the database refuses, and the form says so in words; on both databases alike."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from assessment.models import LedgerEntry, SecretaryProject, StandardItem
from registry.models import (
    Area,
    Attachment,
    Belt,
    BeltMembership,
    Booking,
    CollectiveIncome,
    CommunityAttainment,
    ConsortiumMembership,
    DemonstrationPoint,
    Donation,
    Fund,
    Honour,
    Parameter,
    PolicyDocument,
    RouteStop,
    SiteCapacity,
    SpecialActionItem,
    StatusPeriod,
    Unit,
    User,
    VillageElection,
    Visit,
    WageRule,
    WholeAreaTownship,
    ZoneMembership,
)


def copy_of(model, **changes):
    """An unsaved twin of some row, with a code of its own where it has one."""
    twin = model._base_manager.order_by("pk").first()
    twin.pk, twin._state.adding = None, True
    if hasattr(twin, "code") and "code" not in changes:
        twin.code = "TWIN-1"
    for name, value in changes.items():
        setattr(twin, name, value)
    return twin


def first(model):
    return model._base_manager.order_by("pk").first()


BAD_ROWS = {
    "a code is given once": lambda: copy_of(Unit, code="U-001"),
    "an area code has 2, 4, 6, 9 or 12 digits": lambda: Area(code="1302071", name="x", level="district"),
    "an account's area has such a length": lambda: User(username="u", password="p", role="clerk", read_prefix="1"),
    "a position is whole": lambda: copy_of(DemonstrationPoint, name="y", lng="118.1", lat=None),
    "a position names its system": lambda: copy_of(DemonstrationPoint, name="y", coordinate_system=""),
    "a name stands once in area and field": lambda: copy_of(DemonstrationPoint),
    "a period ends after it begins": lambda: StatusPeriod(
        point=first(DemonstrationPoint), status="draft", valid_from=date(2015, 1, 2), valid_to=date(2015, 1, 1)
    ),
    "one period is open": lambda: StatusPeriod(
        point=StatusPeriod.objects.filter(valid_to=None).first().point, status="draft", valid_from=date(2015, 1, 1)
    ),
    "a named point is graded": lambda: StatusPeriod(
        point=first(DemonstrationPoint), status="named", valid_from=date(2015, 1, 1), valid_to=date(2015, 2, 1),
        document_no="1",
    ),
    "a naming stands on a paper": lambda: StatusPeriod(
        point=first(DemonstrationPoint), status="named", level="district", grade="standard",
        valid_from=date(2015, 1, 1), valid_to=date(2015, 2, 1),
    ),
    "a belt holds a point once": lambda: copy_of(BeltMembership),
    "a belt was planned or built": lambda: copy_of(Belt, planned_on=None, built_on=None),
    "a part of a zone is a point or a belt": lambda: copy_of(ZoneMembership, point=None, belt=None),
    "a township is named after it was accepted": lambda: copy_of(WholeAreaTownship, named_on=date(2020, 1, 1)),
    "a consortium holds a village once": lambda: copy_of(ConsortiumMembership),
    "an honour has a target": lambda: copy_of(Honour, organisation=None, place=None, point=None, belt=None, unit=None),
    "an honour has one target": lambda: copy_of(Honour, unit=first(Unit), belt=first(Belt)),
    "a donation is cash or goods": lambda: copy_of(Donation, kind="cash", amount_yuan="5", quantity=5, goods="x"),
    "cash has an amount": lambda: copy_of(Donation, kind="cash", amount_yuan=None, quantity=None, goods=""),
    "goods have a quantity": lambda: copy_of(Donation, kind="goods", amount_yuan=None, quantity=None, goods="x"),
    "cash is more than nothing": lambda: copy_of(Donation, kind="cash", amount_yuan="0", quantity=None, goods=""),
    "an income is not negative": lambda: copy_of(CollectiveIncome, year=2050, amount_yuan="-1"),
    "an income stands once a year": lambda: copy_of(CollectiveIncome),
    "a community without attainment has no grade": lambda: copy_of(
        CommunityAttainment, area_id="130207001030", attained=False, grade="premium"
    ),
    "a stop is one place": lambda: copy_of(RouteStop, position=90, belt=first(Belt), unit=first(Unit)),
    "a visit has visitors": lambda: copy_of(Visit, headcount=0),
    "a group has people": lambda: copy_of(Booking, state="asked", visit=None, headcount=0),
    "a booking that was held is a visit": lambda: copy_of(Booking, visit=None),
    "a booking that was not held is no visit": lambda: copy_of(
        Booking, state="confirmed", visit=Visit._base_manager.filter(booking=None).first()
    ),
    "a site has one capacity from a day": lambda: copy_of(SiteCapacity),
    "a capacity ends after it begins": lambda: copy_of(
        SiteCapacity, valid_from=date(2030, 1, 2), valid_to=date(2030, 1, 1)
    ),
    "an election of a village stands once a year": lambda: copy_of(VillageElection),
    "a special action has an item of a name once": lambda: copy_of(SpecialActionItem, number=90),
    "a special action has a number once": lambda: copy_of(SpecialActionItem, name="另一要素"),
    "a record is attached to an item once": lambda: copy_of(Attachment),
    "an attachment ends after it begins": lambda: copy_of(Attachment, target_code="FN-0001", valid_to=date(2021, 3, 1)),
    "a number of a paper is of one document": lambda: copy_of(PolicyDocument, number="丰组字〔2021〕示6号"),
    "a policy document ends after it begins": lambda: copy_of(PolicyDocument, valid_to=date(2021, 1, 15)),
    "a fund is more than nothing": lambda: copy_of(Fund, amount_yuan="0"),
    "a post has one wage rule in force": lambda: copy_of(WageRule),
    "a rule has one open value": lambda: copy_of(Parameter, valid_from=date(2030, 1, 1)),
    "a ledger is opened once": lambda: copy_of(LedgerEntry, entered_on=date(2022, 1, 1)),
    "progress goes up to 100": lambda: copy_of(LedgerEntry, stage="check", percent=101),
    "a deadline does not lie before the opening": lambda: copy_of(SecretaryProject, deadline=date(2000, 1, 1)),
    "a weight goes up to 100": lambda: copy_of(StandardItem, number=11, weight="101"),
}  # fmt: skip


@pytest.mark.parametrize("make", BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_refused_in_words_and_by_the_database(make, sample):
    with pytest.raises(ValidationError) as refusal:
        make().full_clean()
    assert refusal.value.messages and not any("onstraint" in text or "约束" in text for text in refusal.value.messages)
    with pytest.raises(IntegrityError), transaction.atomic():
        make().save(force_insert=True)
