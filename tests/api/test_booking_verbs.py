"""Bookings by program: asked for at the site, confirmed while there are places, refused, cancelled or held; and what
everybody may read."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from registry.models import Booking, Event, SiteCapacity
from tests.api.sending import faults, problem, program
from tests.conftest import DAQI

TODAY = localdate()
ADDRESS = "teaching-sites/TS-07/book/"
GROUP = {"booked_for": TODAY.isoformat(), "visitor": "某区委组织部", "headcount": 60, "phone": "13911112222"}


@pytest.fixture
def clerk(sample, clerk_daqi):
    """A program of the township of TS-07, which takes eighty people a month."""
    Booking.objects.unscoped("test").filter(site__code="TS-07").delete()
    return program(clerk_daqi)


def booked(clerk, **more) -> str:
    """The address of a group that asked."""
    status, made = clerk.post(ADDRESS, GROUP | more)
    assert (status, made["state"]) == (201, "asked"), made
    return f"bookings/{made['code']}/"


def test_a_group_passes_from_its_question_to_a_visit(clerk):
    address = booked(clerk)
    assert clerk.post(f"{address}confirm/")[1]["state"] == "confirmed"
    status, booking = clerk.post(f"{address}hold/", {"headcount": "58"})
    assert (status, booking["state"]) == (200, "held")
    detail = clerk.get(address)
    assert (detail["state"], detail["visit_code"], detail["site_code"], detail["area_code"][:9]) == (
        "held", booking["visit"], "TS-07", DAQI,
    )  # fmt: skip
    assert clerk.get(f"visits/{booking['visit']}/?as_of={TODAY}")["headcount"] == 58
    assert Event.objects.filter(kind="booking", code=detail["code"]).count() == 3


def test_a_group_that_finds_no_places_is_told_before_and_when_it_is_confirmed(clerk):
    clerk.post(f"{booked(clerk)}confirm/")
    second = booked(clerk, headcount=21)
    assert [refusal["code"] for refusal in clerk.get(f"{second}confirm/")["refusals"]] == ["booking_full"]
    assert problem(clerk.post(f"{second}confirm/")) == (409, "booking-full")


def test_who_refuses_or_cancels_by_program_says_why(clerk):
    address = booked(clerk)
    assert faults(clerk.post(f"{address}refuse/")) == [(None, "reason", "required")]
    assert clerk.post(f"{address}refuse/", {"reason": "当月检修"})[1]["state"] == "refused"
    assert problem(clerk.post(f"{address}cancel/", {"reason": "不来了"})) == (409, "booking-moved-on")
    assert clerk.post(f"{booked(clerk)}cancel/", {"reason": "改期"})[1]["state"] == "cancelled"


def test_a_name_that_holds_half_of_a_surrogate_pair_is_answered_as_an_unknown_field(clerk):
    status, content = clerk.post(f"{booked(clerk)}cancel/", {"\ud800": "\ud800", "reason": "改期"})
    assert (status, content["errors"][0]["field"], content["errors"][0]["code"]) == (400, "\ufffd", "unknown")


def test_a_group_without_day_name_or_people_is_asked_for_them(clerk):
    assert faults(clerk.post(ADDRESS, {"booked_for": " ", "phone": "12", "headcount": "0"})) == [
        (None, "booked_for", "required"), (None, "phone", "not_a_phone"), (None, "headcount", "too_small"),
        (None, "visitor", "required"),
    ]  # fmt: skip
    past = {"booked_for": (TODAY - timedelta(days=1)).isoformat()}
    assert problem(clerk.post(ADDRESS, GROUP | past)) == (409, "booking-past")


def test_a_booking_under_a_key_is_made_once(clerk):
    answers = [clerk.post(ADDRESS, GROUP, Idempotency_Key="b") for _ in range(2)]
    assert (answers[0][0], answers[0]) == (201, answers[1])
    assert Booking.objects.unscoped("test").filter(site__code="TS-07").count() == 1


def test_an_act_on_a_booking_may_name_the_version_it_read(clerk):
    address = booked(clerk)
    assert clerk.post(f"{address}confirm/", If_Match='"9"')[0] == 412
    assert clerk.post(f"{address}confirm/", If_Match='"1"')[0] == 200


def test_bookings_are_read_by_those_who_manage_them_in_their_area(
    clerk, clerk_tangfang, administrator, reviewer, client
):
    address = booked(clerk)
    assert [clerk.get("bookings/?state=asked")["results"][0]["code"]] == [address.split("/")[1]]
    assert program(administrator).get(address)["visitor"] == "某区委组织部"
    for other in (clerk_tangfang, reviewer):
        reader = program(other)
        assert (reader("GET", address)[0], reader.get("bookings/?year=2026")["results"]) == (404, [])
        assert reader.post(f"{address}confirm/")[0] == 404
    assert client.get(f"/api/v1/{address}").status_code == 404
    assert client.get("/api/v1/bookings/").json()["results"] == []


def test_others_book_nothing_by_program(clerk, clerk_tangfang, reviewer, client):
    for other in (clerk_tangfang, reviewer):
        assert [refusal["code"] for refusal in program(other).get(ADDRESS)["refusals"]] == ["not_allowed"]
        assert program(other).post(ADDRESS, GROUP)[0] == 403
    assert client.post(f"/api/v1/{ADDRESS}").status_code == 401


def test_events_of_bookings_are_told_to_those_who_manage_them(clerk, reviewer):
    booked(clerk)
    assert [result["act"] for result in clerk.get("events/?kind=bookings")["results"]] == ["新增"]
    assert program(reviewer).get("events/?kind=bookings")["results"] == []


def test_everybody_reads_how_many_people_a_site_takes_and_the_places_that_are_free(clerk, api):
    clerk.post(f"{booked(clerk)}confirm/")
    months = api("teaching-sites/TS-07/places/")["results"]
    assert (len(months), months[0]) == (6, {"month": f"{TODAY:%Y-%m}", "people": 80, "left": 20})
    rows = api(f"capacities/?as_of={TODAY}")["results"]
    assert {row["people"] for row in rows if row["site_code"] == "TS-07"} == {80}


def test_of_a_site_that_says_nothing_of_its_capacity_nothing_is_said(clerk, api):
    SiteCapacity.objects.public().filter(site__code="TS-07").delete()
    assert api("teaching-sites/TS-07/places/")["results"] == []
    assert api("teaching-sites/NO-SUCH/places/", 404)["status"] == 404
