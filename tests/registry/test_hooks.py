"""Web hooks: told of what their account may see, signed, in order, tried again later, and only where it is allowed."""

import base64
import hashlib
import hmac
import json
import socket
import socketserver
import threading
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.utils import timezone

from fengnan.celery import app
from registry.actions import webhook_delivery
from registry.actions.accounts import switch_account
from registry.actions.cleanup import tidy
from registry.actions.deletion import delete_record
from registry.actions.points import withdraw_point
from registry.actions.records import save_record
from registry.actions.webhook_delivery import WAITS, send_hooks
from registry.actions.webhooks import GAP, add_hook, allow_host, collect, forbid_host, settled_after, switch_hook
from registry.management.commands import runjobs
from registry.models import Delivery, Event, HookHost, KeptAnswer, PartyOrganisation, Role, User, WebHook
from tests.compose import compose_file
from tests.conftest import DISTRICT, TANGFANG
from tests.factories import entered_in_error, make_named_point, make_point, refused

TODAY = timezone.localdate


class Receiver(HTTPServer):
    """A program that is called: keeps what it got, and answers as it is told."""

    def __init__(self):
        self.got: list[tuple[dict, bytes]] = []
        self.answers: list[tuple[int, dict, bytes]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def bodies(self) -> list[dict]:
        return [json.loads(body) for _headers, body in self.got]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        status, headers, text = self.server.answers.pop(0) if self.server.answers else (204, {}, b"")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST

    def log_message(self, *args):
        """Says nothing."""


@pytest.fixture
def receiver():
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def hook(sample, administrator, receiver) -> WebHook:
    allow_host("127.0.0.1", is_private=True, by=administrator)
    return hooked(administrator, receiver, administrator)


def hooked(owner, receiver, by, *kinds: str) -> WebHook:
    address = f"http://127.0.0.1:{receiver.server_port}/changes?from=us"
    return add_hook(owner, name="市平台", address=address, kinds=kinds or ("points",), by=by)


def rename(point, by):
    point.refresh_from_db()
    point.name += "(更名)"
    return save_record(point, by=by)


def due_now() -> None:
    Delivery.objects.filter(state="waiting").update(next_try_at=timezone.now())


def test_a_hook_is_told_which_record_changed_and_how_but_no_values(hook, receiver, administrator):
    point = rename(make_named_point(), administrator)
    assert send_hooks() == 1
    [change] = receiver.bodies[0]["changes"]
    assert (change.pop("kind"), change.pop("code"), change.pop("act")) == ("points", point.code, "change")
    assert change == {"at": Event.objects.first().at.isoformat()}


def test_a_call_is_signed_with_its_time(hook, receiver, administrator):
    rename(make_named_point(), administrator)
    send_hooks()
    headers, body = receiver.got[0]
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == json.loads(body)["delivery"]


def test_two_hooks_have_two_secrets_which_need_the_portals_own(hook, receiver, administrator, settings):
    before = [hook.secret, hooked(administrator, receiver, administrator).secret]
    settings.SECRET_KEY = "another secret key"
    after = [hook.secret for hook in WebHook.objects.all()]
    assert len({*before, *after}) == 4


def test_a_hook_is_told_of_its_kinds_alone_and_only_of_what_comes_after_it(sample, administrator, receiver):
    allow_host("127.0.0.1", is_private=True, by=administrator)
    rename(make_named_point(), administrator)
    hooked(administrator, receiver, administrator, "belts")
    rename(make_named_point(), administrator)
    assert send_hooks() == 0


def test_a_hook_is_told_only_of_what_its_account_may_see(sample, administrator, receiver):
    program = User.objects.create(username="map", role=Role.API, read_prefix=DISTRICT)
    allow_host("127.0.0.1", is_private=True, by=administrator)
    hooked(program, receiver, administrator)
    visible, hidden = make_named_point(), make_point()
    rename(hidden, administrator)
    rename(visible, administrator)
    send_hooks()
    assert [change["code"] for change in receiver.bodies[0]["changes"]] == [visible.code]


def test_a_deleted_record_of_the_own_area_is_told(hook, receiver, administrator):
    code = make_point().code
    delete_record(type(make_point()).objects.unscoped("test").get(code=code), by=administrator, reason="重复")
    send_hooks()
    assert [(body["code"], body["act"]) for body in receiver.bodies[0]["changes"]] == [(code, "delete")]


def test_a_record_entered_in_error_is_told(hook, receiver, administrator):
    point = entered_in_error(make_named_point(), administrator)
    send_hooks()
    assert [(body["code"], body["act"]) for body in receiver.bodies[0]["changes"]] == [(point.code, "void")]


def test_what_is_refused_is_tried_again_later_and_in_order(hook, receiver, administrator):
    receiver.answers = [(503, {}, "维护中".encode())]
    first, second = make_named_point(), make_named_point()
    rename(first, administrator)
    send_hooks()
    rename(second, administrator)
    send_hooks()
    assert len(receiver.got) == 1
    delivery = hook.deliveries.first()
    assert (delivery.status, delivery.answer, delivery.attempts) == (503, "维护中", 1)
    assert delivery.next_try_at - delivery.answered_at == WAITS[0]
    due_now()
    send_hooks()
    assert [body["changes"][0]["code"] for body in receiver.bodies] == [first.code, first.code, second.code]
    assert receiver.bodies[0]["delivery"] == receiver.bodies[1]["delivery"]


def test_after_the_last_try_the_hook_is_switched_off_and_goes_on_where_it_stopped(hook, receiver, administrator):
    receiver.answers = [(500, {}, b"")] * (len(WAITS) + 1)
    rename(make_named_point(), administrator)
    for _ in range(len(WAITS) + 2):
        due_now()
        send_hooks()
    hook.refresh_from_db()
    assert (len(receiver.got), hook.is_on, hook.deliveries.get().state) == (len(WAITS) + 1, False, "given_up")
    rename(make_named_point(), administrator)
    assert send_hooks() == 0
    switch_hook(hook, on=True, by=administrator)
    assert send_hooks() == 2
    assert list(hook.deliveries.values_list("state", flat=True)) == ["delivered", "delivered"]


def test_nobody_at_the_address_is_a_failure_like_any_other(hook, receiver, administrator):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        hook.address = f"http://127.0.0.1:{free.getsockname()[1]}/"
        hook.save()
        rename(make_named_point(), administrator)
        send_hooks()
    delivery = hook.deliveries.get()
    assert (delivery.status, delivery.answer, delivery.state) == (0, "ConnectionRefusedError", "waiting")


def test_a_call_that_a_killed_worker_had_begun_is_made_by_the_next_one_after_its_lease(hook, receiver, administrator):
    rename(make_named_point(), administrator)
    collect()
    assert webhook_delivery._claim().hook == hook
    assert webhook_delivery._claim() is None
    Delivery.objects.update(next_try_at=timezone.now())
    assert send_hooks() == 1


class Dripping(socketserver.StreamRequestHandler):
    """Answers a byte at a time: 300 of them, unless the caller hangs up."""

    def handle(self):
        first = self.connection.recv(1, socket.MSG_PEEK)
        is_tls = first == b"\x16"
        answer = b"\x16\x03\x03\x40\x00" if is_tls else b"HTTP/1.1 200 OK\r\nX-Long: "
        pause = threading.Event()
        with suppress(OSError):
            for byte in answer.ljust(300 - 4, b"x") + b"\r\n\r\n":
                self.connection.sendall(bytes([byte]))
                pause.wait(0.02)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_answers_a_byte_at_a_time_is_cut_off(scheme, sample, administrator, monkeypatch):
    monkeypatch.setattr(webhook_delivery, "DEADLINE", 1, raising=False)
    allow_host("127.0.0.1", is_private=True, by=administrator)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"{scheme}://127.0.0.1:{server.server_address[1]}/"
        add_hook(administrator, name="慢", address=address, kinds=["points"], by=administrator)
        rename(make_named_point(), administrator)
        send_hooks()
        server.shutdown()
    made = Delivery.objects.get()
    assert (made.state, made.status, made.answer) == ("waiting", 0, "TimeoutError")


def test_no_job_waits_for_a_receiver(db, monkeypatch):
    """The first call does not come back before a job was done."""
    calling_begun, job_done, stop, waited = threading.Event(), threading.Event(), threading.Event(), []

    def call_slowly() -> None:
        calling_begun.set()
        waited.append(job_done.wait(5))
        stop.set()

    def do_job(stopping) -> bool:
        assert calling_begun.wait(5)
        job_done.set()
        return not stop.wait(5)

    monkeypatch.setattr(webhook_delivery, "send_hooks", call_slowly)
    monkeypatch.setattr(runjobs, "run_one", do_job)
    monkeypatch.setattr(runjobs.Clock, "tick", lambda clock, now: None)
    runjobs.work(stop)
    assert waited == [True]


def test_with_celery_hooks_are_called_by_a_process_of_their_own():
    assert [task for task in app.tasks if "hook" in task] == []
    commands = [
        service.get("command", [])
        for service in compose_file({"SECRET_KEY": "x", "POSTGRES_PASSWORD": "x"})["services"].values()
    ]
    assert [command for command in commands if "callhooks" in command] == [["python", "manage.py", "callhooks"]]


def test_a_failure_of_the_database_ends_no_calling(monkeypatch):
    stop, answers = threading.Event(), iter([OperationalError("gone")])
    monkeypatch.setattr(webhook_delivery, "BETWEEN_CALLS", 0)

    def fail_first() -> None:
        for error in answers:
            raise error
        stop.set()

    monkeypatch.setattr(webhook_delivery, "send_hooks", fail_first)
    monkeypatch.setattr(webhook_delivery, "close_old_connections", lambda: None)
    monkeypatch.setattr(webhook_delivery.connections, "close_all", lambda: None)
    webhook_delivery.call_hooks(stop)
    assert stop.is_set()


def test_an_answer_that_leads_elsewhere_is_not_followed(hook, receiver, administrator):
    receiver.answers = [(302, {"Location": f"http://127.0.0.1:{receiver.server_port}/elsewhere"}, b"")]
    rename(make_named_point(), administrator)
    send_hooks()
    assert (len(receiver.got), hook.deliveries.get().status) == (1, 302)


def test_a_host_that_was_taken_off_the_list_is_not_called(hook, receiver, administrator):
    forbid_host(HookHost.objects.get(), by=administrator)
    rename(make_named_point(), administrator)
    send_hooks()
    assert (receiver.got, hook.deliveries.get().status) == ([], 0)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fd00::1", "::ffff:10.1.2.3", "100.64.0.1"]
)
def test_a_name_that_leads_into_the_own_network_is_not_called_unless_that_was_allowed(sample, monkeypatch, address):
    entry = [(0, 0, 0, "", (address, 443))]
    monkeypatch.setattr(webhook_delivery.socket, "getaddrinfo", lambda *args, **more: entry)
    assert refused(webhook_delivery.address_to_call, HookHost(host="map.example.cn"), 443) == "hook_inside"
    assert webhook_delivery.address_to_call(HookHost(host="map.example.cn", is_private=True), 443) == address


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::"])
def test_some_addresses_are_never_called(sample, monkeypatch, address):
    entries = [(0, 0, 0, "", ("93.184.215.14", 443)), (0, 0, 0, "", (address, 443))]
    monkeypatch.setattr(webhook_delivery.socket, "getaddrinfo", lambda *args, **more: entries)
    assert (
        refused(webhook_delivery.address_to_call, HookHost(host="map.example.cn", is_private=True), 443)
        == "hook_inside"
    )


