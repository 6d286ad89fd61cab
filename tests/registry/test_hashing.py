"""Passwords are hashed in few slots, so that those who sign in, or guess, leave room for everybody else."""

from contextlib import ExitStack

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, make_password
from django.test import Client

from registry.access import password_hashing
from registry.access.password_hashing import Slots
from registry.text.refusals import Refused
from tests.factories import refused

PASSWORD = "a long enough password"
LOGIN = "/accounts/login/"


@pytest.fixture
def full(monkeypatch):
    """A server that hashes, and in which nobody more may wait."""
    slots = Slots(size=1, waiting=0, patience=0.01)
    monkeypatch.setattr(password_hashing, "SLOTS", slots)
    with slots.acquire():
        yield


@pytest.fixture
def hashed_in_slots(settings):
    settings.PASSWORD_HASHERS = ["registry.access.password_hashing.SlottedPBKDF2", *settings.PASSWORD_HASHERS]


def enter(slots: Slots, stack: ExitStack) -> None:
    stack.enter_context(slots.acquire())


def test_one_more_than_slots_and_places_to_wait_is_refused_at_once():
    slots, stack = Slots(size=2, waiting=0, patience=60), ExitStack()
    with stack:
        enter(slots, stack)
        enter(slots, stack)
        assert refused(enter, slots, stack) == "too_busy"
    with ExitStack() as again:
        enter(slots, again)


def test_who_waits_is_refused_when_patience_is_over_and_leaves_no_place_taken():
    slots = Slots(size=1, waiting=1, patience=0.01)
    with ExitStack() as stack:
        enter(slots, stack)
        assert [refused(enter, slots, stack) for _each in range(3)] == ["too_busy"] * 3
    with ExitStack() as stack:
        enter(slots, stack)


def test_passwords_stored_before_are_known(hashed_in_slots, monkeypatch):
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 10)
    stored = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
    assert check_password(PASSWORD, stored) and check_password(PASSWORD, make_password(PASSWORD))


def test_sign_in_says_when_to_come_again_and_keeps_the_name(sample, client, clerk_daqi, hashed_in_slots, full):
    clerk_daqi.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", 10)
    clerk_daqi.save()
    for name in (clerk_daqi.username, "nobody at all"):
        page = client.post(LOGIN, {"username": name, "password": PASSWORD, "next": "/desk/points/"})
        text = page.content.decode()
        assert (page.status_code, int(page["Retry-After"]) >= 0) == (429, True)
        assert f'value="{name}"' in text and 'value="/desk/points/"' in text and PASSWORD not in text
        assert "当前登录的人较多" in text


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("/desk/account/password/", {"old_password": PASSWORD, "new_password1": "new", "new_password2": "new"}),
        ("/desk/tokens/", {"name": "地图", "scopes": ["read"], "days": 30, "password": PASSWORD}),
        ("/desk/accounts/add/", {"username": "new", "display_name": "新", "role": "clerk", "area": "130207114"}),
    ],
)
def test_the_desk_says_when_to_come_again(address, typed, sample, administrator, hashed_in_slots, full):
    administrator.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", 10)
    administrator.save()
    browser = Client()
    browser.force_login(administrator)
    page = browser.post(address, typed | {"owner": administrator.pk})
    assert (page.status_code, "Retry-After" in page) == (429, True)
    assert str(Refused("too_busy", wait=page["Retry-After"])) in page.content.decode()
    assert browser.get("/desk/").status_code == 200
