"""The desk's page of web hooks: hosts first, then hooks, and what their last calls were answered."""

import pytest

from registry.actions.webhooks import add_hook, allow_host
from registry.models import Delivery, HookHost, WebHook

PAGE = "/desk/hooks/"


@pytest.fixture
def desk(sample, client, administrator):
    client.force_login(administrator)
    return client


def typed(owner, **more) -> dict:
    return {"name": "市平台", "address": "https://map.example.cn/in", "owner": owner.pk, "kinds": ["points"], **more}


def test_a_hook_is_added_once_its_host_is_allowed_and_its_secret_is_shown_once(desk, administrator):
    assert desk.post(PAGE, typed(administrator)).status_code == 400
    assert desk.post(f"{PAGE}hosts/", {"host": "map.example.cn"}).status_code == 302
    page = desk.post(PAGE, typed(administrator)).content.decode()
    secret = WebHook.objects.get().secret
    assert [page.count(secret), desk.get(PAGE).content.decode().count(secret)] == [1, 0]


def test_a_host_that_is_none_or_known_already_is_said_at_its_field(desk, administrator):
    allow_host("map.example.cn", by=administrator)
    for host in ("map.example.cn", "https://map.example.cn"):
        page = desk.post(f"{PAGE}hosts/", {"host": host})
        assert (page.status_code, set(page.context["host_form"].errors)) == (400, {"host"})
    assert HookHost.objects.count() == 1


def test_a_hook_is_switched_off_and_on_and_its_host_taken_off_the_list(desk, administrator):
    host = allow_host("map.example.cn", by=administrator)
    hook = add_hook(administrator, name="x", address="https://map.example.cn/", kinds=["points"], by=administrator)
    for on in ("0", "1"):
        desk.post(f"{PAGE}{hook.pk}/switch/", {"on": on})
        hook.refresh_from_db()
        assert hook.is_on == (on == "1")
    desk.post(f"{PAGE}hosts/{host.pk}/forbid/")
    assert HookHost.objects.count() == 0


def test_the_last_answers_are_shown(desk, administrator):
    allow_host("map.example.cn", by=administrator)
    hook = add_hook(administrator, name="x", address="https://map.example.cn/", kinds=["points"], by=administrator)
    now = hook.made_at
    for number in range(7):
        Delivery.objects.create(hook=hook, next_try_at=now, answered_at=now, status=503, answer=f"维护中{number}")
    page = desk.get(PAGE).content.decode()
    assert [number for number in range(7) if f"维护中{number}" in page] == [2, 3, 4, 5, 6]
