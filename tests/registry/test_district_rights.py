"""Rights that reach the whole district: an administrator whose area is one township has none of them."""

import pytest
from django.core.management import CommandError
from django.urls import reverse

from registry.access.permissions import OF_DISTRICT, TABLE, may
from registry.actions.accounts import add_account
from registry.actions.deletion import delete_record
from registry.actions.reports import save_report_text, text_of
from registry.actions.webhooks import add_hook, allow_host, forbid_host, switch_hook
from registry.actions.years import close_year
from registry.figures.changes import _name_of_deleted
from registry.management.commands.load import _account as account_of_load
from registry.models import Belt, Event, HookHost, Role, StudyRoute, TeachingSite, User
from registry.text.refusals import Refused
from tests.conftest import DAQI, DISTRICT, TANGFANG
from tests.factories import load_rows, make_point, refused

ROUTE = {"线路名称": "新研学线路", "站点": "B-01、B-02"}


@pytest.fixture
def township_administrator(sample) -> User:
    return User.objects.create(username="of Daqi", role=Role.ADMIN, read_prefix=DAQI, write_prefix=DAQI, is_staff=True)


@pytest.fixture
def host(administrator) -> HookHost:
    return allow_host("map.example.cn", by=administrator)


def test_every_right_of_the_district_is_one_in_no_township(township_administrator, administrator):
    assert TABLE.keys() >= OF_DISTRICT
    assert [right for right in OF_DISTRICT if may(township_administrator, right)] == []
    assert [right for right in OF_DISTRICT if not may(administrator, right)] == []


def test_a_township_administrator_touches_no_hook_and_no_host(township_administrator, administrator, host):
    hook = add_hook(administrator, name="x", address="https://map.example.cn/", kinds=["points"], by=administrator)
    by = township_administrator
    assert refused(allow_host, "inner.example.cn", is_private=True, by=by) == "not_allowed"
    assert refused(forbid_host, host, by=by) == "not_allowed"
    assert refused(switch_hook, hook, on=False, by=by) == "not_allowed"
    assert refused(add_hook, by, name="y", address="https://map.example.cn/", kinds=["points"], by=by) == "not_allowed"


def test_a_township_administrator_closes_no_year_of_the_district(township_administrator):
    take = lambda year, area: []  # noqa: E731
    assert refused(close_year, 2021, take, by=township_administrator, edition=0) == "not_allowed"


def test_a_township_administrator_writes_nothing_in_the_report_of_the_district(township_administrator):
    text = text_of(2021, "brand")
    text.text = "大齐各庄镇的话"
    assert refused(save_report_text, text, by=township_administrator, key=None) == "not_allowed"


@pytest.mark.parametrize("address", ["/desk/hooks/", "/desk/years/", "/desk/years/2021/", "/desk/report/2021/brand/"])
def test_pages_of_the_district_are_not_there_for_a_township(address, client, township_administrator, administrator):
    for user, status in ((township_administrator, 404), (administrator, 200)):
        client.force_login(user)
        assert client.get(address).status_code == status


def test_a_township_administrator_reads_the_events_of_the_township_alone(client, township_administrator, administrator):
    for area in (DAQI, TANGFANG):
        delete_record(make_point(area=area, name=f"示范点{area}"), by=administrator, reason="误录")
    client.force_login(township_administrator)
    page = client.get(reverse("admin:registry_event_changelist"))
    assert {event.area[:9] for event in page.context["cl"].result_list} == {DAQI}
    assert client.get(reverse("admin:registry_job_changelist")).status_code == 403


def test_the_name_of_a_deleted_record_is_told_to_readers_of_its_area(township_administrator, administrator):
    point = make_point(area=TANGFANG, name="唐坊镇误录的示范点")
    delete_record(point, by=administrator, reason="误录")
    deletions = [Event.objects.get(verb="delete")]
    assert _name_of_deleted(deletions, administrator) == "唐坊镇误录的示范点"
    assert _name_of_deleted(deletions, township_administrator) == ""


def test_a_record_that_names_no_area_is_loaded_for_the_whole_district_alone(township_administrator, administrator):
    for by, verdict in ((township_administrator, "refused"), (administrator, "new")):
        [row] = load_rows("route", ROUTE, by=by).rows.all()
        assert (row.verdict, "outside" in [message["code"] for message in row.messages]) == (
            verdict, verdict == "refused"
        )  # fmt: skip
    assert StudyRoute.objects.unscoped("test").filter(name="新研学线路").count() == 1


def test_nobody_makes_an_administrator_of_less_than_the_district(sample):
    root = User.objects.create_superuser("root", password="a long enough password")
    more = {"display_name": "新管理员", "role": "admin", "by": root}
    assert refused(add_account, "below", area=DAQI, **more) == "administrator_below_district"
    account, _password = add_account("above", area=DISTRICT, **more)
    assert (account.role, account.write_prefix) == ("admin", DISTRICT)


def test_a_file_is_loaded_as_the_only_administrator_of_the_district(township_administrator):
    with pytest.raises(CommandError, match="--as"):
        account_of_load("")
    only = User.objects.create(username="only", role=Role.ADMIN, read_prefix=DISTRICT, write_prefix=DISTRICT)
    assert account_of_load("") == only


def test_the_administration_refuses_a_record_outside_the_own_area_in_words(client, township_administrator):
    client.force_login(township_administrator)
    typed = {"code": "TS-X", "name": "教学点", "level": "district", "area": TANGFANG, "named_on": "2020-01-01"}
    typed["belt"] = Belt.objects.public().first().pk
    answer = client.post(reverse("admin:registry_teachingsite_add"), typed)
    assert (answer.status_code, str(Refused("not_allowed")) in answer.content.decode()) == (200, True)
    assert not TeachingSite.objects.public().filter(name="教学点").exists()
    assert client.get(reverse("admin:registry_parameter_add")).status_code == 403
