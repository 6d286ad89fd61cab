"""Tokens: made once, kept as a hash, never wider than the account, soon over."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from registry.access.permissions import may
from registry.actions.accounts import (
    add_account,
    change_account,
    choose_password,
    end_sessions,
    reset_password,
    switch_account,
)
from registry.actions.tokens import make_token, recognise, revoke_token, tokens_for
from registry.models import ApiToken, Event, Role, User
from registry.text.refusals import Refused
from tests.api.sending import PASSWORD
from tests.conftest import DAQI, DISTRICT, TANGFANG
from tests.factories import make_point, refused
from tests.registry.test_second_factor import set_up

FIGURES = "/api/v1/figures/points/"
HERE = "10.20.0.5"


def made(owner, *scopes: str, by=None, **more) -> str:
    """The text of a new token of `owner`."""
    more = {"password": PASSWORD, **more}
    return make_token(owner, name="地图", scopes=scopes or ("read",), by=by or owner, **more)[1]


def ask(text: str, method: str = "get", address: str = FIGURES, sent_from: str = HERE, **more):
    call = getattr(Client(REMOTE_ADDR=sent_from), method)
    return call(address, headers={"Authorization": f"Token {text}"}, **more)


def test_a_token_is_kept_as_a_hash_and_known_by_its_beginning(clerk_tangfang):
    text = made(clerk_tangfang)
    token = ApiToken.objects.get()
    stored = [str(getattr(token, field.attname)) for field in ApiToken._meta.concrete_fields]
    assert [value for value in stored if text in value] == []
    assert recognise(text, address=HERE) == token
    assert text.startswith(token.prefix)


def test_making_and_revoking_are_told(clerk_tangfang):
    made(clerk_tangfang)
    revoke_token(ApiToken.objects.get(), by=clerk_tangfang)
    revoke_token(ApiToken.objects.get(), by=clerk_tangfang)
    events = Event.objects.filter(kind="apitoken", actor=clerk_tangfang).order_by("pk")
    assert list(events.values_list("verb", flat=True)) == ["add_token", "revoke_token"]


def test_a_token_acts_for_its_account(sample, clerk_tangfang):
    acting = recognise(made(clerk_tangfang, "read", "write"), address=HERE).account
    assert acting == clerk_tangfang
    assert may(acting, "draft.write", make_point(area=TANGFANG)) is True


def test_a_token_that_only_reads_writes_nothing(sample, clerk_tangfang):
    acting = recognise(made(clerk_tangfang, "read"), address=HERE).account
    assert may(acting, "draft.write", make_point(area=TANGFANG)) is False


def test_a_token_bound_to_an_area_does_nothing_outside(sample, administrator):
    acting = recognise(made(administrator, "read", "write", area=TANGFANG), address=HERE).account
    assert may(acting, "record.change", make_point(area=TANGFANG)) is True
    assert may(acting, "record.change", make_point(area=DAQI)) is False
    assert may(acting, "record.view", make_point(area=DAQI)) is False


def test_a_token_is_narrowed_with_its_account(sample, administrator):
    text = made(administrator, "read", "write", area=TANGFANG)
    User.objects.filter(pk=administrator.pk).update(read_prefix=DAQI, write_prefix=DAQI)
    acting = recognise(text, address=HERE).account
    assert (acting.read_prefix, acting.write_prefix) == ("", "")


def test_a_token_of_an_account_that_reads_everything_can_be_bound_to_an_area(sample, leader):
    leader.role, leader.reads_all_areas = Role.AUDITOR, True
    leader.save()
    acting = recognise(made(leader, area=TANGFANG), address=HERE).account
    assert (acting.reads_everything, acting.read_prefix) == (False, TANGFANG)


def test_a_token_never_has_the_rights_of_a_superuser(sample):
    root = User.objects.create_superuser("root", password="a long enough password")
    acting = recognise(made(root, "read", "write"), address=HERE).account
    assert (acting.is_superuser, acting.role, acting.write_prefix) == (False, Role.ADMIN, DISTRICT)


def test_a_token_cannot_reach_beyond_its_account(sample, clerk_tangfang, leader):
    assert refused(made, clerk_tangfang, area=DAQI) == "area_outside"
    assert refused(made, clerk_tangfang, area="130207999") == "area_outside"
    assert refused(made, leader, "write") == "token_beyond_account"


def test_a_token_lasts_a_year_at_most(clerk_tangfang):
    assert refused(made, clerk_tangfang, days=366) == "token_days"
    nothing = {"name": "无用", "scopes": (), "password": PASSWORD, "by": clerk_tangfang}
    assert refused(make_token, clerk_tangfang, **nothing) == "token_scope_missing"


def test_an_account_has_twenty_tokens_at_most(clerk_tangfang):
    for _ in range(20):
        made(clerk_tangfang)
    assert refused(made, clerk_tangfang) == "token_many"
    revoke_token(ApiToken.objects.first(), by=clerk_tangfang)
    made(clerk_tangfang)


def test_only_who_holds_or_looks_after_an_account_makes_and_revokes_its_tokens(sample, administrator, clerk_tangfang):
    program = User.objects.create(username="map", role=Role.API, read_prefix=DISTRICT)
    made(program, by=administrator)
    made(clerk_tangfang)
    assert refused(made, program, by=clerk_tangfang) == "not_allowed"
    assert refused(made, clerk_tangfang, by=administrator) == "not_allowed"
    assert refused(revoke_token, program.tokens.get(), by=clerk_tangfang) == "not_allowed"
    assert [token.owner for token in tokens_for(clerk_tangfang)] == [clerk_tangfang]
    assert [token.owner for token in tokens_for(administrator)] == [clerk_tangfang, program]


def test_a_token_that_is_over_revoked_or_of_a_closed_account_is_unknown(sample, administrator, clerk_tangfang):
    over, revoked, closed = (made(clerk_tangfang) for _ in range(3))
    first, second, _third = ApiToken.objects.order_by("pk")
    ApiToken.objects.filter(pk=first.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    revoke_token(second, by=clerk_tangfang)
    assert ask(closed).status_code == 200
    switch_account(clerk_tangfang, on=False, by=administrator)
    answers = [ask(text) for text in (over, revoked, closed, "fn_nobody")]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert {answer["WWW-Authenticate"] for answer in answers} == {"Token"}


def test_a_token_is_used_from_its_addresses_alone(sample, clerk_tangfang):
    text = made(clerk_tangfang, addresses="10.20.0.0/16, 192.0.2.7")
    assert [ask(text, sent_from=address).status_code for address in (HERE, "192.0.2.7", "192.0.2.8")] == [200, 200, 401]
    assert refused(made, clerk_tangfang, addresses="office") == "token_address"


def test_the_last_use_is_noted(sample, clerk_tangfang):
    ask(made(clerk_tangfang))
    assert ApiToken.objects.get().last_used_from == HERE


# With its account -------------------------------------------------------------------------

NEW = "another long password"


def _of_another_role(user, boss):
    change_account(user, display_name="x", role="head", area=TANGFANG, by=boss)
    change_account(user, display_name="x", role="clerk", area=TANGFANG, by=boss)


def _off_and_on(user, boss):
    switch_account(user, on=False, by=boss)
    switch_account(user, on=True, by=boss)


def _set_on_the_server(user, boss):
    user.set_password(NEW)
    user.save()


ENDING = {
    "a new password": lambda user, boss: choose_password(user, NEW, present=PASSWORD, by=user),
    "a password given by somebody else": lambda user, boss: reset_password(user, by=boss),
    "a password set on the server": _set_on_the_server,
    "all sessions ended": lambda user, boss: end_sessions(user, by=user),
    "all sessions ended from above": lambda user, boss: end_sessions(user, by=boss),
    "switched off and on": _off_and_on,
    "another role, and the old one again": _of_another_role,
    "another role on the server": lambda user, boss: User.objects.filter(pk=user.pk).update(role="head"),
    "a superuser made of it": lambda user, boss: User.objects.filter(pk=user.pk).update(is_superuser=True),
    "a second factor": lambda user, boss: set_up(user),
}


@pytest.mark.parametrize("event", ENDING)
def test_a_token_ends_with(event, sample, administrator, clerk_tangfang):
    text = made(clerk_tangfang)
    assert ask(text).status_code == 200
    ENDING[event](clerk_tangfang, administrator)
    assert ask(text).status_code == 401
    assert ApiToken.objects.select_related("owner").get().has_ended


def test_the_page_says_which_tokens_have_ended_with_their_account(sample, client, administrator, clerk_tangfang):
    made(clerk_tangfang)
    client.force_login(administrator)
    assert "账号有变动，已失效" not in client.get("/desk/tokens/").content.decode()
    end_sessions(clerk_tangfang, by=administrator)
    assert "账号有变动，已失效" in client.get("/desk/tokens/").content.decode()


def test_a_password_that_is_hashed_anew_ends_neither_sessions_nor_tokens(sample, clerk_tangfang, settings):
    text = made(clerk_tangfang)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    browser = Client()
    browser.post("/accounts/login/", {"username": clerk_tangfang.username, "password": PASSWORD})
    assert User.objects.get(pk=clerk_tangfang.pk).password.startswith("pbkdf2")
    assert (browser.get("/desk/").status_code, ask(text).status_code) == (200, 200)


def test_a_token_does_nothing_while_its_person_has_to_do_something_first(
    sample, settings, administrator, clerk_tangfang
):
    texts = [made(clerk_tangfang), made(administrator)]
    User.objects.filter(pk=clerk_tangfang.pk).update(must_change_password=True)
    settings.SECOND_FACTOR = "required"
    answers = [ask(text) for text in texts]
    assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [
        (401, str(Refused("desk_first")))
    ] * 2


def test_a_program_never_chooses_a_password_and_its_token_works(sample, administrator):
    program, _password = add_account("map", display_name="地图", role="api", area=DISTRICT, by=administrator)
    assert program.must_change_password
    assert ask(made(program, by=administrator)).status_code == 200


def test_making_a_token_takes_the_password_of_who_makes_it(sample, client, administrator, clerk_tangfang):
    assert refused(made, clerk_tangfang, password="wrong") == "password_wrong"
    client.force_login(clerk_tangfang)
    typed = {"name": "地图", "owner": clerk_tangfang.pk, "scopes": ["read"], "days": 30}
    for password in ("", "wrong"):
        page = client.post("/desk/tokens/", typed | {"password": password})
        assert (page.status_code, set(page.context["form"].errors)) == (400, {"password"})
    assert ApiToken.objects.count() == 0


def test_a_token_made_before_the_present_password_ends_when_the_registry_is_brought_up_to_date(
    sample, clerk_tangfang, clerk_daqi
):
    before, after = made(clerk_tangfang), made(clerk_daqi)
    User.objects.filter(pk=clerk_tangfang.pk).update(password_changed_at=timezone.now(), sessions_ended=3)
    ApiToken.objects.update(sessions_ended=0, owner_rank="")
    migration = import_module("registry.migrations.0007_tokens_end_with_their_account")
    migration.remember_the_account(apps, None)
    assert [ask(text).status_code for text in (before, after)] == [401, 200]


@pytest.mark.parametrize(
    "header", ["Bearer {}", "Basic {}", "{}", "Token{}", "Token", "", "Token {} {}", "Token \xe9", "Digest a=b"]
)
@pytest.mark.parametrize("with_session", [False, True])
def test_who_shows_something_unreadable_is_not_taken_for_nobody(header, with_session, sample, client, clerk_tangfang):
    if with_session:
        client.force_login(clerk_tangfang)
    answer = client.get(FIGURES, headers={"Authorization": header.format(*[made(clerk_tangfang)] * 2)})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")


@pytest.mark.parametrize("scope", ["write", "load"])
def test_a_token_that_was_not_made_for_reading_does_not_read(sample, clerk_tangfang, scope):
    assert ask(made(clerk_tangfang, scope)).status_code == 403


def test_a_session_reads_what_its_account_may(sample, client, clerk_tangfang):
    client.force_login(clerk_tangfang)
    assert client.get(FIGURES).json()["value"] == 445


def test_the_form_shows_a_new_token_once(sample, client, clerk_tangfang):
    client.force_login(clerk_tangfang)
    typed = {"name": "地图", "owner": clerk_tangfang.pk, "scopes": ["read"], "area": TANGFANG, "days": 30}
    typed["password"] = PASSWORD
    page = client.post("/desk/tokens/", typed)
    text = page.context["text"]
    assert recognise(text, address=HERE).area == TANGFANG
    assert page.content.decode().count(text) == 1
    assert client.get("/desk/tokens/").content.decode().count(text) == 0


def test_the_form_offers_no_other_account_and_no_area_outside(sample, client, clerk_tangfang, clerk_daqi):
    client.force_login(clerk_tangfang)
    typed = {"name": "地图", "owner": clerk_daqi.pk, "scopes": ["read"], "area": DAQI, "days": 30}
    typed["password"] = PASSWORD
    page = client.post("/desk/tokens/", typed)
    assert (page.status_code, set(page.context["form"].errors)) == (400, {"owner", "area"})
    assert ApiToken.objects.count() == 0


def test_a_token_is_revoked_on_the_page_by_its_holder_alone(sample, client, clerk_tangfang, clerk_daqi):
    text = made(clerk_tangfang)
    address = f"/desk/tokens/{ApiToken.objects.get().pk}/revoke/"
    client.force_login(clerk_daqi)
    assert client.post(address).status_code == 404
    client.force_login(clerk_tangfang)
    assert client.post(address).status_code == 302
    assert refused(recognise, text, address=HERE) == "token_unknown"


def test_what_nobody_may_do_at_an_address_is_said_so_to_everybody(sample, client):
    assert client.post(FIGURES).status_code == 405


def test_an_account_that_needs_a_second_factor_first_is_nobody_here(sample, settings, administrator):
    settings.SECOND_FACTOR = "required"
    client = Client(headers={"Origin": "http://testserver"})
    client.force_login(administrator)
    assert client.get(FIGURES).status_code == 200
    assert client.post(FIGURES).json()["detail"] == str(Refused("desk_first"))
