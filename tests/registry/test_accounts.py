"""Who looks after whose account: below one's own role, inside one's own area, never oneself."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from registry.access.permissions import may
from registry.actions import accounts as acts
from registry.actions.accounts import accounts_below
from registry.actions.start import add_township_accounts, renew_first_passwords
from registry.models import Event, Role, User
from registry.text.refusals import Refused
from tests.conftest import DAQI, DISTRICT, TANGFANG

VILLAGE = "130207108216"


def make_account(name: str, role: str, area: str, **more) -> User:
    more = {"read_prefix": area, "write_prefix": area if role in ("clerk", "head", "reviewer", "admin") else "", **more}
    return User.objects.create_user(name, password="a long enough password", role=role, **more)


@pytest.fixture
def superuser(db) -> User:
    return User.objects.create_superuser("root", password="a long enough password")


EVERYTHING = (
    lambda account, by: acts.change_account(account, display_name="新名", role="clerk", area=TANGFANG, by=by),
    lambda account, by: acts.switch_account(account, on=False, by=by),
    lambda account, by: acts.reset_password(account, by=by),
    lambda account, by: acts.end_sessions(account, by=by),
)
every_act = pytest.mark.parametrize("act", EVERYTHING, ids=["change", "switch", "password", "sessions"])


def refused(act, account: User, by: User) -> str:
    before = User.objects.filter(pk=account.pk).values().get()
    with pytest.raises(Refused) as refusal:
        act(account, by)
    assert User.objects.filter(pk=account.pk).values().get() == before
    return refusal.value.code


@every_act
def test_a_head_looks_after_a_clerk_of_the_township(act, sample, head_tangfang, clerk_tangfang):
    act(clerk_tangfang, head_tangfang)
    assert Event.objects.filter(actor=head_tangfang, kind="user", code=str(clerk_tangfang.pk)).count() == 1


@every_act
def test_a_head_does_not_look_after_a_clerk_of_another_township(act, sample, head_tangfang, clerk_daqi):
    assert refused(act, clerk_daqi, head_tangfang) == "account_above"


@every_act
def test_a_head_does_not_look_after_another_head_or_anybody_above(act, sample, head_tangfang, reviewer):
    equal = make_account("second head", Role.HEAD, TANGFANG)
    assert refused(act, equal, head_tangfang) == "account_above"
    assert refused(act, reviewer, head_tangfang) == "account_above"


@every_act
def test_a_clerk_and_a_reviewer_look_after_nobody(act, sample, clerk_tangfang, reviewer):
    other = make_account("second clerk", Role.CLERK, TANGFANG)
    assert refused(act, other, clerk_tangfang) == "account_above"
    assert refused(act, other, reviewer) == "account_above"


@every_act
def test_an_administrator_does_not_look_after_another_administrator(act, sample, administrator, superuser):
    equal = make_account("second administrator", Role.ADMIN, DISTRICT)
    assert refused(act, equal, administrator) == "account_above"
    assert refused(act, superuser, administrator) == "account_above"


@every_act
def test_nobody_looks_after_a_superuser(act, sample, superuser):
    other = User.objects.create_superuser("second root", password="a long enough password")
    assert refused(act, other, superuser) == "account_above"


@every_act
def test_an_account_that_reads_every_area_is_above_those_who_do_not(act, sample, head_tangfang, clerk_tangfang):
    User.objects.filter(pk=clerk_tangfang.pk).update(reads_all_areas=True)
    assert refused(act, clerk_tangfang, head_tangfang) == "account_above"


@pytest.mark.parametrize("act", [EVERYTHING[0], EVERYTHING[1], EVERYTHING[2]], ids=["change", "switch", "password"])
def test_nobody_looks_after_their_own_account(act, sample, head_tangfang, superuser):
    assert refused(act, head_tangfang, head_tangfang) == "own_account"
    assert refused(act, superuser, superuser) == "own_account"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CLERK])
def test_a_head_gives_no_role_but_clerk(role, sample, head_tangfang, clerk_tangfang):
    with pytest.raises(Refused) as refusal:
        acts.add_account("new", display_name="新", role=role, area=TANGFANG, by=head_tangfang)
    assert refusal.value.code == "role_above"
    assert refused(
        lambda account, by: acts.change_account(account, display_name="新", role=role, area=TANGFANG, by=by),
        clerk_tangfang,
        head_tangfang,
    ) == "role_above"  # fmt: skip


@pytest.mark.parametrize("area", [DAQI, DISTRICT, "13", "", "999999", "130207108999"])
def test_a_head_gives_no_area_but_the_own_one_and_those_inside(area, sample, head_tangfang, clerk_tangfang):
    with pytest.raises(Refused) as refusal:
        acts.add_account("new", display_name="新", role="clerk", area=area, by=head_tangfang)
    assert refusal.value.code == "area_outside"
    assert refused(
        lambda account, by: acts.change_account(account, display_name="新", role="clerk", area=area, by=by),
        clerk_tangfang,
        head_tangfang,
    ) == "area_outside"  # fmt: skip


def test_a_clerk_adds_no_account(sample, clerk_tangfang):
    with pytest.raises(Refused) as refusal:
        acts.add_account("new", display_name="新", role="clerk", area=TANGFANG, by=clerk_tangfang)
    assert refusal.value.code == "not_allowed"


def test_an_account_without_an_area_gives_none(sample, head_tangfang):
    head_tangfang.write_prefix = ""
    assert not acts.areas_below(head_tangfang).exists()
    assert not acts.accounts_below(head_tangfang).exists()
    with pytest.raises(Refused):
        acts.add_account("new", display_name="新", role="clerk", area=TANGFANG, by=head_tangfang)


def test_a_new_account_has_a_password_to_be_changed_and_no_more_than_its_role(sample, head_tangfang):
    account, password = acts.add_account("new", display_name="新录入员", role="clerk", area=VILLAGE, by=head_tangfang)
    account.refresh_from_db()
    assert account.check_password(password) and account.must_change_password
    assert (account.role, account.read_prefix, account.write_prefix) == ("clerk", VILLAGE, VILLAGE)
    assert (account.is_staff, account.is_superuser, account.reads_all_areas) == (False, False, False)


@pytest.mark.parametrize("role", ["leader", "auditor", "api"])
def test_who_only_reads_is_given_no_area_to_write_in(role, sample, administrator):
    account, _password = acts.add_account("new", display_name="新", role=role, area=DISTRICT, by=administrator)
    assert (account.read_prefix, account.write_prefix) == (DISTRICT, "")


def test_the_event_of_an_account_names_the_role_but_neither_password_nor_person(sample, head_tangfang):
    account, password = acts.add_account("new", display_name="张三", role="clerk", area=TANGFANG, by=head_tangfang)
    acts.reset_password(account, by=head_tangfang)
    events = Event.objects.filter(kind="user", code=str(account.pk)).order_by("pk")
    assert [event.verb for event in events] == ["add_account", "reset_password"]
    assert events[0].changes["role"] == [None, "clerk"]
    assert "张三" not in str(events[0].changes) and password not in str(events.values())
    assert events[1].changes == {}


def test_a_user_name_is_given_once(sample, head_tangfang, clerk_daqi):
    with pytest.raises(ValidationError) as error:
        acts.add_account(clerk_daqi.username, display_name="新", role="clerk", area=TANGFANG, by=head_tangfang)
    assert set(error.value.error_dict) == {"username"}


def test_a_reset_password_is_random_good_under_both_policies_and_ends_all_sessions(
    sample, head_tangfang, clerk_tangfang, settings
):
    before = clerk_tangfang.get_session_auth_hash()
    first, second = (acts.reset_password(clerk_tangfang, by=head_tangfang) for _ in range(2))
    clerk_tangfang.refresh_from_db()
    assert first != second and clerk_tangfang.check_password(second) and clerk_tangfang.must_change_password
    assert clerk_tangfang.get_session_auth_hash() != before
    assert len(second) >= 10 and any(map(str.isdigit, second)) and any(map(str.isalpha, second)) and "-" in second


def test_changing_the_name_alone_leaves_the_areas_as_they_were(sample, administrator, clerk_tangfang):
    User.objects.filter(pk=clerk_tangfang.pk).update(write_prefix=VILLAGE)
    acts.change_account(clerk_tangfang, display_name="新名", role="clerk", area=TANGFANG, by=administrator)
    clerk_tangfang.refresh_from_db()
    assert (clerk_tangfang.display_name, clerk_tangfang.write_prefix) == ("新名", VILLAGE)


def test_only_an_administrators_account_reaches_the_administration(sample, superuser):
    account, _password = acts.add_account("boss", display_name="管理员", role="admin", area=DISTRICT, by=superuser)
    assert account.is_staff and not account.is_superuser
    account = acts.change_account(account, display_name="管理员", role="leader", area=DISTRICT, by=superuser)
    assert not account.is_staff and account.write_prefix == ""


def test_the_list_shows_exactly_the_accounts_one_may_manage(
    sample, superuser, administrator, reviewer, leader, head_tangfang, clerk_tangfang, clerk_daqi
):
    make_account("village clerk", Role.CLERK, VILLAGE)
    make_account("no area", Role.CLERK, "")
    make_account("mixed", Role.CLERK, TANGFANG, write_prefix=DAQI)
    make_account("second administrator", Role.ADMIN, DISTRICT)
    make_account("reads all", Role.CLERK, TANGFANG, reads_all_areas=True)
    make_account("program", Role.API, DISTRICT)
    everybody = list(User.objects.all())
    for by in everybody:
        managed = {account.pk for account in everybody if may(by, "account.manage", account)}
        assert set(acts.accounts_below(by).values_list("pk", flat=True)) == managed, by.username


def test_a_head_offers_the_township_and_its_villages_an_administrator_the_district_and_its_townships(
    sample, head_tangfang, administrator, superuser
):
    inside = set(acts.areas_below(head_tangfang).values_list("code", flat=True))
    assert {TANGFANG, VILLAGE} <= inside and all(code.startswith(TANGFANG) for code in inside)
    assert {len(code) for code in acts.areas_below(administrator).values_list("code", flat=True)} == {6, 9}
    assert acts.areas_below(superuser).count() == acts.areas_below(administrator).count() == 17


def test_switching_off_twice_is_one_event(sample, head_tangfang, clerk_tangfang):
    for _ in range(2):
        acts.switch_account(clerk_tangfang, on=False, by=head_tangfang)
    assert Event.objects.filter(verb="switch_account").count() == 1


def test_nobody_chooses_a_password_or_wishes_for_somebody_else(sample, administrator, clerk_daqi):
    with pytest.raises(Refused):
        acts.choose_password(clerk_daqi, "another long password", present="a long enough password", by=administrator)
    with pytest.raises(Refused):
        acts.set_wishes(clerk_daqi, email="", wants_digest=False, large_type=True, by=administrator)


# Rules for passwords ------------------------------------------------------------------


def problems(user: User, password: str) -> set[str]:
    try:
        acts.choose_password(user, password, present="a long enough password", by=user)
    except ValidationError as error:
        return {item.code for item in error.error_list}
    return set()


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("short", {"password_too_short"}),
        ("1234567890", {"password_too_common"}),
        ("a long enough password", {"password_in_use"}),
        ("correct horse battery", set()),
        ("丰南区的好口令要够长", set()),
    ],
)
def test_a_modern_password_is_long_and_not_common_and_of_any_characters(password, expected, sample, clerk_daqi):
    assert problems(clerk_daqi, password) == expected


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("correcthorsebattery", {"password_kinds"}),
        ("correcthorse12", {"password_kinds"}),
        ("Correcthorse12", set()),
        ("correct-horse-12", set()),
        ("Ab1-", {"password_too_short"}),
    ],
)
def test_a_dengbao_password_has_three_of_four_kinds_of_character(password, expected, sample, clerk_daqi, settings):
    from fengnan.settings import password_rules

    settings.AUTH_PASSWORD_VALIDATORS = password_rules("dengbao")
    assert problems(clerk_daqi, password) == expected


def test_a_dengbao_password_is_changed_after_ninety_days_a_modern_one_never(sample, clerk_daqi, settings):
    from datetime import timedelta

    from django.utils import timezone

    clerk_daqi.password_changed_at = timezone.now() - timedelta(days=89, hours=23)
    settings.PASSWORD_DAYS = 90
    assert not clerk_daqi.needs_new_password
    clerk_daqi.password_changed_at = timezone.now() - timedelta(days=90, hours=1)
    assert clerk_daqi.needs_new_password
    settings.PASSWORD_DAYS = None
    assert not clerk_daqi.needs_new_password


def test_new_first_passwords_are_for_accounts_nobody_has_signed_in_to(sample, administrator):
    add_township_accounts(by=administrator)
    used, unused = accounts_below(administrator).filter(must_change_password=True).order_by("pk")[:2]
    User.objects.filter(pk=used.pk).update(last_login=timezone.now())
    again = {name: password for _area, _role, name, password in renew_first_passwords(by=administrator)}
    unused.refresh_from_db()
    assert used.username not in again
    assert unused.check_password(again[unused.username])
