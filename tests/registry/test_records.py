"""Plain writes: who may, which version, and what the event tells."""

import pytest
from django.core.exceptions import ValidationError

from registry.access.permissions import TABLE, may
from registry.actions.records import save_record
from registry.models import Brand, Event, PartyOrganisation, SearchEntry
from registry.text.refusals import Refused


def brand(code: str = "BR-001") -> Brand:
    return Brand.objects.unscoped("test").get(code=code)


def test_a_change_moves_the_version_and_the_search_index(sample, administrator):
    record = brand()
    record.name = "新名称"
    save_record(record, by=administrator, reason="更名")
    assert brand().version == 2
    assert SearchEntry.objects.get(kind="brands", code="BR-001").name == "新名称"


def test_the_second_of_two_writers_is_refused_and_overwrites_nothing(sample, administrator):
    mine, theirs = brand(), brand()
    theirs.name = "先保存的名称"
    save_record(theirs, by=administrator)
    mine.name = "后保存的名称"
    with pytest.raises(Refused) as refusal:
        save_record(mine, by=administrator)
    assert refusal.value.code == "stale"
    assert brand().name == "先保存的名称"


def test_a_bad_value_is_refused_before_anything_is_written(sample, administrator):
    record = brand()
    record.field = "no such field"
    with pytest.raises(ValidationError):
        save_record(record, by=administrator)
    assert (brand().version, Event.objects.count()) == (1, 0)


def test_personal_values_are_not_written_into_events(sample, administrator):
    organisation = PartyOrganisation.objects.unscoped("test").get(code="O-130207108")
    organisation.phone = "示例电话"
    save_record(organisation, by=administrator)
    assert Event.objects.get().changes == {"phone": ["…", "…"]}


@pytest.mark.parametrize("name", ["clerk_daqi", "reviewer", "leader"])
def test_only_administrators_write_records_here(name, sample, request):
    with pytest.raises(Refused) as refusal:
        save_record(brand(), by=request.getfixturevalue(name))
    assert refusal.value.code == "not_allowed"


def test_an_administrator_of_one_township_writes_nothing_of_another(sample, administrator):
    administrator.write_prefix = "130207108"
    assert not may(administrator, "record.change", brand())
    administrator.write_prefix = ""
    assert not any(
        may(administrator, action) for action in TABLE if action.startswith("record.") and action != "record.view"
    )


def test_nobody_manages_the_own_account(sample, administrator, clerk_daqi):
    assert may(administrator, "account.manage", clerk_daqi)
    assert not may(administrator, "account.manage", administrator)
    assert not may(clerk_daqi, "account.manage", administrator)


def test_an_unknown_action_is_a_mistake_not_a_no(administrator):
    with pytest.raises(KeyError):
        may(administrator, "no.such.action")