@pytest.mark.parametrize(
    "address",
    ["ftp://map.example.cn/", "map.example.cn", "https://", "https://a:b@map.example.cn/", "https://map.example.cn/#x",
     "https://map.example.cn/a b", "https://map.example.cn:99999/", "https://[::1/", "https://地图.cn/"],
)  # fmt: skip
def test_an_address_that_cannot_be_called_is_refused(sample, administrator, address):
    allow_host("map.example.cn", by=administrator)
    made = {"name": "x", "kinds": ["points"], "by": administrator}
    assert refused(add_hook, administrator, address=address, **made) == "hook_address"


def test_a_hook_needs_an_allowed_host_kinds_and_an_administrator(sample, administrator, clerk_tangfang):
    address = "https://map.example.cn/"
    more = {"name": "x", "address": address}
    assert refused(add_hook, administrator, kinds=["points"], by=administrator, **more) == "hook_host"
    allow_host("Map.example.cn", by=administrator)
    assert refused(add_hook, administrator, kinds=[], by=administrator, **more) == "hook_kinds"
    assert refused(add_hook, administrator, kinds=["adjustments"], by=administrator, **more) == "hook_kinds"
    assert refused(add_hook, clerk_tangfang, kinds=["points"], by=clerk_tangfang, **more) == "not_allowed"
    assert refused(add_hook, clerk_tangfang, kinds=["points"], by=administrator, **more) == "not_allowed"
    assert add_hook(administrator, kinds=["points"], by=administrator, **more).is_on is True


