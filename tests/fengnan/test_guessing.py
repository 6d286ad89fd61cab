"""Guessing passwords: at sign-in under many names, and the present one inside a session."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from registry.models import User
from registry.views.signing_in import MOST_NAMES, PAUSE
from tests.registry.test_second_factor import set_up

from .test_signing_in import CHANGE, FACTOR, LOGIN, NEW, PASSWORD, is_in, sign_in

# Many names from one address ----------------------------------------------------------------


@pytest.fixture
def office(sample):
    """An address from which wrong passwords of as many names came as slow it."""
    cache.clear()
    for number in range(MOST_NAMES):
        assert sign_in(Client(), f"guess {number}", "wrong", "10.3.0.1").status_code == 200
    yield "10.3.0.1"
    cache.clear()


def test_twenty_names_from_one_address_are_not_all_tried(sample, client):
    cache.clear()
    answers = [sign_in(client, f"guess {number}", "wrong", "10.3.0.2") for number in range(20)]
    assert [answer.status_code for answer in answers] == [200] * 16 + [429] * 4
    assert answers[-1]["Retry-After"] == str(PAUSE) and "guess 19" in answers[-1].content.decode()
    assert AccessAttempt.objects.filter(username__in=["guess 16", "guess 19"]).count() == 0
    assert sign_in(Client(), "guess 19", "wrong", "10.3.0.3").status_code == 200


def test_from_a_slowed_address_one_attempt_is_taken_in_a_few_seconds(office, clerk_daqi, clerk_tangfang):
    assert sign_in(Client(), clerk_daqi, address=office).status_code == 302
    assert sign_in(Client(), clerk_tangfang, address=office).status_code == 429
    cache.clear()  # as if the seconds were over
    assert sign_in(Client(), clerk_tangfang, address=office).status_code == 302


def test_a_browser_that_signed_in_before_goes_on_while_its_address_is_slowed(sample, client, clerk_daqi, request):
    sign_in(client, clerk_daqi, address="10.3.0.1")
    client.post("/accounts/logout/")
    office = request.getfixturevalue("office")
    assert sign_in(Client(), "guess", "wrong", office).status_code == 200
    assert [sign_in(client, clerk_daqi, address=office).status_code for _ in range(2)] == [302, 302]
    assert sign_in(client, "guess", "wrong", office).status_code == 429


def test_the_mark_of_a_known_browser_names_nobody_and_goes_to_sign_in_alone(sample, client, clerk_daqi):
    mark = sign_in(client, clerk_daqi).cookies["known"]
    assert (mark["path"], mark["httponly"], mark["samesite"]) == (LOGIN, True, "Lax")
    assert clerk_daqi.username not in mark.value


def test_wrong_passwords_of_one_name_do_not_slow_an_address(sample, client, clerk_daqi):
    for _ in range(30):
        sign_in(Client(), "one fool", "wrong", "10.3.0.4")
    assert [sign_in(Client(), clerk_daqi, address="10.3.0.4").status_code for _ in range(3)] == [302] * 3


def test_wrong_passwords_of_long_ago_do_not_slow_an_address(office, client, clerk_daqi):
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert [sign_in(Client(), clerk_daqi, address=office).status_code for _ in range(3)] == [302] * 3


def test_a_cache_that_is_gone_keeps_nobody_out(office, client, clerk_daqi, monkeypatch):
    monkeypatch.setattr(cache, "add", lambda *arguments: 1 / 0)
    assert [sign_in(Client(), clerk_daqi, address=office).status_code for _ in range(2)] == [302, 302]


# The present password inside a session --------------------------------------------------------


ASKING = {
    CHANGE: {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW},
    f"{FACTOR}codes/": {"password": "wrong"},
    f"{FACTOR}remove/": {"password": "wrong"},
    "/desk/tokens/": {"name": "地图", "scopes": ["read"], "days": 30, "password": "wrong"},
}


@pytest.mark.parametrize("page", ASKING)
def test_five_wrong_passwords_end_the_session_and_close_the_name(page, sample, client, clerk_daqi):
    set_up(clerk_daqi)
    clerk_daqi.refresh_from_db()
    client.force_login(clerk_daqi)
    typed = ASKING[page] | {"owner": clerk_daqi.pk}
    answers = [client.post(page, typed, REMOTE_ADDR="10.4.0.1") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [400] * 4 + [429]
    assert "暂时不能登录" in answers[-1].content.decode()
    assert not is_in(client)
    assert sign_in(Client(), clerk_daqi, address="10.4.0.1").status_code == 429
    assert sign_in(Client(), clerk_daqi, address="10.4.0.2").status_code == 302


def test_guessing_from_another_address_each_time_ends_the_session_too(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    answers = [client.post(CHANGE, ASKING[CHANGE], REMOTE_ADDR=f"10.4.1.{number}") for number in range(5)]
    assert [answer.status_code for answer in answers] == [400] * 4 + [302]
    assert not is_in(client)


def test_where_the_name_is_closed_the_present_password_is_not_asked_and_the_session_goes_on(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    for _ in range(5):
        sign_in(Client(), clerk_daqi, "wrong", "10.4.0.3")
    right = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post(CHANGE, right, REMOTE_ADDR="10.4.0.3").status_code == 429
    assert is_in(client) and User.objects.get(pk=clerk_daqi.pk).check_password(PASSWORD)


def test_a_right_present_password_forgets_the_wrong_ones_of_the_session(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    for number in range(3):
        client.post(CHANGE, ASKING[CHANGE], REMOTE_ADDR=f"10.4.2.{number}")
    right = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post(CHANGE, right, REMOTE_ADDR="10.4.2.0").status_code == 302
    assert not AccessAttempt.objects.filter(ip_address="10.4.2.0").exists()
    for number in range(3, 6):
        client.post(CHANGE, ASKING[CHANGE], REMOTE_ADDR=f"10.4.2.{number}")
    assert is_in(client)


def test_the_rules_for_a_new_password_tell_nothing_to_who_guesses_the_present_one(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    guesses = [PASSWORD, "another guess of it"]
    pages = [
        client.post(CHANGE, ASKING[CHANGE] | {"new_password1": guess, "new_password2": guess}) for guess in guesses
    ]
    assert [set(page.context["form"].errors) for page in pages] == [{"old_password"}] * 2


def test_no_password_is_kept_with_a_wrong_one_or_in_a_form_to_be_sent_again(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    client.post(CHANGE, ASKING[CHANGE])
    attempt = str(AccessAttempt.objects.values().get())
    assert NEW not in attempt and "old_password=wrong" not in attempt
    client.logout()
    page = client.post(CHANGE, ASKING[CHANGE] | {"other": "typed"})
    assert page.status_code == 401 and 'value="typed"' in page.content.decode() and NEW not in page.content.decode()
