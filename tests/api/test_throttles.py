"""So many requests a minute, counted apart for each token and each address."""

import pytest
from django.core.cache import cache

from tests.api.test_tokens import FIGURES, ask, made


@pytest.fixture(autouse=True)
def two_a_minute(settings):
    settings.API_PER_MINUTE = settings.API_PER_MINUTE_WITHOUT_TOKEN = 2
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def one_minute(monkeypatch):
    """The clock stands still, five seconds before the minute is over."""
    monkeypatch.setattr("registry.api.throttles.time.time", lambda: 1_800_000_055)


def test_each_answer_says_how_many_are_left(sample, client, one_minute):
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    answers = [client.get(FIGURES) for _ in range(2)]
    assert [[answer[name] for name in names] for answer in answers] == [["2", "1", "5"], ["2", "0", "5"]]


def test_one_too_many_waits_for_the_next_minute(sample, client, one_minute):
    *_before, last = (client.get(FIGURES) for _ in range(3))
    assert (last.status_code, last["Retry-After"], last["X-RateLimit-Remaining"]) == (429, "5", "0")


def test_the_next_minute_begins_anew(sample, client, one_minute, monkeypatch):
    for _ in range(3):
        client.get(FIGURES)
    monkeypatch.setattr("registry.api.throttles.time.time", lambda: 1_800_000_060)
    assert client.get(FIGURES).status_code == 200


def test_each_token_and_each_address_is_counted_for_itself(sample, client, clerk_tangfang, clerk_daqi, one_minute):
    first, second = made(clerk_tangfang), made(clerk_daqi)
    assert [ask(first).status_code for _ in range(3)] == [200, 200, 429]
    assert [ask(second).status_code, client.get(FIGURES).status_code] == [200, 200]
    assert client.get(FIGURES, REMOTE_ADDR="192.0.2.7")["X-RateLimit-Remaining"] == "1"


def test_guessing_tokens_is_counted_against_the_address(sample, one_minute):
    assert [ask("fn_guess").status_code for _ in range(3)] == [401, 401, 429]


def test_a_cache_that_is_gone_stops_nobody(sample, client, monkeypatch):
    monkeypatch.setattr(cache, "incr", lambda key: 1 / 0)
    assert [client.get(FIGURES).status_code for _ in range(3)] == [200, 200, 200]
