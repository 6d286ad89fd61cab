"""The second factor: set up with a first code, each code good once, taken off by the owner or from above."""

import pytest
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from registry.access.second_factor import has_second_factor, lacks_second_factor, recovery_codes_left
from registry.actions import second_factor as acts
from registry.models import Event
from registry.text.refusals import Refused


def code_of(user, later: int = 0) -> str:
    """What the authenticator shows `later` steps of thirty seconds from now."""
    device = TOTPDevice.objects.filter(user=user).order_by("confirmed").first()
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = timezone.now().timestamp() + later * device.step
    return f"{totp.token():06}"


def wrong_code(user) -> str:
    near = {code_of(user, later) for later in range(-2, 3)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in near)


def set_up(user) -> list[str]:
    acts.begin_second_factor(user, by=user)
    return acts.confirm_second_factor(user, code_of(user, later=-1), by=user)


def patient(user) -> None:
    """As if the wait after a wrong code were over."""
    for model in (TOTPDevice, StaticDevice):
        model.objects.filter(user=user).update(throttling_failure_timestamp=None, throttling_failure_count=0)


def refused(act, *args, **more) -> str:
    with pytest.raises(Refused) as refusal:
        act(*args, **more)
    return refusal.value.code


def test_a_secret_asks_for_nothing_until_its_first_code_was_typed(sample, reviewer):
    acts.begin_second_factor(reviewer, by=reviewer)
    assert not has_second_factor(reviewer)
    assert refused(acts.confirm_second_factor, reviewer, wrong_code(reviewer), by=reviewer) == "code_wrong"
    assert not has_second_factor(reviewer)
    patient(reviewer)
    assert len(acts.confirm_second_factor(reviewer, code_of(reviewer), by=reviewer)) == 10
    assert has_second_factor(reviewer)


def test_begun_twice_is_one_secret(sample, reviewer):
    assert acts.begin_second_factor(reviewer, by=reviewer) == acts.begin_second_factor(reviewer, by=reviewer)


def test_setting_it_up_ends_all_other_sessions(sample, reviewer):
    before = reviewer.get_session_auth_hash()
    set_up(reviewer)
    reviewer.refresh_from_db()
    assert reviewer.get_session_auth_hash() != before


def test_a_code_is_good_once(sample, reviewer):
    set_up(reviewer)
    code = code_of(reviewer)
    acts.use_code(reviewer, f" {code[:3]} {code[3:]}")
    assert refused(acts.use_code, reviewer, code) == "code_wrong"


@pytest.mark.parametrize(("later", "good"), [(-2, False), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(later, good, sample, reviewer):
    set_up(reviewer)
    TOTPDevice.objects.filter(user=reviewer).update(last_t=-1, drift=0)
    if good:
        acts.use_code(reviewer, code_of(reviewer, later))
    else:
        assert refused(acts.use_code, reviewer, code_of(reviewer, later)) == "code_wrong"


def test_after_a_wrong_code_even_the_right_one_has_to_wait(sample, reviewer):
    set_up(reviewer)
    assert refused(acts.use_code, reviewer, wrong_code(reviewer)) == "code_wrong"
    assert refused(acts.use_code, reviewer, code_of(reviewer)) == "code_wait"
    patient(reviewer)
    acts.use_code(reviewer, code_of(reviewer))


def test_the_wait_doubles_with_each_wrong_code(sample, reviewer):
    set_up(reviewer)
    for _ in range(3):
        TOTPDevice.objects.filter(user=reviewer).update(throttling_failure_timestamp=None)
        assert refused(acts.use_code, reviewer, wrong_code(reviewer)) == "code_wrong"
    _allowed, why = TOTPDevice.objects.get(user=reviewer).verify_is_allowed()
    assert 3 < (why["locked_until"] - timezone.now()).total_seconds() <= 4


def test_a_recovery_code_is_good_once_and_its_use_is_told(sample, reviewer):
    codes = set_up(reviewer)
    acts.use_code(reviewer, codes[0].upper())
    assert recovery_codes_left(reviewer) == 9
    assert refused(acts.use_code, reviewer, codes[0]) == "code_wrong"
    assert Event.objects.filter(verb="use_recovery_code", actor=reviewer).count() == 1


def test_recovery_codes_are_not_stored_as_they_are(sample, reviewer):
    codes = {code.replace("-", "") for code in set_up(reviewer)}
    assert not codes & set(StaticToken.objects.values_list("token", flat=True))


def test_new_recovery_codes_take_the_password_and_void_the_old_ones(sample, reviewer):
    old = set_up(reviewer)
    assert refused(acts.renew_recovery_codes, reviewer, password="wrong", by=reviewer) == "password_wrong"
    new = acts.renew_recovery_codes(reviewer, password="a long enough password", by=reviewer)
    assert refused(acts.use_code, reviewer, old[0]) == "code_wrong"
    patient(reviewer)
    acts.use_code(reviewer, new[0])


def test_another_phone_takes_the_place_of_the_first(sample, reviewer):
    set_up(reviewer)
    first = TOTPDevice.objects.get(user=reviewer)
    set_up(reviewer)
    assert TOTPDevice.objects.get(user=reviewer) != first


def test_the_owner_takes_it_off_with_the_password_unless_the_role_needs_it(sample, clerk_daqi, reviewer, settings):
    for user in (clerk_daqi, reviewer):
        set_up(user)
        user.refresh_from_db()
    assert refused(acts.remove_second_factor, clerk_daqi, password="wrong", by=clerk_daqi) == "password_wrong"
    settings.SECOND_FACTOR = "required"
    acts.remove_second_factor(clerk_daqi, password="a long enough password", by=clerk_daqi)
    assert not has_second_factor(clerk_daqi)
    typed = {"password": "a long enough password", "by": reviewer}
    assert refused(acts.remove_second_factor, reviewer, **typed) == "factor_required"
    settings.SECOND_FACTOR = "offered"
    acts.remove_second_factor(reviewer, **typed)
    assert not has_second_factor(reviewer)


def test_it_is_reset_from_above_only_and_that_ends_all_sessions(sample, administrator, head_tangfang, reviewer):
    set_up(reviewer)
    assert refused(acts.remove_second_factor, reviewer, by=head_tangfang) == "account_above"
    reviewer.refresh_from_db()
    before = reviewer.get_session_auth_hash()
    acts.remove_second_factor(reviewer, by=administrator)
    reviewer.refresh_from_db()
    assert (has_second_factor(reviewer), recovery_codes_left(reviewer)) == (False, 0)
    assert reviewer.get_session_auth_hash() != before
    assert refused(acts.remove_second_factor, reviewer, by=administrator) == "no_second_factor"


@pytest.mark.parametrize("act", [acts.begin_second_factor, acts.renew_recovery_codes, acts.confirm_second_factor])
def test_nobody_sets_it_up_for_somebody_else(act, sample, administrator, reviewer):
    acts.begin_second_factor(reviewer, by=reviewer)
    more = {acts.renew_recovery_codes: {"password": ""}, acts.confirm_second_factor: {"code": code_of(reviewer)}}
    assert refused(act, reviewer, by=administrator, **more.get(act, {})) == "not_allowed"


def test_where_it_is_required_those_who_decide_lack_it_and_others_do_not(
    sample, administrator, reviewer, clerk_daqi, leader, settings
):
    cast = (administrator, reviewer, clerk_daqi, leader)
    assert [lacks_second_factor(user) for user in cast] == [False] * 4
    settings.SECOND_FACTOR = "required"
    assert [lacks_second_factor(user) for user in cast] == [True, True, False, False]
    set_up(reviewer)
    assert not lacks_second_factor(reviewer)
