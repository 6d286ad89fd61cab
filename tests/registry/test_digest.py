"""The daily e-mail: for who asked for it, with what is to be done, once a day."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command

from fengnan.settings import mail as mail_settings
from registry.actions import digest
from registry.actions.digest import send_digests, send_todays_digests
from registry.models import User

DAY = date(2026, 3, 2)


@pytest.fixture
def wanting(sample, head_tangfang, settings) -> User:
    """A township head who asked for the mail, and has sites to confirm."""
    settings.SITE_URL = "https://registry.example.cn"
    head_tangfang.email, head_tangfang.wants_digest = "head@example.cn", True
    head_tangfang.save()
    return head_tangfang


def test_the_mail_says_what_is_to_be_done_and_where(wanting):
    assert send_digests(DAY) == 1
    [message] = mail.outbox
    assert message.to == ["head@example.cn"]
    assert message.subject.startswith("丰南区党建示范创建台账：")
    assert "https://registry.example.cn/desk/points/" in message.body
    assert "2026-12-31" in message.body


def test_nobody_gets_a_second_mail_on_a_day(wanting):
    assert [send_digests(DAY), send_digests(DAY), send_digests(DAY + timedelta(days=1))] == [1, 0, 1]


def test_of_two_workers_one_sends(wanting, monkeypatch):
    """The second has looked already when the first sends."""
    looked = list(User.objects.filter(pk=wanting.pk))
    assert send_digests(DAY) == 1
    assert [digest._send(account, DAY) for account in looked] == [False]
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("change", [{"wants_digest": False}, {"email": ""}, {"is_active": False}, {"write_prefix": ""}])
def test_no_mail_goes_to_who_did_not_ask_has_no_address_or_nothing_to_do(change, wanting):
    User.objects.filter(pk=wanting.pk).update(**change)
    assert send_digests(DAY) == 0
    assert mail.outbox == []


def test_no_account_gets_the_mail_unless_it_asks(db):
    assert User(username="new").wants_digest is False


def test_a_mail_that_failed_is_sent_by_the_next_run(wanting, monkeypatch):
    def fail(self, **options):
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", fail)
        assert send_digests(DAY) == 0
    assert send_digests(DAY) == 1


def test_without_an_address_of_the_site_nothing_is_sent(wanting, settings):
    settings.SITE_URL = ""
    assert send_digests(DAY) == 0
    with pytest.raises(CommandError, match="SITE_URL"):
        call_command("send_digest")


def test_the_command_and_the_scheduler_send_the_same_mail_once(wanting, capsys):
    call_command("send_digest")
    assert send_todays_digests() == 0
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.cn", ("mail.example.cn", 25, "", False, False)),
        ("smtps://u%40x:p@mail.example.cn", ("mail.example.cn", 465, "u@x", True, False)),
        ("smtp+tls://u:p@mail.example.cn:2525", ("mail.example.cn", 2525, "u", False, True)),
    ],
)
def test_a_mail_server_is_one_address(url, expected):
    read = mail_settings(url)
    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_USE_SSL", "EMAIL_USE_TLS")
    assert tuple(read[name] for name in names) == expected


def test_a_wrong_mail_address_stops_the_start():
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        mail_settings("mail.example.cn")