def test_an_account_that_is_closed_is_told_nothing(sample, administrator, receiver):
    program = User.objects.create(username="map", role=Role.API, read_prefix=DISTRICT)
    allow_host("127.0.0.1", is_private=True, by=administrator)
    hooked(program, receiver, administrator)
    rename(make_named_point(), administrator)
    collect()
    switch_account(program, on=False, by=administrator)
    rename(make_named_point(), administrator)
    assert (send_hooks(), Delivery.objects.count()) == (0, 1)


def test_hosts_are_allowed_by_administrators_and_once(sample, administrator, reviewer):
    assert refused(allow_host, "map.example.cn", by=reviewer) == "not_allowed"
    assert refused(allow_host, "map.example.cn/x", by=administrator) == "hook_address"
    assert refused(forbid_host, allow_host("map.example.cn", by=administrator), by=reviewer) == "not_allowed"
    with pytest.raises(ValidationError):
        allow_host("MAP.example.cn", by=administrator)


def event(**more) -> int:
    """The number of an event that was just told."""
    values = {"change_set": uuid4(), "verb": "change", "kind": "demonstrationpoint", "code": "T-1"}
    return Event.objects.create(**values, **more).pk


def test_a_gap_in_the_events_is_waited_for(db):
    """The number between may be that of a transaction which is still going on."""
    before = event()
    first = event()
    event(pk=first + 2)
    assert [row.pk for row in settled_after(before, 10)] == [first]


