"""News of the desk: unread ones are counted and become read when they are seen; returns and decisions by e-mail."""

from datetime import date, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from registry.actions import news_mail
from registry.actions.accounts import set_wishes
from registry.actions.news_mail import send_news_mails
from registry.actions.points import change_standing
from registry.actions.records import ChangeSet
from registry.models import Event, User
from registry.overviews.event_text import VERBS
from registry.overviews.history import readable, readable_events
from registry.overviews.news import in_lines, latest_news, unread_news
from tests.conftest import DISTRICT, TANGFANG
from tests.factories import make_named_point, make_period, make_point

DESK, NEWS = "/desk/", "/desk/news/"


def unread(user) -> int:
    return unread_news(User.objects.get(pk=user.pk), timezone.localdate())


def changed(by, count: int = 1, **point) -> list:
    points = [make_named_point(area="130207108", **point) for _number in range(count)]
    for record in points:
        ChangeSet(by).log("change", record, {})
    return points


def test_what_others_changed_is_unread_until_the_desk_shows_it(sample, client, administrator, clerk_tangfang):
    changed(administrator, 2)
    client.force_login(clerk_tangfang)
    page = client.get(DESK).content.decode()
    assert '<span class="count">2<' in page
    assert unread(clerk_tangfang) == 0
    assert '<span class="count">' not in client.get(DESK).content.decode()
    changed(administrator)
    assert unread(clerk_tangfang) == 1


def test_ones_own_acts_are_no_news(sample, administrator, clerk_tangfang):
    changed(clerk_tangfang)
    changed(administrator)
    assert unread(clerk_tangfang) == 1
    assert [news.event.actor for news in latest_news(clerk_tangfang, timezone.localdate())] == [administrator]


def test_the_menu_of_every_page_of_the_desk_counts_unread_news_and_reads_none(
    sample, client, administrator, clerk_tangfang
):
    changed(administrator)
    client.force_login(clerk_tangfang)
    assert '<span class="count">1<' in client.get("/desk/account/").content.decode()
    assert unread(clerk_tangfang) == 1


def test_news_that_the_desk_has_no_room_for_stay_unread_until_their_page_is_seen(
    sample, client, administrator, clerk_tangfang
):
    today = timezone.localdate()
    for number in range(9):  # returns have a line each
        point = make_named_point(area="130207108", name=f"第{number}个示范点")
        ChangeSet(administrator).log("return", point, {})
    client.force_login(clerk_tangfang)
    client.get(DESK)
    assert unread(clerk_tangfang) == 9
    page = client.get(NEWS).content.decode()
    assert all(news.about in page for news in latest_news(clerk_tangfang, today))
    assert unread(clerk_tangfang) == 0


def test_an_older_time_never_makes_news_unread_again(sample, client, administrator, clerk_tangfang):
    changed(administrator)
    client.force_login(clerk_tangfang)
    client.get(NEWS)
    seen = User.objects.get(pk=clerk_tangfang.pk).news_seen_at
    changed(administrator)
    client.get(NEWS)
    assert User.objects.get(pk=clerk_tangfang.pk).news_seen_at > seen


def test_what_one_account_did_to_many_records_is_one_line(sample, administrator, reviewer, clerk_tangfang):
    changed(administrator, 9)
    [other] = changed(reviewer)
    lines = in_lines(latest_news(clerk_tangfang, timezone.localdate()))
    assert lines[0].about == other.name
    assert [line.others for line in lines] == [0, 8]


def test_what_one_account_did_to_a_record_on_a_day_is_one_line_with_the_act_that_says_most(
    sample, administrator, clerk_tangfang
):
    [point] = changed(administrator)
    for verb in ("confirm", "photo", "parts"):
        ChangeSet(administrator).log(verb, point, {})
    [line] = in_lines(latest_news(clerk_tangfang, timezone.localdate()))
    assert (line.act, line.others) == (VERBS["confirm"], 0)


def test_returns_have_a_line_each(sample, administrator, clerk_tangfang):
    for point in (make_point(area="130207108"), make_point(area="130207108")):
        ChangeSet(administrator).log("return", point, {})
    assert len(in_lines(latest_news(clerk_tangfang, timezone.localdate()))) == 2


def test_a_leader_has_no_news(sample, client, leader):
    client.force_login(leader)
    assert unread(leader) == 0
    assert client.get(NEWS).status_code == 404
    assert NEWS not in client.get(DESK).content.decode()


@pytest.fixture
def wanting(sample, clerk_tangfang, settings) -> User:
    """A clerk of 唐坊镇 who wants returns and decisions by e-mail at once."""
    settings.SITE_URL = "https://registry.example.cn"
    ChangeSet(None).log("change", clerk_tangfang, {})  # numbers of events that earlier tests took back are behind it
    wishes = {"email": "clerk@example.cn", "wants_digest": False, "large_type": False, "wants_news_mail": True}
    return set_wishes(clerk_tangfang, **wishes, by=clerk_tangfang)


def returned(by, area: str = "130207108") -> object:
    point = make_point(area=area)
    make_period(point, date(2021, 5, 1), status="checked", level="", grade="", document_no="")
    change_standing(point, status="returned", on=timezone.localdate(), reason="照片看不清", by=by)
    return point


