"""The working calendar of a year: proposed, taken over, entered, and what terms make of it."""

from datetime import date

import pytest

from registry.actions.calendar import adopt_days, days_of, keep_days, proposed_days, statutory_days
from registry.models import CalendarDay, Event
from registry.text.refusals import Refused


def test_a_year_has_its_thirteen_statutory_holidays():
    """元旦 1, 春节 4, 清明 1, 劳动节 2, 端午 1, 中秋 1, 国庆 3."""
    days = {proposed.day for proposed in statutory_days(2026)}
    assert len(days) == 13
    assert {date(2026, 2, 16), date(2026, 2, 19), date(2026, 4, 5), date(2026, 6, 19), date(2026, 9, 25)} <= days


def test_two_holidays_on_one_day_are_proposed_once(sample):
    """In 2031 the mid-autumn festival is on the first of October."""
    days = [proposed.day for proposed in statutory_days(2031)]
    assert days.count(date(2031, 10, 1)) == 2
    assert [proposed.day for proposed in proposed_days(2031)].count(date(2031, 10, 1)) == 1


def test_only_weekdays_that_are_not_entered_yet_are_proposed(sample, administrator):
    assert date(2026, 4, 5) not in {day.day for day in proposed_days(2026)}  # a Sunday
    proposed = proposed_days(2026)
    adopt_days(2026, [proposed[0].day], by=administrator)
    assert proposed_days(2026) == proposed[1:]
    assert Event.objects.get(kind="calendarday").code == "CD-2026-01-01"


def test_days_are_entered_where_they_differ_from_their_weekday(sample, administrator):
    """From 1 to 8 October 2026 six days are no weekend; Saturday the 10th is worked for it."""
    free = keep_days(date(2026, 10, 1), date(2026, 10, 8), working=False, name="国庆节", by=administrator)
    worked = keep_days(date(2026, 10, 10), date(2026, 10, 10), working=True, name="国庆节调休", by=administrator)
    assert (len(free), len(worked), days_of(2026).count()) == (6, 1, 7)
    assert CalendarDay.objects.working_day(date(2026, 9, 30), 3) == date(2026, 10, 10)
    again = keep_days(date(2026, 10, 1), date(2026, 10, 8), working=False, name="国庆节", by=administrator)
    assert again == []


def test_a_day_that_is_entered_anew_is_changed(sample, administrator):
    keep_days(date(2026, 10, 1), date(2026, 10, 1), working=False, name="国庆", by=administrator)
    [changed] = keep_days(date(2026, 10, 1), date(2026, 10, 1), working=False, name="国庆节", by=administrator)
    assert (changed.version, days_of(2026).count()) == (2, 1)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [("2026-10-08", "2026-10-01", "calendar_order"), ("2026-01-01", "2026-03-01", "calendar_long")],
)
def test_days_that_are_no_holiday_are_refused(first, last, code, sample, administrator):
    with pytest.raises(Refused) as refusal:
        keep_days(date.fromisoformat(first), date.fromisoformat(last), working=False, name="错", by=administrator)
    assert refusal.value.code == code


def test_only_the_district_keeps_the_calendar(sample, clerk_tangfang, reviewer, client):
    for account in (clerk_tangfang, reviewer):
        with pytest.raises(Refused):
            adopt_days(2026, [date(2026, 1, 1)], by=account)
        client.force_login(account)
        assert client.get("/desk/calendar/2026/").status_code == 404


def test_the_page_proposes_the_new_year_and_takes_days(sample, administrator, client):
    client.force_login(administrator)
    proposed = client.get("/desk/calendar/2027/").context["proposed"]
    ticked = [day.day.isoformat() for day in proposed[:2]]
    assert client.post("/desk/calendar/2027/adopt/", {"day": [*ticked, "2027-07-01", "nonsense"]}).status_code == 302
    assert [str(day) for day in days_of(2027).values_list("day", flat=True)] == ticked
    typed = {"first": "2027-12-31", "last": "", "use": "free", "name": "元旦调休"}
    assert client.post("/desk/calendar/2027/", typed | {"last": "2027-01-01"}).status_code == 409
    assert client.post("/desk/calendar/2027/", typed | {"use": "maybe"}).status_code == 400
    assert client.post("/desk/calendar/2027/", typed).status_code == 302
    assert days_of(2027).count() == 3
    assert [client.get(f"/desk/calendar/{year}/").status_code for year in (1999, 2100)] == [404, 404]