def test_a_gap_that_is_old_is_one_of_a_transaction_that_was_taken_back(db, monkeypatch):
    before = event()
    after = event(pk=before + 2)
    later = timezone.now() + GAP + timedelta(seconds=1)
    monkeypatch.setattr("registry.actions.webhooks.timezone.now", lambda: later)
    assert [row.pk for row in settled_after(before, 10)] == [after]


def test_a_change_waits_for_no_hook(hook, receiver, administrator):
    """Nothing is written for hooks, and nothing sent, while a change is made."""
    rename(make_named_point(), administrator)
    assert (Delivery.objects.count(), receiver.got) == (0, [])


def test_no_transaction_is_open_while_a_hook_is_called(hook, receiver, administrator, monkeypatch):
    rename(make_named_point(), administrator)
    depths, outside = [], len(connection.atomic_blocks)  # that of the test itself
    monkeypatch.setattr(
        webhook_delivery, "call", lambda delivery: (depths.append(len(connection.atomic_blocks)), (204, ""))[1]
    )
    webhook_delivery.send_hooks()
    assert depths == [outside]


def test_a_withdrawal_is_told_as_a_change_of_standing(hook, receiver, administrator):
    point = make_named_point()
    withdraw_point(point, reason="整改不到位", document_no="测试〔2026〕1号", on=TODAY(), by=administrator)
    send_hooks()
    assert [body["act"] for body in receiver.bodies[0]["changes"]] == ["standing"]


def test_changes_of_organisations_are_told_where_they_were_asked_for(sample, administrator, receiver):
    allow_host("127.0.0.1", is_private=True, by=administrator)
    hooked(administrator, receiver, administrator, "organisations")
    organisation = PartyOrganisation.objects.unscoped("test").filter(area=TANGFANG).first()
    save_record(organisation, by=administrator)
    send_hooks()
    assert [body["kind"] for body in receiver.bodies[0]["changes"]] == ["organisations"]


def test_old_answers_and_old_calls_are_forgotten(hook, receiver, administrator):
    rename(make_named_point(), administrator)
    send_hooks()
    KeptAnswer.objects.create(account=administrator, key="a", asked="x")
    tidy()
    assert (Delivery.objects.count(), KeptAnswer.objects.count()) == (1, 1)
    Delivery.objects.update(answered_at=timezone.now() - timedelta(days=91))
    KeptAnswer.objects.update(made_at=timezone.now() - timedelta(days=8))
    tidy()
    assert (Delivery.objects.count(), KeptAnswer.objects.count()) == (0, 0)