def test_a_return_is_mailed_once_with_its_link(wanting, reviewer):
    point = returned(reviewer)
    assert mail.outbox == []  # the act itself sends nothing
    assert [send_news_mails(), send_news_mails()] == [1, 0]
    [message] = mail.outbox
    assert message.to == ["clerk@example.cn"]
    assert message.subject == f"丰南区党建示范创建台账：{point.name}：已退回"
    assert f"https://registry.example.cn/points/{point.code}/" in message.body


def test_several_decisions_are_one_mail(wanting, reviewer):
    names = [returned(reviewer).name for _number in range(3)]
    assert send_news_mails() == 1
    assert all(name in mail.outbox[0].body for name in names)


def test_the_mail_is_in_the_language_of_the_account(wanting, reviewer):
    User.objects.filter(pk=wanting.pk).update(language="en")
    point = returned(reviewer)
    send_news_mails()
    assert mail.outbox[0].subject.endswith("Returned")
    assert f"https://registry.example.cn/en/points/{point.code}/" in mail.outbox[0].body


def test_plain_changes_other_townships_and_own_acts_are_not_mailed(wanting, administrator, reviewer):
    changed(administrator)
    returned(reviewer, area="130207114")
    ChangeSet(wanting).log("return", make_point(area="130207108"), {})
    assert send_news_mails() == 0


@pytest.mark.parametrize("change", [{"wants_news_mail": False}, {"email": ""}, {"is_active": False}])
def test_no_mail_goes_to_who_does_not_want_it(change, wanting, reviewer):
    User.objects.filter(pk=wanting.pk).update(**change)
    returned(reviewer)
    assert send_news_mails() == 0


def test_what_was_decided_before_the_wish_is_not_mailed(sample, clerk_tangfang, reviewer, settings):
    settings.SITE_URL = "https://registry.example.cn"
    returned(reviewer)
    wishes = {"email": "clerk@example.cn", "wants_digest": False, "large_type": False, "wants_news_mail": True}
    set_wishes(clerk_tangfang, **wishes, by=clerk_tangfang)
    assert send_news_mails() == 0


def test_a_mail_that_failed_is_sent_by_the_next_run_and_the_act_stays(wanting, reviewer, monkeypatch):
    def fail(self, **options):
        raise SMTPServerDisconnected

    returned(reviewer)
    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", fail)
        assert send_news_mails() == 0
    assert Event.objects.filter(verb="standing").count() == 1
    assert send_news_mails() == 1


def test_an_address_that_the_server_refuses_stops_no_other_mail(wanting, head_tangfang, reviewer, monkeypatch):
    wishes = {"email": "head@example.cn", "wants_digest": False, "large_type": False, "wants_news_mail": True}
    set_wishes(head_tangfang, **wishes, by=head_tangfang)
    send, tried = EmailMessage.send, []

    def refuse_first(self, **options):
        tried.append(self.to[0])
        if len(tried) == 1:
            raise SMTPRecipientsRefused({self.to[0]: (550, b"unknown")})
        return send(self, **options)

    monkeypatch.setattr(EmailMessage, "send", refuse_first)
    returned(reviewer)
    assert send_news_mails() == 1
    assert len(set(tried)) == 2
    assert send_news_mails() == 0


def test_of_two_workers_one_mails(wanting, reviewer, monkeypatch):
    """The second has looked already when the first sends."""
    returned(reviewer)
    looked = User.objects.get(pk=wanting.pk)
    newest = Event.objects.latest("pk").pk
    assert send_news_mails() == 1
    assert news_mail._send(looked, newest) is False


def test_an_event_that_is_still_being_written_is_mailed_later(wanting, reviewer):
    """A number is missing: an open transaction may still write it."""
    returned(reviewer)
    event = Event.objects.latest("pk")
    late = Event(
        **{name: getattr(event, name) for name in ("change_set", "actor_id", "verb", "kind", "code", "area", "changes")}
    )
    late.pk = event.pk + 2
    late.save(force_insert=True)
    assert send_news_mails() == 1
    assert User.objects.get(pk=wanting.pk).news_mailed_to == event.pk


def test_numbers_of_another_database_do_not_stop_the_mails(wanting, reviewer):
    User.objects.filter(pk=wanting.pk).update(news_mailed_to=10**9)
    send_news_mails()
    returned(reviewer)
    assert send_news_mails() == 1


def test_an_account_asks_for_the_mail_on_its_page(sample, client, clerk_tangfang):
    client.force_login(clerk_tangfang)
    wish = {"wants_news_mail": "on", "language": "en"}
    assert client.post("/desk/account/", wish).status_code == 400
    client.post("/desk/account/", wish | {"email": "clerk@example.org"})
    account = User.objects.get(pk=clerk_tangfang.pk)
    assert (account.wants_news_mail, account.language, account.email) == (True, "en", "clerk@example.org")
    assert account.wants_digest is False


def test_news_older_than_fourteen_days_are_not_counted(sample, administrator, clerk_tangfang):
    changed(administrator)
    assert unread_news(clerk_tangfang, timezone.localdate() + timedelta(days=15)) == 0


@pytest.mark.parametrize("prefix", ["13", DISTRICT, TANGFANG, "130208"])
def test_events_are_readable_in_an_area_whichever_way_they_are_looked_for(prefix, sample):
    for number, area in enumerate(["", "130207", "130207108", "130207108201", "130207114", "130206", "1302"]):
        Event.objects.create(change_set=uuid4(), verb="add", kind="belt", code=f"B-{number}", area=area)
    rows = Event.objects.all()
    assert set(readable_events(rows, prefix)) == set(rows.filter(readable(prefix)))
