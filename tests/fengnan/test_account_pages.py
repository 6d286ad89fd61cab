"""One's own account, and the accounts below, on their pages."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.access.second_factor import has_second_factor
from registry.models import User
from tests.conftest import DAQI
from tests.registry.test_second_factor import set_up

from .test_signing_in import CHANGE, NEW, OWN, is_in, sign_in


def test_large_type_is_a_wish_of_the_account(sample, client, clerk_daqi):
    sign_in(client, clerk_daqi)
    assert 'class="large"' not in client.get("/").content.decode()
    assert client.post(OWN, {"large_type": "on"})["Location"] == OWN
    assert '<html lang="zh-Hans" class="large">' in client.get("/").content.decode()
    assert 'class="large"' not in Client().get("/").content.decode()


def test_the_daily_mail_needs_an_address(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    assert client.post(OWN, {"wants_digest": "on"}).status_code == 400
    client.post(OWN, {"wants_digest": "on", "email": "clerk@example.org"})
    clerk_daqi.refresh_from_db()
    assert (clerk_daqi.wants_digest, clerk_daqi.email) == (True, "clerk@example.org")


def test_wishes_change_nothing_else_of_the_account(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    client.post(OWN, {"role": "admin", "read_prefix": "13", "is_superuser": "1", "is_staff": "1", "large_type": "on"})
    clerk_daqi.refresh_from_db()
    assert (clerk_daqi.role, clerk_daqi.read_prefix, clerk_daqi.is_superuser, clerk_daqi.is_staff) == (
        "clerk", DAQI, False, False,
    )  # fmt: skip


def test_a_head_adds_a_clerk_who_signs_in_and_chooses_a_password(sample, client, head_tangfang):
    client.force_login(head_tangfang)
    typed = {"username": "new", "display_name": "新录入员", "role": "clerk", "area": "130207108"}
    page = client.post("/desk/accounts/add/", typed)
    password = page.context["password"]
    assert password in page.content.decode()
    account = User.objects.get(username="new")
    assert password not in client.get(f"/desk/accounts/{account.pk}/").content.decode()
    browser = Client()
    assert sign_in(browser, account, password).status_code == 302
    browser.post(CHANGE, {"old_password": password, "new_password1": NEW, "new_password2": NEW})
    assert is_in(browser)


@pytest.mark.parametrize(
    "changes", [{"role": "admin"}, {"area": DAQI}, {"username": "clerk of Daqi"}, {"username": ""}, {"area": ""}]
)
def test_what_may_not_be_given_comes_back_with_everything_typed(
    changes, sample, client, head_tangfang, clerk_daqi
):  # fmt: skip
    client.force_login(head_tangfang)
    typed = {"username": "new", "display_name": "新录入员", "role": "clerk", "area": "130207108", **changes}
    answer = client.post("/desk/accounts/add/", typed)
    assert answer.status_code == 400 and "新录入员" in answer.content.decode()
    assert not User.objects.filter(display_name="新录入员").exists()


def test_switching_off_ends_all_sessions_and_switching_on_lets_in_again(sample, client, head_tangfang, clerk_tangfang):
    browser = Client()
    sign_in(browser, clerk_tangfang)
    client.force_login(head_tangfang)
    switch = reverse("account-switch", args=[clerk_tangfang.pk])
    client.post(switch, {"on": "0"})
    assert not is_in(browser) and sign_in(Client(), clerk_tangfang).status_code == 200
    client.post(switch, {"on": "1"})
    assert not is_in(browser) and sign_in(Client(), clerk_tangfang).status_code == 302


@pytest.mark.parametrize("name", ["account-reset-password", "account-end-sessions"])
def test_a_new_password_and_ended_sessions_sign_the_account_out(name, sample, client, head_tangfang, clerk_tangfang):
    browser = Client()
    sign_in(browser, clerk_tangfang)
    client.force_login(head_tangfang)
    assert client.post(reverse(name, args=[clerk_tangfang.pk])).status_code in (200, 302)
    assert not is_in(browser)


def test_a_phone_opens_its_authenticator_by_a_link(sample, client, reviewer):
    client.force_login(reviewer)
    page = client.post(reverse("account-factor-begin"), follow=True).content.decode()
    [address] = re.findall(r'href="(otpauth://totp/[^"]+)"', page)
    assert reviewer.username.replace(" ", "%20") in address


def test_an_administrator_resets_a_second_factor(sample, client, administrator, reviewer):
    set_up(reviewer)
    client.force_login(administrator)
    address = reverse("account-reset-factor", args=[reviewer.pk])
    assert client.post(address).status_code == 302
    assert not has_second_factor(reviewer)
    assert client.post(address).status_code == 409


ADDRESSES = [
    "account-change",
    "account-switch",
    "account-reset-password",
    "account-reset-factor",
    "account-end-sessions",
]


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_account_that_is_not_below_is_not_there(
    name, sample, client, administrator, head_tangfang, clerk_tangfang, clerk_daqi, reviewer
):
    stranger = {head_tangfang: (clerk_daqi, head_tangfang, reviewer, administrator), administrator: (administrator,)}
    for by, others in {**stranger, clerk_tangfang: (clerk_daqi,), reviewer: (clerk_daqi,)}.items():
        browser = Client()
        browser.force_login(by)
        for other in others:
            before = User.objects.filter(pk=other.pk).values().get()
            for answer in (browser.get(reverse(name, args=[other.pk])), browser.post(reverse(name, args=[other.pk]))):
                assert answer.status_code == 404 or (answer.status_code == 405 and answer.wsgi_request.method == "GET")
                assert other.display_name == "" or other.display_name not in answer.content.decode()
            assert User.objects.filter(pk=other.pk).values().get() == before


def test_the_list_shows_those_below_and_takes_as_many_queries_for_many(sample, client, head_tangfang, clerk_tangfang):
    client.force_login(head_tangfang)
    client.get("/desk/accounts/")
    with CaptureQueriesContext(connection) as one:
        page = client.get("/desk/accounts/")
    assert [account for account, _area in page.context["rows"]] == [clerk_tangfang]
    for number in range(3):
        User.objects.create_user(f"c{number}", role="clerk", read_prefix="130207108", write_prefix="130207108")
    with CaptureQueriesContext(connection) as four:
        client.get("/desk/accounts/")
    assert len(four) == len(one)


def test_the_file_of_first_passwords_is_asked_for_by_a_form_that_is_sent_once(sample, client, administrator):
    client.force_login(administrator)
    page = " ".join(client.get("/desk/accounts/").content.decode().split())
    assert 'action="/desk/setup/accounts/" data-once="文件约一分钟内下载，随后请刷新本页"' in page
