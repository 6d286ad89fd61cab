"""Signing in at an identity provider: a real one (authorization code, PKCE, signed tokens) runs beside the test."""

import logging

import httpx
import pytest
from django.urls import reverse
from oidc_provider_mock import run_server_in_thread

from registry.views import single_sign_on
from tests.fengnan.test_signing_in import DESK, is_in
from tests.registry.test_second_factor import code_of, set_up

BEGIN = "/accounts/oidc/"
# the provider, in this process, uses parts of its library that will be replaced; the portal uses none of them
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def issuer():
    with run_server_in_thread() as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def provider(settings, issuer, monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = issuer, "registry", "secret"
    settings.OIDC_NAME = "区统一身份认证"
    single_sign_on.provider.cache_clear()
    yield issuer
    single_sign_on.provider.cache_clear()


def go_through(client, provider, name, begin=BEGIN):
    """What a browser does: our redirect, the provider's form, its redirect back."""
    httpx.put(f"{provider}/users/{name}", json={"preferred_username": name}).raise_for_status()
    asked = client.get(begin)
    assert asked.status_code == 302 and "code_challenge=" in asked["Location"]
    back = httpx.post(asked["Location"], data={"sub": name})
    assert back.status_code == 302, back.text
    return client.get(back.headers["Location"].removeprefix("http://testserver"))


def test_whoever_signs_in_at_the_provider_is_signed_in_here(sample, client, clerk_daqi, provider):
    assert "区统一身份认证" in client.get("/accounts/login/").content.decode()
    answer = go_through(client, provider, clerk_daqi.username, f"{BEGIN}?next=/desk/points/")
    assert (answer.status_code, answer["Location"]) == (302, "/desk/points/")
    assert is_in(client)


def test_a_first_password_need_not_be_changed_by_whoever_does_not_use_it(sample, client, clerk_daqi, provider):
    clerk_daqi.must_change_password = True
    clerk_daqi.save()
    go_through(client, provider, clerk_daqi.username)
    assert is_in(client)


def test_the_provider_replaces_the_password_and_not_the_second_factor(sample, client, reviewer, provider):
    set_up(reviewer)
    answer = go_through(client, provider, reviewer.username)
    assert answer["Location"] == reverse("login-code") and not is_in(client)
    client.post(reverse("login-code"), {"code": code_of(reviewer, later=0)})
    assert is_in(client)


def test_a_name_without_an_account_gets_none(sample, client, provider):
    answer = go_through(client, provider, "stranger")
    assert answer.status_code == 403 and "stranger" in answer.content.decode()
    assert not is_in(client)


def test_an_account_that_is_switched_off_stays_outside(sample, client, clerk_daqi, provider):
    clerk_daqi.is_active = False
    clerk_daqi.save()
    assert go_through(client, provider, clerk_daqi.username).status_code == 403


def test_an_answer_that_nobody_asked_for_signs_nobody_in(sample, client, clerk_daqi, provider):
    client.get(BEGIN)
    answer = client.get("/accounts/oidc/callback/?code=made-up&state=made-up")
    assert answer.status_code == 502 and not is_in(client)
    assert "用户名和密码" in answer.content.decode()


def test_it_leads_to_no_other_site_afterwards(sample, client, clerk_daqi, provider):
    answer = go_through(client, provider, clerk_daqi.username, f"{BEGIN}?next=https://elsewhere.example/")
    assert answer["Location"] == DESK


def test_a_provider_that_does_not_answer_leaves_the_password(sample, client, provider, settings, caplog):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    with caplog.at_level(logging.WARNING):
        assert client.get(BEGIN).status_code == 502
    assert "id_password" in client.get("/accounts/login/").content.decode()


def test_without_a_provider_there_is_no_such_page(sample, client):
    assert client.get(BEGIN).status_code == client.get("/accounts/oidc/callback/").status_code == 404
    assert BEGIN not in client.get("/accounts/login/").content.decode()
