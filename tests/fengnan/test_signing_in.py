"""Signing in and staying signed in, as a browser does it."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from axes.models import AccessAttempt, AccessLog
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from fengnan import settings as settings_file
from fengnan.middleware.sessions import SEEN_AT, SIGNED_IN_AT
from registry.access.client_ip import client_ip
from registry.access.second_factor import has_second_factor
from registry.models import User
from registry.views.signing_in import HALFWAY
from tests.registry.test_second_factor import code_of, patient, set_up, wrong_code

PASSWORD = "a long enough password"
NEW = "another long password"
LOGIN, CODE, DESK, OWN = "/accounts/login/", "/accounts/login/code/", "/desk/", "/desk/account/"
CHANGE, FACTOR = "/desk/account/password/", "/desk/account/second-factor/"


def sign_in(client, user, password=PASSWORD, address="10.0.0.1", **more):
    name = user if isinstance(user, str) else user.username
    return client.post(LOGIN, {"username": name, "password": password, **more}, REMOTE_ADDR=address)


def is_in(client) -> bool:
    return client.get(DESK).status_code == 200


def move(client, **seconds) -> None:
    """The times of the session, so many seconds ago."""
    session = client.session
    for name, ago in seconds.items():
        session[name] = int(time.time()) - ago
    session.save()


# Wrong passwords ------------------------------------------------------------------------


def test_the_fifth_wrong_password_closes_the_name_for_that_address_only(sample, client, clerk_daqi, clerk_tangfang):
    answers = [sign_in(client, clerk_daqi, "wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    right = sign_in(client, clerk_daqi)
    assert right.status_code == 429 and 0 < int(right["Retry-After"]) <= 15 * 60
    assert not is_in(client)
    assert sign_in(Client(), clerk_daqi, address="10.0.0.2").status_code == 302
    assert sign_in(Client(), clerk_tangfang).status_code == 302


def test_the_closed_page_says_when_to_try_again(sample, client, clerk_daqi):
    page = [sign_in(client, clerk_daqi, "wrong") for _ in range(5)][-1]
    assert f"{page.context['until'].astimezone():%M}" in page.content.decode()
    assert "暂时不能登录" in page.content.decode()


def test_the_name_is_open_again_after_a_quarter_of_an_hour(sample, client, clerk_daqi):
    for _ in range(5):
        sign_in(client, clerk_daqi, "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert sign_in(client, clerk_daqi).status_code == 302


def test_trying_while_closed_does_not_keep_it_closed(sample, client, clerk_daqi):
    for _ in range(5):
        sign_in(client, clerk_daqi, "wrong")
    before = AccessAttempt.objects.get().attempt_time
    sign_in(client, clerk_daqi, "wrong")
    assert AccessAttempt.objects.get().attempt_time == before


def test_fifty_wrong_passwords_from_many_addresses_close_the_name_everywhere(sample, client, clerk_daqi):
    for number in range(49):
        assert sign_in(client, clerk_daqi, "wrong", address=f"10.1.0.{number // 4}").status_code == 200
    assert sign_in(Client(), clerk_daqi, "wrong", address="10.2.0.1").status_code == 429
    assert sign_in(Client(), clerk_daqi, address="10.2.0.2").status_code == 429


def test_a_right_password_forgets_the_wrong_ones(sample, client, clerk_daqi):
    for _ in range(4):
        sign_in(client, clerk_daqi, "wrong")
    sign_in(client, clerk_daqi)
    for _ in range(4):
        assert sign_in(Client(), clerk_daqi, "wrong").status_code == 200


def test_nobody_learns_whether_an_account_exists(sample, client, clerk_daqi, clerk_tangfang):
    User.objects.filter(pk=clerk_tangfang.pk).update(is_active=False)

    def answers_of(user, password):
        answers = [sign_in(Client(), user, password) for _ in range(5)]
        name = (user if isinstance(user, str) else user.username).encode()  # typed, and so shown again
        return [(a.status_code, a.content.count(b"<li>"), len(a.content.replace(name, b"")) // 200) for a in answers]

    of_an_account = answers_of(clerk_daqi, "wrong")
    assert answers_of("nobody at all", "wrong") == of_an_account
    assert answers_of(clerk_tangfang, PASSWORD) == of_an_account


def test_every_sign_in_is_kept_with_its_address(sample, client, clerk_daqi):
    sign_in(client, clerk_daqi, address="10.0.0.7")
    assert AccessLog.objects.values_list("username", "ip_address").get() == (clerk_daqi.username, "10.0.0.7")
    sign_in(client, clerk_daqi, "wrong")
    assert PASSWORD not in str(AccessAttempt.objects.values()) and "wrong" not in str(AccessAttempt.objects.values())


@pytest.mark.parametrize(
    ("proxies", "claimed", "address"),
    [
        (0, "1.2.3.4", "10.9.9.9"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        (2, "1.2.3.4", "10.9.9.9"),
        (1, "no address'; --", "10.9.9.9"),
        (1, "", "10.9.9.9"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_what_our_own_proxies_saw_not_what_the_sender_claims(proxies, claimed, address, settings):
    settings.PROXIES = proxies
    request = SimpleNamespace(META={"REMOTE_ADDR": "10.9.9.9", "HTTP_X_FORWARDED_FOR": claimed})
    assert client_ip(request) == address


# Where signing in leads ----------------------------------------------------------------------

FOREIGN = [
    "https://evil.example/", "//evil.example", "///evil.example", "////evil.example", "http:evil.example",
    "https:evil.example", "http:///evil.example", r"\\evil.example", r"/\evil.example", r"\/evil.example",
    r"/\/evil.example", r"http:\\evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x",
    "vbscript:x", "ftp://evil.example", "file:///etc/passwd", "https://testserver@evil.example/",
    "https://testserver.evil.example/", "https://evil.example\\@testserver/", "https://evil.example#testserver",
    "https://evil.example?testserver", "https://evil.example:80/", " https://evil.example", "\thttps://evil.example",
    "\nhttps://evil.example", "https://evil.example ", "//evil.example/%2f..", "/%09/evil.example\n", "////",
    "https://[::1]/", "https://1113982867/", "mailto:x@evil.example", "blob:https://evil.example/x", "///",
    "http://testserver:8080/", "https://evil。example/", "//evil%E3%80%82example", "\x00//evil.example",
]  # fmt: skip


def leads_away(location: str) -> bool:
    """As a browser reads an address: spaces trimmed, a backslash is a slash."""
    from urllib.parse import urljoin, urlparse

    plain = location.strip().replace("\\", "/").replace("\t", "").replace("\n", "")
    return urlparse(urljoin("http://testserver/accounts/login/", plain)).netloc != "testserver"


def test_no_address_leads_from_signing_in_to_another_site(sample, clerk_daqi, reviewer):
    set_up(reviewer)
    for target in FOREIGN:
        assert not leads_away(sign_in(Client(), clerk_daqi, next=target)["Location"]), target
        browser = Client()
        sign_in(browser, reviewer, next=target)
        assert not leads_away(browser.session[HALFWAY]["onward"]), target


def test_no_address_leads_from_a_changed_password_to_another_site(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    for number, target in enumerate(target for target in FOREIGN if "\0" not in target):  # a NUL is refused anyway
        present = PASSWORD if not number else f"{NEW} {number - 1}"
        answer = client.post(
            f"{CHANGE}?{_query(target)}",
            {"old_password": present, "new_password1": f"{NEW} {number}", "new_password2": f"{NEW} {number}"},
        )
        assert answer.status_code == 302 and not leads_away(answer["Location"]), target


def _query(target: str) -> str:
    from urllib.parse import urlencode

    return urlencode({"next": target})


def test_signing_in_leads_to_the_page_that_asked_for_it(sample, client, clerk_daqi):
    answer = client.get("/desk/points/?x=1")
    assert answer["Location"] == "/accounts/login/?next=/desk/points/%3Fx%3D1"
    assert sign_in(client, clerk_daqi, next="/desk/points/?x=1")["Location"] == "/desk/points/?x=1"


def test_the_administration_has_no_sign_in_and_no_password_form_of_its_own(sample, client, administrator):
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/accounts/login/?next=/admin/"
    assert client.post("/admin/login/", {"username": administrator.username, "password": PASSWORD}).status_code == 302
    assert not is_in(client)
    client.force_login(administrator)
    assert client.get("/admin/password_change/")["Location"] == CHANGE
    assert client.get("/admin/registry/user/").status_code == 404
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404


def test_an_unknown_host_is_refused(sample, client):
    assert client.get(LOGIN, headers={"host": "evil.example"}).status_code == 400


# Sessions ------------------------------------------------------------------------------------


def test_signing_in_gives_the_session_a_new_key(sample, client, clerk_daqi):
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    sign_in(client, clerk_daqi)
    assert is_in(client) and client.session.session_key != planted and "planted" not in client.session
    stranger = Client()
    stranger.cookies["sessionid"] = planted
    assert not is_in(stranger)


def test_a_changed_password_gives_a_new_key_and_ends_all_other_sessions(sample, client, clerk_daqi):
    other = Client()
    sign_in(client, clerk_daqi)
    sign_in(other, clerk_daqi)
    before = client.session.session_key
    typed = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post(CHANGE, typed)["Location"] == OWN
    assert is_in(client) and client.session.session_key != before
    assert not is_in(other)
    assert sign_in(Client(), clerk_daqi, NEW).status_code == 302


def test_an_idle_session_ends(sample, client, clerk_daqi, settings):
    sign_in(client, clerk_daqi)
    assert is_in(client)
    move(client, **{SEEN_AT: settings.IDLE_MINUTES * 60 - 5})
    assert is_in(client)
    move(client, **{SEEN_AT: settings.IDLE_MINUTES * 60})
    assert not is_in(client)


def test_every_page_keeps_a_session_alive(sample, client, clerk_daqi, settings):
    sign_in(client, clerk_daqi)
    is_in(client)
    move(client, **{SEEN_AT: settings.IDLE_MINUTES * 60 - 5})
    client.get("/points/")
    assert time.time() - client.session[SEEN_AT] < 5


def test_no_session_is_older_than_twelve_hours(sample, client, clerk_daqi):
    sign_in(client, clerk_daqi)
    is_in(client)
    move(client, **{SIGNED_IN_AT: 12 * 3600 - 5})
    assert is_in(client)
    move(client, **{SIGNED_IN_AT: 12 * 3600})
    assert not is_in(client)
    sign_in(client, clerk_daqi)
    assert is_in(client)


def test_after_an_idle_session_a_script_gets_401_and_a_form_comes_back(sample, client, clerk_daqi, settings):
    sign_in(client, clerk_daqi)
    is_in(client)
    move(client, **{SEEN_AT: settings.IDLE_MINUTES * 60})
    saved = client.session
    answer = client.post("/desk/points/new/", {"place": "typed"}, headers={"x-autosave": "1"})
    assert (answer.status_code, list(answer.json())) == (401, ["error"])
    saved.save(must_create=True)
    client.cookies["sessionid"] = saved.session_key
    answer = client.post("/desk/points/new/", {"place": "typed"})
    assert answer.status_code == 401 and 'value="typed"' in answer.content.decode()


def test_ending_all_sessions_signs_out_everywhere(sample, client, clerk_daqi):
    other = Client()
    sign_in(client, clerk_daqi)
    sign_in(other, clerk_daqi)
    assert client.post("/desk/account/sessions/end/")["Location"] == LOGIN
    assert not is_in(client) and not is_in(other)


def test_pages_for_somebody_signed_in_are_kept_by_no_cache_and_others_may_be(sample, client, clerk_daqi):
    public = client.get("/")
    assert "ETag" in public and "Cache-Control" not in public and not public.cookies
    sign_in(client, clerk_daqi)
    for address in ("/", "/points/", DESK, OWN, "/api/v1/figures/", "/no-such-kind/"):
        assert client.get(address)["Cache-Control"] == "private, no-store", address


# A password given by somebody else ---------------------------------------------------------------


def test_who_must_choose_a_password_does_nothing_else_first(sample, client, clerk_daqi):
    User.objects.filter(pk=clerk_daqi.pk).update(must_change_password=True)
    sign_in(client, clerk_daqi)
    for address in (DESK, "/desk/points/", "/desk/points/new/", OWN, FACTOR):
        assert client.get(address)["Location"] == f"{CHANGE}?next={address.replace('/', '%2F')}"
    assert client.post("/desk/points/new/", headers={"x-autosave": "1"}).status_code == 401
    assert client.get("/").status_code == 200
    answer = client.post(CHANGE, {"old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD})
    assert answer.status_code == 400 and not is_in(client)
    typed = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post(f"{CHANGE}?next=/desk/points/", typed)["Location"] == "/desk/points/"
    assert is_in(client)


def test_the_present_password_is_asked_for(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    answer = client.post(CHANGE, {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW})
    assert answer.status_code == 400 and set(answer.context["form"].errors) == {"old_password"}


# The second factor -------------------------------------------------------------------------------


def test_with_a_second_factor_the_password_alone_opens_nothing(sample, client, reviewer):
    set_up(reviewer)
    assert sign_in(client, reviewer, next="/desk/points/")["Location"] == CODE
    assert not is_in(client)
    wrong = client.post(CODE, {"code": wrong_code(reviewer)})
    assert wrong.status_code == 400 and not is_in(client)
    patient(reviewer)
    between = client.session.session_key
    assert client.post(CODE, {"code": code_of(reviewer)})["Location"] == "/desk/points/"
    assert is_in(client) and client.session.session_key != between and HALFWAY not in client.session


def test_a_used_code_opens_no_second_session(sample, client, reviewer):
    set_up(reviewer)
    code = code_of(reviewer)
    for browser, good in ((client, True), (Client(), False)):
        sign_in(browser, reviewer)
        browser.post(CODE, {"code": code})
        assert is_in(browser) == good


def test_a_recovery_code_opens_one_session(sample, client, reviewer):
    codes = set_up(reviewer)
    for browser, good in ((client, True), (Client(), False)):
        sign_in(browser, reviewer)
        browser.post(CODE, {"code": codes[3]})
        assert is_in(browser) == good


def test_the_second_step_needs_the_first_a_short_while_ago(sample, client, reviewer):
    set_up(reviewer)
    assert client.get(CODE)["Location"] == LOGIN
    sign_in(client, reviewer)
    session = client.session
    session[HALFWAY] = {**session[HALFWAY], "at": int(time.time()) - 301}
    session.save()
    assert client.post(CODE, {"code": code_of(reviewer)})["Location"] == LOGIN
    assert not is_in(client)


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "changed"}, {"sessions_ended": 99}])
def test_what_ends_sessions_ends_half_ones_too(change, sample, client, reviewer):
    set_up(reviewer)
    sign_in(client, reviewer)
    User.objects.filter(pk=reviewer.pk).update(**change)
    assert client.post(CODE, {"code": code_of(reviewer)})["Location"] == LOGIN
    assert not is_in(client)


def test_where_it_is_required_who_decides_sets_it_up_before_anything_else(sample, client, administrator, settings):
    settings.SECOND_FACTOR = "required"
    sign_in(client, administrator)
    for address in (DESK, "/admin/", "/admin/registry/belt/", OWN):
        assert client.get(address)["Location"] == f"{FACTOR}?next={address.replace('/', '%2F')}"
    assert client.get("/").status_code == 200
    begun = client.post(f"{FACTOR}begin/?next=/admin/")
    assert begun["Location"] == f"{FACTOR}?next=%2Fadmin%2F"
    page = client.get(begun["Location"])
    assert page.context["picture"].startswith("data:image/svg+xml") and "evil" not in page.context["picture"]
    done = client.post(begun["Location"], {"code": code_of(administrator)})
    assert len(done.context["codes"]) == 10 and done.context["onward"] == "/admin/"
    assert has_second_factor(administrator)
    assert client.get("/admin/").status_code == 200 and is_in(client)


def test_where_it_is_required_a_clerk_works_without_and_where_it_is_offered_everybody_does(
    sample, clerk_daqi, reviewer, settings
):
    for policy, user in (("required", clerk_daqi), ("offered", clerk_daqi), ("offered", reviewer)):
        settings.SECOND_FACTOR = policy
        browser = Client()
        sign_in(browser, user)
        assert is_in(browser)


def test_setting_it_up_signs_out_other_browsers(sample, client, reviewer):
    other = Client()
    sign_in(client, reviewer)
    sign_in(other, reviewer)
    client.post(f"{FACTOR}begin/")
    client.post(FACTOR, {"code": code_of(reviewer)})
    assert is_in(client) and not is_in(other)


def test_recovery_codes_are_shown_once(sample, client, reviewer):
    client.force_login(reviewer)
    client.post(f"{FACTOR}begin/")
    answer = client.post(FACTOR, {"code": code_of(reviewer)})
    again = client.get(FACTOR).content.decode()
    assert all(code in answer.content.decode() and code not in again for code in answer.context["codes"])
    renewed = client.post(f"{FACTOR}codes/", {"password": PASSWORD})
    assert not set(renewed.context["codes"]) & set(answer.context["codes"])
    assert client.post(f"{FACTOR}codes/", {"password": "wrong"}).status_code == 400
    assert client.post(f"{FACTOR}remove/", {"password": PASSWORD})["Location"] == OWN
    assert not has_second_factor(reviewer)


# Settings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: settings_file.env_choice("A_SETTING", "modern", "dengbao"), "strict"),
        (lambda: settings_file.env_int("A_SETTING", 30, least=1), "0"),
        (lambda: settings_file.env_int("A_SETTING", 30), "half an hour"),
        (lambda: settings_file.env_int("A_SETTING", 30), "-1"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(read, value, monkeypatch):
    monkeypatch.setenv("A_SETTING", value)
    with pytest.raises(ImproperlyConfigured, match="A_SETTING must be"):
        read()
